//! Sums that bounds between ordinals can tell: a difference of two attributes, or whole years between them.

use super::{Linear, Term};
use crate::types::AttributeId;
use placet_core::bounds::{Bound, Instant};

/// A sum of two attributes of which [bounds](placet_core::bounds) decide whether it lies between two numbers: `factor`
/// times a difference, or years, and `added`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    kind: Kind,
    factor: i128,
    added: i128,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// The second attribute's ordinal less the first's.
    Difference(AttributeId, AttributeId),
    /// Whole years from the first moment to the second: an attribute, and microseconds that are added.
    Years((AttributeId, i128), (AttributeId, i128)),
}

impl Relation {
    /// Reads a sum. `step` gives the microseconds of a step of an attribute's ordinal, 1 for what is no date.
    ///
    /// `None` for a sum of other terms, which bounds can't tell.
    pub fn new(sum: &Linear, step: &impl Fn(AttributeId) -> i64) -> Option<Self> {
        let moment = |of: &Linear| match of.terms.as_slice() {
            [(Term::Attribute(id), factor)] if *factor == step(*id).into() => Some((*id, of.constant)),
            _ => None,
        };
        let (kind, factor) = match sum.terms.as_slice() {
            [(Term::Attribute(to), factor), (Term::Attribute(from), other)]
                // Steps of one kind only: of dates, or of times.
                if factor.checked_neg() == Some(*other) && step(*to) == step(*from) =>
            {
                (Kind::Difference(*from, *to), *factor)
            }
            [(Term::Years(from, to), factor)] => {
                let (from, to) = (moment(from)?, moment(to)?);
                if from.0 == to.0 {
                    return None;
                }
                (Kind::Years(from, to), *factor)
            }
            _ => return None,
        };
        if factor == i128::MIN {
            return None;
        }
        Some(Self { kind, factor, added: sum.constant })
    }

    /// The two attributes.
    pub fn attributes(&self) -> [AttributeId; 2] {
        match self.kind {
            Kind::Difference(a, b) | Kind::Years((a, _), (b, _)) => [a, b],
        }
    }

    /// Returns the bound that the sum is at least a number; `index` gives the variable of each of the two attributes.
    pub fn at_least(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        let number = number.saturating_sub(self.added);
        let quotient = number.saturating_neg().div_euclid(self.factor.saturating_abs());
        if self.factor > 0 {
            self.least(quotient.saturating_neg(), index)
        } else {
            self.most(quotient, index)
        }
    }

    /// Returns the bound that the sum is at most a number.
    pub fn at_most(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        let number = number.saturating_sub(self.added);
        let quotient = number.div_euclid(self.factor.saturating_abs());
        if self.factor > 0 {
            self.most(quotient, index)
        } else {
            self.least(quotient.saturating_neg(), index)
        }
    }

    fn least(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        match self.kind {
            Kind::Difference(from, to) => Bound::Apart(index(from), index(to), number),
            Kind::Years(from, to) => {
                Bound::MonthsAtLeast(instant(from, index), instant(to, index), number.saturating_mul(12))
            }
        }
    }

    fn most(&self, number: i128, index: &impl Fn(AttributeId) -> usize) -> Bound {
        match self.kind {
            Kind::Difference(from, to) => Bound::Apart(index(to), index(from), number.saturating_neg()),
            Kind::Years(from, to) => {
                let months = number.saturating_mul(12).saturating_add(11);
                Bound::MonthsAtMost(instant(from, index), instant(to, index), months)
            }
        }
    }
}

fn instant((id, plus): (AttributeId, i128), index: &impl Fn(AttributeId) -> usize) -> Instant {
    Instant { variable: index(id), plus }
}

/// The parts of a sum's numbers in which bounds tell where it lies: intervals that begin at cuts.
#[derive(Debug, Clone)]
pub struct Scale {
    /// For each interval but the first: the bound that the sum lies in it or in a later one, and that it does not.
    cuts: Vec<(Bound, Bound)>,
}

impl Scale {
    /// The intervals of a relation that begin at these numbers, but for the first; in ascending order.
    pub fn new(
        relation: &Relation,
        cuts: impl IntoIterator<Item = i128>,
        index: &impl Fn(AttributeId) -> usize,
    ) -> Self {
        let bounds =
            |cut: i128| (relation.at_least(cut, index), relation.at_most(cut.saturating_sub(1), index));
        Self { cuts: cuts.into_iter().map(bounds).collect() }
    }

    /// The intervals of one variable's ordinals that begin at these, but for the first; in ascending order.
    pub fn of_variable(variable: usize, cuts: impl IntoIterator<Item = i64>) -> Self {
        let bounds = |cut: i64| {
            let cut = i128::from(cut);
            (Bound::AtLeast(variable, cut), Bound::AtMost(variable, cut - 1))
        };
        Self { cuts: cuts.into_iter().map(bounds).collect() }
    }

    /// The number of intervals.
    pub fn intervals(&self) -> usize {
        self.cuts.len() + 1
    }

    /// The bound that the sum lies in this interval or a later one; `None` for the first.
    pub fn from(&self, interval: usize) -> Option<Bound> {
        self.cuts.get(interval.checked_sub(1)?).map(|(from, _)| *from)
    }

    /// The bound that the sum lies in this interval or an earlier one; `None` for the last.
    pub fn up_to(&self, interval: usize) -> Option<Bound> {
        self.cuts.get(interval).map(|(_, below)| *below)
    }

    /// The same intervals with other variables.
    #[must_use]
    pub fn renamed(&self, index: &impl Fn(usize) -> usize) -> Self {
        let renamed = |bound: &Bound| bound.renamed(index);
        Self { cuts: self.cuts.iter().map(|(from, below)| (renamed(from), renamed(below))).collect() }
    }
}
