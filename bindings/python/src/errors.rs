//! Converts the errors of the Rust crates to Python exceptions.

use crate::diagnostic::Diagnostic;
use placet::{
    BindError, CompileError, FileError, FileKind, LoadError, OpenError, RequestError, with_sources,
};
use placet_engine::{BuildError, KeyError, SwapError};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};
use std::path::Path;

/// The reason why a request can't be decided.
pub(crate) enum Fault {
    /// The request is erroneous.
    Request(RequestError),
    /// Python code raised an exception while the request was read.
    Raised(PyErr),
}

impl From<RequestError> for Fault {
    #[cold]
    fn from(error: RequestError) -> Self {
        Fault::Request(error)
    }
}

impl From<PyErr> for Fault {
    #[cold]
    fn from(error: PyErr) -> Self {
        Fault::Raised(error)
    }
}

impl Fault {
    #[cold]
    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Fault::Request(error) => request(py, error),
            Fault::Raised(error) => error,
        }
    }
}

/// Returns a `placet.RequestError`.
#[cold]
pub(crate) fn request(py: Python<'_>, error: RequestError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let arguments = (error.message, error.code.as_str(), error.attribute, error.expected);
    raised(CLASS.import(py, "placet._errors", "RequestError").and_then(|class| class.call1(arguments)))
}

/// Returns the `placet.PolicyError` of a policy that does not compile. The message contains the errors; `diagnostics`
/// contains the warnings too.
pub(crate) fn compile(py: Python<'_>, error: &CompileError) -> PyErr {
    let diagnostics: Vec<Diagnostic> =
        error.diagnostics.iter().map(|fault| Diagnostic::new(fault, &error.sources)).collect();
    let lines: Vec<String> =
        diagnostics.iter().filter(|fault| fault.is_error()).map(Diagnostic::to_string).collect();
    policy(py, &lines.join("\n"), diagnostics)
}

/// Returns the `placet.PolicyError` of bytes that are not a saved policy.
pub(crate) fn load(py: Python<'_>, error: &LoadError) -> PyErr {
    policy(py, &with_sources(error), Vec::new())
}

/// Returns the exception of a policy file that can't be opened: an `OSError` or a `placet.PolicyError`.
pub(crate) fn open(py: Python<'_>, error: OpenError, path: &Path) -> PyErr {
    match error {
        OpenError::Compile(error) => compile(py, &error),
        OpenError::Read { error: FileError::Io(error), .. } => match error.raw_os_error() {
            // Given an error number, Python picks the subclass, such as `FileNotFoundError`.
            Some(number) => {
                let reason = error.to_string();
                let reason = reason.split(" (os error").next().unwrap_or_default().to_owned();
                PyOSError::new_err((number, reason, path.as_os_str().to_owned()))
            }
            None => error.into(),
        },
        // EISDIR, EINVAL and EFBIG have the same numbers on all systems.
        OpenError::Read { error, .. } => {
            let number = match &error {
                FileError::NotRegular(FileKind::Folder) => 21,
                FileError::TooLarge { .. } => 27,
                _ => 22,
            };
            PyOSError::new_err((number, error.to_string(), path.as_os_str().to_owned()))
        }
        other => policy(py, &with_sources(&other), Vec::new()),
    }
}

/// Returns the `placet.BindError` of fields that don't fit a policy.
pub(crate) fn bind(py: Python<'_>, error: &BindError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let mismatches = PyTuple::new(py, error.mismatches.iter().map(ToString::to_string));
    raised(mismatches.and_then(|mismatches| {
        CLASS.import(py, "placet._errors", "BindError")?.call1((error.to_string(), mismatches))
    }))
}

/// Returns a `placet.PolicyError`.
pub(crate) fn policy(py: Python<'_>, message: &str, diagnostics: Vec<Diagnostic>) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    raised(PyTuple::new(py, diagnostics).and_then(|diagnostics| {
        CLASS.import(py, "placet._errors", "PolicyError")?.call1((message, diagnostics))
    }))
}

/// Returns the `placet.InvalidKeyError` of a key that an engine rejects.
#[cold]
pub(crate) fn key(py: Python<'_>, error: &KeyError) -> PyErr {
    let message = error.to_string();
    match error {
        KeyError::Unknown { key, suggestion } => {
            invalid_key(py, &message, "unknown", key, None, suggestion.as_deref())
        }
        KeyError::WrongType { key, expected, .. } => {
            invalid_key(py, &message, "wrong_type", key, Some(&expected.to_string()), None)
        }
        KeyError::OutsideDomain { key, expected } => {
            invalid_key(py, &message, "outside_domain", key, Some(expected), None)
        }
        other => invalid_key(py, &message, "wrong_type", other.key(), None, None),
    }
}

/// Returns the `placet.InvalidKeyError` of a key without a value.
#[cold]
pub(crate) fn key_without_value(py: Python<'_>, key: &str) -> PyErr {
    invalid_key(py, &format!("the key `{key}` has no value"), "wrong_type", key, Some("a value"), None)
}

/// Returns the exception of resolvers or keys that don't fit together.
pub(crate) fn build(py: Python<'_>, error: &BuildError) -> PyErr {
    let message = error.to_string();
    match error {
        BuildError::UnknownKey { key, suggestion, .. } => {
            invalid_key(py, &message, "unknown", key, None, suggestion.as_deref())
        }
        BuildError::UnusedKey { key, suggestion } => {
            invalid_key(py, &message, "unused", key, None, suggestion.as_deref())
        }
        BuildError::KeyTypes { key, first, .. } => {
            invalid_key(py, &message, "wrong_type", key, Some(&first.to_string()), None)
        }
        _ => PyValueError::new_err(message),
    }
}

/// Returns the exception of a policy that doesn't fit an engine's keys.
pub(crate) fn swap(py: Python<'_>, error: &SwapError) -> PyErr {
    let message = error.to_string();
    match error {
        SwapError::KeyType { key, engine, .. } => {
            invalid_key(py, &message, "wrong_type", key, Some(&engine.to_string()), None)
        }
        SwapError::UnknownKey { key, suggestion, .. } => {
            invalid_key(py, &message, "unknown", key, None, suggestion.as_deref())
        }
        _ => PyValueError::new_err(message),
    }
}

fn invalid_key(
    py: Python<'_>,
    message: &str,
    code: &str,
    key: &str,
    expected: Option<&str>,
    suggestion: Option<&str>,
) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "placet._errors", "InvalidKeyError");
    raised(class.and_then(|class| class.call1((message, code, key, expected, suggestion))))
}

pub(crate) fn raised(made: PyResult<Bound<'_, PyAny>>) -> PyErr {
    made.map_or_else(|error| error, PyErr::from_value)
}
