//! Compares every evaluator with the reference on policies with optional attributes, also after saving and loading.

use placet_model::decision::Effect;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::{AttributeId, Type};
use placet_model::value::Value;
use placet_model::{Model, reference, solver};
use placet_program::Program;
use placet_samples::{Engines, Random, Requests, Shape, model, policy, with_optional};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const POLICIES: u64 = 12;
const REQUESTS: usize = 25;

#[test]
fn every_engine_decides_optional_attributes_as_the_reference_does() {
    let shapes = [Shape::small(), Shape::related(), Shape::middle(), Shape::structured()];
    let (mut enumerated, mut undecided) = (0, 0);
    for seed in 0..POLICIES {
        let mut random = Random::new(seed);
        let text = policy(&mut random, &shapes[seed as usize % shapes.len()]);
        let model = with_optional(&mut random, model(&text).unwrap(), 60);
        let engines = Engines::new(&model);
        let loaded: Vec<Program> = engines
            .programs()
            .map(|(_, program)| Program::from_bytes(&program.to_bytes()).unwrap())
            .collect();
        let (mut frames, requests) = (engines.frames(), Requests::new(&model));
        for _ in 0..REQUESTS {
            let request = requests.any(&mut random);
            for answer in engines.answers_in(&mut frames, &request) {
                assert!(answer.fault().is_none(), "policy {seed}\n{text}\n{request:?}\n{answer:#?}");
                enumerated += usize::from(answer.is_enumerated);
                undecided += usize::from(answer.decision.effect == Effect::Indeterminate);
            }
            for ((wanted, program), loaded) in engines.programs().zip(&loaded) {
                let (before, after) =
                    (program.frame_of(&request).unwrap(), loaded.frame_of(&request).unwrap());
                assert_eq!(program.decide(&before), loaded.decide(&after), "policy {seed}, {wanted}\n{text}");
            }
            // A list of missing attributes names each declared one once.
            let missing = solver::decide(&model, &Assignment::new(&model, &request).unwrap()).missing;
            assert!(missing.iter().all(|name| model.find(name).is_some()), "{missing:?}");
            assert!(missing.is_sorted_by(|one, other| one < other), "{missing:?}");
        }
    }
    assert!(enumerated > 1_200 && undecided > 120, "{enumerated}, {undecided}");
}

/// Returns the domain of an attribute.
fn domain(model: &Model, id: AttributeId) -> Vec<Value> {
    let attribute = model.attribute(id).unwrap();
    let mut values: Vec<Value> = match &attribute.kind {
        Type::Bool => [false, true].map(Value::Bool).into(),
        Type::Int(low, high) => (*low..=*high).map(Value::Int).collect(),
        Type::Symbol(universe) => (0..universe.len()).map(Value::Symbol).collect(),
        other => panic!("{other} is not listed"),
    };
    values.extend(attribute.is_optional().then_some(Value::None));
    values
}

/// Returns the effect of each completion of a request, by its values.
fn completions(model: &Model, request: &Request) -> BTreeMap<Vec<usize>, Effect> {
    let domains: Vec<Vec<Value>> = model
        .declared()
        .map(|(id, _)| match request.get(id) {
            Some(AttributeInput::Value(value)) => vec![value.clone()],
            _ => domain(model, id),
        })
        .collect();
    let mut all = vec![Vec::new()];
    for domain in &domains {
        let with = |one: Vec<usize>| (0..domain.len()).map(move |next| [one.as_slice(), &[next]].concat());
        all = all.into_iter().flat_map(with).collect();
    }
    let effect = |values: &Vec<usize>| {
        let mut complete = Request::new();
        for ((id, _), (domain, value)) in model.declared().zip(domains.iter().zip(values)) {
            complete.put(model, id, AttributeInput::Value(domain[*value].clone())).unwrap();
        }
        reference::decide(model, &Assignment::new(model, &complete).unwrap()).unwrap().effect
    };
    all.into_iter().map(|values| (values.clone(), effect(&values))).collect()
}

/// `none` is one more value of the domain: the decision of an incomplete request is that of its completions, and two
/// completions that differ in an attribute alone make it matter.
#[test]
fn missing_optional_attributes_may_be_none() {
    let text = "policy p
        request { x: int 0..3  y: int 0..3  e: { a, b, c }  f: { a, b, c }  m: bool }
        rule one { allow when x < 2 and e in {a, b} except when e is f }
        rule two { allow when x - y > 0 and not m }
        rule three { deny when y is 3 and e is not c }
        rule four { deny when m and (f is a or x + y is 2) }";
    let mut undecided = 0;
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let model = with_optional(&mut random, model(text).unwrap(), 50);
        let program = placet_compile::compile(Arc::new(model.clone()));
        for _ in 0..4 {
            let request = Requests::new(&model).request(&mut random, 50);
            // Defaults of `none` are values like those that a request gives.
            let mut given = request.clone();
            for (id, attribute) in model.declared() {
                if let (None, placet_model::types::Presence::Default(value)) =
                    (request.get(id), &attribute.presence)
                {
                    given.put_checked(id, AttributeInput::Value(value.clone()));
                }
            }
            let all = completions(&model, &given);
            let effects: BTreeSet<&str> = all.values().map(|effect| effect.as_str()).collect();
            let decision = program.decide(&program.frame_of(&request).unwrap()).unwrap();
            let expected = match effects.into_iter().collect::<Vec<_>>().as_slice() {
                [only] => *only,
                _ => "indeterminate",
            };
            assert_eq!(decision.effect.as_str(), expected, "{seed}: {request:?}");
            if decision.effect != Effect::Indeterminate {
                continue;
            }
            undecided += 1;
            let matters = |at: usize| {
                let mut seen: BTreeMap<Vec<usize>, Effect> = BTreeMap::new();
                all.iter().any(|(values, effect)| {
                    let mut others = values.clone();
                    others[at] = 0;
                    *seen.entry(others).or_insert(*effect) != *effect
                })
            };
            let names: BTreeSet<Arc<str>> = (model.declared().enumerate())
                .filter(|(at, _)| matters(*at))
                .map(|(_, (_, attribute))| attribute.name.clone())
                .collect();
            assert_eq!(decision.missing, names.into_iter().collect::<Vec<_>>(), "{seed}: {request:?}");
        }
    }
    assert!(undecided > 50, "{undecided}");
}
