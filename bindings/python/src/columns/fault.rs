//! Converts errors of columns to Python exceptions.

use crate::errors;
use arrow_schema::ArrowError;
use placet_arrow::{ColumnError, ValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The attributes of a `placet.ColumnError`.
#[derive(Default)]
struct ErrorFields {
    column: Option<String>,
    row: Option<u64>,
    value: Option<String>,
    expected: Option<String>,
    attribute: Option<String>,
    code: Option<&'static str>,
}

/// Returns the exception of columns that don't fit the policy.
pub(crate) fn column(py: Python<'_>, error: ColumnError) -> PyErr {
    let message = error.to_string();
    let fields = match error {
        ColumnError::Request(error) => return errors::request(py, error),
        ColumnError::Arrow(error) => return arrow(py, &error),
        ColumnError::Value(error) => return value(py, error),
        ColumnError::UnknownColumn { column, .. } => {
            ErrorFields { column: Some(column), ..ErrorFields::default() }
        }
        ColumnError::NoSuchColumn { column, attribute, .. } => {
            ErrorFields { column: Some(column), attribute: Some(attribute), ..ErrorFields::default() }
        }
        ColumnError::Duplicate { attribute, .. } => {
            ErrorFields { attribute: Some(attribute), ..ErrorFields::default() }
        }
        ColumnError::Type { column, attribute, expected, .. } => ErrorFields {
            column: Some(column),
            attribute: Some(attribute),
            expected: Some(expected),
            ..ErrorFields::default()
        },
        ColumnError::Required { attribute, expected } => {
            ErrorFields { attribute: Some(attribute), expected: Some(expected), ..ErrorFields::default() }
        }
        ColumnError::Changed { column, expected, .. } => ErrorFields {
            column: Some(column),
            expected: Some(expected.to_string()),
            ..ErrorFields::default()
        },
        _ => ErrorFields::default(),
    };
    raised(py, message, fields)
}

/// Returns the `placet.ColumnError` of a value that its attribute rejects.
pub(crate) fn value(py: Python<'_>, error: ValueError) -> PyErr {
    let message = error.to_string();
    let ValueError { row, column, attribute, value, expected, code } = error;
    let fields = ErrorFields {
        column: Some(column),
        row: Some(row),
        value: Some(value),
        expected: Some(expected),
        attribute: Some(attribute),
        code: Some(code.as_str()),
    };
    raised(py, message, fields)
}

/// Returns the `placet.PlacetError` of a table that can't be read.
pub(crate) fn arrow(py: Python<'_>, error: &ArrowError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let made = CLASS.import(py, "placet._errors", "PlacetError");
    errors::raised(made.and_then(|class| class.call1((error.to_string(),))))
}

fn raised(py: Python<'_>, message: String, fields: ErrorFields) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let ErrorFields { column, row, value, expected, attribute, code } = fields;
    let arguments = (message, column, row, value, expected, attribute, code);
    let made = CLASS.import(py, "placet._errors", "ColumnError");
    errors::raised(made.and_then(|class| class.call1(arguments)))
}
