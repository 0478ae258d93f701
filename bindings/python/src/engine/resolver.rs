//! Resolvers: Python callables that fetch attributes for an engine.

use super::call::{self, Callable};
use crate::incremental::Names;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDelta, PyTuple};
use std::sync::Arc;
use std::time::Duration;

/// A callable that fetches a group of attributes by a key, with one query to one store.
///
/// The callable takes a dict of key names and values. It returns attributes with their values, in the forms that
/// `Policy.decide` accepts: a mapping, a dataclass or a pydantic model, dotted or nested. Attributes that it leaves out
/// or returns as None are unknown, except that None is the value ``none`` of an optional one. If it raises, the exception
/// is in the answer's failures.
///
/// A function runs on a thread of a pool. A coroutine function, or an object whose ``__call__`` is one, runs on the
/// event loop of `Engine.decide_async`, which cancels it when its timeout elapses.
///
/// Parameters
/// ----------
/// name : str
///     The name in failures and counters.
/// fetch : callable
///     The callable.
/// serves : iterable of str
///     The attributes that one fetch returns.
/// keys : iterable of str, default ()
///     The names of the key's parts: attributes of the request, or keys that the caller passes beside it. If another
///     resolver serves a part, the engine fetches that part first.
/// cost : float, default 1.0
///     The cost of a fetch relative to other resolvers, in any unit.
/// timeout : float or datetime.timedelta, default 1.0
///     The maximum time of a fetch, in seconds. When it elapses, the decision goes on without the attributes.
/// time_to_live : float, datetime.timedelta or None, default None
///     How long fetched values stay cached, in seconds from the beginning of the fetch. None disables caching.
///
/// Attributes
/// ----------
/// cost : float
///     The cost of a fetch.
/// fetch : callable
///     The callable.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Resolver {
    callable: Arc<Callable>,
    keys: Vec<Arc<str>>,
    #[pyo3(get)]
    cost: f64,
    time_to_live: Option<Duration>,
}

/// A duration argument: a number of seconds, or a `timedelta`.
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

    /// str: The name in failures and counters.
    #[getter]
    pub(super) fn name(&self) -> &str {
        &self.callable.name
    }

    #[getter]
    fn fetch(&self, py: Python<'_>) -> Py<PyAny> {
        self.callable.fetch.clone_ref(py)
    }

    /// tuple of str: The attributes that one fetch returns.
    #[getter]
    fn serves<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.callable.serves.iter().map(|name| &**name))
    }

    /// tuple of str: The names of the key's parts.
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.keys.iter().map(|name| &**name))
    }

    /// float: The maximum time of a fetch, in seconds.
    #[getter]
    fn timeout(&self) -> f64 {
        self.callable.timeout.as_secs_f64()
    }

    /// float or None: How long fetched values stay cached, in seconds.
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
