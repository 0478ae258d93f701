//! Every way to give a request: the same answer, the same error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what helps a test may panic as the test may, of which alone clippy.toml speaks"
)]

mod support;

use placet::{Decision, Policy, RequestError};
use placet_model::reference;
use placet_model::request::{Facts, Request};
use support::{Random, all_policies, corpus, policy_of};

/// What the plain reader and the reference evaluator say.
fn plainly(policy: &Policy, text: &str) -> Result<Decision, RequestError> {
    let request = Request::from_json(policy.model(), text)?;
    Ok(reference::decide(policy.model(), &Facts::of(policy.model(), &request)?))
}

fn compare(policy: &Policy, text: &str) {
    let (plain, fast) = (plainly(policy, text), policy.decide_json(text));
    let filled = policy.request().fill_from_json(text).map(drop);
    let read = policy.request_from_json(text).map(drop);
    assert_eq!(filled, read, "{text}");
    match (plain, fast) {
        (Err(plain), Err(fast)) => assert_eq!(fast, plain, "{text}"),
        (Ok(plain), Ok(fast)) if plain.approximate || fast.approximate => {}
        (Ok(plain), Ok(fast)) => {
            assert_eq!(fast, plain, "{text}");
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            // A value that went through `serde_json` has lost how its numbers were written.
            if !text.contains(['.', 'e', 'E']) {
                assert_eq!(policy.decide_from(&value).as_ref(), Ok(&fast), "{text}");
            }
            assert_eq!(policy.effect_json(text), Ok(fast.effect));
        }
        (plain, fast) => panic!("{text}\n{plain:?}\n{fast:?}"),
    }
}

/// A text with a small change.
fn changed(random: &mut Random, text: &str) -> String {
    const PIECES: [&str; 20] = [
        "null",
        "{}",
        "[]",
        "\"\"",
        "0",
        "-1",
        "1.0",
        "1e2",
        "true",
        "\"x\"",
        ",",
        ":",
        "{",
        "}",
        "\\u0041",
        "\"subject\": {},",
        "99999999999999999999",
        "\"P1D\"",
        "\"2026-02-30\"",
        "[\"x\", 1]",
    ];
    let mut bytes = text.as_bytes().to_vec();
    let at = random.below(bytes.len() as u64 + 1) as usize;
    match random.below(4) {
        0 => drop(bytes.splice(at..at, random.pick(&PIECES).bytes())),
        1 => {
            let end = (at + random.below(12) as usize).min(bytes.len());
            drop(bytes.splice(at..end, random.pick(&PIECES).bytes()));
        }
        2 => drop(bytes.drain(at..(at + 1 + random.below(6) as usize).min(bytes.len()))),
        // An entry twice, perhaps with another value.
        _ => {
            let entries = text.trim().trim_start_matches('{').trim_end_matches('}');
            return format!("{{{entries}, {}}}", entries.split(", ").next().unwrap_or(""));
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn requests_and_faulty_requests_read_alike() {
    let mut random = Random(3);
    let mut compared = 0;
    for path in all_policies() {
        if !path.parent().unwrap().ends_with("tests/corpus") {
            continue;
        }
        let policy = policy_of(&path);
        let requests = corpus(path.file_stem().unwrap().to_str().unwrap(), "requests.jsonl");
        for line in requests.lines().filter(|line| !line.trim().is_empty()) {
            compare(&policy, line);
            for _ in 0..8 {
                compare(&policy, &changed(&mut random, line));
                compared += 1;
            }
        }
    }
    assert!(compared > 3_000, "{compared}");
}
