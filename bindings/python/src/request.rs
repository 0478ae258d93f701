//! Requests as Python gives them: dicts and other mappings, dataclasses, pydantic models, keywords.

use crate::dict::Entries;
use crate::errors::Fault;
use crate::values::{At, put, shown};
use placet::{KeyTarget, RequestError, RequestReader, Scope};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyString, PyTuple};

/// What is asked: an object, keywords, or both.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q, 'py> {
    pub(crate) request: Option<&'q Bound<'py, PyAny>>,
    pub(crate) attributes: Option<&'q Bound<'py, PyDict>>,
    pub(crate) ignore_unknown: bool,
}

impl Question<'_, '_> {
    /// Reads all that is asked.
    ///
    /// # Errors
    /// The first fault of the object, then of the keywords.
    #[inline]
    pub(crate) fn read(self, reader: &mut RequestReader<'_, '_>) -> Result<(), Fault> {
        // Both in one object, so that what is given in both is given twice.
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

/// What walks objects. They nest no deeper than the names of attributes, whatever the objects.
#[derive(Clone, Copy)]
struct Walker {
    ignore_unknown: bool,
}

impl Walker {
    /// Reads an object's entries; false if it has none, being no object.
    fn object(
        self,
        reader: &mut RequestReader<'_, '_>,
        level: Scope,
        value: &Bound<'_, PyAny>,
    ) -> Result<bool, Fault> {
        if let Ok(dict) = value.cast_exact::<PyDict>() {
            self.dict(reader, level, dict)?;
        } else if let Some(entries) = entries(value)? {
            for (key, value) in entries {
                self.entry(reader, level, &key, &value)?;
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
        level: Scope,
        dict: &Bound<'_, PyDict>,
    ) -> Result<(), Fault> {
        let mut entries = Entries::new(dict);
        while let Some((key, value)) = entries.next()? {
            self.entry(reader, level, &key, &value)?;
        }
        Ok(())
    }

    #[inline]
    fn entry(
        self,
        reader: &mut RequestReader<'_, '_>,
        level: Scope,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> Result<(), Fault> {
        // Text that is no Unicode is no key of any policy, nor is what is no text.
        let Some(text) = key.cast::<PyString>().ok().and_then(|key| key.to_str().ok()) else {
            return self.unknown(reader.unknown(level, &shown(key)));
        };
        match reader.entry(level, text)? {
            KeyTarget::Attribute(slot) => put(&mut At { reader, slot }, value),
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
            KeyTarget::Unknown => Err(reader.unknown(level, text).into()),
        }
    }

    #[cold]
    fn unknown(self, error: RequestError) -> Result<(), Fault> {
        if self.ignore_unknown { Ok(()) } else { Err(error.into()) }
    }
}

/// A key with its value.
type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The entries of a mapping, a dataclass or a pydantic model; `None` for any other object.
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

/// The names of the fields of a dataclass or a pydantic model.
fn fields<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    static FIELDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let names = FIELDS.import(py, "placet._records", "field_names")?.call1((value.get_type(),))?;
    if names.is_none() {
        return Ok(None);
    }
    let names = names.cast_into::<PyTuple>()?;
    // What a model took beyond its fields stands apart.
    match value.getattr_opt(intern!(py, "__pydantic_extra__"))? {
        Some(extra) if extra.is_truthy()? => {
            let extra = PyTuple::new(py, extra.cast_into::<PyDict>()?.keys())?;
            Ok(Some(names.as_sequence().concat(extra.as_sequence())?.to_tuple()?))
        }
        _ => Ok(Some(names)),
    }
}
