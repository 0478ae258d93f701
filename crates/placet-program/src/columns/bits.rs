//! Bitmaps of the rows of a block, in portable code.

use crate::columns::codes::Codes;
use crate::columns::{Counts, RowOutcome};
use std::ops::{Deref, DerefMut};

/// The number of words of a bitmap.
const WORDS: usize = 32;
/// The number of rows of a block here. Callers hand over larger ones: `placet-arrow` 8,192 rows.
pub(super) const ROWS: usize = WORDS * 64;

/// The distance, in bytes, at which a column is prefetched. Columns are read in turn, a block of each, so the hardware
/// prefetcher doesn't see what comes next, and it doesn't cross pages.
pub(super) const AHEAD: usize = 2_048;
/// The size of a cache line in bytes.
pub(super) const LINE: usize = 64;

/// A bit for each row of a block: row `r` is bit `r % 64` of word `r / 64`. Aligned to a cache line, so that no vector
/// load touches two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Bits([u64; WORDS]);

impl Deref for Bits {
    type Target = [u64; WORDS];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Bits {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// No row.
pub(super) const NONE: Bits = Bits([0; WORDS]);
/// All rows.
pub(super) const ALL: Bits = Bits([u64::MAX; WORDS]);

/// Returns the rows that aren't among these.
pub(super) fn inverse(rows: &Bits) -> Bits {
    Bits(rows.map(|rows| !rows))
}

/// Returns the rows that are in both bitmaps.
pub(super) fn both(one: &Bits, other: &Bits) -> Bits {
    let mut both = *one;
    for (both, other) in both.iter_mut().zip(other.iter()) {
        *both &= other;
    }
    both
}

/// Splits the codes' bytes into bitmaps: the first takes the top bit of each byte, the next ones the bits below.
pub(super) fn split(bytes: &[u8; ROWS], codes: &Codes, out: &mut [Bits]) {
    let (chunks, _) = bytes.as_chunks::<64>();
    for (word, chunk) in chunks.iter().enumerate() {
        let mut eighths = [[0; 8]; 8];
        for (eighth, eight) in eighths.iter_mut().zip(chunk.as_chunks::<8>().0) {
            *eighth = transposed(u64::from_le_bytes(eight.map(|code| codes.get(code)))).to_le_bytes();
        }
        for (plane, out) in (0..8).rev().zip(out.iter_mut()) {
            if let Some(out) = out.get_mut(word) {
                *out = u64::from_le_bytes(eighths.map(|eighth| eighth.get(plane).copied().unwrap_or(0)));
            }
        }
    }
}

/// Transposes a matrix of 8×8 bits: bit `b` of byte `a` becomes bit `a` of byte `b` (*Hacker's Delight*).
fn transposed(mut bits: u64) -> u64 {
    for (mask, shift) in
        [(0x00aa_00aa_00aa_00aa, 7), (0x0000_cccc_0000_cccc, 14), (0x0000_0000_f0f0_f0f0, 28)]
    {
        let moved = (bits ^ bits >> shift) & mask;
        bits ^= moved ^ moved << shift;
    }
    bits
}

/// Writes the outcome of each row from the bitmaps of its low and its high bit. `unfold` combines both into bytes.
#[inline(always)]
pub(super) fn write(
    low: &Bits,
    high: &Bits,
    unfold: impl Fn(u64, u64) -> [u8; 64],
    outcomes: &mut [RowOutcome],
) {
    let (words, rest) = outcomes.as_chunks_mut::<64>();
    let mut bits = low.iter().zip(high.iter());
    for (outcomes, (low, high)) in words.iter_mut().zip(&mut bits) {
        let unfolded = unfold(*low, *high);
        for (outcome, bits) in outcomes.iter_mut().zip(&unfolded) {
            *outcome = self::outcome(*bits);
        }
    }
    if let Some((low, high)) = bits.next() {
        for (outcome, bits) in rest.iter_mut().zip(unfold(*low, *high)) {
            *outcome = self::outcome(bits);
        }
    }
}

/// Writes a bit for each row, 1 if it is allowed, from the bitmaps of the low and the high bit of the outcomes.
#[inline(always)]
pub(super) fn write_allowed(low: &Bits, high: &Bits, allowed: &mut [u64]) {
    for (allowed, (low, high)) in allowed.iter_mut().zip(low.iter().zip(high.iter())) {
        *allowed = low & !high;
    }
}

/// Returns the outcome of these two bits.
#[inline(always)]
fn outcome(bits: u8) -> RowOutcome {
    match bits {
        0 => RowOutcome::Indeterminate,
        1 => RowOutcome::Allow,
        2 => RowOutcome::Deny,
        _ => RowOutcome::Undecided,
    }
}

/// Counts the outcomes of the first `rows` rows. Rows in `left` are not counted: they are decided later.
#[inline(always)]
pub(super) fn count(low: &Bits, high: &Bits, left: &Bits, rows: usize) -> Counts {
    let mut counts = Counts::default();
    for ((first, left), (low, high)) in (0..).step_by(64).zip(left.iter()).zip(low.iter().zip(high.iter())) {
        let is_row = match rows.saturating_sub(first) {
            64.. => u64::MAX,
            few => (1 << few) - 1,
        };
        let mut add = |outcome, bits: u64| counts.add(outcome, (bits & is_row).count_ones() as usize);
        add(RowOutcome::Indeterminate, !(low | high));
        add(RowOutcome::Allow, low & !high);
        add(RowOutcome::Deny, high & !low);
        add(RowOutcome::Undecided, low & high & !left);
    }
    counts
}

/// Returns a byte for each row: its bit in `low`, and above it its bit in `high`.
#[inline(always)]
pub(super) fn unfold(low: u64, high: u64) -> [u8; 64] {
    let mut bytes = [0; 64];
    let (eights, _) = bytes.as_chunks_mut::<8>();
    for (eight, (low, high)) in eights.iter_mut().zip(low.to_le_bytes().into_iter().zip(high.to_le_bytes())) {
        *eight = (spread(low) | spread(high) << 1).to_le_bytes();
    }
    bytes
}

/// Returns a byte, 0 or 1, for each bit.
fn spread(bits: u8) -> u64 {
    let apart = u64::from(bits).wrapping_mul(0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    // INVARIANT: no byte is greater than 0x80, so no addition carries into the next byte.
    apart.wrapping_add(0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101
}
