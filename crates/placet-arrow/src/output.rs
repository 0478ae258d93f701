//! The batch to return for a decided one.

use crate::decisions::Decisions;
use crate::error::ColumnError;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, Schema};
use arrow_select::filter::filter_record_batch;
use std::sync::Arc;

/// The rows and columns to return for decided batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// All rows: the input columns of these indices, then the columns of [`Decisions::into_batch`].
    Decisions(Arc<[usize]>),
    /// The allowed rows: the input columns of these indices, or all of them.
    Allowed(Option<Arc<[usize]>>),
    /// All rows: a Boolean column `allowed`, without nulls.
    Mask,
}

impl Output {
    /// Builds the output of a batch from its decisions.
    ///
    /// # Errors
    /// If the decisions are those of another number of rows, or the batch has no column of a wanted index.
    pub fn build(&self, batch: &RecordBatch, decisions: Decisions) -> Result<RecordBatch, ColumnError> {
        if decisions.len() != batch.num_rows() {
            let message = format!("{} decisions don't belong to {} rows", decisions.len(), batch.num_rows());
            return Err(ArrowError::InvalidArgumentError(message).into());
        }
        match self {
            Output::Decisions(kept) if kept.is_empty() => decisions.into_batch(),
            Output::Decisions(kept) => {
                let parts = [batch.project(kept)?, decisions.into_batch()?];
                let fields = parts.iter().flat_map(|part| part.schema_ref().fields()).cloned();
                let schema = Schema::new(fields.collect::<Vec<_>>());
                let columns = parts.iter().flat_map(|part| part.columns()).cloned();
                Ok(RecordBatch::try_new(Arc::new(schema), columns.collect())?)
            }
            Output::Allowed(None) => Ok(filter_record_batch(batch, &decisions.allowed())?),
            Output::Allowed(Some(columns)) => {
                Ok(filter_record_batch(&batch.project(columns)?, &decisions.allowed())?)
            }
            Output::Mask => {
                let allowed: ArrayRef = Arc::new(decisions.allowed());
                Ok(RecordBatch::try_from_iter_with_nullable([("allowed", allowed, false)])?)
            }
        }
    }
}
