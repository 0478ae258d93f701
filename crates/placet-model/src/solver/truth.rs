//! The truth of conditions in three-valued logic: `None` if it depends on unknown attributes.

use crate::condition::{Atom, Collection, Condition, ConditionId};
use crate::policy::Model;
use crate::request::{Assignment, Known};
use crate::types::AttributeId;
use crate::value::Value;

/// Returns the truth of every condition of the policy, by index. `None` if it depends on an unknown attribute.
pub fn truths(model: &Model, facts: &Assignment) -> Vec<Option<bool>> {
    evaluate(model, |atom| atom_truth(atom, facts))
}

/// Like [`truths`], but evaluates only the conditions at and below the roots. The others count as unknown.
///
/// Cost: that of these conditions, and a byte for each of the others.
pub(super) fn truths_below(
    model: &Model,
    facts: &Assignment,
    roots: impl Iterator<Item = ConditionId>,
) -> Vec<Option<bool>> {
    let mut out = vec![None; model.conditions.nodes().len()];
    let mut seen = vec![false; out.len()];
    let mut below: Vec<ConditionId> = Vec::new();
    let mut todo: Vec<ConditionId> = roots.collect();
    while let Some(id) = todo.pop() {
        let Some(seen) = seen.get_mut(id.index()) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        below.push(id);
        match model.conditions.get(id) {
            Condition::Not(inner) => todo.push(*inner),
            Condition::All(parts) | Condition::Any(parts) => todo.extend(parts),
            Condition::Constant(_) | Condition::Atom(_) => {}
        }
    }
    // Parts have smaller indices, so they are evaluated first.
    below.sort_unstable();
    for id in below {
        let truth = truth(model.conditions.get(id), &out, |atom| atom_truth(atom, facts));
        if let Some(place) = out.get_mut(id.index()) {
            *place = truth;
        }
    }
    out
}

/// Like [`truths`], under the assumption that no attribute is missing.
pub(crate) fn truths_of_complete(model: &Model, facts: &Assignment) -> Vec<Option<bool>> {
    evaluate(model, |atom| match atom {
        Atom::Missing(_) => Some(false),
        atom => atom_truth(atom, facts),
    })
}

/// Returns true if a condition holds in every completion that three-valued logic can see.
pub(crate) fn holds(model: &Model, facts: &Assignment, id: ConditionId) -> bool {
    truths(model, facts).get(id.index()).copied().flatten() == Some(true)
}

fn evaluate(model: &Model, atom_truth: impl Fn(&Atom) -> Option<bool>) -> Vec<Option<bool>> {
    let mut out: Vec<Option<bool>> = Vec::with_capacity(model.conditions.nodes().len());
    for node in model.conditions.nodes() {
        out.push(truth(node, &out, &atom_truth));
    }
    out
}

/// Returns the truth of a condition; `before` holds those of its parts.
fn truth(
    node: &Condition,
    before: &[Option<bool>],
    atom_truth: impl Fn(&Atom) -> Option<bool>,
) -> Option<bool> {
    // INVARIANT: the parts of a node have smaller indices.
    let of = |id: &ConditionId| before.get(id.index()).copied().flatten();
    match node {
        Condition::Constant(value) => Some(*value),
        Condition::Atom(atom) => atom_truth(atom),
        Condition::Not(inner) => of(inner).map(|value| !value),
        Condition::All(parts) => joined(parts.iter().map(of), false),
        Condition::Any(parts) => joined(parts.iter().map(of), true),
    }
}

/// Returns `absorbing` if one part has this truth, else `None` if a part is unknown, else the contrary.
fn joined(parts: impl Iterator<Item = Option<bool>>, absorbing: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match part {
            Some(value) if value == absorbing => return Some(absorbing),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!absorbing)
}

/// Returns the truth of a comparison.
pub(super) fn atom_truth(atom: &Atom, facts: &Assignment) -> Option<bool> {
    let symbol = |id: &AttributeId| facts.value(*id).and_then(Value::symbol);
    match atom {
        Atom::Missing(id) => match facts.get(*id) {
            // A pending attribute may turn out to be missing.
            Known::Pending => None,
            fact => Some(*fact == Known::Missing),
        },
        Atom::Within(sum, ranges) => {
            let sum = sum.substituted(&|id| facts.value(id).and_then(Value::ordinal));
            sum.terms().is_empty().then(|| ranges.contains(sum.added()))
        }
        Atom::OneOf(id, symbols) => match facts.get(*id) {
            Known::OneOf(leaves) if leaves.is_subset(symbols) => Some(true),
            Known::OneOf(leaves) if !leaves.intersects(symbols) => Some(false),
            _ => symbol(id).map(|symbol| symbols.contains(symbol)),
        },
        Atom::TextIn(id, texts) => text(facts, *id).map(|text| texts.contains(text)),
        Atom::TextLike(id, pattern) => text(facts, *id).map(|text| pattern.matches(text)),
        Atom::Same(a, b) => Some(facts.value(*a)? == facts.value(*b)?),
        Atom::AnyIn(id, of) => facts.value(*id).map(|set| meets(set, of)),
        Atom::AllIn(id, of) => facts.value(*id).map(|set| is_within(set, of)),
        Atom::Exactly(id, of) => facts.value(*id).map(|set| is_within(set, of) && contains_all(set, of)),
        Atom::MemberOf(element, set) => Some(has_member(facts.value(*set)?, facts.value(*element)?)),
        Atom::Meet(a, b) => Some(meets(facts.value(*a)?, &collection(facts.value(*b)?)?)),
        Atom::Subset(a, b) => Some(is_within(facts.value(*a)?, &collection(facts.value(*b)?)?)),
        Atom::SameSet(a, b) => Some(facts.value(*a)? == facts.value(*b)?),
    }
}

fn text(facts: &Assignment, id: AttributeId) -> Option<&str> {
    match facts.value(id)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Returns the members of a set.
pub(super) fn collection(value: &Value) -> Option<Collection> {
    match value {
        Value::Symbols(set) => Some(Collection::Symbols(set.clone())),
        Value::Texts(set) => Some(Collection::Texts(set.clone())),
        _ => None,
    }
}

fn meets(set: &Value, of: &Collection) -> bool {
    match (set, of) {
        (Value::Symbols(a), Collection::Symbols(b)) => a.intersects(b),
        (Value::Texts(a), Collection::Texts(b)) => !a.is_disjoint(b),
        _ => false,
    }
}

fn is_within(set: &Value, of: &Collection) -> bool {
    match (set, of) {
        (Value::Symbols(a), Collection::Symbols(b)) => a.is_subset(b),
        (Value::Texts(a), Collection::Texts(b)) => a.is_subset(b),
        _ => false,
    }
}

fn contains_all(set: &Value, of: &Collection) -> bool {
    match (set, of) {
        (Value::Symbols(a), Collection::Symbols(b)) => b.is_subset(a),
        (Value::Texts(a), Collection::Texts(b)) => b.is_subset(a),
        _ => false,
    }
}

fn has_member(set: &Value, element: &Value) -> bool {
    match (set, element) {
        (Value::Symbols(set), element) => element.symbol().is_some_and(|symbol| set.contains(symbol)),
        (Value::Texts(set), Value::String(text)) => set.contains(text),
        _ => false,
    }
}
