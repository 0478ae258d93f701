//! The Python view of policy reloading.

use super::process::Running;
use super::{Engine, Seconds, Swap};
use crate::diagnostic::Diagnostic;
use placet::with_sources;
use placet_engine::{Reload, ReloadCause, ReloadError, ReloadOptions};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A watcher that reloads an engine's policy when its files change, made by `watch`.
///
/// It is a context manager that closes it. It also stops when the object is deleted.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Reloader {
    inner: Mutex<Option<Arc<placet_engine::Reloader>>>,
    /// The process with the watcher's thread; a fork doesn't have it.
    process: u32,
}

/// The report of one reload. As a string, it is a line for a log.
///
/// Attributes
/// ----------
/// cause : {"start", "change", "call"}
///     The cause of the reload: the start of watching, a change of the files, or a call of `reload_now`.
/// outcome : {"swapped", "kept", "unchanged"}
///     ``"swapped"``: the files' policy replaced the previous one. ``"kept"``: the files' policy was rejected and the
///     previous one stays. ``"unchanged"``: both are the same.
/// elapsed : float
///     The time to read, compile, test and swap, in seconds.
#[pyclass(frozen, module = "placet")]
pub(crate) struct ReloadReport {
    inner: Arc<placet_engine::ReloadReport>,
}

/// Counters of reloads by their outcomes.
///
/// Attributes
/// ----------
/// swapped : int
///     Reloads that replaced the policy.
/// unchanged : int
///     Reloads that found the same policy.
/// failed : int
///     Reloads that rejected the files' policy.
#[pyclass(frozen, eq, hash, get_all, module = "placet")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct ReloadCounts {
    swapped: u64,
    unchanged: u64,
    failed: u64,
}

/// Watches a policy's file and its imports, and reloads an engine's policy when they change.
///
/// A change triggers one reload of all files, on a background thread. The new policy is compiled, which checks its
/// proofs, and its tests are run. Only if all succeed does it replace the previous policy, atomically. Otherwise the
/// previous policy stays until the next change.
///
/// When this function returns, the engine has the policy of the file, unless that policy was rejected.
///
/// Parameters
/// ----------
/// engine : Engine
///     The engine whose policy is reloaded.
/// path : str or os.PathLike
///     The policy's file, like for `Policy.from_file`.
/// on_report : callable, optional
///     Called with a `ReloadReport` after each reload, including the first, on the background thread. Exceptions that
///     it raises go to `sys.unraisablehook`.
/// events : bool, default True
///     Use change events of the operating system. Most network file systems have none; use `poll` there.
/// poll : float or datetime.timedelta, optional
///     The interval at which the files are read and compared, in seconds; no polling by default.
/// quiet : float or datetime.timedelta, default 0.1
///     How long the files must be unchanged before a reload, in seconds.
///
/// Returns
/// -------
/// Reloader
///
/// Raises
/// ------
/// OSError
///     If the file's folder can't be watched. A missing file, or one that does not compile, is reported instead.
#[pyfunction]
#[pyo3(signature = (engine, path, *, on_report=None, events=true, poll=None, quiet=None),
       text_signature = "(engine, path, *, on_report=None, events=True, poll=None, quiet=0.1)")]
pub(crate) fn watch(
    py: Python<'_>,
    engine: &Bound<'_, Engine>,
    path: PathBuf,
    on_report: Option<Bound<'_, PyAny>>,
    events: bool,
    poll: Option<Seconds>,
    quiet: Option<Seconds>,
) -> PyResult<Reloader> {
    if on_report.as_ref().is_some_and(|callback| !callback.is_callable()) {
        return Err(PyTypeError::new_err("on_report is called, which this can't be"));
    }
    let mut options = ReloadOptions::default();
    options.events = events;
    options.poll = poll.map(|time| time.0);
    options.quiet = quiet.map_or(options.quiet, |time| time.0);
    let callback = on_report.map(Bound::unbind);
    let engine = engine.get().inner.clone();
    let watched = py.detach(|| {
        let report = move |report: &Arc<_>| notify(callback.as_ref(), report);
        placet_engine::Reloader::watch_with(&engine, path, &options, report)
    });
    let inner = watched.map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok(Reloader { inner: Mutex::new(Some(Arc::new(inner))), process: std::process::id() })
}

/// Calls the callback with a report.
fn notify(callback: Option<&Py<PyAny>>, report: &Arc<placet_engine::ReloadReport>) {
    let Some(callback) = callback else { return };
    let Some(_running) = Running::begin() else { return };
    Python::attach(|py| {
        if let Err(error) = callback.call1(py, (ReloadReport { inner: report.clone() },)) {
            error.write_unraisable(py, Some(callback.bind(py)));
        }
    });
}

impl Reloader {
    fn inner(&self) -> MutexGuard<'_, Option<Arc<placet_engine::Reloader>>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> PyResult<Arc<placet_engine::Reloader>> {
        if self.process != std::process::id() {
            return Err(PyRuntimeError::new_err(
                "the thread that watches stayed in the process that was forked",
            ));
        }
        self.inner().clone().ok_or_else(|| PyRuntimeError::new_err("the reloader is closed"))
    }

    /// Stops the watcher. Releases the GIL, which the background thread may need to finish a callback.
    fn end(&self, py: Python<'_>) {
        let inner = self.inner().take();
        if self.process == std::process::id() {
            py.detach(|| drop(inner));
        } else {
            // The thread doesn't exist in a fork, so dropping the watcher would wait for it forever.
            std::mem::forget(inner);
        }
    }
}

impl Drop for Reloader {
    fn drop(&mut self) {
        // Without an interpreter there is no callback to wait for.
        Python::try_attach(|py| self.end(py));
    }
}

#[pymethods]
impl Reloader {
    /// Reloads the files at once, changed or not, and waits for the outcome.
    ///
    /// Returns
    /// -------
    /// ReloadReport
    ///     The report. The callback receives it too, possibly later.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     If the reloader is closed.
    fn reload_now(&self, py: Python<'_>) -> PyResult<ReloadReport> {
        let reloader = self.open()?;
        Ok(ReloadReport { inner: py.detach(move || reloader.reload_now()) })
    }

    /// Returns the numbers of reloads by their outcomes.
    ///
    /// Returns
    /// -------
    /// ReloadCounts
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     If the reloader is closed.
    fn counts(&self) -> PyResult<ReloadCounts> {
        let counts = self.open()?.counts();
        Ok(ReloadCounts { swapped: counts.swapped, unchanged: counts.unchanged, failed: counts.failed })
    }

    /// Stops watching. Waits for a running reload and its callback; after the call, no policy is swapped and no
    /// callback is called.
    fn close(&self, py: Python<'_>) {
        self.end(py);
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) {
        self.end(py);
    }

    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err("a reloader can't be pickled: its thread belongs to a process"))
    }
}

#[pymethods]
impl ReloadReport {
    #[getter]
    fn cause(&self) -> &'static str {
        match self.inner.cause {
            ReloadCause::Start => "start",
            ReloadCause::Change => "change",
            _ => "call",
        }
    }

    #[getter]
    fn outcome(&self) -> &'static str {
        match &self.inner.reload {
            Reload::Swapped(_) => "swapped",
            Reload::Kept(_) => "kept",
            Reload::Unchanged(_) => "unchanged",
        }
    }

    #[getter]
    fn elapsed(&self) -> f64 {
        self.inner.elapsed.as_secs_f64()
    }

    /// Swap or None: Both policies, if the reload replaced the policy.
    #[getter]
    fn swap(&self) -> Option<Swap> {
        self.inner.swapped().map(|swapped| Swap::from(&swapped.swap))
    }

    /// str or None: The reason why the files' policy was rejected.
    #[getter]
    fn error(&self) -> Option<String> {
        self.inner.error().map(|error| with_sources(error))
    }

    /// tuple of Diagnostic: The faults of a policy that does not compile, or the warnings of one that was swapped in.
    #[getter]
    fn diagnostics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (faults, sources) = match &self.inner.reload {
            Reload::Swapped(swapped) => (swapped.warnings(), swapped.swap.new.policy().sources()),
            Reload::Kept(ReloadError::Compile(error)) => (&*error.diagnostics, &error.sources),
            _ => return Ok(PyTuple::empty(py)),
        };
        PyTuple::new(py, faults.iter().map(|fault| Diagnostic::new(fault, sources)))
    }

    /// tuple of str: The failed tests, with the expected and the actual result; the first of many.
    #[getter]
    fn failed_tests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.inner.reload {
            Reload::Kept(ReloadError::Tests(tests)) => {
                PyTuple::new(py, tests.failed.iter().map(ToString::to_string))
            }
            _ => Ok(PyTuple::empty(py)),
        }
    }

    /// tuple of str: The problems that prevent changes from being noticed; empty without any.
    #[getter]
    fn unwatched<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.inner.unwatched.iter().map(ToString::to_string))
    }

    /// Returns the differences between the previous and the new policy, like the JSON of ``placet diff``. The first
    /// call computes them, which may take as long as compiling.
    ///
    /// Returns
    /// -------
    /// dict or None
    ///     The differences; None if the policy was not replaced.
    fn difference<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let Some(swapped) = self.inner.swapped() else { return Ok(None) };
        let json = py.detach(|| serde_json::to_string(swapped.difference()));
        let json = json.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Some(LOADS.import(py, "json", "loads")?.call1((json,))?.cast_into()?))
    }

    fn __str__(&self) -> String {
        self.inner.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<ReloadReport {}>", self.inner)
    }
}

#[pymethods]
impl ReloadCounts {
    fn __repr__(&self) -> String {
        let Self { swapped, unchanged, failed } = self;
        format!("<ReloadCounts {swapped} swapped, {unchanged} unchanged, {failed} failed>")
    }
}
