//! Batches in, decisions or allowed rows out, one batch at a time.

use crate::bound_policy::BoundPolicy;
use crate::decisions::{Decisions, Tally};
use crate::error::ColumnError;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::filter::filter_record_batch;

/// The batches of a stream with their decisions. Ends after an error.
#[derive(Debug)]
pub struct Stream<I> {
    binding: BoundPolicy,
    batches: I,
    tally: Tally,
    has_failed: bool,
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Stream<I> {
    pub(crate) fn new(binding: BoundPolicy, batches: I) -> Self {
        Self { binding, batches, tally: Tally::default(), has_failed: false }
    }

    /// Returns the tally of the rows so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Returns the decisions alone, as batches of [`BoundPolicy::output_schema`].
    pub fn decisions(self) -> DecisionReader<I> {
        DecisionReader(self)
    }

    /// Returns the allowed rows alone.
    pub fn allowed(self) -> AllowedReader<I> {
        AllowedReader(self)
    }

    fn decide(
        &mut self,
        batch: Result<RecordBatch, ArrowError>,
    ) -> Result<(RecordBatch, Decisions), ColumnError> {
        let batch = batch?;
        let decisions = self.binding.decide_from(&batch, self.tally.rows)?;
        self.tally.add(decisions.tally());
        Ok((batch, decisions))
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for Stream<I> {
    type Item = Result<(RecordBatch, Decisions), ColumnError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let batch = self.batches.next()?;
        let decided = self.decide(batch);
        self.has_failed = decided.is_err();
        Some(decided)
    }
}

/// The decisions of a stream as batches, created by [`Stream::decisions`].
#[derive(Debug)]
pub struct DecisionReader<I>(Stream<I>);

/// The allowed rows of a stream as batches, created by [`Stream::allowed`].
#[derive(Debug)]
pub struct AllowedReader<I>(Stream<I>);

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> DecisionReader<I> {
    /// Returns the tally of the rows so far.
    pub fn tally(&self) -> &Tally {
        self.0.tally()
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> AllowedReader<I> {
    /// Returns the tally of the rows so far.
    pub fn tally(&self) -> &Tally {
        self.0.tally()
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for DecisionReader<I> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let decided = self.0.next()?;
        Some(decided.and_then(|(_, decisions)| decisions.into_batch()).map_err(ArrowError::from))
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for AllowedReader<I> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let decided = self.0.next()?.map_err(ArrowError::from);
        Some(decided.and_then(|(batch, decisions)| filter_record_batch(&batch, &decisions.allowed())))
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> RecordBatchReader for DecisionReader<I> {
    fn schema(&self) -> SchemaRef {
        self.0.binding.output_schema()
    }
}

impl<I: Iterator<Item = Result<RecordBatch, ArrowError>>> RecordBatchReader for AllowedReader<I> {
    fn schema(&self) -> SchemaRef {
        self.0.binding.input_schema()
    }
}
