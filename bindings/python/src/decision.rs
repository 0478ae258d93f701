//! The Python views of decisions and obligations.

use crate::pickle;
use crate::questions::{self, WaysJson};
use placet::{Explanation, PageStyle, Policy, Request};
use pyo3::PyTypeInfo;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDelta, PyDict, PyTuple};
use serde::Serialize;
use std::fmt::Write;
use std::sync::Arc;

/// The answer to a request, with its reasons.
///
/// A decision is true only if the request is allowed: ``if decision: …`` lets no denial and no indeterminate answer
/// through.
///
/// Examples
/// --------
/// >>> import placet
/// >>> policy = placet.Policy.from_text('''
/// ...     policy shop
/// ...     request { age: int 0..150  consent: { granted, refused } }
/// ...     rule children { cite "§9"  deny when age < 13  oblige erase within 30 days }
/// ...     rule consented { cite "§5"  allow when consent is granted }
/// ... ''')
/// >>> decision = policy.decide(age=12, consent="granted")
/// >>> bool(decision), decision.effect, decision.rules, decision.clauses
/// (False, <Effect.DENY: 'deny'>, ('children',), ('§9',))
/// >>> decision.obligations[0].name, decision.obligations[0].within
/// ('erase', datetime.timedelta(days=30))
/// >>> policy.decide(age=30).missing
/// ('consent',)
#[pyclass(frozen, module = "placet")]
pub(crate) struct Decision {
    pub(crate) decision: placet::Decision,
    pub(crate) policy: Policy,
    pub(crate) request: Request,
}

/// An obligation of a decision.
///
/// Attributes
/// ----------
/// name : str
///     The name of the required action.
/// within : datetime.timedelta or None
///     The deadline, counted from the decision; None without one.
/// text : str or None
///     The description for people; None without one.
/// certain : bool
///     True if the obligation holds in every completion of the request's unknown attributes.
#[pyclass(frozen, eq, hash, module = "placet")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Obligation {
    name: Arc<str>,
    within: Option<i64>,
    text: Option<Arc<str>>,
    #[pyo3(get)]
    certain: bool,
}

impl Obligation {
    /// Restores an obligation from a pickle.
    pub(crate) fn restored(name: &str, within: Option<i64>, text: Option<&str>, certain: bool) -> Self {
        Self { name: name.into(), within, text: text.map(Arc::from), certain }
    }
}

#[pymethods]
impl Obligation {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn within<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDelta>>> {
        const DAY: i64 = 86_400;
        let delta = |seconds: i64| {
            let days = i32::try_from(seconds.div_euclid(DAY))?;
            // INVARIANT: the remainder is below 86,400 and fits an `i32`.
            let rest = i32::try_from(seconds.rem_euclid(DAY))?;
            PyDelta::new(py, days, rest, 0, false)
        };
        self.within.map(delta).transpose()
    }

    #[getter]
    fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::reduced(py, "_obligation", (&*self.name, self.within, self.text.as_deref(), self.certain))
    }

    fn __repr__(&self) -> String {
        let mut out = format!("<Obligation {}", self.name);
        if let Some(seconds) = self.within {
            // Writing to a `String` never fails.
            let _ = write!(out, " within {seconds} seconds");
        }
        out + if self.certain { ">" } else { " (perhaps)>" }
    }
}

/// Returns the member of `placet.Effect`. Members are singletons: identity tests such as `is Effect.ALLOW` must hold.
pub(crate) fn effect(py: Python<'_>, effect: placet::Effect) -> PyResult<Py<PyAny>> {
    static MEMBERS: PyOnceLock<[Py<PyAny>; 3]> = PyOnceLock::new();
    let [allow, deny, indeterminate] = MEMBERS.get_or_try_init(py, || {
        let class = py.import("placet._effect")?.getattr("Effect")?;
        let member = |name| PyResult::Ok(class.getattr(name)?.unbind());
        PyResult::Ok([member("ALLOW")?, member("DENY")?, member("INDETERMINATE")?])
    })?;
    let member = match effect {
        placet::Effect::Allow => allow,
        placet::Effect::Deny => deny,
        placet::Effect::Indeterminate => indeterminate,
    };
    Ok(member.clone_ref(py))
}

fn texts<'py>(py: Python<'py>, texts: &[Arc<str>]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, texts.iter().map(|text| &**text))
}

#[pymethods]
impl Decision {
    /// Effect: The effect: allow, deny or indeterminate.
    #[getter]
    fn effect(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        effect(py, self.decision.effect)
    }

    /// tuple of str: The determining rules; empty for a denial by default and for indeterminate.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        texts(py, &self.decision.rules)
    }

    /// tuple of str: The determining rules that fire in every completion of the unknown attributes.
    #[getter]
    fn certain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let certain: Vec<&str> = self.decision.certain().map(|rule| &**rule).collect();
        PyTuple::new(py, certain)
    }

    /// tuple of str: The clauses that the determining rules cite.
    #[getter]
    fn clauses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        texts(py, &self.decision.cites)
    }

    /// tuple of str: The legal bases of the determining rules.
    #[getter]
    fn basis<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        texts(py, &self.decision.basis)
    }

    /// tuple of Obligation: The obligations of the determining rules.
    #[getter]
    fn obligations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(
            py,
            self.decision.obligations.iter().map(|due| Obligation {
                name: due.name.clone(),
                within: due.within_seconds,
                text: due.text.clone(),
                certain: due.certain,
            }),
        )
    }

    /// tuple of str: For indeterminate, the rules that depend on unknown attributes.
    #[getter]
    fn undecided<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        texts(py, &self.decision.undecided)
    }

    /// tuple of str: For indeterminate, the unknown attributes that the effect depends on.
    #[getter]
    fn missing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        texts(py, &self.decision.missing)
    }

    /// bool: True if a search ended at a limit, so that the decision may be indeterminate although the request
    /// determines it.
    #[getter]
    fn approximate(&self) -> bool {
        self.decision.approximate
    }

    /// Returns the decision as the JSON that the language reference describes.
    ///
    /// Returns
    /// -------
    /// str
    fn to_json(&self) -> PyResult<String> {
        json(&self.decision)
    }

    /// Returns the decision as a dict with the members of its JSON.
    ///
    /// Returns
    /// -------
    /// dict
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let dict = LOADS.import(py, "json", "loads")?.call1((json(&self.decision)?,))?;
        Ok(dict.cast_into()?)
    }

    /// Explains the decision on a page for people.
    ///
    /// The page names the rules that fired or did not, their exceptions, the values that they read, and the effect of
    /// each value of the missing attributes. If the request isn't allowed, it also names the nearest rules that would
    /// allow it, and the smallest changes that would. The decision holds its own copy of the request: later changes to
    /// the request object don't matter.
    ///
    /// Parameters
    /// ----------
    /// may_change : iterable of str, optional
    ///     The attributes that changes may concern; without it, the unknown ones if they suffice, and then all.
    ///
    /// Returns
    /// -------
    /// Explanation
    ///     The page: a string, which notebooks show as tables.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the policy has no attribute of such a name.
    #[pyo3(signature = (*, may_change=None))]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        may_change: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let may_change = questions::names_of(may_change)?;
        let explanation = questions::explained(py, &self.policy, &self.request, may_change.as_deref())?;
        let ways = WaysJson::from(&explanation);
        let json = ExplanationJson { page: explanation.to_string(), data: &explanation, ways };
        questions::view(py, "placet._explanation", "explanation", &json)
    }

    /// Returns the decision as a table, which notebooks show.
    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        html(slf, "decision")
    }

    fn __bool__(&self) -> bool {
        self.decision.is_allowed()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().decision == self.decision)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::decision(py, self)
    }

    fn __repr__(&self) -> String {
        format!("<Decision {}>", PageStyle::PLAIN.line(&self.decision))
    }
}

/// The JSON of an explanation.
#[derive(Serialize)]
struct ExplanationJson<'a> {
    page: String,
    data: &'a Explanation,
    ways: WaysJson<'a>,
}

/// Passes an object to a function of `placet._html`, which returns its HTML.
pub(crate) fn html<'py>(object: &Bound<'py, impl PyTypeInfo>, function: &str) -> PyResult<Bound<'py, PyAny>> {
    object.py().import("placet._html")?.getattr(function)?.call1((object,))
}

fn json(decision: &placet::Decision) -> PyResult<String> {
    serde_json::to_string(decision).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}
