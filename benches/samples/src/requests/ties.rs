//! The values at which conditions that relate attributes change, given the other attributes.

use crate::Random;
use placet_core::first_where;
use placet_model::condition::Atom;
use placet_model::linear::{Direction, Term};
use placet_model::request::{AttributeInput, Request};
use placet_model::types::AttributeId;
use placet_model::value::Value;

fn value_of(request: &Request, id: AttributeId) -> Option<&Value> {
    match request.get(id)? {
        AttributeInput::Value(value) => Some(value),
        _ => None,
    }
}

/// The given value of the other attribute of a comparison of two.
pub(super) fn other<'r>(tie: &Atom, id: AttributeId, request: &'r Request) -> Option<&'r Value> {
    let other = tie.attributes().into_iter().find(|other| *other != id)?;
    value_of(request, other)
}

/// The ordinal at which a sum reaches a bound of its ranges, given the other attributes.
pub(super) fn bound(
    random: &mut Random,
    tie: &Atom,
    id: AttributeId,
    (low, high): (i64, i64),
    request: &Request,
) -> Option<i64> {
    let Atom::Within(sum, ranges) = tie else { return None };
    let bounds: Vec<i128> = ranges.iter().flat_map(|(first, last)| [first, last]).collect();
    let bound = *random.pick(&bounds).filter(|bound| **bound != i128::MIN && **bound != i128::MAX)?;
    let left = sum.substituted(&|other| {
        let value = if other == id { None } else { value_of(request, other) };
        value.and_then(Value::ordinal)
    });
    match *left.terms() {
        [(Term::Attribute(only), factor)] if only == id => {
            i64::try_from(bound.saturating_sub(left.added()).div_euclid(factor)).ok()
        }
        _ if left.attributes().iter().all(|only| *only == id) => {
            let value = |ordinal: i64| left.substituted(&|_| Some(ordinal)).added();
            match left.direction(id)? {
                Direction::Rising => first_where(low, high, |at| value(at) >= bound),
                Direction::Falling => first_where(low, high, |at| value(at) < bound),
            }
        }
        _ => None,
    }
}
