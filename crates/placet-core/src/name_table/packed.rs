//! A collision-free hash table of short names: a look-up is one comparison.

use super::ShortText;

/// The number of multipliers to try for each table size.
const MAX_MULTIPLIERS: usize = 1_000;
/// The largest number of slots per name.
const MAX_SLOTS_PER_NAME: usize = 16;
/// The largest number of names. With `n` names in `16n` slots, about one multiplier in `exp(n / 32)` has no collision:
/// one in 3,000 for 256 names.
const MAX_NAMES: usize = 256;

/// A hash table without collisions. [`new`](Packed::new) searches for a multiplier that has none.
///
/// This is the first level of Fredman, Komlós and Szemerédi, *Storing a sparse table with O(1) worst case access time*,
/// JACM 1984.
#[derive(Debug)]
pub(super) struct Packed<T> {
    multiplier: u64,
    /// The number of bits to drop from a product, so that the rest is a slot index.
    shift: u32,
    /// The slots: a name and its value, or [`EMPTY`] and the default value.
    slots: Box<[(ShortText, T)]>,
}

/// A key that equals no text: its length is larger than any text's.
const EMPTY: ShortText = ShortText { bytes: 0, length: u8::MAX };

impl<T: Copy + Default> Packed<T> {
    /// Builds the table from distinct names. Returns `None` if there are too many names, or no multiplier is found.
    pub(super) fn new(names: Vec<(ShortText, T)>) -> Option<Self> {
        if names.len() > MAX_NAMES {
            return None;
        }
        let fewest = names.len().max(2).next_power_of_two();
        let sizes = std::iter::successors(Some(fewest), |size| size.checked_mul(2));
        for size in sizes.take_while(|size| *size <= names.len().max(2).saturating_mul(MAX_SLOTS_PER_NAME)) {
            let shift = u64::BITS - size.trailing_zeros();
            let mut is_taken = vec![false; size];
            // Odd multiples of the golden ratio (Knuth's multiplicative hashing): a fixed sequence keeps the table the
            // same in every process.
            for odd in (1_u64..).step_by(2).take(MAX_MULTIPLIERS) {
                let multiplier = odd.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                is_taken.fill(false);
                let is_free = |(name, _): &(ShortText, T)| {
                    let slot = slot_index(*name, multiplier, shift);
                    is_taken.get_mut(slot).is_some_and(|taken| !std::mem::replace(taken, true))
                };
                if names.iter().all(is_free) {
                    return Some(Self::with(&names, multiplier, shift, size));
                }
            }
        }
        None
    }

    fn with(names: &[(ShortText, T)], multiplier: u64, shift: u32, size: usize) -> Self {
        let mut slots = vec![(EMPTY, T::default()); size];
        for (name, value) in names {
            if let Some(slot) = slots.get_mut(slot_index(*name, multiplier, shift)) {
                *slot = (*name, *value);
            }
        }
        Self { multiplier, shift, slots: slots.into() }
    }

    #[inline(always)]
    pub(super) fn get(&self, name: ShortText) -> Option<T> {
        let (known, value) = self.slots.get(slot_index(name, self.multiplier, self.shift))?;
        (*known == name).then_some(*value)
    }
}

/// Returns the slot of a name.
#[inline(always)]
fn slot_index(name: ShortText, multiplier: u64, shift: u32) -> usize {
    let (low, high) = (name.bytes as u64, (name.bytes >> 64) as u64);
    let mixed = low ^ high.rotate_left(29) ^ u64::from(name.length) << 58;
    // Fold both halves of the product. The high half alone would ignore most of the text's first bytes: they reach
    // only the top of the low half.
    let product = u128::from(mixed) * u128::from(multiplier);
    (((product >> 64) as u64 ^ product as u64) >> shift) as usize
}
