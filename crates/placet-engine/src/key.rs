//! What a resolver is asked by: values of some of the request's attributes, or of the caller's own keys.

use crate::fact::Fact;
use crate::store;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The key under which a resolver is asked: a value for each name that it is keyed by.
#[derive(Debug, Clone)]
pub struct Key {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    resolver: usize,
    names: Arc<[Arc<str>]>,
    values: Box<[Fact]>,
    parts: Box<[u64]>,
    hash: u64,
}

impl Key {
    pub(crate) fn new(resolver: usize, names: &Arc<[Arc<str>]>, values: Vec<Fact>) -> Self {
        let parts: Box<[u64]> = names.iter().zip(&values).map(|(name, value)| part(name, value)).collect();
        let hash = of(&(resolver, &parts));
        Self { inner: Arc::new(Inner { resolver, names: names.clone(), values: values.into(), parts, hash }) }
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
        self.inner.names.iter().map(|name| &**name).zip(&self.inner.values)
    }
}

/// What a fact is about: the value of a key.
pub(crate) fn part(name: &str, value: &Fact) -> u64 {
    of(&(name, value))
}

/// The same for the same value wherever in a process; an attacker who finds two values of one hash makes facts be
/// forgotten that need not be, and no more.
fn of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.inner.hash == other.inner.hash
            && self.inner.resolver == other.inner.resolver
            && self.inner.values == other.inner.values
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.inner.hash);
    }
}

impl store::Key for Key {
    fn parts(&self) -> &[u64] {
        &self.inner.parts
    }
}
