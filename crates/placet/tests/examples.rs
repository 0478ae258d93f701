//! The examples compile without a word of warning, their tests pass, and they are in the canonical layout.

mod support;

use placet::Limits;
use placet_syntax::{Sources, format, parse};
use support::{policy_of, root};

const EXAMPLES: [&str; 7] = [
    "zai/privacy.placet",
    "ages/ages.placet",
    "consent/consent.placet",
    "consent/written_out.placet",
    "newsletter.placet",
    "feature_gate.placet",
    "data_lake.placet",
];

/// The examples, and the file that two of them import.
fn files() -> impl Iterator<Item = &'static str> {
    EXAMPLES.into_iter().chain(["consent/vocabulary.placet"])
}

#[test]
fn examples_pass_their_tests_without_warnings() {
    for name in EXAMPLES {
        let policy = policy_of(&root().join("examples").join(name));
        assert_eq!(policy.warnings(), [], "{name}");
        let mut count = 0;
        for (test, outcome) in policy.run_tests() {
            assert!(outcome.passed(), "{name}: {}: {:?}", test.title(), outcome.failures);
            count += 1;
        }
        assert!(count >= 4, "{name} has tests: {count}");
        assert!(policy.proofs().len() > 0, "{name} has proofs");
    }
}

#[test]
fn the_privacy_policy_has_its_tests() {
    let policy = policy_of(&root().join("examples/zai/privacy.placet"));
    assert!(policy.run_tests().count() >= 80);
}

#[test]
fn no_answer_of_the_privacy_policy_is_approximate() {
    let policy = policy_of(&root().join("examples/zai/privacy.placet"));
    let requests = std::fs::read_to_string(root().join("examples/zai/requests.jsonl")).unwrap();
    let mut effects = std::collections::BTreeSet::new();
    for line in requests.lines() {
        let request = policy.request_from_json(line).unwrap();
        let decision = policy.decide(&request).unwrap();
        assert!(!decision.approximate, "{line}");
        effects.insert(decision.effect.as_str());
    }
    assert_eq!(effects.len(), 3, "the requests tell all answers apart");
}

#[test]
fn examples_are_in_the_canonical_layout() {
    for name in files() {
        let text = std::fs::read_to_string(root().join("examples").join(name)).unwrap();
        let mut sources = Sources::default();
        let file = sources.add(name, text.clone());
        let (tree, _) = parse(&sources, file, &Limits::default());
        assert_eq!(format(&sources, &tree), text, "{name}: run `placet fmt`");
    }
}
