//! The changes between the answers of two policies.

use crate::POINTS;
use crate::edits::pair;
use crate::values::holds;
use placet::query::{Answer, ChangedCell, ChangedRegion, QueryError, Values};
use placet::{Decision, Effect, Fact, Policy};
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::value::Value;
use placet_model::{reference, solver};
use placet_samples::{Random, Requests};
use std::collections::BTreeMap;
use std::sync::Arc;

fn accepts(policy: &Policy, facts: &BTreeMap<&str, Fact>) -> Option<placet::Request> {
    policy.request_from_json(&serde_json::to_string(facts).unwrap()).ok()
}

/// Returns the value that an attribute has in a request.
fn value_of(policy: &Policy, request: &placet::Request, name: &str) -> Option<Value> {
    let frame = placet::__private::Internals::frame(policy, request).unwrap();
    let id = placet::__private::Internals::model(policy).find(name)?;
    match frame.given(placet::__private::Internals::program(policy), id) {
        Some(AttributeInput::Value(value)) => Some(value),
        _ => None,
    }
}

/// Decides a request by the reference, or by the solver if its completions can't be listed.
fn decided(policy: &Policy, request: &placet::Request) -> Decision {
    let program = placet::__private::Internals::program(policy);
    let frame = placet::__private::Internals::frame(policy, request).unwrap();
    let facts = Assignment::of_partial(program.model(), &frame.request(program));
    reference::decide(program.model(), &facts).unwrap_or_else(|| solver::decide(program.model(), &facts))
}

/// The regions that changed between two policies hold exactly the requests with other answers, of the values that both
/// policies have.
#[test]
fn changes_since_a_policy_are_those_of_the_reference() {
    let questions = std::env::var("PLACET_QUERIES").map_or(300, |text| text.parse().unwrap());
    let mut random = Random::new(23);
    let (mut asked, mut refused, mut regions, mut points, mut changed, mut left_out) = (0, 0, 0, 0, 0, 0);
    while asked + refused < questions {
        let Some(policies) = pair(&mut random) else { continue };
        let [(old_model, old), (new_model, new)] = &policies;
        let makers = policies.each_ref().map(|(model, _)| Requests::new(model));
        let has = |name: &str| [old_model.find(name).is_some(), new_model.find(name).is_some()];
        let names = policies.each_ref().map(|(model, _)| {
            model.declared().map(|(_, attribute)| attribute.name.clone()).collect::<Vec<Arc<str>>>()
        });
        for _ in 0..6 {
            let mut over: Vec<Arc<str>> = random.some(&names[1], 2).into_iter().cloned().collect();
            over.extend(random.pick(&names[0]).filter(|_| random.chance(20)).cloned());
            over.sort();
            over.dedup();
            // The values that both policies accept.
            let facts_of = |side: usize, request: &Request| {
                let model = &policies[side].0;
                let all = model.declared().filter_map(|(id, attribute)| {
                    Some((&*attribute.name, Fact::from_given(&attribute.kind, request.get(id)?)?))
                });
                all.collect::<BTreeMap<&str, Fact>>()
            };
            let open = *random.pick(&[0, 40, 80]).unwrap();
            let mut given = facts_of(1, &makers[1].request(&mut random, open));
            given.retain(|name, fact| {
                let one = BTreeMap::from([(*name, fact.clone())]);
                !over.iter().any(|own| **own == **name)
                    && accepts(old, &one).is_some()
                    && accepts(new, &one).is_some()
            });
            let (Some(before), Some(after)) = (accepts(old, &given), accepts(new, &given)) else { continue };
            let found = match new.query_changes_since(old, &before, &after, over.iter().map(|name| &**name)) {
                Ok(found) if found.complete => found,
                Ok(_) => continue,
                Err(error) => {
                    assert!(
                        !matches!(error, QueryError::Request(_) | QueryError::Duplicate { .. }),
                        "{error}"
                    );
                    refused += 1;
                    continue;
                }
            };
            asked += 1;
            regions += found.regions.len();
            let example = |region: &ChangedRegion| {
                over.iter()
                    .map(|name| (&**name, region.example[name].clone()))
                    .collect::<BTreeMap<&str, Fact>>()
            };
            let mut tried: Vec<BTreeMap<&str, Fact>> = found.regions.iter().map(example).collect();
            tried.truncate(POINTS);
            for _ in 0..POINTS {
                let side = usize::from(random.chance(60));
                let full = [side, 1 - side].map(|side| facts_of(side, &makers[side].request(&mut random, 0)));
                let known = |name: &str| full[0].get(name).or_else(|| full[1].get(name)).cloned();
                let point = over.iter().map(|name| Some((&**name, known(name)?)));
                tried.extend(point.collect::<Option<BTreeMap<&str, Fact>>>());
            }
            for point in tried {
                let of_side = |side: usize| {
                    let own = point.iter().filter(|(name, _)| has(name)[side]);
                    let all = given.iter().chain(own).map(|(name, fact)| (*name, fact.clone()));
                    accepts(&policies[side].1, &all.collect())
                };
                // Null is no value of an attribute that isn't optional, although a request may give it.
                let is_value = |name: &str, fact: &Fact| {
                    let attributes = policies.each_ref().map(|(model, _)| model.attribute(model.find(name)?));
                    *fact != Fact::Null || attributes.iter().flatten().all(|one| one.is_optional())
                };
                let are_values = point.iter().all(|(name, fact)| is_value(name, fact));
                let (Some(before), Some(after)) =
                    (of_side(0).filter(|_| are_values), of_side(1).filter(|_| are_values))
                else {
                    assert!(!found.left_out.is_empty(), "{point:?}\n{found:#?}");
                    left_out += 1;
                    continue;
                };
                let value = |name: &str| match has(name) {
                    [_, true] => Some((new_model, value_of(new, &after, name)?)),
                    _ => Some((old_model, value_of(old, &before, name)?)),
                };
                // A category stands for several values.
                if over.iter().any(|name| value(name).is_none()) {
                    continue;
                }
                let is_in = |region: &&ChangedRegion| {
                    region.values.iter().all(|(name, values)| {
                        let (model, value) = value(name).unwrap();
                        holds(values, model.attribute(model.find(name).unwrap()).unwrap(), &value)
                    })
                };
                let (before, after) = (decided(old, &before), decided(new, &after));
                if before.approximate || after.approximate {
                    continue;
                }
                points += 1;
                let around: Vec<&ChangedRegion> = found.regions.iter().filter(is_in).collect();
                let key = |one: &Decision| (one.effect, one.missing.clone(), one.obligations.clone());
                if key(&before) == key(&after) {
                    assert!(around.is_empty(), "{given:?} {point:?}\n{around:#?}");
                    continue;
                }
                changed += 1;
                let [region] = around.as_slice() else {
                    panic!(
                        "in {} regions: {given:?} {point:?}\n{before:?}\n{after:?}\n{found:#?}",
                        around.len()
                    );
                };
                for (answer, decision) in [(&region.before, &before), (&region.after, &after)] {
                    assert_eq!((answer.effect, &answer.missing), (decision.effect, &decision.missing));
                    let is_due = before.effect != after.effect || answer.obligations == decision.obligations;
                    assert!(is_due || before.missing != after.missing, "{region:#?}");
                    assert!(decision.rules.iter().all(|rule| answer.rules.contains(rule)), "{region:#?}");
                }
            }
        }
    }
    println!(
        "{asked} questions, {refused} refused; {regions} regions; {points} requests, {changed} changed, {left_out} left out"
    );
    assert!(refused * 3 < questions && changed * 20 > points && changed * 2 < points && left_out > 20);
}

/// An obligation that begins, ends or has another deadline is a change, also if the effect stays.
#[test]
fn changes_hold_obligations_that_differ() {
    let text = |due: &str| {
        let policy = format!(
            "policy shop
             request {{ age: int 0..150  paid: bool }}
             rule service {{ allow when paid oblige {due} when age < 18 oblige log }}"
        );
        Policy::from_text(&policy).unwrap()
    };
    let (old, new) = (text("erase within 30 days"), text("erase within 60 days"));
    let due = |answer: &Answer| answer.obligations.iter().map(ToString::to_string).collect::<Vec<_>>();
    let changes =
        new.query_changes_since(&old, &old.request(), &new.request(), ["age", "paid"]).unwrap().regions;
    let [region] = &changes[..] else { panic!("{changes:#?}") };
    assert_eq!((region.values["age"].to_string(), region.after.effect), ("at most 17".into(), Effect::Allow));
    assert_eq!(due(&region.before), ["erase within 30 days", "log"]);
    assert_eq!(due(&region.after), ["erase within 60 days", "log"]);
    let grid = new.matrix_changes_since(&old, &old.request(), &new.request(), "age", "paid").unwrap().matrix;
    let changed = |row: &Vec<Option<ChangedCell>>| {
        row.iter().flatten().map(ChangedCell::is_changed).collect::<Vec<_>>()
    };
    assert_eq!(grid.cells.iter().map(changed).collect::<Vec<_>>(), [[false, true], [false, false]]);

    let [child, adult] = [10, 30].map(|age| {
        let json = format!("{{\"age\": {age}}}");
        new.request_from_json(&json).unwrap()
    });
    let changes = new.query_changes(&child, &adult, ["paid"]).unwrap().regions;
    let [region] = &changes[..] else { panic!("{changes:#?}") };
    assert_eq!(due(&region.after), ["log"]);
}

/// Values of one policy alone are left out and named. A node stands for the leaves that both have.
#[test]
fn changes_since_a_policy_leave_out_what_one_policy_has() {
    let text = |leaf: &str, ages: &str, set: &str, more: &str| {
        format!(
            "policy shop
             taxonomy Purpose {{ deliver, marketing {{ newsletter, {leaf} }} }}
             request {{ purpose: Purpose  age: int{ages}  for: {set} of Purpose  {more} }}
             rule adults {{ allow when purpose in marketing and age >= 18 and any for in marketing }}"
        )
    };
    let old = text("phone", " 0..99", "set", "");
    let new = text("banner", "? 5..150", "set?", "vip: bool") + "rule vips { deny when vip and age >= 30 }";
    let [old, new] = [old, new].map(|text| Policy::from_text(&text).unwrap());
    let changes = |over: &[&str]| {
        new.query_changes_since(&old, &old.request(), &new.request(), over.iter().copied()).unwrap()
    };
    let shown = |values: &Option<Values>| values.as_ref().map(Values::to_string).unwrap_or_default();
    let found = changes(&["age", "purpose", "for"]);
    let left_out: Vec<(&str, String, String)> =
        found.left_out.iter().map(|one| (&*one.attribute, shown(&one.before), shown(&one.after))).collect();
    assert_eq!(
        left_out,
        [
            ("age", "at most 4".to_owned(), "none or at least 100".to_owned()),
            ("purpose", "phone".to_owned(), "banner".to_owned()),
            ("for", "contains phone".to_owned(), "contains banner or is empty".to_owned()),
        ]
    );
    let [region] = &found.regions[..] else { panic!("{:#?}", found.regions) };
    let values: Vec<String> = region.values.iter().map(|(name, values)| format!("{name} {values}")).collect();
    assert_eq!(values, ["age at least 30", "for contains newsletter", "purpose newsletter"]);
    assert_eq!((region.before.effect, region.after.effect), (Effect::Allow, Effect::Indeterminate));

    // The old policy is asked without the attribute that it doesn't have.
    let given = r#"{"age": 40, "purpose": "newsletter", "for": ["newsletter"]}"#;
    let [before, after] = [&old, &new].map(|policy| policy.request_from_json(given).unwrap());
    let found = new.query_changes_since(&old, &before, &after, ["vip"]).unwrap();
    let [region] = &found.regions[..] else { panic!("{:#?}", found.regions) };
    assert_eq!(region.values["vip"].to_string(), "true");
    let refused = old.query_changes_since(&new, &new.request(), &old.request(), ["purpos"]).unwrap_err();
    assert!(refused.to_string().contains("did you mean `purpose`?"), "{refused}");
    let dates =
        Policy::from_text("policy d  request { age: date }  rule r { allow when age > 2020-01-01 }").unwrap();
    let refused = dates.query_changes_since(&old, &old.request(), &dates.request(), ["age"]).unwrap_err();
    assert!(matches!(refused, QueryError::NothingInCommon { .. }), "{refused}");
}
