//! Errors of columns as Python raises them.

use crate::errors;
use arrow_schema::ArrowError;
use placet_arrow::{ColumnError, ValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// What a `placet.ColumnError` carries beside its message.
#[derive(Default)]
struct Place {
    column: Option<String>,
    row: Option<u64>,
    value: Option<String>,
    expected: Option<String>,
    attribute: Option<String>,
    code: Option<&'static str>,
}

/// The error of columns that don't fit.
pub(crate) fn column(py: Python<'_>, error: ColumnError) -> PyErr {
    let message = error.to_string();
    let place = match error {
        ColumnError::Request(error) => return errors::request(py, error),
        ColumnError::Arrow(error) => return arrow(py, &error),
        ColumnError::Value(error) => return value(py, error),
        ColumnError::UnknownColumn { column, .. } => Place { column: Some(column), ..Place::default() },
        ColumnError::NoSuchColumn { column, attribute, .. } => {
            Place { column: Some(column), attribute: Some(attribute), ..Place::default() }
        }
        ColumnError::Duplicate { attribute, .. } => Place { attribute: Some(attribute), ..Place::default() },
        ColumnError::Type { column, attribute, expected, .. } => Place {
            column: Some(column),
            attribute: Some(attribute),
            expected: Some(expected),
            ..Place::default()
        },
        ColumnError::Required { attribute, expected } => {
            Place { attribute: Some(attribute), expected: Some(expected), ..Place::default() }
        }
        ColumnError::Changed { column, expected, .. } => {
            Place { column: Some(column), expected: Some(expected.to_string()), ..Place::default() }
        }
        _ => Place::default(),
    };
    raised(py, message, place)
}

/// The error of a value that does not fit.
pub(crate) fn value(py: Python<'_>, error: ValueError) -> PyErr {
    let message = error.to_string();
    let ValueError { row, column, attribute, value, expected, code } = error;
    let place = Place {
        column: Some(column),
        row: Some(row),
        value: Some(value),
        expected: Some(expected),
        attribute: Some(attribute),
        code: Some(code.as_str()),
    };
    raised(py, message, place)
}

/// The error of a table that can't be read, or whose source failed.
pub(crate) fn arrow(py: Python<'_>, error: &ArrowError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let made = CLASS.import(py, "placet._errors", "PlacetError");
    errors::raised(made.and_then(|class| class.call1((error.to_string(),))))
}

fn raised(py: Python<'_>, message: String, place: Place) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let Place { column, row, value, expected, attribute, code } = place;
    let arguments = (message, column, row, value, expected, attribute, code);
    let made = CLASS.import(py, "placet._errors", "ColumnError");
    errors::raised(made.and_then(|class| class.call1(arguments)))
}
