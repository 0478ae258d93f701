//! The truth of conditions in three-valued logic: `None` if it depends on unknown attributes.

use crate::condition::{Atom, Collection, ConditionId};
use crate::policy::Model;
use crate::request::{Assignment, Known};
use crate::types::AttributeId;
use crate::value::Value;
use placet_core::dag::Truths;

/// Returns the truth of every condition of the policy. `None` if it depends on an unknown attribute.
pub fn truths(model: &Model, facts: &Assignment) -> Truths {
    model.conditions.truths(|atom| atom_truth(atom, facts))
}

/// Like [`truths`], but evaluates only what the truth of the roots depends on. Other conditions count as unknown.
///
/// Cost: that of these conditions, and a byte for each of the others.
pub(super) fn truths_below(
    model: &Model,
    facts: &Assignment,
    roots: impl Iterator<Item = ConditionId>,
) -> Truths {
    let mut truths = Truths::new(model.conditions.nodes().len());
    for root in roots {
        truths.of(&model.conditions, root, |atom| atom_truth(atom, facts));
    }
    truths
}

/// Like [`truths`], under the assumption that no attribute is missing.
pub fn truths_of_complete(model: &Model, facts: &Assignment) -> Truths {
    model.conditions.truths(|atom| match atom {
        Atom::Missing(_) => Some(false),
        atom => atom_truth(atom, facts),
    })
}

/// Returns true if a condition holds in every completion that three-valued logic can see.
pub(crate) fn holds(model: &Model, facts: &Assignment, id: ConditionId) -> bool {
    let truth = Truths::new(id.index() + 1).of(&model.conditions, id, |atom| atom_truth(atom, facts));
    truth == Some(true)
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
        (Value::Texts(a), Collection::Like(pattern)) => a.iter().any(|text| pattern.matches(text)),
        _ => false,
    }
}

fn is_within(set: &Value, of: &Collection) -> bool {
    match (set, of) {
        (Value::Symbols(a), Collection::Symbols(b)) => a.is_subset(b),
        (Value::Texts(a), Collection::Texts(b)) => a.is_subset(b),
        (Value::Texts(a), Collection::Like(pattern)) => a.iter().all(|text| pattern.matches(text)),
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
