//! Compares the answers of C with those of Rust: on the corpus, and on random policies with random requests, by name,
//! by handle and as JSON.

#![cfg(target_os = "linux")]

mod support;

use placet::__private::Internals;
use placet::{Date, Duration, Input, Policy, Request, Time};
use placet_model::request::AttributeInput;
use placet_model::types::{Members, Type, Universe};
use placet_model::value::Value as Known;
use placet_samples::{Random, Requests, Shape, model, policy, saved, with_optional};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Build, Workshop, here, root, run_with_input};

/// Runs the answering program with a policy and lines, and returns its answers.
fn answers(program: &Path, policy: &Path, lines: &str) -> Vec<Value> {
    let printed = run_with_input(Command::new(program).arg(policy), lines);
    printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// Compiles the answering program, which documents its lines.
fn answerer(shop: &Workshop, build: Build) -> PathBuf {
    shop.compile(&here().join("tests/programs/answers.c"), build)
}

/// Converts a decision of Rust to the form of the program's answers.
fn answer(answer: Result<impl serde::Serialize, placet::RequestError>) -> Value {
    match answer {
        Ok(decision) => json!({ "decision": decision, "parts": decision }),
        Err(error) => json!({ "error": error }),
    }
}

/// Returns true if `actual` contains `expected`: in objects each expected key, in lists each item at its index.
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

/// Checks the answers to a file of the corpus, and returns their number.
fn check_corpus(program: &Path, name: &str, policy: &Path) -> usize {
    let folder = root().join("crates/placet/tests/corpus");
    let read = |kind: &str| std::fs::read_to_string(folder.join(format!("{name}.{kind}.jsonl"))).unwrap();
    let (requests, expected) = (read("requests"), read("answers"));
    let rust = Policy::open(policy).unwrap();
    let lines: String = requests.lines().map(|request| format!("json {request}\n")).collect();
    let actual = answers(program, policy, &lines);
    assert_eq!(actual.len(), expected.lines().count(), "{name}: as many answers as requests");
    for ((request, expected), actual) in requests.lines().zip(expected.lines()).zip(&actual) {
        let expected: Value = serde_json::from_str(expected).unwrap();
        let decided = actual.get("decision").unwrap_or(actual);
        assert!(holds(&expected, decided), "{name}: {request}\n  expected {expected}\n  came     {decided}");
        assert_eq!(*actual, answer(rust.decide_json(request)), "{name}: {request}");
    }
    actual.len()
}

#[test]
fn decide_answers_the_corpus_as_expected() {
    let shop = Workshop::new();
    let program = answerer(&shop, Build::Shared);
    let mut cases = 0;
    for entry in std::fs::read_dir(root().join("crates/placet/tests/corpus")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "placet") {
            cases += check_corpus(&program, path.file_stem().unwrap().to_str().unwrap(), &path);
        }
    }
    assert!(cases > 800, "the corpus was found: {cases} cases");
    assert!(check_corpus(&program, "clauses", &root().join("examples/zai/privacy.placet")) > 200);
}

/// Encodes a text for the program.
fn hex(text: &str) -> String {
    text.bytes().fold("x".to_owned(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Sets an attribute in Rust, and returns the line that makes the program set the same.
struct Giver<'r> {
    rust: &'r mut Request,
    name: &'r str,
    by_handle: bool,
}

impl Giver<'_> {
    /// Sets the attribute. Returns the line and the error, if there is one.
    fn give(&mut self, kind: &str, value: &str, input: Input<'_>) -> (String, Option<Value>) {
        let how = if self.by_handle { "put" } else { "set" };
        let refused = self.rust.set(self.name, input).err().map(|error| json!({ "error": error }));
        (format!("{how} {kind} {} {value}\n", self.name), refused)
    }

    /// Sets the attribute to names: by name as a text or as texts, by handle as a looked-up value.
    fn names(&mut self, kind: &str, names: &[&str], input: Input<'_>) -> (String, Option<Value>) {
        let words: Vec<String> = names.iter().map(|name| hex(name)).collect();
        let kind = if self.by_handle { "value" } else { kind };
        self.give(kind, &words.join(" "), input)
    }

    fn given(&mut self, kind: &Type, given: &AttributeInput) -> (String, Option<Value>) {
        match (given, kind) {
            (AttributeInput::Null, _) => self.give("null", "", Input::Null),
            (AttributeInput::OneOf(leaves), Type::Symbol(Universe::Taxonomy(taxonomy))) => {
                let (first, count) = (leaves.iter().next().unwrap(), leaves.iter().count());
                let node = taxonomy.nodes.iter().find(|(_, node)| {
                    node.first == first && (node.end - node.first) as usize == count && !node.is_leaf
                });
                match node {
                    Some((name, _)) => self.names("text", &[name], Input::from(&**name)),
                    // A taxonomy with several roots has no node for all of its leaves. An unknown value means the same.
                    None => self.give("null", "", Input::Null),
                }
            }
            (AttributeInput::Value(value), _) => self.value(kind, value),
            _ => unreachable!("only taxonomies have inner nodes"),
        }
    }

    fn value(&mut self, kind: &Type, value: &Known) -> (String, Option<Value>) {
        match (value, kind) {
            (Known::None, _) => self.give("null", "", Input::Null),
            (Known::Bool(value), _) => self.give("bool", &u8::from(*value).to_string(), Input::Bool(*value)),
            (Known::Int(value), _) => self.give("int", &value.to_string(), Input::Int(*value)),
            // The shortest text that parses to the same number.
            (Known::Number(value), _) => self.give("number", &format!("{value:e}"), Input::Number(*value)),
            (Known::String(text), _) => self.give("text", &hex(text), Input::from(&**text)),
            (Known::Date(days), _) => {
                self.give("date", &days.to_string(), Input::Date(Date::from_days(*days)))
            }
            (Known::Time(micros), _) => {
                self.give("time", &micros.to_string(), Input::Time(Time::from_micros(*micros)))
            }
            (Known::Duration(micros), _) => {
                self.give("duration", &micros.to_string(), Input::Duration(Duration::from_micros(*micros)))
            }
            (Known::Symbol(symbol), Type::Symbol(universe)) => {
                let name = universe.name(*symbol);
                self.names("text", &[name], Input::from(name))
            }
            (Known::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
                let names: Vec<&str> = set.iter().map(|symbol| universe.name(symbol)).collect();
                self.names("texts", &names, Input::from(names.clone()))
            }
            (Known::Texts(texts), _) => {
                let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
                let words: Vec<String> = texts.iter().map(|text| hex(text)).collect();
                self.give("texts", &words.join(" "), Input::from(texts))
            }
            _ => unreachable!("a value of the type"),
        }
    }

    /// Sets the attribute, by name, to a value that few attributes accept.
    fn odd(&mut self, random: &mut Random) -> (String, Option<Value>) {
        self.by_handle = false;
        match random.below(7) {
            0 => self.give("bool", "1", Input::Bool(true)),
            1 => self.give("int", "-7", Input::Int(-7)),
            2 => self.give("number", "0.25", Input::Number(0.25)),
            3 => self.give("text", &hex("2026-01-15"), Input::from("2026-01-15")),
            4 => self.give("texts", &format!("{} {}", hex("a"), hex("é\0")), Input::from(vec!["a", "é\0"])),
            5 => self.give("date", "99999999", Input::Date(Date::from_days(99_999_999))),
            _ => self.give("duration", "5", Input::Duration(Duration::from_micros(5))),
        }
    }
}

/// Returns the lines of a random request, and the expected answers.
fn request(
    policy: &Policy,
    requests: &Requests<'_>,
    random: &mut Random,
    by_handle: bool,
) -> (String, Vec<Value>) {
    let model = policy.model();
    let made = requests.any(random);
    let mut rust = policy.request();
    let (mut lines, mut expected) = ("clear\n".to_owned(), Vec::new());
    for (id, attribute) in model.declared() {
        let mut giver = Giver { rust: &mut rust, name: &attribute.name, by_handle };
        let odd = random.chance(5).then(|| giver.odd(random));
        giver.by_handle = by_handle;
        let given = made.get(id).map(|given| giver.given(&attribute.kind, given));
        for (line, refused) in odd.into_iter().chain(given) {
            lines.push_str(&line);
            expected.extend(refused);
        }
    }
    lines.push_str("decide\n");
    expected.push(answer(policy.decide(&rust)));
    (lines, expected)
}

#[test]
fn decide_answers_random_requests_like_rust() {
    const POLICIES: u64 = 30;
    const REQUESTS: usize = 40;
    let shop = Workshop::new();
    let program = answerer(&shop, Build::Shared);
    let shapes = [Shape::small, Shape::middle, Shape::related, Shape::structured];
    let (mut decided, mut refused) = (0, 0);
    for seed in 0..POLICIES {
        let mut random = Random::new(seed);
        let text = policy(&mut random, &shapes[usize::try_from(seed).unwrap() % shapes.len()]());
        let path = shop.path().join("random.placet");
        // Every second policy has optional attributes.
        let share = if seed % 2 == 0 { 0 } else { 50 };
        let model = with_optional(&mut random, model(&text).unwrap(), share);
        std::fs::write(&path, saved(model)).unwrap();
        let policy = Policy::open(&path).unwrap();
        let requests = Requests::new(policy.model());
        let (mut lines, mut expected) = (String::new(), Vec::new());
        for number in 0..REQUESTS {
            let (more, answers) = request(&policy, &requests, &mut random, number % 2 == 0);
            lines.push_str(&more);
            expected.extend(answers);
        }
        let actual = answers(&program, &path, &lines);
        assert_eq!(actual.len(), expected.len(), "policy {seed}:\n{text}\n{lines}");
        for (actual, expected) in actual.iter().zip(&expected) {
            assert_eq!(actual, expected, "policy {seed}:\n{text}\n{lines}");
            if expected.get("error").is_some() { refused += 1 } else { decided += 1 }
        }
    }
    assert!(decided * 4 > POLICIES as usize * REQUESTS * 3 && refused > 100, "{decided} and {refused}");
}
