//! Operations on two functions, including the logical ones.

use crate::NodeId;

/// An operation on two functions, applied at every assignment: `h(x) = combine(f(x), g(x))`.
///
/// [`Diagrams::apply`](crate::Diagrams::apply) descends both operands together. The more pairs the
/// [`shortcut`](Operation::shortcut) decides, the less it descends. A closure `Fn(u32, u32) -> u32` is an operation
/// without shortcuts.
///
/// ```
/// use placet_graph::{Budget, Diagrams, NodeId, Operation};
///
/// /// The larger of two values.
/// struct Max;
///
/// impl Operation for Max {
///     fn combine(&self, f: u32, g: u32) -> u32 {
///         f.max(g)
///     }
///     fn shortcut(&self, f: NodeId, g: NodeId) -> Option<NodeId> {
///         if f == g || g == NodeId::terminal(0) { Some(f) } else { None }
///     }
///     fn commutes(&self) -> bool {
///         true
///     }
/// }
///
/// let mut diagrams = Diagrams::new(vec![8], Budget::default());
/// let low = diagrams.test(0, [(0, 4)])?;
/// let low = diagrams.map(low, |value| 3 * value)?;
/// let middle = diagrams.test(0, [(2, 6)])?;
/// let both = diagrams.apply(&Max, low, middle)?;
/// assert_eq!([1, 3, 5, 7].map(|class| diagrams.evaluate(both, &[class])), [3, 3, 1, 0]);
/// # Ok::<(), placet_graph::Exhausted>(())
/// ```
pub trait Operation {
    /// Returns the result for operands with the values `f` and `g`.
    fn combine(&self, f: u32, g: u32) -> u32;

    /// Returns the result for two functions if it is known without looking into them: for an absorbing or neutral
    /// operand, or for equal operands. It must agree with [`combine`](Operation::combine) at every assignment.
    fn shortcut(&self, _f: NodeId, _g: NodeId) -> Option<NodeId> {
        None
    }

    /// Returns true if the operands can be exchanged. Then a pair and its mirror image are computed once, and the
    /// shortcut gets the operands in the order of their ids: a node before a terminal.
    fn commutes(&self) -> bool {
        false
    }

    /// Returns the key under which results are cached between calls. Without a key, they are reused within one call
    /// only. Operations with the same key must be the same function. Keys come from
    /// [`Diagrams::fresh_key`](crate::Diagrams::fresh_key).
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, Key, Operation};
    ///
    /// struct Max(Key);
    /// impl Operation for Max {
    ///     fn combine(&self, f: u32, g: u32) -> u32 { f.max(g) }
    ///     fn key(&self) -> Option<Key> { Some(self.0) }
    /// }
    /// let mut diagrams = Diagrams::new(vec![8], Budget::default());
    /// let max = Max(diagrams.fresh_key()?);
    /// let low = diagrams.test(0, [(0, 4)])?;
    /// assert_eq!(diagrams.apply(&max, low, low)?, low);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    fn key(&self) -> Option<Key> {
        None
    }
}

impl<F: Fn(u32, u32) -> u32> Operation for F {
    fn combine(&self, f: u32, g: u32) -> u32 {
        self(f, g)
    }
}

/// The cache key of an operation in one [`Diagrams`](crate::Diagrams).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u32);

impl Key {
    pub(crate) const NONE: Key = Key(0);
    const AND: Key = Key(1);
    const OR: Key = Key(2);
    const DIFFERENCE: Key = Key(3);
    pub(crate) const IF_THEN_ELSE: Key = Key(4);
    pub(crate) const LAST_RESERVED: Key = Key::IF_THEN_ELSE;

    pub(crate) fn next(self) -> Option<Key> {
        self.0.checked_add(1).map(Key)
    }

    pub(crate) fn bits(self) -> u32 {
        self.0
    }
}

/// The operation `f ∧ g` on functions with the values 0 and 1.
#[derive(Clone, Copy, Debug)]
pub struct And;

impl Operation for And {
    fn combine(&self, f: u32, g: u32) -> u32 {
        f & g
    }

    fn shortcut(&self, f: NodeId, g: NodeId) -> Option<NodeId> {
        match (f, g) {
            (NodeId::FALSE, _) | (_, NodeId::FALSE) => Some(NodeId::FALSE),
            (NodeId::TRUE, other) | (other, NodeId::TRUE) => Some(other),
            _ => (f == g).then_some(f),
        }
    }

    fn commutes(&self) -> bool {
        true
    }

    fn key(&self) -> Option<Key> {
        Some(Key::AND)
    }
}

/// The operation `f ∨ g` on functions with the values 0 and 1.
#[derive(Clone, Copy, Debug)]
pub struct Or;

impl Operation for Or {
    fn combine(&self, f: u32, g: u32) -> u32 {
        f | g
    }

    fn shortcut(&self, f: NodeId, g: NodeId) -> Option<NodeId> {
        match (f, g) {
            (NodeId::TRUE, _) | (_, NodeId::TRUE) => Some(NodeId::TRUE),
            (NodeId::FALSE, other) | (other, NodeId::FALSE) => Some(other),
            _ => (f == g).then_some(f),
        }
    }

    fn commutes(&self) -> bool {
        true
    }

    fn key(&self) -> Option<Key> {
        Some(Key::OR)
    }
}

/// The operation `f ∧ ¬g` on functions with the values 0 and 1.
#[derive(Clone, Copy, Debug)]
pub struct Difference;

impl Operation for Difference {
    fn combine(&self, f: u32, g: u32) -> u32 {
        f & !g
    }

    fn shortcut(&self, f: NodeId, g: NodeId) -> Option<NodeId> {
        match (f, g) {
            (NodeId::FALSE, _) | (_, NodeId::TRUE) => Some(NodeId::FALSE),
            (_, NodeId::FALSE) => Some(f),
            _ => (f == g).then_some(NodeId::FALSE),
        }
    }

    fn key(&self) -> Option<Key> {
        Some(Key::DIFFERENCE)
    }
}
