//! The decision log.

use super::{Seconds, process};
use crate::incremental::Names;
use placet::Effect;
use placet_engine::LogError;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString, PyTuple};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A log of decisions in a file: JSON Lines, written by a thread of its own; for ``Engine(..., log=...)``.
///
/// Recording never waits for the file: where too much waits to be written, lines are dropped and counted, and the log says
/// how many were. No value of a request is ever in it, unless `values` names its attribute. The format is described in
/// ``crates/placet-engine/decision-log.md``.
///
/// It is a context manager, which closes it. When the interpreter ends, it is flushed.
///
/// Parameters
/// ----------
/// path : str or os.PathLike
///     The file, which is appended to, and created where there is none.
/// values : iterable of str, default ()
///     The attributes whose values are logged too.
/// keep : mapping of str to float, optional
///     The shares of the answers that are logged, from 0 to 1, by their effects; all of those that it does not name.
/// keep_errors : float, default 1.0
///     The share of the erroneous requests that is logged.
/// capacity : int, default 4194304
///     How many bytes of lines may wait to be written.
/// patience : float or datetime.timedelta, default 10.0
///     How long a disk that hangs is waited for, in seconds.
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

/// How many lines were recorded, and what became of them.
///
/// Attributes
/// ----------
/// written : int
///     Written to the file.
/// sampled_out : int
///     Not one of the share that is kept.
/// dropped : int
///     Dropped, as too much waited to be written, or the log was closed.
/// failed : int
///     Given up when the log was closed, as the file could not be written.
/// write_errors : int
///     Not lines: how often the file could not be written.
#[pyclass(frozen, eq, hash, get_all, module = "placet")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct LogCounts {
    written: u64,
    sampled_out: u64,
    dropped: u64,
    failed: u64,
    write_errors: u64,
}

/// The logs that are there, by their numbers.
static LOGS: Mutex<Vec<(u64, placet_engine::DecisionLog)>> = Mutex::new(Vec::new());

fn logs() -> MutexGuard<'static, Vec<(u64, placet_engine::DecisionLog)>> {
    LOGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes what waits in the logs that are there.
pub(super) fn flush_all() {
    let open: Vec<placet_engine::DecisionLog> = logs().iter().map(|(_, log)| log.clone()).collect();
    for log in open {
        // Nobody is left to be told.
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
    PyOSError::new_err(error.to_string())
}

/// The effect that is named.
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
        signature = (path, *, values=None, keep=None, keep_errors=None, capacity=None, patience=None),
        text_signature = "(path, *, values=(), keep=None, keep_errors=1.0, capacity=4194304, patience=10.0)"
    )]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        values: Option<Names>,
        keep: Option<&Bound<'_, PyMapping>>,
        keep_errors: Option<f64>,
        capacity: Option<usize>,
        patience: Option<Seconds>,
    ) -> PyResult<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        process::attend(py)?;
        let mut builder = placet_engine::DecisionLog::builder();
        for name in values.iter().flat_map(|names| &names.0) {
            builder = builder.value(name);
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
        if let Some(time) = patience {
            builder = builder.patience(time.0);
        }
        let inner = py.detach(|| builder.to_file(path)).map_err(failed)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        logs().push((number, inner.clone()));
        Ok(Self { inner, number })
    }

    /// Waits until all that was recorded before is with the operating system.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If it can't be written now: it is kept, and tried again later; or if it takes too long.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.flush()).map_err(failed)
    }

    /// Opens the file anew, for those who rotate logs by a signal: what is recorded after this returns is in the one that
    /// has the log's name then. On Unix a file that was renamed or removed is noticed without this.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     As `flush`, or if the file can't be opened: then the old one is written on.
    fn reopen(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.reopen()).map_err(failed)
    }

    /// Writes what is left and ends the log. What is recorded later is dropped and counted.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If something could not be written, which is lost then, or it takes too long.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.close()).map_err(failed)
    }

    /// How many lines were written, and how many were not.
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

    /// str or None: FailureReason the file could not be written when that was last tried; None where it could.
    #[getter]
    fn trouble(&self) -> Option<String> {
        self.inner.trouble().map(|error| error.to_string())
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
