//! Whole tables: from the way Arrow's data come to the kind of table that they came as.

mod batches;
mod capsule;
mod decided;
mod fault;
mod tally;

pub(crate) use batches::{Batch, BatchIterator, Batches};
pub(crate) use tally::Tally;

use crate::errors::Fault;
use crate::request::Question;
use arrow_array::RecordBatchReader;
use capsule::Reader;
use decided::{Decided, Output};
use placet_arrow::{Binding, OnError, Options, Reasons};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyMapping, PyString};
use std::num::NonZeroUsize;

/// What the caller says beside the table.
pub(crate) struct Call<'c, 'py> {
    pub(crate) columns: Option<&'c Bound<'py, PyMapping>>,
    pub(crate) constants: Option<&'c Bound<'py, PyAny>>,
    pub(crate) reasons: Wanted,
    pub(crate) ignore_unknown: bool,
    pub(crate) on_error: Erroneous,
    pub(crate) threads: NonZeroUsize,
}

/// The reasons that are asked for: by name, or all or none of them.
#[derive(Default)]
pub(crate) struct Wanted(pub(crate) Reasons);

impl<'py> FromPyObject<'_, 'py> for Wanted {
    type Error = PyErr;

    fn extract(wanted: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(all) = wanted.cast::<PyBool>() {
            return Ok(Self(if all.is_true() { Reasons::ALL } else { Reasons::default() }));
        }
        if wanted.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("reasons are a bool or a list of names, not one text"));
        }
        let mut reasons = Reasons::default();
        for name in wanted.try_iter()? {
            let name = name?;
            let reason = match name.cast::<PyString>()?.to_str()? {
                "rules" => &mut reasons.rules,
                "clauses" => &mut reasons.clauses,
                "obligations" => &mut reasons.obligations,
                "missing" => &mut reasons.missing,
                other => {
                    return Err(PyValueError::new_err(format!(
                        "no reason is called {other:?}; they are rules, clauses, obligations, missing"
                    )));
                }
            };
            *reason = true;
        }
        Ok(Self(reasons))
    }
}

/// What becomes of erroneous rows.
#[derive(Default)]
pub(crate) struct Erroneous(OnError);

impl<'py> FromPyObject<'_, 'py> for Erroneous {
    type Error = PyErr;

    fn extract(word: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match word.cast::<PyString>()?.to_str()? {
            "raise" => Ok(Self(OnError::Fail)),
            "null" => Ok(Self(OnError::Null)),
            other => Err(PyValueError::new_err(format!("on_error is \"raise\" or \"null\", not {other:?}"))),
        }
    }
}

impl Call<'_, '_> {
    /// Opens a table, and binds the policy to its columns.
    fn bind(&self, policy: &placet::Policy, table: &Bound<'_, PyAny>) -> PyResult<(Binding, Reader)> {
        let py = table.py();
        let question = Question { request: self.constants, attributes: None, ignore_unknown: false };
        let base = policy.request_with(|reader| question.read(reader));
        let base = base.map_err(|fault: Fault| fault.raise(py))?;
        let mut options = Options::new()
            .ignore_unknown(self.ignore_unknown)
            .on_error(self.on_error.0)
            .reasons(self.reasons.0)
            .threads(self.threads);
        if let Some(columns) = self.columns {
            for pair in columns.items()?.iter() {
                let (attribute, column): (String, String) = pair.extract()?;
                options = options.column(attribute, column);
            }
        }
        let reader = Reader::open(table)?;
        let bound = Binding::upon(base, policy, &reader.schema(), &options);
        Ok((bound.map_err(|error| fault::column(py, error))?, reader))
    }
}

/// How the library of a table turns Arrow into what it works with: a class of `placet._columns`.
fn kind<'py>(table: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static KIND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    KIND.import(table.py(), "placet._columns", "kind")?.call1((table,))
}

/// The decisions of a table, in its kind.
pub(crate) fn decide<'py>(
    policy: &placet::Policy,
    table: &Bound<'py, PyAny>,
    call: &Call<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = table.py();
    let kind = kind(table)?;
    let source = kind.call_method1(intern!(py, "source"), (table,))?;
    let (binding, reader) = call.bind(policy, &source)?;
    let batches = Batches::new(binding, Output::Decisions, source.unbind(), reader);
    let with_reasons = call.reasons.0 != Reasons::default();
    kind.call_method1(intern!(py, "decided"), (table, batches, with_reasons))
}

/// The allowed rows of a table, in its kind.
pub(crate) fn filter<'py>(
    policy: &placet::Policy,
    table: &Bound<'py, PyAny>,
    call: &Call<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = table.py();
    let kind = kind(table)?;
    let source = kind.call_method1(intern!(py, "source"), (table,))?;
    let (binding, reader) = call.bind(policy, &source)?;
    let takes_mask: bool = kind.getattr(intern!(py, "takes_mask"))?.extract()?;
    let output = if takes_mask { Output::Mask } else { Output::Allowed };
    let batches = Batches::new(binding, output, source.unbind(), reader);
    kind.call_method1(intern!(py, "allowed"), (table, batches))
}

/// How the rows of a table are decided, counted.
pub(crate) fn tally<'py>(
    policy: &placet::Policy,
    table: &Bound<'py, PyAny>,
    call: &Call<'_, 'py>,
) -> PyResult<Tally> {
    let source = kind(table)?.call_method1(intern!(table.py(), "source"), (table,))?;
    let (binding, reader) = call.bind(policy, &source)?;
    Tally::of(table.py(), Decided::new(&binding, reader, Output::Decisions))
}
