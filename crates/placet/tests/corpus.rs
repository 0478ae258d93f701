//! The corpus of cases in plain files: see `tests/README.md`.

mod support;

use serde_json::Value;
use std::path::Path;
use support::{corpus, policy_of};

/// Returns true if `actual` contains `expected`: the given keys of objects, the items of lists one by one.
fn holds(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            expected.iter().all(|(key, value)| actual.get(key).is_some_and(|actual| holds(value, actual)))
        }
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len() && expected.iter().zip(actual).all(|(e, a)| holds(e, a))
        }
        _ => expected == actual,
    }
}

fn answer(policy: &placet::Policy, request: &str) -> Value {
    match policy.request_from_json(request).and_then(|request| policy.decide(&request)) {
        Ok(decision) => serde_json::json!(decision),
        Err(error) => serde_json::json!({ "error": error }),
    }
}

fn check(name: &str, path: &Path) -> usize {
    let policy = policy_of(path);
    let (requests, answers) = (corpus(name, "requests.jsonl"), corpus(name, "answers.jsonl"));
    let (requests, answers): (Vec<&str>, Vec<&str>) = (requests.lines().collect(), answers.lines().collect());
    assert_eq!(requests.len(), answers.len(), "{name}: as many answers as requests");
    for (line, (request, expected)) in requests.iter().zip(&answers).enumerate() {
        let expected: Value = serde_json::from_str(expected).unwrap();
        let actual = answer(&policy, request);
        assert!(
            holds(&expected, &actual),
            "{name}, line {}:\n  {request}\n  expected {expected}\n  came     {actual}",
            line + 1
        );
    }
    requests.len()
}

#[test]
fn every_answer_is_as_expected() {
    let mut cases = 0;
    for path in support::corpus_policies() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        cases += check(&name, &path);
    }
    assert!(cases > 800, "the corpus was found: {cases} cases");
}

#[test]
fn the_privacy_policy_agrees_with_its_clauses() {
    let path = support::root().join("examples/zai/privacy.placet");
    assert!(check("clauses", &path) > 200);
}
