//! Converts errors of columns to Python exceptions.

use crate::errors;
use arrow_schema::ArrowError;
use placet::ErrorCode;
use placet_arrow::{ColumnError, ErrorFields, ValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Returns the exception of columns that don't fit the policy.
pub(crate) fn column(py: Python<'_>, error: ColumnError) -> PyErr {
    match error {
        ColumnError::Request(error) => errors::request(py, error),
        ColumnError::Arrow(error) => arrow(py, &error),
        error => raised(py, &error.to_string(), error.fields()),
    }
}

/// Returns the `placet.ColumnError` of a value that its attribute rejects.
pub(crate) fn value(py: Python<'_>, error: &ValueError) -> PyErr {
    raised(py, &error.to_string(), error.fields())
}

/// Returns the `placet.PlacetError` of a table that can't be read.
pub(crate) fn arrow(py: Python<'_>, error: &ArrowError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let made = CLASS.import(py, "placet._errors", "PlacetError");
    errors::raised(made.and_then(|class| class.call1((error.to_string(),))))
}

fn raised(py: Python<'_>, message: &str, fields: ErrorFields<'_>) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let ErrorFields { attribute, expected, column, row, value, code } = fields;
    let code = code.map(ErrorCode::as_str);
    let arguments = (message, column, row, value, expected, attribute, code);
    let made = CLASS.import(py, "placet._errors", "ColumnError");
    errors::raised(made.and_then(|class| class.call1(arguments)))
}
