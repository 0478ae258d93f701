//! Keys: the values by which a resolver is called.
//!
//! A key takes its values from attributes of the request or from the caller. Looking up cached facts uses [`Picked`],
//! which borrows the values. An owned [`Key`] is only built if a resolver has to be called.

use crate::cache::CacheKey;
use crate::key_error::KeyError;
use crate::key_names::{Group, KeyNames, Names};
use crate::key_type::KeyType;
use placet::Fact;
use placet_core::closest;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The number of key values stored inline.
const INLINE_KEYS: usize = 4;

/// A value of a key name, and the hash of both.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    fact: Fact,
    about: u64,
}

/// The known values of the key names, by index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values(SmallVec<[Option<Value>; INLINE_KEYS]>);

impl Values {
    /// Sets the value of a key name. The value must be in canonical form.
    pub(crate) fn set(&mut self, names: &KeyNames, index: usize, fact: Fact) {
        let Some(about) = names.about(index, &fact) else { return };
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        if let Some(value) = self.0.get_mut(index) {
            *value = Some(Value { fact, about });
        }
    }

    /// Returns true if the key name has a value.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.get(index).is_some()
    }

    fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index)?.as_ref()
    }

    /// Returns the values of a group's key names. Missing ones are looked up with `find` and remembered.
    ///
    /// # Errors
    /// The first key name without a value.
    pub(crate) fn pick<'v, 'g: 'v>(
        &'v mut self,
        names: &KeyNames,
        group: &'g Group,
        find: impl Fn(usize) -> Option<Fact>,
    ) -> Result<Picked<'v>, &'g Arc<str>> {
        for (index, name) in group.indices.iter().zip(&*group.names) {
            if !self.has(*index) {
                let ty = names.ty(*index).ok_or(name)?;
                self.set(names, *index, find(*index).and_then(|fact| ty.canonical(fact).ok()).ok_or(name)?);
            }
        }
        // INVARIANT: the loop above gave each name a value.
        let values: SmallVec<[&Value; INLINE_KEYS]> =
            group.indices.iter().filter_map(|index| self.get(*index)).collect();
        let mut state = names.hasher();
        values.iter().for_each(|value| state.write_u64(value.about));
        Ok(Picked { names: &group.names, values, hash: state.finish() })
    }
}

/// A borrowed key, for looking up an [`OwnedCacheKey`](crate::cache::OwnedCacheKey) without an allocation.
#[derive(Debug)]
pub(crate) struct Picked<'v> {
    names: &'v Names,
    values: SmallVec<[&'v Value; INLINE_KEYS]>,
    hash: u64,
}

impl Picked<'_> {
    /// Creates the owned key.
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

/// The key of a resolver call: a value for each name that the resolver is keyed by.
///
/// ```
/// use placet::Policy;
/// use placet_engine::{Engine, Fact, Facts, Key, Resolver};
///
/// let policy = Policy::from_text("policy p  request { country: string  adult: bool }  rule r { allow when adult }")?;
/// let adult = Resolver::in_place("adult", |key: &Key| {
///     assert_eq!(key.get("country"), Some(&Fact::from("DE")));
///     assert_eq!(key.iter().count(), 1);
///     Ok(Facts::new().with("adult", key.text("country")? == "DE"))
/// });
/// let engine = Engine::builder(policy).resolver(adult.attributes(["adult"]).keyed_by(["country"])).build()?;
/// let mut query = engine.query();
/// query.set("country", "DE")?;
/// assert!(engine.decide(query)?.is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Key {
    names: Names,
    values: Arc<[Value]>,
    hash: u64,
}

impl Key {
    /// Returns the value of a key name.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns the text of a key name.
    ///
    /// # Errors
    /// If the resolver isn't keyed by this name, or the value isn't a text. The resolver should fail with it: with a
    /// default in its place, a misspelt name would look up the facts of nobody.
    pub fn text(&self, name: &str) -> Result<&str, KeyError> {
        let unknown = || {
            let similar = closest(name, self.names.iter().map(|name| &**name));
            KeyError::Unknown { key: name.into(), suggestion: similar.map(Arc::from) }
        };
        let value = self.get(name).ok_or_else(unknown)?;
        value.as_text().ok_or_else(|| match KeyType::from_fact(value) {
            Some(found) => KeyError::WrongType { key: name.into(), expected: KeyType::Text, found },
            None => unknown(),
        })
    }

    /// Iterates over the key names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.names.iter().map(|name| &**name).zip(self.values.iter().map(|value| &value.fact))
    }
}

/// Two keys of one engine are equal if they have the same names and values.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        // The hash is compared first: it settles almost every comparison of different keys.
        self.hash == other.hash && self.iter().eq(other.iter())
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The hash was computed with the engine's seed, so hashing the values again would gain nothing.
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
