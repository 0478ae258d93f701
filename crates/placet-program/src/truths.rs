//! Three-valued truth of conditions, each computed once.
//!
//! The truth is Kleene's: a conjunction with a false part is false, whatever else is unknown. Unknown parts count as
//! independent, so `None` can stand for a condition that has one truth in every completion.

use crate::formula::{Formula, FormulaId, Formulas, known};

/// The truth of a condition so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Never,
    Known(bool),
    Open,
}

/// The truths of a program's conditions for the classes of one request.
///
/// Conditions share parts, and each part is evaluated once, so all of them together cost no more than the policy's
/// size. A single small condition is evaluated faster by [`Formulas::truth`], without memory.
#[derive(Debug)]
pub(crate) struct Truths {
    seen: Vec<Seen>,
}

/// A condition whose parts are being evaluated.
struct Visit {
    id: FormulaId,
    /// The index of the first part that hasn't been evaluated.
    next: usize,
    is_open: bool,
}

impl Truths {
    /// Creates the truths of the first `count` conditions.
    pub(crate) fn new(count: usize) -> Self {
        Self { seen: vec![Seen::Never; count] }
    }

    fn seen(&self, id: FormulaId) -> Seen {
        // INVARIANT: the parts of a condition have smaller indices, so each has a slot if the condition has one.
        self.seen.get(id.index()).copied().unwrap_or(Seen::Open)
    }

    /// Returns the truth of a condition, or `None` if it depends on an unknown variable.
    pub(crate) fn of(&mut self, formulas: &Formulas, classes: &[u32], root: FormulaId) -> Option<bool> {
        if let Seen::Known(value) = self.seen(root) {
            return Some(value);
        }
        if self.seen(root) == Seen::Open {
            return None;
        }
        // An explicit stack: conditions can be nested deeper than the thread's stack allows.
        let mut todo = vec![Visit { id: root, next: 0, is_open: false }];
        while let Some(visit) = todo.last_mut() {
            let (id, node) = (visit.id, formulas.get(visit.id));
            let found = match (self.seen(id), node) {
                (Seen::Known(_) | Seen::Open, _) => self.seen(id),
                (Seen::Never, Formula::Constant(value)) => Seen::Known(*value),
                (Seen::Never, Formula::In(variable, set)) => {
                    known(*variable, set, classes).map_or(Seen::Open, Seen::Known)
                }
                (Seen::Never, Formula::Not(inner)) => match self.seen(*inner) {
                    Seen::Never => {
                        todo.push(Visit { id: *inner, next: 0, is_open: false });
                        continue;
                    }
                    Seen::Known(value) => Seen::Known(!value),
                    Seen::Open => Seen::Open,
                },
                (Seen::Never, Formula::All(parts) | Formula::Any(parts)) => {
                    let absorbing = matches!(node, Formula::Any(_));
                    match self.joined(visit, parts, absorbing) {
                        Ok(found) => found,
                        Err(part) => {
                            todo.push(Visit { id: part, next: 0, is_open: false });
                            continue;
                        }
                    }
                }
            };
            if let Some(slot) = self.seen.get_mut(id.index()) {
                *slot = found;
            }
            todo.pop();
        }
        match self.seen(root) {
            Seen::Known(value) => Some(value),
            Seen::Never | Seen::Open => None,
        }
    }

    /// Combines the parts of a conjunction or disjunction, or returns the part that has to be evaluated first.
    fn joined(&self, visit: &mut Visit, parts: &[FormulaId], absorbing: bool) -> Result<Seen, FormulaId> {
        while let Some(part) = parts.get(visit.next) {
            match self.seen(*part) {
                Seen::Never => return Err(*part),
                // Later parts aren't evaluated: one absorbing part settles the truth.
                Seen::Known(value) if value == absorbing => return Ok(Seen::Known(absorbing)),
                Seen::Known(_) => {}
                Seen::Open => visit.is_open = true,
            }
            visit.next += 1;
        }
        Ok(if visit.is_open { Seen::Open } else { Seen::Known(!absorbing) })
    }
}
