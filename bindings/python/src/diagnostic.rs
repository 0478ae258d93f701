//! The Python view of a compiler diagnostic.

use crate::pickle;
use placet::{Severity, Sources};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::borrow::Cow;
use std::fmt;

/// A fault of a policy: the problem, its location, and the likely fix.
///
/// Attributes
/// ----------
/// code : str
///     The code of the fault, such as ``"P0306"``; stable between versions.
/// severity : {"error", "warning"}
///     The severity. A policy with warnings alone compiles.
/// message : str
///     The message, in one sentence.
/// file : str or None
///     The name of the file; None for a fault without a location.
/// line, column : int or None
///     The location in the file, from 1; columns count characters.
/// help : str or None
///     The likely fix; None without one.
/// notes : tuple of str
///     Additional facts.
#[pyclass(frozen, eq, hash, module = "placet")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Diagnostic {
    pub(crate) code: Cow<'static, str>,
    #[pyo3(get)]
    pub(crate) severity: &'static str,
    #[pyo3(get)]
    pub(crate) message: String,
    #[pyo3(get)]
    pub(crate) file: Option<String>,
    #[pyo3(get)]
    pub(crate) line: Option<usize>,
    #[pyo3(get)]
    pub(crate) column: Option<usize>,
    #[pyo3(get)]
    pub(crate) help: Option<String>,
    pub(crate) notes: Vec<String>,
}

impl Diagnostic {
    pub(crate) fn new(fault: &placet::Diagnostic, sources: &Sources) -> Self {
        let location = fault.span().map(|span| (sources.name(span.file), sources.position(span)));
        Self {
            code: fault.code.as_str().into(),
            severity: match fault.severity {
                Severity::Warning => "warning",
                _ => "error",
            },
            message: fault.message.clone(),
            file: location.map(|(file, _)| file.to_owned()),
            line: location.map(|(_, (line, _))| line),
            column: location.map(|(_, (_, column))| column),
            help: fault.help.clone(),
            notes: fault.notes.clone(),
        }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.severity == "error"
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(file), Some(line), Some(column)) = (&self.file, self.line, self.column) {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

#[pymethods]
impl Diagnostic {
    #[getter]
    fn code(&self) -> &str {
        &self.code
    }

    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.notes)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let Self { code, severity, message, file, line, column, help, notes } = self;
        pickle::reduced(py, "_diagnostic", (code, severity, message, file, line, column, help, notes))
    }

    fn __str__(&self) -> String {
        self.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Diagnostic {}>", self.to_string().lines().next().unwrap_or_default())
    }
}
