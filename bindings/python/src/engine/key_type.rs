//! Reads the types of declared keys from Python classes.

use crate::values::Classes;
use placet_engine::KeyType;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyFrozenSet, PyInt, PyMapping, PySet, PyString, PyType};

/// The declared keys of an engine and their types.
pub(super) struct KeyTypes(pub(super) Vec<(String, KeyType)>);

impl<'py> FromPyObject<'_, 'py> for KeyTypes {
    type Error = PyErr;

    fn extract(declared: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let keys = declared.cast::<PyMapping>()?.items()?;
        keys.iter()
            .map(|entry| {
                let (name, class) = entry.extract::<(String, Bound<'_, PyAny>)>()?;
                let ty = key_type(&class)?.ok_or_else(|| {
                    PyTypeError::new_err(format!(
                        "the type of the key `{name}` is none of `str`, `int`, `float`, `bool`, `datetime.date`, \
                         `datetime.datetime`, `datetime.timedelta` and `frozenset`"
                    ))
                })?;
                Ok((name, ty))
            })
            .collect::<PyResult<_>>()
            .map(Self)
    }
}

/// Returns the key type of a class; `None` for other objects.
fn key_type(class: &Bound<'_, PyAny>) -> PyResult<Option<KeyType>> {
    let py = class.py();
    let Ok(class) = class.cast::<PyType>() else { return Ok(None) };
    let classes = Classes::get(py)?;
    let types = [
        (py.get_type::<PyString>(), KeyType::Text),
        (py.get_type::<PyInt>(), KeyType::Int),
        (py.get_type::<PyFloat>(), KeyType::Number),
        (py.get_type::<PyBool>(), KeyType::Bool),
        (classes.date.bind(py).clone(), KeyType::Date),
        (classes.epoch.bind(py).get_type(), KeyType::Time),
        (py.get_type::<PyDelta>(), KeyType::Duration),
        (py.get_type::<PyFrozenSet>(), KeyType::Set),
        (py.get_type::<PySet>(), KeyType::Set),
    ];
    Ok(types.into_iter().find(|(known, _)| known.is(class)).map(|(_, ty)| ty))
}
