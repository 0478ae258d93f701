//! Policies.

use crate::attribute::{Attribute, Strategy};
use crate::cache::{self, Hash};
use crate::columns::{self, Call, Erroneous, Tally, Threads, Wanted};
use crate::decision::{self, Decision};
use crate::diagnostic::Diagnostic;
use crate::errors::{self, Fault};
use crate::incremental::{Depth, IncrementalDecision, Names};
use crate::request::Question;
use placet::Limits;
use placet_arrow::Reasons;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyTuple};
use std::num::NonZeroUsize;
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
    pub(crate) fn new(policy: placet::Policy) -> Self {
        Self { policy, hash: OnceLock::new() }
    }

    pub(crate) fn inner(&self) -> &placet::Policy {
        &self.policy
    }

    /// What tells it apart. Found once: it takes writing the whole policy.
    fn content(&self, py: Python<'_>) -> Hash {
        match self.hash.get() {
            Some(hash) => *hash,
            None => {
                let hash = py.detach(|| Hash::from(self.policy.hash()));
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

    /// Begins a decision that says which attributes it hangs on, and is given them.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     As for `decide`.
    /// pending : iterable of str, optional
    ///     The attributes that can be had where the request does not give them, and no others. That the request leaves one
    ///     of them out says nothing of it then, whatever its default. If nothing is said, whatever the request leaves out or
    ///     gives as None can be had, but for attributes with a default that it leaves out.
    /// depth : {"effect", "obligations", "reasons"}, default "effect"
    ///     When the decision is done: once its effect is settled; or its obligations are certain too; or its determining
    ///     rules as well.
    /// ignore_unknown : bool, default False
    ///     As for `decide`.
    /// **attributes
    ///     Further attributes.
    ///
    /// Returns
    /// -------
    /// IncrementalDecision
    ///
    /// Raises
    /// ------
    /// RequestError, TypeError
    ///     As `decide`, but for required attributes, which may come later.
    #[pyo3(
        signature = (request=None, /, *, pending=None, depth=Depth::default(), ignore_unknown=false, **attributes),
        text_signature = "($self, request=None, /, *, pending=None, depth='effect', ignore_unknown=False, **attributes)"
    )]
    fn begin(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        pending: Option<Names>,
        depth: Depth,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<IncrementalDecision> {
        let question = Question { request, attributes, ignore_unknown };
        IncrementalDecision::new(&self.policy, question, pending, depth).map_err(|fault| fault.raise(py))
    }

    /// Decides each row of a table as `decide` decides the request of its values, null being None.
    ///
    /// Columns are attributes by their names, and fields of structs by dotted ones. The GIL is not held meanwhile.
    ///
    /// Parameters
    /// ----------
    /// table : object with the Arrow PyCapsule interface
    ///     A polars or pandas DataFrame, a pyarrow Table, RecordBatch or RecordBatchReader, a DuckDB relation, or anything
    ///     else that has ``__arrow_c_stream__`` or ``__arrow_c_array__``.
    /// columns : mapping of str to str, optional
    ///     Attributes with the columns that give them, where the names differ. A column in a struct has a dotted name.
    /// constants : mapping of str to object, optional
    ///     Attributes with values that are the same in all rows, as `decide` takes them; in place of columns of these names.
    /// keep : iterable of str, optional
    ///     Which of the table's columns stand before the decisions, so that a table comes back; none if it is left out.
    /// reasons : iterable of str, or bool, default ()
    ///     Which reasons are told beside the effects: any of ``"rules"``, ``"clauses"``, ``"basis"``, ``"obligations"``,
    ///     ``"undecided"`` and ``"missing"``; all of them with True.
    /// ignore_unknown : bool, default False
    ///     Leave columns alone that are no attributes, which are errors otherwise.
    /// on_error : {"raise", "null"}, default "raise"
    ///     What becomes of rows that are erroneous requests: the first is raised, or their decisions are null.
    /// threads : int, default 1
    ///     How many threads share the rows of a large batch.
    ///
    /// Returns
    /// -------
    /// object
    ///     The effects in the table's kind: a polars Series of an Enum, a categorical pandas Series with the table's index, a
    ///     pyarrow ChunkedArray or Array, a DuckDB relation of the same connection, or `Batches`. With reasons or columns to
    ///     keep, a table of that kind with these columns, effect, and the reasons. A pyarrow RecordBatchReader gives one,
    ///     which decides a batch at a time, as it is read.
    ///
    /// Raises
    /// ------
    /// ColumnError
    ///     If a column is no attribute or not of its type, an attribute is given twice or a required one not at all, or a
    ///     value does not fit: it names the column, the row and the value.
    /// RequestError
    ///     If a constant does not fit.
    /// TypeError
    ///     If the table has no Arrow PyCapsule interface.
    /// PlacetError
    ///     If the table can't be read.
    ///
    /// Examples
    /// --------
    /// >>> import placet, polars
    /// >>> policy = placet.Policy.from_text('''
    /// ...     policy shop
    /// ...     request { age: int 0..150  purpose: { deliver, marketing } }
    /// ...     rule deliveries { allow when purpose is deliver }
    /// ...     rule adults { allow when age >= 18 }
    /// ... ''')
    /// >>> frame = polars.DataFrame({"age": [30, 12, None]})
    /// >>> policy.decide_batch(frame, constants={"purpose": "marketing"}).to_list()
    /// ['allow', 'deny', 'indeterminate']
    /// >>> policy.decide_batch(frame, reasons=["rules"], constants={"purpose": "deliver"})["rules"].to_list()
    /// [['adults', 'deliveries'], ['deliveries'], ['adults', 'deliveries']]
    #[pyo3(
        signature = (table, /, *, columns=None, constants=None, keep=None, reasons=Wanted::default(),
                     ignore_unknown=false, on_error=Erroneous::default(), threads=Threads(NonZeroUsize::MIN)),
        text_signature = "($self, table, /, *, columns=None, constants=None, keep=None, reasons=(), ignore_unknown=False, on_error='raise', threads=1)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn decide_batch<'py>(
        &self,
        table: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyMapping>>,
        constants: Option<&Bound<'py, PyAny>>,
        keep: Option<Names>,
        reasons: Wanted,
        ignore_unknown: bool,
        on_error: Erroneous,
        threads: Threads,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keep = keep.map(|names| names.0.iter().map(ToString::to_string).collect());
        let call = Call { columns, constants, reasons, ignore_unknown, on_error, threads, keep };
        columns::decide(&self.policy, table, &call)
    }

    /// The rows of a table that are allowed, and no others.
    ///
    /// Parameters
    /// ----------
    /// table : object with the Arrow PyCapsule interface
    ///     As for `decide_batch`.
    /// columns : mapping of str to str, optional
    ///     Attributes with the columns that give them, where the names differ. A column in a struct has a dotted name.
    /// constants : mapping of str to object, optional
    ///     Attributes with values that are the same in all rows, as `decide` takes them; in place of columns of these names.
    /// ignore_unknown : bool, default False
    ///     Leave columns alone that are no attributes, which are errors otherwise.
    /// on_error : {"raise", "null"}, default "raise"
    ///     What becomes of rows that are erroneous requests: the first is raised, or their decisions are null.
    /// threads : int, default 1
    ///     How many threads share the rows of a large batch.
    ///     Rows that are erroneous are left out where they are not raised.
    ///
    /// Returns
    /// -------
    /// object
    ///     A table of the same kind, with all of its columns. A pyarrow RecordBatchReader gives one that reads on as it is
    ///     read.
    ///
    /// Raises
    /// ------
    /// ColumnError, RequestError, TypeError, PlacetError
    ///     As `decide_batch`.
    #[pyo3(
        signature = (table, /, *, columns=None, constants=None, ignore_unknown=false, on_error=Erroneous::default(),
                     threads=Threads(NonZeroUsize::MIN)),
        text_signature = "($self, table, /, *, columns=None, constants=None, ignore_unknown=False, on_error='raise', threads=1)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn filter<'py>(
        &self,
        table: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyMapping>>,
        constants: Option<&Bound<'py, PyAny>>,
        ignore_unknown: bool,
        on_error: Erroneous,
        threads: Threads,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reasons = Wanted::default();
        columns::filter(
            &self.policy,
            table,
            &Call { columns, constants, reasons, ignore_unknown, on_error, threads, keep: None },
        )
    }

    /// How the rows of a table are decided, counted. A stream of any length takes the memory of a batch.
    ///
    /// Parameters
    /// ----------
    /// table : object with the Arrow PyCapsule interface
    ///     As for `decide_batch`.
    /// columns : mapping of str to str, optional
    ///     Attributes with the columns that give them, where the names differ. A column in a struct has a dotted name.
    /// constants : mapping of str to object, optional
    ///     Attributes with values that are the same in all rows, as `decide` takes them; in place of columns of these names.
    /// rules : bool, default False
    ///     Count by determining rules too.
    /// ignore_unknown : bool, default False
    ///     Leave columns alone that are no attributes, which are errors otherwise.
    /// on_error : {"raise", "null"}, default "raise"
    ///     What becomes of rows that are erroneous requests: the first is raised, or their decisions are null.
    /// threads : int, default 1
    ///     How many threads share the rows of a large batch.
    ///
    /// Returns
    /// -------
    /// Tally
    ///
    /// Raises
    /// ------
    /// ColumnError, RequestError, TypeError, PlacetError
    ///     As `decide_batch`.
    #[pyo3(
        signature = (table, /, *, columns=None, constants=None, rules=false, ignore_unknown=false,
                     on_error=Erroneous::default(), threads=Threads(NonZeroUsize::MIN)),
        text_signature = "($self, table, /, *, columns=None, constants=None, rules=False, ignore_unknown=False, on_error='raise', threads=1)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn tally<'py>(
        &self,
        table: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyMapping>>,
        constants: Option<&Bound<'py, PyAny>>,
        rules: bool,
        ignore_unknown: bool,
        on_error: Erroneous,
        threads: Threads,
    ) -> PyResult<Tally> {
        let reasons = Wanted(Reasons { rules, ..Reasons::default() });
        columns::tally(
            &self.policy,
            table,
            &Call { columns, constants, reasons, ignore_unknown, on_error, threads, keep: None },
        )
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
    let policy = py.detach(|| cache::policy(data)).map_err(|error| errors::load(py, &error))?;
    Ok(Policy::new(policy))
}

/// How many times this process has loaded a policy that came in a pickle: what shows that workers do it once.
#[pyfunction]
pub(crate) fn _loads() -> u64 {
    cache::loads()
}
