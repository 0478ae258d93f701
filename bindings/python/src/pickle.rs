//! Pickle support for decisions, answers, and their parts.
//!
//! A decision is pickled as its policy and its request, and unpickling decides the request again: the same policy gives
//! the same decision. All decisions in one pickle share one policy object, so that the pickle holds the policy's bytes
//! once.

use crate::columns::Tally;
use crate::decision::{Decision, Obligation};
use crate::diagnostic::Diagnostic;
use crate::engine::{Answer, Failure, Origin, Raised};
use crate::errors::Fault;
use crate::facts;
use crate::policy::Policy;
use crate::request::Arguments;
use placet::__private::Internals;
use placet::Fact;
use placet_engine::{FailureReason, FailureSource, ResolverError};
use pyo3::exceptions::{PyBaseException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

/// Builds the result of `__reduce__`: a function of this extension and its arguments.
pub(crate) fn reduced<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyTuple>> {
    let function = py.import("placet._placet")?.getattr(function)?;
    PyTuple::new(py, [function, arguments.into_pyobject(py)?.into_any()])
}

/// Returns a Python object for a policy: the previous one if it holds the same program.
///
/// Pickle's memo compares objects by identity, so a new object for each decision would repeat the policy's bytes.
fn policy_object(py: Python<'_>, policy: &placet::Policy) -> PyResult<Py<Policy>> {
    static LAST: Mutex<Option<Py<Policy>>> = Mutex::new(None);
    // Python code must not run while the lock is held, since it could call this function. The replaced object is
    // therefore dropped after the lock is released.
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|last| last.clone_ref(py));
    if let Some(last) = last.filter(|last| Arc::ptr_eq(last.get().inner().program(), policy.program())) {
        return Ok(last);
    }
    let new = Py::new(py, Policy::new(policy.clone()))?;
    let old = LAST.lock().unwrap_or_else(PoisonError::into_inner).replace(new.clone_ref(py));
    drop(old);
    Ok(new)
}

/// Reduces a decision to its policy, a dict of the attributes that its request gives, and a list of those that are
/// missing although they are optional: None would give them.
pub(crate) fn decision<'py>(py: Python<'py>, decision: &Decision) -> PyResult<Bound<'py, PyTuple>> {
    let Decision { policy, request, .. } = decision;
    let frame = policy.frame(request).map_err(|error| crate::errors::request(py, error))?;
    let (given, mut missing) = (PyDict::new(py), Vec::new());
    for (id, attribute) in policy.model().declared() {
        if let Some(value) = frame.given(policy.program(), id) {
            let fact = Fact::from_given(&attribute.kind, &value);
            if fact.is_none() && attribute.is_optional() {
                missing.push(attribute.name.to_string());
                continue;
            }
            given.set_item(&*attribute.name, fact.map(|fact| facts::object(py, &fact)).transpose()?)?;
        }
    }
    reduced(py, "_decision", (policy_object(py, policy)?, given, missing))
}

/// Reduces a failure. Leaves out an exception that can't be pickled.
pub(crate) fn failure<'py>(
    py: Python<'py>,
    failure: &placet_engine::Failure,
    exception: Option<&Py<PyBaseException>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let dumps = py.import("pickle")?.getattr("dumps")?;
    let exception = exception.filter(|exception| dumps.call1((exception.bind(py),)).is_ok());
    let (why, name, text, after) = match &failure.why {
        FailureReason::Late { after_ms } => ("late", None, None, *after_ms),
        FailureReason::Unfit { attribute, expected } => ("unfit", Some(&**attribute), Some(&**expected), 0),
        FailureReason::NoKey { key } => ("no_key", Some(&**key), None, 0),
        FailureReason::Failed { message, .. } => ("failed", None, Some(&**message), 0),
        other => {
            return Err(PyValueError::new_err(format!("a failure of no kind that can be pickled: {other}")));
        }
    };
    reduced(py, "_failure", (&*failure.resolver, why, name, text, after, exception))
}

#[pyfunction]
pub(crate) fn _decision(
    py: Python<'_>,
    policy: &Bound<'_, Policy>,
    given: &Bound<'_, PyDict>,
    missing: Vec<String>,
) -> PyResult<Decision> {
    let policy = policy.get().inner();
    let arguments = Arguments { request: Some(given.as_any()), attributes: None, ignore_unknown: false };
    let decided = policy.request_with(|reader| arguments.read(reader)).and_then(|mut request| {
        for name in &missing {
            request.put_missing(policy.untyped_attribute(name)?)?;
        }
        let decision = policy.decide(&request)?;
        Ok(Decision { decision, policy: policy.clone(), request })
    });
    decided.map_err(|fault: Fault| fault.raise(py))
}

#[pyfunction]
pub(crate) fn _obligation(name: &str, within: Option<i64>, text: Option<&str>, certain: bool) -> Obligation {
    Obligation::restored(name, within, text, certain)
}

#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "they are a diagnostic's fields")]
pub(crate) fn _diagnostic(
    code: String,
    severity: &str,
    message: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    help: Option<String>,
    notes: Vec<String>,
) -> Diagnostic {
    let severity = if severity == "warning" { "warning" } else { "error" };
    Diagnostic { code: code.into(), severity, message, file, line, column, help, notes }
}

#[pyfunction]
pub(crate) fn _tally(json: &str) -> PyResult<Tally> {
    let tally = serde_json::from_str::<placet_arrow::Tally>(json);
    tally.map(Tally::from).map_err(|error| PyValueError::new_err(error.to_string()))
}

#[pyfunction]
pub(crate) fn _origin(attribute: &str, resolver: &str, source: &str) -> Origin {
    let source =
        if source == "cached" { placet_engine::Source::Cached } else { placet_engine::Source::Fetched };
    Origin::from(placet_engine::Origin { attribute, resolver, source })
}

#[pyfunction]
#[pyo3(signature = (resolver, why, name, text, after_ms, exception))]
pub(crate) fn _failure(
    resolver: &str,
    why: &str,
    name: Option<&str>,
    text: Option<&str>,
    after_ms: u64,
    exception: Option<Py<PyBaseException>>,
) -> Failure {
    let error = match exception {
        Some(exception) => {
            FailureSource::from(ResolverError::from(Raised::new(exception, text.unwrap_or_default())))
        }
        None => FailureSource::default(),
    };
    let (name, text) = (name.unwrap_or_default().into(), text.unwrap_or_default().into());
    let why = match why {
        "late" => FailureReason::Late { after_ms },
        "unfit" => FailureReason::Unfit { attribute: name, expected: text },
        "no_key" => FailureReason::NoKey { key: name },
        _ => FailureReason::Failed { message: text, error },
    };
    Failure::restored(placet_engine::Failure { resolver: resolver.into(), why })
}

#[pyfunction]
pub(crate) fn _answer(
    decision: Py<Decision>,
    origins: Vec<Bound<'_, Origin>>,
    failures: Vec<Bound<'_, Failure>>,
    elapsed: f64,
) -> Answer {
    let origins = origins.iter().map(|origin| origin.get().inner()).collect();
    Answer::restored(
        decision,
        origins,
        failures.iter().map(|failure| failure.get().inner().clone()).collect(),
        elapsed,
    )
}
