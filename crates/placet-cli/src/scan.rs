//! Scans of tables: each row is a request.
//!
//! A `source` reads CSV or Parquet into batches, `columns` maps columns to attributes, `answers` decides a batch, and
//! `output`, `deny_report` and `summary` write the results.

pub(crate) mod answers;
pub(crate) mod cell;
pub(crate) mod columns;
pub(crate) mod csv;
pub(crate) mod deny_report;
pub(crate) mod error;
pub(crate) mod output;
pub(crate) mod parquet;
pub(crate) mod source;
pub(crate) mod summary;
