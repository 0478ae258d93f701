//! Classes of ordered values.

use serde::{Deserialize, Serialize};

/// The intervals into which conditions cut the ordinals of a type: each is a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cuts(Box<[i64]>);

impl Cuts {
    /// Classes that begin at the given ordinals, and one before the first; `starts` are in ascending order.
    pub fn new(starts: impl IntoIterator<Item = i64>) -> Self {
        Self(starts.into_iter().collect())
    }

    /// The ordinals at which classes begin, but for the first class.
    pub fn starts(&self) -> &[i64] {
        &self.0
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.0.len() + 1
    }

    /// The class of an ordinal: how many classes begin at or below it. Cost: a count without branches for few cuts,
    /// otherwise logarithmic.
    pub fn class(&self, ordinal: i64) -> u32 {
        const MAX_SCANNED: usize = 8;
        if self.0.len() <= MAX_SCANNED {
            self.0.iter().map(|start| u32::from(*start <= ordinal)).sum()
        } else {
            // INVARIANT: a program has no more classes than fit.
            u32::try_from(self.0.partition_point(|start| *start <= ordinal)).unwrap_or(u32::MAX)
        }
    }

    /// Whether the cuts are in ascending order.
    pub fn is_valid(&self) -> bool {
        self.0.iter().zip(self.0.iter().skip(1)).all(|(one, next)| one < next)
    }
}
