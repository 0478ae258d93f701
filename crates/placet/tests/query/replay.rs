//! Replays: the answers to requests of which only the classes are known.

use crate::edits::{edited, redeclared, widened};
use placet::replay::{Replay, ReplayError};
use placet::{Effect, Fact, Policy};
use placet_model::request::AttributeInput;
use placet_samples::{Random, Requests, Shape, model, policy};
use std::collections::BTreeMap;

/// Records the classes of random requests under one policy and decides them anew by an edited one: an answer that is
/// certain is that of the request, and the others include it.
#[test]
fn replayed_classes_have_the_answers_of_their_requests() {
    let mut random = Random::new(23);
    let (mut pairs, mut certain, mut changed, mut open, mut refused) = (0, 0, 0, 0, 0);
    while pairs < 40 {
        let shape = [Shape::small, Shape::related][pairs % 2]();
        let mut text = policy(&mut random, &shape);
        let mut other = text.clone();
        if pairs % 10 > 0 {
            for edit in [edited, widened, redeclared] {
                other = if random.chance(60) { edit(&mut random, &other) } else { other };
            }
            if random.chance(30) {
                (text, other) = (other, text);
            }
        }
        let (Ok(model), Ok(old), Ok(new)) =
            (model(&text), Policy::from_text(&text), Policy::from_text(&other))
        else {
            continue;
        };
        pairs += 1;
        let mut replay = Replay::new(&old, &new);
        let maker = Requests::new(&model);
        for _ in 0..20 {
            let request = maker.any(&mut random);
            let facts: BTreeMap<&str, Fact> = model
                .declared()
                .filter_map(|(id, attribute)| {
                    let fact = match request.get(id)? {
                        AttributeInput::Null => Fact::Null,
                        given => Fact::from_given(&attribute.kind, given)?,
                    };
                    Some((&*attribute.name, fact))
                })
                .collect();
            let json = serde_json::to_string(&facts).unwrap();
            let Ok(request) = old.request_from_json(&json) else { continue };
            let Ok(before) = old.decide(&request) else { continue };
            let classes = replay.record(&request).unwrap();
            let answers = match replay.answers(&classes) {
                Ok(answers) => answers,
                Err(ReplayError::OtherType(_)) => continue,
                Err(error) => panic!("{error}: {classes}"),
            };
            let after = new.request_from_json(&json).and_then(|request| new.decide(&request));
            let effect = after.as_ref().ok().map(|decision| decision.effect);
            let shown = || format!("{text}\n-----\n{other}\n{json}\n{classes}\n{answers:#?}\n{after:#?}");
            match answers.only() {
                Some(only) => {
                    assert_eq!(only.effect, effect, "{}", shown());
                    certain += 1;
                    changed += u32::from(effect != Some(before.effect));
                    refused += u32::from(effect.is_none());
                }
                None => open += 1,
            }
            let is_among = answers.answers.iter().any(|answer| {
                answer.effect == effect && after.as_ref().map_or(true, |after| after.rules == answer.rules)
            });
            assert!(!answers.has_exact_reasons || is_among, "{}", shown());
            // Beside a missing attribute, a class doesn't tell everything about a value.
            let is_whole =
                facts.len() == model.declared().count() && !facts.values().any(|fact| *fact == Fact::Null);
            assert!(
                text != other || !is_whole || !answers.is_certain || answers.answers.len() == 1,
                "{}",
                shown()
            );
        }
    }
    println!("{certain} certain, {changed} of them changed, {refused} refused; {open} open");
    assert!(
        changed > 20 && refused > 10 && certain > open,
        "{certain} certain, {changed} changed, {open} open"
    );
}

/// A value that only the old policy has is refused, although no condition tells it from others.
#[test]
fn replay_tells_removed_names_from_added_ones() {
    let [old, new] = ["a, b", "a, c"].map(|names| {
        Policy::from_text(&format!(
            "policy p  taxonomy P {{ {names} }}  request {{ p: P  of: set of P  q: bool }}  rule r {{ allow when q }}"
        ))
        .unwrap()
    });
    let mut replay = Replay::new(&old, &new);
    for request in [r#"{"p": "b", "q": true}"#, r#"{"of": ["b"], "q": true}"#] {
        let classes = replay.record(&old.request_from_json(request).unwrap()).unwrap();
        let answers = replay.answers(&classes).unwrap();
        let effects: Vec<Option<Effect>> = answers.answers.iter().map(|answer| answer.effect).collect();
        assert!(effects.contains(&None) && effects.contains(&Some(Effect::Allow)), "{answers:?}");
    }
}

/// A `required` attribute whose value isn't known was given, unless no resolver was asked for it: then it may be missing.
#[test]
fn replay_decides_whatever_a_required_attribute_was() {
    let declared = "policy p  taxonomy P { x { a, b }, c }";
    let old = "request { p: P required  q: bool  r: bool } rule in_x { allow when q or r or p in x }";
    let new =
        "request { p: P required  q: bool  r: bool required } rule is_a { allow when q or r or p is a }";
    let [old, new] = [old, new].map(|text| Policy::from_text(&format!("{declared} {text}")).unwrap());
    let mut replay = Replay::new(&old, &new);
    let node =
        replay.record(&old.request_from_json(r#"{"p": "x", "q": true, "r": false}"#).unwrap()).unwrap();
    assert!(node.contains("one_of"), "{node}");
    assert_eq!(replay.answers(&node).unwrap().effect(), Some(Effect::Allow));

    let request = old.request_from_json(r#"{"p": "a", "q": true}"#).unwrap();
    let absent = replay.record(&request).unwrap();
    let with = |word: &str| absent.replace('}', &format!(",\"r\":\"{word}\"}}"));
    let pending = replay.answers(&with("pending")).unwrap();
    assert_eq!((pending.answers[0].effect, pending.is_certain), (Some(Effect::Allow), false));
    for refused in [absent.clone(), with("unavailable")] {
        let answers = replay.answers(&refused).unwrap();
        assert_eq!((answers.answers[0].effect, answers.is_certain), (None, true), "{refused}");
    }
    let many = node.replace("one_of\":[", "one_of\":[0,0,0,0,");
    assert!(matches!(replay.answers(&many), Err(ReplayError::Malformed(_))), "{many}");
}
