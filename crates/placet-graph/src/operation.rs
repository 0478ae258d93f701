//! Operations on two functions, and the logical ones.

use crate::NodeId;

/// An operation on two functions, taken at every assignment: `h(x) = combine(f(x), g(x))`.
///
/// [`Diagrams::apply`](crate::Diagrams::apply) descends both operands together; the better the shortcut, the less it
/// descends. A closure `Fn(u32, u32) -> u32` is an operation without shortcuts.
///
/// ```
/// use placet_graph::{Budget, Diagrams, NodeId, Operation};
///
/// /// The larger value of two.
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
    /// The value where the operands have the values `f` and `g`.
    fn combine(&self, f: u32, g: u32) -> u32;

    /// The result for two functions, if it is known without looking into them: an absorbing or a neutral operand, or
    /// two equal ones. It must be what [`combine`](Operation::combine) would give at every assignment.
    fn shortcut(&self, _f: NodeId, _g: NodeId) -> Option<NodeId> {
        None
    }

    /// Whether the operands can be exchanged. Then a pair and its mirror image are computed once, and the shortcut
    /// sees the operands in the order of their ids: a node before a terminal.
    fn commutes(&self) -> bool {
        false
    }

    /// The name under which results are remembered between calls; without one they are forgotten after the call.
    /// Operations with one key must be the same function. Keys come from
    /// [`Diagrams::fresh_key`](crate::Diagrams::fresh_key).
    fn key(&self) -> Option<Key> {
        None
    }
}

impl<F: Fn(u32, u32) -> u32> Operation for F {
    fn combine(&self, f: u32, g: u32) -> u32 {
        self(f, g)
    }
}

/// Names an operation in the memo of one [`Diagrams`](crate::Diagrams).
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

/// `f ∧ g`, on functions whose values are 0 and 1.
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

/// `f ∨ g`, on functions whose values are 0 and 1.
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

/// `f ∧ ¬g`, on functions whose values are 0 and 1.
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
