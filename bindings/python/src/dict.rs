//! The entries of a dict, whatever happens to it meanwhile.

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::PyDict;
use std::ptr;

/// The entries of a dict, each with references of its own.
///
/// The iterator of `pyo3` panics where a dict changes under it, as the `__index__` of a value or another thread may do
/// to it. This one says so.
pub(crate) struct Entries<'d, 'py> {
    dict: &'d Bound<'py, PyDict>,
    position: ffi::Py_ssize_t,
    length: usize,
    /// How many entries are to come.
    left: usize,
}

impl<'d, 'py> Entries<'d, 'py> {
    pub(crate) fn new(dict: &'d Bound<'py, PyDict>) -> Self {
        let length = dict.len();
        Self { dict, position: 0, length, left: length }
    }

    /// The next entry.
    ///
    /// # Errors
    /// If the dict has changed.
    #[inline]
    pub(crate) fn next(&mut self) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        if self.dict.len() != self.length {
            return Err(changed());
        }
        let entry = self.advance();
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
            // SAFETY: `dict` is a dict that `self` holds a reference to, and the thread is attached. `position` began as
            // 0 and is changed by this function alone, which checks it against the dict as it is now. What comes are
            // borrowed references to living objects; within the critical section (or under the lock of the interpreter)
            // nothing can let go of them before they are made our own.
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
