//! Requests as dicts of one shape: the same keys in the same order.
//!
//! Most programs write their requests in one place. After some of them, the policy is bound to their keys, and dicts of this
//! shape are decided like the values of a [`BoundPolicy`]. All others are read as before.

use super::{BoundPolicy, Reading};
use crate::dict::{Entries, KnownKey};
use crate::errors::Fault;
use placet::typed::{ReadValues, Reader};
use placet::{Effect, Policy};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The number of dicts after which the policy is bound. Binding costs as much as deciding some hundred dicts.
const DICTS: u32 = 256;

/// The shape of the requests of a policy, once there were enough.
#[derive(Default)]
pub(crate) struct LearnedShape {
    dicts: AtomicU32,
    /// `None` if the policy can't be bound to the keys.
    shape: OnceLock<Option<Shape>>,
}

struct Shape {
    bound: BoundPolicy,
    /// The names of the attributes.
    keys: Box<[KnownKey]>,
}

impl LearnedShape {
    /// Returns the effect of a request, if it has the shape and its values are all that is needed.
    ///
    /// # Errors
    /// If reading a value raises an exception.
    #[inline]
    pub(crate) fn effect(&self, policy: &Policy, dict: &Bound<'_, PyDict>) -> PyResult<Option<Effect>> {
        match self.shape.get() {
            Some(Some(shape)) if shape.keys.len() == dict.len() => shape.effect(dict),
            Some(_) => Ok(None),
            None => {
                self.learn(policy, dict);
                Ok(None)
            }
        }
    }

    #[cold]
    fn learn(&self, policy: &Policy, dict: &Bound<'_, PyDict>) {
        if self.dicts.fetch_add(1, Ordering::Relaxed) >= DICTS {
            self.shape.get_or_init(|| Shape::new(policy, dict));
        }
    }
}

impl Shape {
    fn new(policy: &Policy, dict: &Bound<'_, PyDict>) -> Option<Self> {
        let keys: Vec<Bound<'_, PyString>> =
            dict.keys().iter().map(|key| key.cast_into_exact().ok()).collect::<Option<_>>()?;
        let names = PyTuple::new(dict.py(), &keys).ok()?;
        let bound = BoundPolicy::new(policy, &names, false).ok()?;
        Some(Self { bound, keys: keys.into_iter().map(KnownKey::new).collect::<Option<_>>()? })
    }

    fn effect(&self, dict: &Bound<'_, PyDict>) -> PyResult<Option<Effect>> {
        let values = Values { shape: self, dict, reading: Reading::default() };
        match (self.bound.binding.effect_by_masks(&values), values.reading.raised.into_inner()) {
            (_, Some(raised)) => Err(raised),
            (effect, None) => Ok(effect),
        }
    }
}

/// The values of a dict that has the keys of a shape in their order. Any other is left to an ordinary request.
struct Values<'v, 'py> {
    shape: &'v Shape,
    dict: &'v Bound<'py, PyDict>,
    reading: Reading,
}

impl ReadValues for Values<'_, '_> {
    // Reading a Python value costs more than searching for its masks.
    const DEFERS: bool = false;

    #[inline]
    fn read_values<R: Reader>(&self, reader: &mut R) {
        let Self { shape: Shape { bound, keys }, dict, reading } = self;
        let mut entries = Entries::new(dict);
        for (field, known) in bound.fields.iter().zip(keys) {
            match entries.value_of(known) {
                Ok(Some(value)) => reading.value(field, &value, reader),
                Ok(None) => return reading.leave(None, reader),
                Err(raised) => return reading.leave(Some(Fault::Raised(raised)), reader),
            }
        }
        // The last value could have changed the dict.
        match entries.next() {
            Ok(None) => {}
            Ok(Some(_)) => reading.leave(None, reader),
            Err(raised) => reading.leave(Some(Fault::Raised(raised)), reader),
        }
    }
}
