//! A hash for the content of nodes and cache entries: short lists of small, dense numbers.
//!
//! Multiplying to the full 128 bits and folding the halves lets every input bit reach every output bit. A table that
//! uses only a few bits of the hash needs that. There is no seed, so ids and step counts are the same in every process.

/// A multiplier without regular bit patterns: 2⁶⁴ divided by the golden ratio.
const SCATTER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Extends the hash of a list by two numbers.
pub(crate) fn mix(hash: u64, high: u32, low: u32) -> u64 {
    let word = hash ^ (u64::from(high) << 32 | u64::from(low));
    let product = u128::from(word.wrapping_add(SCATTER)) * u128::from(SCATTER);
    product as u64 ^ (product >> 64) as u64
}
