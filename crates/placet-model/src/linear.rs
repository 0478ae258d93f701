//! Arithmetic over ordered attributes, exact as on unbounded integers.

use crate::types::AttributeId;
use placet_core::calendar;
use serde::{Deserialize, Serialize};

mod read;
mod relation;

pub use relation::{Relation, Scale};

/// A sum of multiples of attributes' ordinals and of `years(…)`, and a constant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "read::Sum")]
pub struct Linear {
    /// The terms, each once, in ascending order, no factor 0.
    terms: Vec<(Term, i128)>,
    /// What is added.
    constant: i128,
}

/// A part of a sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Term {
    /// An attribute's ordinal.
    Attribute(AttributeId),
    /// Whole years between two instants in microseconds, sums of attributes themselves without `years(…)`.
    Years(Box<Linear>, Box<Linear>),
}

/// How a sum moves when one attribute grows and all others stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It never falls.
    Rising,
    /// It never rises.
    Falling,
}

impl Linear {
    /// A constant.
    pub fn constant(constant: i128) -> Self {
        Self { terms: Vec::new(), constant }
    }

    /// `factor` times a term.
    pub fn term(term: Term, factor: i128) -> Self {
        Self { terms: vec![(term, factor)], constant: 0 }
    }

    /// The terms.
    pub fn terms(&self) -> &[(Term, i128)] {
        &self.terms
    }

    /// What is added to the terms.
    pub fn added(&self) -> i128 {
        self.constant
    }

    /// This sum and `factor` times another. Beyond `i128`, which texts of 16 MiB can't reach, it saturates.
    #[must_use]
    pub fn plus(mut self, other: Self, factor: i128) -> Self {
        self.constant = self.constant.saturating_add(other.constant.saturating_mul(factor));
        self.terms.extend(other.terms.into_iter().map(|(term, by)| (term, by.saturating_mul(factor))));
        self.collected()
    }

    /// The terms in order, each once, those away that cancel out.
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

    /// This sum times a factor.
    #[must_use]
    pub fn times(self, factor: i128) -> Self {
        Self::default().plus(self, factor)
    }

    /// The sum that this one is a multiple of, without its constant and with a positive first term, and the factor: so that
    /// `x - y`, `y - x + 5` and `2 * x - 2 * y` are multiples of one sum.
    pub fn primitive(&self) -> (Self, i128) {
        let divisor =
            self.terms.iter().fold(0_u128, |divisor, (_, factor)| gcd(divisor, factor.unsigned_abs()));
        // A divisor beyond the numbers is none but of itself.
        let divisor = i128::try_from(divisor.max(1)).unwrap_or(1);
        let sign = if self.terms.first().is_some_and(|(_, factor)| *factor < 0) { -1 } else { 1 };
        let factor = divisor.saturating_mul(sign);
        let terms = self.terms.iter().map(|(term, by)| (term.clone(), by.checked_div(factor).unwrap_or(*by)));
        (Self { terms: terms.collect(), constant: 0 }, factor)
    }

    /// The attributes that it speaks of, with repetitions.
    pub fn attributes(&self) -> Vec<AttributeId> {
        let mut out = Vec::new();
        for (term, _) in &self.terms {
            match term {
                Term::Attribute(attribute) => out.push(*attribute),
                Term::Years(from, to) => out.extend(from.attributes().into_iter().chain(to.attributes())),
            }
        }
        out
    }

    /// The sum with every attribute of which `ordinal` knows the ordinal put in.
    #[must_use]
    pub fn substituted(&self, ordinal: &impl Fn(AttributeId) -> Option<i64>) -> Self {
        let mut out = Self::constant(self.constant);
        for (term, factor) in &self.terms {
            let part = match term {
                Term::Attribute(attribute) => match ordinal(*attribute) {
                    Some(value) => Self::constant(i128::from(value)),
                    None => Self::term(term.clone(), 1),
                },
                Term::Years(from, to) => Self::years(from.substituted(ordinal), to.substituted(ordinal)),
            };
            out.constant = out.constant.saturating_add(part.constant.saturating_mul(*factor));
            out.terms.extend(part.terms.into_iter().map(|(term, by)| (term, by.saturating_mul(*factor))));
        }
        out.collected()
    }

    /// Returns the sum where every attribute has the ordinal that `ordinal` gives. Saturates as [`Linear::plus`] does.
    ///
    /// Cost: that of its terms; it allocates nothing.
    pub fn value(&self, ordinal: &impl Fn(AttributeId) -> i64) -> i128 {
        self.terms.iter().fold(self.constant, |sum, (term, factor)| {
            let value = match term {
                Term::Attribute(attribute) => i128::from(ordinal(*attribute)),
                Term::Years(from, to) => calendar::years_between(from.value(ordinal), to.value(ordinal)),
            };
            sum.saturating_add(value.saturating_mul(*factor))
        })
    }

    /// Whole years between two sums of microseconds.
    pub fn years(from: Self, to: Self) -> Self {
        if from.terms.is_empty() && to.terms.is_empty() {
            return Self::constant(calendar::years_between(from.constant, to.constant));
        }
        Self::term(Term::Years(Box::new(from), Box::new(to)), 1)
    }

    /// How it moves with one attribute, `None` where that depends on the values.
    pub fn direction(&self, attribute: AttributeId) -> Option<Direction> {
        let mut rising = false;
        let mut falling = false;
        let mut note = |sign: i128| if sign > 0 { rising = true } else { falling = true };
        for (term, factor) in &self.terms {
            match term {
                Term::Attribute(a) if *a == attribute => note(factor.signum()),
                Term::Attribute(_) => {}
                Term::Years(from, to) => {
                    for (moment, sign) in [(from, -1), (to, 1)] {
                        for (inner, by) in &moment.terms {
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

/// The greatest common divisor.
fn gcd(mut one: u128, mut other: u128) -> u128 {
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}
