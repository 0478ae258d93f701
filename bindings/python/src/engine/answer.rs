//! The Python views of an engine's answers, swaps, and counters.

use super::call::Raised;
use crate::decision::{self, Decision};
use crate::pickle;
use crate::policy::Policy;
use placet_engine::{FailureReason, LoadedPolicy, Source};
use pyo3::exceptions::{PyBaseException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use serde::Serialize;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A decision, with the policy that made it and the origins of its facts.
///
/// An answer is true only if the request is allowed: ``if answer: …`` lets no denial and no indeterminate answer
/// through.
///
/// Attributes
/// ----------
/// decision : Decision
///     The decision. Its `explain` includes the facts from resolvers.
/// elapsed : float
///     The elapsed time in seconds, including all fetches.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Answer {
    #[pyo3(get)]
    decision: Py<Decision>,
    version: Arc<LoadedPolicy>,
    origins: placet_engine::Origins,
    failures: Vec<placet_engine::Failure>,
    #[pyo3(get)]
    elapsed: f64,
}

/// The origin of an attribute's value.
///
/// Attributes
/// ----------
/// attribute : str
///     The attribute.
/// resolver : str
///     The resolver that returned the value.
/// source : {"fetched", "cached"}
///     ``"fetched"`` if this decision fetched it, ``"cached"`` if an earlier one did.
#[pyclass(frozen, eq, hash, module = "placet")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    attribute: Arc<str>,
    resolver: Arc<str>,
    #[pyo3(get)]
    source: &'static str,
}

/// The failure of a resolver, which leaves its attributes unknown.
///
/// Attributes
/// ----------
/// resolver : str
///     The name of the resolver.
/// why : {"failed", "late", "unfit", "no_key"}
///     ``"failed"``: it raised an exception or returned no mapping of values. ``"late"``: its timeout elapsed.
///     ``"unfit"``: it returned a value that the policy rejects, or an attribute that it does not serve. ``"no_key"``:
///     a key for it is missing.
/// message : str
///     The description of the failure; for ``"failed"``, the exception's text.
/// name : str or None
///     The attribute that is unfit, or the missing key.
/// exception : BaseException or None
///     For ``"failed"``, the exception; None if the resolver raised none, or if it can't be pickled with the failure.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Failure {
    inner: placet_engine::Failure,
}

/// Counters of a resolver since the engine was made.
///
/// Attributes
/// ----------
/// hits : int
///     Decisions that the cache answered.
/// fetches : int
///     Fetches that began.
/// shared : int
///     Decisions that waited for the fetch of another decision.
/// failures : int
///     Decisions that went on without the resolver's attributes because the fetch failed or returned unfit values.
/// late : int
///     Decisions that went on without the resolver's attributes because its timeout elapsed.
#[pyclass(frozen, eq, hash, get_all, module = "placet")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct ResolverCounts {
    hits: u64,
    fetches: u64,
    shared: u64,
    failures: u64,
    late: u64,
}

/// The replacement of an engine's policy.
///
/// Attributes
/// ----------
/// old : Policy
///     The previous policy.
/// new : Policy
///     The new policy.
/// unknown : tuple of (str, str)
///     Pairs of a resolver and an attribute: the attributes that resolvers serve and the new policy does not declare.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Swap {
    old: Arc<LoadedPolicy>,
    new: Arc<LoadedPolicy>,
    unknown: Vec<(Arc<str>, Arc<str>)>,
}

/// The JSON form of an answer.
#[derive(Serialize)]
struct AnswerJson<'a> {
    #[serde(flatten)]
    decision: &'a placet::Decision,
    policy: PolicyJson<'a>,
    origins: &'a placet_engine::Origins,
    failures: &'a [placet_engine::Failure],
}

#[derive(Serialize)]
struct PolicyJson<'a> {
    version: Option<&'a str>,
    hash: &'a str,
}

/// Returns a tuple of pairs of strings.
pub(super) fn pairs<'py>(py: Python<'py>, pairs: &[(Arc<str>, Arc<str>)]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, pairs.iter().map(|(one, other)| (&**one, &**other)))
}

impl Answer {
    pub(super) fn new(py: Python<'_>, answer: placet_engine::Answer) -> PyResult<Self> {
        let placet_engine::Answer { decision, version, request, origins, failures, elapsed } = answer;
        let decision = Py::new(py, Decision { decision, policy: version.policy().clone(), request })?;
        Ok(Self { decision, version, origins, failures, elapsed: elapsed.as_secs_f64() })
    }

    /// Restores an answer from a pickle.
    pub(crate) fn restored(
        decision: Py<Decision>,
        origins: placet_engine::Origins,
        failures: Vec<placet_engine::Failure>,
        elapsed: f64,
    ) -> Self {
        let version = Arc::new(LoadedPolicy::new(decision.get().policy.clone()));
        Self { decision, version, origins, failures, elapsed }
    }
}

#[pymethods]
impl Answer {
    /// Effect: The effect: allow, deny or indeterminate.
    #[getter]
    fn effect(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        decision::effect(py, self.decision.get().decision.effect)
    }

    /// tuple of Origin: The attributes that resolvers added to the request, in the order of adding.
    #[getter]
    fn origins<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.origins.iter().map(Origin::from).collect::<Vec<_>>())
    }

    /// tuple of Failure: The failures of resolvers, whose attributes are unknown.
    #[getter]
    fn failures<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.failures.iter().map(|failure| Failure { inner: failure.clone() }))
    }

    /// str: The `hash` of the policy that made the decision.
    #[getter]
    fn policy_hash(&self) -> &str {
        self.version.hash()
    }

    /// str or None: The version in that policy's header.
    #[getter]
    fn version(&self) -> Option<&str> {
        self.version.version()
    }

    /// Returns the decision's dict with ``policy`` (``version`` and ``hash``), ``origins`` and ``failures``.
    ///
    /// Returns
    /// -------
    /// dict
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let answer = AnswerJson {
            decision: &self.decision.get().decision,
            policy: PolicyJson { version: self.version.version(), hash: self.version.hash() },
            origins: &self.origins,
            failures: &self.failures,
        };
        let json =
            serde_json::to_string(&answer).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(LOADS.import(py, "json", "loads")?.call1((json,))?.cast_into()?)
    }

    fn __bool__(&self) -> bool {
        self.decision.get().decision.is_allowed()
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let origins = PyTuple::new(py, self.origins.iter().map(Origin::from).collect::<Vec<_>>())?;
        let failures = self.failures(py)?;
        pickle::reduced(py, "_answer", (self.decision.clone_ref(py), origins, failures, self.elapsed))
    }

    /// Returns the decision as a table with the origins of its facts, which notebooks show.
    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        decision::html(slf, "answer")
    }

    fn __repr__(&self) -> String {
        format!("<Answer {}>", placet::PageStyle::PLAIN.line(&self.decision.get().decision))
    }
}

impl Origin {
    pub(crate) fn inner(&self) -> placet_engine::Origin<'_> {
        let source = if self.source == "cached" { Source::Cached } else { Source::Fetched };
        placet_engine::Origin { attribute: &self.attribute, resolver: &self.resolver, source }
    }
}

impl From<placet_engine::Origin<'_>> for Origin {
    fn from(origin: placet_engine::Origin<'_>) -> Self {
        let source = match origin.source {
            Source::Fetched => "fetched",
            Source::Cached => "cached",
        };
        Self { attribute: origin.attribute.into(), resolver: origin.resolver.into(), source }
    }
}

#[pymethods]
impl Origin {
    #[getter]
    fn attribute(&self) -> &str {
        &self.attribute
    }

    #[getter]
    fn resolver(&self) -> &str {
        &self.resolver
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::reduced(py, "_origin", (&*self.attribute, &*self.resolver, self.source))
    }

    fn __repr__(&self) -> String {
        format!("<Origin {}: {} by {}>", self.attribute, self.source, self.resolver)
    }
}

impl Failure {
    /// Restores a failure from a pickle.
    pub(crate) fn restored(inner: placet_engine::Failure) -> Self {
        Self { inner }
    }

    pub(crate) fn inner(&self) -> &placet_engine::Failure {
        &self.inner
    }

    fn raised(&self) -> Option<&Raised> {
        match &self.inner.why {
            FailureReason::Failed { error, .. } => error.get()?.downcast_ref(),
            _ => None,
        }
    }
}

#[pymethods]
impl Failure {
    #[getter]
    fn resolver(&self) -> &str {
        &self.inner.resolver
    }

    #[getter]
    fn why(&self) -> &'static str {
        match &self.inner.why {
            FailureReason::Late { .. } => "late",
            FailureReason::Unfit { .. } => "unfit",
            FailureReason::NoKey { .. } => "no_key",
            _ => "failed",
        }
    }

    #[getter]
    fn message(&self) -> String {
        match &self.inner.why {
            FailureReason::Failed { message, .. } => message.to_string(),
            other => other.to_string(),
        }
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        match &self.inner.why {
            FailureReason::Unfit { attribute: name, .. } | FailureReason::NoKey { key: name } => Some(name),
            _ => None,
        }
    }

    #[getter]
    fn exception(&self, py: Python<'_>) -> Option<Py<PyBaseException>> {
        self.raised().map(|raised| raised.exception.clone_ref(py))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().inner == self.inner)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner.to_string().hash(&mut hasher);
        hasher.finish()
    }

    fn __str__(&self) -> String {
        self.inner.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Failure {}>", self.inner)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::failure(py, &self.inner, self.raised().map(|raised| &raised.exception))
    }
}

impl From<&placet_engine::ResolverCounts> for ResolverCounts {
    fn from(counts: &placet_engine::ResolverCounts) -> Self {
        let placet_engine::ResolverCounts { hits, fetches, shared, failures, late, .. } = *counts;
        Self { hits, fetches, shared, failures, late }
    }
}

#[pymethods]
impl ResolverCounts {
    fn __repr__(&self) -> String {
        let Self { hits, fetches, shared, failures, late } = self;
        format!(
            "<ResolverCounts {hits} hits, {fetches} fetches, {shared} shared, {failures} failures, {late} late>"
        )
    }
}

impl From<&placet_engine::Swap> for Swap {
    fn from(swap: &placet_engine::Swap) -> Self {
        let placet_engine::Swap { old, new, unknown } = swap.clone();
        Self { old, new, unknown }
    }
}

#[pymethods]
impl Swap {
    #[getter(old)]
    fn old_policy(&self) -> Policy {
        Policy::new(self.old.policy().clone())
    }

    #[getter(new)]
    fn new_policy(&self) -> Policy {
        Policy::new(self.new.policy().clone())
    }

    #[getter]
    fn unknown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pairs(py, &self.unknown)
    }

    fn __repr__(&self) -> String {
        let short = |version: &LoadedPolicy| version.hash().get(..12).unwrap_or_default().to_owned();
        format!("<Swap {} for {}>", short(&self.old), short(&self.new))
    }
}
