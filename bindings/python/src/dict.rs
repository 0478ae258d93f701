//! Iterates over a dict that may change during the iteration.

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyDict, PyString};
use std::ffi::CString;
use std::ptr;

/// An iterator over a dict that owns references to what it returns.
///
/// The iterator of `pyo3` panics if the dict changes meanwhile, for example in a value's `__index__` or on another
/// thread. This one returns an error instead.
pub(crate) struct Entries<'d, 'py> {
    dict: &'d Bound<'py, PyDict>,
    position: ffi::Py_ssize_t,
    length: usize,
    /// The number of remaining entries.
    left: usize,
}

/// A key of dicts that is found without a reference of its own.
pub(crate) struct KnownKey {
    object: Py<PyString>,
    text: CString,
}

impl KnownKey {
    /// Returns a key; `None` unless it is of ASCII characters other than NUL.
    pub(crate) fn new(key: Bound<'_, PyString>) -> Option<Self> {
        let text = key.to_str().ok().filter(|text| text.is_ascii())?;
        Some(Self { text: CString::new(text).ok()?, object: key.unbind() })
    }

    /// Returns true if a key is this object, or a string of this text. Runs no Python code.
    #[inline]
    #[allow(unsafe_code, reason = "a comparison that can't raise an exception needs no owned reference")]
    fn is(&self, key: Borrowed<'_, '_, PyAny>) -> bool {
        key.as_ptr() == self.object.as_ptr()
            || key.is_exact_instance_of::<PyString>()
                // SAFETY: `key` is a live string, the text ends with a NUL, and the thread is attached. The function
                // compares characters, and never fails.
                && unsafe { ffi::PyUnicode_CompareWithASCIIString(key.as_ptr(), self.text.as_ptr()) == 0 }
    }
}

impl<'d, 'py> Entries<'d, 'py> {
    pub(crate) fn new(dict: &'d Bound<'py, PyDict>) -> Self {
        let length = dict.len();
        Self { dict, position: 0, length, left: length }
    }

    /// Returns the next entry.
    ///
    /// # Errors
    /// If the dict has changed.
    #[inline]
    pub(crate) fn next(&mut self) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        self.next_by(|key, value| (key.to_owned(), value.to_owned()))
    }

    /// Returns the value of the next entry; `None` if it has another key, or there is none.
    ///
    /// # Errors
    /// If the dict has changed.
    #[inline]
    pub(crate) fn value_of(&mut self, known: &KnownKey) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.next_by(|key, value| known.is(key).then(|| value.to_owned()))?.flatten())
    }

    /// Returns what `read` makes of the next entry. It must not run Python code.
    #[inline]
    fn next_by<T>(
        &mut self,
        read: impl FnOnce(Borrowed<'_, 'py, PyAny>, Borrowed<'_, 'py, PyAny>) -> T,
    ) -> PyResult<Option<T>> {
        if self.dict.len() != self.length {
            return Err(changed());
        }
        let entry = self.advance(read);
        // A delete and an insert together keep the length, so the number of remaining entries is checked as well.
        match (&entry, self.left.checked_sub(1)) {
            (Some(_), Some(left)) => self.left = left,
            (None, None) => {}
            _ => return Err(changed()),
        }
        Ok(entry)
    }

    #[inline]
    #[allow(unsafe_code, reason = "there is no other way to walk a dict without copying it")]
    fn advance<T>(
        &mut self,
        read: impl FnOnce(Borrowed<'_, 'py, PyAny>, Borrowed<'_, 'py, PyAny>) -> T,
    ) -> Option<T> {
        let py = self.dict.py();
        let dict = self.dict.as_ptr();
        let position = &mut self.position;
        with_critical_section(self.dict.as_any(), || {
            let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
            // SAFETY: `dict` is a dict that `self` holds a reference to, and the thread is attached. `position` starts
            // at 0 and only this function changes it; `PyDict_Next` checks it against the current dict. The results are
            // borrowed references to live objects; within the critical section (or under the GIL) nothing can release
            // them before `read`, which runs no Python code, returns.
            unsafe {
                if ffi::PyDict_Next(dict, position, &mut key, &mut value) == 0 {
                    return None;
                }
                Some(read(Borrowed::from_ptr(py, key), Borrowed::from_ptr(py, value)))
            }
        })
    }
}

#[cold]
fn changed() -> PyErr {
    PyRuntimeError::new_err("the request changed while it was read")
}
