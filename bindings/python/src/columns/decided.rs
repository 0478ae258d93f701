//! Batches as they are made: of decisions, of allowed rows, or of which rows are allowed.

use super::capsule::{self, Reader};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use placet_arrow::{Binding, ColumnError, Decisions, Stream, Tally};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What is made of the decisions of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// The decisions.
    Decisions,
    /// The rows that are allowed.
    Allowed,
    /// Whether each row is allowed, for the library whose rows they are.
    Mask,
}

impl Output {
    pub(crate) fn schema(self, binding: &Binding) -> SchemaRef {
        match self {
            Output::Decisions => binding.output_schema(),
            Output::Allowed => binding.input_schema(),
            Output::Mask => Arc::new(Schema::new(vec![Field::new("allowed", DataType::Boolean, false)])),
        }
    }

    fn make(self, batch: &RecordBatch, decisions: Decisions) -> Result<RecordBatch, ColumnError> {
        match self {
            Output::Decisions => capsule::batch_of_decisions(decisions),
            Output::Allowed => Ok(filter_record_batch(batch, &decisions.allowed())?),
            Output::Mask => {
                let allowed: ArrayRef = Arc::new(decisions.allowed());
                Ok(RecordBatch::try_from_iter_with_nullable([("allowed", allowed, false)])?)
            }
        }
    }

    /// What is made of no rows: the columns of decisions have their words even then.
    pub(crate) fn of_nothing(self, binding: &Binding) -> Result<RecordBatch, ColumnError> {
        let nothing = RecordBatch::new_empty(binding.input_schema());
        self.make(&nothing, binding.decide(&nothing)?)
    }
}

/// The batches of a reader, decided one by one as they are asked for.
pub(crate) struct Decided {
    stream: Stream<Reader>,
    schema: SchemaRef,
    output: Output,
}

impl Decided {
    pub(crate) fn new(binding: &Binding, reader: Reader, output: Output) -> Self {
        Self { stream: binding.stream(reader), schema: output.schema(binding), output }
    }

    pub(crate) fn tally(&self) -> &Tally {
        self.stream.tally()
    }

    /// The decisions of the next batch alone.
    pub(crate) fn decide(&mut self) -> Option<Result<Decisions, ColumnError>> {
        Some(self.stream.next()?.map(|(_, decisions)| decisions))
    }
}

impl Iterator for Decided {
    type Item = Result<RecordBatch, ColumnError>;

    fn next(&mut self) -> Option<Self::Item> {
        let made = self.stream.next()?.and_then(|(batch, decisions)| self.output.make(&batch, decisions));
        Some(made)
    }
}

/// The same for others to pull, to whom an error is a text and a panic would be the end of the process.
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
        // After a panic nothing of it is used again.
        let next = catch_unwind(AssertUnwindSafe(|| self.decided.next()));
        let next = match next {
            Ok(next) => next?.map_err(|error| error.to_string()),
            Err(_) => Err("the decisions could not be made".to_owned()),
        };
        self.has_ended = next.is_err();
        // A text ends at a null byte for them, and values that are shown may hold any character.
        Some(next.map_err(|message| ArrowError::ComputeError(message.replace('\0', "\u{2400}"))))
    }
}

impl RecordBatchReader for Exported {
    fn schema(&self) -> SchemaRef {
        self.decided.schema.clone()
    }
}
