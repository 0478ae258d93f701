//! Searches for a request that one value of an attribute allows and another one denies.
//!
//! The policy's conditions are duplicated, the second time over a twin of the attribute; all other attributes are shared. A
//! request for which the first copy allows and the second doesn't answers the question, also with conditions that relate
//! the attribute to others: sets, texts, differences.

use crate::difference::translate::{self, Translation};
use crate::witness;
use placet_model::condition::{Atom, Collection, ConditionId, Conditions};
use placet_model::linear::{Linear, Term};
use placet_model::policy::RuleEffect;
use placet_model::proof::Verdict;
use placet_model::request::{AttributeInput, Request};
use placet_model::types::{Attribute, AttributeId, Presence, Type};
use placet_model::value::Value;
use placet_model::{BitSet, Model, Ranges};

/// Finds a complete request that this value of an attribute allows and another one denies, and returns that value too.
/// Cost: about linear in the policy, and a search of at most `steps` steps.
pub(super) fn find(model: &Model, id: AttributeId, value: &Value, steps: usize) -> Option<(Request, Value)> {
    let attribute = model.attribute(id)?;
    let twin = AttributeId::new(model.attributes.len());
    let mut arena = Conditions::default();
    let allowed = [id, twin].map(|to| allowed(&mut arena, model, id, to));
    let [with_value, with_other] = allowed;
    let not_other = arena.not(with_other);
    // The twin needs no such condition: any other value will do, and an equal one would decide alike.
    let is_value = equals(&mut arena, id, &attribute.kind, value)?;
    let condition = arena.all([with_value, not_other, is_value]);
    let mut attributes = model.attributes.clone();
    attributes.push(Attribute { name: format!("{} (other)", attribute.name).into(), ..attribute.clone() });
    for attribute in &mut attributes {
        // The search gives every attribute a value. A default would fix the one that is asked for.
        attribute.presence = Presence::Optional;
    }
    let mut both = Model {
        name: model.name.clone(),
        version: None,
        source: None,
        by_name: (0..).map(AttributeId::new).zip(&attributes).map(|(id, a)| (a.name.clone(), id)).collect(),
        attributes,
        rules: Vec::new(),
        proofs: Vec::new(),
        tests: Vec::new(),
        conditions: arena,
        limits: model.limits.clone(),
    };
    let Verdict::Refuted { counterexample, .. } = witness::satisfying(&mut both, condition, steps) else {
        return None;
    };
    let Some(AttributeInput::Value(other)) = counterexample.get(twin) else { return None };
    Some((witness::without(model, &counterexample, id), other.clone()))
}

/// Returns the condition under which the policy allows, with one attribute replaced by another.
fn allowed(arena: &mut Conditions, model: &Model, id: AttributeId, to: AttributeId) -> ConditionId {
    let mut translation = Translation::new(model.attributes.len());
    for (own, _) in model.attribute_ids() {
        translation.set(own, if own == id { to } else { own }, None, 0);
    }
    let of = translate::conditions(arena, model, &translation);
    let fires = |effect: RuleEffect| {
        let rules = model.rules.iter().filter(move |rule| rule.effect == effect);
        rules.filter_map(|rule| of.get(rule.fires.index()).copied()).collect::<Vec<_>>()
    };
    let denied = arena.any(fires(RuleEffect::Deny));
    let not_denied = arena.not(denied);
    let granted = arena.any(fires(RuleEffect::Allow));
    arena.all([granted, not_denied])
}

/// Returns the condition that an attribute has a value.
fn equals(arena: &mut Conditions, id: AttributeId, kind: &Type, value: &Value) -> Option<ConditionId> {
    let atom = match (value, kind) {
        (Value::Bool(truth), _) => Atom::OneOf(id, BitSet::from_iter(2, [u32::from(*truth)])),
        (Value::Symbol(symbol), Type::Symbol(universe)) => {
            Atom::OneOf(id, BitSet::from_iter(universe.len(), [*symbol]))
        }
        (Value::String(text), _) => Atom::TextIn(id, [text.clone()].into()),
        (Value::Symbols(set), _) => Atom::Exactly(id, Collection::Symbols(set.clone())),
        (Value::Texts(texts), _) => Atom::Exactly(id, Collection::Texts(texts.clone())),
        (ordered, _) => {
            let ordinal = i128::from(ordered.ordinal()?);
            Atom::Within(Linear::term(Term::Attribute(id), 1), Ranges::new(ordinal, ordinal))
        }
    };
    Some(arena.leaf(atom))
}
