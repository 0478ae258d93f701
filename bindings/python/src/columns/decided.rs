//! Turns decided batches into the result of a call: decisions, allowed rows, their keys, or a mask.

use super::capsule::{self, Reader};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use placet_arrow::{BoundPolicy, ColumnError, Decisions, Stream};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The name of the column that identifies rows by their values; `placet._columns` appends it for DuckDB.
const KEY: &str = "__placet_key__";

/// The kind of batch to make from the decisions of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Output {
    /// The decisions, behind the columns of these indices.
    Decisions(Arc<[usize]>),
    /// The rows that are allowed.
    Allowed,
    /// The keys of the allowed rows.
    Keys,
    /// A Boolean for each row; the table's own library filters by it.
    Mask,
}

/// Returns a schema without the key column.
pub(crate) fn without_key(schema: &Schema) -> Schema {
    let fields: Vec<_> = schema.fields().iter().filter(|field| field.name() != KEY).cloned().collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

/// Checks that no column to keep has the name of a decision's column.
pub(crate) fn check_kept(decisions: &Schema, names: &[String]) -> PyResult<()> {
    match names.iter().find(|name| decisions.field_with_name(name).is_ok()) {
        Some(name) => Err(PyValueError::new_err(format!(
            "a decision has a column `{name}` too: rename the table's, or don't keep it"
        ))),
        None => Ok(()),
    }
}

/// Returns the indices of the columns to keep; with keys, the key column's index alone, since a join restores the rest.
pub(crate) fn kept(schema: &Schema, names: &[String]) -> PyResult<Vec<usize>> {
    if let Ok(key) = schema.index_of(KEY) {
        return Ok(vec![key]);
    }
    let index = |name: &String| {
        schema
            .index_of(name)
            .map_err(|_| PyValueError::new_err(format!("there is no column `{name}` to keep")))
    };
    names.iter().map(index).collect()
}

impl Output {
    pub(crate) fn schema(&self, binding: &BoundPolicy, input: &SchemaRef) -> SchemaRef {
        match self {
            Output::Decisions(kept) if kept.is_empty() => binding.output_schema(),
            Output::Decisions(kept) => {
                let kept = kept.iter().filter_map(|index| input.fields().get(*index)).cloned();
                Arc::new(Schema::new(
                    kept.chain(binding.output_schema().fields().iter().cloned()).collect::<Vec<_>>(),
                ))
            }
            Output::Allowed => input.clone(),
            Output::Keys => {
                let key = input.fields().iter().filter(|field| field.name() == KEY).cloned();
                Arc::new(Schema::new(key.collect::<Vec<_>>()))
            }
            Output::Mask => Arc::new(Schema::new(vec![Field::new("allowed", DataType::Boolean, false)])),
        }
    }

    fn make(
        &self,
        schema: &SchemaRef,
        batch: &RecordBatch,
        decisions: Decisions,
    ) -> Result<RecordBatch, ColumnError> {
        match self {
            Output::Decisions(kept) if kept.is_empty() => capsule::batch_of_decisions(decisions),
            Output::Decisions(kept) => {
                let decided = capsule::batch_of_decisions(decisions)?;
                let kept = kept.iter().filter_map(|index| batch.columns().get(*index)).cloned();
                let columns = kept.chain(decided.columns().iter().cloned()).collect();
                Ok(RecordBatch::try_new(schema.clone(), columns)?)
            }
            Output::Allowed => Ok(filter_record_batch(batch, &decisions.allowed())?),
            Output::Keys => {
                let keys = batch.project(&[batch.schema_ref().index_of(KEY)?])?;
                Ok(filter_record_batch(&keys, &decisions.allowed())?)
            }
            Output::Mask => {
                let allowed: ArrayRef = Arc::new(decisions.allowed());
                Ok(RecordBatch::try_from_iter_with_nullable([("allowed", allowed, false)])?)
            }
        }
    }

    /// Makes the result of a table without rows: its dictionary of effects must be complete even then.
    pub(crate) fn of_nothing(
        &self,
        binding: &BoundPolicy,
        input: &SchemaRef,
    ) -> Result<RecordBatch, ColumnError> {
        let nothing = RecordBatch::new_empty(input.clone());
        let decisions = binding.decide(&nothing)?;
        self.make(&self.schema(binding, input), &nothing, decisions)
    }
}

/// An iterator over a reader's batches that decides each when it is requested.
pub(crate) struct Decided {
    stream: Stream<Reader>,
    schema: SchemaRef,
    output: Output,
}

impl Decided {
    pub(crate) fn new(binding: &BoundPolicy, reader: Reader, output: Output) -> Self {
        let schema = output.schema(binding, &reader.schema());
        Self { stream: binding.stream(reader), schema, output }
    }
}

impl Iterator for Decided {
    type Item = Result<RecordBatch, ColumnError>;

    fn next(&mut self) -> Option<Self::Item> {
        let decided = self.stream.next()?;
        Some(decided.and_then(|(batch, decisions)| self.output.make(&self.schema, &batch, decisions)))
    }
}

/// An iterator for export over the C stream interface: errors are strings, and a panic must not unwind into C.
pub(crate) struct Exported {
    decided: Decided,
    has_ended: bool,
}

impl Exported {
    pub(crate) fn new(decided: Decided) -> Self {
        Self { decided, has_ended: false }
    }
}

impl Iterator for Exported {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        // The state is not used again after a panic, since `has_ended` is set.
        let next = catch_unwind(AssertUnwindSafe(|| self.decided.next()));
        let next = match next {
            Ok(next) => next?.map_err(|error| error.to_string()),
            Err(_) => Err("the decisions could not be made".to_owned()),
        };
        self.has_ended = next.is_err();
        // C strings end at a NUL byte, but error messages show values that may contain one.
        Some(next.map_err(|message| ArrowError::ComputeError(message.replace('\0', "\u{2400}"))))
    }
}

impl RecordBatchReader for Exported {
    fn schema(&self) -> SchemaRef {
        self.decided.schema.clone()
    }
}
