//! Classes of ordered values: intervals between cuts.

use crate::columns::UNKNOWN_BYTE;
use serde::{Deserialize, Serialize};

/// The cuts between the classes of a type's ordinals or of a sum's values. Each interval is a class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cuts<T = i64>(Box<[T]>);

impl<T: Copy + Ord> Cuts<T> {
    /// Creates one class per start, and one before the first; `starts` must be in ascending order.
    pub fn new(starts: impl IntoIterator<Item = T>) -> Self {
        Self(starts.into_iter().collect())
    }

    /// Returns the ordinals at which classes begin, except for the first class.
    pub fn starts(&self) -> &[T] {
        &self.0
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.0.len() + 1
    }

    /// Returns the class of an ordinal: the number of starts at or below it. Cost: a branch-free count for few cuts,
    /// otherwise logarithmic.
    pub fn class(&self, ordinal: T) -> u32 {
        const MAX_SCANNED: usize = 8;
        if self.0.len() <= MAX_SCANNED {
            self.0.iter().map(|start| u32::from(*start <= ordinal)).sum()
        } else {
            // INVARIANT: a program has far fewer than `u32::MAX` classes.
            u32::try_from(self.0.partition_point(|start| *start <= ordinal)).unwrap_or(u32::MAX)
        }
    }

    /// Returns true if the cuts are in ascending order.
    pub fn is_valid(&self) -> bool {
        self.0.iter().zip(self.0.iter().skip(1)).all(|(one, next)| one < next)
    }
}

impl Cuts {
    /// Writes the [class](Self::class) of each ordinal as a byte. The cuts must make few enough classes for a byte.
    ///
    /// With few cuts the outer loop runs over the cuts, not the ordinals, so the inner loop compares many ordinals at
    /// once.
    pub fn narrow_classes(&self, ordinals: &[i64], out: &mut [u8]) {
        /// The maximum number of cuts to scan. Beyond it a binary search is faster.
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
