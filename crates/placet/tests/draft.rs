//! Policies whose proofs don't hold: they are tested and explained, and decide nothing.

#[allow(dead_code, reason = "each test binary uses a part")]
#[path = "meaning/generator.rs"]
mod generator;
#[allow(dead_code, reason = "each test binary uses a part")]
#[path = "meaning/interpreter.rs"]
mod interpreter;

use placet::{Code, Draft, Effect, Fact, Limits, OpenError, Policy, ProofVerdict};
use placet_samples::{Random, Shape, policy};

const SHOP: &str = r#"
policy shop
request { age: int 0..150  email: bool  country: string default "SG"  born: date  at: date }
rule marketing { allow when email and country is "SG" }
prove adults_only { never allow when age < 18 }
prove reachable { always allow when email }
prove nobody { never allow when age < 18 and age > 20 }
prove reads_mail { never allow when not email }
prove related { never allow when years(born, at) < 1 and at - born > 400 days and email }
test "no address" { given { email: false } expect deny }
test "an address" { given { email: true } expect deny }
"#;

fn draft() -> Draft {
    Draft::from_text(SHOP).unwrap()
}

#[test]
fn policies_with_failing_proofs_are_refused_by_every_entry_that_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.placet");
    std::fs::write(&path, SHOP).unwrap();
    let of_text = Policy::from_text(SHOP).unwrap_err();
    let of_texts = Policy::from_texts("a", [("a", SHOP)]).unwrap_err();
    let OpenError::Compile(of_file) = Policy::open(&path).unwrap_err() else { panic!("it can be read") };
    let of_draft = Draft::open(&path).unwrap().into_policy().unwrap_err();
    for error in [of_text, of_texts, of_file, of_draft] {
        let codes: Vec<Code> = error.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
        assert_eq!(codes, [Code::ProofRefuted, Code::ProofRefuted, Code::VacuousProof, Code::VacuousProof]);
    }
}

#[test]
fn draft_runs_its_tests_and_proofs() {
    let draft = draft();
    let tests: Vec<bool> = draft.run_tests().map(|(_, outcome)| outcome.passed()).collect();
    assert_eq!(tests, [true, false]);
    let verdicts: Vec<ProofVerdict> = draft.run_proofs().map(|(_, outcome)| outcome.verdict).collect();
    use ProofVerdict::{Proved, Refuted, Vacuous};
    assert_eq!(verdicts, [Refuted, Refuted, Vacuous, Proved, Vacuous]);
    for (proof, outcome) in draft.run_proofs() {
        assert_eq!(outcome.passed(), outcome.failures.is_empty(), "{}", proof.name());
    }
}

#[test]
fn counterexamples_are_requests_that_break_their_proof() {
    let draft = draft();
    let of = |name: &str| {
        let (_, outcome) = draft.run_proofs().find(|(proof, _)| proof.name() == name).unwrap();
        let request = serde_json::to_string(&outcome.counterexample).unwrap();
        (outcome.rules, draft.explain_json(request).unwrap().decision)
    };
    let (rules, decision) = of("adults_only");
    assert_eq!((decision.effect, &decision.rules), (Effect::Allow, &rules));
    assert_eq!(rules, ["marketing".into()]);
    let (rules, decision) = of("reachable");
    assert_eq!((decision.effect, rules.len()), (Effect::Deny, 0));
}

#[test]
fn diagnostics_of_failing_proofs_show_the_counterexample_as_json() {
    let error = draft().into_policy().unwrap_err();
    let note = &error.diagnostics[0].notes[0];
    let json = note.strip_prefix("the counterexample: ").unwrap();
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(value, serde_json::json!({ "age": 17, "email": true }));
}

#[test]
fn drafts_of_policies_whose_proofs_hold_become_policies() {
    let text = "policy door  request { open: bool }  rule Open { allow when open }  prove p { never allow when not open }";
    let draft = Draft::from_text_with("door.placet", text, &Limits::default()).unwrap();
    assert!(draft.run_proofs().all(|(_, outcome)| outcome.passed()));
    let policy = draft.into_policy().unwrap();
    assert_eq!(policy.hash(), Policy::from_text(text).unwrap().hash());
    assert_eq!(policy.warnings().len(), 1, "warnings are kept: {:?}", policy.warnings());
    let again = Draft::from(policy);
    assert_eq!(again.run_proofs().count(), 1);
}

#[test]
fn draft_is_compared_with_another() {
    let other = Draft::from_text(&SHOP.replace("email and", "email and age >= 18 and")).unwrap();
    let difference = draft().diff(&other);
    assert_eq!(difference.effects.len(), 1);
}

#[test]
fn other_errors_are_errors_of_a_draft() {
    assert!(Draft::from_text("policy p  request { a: bool }  rule r { allow when b }").is_err());
}

/// The real policy without its tests.
fn untested() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/zai/privacy.placet");
    let text = std::fs::read_to_string(path).unwrap();
    let mut out = String::new();
    let mut is_inside = false;
    for line in text.lines() {
        let begins = line.starts_with("test ") || line.starts_with("cases ");
        if !is_inside && !begins {
            out.push_str(line);
            out.push('\n');
        }
        is_inside = (begins && !line.ends_with('}')) || (is_inside && line != "}");
    }
    out
}

#[test]
fn suggested_tests_of_the_real_policy_notice_its_edits() {
    let text = untested();
    let draft = Draft::from_text(&text).unwrap();
    assert_eq!(draft.run_tests().len(), 0);
    let report = draft.mutants().unwrap();
    let edits = report.survivors.len();
    assert!(edits > 150 && report.noticed == 0, "{edits}");
    let tested = Draft::from_text(&format!("{text}{}", report.suggestions)).unwrap();
    for (test, outcome) in tested.run_tests() {
        assert!(outcome.passed(), "{}: {:?}", test.title(), outcome.failures);
    }
    let again = tested.mutants().unwrap();
    let (noticed, matter) = (again.noticed, again.noticed + again.survivors.len() + again.unknown);
    assert!(noticed * 100 >= matter * 95, "{noticed} of {matter}: {:#?}", again.survivors);
    eprintln!("{} tests notice {noticed} of {matter} edits", tested.run_tests().len());
}

/// Checks that the suggested tests of a policy pass and notice all of its edits. Returns the number of edits, if the
/// policy compiles.
fn edits_noticed(text: &str) -> Option<usize> {
    let draft = Draft::from_text(text).ok()?;
    let report = draft.mutants()?;
    let all = format!("{text}{}", report.suggestions);
    let tested = Draft::from_text(&all).unwrap_or_else(|error| panic!("{all}\n{}", error.report()));
    for (test, outcome) in tested.run_tests() {
        assert!(outcome.passed(), "{all}\n{}: {:?}", test.title(), outcome.failures);
    }
    let again = tested.mutants().unwrap();
    // A duration finer than a second has no literal.
    let is_fine =
        |fact: &Fact| matches!(fact, Fact::Duration(duration) if duration.micros() % 1_000_000 != 0);
    let survivors = again.survivors.iter().filter(|edit| !edit.request.values().any(is_fine));
    let left: Vec<&str> = survivors.map(|edit| edit.words.as_str()).collect();
    assert!(left.is_empty(), "{all}\n{left:#?}");
    Some(again.noticed)
}

#[test]
fn suggested_tests_pass_and_notice_every_edit() {
    let noticed: Vec<usize> = (0..120)
        .filter_map(|seed| {
            let shape = if seed % 3 == 2 { Shape::related() } else { Shape::small() };
            edits_noticed(&policy(&mut Random::new(seed), &shape))
        })
        .collect();
    let (edits, policies) = (noticed.iter().sum::<usize>(), noticed.len());
    eprintln!("{edits} edits of {policies} policies");
    assert!(policies > 60 && edits > 5 * policies, "{edits} {policies}");
}

#[test]
fn suggested_tests_of_policies_with_every_form_pass_and_notice_every_edit() {
    let noticed: Vec<usize> =
        (0..80).filter_map(|seed| edits_noticed(&generator::policy(&mut Random::new(seed)))).collect();
    let (edits, policies) = (noticed.iter().sum::<usize>(), noticed.len());
    eprintln!("{edits} edits of {policies} policies");
    assert!(policies > 20 && edits > 5 * policies, "{edits} {policies}");
}

#[test]
fn suggested_tests_write_none_quoted_names_and_only() {
    let text = "policy p  request { licence: { mit, \"CC-BY-4.0\" }  at: date?  tags: set? of string }
        rule r { allow when licence is \"CC-BY-4.0\" and at is none and any tags like \"a*\" }";
    let report = Draft::from_text(text).unwrap().mutants().unwrap();
    let suggestions = &report.suggestions;
    for part in ["licence: \"CC-BY-4.0\"", "at: none", "expect allow by only r", "expect deny by default"] {
        assert!(suggestions.contains(part), "{part}: {suggestions}");
    }
    assert!(
        report.survivors.iter().all(|edit| !edit.words.contains("is not none")),
        "{:?}",
        report.survivors
    );
    assert!(edits_noticed(text).is_some());
}
