//! Writes random policies with requests and the reference evaluator's answers, for tests in other languages.
//!
//! `samples SEED POLICIES REQUESTS` writes a JSON object a line: the text of a policy, and its requests, each with its
//! answer.

use placet_model::Model;
use placet_model::input::Fact;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver::decide;
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
    for (id, attribute) in model.declared() {
        let Some(given) = request.get(id) else { continue };
        let fact = Fact::from_given(&attribute.kind, given);
        if fact.is_none() && *given != AttributeInput::Null {
            return None;
        }
        let value = match fact {
            // A column has one type, so durations of whole seconds are texts like finer ones.
            Some(Fact::Duration(duration)) => json!(duration.to_iso8601()),
            fact => json!(fact),
        };
        entries.insert(attribute.name.to_string(), value);
    }
    Some(Json::Object(entries))
}
