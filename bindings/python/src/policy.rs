//! Policies.

use crate::attribute::{Attribute, Strategy};
use crate::cache::{self, Hash};
use crate::decision::{self, Decision};
use crate::diagnostic::Diagnostic;
use crate::errors::{self, Fault};
use crate::request::Question;
use placet::Limits;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use std::path::PathBuf;
use std::sync::OnceLock;

/// A policy, compiled: immutable, and safe to share between threads.
///
/// It is made by `from_file`, `from_text` or `from_bytes`. Policies are equal where they decide alike to the letter: where
/// their `hash` is the same. They can be pickled, and whoever unpickles one often loads it once.
///
/// Examples
/// --------
/// >>> import placet
/// >>> policy = placet.Policy.from_text('''
/// ...     policy shop
/// ...     request { subject.age: int 0..150  purpose: { deliver, marketing } }
/// ...     rule adults { allow when subject.age >= 18 and purpose is marketing }
/// ... ''')
/// >>> policy.allows({"subject": {"age": 30}, "purpose": "marketing"})
/// True
/// >>> policy.allows(subject={"age": 15}, purpose="marketing")
/// False
/// >>> policy.decide({"subject.age": 200})
/// Traceback (most recent call last):
/// ...
/// placet.RequestError: `subject.age`: `200` lies outside its domain, expected int 0..150
#[pyclass(frozen, module = "placet")]
pub(crate) struct Policy {
    policy: placet::Policy,
    hash: OnceLock<Hash>,
}

impl Policy {
    fn new(policy: placet::Policy) -> Self {
        Self { policy, hash: OnceLock::new() }
    }

    /// What tells it apart. Found once: it takes writing the whole policy.
    fn content(&self, py: Python<'_>) -> Hash {
        match self.hash.get() {
            Some(hash) => *hash,
            None => {
                let hash = py.detach(|| Hash::of(&self.policy.to_bytes()));
                *self.hash.get_or_init(|| hash)
            }
        }
    }
}

#[pymethods]
impl Policy {
    /// The policy in a file: a text, which is compiled with what it imports, or a saved policy.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The file.
    ///
    /// Returns
    /// -------
    /// Policy
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the policy does not compile or can't be loaded; it carries all faults.
    /// OSError
    ///     If the file can't be read.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let opened = py.detach(|| placet::Policy::open(&path));
        opened.map(Self::new).map_err(|error| errors::open(py, error, &path))
    }

    /// The policy of a text, which imports nothing.
    ///
    /// Parameters
    /// ----------
    /// text : str
    ///     The policy.
    /// name : str, default "policy"
    ///     What diagnostics call the text.
    ///
    /// Returns
    /// -------
    /// Policy
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the policy does not compile; it carries all faults.
    #[staticmethod]
    #[pyo3(signature = (text, *, name="policy"))]
    fn from_text(py: Python<'_>, text: &str, name: &str) -> PyResult<Self> {
        let compiled = py.detach(|| placet::Policy::from_text_with(name, text, &Limits::default()));
        compiled.map(Self::new).map_err(|error| errors::compile(py, &error))
    }

    /// The policy that `to_bytes` saved.
    ///
    /// Parameters
    /// ----------
    /// data : bytes
    ///     The bytes.
    ///
    /// Returns
    /// -------
    /// Policy
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the bytes are damaged, or were saved by another version.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        let loaded = py.detach(|| placet::Policy::from_bytes(data));
        loaded.map(Self::new).map_err(|error| errors::load(py, &error))
    }

    /// Decides a request, with all its reasons.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     Attribute names with their values, dotted or nested. None is a value too: it says that the attribute is not
    ///     known, whatever its default.
    /// ignore_unknown : bool, default False
    ///     Pass over keys that the policy does not know, which are errors otherwise.
    /// **attributes
    ///     Further attributes.
    ///
    /// Returns
    /// -------
    /// Decision
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the request is erroneous: an unknown attribute, a value outside its domain or of the wrong type, an
    ///     attribute given twice, a required one left out.
    /// TypeError
    ///     If the request is none of these objects.
    #[pyo3(signature = (request=None, /, *, ignore_unknown=false, **attributes))]
    fn decide(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Decision> {
        let question = Question { request, attributes, ignore_unknown };
        let decided = self.policy.request_with(|reader| question.read(reader)).and_then(|request| {
            let decision = self.policy.decide(&request)?;
            Ok(Decision { decision, policy: self.policy.clone(), request })
        });
        decided.map_err(|fault: Fault| fault.raise(py))
    }

    /// Whether a request may go through. Anything but a proven allow is False.
    ///
    /// It is `decide` without the reasons, and the quickest of the three.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     As for `decide`.
    /// ignore_unknown : bool, default False
    ///     As for `decide`.
    /// **attributes
    ///     Further attributes.
    ///
    /// Returns
    /// -------
    /// bool
    ///
    /// Raises
    /// ------
    /// RequestError, TypeError
    ///     As `decide`.
    #[pyo3(signature = (request=None, /, *, ignore_unknown=false, **attributes))]
    fn allows(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<bool> {
        let question = Question { request, attributes, ignore_unknown };
        let effect = self.policy.effect_with(|reader| question.read(reader));
        effect.map(|effect| effect == placet::Effect::Allow).map_err(|fault: Fault| fault.raise(py))
    }

    /// The effect of a request: `decide` without the reasons.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     As for `decide`.
    /// ignore_unknown : bool, default False
    ///     As for `decide`.
    /// **attributes
    ///     Further attributes.
    ///
    /// Returns
    /// -------
    /// Effect
    ///
    /// Raises
    /// ------
    /// RequestError, TypeError
    ///     As `decide`.
    #[pyo3(signature = (request=None, /, *, ignore_unknown=false, **attributes))]
    fn effect(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let question = Question { request, attributes, ignore_unknown };
        let effect = self.policy.effect_with(|reader| question.read(reader));
        decision::effect(py, effect.map_err(|fault: Fault| fault.raise(py))?)
    }

    /// The policy as bytes: what `from_bytes` loads, without compiling, in this version of Placet.
    ///
    /// Proofs, tests and warnings are left out. The same policy always gives the same bytes.
    ///
    /// Returns
    /// -------
    /// bytes
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.policy.to_bytes()))
    }

    /// str: The policy's name.
    #[getter]
    fn name(&self) -> &str {
        self.policy.name()
    }

    /// str or None: The policy's version, as its header says.
    #[getter]
    fn version(&self) -> Option<&str> {
        self.policy.version()
    }

    /// str: The SHA-256 of what decides, in hexadecimal: of `to_bytes`.
    #[getter]
    fn hash(&self, py: Python<'_>) -> String {
        self.content(py).to_string()
    }

    /// dict of str to Attribute: The attributes of requests, in the order of the policy; a new dict each time.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let attributes = PyDict::new(py);
        for attribute in &self.policy.model().attributes {
            attributes.set_item(&*attribute.name, Attribute::new(attribute))?;
        }
        Ok(attributes)
    }

    /// tuple of Diagnostic: What is doubtful in the policy; empty for one that was saved.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let sources = self.policy.sources();
        PyTuple::new(py, self.policy.warnings().iter().map(|warning| Diagnostic::new(warning, sources)))
    }

    /// Strategy: How the policy decides, and why so.
    #[getter]
    fn strategy(&self) -> Strategy {
        self.policy.strategy().into()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().content(py) == self.content(py))
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        self.content(py).start()
    }

    fn __repr__(&self) -> String {
        match self.version() {
            Some(version) => format!("<Policy {} {version:?}>", self.name()),
            None => format!("<Policy {}>", self.name()),
        }
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.import("placet._placet")?.getattr("_restore")?, (self.to_bytes(py),)))
    }
}

/// The policy of a pickle. A process loads it once, however often it comes.
#[pyfunction]
pub(crate) fn _restore(py: Python<'_>, data: &[u8]) -> PyResult<Policy> {
    let (hash, policy) = py.detach(|| cache::policy(data)).map_err(|error| errors::load(py, &error))?;
    Ok(Policy { policy, hash: OnceLock::from(hash) })
}
