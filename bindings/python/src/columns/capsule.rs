//! Imports and exports Arrow data through PyCapsules.
//!
//! A capsule holds a structure of Arrow's C interfaces, which its name identifies. Taking it moves the structure out
//! and leaves a released one behind. The capsule's destructor skips released structures, so each release callback runs
//! once.
#![allow(
    unsafe_code,
    reason = "Arrow's C interfaces are pointers, of which capsules say by their names what is behind"
)]

use super::fault;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int8Array, RecordBatch, RecordBatchOptions, RecordBatchReader,
    StructArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
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

/// A reader of the batches of an imported table. It runs without the GIL: the producer of a stream acquires the GIL
/// itself if it needs it.
pub(crate) struct Reader {
    source: Source,
    schema: SchemaRef,
    /// The number of rows read so far, for row numbers in errors.
    rows: u64,
}

enum Source {
    Stream(FFI_ArrowArrayStream),
    Batch(Option<FFI_ArrowArray>),
    /// A number of rows, for tables of which no column is needed.
    Rows(Option<usize>),
}

impl Reader {
    /// Opens the needed columns of a table; an int is a number of rows without columns.
    ///
    /// # Errors
    /// Like [`Reader::open`].
    pub(crate) fn open_needed(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        match source.cast::<PyInt>() {
            Ok(rows) => {
                let source = Source::Rows(Some(rows.extract()?));
                Ok(Self { source, schema: Arc::new(Schema::empty()), rows: 0 })
            }
            Err(_) => Self::open(source),
        }
    }

    /// Opens a table with the PyCapsule interface.
    ///
    /// # Errors
    /// If the object lacks the interface, is not a table, or raises an exception.
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
        let Some(get_schema) = stream.get_schema else { return Err(missing_callback("no schema")) };
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: `take` checked that the stream is not released, so its callbacks may be called; `schema` is a local
        // structure that the callback may write.
        let status = unsafe { get_schema(&mut stream, &mut schema) };
        if status != 0 {
            return Err(failed(&mut stream, status));
        }
        let schema = read_schema(&schema)?;
        Ok(Self { source: Source::Stream(stream), schema, rows: 0 })
    }

    fn batch(&mut self, mut array: FFI_ArrowArray) -> Result<RecordBatch, ArrowError> {
        let fields = DataType::Struct(self.schema.fields().clone());
        // SAFETY: the capsule's name states that the array conforms to the interface. It is not released: `take`
        // checked an array, and `next` checked an array from a stream.
        unsafe { clear_null_buffers(&mut array, &fields) };
        // SAFETY: the capsule's name states that the array conforms to the interface and to the schema that came with
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
                let Some(get_next) = stream.get_next else {
                    return Some(Err(missing_callback("no batches")));
                };
                let mut array = FFI_ArrowArray::empty();
                // SAFETY: `take` checked that the stream is not released and moved it here, so that no other code can
                // release it; `array` is a local structure that the callback may write.
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

/// Sets the number of buffers of null arrays to 0, at any depth. The interface specifies 0 buffers for them and
/// `arrow-array` rejects other numbers, but Polars exports one empty buffer.
///
/// # Safety
/// `array` must not be released, and must conform to Arrow's C data interface except for these buffers.
unsafe fn clear_null_buffers(array: &mut FFI_ArrowArray, data_type: &DataType) {
    let mut clear = |index: usize, field: &Field| {
        // SAFETY: this function's contract holds for the array, and the interface extends it to the children.
        unsafe {
            if let Some(child) = child_mut(array, index) {
                clear_null_buffers(child, field.data_type());
            }
        }
    };
    match data_type {
        // This does not change a conforming array. Polars finds the memory to release by `private_data`, not by this
        // count.
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

/// Returns a child of an array; `None` if the array has no child with this index.
///
/// # Safety
/// `array` must conform to Arrow's C data interface and must not be released.
unsafe fn child_mut(array: &mut FFI_ArrowArray, index: usize) -> Option<&mut FFI_ArrowArray> {
    if array.children.is_null() || index >= usize::try_from(array.n_children).ok()? {
        return None;
    }
    // SAFETY: `children` points to `n_children` pointers, and `index` was checked against this number. Each is null or
    // points to an array that lives until its parent is released, which the borrow of the parent prevents. A child
    // belongs to its parent alone, so there is no other reference to it.
    unsafe { (*array.children.add(index)).as_mut() }
}

/// A structure of Arrow's C interfaces that a capsule can hold.
trait ArrowStruct: Sized {
    fn is_released(&self) -> bool;
    fn empty() -> Self;
}

macro_rules! arrow_struct {
    ($($of:ty: $is_released:expr;)*) => {
        $(impl ArrowStruct for $of {
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

arrow_struct! {
    FFI_ArrowArrayStream: |stream| stream.release.is_none();
    FFI_ArrowArray: |array| array.is_released();
    // A schema has no accessor for this. Reading a released schema panics, but a schema is taken only after its array
    // was found unreleased.
    FFI_ArrowSchema: |_| false;
}

/// Moves the structure out of a capsule.
fn take<T: ArrowStruct>(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<T> {
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer: NonNull<T> = capsule.pointer_checked(Some(name))?.cast();
    // SAFETY: a capsule of this name holds a pointer to this structure, aligned and initialised, until the capsule is
    // destroyed, which our reference prevents. The PyCapsule interface lets consumers move the structure out, and the
    // destructor accepts an empty structure. No Python code runs in between.
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

/// Returns the error of a stream whose callback failed.
fn failed(stream: &mut FFI_ArrowArrayStream, status: i32) -> ArrowError {
    let message = stream.get_last_error.and_then(|get_last_error| {
        // SAFETY: the stream is not released, and its last operation failed, which is when this callback may be called.
        let text = unsafe { get_last_error(stream) };
        // SAFETY: the result is null or a string with a terminating NUL that lives until the next call on the stream.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    });
    ArrowError::CDataInterface(
        message.unwrap_or_else(|| format!("the stream failed with the status {status}")),
    )
}

fn missing_callback(what: &str) -> ArrowError {
    ArrowError::CDataInterface(format!("the stream gives {what}"))
}

/// Builds the dictionary of effects without checking its keys again.
pub(crate) const EFFECTS: fn(Int8Array, ArrayRef) -> Result<DictionaryArray<Int8Type>, ArrowError> = effects;

fn effects(keys: Int8Array, words: ArrayRef) -> Result<DictionaryArray<Int8Type>, ArrowError> {
    // SAFETY: only `Decisions` calls it, with keys that are null or the index of a word (`Options::dictionary`).
    Ok(unsafe { DictionaryArray::new_unchecked(keys, words) })
}

/// Exports a stream.
pub(crate) fn of_stream<'py>(
    py: Python<'py>,
    reader: Box<dyn RecordBatchReader + Send>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

/// Exports a schema.
pub(crate) fn of_schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| fault::arrow(py, &error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

/// Exports a batch: its schema and its array.
pub(crate) fn of_batch<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let array = FFI_ArrowArray::new(&StructArray::from(batch.clone()).to_data());
    Ok((of_schema(py, batch.schema_ref())?, PyCapsule::new_with_value(py, array, ARRAY)?))
}
