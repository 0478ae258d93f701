//! `placet test`.

use super::folder::*;

#[test]
fn test_prints_the_counts_last() {
    let ran = Folder::with_shop(TESTS).run(&["test", "shop.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "4 passed, 0 failed\n");
}

#[test]
fn test_shows_expected_and_actual_decisions() {
    let ran = Folder::with_shop(&format!("{TESTS}{FAILING}")).run(&["test", "shop.placet"]).ends(1).quiet();
    assert_eq!(ran.lines().last(), Some(&"4 passed, 3 failed"));
    let failures: Vec<&str> = ran.out.split("FAILED ").skip(1).collect();
    let [advertising, age, no_age] = failures[..] else { panic!("{}", ran.out) };
    let line = 1 + SHOP.lines().count() + TESTS.lines().count() + 1;

    assert!(advertising.starts_with("advertising without consent\n"), "{advertising}");
    assert!(advertising.contains(&format!("shop.placet:{line}\n")), "{advertising}");
    assert!(advertising.contains("expected allow, got deny"), "{advertising}");
    assert!(advertising.contains("`marketing` isn't among the determining rules"), "{advertising}");

    assert!(age.starts_with("an age that there is not\n"), "{age}");
    assert!(age.contains("expected an error at `subject.age`, got allow"), "{age}");
    assert!(age.contains("delivery"), "the rules of the answer that came: {age}");

    assert!(no_age.starts_with("no age\n"), "{no_age}");
    assert!(no_age.contains("`consented` isn't among the missing attributes"), "{no_age}");
    assert!(no_age.contains("subject.age"), "what the answer names: {no_age}");
    assert!(!no_age.contains("expected indeterminate"), "the effect is the one expected: {no_age}");
}

#[test]
fn test_filters_by_title() {
    let folder = Folder::with_shop(&format!("{TESTS}{FAILING}"));
    assert_eq!(folder.run(&["test", "shop.placet", "--filter", "§9"]).ends(0).out, "2 passed, 0 failed\n");
    assert_eq!(folder.run(&["test", "shop.placet", "--filter", "§9 #2"]).ends(0).out, "1 passed, 0 failed\n");
    let ran = folder.run(&["test", "--filter", "advertising", "shop.placet"]).ends(1);
    assert!(ran.out.ends_with("\n0 passed, 1 failed\n"), "{}", ran.out);
}

#[test]
fn test_exits_with_1_if_the_filter_matches_nothing() {
    let folder = Folder::with_shop(TESTS);
    for format in ["text", "json"] {
        let args = ["test", "shop.placet", "--filter", "typo", "--format", format];
        let ran = folder.run(&args).ends(1);
        assert!(ran.err.contains("no test title contains `typo`"), "{}", ran.err);
    }
}

#[test]
fn test_counts_policies_that_do_not_compile() {
    let folder = Folder::with_shop(TESTS).with("broken.placet", BROKEN);
    let ran = folder.run(&["test", "broken.placet"]).ends(1);
    assert_eq!(ran.out, "0 passed, 0 failed, 1 policy not compiled\n");
    let ran =
        folder.run(&["test", "broken.placet", "shop.placet", "broken.placet", "--format", "json"]).ends(1);
    let counts = serde_json::json!({ "passed": 4, "failed": 0, "not_compiled": 2 });
    assert_eq!(ran.json().last(), Some(&counts));
}

#[test]
fn test_json_is_one_test_per_line_and_the_counts() {
    let folder = Folder::with_shop(&format!("{TESTS}{FAILING}"));
    let ran = folder.run(&["test", "--format", "json", "shop.placet"]).ends(1).quiet();
    let lines = ran.json();
    let (counts, tests) = lines.split_last().unwrap();
    assert_eq!(*counts, serde_json::json!({ "passed": 4, "failed": 3 }));
    let passed = tests.iter().filter(|test| test["passed"] == true).count();
    assert_eq!((tests.len(), passed), (7, 4));

    let child = tests.iter().find(|test| test["title"] == "a child").unwrap();
    assert_eq!(child["answer"]["effect"], "deny");
    assert_eq!(child["answer"]["rules"], serde_json::json!(["minors"]));
    assert_eq!(child["answer"]["obligations"][0]["within_seconds"], 30 * 86_400);
    assert_eq!(child["failures"], serde_json::json!([]));

    let failed = tests.iter().find(|test| test["title"] == "advertising without consent").unwrap();
    assert_eq!(failed["passed"], false);
    assert_eq!(failed["failures"].as_array().unwrap().len(), 2, "{failed}");
    assert!(failed["place"].as_str().unwrap().starts_with("shop.placet:"), "{failed}");
    assert!(tests.iter().any(|test| test["title"] == "ages, §9 #1"));
}

#[test]
fn test_shows_the_error_of_an_erroneous_request() {
    let more = "\ntest \"fine\" { given { subject.age: 12 } expect error subject.age }\n\
                test \"wrong\" { given { subject.age: 151 } expect error subject.age }\n";
    let ran = Folder::with_shop(more).run(&["test", "--format", "json", "shop.placet"]).ends(1);
    let lines = ran.json();
    assert_eq!((&lines[0]["passed"], &lines[1]["passed"]), (&false.into(), &true.into()));
    assert_eq!(lines[1]["answer"]["error"]["code"], "outside_domain");
    assert_eq!(lines[1]["answer"]["error"]["attribute"], "subject.age");
}

#[test]
fn test_runs_other_policies_after_a_broken_one() {
    let folder = Folder::with_shop(TESTS).with("broken.placet", BROKEN);
    let ran = folder.run(&["test", "broken.placet", "shop.placet"]).ends(1);
    assert!(ran.err.contains("error[P0304]"), "{}", ran.err);
    assert_eq!(ran.lines().last(), Some(&"4 passed, 0 failed, 1 policy not compiled"));
}

#[test]
fn test_adds_up_the_counts_of_several_policies() {
    let folder = Folder::with_shop(TESTS).with("other.placet", format!("{SHOP}{TESTS}{FAILING}"));
    let ran = folder.run(&["test", "shop.placet", "other.placet"]).ends(1);
    assert_eq!(ran.lines().last(), Some(&"8 passed, 3 failed"));
    assert!(ran.out.contains("other.placet:"), "{}", ran.out);
}

#[test]
fn test_counts_a_proof_that_does_not_hold_as_failed() {
    let folder = Folder::with_shop(&format!("{TESTS}{UNPROVED}"));
    let ran = folder.run(&["test", "shop.placet"]).ends(1).quiet();
    let line = SHOP.lines().count() + TESTS.lines().count() + 2;
    let request = r#"{"consented":true,"purpose":"advertising","subject.age":30}"#;
    let expected = format!(
        "FAILED prove no_adverts\n  at shop.placet:{line}\n  the counterexample is allowed by marketing/adverts\n  \
         {request}\n4 passed, 1 failed\n"
    );
    assert_eq!(ran.out, expected);
    let explained = folder.run_with(&["explain", "shop.placet", "-"], request).ends(0);
    assert!(explained.out.starts_with("allow by marketing/adverts"), "{}", explained.out);
}

#[test]
fn test_json_has_the_counterexample_of_a_proof() {
    let ran = Folder::with_shop(UNPROVED).run(&["test", "shop.placet", "--format", "json"]).ends(1).quiet();
    let lines = ran.json();
    let [proof, counts] = &lines[..] else { panic!("{}", ran.out) };
    assert_eq!(*counts, serde_json::json!({ "passed": 0, "failed": 1 }));
    assert_eq!((&proof["proof"], &proof["verdict"]), (&"no_adverts".into(), &"refuted".into()));
    assert_eq!(proof["rules"], serde_json::json!(["marketing/adverts"]));
    assert_eq!(proof["counterexample"]["purpose"], "advertising");
}

#[test]
fn test_filters_proofs_by_name() {
    let folder = Folder::with_shop(&format!("{TESTS}{UNPROVED}"));
    let ran = folder.run(&["test", "shop.placet", "--filter", "no_adverts"]).ends(1).quiet();
    assert!(ran.out.ends_with("\n0 passed, 1 failed\n"), "{}", ran.out);
    folder.run(&["test", "shop.placet", "--filter", "ages"]).ends(0);
}

#[test]
fn test_coverage_lists_what_no_test_exercises() {
    let folder = Folder::with_shop(TESTS);
    let ran = folder.run(&["test", "shop.placet", "--coverage"]).ends(0).quiet();
    assert!(ran.out.starts_with("Coverage\n"), "{}", ran.out);
    assert_eq!(ran.lines().last(), Some(&"4 passed, 0 failed"));
    assert_eq!(
        ran.line("no test: rule marketing/adverts"),
        "no test: rule marketing/adverts  shop.placet:33"
    );
    assert!(!ran.out.contains("rule delivery"), "{}", ran.out);
    let ran = folder.run(&["test", "shop.placet", "--coverage", "--format", "json"]).ends(0).quiet();
    let lines = ran.json();
    let points = lines[lines.len() - 2]["coverage"].as_array().unwrap();
    let delivery = points.iter().find(|point| point["name"] == "delivery").unwrap();
    assert_eq!((&delivery["kind"], &delivery["tests"]), (&"rule".into(), &4.into()));
    assert_eq!(lines.last().unwrap()["passed"], 4);
}

#[test]
fn test_coverage_writes_lcov() {
    let folder = Folder::with_shop(&format!("{TESTS}{FAILING}"));
    let ran = folder.run(&["test", "shop.placet", "--coverage=lcov"]).ends(1).quiet();
    assert!(ran.out.starts_with("SF:shop.placet\nDA:14,"), "{}", ran.out);
    assert!(ran.out.contains("\nDA:33,0\n") && ran.out.ends_with("end_of_record\n"), "{}", ran.out);
}

#[test]
fn test_writes_junit() {
    let folder = Folder::with_shop(&format!("{TESTS}{UNPROVED}")).with("broken.placet", "policy broken {");
    folder.run(&["test", "shop.placet", "broken.placet", "--junit", "report.xml"]).ends(1);
    let report = folder.text("report.xml");
    let line = SHOP.lines().count() + TESTS.lines().count() + 2;
    let proof = format!("<testcase name=\"prove no_adverts\" classname=\"shop.placet:{line}\">");
    for expected in [
        "<testsuite name=\"shop.placet\" tests=\"5\" skipped=\"0\" errors=\"0\" failures=\"1\">",
        &proof,
        "<failure message=\"the counterexample is allowed by marketing/adverts\"/>",
        "<testsuite name=\"broken.placet\" tests=\"1\" skipped=\"0\" errors=\"1\" failures=\"0\">",
    ] {
        assert!(report.contains(expected), "{expected} isn't in\n{report}");
    }
}

#[test]
fn test_suggests_tests_that_notice_edits() {
    let folder = Folder::with_shop(TESTS);
    let ran = folder.run(&["test", "shop.placet", "--mutants", "--suggest", "more.placet"]).ends(0).quiet();
    assert!(
        ran.line("no test notices: `minors` without exception").contains("shop.placet:17"),
        "{}",
        ran.out
    );
    let more = folder.text("more.placet");
    let folder = folder.with("all.placet", format!("{SHOP}{TESTS}{more}"));
    let ran = folder.run(&["test", "all.placet", "--mutants"]).ends(0).quiet();
    assert!(!ran.out.contains("no test notices"), "{}", ran.out);
    let ran = folder.run(&["test", "all.placet", "--mutants", "--format", "json"]).ends(0).quiet();
    let lines = ran.json();
    assert_eq!(lines[lines.len() - 2]["mutants"]["survivors"], serde_json::json!([]));
}
