//! Where the facts of an answer came from.

use crate::answer::Source;
use serde::{Serialize, Serializer};
use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// Of how many attributes the origins take no memory of their own.
const INLINE_ORIGINS: usize = 8;

/// The attributes that were put in by resolvers, in the order in which they were, each with where its value came from.
#[derive(Clone, Default)]
pub struct Origins {
    named: Arc<[Named]>,
    given: SmallVec<[Given; INLINE_ORIGINS]>,
}

/// Where the value of an attribute came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Origin<'a> {
    /// The attribute.
    pub attribute: &'a str,
    /// The resolver that gave it.
    pub resolver: &'a str,
    /// Whether it was fetched for this decision or kept from an earlier one.
    pub source: Source,
}

/// A resolver by its names. Origins say its place, and not its names: counts of references to what all threads share are
/// what they would wait for each other by.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) resolver: Arc<str>,
    pub(crate) attributes: Arc<[Arc<str>]>,
}

/// An attribute by the places of its resolver and of itself among what that serves.
#[derive(Debug, Clone, Copy)]
struct Given {
    resolver: u32,
    attribute: u32,
    source: Source,
}

impl Origins {
    /// None yet, of these resolvers.
    pub(crate) fn new(named: &Arc<[Named]>) -> Self {
        Self { named: named.clone(), given: SmallVec::new() }
    }

    /// Adds an attribute by its place and its resolver's.
    pub(crate) fn push(&mut self, resolver: usize, attribute: usize, source: Source) {
        // INVARIANT: places in memory of names, of which there are fewer than fit.
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        self.given.push(Given { resolver: place(resolver), attribute: place(attribute), source });
    }

    /// Each attribute with its origin.
    pub fn iter(&self) -> impl Iterator<Item = Origin<'_>> {
        self.given.iter().filter_map(|given| {
            let Named { resolver, attributes } = self.named.get(given.resolver as usize)?;
            let attribute = attributes.get(given.attribute as usize)?;
            Some(Origin { attribute, resolver, source: given.source })
        })
    }

    /// How many attributes were put in by resolvers.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }
}

impl<'a> FromIterator<Origin<'a>> for Origins {
    fn from_iter<I: IntoIterator<Item = Origin<'a>>>(origins: I) -> Self {
        let mut given = SmallVec::new();
        let named = origins.into_iter().zip(0..).map(|(origin, resolver)| {
            given.push(Given { resolver, attribute: 0, source: origin.source });
            Named { resolver: origin.resolver.into(), attributes: [origin.attribute.into()].into() }
        });
        let named = named.collect();
        Self { named, given }
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Origins {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Origins {}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
