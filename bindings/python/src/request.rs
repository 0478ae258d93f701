//! Reads requests from Python objects: dicts and other mappings, dataclasses, pydantic models, and keywords.
//!
//! Keys are dotted (`subject.age`) or nested (`subject: {age: …}`); `RequestReader` resolves both.

use crate::dict::Entries;
use crate::errors::Fault;
use crate::values::{SlotTarget, put, shown};
use placet::{KeyTarget, RequestError, RequestReader, Scope};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyString, PyTuple};

/// The arguments of a decision: a request object, keywords, or both.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'q, 'py> {
    pub(crate) request: Option<&'q Bound<'py, PyAny>>,
    pub(crate) attributes: Option<&'q Bound<'py, PyDict>>,
    pub(crate) ignore_unknown: bool,
}

impl<'q, 'py> Arguments<'q, 'py> {
    /// Returns the dict that is the whole request, if it is one.
    #[inline]
    pub(crate) fn dict(self) -> Option<&'q Bound<'py, PyDict>> {
        match (self.request, self.attributes) {
            (Some(request), None) => request.cast_exact().ok(),
            (None, attributes) => attributes,
            (Some(_), Some(_)) => None,
        }
    }

    /// Reads the object, then the keywords.
    ///
    /// # Errors
    /// The first error of the object, then of the keywords.
    #[inline]
    pub(crate) fn read(self, reader: &mut RequestReader<'_, '_>) -> Result<(), Fault> {
        // One scope for both, so that an attribute in both is a duplicate.
        let root = reader.root();
        let walker = Walker { ignore_unknown: self.ignore_unknown };
        if let Some(request) = self.request
            && !walker.object(reader, root, request)?
        {
            return Err(no_request(request));
        }
        match self.attributes {
            Some(attributes) => walker.dict(reader, root, attributes),
            None => Ok(()),
        }
    }
}

#[cold]
fn no_request(value: &Bound<'_, PyAny>) -> Fault {
    let class = value.get_type().name().map_or_else(|_| "another".to_owned(), |name| name.to_string());
    let message =
        format!("a request is a mapping, a dataclass, a pydantic model, or keywords, not `{class}`");
    Fault::Raised(PyTypeError::new_err(message))
}

/// Reads nested objects into a request. The recursion is bounded by the depth of the policy's attribute names, so
/// cyclic and deep objects are safe.
#[derive(Clone, Copy)]
struct Walker {
    ignore_unknown: bool,
}

impl Walker {
    /// Reads the entries of an object; returns false if the value is not an object.
    fn object(
        self,
        reader: &mut RequestReader<'_, '_>,
        scope: Scope,
        value: &Bound<'_, PyAny>,
    ) -> Result<bool, Fault> {
        if let Ok(dict) = value.cast_exact::<PyDict>() {
            self.dict(reader, scope, dict)?;
        } else if let Some(entries) = entries(value)? {
            for (key, value) in entries {
                self.entry(reader, scope, &key, &value)?;
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    #[inline]
    fn dict(
        self,
        reader: &mut RequestReader<'_, '_>,
        scope: Scope,
        dict: &Bound<'_, PyDict>,
    ) -> Result<(), Fault> {
        let mut entries = Entries::new(dict);
        while let Some((key, value)) = entries.next()? {
            self.entry(reader, scope, &key, &value)?;
        }
        Ok(())
    }

    #[inline]
    fn entry(
        self,
        reader: &mut RequestReader<'_, '_>,
        scope: Scope,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> Result<(), Fault> {
        // A string with a lone surrogate has no UTF-8 form, so no policy has such a name, nor a name that is not a
        // string.
        let Some(text) = key.cast::<PyString>().ok().and_then(|key| key.to_str().ok()) else {
            return self.unknown(reader.unknown(scope, &shown(key)));
        };
        match reader.entry(scope, text)? {
            KeyTarget::Attribute(slot) => put(&mut SlotTarget { reader, slot }, value),
            KeyTarget::Object(inner) => {
                if value.is_none() {
                    reader.put_missing_object(inner)?;
                } else if !self.object(reader, inner, value)? {
                    return Err(reader.no_object(inner).into());
                }
                reader.leave(inner);
                Ok(())
            }
            KeyTarget::Unknown if self.ignore_unknown => Ok(()),
            KeyTarget::Unknown => Err(reader.unknown(scope, text).into()),
        }
    }

    #[cold]
    fn unknown(self, error: RequestError) -> Result<(), Fault> {
        if self.ignore_unknown { Ok(()) } else { Err(error.into()) }
    }
}

/// A key and its value.
type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Returns the entries of a mapping, a dataclass or a pydantic model; `None` for any other object.
pub(crate) fn entries<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Pair<'py>>>> {
    if let Ok(mapping) = value.cast::<PyMapping>() {
        return mapping.items()?.iter().map(|entry| entry.extract()).collect::<PyResult<_>>().map(Some);
    }
    let Some(fields) = fields(value)? else { return Ok(None) };
    let pair = |field: Bound<'py, PyAny>| {
        let name = field.cast_into::<PyString>()?;
        let inner = value.getattr(&name)?;
        Ok((name.into_any(), inner))
    };
    fields.iter().map(pair).collect::<PyResult<_>>().map(Some)
}

/// Returns the field names of a dataclass or a pydantic model.
fn fields<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    static FIELDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let names = FIELDS.import(py, "placet._records", "field_names")?.call1((value.get_type(),))?;
    if names.is_none() {
        return Ok(None);
    }
    let names = names.cast_into::<PyTuple>()?;
    // Pydantic keeps extra values (`extra="allow"`) apart from the declared fields.
    match value.getattr_opt(intern!(py, "__pydantic_extra__"))? {
        Some(extra) if extra.is_truthy()? => {
            let extra = PyTuple::new(py, extra.cast_into::<PyDict>()?.keys())?;
            Ok(Some(names.as_sequence().concat(extra.as_sequence())?.to_tuple()?))
        }
        _ => Ok(Some(names)),
    }
}
