//! Names of an enum or a taxonomy, found by the identity of Python objects or by their text.

use placet_core::NameTable;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyList, PyString};
use rustc_hash::FxBuildHasher;
use std::collections::HashMap;

/// A map from names to their indices.
///
/// Programs mostly give names as literals or as members of an enum. CPython interns literals, so they are the same objects
/// each time, and a comparison of addresses finds them.
pub(super) struct KnownNames {
    texts: NameTable<u32>,
    /// The indices of objects, by their addresses.
    objects: HashMap<usize, u32, FxBuildHasher>,
    /// Keeps the objects alive, so that no other object can get their addresses.
    _alive: Vec<Py<PyAny>>,
}

impl KnownNames {
    /// Creates the map of `names`, whose indices are those in the slice, and of further objects that stand for a name.
    pub(super) fn new(py: Python<'_>, names: &[String], objects: Vec<(Py<PyAny>, String)>) -> Self {
        let mut texts = NameTable::default();
        for (index, name) in (0..).zip(names) {
            *texts.entry(name) = index;
        }
        texts.pack();
        let interned = names.iter().map(|name| (PyString::intern(py, name).into_any().unbind(), name));
        let known: Vec<(Py<PyAny>, u32)> = interned
            .filter_map(|(object, name)| Some((object, texts.get(name)?)))
            .chain(objects.into_iter().filter_map(|(object, name)| Some((object, texts.get(&name)?))))
            .collect();
        let objects = known.iter().map(|(object, index)| (object.as_ptr().addr(), *index)).collect();
        Self { texts, objects, _alive: known.into_iter().map(|(object, _)| object).collect() }
    }

    /// Returns the index of an object, if it stands for a name or is a string of that text.
    #[inline]
    pub(super) fn find(&self, object: &Bound<'_, PyAny>) -> Option<usize> {
        if let Some(index) = self.objects.get(&object.as_ptr().addr()) {
            return Some(*index as usize);
        }
        self.text(object.cast_exact::<PyString>().ok()?.to_str().ok()?)
    }

    /// Returns the names in a list, one bit for each index. `None` if one isn't found or has an index beyond the bits.
    #[inline]
    #[allow(unsafe_code, reason = "an owned reference to each member takes half of the time")]
    pub(super) fn bits(&self, list: &Bound<'_, PyList>) -> Option<u64> {
        with_critical_section(list, || {
            let mut bits = 0;
            for index in 0..list.len().cast_signed() {
                // SAFETY: `list` is a live list and the thread is attached. `PyList_GetItem` checks the index.
                let member = unsafe { ffi::PyList_GetItem(list.as_ptr(), index) };
                let index = match self.objects.get(&member.addr()) {
                    Some(index) => *index as usize,
                    // SAFETY: `member` is null, with an exception set, or a borrowed reference to a live object, which
                    // becomes an owned one here. Nothing released it meanwhile: no Python code ran, and other threads
                    // wait for the critical section or the GIL.
                    None => {
                        self.find(&unsafe { Bound::from_borrowed_ptr_or_err(list.py(), member) }.ok()?)?
                    }
                };
                bits |= 1_u64.checked_shl(u32::try_from(index).ok()?)?;
            }
            Some(bits)
        })
    }

    /// Returns the index of a name.
    #[inline]
    pub(super) fn text(&self, name: &str) -> Option<usize> {
        self.texts.get(name).map(|index| index as usize)
    }
}
