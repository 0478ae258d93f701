//! The changes that would allow a request, against all sets of attributes and all their values.
//!
//! `PLACET_WHY_NOT=10000` sets the number of random policies.

#[allow(dead_code, reason = "each test binary uses a part")]
#[path = "meaning/generator.rs"]
mod generator;
#[allow(dead_code, reason = "each test binary uses a part")]
#[path = "meaning/interpreter.rs"]
mod interpreter;

use placet::__private::Internals;
use placet::{Effect, Explanation, Fact, Policy, WhyNot};
use placet_model::request::{Assignment, AttributeInput, Known, Request};
use placet_model::types::{Attribute, AttributeId, Members, Presence, Type};
use placet_model::value::Value;
use placet_model::{BitSet, Model, reference};
use placet_samples::{Random, Requests, Shape, policy, saved, with_optional};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const POLICIES: u64 = 150;
/// The combinations of values up to which a set of attributes is tried.
const MAX_COMBINATIONS: usize = 400;

/// A request in the JSON form, by attribute.
fn given(model: &Model, request: &Request) -> BTreeMap<String, serde_json::Value> {
    let given = model.declared().filter_map(|(id, attribute)| {
        let value = match request.get(id)? {
            // Null would be `none`.
            AttributeInput::Null | AttributeInput::Pending if attribute.is_optional() => return None,
            AttributeInput::Value(value) => {
                serde_json::to_value(Fact::from_value(&attribute.kind, value)?).unwrap()
            }
            _ => serde_json::Value::Null,
        };
        Some((attribute.name.to_string(), value))
    });
    given.collect()
}

/// All values of a small domain.
fn domain(attribute: &Attribute) -> Option<Vec<Value>> {
    let mut values = values(&attribute.kind)?;
    values.extend(attribute.is_optional().then_some(Value::None));
    Some(values)
}

fn values(kind: &Type) -> Option<Vec<Value>> {
    let of_sets = |count: u32, may_be_empty: bool| {
        let sets = (u32::from(!may_be_empty)..1 << count).map(move |mask| {
            Value::Symbols(BitSet::from_iter(count, (0..count).filter(|member| mask >> member & 1 == 1)))
        });
        (count <= 5).then(|| sets.collect())
    };
    match kind {
        Type::Bool => Some(vec![Value::Bool(false), Value::Bool(true)]),
        Type::Symbol(universe) => Some((0..universe.len()).map(Value::Symbol).collect()),
        Type::Set { of: Members::Symbols(universe), may_be_empty } => of_sets(universe.len(), *may_be_empty),
        Type::Int(low, high) if high.saturating_sub(*low) < 20 => {
            Some((*low..=*high).map(Value::Int).collect())
        }
        _ => None,
    }
}

/// Returns true if some values of the attributes allow the request; `None` if there are too many to try.
fn suffices(model: &Model, facts: &Assignment, set: &[AttributeId]) -> Option<bool> {
    let mut facts = facts.clone();
    set.iter().for_each(|id| facts.set_declared(model, *id, Known::Pending));
    let is_known = model.declared().all(|(id, _)| set.contains(&id) || facts.value(id).is_some());
    if is_known && let Some(decision) = reference::decide(model, &facts) {
        // Without other unknown attributes, each completion is a choice of values.
        return Some(decision.effect != Effect::Deny);
    }
    let domains: Vec<Vec<Value>> =
        set.iter().map(|id| domain(model.attribute(*id)?)).collect::<Option<_>>()?;
    let count = domains.iter().try_fold(1_usize, |count, domain| count.checked_mul(domain.len()))?;
    if count > MAX_COMBINATIONS {
        return None;
    }
    for mut index in 0..count {
        for (id, domain) in set.iter().zip(&domains) {
            facts.set_declared(model, *id, Known::Known(domain[index % domain.len()].clone()));
            index /= domain.len();
        }
        if reference::decide(model, &facts)?.effect == Effect::Allow {
            return Some(true);
        }
    }
    Some(false)
}

/// The minimal sets of these attributes that suffice.
fn minimal(model: &Model, facts: &Assignment, ids: &[AttributeId]) -> Option<BTreeSet<Vec<Arc<str>>>> {
    let mut found: Vec<Vec<AttributeId>> = Vec::new();
    let mut sets: Vec<u32> = (1..1 << ids.len()).collect();
    sets.sort_by_key(|set| set.count_ones());
    for mask in sets {
        let set: Vec<AttributeId> =
            (0..).zip(ids).filter(|(at, _)| mask >> at & 1 == 1).map(|(_, id)| *id).collect();
        let is_covered = found.iter().any(|known| known.iter().all(|id| set.contains(id)));
        if !is_covered && suffices(model, facts, &set)? {
            found.push(set);
        }
    }
    let names = |set: Vec<AttributeId>| set.iter().map(|id| model.attribute_name(*id).into()).collect();
    Some(found.into_iter().map(names).collect())
}

fn explained(policy: &Policy, request: &str) -> Explanation {
    let names: Vec<String> = policy.attributes().map(|attribute| attribute.name().to_owned()).collect();
    let request = policy.request_from_json(request).unwrap();
    policy.explain_changing(&request, names.iter().map(String::as_str)).unwrap()
}

#[test]
fn changes_are_exactly_the_minimal_ones() {
    let policies = std::env::var("PLACET_WHY_NOT").map_or(POLICIES, |text| text.parse().unwrap());
    let (mut compared, mut changes, mut incomplete) = (0, 0, 0);
    for seed in 0..policies {
        let shape = if seed % 5 == 4 { Shape::related() } else { Shape::small() };
        let mut random = Random::new(seed);
        let text = policy(&mut random, &shape);
        let Ok(model) = placet_samples::model(&text) else { continue };
        let share = if seed % 2 == 0 { 0 } else { 60 };
        let policy = Policy::from_bytes(&saved(with_optional(&mut random, model, share))).unwrap();
        let model = policy.model();
        let ids: Vec<AttributeId> = model.declared().map(|(id, _)| id).collect();
        let requests = Requests::new(model);
        for _ in 0..4 {
            let request = requests.any(&mut random);
            let is_given =
                |(id, _): (AttributeId, _)| !matches!(request.get(id), Some(AttributeInput::OneOf(_)));
            if !model.declared().all(is_given) {
                continue;
            }
            // JSON has no word for an optional attribute that is missing in spite of its default.
            let is_unsayable = |(id, attribute): (AttributeId, &Attribute)| {
                attribute.is_optional()
                    && matches!(attribute.presence, Presence::Default(_))
                    && matches!(request.get(id), Some(AttributeInput::Null | AttributeInput::Pending))
            };
            if model.declared().any(is_unsayable) {
                continue;
            }
            let Ok(facts) = Assignment::new(model, &request) else { continue };
            let given = given(model, &request);
            let request = serde_json::to_string(&given).unwrap();
            let explanation = explained(&policy, &request);
            let Some(why_not) = explanation.why_not else { continue };
            for change in &why_not.changes {
                let mut changed = given.clone();
                for (name, fact) in &change.example {
                    changed.insert(name.to_string(), serde_json::to_value(fact).unwrap());
                }
                let changed = serde_json::to_string(&changed).unwrap();
                let effect = policy.effect_json(&changed).unwrap();
                assert_eq!(effect, Effect::Allow, "{text}\n{request}\n{changed}\n{change}");
                assert!(change.ways.iter().all(|way| way.len() == change.attributes.len()));
            }
            if !why_not.is_complete {
                incomplete += 1;
                continue;
            }
            if let Some(expected) = minimal(model, &facts, &ids) {
                let found: BTreeSet<Vec<Arc<str>>> =
                    why_not.changes.iter().map(|change| change.attributes.clone()).collect();
                assert_eq!(found, expected, "policy {seed}:\n{text}\n{request}");
                compared += 1;
                changes += found.len();
            }
        }
    }
    eprintln!("{compared} requests with {changes} changes compared, {incomplete} incomplete");
    assert!(compared as u64 > policies && changes > compared, "{compared} {changes}");
    assert!(incomplete * 10 < compared, "{incomplete} of {compared} searches ended early");
}

#[test]
fn changes_are_the_minimal_ones_in_policies_with_every_form() {
    const CHANGEABLE: usize = 4;
    let policies = std::env::var("PLACET_WHY_NOT").map_or(POLICIES, |text| text.parse().unwrap());
    let (mut compared, mut found, mut nones) = (0, 0, 0);
    for seed in 0..policies {
        let mut random = Random::new(seed);
        let text = generator::policy(&mut random);
        let Ok(policy) = Policy::from_text(&text) else { continue };
        let model = policy.model();
        let atoms = model.conditions.leaves(model.rules.iter().map(|rule| rule.fires));
        let read = atoms.flat_map(|atom| atom.attributes()).map(|id| model.declared_id(id));
        let read: BTreeSet<AttributeId> = read.collect();
        for _ in 0..8 {
            let (_, given) = generator::request(&mut random);
            let mut chosen: Vec<AttributeId> = read.iter().copied().collect();
            while chosen.len() > CHANGEABLE {
                chosen.swap_remove(random.below(chosen.len() as u64) as usize);
            }
            let chosen: BTreeSet<Arc<str>> =
                chosen.into_iter().map(|id| model.attribute_name(id).into()).collect();
            let request = policy.request_from_json(&given.to_string()).unwrap();
            let Some(why_not) =
                policy.explain_changing(&request, chosen.iter().map(|name| &**name)).unwrap().why_not
            else {
                continue;
            };
            for change in &why_not.changes {
                let mut changed = given.clone();
                for (name, fact) in &change.example {
                    changed[&**name] = serde_json::to_value(fact).unwrap();
                    nones += usize::from(changed[&**name].is_null());
                }
                let effect = policy.effect_json(&changed.to_string()).unwrap();
                assert_eq!(effect, Effect::Allow, "{text}\n{given}\n{changed}\n{change}");
            }
            let facts = policy.frame(&request).unwrap().facts(policy.program()).unwrap();
            let ids: Vec<AttributeId> = chosen.iter().map(|name| model.find(name).unwrap()).collect();
            let Some(expected) = minimal(model, &facts, &ids) else { continue };
            if why_not.is_complete {
                let sets = why_not.changes.iter().map(|change| change.attributes.iter().cloned().collect());
                let sets: BTreeSet<BTreeSet<Arc<str>>> = sets.collect();
                let expected = expected.into_iter().map(|set| set.into_iter().collect()).collect();
                assert_eq!(sets, expected, "policy {seed}:\n{text}\n{given}");
                compared += 1;
                found += sets.len();
            }
        }
    }
    eprintln!("{compared} requests with {found} changes compared, {nones} values become none");
    assert!(compared as u64 > policies && found as u64 > policies && nones > 4, "{compared} {found} {nones}");
}

#[test]
fn optional_attributes_change_to_and_from_none() {
    let policy = Policy::from_text(
        "policy p  taxonomy P { a, b { c, d } }  request { at: time  given_at: time?  p: P?  ok: bool? }
         rule fresh { allow when at - given_at <= 30 days and at >= given_at and p in b }
         rule free { allow when given_at is none and ok is not true }
         rule told { allow when p is not none and ok is none and given_at is not none }",
    )
    .unwrap();
    let of = |request: &str| sentences(&policy, request);
    assert_eq!(
        of(r#"{"at": "2026-03-01T00:00:00Z", "given_at": "2026-01-01T00:00:00Z", "p": null, "ok": false}"#),
        [
            "given_at were none instead of 2026-01-01T00:00:00Z",
            "at were from 2026-01-01T00:00:00Z to 2026-01-31T00:00:00Z instead of 2026-03-01T00:00:00Z and p were b instead of none",
            "p were any value except none instead of none and ok were none instead of false",
        ]
    );
    assert_eq!(
        of(r#"{"at": "2026-03-01T00:00:00Z", "given_at": null, "p": "c", "ok": true}"#),
        [
            "given_at were from 2026-01-30T00:00:00Z to 2026-03-01T00:00:00Z instead of none",
            "ok were none or false instead of true"
        ]
    );
}

fn why_not(policy: &Policy, request: &str) -> WhyNot {
    policy.explain(&policy.request_from_json(request).unwrap()).unwrap().why_not.unwrap()
}

fn sentences(policy: &Policy, request: &str) -> Vec<String> {
    why_not(policy, request).changes.iter().map(ToString::to_string).collect()
}

#[test]
fn changes_of_unknown_attributes_come_first_if_they_suffice() {
    let policy = Policy::from_text(
        "policy p  request { age: int 0..150  consent: { granted, refused }  vip: bool }
         rule r { allow when consent is granted and age >= 13 or vip }",
    )
    .unwrap();
    assert_eq!(
        sentences(&policy, r#"{"consent": "granted", "vip": false}"#),
        ["age were at least 13"],
        "`vip` would suffice too, but it is known"
    );
    assert_eq!(
        sentences(&policy, r#"{"consent": "refused", "vip": false, "age": 12}"#),
        [
            "vip were true instead of false",
            "age were at least 13 instead of 12 and consent were granted instead of refused"
        ]
    );
}

#[test]
fn changes_stay_below_a_node_that_is_given() {
    let policy = Policy::from_text(
        "policy p  taxonomy P { a, b { c, d, e } }  request { p: P }  rule r { allow when p in {a, d, e} }",
    )
    .unwrap();
    assert_eq!(sentences(&policy, r#"{"p": "b"}"#), ["p were d or e"]);
}

#[test]
fn changes_of_others_keep_a_node_that_is_given() {
    let policy = Policy::from_text(
        "policy p  taxonomy P { a, b { c, d, e } }  request { p: P  ok: bool }  rule r { allow when p in b and ok }",
    )
    .unwrap();
    assert_eq!(sentences(&policy, r#"{"p": "b", "ok": false}"#), ["ok were true instead of false"]);
}

#[test]
fn changes_of_sets_are_described_by_members() {
    let policy = Policy::from_text(
        "policy p  taxonomy D { contact { email, phone }, health, location }  request { data: set of D }
         rule r { allow when all data in contact  }  rule s { allow when all data in location }",
    )
    .unwrap();
    assert_eq!(
        sentences(&policy, r#"{"data": ["health"]}"#),
        ["data were a set that lies in {contact} or is {location} instead of {health}"]
    );
}

#[test]
fn changes_of_related_attributes_are_decided_before_they_are_reported() {
    let policy = Policy::from_text(
        "policy p  request { at: time  given_at: time  fresh: bool }
         rule r { allow when fresh and at - given_at <= 30 days and at >= given_at }",
    )
    .unwrap();
    let request = r#"{"at": "2026-03-01T00:00:00Z", "given_at": "2026-01-01T00:00:00Z", "fresh": true}"#;
    assert_eq!(
        sentences(&policy, request),
        [
            "at were from 2026-01-01T00:00:00Z to 2026-01-31T00:00:00Z instead of 2026-03-01T00:00:00Z",
            "given_at were from 2026-01-30T00:00:00Z to 2026-03-01T00:00:00Z instead of 2026-01-01T00:00:00Z",
        ]
    );
}

#[test]
fn required_attributes_may_change() {
    let policy = Policy::from_text(
        "policy p  request { service: { a, b } required  x: bool }  rule r { allow when service is b and x }",
    )
    .unwrap();
    assert_eq!(sentences(&policy, r#"{"service": "a", "x": true}"#), ["service were b instead of a"]);
}

#[test]
fn ways_are_products_of_allowed_values() {
    let policy = Policy::from_text(
        "policy p  request { a: int 0..9  b: int 0..9 }
         rule r { allow when a >= 5 and b is 1  }  rule s { allow when a is 3 and b >= 7 }",
    )
    .unwrap();
    assert_eq!(
        sentences(&policy, r#"{"a": 0, "b": 0}"#),
        [
            "a were 3 instead of 0 and b were at least 7 instead of 0, or if a were at least 5 instead of 0 and b were 1 instead of 0"
        ]
    );
}

#[test]
fn nothing_allows_what_a_denial_always_covers() {
    let policy =
        Policy::from_text("policy p  request { a: bool }  rule r { allow when a }  rule never { deny }")
            .unwrap();
    let why_not = why_not(&policy, r#"{"a": true}"#);
    assert!(why_not.changes.is_empty() && why_not.is_complete);
}

#[test]
fn nearest_rules_show_the_parts_of_their_conditions() {
    let policy = Policy::from_text(
        "policy p  request { age: int 0..150  consent: { granted, refused }  eu: bool  purpose: { ship, ads } }
         let of_age = age >= 13
         where eu {
           rule ads { allow when purpose is ads and consent is granted and of_age except young when age < 16 }
           rule ship { allow when purpose is ship and age >= 100 and consent is granted }
         }",
    )
    .unwrap();
    let why_not = why_not(&policy, r#"{"age": 20, "consent": "refused", "purpose": "ads", "eu": true}"#);
    let [near] = &why_not.nearest[..] else { panic!("{:?}", why_not.nearest) };
    assert_eq!(&*near.rule.name, "ads");
    let parts: Vec<(&str, placet::Truth)> =
        near.conditions.iter().map(|part| (part.text.as_str(), part.holds)).collect();
    use placet::Truth::{No, Yes};
    assert_eq!(parts, [("eu", Yes), ("age >= 13", Yes), ("purpose is ads", Yes), ("consent is granted", No)]);
    assert_eq!(near.conditions[3].values[0].value.as_deref(), Some("refused"));
    assert_eq!(near.rule.exceptions[0].name.as_deref(), Some("young"));
}

#[test]
fn explain_changing_refuses_unknown_attributes() {
    let policy = Policy::from_text("policy p  request { a: bool }  rule r { allow when a }").unwrap();
    let error = policy.explain_changing(&policy.request(), ["b"]).unwrap_err();
    assert_eq!(error.attribute.as_deref(), Some("b"));
    assert!(policy.attributes().all(|attribute| !matches!(attribute.name(), "b")));
}
