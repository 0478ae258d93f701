//! Counts of decisions over a table.

use super::decided::Decided;
use super::fault;
use crate::pickle;
use placet_arrow::ValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The maximum number of errors that a tally keeps; `errors` counts all of them.
const MAX_FAULTS: usize = 8;

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
    faults: Vec<ValueError>,
}

impl Tally {
    /// Decides all remaining batches with the GIL released, and holds one batch at a time.
    pub(crate) fn of(py: Python<'_>, mut decided: Decided) -> PyResult<Self> {
        let mut faults: Vec<ValueError> = Vec::new();
        while let Some(decisions) = py.detach(|| decided.decide()) {
            let decisions = decisions.map_err(|error| fault::column(py, error))?;
            let remaining = MAX_FAULTS.saturating_sub(faults.len());
            faults.extend(decisions.errors().iter().take(remaining).cloned());
            py.check_signals()?;
        }
        Ok(Self { tally: decided.tally().clone(), faults })
    }

    /// Restores a tally from a pickle.
    pub(crate) fn restored(tally: placet_arrow::Tally, faults: Vec<ValueError>) -> Self {
        Self { tally, faults }
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
        PyTuple::new(py, self.faults.iter().map(|error| fault::value(py, error.clone()).into_value(py)))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            (&other.tally, &other.faults) == (&self.tally, &self.faults)
        })
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = self.tally;
        let counts = (rows, allowed, denied, indeterminate, errors);
        let faults = self.faults.iter().map(|fault| {
            let ValueError { row, column, attribute, value, expected, code } = fault;
            (*row, column, attribute, value, expected, code.as_str())
        });
        let faults = PyTuple::new(py, faults.collect::<Vec<_>>())?;
        pickle::reduced(py, "_tally", (counts, self.rules(py)?, self.uncertain_rules(py)?, faults))
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
