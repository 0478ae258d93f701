//! Deserialises sums from untrusted input.
//!
//! A [`Linear`] can contain sums inside `years(…)` and `months(…)`. The types of this module allow one level of nesting, so hostile
//! input cannot exhaust the stack. The conversion then checks that the terms are normalised.

use super::{Linear, Term};
use crate::types::AttributeId;
use placet_core::calendar::CalendarUnit;
use serde::Deserialize;

/// A [`Linear`] before validation.
#[derive(Deserialize)]
#[serde(rename = "Linear")]
pub(super) struct Sum {
    terms: Vec<(Part, i128)>,
    constant: i128,
}

/// A [`Term`] before validation.
#[derive(Deserialize)]
#[serde(rename = "Term")]
enum Part {
    Attribute(AttributeId),
    Between(CalendarUnit, Moment, Moment),
}

/// A [`Linear`] inside a [`Term::Between`].
#[derive(Deserialize)]
#[serde(rename = "Linear")]
struct Moment {
    terms: Vec<(Plain, i128)>,
    constant: i128,
}

/// A [`Term`] inside a [`Term::Between`]. It has no `Between` variant, which bounds the recursion of the deserialiser.
#[derive(Deserialize)]
#[serde(rename = "Term")]
enum Plain {
    Attribute(AttributeId),
}

impl TryFrom<Sum> for Linear {
    type Error = &'static str;

    fn try_from(read: Sum) -> Result<Self, Self::Error> {
        let terms = read.terms.into_iter().map(|(part, factor)| Ok((part.try_into()?, factor)));
        let sum = Self { terms: terms.collect::<Result<_, Self::Error>>()?, constant: read.constant };
        sum.in_order()
    }
}

impl TryFrom<Moment> for Linear {
    type Error = &'static str;

    fn try_from(read: Moment) -> Result<Self, Self::Error> {
        let terms =
            read.terms.into_iter().map(|(Plain::Attribute(id), factor)| (Term::Attribute(id), factor));
        let sum = Self { terms: terms.collect(), constant: read.constant };
        sum.in_order()
    }
}

impl TryFrom<Part> for Term {
    type Error = &'static str;

    fn try_from(read: Part) -> Result<Self, Self::Error> {
        Ok(match read {
            Part::Attribute(id) => Term::Attribute(id),
            Part::Between(unit, from, to) => {
                let (from, to): (Linear, Linear) = (from.try_into()?, to.try_into()?);
                if from.terms.is_empty() && to.terms.is_empty() {
                    return Err("a time between constants");
                }
                Term::Between(unit, Box::new(from), Box::new(to))
            }
        })
    }
}

impl Linear {
    /// Returns the sum if its terms are normalised.
    fn in_order(self) -> Result<Self, &'static str> {
        if !self.terms.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("a sum whose terms stand twice or in no order");
        }
        if self.terms.iter().any(|(_, factor)| *factor == 0) {
            return Err("a sum with none of a term");
        }
        Ok(self)
    }
}
