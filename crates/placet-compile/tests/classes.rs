//! The guarantees of classes: values of one class give every condition of the policy the same truth, and some
//! comparison tells values of two classes of a symbol, text or set apart. For ordered attributes the second guarantee
//! covers only neighbouring classes.

use placet_model::Model;
use placet_model::condition::ConditionId;
use placet_model::policy::Rule;
use placet_model::request::{Assignment, AttributeInput};
use placet_model::solver::truths;
use placet_model::types::{Attribute, AttributeId};
use placet_model::value::Value;
use placet_program::{Program, VariableKind};
use placet_samples::{Random, Requests, Shape, model, policy};
use std::collections::HashMap;
use std::sync::Arc;

const POLICIES: u64 = 400;
const VALUES: usize = 40;

/// Returns the conditions that decisions read.
fn used(model: &Model) -> Vec<ConditionId> {
    model.conditions.below(model.rules.iter().flat_map(Rule::conditions))
}

/// Returns the comparisons among them that contain only this attribute.
fn own(model: &Model, used: &[ConditionId], id: AttributeId) -> Vec<ConditionId> {
    let is_own = |condition: &ConditionId| {
        model.conditions.get(*condition).as_leaf().is_some_and(|atom| atom.attributes() == [id])
    };
    used.iter().copied().filter(is_own).collect()
}

/// The truths of conditions, and a value that has them.
type Seen = (Vec<Option<bool>>, AttributeInput);

struct Counted {
    together: usize,
    apart: usize,
}

fn one_policy(seed: u64, shape: &Shape, counted: &mut Counted) {
    let mut random = Random::new(seed);
    let text = policy(&mut random, shape);
    let mut model = model(&text).unwrap();
    // No diagram is needed: classes exist before it.
    model.limits.graph_steps = 0;
    let model = Arc::new(model);
    let program: Program = placet_compile::compile(model.clone());
    let requests = Requests::new(&model);
    let used = used(&model);
    let roots: Vec<ConditionId> = model.rules.iter().flat_map(Rule::conditions).collect();
    for (id, attribute) in model.attribute_ids() {
        let own = own(&model, &used, id);
        let variable =
            program.variables().iter().position(|variable| variable.source == VariableKind::Value(id));
        let mut request = requests.request(&mut random, if seed.is_multiple_of(2) { 0 } else { 30 });
        let mut by_classes: HashMap<(bool, Vec<u32>), Seen> = HashMap::new();
        let mut by_truths: HashMap<Vec<Option<bool>>, (u32, AttributeInput)> = HashMap::new();
        for _ in 0..VALUES {
            let given = AttributeInput::Value(requests.value(&mut random, id, &request).unwrap());
            request.put(&model, id, given.clone()).unwrap();
            let frame = program.frame_of(&request).unwrap();
            let facts = Assignment::new(&model, &request).unwrap();
            let truths = truths(&model, &facts);
            // Beside `none` an attribute has some value, which comparisons read but no rule depends on.
            let is_none = |(id, one): (AttributeId, &Attribute)| {
                one.companion_of.is_some() && facts.value(id) == Some(&Value::Bool(true))
            };
            let has_none = model.attribute_ids().any(is_none);
            let compared = if has_none { &roots } else { &used };
            let all: Vec<Option<bool>> = compared.iter().map(|condition| truths.get(*condition)).collect();
            let (known, other) = by_classes
                .entry((has_none, frame.classes().to_vec()))
                .or_insert_with(|| (all.clone(), given.clone()));
            let context = |other: &AttributeInput| {
                format!("{seed}: `{}`: {given:?} and {other:?}:\n{text}", attribute.name)
            };
            assert_eq!(*known, all, "one class, two truths: {}", context(other));
            counted.together += usize::from(*other != given);
            if let Some(variable) = variable.filter(|_| !has_none && attribute.kind.ordinals().is_none()) {
                let class = frame.classes()[variable];
                let signature: Vec<Option<bool>> =
                    own.iter().map(|condition| truths.get(*condition)).collect();
                let (known, other) = by_truths.entry(signature).or_insert_with(|| (class, given.clone()));
                assert_eq!(*known, class, "two classes that nothing tells apart: {}", context(other));
            }
        }
        counted.apart += by_truths.len().saturating_sub(1);
    }
}

#[test]
fn classes_are_what_conditions_tell_apart() {
    let mut counted = Counted { together: 0, apart: 0 };
    for seed in 0..POLICIES {
        let shapes = [Shape::small(), Shape::related(), Shape::middle(), Shape::wide()];
        one_policy(seed, &shapes[usize::try_from(seed).unwrap() % shapes.len()], &mut counted);
    }
    assert!(counted.together > 10_000 && counted.apart > 1_000, "{} and {}", counted.together, counted.apart);
}
