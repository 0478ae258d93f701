//! Sets of small numbers.

use serde::{Deserialize, Serialize};

/// A set of numbers below a fixed bound, one bit each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Words")]
pub struct BitSet {
    words: Box<[u64]>,
    bound: u32,
}

/// A set as it is read, whose words may not fit its bound.
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
        let used = read.bound % 64;
        if used != 0 && read.words.last().is_some_and(|last| last >> used != 0) {
            return Err("a set with a number that is not below its bound");
        }
        Ok(Self { words: read.words, bound: read.bound })
    }
}

impl BitSet {
    /// The empty set of numbers below `bound`.
    pub fn empty(bound: u32) -> Self {
        Self { words: vec![0; (bound as usize).div_ceil(64)].into(), bound }
    }

    /// All numbers below `bound`.
    pub fn full(bound: u32) -> Self {
        Self::from_iter(bound, 0..bound)
    }

    /// The given numbers; those that are not below `bound` are left out.
    pub fn from_iter(bound: u32, numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::empty(bound);
        for number in numbers {
            set.insert(number);
        }
        set
    }

    /// One above the largest number that it can hold.
    pub fn bound(&self) -> u32 {
        self.bound
    }

    /// The bits: number `n` is bit `n % 64` of word `n / 64`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Adds a number; one that is not below the bound is left out.
    pub fn insert(&mut self, number: u32) {
        if number < self.bound
            && let Some(word) = self.words.get_mut(number as usize / 64)
        {
            *word |= 1 << (number % 64);
        }
    }

    /// Whether it holds the number.
    pub fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// How many numbers it holds.
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Whether it holds all numbers below its bound.
    pub fn is_full(&self) -> bool {
        self.len() == self.bound
    }

    /// The numbers in ascending order.
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

    /// The numbers in either; both of one bound.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// The numbers in both; both of one bound.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// The numbers below the bound that it does not hold.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::full(self.bound).zip(self, |a, b| a & !b)
    }

    /// Whether some number is in both.
    pub fn intersects(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Whether all its numbers are in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(a, b)| a & !b == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::BitSet;

    #[test]
    fn complement_and_count() {
        let set = BitSet::from_iter(130, [0, 64, 129, 500]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 64, 129]);
        assert_eq!(set.complement().len(), 127);
        assert!(set.union(&set.complement()).is_full());
        assert!(!set.intersects(&set.complement()));
    }

    #[test]
    fn only_what_fits_its_bound_is_read() {
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
