//! The classes of a block of rows, and room to find them.

use crate::column::Scratch;
use crate::ordinals::{class_of, classify_narrow};
use crate::sets::SetScratch;
use crate::value_classes::{Lookup, narrow};
use placet::{Policy, Request};
use placet_program::columns::Classes;
use placet_program::{Program, UNKNOWN};

/// How many rows are decided at once: enough of a column that it is read ahead, and few enough that their classes stay
/// in the second cache.
pub(crate) const ROWS: usize = 8_192;

/// The class of each row of a block in one variable.
#[derive(Debug)]
pub(crate) enum Buffer {
    /// One for all.
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

    /// So many rows of one class.
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

    /// The class of each of some values.
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

    /// The classes of values by their numbers, and that of a number which is none.
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
            // INVARIANT: both are as wide as the variable has classes.
            (buffer, _) => buffer.fill(numbers.len(), UNKNOWN),
        }
    }

    /// The classes of ordinals, of which all but the first begin at `starts`.
    pub(crate) fn cut(&mut self, starts: &[i64], ordinals: &[i64]) {
        match self {
            Buffer::Same(_) => {}
            Buffer::Narrow(out) => {
                out.resize(ordinals.len(), 0);
                classify_narrow(starts, ordinals, out);
            }
            Buffer::Wide(_) => self.fill_by(ordinals, |ordinal| class_of(starts, *ordinal)),
        }
    }
}

/// What a thread needs to read a block; kept from one to the next.
#[derive(Debug)]
pub(crate) struct BlockScratch {
    policy: Policy,
    /// The request of the row that is looked at by itself.
    pub(crate) request: Request,
    pub(crate) scratch: Scratch,
    /// For each variable of the program.
    pub(crate) classes: Vec<Buffer>,
    /// Whether each row is an erroneous request.
    pub(crate) bad: Vec<bool>,
    /// The same of one column.
    pub(crate) unfit: Vec<bool>,
    /// The numbers of the values of one column.
    pub(crate) numbers: Vec<u32>,
    /// The lists of one column.
    pub(crate) lists: SetScratch,
    /// For each column, the same as bytes, where they are made.
    pub(crate) keys: Vec<Vec<u8>>,
    /// For each attribute that is read as such, the ordinals.
    pub(crate) ordinals: Vec<Vec<i64>>,
}

impl BlockScratch {
    /// Room for blocks in which these variables differ from row to row. `base` gives what the columns don't.
    pub(crate) fn new(policy: &Policy, base: &Request, varying: &[u32]) -> Self {
        let program = policy.program();
        // INVARIANT: the request is the policy's.
        let classes = policy.frame(base).map(|frame| frame.classes().to_vec()).unwrap_or_default();
        let mut buffers: Vec<Buffer> = classes.into_iter().map(Buffer::Same).collect();
        for variable in varying {
            if let Some(buffer) = buffers.get_mut(*variable as usize) {
                *buffer = empty(program, *variable);
            }
        }
        Self {
            policy: policy.clone(),
            request: base.clone(),
            scratch: Scratch::default(),
            classes: buffers,
            bad: Vec::new(),
            unfit: Vec::new(),
            numbers: Vec::new(),
            lists: SetScratch::default(),
            keys: Vec::new(),
            ordinals: vec![Vec::new(); program.model().attributes.len()],
        }
    }

    /// Keeps what the request says of variables as the classes of a row.
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

fn empty(program: &Program, variable: u32) -> Buffer {
    match crate::value_classes::is_narrow(program, variable) {
        true => Buffer::Narrow(Vec::new()),
        false => Buffer::Wide(Vec::new()),
    }
}
