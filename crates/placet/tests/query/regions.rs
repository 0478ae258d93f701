//! The regions of a query, and the next change.

use crate::POINTS;
use crate::values::{has_member, holds, ordinal};
use placet::query::{QueryError, Region, Regions};
use placet::{Fact, Policy};
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::AttributeId;
use placet_model::value::{Member, Value};
use placet_model::{Model, reference, solver};
use placet_samples::{Random, Requests, Shape, model, policy};
use std::collections::BTreeMap;
use std::sync::Arc;

const QUESTIONS: u64 = 600;
const QUESTIONS_OF_ONE: u64 = 20;

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

/// A policy whose answers depend on two unknown attributes that a condition relates: such a decision takes the most steps.
fn costly(declared: &str, condition: &str) -> Policy {
    Policy::from_text(&format!(
        "policy costly  request {{ {declared}  a1: date  b1: date  c1: date }}
         rule r {{ allow when {condition} and years(a1, b1) >= 7 and years(b1, c1) >= 7 and c1 - a1 <= 5400 days }}"
    ))
    .unwrap()
}

/// Two texts with 520 values each have more combinations than are listed, and 1,500 numbers that a rule lists one by one
/// take more steps than are taken. What wasn't decided is in no region, in no cell and in no segment.
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

#[test]
fn questions_over_too_many_values_are_refused() {
    let rule = |at: u32| format!("rule r{at} {{ allow when tenant is \"t{at}\" and age >= {} }}\n", at % 90);
    let rules: String = (0..10_000).map(rule).collect();
    let text = format!("policy p request {{ tenant: string  age: int 0..150 }}\n{rules}");
    let policy = Policy::from_text(&text).unwrap();
    let error = policy.query(&policy.request(), ["tenant"]).unwrap_err();
    assert_eq!(error.to_string(), "conditions tell too many values of `tenant` apart: give its value");
    assert!(policy.query(&policy.request(), ["age"]).unwrap().complete);
}
