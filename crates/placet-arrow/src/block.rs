//! The classes of a block of rows, and the buffers to compute them.

use crate::column::Scratch;
use crate::sets::SetScratch;
use crate::value_classes::{Lookup, is_narrow, narrow};
use placet::__private::Internals;
use placet::{Policy, Request};
use placet_program::classify::{Cuts, are_within};
use placet_program::columns::Classes;
use placet_program::{Program, UNKNOWN};
use std::ops::RangeInclusive;

/// The rows of a block: enough for the processor to prefetch a column, and few enough for their classes to stay in the
/// second-level cache.
pub(crate) const ROWS: usize = 8_192;

/// The class of each row of a block in one variable.
#[derive(Debug)]
pub(crate) enum Buffer {
    /// One class for all rows.
    Same(u32),
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

impl Default for Buffer {
    fn default() -> Self {
        Buffer::Same(UNKNOWN)
    }
}

impl Buffer {
    /// Creates the buffer of a variable that varies.
    pub(crate) fn empty(program: &Program, variable: u32) -> Self {
        match is_narrow(program, variable) {
            true => Buffer::Narrow(Vec::new()),
            false => Buffer::Wide(Vec::new()),
        }
    }

    /// Returns the classes of rows as those of values with the numbers of the rows.
    pub(crate) fn into_lookup(self) -> Lookup {
        match self {
            Buffer::Narrow(classes) => Lookup::Narrow(classes),
            Buffer::Wide(classes) => Lookup::Wide(classes),
            Buffer::Same(_) => Lookup::Wide(Vec::new()),
        }
    }

    pub(crate) fn classes(&self) -> Classes<'_> {
        match self {
            Buffer::Same(class) => Classes::Same(*class),
            Buffer::Narrow(classes) => Classes::Each(classes),
            Buffer::Wide(classes) => Classes::Wide(classes),
        }
    }

    pub(crate) fn set(&mut self, row: usize, class: u32) {
        match self {
            Buffer::Same(_) => {}
            Buffer::Narrow(classes) => {
                if let Some(slot) = classes.get_mut(row) {
                    *slot = narrow(class);
                }
            }
            Buffer::Wide(classes) => {
                if let Some(slot) = classes.get_mut(row) {
                    *slot = class;
                }
            }
        }
    }

    /// Fills this many rows with one class.
    pub(crate) fn fill(&mut self, rows: usize, class: u32) {
        match self {
            Buffer::Same(_) => {}
            Buffer::Narrow(classes) => {
                classes.clear();
                classes.resize(rows, narrow(class));
            }
            Buffer::Wide(classes) => {
                classes.clear();
                classes.resize(rows, class);
            }
        }
    }

    /// Fills the rows with the class of each value.
    pub(crate) fn fill_by<T>(&mut self, values: &[T], class: impl Fn(&T) -> u32) {
        match self {
            Buffer::Same(_) => {}
            Buffer::Narrow(classes) => {
                classes.clear();
                classes.extend(values.iter().map(|value| narrow(class(value))));
            }
            Buffer::Wide(classes) => {
                classes.clear();
                classes.extend(values.iter().map(class));
            }
        }
    }

    /// Looks up the classes of values by their numbers; `none` is the class of a number without a value.
    pub(crate) fn look_up(&mut self, lookup: &Lookup, numbers: &[u32], none: u32) {
        match (self, lookup) {
            (Buffer::Narrow(out), Lookup::Narrow(classes)) => {
                let none = narrow(none);
                out.clear();
                out.extend(
                    numbers.iter().map(|number| classes.get(*number as usize).copied().unwrap_or(none)),
                );
            }
            (buffer @ Buffer::Wide(_), Lookup::Wide(classes)) => {
                buffer.fill_by(numbers, |number| classes.get(*number as usize).copied().unwrap_or(none));
            }
            // INVARIANT: the width of both follows from the number of classes of the variable.
            (buffer, _) => buffer.fill(numbers.len(), UNKNOWN),
        }
    }

    /// Writes the classes of ordinals, and returns true if all of them lie in a domain.
    pub(crate) fn cut(&mut self, cuts: &Cuts, ordinals: &[i64], domain: &RangeInclusive<i64>) -> bool {
        if let Buffer::Narrow(out) = self {
            out.resize(ordinals.len(), 0);
            return cuts.narrow_classes(ordinals, domain, out);
        }
        self.fill_by(ordinals, |ordinal| cuts.class(*ordinal));
        are_within(ordinals, domain)
    }
}

/// The buffers of a thread that reads blocks, reused from block to block.
#[derive(Debug)]
pub(crate) struct BlockScratch {
    policy: Policy,
    /// The request of a row that is read by itself.
    pub(crate) request: Request,
    pub(crate) row_scratch: Scratch,
    /// One buffer for each variable of the program.
    pub(crate) classes: Vec<Buffer>,
    /// True for each row that is an erroneous request.
    pub(crate) bad: Vec<bool>,
    /// True for each row with an erroneous value in the current column.
    pub(crate) unfit: Vec<bool>,
    /// The numbers of the values of the current column.
    pub(crate) numbers: Vec<u32>,
    /// The lists of the current column.
    pub(crate) lists: SetScratch,
    /// For each column, the numbers as bytes, if they were computed.
    pub(crate) keys: Vec<Vec<u8>>,
    /// The ordinals of each attribute that is read as ordinals.
    pub(crate) ordinals: Vec<Vec<i64>>,
}

impl BlockScratch {
    /// Creates buffers for blocks in which these variables vary. `base` gives the other attributes.
    pub(crate) fn new(policy: &Policy, base: &Request, varying: &[u32]) -> Self {
        let program = policy.program();
        // INVARIANT: the request was made by this policy.
        let classes = policy.frame(base).map(|frame| frame.classes().to_vec()).unwrap_or_default();
        let mut buffers: Vec<Buffer> = classes.into_iter().map(Buffer::Same).collect();
        for variable in varying {
            if let Some(buffer) = buffers.get_mut(*variable as usize) {
                *buffer = Buffer::empty(program, *variable);
            }
        }
        Self {
            policy: policy.clone(),
            request: base.clone(),
            row_scratch: Scratch::default(),
            classes: buffers,
            bad: Vec::new(),
            unfit: Vec::new(),
            numbers: Vec::new(),
            lists: SetScratch::default(),
            keys: Vec::new(),
            ordinals: vec![Vec::new(); program.model().declared().count()],
        }
    }

    /// Stores the classes that the request has for these variables in a row.
    pub(crate) fn keep(&mut self, row: usize, variables: &[u32]) {
        let Ok(frame) = self.policy.frame(&self.request) else { return };
        for variable in variables {
            let class = frame.classes().get(*variable as usize).copied().unwrap_or(UNKNOWN);
            if let Some(buffer) = self.classes.get_mut(*variable as usize) {
                buffer.set(row, class);
            }
        }
    }
}
