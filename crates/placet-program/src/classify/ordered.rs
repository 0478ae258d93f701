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
    /// Writes the [class](Self::class) of each ordinal as a byte, and returns true if all of them lie in a domain. An
    /// ordinal outside gets the class of any. The cuts must make few enough classes for a byte.
    ///
    /// Cost: less than a nanosecond an ordinal for few cuts, or for a domain of at most 65,536 values.
    pub fn narrow_classes(&self, ordinals: &[i64], domain: &RangeInclusive<i64>, out: &mut [u8]) -> bool {
        let (low, high) = (*domain.start(), *domain.end());
        #[cfg(target_arch = "x86_64")]
        match (Level::new().as_avx512(), Level::new().as_avx2()) {
            (Some(proof), _) => return scan_avx512(proof, self, ordinals, low, high, out),
            (None, Some(proof)) => return scan_avx2(proof, self, ordinals, low, high, out),
            (None, None) => {}
        }
        self.scan(ordinals, low, high, out)
    }

    #[inline(always)]
    fn scan(&self, ordinals: &[i64], low: i64, high: i64, out: &mut [u8]) -> bool {
        match high.abs_diff(low) {
            0..=0xff => self.scan_lanes::<u8>(ordinals, low, high, out),
            0x100..=0xffff => self.scan_lanes::<u16>(ordinals, low, high, out),
            0x1_0000..=0xffff_ffff => self.scan_lanes::<u32>(ordinals, low, high, out),
            _ => self.scan_lanes::<i64>(ordinals, low, high, out),
        }
    }

    /// Counts, for each ordinal, the starts at or below it.
    ///
    /// The outer loop runs over the starts, so the inner one compares many ordinals at once; they are few enough to stay
    /// in the first-level cache.
    #[inline(always)]
    fn scan_lanes<T: Lane>(&self, ordinals: &[i64], low: i64, high: i64, out: &mut [u8]) -> bool {
        const CHUNK: usize = 512;
        if self.0.len() > T::MAX_SCANNED {
            for (class, ordinal) in out.iter_mut().zip(ordinals) {
                *class = u8::try_from(self.class(*ordinal)).unwrap_or(UNKNOWN_BYTE);
            }
            return check(ordinals, low, high);
        }
        // The ordinals of the domain are at or above the first starts, and below the last.
        let below = self.0.partition_point(|start| *start <= low);
        let starts = self.0.iter().skip(below).filter(|start| **start <= high);
        let first = u8::try_from(below).unwrap_or(UNKNOWN_BYTE);
        let mut lanes = [T::default(); CHUNK];
        let mut are_within = true;
        for (ordinals, out) in ordinals.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            lanes.iter_mut().zip(ordinals).for_each(|(lane, ordinal)| *lane = T::of(*ordinal, low));
            are_within &= check(ordinals, low, high);
            out.fill(first);
            for start in starts.clone() {
                let start = T::of(*start, low);
                for (class, lane) in out.iter_mut().zip(&lanes) {
                    *class += u8::from(*lane >= start);
                }
            }
        }
        are_within
    }
}

/// Returns true if all ordinals lie in a domain.
pub fn are_within(ordinals: &[i64], domain: &RangeInclusive<i64>) -> bool {
    let (low, high) = (*domain.start(), *domain.end());
    #[cfg(target_arch = "x86_64")]
    if let Some(proof) = Level::new().as_avx2() {
        return check_avx2(proof, ordinals, low, high);
    }
    check(ordinals, low, high)
}

#[cfg(target_arch = "x86_64")]
fearless_simd::kernel!(
    /// Like [`Cuts::scan`], compiled for AVX-512.
    fn scan_avx512(
        _proof: Avx512,
        cuts: &Cuts,
        ordinals: &[i64],
        low: i64,
        high: i64,
        out: &mut [u8],
    ) -> bool {
        cuts.scan(ordinals, low, high, out)
    }
);

#[cfg(target_arch = "x86_64")]
fearless_simd::kernel!(
    /// Like [`Cuts::scan`], compiled for AVX2: older processors can't compare vectors of 64 bits.
    fn scan_avx2(_proof: Avx2, cuts: &Cuts, ordinals: &[i64], low: i64, high: i64, out: &mut [u8]) -> bool {
        cuts.scan(ordinals, low, high, out)
    }
);

#[cfg(target_arch = "x86_64")]
fearless_simd::kernel!(
    /// Like [`check`], compiled for AVX2.
    fn check_avx2(_proof: Avx2, ordinals: &[i64], low: i64, high: i64) -> bool {
        check(ordinals, low, high)
    }
);

/// An ordinal as its distance from the least one of a domain, in as few bits as the distances need: vectors hold more of
/// them.
trait Lane: Copy + Ord + Default {
    /// The maximum number of cuts to scan. Beyond it a binary search is faster.
    const MAX_SCANNED: usize = 12 * size_of::<i64>() / size_of::<Self>();

    fn of(ordinal: i64, low: i64) -> Self;
}

/// The ordinal itself, for domains that no other type has the distances of.
impl Lane for i64 {
    #[inline(always)]
    fn of(ordinal: i64, _: i64) -> Self {
        ordinal
    }
}

macro_rules! lanes {
    ($($of:ty)*) => {
        $(impl Lane for $of {
            #[inline(always)]
            fn of(ordinal: i64, low: i64) -> Self {
                ordinal.wrapping_sub(low) as $of
            }
        })*
    };
}

lanes!(u8 u16 u32);

#[inline(always)]
fn check(ordinals: &[i64], low: i64, high: i64) -> bool {
    if high.checked_sub(low).is_none() {
        return ordinals.iter().fold(true, |all, ordinal| all & (*ordinal >= low) & (*ordinal <= high));
    }
    // Outside the domain, one of the distances is negative. If it overflows to a positive number, the other one exceeds
    // `i64` and is negative instead. Vectors have a sign for free, but keep truth values in as many bits as ordinals.
    ordinals.iter().fold(0, |signs, ordinal| signs | ordinal.wrapping_sub(low) | high.wrapping_sub(*ordinal))
        >= 0
}

#[cfg(test)]
mod tests {
    use super::{Cuts, are_within};
    use std::ops::RangeInclusive;

    /// Classes, and whether all ordinals are in the domain: by all instructions that this processor has.
    fn classes(cuts: &Cuts, ordinals: &[i64], domain: &RangeInclusive<i64>) -> (Vec<u8>, bool) {
        let (low, high) = (*domain.start(), *domain.end());
        let of = |scan: &dyn Fn(&mut [u8]) -> bool| {
            let mut out = vec![77; ordinals.len()];
            let are_within = scan(&mut out);
            (out, are_within)
        };
        let found = of(&|out| cuts.narrow_classes(ordinals, domain, out));
        assert_eq!(found, of(&|out| cuts.scan(ordinals, low, high, out)));
        #[cfg(target_arch = "x86_64")]
        if let Some(proof) = super::Level::new().as_avx2() {
            assert_eq!(found, of(&|out| super::scan_avx2(proof, cuts, ordinals, low, high, out)));
        }
        assert_eq!(are_within(ordinals, domain), found.1, "{domain:?}");
        found
    }

    /// Domains of each number of bits, beside the ends of `i64` and around zero.
    #[test]
    fn narrow_classes_are_classes_of_ordinals_in_the_domain() {
        let (mut inside, mut outside) = (0, 0);
        for span in [
            0,
            1,
            99,
            255,
            256,
            65_535,
            65_536,
            u64::from(u32::MAX),
            1 << 32,
            i64::MAX as u64,
            1 << 63,
            u64::MAX,
        ] {
            for low in [i64::MIN, i64::MIN + 1, -50, 0, 1, i64::MAX - 70_000, i64::MAX] {
                let Some(high) = low.checked_add_unsigned(span) else { continue };
                let domain = low..=high;
                let middle = low.midpoint(high);
                let near = |ordinal: i64| (-3..=3).filter_map(move |by| ordinal.checked_add(by));
                let mut all: Vec<i64> =
                    [i64::MIN + 3, low, middle, high, i64::MAX - 3].into_iter().flat_map(near).collect();
                all.sort_unstable();
                all.dedup();
                for every in [1, 2, 5] {
                    // Starts lie outside the domain, too.
                    let cuts = Cuts::new(all.iter().copied().step_by(every));
                    let fit: Vec<i64> =
                        all.iter().copied().filter(|ordinal| domain.contains(ordinal)).collect();
                    // More than a chunk, with a rest.
                    let many: Vec<i64> = fit.iter().copied().cycle().take(1_237).collect();
                    let expected: Vec<u8> = many.iter().map(|ordinal| cuts.class(*ordinal) as u8).collect();
                    assert_eq!(classes(&cuts, &many, &domain), (expected, true), "{domain:?}, {cuts:?}");
                    inside += many.len();
                    for ordinal in all.iter().filter(|ordinal| !domain.contains(ordinal)) {
                        let mut mixed = many.clone();
                        mixed[700] = *ordinal;
                        assert!(!classes(&cuts, &mixed, &domain).1, "{ordinal} in {domain:?}");
                        outside += 1;
                    }
                }
            }
        }
        assert!(inside > 100_000 && outside > 500, "{inside} inside, {outside} outside");
    }
}
