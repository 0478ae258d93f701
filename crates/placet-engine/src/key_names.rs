//! The names that an engine's resolvers are keyed by, and the type of each.

use crate::builder::BuildError;
use crate::fact::Fact;
use crate::key_error::SwapError;
use crate::key_type::KeyType;
use crate::resolver::Resolver;
use foldhash::quality::RandomState;
use placet::Policy;
use placet_core::closest;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// Names that a resolver is keyed by.
pub(crate) type Names = Arc<[Arc<str>]>;

/// The names that an engine's resolvers are keyed by: each has an index, by which it is known.
#[derive(Debug, Default)]
pub(crate) struct KeyNames {
    names: Vec<Arc<str>>,
    /// By name.
    types: Vec<KeyType>,
    /// By name, whether its type was declared. The type of others is that of the policy's attribute.
    is_declared: Vec<bool>,
    groups: Vec<Group>,
    /// By resolver, the index of its group.
    group_of: Vec<usize>,
    /// Hashes keys as nobody outside the process can.
    hasher: RandomState,
}

/// Resolvers that are keyed by the same: one look into the cache finds the facts of all.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) names: Names,
    /// The indices of the names.
    pub(crate) places: Vec<usize>,
    /// The resolvers of which facts are cached, by index.
    pub(crate) keeping: Vec<usize>,
}

impl KeyNames {
    /// Finds the type of each key: the declared one, or that of the policy's attribute of this name.
    ///
    /// # Errors
    /// If a key has no type or two, or no resolver is keyed by one that is declared.
    pub(crate) fn new(
        policy: &Policy,
        declared: &[(Arc<str>, KeyType)],
        resolvers: &[Resolver],
    ) -> Result<Self, BuildError> {
        for (index, (key, ty)) in declared.iter().enumerate() {
            let others = declared.iter().take(index);
            let others = others.filter(|(other, _)| other == key).map(|(_, other)| *other);
            if let Some(other) = others.chain(attribute_type(policy, key)).find(|other| other != ty) {
                return Err(BuildError::KeyTypes { key: key.clone(), first: other, second: *ty });
            }
        }
        let mut known = Self::default();
        for (index, resolver) in resolvers.iter().enumerate() {
            let group = match known.groups.iter().position(|group| group.names == resolver.keys) {
                Some(group) => group,
                None => {
                    let add = |key| known.add(policy, declared, resolver, key);
                    let places = resolver.keys.iter().map(add).collect::<Result<_, _>>()?;
                    known.groups.push(Group { names: resolver.keys.clone(), places, keeping: Vec::new() });
                    known.groups.len() - 1
                }
            };
            known.group_of.push(group);
            if resolver.time_to_live.is_some()
                && let Some(group) = known.groups.get_mut(group)
            {
                group.keeping.push(index);
            }
        }
        match declared.iter().find(|(key, _)| known.find(key).is_none()) {
            Some((key, _)) => Err(BuildError::UnusedKey { key: key.clone(), suggestion: known.similar(key) }),
            None => Ok(known),
        }
    }

    /// Adds a key of a resolver and returns its index.
    fn add(
        &mut self,
        policy: &Policy,
        declared: &[(Arc<str>, KeyType)],
        resolver: &Resolver,
        key: &Arc<str>,
    ) -> Result<usize, BuildError> {
        if let Some(index) = self.find(key) {
            return Ok(index);
        }
        let as_declared = declared.iter().find(|(name, _)| name == key).map(|(_, ty)| *ty);
        let Some(ty) = as_declared.or_else(|| attribute_type(policy, key)) else {
            let declared = declared.iter().map(|(name, _)| name);
            return Err(BuildError::UnknownKey {
                resolver: resolver.name.clone(),
                key: key.clone(),
                suggestion: similar(key, declared.chain(attribute_names(policy))),
            });
        };
        self.names.push(key.clone());
        self.types.push(ty);
        self.is_declared.push(as_declared.is_some());
        Ok(self.names.len() - 1)
    }

    /// Checks that each key is to a policy what it is to the engine.
    ///
    /// # Errors
    /// If an attribute of a key's name is of another type; or a key that is not declared is no attribute any more,
    /// although a resolver needs it for what it serves.
    pub(crate) fn check(&self, policy: &Policy, resolvers: &[Resolver]) -> Result<(), SwapError> {
        for (index, (key, engine)) in self.names.iter().zip(&self.types).enumerate() {
            match attribute_type(policy, key) {
                Some(ty) if ty != *engine => {
                    return Err(SwapError::KeyType { key: key.clone(), engine: *engine, policy: ty });
                }
                None if self.is_declared.get(index) == Some(&false) => {
                    let is_needed = |resolver: &&Resolver| {
                        let mut attributes = resolver.attributes.iter();
                        resolver.keys.contains(key)
                            && attributes.any(|name| policy.model().find(name).is_some())
                    };
                    if let Some(resolver) = resolvers.iter().find(is_needed) {
                        return Err(SwapError::UnknownKey {
                            resolver: resolver.name.clone(),
                            key: key.clone(),
                            suggestion: similar(key, attribute_names(policy)),
                        });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the index of a name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| **known == *name)
    }

    /// Returns the name that is most similar to one that no resolver is keyed by.
    pub(crate) fn similar(&self, name: &str) -> Option<Arc<str>> {
        similar(name, self.names.iter())
    }

    /// The names, by index.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Returns the type of the key at an index.
    pub(crate) fn ty(&self, index: usize) -> Option<KeyType> {
        self.types.get(index).copied()
    }

    /// The groups of resolvers.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Returns the group of a resolver.
    pub(crate) fn group_of(&self, resolver: usize) -> Option<&Group> {
        self.groups.get(*self.group_of.get(resolver)?)
    }

    /// Returns the hash of the key at an index with a value, which is in its one form.
    pub(crate) fn about(&self, index: usize, value: &Fact) -> Option<u64> {
        Some(self.hasher.hash_one((self.names.get(index)?, value)))
    }

    pub(crate) fn hasher(&self) -> impl Hasher + use<> {
        self.hasher.build_hasher()
    }
}

/// Returns the type that a policy gives to keys that are named as one of its attributes.
fn attribute_type(policy: &Policy, name: &str) -> Option<KeyType> {
    let model = policy.model();
    Some(KeyType::from_attribute(&model.attribute(model.find(name)?)?.kind))
}

fn attribute_names(policy: &Policy) -> impl Iterator<Item = &Arc<str>> {
    policy.model().attributes.iter().map(|attribute| &attribute.name)
}

/// Returns the name that somebody may have meant.
fn similar<'n>(name: &str, names: impl Iterator<Item = &'n Arc<str>>) -> Option<Arc<str>> {
    closest(name, names.map(|name| &**name)).map(Arc::from)
}
