//! Why a scan can't be done, and what is wrong with a row.

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;
use placet::RequestError;
use placet_arrow::{ColumnError, ValueError};
use serde::Serialize;
use std::io;

/// Why a scan ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    /// A row is an erroneous request, and is not to be passed over.
    #[error("{file}: {fault}")]
    Fault { file: String, fault: Box<Fault> },
    /// The columns of a file don't fit the policy.
    #[error("{file}: {error}{}", hint(error))]
    Columns { file: String, error: Box<ColumnError> },
    /// A value that was set for all rows does not fit.
    #[error("--set {attribute}: {error}")]
    Constant { attribute: String, error: Box<RequestError> },
    /// A column is wanted for attributes that read cells differently.
    #[error("{file}: the column `{column}` can't give both `{first}` and `{second}`: their types differ")]
    TwoForms { file: String, column: String, first: String, second: String },
    /// A file has other columns than the one before, and its rows are to be written behind those.
    #[error("{file}: its columns are not those of {first}, behind which its rows are to be written")]
    OtherColumns { file: String, first: String },
    /// A column of the input has the name of a column of the decisions.
    #[error(
        "{file}: the column `{column}` is there already: --prefix gives those of the decisions other names"
    )]
    SameName { file: String, column: String },
    /// Something about a file that has no error of its own.
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
            // What was written fails below the library.
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(error) => ScanError::io(file, *error),
                Err(error) => ScanError::file(file, error.to_string()),
            },
            error => ScanError::file(file, error.to_string()),
        }
    }
}

/// What to do about columns that don't fit.
fn hint(error: &ColumnError) -> &'static str {
    match error {
        ColumnError::UnknownColumn { .. } => {
            " (--columns says which attribute it is; --ignore-unknown leaves such columns alone)"
        }
        ColumnError::Required { .. } => " (--columns or --set gives it)",
        _ => "",
    }
}

/// What is wrong with a row; rows from 1.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Fault {
    /// A value does not fit its attribute.
    #[error("{0}")]
    Value(ValueError),
    /// A line of CSV has too many cells, or too few.
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

/// A fault, for programs.
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
