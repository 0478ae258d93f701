//! Batches in, decisions or outputs out, one batch at a time.

use crate::bound_policy::BoundPolicy;
use crate::decisions::{Decisions, Tally};
use crate::error::ColumnError;
use crate::output::Output;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

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

    fn decide(
        &mut self,
        batch: Result<RecordBatch, ArrowError>,
    ) -> Result<(RecordBatch, Decisions), ColumnError> {
        let batch = batch?;
        let decisions = self.binding.decide_from(&batch, self.tally.rows)?;
        self.tally.add(decisions.tally());
        Ok((batch, decisions))
    }

    fn build(
        &mut self,
        batch: Result<RecordBatch, ArrowError>,
        output: &Output,
    ) -> Result<RecordBatch, ColumnError> {
        // The tally of decisions with reasons counts rules, which a mask doesn't tell.
        if matches!(output, Output::Decisions(_)) || self.binding.has_reasons() {
            let (batch, decisions) = self.decide(batch)?;
            return output.build(&batch, decisions);
        }
        let batch = batch?;
        let (allowed, tally) = self.binding.allowed_from(&batch, self.tally.rows)?;
        self.tally.add(&tally);
        output.select(&batch, allowed)
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

/// The outputs of a stream as batches, created by [`Stream::output`].
///
/// Its errors are [`ColumnError`]s within an [`ArrowError`], and `ColumnError::from` restores them.
#[derive(Debug)]
pub struct OutputReader<I> {
    stream: Stream<I>,
    output: Output,
    schema: SchemaRef,
}

impl<R: RecordBatchReader> Stream<R> {
    /// Returns the outputs of the batches alone.
    ///
    /// # Errors
    /// If the batches have no column of a wanted index.
    pub fn output(self, output: Output) -> Result<OutputReader<R>, ColumnError> {
        let schema = output.schema(&self.batches.schema(), &self.binding.output_schema())?;
        Ok(OutputReader { stream: self, output, schema })
    }
}

impl<R: RecordBatchReader> OutputReader<R> {
    /// Returns the tally of the rows so far.
    pub fn tally(&self) -> &Tally {
        self.stream.tally()
    }
}

impl<R: RecordBatchReader> Iterator for OutputReader<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stream.has_failed {
            return None;
        }
        let batch = self.stream.batches.next()?;
        let built = self.stream.build(batch, &self.output);
        // A stream with a failure must not go on, or a partial result could pass for a complete one.
        self.stream.has_failed = built.is_err();
        Some(built.map_err(ArrowError::from))
    }
}

impl<R: RecordBatchReader> RecordBatchReader for OutputReader<R> {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
