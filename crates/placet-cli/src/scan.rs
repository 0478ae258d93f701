//! Tables, row by row as requests: what is read, decided, written and counted.

pub(crate) mod answers;
pub(crate) mod cell;
pub(crate) mod columns;
pub(crate) mod csv;
pub(crate) mod deny_report;
pub(crate) mod error;
pub(crate) mod output;
pub(crate) mod parquet;
pub(crate) mod progress;
pub(crate) mod source;
pub(crate) mod summary;
pub(crate) mod target;
