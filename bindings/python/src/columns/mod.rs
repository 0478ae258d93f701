//! Decides whole tables: imports Arrow data, decides them in batches, and returns the caller's kind of table.
//!
//! `placet._columns` knows the table libraries: a class per library names the columns, exports the needed ones, and
//! builds the result. This module binds the policy to the columns and decides the batches with the GIL released.

mod batches;
mod capsule;
mod coded;
mod fault;
mod keep;
mod tally;

pub(crate) use batches::{Batch, BatchIterator, Batches};
pub(crate) use tally::Tally;

use crate::errors::Fault;
use crate::policy::Policy;
use crate::request::Arguments;
use arrow_array::RecordBatchReader;
use arrow_schema::{Schema, SchemaRef};
use capsule::Reader;
use coded::NeededColumns;
use placet_arrow::{BoundPolicy, OnError, Options, Output, Reason, needed_columns};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyMapping, PyString};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// The arguments of a table call other than the table.
pub(crate) struct Call<'c, 'py> {
    pub(crate) columns: Option<&'c Bound<'py, PyMapping>>,
    pub(crate) constants: Option<&'c Bound<'py, PyAny>>,
    pub(crate) reasons: Reasons,
    pub(crate) ignore_unknown: bool,
    pub(crate) on_error: ErrorPolicy,
    pub(crate) threads: Threads,
    pub(crate) keep: Option<Vec<String>>,
}

/// The number of threads that share the rows of a large batch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Threads(pub(crate) NonZeroUsize);

impl<'py> FromPyObject<'_, 'py> for Threads {
    type Error = PyErr;

    fn extract(count: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let number: i64 = count.extract()?;
        let threads = usize::try_from(number).ok().and_then(NonZeroUsize::new);
        let refused = || PyValueError::new_err(format!("threads is 1 or more, not {number}"));
        threads.map(Self).ok_or_else(refused)
    }
}

/// The `reasons` argument: a list of names, or a bool for all or none.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Reasons(pub(crate) Vec<Reason>);

impl<'py> FromPyObject<'_, 'py> for Reasons {
    type Error = PyErr;

    fn extract(reasons: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(all) = reasons.cast::<PyBool>() {
            return Ok(Self(if all.is_true() { Reason::ALL.into() } else { Vec::new() }));
        }
        if reasons.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("reasons are a bool or a list of names, not one text"));
        }
        let parse = |name: PyResult<Bound<'py, PyAny>>| {
            let reason = name?.cast::<PyString>()?.to_str()?.parse::<Reason>();
            reason.map_err(|error| PyValueError::new_err(error.to_string()))
        };
        Ok(Self(reasons.try_iter()?.map(parse).collect::<PyResult<_>>()?))
    }
}

/// The `on_error` argument: the handling of rows that are erroneous requests.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ErrorPolicy(OnError);

impl<'py> FromPyObject<'_, 'py> for ErrorPolicy {
    type Error = PyErr;

    fn extract(word: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match word.cast::<PyString>()?.to_str()? {
            "raise" => Ok(Self(OnError::Fail)),
            "null" => Ok(Self(OnError::Null)),
            other => Err(PyValueError::new_err(format!("on_error is \"raise\" or \"null\", not {other:?}"))),
        }
    }
}

/// The last binding of a policy without constants. Binding costs as much as deciding thousands of rows, and a service that
/// decides small tables binds the same schema again and again.
#[derive(Default)]
pub(crate) struct LastBinding(Mutex<Option<(BindingKey, BoundPolicy)>>);

/// The parameters that determine a binding.
#[derive(PartialEq, Eq)]
struct BindingKey {
    schema: SchemaRef,
    columns: Vec<(String, String)>,
    reasons: Reasons,
    ignore_unknown: bool,
    on_error: ErrorPolicy,
    threads: Threads,
}

impl LastBinding {
    /// Returns the last binding if its parameters were the same, otherwise a new one.
    fn get_or_bind<E>(
        &self,
        key: BindingKey,
        bind: impl FnOnce(&Schema) -> Result<BoundPolicy, E>,
    ) -> Result<BoundPolicy, E> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bound)) = lock().as_ref().filter(|(last, _)| *last == key) {
            return Ok(bound.clone());
        }
        let bound = bind(&key.schema)?;
        *lock() = Some((key, bound.clone()));
        Ok(bound)
    }
}

impl Call<'_, '_> {
    /// Binds the policy to the needed columns of a table, and opens only these if the table's library can select
    /// columns.
    ///
    /// With `with_key`, libraries that identify rows by their values add a key column.
    fn bind<'py>(
        &self,
        policy: &Policy,
        table: &Bound<'py, PyAny>,
        kind: &Bound<'py, PyAny>,
        with_key: bool,
    ) -> PyResult<Opened<'py>> {
        let (py, last_binding, policy) = (table.py(), policy.last_binding(), policy.inner());
        let arguments = Arguments { request: self.constants, attributes: None, ignore_unknown: false };
        let base = policy.request_with(|reader| arguments.read(reader));
        let base = base.map_err(|fault: Fault| fault.raise(py))?;
        let mut options = Options::new()
            .ignore_unknown(self.ignore_unknown)
            .on_error(self.on_error.0)
            .reasons(self.reasons.0.iter().copied())
            .threads(self.threads.0)
            .dictionary(capsule::EFFECTS);
        let columns = self.columns.map(|columns| columns.items()?.extract()).transpose()?;
        let columns: Vec<(String, String)> = columns.unwrap_or_default();
        for (attribute, column) in &columns {
            options = options.column(attribute, column);
        }
        let names: Option<Vec<String>> = kind.call_method1(intern!(py, "names"), (table,))?.extract()?;
        let needed = names.map(|names| needed_columns(policy, &base, &names, &options)).transpose();
        let needed = needed.map_err(|error| fault::column(py, error))?;
        let has_needed = needed.is_some();
        let source = kind.call_method1(intern!(py, "source"), (table, needed, with_key))?;
        let reader = if has_needed { NeededColumns::open(&source)? } else { Reader::open(&source)?.into() };
        let schema = keep::without_key(&reader.schema());
        let bound = match self.constants {
            Some(_) => BoundPolicy::upon(base, policy, &schema, &options),
            None => {
                let key = BindingKey {
                    schema: schema.into(),
                    columns,
                    reasons: self.reasons.clone(),
                    ignore_unknown: self.ignore_unknown,
                    on_error: self.on_error,
                    threads: self.threads,
                };
                last_binding.get_or_bind(key, |schema| BoundPolicy::upon(base, policy, schema, &options))
            }
        };
        Ok(Opened { binding: bound.map_err(|error| fault::column(py, error))?, reader, source })
    }
}

/// An open table with the policy bound to its columns.
struct Opened<'py> {
    binding: BoundPolicy,
    reader: NeededColumns,
    /// The exported table, which can be opened again.
    source: Bound<'py, PyAny>,
}

impl Opened<'_> {
    fn batches(self, py: Python<'_>, output: Output) -> PyResult<Batches> {
        Batches::new(self, output).map_err(|error| fault::column(py, error))
    }
}

/// Returns the class of `placet._columns` that handles the table's library.
fn kind<'py>(table: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static KIND: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    KIND.import(table.py(), "placet._columns", "kind")?.call1((table,))
}

/// Returns the decisions of a table in the table's kind, behind the columns to keep.
pub(crate) fn decide<'py>(
    policy: &Policy,
    table: &Bound<'py, PyAny>,
    call: &Call<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = table.py();
    let kind = kind(table)?;
    let keeps_itself: bool = kind.getattr(intern!(py, "keeps_itself"))?.extract()?;
    let opened = call.bind(policy, table, &kind, call.keep.is_some())?;
    let kept = match &call.keep {
        Some(names) => {
            keep::check(&opened.binding.output_schema(), names)?;
            let kept = (!keeps_itself).then(|| keep::indices(&opened.reader.schema(), names));
            kept.transpose()?.unwrap_or_default()
        }
        None => Vec::new(),
    };
    let batches = opened.batches(py, Output::Decisions(kept.into()))?;
    let with_reasons = !call.reasons.0.is_empty();
    kind.call_method1(intern!(py, "decided"), (table, batches, with_reasons, call.keep.as_ref()))
}

/// Returns the allowed rows of a table in the table's kind.
pub(crate) fn filter<'py>(
    policy: &Policy,
    table: &Bound<'py, PyAny>,
    call: &Call<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = table.py();
    let kind = kind(table)?;
    let opened = call.bind(policy, table, &kind, true)?;
    let takes: String = kind.getattr(intern!(py, "takes"))?.extract()?;
    let output = match takes.as_str() {
        "mask" => Output::Mask,
        "keys" => Output::Allowed(Some([keep::key(&opened.reader.schema())?].into())),
        _ => Output::Allowed(None),
    };
    let batches = opened.batches(py, output)?;
    kind.call_method1(intern!(py, "allowed"), (table, batches))
}

/// Counts how the rows of a table are decided.
pub(crate) fn tally<'py>(
    policy: &Policy,
    table: &Bound<'py, PyAny>,
    call: &Call<'_, 'py>,
) -> PyResult<Tally> {
    let opened = call.bind(policy, table, &kind(table)?, false)?;
    Tally::of(table.py(), opened.binding.stream(opened.reader))
}
