//! Pickles of decisions and what comes with them.
//!
//! A decision is pickled as its policy and its request, and made anew from these: the same policy decides the same request
//! alike. The policy is one object for all decisions in a pickle, so that a pickle holds its bytes once.

use crate::columns::Tally;
use crate::decision::{Decision, Obligation};
use crate::diagnostic::Diagnostic;
use crate::engine::{Answer, Failure, Origin, Raised};
use crate::errors::Fault;
use crate::facts;
use crate::policy::Policy;
use crate::request::Question;
use placet::ErrorCode;
use placet_arrow::ValueError;
use placet_engine::{Fact, FailureReason, FailureSource, ResolverError};
use placet_model::request::AttributeInput;
use placet_model::types::{Type, Universe};
use pyo3::exceptions::{PyBaseException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

/// The result of `__reduce__`: a function of this extension, and its arguments.
pub(crate) fn reduced<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyTuple>> {
    let function = py.import("placet._placet")?.getattr(function)?;
    PyTuple::new(py, [function, arguments.into_pyobject(py)?.into_any()])
}

/// The object of a policy: the same as the last time, if it is the same policy. Pickles tell objects apart by identity.
fn policy_object(py: Python<'_>, policy: &placet::Policy) -> PyResult<Py<Policy>> {
    static LAST: Mutex<Option<Py<Policy>>> = Mutex::new(None);
    // No code of Python's runs while the lock is held: the object it replaces is let go of afterwards.
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|last| last.clone_ref(py));
    if let Some(last) = last.filter(|last| Arc::ptr_eq(last.get().inner().program(), policy.program())) {
        return Ok(last);
    }
    let new = Py::new(py, Policy::new(policy.clone()))?;
    let old = LAST.lock().unwrap_or_else(PoisonError::into_inner).replace(new.clone_ref(py));
    drop(old);
    Ok(new)
}

/// Reduces a decision.
pub(crate) fn decision<'py>(py: Python<'py>, decision: &Decision) -> PyResult<Bound<'py, PyTuple>> {
    let Decision { policy, request, .. } = decision;
    let frame = policy.frame(request).map_err(|error| crate::errors::request(py, error))?;
    let given = PyDict::new(py);
    for (id, attribute) in policy.model().attribute_ids() {
        match frame.given(policy.program(), id) {
            None => {}
            Some(AttributeInput::Value(value)) => {
                let fact = Fact::from_value(&attribute.kind, &value);
                given.set_item(&*attribute.name, fact.map(|fact| facts::object(py, &fact)).transpose()?)?;
            }
            Some(AttributeInput::OneOf(leaves)) => {
                let node = |universe: &Universe| {
                    let stands_for = |name: &&str| {
                        universe.find(name).is_some_and(|(below, is_inner)| is_inner && below == leaves)
                    };
                    universe.names().into_iter().find(stands_for).map(str::to_owned)
                };
                let node = match &attribute.kind {
                    Type::Symbol(universe) => node(universe),
                    _ => None,
                };
                given.set_item(&*attribute.name, node)?;
            }
            Some(AttributeInput::Null | AttributeInput::Pending) => {
                given.set_item(&*attribute.name, py.None())?
            }
        }
    }
    reduced(py, "_decision", (policy_object(py, policy)?, given))
}

/// Reduces a failure. An exception that can't be pickled is left out.
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
) -> PyResult<Decision> {
    let policy = policy.get().inner();
    let question = Question { request: Some(given.as_any()), attributes: None, ignore_unknown: false };
    let decided = policy.request_with(|reader| question.read(reader)).and_then(|request| {
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

/// A fault of a tally, as it is pickled.
type Fields = (u64, String, String, String, String, String);

#[pyfunction]
pub(crate) fn _tally(
    counts: (u64, u64, u64, u64, u64),
    rules: &Bound<'_, PyDict>,
    uncertain_rules: &Bound<'_, PyDict>,
    faults: Vec<Fields>,
) -> PyResult<Tally> {
    let (rows, allowed, denied, indeterminate, errors) = counts;
    let rule = |(name, rows): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        PyResult::Ok((Arc::from(name.cast::<PyString>()?.to_str()?), rows.extract()?))
    };
    let rules = rules.iter().map(rule).collect::<PyResult<_>>()?;
    let uncertain_rules = uncertain_rules.iter().map(rule).collect::<PyResult<_>>()?;
    let fault = |(row, column, attribute, value, expected, code): Fields| {
        let code = [ErrorCode::RequiredAttribute, ErrorCode::OutsideDomain]
            .into_iter()
            .find(|known| known.as_str() == code)
            .unwrap_or(ErrorCode::WrongType);
        ValueError { row, column, attribute, value, expected, code }
    };
    let tally = placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, rules, uncertain_rules };
    Ok(Tally::restored(tally, faults.into_iter().map(fault).collect()))
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
