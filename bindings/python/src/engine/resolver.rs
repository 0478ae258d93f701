//! Resolvers: callables that fetch attributes.

use super::call::{self, Callable};
use crate::incremental::Names;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDelta, PyTuple};
use std::sync::Arc;
use std::time::Duration;

/// A callable that fetches facts by one question to one store: a group of attributes, by a key.
///
/// The callable is given a dict of the key's values by their names, and gives attributes with their values, as
/// `Policy.decide` takes them: a mapping, a dataclass or a pydantic model, dotted or nested. What it leaves out or gives as
/// None is not known. If it raises, the exception is in the answer's failures.
///
/// A function runs on a thread of a pool. A coroutine function, or an object whose ``__call__`` is one, runs on the event
/// loop of `Engine.decide_async`; past the time-out it is cancelled.
///
/// Parameters
/// ----------
/// name : str
///     What failures and counts call it.
/// fetch : callable
///     What fetches.
/// serves : iterable of str
///     The attributes that it gives, all by one fetch.
/// keys : iterable of str, default ()
///     What it is asked by: attributes of the request, or keys that the caller gives beside it. A key that another
///     resolver serves is fetched first.
/// cost : float, default 1.0
///     What a fetch costs beside those of other resolvers, in whatever unit.
/// timeout : float or datetime.timedelta, default 1.0
///     How long it may take, in seconds. Past it the decision goes on without its attributes.
/// time_to_live : float, datetime.timedelta or None, default None
///     How long what it found may be used, from when its fetch began, in seconds. None keeps nothing.
///
/// Attributes
/// ----------
/// cost : float
///     What a fetch costs.
/// fetch : callable
///     What fetches.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Resolver {
    callable: Arc<Callable>,
    keys: Vec<Arc<str>>,
    #[pyo3(get)]
    cost: f64,
    time_to_live: Option<Duration>,
}

/// A length of time: a number of seconds, or a `timedelta`.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(super) Duration);

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyDelta>() {
            return Ok(Self(value.extract()?));
        }
        let seconds: f64 = value.extract()?;
        let duration = Duration::try_from_secs_f64(seconds);
        duration.map(Self).map_err(|_| PyValueError::new_err(format!("{seconds} is no number of seconds")))
    }
}

impl Resolver {
    pub(super) fn build(&self) -> placet_engine::Resolver {
        let mut resolver = call::resolver(&self.callable)
            .attributes(self.callable.serves.iter().cloned())
            .keyed_by(self.keys.iter().cloned())
            .cost(self.cost)
            .timeout(self.callable.timeout);
        if let Some(time) = self.time_to_live {
            resolver = resolver.time_to_live(time);
        }
        resolver
    }

    pub(super) fn is_async(&self) -> bool {
        self.callable.is_async
    }
}

#[pymethods]
impl Resolver {
    #[new]
    #[pyo3(
        signature = (name, fetch, *, serves, keys=Names(Vec::new()), cost=1.0, timeout=Seconds(Duration::from_secs(1)),
                     time_to_live=None),
        text_signature = "(name, fetch, *, serves, keys=(), cost=1.0, timeout=1.0, time_to_live=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        name: &str,
        fetch: Bound<'_, PyAny>,
        serves: Names,
        keys: Names,
        cost: f64,
        timeout: Seconds,
        time_to_live: Option<Seconds>,
    ) -> PyResult<Self> {
        static IS_ASYNC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if !fetch.is_callable() {
            return Err(PyTypeError::new_err("what fetches is called, which this can't be"));
        }
        let is_async = IS_ASYNC.import(py, "placet._calls", "is_async")?.call1((&fetch,))?.is_truthy()?;
        let (name, timeout) = (name.into(), timeout.0);
        let serves = serves.0.into();
        let callable = Arc::new(Callable { name, serves, fetch: fetch.unbind(), is_async, timeout });
        let time_to_live = time_to_live.map(|time| time.0);
        Ok(Self { callable, keys: keys.0, cost, time_to_live })
    }

    /// str: What failures and counts call it.
    #[getter]
    pub(super) fn name(&self) -> &str {
        &self.callable.name
    }

    #[getter]
    fn fetch(&self, py: Python<'_>) -> Py<PyAny> {
        self.callable.fetch.clone_ref(py)
    }

    /// tuple of str: The attributes that it gives.
    #[getter]
    fn serves<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.callable.serves.iter().map(|name| &**name))
    }

    /// tuple of str: What it is asked by.
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.keys.iter().map(|name| &**name))
    }

    /// float: How long it may take, in seconds.
    #[getter]
    fn timeout(&self) -> f64 {
        self.callable.timeout.as_secs_f64()
    }

    /// float or None: How long what it found may be used, in seconds.
    #[getter]
    fn time_to_live(&self) -> Option<f64> {
        self.time_to_live.map(|time| time.as_secs_f64())
    }

    fn __repr__(&self) -> String {
        format!("<Resolver {}>", self.name())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.callable.fetch)
    }
}
