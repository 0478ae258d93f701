//! Compares a reused `Frame` with the list of its inputs.

use placet_model::request::{AttributeInput, Request, ValueError};
use placet_model::types::{AttributeId, Presence, Type};
use placet_model::value::Value;
use placet_program::{Frame, Program};
use placet_samples::{Random, Requests, Shape, model, policy, with_optional};
use std::collections::BTreeMap;
use std::sync::Arc;

const POLICIES: u64 = 60;
const STEPS: usize = 120;

/// The last input of each attribute.
type Inputs = BTreeMap<AttributeId, AttributeInput>;

fn assert_holds(program: &Program, frame: &Frame, inputs: &Inputs, context: &str) {
    let mut request = Request::new();
    for (id, input) in inputs {
        request.put(program.model(), *id, input.clone()).unwrap();
    }
    assert_eq!(frame.request(program), request, "{context}");
    // No trace of earlier inputs: the classes are those of a new frame.
    assert_eq!(frame.classes(), program.frame_of(&request).unwrap().classes(), "{context}");
    for (id, _) in program.model().declared() {
        let input = inputs.get(&id);
        assert_eq!(frame.given(program, id).as_ref(), input, "{context}");
        assert_eq!(frame.is_null(id), input == Some(&AttributeInput::Null), "{context}");
        assert_eq!(frame.is_pending(id), input == Some(&AttributeInput::Pending), "{context}");
        let is_given = input.is_some_and(|input| *input != AttributeInput::Pending);
        assert_eq!(frame.is_given(id), is_given, "{context}");
    }
}

/// Returns a value of another type.
fn misplaced(kind: &Type) -> Value {
    match kind {
        Type::Bool => Value::String("true".into()),
        _ => Value::Bool(true),
    }
}

#[test]
fn put_and_clear_leave_no_trace_of_earlier_inputs() {
    let mut kept = 0;
    for seed in 0..POLICIES {
        let mut random = Random::new(seed);
        let shapes = [Shape::small(), Shape::related(), Shape::middle()];
        let text = policy(&mut random, &shapes[seed as usize % shapes.len()]);
        let share = random.below(2) as u32 * 50;
        let model = Arc::new(with_optional(&mut random, model(&text).unwrap(), share));
        let program = placet_compile::compile(model.clone());
        let requests = Requests::new(&model);
        let ids: Vec<AttributeId> = model.declared().map(|(id, _)| id).collect();
        let (mut frame, mut inputs) = (program.frame(), Inputs::new());
        for step in 0..STEPS {
            let context = format!("policy {seed}, step {step}\n{text}");
            let id = *random.pick(&ids).unwrap();
            let attribute = model.attribute(id).unwrap();
            if random.chance(3) {
                frame.clear(&program);
                inputs.clear();
            } else if random.chance(10) {
                let none = (!attribute.is_optional()).then_some(Value::None);
                for wrong in none.into_iter().chain([misplaced(&attribute.kind)]) {
                    let wrong = AttributeInput::Value(wrong);
                    assert_eq!(frame.put(&program, id, &wrong), Err(ValueError::WrongType), "{context}");
                }
            } else {
                let input = match random.below(10) {
                    // A request gives each required attribute.
                    0 | 1 if attribute.presence == Presence::Required => continue,
                    0 => AttributeInput::Null,
                    1 => AttributeInput::Pending,
                    _ => match requests.any(&mut random).get(id) {
                        Some(input) => input.clone(),
                        None => continue,
                    },
                };
                frame.put(&program, id, &input).unwrap();
                let is_none = input == AttributeInput::Null && attribute.is_optional();
                inputs.insert(id, if is_none { AttributeInput::Value(Value::None) } else { input });
                kept += 1;
            }
            assert_holds(&program, &frame, &inputs, &context);
        }
    }
    assert!(kept > 3_000, "{kept}");
}
