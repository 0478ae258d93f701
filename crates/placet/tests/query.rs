//! Compares the regions of queries with the reference, request by request: over random policies, partial requests and
//! attributes, each request that is tried lies in exactly one region and has its answer. So do the answers to requests of
//! which only the classes are known.
//!
//! `PLACET_QUERIES=4000` sets the number of questions. Use `--release` for many.

use placet::query::{QueryError, Region, SetCondition, TextCondition, Values};
use placet::replay::{Replay, ReplayError};
use placet::{Fact, Policy};
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::{Attribute, AttributeId, Members, Type, Universe, number_ordinal};
use placet_model::value::{Member, Value};
use placet_model::{Model, reference, solver};
use placet_samples::{Random, Requests, Shape, model, policy};
use std::collections::BTreeMap;
use std::sync::Arc;

const QUESTIONS: u64 = 600;
const QUESTIONS_OF_ONE: u64 = 20;
/// The random requests of a question, beside those at the bounds of its regions.
const POINTS: usize = 16;

/// Returns the ordinal of an ordered value.
fn ordinal(fact: &Fact) -> i64 {
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
fn stands_for(universe: &Universe, name: &Fact, symbol: u32) -> bool {
    let (below, _) = universe.find(name.as_text().unwrap()).unwrap();
    below.contains(symbol)
}

fn is_like(pattern: &str, text: &str) -> bool {
    let pieces: Vec<&str> = pattern.split('*').collect();
    let (first, last) = (pieces[0], pieces[pieces.len() - 1]);
    if pieces.len() == 1 {
        return text == pattern;
    }
    if text.len() < first.len() + last.len() || !text.starts_with(first) || !text.ends_with(last) {
        return false;
    }
    let mut left = &text[first.len()..text.len() - last.len()];
    pieces[1..pieces.len() - 1].iter().all(|piece| match left.find(piece) {
        Some(at) => {
            left = &left[at + piece.len()..];
            true
        }
        None => false,
    })
}

fn matches_text(condition: &TextCondition, text: &Arc<str>) -> bool {
    condition.like.iter().all(|pattern| is_like(pattern, text))
        && !condition.not_like.iter().any(|pattern| is_like(pattern, text))
        && !condition.not_in.contains(text)
}

/// Returns true if a set of values has a member.
fn has_member(values: &Values, universe: Option<&Universe>, member: &Member) -> bool {
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

fn matches_set(condition: &SetCondition, universe: Option<&Universe>, members: &[Member]) -> bool {
    let has = |values: &Values| members.iter().any(|member| has_member(values, universe, member));
    condition.any.iter().all(has) && !condition.none.iter().any(has)
}

/// Returns true if a region's values hold a value, by the meaning that `Values` documents.
fn holds(values: &Values, attribute: &Attribute, value: &Value) -> bool {
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

/// A question about a random policy.
struct Question {
    model: Model,
    policy: Policy,
    /// The given values, without those of the attributes of the question.
    given: Request,
    over: Vec<AttributeId>,
}

impl Question {
    fn names(&self) -> Vec<&str> {
        self.over.iter().map(|id| self.model.attribute_name(*id)).collect()
    }

    fn facts(&self, request: &Request) -> BTreeMap<Arc<str>, Fact> {
        let given = self.model.declared().filter_map(|(id, attribute)| {
            let fact = match request.get(id)? {
                AttributeInput::Null => Fact::Null,
                given => Fact::from_given(&attribute.kind, given)?,
            };
            Some((attribute.name.clone(), fact))
        });
        given.collect()
    }

    fn request(&self, request: &Request) -> placet::Request {
        self.policy.request_from_json(&serde_json::to_string(&self.facts(request)).unwrap()).unwrap()
    }

    fn is_in(&self, region: &Region, point: &[Value]) -> bool {
        self.over.iter().zip(point).all(|(id, value)| {
            let attribute = self.model.attribute(*id).unwrap();
            region.values.get(&attribute.name).is_none_or(|values| holds(values, attribute, value))
        })
    }

    /// Checks the region of a request against the reference. Returns false if the reference can't list its completions.
    fn check(&self, regions: &[Region], point: &[Value], text: &str) -> bool {
        let mut request = self.given.clone();
        for (id, value) in self.over.iter().zip(point) {
            request.put_checked(*id, AttributeInput::Value(value.clone()));
        }
        let request = request.folded(&self.model);
        let facts = Assignment::of_partial(&self.model, &request);
        let shown = || format!("{text}\n{:?}\nover {:?}", self.facts(&request), self.names());
        let around: Vec<&Region> = regions.iter().filter(|region| self.is_in(region, point)).collect();
        let [region] = around.as_slice() else {
            panic!("in {} regions: {}\n{regions:#?}", around.len(), shown());
        };
        let exact = reference::decide(&self.model, &facts);
        let is_enumerated = exact.is_some();
        let expected = exact.unwrap_or_else(|| solver::decide(&self.model, &facts));
        if expected.approximate || region.answer.approximate {
            return false;
        }
        let answer = &region.answer;
        assert_eq!(answer.effect, expected.effect, "{}\n{region:#?}", shown());
        assert_eq!(answer.missing, expected.missing, "{}\n{region:#?}", shown());
        let certain: Vec<&Arc<str>> = expected.certain().collect();
        assert!(expected.rules.iter().all(|rule| answer.rules.contains(rule)), "{}\n{region:#?}", shown());
        assert!(answer.certain.iter().all(|rule| certain.contains(&rule)), "{}\n{region:#?}", shown());
        let due = |name: &Arc<str>| expected.obligations.iter().any(|due| due.certain && due.name == *name);
        let mut always = answer.obligations.iter().filter(|due| due.certain);
        assert!(always.all(|always| due(&always.name)), "{}\n{region:#?}", shown());
        is_enumerated
    }

    /// Returns requests at the bounds of a region: its example with the first and last value of each range.
    fn bounds(&self, region: &Region) -> Vec<Vec<Value>> {
        let example = serde_json::to_string(&region.example).unwrap();
        let example = self.policy.request_from_json(&example).unwrap();
        let frame = placet::__private::Internals::frame(&self.policy, &example).unwrap();
        let program = placet::__private::Internals::program(&self.policy);
        let point: Vec<Value> = self
            .over
            .iter()
            .map(|id| match frame.given(program, *id) {
                Some(AttributeInput::Value(value)) => value,
                other => panic!("{other:?} in the example {:?}", region.example),
            })
            .collect();
        let mut out = vec![point.clone()];
        for (index, id) in self.over.iter().enumerate() {
            let attribute = self.model.attribute(*id).unwrap();
            let ranges = region.values.get(&attribute.name).into_iter().flat_map(|values| &values.ranges);
            for bound in ranges.flat_map(|range| [&range.first, &range.last]).flatten() {
                let mut other = point.clone();
                other[index] = Value::from_ordinal(&attribute.kind, ordinal(bound)).unwrap();
                out.push(other);
            }
        }
        out
    }
}

#[test]
fn every_region_has_the_answers_of_the_reference() {
    let questions = std::env::var("PLACET_QUERIES").map_or(QUESTIONS, |text| text.parse().unwrap());
    let mut random = Random::new(7);
    let shapes: &[fn() -> Shape] = match questions > QUESTIONS {
        true => &[Shape::small, Shape::related, Shape::middle, Shape::structured],
        false => &[Shape::small],
    };
    let (mut asked, mut refused, mut points, mut enumerated, mut complete) = (0, 0, 0, 0, 0);
    for seed in 0.. {
        if asked + refused >= questions {
            break;
        }
        let shape = shapes[seed as usize % shapes.len()]();
        let text = policy(&mut random, &shape);
        let (Ok(model), Ok(policy)) = (model(&text), Policy::from_text(&text)) else { continue };
        let maker = Requests::new(&model);
        let ids: Vec<AttributeId> = model.declared().map(|(id, _)| id).collect();
        let mut question = Question { model: model.clone(), policy, given: Request::new(), over: Vec::new() };
        for _ in 0..QUESTIONS_OF_ONE {
            let open = *random.pick(&[0, 40, 80, 100]).unwrap();
            question.given = maker.request(&mut random, open);
            question.over = random.some(&ids, 3).into_iter().copied().collect();
            if question.over.is_empty() {
                continue;
            }
            question.over.dedup();
            let given = question.request(&question.given);
            let regions = match question.policy.query(&given, question.names()) {
                Ok(regions) => regions,
                Err(QueryError::Related { .. } | QueryError::Entangled { .. }) => {
                    refused += 1;
                    continue;
                }
                Err(error) => panic!("{error}"),
            };
            asked += 1;
            if !regions.complete {
                continue;
            }
            complete += 1;
            let mut tried: Vec<Vec<Value>> =
                regions.regions.iter().flat_map(|region| question.bounds(region)).collect();
            tried.truncate(POINTS);
            for _ in 0..POINTS {
                let full = maker.request(&mut random, 0);
                let value = |id: &AttributeId| match full.get(*id) {
                    Some(AttributeInput::Value(value)) => Some(value.clone()),
                    // A default that is not given.
                    _ => maker.value(&mut Random::new(seed), *id, &full),
                };
                tried.extend(question.over.iter().map(value).collect::<Option<Vec<Value>>>());
            }
            for point in tried {
                points += 1;
                enumerated += u64::from(question.check(&regions.regions, &point, &text));
            }
        }
    }
    println!(
        "{asked} questions, {refused} refused, {complete} complete; {points} requests, {enumerated} enumerated"
    );
    assert!(refused * 3 < questions, "{refused} of {questions} questions are refused");
    assert!(enumerated * 2 > points, "{enumerated} of {points} requests were enumerated");
}

/// Asks for the next change of random requests over each ordered attribute. The effect changes there, not just before, and
/// at no value in between that is tried.
#[test]
fn next_change_is_the_first_value_with_another_effect() {
    let mut random = Random::new(11);
    let (mut found, mut none) = (0, 0);
    for seed in 0..120_usize {
        let shape = if seed % 2 == 0 { Shape::small() } else { Shape::related() };
        let text = policy(&mut random, &shape);
        let (Ok(model), Ok(policy)) = (model(&text), Policy::from_text(&text)) else { continue };
        let maker = Requests::new(&model);
        for _ in 0..4 {
            let request = maker.request(&mut random, 0);
            for (id, attribute) in model.declared() {
                let Some(AttributeInput::Value(now)) = request.get(id) else { continue };
                let (Some(now), Some((_, last))) = (now.ordinal(), attribute.kind.ordinals()) else {
                    continue;
                };
                let question = Question {
                    model: model.clone(),
                    policy: policy.clone(),
                    given: request.clone(),
                    over: Vec::new(),
                };
                let effect = |ordinal: i64| {
                    let mut request = request.clone();
                    let value = Value::from_ordinal(&attribute.kind, ordinal).unwrap();
                    request.put_checked(id, AttributeInput::Value(value));
                    let request = request.folded(&model);
                    solver::decide(&model, &Assignment::new(&model, &request).unwrap()).effect
                };
                let given = question.request(&request);
                let change = policy.next_change(&given, &attribute.name).unwrap();
                let end = change.as_ref().map_or(last, |change| ordinal(&change.at) - 1);
                assert_eq!(effect(end), effect(now), "{text}\n{change:#?}");
                match &change {
                    Some(change) => {
                        found += 1;
                        assert_ne!(effect(end + 1), effect(now), "{text}\n{change:#?}");
                        assert_eq!(effect(end + 1), change.after.effect, "{text}\n{change:#?}");
                    }
                    None => none += 1,
                }
                for _ in 0..8 {
                    let other = maker.value(&mut random, id, &request).and_then(|value| value.ordinal());
                    if let Some(other) = other.filter(|other| (now..=end).contains(other)) {
                        assert_eq!(effect(other), effect(now), "{text}\n{change:#?}");
                    }
                }
            }
        }
    }
    assert!(found > 60 && none > 100, "{found} changes, {none} without");
}

/// Changes numbers, connectives and effects of a policy at random places.
fn edited(random: &mut Random, text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let core = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let tail = &word[core.len()..];
        let number = core.parse::<i64>().ok().filter(|_| !matches!(tail, "-" | "." | ":" | "T"));
        match (number, core) {
            (Some(number), _) if random.chance(20) => out.push_str(&number.saturating_add(1).to_string()),
            (_, "and") if random.chance(8) => out.push_str("or"),
            (_, "allow") if random.chance(8) => out.push_str("deny"),
            _ => out.push_str(core),
        }
        out.push_str(tail);
    }
    out
}

/// Records the classes of random requests under one policy and decides them anew by an edited one: an answer that is
/// certain is that of the request, and the others include it.
#[test]
fn replayed_classes_have_the_answers_of_their_requests() {
    let mut random = Random::new(23);
    let (mut pairs, mut certain, mut changed, mut open) = (0, 0, 0, 0);
    while pairs < 30 {
        let shape = [Shape::small, Shape::related][pairs % 2]();
        let text = policy(&mut random, &shape);
        let other = if pairs % 10 == 0 { text.clone() } else { edited(&mut random, &text) };
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
                }
                None => open += 1,
            }
            let is_among = answers.answers.iter().any(|answer| {
                answer.effect == effect && after.as_ref().is_ok_and(|after| after.rules == answer.rules)
            });
            assert!(!answers.has_exact_reasons || is_among || effect.is_none(), "{}", shown());
            if text == other && answers.is_certain && answers.answers.len() > 1 {
                panic!("{}", shown());
            }
        }
    }
    println!("{certain} certain, {changed} of them changed; {open} open");
    assert!(changed > 20 && certain > open, "{certain} certain, {changed} changed, {open} open");
}
