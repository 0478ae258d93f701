//! Compares the regions of queries with the reference, request by request: over random policies, partial requests and
//! attributes, each request that is tried lies in exactly one region and has its answer. So do the answers to requests of
//! which only the classes are known.
//!
//! `PLACET_QUERIES=4000` sets the number of questions. Use `--release` for many.

use placet::query::{
    Answer, ChangedCell, ChangedRegion, QueryError, Region, Regions, SetCondition, TextCondition, Values,
};
use placet::replay::{Replay, ReplayError};
use placet::{Decision, Effect, Fact, Policy};
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

/// Returns the texts between the stars of a pattern.
fn pieces(pattern: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => out.push(String::new()),
            '\\' => out.last_mut().unwrap().extend(characters.next()),
            other => out.last_mut().unwrap().push(other),
        }
    }
    out
}

fn is_like(pattern: &str, text: &str) -> bool {
    let pieces = pieces(pattern);
    let (first, last) = (&pieces[0], &pieces[pieces.len() - 1]);
    if pieces.len() == 1 {
        return *text == **first;
    }
    if text.len() < first.len() + last.len() || !text.starts_with(&**first) || !text.ends_with(&**last) {
        return false;
    }
    let mut left = &text[first.len()..text.len() - last.len()];
    pieces[1..pieces.len() - 1].iter().all(|piece| match left.find(&**piece) {
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

/// Leaves out the values that have no form in JSON: one of all leaves of a taxonomy, for which there is no name.
fn written(model: &Model, request: &Request) -> Request {
    let mut out = Request::new();
    for (id, attribute) in model.declared() {
        if let Some(given) = request.get(id)
            && (matches!(given, AttributeInput::Null) || Fact::from_given(&attribute.kind, given).is_some())
        {
            out.put_checked(id, given.clone());
        }
    }
    out
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
            question.given = written(&model, &maker.request(&mut random, open));
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

/// Gives some attributes and taxonomies of a policy more values.
fn widened(random: &mut Random, text: &str) -> String {
    let lines = text.lines().map(|line| {
        let is_declared = line.starts_with("  ") && line.contains(": ") || line.starts_with("taxonomy ");
        if !is_declared || random.chance(60) {
            return line.to_owned();
        }
        if line.contains("set of ") && random.chance(50) {
            return line.replace("set of ", "set? of ");
        }
        match (line.split_once(".."), line.rsplit_once(" }")) {
            (Some((before, after)), _) if line.contains(": int") => {
                let (high, rest) = after.split_at(after.find(' ').unwrap_or(after.len()));
                let high: i64 = high.parse().unwrap_or(0);
                format!("{before}..{}{rest}", high.saturating_add(5))
            }
            (_, Some((before, after))) => format!("{before}, extra }}{after}"),
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// Makes some attributes of a policy `required` or optional, or gives them a default, or takes that from them.
fn redeclared(random: &mut Random, text: &str) -> String {
    let (before, rest) = text.split_once("request {\n").unwrap();
    let (declared, after) = rest.split_once("\n}").unwrap();
    let lines = declared.lines().map(|line| {
        let (name, kind) = line.split_once(": ").unwrap();
        let mut kind = kind.to_owned();
        if random.chance(20) && !kind.starts_with("set") {
            match kind.find('?') {
                Some(mark) => drop(kind.remove(mark)),
                None => {
                    let end = match kind.starts_with('{') {
                        true => kind.find('}').map(|end| end + 1),
                        false => kind.find(|c: char| !c.is_alphanumeric()),
                    };
                    kind.insert(end.unwrap_or(kind.len()), '?');
                }
            }
        }
        if random.chance(20) {
            let plain = kind.split(" default ").next().unwrap().trim_end_matches(" required");
            let low = plain.split_once(' ').and_then(|(_, range)| range.split_once(".."));
            kind = match (plain.len() < kind.len(), low) {
                (true, _) => plain.to_owned(),
                (false, Some((low, _))) if random.chance(50) => format!("{plain} default {low}"),
                (false, _) if plain.starts_with("bool") && random.chance(50) => {
                    format!("{plain} default true")
                }
                (false, _) => format!("{plain} required"),
            };
        }
        format!("{name}: {kind}")
    });
    let declared = lines.collect::<Vec<String>>().join("\n");
    format!("{before}request {{\n{declared}\n}}{after}")
}

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

/// Returns two policies: some choices of the first are made otherwise in the second, and either may have more values.
fn pair(random: &mut Random) -> Option<[(Model, Policy); 2]> {
    let bytes: Vec<u8> = (0..3_000).map(|_| random.below(256) as u8).collect();
    let mut edited = bytes.clone();
    for _ in 0..random.between(1, 6) {
        let from = random.pick(&[0, 60, 60, 120]).copied().unwrap_or_default();
        edited[from + random.below(300) as usize] = random.below(256) as u8;
    }
    let mut read = |bytes: &[u8]| {
        let text = policy(&mut Random::steered(bytes), &Shape::small());
        let text = if random.chance(30) { widened(random, &text) } else { text };
        Some((model(&text).ok()?, Policy::from_text(&text).ok()?))
    };
    Some([read(&bytes)?, read(&edited)?])
}

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

/// A policy whose answers depend on two unknown attributes that a condition relates: such a decision takes the most steps.
fn costly(declared: &str, condition: &str) -> Policy {
    Policy::from_text(&format!(
        "policy costly  request {{ {declared}  a1: date  b1: date  c1: date }}
         rule r {{ allow when {condition} and years(a1, b1) >= 7 and years(b1, c1) >= 7 and c1 - a1 <= 5400 days }}"
    ))
    .unwrap()
}

/// Two texts with 520 values each have more combinations than are listed, and the numbers of an attribute with as many
/// cuts take more steps than are taken. What wasn't decided is in no region, in no cell and in no segment.
#[test]
fn questions_beyond_the_limits_are_incomplete() {
    let quoted =
        |letter: &str| (0..520).map(|at| format!("\"{letter}{at:03}\"")).collect::<Vec<_>>().join(", ");
    let condition = format!("a in {{{}}} and b in {{{}}}", quoted("a"), quoted("b"));
    let texts = costly("a: string  b: string", &condition);
    let given = texts.request();
    const { assert!(521 * 521 > Regions::MAX_COMBINATIONS) };
    let regions = texts.query(&given, ["a", "b"]).unwrap();
    assert!(!regions.complete);
    let holds = |name: &str, text: &str| {
        let is = |region: &Region| {
            let values = region.values.get(name);
            values.is_none_or(|values| has_member(values, None, &Member::Text(text.into())))
        };
        regions.regions.iter().any(is)
    };
    assert!(holds("a", "a519") && holds("b", "b000") && !holds("b", "b519"));

    let matrix = texts.matrix(&given, "a", "b").unwrap();
    assert!(!matrix.complete);
    let cells: Vec<_> = matrix.cells.iter().flatten().collect();
    assert!(cells.iter().any(|cell| cell.is_some()) && cells.iter().any(|cell| cell.is_none()));

    let even = (0..1_500).map(|at| (2 * at).to_string()).collect::<Vec<_>>().join(", ");
    let numbers = costly("n: int 0..3000", &format!("n in {{{even}}}"));
    let timeline = numbers.timeline(&numbers.request(), "n").unwrap();
    assert!(!timeline.complete);
    let last = timeline.segments.last().unwrap().values.as_ref().unwrap().ranges[0].last.clone();
    assert!(matches!(last, Some(Fact::Int(100..2000))), "{last:?}");
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
