//! The errors of scans and of single rows.

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;
use placet::RequestError;
use placet_arrow::{ColumnError, ValueError};
use serde::Serialize;
use std::io;

/// The reason why a scan stops.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    /// A row is an erroneous request, and `--on-error` is `fail`.
    #[error("{file}: {fault}")]
    Fault { file: String, fault: Box<Fault> },
    /// The columns of a file don't fit the policy.
    #[error("{file}: {error}{}", hint(error))]
    Columns { file: String, error: Box<ColumnError> },
    /// A value of `--set` doesn't fit its attribute.
    #[error("--set {attribute}: {error}")]
    Constant { attribute: String, error: Box<RequestError> },
    /// Two attributes need a column's cells to be parsed differently.
    #[error("{file}: the column `{column}` can't supply both `{first}` and `{second}`: their types differ")]
    TwoForms { file: String, column: String, first: String, second: String },
    /// A later file has other columns than the first one, and the output contains input columns.
    #[error("{file}: its columns differ from those of {first}, so both can't be written to one output")]
    OtherColumns { file: String, first: String },
    /// An input column has the same name as a decision column.
    #[error("{file}: the input already has a column `{column}`; use --prefix to rename the decision columns")]
    SameName { file: String, column: String },
    /// Any other error about a file.
    #[error("{file}: {message}")]
    File { file: String, message: String },
    /// A file can't be read or written.
    #[error("{file}: {error}")]
    Io { file: String, error: io::Error },
}

impl ScanError {
    pub(crate) fn io(file: &str, error: impl Into<io::Error>) -> Self {
        ScanError::Io { file: file.to_owned(), error: error.into() }
    }

    pub(crate) fn file(file: &str, message: impl Into<String>) -> Self {
        ScanError::File { file: file.to_owned(), message: message.into() }
    }

    pub(crate) fn columns(file: &str, error: ColumnError) -> Self {
        match error {
            ColumnError::Arrow(error) => ScanError::arrow(file, error),
            error => ScanError::Columns { file: file.to_owned(), error: Box::new(error) },
        }
    }

    pub(crate) fn arrow(file: &str, error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, error) => ScanError::io(file, error),
            error => ScanError::file(file, error.to_string()),
        }
    }

    pub(crate) fn csv(file: &str, error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => ScanError::io(file, error),
            other => ScanError::file(file, format!("{other:?}")),
        }
    }

    pub(crate) fn parquet(file: &str, error: ParquetError) -> Self {
        match error {
            // Write errors of the target arrive wrapped by the Parquet library.
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(error) => ScanError::io(file, *error),
                Err(error) => ScanError::file(file, error.to_string()),
            },
            error => ScanError::file(file, error.to_string()),
        }
    }
}

/// Returns a hint for columns that don't fit.
fn hint(error: &ColumnError) -> &'static str {
    match error {
        ColumnError::UnknownColumn { .. } => {
            " (map it with --columns, or skip such columns with --ignore-unknown)"
        }
        ColumnError::Required { .. } => " (provide it with --columns or --set)",
        _ => "",
    }
}

/// The error of a row. Rows are numbered from 1.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Fault {
    /// A value doesn't fit its attribute.
    #[error("{0}")]
    Value(ValueError),
    /// A CSV row has too many or too few cells.
    #[error("row {row}: {found} cells, expected {expected}")]
    Cells { row: u64, found: usize, expected: usize },
}

impl Fault {
    pub(crate) fn row(&self) -> u64 {
        match self {
            Fault::Value(error) => error.row,
            Fault::Cells { row, .. } => *row,
        }
    }
}

/// The JSON form of a fault.
#[derive(Debug, Serialize)]
pub(crate) struct FaultNote {
    file: String,
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    message: String,
}

impl FaultNote {
    pub(crate) fn new(file: &str, fault: &Fault) -> Self {
        let column = match fault {
            Fault::Value(error) => Some(error.column.clone()),
            Fault::Cells { .. } => None,
        };
        Self { file: file.to_owned(), row: fault.row(), column, message: fault.to_string() }
    }
}

impl std::fmt::Display for FaultNote {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.file, self.message)
    }
}
