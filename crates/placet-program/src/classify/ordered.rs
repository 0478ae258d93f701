//! Classes of ordered values.

use crate::columns::UNKNOWN_BYTE;
use serde::{Deserialize, Serialize};

/// The intervals into which conditions cut the ordinals of a type, or the values of a sum: each is a class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cuts<T = i64>(Box<[T]>);

impl<T: Copy + Ord> Cuts<T> {
    /// Classes that begin at the given ordinals, and one before the first; `starts` are in ascending order.
    pub fn new(starts: impl IntoIterator<Item = T>) -> Self {
        Self(starts.into_iter().collect())
    }

    /// The ordinals at which classes begin, but for the first class.
    pub fn starts(&self) -> &[T] {
        &self.0
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.0.len() + 1
    }

    /// The class of an ordinal: how many classes begin at or below it. Cost: a count without branches for few cuts,
    /// otherwise logarithmic.
    pub fn class(&self, ordinal: T) -> u32 {
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

impl Cuts {
    /// Writes the [class](Self::class) of each ordinal as a byte, of cuts that make so few classes.
    ///
    /// With few cuts the loop is over the cuts, not the ordinals: it compares many ordinals at once.
    pub fn narrow_classes(&self, ordinals: &[i64], out: &mut [u8]) {
        /// Beyond so many, a search is faster than a count.
        const MAX_SCANNED: usize = 12;
        if self.0.len() <= MAX_SCANNED {
            out.fill(0);
            for start in &self.0 {
                for (class, ordinal) in out.iter_mut().zip(ordinals) {
                    *class += u8::from(*ordinal >= *start);
                }
            }
        } else {
            for (class, ordinal) in out.iter_mut().zip(ordinals) {
                *class = u8::try_from(self.class(*ordinal)).unwrap_or(UNKNOWN_BYTE);
            }
        }
    }
}
