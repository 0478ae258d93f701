//! The Python view of an incremental decision.

use crate::decision::Decision;
use crate::errors::{self, Fault};
use crate::facts::fact;
use crate::request::Arguments;
use crate::values::{SlotTarget, put};
use placet::{KeyTarget, Step};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An incremental decision, made by `Policy.begin`: it names the attributes that it depends on, and takes their values
/// one by one.
///
/// The result does not depend on the order of the values. The effect equals that of a request with all values, and so
/// do the obligations with ``depth="obligations"``.
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
/// >>> decision = policy.begin(purpose="marketing")
/// >>> [dependency.attribute for dependency in decision.dependencies()]
/// ['age', 'consent']
/// >>> decision.give("consent", "refused")
/// >>> decision.dependencies(), decision.decision.effect
/// ((), <Effect.DENY: 'deny'>)
#[pyclass(frozen, module = "placet")]
pub(crate) struct IncrementalDecision {
    inner: Mutex<placet::IncrementalDecision>,
}

/// An unknown attribute that a decision depends on.
///
/// Attributes
/// ----------
/// attribute : str
///     The name of the attribute.
/// settles : float
///     The estimated probability, from 0 to 1, that the attribute alone settles the decision. It helps to choose the
///     attribute to fetch first.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Dependency {
    attribute: Arc<str>,
    #[pyo3(get)]
    settles: f64,
}

/// The `depth` argument: when a decision is complete.
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

/// A list of names. A single string is rejected, since iterating over it would give its characters.
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
    /// Reads a request and begins its decision.
    pub(crate) fn new(
        policy: &placet::Policy,
        arguments: Arguments<'_, '_>,
        pending: Option<Names>,
        depth: Depth,
    ) -> Result<Self, Fault> {
        let request = policy.request_with(|reader| arguments.read(reader))?;
        let begun = match pending {
            None => policy.begin(request)?,
            Some(names) => policy.begin_with(request, names.0.iter().map(|name| &**name))?,
        };
        Ok(Self { inner: Mutex::new(begun.with_depth(depth.0)) })
    }

    /// Locks the decision. No Python code may run while the guard lives: it could re-enter this object and deadlock.
    fn inner(&self) -> MutexGuard<'_, placet::IncrementalDecision> {
        // Each call sets one value or none, so the state of a poisoned lock is consistent.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl IncrementalDecision {
    /// Returns the unknown attributes that the decision depends on; none once it is complete.
    ///
    /// Each of them matters: two requests that agree on all given values, and differ only in this attribute, have
    /// different answers.
    ///
    /// Returns
    /// -------
    /// tuple of Dependency
    ///     The attributes, in the order of the policy.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If a required attribute is missing and not pending.
    fn dependencies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let step = self.inner().step().map_err(|error| errors::request(py, error))?;
        let dependencies = match step {
            Step::Decided(_) => Vec::new(),
            Step::DependsOn(dependencies) => dependencies,
        };
        PyTuple::new(
            py,
            dependencies.into_iter().map(|dependency| Dependency {
                attribute: dependency.attribute,
                settles: dependency.settles,
            }),
        )
    }

    /// Sets the value of an attribute, whether or not the decision depends on it. Replaces an earlier value.
    ///
    /// Parameters
    /// ----------
    /// attribute : str
    ///     The dotted name.
    /// value : object
    ///     The value, in the forms that `Policy.decide` accepts, None included.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the policy does not declare the attribute or rejects the value; the decision is then unchanged.
    #[pyo3(signature = (attribute, value, /))]
    fn give(&self, py: Python<'_>, attribute: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let policy = self.inner().policy().clone();
        // A request with this attribute alone gives the error message that `Policy.decide` would give.
        let checked = policy.request_with(|reader| {
            let root = reader.root();
            match reader.entry(root, attribute)? {
                KeyTarget::Attribute(slot) => put(&mut SlotTarget { reader, slot }, value),
                _ => Err(Fault::from(reader.unknown(root, attribute))),
            }
        });
        checked.map_err(|fault| fault.raise(py))?;
        let fact = fact(value)?;
        self.inner().give(attribute, fact.as_ref()).map(drop).map_err(|error| errors::request(py, error))
    }

    /// Marks an attribute as unavailable: it stays unknown, even if it has a default, and `dependencies` leaves it out.
    ///
    /// Parameters
    /// ----------
    /// attribute : str
    ///     The dotted name.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the policy does not declare the attribute.
    #[pyo3(signature = (attribute, /))]
    fn mark_unavailable(&self, py: Python<'_>, attribute: &str) -> PyResult<()> {
        self.inner().mark_unavailable(attribute).map(drop).map_err(|error| errors::request(py, error))
    }

    /// Returns True if an attribute can still be obtained: it was neither given nor marked as unavailable.
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

    /// Decision: The current decision: indeterminate while its effect depends on pending attributes. An allow or deny
    /// is final.
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
            Ok(Step::DependsOn(dependencies)) => {
                let names: Vec<&str> = dependencies.iter().map(|dependency| &*dependency.attribute).collect();
                format!("depends on {}", names.join(", "))
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
