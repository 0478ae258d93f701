//! The questions about a policy: methods of `placet.Policy` whose answers are classes of `placet._questions`.

use crate::errors::{self, Fault};
use crate::policy::Policy;
use crate::request::Arguments;
use placet::query::{QueryError, Segment, Values};
use placet::{Change, Effect, Explanation, Request};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Returns the exception of a question that can't be answered.
fn raised(py: Python<'_>, error: QueryError) -> PyErr {
    match error {
        QueryError::Request(error) => errors::request(py, error),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// Passes a value as JSON to a function of a module of `placet`, which returns its view.
pub(crate) fn view<'py>(
    py: Python<'py>,
    module: &str,
    function: &str,
    value: &impl Serialize,
) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))?;
    py.import(module)?.getattr(function)?.call1((text,))
}

/// Passes an answer to a function of `placet._questions`.
fn answer<'py>(py: Python<'py>, function: &str, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    view(py, "placet._questions", function, value)
}

/// The JSON of regions, with their values in words.
#[derive(Serialize)]
struct RegionsJson<'a, R> {
    over: &'a [Arc<str>],
    regions: Vec<Worded<'a, R, BTreeMap<&'a str, String>>>,
    complete: bool,
}

impl<'a, R> RegionsJson<'a, R> {
    fn new(
        over: &'a [Arc<str>],
        regions: &'a [R],
        complete: bool,
        values: impl Fn(&'a R) -> &'a BTreeMap<Arc<str>, Values>,
    ) -> Self {
        let worded = |part| Worded {
            words: values(part).iter().map(|(name, values)| (&**name, values.to_string())).collect(),
            part,
        };
        Self { over, regions: regions.iter().map(worded).collect(), complete }
    }
}

/// The JSON of a timeline, with its values in words.
#[derive(Serialize)]
struct TimelineJson<'a> {
    attribute: &'a str,
    segments: Vec<Worded<'a, Segment, Option<String>>>,
    complete: bool,
}

/// The JSON of a part of an answer, and the words of its values.
#[derive(Serialize)]
struct Worded<'a, P, W> {
    #[serde(flatten)]
    part: &'a P,
    words: W,
}

/// The JSON of the changes that would allow a request.
#[derive(Serialize)]
pub(crate) struct WaysJson<'a> {
    effect: Effect,
    changes: Vec<ChangeJson<'a>>,
    is_complete: bool,
}

#[derive(Serialize)]
struct ChangeJson<'a> {
    text: String,
    #[serde(flatten)]
    change: &'a Change,
}

impl<'a> From<&'a Explanation> for WaysJson<'a> {
    fn from(explanation: &'a Explanation) -> Self {
        let changes = explanation.why_not.iter().flat_map(|why_not| &why_not.changes);
        Self {
            effect: explanation.decision.effect,
            changes: changes.map(|change| ChangeJson { text: change.to_string(), change }).collect(),
            is_complete: explanation.why_not.as_ref().is_none_or(|why_not| why_not.is_complete),
        }
    }
}

/// Explains the decision about a request. `may_change` names the attributes that changes may concern.
pub(crate) fn explained(
    py: Python<'_>,
    policy: &placet::Policy,
    request: &Request,
    may_change: Option<&[String]>,
) -> PyResult<Explanation> {
    let explained = py.detach(|| match may_change {
        Some(names) => policy.explain_changing(request, names.iter().map(String::as_str)),
        None => policy.explain(request),
    });
    explained.map_err(|error| errors::request(py, error))
}

impl Policy {
    fn given(&self, py: Python<'_>, request: Option<&Bound<'_, PyAny>>) -> PyResult<Request> {
        let arguments = Arguments { request, attributes: None, ignore_unknown: false };
        let read = self.inner().request_with(|reader| arguments.read(reader));
        read.map_err(|fault: Fault| fault.raise(py))
    }
}

/// Reads the names of attributes from an iterable. A string is not one: its letters would be taken for names.
pub(crate) fn names_of(names: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<String>>> {
    let Some(names) = names else { return Ok(None) };
    if names.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("`may_change` is an iterable of names, not a string"));
    }
    names.try_iter()?.map(|name| name?.extract()).collect::<PyResult<Vec<String>>>().map(Some)
}

fn names(over: &[String]) -> impl Iterator<Item = &str> {
    over.iter().map(String::as_str)
}

#[pymethods]
impl Policy {
    /// Divides the values of some attributes into regions with the same answer, all else as given, or unknown.
    ///
    /// Parameters
    /// ----------
    /// given : mapping, dataclass, pydantic model or None
    ///     What is known, like the request of `decide`.
    /// over : sequence of str
    ///     The attributes whose values are asked.
    /// effect : str, optional
    ///     Keep only the regions with this effect: ``"allow"``, ``"deny"`` or ``"indeterminate"``.
    ///
    /// Returns
    /// -------
    /// Regions
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the request is erroneous, or the policy has no such attribute.
    /// ValueError
    ///     If an attribute is named twice, if conditions relate attributes of the query to each other or to unknown ones in
    ///     a way that regions can't express, or if `effect` is none of these.
    ///
    /// Examples
    /// --------
    /// >>> import placet
    /// >>> policy = placet.Policy.from_text('''
    /// ...     policy shop
    /// ...     request { age: int 0..150  purpose: { delivery, marketing } }
    /// ...     rule service { allow when purpose is delivery }
    /// ...     rule adults { allow when purpose is marketing and age >= 18 }
    /// ... ''')
    /// >>> [region.where for region in policy.query({"age": 15}, over=["purpose"], effect="allow")]
    /// [{'purpose': {'in': ['delivery']}}]
    #[pyo3(signature = (given=None, /, *, over, effect=None))]
    fn query<'py>(
        &self,
        py: Python<'py>,
        given: Option<&Bound<'py, PyAny>>,
        over: Vec<String>,
        effect: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let effect = match effect {
            None => None,
            Some("allow") => Some(Effect::Allow),
            Some("deny") => Some(Effect::Deny),
            Some("indeterminate") => Some(Effect::Indeterminate),
            Some(other) => {
                return Err(PyValueError::new_err(format!(
                    "unknown effect `{other}`, expected `allow`, `deny` or `indeterminate`"
                )));
            }
        };
        let given = self.given(py, given)?;
        let regions = py.detach(|| self.inner().query(&given, names(&over)));
        let mut regions = regions.map_err(|error| raised(py, error))?;
        if let Some(effect) = effect {
            regions = regions.with_effect(effect);
        }
        let json =
            RegionsJson::new(&regions.over, &regions.regions, regions.complete, |region| &region.values);
        answer(py, "regions", &json)
    }

    /// Returns the regions of some attributes' values whose answer differs between two requests.
    ///
    /// Parameters
    /// ----------
    /// before, after : mapping, dataclass, pydantic model or None
    ///     What is known before and after, like the request of `decide`.
    /// over : sequence of str
    ///     The attributes whose values are asked.
    ///
    /// Returns
    /// -------
    /// Regions
    ///
    /// Raises
    /// ------
    /// RequestError, ValueError
    ///     Like `query`.
    #[pyo3(signature = (before, after, /, *, over))]
    fn query_changes<'py>(
        &self,
        py: Python<'py>,
        before: Option<&Bound<'py, PyAny>>,
        after: Option<&Bound<'py, PyAny>>,
        over: Vec<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (before, after) = (self.given(py, before)?, self.given(py, after)?);
        let changes = py.detach(|| self.inner().query_changes(&before, &after, names(&over)));
        let changes = changes.map_err(|error| raised(py, error))?;
        let json =
            RegionsJson::new(&changes.over, &changes.regions, changes.complete, |region| &region.values);
        answer(py, "regions", &json)
    }

    /// Returns the answers for the values of two attributes, all else as given, or unknown.
    ///
    /// Parameters
    /// ----------
    /// given : mapping, dataclass, pydantic model or None
    ///     What is known, like the request of `decide`.
    /// rows, columns : str
    ///     The attributes. Those of sets stand for sets of one member.
    ///
    /// Returns
    /// -------
    /// Matrix
    ///
    /// Raises
    /// ------
    /// RequestError, ValueError
    ///     Like `query`.
    #[pyo3(signature = (given=None, /, *, rows, columns))]
    fn matrix<'py>(
        &self,
        py: Python<'py>,
        given: Option<&Bound<'py, PyAny>>,
        rows: &str,
        columns: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given = self.given(py, given)?;
        let matrix = py.detach(|| self.inner().matrix(&given, rows, columns));
        answer(py, "matrix", &matrix.map_err(|error| raised(py, error))?)
    }

    /// Returns the answers along the values of an ordered attribute, all else as given, or unknown.
    ///
    /// Parameters
    /// ----------
    /// given : mapping, dataclass, pydantic model or None
    ///     What is known, like the request of `decide`.
    /// attribute : str
    ///     The attribute, such as a time or an age.
    ///
    /// Returns
    /// -------
    /// Timeline
    ///     The ranges of values with one answer each, in ascending order.
    ///
    /// Raises
    /// ------
    /// RequestError, ValueError
    ///     Like `query`, and if the values of the attribute have no order.
    ///
    /// Examples
    /// --------
    /// >>> import placet
    /// >>> policy = placet.Policy.from_text('''
    /// ...     policy pool
    /// ...     request { age: int 0..150 }
    /// ...     rule swimmers { allow when age in 6..80 }
    /// ... ''')
    /// >>> [(segment.first, segment.last, segment.answer.effect) for segment in policy.timeline(None, "age")]
    /// [(0, 5, 'deny'), (6, 80, 'allow'), (81, 150, 'deny')]
    #[pyo3(signature = (given, attribute, /))]
    fn timeline<'py>(
        &self,
        py: Python<'py>,
        given: Option<&Bound<'py, PyAny>>,
        attribute: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given = self.given(py, given)?;
        let timeline = py.detach(|| self.inner().timeline(&given, attribute));
        let timeline = timeline.map_err(|error| raised(py, error))?;
        let segments = timeline.segments.iter();
        let worded = segments
            .map(|part| Worded { part, words: part.values.as_ref().map(ToString::to_string) })
            .collect();
        let json =
            TimelineJson { attribute: &timeline.attribute, segments: worded, complete: timeline.complete };
        answer(py, "timeline", &json)
    }

    /// Returns the first value of an ordered attribute, after the one that the request gives, at which the effect changes.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     The request, like for `decide`. It gives the attribute.
    /// attribute : str
    ///     The attribute, such as a time or an age.
    ///
    /// Returns
    /// -------
    /// NextChange or None
    ///     None if the effect never changes.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the request is erroneous, or the policy has no such attribute.
    /// ValueError
    ///     If the request doesn't give the attribute, or its values have no order.
    #[pyo3(signature = (request, attribute, /))]
    fn next_change<'py>(
        &self,
        py: Python<'py>,
        request: Option<&Bound<'py, PyAny>>,
        attribute: &str,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let request = self.given(py, request)?;
        let change = py.detach(|| self.inner().next_change(&request, attribute));
        let change = change.map_err(|error| raised(py, error))?;
        change.map(|change| answer(py, "next_change", &change)).transpose()
    }

    /// Returns the minimal changes of a request after which it would be allowed.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     The request, like for `decide`.
    /// may_change : iterable of str, optional
    ///     The attributes that changes may concern; without it, the unknown ones if they suffice, and then all.
    ///
    /// Returns
    /// -------
    /// Ways
    ///     The changes, those of the fewest attributes first. There are none if the request is allowed, or if no change
    ///     of these attributes suffices; the result's ``effect`` tells which.
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the request is erroneous, or the policy has no attribute of such a name.
    ///
    /// Examples
    /// --------
    /// >>> import placet
    /// >>> policy = placet.Policy.from_text('''
    /// ...     policy shop
    /// ...     request { age: int 0..150  purpose: { delivery, marketing } }
    /// ...     rule service { allow when purpose is delivery }
    /// ...     rule adults { allow when purpose is marketing and age >= 18 }
    /// ... ''')
    /// >>> for change in policy.ways({"age": 15, "purpose": "marketing"}):
    /// ...     print(change)
    /// age were at least 18 instead of 15
    /// purpose were delivery instead of marketing
    #[pyo3(signature = (request, /, *, may_change=None))]
    fn ways<'py>(
        &self,
        py: Python<'py>,
        request: Option<&Bound<'py, PyAny>>,
        may_change: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let may_change = names_of(may_change)?;
        let request = self.given(py, request)?;
        let explanation = explained(py, self.inner(), &request, may_change.as_deref())?;
        view(py, "placet._explanation", "ways", &WaysJson::from(&explanation))
    }

    /// Compares the policy with a newer one: the requests whose effect changes, the attributes, and the rules.
    ///
    /// Effects are compared for complete requests in the domains of both policies. The comparison may take as long as
    /// compiling.
    ///
    /// Parameters
    /// ----------
    /// new : Policy
    ///     The newer policy.
    ///
    /// Returns
    /// -------
    /// Difference
    ///     The differences; its ``is_same`` is True if there are none.
    ///
    /// Examples
    /// --------
    /// >>> import placet
    /// >>> old, new = (
    /// ...     placet.Policy.from_text(f"policy door request {{ age: int 0..150 }} rule adults {{ allow when age >= {age} }}")
    /// ...     for age in (18, 16)
    /// ... )
    /// >>> for change in old.diff(new).effects:
    /// ...     print(change)
    /// deny -> allow when age is 16..17
    #[pyo3(signature = (new, /))]
    fn diff<'py>(&self, py: Python<'py>, new: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let new = new.get().inner();
        let difference = py.detach(|| placet::diff(self.inner(), new));
        view(py, "placet._difference", "difference", &difference)
    }
}
