//! Bitmaps of the rows of a block.

use crate::columns::End;
use crate::columns::codes::Codes;

/// Words of a bitmap.
const WORDS: usize = 16;
/// Rows of a block.
pub(super) const ROWS: usize = WORDS * 64;

/// A bit for each row of a block: row `r` is bit `r % 64` of word `r / 64`.
pub(super) type Bits = [u64; WORDS];

/// No row.
pub(super) const NONE: Bits = [0; WORDS];

/// The rows of a block that both hold.
pub(super) fn both(one: &Bits, other: &Bits) -> Bits {
    std::array::from_fn(|at| one.get(at).copied().unwrap_or(0) & other.get(at).copied().unwrap_or(0))
}

/// Makes bitmaps of the bits of bytes: the first of the top bits, the next of the bits below. `codes` gives the byte
/// of each code; without them, the codes are the bytes.
pub(super) fn split(bytes: &[u8; ROWS], codes: Option<&Codes>, out: &mut [Bits]) {
    let (chunks, _) = bytes.as_chunks::<64>();
    for (word, chunk) in chunks.iter().enumerate() {
        let mut planes = [0_u64; 8];
        let (eights, _) = chunk.as_chunks::<8>();
        for (place, eight) in (0..64).step_by(8).zip(eights) {
            let members = eight.map(|code| codes.map_or(code, |codes| codes.get(code)));
            let turned = turned(u64::from_le_bytes(members)).to_le_bytes();
            for (plane, byte) in planes.iter_mut().zip(turned) {
                *plane |= u64::from(byte) << place;
            }
        }
        for (out, plane) in out.iter_mut().zip(planes.into_iter().rev()) {
            if let Some(out) = out.get_mut(word) {
                *out = plane;
            }
        }
    }
}

/// Looks up each code.
pub(super) fn look_up(bytes: &[u8], codes: &Codes, out: &mut [u8]) {
    for (out, code) in out.iter_mut().zip(bytes) {
        *out = codes.get(*code);
    }
}

/// Bit `b` of byte `a` as bit `a` of byte `b`: halves are exchanged, then quarters, then eighths (Hacker's Delight).
fn turned(mut bits: u64) -> u64 {
    for (mask, shift) in
        [(0x00aa_00aa_00aa_00aa, 7), (0x0000_cccc_0000_cccc, 14), (0x0000_0000_f0f0_f0f0, 28)]
    {
        let moved = (bits ^ bits >> shift) & mask;
        bits ^= moved ^ moved << shift;
    }
    bits
}

/// Writes the end of each row, of which the bitmaps hold the low and the high bit.
#[inline(always)]
pub(super) fn write(low: &Bits, high: Option<&Bits>, ends: &mut [End]) {
    for (word, ends) in ends.chunks_mut(64).enumerate() {
        let low = low.get(word).copied().unwrap_or(0).to_le_bytes();
        let high = high.and_then(|high| high.get(word)).copied().unwrap_or(0).to_le_bytes();
        for ((ends, low), high) in ends.chunks_mut(8).zip(low).zip(high) {
            let two = spread(low) | spread(high) << 1;
            for (end, bits) in ends.iter_mut().zip(two.to_le_bytes()) {
                *end = match bits {
                    0 => End::Deny,
                    1 => End::Allow,
                    2 => End::Indeterminate,
                    _ => End::Undecided,
                };
            }
        }
    }
}

/// A byte for each bit.
fn spread(bits: u8) -> u64 {
    let apart = u64::from(bits).wrapping_mul(0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    // No byte is above 0x80, so that none carries into the next.
    apart.wrapping_add(0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101
}
