//! Iterates over a dict that may change during the iteration.

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::PyDict;
use std::ptr;

/// An iterator over a dict that owns references to its entries.
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
        if self.dict.len() != self.length {
            return Err(changed());
        }
        let entry = self.advance();
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
    fn advance(&mut self) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let py = self.dict.py();
        let dict = self.dict.as_ptr();
        let position = &mut self.position;
        with_critical_section(self.dict.as_any(), || {
            let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
            // SAFETY: `dict` is a dict that `self` holds a reference to, and the thread is attached. `position` starts
            // at 0 and only this function changes it; `PyDict_Next` checks it against the current dict. The results are
            // borrowed references to live objects; within the critical section (or under the GIL) nothing can release
            // them before they become owned.
            unsafe {
                if ffi::PyDict_Next(dict, position, &mut key, &mut value) == 0 {
                    return None;
                }
                Some((Bound::from_borrowed_ptr(py, key), Bound::from_borrowed_ptr(py, value)))
            }
        })
    }
}

#[cold]
fn changed() -> PyErr {
    PyRuntimeError::new_err("the request changed while it was read")
}
