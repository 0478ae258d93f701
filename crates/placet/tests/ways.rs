//! Every way to build a request gives the same answer and the same error.

mod support;

use placet::__private::Internals;
use placet::{Decision, ErrorCode, Input, KeyTarget, Policy, RequestError, RequestReader, Scope, ValueError};
use placet_model::solver;
use serde_json::{Map, Value};
use std::sync::Arc;
use support::{Random, all_policies, corpus, policy_of};

/// Decides with the solver.
fn plainly(policy: &Policy, text: &str) -> Result<Decision, RequestError> {
    let request = policy.request_from_json(text)?;
    let facts = policy.frame(&request)?.facts(policy.program())?;
    Ok(solver::decide(policy.model(), &facts))
}

/// An object, walked by hand.
fn walk(
    reader: &mut RequestReader<'_, '_>,
    level: Scope,
    object: &Map<String, Value>,
) -> Result<(), RequestError> {
    for (key, value) in object {
        let slot = match (reader.entry(level, key)?, value) {
            (KeyTarget::Attribute(slot), _) => slot,
            (KeyTarget::Object(inner), Value::Object(object)) => {
                walk(reader, inner, object)?;
                reader.leave(inner);
                continue;
            }
            (KeyTarget::Object(inner), _) => return Err(reader.no_object(inner)),
            _ => return Err(reader.unknown(level, key)),
        };
        match value {
            Value::Null => reader.put(slot, &Input::Null)?,
            Value::Bool(value) => reader.put(slot, &Input::Bool(*value))?,
            Value::Number(value) => reader.put(slot, &Input::Numeral(value.to_string().into()))?,
            Value::String(text) => reader.put(slot, &Input::from(&**text))?,
            Value::Array(members) => {
                reader.begin_set(slot, || Value::Array(members.clone()).to_string())?;
                for member in members {
                    match member.as_str() {
                        Some(text) => reader.member(slot, text)?,
                        None => {
                            return Err(reader.value_error(slot, ValueError::WrongType, &member.to_string()));
                        }
                    }
                }
                reader.end_set(slot)?;
            }
            Value::Object(_) => {
                return Err(reader.value_error(slot, ValueError::WrongType, &value.to_string()));
            }
        }
    }
    Ok(())
}

/// Asserts that walking a value gives the decision that serialising it gives; errors may show the value differently.
fn compare_walk(policy: &Policy, value: &Value) {
    let Value::Object(object) = value else { return };
    let read = |reader: &mut RequestReader<'_, '_>| {
        let root = reader.root();
        walk(reader, root, object)
    };
    let walked = policy.decide_with(read);
    match (policy.decide_from(value), &walked) {
        (Err(plain), Err(walked)) => assert_eq!(
            (walked.code, &walked.attribute, &walked.expected),
            (plain.code, &plain.attribute, &plain.expected),
            "{value}"
        ),
        (plain, walked) => assert_eq!(*walked, plain, "{value}"),
    }
    assert_eq!(policy.effect_with(read), walked.clone().map(|decision| decision.effect));
    let kept = policy.request_with(read).and_then(|request| policy.decide(&request));
    assert_eq!(kept, walked, "{value}");
}

fn compare(policy: &Policy, text: &str) {
    let (plain, fast) = (plainly(policy, text), policy.decide_json(text));
    let filled = policy.request().fill_from_json(text).map(drop);
    let read = policy.request_from_json(text).map(drop);
    assert_eq!(filled, read, "{text}");
    if let Ok(value) = serde_json::from_str(text) {
        compare_walk(policy, &value);
    }
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

#[test]
fn put_missing_object_makes_each_attribute_below_missing() {
    let policy = Policy::from_text(
        "policy p request { a.b: bool default true  a.c.d: bool  ab: bool default true } rule r { allow when a.b and ab }",
    )
    .unwrap();
    let read = |first: &'static [&'static str]| {
        move |reader: &mut RequestReader<'_, '_>| -> Result<(), RequestError> {
            let root = reader.root();
            for key in first {
                match reader.entry(root, key)? {
                    KeyTarget::Attribute(slot) => reader.put(slot, &Input::Bool(true))?,
                    KeyTarget::Object(level) => {
                        reader.put_missing_object(level)?;
                        reader.leave(level);
                    }
                    KeyTarget::Unknown => return Err(reader.unknown(root, key)),
                }
            }
            Ok(())
        }
    };
    let decision: Decision = policy.decide_with(read(&["a"])).unwrap();
    assert_eq!(*decision.missing, [Arc::from("a.b")]);
    assert!(policy.decide_with(read(&[])).unwrap().is_allowed());
    for keys in [&["a.b", "a"], &["a", "a.b"]] {
        let error = policy.decide_with(read(keys)).unwrap_err();
        assert_eq!(error.attribute.as_deref(), Some("a.b"));
    }
}

#[test]
fn request_from_json_reads_a_hundred_objects_deep() {
    let names = [33, 100, 101, 50_000].map(|depth| vec!["a"; depth].join("."));
    let policies =
        names.map(|name| Policy::from_text(&format!("policy p request {{ {name}: bool }}")).unwrap());
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let reading = thread.spawn(move || {
        let deep = |depth: usize| format!("{}true{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        policies.map(|policy| {
            let depth = policy.model().attributes[0].name.split('.').count();
            policy.request_from_json(&deep(depth)).map(drop).map_err(|error| error.code)
        })
    });
    let unknown = Err(ErrorCode::UnknownAttribute);
    assert_eq!(reading.unwrap().join().unwrap(), [Ok(()), Ok(()), Ok(()), unknown]);
}
