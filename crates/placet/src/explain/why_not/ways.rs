//! Words for the values that a change may take.
//!
//! The allowed values of several attributes together need not be a product of values of each. A *way* is such a product:
//! it grows from allowed values, one attribute after the other, as far as every combination is still allowed.

use super::search::{Search, Values};
use super::{Change, NewValue};
use crate::explain::what_if::{MAX_NAMES, Outcomes, Probe, one_of};
use placet_model::BitSet;
use placet_model::decision::Effect;
use placet_model::input::Fact;
use placet_model::request::{AttributeInput, Known};
use placet_model::types::{Attribute, AttributeId, Members, Type};
use placet_model::value::Value;
use placet_model::words::names;
use placet_program::Frame;
use std::ops::ControlFlow;

/// The words for the value `none`.
const NONE: &str = "none";
/// The ways that are listed for one set of attributes.
const MAX_WAYS: usize = 4;
/// The combinations of the other attributes' values up to which the values of one may vary with them.
const MAX_COMBINATIONS: usize = 64;

/// A way: for each attribute the values that may be combined, and their words.
struct Way {
    parts: Vec<(AttributeId, Vec<Value>, NewValue)>,
}

/// Describes a change by its first values and others of the same attributes.
pub(super) fn change(search: &mut Search<'_>, first: &Values) -> Change {
    let ids: Vec<AttributeId> = first.iter().map(|(id, _)| *id).collect();
    let model = search.model;
    let named = |id: &AttributeId| model.attribute(*id);
    let attributes = ids.iter().filter_map(|id| Some(named(id)?.name.clone())).collect();
    let facts = first.iter().filter_map(|(id, value)| {
        let attribute = named(id)?;
        Some((attribute.name.clone(), Fact::from_value(&attribute.kind, value)?))
    });
    let example = facts.collect();
    let mut ways: Vec<Way> = vec![way(search, first)];
    let mut has_more = false;
    // The words of one attribute describe all of its values.
    while ids.len() > 1 {
        let mut other = None;
        let end = search.each(&ids, &mut |values| match ways.iter().any(|way| way.covers(values)) {
            true => ControlFlow::Continue(()),
            false => {
                other = Some(values.clone());
                ControlFlow::Break(())
            }
        });
        match other {
            Some(values) if ways.len() < MAX_WAYS => ways.push(way(search, &values)),
            other => {
                has_more = other.is_some() || !end.is_exhaustive;
                break;
            }
        }
    }
    let has_more_ways = has_more;
    let ways = ways.into_iter().map(|way| way.parts.into_iter().map(|(_, _, words)| words).collect());
    Change { attributes, ways: ways.collect(), has_more_ways, example }
}

impl Way {
    /// Returns true if the values are among those of the way.
    fn covers(&self, values: &Values) -> bool {
        let has = |(id, value): &(AttributeId, Value)| {
            self.parts.iter().any(|(other, values, _)| other == id && values.contains(value))
        };
        values.iter().all(has)
    }
}

/// Grows a way around values that allow the request.
fn way(search: &Search<'_>, values: &Values) -> Way {
    let ids: Vec<AttributeId> = values.iter().map(|(id, _)| *id).collect();
    let mut chosen: Vec<(AttributeId, Vec<Value>, Option<String>)> =
        values.iter().map(|(id, value)| (*id, vec![value.clone()], None)).collect();
    // The values of a set that words describe can't be listed, so a set is the last that grows, and only one.
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    let is_set = |at: &usize| {
        let kind = ids.get(*at).and_then(|id| search.model.attribute(*id)).map(|attribute| &attribute.kind);
        matches!(kind, Some(Type::Set { .. }))
    };
    order.sort_by_key(is_set);
    let mut has_grown_set = false;
    for at in order {
        if is_set(&at) && std::mem::replace(&mut has_grown_set, true) {
            continue;
        }
        if let Some((values, words)) = grown(search, &ids, &chosen, at)
            && let Some(slot) = chosen.get_mut(at)
        {
            (slot.1, slot.2) = (values, Some(words));
        }
    }
    let parts = chosen.into_iter().filter_map(|(id, values, words)| {
        let attribute = search.model.attribute(id)?;
        let is_set = matches!(attribute.kind, Type::Set { .. });
        let words = words.or_else(|| {
            let shown = values.first()?.display(&attribute.kind);
            Some(if is_set { format!("is {shown}") } else { shown })
        });
        let now = match search.facts.get(id) {
            _ if search.facts.is_none(search.model, id) => Some(Value::None.display(&attribute.kind)),
            Known::Known(value) => Some(shortly(attribute, value)),
            Known::OneOf(_) | Known::Missing | Known::Pending => None,
        };
        let words = NewValue { attribute: attribute.name.clone(), values: words?, now, is_set };
        Some((id, values, words))
    });
    Way { parts: parts.collect() }
}

/// Formats the present value of an attribute.
fn shortly(attribute: &Attribute, value: &Value) -> String {
    match (value, &attribute.kind) {
        (Value::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
            format!("{{{}}}", one_of(&names(universe, set), "members"))
        }
        (value, kind) => value.display(kind),
    }
}

/// Returns the values of one attribute that allow the request with all values chosen for the others, with their words.
/// `None` if a condition relates it to another one that has several values.
fn grown(
    search: &Search<'_>,
    ids: &[AttributeId],
    chosen: &[(AttributeId, Vec<Value>, Option<String>)],
    at: usize,
) -> Option<(Vec<Value>, String)> {
    let (id, ..) = chosen.get(at)?;
    let attribute = search.model.attribute(*id)?;
    let (frame, mut facts) = search.without(ids);
    let mut frames: Vec<Frame> = vec![frame];
    for (other, values, _) in chosen.iter().filter(|(other, ..)| other != id) {
        if frames.len() * values.len() > MAX_COMBINATIONS {
            return None;
        }
        if let [only] = values.as_slice() {
            facts.set_declared(search.model, *other, Known::Known(only.clone()));
        }
        let mut next = Vec::with_capacity(frames.len() * values.len());
        for frame in &frames {
            for value in values {
                let mut frame = frame.clone();
                frame.put(search.program, *other, &AttributeInput::Value(value.clone())).ok()?;
                next.push(frame);
            }
        }
        frames = next;
    }
    let mut probe = Probe::new(search.program, &facts, *id, frames)?;
    if probe.is_related() {
        return None;
    }
    let mut is_allowed = |value: &Value| probe.effect(value) == Some(Effect::Allow);
    let mut allowed = search.values(*id, &facts);
    allowed.retain(&mut is_allowed);
    let words = match &attribute.kind {
        Type::Symbol(universe) => {
            let possible = search.possible(*id, universe);
            let all = possible.iter().filter(|symbol| is_allowed(&Value::Symbol(*symbol)));
            let all = BitSet::from_iter(universe.len(), all);
            let of = |names: Vec<String>, is_none_too: bool| {
                is_none_too.then(|| NONE.to_owned()).into_iter().chain(names).collect::<Vec<String>>()
            };
            let (may_be_none, is_none_allowed) = (search.may_be_none(*id), is_allowed(&Value::None));
            let others = names(universe, &possible.intersection(&all.complement()));
            symbols(
                &of(names(universe, &all), may_be_none && is_none_allowed),
                &of(others, may_be_none && !is_none_allowed),
                may_be_none && all == possible,
            )
        }
        Type::Set { of, .. } => {
            inside(of, &allowed, &search.values(*id, &facts)).unwrap_or_else(|| lines(&probe.outcomes()))
        }
        _ => lines(&probe.outcomes()),
    };
    (!words.is_empty()).then_some((allowed, words))
}

/// Returns the largest sets within which every set is allowed, in words. `None` if there are none, or if not every union of
/// classes of members was tried.
fn inside(of: &Members, allowed: &[Value], tried: &[Value]) -> Option<String> {
    let Members::Symbols(universe) = of else { return None };
    let symbols = |value: &Value| match value {
        Value::Symbols(set) => Some(set.clone()),
        _ => None,
    };
    let denied: Vec<BitSet> =
        tried.iter().filter(|value| !allowed.contains(value)).filter_map(symbols).collect();
    let allowed: Vec<BitSet> = allowed.iter().filter_map(symbols).collect();
    let is_inside = |set: &BitSet| {
        !set.is_empty() && !denied.iter().any(|other| !other.is_empty() && other.is_subset(set))
    };
    let every = u32::try_from(classes(tried)).ok().and_then(|count| 1_usize.checked_shl(count));
    let is_every = every.is_some_and(|every| tried.len() + 1 >= every);
    let mut largest: Vec<&BitSet> = allowed.iter().filter(|set| is_every && is_inside(set)).collect();
    largest.sort_by_key(|set| std::cmp::Reverse(set.len()));
    let mut out: Vec<&BitSet> = Vec::new();
    for set in largest {
        if !out.iter().any(|other| set.is_subset(other)) {
            out.push(set);
        }
    }
    let words = |set: &&BitSet| match names(universe, set).as_slice() {
        [one] if set.len() == 1 => format!("is {{{one}}}"),
        names => format!("lies in {{{}}}", one_of(names, "members")),
    };
    (!out.is_empty()).then(|| out.iter().map(words).collect::<Vec<String>>().join(" or "))
}

/// Returns the number of classes of members in the unions of classes: a class is a union that has no other in it.
fn classes(unions: &[Value]) -> usize {
    let sets = || {
        unions.iter().filter_map(|value| match value {
            Value::Symbols(set) if !set.is_empty() => Some(set),
            _ => None,
        })
    };
    sets().filter(|set| !sets().any(|other| other != *set && other.is_subset(set))).count()
}

/// Returns the words of the outcomes that allow.
fn lines(outcomes: &Outcomes) -> String {
    let of = |wanted: bool| {
        let chosen = outcomes.iter().filter(move |(_, effect)| (*effect == Effect::Allow) == wanted);
        chosen.map(|(words, _)| words.as_str()).collect::<Vec<&str>>()
    };
    match of(true).as_slice() {
        ["any other text"] => format!("any text except {}", of(false).join(", ")),
        ["any other value"] => format!("any value except {}", of(false).join(", ")),
        [NONE, .., "any other value"] if of(false).is_empty() => "any value".to_owned(),
        allowed => allowed.join(" or "),
    }
}

/// Returns the words of names that are allowed, or of those that aren't if these are fewer and the list would be long, or
/// if every name is allowed and `none` isn't.
fn symbols(allowed: &[String], others: &[String], is_every_name: bool) -> String {
    match allowed {
        [] => String::new(),
        _ if others.is_empty() => "any value".to_owned(),
        _ if is_every_name => format!("any value except {}", listed(others)),
        _ if allowed.len() > MAX_NAMES && others.len() < allowed.len() => {
            format!("any value except {}", listed(others))
        }
        allowed => listed(allowed),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [others @ .., last] if !others.is_empty() && names.len() <= MAX_NAMES => {
            format!("{} or {last}", others.join(", "))
        }
        names => one_of(names, "values"),
    }
}
