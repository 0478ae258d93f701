//! What can be wrong with columns.

use arrow_schema::{ArrowError, DataType};
use placet::{ErrorCode, RequestError};
use placet_core::{did_you_mean, quoted};

/// Why columns are not decided. It is never a decision.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// The policy has no attribute of this column's name.
    #[error("the column {} is no attribute of the policy{}", quoted(column), did_you_mean(near.as_deref()))]
    UnknownColumn {
        /// The column.
        column: String,
        /// The attribute that may have been meant.
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
        /// What gives it, for people.
        first: String,
        /// What gives it too, for people.
        second: String,
    },
    /// A column's type has no values for its attribute.
    #[error("the column {} is {found}, and `{attribute}` expects {expected}", quoted(column))]
    Type {
        /// The column.
        column: String,
        /// The attribute that it gives.
        attribute: String,
        /// What the column is.
        found: String,
        /// The attribute's type as the policy writes it, and what columns give it.
        expected: String,
    },
    /// No column and no constant gives a `required` attribute.
    #[error("no column gives `{attribute}`, which is required: expected {expected}")]
    Required {
        /// The attribute.
        attribute: String,
        /// Its type, as the policy writes it.
        expected: String,
    },
    /// A constant does not fit, or is for an attribute that the policy doesn't have; or a column is to give such one.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A value does not fit its attribute.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The batch has other columns than those that were bound.
    #[error("the column {} was {expected} when the policy was bound, and is {}", quoted(column), found_type(found.as_ref()))]
    Changed {
        /// The column.
        column: String,
        /// Its type in the schema of the binding.
        expected: DataType,
        /// Its type in the batch; `None` if it isn't there.
        found: Option<DataType>,
    },
    /// The source of the batches failed, or Arrow could not make a result.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// A value that does not fit its attribute, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column {}: {value} {}, expected {expected}{}", quoted(column), what(*code), instead(value))]
pub struct ValueError {
    /// The row, from 0; in a stream, from its beginning.
    pub row: u64,
    /// The column.
    pub column: String,
    /// The attribute that it gives.
    pub attribute: String,
    /// The value, for people.
    pub value: String,
    /// The attribute's type as the policy writes it.
    pub expected: String,
    /// The kind of fault.
    pub code: ErrorCode,
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

/// The advice on what to give in place of a value.
fn instead(value: &str) -> &'static str {
    if value == "NaN" { "; give null for a value that is missing" } else { "" }
}

fn found_type(found: Option<&DataType>) -> String {
    found.map_or_else(|| "not there".to_owned(), ToString::to_string)
}
