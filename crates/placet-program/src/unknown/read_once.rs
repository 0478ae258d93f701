//! Conditions that ask each open variable but once.
//!
//! Let a condition be left, once what is known is put in, with tests of variables that do not hang on each other, each
//! variable tested once, and each test one that can hold and can fail. Then the condition can hold and can fail: no
//! diagram is needed to see it. (Read-once functions: Golumbic, Mintz and Rotics, *Factoring and recognition of read-once
//! functions using cographs and normality*, 2006.)

use crate::class_set::ClassSet;
use crate::formula::{FormulaId, Open};
use crate::frame::Frame;
use crate::program::Program;
use crate::variable::{UNKNOWN, VariableKind};

/// How many open variables are followed.
const MAX_TESTS: usize = 12;

/// What is seen of a condition without a diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It holds, or fails, whatever is open.
    Known(bool),
    /// It can hold, and can fail.
    Free,
    /// Only a diagram tells.
    Unclear,
}

/// What is seen of these conditions, if all of them are to hold.
///
/// Cost: a visit to each node of them, parts that are not needed left out; no memory.
pub(crate) fn all(program: &Program, frame: &Frame, conditions: &[FormulaId]) -> Truth {
    let formulas = &program.data().formulas;
    if !conditions.iter().all(|id| formulas.is_small(*id)) {
        return Truth::Unclear;
    }
    let mut open = Tested { program, frame, variables: [UNKNOWN; MAX_TESTS], count: 0, is_clear: true };
    match formulas.all(conditions, frame.classes(), &mut open) {
        Some(truth) => Truth::Known(truth),
        None if open.is_clear => Truth::Free,
        None => Truth::Unclear,
    }
}

/// The open variables that are tested.
#[derive(Clone, Copy)]
struct Tested<'p> {
    program: &'p Program,
    frame: &'p Frame,
    variables: [u32; MAX_TESTS],
    count: usize,
    /// Each is tested once, so that it can pass and fail, and they do not hang on each other.
    is_clear: bool,
}

impl Tested<'_> {
    /// Whether a variable says all that is asked of its attribute, and can have each of its classes. One test of a text is
    /// as good as the text itself where no other is asked.
    fn is_alone(&self, source: &VariableKind) -> bool {
        match source {
            VariableKind::Value(_) | VariableKind::Missing(_) => true,
            VariableKind::Test(id, _) => {
                let known = self.variables.get(..self.count).unwrap_or_default();
                let others = known.iter().filter_map(|known| self.program.variables().get(*known as usize));
                others
                    .map(|about| &about.source)
                    .all(|other| !matches!(other, VariableKind::Test(of, _) if of == id))
                    && self.program.can_fail(source)
            }
            _ => false,
        }
    }
}

impl Open for Tested<'_> {
    fn add(&mut self, variable: u32, set: &ClassSet) {
        let is_apart = self.program.variables().get(variable as usize).is_some_and(|about| {
            self.is_alone(&about.source)
                && !self.frame.has_leaves(about)
                && !set.is_empty()
                && !set.is_full(about.classes)
        });
        let is_new = self.variables.get(..self.count).is_some_and(|known| !known.contains(&variable));
        match self.variables.get_mut(self.count) {
            Some(free) if is_apart && is_new => {
                *free = variable;
                self.count += 1;
            }
            _ => self.is_clear = false,
        }
    }
}
