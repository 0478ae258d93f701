//! Chooses the columns of a table that a result keeps. A key column can replace them.

use arrow_schema::Schema;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The name of the column that identifies rows by their values; `placet._columns` appends it for DuckDB.
const KEY: &str = "__placet_key__";

/// Returns a schema without the key column.
pub(crate) fn without_key(schema: &Schema) -> Schema {
    let fields: Vec<_> = schema.fields().iter().filter(|field| field.name() != KEY).cloned().collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

/// Checks that no column to keep has the name of a decision's column.
pub(crate) fn check(decisions: &Schema, names: &[String]) -> PyResult<()> {
    match names.iter().find(|name| decisions.field_with_name(name).is_ok()) {
        Some(name) => Err(PyValueError::new_err(format!(
            "a decision has a column `{name}` too: rename the table's, or don't keep it"
        ))),
        None => Ok(()),
    }
}

/// Returns the index of the key column.
pub(crate) fn key(schema: &Schema) -> PyResult<usize> {
    schema.index_of(KEY).map_err(|_| PyValueError::new_err("the table lacks the key column"))
}

/// Returns the indices of the columns to keep; with keys, the key column's index alone, since a join restores the rest.
pub(crate) fn indices(schema: &Schema, names: &[String]) -> PyResult<Vec<usize>> {
    if let Ok(key) = schema.index_of(KEY) {
        return Ok(vec![key]);
    }
    let index = |name: &String| {
        schema
            .index_of(name)
            .map_err(|_| PyValueError::new_err(format!("there is no column `{name}` to keep")))
    };
    names.iter().map(index).collect()
}
