//! Decides many rows of a table at once, from the classes of their variables, column by column.
//!
//! A small diagram becomes a circuit of bitmap operations that decides 64 rows per machine word: for each node, one bit
//! per row tells if the row can go on to a given terminal. Larger diagrams, and rows that a diagram leaves to the
//! bitmaps of rules, are decided row by row. Either way a row gets the effect that [`Program::effect`] returns for a
//! request of these classes, or [`RowOutcome::Undecided`].
//!
//! ```no_run
//! use placet_program::Program;
//! use placet_program::columns::{Classes, Results, RowOutcome, UNKNOWN_BYTE};
//!
//! # fn example(program: &Program) {
//! // A policy of two variables; the first is unknown in the second row.
//! let mut outcomes = [RowOutcome::Undecided; 3];
//! let variables = [Classes::Each(&[0, UNKNOWN_BYTE, 1]), Classes::Same(1)];
//! program.batch_evaluator().decide(program, 3, &variables, Results::Outcomes(&mut outcomes));
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
mod decision_keys;
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
pub use decision_keys::DecisionKeys;

/// The class of an unknown variable as a byte, like [`UNKNOWN`].
pub const UNKNOWN_BYTE: u8 = u8::MAX;

/// The classes of one variable in all rows of a table.
///
/// A class that the variable doesn't have, and a row beyond the end of the data, count as unknown.
///
/// ```
/// use placet_program::columns::{Classes, UNKNOWN_BYTE};
///
/// let classes = Classes::Each(&[2, UNKNOWN_BYTE]);
/// assert_eq!(classes.get(0), Some(2));
/// assert_eq!(classes.get(1), None);
/// assert_eq!(Classes::Same(7).get(1_000), Some(7));
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Classes<'a> {
    /// One class for all rows, or [`UNKNOWN`].
    Same(u32),
    /// The class of each row, or [`UNKNOWN_BYTE`], for variables with up to 255 classes.
    Each(&'a [u8]),
    /// The class of each row, or [`UNKNOWN`].
    Wide(&'a [u32]),
    /// The class of each row by the key of its value: cheaper than looking up the classes first.
    Coded(Coded<'a>),
}

impl Classes<'_> {
    /// Returns the class of a row, or `None` if it is unknown.
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

/// The outcome of deciding a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RowOutcome {
    /// Some completions of the row are allowed and some are denied.
    Indeterminate = 0,
    /// The row is allowed.
    Allow = 1,
    /// The row is denied.
    Deny = 2,
    /// The classes alone don't tell; [`Program::effect`] does, for a frame. Occurs only if a variable is unknown.
    Undecided = 3,
}

impl RowOutcome {
    /// Returns the effect, or `None` if the row is undecided.
    ///
    /// ```
    /// use placet_program::columns::RowOutcome;
    ///
    /// assert_eq!(RowOutcome::Undecided.effect(), None);
    /// assert_eq!(RowOutcome::from(RowOutcome::Deny.effect()), RowOutcome::Deny);
    /// ```
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

/// The number of rows with each outcome.
///
/// ```
/// use placet_program::columns::{Counts, RowOutcome};
///
/// let counts: Counts = [RowOutcome::Allow, RowOutcome::Deny, RowOutcome::Allow].into_iter().collect();
/// assert_eq!(counts.of(RowOutcome::Allow), 2);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([usize; 4]);

impl Counts {
    /// Returns the number of rows with an outcome.
    pub fn of(&self, outcome: RowOutcome) -> usize {
        self.0.get(outcome as usize).copied().unwrap_or(0)
    }

    fn add(&mut self, outcome: RowOutcome, rows: usize) {
        if let Some(count) = self.0.get_mut(outcome as usize) {
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
    fn from_iter<I: IntoIterator<Item = RowOutcome>>(outcomes: I) -> Self {
        let mut counts = Self::default();
        outcomes.into_iter().for_each(|outcome| counts.add(outcome, 1));
        counts
    }
}

/// The results to write for rows.
#[derive(Debug)]
pub enum Results<'a> {
    /// The outcome of each row.
    Outcomes(&'a mut [RowOutcome]),
    /// A bit for each row, 1 if it is allowed: row `r` is bit `r % 64` of word `r / 64`. The other bits of the last word
    /// mean nothing.
    Allowed(&'a mut [u64]),
}

impl Results<'_> {
    /// Returns the number of rows for which there is space.
    fn rows(&self) -> usize {
        match self {
            Results::Outcomes(outcomes) => outcomes.len(),
            Results::Allowed(words) => words.len().saturating_mul(64),
        }
    }

    /// Borrows the results.
    pub fn by_ref(&mut self) -> Results<'_> {
        match self {
            Results::Outcomes(outcomes) => Results::Outcomes(outcomes),
            Results::Allowed(words) => Results::Allowed(words),
        }
    }

    /// Splits the results before a row, which must be a multiple of 64.
    pub fn split_at(self, row: usize) -> (Self, Self) {
        match self {
            Results::Outcomes(outcomes) => {
                let (own, rest) = outcomes.split_at_mut(row.min(outcomes.len()));
                (Results::Outcomes(own), Results::Outcomes(rest))
            }
            Results::Allowed(words) => {
                let (own, rest) = words.split_at_mut((row / 64).min(words.len()));
                (Results::Allowed(own), Results::Allowed(rest))
            }
        }
    }

    /// Writes the result of a row.
    pub fn set(&mut self, row: usize, outcome: RowOutcome) {
        match self {
            Results::Outcomes(outcomes) => {
                if let Some(slot) = outcomes.get_mut(row) {
                    *slot = outcome;
                }
            }
            Results::Allowed(words) => {
                if let Some(word) = words.get_mut(row / 64) {
                    let bit = 1 << (row % 64);
                    *word = if outcome == RowOutcome::Allow { *word | bit } else { *word & !bit };
                }
            }
        }
    }
}

/// The minimum number of rows for a circuit, to which one row per node of the diagram is added. Building a circuit
/// costs more than it saves for fewer rows.
const MIN_ROWS: usize = 128;

/// Decides rows, with buffers for one thread. It keeps its buffers, and serves any program.
#[derive(Debug, Default)]
pub struct BatchEvaluator {
    circuit: Option<Circuit>,
    /// The id of the program that `circuit` was built for, together with `same`; set even if no circuit could be built,
    /// so that it isn't tried again.
    made_for: Option<u64>,
    /// For each variable its class, if that is the same in all rows.
    same: Vec<Option<u32>>,
    masks: Vec<Bits>,
    values: Vec<Bits>,
    /// The tables that turn classes into bits of sets: one for each group of each input of the circuit.
    tables: Vec<Table>,
    /// For each input of the circuit, true if it is unknown in some row; empty if the last rows were decided one by
    /// one.
    opened: Vec<bool>,
    /// The classes of one row.
    row: Vec<u32>,
}

impl BatchEvaluator {
    /// Decides `rows` rows, writes their results, and counts their outcomes. `variables` gives, for each of the program's
    /// variables, its classes in the rows.
    ///
    /// The caller has to check that `required` attributes are given. The caller also has to handle inner nodes of
    /// taxonomies: an unknown variable is assumed to have any of its classes. If a row gives an inner node for it, only
    /// [`RowOutcome::Allow`] and [`RowOutcome::Deny`] are final, and indeterminate rows need a frame.
    ///
    /// Cost: for diagrams of up to some hundred nodes, a nanosecond per row or less; for larger ones, a walk per row.
    /// The first call for a program, and each call with a different choice of variables that are the same in all rows,
    /// builds the circuit, which takes some microseconds.
    pub fn decide(
        &mut self,
        program: &Program,
        rows: usize,
        variables: &[Classes<'_>],
        mut results: Results<'_>,
    ) -> Counts {
        let rows = rows.min(results.rows());
        self.opened.clear();
        let mut counts = Counts::default();
        if !self.prepare(program, rows, variables) {
            for row in 0..rows {
                let outcome = self.one(program, row, variables);
                results.set(row, outcome);
                counts.add(outcome, 1);
            }
            return counts;
        }
        self.opened.resize(self.circuit.as_ref().map_or(0, |circuit| circuit.inputs.len()), false);
        for first in (0..rows).step_by(ROWS) {
            let (mut own, rest) = results.split_at(ROWS);
            results = rest;
            let (rows, mut left) = (ROWS.min(rows - first), NONE);
            let Some(circuit) = &self.circuit else { break };
            let (masks, values) = (self.masks.as_mut_slice(), self.values.as_mut_slice());
            let (tables, opened) = (self.tables.as_slice(), self.opened.as_mut_slice());
            let block = Block {
                circuit,
                variables,
                tables,
                first,
                masks,
                values,
                opened,
                rows,
                results: own.by_ref(),
                left: &mut left,
            };
            counts.add_all(&block.run());
            for (word, mut bits) in left.iter().copied().enumerate() {
                while bits != 0 {
                    let row = word * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    if row < rows {
                        let outcome = self.one(program, first + row, variables);
                        own.set(row, outcome);
                        counts.add(outcome, 1);
                    }
                }
            }
        }
        counts
    }

    /// Returns true if each row of the last call gave a class of a variable.
    ///
    /// Also returns false if that wasn't checked: because nothing depends on the variable, or because the rows were
    /// decided one by one.
    pub fn is_closed(&self, variable: u32) -> bool {
        let inputs = self.circuit.iter().flat_map(|circuit| &circuit.inputs);
        inputs.zip(&self.opened).any(|(input, opened)| input.variable == variable as usize && !opened)
    }

    /// Builds the circuit for these variables, unless it exists. Returns true if there is one.
    fn prepare(&mut self, program: &Program, rows: usize, variables: &[Classes<'_>]) -> bool {
        let same = program.variables().iter().enumerate().map(|(at, variable)| match variables.get(at) {
            Some(Classes::Same(class)) if *class < variable.classes => Some(*class),
            Some(Classes::Same(_)) | None => Some(UNKNOWN),
            Some(Classes::Each(_) | Classes::Wide(_) | Classes::Coded(_)) => None,
        });
        // Keys are read without a check per row, so each row needs one.
        let is_short =
            |classes: &Classes<'_>| matches!(classes, Classes::Coded(coded) if coded.rows() < rows);
        if variables.iter().any(is_short) {
            return false;
        }
        if self.made_for != Some(program.id()) || !same.clone().eq(self.same.iter().copied()) {
            let nodes = program.data().graph.as_ref().map_or(0, |graph| graph.nodes());
            // Too few rows for a new circuit. The old one stays for the next call.
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
            // The tables belong to the inputs of the old circuit.
            self.tables.clear();
        }
        let Some(circuit) = &self.circuit else { return false };
        let groups = circuit.inputs.iter().flat_map(|input| {
            let classes = variables.get(input.variable);
            input.groups.iter().map(move |group| (group, classes))
        });
        for (at, (group, classes)) in groups.enumerate() {
            let by = By::new(classes);
            // A table for keys costs some hundred nanoseconds, so it is rebuilt only if the classes of the keys differ.
            match self.tables.get_mut(at) {
                Some(table) if table.by.borrowed() == by => {}
                Some(table) => *table = Table::new(group, by),
                None => self.tables.push(Table::new(group, by)),
            }
        }
        true
    }

    /// Decides one row like a frame of its classes.
    fn one(&mut self, program: &Program, row: usize, variables: &[Classes<'_>]) -> RowOutcome {
        let class = |at: usize| {
            let arity = program.variables().get(at)?.classes;
            let class = variables.get(at)?.get(row).filter(|class| *class < arity);
            Some(class.unwrap_or(UNKNOWN))
        };
        let parts = program.data();
        if let Some(graph) = &parts.graph {
            // Most rows end here, and few read all variables: classes are fetched on demand instead of copied.
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
