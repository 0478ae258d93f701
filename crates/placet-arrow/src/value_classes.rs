//! The classes of values, computed once for each distinct value.

use crate::block::Buffer;
use crate::column::{self, Column, Scratch};
use crate::texts::{TextNumbers, with_texts};
use arrow_array::cast::AsArray;
use arrow_array::{Array, StringArray};
use placet::__private::Internals;
use placet::{ErrorCode, Policy, Request};
use placet_model::request::AttributeInput;
use placet_model::types::Type;
use placet_program::columns::UNKNOWN_BYTE;
use placet_program::{Program, UNKNOWN};
use std::ops::Range;

/// The classes of an attribute's values, by the number of the value.
///
/// A column repeats its values: each is put into a frame once, which classifies it, and rows look up its number.
#[derive(Debug, Clone)]
pub(crate) struct ValueClasses {
    /// For each variable of the column, the class of each value.
    pub(crate) classes: Vec<Lookup>,
    /// The leaves of each value that is an inner node, and that the policy tells apart.
    leaves: Vec<Option<Range<u32>>>,
    /// True for each value that fits.
    pub(crate) fits: Vec<bool>,
    /// The number of values before the first that doesn't fit.
    fitting: usize,
}

/// Classes by the number of the value; as bytes if the variable has few.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

/// The byte of rows without a value, in computed numbers.
pub(crate) const NO_KEY: u8 = u8::MAX;
/// The number of values that bytes can number, besides `NO_KEY`.
pub(crate) const KEYS: usize = NO_KEY as usize;
/// The number of null.
pub(crate) const NULL: u32 = u32::MAX;
/// The number of bytes.
const BYTES: usize = 256;

/// Returns true if the classes of a variable fit bytes.
pub(crate) fn is_narrow(program: &Program, variable: u32) -> bool {
    let classes = program.variables().get(variable as usize).map_or(0, |variable| variable.classes);
    classes <= u32::from(UNKNOWN_BYTE)
}

/// Converts a class to a byte.
pub(crate) fn narrow(class: u32) -> u8 {
    // INVARIANT: called only for variables whose classes fit bytes, or for unknown ones.
    u8::try_from(class).unwrap_or(UNKNOWN_BYTE)
}

impl Lookup {
    fn push(&mut self, class: u32) {
        match self {
            Lookup::Narrow(classes) => classes.push(narrow(class)),
            Lookup::Wide(classes) => classes.push(class),
        }
    }
}

/// A request that finds the classes of values by putting them.
pub(crate) struct Probe<'a> {
    policy: &'a Policy,
    request: Request,
    scratch: Scratch,
    column: &'a Column,
    value_classes: ValueClasses,
}

impl<'a> Probe<'a> {
    pub(crate) fn new(policy: &'a Policy, base: &Request, column: &'a Column) -> Self {
        let program = policy.program();
        let lookup = |variable: &u32| match is_narrow(program, *variable) {
            true => Lookup::Narrow(Vec::new()),
            false => Lookup::Wide(Vec::new()),
        };
        Self {
            policy,
            request: base.clone(),
            scratch: Scratch::default(),
            column,
            value_classes: ValueClasses {
                classes: column.variables.iter().map(lookup).collect(),
                leaves: Vec::new(),
                fits: Vec::new(),
                fitting: 0,
            },
        }
    }

    /// Returns the classes of these values, in their order.
    pub(crate) fn all(mut self, values: &dyn Array) -> ValueClasses {
        for row in 0..values.len() {
            self.cell(values, row);
        }
        self.value_classes.finish()
    }

    /// Classifies the next value: the cell of this row.
    fn cell(&mut self, array: &dyn Array, row: usize) {
        let put = self.column.put(&mut self.request, &mut self.scratch, array, row);
        self.note(put);
    }

    fn note(&mut self, put: Result<(), ErrorCode>) {
        let program = self.policy.program();
        // INVARIANT: the request was made by this policy.
        let frame = self.policy.frame(&self.request).ok().filter(|_| put.is_ok());
        let class_of =
            |variable: &u32| frame.and_then(|frame| frame.classes().get(*variable as usize).copied());
        let mut is_open = false;
        for (variable, lookup) in self.column.variables.iter().zip(&mut self.value_classes.classes) {
            let class = class_of(variable).unwrap_or(UNKNOWN);
            is_open |= class == UNKNOWN;
            lookup.push(class);
        }
        let given = frame.filter(|_| is_open).and_then(|frame| frame.given(program, self.column.id));
        self.value_classes.leaves.push(match given {
            Some(AttributeInput::OneOf(leaves)) => {
                // The leaves of a node are adjacent, so a range holds them.
                leaves.iter().next().zip(leaves.iter().last()).map(|(first, last)| first..last + 1)
            }
            _ => None,
        });
        self.value_classes.fits.push(frame.is_some());
    }
}

impl ValueClasses {
    fn finish(mut self) -> Self {
        self.fitting = self.fits.iter().take_while(|fits| **fits).count();
        for lookup in &mut self.classes {
            if let Lookup::Narrow(classes) = lookup {
                // A byte without a value is unknown, so that each byte has a class.
                classes.resize(classes.len().max(BYTES), UNKNOWN_BYTE);
            }
        }
        self
    }

    /// Returns true if all values fit.
    pub(crate) fn all_fit(&self) -> bool {
        self.fitting == self.fits.len()
    }

    /// Returns, for each variable of the column, the classes by byte; `None` if they don't fit bytes.
    pub(crate) fn tables(&self) -> impl Iterator<Item = Option<&[u8; BYTES]>> {
        self.classes.iter().map(|lookup| match lookup {
            Lookup::Narrow(classes) => classes.first_chunk(),
            Lookup::Wide(_) => None,
        })
    }

    /// Marks the rows with values that don't fit, except null rows.
    pub(crate) fn mark_unfit(&self, keys: &[u8], is_null: impl Fn(usize) -> bool, bad: &mut [bool]) {
        // The maximum decides for all rows without a branch each.
        let highest = keys.iter().copied().fold(0, u8::max);
        if usize::from(highest) < self.fitting {
            return;
        }
        for (at, (bad, key)) in bad.iter_mut().zip(keys).enumerate() {
            let fits = self.fits.get(usize::from(*key)).copied().unwrap_or(false);
            *bad |= !fits && !is_null(at);
        }
    }

    /// Returns the leaves of a value that is an inner node, if the policy tells them apart.
    pub(crate) fn leaves(&self, value: usize) -> Option<&Range<u32>> {
        self.leaves.get(value)?.as_ref()
    }
}

/// The numbers of the texts that an attribute's classes depend on: the names of an enum or a taxonomy, or the texts that
/// the tests of a string mention.
#[derive(Debug)]
pub(crate) struct NameNumbers {
    numbers: TextNumbers,
    /// The number of all other texts; `None` if they don't fit.
    pub(crate) other: Option<u32>,
    /// True if the classes of other texts differ, so that each is read by the attribute's classifier.
    pub(crate) reads_others: bool,
    pub(crate) classes: ValueClasses,
}

impl NameNumbers {
    /// Creates the numbers for a column of texts, or of a dictionary or runs of texts.
    pub(crate) fn new(policy: &Policy, base: &Request, column: &Column) -> Option<Self> {
        /// The maximum number of texts of a string attribute.
        const MAX_TEXTS: usize = 8;
        let probe =
            |values: &[&str]| Probe::new(policy, base, column).all(&StringArray::from_iter_values(values));
        match &column.kind {
            Type::Symbol(universe) if column::is_text(&column.data_type) => {
                let names = universe.names();
                let (numbers, classes) = (TextNumbers::new(&names), probe(&names));
                Some(Self { numbers, other: None, reads_others: false, classes })
            }
            Type::String if column::is_text(column::plain(&column.data_type)) => {
                let plan = policy.program().data().plans.get(column.id.index())?;
                let (mut texts, are_others_alike) = plan.classifier.mentioned();
                texts.sort_unstable();
                texts.dedup();
                // The classifier has a hash table of many texts. Building one of our own would cost more than it saves.
                let reads_others = !are_others_alike || texts.len() > MAX_TEXTS;
                if texts.len() > MAX_TEXTS {
                    texts.clear();
                }
                let numbers = TextNumbers::new(&texts);
                let other = u32::try_from(texts.len()).ok()?;
                // A text that is longer than all others isn't one of them.
                let longest = texts.iter().map(|text| text.len()).max().unwrap_or_default();
                let another = "x".repeat(longest + 1);
                texts.push(&another);
                Some(Self { numbers, other: Some(other), reads_others, classes: probe(&texts) })
            }
            _ => None,
        }
    }

    /// Returns the classes of the texts of a string attribute; `None` for values of other types.
    pub(crate) fn classes_of(
        &self,
        policy: &Policy,
        column: &Column,
        values: &dyn Array,
    ) -> Option<ValueClasses> {
        let other = self.other.filter(|_| column::is_text(values.data_type()))?;
        let mut numbers = vec![other; values.len()];
        self.find(values, 0..values.len(), |number| number, other, &mut numbers);
        let mut fits = vec![true; values.len()];
        if let Some(nulls) = values.nulls() {
            for ((fits, number), is_valid) in fits.iter_mut().zip(&mut numbers).zip(nulls) {
                if !is_valid {
                    (*fits, *number) = (column.null.is_some(), NULL);
                }
            }
        }
        let mut classes = Vec::new();
        for (index, (variable, lookup)) in column.variables.iter().zip(&self.classes.classes).enumerate() {
            let null = column.null.as_ref().and_then(|null| null.get(index)).copied().unwrap_or(UNKNOWN);
            let mut buffer = Buffer::empty(policy.program(), *variable);
            buffer.look_up(lookup, &numbers, null);
            self.read_others(policy.program(), column, index, values, &numbers, &mut buffer);
            classes.push(buffer.into_lookup());
        }
        let value_classes = ValueClasses { classes, leaves: Vec::new(), fits, fitting: 0 };
        Some(value_classes.finish())
    }

    /// Writes the classes that other texts have in the variable of the column with this index, if their classes differ.
    pub(crate) fn read_others(
        &self,
        program: &Program,
        column: &Column,
        index: usize,
        texts: &dyn Array,
        numbers: &[u32],
        buffer: &mut Buffer,
    ) {
        let plan = program.data().plans.get(column.id.index()).filter(|_| self.reads_others);
        // The variables of the classifier come before those for a missing attribute and for `none`.
        let Some(plan) = plan.filter(|plan| index < plan.variables.len()) else { return };
        with_texts!(texts, texts => for (at, number) in numbers.iter().enumerate() {
            if Some(*number) == self.other
                && let Some(class) = plan.classifier.text(index, texts.value(at))
            {
                buffer.set(at, class);
            }
        });
    }

    /// Writes the numbers of the texts of rows; `unfit` for texts that don't fit. Null rows get arbitrary numbers.
    pub(crate) fn find<T: Copy>(
        &self,
        array: &dyn Array,
        rows: Range<usize>,
        number: impl Fn(u32) -> T,
        unfit: T,
        out: &mut [T],
    ) {
        let other = self.other.map_or(unfit, &number);
        self.numbers.find(array, rows, number, other, out);
    }
}
