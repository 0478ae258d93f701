//! Exports decisions and filtered rows over the Arrow PyCapsule interface.

use super::Opened;
use super::capsule::{self, Reader};
use super::coded::NeededColumns;
use super::fault;
use super::keep::without_key;
use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use arrow_select::concat::concat;
use arrow_select::filter::filter_record_batch;
use placet_arrow::{BoundPolicy, ColumnError, Output};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Decisions or allowed rows as Arrow batches, readable by any library with the Arrow PyCapsule interface.
///
/// This is the result for tables of libraries that Placet does not know. It decides a batch when it is read, and holds
/// one batch at a time. Reading it again reads the table again, if the table allows that.
///
/// Examples
/// --------
/// >>> import placet
/// >>> policy = placet.Policy.from_text('''
/// ...     policy shop
/// ...     request { age: int 0..150 }
/// ...     rule adults { allow when age >= 18 }
/// ... ''')
/// >>> class Table:
/// ...     def __init__(self, data):
/// ...         self.data = data
/// ...     def __arrow_c_stream__(self, requested_schema=None):
/// ...         return self.data.__arrow_c_stream__(requested_schema)
/// >>> import pyarrow
/// >>> allowed = policy.filter(Table(pyarrow.table({"age": [12, 30]})))
/// >>> pyarrow.table(allowed).to_pylist()
/// [{'age': 30}]
#[pyclass(frozen, module = "placet")]
pub(crate) struct Batches {
    source: Source,
    schema: SchemaRef,
}

enum Source {
    Table {
        binding: BoundPolicy,
        output: Output,
        /// The schema of the table when it was first opened.
        input: SchemaRef,
        table: Py<PyAny>,
        /// The reader that was opened to get the schema; taken by the first read.
        opened: Mutex<Option<BatchReader>>,
    },
    Held(Arc<[RecordBatch]>),
}

type BatchReader = Box<dyn RecordBatchReader + Send>;

impl Batches {
    /// Returns the output for an open table.
    ///
    /// # Errors
    /// If the table lacks a column of the output.
    pub(super) fn new(opened: Opened<'_>, output: Output) -> Result<Self, ColumnError> {
        let Opened { binding, reader, source } = opened;
        let (input, table) = (reader.schema(), source.unbind());
        let reader = binding.stream(reader).output(output.clone())?;
        let schema = reader.schema();
        let opened: Mutex<Option<BatchReader>> = Mutex::new(Some(Box::new(reader)));
        Ok(Self { source: Source::Table { binding, output, input, table, opened }, schema })
    }

    fn reader(&self, py: Python<'_>) -> PyResult<BatchReader> {
        match &self.source {
            Source::Held(batches) => {
                let batches: Vec<_> = batches.iter().cloned().map(Ok).collect();
                Ok(Box::new(RecordBatchIterator::new(batches, self.schema.clone())))
            }
            Source::Table { binding, output, input, table, opened } => {
                let first = opened.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(reader) = first {
                    return Ok(reader);
                }
                let reader = binding.stream(reopen(table.bind(py), input)?).output(output.clone());
                Ok(Box::new(reader.map_err(|error| fault::column(py, error))?))
            }
        }
    }
}

/// Opens a table again. The policy is bound to the columns by index, so the schema must be the same.
fn reopen(table: &Bound<'_, PyAny>, input: &SchemaRef) -> PyResult<NeededColumns> {
    let reader = NeededColumns::open(table)?;
    match reader.schema() == *input {
        true => Ok(reader),
        false => Err(PyValueError::new_err("the table has other columns than when it was given")),
    }
}

#[pymethods]
impl Batches {
    /// Returns the batches as a capsule with an Arrow stream.
    ///
    /// Parameters
    /// ----------
    /// requested_schema : object, optional
    ///     Ignored: the schema is fixed.
    ///
    /// Returns
    /// -------
    /// types.CapsuleType
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        capsule::of_stream(py, Box::new(Exported { reader: self.reader(py)?, has_ended: false }))
    }

    /// Returns the schema as a capsule.
    ///
    /// Returns
    /// -------
    /// types.CapsuleType
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::of_schema(py, &self.schema)
    }

    /// Decides all batches with the GIL released and keeps them, so that they can be read repeatedly.
    ///
    /// Parameters
    /// ----------
    /// like : object, optional
    ///     A table with the PyCapsule interface; its columns' metadata replaces that of the columns with the same
    ///     names.
    ///
    /// Returns
    /// -------
    /// Batches
    ///
    /// Raises
    /// ------
    /// ColumnError
    ///     If a row is an erroneous request.
    #[pyo3(signature = (*, like=None))]
    fn collect(&self, py: Python<'_>, like: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut held: Vec<RecordBatch> = self.iterator(py)?.collected(py)?;
        if let (true, Source::Table { binding, output, input, .. }) = (held.is_empty(), &self.source) {
            held.push(binding.empty(input, output).map_err(|error| fault::column(py, error))?);
        }
        let mut schema = self.schema.clone();
        if let Some(like) = like {
            schema = with_metadata_of(&schema, &Reader::open(like)?.schema());
            let with_schema = |batch: RecordBatch| batch.with_schema(schema.clone());
            let batches = held.into_iter().map(with_schema).collect::<Result<_, _>>();
            held = batches.map_err(|error| fault::arrow(py, &error))?;
        }
        Ok(Self { source: Source::Held(held.into()), schema })
    }

    /// Returns the rows of a table that these batches allow; each batch is a mask of one Boolean column. For tables
    /// that their own library can't filter.
    fn _of(&self, py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<Self> {
        let masks = self.iterator(py)?.collected(py)?;
        let mut reader = Reader::open(table)?;
        let schema = reader.schema();
        let held = py.detach(|| {
            let masks: Vec<&dyn Array> = masks.iter().map(|mask| mask.column(0).as_ref()).collect();
            let mask = concat(&masks)?;
            let mut row = 0;
            let mut held = Vec::new();
            for batch in &mut reader {
                let batch = batch?;
                let rows = mask.slice(row, batch.num_rows());
                row += batch.num_rows();
                held.push(filter_record_batch(&batch, rows.as_boolean())?);
            }
            Ok(held)
        });
        let mut held = held.map_err(|error| fault::arrow(py, &error))?;
        if held.is_empty() {
            held.push(RecordBatch::new_empty(schema.clone()));
        }
        Ok(Self { source: Source::Held(held.into()), schema })
    }

    /// The names of the columns that are read, without the key column.
    #[getter]
    fn _needed(&self) -> Vec<String> {
        match &self.source {
            Source::Table { input, .. } => {
                without_key(input).fields().iter().map(|field| field.name().clone()).collect()
            }
            Source::Held(_) => Vec::new(),
        }
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<BatchIterator> {
        self.iterator(py)
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.schema.fields().iter().map(|field| field.name().as_str()).collect();
        format!("<Batches of {}>", names.join(", "))
    }
}

impl Batches {
    fn iterator(&self, py: Python<'_>) -> PyResult<BatchIterator> {
        Ok(BatchIterator { reader: Mutex::new(self.reader(py)?) })
    }
}

/// Returns a schema with the field metadata of another schema's fields of the same names.
fn with_metadata_of(schema: &Schema, like: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| match like.field_with_name(field.name()) {
        Ok(other) => Arc::new(field.as_ref().clone().with_metadata(other.metadata().clone())),
        Err(_) => field.clone(),
    };
    Arc::new(Schema::new_with_metadata(
        schema.fields().iter().map(field).collect::<Vec<_>>(),
        schema.metadata().clone(),
    ))
}

/// A reader for export over the C stream interface: errors are strings, and a panic must not unwind into C.
struct Exported {
    reader: BatchReader,
    has_ended: bool,
}

impl Iterator for Exported {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        // The state is not used again after a panic, since `has_ended` is set.
        let next = match catch_unwind(AssertUnwindSafe(|| self.reader.next())) {
            Ok(next) => next?.map_err(|error| ColumnError::from(error).to_string()),
            Err(_) => Err("the decisions could not be made".to_owned()),
        };
        self.has_ended = next.is_err();
        // C strings end at a NUL byte, but error messages show values that may contain one.
        Some(next.map_err(|message| ArrowError::ComputeError(message.replace('\0', "\u{2400}"))))
    }
}

impl RecordBatchReader for Exported {
    fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }
}

/// An iterator that decides each batch when it is requested.
#[pyclass(frozen, module = "placet._placet")]
pub(crate) struct BatchIterator {
    reader: Mutex<BatchReader>,
}

impl BatchIterator {
    fn advance(&self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
        // Waiting for the lock while holding the GIL could deadlock: the holder may need the GIL to read its table.
        let next = py.detach(|| self.reader.lock().unwrap_or_else(PoisonError::into_inner).next());
        next.transpose().map_err(|error| fault::column(py, error.into()))
    }

    fn collected(&self, py: Python<'_>) -> PyResult<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        while let Some(batch) = self.advance(py)? {
            batches.push(batch);
            py.check_signals()?;
        }
        Ok(batches)
    }
}

#[pymethods]
impl BatchIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Batch>> {
        Ok(self.advance(py)?.map(|batch| Batch { batch }))
    }
}

/// One batch, readable over the Arrow PyCapsule interface.
#[pyclass(frozen, module = "placet._placet")]
pub(crate) struct Batch {
    batch: RecordBatch,
}

#[pymethods]
impl Batch {
    /// Returns the batch as capsules with an Arrow schema and an Arrow array.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        capsule::of_batch(py, &self.batch)
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }
}
