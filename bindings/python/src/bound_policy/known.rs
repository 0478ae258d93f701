//! Names of an enum or a taxonomy, found by the identity of Python objects or by their text.

use placet_core::NameTable;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyList, PyString};

/// A map from names to their indices.
///
/// Programs mostly give names as literals or as members of an enum. CPython interns literals, so they are the same objects
/// each time, and a comparison of addresses finds them.
pub(super) struct KnownNames {
    texts: NameTable<u32>,
    objects: ObjectTable,
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
        let indices = interned
            .filter_map(|(object, name)| Some((object, texts.get(name)?)))
            .chain(objects.into_iter().filter_map(|(object, name)| Some((object, texts.get(&name)?))))
            .collect();
        Self { objects: ObjectTable::new(indices), texts }
    }

    /// Returns the index of an object, if it stands for a name or is a string of that text.
    #[inline]
    pub(super) fn find(&self, object: &Bound<'_, PyAny>) -> Option<usize> {
        if let Some(index) = self.objects.get(object.as_ptr().addr()) {
            return Some(index);
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
                let index = match self.objects.get(member.addr()) {
                    Some(index) => index,
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

/// A hash table of addresses with linear probing. At most half of the slots are taken.
struct ObjectTable {
    /// Addresses with their indices. No object has the address 0.
    slots: Box<[(usize, u32)]>,
    /// Keeps the objects alive, so that no other object can get their addresses.
    _objects: Vec<Py<PyAny>>,
}

impl ObjectTable {
    fn new(objects: Vec<(Py<PyAny>, u32)>) -> Self {
        let mut slots = vec![(0, 0); (2 * objects.len()).max(2).next_power_of_two()].into_boxed_slice();
        for (object, index) in &objects {
            let address = object.as_ptr().addr();
            let found = probe(&slots, address);
            if let Some(slot) = slots.get_mut(found) {
                *slot = (address, *index);
            }
        }
        Self { slots, _objects: objects.into_iter().map(|(object, _)| object).collect() }
    }

    #[inline]
    fn get(&self, address: usize) -> Option<usize> {
        let (known, index) = self.slots.get(probe(&self.slots, address))?;
        (*known == address).then_some(*index as usize)
    }
}

/// Returns the slot of an address, or the free one where it would be.
#[inline]
fn probe(slots: &[(usize, u32)], address: usize) -> usize {
    let mask = slots.len() - 1;
    // Objects are aligned to 16 bytes and similar ones are often a page apart.
    let mut slot = (address >> 4 ^ address >> 12) & mask;
    // Ends: half of the slots are free.
    while let Some((known, _)) = slots.get(slot)
        && *known != address
        && *known != 0
    {
        slot = (slot + 1) & mask;
    }
    slot
}
