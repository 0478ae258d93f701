//! Counts.

use super::decided::Decided;
use super::fault;
use placet_arrow::ValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// How many faults are told of those that are counted.
const SHOWN: usize = 8;

/// How many rows were decided how.
///
/// Attributes
/// ----------
/// rows : int
///     All rows.
/// allowed, denied, indeterminate : int
///     Rows by their effect.
/// errors : int
///     Rows that are erroneous requests, where ``on_error="null"`` counts them.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Tally {
    tally: placet_arrow::Tally,
    faults: Vec<ValueError>,
}

impl Tally {
    /// Decides all that is to come, free of the GIL, and holds no more than a batch.
    pub(crate) fn of(py: Python<'_>, mut decided: Decided) -> PyResult<Self> {
        let mut faults: Vec<ValueError> = Vec::new();
        while let Some(decisions) = py.detach(|| decided.decide()) {
            let decisions = decisions.map_err(|error| fault::column(py, error))?;
            let room = SHOWN.saturating_sub(faults.len());
            faults.extend(decisions.errors().iter().take(room).cloned());
            py.check_signals()?;
        }
        Ok(Self { tally: decided.tally().clone(), faults })
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

    /// dict of str to int: How many rows each determining rule has a part in; a rule of none is left out.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let rules = PyDict::new(py);
        for (rule, rows) in &self.tally.rules {
            rules.set_item(&**rule, rows)?;
        }
        Ok(rules)
    }

    /// tuple of ColumnError: The first few of the faults that ``errors`` counts.
    #[getter]
    fn faults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.faults.iter().map(|error| fault::value(py, error.clone()).into_value(py)))
    }

    fn __repr__(&self) -> String {
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = self.tally;
        format!(
            "<Tally of {rows} rows: {allowed} allowed, {denied} denied, {indeterminate} indeterminate, {errors} erroneous>"
        )
    }
}
