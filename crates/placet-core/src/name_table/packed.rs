//! Names each in a place of its own, so that one comparison tells whether a text is one.

use super::ShortText;

/// How many multipliers are tried for each size.
const TRIES: usize = 1_000;
/// How many places there may be for each name.
const MAX_SLOTS: usize = 16;
/// Of more names hardly any multiplier has no collision: among `n` names in `16n` places it is one in `exp(n / 32)`.
const MAX_NAMES: usize = 256;

/// A table without collisions: a multiplier is searched for that has none. (Fredman, Komlós and Szemerédi, *Storing a
/// sparse table with O(1) worst case access time*, JACM 1984, of which this is the first level.)
#[derive(Debug)]
pub(super) struct Packed<T> {
    multiplier: u64,
    /// The top bits of a product that are no place.
    shift: u32,
    /// The name in each place, if there is one, and what it stands for. A place without one has a text that is none.
    places: Box<[(ShortText, T)]>,
}

/// What is equal to no text: it is longer than its bytes.
const NOTHING: ShortText = ShortText { bytes: 0, length: u8::MAX };

impl<T: Copy + Default> Packed<T> {
    /// The table of these names, each once; `None` where there are too many to find one.
    pub(super) fn new(names: Vec<(ShortText, T)>) -> Option<Self> {
        if names.len() > MAX_NAMES {
            return None;
        }
        let fewest = names.len().max(2).next_power_of_two();
        let sizes = std::iter::successors(Some(fewest), |size| size.checked_mul(2));
        for size in sizes.take_while(|size| *size <= names.len().max(2).saturating_mul(MAX_SLOTS)) {
            let shift = u64::BITS - size.trailing_zeros();
            let mut is_taken = vec![false; size];
            // Odd multiples of the golden ratio (Knuth's multiplicative hashing).
            for odd in (1_u64..).step_by(2).take(TRIES) {
                let multiplier = odd.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                is_taken.fill(false);
                let is_free = |(name, _): &(ShortText, T)| {
                    let place = place(*name, multiplier, shift);
                    is_taken.get_mut(place).is_some_and(|taken| !std::mem::replace(taken, true))
                };
                if names.iter().all(is_free) {
                    return Some(Self::with(&names, multiplier, shift, size));
                }
            }
        }
        None
    }

    fn with(names: &[(ShortText, T)], multiplier: u64, shift: u32, size: usize) -> Self {
        let mut places = vec![(NOTHING, T::default()); size];
        for (name, value) in names {
            if let Some(slot) = places.get_mut(place(*name, multiplier, shift)) {
                *slot = (*name, *value);
            }
        }
        Self { multiplier, shift, places: places.into() }
    }

    #[inline(always)]
    pub(super) fn get(&self, name: ShortText) -> Option<T> {
        let (known, value) = self.places.get(place(name, self.multiplier, self.shift))?;
        (*known == name).then_some(*value)
    }
}

/// The place of a name.
#[inline(always)]
fn place(name: ShortText, multiplier: u64, shift: u32) -> usize {
    let (low, high) = (name.bytes as u64, (name.bytes >> 64) as u64);
    let mixed = low ^ high.rotate_left(29) ^ u64::from(name.length) << 58;
    // Both halves of the product: the lower bytes of a text reach the top of the lower half alone.
    let product = u128::from(mixed) * u128::from(multiplier);
    (((product >> 64) as u64 ^ product as u64) >> shift) as usize
}
