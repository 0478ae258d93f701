//! Exact linear arithmetic over the ordinals of attributes.
//!
//! A [`Linear`] is a normalised sum: terms sorted, without duplicates and zero factors. Equal sums are therefore equal
//! values. Factors and constants are `i128`, wide enough for every sum of `i64` ordinals that a policy can write.

use crate::types::AttributeId;
use placet_core::calendar::CalendarUnit;
use serde::{Deserialize, Serialize};

mod read;
mod relation;

pub use relation::{Relation, Scale};

/// A sum of multiples of attributes' ordinals, of `years(…)` and of `months(…)`, plus a constant.
///
/// ```
/// use placet_model::linear::{Linear, Term};
/// use placet_model::types::AttributeId;
///
/// let x = Linear::term(Term::Attribute(AttributeId::new(0)), 1);
/// let sum = x.clone().times(2).plus(Linear::constant(5), 1);
/// assert_eq!(sum.value(&|_| 10), 25);
/// assert_eq!(x.clone().plus(x, -1), Linear::constant(0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "read::Sum")]
pub struct Linear {
    /// The terms in ascending order, each once, without zero factors.
    terms: Vec<(Term, i128)>,
    /// The constant.
    constant: i128,
}

/// A term of a sum, without its factor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Term {
    /// The ordinal of an attribute.
    Attribute(AttributeId),
    /// Whole years or months from the first instant to the second, in microseconds. The instants are sums of attributes
    /// alone.
    Between(CalendarUnit, Box<Linear>, Box<Linear>),
}

/// The direction in which a sum changes when one attribute grows and all others stay the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The sum never decreases.
    Rising,
    /// The sum never increases.
    Falling,
}

impl Linear {
    /// Returns the sum with no terms.
    pub fn constant(constant: i128) -> Self {
        Self { terms: Vec::new(), constant }
    }

    /// Returns the sum of one term with a factor.
    pub fn term(term: Term, factor: i128) -> Self {
        Self { terms: vec![(term, factor)], constant: 0 }
    }

    /// Returns the terms with their factors.
    pub fn terms(&self) -> &[(Term, i128)] {
        &self.terms
    }

    /// Returns the constant.
    pub fn added(&self) -> i128 {
        self.constant
    }

    /// Returns this sum plus `factor` times another. Saturates beyond `i128`, which texts of 16 MiB cannot reach.
    #[must_use]
    pub fn plus(mut self, other: Self, factor: i128) -> Self {
        self.constant = self.constant.saturating_add(other.constant.saturating_mul(factor));
        self.terms.extend(other.terms.into_iter().map(|(term, by)| (term, by.saturating_mul(factor))));
        self.collected()
    }

    /// Normalises the sum: sorts the terms, adds up equal ones, and removes those that cancel out.
    fn collected(mut self) -> Self {
        self.terms.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        self.terms.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        self.terms.retain(|(_, factor)| *factor != 0);
        self
    }

    /// Returns this sum times a factor.
    #[must_use]
    pub fn times(self, factor: i128) -> Self {
        Self::default().plus(self, factor)
    }

    /// Returns the primitive sum that this one is a multiple of, and the factor. The primitive sum has no constant,
    /// coprime factors, and a positive first factor: `x - y`, `y - x + 5` and `2 * x - 2 * y` share one.
    ///
    /// ```
    /// use placet_model::linear::{Linear, Term};
    /// use placet_model::types::AttributeId;
    ///
    /// let x = Linear::term(Term::Attribute(AttributeId::new(0)), 1);
    /// let (primitive, factor) = x.clone().times(-2).plus(Linear::constant(5), 1).primitive();
    /// assert_eq!((primitive, factor), (x, -2));
    /// ```
    pub fn primitive(&self) -> (Self, i128) {
        let divisor =
            self.terms.iter().fold(0_u128, |divisor, (_, factor)| gcd(divisor, factor.unsigned_abs()));
        // The divisor exceeds `i128` only if every factor is `i128::MIN`. The factors then stay as they are.
        let divisor = i128::try_from(divisor.max(1)).unwrap_or(1);
        let sign = if self.terms.first().is_some_and(|(_, factor)| *factor < 0) { -1 } else { 1 };
        let factor = divisor.saturating_mul(sign);
        let terms = self.terms.iter().map(|(term, by)| (term.clone(), by.checked_div(factor).unwrap_or(*by)));
        (Self { terms: terms.collect(), constant: 0 }, factor)
    }

    /// Returns the attributes in the sum, with repetitions.
    pub fn attributes(&self) -> Vec<AttributeId> {
        let mut out = Vec::new();
        for (term, _) in &self.terms {
            match term {
                Term::Attribute(attribute) => out.push(*attribute),
                Term::Between(_, from, to) => {
                    out.extend(from.attributes().into_iter().chain(to.attributes()))
                }
            }
        }
        out
    }

    /// Replaces each attribute for which `ordinal` returns a value by that value.
    #[must_use]
    pub fn substituted(&self, ordinal: &impl Fn(AttributeId) -> Option<i64>) -> Self {
        let mut out = Self::constant(self.constant);
        for (term, factor) in &self.terms {
            let part = match term {
                Term::Attribute(attribute) => match ordinal(*attribute) {
                    Some(value) => Self::constant(i128::from(value)),
                    None => Self::term(term.clone(), 1),
                },
                Term::Between(unit, from, to) => {
                    Self::between(*unit, from.substituted(ordinal), to.substituted(ordinal))
                }
            };
            out.constant = out.constant.saturating_add(part.constant.saturating_mul(*factor));
            out.terms.extend(part.terms.into_iter().map(|(term, by)| (term, by.saturating_mul(*factor))));
        }
        out.collected()
    }

    /// Returns the value of the sum, where `ordinal` gives the ordinal of each attribute. Saturates like
    /// [`Linear::plus`].
    ///
    /// Cost: linear in the terms; does not allocate.
    pub fn value(&self, ordinal: &impl Fn(AttributeId) -> i64) -> i128 {
        self.terms.iter().fold(self.constant, |sum, (term, factor)| {
            let value = match term {
                Term::Attribute(attribute) => i128::from(ordinal(*attribute)),
                Term::Between(unit, from, to) => unit.between(from.value(ordinal), to.value(ordinal)),
            };
            sum.saturating_add(value.saturating_mul(*factor))
        })
    }

    /// Returns the whole years or months from one sum of microseconds to another. Folds constants.
    ///
    /// ```
    /// use placet_core::calendar::{CalendarUnit, DAY};
    /// use placet_model::linear::{Linear, Term};
    /// use placet_model::types::AttributeId;
    ///
    /// // The ordinal of a date is its day, counted from 1970-01-01.
    /// let born = Linear::term(Term::Attribute(AttributeId::new(0)), DAY.into());
    /// let months = Linear::between(CalendarUnit::Months, Linear::constant(0), born);
    /// assert_eq!([30, 31, 59].map(|day| months.value(&|_| day)), [0, 1, 2]);
    /// ```
    pub fn between(unit: CalendarUnit, from: Self, to: Self) -> Self {
        if from.terms.is_empty() && to.terms.is_empty() {
            return Self::constant(unit.between(from.constant, to.constant));
        }
        Self::term(Term::Between(unit, Box::new(from), Box::new(to)), 1)
    }

    /// Returns the whole years from one sum of microseconds to another. Folds constants.
    pub fn years(from: Self, to: Self) -> Self {
        Self::between(CalendarUnit::Years, from, to)
    }

    /// Returns the whole months from one sum of microseconds to another. Folds constants.
    pub fn months(from: Self, to: Self) -> Self {
        Self::between(CalendarUnit::Months, from, to)
    }

    /// Returns an interval that holds every value of the sum, where `bounds` gives the least and the greatest ordinal of
    /// each attribute. Attributes that occur twice count as independent.
    ///
    /// ```
    /// use placet_model::linear::{Linear, Term};
    /// use placet_model::types::AttributeId;
    ///
    /// let x = Linear::term(Term::Attribute(AttributeId::new(0)), -2);
    /// assert_eq!(x.plus(Linear::constant(5), 1).extent(&|_| (0, 10)), (-15, 5));
    /// ```
    pub fn extent(&self, bounds: &impl Fn(AttributeId) -> (i64, i64)) -> (i128, i128) {
        let (mut low, mut high) = (self.constant, self.constant);
        for (term, factor) in &self.terms {
            let (one, other) = match term {
                Term::Attribute(id) => {
                    let (first, last) = bounds(*id);
                    (first.into(), last.into())
                }
                Term::Between(unit, from, to) => {
                    let ((from_low, from_high), (to_low, to_high)) = (from.extent(bounds), to.extent(bounds));
                    (unit.between(from_high, to_low), unit.between(from_low, to_high))
                }
            };
            let (one, other) = (one.saturating_mul(*factor), other.saturating_mul(*factor));
            low = low.saturating_add(one.min(other));
            high = high.saturating_add(one.max(other));
        }
        (low, high)
    }

    /// Returns the direction in which the sum changes with one attribute, or `None` if it depends on the values. A sum
    /// without the attribute is rising.
    pub fn direction(&self, attribute: AttributeId) -> Option<Direction> {
        let mut rising = false;
        let mut falling = false;
        let mut note = |sign: i128| if sign > 0 { rising = true } else { falling = true };
        for (term, factor) in &self.terms {
            match term {
                Term::Attribute(a) if *a == attribute => note(factor.signum()),
                Term::Attribute(_) => {}
                Term::Between(_, from, to) => {
                    // Years and months fall with the first instant and rise with the second.
                    for (instant, sign) in [(from, -1), (to, 1)] {
                        for (inner, by) in &instant.terms {
                            if *inner == Term::Attribute(attribute) {
                                note(factor.signum() * by.signum() * sign);
                            }
                        }
                    }
                }
            }
        }
        match (rising, falling) {
            (_, false) => Some(Direction::Rising),
            (false, true) => Some(Direction::Falling),
            (true, true) => None,
        }
    }
}

/// Returns the greatest common divisor.
fn gcd(mut one: u128, mut other: u128) -> u128 {
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}
