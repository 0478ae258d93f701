//! The key names of an engine's resolvers, and the type of each.
//!
//! An engine assigns each key name an index and a type once, when it is built. A swap may not change them, because
//! cached facts are stored under keys of these types.

use crate::builder::BuildError;
use crate::key_error::SwapError;
use crate::key_type::KeyType;
use crate::resolver::Resolver;
use foldhash::quality::RandomState;
use placet::{Fact, Policy};
use placet_core::closest;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// The names that a resolver is keyed by.
pub(crate) type Names = Arc<[Arc<str>]>;

/// The key names of an engine's resolvers. Each has an index.
#[derive(Debug, Default)]
pub(crate) struct KeyNames {
    names: Vec<Arc<str>>,
    /// The type of each key name, by index.
    types: Vec<KeyType>,
    /// By index, whether the type was declared. Other key names have the type of the policy's attribute.
    is_declared: Vec<bool>,
    groups: Vec<Group>,
    /// The index of each resolver's group.
    group_of: Vec<usize>,
    /// The hasher of keys, seeded at random so that nobody outside the process can choose collisions.
    hasher: RandomState,
}

/// Resolvers that are keyed by the same names. One cache lookup finds the facts of all of them.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) names: Names,
    /// The indices of the key names.
    pub(crate) indices: Vec<usize>,
    /// The indices of the resolvers whose facts are cached.
    pub(crate) keeping: Vec<usize>,
}

impl KeyNames {
    /// Determines the type of each key: the declared one, or that of the policy's attribute with this name.
    ///
    /// # Errors
    /// If a key has no type or two types, or no resolver is keyed by a declared key.
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
            // A linear search: an engine has few resolvers and does this once. Other names, or the same in another
            // order, make another group, since a key lists its values in this order.
            let group = match known.groups.iter().position(|group| group.names == resolver.keys) {
                Some(group) => group,
                None => {
                    let add = |key| known.add(policy, declared, resolver, key);
                    let indices = resolver.keys.iter().map(add).collect::<Result<_, _>>()?;
                    known.groups.push(Group { names: resolver.keys.clone(), indices, keeping: Vec::new() });
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
        // A declared key without a resolver is probably misspelt, here or in `keyed_by`.
        match declared.iter().find(|(key, _)| known.find(key).is_none()) {
            Some((key, _)) => Err(BuildError::UnusedKey { key: key.clone(), suggestion: known.similar(key) }),
            None => Ok(known),
        }
    }

    /// Adds a key name of a resolver, unless it is known, and returns its index.
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
        // `new` has checked that a declaration agrees with the policy, so either type will do.
        let Some(ty) = as_declared.or_else(|| attribute_type(policy, key)) else {
            let declared = declared.iter().map(|(name, _)| &**name);
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

    /// Checks that each key has the same type in a policy as in the engine.
    ///
    /// # Errors
    /// If a policy's attribute with a key's name has another type. Also if a key without a declaration is no attribute
    /// of the policy, although a resolver needs it for an attribute that the policy has.
    pub(crate) fn check(&self, policy: &Policy, resolvers: &[Resolver]) -> Result<(), SwapError> {
        for (index, (key, engine)) in self.names.iter().zip(&self.types).enumerate() {
            match attribute_type(policy, key) {
                Some(ty) if ty != *engine => {
                    return Err(SwapError::KeyType { key: key.clone(), engine: *engine, policy: ty });
                }
                // A declared key needs no attribute: callers give it beside the request.
                None if self.is_declared.get(index) == Some(&false) => {
                    let is_needed = |resolver: &&Resolver| {
                        let mut attributes = resolver.attributes.iter();
                        resolver.keys.contains(key)
                            && attributes.any(|name| policy.attribute_declaration(name).is_some())
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

    /// Returns the index of a key name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| **known == *name)
    }

    /// Returns the key name that is most similar to an unknown one.
    pub(crate) fn similar(&self, name: &str) -> Option<Arc<str>> {
        similar(name, self.names.iter().map(|name| &**name))
    }

    /// Returns the key names, by index.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Returns the type of the key name at an index.
    pub(crate) fn ty(&self, index: usize) -> Option<KeyType> {
        self.types.get(index).copied()
    }

    /// Returns the groups of resolvers.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Returns the group of a resolver, by its index.
    pub(crate) fn group_of(&self, resolver: usize) -> Option<&Group> {
        self.groups.get(*self.group_of.get(resolver)?)
    }

    /// Returns the hash of a key name together with a value in canonical form. Facts are invalidated by this hash.
    pub(crate) fn about(&self, index: usize, value: &Fact) -> Option<u64> {
        // By name: one value under two key names is two facts.
        Some(self.hasher.hash_one((self.names.get(index)?, value)))
    }

    pub(crate) fn hasher(&self) -> impl Hasher + use<> {
        self.hasher.build_hasher()
    }
}

/// Returns the key type of the policy's attribute with this name.
fn attribute_type(policy: &Policy, name: &str) -> Option<KeyType> {
    KeyType::from_domain(policy.attribute_declaration(name)?.domain())
}

fn attribute_names(policy: &Policy) -> impl Iterator<Item = &str> {
    policy.attributes().map(|attribute| attribute.name())
}

/// Returns the most similar name, as a suggestion for a misspelt one.
fn similar<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<Arc<str>> {
    closest(name, names).map(Arc::from)
}
