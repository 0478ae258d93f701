//! Sets of classes.

use serde::{Deserialize, Serialize};

/// A set of classes of one variable, stored as disjoint ranges in ascending order that don't touch. A range includes
/// its first class and excludes its end.
///
/// Ranges keep the sets of ordered attributes and of taxonomies small, however many classes there are: a comparison is
/// one or two ranges.
///
/// ```
/// use placet_program::ClassSet;
///
/// let minors = ClassSet::range(0, 3);
/// let set = minors.union(&ClassSet::range(3, 5));
/// assert_eq!(set.ranges(), [(0, 5)]);
/// assert!(set.contains(4) && !set.contains(5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct ClassSet(Box<[(u32, u32)]>);

impl ClassSet {
    /// Returns the classes from `first` up to, but excluding, `end`.
    pub fn range(first: u32, end: u32) -> Self {
        Self(if first < end { Box::new([(first, end)]) } else { Box::default() })
    }

    /// Returns all classes of a variable with `arity` classes.
    pub fn full(arity: u32) -> Self {
        Self::range(0, arity)
    }

    /// Returns the union of ranges, given in any order.
    ///
    /// ```
    /// use placet_program::ClassSet;
    ///
    /// let set = ClassSet::from_ranges([(4, 6), (0, 2), (1, 3)]);
    /// assert_eq!(set.ranges(), [(0, 3), (4, 6)]);
    /// ```
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut all: Vec<(u32, u32)> = ranges.into_iter().filter(|(first, end)| first < end).collect();
        all.sort_unstable();
        let mut out: Vec<(u32, u32)> = Vec::with_capacity(all.len());
        for (first, end) in all {
            match out.last_mut() {
                // Ends are excluded, so a range that begins at the end of another touches it.
                Some((_, last)) if first <= *last => *last = (*last).max(end),
                _ => out.push((first, end)),
            }
        }
        Self(out.into())
    }

    /// Returns the ranges in ascending order.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Returns the classes in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|(first, end)| *first..*end)
    }

    /// Returns the number of classes.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|(first, end)| end - first).sum()
    }

    /// Returns true if it has no class.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if it has every class of a variable with `arity` classes.
    pub fn is_full(&self, arity: u32) -> bool {
        matches!(*self.0, [(0, end)] if end >= arity)
    }

    /// Returns true if it has the class. Cost: logarithmic in the ranges.
    pub fn contains(&self, class: u32) -> bool {
        let at = self.0.partition_point(|(_, end)| *end <= class);
        self.0.get(at).is_some_and(|(first, _)| *first <= class)
    }

    /// Returns the classes that are in at least one of the sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&other.0).copied())
    }

    /// Returns the classes that are in both sets.
    ///
    /// ```
    /// use placet_program::ClassSet;
    ///
    /// let both = ClassSet::range(0, 4).intersection(&ClassSet::range(2, 9));
    /// assert_eq!(both, ClassSet::range(2, 4));
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut out = Vec::new();
        while let (Some((a_first, a_end)), Some((b_first, b_end))) = (left.peek(), right.peek()) {
            let (first, end) = (*a_first.max(b_first), *a_end.min(b_end));
            if first < end {
                out.push((first, end));
            }
            // The range that ends first can meet no later range of the other set.
            if a_end <= b_end {
                left.next();
            } else {
                right.next();
            }
        }
        Self(out.into())
    }

    /// Returns the classes of a variable with `arity` classes that aren't in the set.
    ///
    /// ```
    /// use placet_program::ClassSet;
    ///
    /// assert_eq!(ClassSet::range(1, 3).complement(5).ranges(), [(0, 1), (3, 5)]);
    /// ```
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

    /// Returns true if all its classes are in the other set.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|(first, end)| {
            // Ranges don't touch, so a range is covered only if a single range of the other set covers it.
            let at = other.0.partition_point(|(_, other_end)| other_end <= first);
            other.0.get(at).is_some_and(|(other_first, other_end)| other_first <= first && end <= other_end)
        })
    }

    /// Returns true if some class is in both sets.
    pub fn intersects(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// Returns true if the ranges are in order and don't touch, and none ends beyond `arity`. Checked when a program is
    /// loaded.
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
    fn set_operations_agree_with_bit_masks() {
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
