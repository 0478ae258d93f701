//! The reader of one column of one batch.
//!
//! `layout` picks the layout. A block is then read in three steps: `classify` writes classes into the buffers of
//! `block`, or computes keys; `lend` passes columns with byte-sized keys on as keys and a table of classes, without
//! writing classes; `mark_unfit` checks such rows after they were decided.

use crate::block::BlockScratch;
use crate::cell;
use crate::column::{Column, Scratch, is_text};
use crate::error::{ColumnError, ValueError};
use crate::keys::{self, ClassKeys};
use crate::ordinals;
use crate::sets::{self, ListReader};
use crate::value_classes::{KEYS, NO_KEY, NULL, NameNumbers, Probe, ValueClasses, narrow};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int8Array, NullArray, RecordBatch, UInt8Array, downcast_integer,
};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::DataType;
use placet::{ErrorCode, Policy, Request};
use placet_model::types::Type;
use placet_program::classify::{Classifier, are_within};
use placet_program::columns::{BatchEvaluator, Classes, Coded, Keys};
use placet_program::{Program, UNKNOWN};
use std::ops::Range;
use std::sync::Arc;

/// The number of a text outside the names.
const NO_NAME: u32 = u32::MAX - 1;

/// A column of one batch, with its layout.
#[derive(Debug)]
pub(crate) struct ColumnReader<'b> {
    pub(crate) column: &'b Column,
    array: &'b ArrayRef,
    /// Rows that are null because a struct around them is null.
    outer: Option<NullBuffer>,
    /// Rows that are null by the validity bitmap.
    pub(crate) nulls: Option<NullBuffer>,
    pub(crate) layout: Layout,
    /// The keys of the rows, if they and the classes of their values fit bytes.
    keys: Option<ClassKeys<'b>>,
}

/// The layout that decides how values are read.
#[derive(Debug)]
pub(crate) enum Layout {
    /// All rows are null.
    Nulls,
    /// Few distinct values; each row has the number of one.
    Few(Arc<ValueClasses>),
    /// Names of an enum or a taxonomy, or the texts of a string.
    Names,
    /// Ordinals.
    Ordinals,
    /// Lists of names.
    Sets(ListReader),
    /// Any values, read one by one.
    Cells,
}

impl<'b> ColumnReader<'b> {
    /// Creates the reader of a column in a batch. Cost: linear in the values of a dictionary.
    pub(crate) fn new(
        policy: &Policy,
        base: &Request,
        column: &'b Column,
        batch: &'b RecordBatch,
    ) -> Result<Self, ColumnError> {
        let (array, outer) = column.find(batch)?;
        let nulls = NullBuffer::union(outer.as_ref(), array.nulls()).filter(|nulls| nulls.null_count() > 0);
        let has_null_group = outer.as_ref().is_some_and(|outer| outer.null_count() > 0);
        let layout = match column.is_optional && has_null_group && !column.is_group {
            // A null group makes the attribute missing, its own null is `none`: bitmaps don't tell them apart.
            true => Layout::Cells,
            false => layout(policy, base, column, array),
        };
        let mut reader = Self { column, array, outer, nulls, layout, keys: None };
        reader.keys = reader.value_classes().and_then(|value_classes| reader.keys_of(value_classes));
        Ok(reader)
    }

    /// Returns the classes of the values, if each has a number.
    fn value_classes(&self) -> Option<&ValueClasses> {
        match &self.layout {
            Layout::Few(value_classes) => Some(value_classes),
            Layout::Names => self.column.name_numbers.as_ref().map(|name_numbers| &name_numbers.classes),
            Layout::Nulls | Layout::Ordinals | Layout::Sets(_) | Layout::Cells => None,
        }
    }

    /// Returns the keys of the rows, if they and the classes of their values fit bytes.
    fn keys_of(&self, value_classes: &ValueClasses) -> Option<ClassKeys<'b>> {
        let reads_others = self.column.name_numbers.as_ref().is_some_and(|numbers| numbers.reads_others);
        if value_classes.tables().any(|table| table.is_none())
            || matches!(self.layout, Layout::Names) && reads_others
        {
            return None;
        }
        match ClassKeys::in_column(self.array) {
            // `mark_unfit` checks byte keys only, so bits are lent only if both values fit.
            Some(ClassKeys::Bits(_)) if !value_classes.all_fit() => None,
            Some(keys) => Some(keys),
            None if value_classes.fits.len() > KEYS => None,
            None if matches!(self.array.data_type(), DataType::RunEndEncoded(..) | DataType::Struct(_)) => {
                None
            }
            None => Some(ClassKeys::Made),
        }
    }

    fn is_null(&self, row: usize) -> bool {
        self.outer.as_ref().is_some_and(|outer| outer.is_null(row))
    }

    /// Puts the value of a row into a request.
    pub(crate) fn put(
        &self,
        request: &mut Request,
        scratch: &mut Scratch,
        row: usize,
    ) -> Result<(), ErrorCode> {
        match self.is_null(row) {
            true => self.column.put_missing(request),
            false => self.column.put(request, scratch, self.array, row),
        }
    }

    /// Creates the error of the value in a row.
    pub(crate) fn fault(&self, code: ErrorCode, row: usize, first_row: u64) -> ValueError {
        let value = match self.is_null(row) {
            true => "null".to_owned(),
            false => cell::shown(self.array, row),
        };
        self.column.fault(code, value, first_row.saturating_add(row as u64))
    }

    /// Returns the leaves of a row's inner node, if the policy tells them apart.
    pub(crate) fn leaves(&self, row: usize) -> Option<Range<u32>> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        let mut number = [NULL];
        let value_classes = match &self.layout {
            Layout::Few(value_classes) => {
                self.numbers(row..row + 1, &mut number);
                value_classes
            }
            Layout::Names => {
                let name_numbers = self.column.name_numbers.as_ref()?;
                self.numbers_of_names(name_numbers, row..row + 1, &mut number);
                &name_numbers.classes
            }
            _ => return None,
        };
        value_classes.leaves(number.first().copied()? as usize).cloned()
    }

    /// Computes the classes of rows and marks rows that don't fit, except for rows read by keys. `at` is the column's index.
    pub(crate) fn classify(
        &self,
        program: &Program,
        at: usize,
        rows: Range<usize>,
        scratch: &mut BlockScratch,
    ) {
        let count = rows.len();
        if let Some(keys) = &self.keys {
            if let (ClassKeys::Made, Some(made)) = (keys, scratch.keys.get_mut(at)) {
                self.key(rows, made);
            }
            return;
        }
        match &self.layout {
            Layout::Nulls => {
                for (at, variable) in self.column.variables.iter().enumerate() {
                    let class = self.column.null.as_ref().and_then(|null| null.get(at)).copied();
                    if let Some(buffer) = scratch.classes.get_mut(*variable as usize) {
                        buffer.fill(count, class.unwrap_or(UNKNOWN));
                    }
                }
                if self.column.null.is_none() {
                    scratch.bad.fill(true);
                }
            }
            Layout::Few(value_classes) => {
                scratch.numbers.resize(count, NULL);
                self.numbers(rows.clone(), &mut scratch.numbers);
                self.by_number(value_classes, scratch);
            }
            Layout::Names => {
                let Some(name_numbers) = &self.column.name_numbers else { return };
                scratch.numbers.resize(count, NULL);
                self.numbers_of_names(name_numbers, rows.clone(), &mut scratch.numbers);
                self.by_number(&name_numbers.classes, scratch);
                if name_numbers.reads_others {
                    let texts = self.array.slice(rows.start, count);
                    for (index, variable) in self.column.variables.iter().enumerate() {
                        if let Some(buffer) = scratch.classes.get_mut(*variable as usize) {
                            let numbers = &scratch.numbers;
                            name_numbers.read_others(program, self.column, index, &texts, numbers, buffer);
                        }
                    }
                }
            }
            Layout::Ordinals => self.ordinals(program, rows, scratch),
            Layout::Sets(list_reader) => self.sets(program, list_reader, rows, scratch),
            Layout::Cells => self.cells(rows, scratch),
        }
    }

    /// Computes the keys of rows.
    fn key(&self, rows: Range<usize>, made: &mut Vec<u8>) {
        match &self.column.name_numbers {
            Some(name_numbers) if matches!(self.layout, Layout::Names) => {
                made.resize(rows.len(), NO_KEY);
                name_numbers.find(self.array, rows, |number| number as u8, NO_KEY, made);
            }
            _ => {
                if let Some(dictionary) = self.array.as_any_dictionary_opt() {
                    keys::narrow(dictionary.keys(), rows, made);
                }
            }
        }
    }

    /// Marks rows whose keys belong to values that don't fit, after the blocks are decided.
    pub(crate) fn mark_unfit(
        &self,
        evaluator: &BatchEvaluator,
        rows: Range<usize>,
        made: &[u8],
        bad: &mut [bool],
    ) {
        let (Some(class_keys), Some(value_classes)) = (&self.keys, self.value_classes()) else { return };
        let nulls = self.nulls.as_ref();
        // A value that doesn't fit has no class, so its row is checked afterwards.
        let all_fit = self.column.variables.iter().any(|variable| evaluator.is_closed(*variable));
        if let (false, Keys::Bytes(keys)) = (all_fit, class_keys.keys(rows.clone(), made)) {
            let is_null = |at: usize| nulls.is_some_and(|nulls| nulls.is_null(rows.start + at));
            value_classes.mark_unfit(keys, is_null, bad);
        }
        if let (Some(nulls), None) = (nulls, &self.column.null) {
            for (bad, row) in bad.iter_mut().zip(rows) {
                *bad |= nulls.is_null(row);
            }
        }
    }

    /// Lends the classes of rows by their keys. `made` holds the computed keys of these rows.
    pub(crate) fn lend<'r>(&'r self, rows: Range<usize>, made: &'r [u8], variables: &mut [Classes<'r>]) {
        let (Some(class_keys), Some(value_classes)) = (&self.keys, self.value_classes()) else { return };
        let keys = class_keys.keys(rows.clone(), made);
        for (at, (variable, table)) in self.column.variables.iter().zip(value_classes.tables()).enumerate() {
            let null = self.column.null.as_ref().and_then(|null| null.get(at)).copied().unwrap_or(UNKNOWN);
            let nulls = self.nulls.as_ref().map(|nulls| (keys::valid(nulls, rows.clone()), narrow(null)));
            if let (Some(slot), Some(classes)) = (variables.get_mut(*variable as usize), table) {
                *slot = Classes::Coded(Coded { keys, classes, nulls });
            }
        }
    }

    /// Writes the classes of rows by the numbers of their values.
    fn by_number(&self, value_classes: &ValueClasses, scratch: &mut BlockScratch) {
        for (at, (variable, lookup)) in self.column.variables.iter().zip(&value_classes.classes).enumerate() {
            let null = self.column.null.as_ref().and_then(|null| null.get(at)).copied().unwrap_or(UNKNOWN);
            if let Some(buffer) = scratch.classes.get_mut(*variable as usize) {
                buffer.look_up(lookup, &scratch.numbers, null);
            }
        }
        let null_fits = self.column.null.is_some();
        let is_closed = |names: &NameNumbers| matches!(self.layout, Layout::Names) && names.other.is_none();
        let may_be_bad = !value_classes.all_fit() || self.column.name_numbers.as_ref().is_some_and(is_closed);
        if may_be_bad || !null_fits && self.nulls.is_some() {
            for (bad, number) in scratch.bad.iter_mut().zip(&scratch.numbers) {
                *bad |= match *number {
                    NULL => !null_fits,
                    number => !value_classes.fits.get(number as usize).copied().unwrap_or(false),
                };
            }
        }
    }

    fn ordinals(&self, program: &Program, rows: Range<usize>, scratch: &mut BlockScratch) {
        let count = rows.len();
        scratch.unfit.clear();
        scratch.unfit.resize(count, false);
        let (kind, unfit) = (&self.column.kind, &mut scratch.unfit);
        let Some(buffer) = scratch.ordinals.get_mut(self.column.id.index()) else { return };
        let own = ordinals::in_column(self.array, kind).and_then(|ordinals| ordinals.get(rows.clone()));
        let ordinals = match own {
            // Sums read the buffer.
            Some(own) if self.column.relations.is_empty() => own,
            _ => {
                ordinals::read(self.array, kind, rows.clone(), buffer, unfit);
                buffer
            }
        };
        let (low, high) = kind.ordinals().unwrap_or_default();
        let domain = low..=high;
        let mut are_fit = None;
        let plan = program.data().plans.get(self.column.id.index());
        for variable in &self.column.variables {
            let Some(buffer) = scratch.classes.get_mut(*variable as usize) else { continue };
            match plan.map(|plan| &plan.classifier) {
                Some(Classifier::Ordered(cuts))
                    if plan.is_some_and(|plan| plan.variables.contains(variable)) =>
                {
                    are_fit = Some(buffer.cut(cuts, ordinals, &domain));
                }
                // A given value also decides `is missing` and `is none`.
                _ => buffer.fill(count, 0),
            }
        }
        if !are_fit.unwrap_or_else(|| are_within(ordinals, &domain)) {
            for (ordinal, unfit) in ordinals.iter().zip(unfit) {
                *unfit |= !domain.contains(ordinal);
            }
        }
        self.settle(rows, scratch);
    }

    fn sets(
        &self,
        program: &Program,
        list_reader: &ListReader,
        rows: Range<usize>,
        scratch: &mut BlockScratch,
    ) {
        let Some(sets) = &self.column.sets else { return };
        scratch.unfit.clear();
        scratch.unfit.resize(rows.len(), false);
        sets.read(list_reader, self.array, rows.clone(), &mut scratch.lists, &mut scratch.unfit);
        sets::classify(program, self.column, &scratch.lists.sets, &mut scratch.classes);
        self.settle(rows, scratch);
    }

    /// Writes the classes of null for null rows, and marks rows that don't fit.
    fn settle(&self, rows: Range<usize>, scratch: &mut BlockScratch) {
        if let Some(nulls) = &self.nulls {
            for (at, _) in rows.enumerate().filter(|(_, row)| nulls.is_null(*row)) {
                if let Some(unfit) = scratch.unfit.get_mut(at) {
                    *unfit = self.column.null.is_none();
                }
                for (variable, class) in self.column.variables.iter().zip(self.column.null.iter().flatten()) {
                    if let Some(buffer) = scratch.classes.get_mut(*variable as usize) {
                        buffer.set(at, *class);
                    }
                }
            }
        }
        for (bad, unfit) in scratch.bad.iter_mut().zip(&scratch.unfit) {
            *bad |= *unfit;
        }
    }

    fn cells(&self, rows: Range<usize>, scratch: &mut BlockScratch) {
        for variable in &self.column.variables {
            if let Some(buffer) = scratch.classes.get_mut(*variable as usize) {
                buffer.fill(rows.len(), UNKNOWN);
            }
        }
        for (at, row) in rows.enumerate() {
            if self.put(&mut scratch.request, &mut scratch.row_scratch, row).is_err() {
                if let Some(bad) = scratch.bad.get_mut(at) {
                    *bad = true;
                }
                continue;
            }
            scratch.keep(at, &self.column.variables);
        }
    }

    /// Writes the numbers of the values of rows.
    fn numbers(&self, rows: Range<usize>, out: &mut [u32]) {
        number(self.array, rows.clone(), out);
        self.mark_nulls(rows, out);
    }

    /// Writes the numbers of the names of rows.
    fn numbers_of_names(&self, name_numbers: &NameNumbers, rows: Range<usize>, out: &mut [u32]) {
        name_numbers.find(self.array, rows.clone(), |number| number, NO_NAME, out);
        self.mark_nulls(rows, out);
    }

    fn mark_nulls(&self, rows: Range<usize>, out: &mut [u32]) {
        if let Some(nulls) = &self.nulls {
            for (number, row) in out.iter_mut().zip(rows) {
                if nulls.is_null(row) {
                    *number = NULL;
                }
            }
        }
    }
}

/// Returns the layout of an array for a column.
fn layout(policy: &Policy, base: &Request, column: &Column, array: &ArrayRef) -> Layout {
    /// This many values are always classified in advance.
    const MAX_TRIED_VALUES: usize = 256;
    let data_type = array.data_type();
    let value_classes = |values: &dyn Array| {
        let by_number =
            column.name_numbers.as_ref().and_then(|names| names.classes_of(policy, column, values));
        Arc::new(by_number.unwrap_or_else(|| Probe::new(policy, base, column).all(values)))
    };
    let few = |values| Layout::Few(value_classes(values));
    // A column has one type, so the table is the same for each batch.
    let every = |values| Layout::Few(column.every.get_or_init(|| value_classes(values)).clone());
    let dictionary = array.as_any_dictionary_opt().map(|dictionary| dictionary.values());
    // Classifying more values than rows costs more than it saves.
    let is_small = |values: &ArrayRef| values.len() <= array.len().max(MAX_TRIED_VALUES);
    let is_alone = column.relations.is_empty();
    let list_reader = || column.sets.as_ref().and_then(|sets| sets.list_reader(array)).map(Layout::Sets);
    match (data_type, &column.kind) {
        (DataType::Null, _) => Layout::Nulls,
        // A group without a field for the attribute has one value, the default.
        (DataType::Struct(_), _) => every(&NullArray::new(1)),
        // Encodings before types: a dictionary or run is read by its keys, or cell by cell, whatever its values are.
        (DataType::Dictionary(..), _) => match dictionary {
            Some(values) if is_small(values) => few(values),
            _ => Layout::Cells,
        },
        (DataType::RunEndEncoded(..), _) => match array.as_any_ree_opt() {
            Some(runs) if is_small(runs.values()) => few(runs.values()),
            _ => Layout::Cells,
        },
        (DataType::Boolean, _) => every(&BooleanArray::from(vec![false, true])),
        // A byte is its own number, so no table of numbers is needed.
        (DataType::Int8, Type::Int(..) | Type::Number(..)) if is_alone => {
            every(&Int8Array::from_iter_values((0..=u8::MAX).map(u8::cast_signed)))
        }
        (DataType::UInt8, Type::Int(..) | Type::Number(..)) if is_alone => {
            every(&UInt8Array::from_iter_values(0..=u8::MAX))
        }
        (data_type, _) if is_text(data_type) && column.name_numbers.is_some() => Layout::Names,
        (data_type, kind) if ordinals::are_ordinals(data_type, kind) => Layout::Ordinals,
        _ => list_reader().unwrap_or(Layout::Cells),
    }
}

/// Writes the numbers of few values: keys, indices of runs, bytes, truth values.
fn number(array: &dyn Array, rows: Range<usize>, out: &mut [u32]) {
    macro_rules! keys {
        ($of:ty, $array:expr) => {
            if let Some(keys) = $array.as_primitive_opt::<$of>().and_then(|keys| keys.values().get(rows)) {
                for (number, key) in out.iter_mut().zip(keys) {
                    *number = u32::try_from(key.as_usize()).unwrap_or(NULL);
                }
            }
        };
    }
    macro_rules! runs {
        ($($of:ty),*) => {
            $(if let Some(runs) = array.as_run_opt::<$of>() {
                let (ends, offset) = (runs.run_ends().values(), runs.run_ends().offset());
                let mut at = runs.get_physical_index(rows.start);
                for (number, row) in out.iter_mut().zip(rows.clone()) {
                    while ends.get(at).is_some_and(|end| end.as_usize() <= row + offset) {
                        at += 1;
                    }
                    *number = u32::try_from(at).unwrap_or(NULL);
                }
            })*
        };
    }
    match array.data_type() {
        DataType::Boolean => {
            if let Some(values) = array.as_boolean_opt() {
                for (number, row) in out.iter_mut().zip(rows) {
                    *number = values.value(row).into();
                }
            }
        }
        DataType::Int8 => {
            if let Some(values) =
                array.as_primitive_opt::<Int8Type>().and_then(|values| values.values().get(rows))
            {
                for (number, value) in out.iter_mut().zip(values) {
                    *number = value.cast_unsigned().into();
                }
            }
        }
        DataType::Struct(_) => out.fill(0),
        DataType::RunEndEncoded(..) => {
            runs!(Int16Type, Int32Type, Int64Type);
        }
        DataType::Dictionary(..) => {
            let Some(dictionary) = array.as_any_dictionary_opt() else { return };
            let keys = dictionary.keys();
            downcast_integer! {
                keys.data_type() => (keys, keys),
                _ => {}
            }
        }
        _ => keys!(UInt8Type, array),
    }
}
