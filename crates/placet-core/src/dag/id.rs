//! Ids of nodes, typed by the leaves of their graph.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The id of a node in a [`Dag`](super::Dag): its index.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Id<L>(u32, PhantomData<L>);

impl<L> Id<L> {
    /// Creates the id of the node at an index.
    pub const fn new(index: u32) -> Self {
        Self(index, PhantomData)
    }

    /// Returns the index of the node, from 0.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

// Derived implementations would require the same of leaves, which are not `Copy`.

impl<L> Default for Id<L> {
    fn default() -> Self {
        Self::new(0)
    }
}

impl<L> Clone for Id<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for Id<L> {}

impl<L> PartialEq for Id<L> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<L> Eq for Id<L> {}

impl<L> PartialOrd for Id<L> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<L> Ord for Id<L> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<L> Hash for Id<L> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<L> fmt::Debug for Id<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}
