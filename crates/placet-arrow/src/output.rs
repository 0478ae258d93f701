//! The batch to return for a decided one.

use crate::decisions::Decisions;
use crate::error::ColumnError;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
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
    /// Returns the schema of the output, given those of the input and of the decisions.
    ///
    /// # Errors
    /// If the input has no column of a wanted index.
    pub fn schema(&self, input: &SchemaRef, decisions: &SchemaRef) -> Result<SchemaRef, ColumnError> {
        Ok(match self {
            Output::Decisions(kept) if kept.is_empty() => decisions.clone(),
            Output::Decisions(kept) => {
                let kept = input.project(kept)?;
                let fields = kept.fields().iter().chain(decisions.fields()).cloned();
                Arc::new(Schema::new(fields.collect::<Vec<_>>()))
            }
            Output::Allowed(None) => input.clone(),
            Output::Allowed(Some(columns)) => Arc::new(input.project(columns)?),
            Output::Mask => Arc::new(Schema::new(vec![Field::new("allowed", DataType::Boolean, false)])),
        })
    }

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
                let decided = decisions.into_batch()?;
                let schema = self.schema(&batch.schema(), &decided.schema())?;
                let parts = [batch.project(kept)?, decided];
                let columns = parts.iter().flat_map(|part| part.columns()).cloned();
                Ok(RecordBatch::try_new(schema, columns.collect())?)
            }
            Output::Allowed(_) | Output::Mask => self.select(batch, decisions.allowed()),
        }
    }

    /// Builds the output of a batch from a mask of its allowed rows; not for [`Output::Decisions`].
    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        allowed: BooleanArray,
    ) -> Result<RecordBatch, ColumnError> {
        Ok(match self {
            Output::Allowed(Some(columns)) => filter_record_batch(&batch.project(columns)?, &allowed)?,
            Output::Allowed(None) => filter_record_batch(batch, &allowed)?,
            Output::Mask | Output::Decisions(_) => {
                let allowed: ArrayRef = Arc::new(allowed);
                RecordBatch::try_from_iter_with_nullable([("allowed", allowed, false)])?
            }
        })
    }
}
