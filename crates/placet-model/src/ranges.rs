//! Sets of integers, stored as ranges.

use serde::{Deserialize, Serialize};

/// A set of integers: inclusive ranges in ascending order, with at least one number between any two. `i128::MIN` and
/// `i128::MAX` stand for the infinities.
///
/// ```
/// use placet_model::Ranges;
///
/// let set = Ranges::union([(0, 4), (3, 9), (20, 20)]);
/// assert!(set.iter().eq([(0, 9), (20, 20)]));
/// assert!(set.contains(9) && !set.contains(10));
/// assert_eq!(set.complement().complement(), set);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<(i128, i128)>")]
pub struct Ranges(Vec<(i128, i128)>);

impl TryFrom<Vec<(i128, i128)>> for Ranges {
    type Error = &'static str;

    fn try_from(ranges: Vec<(i128, i128)>) -> Result<Self, Self::Error> {
        if ranges.iter().any(|(low, high)| low > high || *low == i128::MAX || *high == i128::MIN) {
            return Err("a range that ends before it begins, or beyond infinity");
        }
        // A range that ends at infinity has no successor, so `checked_add` fails for it.
        let apart = |(before, after): (&(i128, i128), &(i128, i128))| {
            before.1.checked_add(1).is_some_and(|next| next < after.0)
        };
        if ranges.iter().zip(ranges.iter().skip(1)).all(apart) {
            Ok(Self(ranges))
        } else {
            Err("ranges that touch, or in no order")
        }
    }
}

impl Ranges {
    /// Returns the numbers from `low` to `high`, both included. Empty if `low` is greater.
    pub fn new(low: i128, high: i128) -> Self {
        Self(if low <= high { vec![(low, high)] } else { Vec::new() })
    }

    /// Returns the set of the given numbers.
    pub fn points(points: impl IntoIterator<Item = i128>) -> Self {
        Self::union(points.into_iter().map(|point| (point, point)))
    }

    /// Returns the union of inclusive ranges, which may come in any order and overlap.
    pub fn union(ranges: impl IntoIterator<Item = (i128, i128)>) -> Self {
        let mut all: Vec<(i128, i128)> = ranges.into_iter().filter(|(low, high)| low <= high).collect();
        all.sort_unstable();
        let mut out: Vec<(i128, i128)> = Vec::new();
        for (low, high) in all {
            match out.last_mut() {
                Some((_, last)) if low <= last.saturating_add(1) => *last = (*last).max(high),
                _ => out.push((low, high)),
            }
        }
        Self(out)
    }

    /// Returns all numbers that are not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut out = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(i128::MIN);
        for &(low, high) in &self.0 {
            if let Some(from) = next
                && from < low
            {
                out.push((from, low - 1));
            }
            next = high.checked_add(1);
        }
        out.extend(next.map(|from| (from, i128::MAX)));
        Self(out)
    }

    /// Returns true if the number is in the set. Cost: logarithmic in the number of ranges.
    pub fn contains(&self, number: i128) -> bool {
        let at = self.0.partition_point(|(_, high)| *high < number);
        self.0.get(at).is_some_and(|(low, _)| *low <= number)
    }

    /// Returns true if some number from `low` to `high` is in the set.
    pub fn meets(&self, low: i128, high: i128) -> bool {
        let at = self.0.partition_point(|(_, end)| *end < low);
        self.0.get(at).is_some_and(|(start, _)| *start <= high)
    }

    /// Returns true if all numbers from `low` to `high` are in the set.
    pub fn covers(&self, low: i128, high: i128) -> bool {
        let at = self.0.partition_point(|(_, end)| *end < low);
        self.0.get(at).is_some_and(|(start, end)| *start <= low && high <= *end)
    }

    /// Returns the set with `by` added to every number. The infinities stay.
    #[must_use]
    pub fn shifted(&self, by: i128) -> Self {
        let shift = |n: i128| if n == i128::MIN || n == i128::MAX { n } else { n.saturating_add(by) };
        Self(self.0.iter().map(|(low, high)| (shift(*low), shift(*high))).collect())
    }

    /// Returns the numbers whose product with `factor` is in the set. `factor` must not be 0.
    ///
    /// ```
    /// use placet_model::Ranges;
    ///
    /// assert_eq!(Ranges::new(i128::MIN, 7).divided(2), Ranges::new(i128::MIN, 3));
    /// assert_eq!(Ranges::new(-7, 7).divided(-2), Ranges::new(-3, 3));
    /// ```
    #[must_use]
    pub fn divided(&self, factor: i128) -> Self {
        // Divides by the absolute value first, so that both ends are rounded into the range.
        let ceil = |n: i128| if n == i128::MIN { n } else { -(-n).div_euclid(factor.abs()) };
        let floor = |n: i128| if n == i128::MAX { n } else { n.div_euclid(factor.abs()) };
        let mut out: Vec<(i128, i128)> = self
            .0
            .iter()
            .map(|(low, high)| (ceil(*low), floor(*high)))
            .filter(|(low, high)| low <= high)
            .collect();
        if factor < 0 {
            let negate = |n: i128| {
                if n == i128::MIN {
                    i128::MAX
                } else if n == i128::MAX {
                    i128::MIN
                } else {
                    -n
                }
            };
            // Negation reverses the order.
            out = out.into_iter().rev().map(|(low, high)| (negate(high), negate(low))).collect();
        }
        // Two ranges become adjacent if no multiple of the factor lies between them.
        out.dedup_by(|next, kept| {
            let touch = next.0 <= kept.1.saturating_add(1);
            if touch {
                kept.1 = kept.1.max(next.1);
            }
            touch
        });
        Self(out)
    }

    /// Returns the ranges in ascending order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i128, i128)> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    #[test]
    fn complement_and_divided_keep_ranges_apart() {
        let some = Ranges::points([3, 4, 9]);
        assert_eq!(some.iter().collect::<Vec<_>>(), [(3, 4), (9, 9)]);
        assert_eq!(some.complement().complement(), some);
        assert!(some.complement().contains(5) && !some.complement().contains(4));
        let less = Ranges::new(i128::MIN, 7);
        assert_eq!(less.divided(2), Ranges::new(i128::MIN, 3));
        assert_eq!(less.divided(-2), Ranges::new(-3, i128::MAX));
        assert_eq!(Ranges::new(-7, 7).divided(-2), Ranges::new(-3, 3));
        assert!(Ranges::new(1, 1).divided(2).iter().next().is_none());
        assert_eq!(Ranges::points([0, 2, 5, 8]).divided(2), Ranges::try_from(vec![(0, 1), (4, 4)]).unwrap());
        assert_eq!(
            Ranges::points([0, 2, 5, 8]).divided(-2),
            Ranges::try_from(vec![(-4, -4), (-1, 0)]).unwrap()
        );
    }

    #[test]
    fn try_from_rejects_unordered_or_adjacent_ranges() {
        let infinite = vec![(i128::MIN, -1), (3, i128::MAX)];
        assert_eq!(Ranges::try_from(infinite).unwrap(), Ranges::new(0, 2).complement());
        for bad in [
            vec![(2, 1)],
            vec![(1, 2), (3, 4)],
            vec![(1, 2), (2, 4)],
            vec![(5, 6), (1, 2)],
            vec![(1, i128::MAX), (3, 4)],
            vec![(i128::MIN, i128::MIN)],
            vec![(i128::MAX, i128::MAX)],
        ] {
            assert!(Ranges::try_from(bad.clone()).is_err(), "{bad:?}");
        }
    }
}
