//! Decisions in progress.

use crate::decision::Decision;
use crate::errors::{self, Fault};
use crate::facts::fact;
use crate::request::Question;
use crate::values::{At, put};
use placet::{Input, KeyTarget, Step};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A decision in progress, made by `Policy.begin`: it says which attributes still matter, and is given them.
///
/// What it ends with does not hang on the order in which it is given them: the effect is that of the request that gives
/// everything from the start, and so are, with ``depth="obligations"``, the obligations.
///
/// Examples
/// --------
/// >>> import placet
/// >>> policy = placet.Policy.from_text('''
/// ...     policy shop
/// ...     request { purpose: { deliver, marketing }  age: int 0..150  consent: { granted, refused } }
/// ...     rule delivery { allow when purpose is deliver }
/// ...     rule marketing { allow when purpose is marketing and consent is granted and age >= 18 }
/// ... ''')
/// >>> progress = policy.begin(purpose="marketing")
/// >>> [need.attribute for need in progress.dependencies()]
/// ['age', 'consent']
/// >>> progress.give("consent", "refused")
/// >>> progress.dependencies(), progress.decision.effect
/// ((), <Effect.DENY: 'deny'>)
#[pyclass(frozen, module = "placet")]
pub(crate) struct IncrementalDecision {
    inner: Mutex<placet::IncrementalDecision>,
}

/// An attribute on which a decision hangs.
///
/// Attributes
/// ----------
/// attribute : str
///     Its name.
/// settles : float
///     How likely it alone settles the answer, from 0 to 1: an estimate, to choose what to ask for first.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Dependency {
    attribute: Arc<str>,
    #[pyo3(get)]
    settles: f64,
}

/// When a decision is done.
#[derive(Default, Clone, Copy)]
pub(crate) struct Depth(pub(crate) placet::Depth);

impl<'py> FromPyObject<'_, 'py> for Depth {
    type Error = PyErr;

    fn extract(word: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match word.cast::<PyString>()?.to_str()? {
            "effect" => Ok(Self(placet::Depth::Effect)),
            "obligations" => Ok(Self(placet::Depth::Obligations)),
            "reasons" => Ok(Self(placet::Depth::Reasons)),
            other => {
                let message = format!("depth is \"effect\", \"obligations\" or \"reasons\", not {other:?}");
                Err(PyValueError::new_err(message))
            }
        }
    }
}

/// Names, of which a text alone is none.
pub(crate) struct Names(pub(crate) Vec<Arc<str>>);

impl<'py> FromPyObject<'_, 'py> for Names {
    type Error = PyErr;

    fn extract(names: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if names.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("a list of names is expected, not one text"));
        }
        let name = |name: PyResult<Bound<'py, PyAny>>| Ok(name?.cast::<PyString>()?.to_str()?.into());
        names.try_iter()?.map(name).collect::<PyResult<_>>().map(Self)
    }
}

impl IncrementalDecision {
    /// Begins to decide what is asked.
    pub(crate) fn new(
        policy: &placet::Policy,
        question: Question<'_, '_>,
        pending: Option<Names>,
        depth: Depth,
    ) -> Result<Self, Fault> {
        let request = policy.request_with(|reader| question.read(reader))?;
        let begun = match pending {
            None => policy.begin(request)?,
            Some(names) => policy.begin_with(request, names.0.iter().map(|name| &**name))?,
        };
        Ok(Self { inner: Mutex::new(begun.with_depth(depth.0)) })
    }

    /// No code of Python's runs while it is held.
    fn inner(&self) -> MutexGuard<'_, placet::IncrementalDecision> {
        // What a panic left behind is whole: a value is given or not.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl IncrementalDecision {
    /// The attributes on which the decision still hangs; none once it is made.
    ///
    /// Each of them matters: two requests that agree with all that was given and differ there alone are answered
    /// differently.
    ///
    /// Returns
    /// -------
    /// tuple of Dependency
    ///     In the order of the policy.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If a required attribute is missing that can't be had.
    fn dependencies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let step = self.inner().step().map_err(|error| errors::request(py, error))?;
        let needs = match step {
            Step::Decided(_) => Vec::new(),
            Step::DependsOn(needs) => needs,
        };
        PyTuple::new(
            py,
            needs.into_iter().map(|need| Dependency { attribute: need.attribute, settles: need.settles }),
        )
    }

    /// Gives an attribute a value, be it asked for or not, in place of what was given before.
    ///
    /// Parameters
    /// ----------
    /// attribute : str
    ///     The dotted name.
    /// value : object
    ///     As `Policy.decide` takes it. None says that it is not known.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the policy has no such attribute, or it does not take the value; then the decision is where it was.
    #[pyo3(signature = (attribute, value, /))]
    fn give(&self, py: Python<'_>, attribute: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let policy = self.inner().policy().clone();
        // The error is that of a request which says the same.
        let checked = policy.request_with(|reader| {
            let root = reader.root();
            match reader.entry(root, attribute)? {
                KeyTarget::Attribute(slot) => put(&mut At { reader, slot }, value),
                _ => Err(Fault::from(reader.unknown(root, attribute))),
            }
        });
        checked.map_err(|fault| fault.raise(py))?;
        let fact = fact(value)?;
        let input = fact.as_ref().map_or(Input::Null, Input::from);
        self.inner().give(attribute, input).map(drop).map_err(|error| errors::request(py, error))
    }

    /// Says that an attribute can't be had: it stays missing, whatever its default, and is not asked for again.
    ///
    /// Parameters
    /// ----------
    /// attribute : str
    ///     The dotted name.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the policy has no such attribute.
    #[pyo3(signature = (attribute, /))]
    fn mark_unavailable(&self, py: Python<'_>, attribute: &str) -> PyResult<()> {
        self.inner().mark_unavailable(attribute).map(drop).map_err(|error| errors::request(py, error))
    }

    /// Whether an attribute can still be had: it was neither given nor withheld.
    ///
    /// Parameters
    /// ----------
    /// attribute : str
    ///     The dotted name.
    ///
    /// Returns
    /// -------
    /// bool
    #[pyo3(signature = (attribute, /))]
    fn is_pending(&self, attribute: &str) -> bool {
        self.inner().is_pending(attribute)
    }

    /// Decision: The decision, as far as it is made: indeterminate while its effect hangs on what can still be had. What
    /// it allows or denies holds whatever comes.
    #[getter]
    fn decision(&self, py: Python<'_>) -> PyResult<Decision> {
        let (policy, request) = {
            let inner = self.inner();
            (inner.policy().clone(), inner.request().clone())
        };
        let decision = policy.decide(&request).map_err(|error| errors::request(py, error))?;
        Ok(Decision { decision, policy, request })
    }

    fn __repr__(&self) -> String {
        let inner = self.inner();
        let state = match inner.step() {
            Ok(Step::Decided(decision)) => decision.effect.as_str().to_owned(),
            Ok(Step::DependsOn(needs)) => {
                let names: Vec<&str> = needs.iter().map(|need| &*need.attribute).collect();
                format!("hangs on {}", names.join(", "))
            }
            Err(error) => error.message,
        };
        format!("<IncrementalDecision {state}>")
    }
}

#[pymethods]
impl Dependency {
    #[getter]
    fn attribute(&self) -> &str {
        &self.attribute
    }

    fn __repr__(&self) -> String {
        format!("<Dependency {}>", self.attribute)
    }
}
