//! Relations of two attributes that [bounds](placet_core::bounds) can decide: a difference, or whole years or months
//! between them.

use super::{Linear, Term};
use crate::types::AttributeId;
use placet_core::bounds::{Bound, Instant};
use placet_core::calendar::CalendarUnit;

/// A sum of two attributes in the form that [bounds](placet_core::bounds) can compare with a number: `factor` times a
/// difference or a number of years or months, plus a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    kind: Kind,
    factor: i128,
    added: i128,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// The second attribute's ordinal minus the first's.
    Difference(AttributeId, AttributeId),
    /// Whole years or months from the first instant to the second. Each is an attribute plus microseconds.
    Between(CalendarUnit, (AttributeId, i128), (AttributeId, i128)),
}

impl Relation {
    /// Reads a sum. `step` returns the microseconds in one step of an attribute's ordinal: one day for dates, 1
    /// otherwise.
    ///
    /// Returns `None` for a sum of any other form, which bounds cannot express.
    pub fn new(sum: &Linear, step: &impl Fn(AttributeId) -> i64) -> Option<Self> {
        let moment = |of: &Linear| match of.terms.as_slice() {
            [(Term::Attribute(id), factor)] if *factor == step(*id).into() => Some((*id, of.constant)),
            _ => None,
        };
        let (kind, factor) = match sum.terms.as_slice() {
            [(Term::Attribute(to), factor), (Term::Attribute(from), other)]
                // Bounds compare ordinals with equal steps only: two dates, or two other attributes.
                if factor.checked_neg() == Some(*other) && step(*to) == step(*from) =>
            {
                (Kind::Difference(*from, *to), *factor)
            }
            [(Term::Between(unit, from, to), factor)] => {
                let (from, to) = (moment(from)?, moment(to)?);
                // The time between two offsets of one attribute is not a bound on two variables.
                if from.0 == to.0 {
                    return None;
                }
                (Kind::Between(*unit, from, to), *factor)
            }
            _ => return None,
        };
        // `at_least` and `at_most` divide by the absolute value of the factor, which must fit.
        if factor == i128::MIN {
            return None;
        }
        Some(Self { kind, factor, added: sum.constant })
    }

    /// Returns the two attributes.
    pub fn attributes(&self) -> [AttributeId; 2] {
        match self.kind {
            Kind::Difference(a, b) | Kind::Between(_, (a, _), (b, _)) => [a, b],
        }
    }

    /// Returns the bound that the sum is at least `number`. `index` returns the variable of each attribute.
    pub fn at_least(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        let number = number.saturating_sub(self.added);
        // Division rounds up here: the least integer `q` with `factor * q >= number` is `-floor(-number / factor)`. A
        // negative factor swaps the sides of the inequality.
        let quotient = number.saturating_neg().div_euclid(self.factor.saturating_abs());
        if self.factor > 0 {
            self.least(quotient.saturating_neg(), index)
        } else {
            self.most(quotient, index)
        }
    }

    /// Returns the bound that the sum is at most `number`. `index` returns the variable of each attribute.
    pub fn at_most(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        let number = number.saturating_sub(self.added);
        let quotient = number.div_euclid(self.factor.saturating_abs());
        if self.factor > 0 {
            self.most(quotient, index)
        } else {
            self.least(quotient.saturating_neg(), index)
        }
    }

    /// Returns the bound that the difference, years or months, without factor and constant, are at least `number`.
    fn least(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        match self.kind {
            Kind::Difference(from, to) => Bound::Apart(index(from), index(to), number),
            Kind::Between(unit, from, to) => {
                let months = number.saturating_mul(unit.months());
                Bound::MonthsAtLeast(instant(from, index), instant(to, index), months)
            }
        }
    }

    /// Returns the bound that the difference, years or months, without factor and constant, are at most `number`.
    fn most(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        match self.kind {
            Kind::Difference(from, to) => Bound::Apart(index(to), index(from), number.saturating_neg()),
            Kind::Between(unit, from, to) => {
                // `n` whole years last up to eleven months beyond `12 * n`.
                let months = number.saturating_mul(unit.months()).saturating_add(unit.months() - 1);
                Bound::MonthsAtMost(instant(from, index), instant(to, index), months)
            }
        }
    }
}

fn instant((id, plus): (AttributeId, i128), index: &impl Fn(AttributeId) -> usize) -> Instant {
    Instant { variable: index(id), plus }
}

/// The intervals into which cuts divide the values of a sum, with the bounds that place the sum in them.
#[derive(Debug, Clone)]
pub struct Scale {
    /// For each interval but the first: the bound that the sum lies in it or a later one, and the bound that it lies in
    /// an earlier one.
    cuts: Vec<(Bound, Bound)>,
}

impl Scale {
    /// Returns the intervals of a relation. `cuts` are the starts of all intervals but the first, in ascending order.
    pub fn new(
        relation: &Relation,
        cuts: impl IntoIterator<Item = i128>,
        index: &impl Fn(AttributeId) -> usize,
    ) -> Self {
        let bounds =
            |cut: i128| (relation.at_least(cut, index), relation.at_most(cut.saturating_sub(1), index));
        Self { cuts: cuts.into_iter().map(bounds).collect() }
    }

    /// Returns the intervals of one variable's ordinals. `cuts` are the starts of all intervals but the first, in
    /// ascending order.
    ///
    /// ```
    /// use placet_core::bounds::Bound;
    /// use placet_model::linear::Scale;
    ///
    /// let ages = Scale::of_variable(0, [13, 18]);
    /// assert_eq!(ages.intervals(), 3);
    /// assert_eq!(ages.from(1), Some(Bound::AtLeast(0, 13)));
    /// assert_eq!(ages.up_to(1), Some(Bound::AtMost(0, 17)));
    /// assert_eq!(ages.up_to(2), None);
    /// ```
    pub fn of_variable(variable: usize, cuts: impl IntoIterator<Item = i64>) -> Self {
        let bounds = |cut: i64| {
            let cut = i128::from(cut);
            (Bound::AtLeast(variable, cut), Bound::AtMost(variable, cut - 1))
        };
        Self { cuts: cuts.into_iter().map(bounds).collect() }
    }

    /// Returns the number of intervals.
    pub fn intervals(&self) -> usize {
        self.cuts.len() + 1
    }

    /// Returns the bound that the sum lies in this interval or a later one; `None` for the first.
    pub fn from(&self, interval: usize) -> Option<Bound> {
        self.cuts.get(interval.checked_sub(1)?).map(|(from, _)| *from)
    }

    /// Returns the bound that the sum lies in this interval or an earlier one; `None` for the last.
    pub fn up_to(&self, interval: usize) -> Option<Bound> {
        self.cuts.get(interval).map(|(_, below)| *below)
    }

    /// Returns the same intervals with the variables that `index` returns.
    #[must_use]
    pub fn renamed(&self, index: &impl Fn(usize) -> usize) -> Self {
        let renamed = |bound: &Bound| bound.renamed(index);
        Self { cuts: self.cuts.iter().map(|(from, below)| (renamed(from), renamed(below))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use placet_core::bounds::{Domain, least_solution};
    use placet_core::calendar::{DAY, date_from_str};

    /// Returns true if the bound holds for these days of attributes 0 and 1.
    fn holds(bound: Bound, days: [i64; 2]) -> bool {
        let fixed = days.map(|day| Domain { low: day, high: day, step: DAY });
        least_solution(&fixed, &[bound], &mut 1_000).is_ok()
    }

    #[test]
    fn bounds_of_years_and_months_agree_with_the_value() {
        let day = |text: &str| i64::from(date_from_str(text).unwrap());
        let date = |index: usize, plus: i64| {
            let days = Linear::term(Term::Attribute(AttributeId::new(index)), DAY.into());
            days.plus(Linear::constant(i128::from(plus * DAY)), 1)
        };
        let index = |id: AttributeId| id.index();
        for unit in [CalendarUnit::Months, CalendarUnit::Years] {
            for factor in [-3, -1, 1, 2] {
                for (from, to) in
                    [("2024-02-29", "2025-02-28"), ("2023-01-31", "2023-03-01"), ("2024-03-01", "2020-02-29")]
                {
                    for moved in -2..=2 {
                        let days = [day(from), day(to) + moved];
                        let sum = Linear::between(unit, date(0, 1), date(1, -1)).times(factor);
                        let sum = sum.plus(Linear::constant(5), 1);
                        let relation = Relation::new(&sum, &|_| DAY).unwrap();
                        let value = sum.value(&|id| days[id.index()]);
                        for number in value - 13..=value + 13 {
                            let what = format!("{unit:?} {factor} {days:?} {number}");
                            assert_eq!(
                                holds(relation.at_least(number, &index), days),
                                value >= number,
                                "{what}"
                            );
                            assert_eq!(
                                holds(relation.at_most(number, &index), days),
                                value <= number,
                                "{what}"
                            );
                        }
                    }
                }
            }
        }
    }
}
