//! Classes of ordered values: intervals between cuts.

use crate::columns::UNKNOWN_BYTE;
#[cfg(target_arch = "x86_64")]
use fearless_simd::Level;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

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
    /// Writes the [class](Self::class) of each ordinal as a byte, and returns true if all of them lie in a domain. The cuts
    /// must make few enough classes for a byte.
    pub fn narrow_classes(&self, ordinals: &[i64], domain: &RangeInclusive<i64>, out: &mut [u8]) -> bool {
        /// The maximum number of cuts to scan. Beyond it a binary search is faster.
        const MAX_SCANNED: usize = 12;
        if self.0.len() > MAX_SCANNED {
            for (class, ordinal) in out.iter_mut().zip(ordinals) {
                *class = u8::try_from(self.class(*ordinal)).unwrap_or(UNKNOWN_BYTE);
            }
            return are_within(ordinals, domain);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(proof) = Level::new().as_avx2() {
            return scan_avx2(proof, &self.0, ordinals, domain, out);
        }
        scan(&self.0, ordinals, domain, out)
    }
}

/// Returns true if all ordinals lie in a domain.
pub fn are_within(ordinals: &[i64], domain: &RangeInclusive<i64>) -> bool {
    #[cfg(target_arch = "x86_64")]
    if let Some(proof) = Level::new().as_avx2() {
        return check_avx2(proof, ordinals, domain);
    }
    check(ordinals, domain)
}

#[cfg(target_arch = "x86_64")]
fearless_simd::kernel!(
    /// Like [`scan`], compiled for AVX2: older processors can't compare vectors of 64 bits.
    fn scan_avx2(
        _proof: Avx2,
        starts: &[i64],
        ordinals: &[i64],
        domain: &RangeInclusive<i64>,
        out: &mut [u8],
    ) -> bool {
        scan(starts, ordinals, domain, out)
    }
);

#[cfg(target_arch = "x86_64")]
fearless_simd::kernel!(
    /// Like [`check`], compiled for AVX2.
    fn check_avx2(_proof: Avx2, ordinals: &[i64], domain: &RangeInclusive<i64>) -> bool {
        check(ordinals, domain)
    }
);

/// Counts, for each ordinal, the starts at or below it. Returns true if all ordinals lie in a domain.
///
/// The outer loop runs over the starts, so the inner one compares many ordinals at once; they are few enough to stay in
/// the first-level cache.
#[inline(always)]
fn scan(starts: &[i64], ordinals: &[i64], domain: &RangeInclusive<i64>, out: &mut [u8]) -> bool {
    const CHUNK: usize = 512;
    let mut are_within = true;
    for (ordinals, out) in ordinals.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
        out.fill(0);
        for start in starts {
            for (class, ordinal) in out.iter_mut().zip(ordinals) {
                *class += u8::from(*ordinal >= *start);
            }
        }
        are_within &= check(ordinals, domain);
    }
    are_within
}

#[inline(always)]
fn check(ordinals: &[i64], domain: &RangeInclusive<i64>) -> bool {
    let (low, high) = (*domain.start(), *domain.end());
    ordinals.iter().fold(true, |all, ordinal| all & (*ordinal >= low) & (*ordinal <= high))
}
