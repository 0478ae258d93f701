//! Sets of small numbers.

/// A set of numbers below a fixed bound, one bit each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitSet {
    words: Box<[u64]>,
    bound: u32,
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
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
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
}
