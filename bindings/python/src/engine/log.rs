//! The Python view of a decision log.

use super::{Seconds, process};
use crate::incremental::Names;
use placet::Effect;
use placet::with_sources;
use placet_engine::LogError;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString, PyTuple};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A decision log in a file: JSON Lines, written by a background thread; for ``Engine(..., log=...)``.
///
/// Recording never waits for the file. If too many bytes wait to be written, lines are dropped, and the log records
/// their number. The log contains no values of requests, unless `values` names their attributes.
/// ``crates/placet-engine/decision-log.md`` describes the format.
///
/// The log is a context manager that closes it. The interpreter flushes it at exit.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
///     The path of the file. Lines are appended; a missing file is created.
/// values : iterable of str, default ()
///     The attributes whose values are logged.
/// classes : bool, default False
///     Whether the classes of all values are logged, which ``placet replay`` reads. A class can be personal data: it may
///     say who is a minor.
/// keep : mapping of str to float, optional
///     The shares of the answers to log, from 0 to 1, by effect; 1 for effects that it leaves out.
/// keep_errors : float, default 1.0
///     The share of the erroneous requests to log.
/// capacity : int, default 4194304
///     The maximum number of bytes that wait to be written.
/// timeout : float or datetime.timedelta, default 10.0
///     How long `flush` and `close` wait for a disk that hangs, in seconds.
///
/// Raises
/// ------
/// OSError
///     If the file can't be opened.
#[pyclass(frozen, module = "placet")]
pub(crate) struct DecisionLog {
    inner: placet_engine::DecisionLog,
    number: u64,
}

/// Counters of a decision log's lines.
///
/// Attributes
/// ----------
/// written : int
///     Lines written to the file.
/// sampled_out : int
///     Lines outside the sampled share.
/// dropped : int
///     Lines dropped because too many bytes waited to be written, or because the log was closed.
/// failed : int
///     Lines lost when the log was closed, because the file could not be written.
/// write_errors : int
///     The number of failed writes to the file (not a number of lines).
#[pyclass(frozen, eq, hash, get_all, module = "placet")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct LogCounts {
    written: u64,
    sampled_out: u64,
    dropped: u64,
    failed: u64,
    write_errors: u64,
}

/// The live logs and their numbers. The exit handler flushes them.
static LOGS: Mutex<Vec<(u64, placet_engine::DecisionLog)>> = Mutex::new(Vec::new());

fn logs() -> MutexGuard<'static, Vec<(u64, placet_engine::DecisionLog)>> {
    LOGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Flushes all live logs at exit.
pub(super) fn flush_all() {
    let open: Vec<placet_engine::DecisionLog> = logs().iter().map(|(_, log)| log.clone()).collect();
    for log in open {
        // The interpreter is ending, so there is no caller to report an error to.
        let _ = log.flush();
    }
}

impl DecisionLog {
    pub(super) fn inner(&self) -> &placet_engine::DecisionLog {
        &self.inner
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        logs().retain(|(number, _)| *number != self.number);
    }
}

fn failed(error: LogError) -> PyErr {
    PyOSError::new_err(with_sources(&error))
}

/// Parses the name of an effect.
fn effect(word: &Bound<'_, PyAny>) -> PyResult<Effect> {
    match word.cast::<PyString>()?.to_str()? {
        "allow" => Ok(Effect::Allow),
        "deny" => Ok(Effect::Deny),
        "indeterminate" => Ok(Effect::Indeterminate),
        other => Err(PyValueError::new_err(format!("{other:?} is no effect"))),
    }
}

#[pymethods]
impl DecisionLog {
    #[new]
    #[pyo3(
        signature = (path, *, values=None, classes=false, keep=None, keep_errors=None, capacity=None, timeout=None),
        text_signature = "(path, *, values=(), classes=False, keep=None, keep_errors=1.0, capacity=4194304, timeout=10.0)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        values: Option<Names>,
        classes: bool,
        keep: Option<&Bound<'_, PyMapping>>,
        keep_errors: Option<f64>,
        capacity: Option<usize>,
        timeout: Option<Seconds>,
    ) -> PyResult<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        process::attend(py)?;
        let mut builder = placet_engine::DecisionLog::builder();
        for name in values.iter().flat_map(|names| &names.0) {
            builder = builder.value(name);
        }
        if classes {
            builder = builder.classes();
        }
        if let Some(keep) = keep {
            for entry in keep.items()?.iter() {
                let (word, share) = entry.extract::<(Bound<'_, PyAny>, f64)>()?;
                builder = builder.keep(effect(&word)?, share);
            }
        }
        if let Some(share) = keep_errors {
            builder = builder.keep_errors(share);
        }
        if let Some(bytes) = capacity {
            builder = builder.capacity(bytes);
        }
        if let Some(time) = timeout {
            builder = builder.timeout(time.0);
        }
        let inner = py.detach(|| builder.to_file(path)).map_err(failed)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        logs().push((number, inner.clone()));
        Ok(Self { inner, number })
    }

    /// Waits until the operating system has all lines that were recorded before the call.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file can't be written or the wait takes too long. The lines are kept and written later.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.flush()).map_err(failed)
    }

    /// Reopens the file by its path, for log rotation by a signal. Lines recorded after the call go to the file that
    /// has the path then. On Unix the log notices a renamed or removed file by itself.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     Like `flush`; or if the file can't be opened, in which case the log keeps writing to the old file.
    fn reopen(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.reopen()).map_err(failed)
    }

    /// Writes the remaining lines and closes the log. Later lines are dropped and counted.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If lines could not be written and are lost, or if writing takes too long.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.close()).map_err(failed)
    }

    /// Returns how many lines were written, and how many were not.
    ///
    /// Returns
    /// -------
    /// LogCounts
    fn counts(&self) -> LogCounts {
        let counts = self.inner.counts();
        LogCounts {
            written: counts.written,
            sampled_out: counts.sampled_out,
            dropped: counts.dropped,
            failed: counts.failed,
            write_errors: counts.write_errors,
        }
    }

    /// str or None: The reason why the last write failed; None if it succeeded.
    #[getter]
    fn trouble(&self) -> Option<String> {
        self.inner.trouble().map(|error| with_sources(&error))
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err("a decision log can't be pickled: its thread belongs to a process"))
    }
}

#[pymethods]
impl LogCounts {
    fn __repr__(&self) -> String {
        let Self { written, sampled_out, dropped, failed, write_errors } = self;
        format!(
            "<LogCounts {written} written, {sampled_out} sampled out, {dropped} dropped, {failed} failed, \
             {write_errors} errors>"
        )
    }
}
