//! Operations on two and three functions: the descent that all of them share.

use crate::node::append;
use crate::{And, Diagrams, Difference, Exhausted, Key, NodeId, Operation, Or, Run};

/// What the descent needs to know of an operation on `N` functions.
trait Pointwise<const N: usize> {
    /// One representative of all operand lists that have the same result for a reason seen at once.
    fn normalise(&self, operands: [NodeId; N]) -> [NodeId; N];

    /// The result, if it is known without looking into nodes. Always known for terminals.
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

/// A result under construction. Its runs so far are the scratch list from `base` on, and reach to `end`.
struct Frame<const N: usize> {
    operands: [NodeId; N],
    /// Where each operand's next run is among all runs; [`WHOLE`] for an operand that does not test `level`.
    cursors: [usize; N],
    level: u32,
    arity: u32,
    end: u32,
    base: usize,
}

const WHOLE: usize = usize::MAX;

impl Diagrams {
    /// The operation at every assignment: `h(x) = operation(f(x), g(x))`.
    ///
    /// Takes at most one step for each pair of runs that overlap in each pair of nodes that meet, unless the memo
    /// forgets (Bryant 1986).
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn apply<O: Operation>(&mut self, operation: &O, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        let key = match operation.key() {
            Some(key) => key,
            None => self.fresh_key()?,
        };
        self.descend(key, &Binary(operation), [f, g])
    }

    /// `f ∧ g`; the values of both are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn and(&mut self, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        self.apply(&And, f, g)
    }

    /// `f ∨ g`; the values of both are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn or(&mut self, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        self.apply(&Or, f, g)
    }

    /// `f ∧ ¬g`; the values of both are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn difference(&mut self, f: NodeId, g: NodeId) -> Result<NodeId, Exhausted> {
        self.apply(&Difference, f, g)
    }

    /// `¬f`; the values are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn not(&mut self, f: NodeId) -> Result<NodeId, Exhausted> {
        self.difference(NodeId::TRUE, f)
    }

    /// `then` where `test` is not 0, and `otherwise` where it is; the values of both may be any.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn if_then_else(
        &mut self,
        test: NodeId,
        then: NodeId,
        otherwise: NodeId,
    ) -> Result<NodeId, Exhausted> {
        self.descend(Key::IF_THEN_ELSE, &IfThenElse, [test, then, otherwise])
    }

    /// Descends all operands together, on a stack of its own: at most one frame a level.
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
            // INVARIANT: the scratch list is only cut back to the base of a frame above this one.
            let child = self.intern(frame.level, scratch.get(frame.base..).unwrap_or(&[]))?;
            scratch.truncate(frame.base);
            self.cache.put(key, frame.operands, child);
            let Some(above) = waiting.pop() else { return Ok(child) };
            frame = above;
            append(&mut scratch, frame.base, Run { end: frame.end, child });
        }
    }

    /// The result if it is known, or else the operands to descend with.
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

    /// Moves on to the next classes for which no operand changes its child; gives those children.
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
                // The last run of a node ends with the frame, so the cursor is not read in the node after it.
                *cursor = cursor.saturating_add(1);
            }
        }
        children
    }
}
