//! Reload: a policy's files are watched.

use super::process::Running;
use super::{Engine, Seconds, Swap};
use crate::diagnostic::Diagnostic;
use placet_engine::{Reload, ReloadCause, ReloadError, ReloadOptions};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps the policy of an engine that of its files, until it is closed or let go; made by `watch`.
///
/// It is a context manager, which closes it.
#[pyclass(frozen, module = "placet")]
pub(crate) struct Reloader {
    inner: Mutex<Option<Arc<placet_engine::Reloader>>>,
    /// The process whose thread watches.
    process: u32,
}

/// What came of looking at a policy's files once. As text, it is a line for a log.
///
/// Attributes
/// ----------
/// cause : {"start", "change", "call"}
///     FailureReason they were looked at.
/// outcome : {"swapped", "kept", "unchanged"}
///     Their policy decides now; or it is not fit, and the one so far does; or it is the one that does.
/// elapsed : float
///     How long it took to read, compile, test and swap, in seconds.
#[pyclass(frozen, module = "placet")]
pub(crate) struct ReloadReport {
    inner: Arc<placet_engine::ReloadReport>,
}

/// How often a policy's files were looked at, by what came of it.
///
/// Attributes
/// ----------
/// swapped : int
///     Their policy was swapped in.
/// unchanged : int
///     It was the one that decides.
/// failed : int
///     It was not fit.
#[pyclass(frozen, eq, hash, get_all, module = "placet")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct ReloadCounts {
    swapped: u64,
    unchanged: u64,
    failed: u64,
}

/// Watches a policy's file, and what it imports, for an engine.
///
/// A change leads to one look at all the files, on a thread of its own. The policy in them is compiled, which is to say
/// that its proofs hold, its tests are run, and only then does it take the place of the one so far, whole. Otherwise the
/// one so far stays until the next change.
///
/// Once this returns, what decides is what the file says, if it is fit.
///
/// Parameters
/// ----------
/// engine : Engine
///     Whose policy it is.
/// path : str or os.PathLike
///     The policy, as for `Policy.from_file`.
/// on_report : callable, optional
///     Called with a `ReloadReport` after each look, the first one included, on the thread that watches. What it raises
///     goes to `sys.unraisablehook`.
/// events : bool, default True
///     Whether the system tells of changes. It does not on most network file systems; there, poll.
/// poll : float or datetime.timedelta, optional
///     How often the files are read to see whether they have changed, in seconds; never if nothing is said.
/// quiet : float or datetime.timedelta, default 0.1
///     How long nothing may have changed before the files are looked at, in seconds.
///
/// Returns
/// -------
/// Reloader
///
/// Raises
/// ------
/// OSError
///     If the file's folder can't be watched. That the file is not there or does not compile is reported.
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
        let report = move |report: &Arc<_>| tell(callback.as_ref(), report);
        placet_engine::Reloader::watch_with(&engine, path, &options, report)
    });
    let inner = watched.map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok(Reloader { inner: Mutex::new(Some(Arc::new(inner))), process: std::process::id() })
}

/// Calls a callback with a report.
fn tell(callback: Option<&Py<PyAny>>, report: &Arc<placet_engine::ReloadReport>) {
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

    /// Lets go of what watches. The thread that calls back may need the GIL to end.
    fn end(&self, py: Python<'_>) {
        let inner = self.inner().take();
        if self.process == std::process::id() {
            py.detach(|| drop(inner));
        } else {
            // There is no thread to wait for.
            std::mem::forget(inner);
        }
    }
}

impl Drop for Reloader {
    fn drop(&mut self) {
        // It is let go of by Python, or there is none any more.
        Python::try_attach(|py| self.end(py));
    }
}

#[pymethods]
impl Reloader {
    /// Looks at the files now, changed or not, and waits for what comes of it.
    ///
    /// Returns
    /// -------
    /// ReloadReport
    ///     The callback gets it as well, perhaps later.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     If it is closed.
    fn reload_now(&self, py: Python<'_>) -> PyResult<ReloadReport> {
        let reloader = self.open()?;
        Ok(ReloadReport { inner: py.detach(move || reloader.reload_now()) })
    }

    /// How often the files have been looked at, by what came of it.
    ///
    /// Returns
    /// -------
    /// ReloadCounts
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     If it is closed.
    fn counts(&self) -> PyResult<ReloadCounts> {
        let counts = self.open()?.counts();
        Ok(ReloadCounts { swapped: counts.swapped, unchanged: counts.unchanged, failed: counts.failed })
    }

    /// Stops watching. A look that is under way is waited for, with its callback: after that, nothing is swapped and the
    /// callback is not called.
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

    /// Swap or None: Both policies, if one was swapped in.
    #[getter]
    fn swap(&self) -> Option<Swap> {
        self.inner.swapped().map(|swapped| Swap::from(&swapped.swap))
    }

    /// str or None: FailureReason the policy so far was kept, if the files' policy is not fit.
    #[getter]
    fn error(&self) -> Option<String> {
        self.inner.error().map(ToString::to_string)
    }

    /// tuple of Diagnostic: The faults of a policy that does not compile, or what is doubtful in one that was swapped in.
    #[getter]
    fn diagnostics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (faults, sources) = match &self.inner.reload {
            Reload::Swapped(swapped) => (swapped.warnings(), swapped.swap.new.policy().sources()),
            Reload::Kept(ReloadError::Compile(error)) => (&*error.diagnostics, &error.sources),
            _ => return Ok(PyTuple::empty(py)),
        };
        PyTuple::new(py, faults.iter().map(|fault| Diagnostic::new(fault, sources)))
    }

    /// tuple of str: The tests that fail, with what was expected and what came instead; the first of many.
    #[getter]
    fn failed_tests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.inner.reload {
            Reload::Kept(ReloadError::Tests(tests)) => {
                PyTuple::new(py, tests.failed.iter().map(ToString::to_string))
            }
            _ => Ok(PyTuple::empty(py)),
        }
    }

    /// tuple of str: What keeps changes from being noticed, where something does.
    #[getter]
    fn unwatched<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.inner.unwatched.iter().map(ToString::to_string))
    }

    /// What changed from the old policy to the new one, as the JSON of ``placet diff``: found when it is first called,
    /// which may take as long as compiling.
    ///
    /// Returns
    /// -------
    /// dict or None
    ///     None if nothing was swapped.
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
