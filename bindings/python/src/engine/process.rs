//! Handles the two events that resolver threads don't survive: interpreter exit and fork.
//!
//! Python code must not start on a Rust thread while the interpreter shuts down. An `atexit` handler rejects new calls,
//! waits for running ones, and flushes decision logs. A fork copies one thread only, so an engine refuses to fetch in a
//! child of a process that has fetched.

use super::log;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The maximum time that interpreter exit waits for running calls.
const PATIENCE: Duration = Duration::from_secs(5);

/// True if this process, or a process that it was forked from, has started resolver threads.
static HAS_THREADS: AtomicBool = AtomicBool::new(false);
/// True if this process is a fork of one with resolver threads, which don't exist here.
static IS_ORPHAN: AtomicBool = AtomicBool::new(false);

/// The state of the calls to Python from Rust threads.
static CALLS: Mutex<Calls> = Mutex::new(Calls { running: 0, are_over: false });
static ENDED: Condvar = Condvar::new();

struct Calls {
    running: usize,
    are_over: bool,
}

fn calls() -> MutexGuard<'static, Calls> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A guard of one call to Python from a Rust thread. Interpreter exit waits until it is dropped.
pub(super) struct Running;

impl Running {
    /// Begins a call; returns `None` during interpreter exit.
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

/// Registers the handlers for interpreter exit and forks, once.
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

/// Records that resolver threads exist.
pub(super) fn has_threads() {
    HAS_THREADS.store(true, Ordering::Relaxed);
}

/// Returns the reason why this process can't fetch; `None` if it can.
pub(super) fn why_not() -> Option<&'static str> {
    IS_ORPHAN.load(Ordering::Relaxed).then_some(
        "nothing can be fetched in a process that was forked from one that has fetched: fork before, or spawn",
    )
}

/// Rejects new calls, waits for running ones up to `PATIENCE`, and then flushes the logs.
#[pyfunction]
fn ending(py: Python<'_>) {
    if IS_ORPHAN.load(Ordering::Relaxed) {
        return;
    }
    py.detach(|| {
        let mut calls = calls();
        calls.are_over = true;
        // Calls that still run after the timeout are abandoned: exit must not hang.
        drop(ENDED.wait_timeout_while(calls, PATIENCE, |calls| calls.running > 0));
        log::flush_all();
    });
}

#[pyfunction]
fn forked() {
    IS_ORPHAN.store(HAS_THREADS.load(Ordering::Relaxed), Ordering::Relaxed);
}
