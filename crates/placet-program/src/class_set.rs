//! Sets of classes.

use serde::{Deserialize, Serialize};

/// A set of classes of one variable: disjoint ranges in ascending order, none touching the next; the first class is in
/// a range, its end is not.
///
/// Ranges keep the sets of ordered attributes and of taxonomies small, whatever the number of classes: a comparison is
/// one or two of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct ClassSet(Box<[(u32, u32)]>);

impl ClassSet {
    /// The classes from `first` to before `end`.
    pub fn range(first: u32, end: u32) -> Self {
        Self(if first < end { Box::new([(first, end)]) } else { Box::default() })
    }

    /// All classes of a variable that has `arity` of them.
    pub fn full(arity: u32) -> Self {
        Self::range(0, arity)
    }

    /// The given ranges, in any order.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut all: Vec<(u32, u32)> = ranges.into_iter().filter(|(first, end)| first < end).collect();
        all.sort_unstable();
        let mut out: Vec<(u32, u32)> = Vec::with_capacity(all.len());
        for (first, end) in all {
            match out.last_mut() {
                Some((_, last)) if first <= *last => *last = (*last).max(end),
                _ => out.push((first, end)),
            }
        }
        Self(out.into())
    }

    /// The ranges, in ascending order.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// The classes, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|(first, end)| *first..*end)
    }

    /// How many classes it holds.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|(first, end)| end - first).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds every class of a variable that has `arity` of them.
    pub fn is_full(&self, arity: u32) -> bool {
        matches!(*self.0, [(0, end)] if end >= arity)
    }

    /// Whether it holds the class. Cost: logarithmic in the ranges.
    pub fn contains(&self, class: u32) -> bool {
        let at = self.0.partition_point(|(_, end)| *end <= class);
        self.0.get(at).is_some_and(|(first, _)| *first <= class)
    }

    /// The classes in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&other.0).copied())
    }

    /// The classes in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut out = Vec::new();
        while let (Some((a_first, a_end)), Some((b_first, b_end))) = (left.peek(), right.peek()) {
            let (first, end) = (*a_first.max(b_first), *a_end.min(b_end));
            if first < end {
                out.push((first, end));
            }
            if a_end <= b_end {
                left.next();
            } else {
                right.next();
            }
        }
        Self(out.into())
    }

    /// The classes of a variable of `arity` classes that it does not hold.
    #[must_use]
    pub fn complement(&self, arity: u32) -> Self {
        let mut out = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for (first, end) in &self.0 {
            if next < *first {
                out.push((next, *first));
            }
            next = *end;
        }
        if next < arity {
            out.push((next, arity));
        }
        Self(out.into())
    }

    /// Whether all its classes are in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|(first, end)| {
            let at = other.0.partition_point(|(_, other_end)| other_end <= first);
            other.0.get(at).is_some_and(|(other_first, other_end)| other_first <= first && end <= other_end)
        })
    }

    /// Whether some class is in both.
    pub fn intersects(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// Whether the ranges are as they must be, and end at `arity` at the latest: what a loaded set is asked.
    pub fn is_valid(&self, arity: u32) -> bool {
        let ordered = self.0.iter().zip(self.0.iter().skip(1)).all(|((_, end), (next, _))| end < next);
        ordered && self.0.iter().all(|(first, end)| first < end && *end <= arity)
    }
}

impl FromIterator<u32> for ClassSet {
    fn from_iter<I: IntoIterator<Item = u32>>(classes: I) -> Self {
        Self::from_ranges(classes.into_iter().map(|class| (class, class + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::ClassSet;

    #[test]
    fn sets_of_ranges_are_sets_of_classes() {
        let masks = 0..1_u32 << 5;
        let set = |mask: u32| -> ClassSet { (0..5).filter(|class| mask >> class & 1 == 1).collect() };
        for a in masks.clone() {
            assert_eq!(set(a).complement(5), set(!a & 31));
            assert_eq!(set(a).len(), a.count_ones());
            assert!(set(a).is_valid(5) && set(a).is_full(5) == (a == 31));
            for b in masks.clone() {
                assert_eq!(set(a).union(&set(b)), set(a | b));
                assert_eq!(set(a).intersection(&set(b)), set(a & b));
                assert_eq!(set(a).is_subset(&set(b)), a & !b == 0);
                assert_eq!(set(a).intersects(&set(b)), a & b != 0);
            }
        }
    }
}
