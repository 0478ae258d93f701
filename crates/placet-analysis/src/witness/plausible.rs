//! Chooses values that a person would write.

use placet_compile::ClassLabels;
use placet_core::calendar::DAY;
use placet_model::BitSet;
use placet_model::types::{Members, Type, number_ordinal, ordinal_number};
use placet_model::value::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// 2026-01-01, in days.
const TODAY: i64 = 20_454;
/// A plausible number: an age, an amount.
const USUAL: i64 = 30;
const SECOND: i64 = 1_000_000;

/// Returns a value of a type.
pub(super) fn any(kind: &Type) -> Value {
    if let Some((low, high)) = kind.ordinals() {
        return ordered(kind, low, high).unwrap_or(Value::Int(low));
    }
    match kind {
        Type::Symbol(_) => Value::Symbol(0),
        Type::String => Value::String(Arc::from("text")),
        Type::Set { of, may_be_empty } => match of {
            Members::Symbols(universe) => {
                let members = if *may_be_empty { 0..0 } else { 0..1 };
                Value::Symbols(BitSet::from_iter(universe.len(), members))
            }
            Members::Texts if *may_be_empty => Value::Texts(BTreeSet::new()),
            Members::Texts => Value::Texts(BTreeSet::from([Arc::from("text")])),
        },
        // Ordered types have returned above.
        Type::Bool | Type::Int(..) | Type::Number(..) | Type::Date | Type::Time | Type::Duration => {
            Value::Bool(false)
        }
    }
}

/// Returns a value of a class.
pub(super) fn of_class(kind: &Type, meaning: &ClassLabels, class: u32) -> Option<Value> {
    let class = class as usize;
    match meaning {
        ClassLabels::Intervals(intervals) => {
            let (low, high) = intervals.get(class)?;
            ordered(kind, *low, *high)
        }
        ClassLabels::Symbols(classes) => {
            let symbol = *classes.get(class)?.first()?;
            Some(if *kind == Type::Bool { Value::Bool(symbol == 1) } else { Value::Symbol(symbol) })
        }
        ClassLabels::Texts(classes) => {
            let texts = classes.get(class)?;
            Some(Value::String(texts.mentioned.first().unwrap_or(&texts.sample).clone()))
        }
        ClassLabels::Sets(classes) => classes.get(class).cloned(),
        ClassLabels::Truth | ClassLabels::Sums(_) => None,
    }
}

/// Returns a value with an ordinal in a closed range: the usual one of its type, or the nearest, rounded as far as the
/// range allows.
fn ordered(kind: &Type, low: i64, high: i64) -> Option<Value> {
    let ordinal = match kind {
        Type::Number(..) => return Some(Value::Number(number(ordinal_number(low), ordinal_number(high)))),
        Type::Date => TODAY.clamp(low, high),
        Type::Time => rounded(TODAY * DAY, low, high),
        Type::Duration => rounded(DAY, low, high),
        _ => USUAL.clamp(low, high),
    };
    Value::from_ordinal(kind, ordinal)
}

/// Returns the number nearest to a preferred one, in whole days, hours, minutes or seconds if the range has one.
fn rounded(wanted: i64, low: i64, high: i64) -> i64 {
    let near = wanted.clamp(low, high);
    whole(near).find(|value| (low..=high).contains(value)).unwrap_or(near)
}

/// Returns ordinals near one, the shortest to write first.
pub(super) fn near(kind: &Type, ordinal: i64) -> Vec<i64> {
    match kind {
        Type::Time | Type::Duration => whole(ordinal).chain([ordinal]).collect(),
        _ => vec![ordinal],
    }
}

/// Returns the whole days, hours, minutes and seconds on both sides of an ordinal in microseconds.
fn whole(ordinal: i64) -> impl Iterator<Item = i64> {
    [DAY, 3_600 * SECOND, 60 * SECOND, SECOND].into_iter().flat_map(move |unit| {
        let down = ordinal.div_euclid(unit).checked_mul(unit);
        let up = down.filter(|down| *down != ordinal).and_then(|down| down.checked_add(unit));
        down.into_iter().chain(up)
    })
}

/// Returns a number with few digits.
fn number(low: f64, high: f64) -> f64 {
    let inside = |number: &f64| number_ordinal(low) <= number_ordinal(*number) && *number <= high;
    let near = 30.0_f64.clamp(low, high);
    let digits = (0..=6).map(|digits| 10.0_f64.powi(digits));
    let short = digits.flat_map(|scale| [(near * scale).floor() / scale, (near * scale).ceil() / scale]);
    short.filter(|number| number.is_finite()).find(inside).unwrap_or(near)
}
