//! Converts Python values to facts and back.
//!
//! A fact is a value that is not bound to a policy yet: a resolver's result, or a part of a key.

use crate::errors::Fault;
use crate::request::entries;
use crate::values::{Classes, DAY, EPOCH_DAY, SECOND, Target, put};
use placet::{Fact, Input, ValueError};
use placet_engine::Facts;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDelta, PyDict, PyFrozenSet, PyString};
use std::sync::Arc;

/// Converts a value to a fact; None gives `None`.
///
/// # Errors
/// If no attribute has the value's type, or reading the value raised an exception. The message does not contain the
/// value, since it may reach a log.
pub(crate) fn fact(value: &Bound<'_, PyAny>) -> PyResult<Option<Fact>> {
    let mut reader = FactReader::default();
    put(&mut reader, value).map_err(|fault| fault.raise(value.py()))?;
    Ok(reader.fact)
}

/// Converts the result of a resolver to facts: a mapping, a dataclass or a pydantic model. These nest along the dotted
/// names of the served attributes.
///
/// # Errors
/// If the result is none of these, a key is not a string, an attribute is given twice, or a value fails in [`fact`].
pub(crate) fn facts(found: &Bound<'_, PyAny>, serves: &[Arc<str>]) -> PyResult<Facts> {
    let mut collector = FactCollector { serves, facts: Vec::new() };
    if !collector.object("", found)? {
        let class = found.get_type().name().map_or_else(|_| "another".to_owned(), |name| name.to_string());
        let message = format!(
            "a resolver gives attributes in a mapping, a dataclass or a pydantic model, not `{class}`"
        );
        return Err(PyTypeError::new_err(message));
    }
    let known = |facts: Facts, (name, fact): (Arc<str>, Option<Fact>)| facts.with_known(name, fact);
    Ok(collector.facts.into_iter().fold(Facts::new(), known))
}

/// The facts of one result, in the order of reading. The recursion is bounded by the depth of the served names.
struct FactCollector<'s> {
    serves: &'s [Arc<str>],
    facts: Vec<(Arc<str>, Option<Fact>)>,
}

impl FactCollector<'_> {
    /// Adds the entries of an object; returns false if the value is not an object.
    fn object(&mut self, within: &str, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Some(entries) = entries(object)? else { return Ok(false) };
        for (name, value) in entries {
            let name = name.cast::<PyString>()?.to_str()?;
            let name = if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") };
            let below =
                |served: &&Arc<str>| served.strip_prefix(&*name).is_some_and(|rest| rest.starts_with('.'));
            let is_served = self.serves.iter().any(|served| **served == *name);
            let group: Vec<Arc<str>> = match is_served {
                true => Vec::new(),
                false => self.serves.iter().filter(below).cloned().collect(),
            };
            if !group.is_empty() && value.is_none() {
                group.into_iter().try_for_each(|attribute| self.add(attribute, None))?;
            } else if group.is_empty() || !self.object(&name, &value)? {
                // None is null, which is `none` for an optional attribute; a missing value of any other.
                let fact = match value.is_none() {
                    true => Some(Fact::Null),
                    false => fact(&value).map_err(|error| with_attribute(value.py(), &name, error))?,
                };
                self.add(name.into(), fact)?;
            }
        }
        Ok(true)
    }

    fn add(&mut self, name: Arc<str>, fact: Option<Fact>) -> PyResult<()> {
        if self.facts.iter().any(|(given, _)| *given == name) {
            return Err(PyTypeError::new_err(format!("`{name}` is given twice")));
        }
        self.facts.push((name, fact));
        Ok(())
    }
}

/// Prefixes the message of a `TypeError` with the attribute's name.
#[cold]
fn with_attribute(py: Python<'_>, name: &str, error: PyErr) -> PyErr {
    if error.is_instance_of::<PyTypeError>(py) {
        PyTypeError::new_err(format!("`{name}`: {}", error.value(py)))
    } else {
        error
    }
}

/// A fact that is being read.
#[derive(Default)]
struct FactReader {
    fact: Option<Fact>,
    members: Vec<Arc<str>>,
}

impl Target for FactReader {
    fn put(&mut self, value: &Input<'_>) -> Result<(), Fault> {
        self.fact = Some(match value {
            Input::Bool(value) => Fact::Bool(*value),
            Input::Int(value) => Fact::Int(*value),
            Input::Number(value) => Fact::Number(*value),
            Input::Numeral(text) => match (text.parse(), text.parse()) {
                (Ok(whole), _) => Fact::Int(whole),
                (Err(_), Ok(number)) => Fact::Number(number),
                (Err(_), Err(_)) => return Err(self.value_error(ValueError::WrongType, text, None)),
            },
            Input::Text(text) => Fact::from(&**text),
            Input::Date(date) => Fact::Date(*date),
            Input::Time(time) => Fact::Time(*time),
            Input::Duration(duration) => Fact::Duration(*duration),
            Input::Outside(text) => Fact::Outside((&**text).into()),
            Input::Null | Input::Set(_) => return Ok(()),
            other => return Err(self.value_error(ValueError::WrongType, &other.to_string(), None)),
        });
        Ok(())
    }

    fn begin_set(&mut self, _shown: impl FnOnce() -> String) -> Result<(), Fault> {
        self.members.clear();
        Ok(())
    }

    fn member(&mut self, text: &str) -> Result<(), Fault> {
        self.members.push(text.into());
        Ok(())
    }

    fn end_set(&mut self) -> Result<(), Fault> {
        self.fact = Some(self.members.drain(..).collect());
        Ok(())
    }

    #[cold]
    fn value_error(&self, _error: ValueError, _shown: &str, why: Option<&str>) -> Fault {
        Fault::Raised(PyTypeError::new_err(why.unwrap_or("the value is of no attribute's type").to_owned()))
    }
}

/// Returns a dict of a key's values by their names.
pub(crate) fn dict<'f, 'py>(
    py: Python<'py>,
    facts: impl Iterator<Item = (&'f str, &'f Fact)>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, fact) in facts {
        dict.set_item(name, object(py, fact)?)?;
    }
    Ok(dict)
}

/// Converts a fact to a Python object.
///
/// # Errors
/// If the date is outside Python's range.
pub(crate) fn object<'py>(py: Python<'py>, fact: &Fact) -> PyResult<Bound<'py, PyAny>> {
    Ok(match fact {
        Fact::Null => py.None().into_bound(py),
        Fact::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Fact::Int(value) => value.into_pyobject(py)?.into_any(),
        Fact::Number(value) => value.into_pyobject(py)?.into_any(),
        // Keys never hold numerals or values outside every domain: their canonical form has none.
        Fact::Text(text) | Fact::Numeral(text) | Fact::Outside(text) => PyString::new(py, text).into_any(),
        Fact::Set(members) => PyFrozenSet::new(py, members.iter().map(|member| &**member))?.into_any(),
        Fact::Date(date) => {
            let day = i64::from(date.days()) + EPOCH_DAY;
            Classes::get(py)?.date.bind(py).call_method1("fromordinal", (day,))?
        }
        Fact::Time(time) => Classes::get(py)?.epoch.bind(py).add(delta(py, time.micros())?)?,
        Fact::Duration(duration) => delta(py, duration.micros())?.into_any(),
        _ => return Err(PyTypeError::new_err("Python has no type for this value")),
    })
}

fn delta(py: Python<'_>, micros: i64) -> PyResult<Bound<'_, PyDelta>> {
    let (seconds, micros) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
    let (days, seconds) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // INVARIANT: the remainders are below 86,400 and 1,000,000 and fit.
    PyDelta::new(py, i32::try_from(days)?, i32::try_from(seconds)?, i32::try_from(micros)?, false)
}
