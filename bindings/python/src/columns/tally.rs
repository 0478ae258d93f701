//! Counts of decisions over a table.

use super::coded::NeededColumns;
use super::fault;
use crate::pickle;
use placet_arrow::Stream;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Counts of a table's rows by their effects.
///
/// Attributes
/// ----------
/// rows : int
///     The number of all rows.
/// allowed, denied, indeterminate : int
///     The numbers of rows with each effect.
/// errors : int
///     The number of rows that are erroneous requests; 0 unless ``on_error="null"``.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Tally {
    tally: placet_arrow::Tally,
}

impl From<placet_arrow::Tally> for Tally {
    fn from(tally: placet_arrow::Tally) -> Self {
        Self { tally }
    }
}

impl Tally {
    /// Decides all remaining batches with the GIL released, and holds one batch at a time.
    pub(crate) fn of(py: Python<'_>, mut stream: Stream<NeededColumns>) -> PyResult<Self> {
        while let Some(decided) = py.detach(|| Some(stream.next()?.map(drop))) {
            decided.map_err(|error| fault::column(py, error))?;
            py.check_signals()?;
        }
        Ok(stream.tally().clone().into())
    }
}

#[pymethods]
impl Tally {
    #[getter]
    fn rows(&self) -> u64 {
        self.tally.rows
    }

    #[getter]
    fn allowed(&self) -> u64 {
        self.tally.allowed
    }

    #[getter]
    fn denied(&self) -> u64 {
        self.tally.denied
    }

    #[getter]
    fn indeterminate(&self) -> u64 {
        self.tally.indeterminate
    }

    #[getter]
    fn errors(&self) -> u64 {
        self.tally.errors
    }

    /// dict of str to int: The number of rows to which each rule certainly applies; rules without such rows are left
    /// out.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.tally.rules)
    }

    /// dict of str to int: The number of rows to which each rule possibly applies; rules without such rows are left
    /// out.
    #[getter]
    fn uncertain_rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.tally.uncertain_rules)
    }

    /// tuple of ColumnError: The first errors of those that ``errors`` counts, at most eight.
    #[getter]
    fn faults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.tally.faults.iter().map(|error| fault::value(py, error).into_value(py)))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().tally == self.tally)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let json = serde_json::to_string(&self.tally);
        let json = json.map_err(|error| PyValueError::new_err(error.to_string()))?;
        pickle::reduced(py, "_tally", (json,))
    }

    fn __repr__(&self) -> String {
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = self.tally;
        format!(
            "<Tally of {rows} rows: {allowed} allowed, {denied} denied, {indeterminate} indeterminate, {errors} erroneous>"
        )
    }
}

/// Returns the row counts of rules as a dict.
fn counted<'py>(py: Python<'py>, rows: &BTreeMap<Arc<str>, u64>) -> PyResult<Bound<'py, PyDict>> {
    let counts = PyDict::new(py);
    for (rule, rows) in rows {
        counts.set_item(&**rule, rows)?;
    }
    Ok(counts)
}
