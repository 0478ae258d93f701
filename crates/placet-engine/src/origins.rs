//! The origins of the facts in an answer.

use crate::answer::Source;
use serde::{Serialize, Serializer};
use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// The number of origins stored inline.
const INLINE_ORIGINS: usize = 8;

/// The attributes that resolvers gave, in the order in which they were given, each with its origin.
///
/// ```
/// use placet_engine::{Origin, Origins, Source};
///
/// let origin = Origin { attribute: "consent", resolver: "consents", source: Source::Cached };
/// let origins: Origins = [origin].into_iter().collect();
/// assert_eq!(origins.len(), 1);
/// assert_eq!(origins.iter().next(), Some(origin));
/// ```
#[derive(Clone, Default)]
pub struct Origins {
    named: Arc<[Named]>,
    given: SmallVec<[Given; INLINE_ORIGINS]>,
}

/// The origin of an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Origin<'a> {
    /// The attribute.
    pub attribute: &'a str,
    /// The resolver that gave it.
    pub resolver: &'a str,
    /// Fetched for this decision, or cached by an earlier one.
    pub source: Source,
}

/// The names of a resolver. Origins store indices rather than names: cloning shared names would have all threads write
/// to their reference counts.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) resolver: Arc<str>,
    pub(crate) attributes: Arc<[Arc<str>]>,
}

/// An attribute, by the index of its resolver and its own index among the attributes of that resolver.
#[derive(Debug, Clone, Copy)]
struct Given {
    resolver: u32,
    attribute: u32,
    source: Source,
}

impl Origins {
    /// Creates an empty list for these resolvers.
    pub(crate) fn new(named: &Arc<[Named]>) -> Self {
        Self { named: named.clone(), given: SmallVec::new() }
    }

    /// Adds an attribute by its index and that of its resolver.
    pub(crate) fn push(&mut self, resolver: usize, attribute: usize, source: Source) {
        // INVARIANT: these are indices into lists of names in memory, far fewer than `u32::MAX`.
        let index = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        self.given.push(Given { resolver: index(resolver), attribute: index(attribute), source });
    }

    /// Iterates over the attributes with their origins.
    pub fn iter(&self) -> impl Iterator<Item = Origin<'_>> {
        self.given.iter().filter_map(|given| {
            let Named { resolver, attributes } = self.named.get(given.resolver as usize)?;
            let attribute = attributes.get(given.attribute as usize)?;
            Some(Origin { attribute, resolver, source: given.source })
        })
    }

    /// Returns the number of attributes that resolvers gave.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Returns true if no resolver gave an attribute.
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
