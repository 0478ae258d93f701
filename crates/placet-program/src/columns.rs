//! Many rows of a table at once: the effect of each, from the classes of its variables, column by column.
//!
//! A diagram with a node for each question is walked for 64 rows an operation: what a row is asked and where it goes
//! are bits. Diagrams too large for that, and rows that a diagram leaves to the bitmaps of rules, are decided row by
//! row. Either way a row gets what [`Program::effect`] gives a request of these classes.
//!
//! ```no_run
//! use placet_program::Program;
//! use placet_program::columns::{Classes, RowOutcome, UNKNOWN_BYTE};
//!
//! # fn example(program: &Program) {
//! // A policy of two variables; the first is not known of the second row.
//! let mut ends = [RowOutcome::Undecided; 3];
//! program.batch_evaluator().decide(program, 3, &[Classes::Each(&[0, UNKNOWN_BYTE, 1]), Classes::Same(1)], &mut ends);
//! # }
//! ```

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bits;
mod circuit;
mod coded;
mod codes;
#[cfg(test)]
mod tests;
mod work;

use crate::program::{ALLOW, DENY, Program};
use crate::unknown::frontier;
use crate::variable::UNKNOWN;
use bits::{Bits, NONE, ROWS};
use circuit::Circuit;
use codes::{By, Table};
use placet_model::decision::Effect;
use work::Block;

pub use coded::{Bitmap, Coded, Keys};

/// As [`UNKNOWN`], in a byte: the class of a variable of which nothing is known.
pub const UNKNOWN_BYTE: u8 = u8::MAX;

/// What the rows of a table say of one variable: its class, or that it is open. A class that the variable does not
/// have, and a row for which there is none, count as open.
#[derive(Debug, Clone, Copy)]
pub enum Classes<'a> {
    /// One class for all rows, or [`UNKNOWN`].
    Same(u32),
    /// The class of each row, or [`UNKNOWN_BYTE`]: for variables of up to 255 classes.
    Each(&'a [u8]),
    /// The class of each row, or [`UNKNOWN`].
    Wide(&'a [u32]),
    /// The class of each row by the key of its value: cheaper than to look it up before.
    Coded(Coded<'a>),
}

impl Classes<'_> {
    /// The class of a row; `None` where it is not known.
    pub fn get(&self, row: usize) -> Option<u32> {
        match self {
            Classes::Same(class) => Some(*class),
            Classes::Each(classes) => {
                classes.get(row).filter(|class| **class != UNKNOWN_BYTE).map(|class| u32::from(*class))
            }
            Classes::Wide(classes) => classes.get(row).copied(),
            Classes::Coded(coded) => coded.get(row).map(u32::from),
        }
        .filter(|class| *class != UNKNOWN)
    }
}

/// What is known of the decision about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RowOutcome {
    /// Some of its completions are allowed and some denied.
    Indeterminate = 0,
    /// It is allowed.
    Allow = 1,
    /// It is denied.
    Deny = 2,
    /// Its classes alone do not tell. [`Program::effect`] does, of a frame. Never so where no variable is open.
    Undecided = 3,
}

impl RowOutcome {
    /// The effect; `None` where it is undecided.
    pub fn effect(self) -> Option<Effect> {
        match self {
            RowOutcome::Deny => Some(Effect::Deny),
            RowOutcome::Allow => Some(Effect::Allow),
            RowOutcome::Indeterminate => Some(Effect::Indeterminate),
            RowOutcome::Undecided => None,
        }
    }
}

impl From<Option<Effect>> for RowOutcome {
    fn from(effect: Option<Effect>) -> Self {
        match effect {
            Some(Effect::Deny) => RowOutcome::Deny,
            Some(Effect::Allow) => RowOutcome::Allow,
            Some(Effect::Indeterminate) => RowOutcome::Indeterminate,
            None => RowOutcome::Undecided,
        }
    }
}

/// How many of some rows came to each end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([usize; 4]);

impl Counts {
    /// How many came to an end.
    pub fn of(&self, end: RowOutcome) -> usize {
        self.0.get(end as usize).copied().unwrap_or(0)
    }

    fn add(&mut self, end: RowOutcome, rows: usize) {
        if let Some(count) = self.0.get_mut(end as usize) {
            *count += rows;
        }
    }

    fn add_all(&mut self, other: &Self) {
        for (count, other) in self.0.iter_mut().zip(other.0) {
            *count += other;
        }
    }
}

impl FromIterator<RowOutcome> for Counts {
    fn from_iter<I: IntoIterator<Item = RowOutcome>>(ends: I) -> Self {
        let mut counts = Self::default();
        ends.into_iter().for_each(|end| counts.add(end, 1));
        counts
    }
}

/// So many rows, and a row more for each node of a diagram, are decided one by one: a circuit for them costs more.
const MIN_ROWS: usize = 128;

/// What decides rows, with the memory of one thread. It keeps its memory, and serves any program.
#[derive(Debug, Default)]
pub struct BatchEvaluator {
    circuit: Option<Circuit>,
    /// What the circuit was made for, or that there is none: the program, and the classes that are the same in all
    /// rows.
    made_for: Option<u64>,
    same: Vec<Option<u32>>,
    masks: Vec<Bits>,
    values: Vec<Bits>,
    /// What the sets of the circuit's inputs are read by, a table for each group.
    tables: Vec<Table>,
    /// For each of the circuit's inputs whether a row left it open; empty where the last rows were decided one by one.
    opened: Vec<bool>,
    /// The classes of one row.
    row: Vec<u32>,
}

impl BatchEvaluator {
    /// Decides `rows` rows, and counts their ends. `variables` says for each of the program's variables what the rows say
    /// of it.
    ///
    /// That a `required` attribute is given is for the caller to see to. So are inner nodes of taxonomies: where a row
    /// leaves a variable open, it is taken to have any of its classes, and if the row gives an inner node for it, only
    /// [`RowOutcome::Allow`] and [`RowOutcome::Deny`] are final, and a frame must answer what is indeterminate.
    ///
    /// Cost: for diagrams of up to some hundred nodes a nanosecond a row or less; for larger ones that of a walk for each
    /// row. The first call for a program, and each with other variables the same in all rows, makes the diagram ready,
    /// which takes some microseconds.
    pub fn decide(
        &mut self,
        program: &Program,
        rows: usize,
        variables: &[Classes<'_>],
        ends: &mut [RowOutcome],
    ) -> Counts {
        let rows = rows.min(ends.len());
        let ends = ends.get_mut(..rows).unwrap_or_default();
        self.opened.clear();
        let mut counts = Counts::default();
        if !self.prepare(program, rows, variables) {
            for (row, end) in ends.iter_mut().enumerate() {
                *end = self.one(program, row, variables);
                counts.add(*end, 1);
            }
            return counts;
        }
        self.opened.resize(self.circuit.as_ref().map_or(0, |circuit| circuit.inputs.len()), false);
        for (first, ends) in (0..).step_by(ROWS).zip(ends.chunks_mut(ROWS)) {
            let Some(circuit) = &self.circuit else { break };
            let (masks, values) = (self.masks.as_mut_slice(), self.values.as_mut_slice());
            let (tables, opened, mut left) = (self.tables.as_slice(), self.opened.as_mut_slice(), NONE);
            let block =
                Block { circuit, variables, tables, first, masks, values, opened, ends, left: &mut left };
            counts.add_all(&block.run());
            for (word, mut bits) in left.iter().copied().enumerate() {
                while bits != 0 {
                    let row = word * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    if let Some(end) = ends.get_mut(row) {
                        *end = self.one(program, first + row, variables);
                        counts.add(*end, 1);
                    }
                }
            }
        }
        counts
    }

    /// Whether each row that was decided by the last call gave a class of a variable. False, too, where that was not
    /// looked at: since nothing hangs on the variable, or since the rows were decided one by one.
    pub fn is_closed(&self, variable: u32) -> bool {
        let inputs = self.circuit.iter().flat_map(|circuit| &circuit.inputs);
        inputs.zip(&self.opened).any(|(input, opened)| input.variable == variable as usize && !opened)
    }

    /// Makes a circuit for these variables, if there is none yet; whether there is one.
    fn prepare(&mut self, program: &Program, rows: usize, variables: &[Classes<'_>]) -> bool {
        let same = program.variables().iter().enumerate().map(|(at, variable)| match variables.get(at) {
            Some(Classes::Same(class)) if *class < variable.classes => Some(*class),
            Some(Classes::Same(_)) | None => Some(UNKNOWN),
            Some(Classes::Each(_) | Classes::Wide(_) | Classes::Coded(_)) => None,
        });
        // A key for each row is what makes them quick.
        let is_short =
            |classes: &Classes<'_>| matches!(classes, Classes::Coded(coded) if coded.rows() < rows);
        if variables.iter().any(is_short) {
            return false;
        }
        if self.made_for != Some(program.id()) || !same.clone().eq(self.same.iter().copied()) {
            let nodes = program.data().graph.as_ref().map_or(0, |graph| graph.nodes());
            if rows < MIN_ROWS + nodes {
                return false;
            }
            self.same.clear();
            self.same.extend(same);
            self.made_for = Some(program.id());
            self.circuit = Circuit::new(program, &self.same);
            if let Some(circuit) = &self.circuit {
                self.masks.resize(circuit.masks, NONE);
                self.values.resize(circuit.values(), NONE);
            }
            self.tables.clear();
        }
        let Some(circuit) = &self.circuit else { return false };
        let groups = circuit.inputs.iter().flat_map(|input| {
            let classes = variables.get(input.variable);
            input.groups.iter().map(move |group| (group, classes))
        });
        for (at, (group, classes)) in groups.enumerate() {
            let by = By::new(classes);
            match self.tables.get_mut(at) {
                Some(table) if table.by.borrowed() == by => {}
                Some(table) => *table = Table::new(group, by),
                None => self.tables.push(Table::new(group, by)),
            }
        }
        true
    }

    /// Decides one row as a frame of its classes is decided.
    fn one(&mut self, program: &Program, row: usize, variables: &[Classes<'_>]) -> RowOutcome {
        let class = |at: usize| {
            let arity = program.variables().get(at)?.classes;
            let class = variables.get(at)?.get(row).filter(|class| *class < arity);
            Some(class.unwrap_or(UNKNOWN))
        };
        let parts = program.data();
        if let (None, Some(graph)) = (&parts.table, &parts.graph) {
            // Most rows end here, and few look at all variables.
            match graph.walk_by(class) {
                Some(ALLOW) => return RowOutcome::Allow,
                Some(DENY) => return RowOutcome::Deny,
                _ => {}
            }
        }
        self.row.clear();
        self.row.extend((0..program.variables().len()).map(|at| class(at).unwrap_or(UNKNOWN)));
        let settled = program.end(&self.row);
        let effect = settled.and_then(|end| program.effect_of_end(end, &self.row));
        effect.or_else(|| frontier::effect_of_classes(program, &self.row)).into()
    }
}
