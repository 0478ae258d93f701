//! Compares decisions with an interpreter of the syntax tree, which follows the definition of the language word by word.

#[path = "meaning/generator.rs"]
mod generator;
#[path = "meaning/interpreter.rs"]
mod interpreter;

use interpreter::{Interpreter, Outcome};
use placet::{Effect, Policy};
use placet_samples::Random;
use placet_syntax::{Limits, Sources, parse};

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
        let mut sources = Sources::default();
        let file = sources.add("random.placet", text.as_str());
        let (tree, _) = parse(&sources, file, &Limits::default());
        let interpreter = Interpreter::new(&tree);
        for _ in 0..REQUESTS {
            let (request, json) = generator::request(&mut random);
            let expected = interpreter.decide(&request);
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
