//! Sets of whole numbers as ranges.

use serde::{Deserialize, Serialize};

/// A set of whole numbers: ranges in ascending order, both ends in them, with some number between any two. The least
/// and the greatest `i128` stand for the infinities.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<(i128, i128)>")]
pub struct Ranges(Vec<(i128, i128)>);

impl TryFrom<Vec<(i128, i128)>> for Ranges {
    type Error = &'static str;

    fn try_from(ranges: Vec<(i128, i128)>) -> Result<Self, Self::Error> {
        if ranges.iter().any(|(low, high)| low > high || *low == i128::MAX || *high == i128::MIN) {
            return Err("a range that ends before it begins, or beyond infinity");
        }
        // Nothing follows a range that goes on without end.
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
    /// The numbers from `low` to `high`; none where `low` is greater.
    pub fn new(low: i128, high: i128) -> Self {
        Self(if low <= high { vec![(low, high)] } else { Vec::new() })
    }

    /// The given numbers.
    pub fn points(points: impl IntoIterator<Item = i128>) -> Self {
        Self::union(points.into_iter().map(|point| (point, point)))
    }

    /// The numbers in any of these ranges, which may come in any order and overlap.
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

    /// All numbers that it does not hold.
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

    /// Whether it holds the number. Cost: logarithmic in the ranges.
    pub fn contains(&self, number: i128) -> bool {
        let at = self.0.partition_point(|(_, high)| *high < number);
        self.0.get(at).is_some_and(|(low, _)| *low <= number)
    }

    /// Whether it holds some number from `low` to `high`.
    pub fn meets(&self, low: i128, high: i128) -> bool {
        let at = self.0.partition_point(|(_, end)| *end < low);
        self.0.get(at).is_some_and(|(start, _)| *start <= high)
    }

    /// Whether it holds all numbers from `low` to `high`.
    pub fn covers(&self, low: i128, high: i128) -> bool {
        let at = self.0.partition_point(|(_, end)| *end < low);
        self.0.get(at).is_some_and(|(start, end)| *start <= low && high <= *end)
    }

    /// Every number moved by `by`; the infinities stay.
    #[must_use]
    pub fn shifted(&self, by: i128) -> Self {
        let shift = |n: i128| if n == i128::MIN || n == i128::MAX { n } else { n.saturating_add(by) };
        Self(self.0.iter().map(|(low, high)| (shift(*low), shift(*high))).collect())
    }

    /// The numbers n with n × `factor` in it; `factor` is not 0.
    #[must_use]
    pub fn divided(&self, factor: i128) -> Self {
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
            out = out.into_iter().rev().map(|(low, high)| (negate(high), negate(low))).collect();
        }
        // What lay between two ranges may have had no multiple of the factor.
        out.dedup_by(|next, kept| {
            let touch = next.0 <= kept.1.saturating_add(1);
            if touch {
                kept.1 = kept.1.max(next.1);
            }
            touch
        });
        Self(out)
    }

    /// The ranges.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i128, i128)> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    #[test]
    fn complement_and_division() {
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
    fn only_ranges_apart_and_in_order_are_read() {
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
