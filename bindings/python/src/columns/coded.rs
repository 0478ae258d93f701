//! Reads the columns that a policy needs. Some hold codes, beside a table with the categories of each.
#![allow(
    unsafe_code,
    reason = "arrow checks the codes of a dictionary one by one, which costs more than deciding"
)]

use super::capsule::Reader;
use super::fault;
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, PrimitiveArray, RecordBatch, RecordBatchOptions, RecordBatchReader,
    UInt8Array, new_empty_array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use pyo3::intern;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// A reader of the batches of a table, in which each column of codes has become a dictionary of its categories.
pub(crate) struct NeededColumns {
    reader: Reader,
    schema: SchemaRef,
    /// The categories of columns of codes, by the index of the column.
    categories: Vec<(usize, ArrayRef)>,
}

impl From<Reader> for NeededColumns {
    fn from(reader: Reader) -> Self {
        Self { schema: reader.schema(), reader, categories: Vec::new() }
    }
}

impl NeededColumns {
    /// Opens a table. Its attribute `categories`, if it has one, is a dict from the indices of columns of codes to tables
    /// with one column, the categories; an int is a number of rows without columns.
    ///
    /// # Errors
    /// Like [`Reader::open`].
    pub(crate) fn open(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = source.py();
        let mut table = Self::from(Reader::open_needed(source)?);
        if let Some(categories) = source.getattr_opt(intern!(py, "categories"))? {
            for (index, categories) in categories.extract::<HashMap<usize, Bound<'_, PyAny>>>()? {
                let categories = Reader::open(&categories)?;
                table.add(index, categories).map_err(|error| fault::arrow(py, &error))?;
            }
        }
        Ok(table)
    }

    fn add(&mut self, index: usize, categories: Reader) -> Result<(), ArrowError> {
        let kind =
            categories.schema().fields().first().map_or(DataType::Null, |field| field.data_type().clone());
        let batches = categories.collect::<Result<Vec<_>, _>>()?;
        let chunks: Vec<_> = batches.iter().filter_map(|batch| Some(&**batch.columns().first()?)).collect();
        let categories = match chunks.as_slice() {
            [] => new_empty_array(&kind),
            chunks => arrow_select::concat::concat(chunks)?,
        };
        let fields = self.schema.fields().iter().enumerate().map(|(at, field)| match at == index {
            true => {
                let kind = DataType::Dictionary(
                    key_type(field.data_type(), &categories).clone().into(),
                    kind.clone().into(),
                );
                Arc::new(Field::new(field.name(), kind, field.is_nullable()))
            }
            false => Arc::clone(field),
        });
        let fields: Vec<_> = fields.collect();
        self.schema = Arc::new(Schema::new_with_metadata(fields, self.schema.metadata().clone()));
        self.categories.push((index, categories));
        Ok(())
    }

    fn decoded(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let mut columns = batch.columns().to_vec();
        for (index, categories) in &self.categories {
            if let Some(column) = columns.get_mut(*index) {
                *column = dictionary(column, categories)?;
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
    }
}

/// The maximum number of categories whose codes become bytes.
const MAX_BYTES: usize = 256;

/// Returns the type of the keys of a dictionary of codes.
fn key_type<'t>(codes: &'t DataType, categories: &dyn Array) -> &'t DataType {
    if categories.len() <= MAX_BYTES { &DataType::UInt8 } else { codes }
}

/// Returns the categories of codes. Fails for a code without a category.
fn dictionary(codes: &ArrayRef, categories: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    fn of<K: ArrowDictionaryKeyType<Native: Into<u32>>>(
        codes: &ArrayRef,
        categories: &ArrayRef,
    ) -> Result<ArrayRef, ArrowError> {
        let (codes, categories) = (codes.as_primitive::<K>(), Arc::clone(categories));
        if categories.len() > MAX_BYTES {
            return Ok(Arc::new(DictionaryArray::try_new(codes.clone(), categories)?));
        }
        // Bits of codes beyond bytes and the greatest byte are vector instructions, unlike the greatest code.
        let mut bytes = vec![0; codes.len()];
        let mut beyond = 0;
        for (byte, code) in bytes.iter_mut().zip(codes.values()) {
            let code: u32 = (*code).into();
            *byte = code as u8;
            beyond |= code >> u8::BITS;
        }
        let greatest = bytes.iter().copied().fold(0, u8::max);
        if beyond != 0 || usize::from(greatest) >= categories.len() {
            // A code has no category, or is that of a null.
            return slowly(codes, categories);
        }
        let bytes = UInt8Array::new(bytes.into(), codes.nulls().cloned());
        // SAFETY: `new_unchecked` requires that `try_new` would succeed, which fails only for a key that isn't less than
        // the number of values. Each byte is at most `greatest`, which is less.
        Ok(Arc::new(unsafe { DictionaryArray::new_unchecked(bytes, categories) }))
    }
    match codes.data_type() {
        DataType::UInt8 => of::<UInt8Type>(codes, categories),
        DataType::UInt16 => of::<UInt16Type>(codes, categories),
        DataType::UInt32 => of::<UInt32Type>(codes, categories),
        other => {
            Err(ArrowError::SchemaError(format!("codes of categories are unsigned integers, not {other}")))
        }
    }
}

/// Like [`dictionary`] for at most [`MAX_BYTES`] categories, with a check of each code.
#[cold]
fn slowly<K: ArrowDictionaryKeyType<Native: Into<u32>>>(
    codes: &PrimitiveArray<K>,
    categories: ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let byte = |code: Option<K::Native>| -> Result<Option<u8>, ArrowError> {
        let Some(code) = code.map(Into::<u32>::into) else { return Ok(None) };
        let byte = u8::try_from(code).ok().filter(|code| usize::from(*code) < categories.len());
        byte.map(Some)
            .ok_or_else(|| ArrowError::InvalidArgumentError(format!("no category has the code {code}")))
    };
    let bytes: UInt8Array = codes.iter().map(byte).collect::<Result<_, _>>()?;
    Ok(Arc::new(DictionaryArray::try_new(bytes, categories)?))
}

impl Iterator for NeededColumns {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(match self.categories.is_empty() {
            true => batch,
            false => batch.and_then(|batch| self.decoded(&batch)),
        })
    }
}

impl RecordBatchReader for NeededColumns {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
