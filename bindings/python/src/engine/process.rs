//! What the threads that fetch don't outlive: the interpreter, and forks.

use super::log;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long calls that are under way are waited for when the interpreter ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether this process, or one that it was forked from, has had threads that fetch.
static HAS_THREADS: AtomicBool = AtomicBool::new(false);
/// Whether they stayed behind in a process that this one was forked from.
static IS_ORPHAN: AtomicBool = AtomicBool::new(false);

/// The calls of Python's code on threads of Rust's.
static CALLS: Mutex<Calls> = Mutex::new(Calls { running: 0, are_over: false });
static ENDED: Condvar = Condvar::new();

struct Calls {
    running: usize,
    are_over: bool,
}

fn calls() -> MutexGuard<'static, Calls> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call of Python's code on a thread of Rust's, which the end of the interpreter waits for.
pub(super) struct Running;

impl Running {
    /// Begins a call, unless the interpreter ends.
    pub(super) fn begin() -> Option<Self> {
        let mut calls = calls();
        if calls.are_over {
            return None;
        }
        calls.running += 1;
        Some(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        calls().running -= 1;
        ENDED.notify_all();
    }
}

/// Has Python tell of its end and of forks.
pub(super) fn attend(py: Python<'_>) -> PyResult<()> {
    static ATTENDED: PyOnceLock<()> = PyOnceLock::new();
    ATTENDED
        .get_or_try_init(py, || {
            py.import("atexit")?.call_method1("register", (wrap_pyfunction!(ending, py)?,))?;
            if let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? {
                let keywords = [("after_in_child", wrap_pyfunction!(forked, py)?)];
                register.call((), Some(&pyo3::types::IntoPyDict::into_py_dict(keywords, py)?))?;
            }
            Ok(())
        })
        .copied()
}

/// Notes that there are threads that fetch.
pub(super) fn has_threads() {
    HAS_THREADS.store(true, Ordering::Relaxed);
}

/// FailureReason nothing can be fetched here, if so.
pub(super) fn why_not() -> Option<&'static str> {
    IS_ORPHAN.load(Ordering::Relaxed).then_some(
        "nothing can be fetched in a process that was forked from one that has fetched: fork before, or spawn",
    )
}

/// Ends the calls: from now on there are none, and those under way are waited for, though not for ever. Then logs are
/// written.
#[pyfunction]
fn ending(py: Python<'_>) {
    if IS_ORPHAN.load(Ordering::Relaxed) {
        return;
    }
    py.detach(|| {
        let mut calls = calls();
        calls.are_over = true;
        // What is still running then is left to its fate.
        drop(ENDED.wait_timeout_while(calls, PATIENCE, |calls| calls.running > 0));
        log::flush_all();
    });
}

#[pyfunction]
fn forked() {
    IS_ORPHAN.store(HAS_THREADS.load(Ordering::Relaxed), Ordering::Relaxed);
}
