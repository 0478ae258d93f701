//! Sums of ordered attributes, in a form that evaluates quickly.
//!
//! [`Sum`] flattens a [`Linear`] once and then computes its value and its class for each request.

use crate::classify::Cuts;
use placet_core::calendar::CalendarUnit;
use placet_model::linear::{Linear, Term};
use placet_model::types::AttributeId;
use serde::{Deserialize, Serialize};

/// A sum of multiples of attributes' ordinals and of years or months between such sums, with the cuts between its classes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "SavedSum", into = "SavedSum")]
pub struct Sum {
    linear: Linear,
    terms: Terms,
    cuts: Cuts<i128>,
}

/// The serialized form of a sum. It omits everything that can be recomputed.
#[derive(Serialize, Deserialize)]
struct SavedSum {
    linear: Linear,
    cuts: Cuts<i128>,
}

impl From<SavedSum> for Sum {
    fn from(saved: SavedSum) -> Self {
        Self { terms: Terms::new(&saved.linear), linear: saved.linear, cuts: saved.cuts }
    }
}

impl From<Sum> for SavedSum {
    fn from(sum: Sum) -> Self {
        Self { linear: sum.linear, cuts: sum.cuts }
    }
}

/// The flattened terms of a sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Terms {
    attributes: Box<[(AttributeId, i128)]>,
    between: Box<[(CalendarUnit, Terms, Terms, i128)]>,
    constant: i128,
}

impl Sum {
    /// Creates a sum whose classes begin at the given numbers; `cuts` must be in ascending order.
    pub fn new(linear: &Linear, cuts: impl IntoIterator<Item = i128>) -> Self {
        Self { terms: Terms::new(linear), linear: linear.clone(), cuts: Cuts::new(cuts) }
    }

    /// Returns the sum without its classes.
    pub fn linear(&self) -> &Linear {
        &self.linear
    }

    /// Returns the attributes of the sum, each once.
    pub fn attributes(&self) -> Vec<AttributeId> {
        let mut all = Vec::new();
        self.terms.collect(&mut all);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Returns the numbers at which classes begin, except for the first class.
    pub fn cuts(&self) -> &[i128] {
        self.cuts.starts()
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.cuts.classes()
    }

    /// Returns the class for these ordinals; `None` if a needed one is unknown.
    pub fn class(&self, ordinal: &impl Fn(AttributeId) -> Option<i64>) -> Option<u32> {
        self.terms.value(ordinal).map(|value| self.class_of(value))
    }

    /// Returns the class of a value of the sum. Cost: logarithmic in the cuts.
    pub fn class_of(&self, value: i128) -> u32 {
        self.cuts.class(value)
    }

    /// Returns the least and greatest value of the sum if each attribute lies within its bounds, and true if every
    /// number in between is a value, too.
    pub fn extent(&self, bounds: &impl Fn(AttributeId) -> (i64, i64)) -> (i128, i128, bool) {
        let (low, high) = self.terms.extent(bounds);
        (low, high, self.terms.is_dense(bounds))
    }

    /// Returns true if the cuts are in ascending order.
    pub fn is_valid(&self) -> bool {
        self.cuts.is_valid()
    }
}

impl Terms {
    fn new(linear: &Linear) -> Self {
        let mut attributes = Vec::new();
        let mut between = Vec::new();
        for (term, factor) in linear.terms() {
            match term {
                Term::Attribute(attribute) => attributes.push((*attribute, *factor)),
                Term::Between(unit, from, to) => {
                    between.push((*unit, Self::new(from), Self::new(to), *factor))
                }
            }
        }
        Self { attributes: attributes.into(), between: between.into(), constant: linear.added() }
    }

    fn collect(&self, out: &mut Vec<AttributeId>) {
        out.extend(self.attributes.iter().map(|(attribute, _)| *attribute));
        for (_, from, to, _) in &self.between {
            from.collect(out);
            to.collect(out);
        }
    }

    fn value(&self, ordinal: &impl Fn(AttributeId) -> Option<i64>) -> Option<i128> {
        let mut sum = self.constant;
        for (attribute, factor) in &self.attributes {
            sum = sum.saturating_add(i128::from(ordinal(*attribute)?).saturating_mul(*factor));
        }
        for (unit, from, to, factor) in &self.between {
            let units = unit.between(from.value(ordinal)?, to.value(ordinal)?);
            sum = sum.saturating_add(units.saturating_mul(*factor));
        }
        Some(sum)
    }

    fn extent(&self, bounds: &impl Fn(AttributeId) -> (i64, i64)) -> (i128, i128) {
        let (mut low, mut high) = (self.constant, self.constant);
        let mut add = |one: i128, other: i128, factor: i128| {
            let (one, other) = (one.saturating_mul(factor), other.saturating_mul(factor));
            low = low.saturating_add(one.min(other));
            high = high.saturating_add(one.max(other));
        };
        for (attribute, factor) in &self.attributes {
            let (first, last) = bounds(*attribute);
            add(first.into(), last.into(), *factor);
        }
        for (unit, from, to, factor) in &self.between {
            let ((from_low, from_high), (to_low, to_high)) = (from.extent(bounds), to.extent(bounds));
            // Years and months grow with the second instant and shrink with the first, so the extremes combine opposite
            // ends.
            add(unit.between(from_high, to_low), unit.between(from_low, to_high), *factor);
        }
        (low, high)
    }

    /// Returns true if each attribute that isn't fixed by its bounds occurs once and with a factor of 1 or -1, so that
    /// the sum skips no number.
    fn is_dense(&self, bounds: &impl Fn(AttributeId) -> (i64, i64)) -> bool {
        let is_open = |attribute: &AttributeId| {
            let (low, high) = bounds(*attribute);
            low != high
        };
        let mut all = Vec::new();
        self.collect(&mut all);
        all.retain(is_open);
        // An attribute that occurs twice changes two terms at once, so the sum may skip numbers.
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        let unit = |factor: &i128| matches!(factor, 1 | -1);
        count == all.len()
            && self.attributes.iter().all(|(attribute, factor)| unit(factor) || !is_open(attribute))
            && self.between.iter().all(|(_, from, to, factor)| {
                let mut inside = Vec::new();
                from.collect(&mut inside);
                to.collect(&mut inside);
                unit(factor) || !inside.iter().any(is_open)
            })
    }
}
