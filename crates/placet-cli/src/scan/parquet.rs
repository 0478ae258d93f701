//! Reads Parquet files as batches.

use super::columns::Columns;
use super::error::ScanError;
use super::source::{Batch, Rows};
use crate::args::Scan;
use arrow_array::RecordBatchReader;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;

/// An open Parquet file.
pub(crate) struct Parquet {
    name: String,
    all: SchemaRef,
    reader: ParquetRecordBatchReader,
    read_rows: u64,
    total_rows: u64,
}

impl Parquet {
    /// Opens a file and reads its metadata.
    pub(crate) fn open(
        name: &str,
        file: File,
        columns: &Columns<'_>,
        args: &Scan,
        rows: Rows,
    ) -> Result<Self, ScanError> {
        let fail = |error| ScanError::parquet(name, error);
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(fail)?;
        let all = builder.schema().clone();
        let total_rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
        let mask = match rows {
            // Without input columns in the output, only the columns that may give attributes are decoded.
            Rows::None => {
                let fields = all.fields().iter().enumerate();
                let wanted = fields.filter(|(_, field)| columns.may_give(field.name())).map(|(at, _)| at);
                ProjectionMask::roots(builder.parquet_schema(), wanted)
            }
            Rows::Text | Rows::Typed => ProjectionMask::all(),
        };
        let reader =
            builder.with_batch_size(args.batch_rows.get()).with_projection(mask).build().map_err(fail)?;
        Ok(Self { name: name.to_owned(), all, reader, read_rows: 0, total_rows })
    }

    pub(crate) fn all(&self) -> Schema {
        self.all.as_ref().clone()
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }

    pub(crate) fn read_bytes(&self, bytes: u64) -> u64 {
        let share = u128::from(bytes) * u128::from(self.read_rows) / u128::from(self.total_rows.max(1));
        u64::try_from(share).unwrap_or(bytes)
    }

    pub(crate) fn next(&mut self) -> Result<Option<Batch>, ScanError> {
        let batch = self.reader.next().transpose().map_err(|error| ScanError::arrow(&self.name, error))?;
        Ok(batch.map(|values| {
            self.read_rows += values.num_rows() as u64;
            Batch { rows: values.clone(), values, faults: Vec::new() }
        }))
    }
}
