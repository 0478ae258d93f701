//! What a resolver is asked by: values of some of the request's attributes, or of the caller's own keys.

use crate::cache::CacheKey;
use crate::fact::Fact;
use crate::key_names::{Group, KeyNames, Names};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Of how many names it takes no memory of its own to know the values.
const INLINE_KEYS: usize = 4;

/// A value of a name, and the hash of what it says of it.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    fact: Fact,
    about: u64,
}

/// What is known of the names that resolvers are keyed by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values(SmallVec<[Option<Value>; INLINE_KEYS]>);

impl Values {
    /// Gives a name its value, which is in its one form.
    pub(crate) fn set(&mut self, names: &KeyNames, place: usize, fact: Fact) {
        let Some(about) = names.about(place, &fact) else { return };
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        if let Some(value) = self.0.get_mut(place) {
            *value = Some(Value { fact, about });
        }
    }

    /// Whether a name has a value.
    pub(crate) fn has(&self, place: usize) -> bool {
        self.get(place).is_some()
    }

    fn get(&self, place: usize) -> Option<&Value> {
        self.0.get(place)?.as_ref()
    }

    /// The values of a group's names, of which those that are not known are found first; or the first name that has none.
    pub(crate) fn pick<'v, 'g: 'v>(
        &'v mut self,
        names: &KeyNames,
        group: &'g Group,
        find: impl Fn(usize) -> Option<Fact>,
    ) -> Result<Picked<'v>, &'g Arc<str>> {
        for (place, name) in group.places.iter().zip(&*group.names) {
            if !self.has(*place) {
                let ty = names.ty(*place).ok_or(name)?;
                self.set(names, *place, find(*place).and_then(|fact| ty.canonical(fact)).ok_or(name)?);
            }
        }
        // INVARIANT: each of them has a value now.
        let values: SmallVec<[&Value; INLINE_KEYS]> =
            group.places.iter().filter_map(|place| self.get(*place)).collect();
        let mut state = names.hasher();
        values.iter().for_each(|value| state.write_u64(value.about));
        Ok(Picked { names: &group.names, values, hash: state.finish() })
    }
}

/// A key that is looked for: as good as the [`OwnedCacheKey`], without memory of its own.
#[derive(Debug)]
pub(crate) struct Picked<'v> {
    names: &'v Names,
    values: SmallVec<[&'v Value; INLINE_KEYS]>,
    hash: u64,
}

impl Picked<'_> {
    /// The key, to be kept.
    pub(crate) fn to_key(&self) -> Key {
        let values = self.values.iter().map(|value| (*value).clone()).collect();
        Key { names: self.names.clone(), values, hash: self.hash }
    }
}

impl CacheKey<Key> for Picked<'_> {
    fn about(&self) -> impl Iterator<Item = u64> {
        self.values.iter().map(|value| value.about)
    }

    fn spread(&self) -> u64 {
        self.hash
    }

    fn is(&self, key: &Key) -> bool {
        let values = || self.values.iter().map(|value| &value.fact);
        *self.names == key.names && values().eq(key.values.iter().map(|value| &value.fact))
    }
}

/// The key under which a resolver is asked: a value for each name that it is keyed by.
#[derive(Debug, Clone)]
pub struct Key {
    names: Names,
    values: Arc<[Value]>,
    hash: u64,
}

impl Key {
    /// The value of a name that the resolver is keyed by.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The text of a name that the resolver is keyed by; empty where there is none, or it is no text.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Fact::as_text).unwrap_or_default()
    }

    /// The names that the resolver is keyed by, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.names.iter().map(|name| &**name).zip(self.values.iter().map(|value| &value.fact))
    }
}

/// Keys of one engine are the same where they have the same values for the same names.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.iter().eq(other.iter())
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl CacheKey<Key> for Key {
    fn about(&self) -> impl Iterator<Item = u64> {
        self.values.iter().map(|value| value.about)
    }

    fn spread(&self) -> u64 {
        self.hash
    }

    fn is(&self, key: &Key) -> bool {
        self == key
    }
}
