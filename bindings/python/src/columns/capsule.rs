//! Arrow's capsules: the only place where memory of others becomes ours and ours theirs.
//!
//! A capsule of these names holds a structure of Arrow's C interfaces. Who takes it moves the structure out and leaves a
//! released one behind, which the capsule's end passes over: so each release callback is called once.
#![allow(
    unsafe_code,
    reason = "Arrow's C interfaces are pointers, of which capsules say by their names what is behind"
)]

use super::fault;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, DictionaryArray, RecordBatch, RecordBatchOptions, RecordBatchReader, StructArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use placet_arrow::{ColumnError, Decisions};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyInt, PyTuple};
use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// The batches of somebody else's table. They are read without Python: who makes them takes care of what it needs.
pub(crate) struct Reader {
    source: Source,
    schema: SchemaRef,
    /// Rows that were read.
    rows: u64,
}

enum Source {
    Stream(FFI_ArrowArrayStream),
    Batch(Option<FFI_ArrowArray>),
    /// Rows of which no column is needed.
    Rows(Option<usize>),
}

impl Reader {
    /// Opens the columns of a table that are needed, or so many rows where none is.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub(crate) fn open_needed(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        match source.cast::<PyInt>() {
            Ok(rows) => {
                let source = Source::Rows(Some(rows.extract()?));
                Ok(Self { source, schema: Arc::new(Schema::empty()), rows: 0 })
            }
            Err(_) => Self::open(source),
        }
    }

    /// Opens what has the PyCapsule interface.
    ///
    /// # Errors
    /// If it hasn't, is no table, or raises something.
    pub(crate) fn open(table: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = table.py();
        if let Some(method) = table.getattr_opt(intern!(py, "__arrow_c_stream__"))? {
            let capsule = method.call0()?;
            let stream: FFI_ArrowArrayStream = take(&capsule, STREAM)?;
            return py.detach(|| Self::of_stream(stream)).map_err(|error| fault::arrow(py, &error));
        }
        if let Some(method) = table.getattr_opt(intern!(py, "__arrow_c_array__"))? {
            let capsules = method.call0()?.cast_into::<PyTuple>()?;
            let array: FFI_ArrowArray = take(&capsules.get_item(1)?, ARRAY)?;
            let schema: FFI_ArrowSchema = take(&capsules.get_item(0)?, SCHEMA)?;
            let schema = read_schema(&schema).map_err(|error| fault::arrow(py, &error))?;
            return Ok(Self { source: Source::Batch(Some(array)), schema, rows: 0 });
        }
        let class = table.get_type().qualname()?;
        Err(PyTypeError::new_err(format!(
            "`{class}` has no Arrow PyCapsule interface: neither `__arrow_c_stream__` nor `__arrow_c_array__`"
        )))
    }

    fn of_stream(mut stream: FFI_ArrowArrayStream) -> Result<Self, ArrowError> {
        let Some(get_schema) = stream.get_schema else { return Err(broken("no schema")) };
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: the stream is not released (`take` says so), so that its callbacks may be called; `schema` is ours to
        // be written to.
        let status = unsafe { get_schema(&mut stream, &mut schema) };
        if status != 0 {
            return Err(failed(&mut stream, status));
        }
        let schema = read_schema(&schema)?;
        Ok(Self { source: Source::Stream(stream), schema, rows: 0 })
    }

    fn batch(&mut self, mut array: FFI_ArrowArray) -> Result<RecordBatch, ArrowError> {
        let fields = DataType::Struct(self.schema.fields().clone());
        // SAFETY: the name of the capsule states that the array conforms to the interface. It is not released: `take` has
        // checked it, or `next` after the stream gave it.
        unsafe { clear_null_buffers(&mut array, &fields) };
        // SAFETY: the name of the capsule states that the array conforms to the interface, and to the schema that came with
        // it.
        let data = unsafe { from_ffi_and_data_type(array, fields) }?;
        if data.null_count() > 0 {
            let null = (0..data.len()).find(|row| data.is_null(*row)).unwrap_or_default() as u64;
            let row = self.rows.saturating_add(null);
            return Err(ArrowError::InvalidArgumentError(format!(
                "row {row} of the table is null as a whole, which is no request"
            )));
        }
        let rows = data.len();
        self.rows = self.rows.saturating_add(rows as u64);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let (_, columns, _) = StructArray::from(data).into_parts();
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let array = match &mut self.source {
            Source::Batch(array) => array.take()?,
            Source::Rows(rows) => {
                let options = RecordBatchOptions::new().with_row_count(Some(rows.take()?));
                return Some(RecordBatch::try_new_with_options(self.schema.clone(), Vec::new(), &options));
            }
            Source::Stream(stream) => {
                let Some(get_next) = stream.get_next else { return Some(Err(broken("no batches"))) };
                let mut array = FFI_ArrowArray::empty();
                // SAFETY: the stream was not released when it was taken, and nobody else has it since; `array` is ours to
                // be written to.
                let status = unsafe { get_next(stream, &mut array) };
                if status != 0 {
                    return Some(Err(failed(stream, status)));
                }
                if array.is_released() {
                    return None;
                }
                array
            }
        };
        Some(self.batch(array))
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// Sets the number of buffers of null arrays to 0, at any depth. The interface gives them none, and `arrow-array` refuses
/// others, but Polars exports one, of no bits.
///
/// # Safety
/// `array` conforms to Arrow's C data interface but for these buffers, and is not released.
unsafe fn clear_null_buffers(array: &mut FFI_ArrowArray, data_type: &DataType) {
    let mut clear = |index: usize, field: &Field| {
        // SAFETY: by this function's contract, which the interface extends to the children of an array.
        unsafe {
            if let Some(child) = child_mut(array, index) {
                clear_null_buffers(child, field.data_type());
            }
        }
    };
    match data_type {
        // This changes nothing in an array that conforms. Polars finds what it releases by `private_data`, not by this count.
        DataType::Null => array.n_buffers = 0,
        DataType::Struct(fields) => fields.iter().enumerate().for_each(|(index, field)| clear(index, field)),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => clear(0, field),
        DataType::RunEndEncoded(_, values) => clear(1, values),
        _ => {}
    }
}

/// Returns a child of an array; `None` if it has no child of this index.
///
/// # Safety
/// `array` conforms to Arrow's C data interface, and is not released.
unsafe fn child_mut(array: &mut FFI_ArrowArray, index: usize) -> Option<&mut FFI_ArrowArray> {
    if array.children.is_null() || index >= usize::try_from(array.n_children).ok()? {
        return None;
    }
    // SAFETY: `children` points to `n_children` pointers, which `index` was checked against. Each is null or points to an
    // array that lives until its parent is released, which the borrow of the parent keeps from happening. A child belongs
    // to its parent alone, so that nobody else refers to it.
    unsafe { (*array.children.add(index)).as_mut() }
}

/// What of Arrow's structures stands in a capsule, and whether its owner let go of it.
trait Held: Sized {
    fn is_released(&self) -> bool;
    fn empty() -> Self;
}

macro_rules! held {
    ($($of:ty: $is_released:expr;)*) => {
        $(impl Held for $of {
            fn is_released(&self) -> bool {
                let is_released: fn(&Self) -> bool = $is_released;
                is_released(self)
            }

            fn empty() -> Self {
                Self::empty()
            }
        })*
    };
}

held! {
    FFI_ArrowArrayStream: |stream| stream.release.is_none();
    FFI_ArrowArray: |array| array.is_released();
    // It doesn't tell. Reading one that is released panics, and it is taken only where its array was not.
    FFI_ArrowSchema: |_| false;
}

/// Moves the structure out of a capsule.
fn take<T: Held>(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<T> {
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer: NonNull<T> = capsule.pointer_checked(Some(name))?.cast();
    // SAFETY: a capsule of this name holds a pointer to this structure of Arrow's, aligned and initialised, until the
    // capsule ends, which our reference keeps from happening. Moving out is what the structure is there for, and an empty
    // one is what its owner then expects. No Python runs in between.
    let held = unsafe { pointer.replace(T::empty()) };
    match held.is_released() {
        true => Err(PyValueError::new_err("the Arrow data were taken before: a stream is read once")),
        false => Ok(held),
    }
}

fn read_schema(schema: &FFI_ArrowSchema) -> Result<SchemaRef, ArrowError> {
    match DataType::try_from(schema)? {
        DataType::Struct(fields) => Ok(Arc::new(Schema::new(fields).with_metadata(schema.metadata()?))),
        other => {
            Err(ArrowError::SchemaError(format!("a table is expected, with named columns, not {other}")))
        }
    }
}

/// What a stream says of its last error.
fn failed(stream: &mut FFI_ArrowArrayStream, status: i32) -> ArrowError {
    let said = stream.get_last_error.and_then(|get_last_error| {
        // SAFETY: the stream is not released, and its last operation failed: then this may be called.
        let text = unsafe { get_last_error(stream) };
        // SAFETY: what comes is null or a text with an end, which lives until the stream is used again.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    });
    ArrowError::CDataInterface(said.unwrap_or_else(|| format!("the stream failed with the status {status}")))
}

fn broken(what: &str) -> ArrowError {
    ArrowError::CDataInterface(format!("the stream gives {what}"))
}

/// Decisions, for others to take.
pub(crate) fn batch_of_decisions(decisions: Decisions) -> Result<RecordBatch, ColumnError> {
    decisions.into_batch_by(|keys, words| {
        // SAFETY: the keys are of decisions, so that those that are not null are 0, 1 or 2, and there are three words.
        Ok(unsafe { DictionaryArray::new_unchecked(keys, words) })
    })
}

/// A stream for others to take.
pub(crate) fn of_stream<'py>(
    py: Python<'py>,
    reader: Box<dyn RecordBatchReader + Send>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

/// A schema for others to take.
pub(crate) fn of_schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| fault::arrow(py, &error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

/// A batch for others to take, its schema first.
pub(crate) fn of_batch<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let array = FFI_ArrowArray::new(&StructArray::from(batch.clone()).to_data());
    Ok((of_schema(py, batch.schema_ref())?, PyCapsule::new_with_value(py, array, ARRAY)?))
}
