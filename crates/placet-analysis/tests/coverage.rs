//! The parts of a policy that tests exercise, and the edits that they notice.

mod support;

use placet_analysis::coverage::{Kind, mutants, points};
use placet_model::decision::Effect;
use placet_model::request::Assignment;
use placet_model::solver::decide;
use support::model;

const SHOP: &str = r#"policy p
request { age: int 0..150  consent: { granted, refused }  guardian: bool }
rule minors { cite "§9" deny when age < 18 except parental when guardian and age >= 13 }
rule ads { cite "§5" allow when consent is granted  otherwise deny }
"#;

/// The parts that no test exercises.
fn missed(tests: &str, kind: Kind) -> Vec<String> {
    let model = model(&format!("{SHOP}{tests}"));
    let missed = points(&model).into_iter().filter(|point| point.kind == kind && point.tests == 0);
    missed.map(|point| point.name).collect()
}

/// The edits that no test notices.
fn survivors(tests: &str) -> Vec<String> {
    let model = model(&format!("{SHOP}{tests}"));
    mutants(&model).unwrap().survivors.into_iter().map(|mutant| mutant.words).collect()
}

#[test]
fn rules_and_exceptions_are_exercised_where_they_hold() {
    let child =
        r#"test "a child" { given { age: 12, consent: granted, guardian: true } expect deny by minors }"#;
    assert_eq!(missed("", Kind::Rule), ["minors", "ads", "ads/otherwise"]);
    assert_eq!(missed(child, Kind::Rule), ["ads/otherwise"]);
    assert_eq!(missed(child, Kind::Exception), ["minors except parental"], "it doesn't hold below 13");
    assert_eq!(missed(child, Kind::Clause), [""; 0]);
    let refused = r#"test "a refusal" { given { age: 15, consent: refused, guardian: true } expect deny }"#;
    assert_eq!(missed(refused, Kind::Exception), [""; 0]);
    assert_eq!(missed(refused, Kind::Rule), ["minors", "ads"]);
}

#[test]
fn boundaries_need_a_value_on_each_side() {
    let ages = r#"test "13" { given { age: 13 } expect indeterminate }"#;
    assert_eq!(missed("", Kind::Boundary), ["age at most 12", "age in 13..17", "age at least 18"]);
    assert_eq!(missed(ages, Kind::Boundary), ["age at most 12", "age at least 18"]);
    assert_eq!(missed(ages, Kind::Present), ["consent", "guardian"]);
    assert_eq!(missed(ages, Kind::Missing), ["age"]);
}

#[test]
fn optional_attributes_are_present_missing_or_none() {
    let points = |tests: &str| -> Vec<(Kind, String, usize)> {
        let text =
            format!("policy p  request {{ score: int? 0..9 }}  rule r {{ allow when score >= 5 }} {tests}");
        let points = points(&model(&text)).into_iter();
        let of_values = points.filter(|point| !matches!(point.kind, Kind::Rule));
        of_values.map(|point| (point.kind, point.name, point.tests)).collect()
    };
    let expected = |below: usize, above: usize, present: usize, missing: usize, none: usize| {
        [
            (Kind::Boundary, "score at most 4".to_owned(), below),
            (Kind::Boundary, "score at least 5".to_owned(), above),
            (Kind::Present, "score".to_owned(), present),
            (Kind::Missing, "score".to_owned(), missing),
            (Kind::None, "score".to_owned(), none),
        ]
    };
    assert_eq!(points(""), expected(0, 0, 0, 0, 0));
    assert_eq!(points(r#"test "n" { given { score: none } expect deny }"#), expected(0, 0, 0, 0, 1));
    let others =
        r#"test "5" { given { score: 5 } expect allow }  test "m" { given { } expect indeterminate }"#;
    assert_eq!(points(others), expected(0, 1, 1, 1, 0));
}

#[test]
fn edits_of_comparisons_with_optional_attributes_keep_them_whole() {
    let text = "policy p  request { score: int? 0..9  ok: bool }  rule r { allow when score >= 5 and ok }";
    let survivors: Vec<String> =
        mutants(&model(text)).unwrap().survivors.into_iter().map(|mutant| mutant.words).collect();
    assert!(survivors.iter().any(|words| words == "`r` without `score >= 5`"), "{survivors:#?}");
    assert!(!survivors.iter().any(|words| words.contains("none")), "{survivors:#?}");
}

#[test]
fn edits_that_no_test_notices_survive() {
    let all = survivors("");
    for words in [
        "`minors` dropped",
        "`minors` made an allow",
        "`minors` without exception `parental`",
        "`minors` with `age < 18` ended later by one",
        "`minors` with exception `parental` without `guardian`",
        "`ads` dropped",
    ] {
        assert!(all.iter().any(|survivor| survivor == words), "{words}: {all:#?}");
    }
    let test = r#"test "17" { given { age: 17, consent: granted, guardian: false } expect deny by minors }"#;
    let left = survivors(test);
    assert!(!left.iter().any(|survivor| survivor == "`minors` dropped"), "{left:#?}");
    assert!(
        left.iter().any(|survivor| survivor.contains("ended later by one")),
        "18 isn't tested: {left:#?}"
    );
    assert!(!left.iter().any(|survivor| survivor.contains("`age < 18` ended earlier")), "{left:#?}");
}

#[test]
fn tests_that_fail_notice_nothing() {
    let wrong = r#"test "wrong" { given { age: 17, consent: granted, guardian: false } expect allow }"#;
    assert_eq!(survivors(wrong), survivors(""));
}

#[test]
fn edits_without_effect_do_not_count() {
    // The second rule denies nothing that isn't denied by default.
    let model = model(
        "policy p request { a: bool b: bool } rule r { allow when a } rule s { deny when not a and b }",
    );
    let found = mutants(&model).unwrap();
    assert!(found.survivors.iter().all(|mutant| mutant.words != "`s` dropped"), "{:?}", found.survivors);
    assert!(found.equivalent > 0);
}

#[test]
fn suggestions_are_answered_otherwise_by_the_edited_policy() {
    let model = model(SHOP);
    let found = mutants(&model).unwrap();
    assert_eq!(found.unknown, 0);
    let mut told: Vec<usize> = found.suggestions.iter().flat_map(|(.., tells)| tells.clone()).collect();
    told.sort_unstable();
    assert_eq!(told, (0..found.survivors.len()).collect::<Vec<_>>(), "each survivor has a test");
    for (request, answer, _) in &found.suggestions {
        let decision = decide(&model, &Assignment::new(&model, request).unwrap());
        assert_eq!(decision, *answer);
        assert_ne!(decision.effect, Effect::Indeterminate);
    }
}

#[test]
fn edits_of_related_attributes_are_confirmed_by_a_request() {
    let model = model(
        "policy p request { at: date given: date ok: bool }
         rule r { allow when ok and at - given <= 30 days and at >= given }",
    );
    let found = mutants(&model).unwrap();
    assert!(found.survivors.iter().any(|mutant| mutant.words.contains("ended later by one")), "{found:?}");
    assert_eq!(found.unknown, 0, "{found:?}");
}
