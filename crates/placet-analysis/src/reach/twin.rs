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
use placet_model::types::{Attribute, AttributeId, Presence, Type, add_companions, names};
use placet_model::value::Value;
use placet_model::{BitSet, Model, Ranges};

/// Finds a complete request that this value of an attribute allows and another one denies, and returns that value too.
/// Cost: about linear in the policy, and a search of at most `steps` steps.
pub(super) fn find(model: &Model, id: AttributeId, value: &Value, steps: usize) -> Option<(Request, Value)> {
    let attribute = model.attribute(id)?;
    let twin = AttributeId::new(model.attributes.len());
    let mut attributes = model.attributes.clone();
    let name = format!("{} (other)", attribute.name).into();
    attributes.push(Attribute { name, none: None, ..attribute.clone() });
    add_companions(&mut attributes, attribute.is_optional().then_some(twin));
    let companion = attributes.get(twin.index())?.none;
    let mut arena = Conditions::default();
    let own = allowed(&mut arena, model, &[]);
    let pairs: Vec<_> = [(id, twin)].into_iter().chain(attribute.none.zip(companion)).collect();
    let other = allowed(&mut arena, model, &pairs);
    let not_other = arena.not(other);
    // The twin needs no such condition: any other value will do, and an equal one would decide alike.
    let is_value = equals(&mut arena, id, attribute, value)?;
    let condition = arena.all([own, not_other, is_value]);
    for attribute in &mut attributes {
        // The search gives every attribute a value. A default would fix the one that is asked for.
        attribute.presence = Presence::Optional;
    }
    let mut both = Model {
        name: model.name.clone(),
        version: None,
        source: None,
        by_name: names(&attributes),
        attributes,
        rules: Vec::new(),
        proofs: Vec::new(),
        tests: Vec::new(),
        examples: Vec::new(),
        conditions: arena,
        written: std::collections::BTreeMap::new(),
        limits: model.limits.clone(),
    };
    let Verdict::Refuted { counterexample, .. } = witness::satisfying(&mut both, condition, steps) else {
        return None;
    };
    let Some(AttributeInput::Value(other)) = counterexample.get(twin) else { return None };
    Some((witness::without(model, &counterexample, id), other.clone()))
}

/// Returns the condition under which the policy allows, with some attributes replaced by others.
fn allowed(arena: &mut Conditions, model: &Model, replaced: &[(AttributeId, AttributeId)]) -> ConditionId {
    let mut translation = Translation::new(model.attributes.len());
    for (own, _) in model.attribute_ids() {
        let other = replaced.iter().find(|(from, _)| *from == own).map(|(_, to)| *to);
        translation.set(own, other.unwrap_or(own), None, 0);
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
fn equals(
    arena: &mut Conditions,
    id: AttributeId,
    attribute: &Attribute,
    value: &Value,
) -> Option<ConditionId> {
    let is_none =
        attribute.none.map(|companion| arena.leaf(Atom::OneOf(companion, BitSet::from_iter(2, [1]))));
    let atom = match (value, &attribute.kind) {
        (Value::None, _) => return is_none,
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
    let equals = arena.leaf(atom);
    let is_given = is_none.map(|is_none| arena.not(is_none));
    Some(arena.all([equals].into_iter().chain(is_given)))
}
