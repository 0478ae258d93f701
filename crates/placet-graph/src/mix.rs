//! A hash for what nodes and memo entries are made of: short lists of small, dense numbers.
//!
//! Multiplying to the full 128 bits and folding the halves lets every bit of the input reach every bit of the result,
//! which a table that takes its place from a few of them needs. There is no seed: ids and step counts are the same in
//! every process.

/// Bits without a pattern: 2⁶⁴ divided by the golden ratio.
const SCATTER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of what `hash` stands for, followed by two numbers.
pub(crate) fn mix(hash: u64, high: u32, low: u32) -> u64 {
    let word = hash ^ (u64::from(high) << 32 | u64::from(low));
    let product = u128::from(word.wrapping_add(SCATTER)) * u128::from(SCATTER);
    product as u64 ^ (product >> 64) as u64
}
