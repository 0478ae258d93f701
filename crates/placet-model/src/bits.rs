//! Sets of small numbers, stored as bits.

use serde::{Deserialize, Serialize};

/// A set of numbers below a fixed bound, one bit each.
///
/// ```
/// use placet_model::BitSet;
///
/// let set = BitSet::from_iter(4, [0, 2, 9]);
/// assert!(set.iter().eq([0, 2]));
/// assert!(set.complement().iter().eq([1, 3]));
/// assert!(set.union(&set.complement()).is_full());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Words")]
pub struct BitSet {
    words: Box<[u64]>,
    bound: u32,
}

/// A deserialised set before its words are checked against its bound.
#[derive(Deserialize)]
#[serde(rename = "BitSet")]
struct Words {
    words: Box<[u64]>,
    bound: u32,
}

impl TryFrom<Words> for BitSet {
    type Error = &'static str;

    fn try_from(read: Words) -> Result<Self, Self::Error> {
        if read.words.len() != (read.bound as usize).div_ceil(64) {
            return Err("a set with more or fewer words than its bound asks for");
        }
        // Equality and `len` read whole words, so a bit above the bound would break both.
        let used = read.bound % 64;
        if used != 0 && read.words.last().is_some_and(|last| last >> used != 0) {
            return Err("a set with a number that is not below its bound");
        }
        Ok(Self { words: read.words, bound: read.bound })
    }
}

impl BitSet {
    /// Returns the empty set of numbers below `bound`.
    pub fn empty(bound: u32) -> Self {
        Self { words: vec![0; (bound as usize).div_ceil(64)].into(), bound }
    }

    /// Returns the set of all numbers below `bound`.
    pub fn full(bound: u32) -> Self {
        Self::from_iter(bound, 0..bound)
    }

    /// Returns the set of the given numbers. Ignores numbers that are not below `bound`.
    pub fn from_iter(bound: u32, numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::empty(bound);
        for number in numbers {
            set.insert(number);
        }
        set
    }

    /// Returns the bound: one more than the largest number that the set can hold.
    pub fn bound(&self) -> u32 {
        self.bound
    }

    /// Returns the bits: number `n` is bit `n % 64` of word `n / 64`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Adds a number. Ignores a number that is not below the bound.
    pub fn insert(&mut self, number: u32) {
        if number < self.bound
            && let Some(word) = self.words.get_mut(number as usize / 64)
        {
            *word |= 1 << (number % 64);
        }
    }

    /// Returns true if the number is in the set.
    pub fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Returns how many numbers are in the set.
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Returns true if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Returns true if all numbers below the bound are in the set.
    pub fn is_full(&self) -> bool {
        self.len() == self.bound
    }

    /// Returns the numbers in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let base = u32::try_from(index * 64).unwrap_or(u32::MAX);
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                (left != 0).then(|| {
                    left &= left - 1;
                    base + bit
                })
            })
        })
    }

    fn zip(&self, other: &Self, op: impl Fn(u64, u64) -> u64) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| op(*a, *b)).collect();
        Self { words, bound: self.bound }
    }

    /// Returns the numbers in either set. Both sets must have the same bound.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// Returns the numbers in both sets. Both sets must have the same bound.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// Returns the numbers below the bound that are not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        // The full set has no bits above the bound, so its complements have none.
        Self::full(self.bound).zip(self, |a, b| a & !b)
    }

    /// Returns true if the sets have a number in common.
    pub fn intersects(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Returns true if all numbers of this set are in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(a, b)| a & !b == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::BitSet;

    #[test]
    fn complement_holds_the_numbers_outside_the_set() {
        let set = BitSet::from_iter(130, [0, 64, 129, 500]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 64, 129]);
        assert_eq!(set.complement().len(), 127);
        assert!(set.union(&set.complement()).is_full());
        assert!(!set.intersects(&set.complement()));
    }

    #[test]
    fn deserialize_rejects_words_outside_the_bound() {
        let read = |text: &str| serde_json::from_str::<BitSet>(text);
        let set = BitSet::from_iter(130, [0, 129]);
        assert_eq!(read(&serde_json::to_string(&set).unwrap()).unwrap(), set);
        assert_eq!(read(r#"{"words": [1], "bound": 64}"#).unwrap().len(), 1);
        assert!(read(r#"{"words": [], "bound": 1}"#).is_err());
        assert!(read(r#"{"words": [1, 0], "bound": 64}"#).is_err());
        assert!(read(r#"{"words": [4], "bound": 2}"#).is_err());
        assert!(read(r#"{"words": [0], "bound": 4294967295}"#).is_err());
    }
}
