//! Drives decisions on an asyncio event loop.
//!
//! A decision is a Rust future. The loop polls it when a waker schedules it with `call_soon_threadsafe`, so that no
//! thread blocks while the decision waits. The result goes to an `asyncio.Future`.

use super::answer::Answer;
use super::process;
use crate::errors;
use placet::RequestError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A decision that waits for facts.
pub(super) type Deciding = Pin<Box<dyn Future<Output = Result<placet_engine::Answer, RequestError>> + Send>>;

/// Returns the event loop that runs in this thread; `None` without one.
pub(super) fn running(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    // Unlike `get_running_loop`, it raises no exception without a loop, and blocking calls are the common case.
    let running = RUNNING.import(py, "asyncio", "_get_running_loop")?.call0()?;
    Ok((!running.is_none()).then_some(running))
}

/// Polls a decision and returns a future of the running loop. Cancelling the future drops the decision.
pub(super) fn drive(py: Python<'_>, deciding: Deciding) -> PyResult<Bound<'_, PyAny>> {
    static LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static CONTEXT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let event_loop = LOOP.import(py, "asyncio", "get_running_loop")?.call0()?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    // Resolvers see the context variables of the caller, including resolvers that are called from a later poll.
    let context = CONTEXT.import(py, "contextvars", "copy_context")?.call0()?;
    let driven = Bound::new(
        py,
        Driven {
            deciding: Mutex::new(Some(deciding)),
            event_loop: event_loop.unbind(),
            future: future.clone().unbind(),
            in_context: [(intern!(py, "context"), context)].into_py_dict(py)?.unbind(),
            is_due: AtomicBool::new(false),
        },
    )?;
    future.call_method1(intern!(py, "add_done_callback"), (driven.getattr(intern!(py, "end"))?,))?;
    Driven::__call__(&driven)?;
    Ok(future)
}

/// A decision and the loop's future that waits for it.
#[pyclass(frozen)]
struct Driven {
    deciding: Mutex<Option<Deciding>>,
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
    /// Keyword arguments for the loop's `call_soon_threadsafe`.
    in_context: Py<PyDict>,
    /// True while a poll is scheduled, so that several wake-ups schedule one poll.
    is_due: AtomicBool,
}

impl Driven {
    /// Locks the decision. Don't hold the guard while polling: polling may call Python code, which may cancel the
    /// decision.
    fn deciding(&self) -> MutexGuard<'_, Option<Deciding>> {
        self.deciding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_done(&self, py: Python<'_>) -> PyResult<bool> {
        self.future.bind(py).call_method0(intern!(py, "done"))?.is_truthy()
    }

    /// Schedules a poll on the loop.
    fn call_soon(slf: &Py<Self>, py: Python<'_>) -> PyResult<()> {
        let driven = slf.get();
        let soon = driven.event_loop.bind(py).getattr(intern!(py, "call_soon_threadsafe"))?;
        soon.call((slf,), Some(driven.in_context.bind(py))).map(drop)
    }
}

#[pymethods]
impl Driven {
    /// Polls the decision. Called by the loop.
    fn __call__(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, driven) = (slf.py(), slf.get());
        driven.is_due.store(false, Ordering::Release);
        // The decision is taken out while it is polled, so that `end` can run meanwhile without a deadlock.
        let Some(mut deciding) = driven.deciding().take() else { return Ok(()) };
        if driven.is_done(py)? {
            return Ok(());
        }
        let waker = Waker::from(Arc::new(LoopWaker(slf.clone().unbind())));
        let polled = deciding.as_mut().poll(&mut Context::from_waker(&waker));
        if driven.is_done(py)? {
            return Ok(());
        }
        let decided = match polled {
            Poll::Pending => {
                *driven.deciding() = Some(deciding);
                return Ok(());
            }
            Poll::Ready(decided) => decided.map_err(|error| errors::request(py, error)),
        };
        let future = driven.future.bind(py);
        match decided.and_then(|answer| Answer::new(py, answer)) {
            Ok(answer) => future.call_method1(intern!(py, "set_result"), (answer,))?,
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error.into_value(py),))?,
        };
        Ok(())
    }

    /// Drops the decision when its future is done or cancelled.
    fn end(&self, _future: &Bound<'_, PyAny>) {
        let deciding = self.deciding().take();
        drop(deciding);
    }
}

/// A waker that any thread may call.
struct LoopWaker(Py<Driven>);

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        if self.0.get().is_due.swap(true, Ordering::AcqRel) {
            return;
        }
        let Some(_running) = process::Running::begin() else { return };
        let called = Python::attach(|py| Driven::call_soon(&self.0, py));
        if called.is_err() {
            // The loop is closed, so that nobody can receive the answer.
            let deciding = self.0.get().deciding().take();
            drop(deciding);
        }
    }
}
