//! Counts.

use super::decided::Decided;
use super::fault;
use crate::pickle;
use placet_arrow::ValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::collections::BTreeMap;
use std::sync::Arc;

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

    /// The tally of a pickle.
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

    /// dict of str to int: The number of rows to which each rule applies for certain; a rule of none is left out.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.tally.rules)
    }

    /// dict of str to int: The number of rows to which each rule may apply, but not for certain; a rule of none is left
    /// out.
    #[getter]
    fn uncertain_rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.tally.uncertain_rules)
    }

    /// tuple of ColumnError: The first few of the faults that ``errors`` counts.
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

/// Returns rules with their numbers of rows, as Python takes them.
fn counted<'py>(py: Python<'py>, rows: &BTreeMap<Arc<str>, u64>) -> PyResult<Bound<'py, PyDict>> {
    let counts = PyDict::new(py);
    for (rule, rows) in rows {
        counts.set_item(&**rule, rows)?;
    }
    Ok(counts)
}
