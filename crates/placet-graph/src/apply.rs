//! Operations on two and three functions, and the descent that they share.
//!
//! The descent is Bryant's `apply` (1986), generalised to runs of classes and to any number of operands. It uses an
//! explicit stack, so deep diagrams can't overflow the thread's.

use crate::node::append;
use crate::{And, Diagrams, Difference, Exhausted, Key, NodeId, Operation, Or, Run};

/// An operation on `N` functions, in the form that the descent needs.
trait Pointwise<const N: usize> {
    /// Returns one representative of the operand lists that obviously have the same result, so that the cache holds
    /// them once.
    fn normalise(&self, operands: [NodeId; N]) -> [NodeId; N];

    /// Returns the result if it is known without looking into nodes. It is always known for terminals.
    fn resolve(&self, operands: [NodeId; N]) -> Option<NodeId>;
}

struct Binary<'a, O>(&'a O);

impl<O: Operation> Pointwise<2> for Binary<'_, O> {
    fn normalise(&self, [f, g]: [NodeId; 2]) -> [NodeId; 2] {
        if f > g && self.0.commutes() { [g, f] } else { [f, g] }
    }

    fn resolve(&self, [f, g]: [NodeId; 2]) -> Option<NodeId> {
        match (f.as_terminal(), g.as_terminal()) {
            (Some(f), Some(g)) => Some(NodeId::terminal(self.0.combine(f, g))),
            _ => self.0.shortcut(f, g),
        }
    }
}

struct IfThenElse;

impl Pointwise<3> for IfThenElse {
    fn normalise(&self, operands: [NodeId; 3]) -> [NodeId; 3] {
        operands
    }

    fn resolve(&self, [test, then, otherwise]: [NodeId; 3]) -> Option<NodeId> {
        match test.as_terminal() {
            Some(0) => Some(otherwise),
            Some(_) => Some(then),
            None => (then == otherwise).then_some(then),
        }
    }
}

/// A result under construction. Its runs so far are the scratch list from `base` on, and cover the classes before
/// `end`.
struct Frame<const N: usize> {
    operands: [NodeId; N],
    /// The index of each operand's next run among all runs, or [`WHOLE`] for an operand that does not test `level`.
    cursors: [usize; N],
    level: u32,
    arity: u32,
    end: u32,
    base: usize,
}

/// The cursor of an operand that is passed to all children as a whole. Beyond every index, so no run is found there.
const WHOLE: usize = usize::MAX;

impl Diagrams {
    /// Applies an operation at every assignment: `h(x) = operation(f(x), g(x))`.
    ///
    /// Takes at most one step for each pair of overlapping runs in each pair of nodes that meet, unless the cache has
    /// dropped a result.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![4], Budget::default());
    /// let (low, even) = (diagrams.test(0, [(0, 2)])?, diagrams.test(0, [(0, 1), (2, 3)])?);
    /// let sum = diagrams.apply(&|f: u32, g: u32| f + g, low, even)?;
    /// assert_eq!([0, 1, 2, 3].map(|class| diagrams.evaluate(sum, &[class])), [2, 1, 1, 0]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn apply<O: Operation>(&mut self, operation: &O, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        let key = match operation.key() {
            Some(key) => key,
            None => self.fresh_key()?,
        };
        self.descend(key, &Binary(operation), [f, g])
    }

    /// Returns `f ∧ g`. The values of both must be 0 and 1.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let (morning, office) = (diagrams.test(0, [(0, 12)])?, diagrams.test(0, [(8, 18)])?);
    /// assert_eq!(diagrams.and(morning, office)?, diagrams.test(0, [(8, 12)])?);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn and(&mut self, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        self.apply(&And, f, g)
    }

    /// Returns `f ∨ g`. The values of both must be 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn or(&mut self, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        self.apply(&Or, f, g)
    }

    /// Returns `f ∧ ¬g`. The values of both must be 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn difference(&mut self, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        self.apply(&Difference, f, g)
    }

    /// Returns `¬f`. The values must be 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn not(&mut self, f: NodeId) -> Result<NodeId, Exhausted> {
        self.difference(NodeId::TRUE, f)
    }

    /// Returns `then` where `test` is not 0, and `otherwise` where it is. Both may have any values.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, NodeId};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let office = diagrams.test(0, [(8, 18)])?;
    /// let price = diagrams.if_then_else(office, NodeId::terminal(30), NodeId::terminal(50))?;
    /// assert_eq!([9, 20].map(|hour| diagrams.evaluate(price, &[hour])), [30, 50]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn if_then_else(
        &mut self,
        test: NodeId,
        then: NodeId,
        otherwise: NodeId,
    ) -> Result<NodeId, Exhausted> {
        self.descend(Key::IF_THEN_ELSE, &IfThenElse, [test, then, otherwise])
    }

    /// Descends all operands together, with an explicit stack of at most one frame per level.
    fn descend<const N: usize>(
        &mut self,
        key: Key,
        operation: &impl Pointwise<N>,
        operands: [NodeId; N],
    ) -> Result<NodeId, Exhausted> {
        let mut frame = match self.look_up(key, operation, operands)? {
            Ok(result) => return Ok(result),
            Err(operands) => self.frame(operands, 0),
        };
        let mut waiting: Vec<Frame<N>> = Vec::new();
        let mut scratch: Vec<Run> = Vec::new();
        loop {
            if frame.end < frame.arity {
                let children = self.advance(&mut frame);
                match self.look_up(key, operation, children)? {
                    Ok(child) => append(&mut scratch, frame.base, Run { end: frame.end, child }),
                    Err(operands) => {
                        let below = self.frame(operands, scratch.len());
                        waiting.push(std::mem::replace(&mut frame, below));
                    }
                }
                continue;
            }
            // INVARIANT: frames below this one in the diagram have cut the scratch list back to their base, which is
            // not before this frame's.
            let child = self.intern(frame.level, scratch.get(frame.base..).unwrap_or(&[]))?;
            scratch.truncate(frame.base);
            self.cache.put(key, frame.operands, child);
            let Some(above) = waiting.pop() else { return Ok(child) };
            frame = above;
            append(&mut scratch, frame.base, Run { end: frame.end, child });
        }
    }

    /// Returns the result if it is known, or else the normalised operands to descend with.
    fn look_up<const N: usize>(
        &mut self,
        key: Key,
        operation: &impl Pointwise<N>,
        operands: [NodeId; N],
    ) -> Result<Result<NodeId, [NodeId; N]>, Exhausted> {
        self.spend(1)?;
        let operands = operation.normalise(operands);
        let known = operation.resolve(operands).or_else(|| self.cache.get(key, operands));
        Ok(known.ok_or(operands))
    }

    fn frame<const N: usize>(&self, operands: [NodeId; N], base: usize) -> Frame<N> {
        let starts = operands.map(|operand| self.start(operand));
        let level = starts.iter().flatten().map(|&(level, _)| level).min().unwrap_or(0);
        let cursors = starts.map(|start| match start {
            Some((tested, first_run)) if tested == level => first_run,
            _ => WHOLE,
        });
        Frame { operands, cursors, level, arity: self.arity(level), end: 0, base }
    }

    /// Advances to the next classes for which no operand changes its child. Returns these children.
    fn advance<const N: usize>(&self, frame: &mut Frame<N>) -> [NodeId; N] {
        let mut children = frame.operands;
        let mut ends = [frame.arity; N];
        for ((child, end), &cursor) in children.iter_mut().zip(&mut ends).zip(&frame.cursors) {
            if let Some(run) = self.run_at(cursor) {
                (*child, *end) = (run.child, run.end);
            }
        }
        frame.end = ends.iter().fold(frame.arity, |first, &end| first.min(end));
        for (cursor, end) in frame.cursors.iter_mut().zip(ends) {
            if end == frame.end {
                // All operands' last runs end at the arity, and so does the frame: a cursor past the last run, which
                // would point into the next node, is never read.
                *cursor = cursor.saturating_add(1);
            }
        }
        children
    }
}
