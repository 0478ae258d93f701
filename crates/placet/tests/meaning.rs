//! Compares decisions with an interpreter of the syntax tree, which follows the definition of the language word by word.

#[path = "meaning/generator.rs"]
mod generator;
#[path = "meaning/interpreter.rs"]
mod interpreter;

use interpreter::{Interpreter, Outcome};
use placet::{Effect, Policy};
use placet_samples::Random;
use placet_syntax::{Limits, Sources, parse};
use serde_json::json;
use std::path::Path;

/// The number of policies and of requests of each that the corpus holds.
const KEPT: (u64, usize) = (8, 40);

/// Interprets a policy that compiles.
fn interpreted<T>(text: &str, found: impl FnOnce(&Interpreter<'_>) -> T) -> T {
    let mut sources = Sources::default();
    let file = sources.add("random.placet", text);
    let (tree, _) = parse(&sources, file, &Limits::default());
    found(&Interpreter::new(&tree))
}

/// The cases `forms_*` of the corpus are what the interpreter says. `INSTA_UPDATE=always` writes them.
#[test]
fn corpus_holds_the_answers_of_the_interpreter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let compiling = (1_000_000..).map(|seed| (seed, generator::policy(&mut Random::new(seed))));
    let compiling = compiling.filter(|(_, text)| Policy::from_text(text).is_ok());
    for (number, (seed, text)) in (1..=KEPT.0).zip(compiling) {
        let mut random = Random::new(seed ^ 1);
        let requests = std::iter::repeat_with(|| generator::request(&mut random)).take(KEPT.1);
        let (mut asked, mut answers) = (String::new(), String::new());
        interpreted(&text, |interpreter| {
            for (request, json) in requests {
                let outcome = interpreter.decide(&request);
                let effect = if outcome.is_allowed { "allow" } else { "deny" };
                let answer = json!({"effect": effect, "rules": outcome.rules, "certain": outcome.rules, "missing": []});
                asked += &format!("{json}\n");
                answers += &format!("{answer}\n");
            }
        });
        for (ending, content) in [("placet", &text), ("requests.jsonl", &asked), ("answers.jsonl", &answers)]
        {
            let path = folder.join(format!("forms_{number:02}.{ending}"));
            if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
                std::fs::write(&path, content).unwrap();
            }
            assert_eq!(&std::fs::read_to_string(&path).unwrap(), content, "{}", path.display());
        }
    }
}

/// Returns the number of random policies: `PLACET_POLICIES`, or few enough for every day.
fn policies() -> u64 {
    std::env::var("PLACET_POLICIES").ok().and_then(|count| count.parse().ok()).unwrap_or(400)
}

#[test]
fn decisions_agree_with_the_definition_of_the_language() {
    const REQUESTS: usize = 40;
    let (mut compiled, mut allowed, mut compared) = (0_u64, 0_u64, 0_u64);
    for seed in 0..policies() {
        let mut random = Random::new(seed);
        let text = generator::policy(&mut random);
        // Comparisons that can't hold are errors; the others are told by the messages below.
        let policy = match Policy::from_text(&text) {
            Ok(policy) => policy,
            Err(error) => {
                let codes: Vec<&str> = error
                    .diagnostics
                    .iter()
                    .filter(|one| one.is_error())
                    .map(|one| one.code.as_str())
                    .collect();
                assert!(
                    codes.iter().all(|code| ["P0408", "P0404", "P0403"].contains(code)),
                    "{text}\n{error}"
                );
                continue;
            }
        };
        compiled += 1;
        let requests: Vec<_> = (0..REQUESTS).map(|_| generator::request(&mut random)).collect();
        let expected: Vec<Outcome> = interpreted(&text, |interpreter| {
            requests.iter().map(|(request, _)| interpreter.decide(request)).collect()
        });
        for ((_, json), expected) in requests.iter().zip(expected) {
            let decision = policy.decide_json(&json.to_string()).unwrap();
            let found = Outcome {
                is_allowed: decision.effect == Effect::Allow,
                rules: decision.rules.iter().map(|rule| rule.to_string()).collect(),
                obligations: decision.obligations.iter().map(|due| due.name.to_string()).collect(),
            };
            assert_eq!(found, expected, "seed {seed}\n{text}\n{json}");
            assert_ne!(decision.effect, Effect::Indeterminate, "seed {seed}\n{text}\n{json}");
            allowed += u64::from(expected.is_allowed);
            compared += 1;
        }
    }
    assert!(compiled * 3 > policies(), "only {compiled} of {} policies compiled", policies());
    assert!(allowed * 20 > compared, "only {allowed} of {compared} requests were allowed");
}
