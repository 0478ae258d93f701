//! Tells whether the values of a region hold a value.

use placet::Fact;
use placet::query::{SetCondition, TextCondition, Values};
use placet_model::types::{Attribute, Members, Type, Universe, number_ordinal};
use placet_model::value::{Member, Value};
use std::sync::Arc;

/// Returns the ordinal of an ordered value.
pub(crate) fn ordinal(fact: &Fact) -> i64 {
    match fact {
        Fact::Int(value) => *value,
        Fact::Number(value) => number_ordinal(*value),
        Fact::Date(date) => date.days().into(),
        Fact::Time(time) => time.micros(),
        Fact::Duration(duration) => duration.micros(),
        other => panic!("{other:?} has no order"),
    }
}

/// Returns true if a name or node stands for a symbol.
pub(crate) fn stands_for(universe: &Universe, name: &Fact, symbol: u32) -> bool {
    let (below, _) = universe.find(name.as_text().unwrap()).unwrap();
    below.contains(symbol)
}

/// Returns the texts between the stars of a pattern.
pub(crate) fn pieces(pattern: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => out.push(String::new()),
            '\\' => out.last_mut().unwrap().extend(characters.next()),
            other => out.last_mut().unwrap().push(other),
        }
    }
    out
}

pub(crate) fn is_like(pattern: &str, text: &str) -> bool {
    let pieces = pieces(pattern);
    let (first, last) = (&pieces[0], &pieces[pieces.len() - 1]);
    if pieces.len() == 1 {
        return *text == **first;
    }
    if text.len() < first.len() + last.len() || !text.starts_with(&**first) || !text.ends_with(&**last) {
        return false;
    }
    let mut left = &text[first.len()..text.len() - last.len()];
    pieces[1..pieces.len() - 1].iter().all(|piece| match left.find(&**piece) {
        Some(at) => {
            left = &left[at + piece.len()..];
            true
        }
        None => false,
    })
}

pub(crate) fn matches_text(condition: &TextCondition, text: &Arc<str>) -> bool {
    condition.like.iter().all(|pattern| is_like(pattern, text))
        && !condition.not_like.iter().any(|pattern| is_like(pattern, text))
        && !condition.not_in.contains(text)
}

/// Returns true if a set of values has a member.
pub(crate) fn has_member(values: &Values, universe: Option<&Universe>, member: &Member) -> bool {
    match (member, universe) {
        (Member::Symbol(symbol), Some(universe)) => {
            values.one_of.iter().any(|name| stands_for(universe, name, *symbol))
        }
        (Member::Text(text), _) => {
            let is = |fact: &Fact| fact.as_text() == Some(text);
            values.one_of.iter().any(is)
                || !values.not_in.is_empty() && !values.not_in.iter().any(is)
                || values.texts.iter().any(|condition| matches_text(condition, text))
        }
        _ => panic!("a symbol of texts"),
    }
}

pub(crate) fn matches_set(condition: &SetCondition, universe: Option<&Universe>, members: &[Member]) -> bool {
    let has = |values: &Values| members.iter().any(|member| has_member(values, universe, member));
    condition.any.iter().all(has) && !condition.none.iter().any(has)
}

/// Returns true if a region's values hold a value, by the meaning that `Values` documents.
pub(crate) fn holds(values: &Values, attribute: &Attribute, value: &Value) -> bool {
    if *value == Value::None {
        let is_null = |facts: &[Fact]| facts.contains(&Fact::Null);
        return is_null(&values.one_of) || !values.not_in.is_empty() && !is_null(&values.not_in);
    }
    if values.not_in == [Fact::Null] {
        return true;
    }
    match (value, &attribute.kind) {
        (Value::Symbol(symbol), Type::Symbol(universe)) => {
            let mut names = values.one_of.iter().filter(|fact| **fact != Fact::Null);
            names.any(|name| stands_for(universe, name, *symbol))
        }
        (Value::Bool(value), _) => values.one_of.contains(&Fact::Bool(*value)),
        (Value::String(text), _) => has_member(values, None, &Member::Text(text.clone())),
        (Value::Symbols(_) | Value::Texts(_), Type::Set { of, .. }) => {
            let universe = match of {
                Members::Symbols(universe) => Some(universe),
                Members::Texts => None,
            };
            let members: Vec<Member> = value.members().into_iter().collect();
            values.sets.iter().any(|condition| matches_set(condition, universe, &members))
        }
        (value, _) => {
            let own = value.ordinal().unwrap();
            values.ranges.iter().any(|range| {
                range.first.as_ref().is_none_or(|first| ordinal(first) <= own)
                    && range.last.as_ref().is_none_or(|last| own <= ordinal(last))
            })
        }
    }
}
