//! The names that an engine's resolvers are keyed by.

use crate::fact::Fact;
use crate::resolver::Resolver;
use foldhash::quality::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// Names that a resolver is keyed by.
pub(crate) type Names = Arc<[Arc<str>]>;

/// The names that an engine's resolvers are keyed by: each has a place, by which it is known.
#[derive(Debug, Default)]
pub(crate) struct KeyNames {
    names: Vec<Arc<str>>,
    groups: Vec<Group>,
    /// By resolver, the place of its group.
    group_of: Vec<usize>,
    /// Hashes keys as nobody outside the process can.
    hasher: RandomState,
}

/// Resolvers that are keyed by the same: one look into the cache finds the facts of all.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) names: Names,
    /// The places of the names.
    pub(crate) places: Vec<usize>,
    /// The resolvers of which facts are kept, by their places.
    pub(crate) keeping: Vec<usize>,
}

impl KeyNames {
    pub(crate) fn of(resolvers: &[Resolver]) -> Self {
        let mut known = Self::default();
        for (resolver, Resolver { keys, time_to_live, .. }) in resolvers.iter().enumerate() {
            let group = known.groups.iter().position(|group| group.names == *keys).unwrap_or_else(|| {
                let places = keys.iter().map(|name| known.add(name)).collect();
                known.groups.push(Group { names: keys.clone(), places, keeping: Vec::new() });
                known.groups.len() - 1
            });
            known.group_of.push(group);
            if time_to_live.is_some()
                && let Some(group) = known.groups.get_mut(group)
            {
                group.keeping.push(resolver);
            }
        }
        known
    }

    fn add(&mut self, name: &Arc<str>) -> usize {
        self.find(name).unwrap_or_else(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        })
    }

    /// The place of a name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| **known == *name)
    }

    /// The names, by their places.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// The groups of resolvers.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of a resolver.
    pub(crate) fn group_of(&self, resolver: usize) -> Option<&Group> {
        self.groups.get(*self.group_of.get(resolver)?)
    }

    /// The hash of what a value says of the name at a place.
    pub(crate) fn about(&self, place: usize, value: &Fact) -> Option<u64> {
        Some(self.hasher.hash_one((self.names.get(place)?, value)))
    }

    pub(crate) fn hasher(&self) -> impl Hasher + use<> {
        self.hasher.build_hasher()
    }
}
