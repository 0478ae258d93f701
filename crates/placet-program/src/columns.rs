//! Many rows of a table at once: the effect of each, from the classes of its variables, column by column.
//!
//! A diagram with a node for each question is walked for 64 rows an operation: what a row is asked and where it goes
//! are bits. Diagrams too large for that, and rows that a diagram leaves to the bitmaps of rules, are decided row by
//! row. Either way a row gets what [`Program::effect`] gives a request of these classes.
//!
//! ```no_run
//! use placet_program::Program;
//! use placet_program::columns::{Classes, End, OPEN_BYTE};
//!
//! # fn example(program: &Program) {
//! // A policy of two variables; the first is not known of the second row.
//! let mut ends = [End::Undecided; 3];
//! program.blocks().decide(program, 3, &[Classes::Each(&[0, OPEN_BYTE, 1]), Classes::Same(1)], &mut ends);
//! # }
//! ```

use crate::frontier;
use crate::program::Program;
use crate::variable::OPEN;
use placet_model::decision::Effect;

/// As [`OPEN`], in a byte: the class of a variable of which nothing is known.
pub const OPEN_BYTE: u8 = u8::MAX;

/// What the rows of a table say of one variable: its class, or that it is open. A class that the variable does not
/// have, and a row for which there is none, count as open.
#[derive(Debug, Clone, Copy)]
pub enum Classes<'a> {
    /// One class for all rows, or [`OPEN`].
    Same(u32),
    /// The class of each row, or [`OPEN_BYTE`]: for variables of up to 255 classes.
    Each(&'a [u8]),
    /// The class of each row, or [`OPEN`].
    Wide(&'a [u32]),
}

impl Classes<'_> {
    /// The class of a row; [`OPEN`] where it is not known, or not one of `arity` classes.
    fn get(&self, row: usize, arity: u32) -> u32 {
        let class = match self {
            Classes::Same(class) => Some(*class),
            Classes::Each(classes) => {
                classes.get(row).filter(|class| **class != OPEN_BYTE).map(|class| u32::from(*class))
            }
            Classes::Wide(classes) => classes.get(row).copied(),
        };
        class.filter(|class| *class < arity).unwrap_or(OPEN)
    }
}

/// What is known of the decision about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum End {
    /// It is denied.
    Deny = 0,
    /// It is allowed.
    Allow = 1,
    /// Some of its completions are allowed and some denied.
    Indeterminate = 2,
    /// Its classes alone do not tell. [`Program::effect`] does, of a frame. Never so where no variable is open.
    Undecided = 3,
}

impl End {
    /// The effect; `None` where it is undecided.
    pub fn effect(self) -> Option<Effect> {
        match self {
            End::Deny => Some(Effect::Deny),
            End::Allow => Some(Effect::Allow),
            End::Indeterminate => Some(Effect::Indeterminate),
            End::Undecided => None,
        }
    }
}

impl From<Option<Effect>> for End {
    fn from(effect: Option<Effect>) -> Self {
        match effect {
            Some(Effect::Deny) => End::Deny,
            Some(Effect::Allow) => End::Allow,
            Some(Effect::Indeterminate) => End::Indeterminate,
            None => End::Undecided,
        }
    }
}

/// What decides rows, with the memory of one thread. It keeps its memory, and serves any program.
#[derive(Debug, Default)]
pub struct Blocks {
    /// The classes of one row.
    row: Vec<u32>,
}

impl Blocks {
    /// Decides `rows` rows. `variables` says for each of the program's variables what the rows say of it.
    ///
    /// That a `required` attribute is given is for the caller to see to. So are inner nodes of taxonomies: where a row
    /// leaves a variable open, it is taken to have any of its classes, and if the row gives an inner node for it, only
    /// [`End::Allow`] and [`End::Deny`] are final, and a frame must answer what is indeterminate.
    pub fn decide(&mut self, program: &Program, rows: usize, variables: &[Classes<'_>], ends: &mut [End]) {
        for (row, end) in ends.iter_mut().enumerate().take(rows) {
            *end = self.one(program, row, variables);
        }
    }

    /// Decides one row as a frame of its classes is decided.
    fn one(&mut self, program: &Program, row: usize, variables: &[Classes<'_>]) -> End {
        self.row.clear();
        let mut is_complete = true;
        for (at, variable) in program.variables().iter().enumerate() {
            let class = variables.get(at).map_or(OPEN, |classes| classes.get(row, variable.classes));
            is_complete &= class != OPEN;
            self.row.push(class);
        }
        let settled = program.end(&self.row);
        let effect = settled.and_then(|end| program.effect_of_end(end, &self.row, is_complete));
        effect.or_else(|| frontier::effect_of_classes(program, &self.row)).into()
    }
}

/// The class of each of a dictionary's codes.
pub fn lookup(codes: &[u8], classes: &[u8; 256], out: &mut [u8]) {
    for (out, code) in out.iter_mut().zip(codes) {
        *out = classes.get(usize::from(*code)).copied().unwrap_or(OPEN_BYTE);
    }
}
