//! What a resolver is asked by: values of some of the request's attributes, or of the caller's own keys.

use crate::fact::Fact;
use crate::store;
use foldhash::quality::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// The names that a resolver is keyed by.
pub(crate) type Names = Arc<[Arc<str>]>;

/// The key under which a resolver is asked: a value for each name that it is keyed by.
#[derive(Debug, Clone)]
pub struct Key {
    names: Names,
    values: Values,
    hash: u64,
}

/// The values of a key's names.
pub(crate) type Values = Arc<[Value]>;

/// A value, and the hash of what it says of its name.
#[derive(Debug)]
pub(crate) struct Value {
    fact: Fact,
    about: u64,
}

impl Value {
    pub(crate) fn new(hasher: &RandomState, name: &str, fact: Fact) -> Self {
        let about = about(hasher, name, &fact);
        Self { fact, about }
    }
}

/// The hash of what a value says of its name.
pub(crate) fn about(hasher: &RandomState, name: &str, value: &Fact) -> u64 {
    hasher.hash_one((name, value))
}

impl Key {
    pub(crate) fn new(hasher: &RandomState, names: &Names, values: Values) -> Self {
        let mut state = hasher.build_hasher();
        values.iter().for_each(|value| state.write_u64(value.about));
        Self { names: names.clone(), values, hash: state.finish() }
    }

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

impl store::Key for Key {
    fn about(&self) -> impl Iterator<Item = u64> {
        self.values.iter().map(|value| value.about)
    }

    fn spread(&self) -> u64 {
        self.hash
    }
}
