//! Errors of columns.

use arrow_schema::{ArrowError, DataType};
use placet::{ErrorCode, RequestError};
use placet_core::{did_you_mean, quoted};
use serde::{Deserialize, Serialize};

/// An error that prevents columns from being decided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// The policy has no attribute of this column's name.
    #[error("the column {} is no attribute of the policy{}", quoted(column), did_you_mean(near.as_deref()))]
    UnknownColumn {
        /// The column.
        column: String,
        /// The suggested attribute.
        near: Option<String>,
    },
    /// The attribute is to be taken from a column that isn't there.
    #[error("there is no column {} for `{attribute}`{}", quoted(column), did_you_mean(near.as_deref()))]
    NoSuchColumn {
        /// The column.
        column: String,
        /// The attribute.
        attribute: String,
        /// The column that may have been meant.
        near: Option<String>,
    },
    /// An attribute is given by more than one column or constant.
    #[error("`{attribute}` is given twice, by {first} and by {second}")]
    Duplicate {
        /// The attribute.
        attribute: String,
        /// The column or option that gives it, for people.
        first: String,
        /// The other column or option that gives it, for people.
        second: String,
    },
    /// A column's type has no values for its attribute.
    #[error("the column {} is {found}, and `{attribute}` expects {expected}", quoted(column))]
    Type {
        /// The column.
        column: String,
        /// The attribute that it gives.
        attribute: String,
        /// The type of the column.
        found: String,
        /// The attribute's type as the policy writes it, and what columns give it.
        expected: String,
    },
    /// No column and no constant gives a `required` attribute.
    #[error("no column gives `{attribute}`, which is required: expected {expected}")]
    Required {
        /// The attribute.
        attribute: String,
        /// The type of the attribute, as in the policy.
        expected: String,
    },
    /// A constant doesn't fit, or an option names an attribute that the policy doesn't have.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A value doesn't fit its attribute.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The batch has other columns than the schema.
    #[error("the column {} was {expected} when the policy was bound, and is {}", quoted(column), found_type(found.as_ref()))]
    Changed {
        /// The column.
        column: String,
        /// The type in the bound schema.
        expected: DataType,
        /// The type in the batch; `None` if the column is absent.
        found: Option<DataType>,
    },
    /// The source of the batches failed, or Arrow couldn't build a result. An error of Arrow repeats its source in its
    /// own text, so it stands here without it.
    #[error("{0}")]
    Arrow(ArrowError),
}

/// A value that doesn't fit its attribute, with its row and column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("row {row}, column {}: {value} {}, expected {expected}{}", quoted(column), what(*code), instead(value))]
pub struct ValueError {
    /// The row, counted from 0 at the beginning of the stream.
    pub row: u64,
    /// The column.
    pub column: String,
    /// The attribute that it gives.
    pub attribute: String,
    /// The value, formatted for people.
    pub value: String,
    /// The attribute's type, as in the policy.
    pub expected: String,
    /// The kind of error.
    pub code: ErrorCode,
}

/// The parts of an error that other languages show beside its message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorFields<'e> {
    /// The attribute at fault.
    pub attribute: Option<&'e str>,
    /// The expectation that was not met.
    pub expected: Option<String>,
    /// The column at fault.
    pub column: Option<&'e str>,
    /// The row at fault, counted from 0.
    pub row: Option<u64>,
    /// The value at fault.
    pub value: Option<&'e str>,
    /// The kind of error of a value or a constant.
    pub code: Option<ErrorCode>,
}

impl ColumnError {
    /// Returns the parts of the error.
    pub fn fields(&self) -> ErrorFields<'_> {
        let none = ErrorFields::default();
        match self {
            ColumnError::UnknownColumn { column, .. } => ErrorFields { column: Some(column), ..none },
            ColumnError::NoSuchColumn { column, attribute, .. } => {
                ErrorFields { column: Some(column), attribute: Some(attribute), ..none }
            }
            ColumnError::Duplicate { attribute, .. } => ErrorFields { attribute: Some(attribute), ..none },
            ColumnError::Type { column, attribute, expected, .. } => {
                let expected = Some(expected.clone());
                ErrorFields { column: Some(column), attribute: Some(attribute), expected, ..none }
            }
            ColumnError::Required { attribute, expected } => {
                ErrorFields { attribute: Some(attribute), expected: Some(expected.clone()), ..none }
            }
            ColumnError::Changed { column, expected, .. } => {
                ErrorFields { column: Some(column), expected: Some(expected.to_string()), ..none }
            }
            ColumnError::Request(error) => {
                let (attribute, expected) = (error.attribute.as_deref(), Some(error.expected.clone()));
                ErrorFields { attribute, expected, code: Some(error.code), ..none }
            }
            ColumnError::Value(error) => error.fields(),
            ColumnError::Arrow(_) => none,
        }
    }
}

impl ValueError {
    /// Returns the parts of the error.
    pub fn fields(&self) -> ErrorFields<'_> {
        let Self { row, column, attribute, value, expected, code } = self;
        ErrorFields {
            attribute: Some(attribute),
            expected: Some(expected.clone()),
            column: Some(column),
            row: Some(*row),
            value: Some(value),
            code: Some(*code),
        }
    }
}

impl From<ArrowError> for ColumnError {
    /// Restores the error that a [`RecordBatchReader`](arrow_array::RecordBatchReader) passed on as an `ArrowError`.
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::ExternalError(error) => match error.downcast::<ColumnError>() {
                Ok(error) => *error,
                Err(error) => ColumnError::Arrow(ArrowError::ExternalError(error)),
            },
            error => ColumnError::Arrow(error),
        }
    }
}

impl From<ColumnError> for ArrowError {
    fn from(error: ColumnError) -> Self {
        match error {
            ColumnError::Arrow(error) => error,
            error => ArrowError::ExternalError(Box::new(error)),
        }
    }
}

fn what(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::RequiredAttribute => "stands for a required attribute",
        ErrorCode::OutsideDomain => "lies outside the domain",
        _ => "is of the wrong type",
    }
}

/// Returns advice on the value to give instead.
fn instead(value: &str) -> &'static str {
    if value == "NaN" { "; give null for a value that is missing" } else { "" }
}

fn found_type(found: Option<&DataType>) -> String {
    found.map_or_else(|| "not there".to_owned(), ToString::to_string)
}
