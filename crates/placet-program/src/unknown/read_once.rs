//! Recognizes conditions that test each unknown variable at most once.
//!
//! Suppose that, with everything known put in, a condition consists of tests of independent variables, that each
//! variable is tested once, and that each test can pass and fail. Then the condition can hold and can fail, and no
//! diagram is needed to see it: the function is read-once and not constant. (Golumbic, Mintz and Rotics, *Factoring and
//! recognition of read-once functions using cographs and normality*, 2006.)

use crate::formula::{FormulaId, Open, Test};
use crate::frame::Frame;
use crate::program::Program;
use crate::variable::{UNKNOWN, VariableKind};

/// The maximum number of unknown variables that are tracked. They are kept in an array and searched linearly.
const MAX_TESTS: usize = 12;

/// The truth of a condition, as far as it can be told without a diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// The condition has this truth in every completion.
    Known(bool),
    /// The condition holds in some completions and fails in others.
    Free,
    /// Only a diagram can tell.
    Unclear,
}

/// Judges the conjunction of these conditions.
///
/// Cost: a visit to each node, except parts that can't matter; no allocation.
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

/// The unknown variables that have been tested.
#[derive(Clone, Copy)]
struct Tested<'p> {
    program: &'p Program,
    frame: &'p Frame,
    variables: [u32; MAX_TESTS],
    count: usize,
    /// True as long as each variable was tested once, each test can pass and fail, and the variables are independent.
    is_clear: bool,
}

impl Tested<'_> {
    /// Returns true if a variable covers everything that is asked of its attribute, and can have each of its classes.
    ///
    /// A test of a string qualifies if no other test of the same string occurs.
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
    fn add(&mut self, test: &Test) {
        let Test { variable, classes: set } = test;
        let is_apart = self.program.variables().get(*variable as usize).is_some_and(|about| {
            // An inner node narrows the classes, so a test of it may be unable to pass or to fail.
            self.is_alone(&about.source)
                && !self.frame.has_leaves(about)
                && !set.is_empty()
                && !set.is_full(about.classes)
        });
        let is_new = self.variables.get(..self.count).is_some_and(|known| !known.contains(variable));
        match self.variables.get_mut(self.count) {
            Some(free) if is_apart && is_new => {
                *free = *variable;
                self.count += 1;
            }
            _ => self.is_clear = false,
        }
    }
}
