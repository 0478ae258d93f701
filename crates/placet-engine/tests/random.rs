//! Random policies, requests and resolvers: an engine's effect equals that of the completed request, and no fetch is
//! superfluous.

use placet::__private::Internals;
use placet::{Depth, Effect, Limits, Policy};
use placet_engine::{Engine, Fact, Facts, Key, KeyType, Resolver};
use placet_model::request::{Assignment as Known, AttributeInput, Request};
use placet_model::solver;
use placet_model::types::{AttributeId, Presence};
use placet_samples::{Random, Requests, Shape, model, policy, saved, with_optional};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const POLICIES: u64 = 60;
/// The step limit of the reference evaluator for one decision. Harder decisions aren't compared.
const SEARCH_STEPS: usize = 5_000;
/// The number of groups into which attributes are divided among resolvers.
const GROUPS: u64 = 4;

/// The behaviour of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Answers,
    Fails,
    Panics,
    /// It returns more than it serves.
    Babbles,
}

/// A group of attributes, and the behaviour of its store.
#[derive(Debug)]
struct Group {
    attributes: Vec<AttributeId>,
    mood: Mood,
}

fn resolver(
    policy: &Policy,
    whole: &Request,
    number: usize,
    group: &Group,
    log: &Arc<Mutex<Vec<usize>>>,
) -> Resolver {
    let model = policy.model();
    let named = |id: &AttributeId| model.attribute(*id).unwrap();
    let facts = group.attributes.iter().fold(Facts::new(), |facts, id| {
        let fact = whole.get(*id).and_then(|given| Fact::from_given(&named(id).kind, given));
        facts.with_known(named(id).name.clone(), fact)
    });
    let (mood, log) = (group.mood, log.clone());
    let fetch = move |_: &Key| {
        log.lock().unwrap().push(number);
        match mood {
            Mood::Answers => Ok(facts.clone()),
            Mood::Fails => Err("down".into()),
            Mood::Panics => panic!("a store that panics"),
            Mood::Babbles => Ok(facts.clone().with("not.served", true)),
        }
    };
    let name = format!("group {number}");
    // The kind of resolver must not affect the decision.
    let resolver = match number % 2 {
        0 => Resolver::blocking(name, fetch),
        _ => Resolver::in_place(name, fetch),
    };
    resolver.attributes(group.attributes.iter().map(|id| named(id).name.clone())).keyed_by(["subject.id"])
}

#[test]
fn decide_agrees_with_the_completed_request() {
    let mut limits = Limits::default();
    limits.search_steps = SEARCH_STEPS;
    let shapes = [Shape::small, Shape::related, Shape::middle];
    let (mut fetched, mut groups_in_all, mut kinds) = (0, 0, BTreeMap::new());
    for seed in 0..POLICIES {
        let mut random = Random::new(seed);
        let shape = shapes[usize::try_from(seed).unwrap() % shapes.len()]();
        let text = policy(&mut random, &shape);
        let mut model = model(&text).unwrap();
        model.limits = limits.clone();
        let share = if seed % 2 == 0 { 50 } else { 0 };
        let policy = Policy::from_bytes(&saved(with_optional(&mut random, model, share))).unwrap();
        let model = policy.model();
        let requests = Requests::new(model);
        for _ in 0..6 {
            let whole = requests.request(&mut random, 0);
            let mut groups: Vec<Group> = Vec::new();
            let mut given = Request::new();
            let mut reachable = whole.clone();
            for _ in 0..GROUPS {
                let mood = *random
                    .pick(&[
                        Mood::Answers,
                        Mood::Answers,
                        Mood::Answers,
                        Mood::Fails,
                        Mood::Panics,
                        Mood::Babbles,
                    ])
                    .unwrap();
                groups.push(Group { attributes: Vec::new(), mood });
            }
            for (id, attribute) in model.declared() {
                if attribute.presence == Presence::Required || random.chance(30) {
                    if let Some(known) = whole.get(id) {
                        given.put(model, id, known.clone()).unwrap();
                    }
                    continue;
                }
                let group = &mut groups[random.below(GROUPS) as usize];
                group.attributes.push(id);
                // An attribute that the store leaves out is unknown, whatever its default.
                if group.mood != Mood::Answers || whole.get(id).is_none() {
                    reachable.put_checked(id, AttributeInput::Null);
                }
            }
            groups.retain(|group| !group.attributes.is_empty());
            let expected = solver::decide(model, &Known::new(model, &reachable).unwrap());
            if expected.approximate {
                continue;
            }
            let log: Arc<Mutex<Vec<usize>>> = Arc::default();
            let shown = || format!("policy {seed}\n{text}\n{given:?}\n{whole:?}\n{groups:?}");
            for (depth, is_kept) in [
                (Depth::Effect, false),
                (Depth::Effect, true),
                (Depth::Obligations, true),
                (Depth::Reasons, true),
            ] {
                let mut builder = Engine::builder(policy.clone());
                if !groups.is_empty() {
                    builder = builder.key("subject.id", KeyType::Text);
                }
                let builder = groups.iter().enumerate().fold(builder, |builder, (number, group)| {
                    let resolver = resolver(&policy, &whole, number, group, &log);
                    builder.resolver(if is_kept {
                        resolver.time_to_live(Duration::from_secs(60))
                    } else {
                        resolver
                    })
                });
                let engine = builder.build().unwrap();
                for round in 0..2 {
                    log.lock().unwrap().clear();
                    let mut question = engine.query();
                    question.with_depth(depth);
                    if !groups.is_empty() {
                        question.key("subject.id", "anna").unwrap();
                    }
                    for (id, attribute) in model.declared() {
                        if let Some(given) = given.get(id) {
                            let fact = Fact::from_given(&attribute.kind, given);
                            question.set(&attribute.name, fact.as_ref()).unwrap();
                        }
                    }
                    let answer = engine.decide(question).unwrap();
                    let asked = std::mem::take(&mut *log.lock().unwrap());
                    assert_eq!(answer.effect(), expected.effect, "{}\n{:?}", shown(), answer.decision);
                    if expected.effect == Effect::Indeterminate {
                        assert_eq!(answer.decision.missing, expected.missing, "{}", shown());
                    }
                    if depth == Depth::Reasons && expected.effect != Effect::Indeterminate {
                        assert_eq!(answer.decision, expected, "{}", shown());
                    }
                    if depth == Depth::Obligations {
                        let due = |decision: &placet::Decision| decision.obligations.clone();
                        assert_eq!(due(&answer.decision), due(&expected), "{}", shown());
                    }
                    let mut once = asked.clone();
                    once.sort_unstable();
                    once.dedup();
                    assert_eq!(once.len(), asked.len(), "each is asked once: {}", shown());
                    if round == 1 && is_kept {
                        let again: Vec<&Group> = asked.iter().map(|number| &groups[*number]).collect();
                        assert!(again.iter().all(|group| group.mood != Mood::Answers), "{}", shown());
                    }
                    if round == 0 && depth == Depth::Effect {
                        fetched += asked.len();
                        groups_in_all += groups.len();
                    }
                }
            }
            *kinds.entry(expected.effect.as_str()).or_insert(0) += 1;
        }
    }
    assert!(fetched * 2 < groups_in_all, "{fetched} of {groups_in_all}");
    assert!(kinds.len() == 3 && kinds.values().all(|count| *count > 10), "{kinds:?}");
}
