//! Tests and proofs of policies: `placet.Policy.test`, and the Python class `placet.Draft`.

use crate::errors;
use crate::policy::Policy;
use crate::questions::view;
use placet::{Fact, Limits, Location, ProofVerdict};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A policy whose proofs may fail: to be tested, not to decide with.
///
/// A policy with a proof that doesn't hold isn't a `Policy`: it raises a `PolicyError` instead. As a draft, it reports the
/// results of all its proofs and tests, with counterexamples.
///
/// Examples
/// --------
/// >>> import placet
/// >>> draft = placet.Draft.from_text('''
/// ...     policy shop
/// ...     request { age: int 0..150  email: bool }
/// ...     rule marketing { allow when email }
/// ...     prove no_children { never allow when age < 13 }
/// ...     test "no address" { given { email: false }  expect deny }
/// ... ''')
/// >>> for result in draft.test():
/// ...     print(result)
/// passed test no address
/// failed proof no_children: the counterexample is allowed by marketing
#[pyclass(frozen, module = "placet")]
pub(crate) struct Draft {
    draft: placet::Draft,
}

/// The JSON of a report.
#[derive(Serialize)]
struct ReportJson<'a> {
    policy: &'a str,
    results: Vec<ResultJson<'a>>,
}

/// The JSON of the result of a test or a proof.
#[derive(Serialize)]
struct ResultJson<'a> {
    kind: &'static str,
    name: &'a str,
    passed: bool,
    failures: Vec<String>,
    file: &'a str,
    line: usize,
    verdict: Option<ProofVerdict>,
    counterexample: Option<BTreeMap<Arc<str>, Fact>>,
    rules: Vec<Arc<str>>,
}

/// Runs the tests and proofs whose names contain `filter`.
///
/// # Errors
/// If the policy has no text, and if no name contains the filter: a misspelt filter must not look like success.
fn report<'py>(py: Python<'py>, draft: &placet::Draft, filter: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
    if draft.sources().is_empty() {
        let message = format!(
            "`{}` was loaded without its text, which has the tests and proofs; use `from_file` or `from_text`",
            draft.name()
        );
        return Err(errors::policy(py, &message, Vec::new()));
    }
    let results = py.detach(|| results(draft, filter));
    match filter {
        Some(filter) if results.is_empty() => {
            Err(PyValueError::new_err(format!("the name of no test and no proof contains `{filter}`")))
        }
        _ => view(py, "placet._testing", "report", &ReportJson { policy: draft.name(), results }),
    }
}

fn results<'a>(draft: &'a placet::Draft, filter: Option<&str>) -> Vec<ResultJson<'a>> {
    let is_wanted = |name: &str| filter.is_none_or(|filter| name.contains(filter));
    let result = |kind, name, location: Location<'a>, failures: Vec<String>| ResultJson {
        kind,
        name,
        passed: failures.is_empty(),
        failures,
        file: location.file(),
        line: location.line(),
        verdict: None,
        counterexample: None,
        rules: Vec::new(),
    };
    let tests = draft.run_tests().filter(|(test, _)| is_wanted(test.title()));
    let tests = tests.map(|(test, outcome)| result("test", test.title(), test.location(), outcome.failures));
    let proofs = draft.run_proofs().filter(|(proof, _)| is_wanted(proof.name()));
    let proofs = proofs.map(|(proof, outcome)| ResultJson {
        passed: outcome.passed(),
        verdict: Some(outcome.verdict),
        counterexample: outcome.counterexample,
        rules: outcome.rules,
        ..result("proof", proof.name(), proof.location(), outcome.failures)
    });
    tests.chain(proofs).collect()
}

#[pymethods]
impl Policy {
    /// Runs the policy's tests, and lists its proofs, all of which hold.
    ///
    /// Parameters
    /// ----------
    /// filter : str, optional
    ///     Run only the tests and proofs whose names contain this text.
    ///
    /// Returns
    /// -------
    /// TestReport
    ///     The results; true if all passed.
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the policy was saved or pickled: only the text has tests and proofs.
    /// ValueError
    ///     If no name contains `filter`.
    ///
    /// Examples
    /// --------
    /// >>> import placet
    /// >>> policy = placet.Policy.from_text('''
    /// ...     policy door
    /// ...     request { open: bool }
    /// ...     rule open { allow when open }
    /// ...     test "an open door" { given { open: true }  expect deny }
    /// ... ''')
    /// >>> report = policy.test()
    /// >>> bool(report), report.passed, report.failed
    /// (False, 0, 1)
    /// >>> report[0].line, report[0].message
    /// (5, 'expected deny, got allow')
    #[pyo3(signature = (filter=None))]
    fn test<'py>(&self, py: Python<'py>, filter: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        report(py, &self.inner().clone().into(), filter)
    }
}

#[pymethods]
impl Draft {
    /// Loads a policy text with its imports from a file.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The path of the file.
    ///
    /// Returns
    /// -------
    /// Draft
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the policy has other errors than failing proofs; the error lists all of them.
    /// OSError
    ///     If the file can't be read.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let opened = py.detach(|| placet::Draft::open(&path));
        opened.map(|draft| Self { draft }).map_err(|error| errors::open(py, error, &path))
    }

    /// Reads a policy from a string, which can't import files.
    ///
    /// Parameters
    /// ----------
    /// text : str
    ///     The policy's text.
    /// name : str, default "policy"
    ///     The name of the text in diagnostics and results.
    ///
    /// Returns
    /// -------
    /// Draft
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the policy has other errors than failing proofs; the error lists all of them.
    #[staticmethod]
    #[pyo3(signature = (text, *, name="policy"))]
    fn from_text(py: Python<'_>, text: &str, name: &str) -> PyResult<Self> {
        let compiled = py.detach(|| placet::Draft::from_text_with(name, text, &Limits::default()));
        compiled.map(|draft| Self { draft }).map_err(|error| errors::compile(py, &error))
    }

    /// Runs the policy's tests and proofs.
    ///
    /// Parameters
    /// ----------
    /// filter : str, optional
    ///     Run only the tests and proofs whose names contain this text.
    ///
    /// Returns
    /// -------
    /// TestReport
    ///     The results; true if all passed.
    ///
    /// Raises
    /// ------
    /// PolicyError, ValueError
    ///     Like `Policy.test`.
    #[pyo3(signature = (filter=None))]
    fn test<'py>(&self, py: Python<'py>, filter: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        report(py, &self.draft, filter)
    }

    /// Returns the policy, which decides.
    ///
    /// Returns
    /// -------
    /// Policy
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If a proof doesn't hold.
    fn to_policy(&self, py: Python<'_>) -> PyResult<Policy> {
        let policy = self.draft.clone().into_policy();
        policy.map(Policy::new).map_err(|error| errors::compile(py, &error))
    }

    /// str: The policy's name.
    #[getter]
    fn name(&self) -> &str {
        self.draft.name()
    }

    fn __repr__(&self) -> String {
        format!("<Draft {}>", self.draft.name())
    }
}
