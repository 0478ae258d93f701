//! Writes random policies with requests and the reference evaluator's answers, for tests in other languages.
//!
//! `samples SEED POLICIES REQUESTS` writes a JSON object a line: the text of a policy, and its requests, each with its
//! answer.

use placet_model::Model;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver::decide;
use placet_model::types::{Members, Type, Universe};
use placet_model::value::Value;
use placet_samples::{Random, Requests, Shape, model, policy};
use serde_json::{Map, Value as Json, json};
use std::error::Error;
use std::io::{BufWriter, Write};

const SHAPES: [fn() -> Shape; 3] = [Shape::small, Shape::related, Shape::middle];

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [first, policies, requests] = numbers[..] else {
        return Err("samples SEED POLICIES REQUESTS".into());
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (seed, shape) in (first..first + policies).zip(SHAPES.iter().cycle()) {
        let mut random = Random::new(seed);
        let text = policy(&mut random, &shape());
        let model = model(&text).map_err(|faults| faults.join("\n"))?;
        let maker = Requests::new(&model);
        let mut cases = Vec::new();
        for _ in 0..requests {
            let request = maker.any(&mut random);
            let Some(written) = written(&model, &request) else { continue };
            let answer = decide(&model, &Assignment::new(&model, &request)?);
            cases.push(json!({ "request": written, "answer": answer }));
        }
        writeln!(out, "{}", json!({ "policy": text, "cases": cases }))?;
    }
    Ok(out.flush()?)
}

/// The request as JSON, unless it holds a choice of leaves that no node names.
fn written(model: &Model, request: &Request) -> Option<Json> {
    let mut entries = Map::new();
    for (id, attribute) in model.attribute_ids() {
        let value = match (request.get(id), &attribute.kind) {
            (None, _) => continue,
            (Some(AttributeInput::Null), _) => Json::Null,
            (Some(AttributeInput::Value(value)), kind) => value_of(value, kind),
            (Some(AttributeInput::OneOf(leaves)), Type::Symbol(Universe::Taxonomy(tree))) => {
                let named =
                    |name| Universe::Taxonomy(tree.clone()).find(name).is_some_and(|(all, _)| all == *leaves);
                json!(tree.nodes.keys().find(|name| named(name))?)
            }
            (Some(AttributeInput::OneOf(_) | AttributeInput::Pending), _) => return None,
        };
        entries.insert(attribute.name.to_string(), value);
    }
    Some(Json::Object(entries))
}

fn value_of(value: &Value, kind: &Type) -> Json {
    match (value, kind) {
        (Value::Bool(value), _) => json!(value),
        (Value::Int(value), _) => json!(value),
        (Value::Number(value), _) => json!(value),
        (Value::String(text), _) => json!(text),
        (Value::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
            json!(set.iter().map(|symbol| universe.name(symbol)).collect::<Vec<_>>())
        }
        (Value::Texts(texts), _) => json!(texts),
        (Value::Duration(micros), _) => {
            let (sign, micros) = (if *micros < 0 { "-" } else { "" }, micros.unsigned_abs());
            json!(format!("{sign}PT{}.{:06}S", micros / 1_000_000, micros % 1_000_000))
        }
        // JSON takes names, dates and times in the form that a policy has.
        (value, kind) => json!(value.display(kind)),
    }
}
