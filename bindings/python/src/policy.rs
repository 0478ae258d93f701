//! The Python class `placet.Policy`: loads policies, decides requests and tables.

use crate::attribute::{Attribute, Strategy};
use crate::bound_policy::{BoundPolicy, LearnedShape};
use crate::cache;
use crate::columns::{self, Call, ErrorPolicy, LastBinding, Reasons, Tally, Threads};
use crate::decision::{self, Decision};
use crate::diagnostic::Diagnostic;
use crate::errors::{self, Fault};
use crate::incremental::{Depth, IncrementalDecision, Names};
use crate::request::Arguments;
use placet::Limits;
use placet_arrow::Reason;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyTuple};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::OnceLock;

/// A compiled policy: immutable, and safe to share between threads.
///
/// `from_file`, `from_text` and `from_bytes` make policies. Two policies are equal if they have the same `hash`.
/// Policies can be pickled; a process that unpickles the same policy repeatedly loads it once.
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
    hash: OnceLock<String>,
    last_binding: LastBinding,
    shape: LearnedShape,
}

impl Policy {
    pub(crate) fn new(policy: placet::Policy) -> Self {
        Self {
            policy,
            hash: OnceLock::new(),
            last_binding: LastBinding::default(),
            shape: LearnedShape::default(),
        }
    }

    pub(crate) fn inner(&self) -> &placet::Policy {
        &self.policy
    }

    pub(crate) fn last_binding(&self) -> &LastBinding {
        &self.last_binding
    }

    /// Returns the effect of a request.
    #[inline]
    fn effect_of(&self, py: Python<'_>, arguments: Arguments<'_, '_>) -> PyResult<placet::Effect> {
        if let Some(dict) = arguments.dict()
            && let Some(effect) = self.shape.effect(&self.policy, dict)?
        {
            return Ok(effect);
        }
        let effect = self.policy.effect_with(|reader| arguments.read(reader));
        effect.map_err(|fault: Fault| fault.raise(py))
    }

    /// Returns the content hash, in hexadecimal. Cached, since computing it serializes the whole policy.
    fn content(&self, py: Python<'_>) -> &str {
        match self.hash.get() {
            Some(hash) => hash,
            None => {
                let hash = py.detach(|| self.policy.hash_hex());
                self.hash.get_or_init(|| hash)
            }
        }
    }
}

#[pymethods]
impl Policy {
    /// Loads a policy from a file: compiles a policy text with its imports, or loads a saved policy.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///     The path of the file.
    ///
    /// Returns
    /// -------
    /// Policy
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the policy does not compile or can't be loaded; the error lists all faults.
    /// OSError
    ///     If the file can't be read.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let opened = py.detach(|| placet::Policy::open(&path));
        opened.map(Self::new).map_err(|error| errors::open(py, error, &path))
    }

    /// Compiles a policy from a string, which can't import files.
    ///
    /// Parameters
    /// ----------
    /// text : str
    ///     The policy's text.
    /// name : str, default "policy"
    ///     The name of the text in diagnostics.
    ///
    /// Returns
    /// -------
    /// Policy
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the policy does not compile; the error lists all faults.
    #[staticmethod]
    #[pyo3(signature = (text, *, name="policy"))]
    fn from_text(py: Python<'_>, text: &str, name: &str) -> PyResult<Self> {
        let compiled = py.detach(|| placet::Policy::from_text_with(name, text, &Limits::default()));
        compiled.map(Self::new).map_err(|error| errors::compile(py, &error))
    }

    /// Loads a policy from the bytes of `to_bytes`.
    ///
    /// Parameters
    /// ----------
    /// data : bytes
    ///     The saved policy.
    ///
    /// Returns
    /// -------
    /// Policy
    ///
    /// Raises
    /// ------
    /// PolicyError
    ///     If the bytes are damaged, or another version saved them.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        let loaded = py.detach(|| placet::Policy::from_bytes(data));
        loaded.map(Self::new).map_err(|error| errors::load(py, &error))
    }

    /// Decides a request and returns the decision with all its reasons.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     Attribute names with their values, dotted or nested. None is the value ``none`` of an optional attribute; it
    ///     marks any other as unknown, even if it has a default.
    /// ignore_unknown : bool, default False
    ///     Ignore keys that the policy does not declare; otherwise they are errors.
    /// **attributes
    ///     Further attributes of the request.
    ///
    /// Returns
    /// -------
    /// Decision
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the request is erroneous: an attribute is undeclared, has a value of the wrong type or outside its
    ///     domain, is given twice, or is required and missing.
    /// TypeError
    ///     If the request is not one of these objects.
    #[pyo3(signature = (request=None, /, *, ignore_unknown=false, **attributes))]
    fn decide(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Decision> {
        let arguments = Arguments { request, attributes, ignore_unknown };
        let decided = self.policy.request_with(|reader| arguments.read(reader)).and_then(|request| {
            let decision = self.policy.decide(&request)?;
            Ok(Decision { decision, policy: self.policy.clone(), request })
        });
        decided.map_err(|fault: Fault| fault.raise(py))
    }

    /// Returns True if the policy allows a request. Deny and indeterminate give False.
    ///
    /// This is the fastest of `decide`, `effect` and `allows`, and skips the reasons. Dicts are read fastest where most
    /// have the same keys in the same order.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     Like for `decide`.
    /// ignore_unknown : bool, default False
    ///     Like for `decide`.
    /// **attributes
    ///     Further attributes of the request.
    ///
    /// Returns
    /// -------
    /// bool
    ///
    /// Raises
    /// ------
    /// RequestError, TypeError
    ///     Like `decide`.
    #[pyo3(signature = (request=None, /, *, ignore_unknown=false, **attributes))]
    fn allows(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<bool> {
        let effect = self.effect_of(py, Arguments { request, attributes, ignore_unknown })?;
        Ok(effect == placet::Effect::Allow)
    }

    /// Returns the effect of a request, without the reasons that `decide` collects.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     Like for `decide`.
    /// ignore_unknown : bool, default False
    ///     Like for `decide`.
    /// **attributes
    ///     Further attributes of the request.
    ///
    /// Returns
    /// -------
    /// Effect
    ///
    /// Raises
    /// ------
    /// RequestError, TypeError
    ///     Like `decide`.
    #[pyo3(signature = (request=None, /, *, ignore_unknown=false, **attributes))]
    fn effect(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        decision::effect(py, self.effect_of(py, Arguments { request, attributes, ignore_unknown })?)
    }

    /// Binds the policy to the names of attributes, or to a class, and checks once that they fit.
    ///
    /// Parameters
    /// ----------
    /// *attributes : str, or one class
    ///     The names of the attributes that requests give, in the order of the values; or a dataclass or a pydantic
    ///     model, whose fields are attributes. The fields of a nested class have dotted names.
    /// ignore_unknown : bool, default False
    ///     Ignore fields of a class that the policy does not declare; otherwise they are errors.
    ///
    /// Returns
    /// -------
    /// BoundPolicy
    ///     A callable: ``policy.bind("subject.age", "purpose")(30, "marketing")``.
    ///
    /// Raises
    /// ------
    /// BindError
    ///     If the policy has no such attribute, an annotation of the class doesn't fit its attribute, or a required
    ///     attribute is left out. The error lists all faults.
    /// TypeError
    ///     If the arguments are neither names nor such a class.
    #[pyo3(signature = (*attributes, ignore_unknown=false))]
    fn bind(&self, attributes: &Bound<'_, PyTuple>, ignore_unknown: bool) -> PyResult<BoundPolicy> {
        BoundPolicy::new(&self.policy, attributes, ignore_unknown)
    }

    /// Begins an incremental decision, which names the attributes that it depends on and takes them one by one.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     Like for `decide`.
    /// pending : iterable of str, optional
    ///     The attributes that the caller can still obtain if the request leaves them out. They are unknown until they
    ///     are given, even if they have a default. By default, every attribute is pending that the request leaves out
    ///     or gives as None, except attributes with a default that it leaves out, and optional ones given as None.
    /// depth : {"effect", "obligations", "reasons"}, default "effect"
    ///     When the decision is complete: when its effect is certain; when its obligations are certain too; or when its
    ///     determining rules are certain as well.
    /// ignore_unknown : bool, default False
    ///     Like for `decide`.
    /// **attributes
    ///     Further attributes of the request.
    ///
    /// Returns
    /// -------
    /// IncrementalDecision
    ///
    /// Raises
    /// ------
    /// RequestError, TypeError
    ///     Like `decide`, except that required attributes may follow later.
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
        let arguments = Arguments { request, attributes, ignore_unknown };
        IncrementalDecision::new(&self.policy, arguments, pending, depth).map_err(|fault| fault.raise(py))
    }

    /// Decides each row of a table. A row is a request, and null is None.
    ///
    /// A column gives the attribute of its name; a field of a struct column gives the attribute of its dotted name. The
    /// GIL is released meanwhile.
    ///
    /// Parameters
    /// ----------
    /// table : object with the Arrow PyCapsule interface
    ///     A polars or pandas DataFrame, a pyarrow Table, RecordBatch or RecordBatchReader, a DuckDB relation, or any other
    ///     object with ``__arrow_c_stream__`` or ``__arrow_c_array__``.
    /// columns : mapping of str to str, optional
    ///     Maps attributes to the columns that give them, where the names differ. The name of a struct's field is
    ///     dotted.
    /// constants : mapping of str to object, optional
    ///     Attributes with one value for all rows, in the forms that `decide` accepts. They replace columns of these
    ///     names.
    /// keep : iterable of str, optional
    ///     The table's columns to return before the decisions; none by default. The result is then a table.
    /// reasons : iterable of str, or bool, default ()
    ///     The reasons to return beside the effects: any of ``"rules"``, ``"certain"``, ``"clauses"``, ``"basis"``,
    ///     ``"obligations"``, ``"undecided"`` and ``"missing"``; True for all of them.
    /// ignore_unknown : bool, default False
    ///     Ignore columns that are not attributes; otherwise they are errors.
    /// on_error : {"raise", "null"}, default "raise"
    ///     The handling of rows that are erroneous requests: raise the first error, or give null decisions.
    /// threads : int, default 1
    ///     The number of threads that share the rows of a large batch.
    ///
    /// Returns
    /// -------
    /// object
    ///     The effects in the table's kind: a polars Series of an Enum, a categorical pandas Series with the table's
    ///     index, a pyarrow ChunkedArray or Array, a DuckDB relation of the same connection, or `Batches`. With reasons
    ///     or columns to keep, a table of that kind with these columns, effect, and the reasons. For a pyarrow
    ///     RecordBatchReader, a reader that decides one batch at a time, when it is read.
    ///
    /// Raises
    /// ------
    /// ColumnError
    ///     If a column is not an attribute or has another type, an attribute is given twice, a required attribute is
    ///     missing, or a value is outside its domain. The error names the column, the row and the value.
    /// RequestError
    ///     If a constant is outside its domain or of the wrong type.
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
        signature = (table, /, *, columns=None, constants=None, keep=None, reasons=Reasons::default(),
                     ignore_unknown=false, on_error=ErrorPolicy::default(), threads=Threads(NonZeroUsize::MIN)),
        text_signature = "($self, table, /, *, columns=None, constants=None, keep=None, reasons=(), ignore_unknown=False, on_error='raise', threads=1)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords")]
    fn decide_batch<'py>(
        &self,
        table: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyMapping>>,
        constants: Option<&Bound<'py, PyAny>>,
        keep: Option<Names>,
        reasons: Reasons,
        ignore_unknown: bool,
        on_error: ErrorPolicy,
        threads: Threads,
    ) -> PyResult<Bound<'py, PyAny>> {
        let keep = keep.map(|names| names.0.iter().map(ToString::to_string).collect());
        let call = Call { columns, constants, reasons, ignore_unknown, on_error, threads, keep };
        columns::decide(self, table, &call)
    }

    /// Returns the allowed rows of a table, and no others.
    ///
    /// Parameters
    /// ----------
    /// table : object with the Arrow PyCapsule interface
    ///     Like for `decide_batch`.
    /// columns : mapping of str to str, optional
    ///     Maps attributes to the columns that give them, where the names differ. The name of a struct's field is
    ///     dotted.
    /// constants : mapping of str to object, optional
    ///     Attributes with one value for all rows, in the forms that `decide` accepts. They replace columns of these
    ///     names.
    /// ignore_unknown : bool, default False
    ///     Ignore columns that are not attributes; otherwise they are errors.
    /// on_error : {"raise", "null"}, default "raise"
    ///     The handling of rows that are erroneous requests: raise the first error, or leave these rows out.
    /// threads : int, default 1
    ///     The number of threads that share the rows of a large batch.
    ///
    /// Returns
    /// -------
    /// object
    ///     A table of the same kind, with all of its columns. For a pyarrow RecordBatchReader, a reader that filters
    ///     one batch at a time, when it is read.
    ///
    /// Raises
    /// ------
    /// ColumnError, RequestError, TypeError, PlacetError
    ///     Like `decide_batch`.
    #[pyo3(
        signature = (table, /, *, columns=None, constants=None, ignore_unknown=false, on_error=ErrorPolicy::default(),
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
        on_error: ErrorPolicy,
        threads: Threads,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reasons = Reasons::default();
        columns::filter(
            self,
            table,
            &Call { columns, constants, reasons, ignore_unknown, on_error, threads, keep: None },
        )
    }

    /// Counts how the rows of a table are decided. A stream needs memory for one batch, whatever its length.
    ///
    /// Parameters
    /// ----------
    /// table : object with the Arrow PyCapsule interface
    ///     Like for `decide_batch`.
    /// columns : mapping of str to str, optional
    ///     Maps attributes to the columns that give them, where the names differ. The name of a struct's field is
    ///     dotted.
    /// constants : mapping of str to object, optional
    ///     Attributes with one value for all rows, in the forms that `decide` accepts. They replace columns of these
    ///     names.
    /// rules : bool, default False
    ///     Also count the rows of each determining rule.
    /// ignore_unknown : bool, default False
    ///     Ignore columns that are not attributes; otherwise they are errors.
    /// on_error : {"raise", "null"}, default "raise"
    ///     The handling of rows that are erroneous requests: raise the first error, or count these rows.
    /// threads : int, default 1
    ///     The number of threads that share the rows of a large batch.
    ///
    /// Returns
    /// -------
    /// Tally
    ///
    /// Raises
    /// ------
    /// ColumnError, RequestError, TypeError, PlacetError
    ///     Like `decide_batch`.
    #[pyo3(
        signature = (table, /, *, columns=None, constants=None, rules=false, ignore_unknown=false,
                     on_error=ErrorPolicy::default(), threads=Threads(NonZeroUsize::MIN)),
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
        on_error: ErrorPolicy,
        threads: Threads,
    ) -> PyResult<Tally> {
        let reasons = Reasons(if rules { vec![Reason::Rules] } else { Vec::new() });
        columns::tally(
            self,
            table,
            &Call { columns, constants, reasons, ignore_unknown, on_error, threads, keep: None },
        )
    }

    /// Saves the policy as bytes, which `from_bytes` of the same version of Placet loads without compiling.
    ///
    /// Proofs, tests and warnings are not saved. The same policy always gives the same bytes.
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

    /// str or None: The version in the policy's header.
    #[getter]
    fn version(&self) -> Option<&str> {
        self.policy.version()
    }

    /// str: The SHA-256 of `to_bytes`, in hexadecimal. It identifies everything that affects decisions.
    #[getter]
    fn hash(&self, py: Python<'_>) -> &str {
        self.content(py)
    }

    /// dict of str to Attribute: The attributes of requests, in the order of the policy; a new dict for each access.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let attributes = PyDict::new(py);
        for attribute in self.policy.attributes() {
            attributes.set_item(attribute.name(), Attribute::new(attribute))?;
        }
        Ok(attributes)
    }

    /// tuple of Diagnostic: The warnings of the compiler; empty for a saved policy.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let sources = self.policy.sources();
        PyTuple::new(py, self.policy.warnings().iter().map(|warning| Diagnostic::new(warning, sources)))
    }

    /// Strategy: The evaluation strategy, and the reason for choosing it.
    #[getter]
    fn strategy(&self) -> Strategy {
        self.policy.strategy().into()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().content(py) == self.content(py))
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.content(py).hash(&mut hasher);
        hasher.finish()
    }

    /// Returns the policy's attributes as a table, which notebooks show.
    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let rules = slf.get().policy.rules().len();
        slf.py().import("placet._html")?.getattr("policy")?.call1((slf, rules))
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

/// Restores a policy from a pickle, from the process-wide cache if possible.
#[pyfunction]
pub(crate) fn _restore(py: Python<'_>, data: &[u8]) -> PyResult<Policy> {
    let policy = py.detach(|| cache::policy(data)).map_err(|error| errors::load(py, &error))?;
    Ok(Policy::new(policy))
}

/// Returns how many times this process loaded a policy from a pickle. Tests use it to check that workers load once.
#[pyfunction]
pub(crate) fn _loads() -> u64 {
    cache::loads()
}
