//! Calls the Python callables of resolvers: functions on a pool of threads, coroutines on an event loop.

use super::asyncio;
use super::process::Running;
use crate::facts::{dict, facts};
use futures_channel::oneshot;
use placet_engine::{Found, Key, ResolverError};
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The extra time of a coroutine on its own loop, beyond the resolver's timeout. The engine's timeout then elapses
/// first and reports the failure as late.
const GRACE: Duration = Duration::from_millis(100);
/// The error of a resolver that is called while the interpreter shuts down.
const ENDING: &str = "the interpreter is ending";

/// Receives the result of a task.
type Receiver = oneshot::Receiver<Found>;

/// The Python side of a resolver.
pub(super) struct Callable {
    pub(super) name: Arc<str>,
    pub(super) serves: Arc<[Arc<str>]>,
    pub(super) fetch: Py<PyAny>,
    pub(super) is_async: bool,
    pub(super) timeout: Duration,
}

/// Returns the engine's resolver for a callable.
pub(super) fn resolver(callable: &Arc<Callable>) -> placet_engine::Resolver {
    let (name, callable) = (callable.name.clone(), callable.clone());
    if callable.is_async {
        placet_engine::Resolver::future(name, move |key| fetch(callable.clone(), key))
    } else {
        placet_engine::Resolver::blocking(name, move |key| {
            on_thread(|py| facts(&callable.fetch.bind(py).call1((dict(py, key.iter())?,))?, &callable.serves))
        })
    }
}

/// Calls Python code on a thread of the pool.
fn on_thread<T>(call: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T, ResolverError> {
    let Some(_running) = Running::begin() else { return Err(ENDING.into()) };
    Python::attach(|py| call(py).map_err(|error| resolver_error(py, &error)))
}

/// An exception that a resolver raised.
#[derive(Debug)]
pub(crate) struct Raised {
    pub(super) exception: Py<PyBaseException>,
    message: String,
}

impl Raised {
    pub(crate) fn new(exception: Py<PyBaseException>, message: &str) -> Self {
        Self { exception, message: message.to_owned() }
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Raised {}

/// Converts an exception to a resolver's error.
fn resolver_error(py: Python<'_>, error: &PyErr) -> ResolverError {
    let text = error.value(py).str().and_then(|text| Ok(text.to_str()?.to_owned())).unwrap_or_default();
    let class =
        || error.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    let message = if text.is_empty() { class() } else { text };
    // `into_value` sets the traceback on the exception; `value` does not.
    Raised { exception: error.clone_ref(py).into_value(py), message }.into()
}

/// Fetches with a coroutine: on the event loop of the polling thread, or on a loop of its own if the thread has none.
async fn fetch(callable: Arc<Callable>, key: Key) -> Found {
    match begin(&callable, &key)? {
        Some((mut task, receiver)) => {
            // INVARIANT: a task always calls its callback, unless its loop is closed first.
            let found = receiver.await.unwrap_or_else(|_| Err("its event loop has ended".into()));
            task.is_over = true;
            found
        }
        None => blocking::unblock(move || on_thread(|py| run(py, &callable, &key))).await,
    }
}

/// Starts the coroutine on the running event loop; `None` without one.
fn begin(callable: &Callable, key: &Key) -> Result<Option<(Task, Receiver)>, ResolverError> {
    Python::attach(|py| match asyncio::running(py) {
        Ok(None) => Ok(None),
        Ok(Some(event_loop)) => {
            start(callable, key, event_loop).map(Some).map_err(|error| resolver_error(py, &error))
        }
        Err(error) => Err(resolver_error(py, &error)),
    })
}

/// Creates a task of the event loop for the coroutine.
fn start(callable: &Callable, key: &Key, event_loop: Bound<'_, PyAny>) -> PyResult<(Task, Receiver)> {
    static ENSURE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = event_loop.py();
    let coroutine = callable.fetch.bind(py).call1((dict(py, key.iter())?,))?;
    let task = ENSURE.import(py, "asyncio", "ensure_future")?.call1((coroutine,))?;
    let (sender, receiver) = oneshot::channel();
    task.call_method1(
        "add_done_callback",
        (Landed { sender: Mutex::new(Some(sender)), serves: callable.serves.clone() },),
    )?;
    Ok((Task { task: task.unbind(), event_loop: event_loop.unbind(), is_over: false }, receiver))
}

/// Runs the coroutine to its end on a new event loop.
fn run(py: Python<'_>, callable: &Callable, key: &Key) -> PyResult<placet_engine::Facts> {
    static RUN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let seconds = callable.timeout.saturating_add(GRACE).as_secs_f64();
    let arguments = (&callable.fetch, dict(py, key.iter())?, seconds);
    facts(&RUN.import(py, "placet._calls", "run")?.call1(arguments)?, &callable.serves)
}

/// A task that is cancelled when it is dropped before its end.
struct Task {
    task: Py<PyAny>,
    event_loop: Py<PyAny>,
    is_over: bool,
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // Without an interpreter or with a closed loop there is no task left to cancel, so errors are ignored.
        Python::try_attach(|py| {
            let cancel = self.task.getattr(py, "cancel")?;
            self.event_loop.call_method1(py, "call_soon_threadsafe", (cancel,))
        });
    }
}

/// The task's done callback, which sends the result.
#[pyclass(frozen)]
struct Landed {
    sender: Mutex<Option<oneshot::Sender<Found>>>,
    serves: Arc<[Arc<str>]>,
}

#[pymethods]
impl Landed {
    fn __call__(&self, task: &Bound<'_, PyAny>) {
        let py = task.py();
        let found = task.call_method0("result").and_then(|found| facts(&found, &self.serves));
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // Sending fails if the decision was dropped.
            let _ = sender.send(found.map_err(|error| resolver_error(py, &error)));
        }
    }
}
