//! What values mean to the policy, found out once for each.

use crate::column::{Column, Scratch};
use arrow_array::{Array, StringArray};
use arrow_schema::DataType;
use foldhash::fast::RandomState;
use placet::{ErrorCode, Policy, Request};
use placet_model::request::Given;
use placet_model::types::Type;
use placet_program::{OPEN, Program};
use std::collections::HashMap;
use std::ops::Range;

/// The classes that values of an attribute have, each value by a number.
#[derive(Debug, Clone)]
pub(crate) struct Meanings {
    /// For each variable of the column, the class of each value.
    pub(crate) classes: Vec<Lookup>,
    /// The leaves of each value that is an inner node, and that the policy tells apart.
    leaves: Vec<Option<Range<u32>>>,
    /// Whether each value fits.
    pub(crate) fits: Vec<bool>,
    pub(crate) all_fit: bool,
}

/// Classes by the numbers of values: in bytes where the variable has few.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

/// The class of a byte that is not known.
pub(crate) const NARROW_OPEN: u8 = u8::MAX;

/// Whether the classes of a variable fit bytes.
pub(crate) fn is_narrow(program: &Program, variable: u32) -> bool {
    let classes = program.variables().get(variable as usize).map_or(0, |variable| variable.classes);
    classes <= u32::from(NARROW_OPEN)
}

/// A class as a byte.
pub(crate) fn narrow(class: u32) -> u8 {
    // INVARIANT: only of variables whose classes fit, or open.
    u8::try_from(class).unwrap_or(NARROW_OPEN)
}

impl Lookup {
    fn push(&mut self, class: u32) {
        match self {
            Lookup::Narrow(classes) => classes.push(narrow(class)),
            Lookup::Wide(classes) => classes.push(class),
        }
    }
}

/// Where values are put to find out what they mean.
pub(crate) struct Trial<'a> {
    policy: &'a Policy,
    request: Request,
    scratch: Scratch,
    column: &'a Column,
    meanings: Meanings,
}

impl<'a> Trial<'a> {
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
            meanings: Meanings {
                classes: column.variables.iter().map(lookup).collect(),
                leaves: Vec::new(),
                fits: Vec::new(),
                all_fit: true,
            },
        }
    }

    /// The next value: the cell of this row.
    pub(crate) fn cell(&mut self, array: &dyn Array, row: usize) {
        let put = self.column.put(&mut self.request, &mut self.scratch, array, row);
        self.note(put);
    }

    fn note(&mut self, put: Result<(), ErrorCode>) {
        let program = self.policy.program();
        // INVARIANT: the request is the policy's.
        let frame = self.policy.frame(&self.request).ok().filter(|_| put.is_ok());
        let class_of =
            |variable: &u32| frame.and_then(|frame| frame.classes().get(*variable as usize).copied());
        let mut is_open = false;
        for (variable, lookup) in self.column.variables.iter().zip(&mut self.meanings.classes) {
            let class = class_of(variable).unwrap_or(OPEN);
            is_open |= class == OPEN;
            lookup.push(class);
        }
        let given = frame.filter(|_| is_open).and_then(|frame| frame.given(program, self.column.id));
        self.meanings.leaves.push(match given {
            Some(Given::OneOf(leaves)) => {
                // The leaves of a node are neighbours.
                leaves.iter().next().zip(leaves.iter().last()).map(|(first, last)| first..last + 1)
            }
            _ => None,
        });
        self.meanings.fits.push(frame.is_some());
        self.meanings.all_fit &= frame.is_some();
    }

    pub(crate) fn finish(self) -> Meanings {
        self.meanings
    }
}

impl Meanings {
    /// The leaves of a value that is an inner node, and that the policy tells apart.
    pub(crate) fn leaves(&self, value: usize) -> Option<&Range<u32>> {
        self.leaves.get(value)?.as_ref()
    }
}

/// What the names of an enum or a taxonomy mean.
#[derive(Debug)]
pub(crate) struct Lexicon {
    numbers: HashMap<Box<str>, u32, RandomState>,
    pub(crate) meanings: Meanings,
}

impl Lexicon {
    /// The lexicon for a column of plain texts that give an enum or a taxonomy.
    pub(crate) fn of(policy: &Policy, base: &Request, column: &Column) -> Option<Self> {
        let Type::Symbol(universe) = &column.kind else { return None };
        if !matches!(column.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return None;
        }
        let names = StringArray::from_iter_values(universe.names());
        let mut trial = Trial::new(policy, base, column);
        for row in 0..names.len() {
            trial.cell(&names, row);
        }
        let numbers = universe.names().into_iter().map(Box::from).zip(0..).collect();
        Some(Self { numbers, meanings: trial.finish() })
    }

    /// The number of a name.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }
}
