//! The questions about a policy: methods of `placet.Policy` whose answers are classes of `placet._questions`.

use crate::errors::{self, Fault};
use crate::policy::Policy;
use crate::request::Arguments;
use placet::query::QueryError;
use placet::{Effect, Request};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Serialize;

/// Returns the exception of a question that can't be answered.
fn raised(py: Python<'_>, error: QueryError) -> PyErr {
    match error {
        QueryError::Request(error) => errors::request(py, error),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// Passes an answer to a function of `placet._questions`.
fn answer<'py>(py: Python<'py>, function: &str, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))?;
    py.import("placet._questions")?.getattr(function)?.call1((text,))
}

impl Policy {
    fn given(&self, py: Python<'_>, request: Option<&Bound<'_, PyAny>>) -> PyResult<Request> {
        let arguments = Arguments { request, attributes: None, ignore_unknown: false };
        let read = self.inner().request_with(|reader| arguments.read(reader));
        read.map_err(|fault: Fault| fault.raise(py))
    }
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
    ///     If what is given is erroneous, or the policy has no such attribute.
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
        let mut regions = self.inner().query(&given, names(&over)).map_err(|error| raised(py, error))?;
        if let Some(effect) = effect {
            regions = regions.with_effect(effect);
        }
        answer(py, "regions", &regions)
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
        let changes = self.inner().query_changes(&before, &after, names(&over));
        answer(py, "regions", &changes.map_err(|error| raised(py, error))?)
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
        let matrix = self.inner().matrix(&given, rows, columns).map_err(|error| raised(py, error))?;
        answer(py, "matrix", &matrix)
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
        let change = self.inner().next_change(&request, attribute).map_err(|error| raised(py, error))?;
        change.map(|change| answer(py, "next_change", &change)).transpose()
    }
}
