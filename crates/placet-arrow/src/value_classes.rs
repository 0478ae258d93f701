//! The classes of values, computed once for each distinct value.

use crate::column::{Column, Scratch};
use crate::texts::Texts;
use arrow_array::{Array, StringArray};
use arrow_schema::DataType;
use placet::__private::Internals;
use placet::{ErrorCode, Policy, Request};
use placet_core::NameTable;
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
        self.finish()
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

    fn finish(mut self) -> ValueClasses {
        let ValueClasses { classes, fits, fitting, .. } = &mut self.value_classes;
        *fitting = fits.iter().take_while(|fits| **fits).count();
        for lookup in classes {
            if let Lookup::Narrow(classes) = lookup {
                // A byte without a value is unknown, so that each byte has a class.
                classes.resize(classes.len().max(BYTES), UNKNOWN_BYTE);
            }
        }
        self.value_classes
    }
}

impl ValueClasses {
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

/// The numbers of the names of an enum or a taxonomy.
#[derive(Debug)]
pub(crate) struct NameNumbers {
    numbers: NameTable<Option<u32>>,
    pub(crate) classes: ValueClasses,
}

impl NameNumbers {
    /// Creates the table for a column of plain texts with the names of an enum or a taxonomy.
    pub(crate) fn new(policy: &Policy, base: &Request, column: &Column) -> Option<Self> {
        let Type::Symbol(universe) = &column.kind else { return None };
        if !matches!(column.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return None;
        }
        let names = StringArray::from_iter_values(universe.names());
        let classes = Probe::new(policy, base, column).all(&names);
        let mut numbers = NameTable::default();
        for (number, name) in (0..).zip(universe.names()) {
            *numbers.entry(name) = Some(number);
        }
        numbers.pack();
        Some(Self { numbers, classes })
    }

    /// Returns the number of the name in a row.
    #[inline(always)]
    pub(crate) fn number(&self, texts: &impl Texts, row: usize) -> Option<u32> {
        texts.find(&self.numbers, row).flatten()
    }
}
