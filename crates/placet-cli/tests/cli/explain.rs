//! `placet explain`.

use super::folder::*;

fn explain(request: &str) -> Ran {
    let folder = Folder::with_shop("").with("request.json", request);
    folder.run(&["explain", "shop.placet", "request.json"]).ends(0).quiet()
}

#[test]
fn explain_names_rule_clause_reason_and_obligation() {
    let ran = explain("{\"subject\": {\"age\": 12}, \"purpose\": \"deliver\", \"guardian\": false}");
    assert_eq!(ran.lines()[0], "deny by minors (§9)");
    let erase = ran.line("must erase");
    assert!(erase.contains("within 30 days") && erase.contains("Erase what was collected."), "{erase}");
    assert!(!erase.contains("perhaps"), "{erase}");
    let rule = ran.line("minors");
    assert!(rule.contains("deny") && rule.contains("§9") && rule.contains("fires"), "{rule}");
    assert!(rule.contains("shop.placet:14"), "the place of the rule: {rule}");
    assert!(ran.out.contains("People under 18 need a guardian's permission."), "{}", ran.out);
    let exception = ran.line("except parental");
    assert!(exception.contains("does not hold") && exception.contains("shop.placet:17"), "{exception}");
    assert_eq!(ran.line("subject.age is"), "subject.age is 12");
    assert_eq!(ran.line("guardian is"), "guardian is false");
    assert!(!ran.out.contains("\nmarketing"), "it had no part in this: {}", ran.out);
}

#[test]
fn explain_shows_a_rule_with_an_applying_exception() {
    let ran = explain(
        "{\"subject.age\": 12, \"purpose\": \"advertising\", \"guardian\": true, \"consented\": true}",
    );
    assert_eq!(ran.lines()[0], "allow by marketing/adverts (§5), on the basis of consent");
    assert!(ran.line("must label").contains("within 1 day"), "{}", ran.out);
    assert!(ran.line("minors").contains("is silent: an exception holds"), "{}", ran.out);
    assert!(ran.line("except parental").contains(": holds"), "{}", ran.out);
    assert!(ran.line("marketing/adverts").contains("fires"), "{}", ran.out);
}

#[test]
fn explain_shows_defaults() {
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"deliver\"}");
    assert_eq!(ran.line("country is"), "country is \"SG\" (by default)");
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"deliver\", \"country\": \"SG\"}");
    assert_eq!(ran.line("country is"), "country is \"SG\"");
}

#[test]
fn explain_shows_missing_attributes_and_their_outcomes() {
    let ran = explain("{\"purpose\": \"deliver\", \"guardian\": false}");
    assert_eq!(ran.lines()[0], "indeterminate until it is known: subject.age");
    assert!(ran.line("minors").contains("may fire"), "{}", ran.out);
    assert_eq!(ran.line("subject.age is"), "subject.age is missing");
    let what_if: Vec<&str> =
        ran.lines().into_iter().skip_while(|line| *line != "if subject.age is").collect();
    assert_eq!(what_if, ["if subject.age is", "  at most 17: deny", "  at least 18: allow"]);
}

#[test]
fn explain_marks_uncertain_obligations() {
    let ran = explain("{\"subject\": {}, \"purpose\": \"advertising\", \"consented\": false}");
    assert!(ran.lines()[0].starts_with("deny"), "{}", ran.out);
    assert!(ran.line("must erase").contains("(perhaps)"), "{}", ran.out);
}

#[test]
fn explain_names_the_leaves_of_a_category() {
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"marketing\", \"consented\": true}");
    assert_eq!(
        ran.lines()[0],
        "allow, perhaps by marketing/adverts, marketing/newsletter (§5), on the basis of consent"
    );
    assert!(ran.out.contains("purpose is one of newsletter, advertising"), "{}", ran.out);
}

#[test]
fn explain_shows_a_denial_by_default() {
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"newsletter\", \"consented\": false}");
    assert!(ran.lines()[0].starts_with("deny by default"), "{}", ran.out);
}

#[test]
fn explain_names_all_values_of_an_outcome() {
    let text = "policy shop\nrequest { consent: { granted, refused, withdrawn } }\n\
                rule consent { allow when consent is granted }\n";
    let ran = Folder::new().with("a.placet", text).run_with(&["explain", "a.placet", "-"], "{}").ends(0);
    let what_if: Vec<&str> = ran.lines().into_iter().skip_while(|line| *line != "if consent is").collect();
    assert_eq!(what_if[1..], ["  granted: allow", "  refused, withdrawn: deny"]);
}

#[test]
fn explain_reads_stdin() {
    let request = "{\"subject.age\": 40, \"purpose\": \"deliver\"}";
    let ran = Folder::with_shop("").run_with(&["explain", "shop.placet", "-"], request).ends(0).quiet();
    assert_eq!(ran.out, explain(request).out);
}

#[test]
fn explain_json_has_the_same_content() {
    let request = "{\"purpose\": \"deliver\", \"guardian\": false}";
    let folder = Folder::with_shop("");
    let ran = folder.run_with(&["explain", "shop.placet", "-", "--format", "json"], request).ends(0).quiet();
    let [explanation] = &ran.json()[..] else { panic!("one line: {}", ran.out) };
    let decided = folder.run_with(&["decide", "shop.placet"], format!("{request}\n")).ends(0).json();
    assert_eq!(explanation["decision"], decided[0], "the decision is that of `decide`");
    let rules = explanation["rules"].as_array().unwrap();
    let minors = rules.iter().find(|rule| rule["name"] == "minors").unwrap();
    assert_eq!(minors["fires"], "open");
    assert_eq!(minors["place"], "shop.placet:14");
    assert_eq!(minors["cites"], serde_json::json!(["§9"]));
    assert_eq!(minors["exceptions"][0]["name"], "parental");
    assert_eq!(minors["exceptions"][0]["holds"], "no");
    let age = minors["values"].as_array().unwrap().iter().find(|value| value["attribute"] == "subject.age");
    assert!(age.unwrap()["value"].is_null(), "missing: {minors}");
    assert_eq!(explanation["what_if"][0]["attribute"], "subject.age");
}

#[test]
fn explain_exits_with_2_for_an_erroneous_request() {
    let folder = Folder::with_shop("").with("broken.placet", BROKEN);
    let ran = folder.run_with(&["explain", "shop.placet", "-"], "{\"subject.age\": 151}").ends(2);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("subject.age") && ran.err.contains("int 0..150"), "{}", ran.err);
    let ran = folder
        .run_with(&["explain", "shop.placet", "-", "--format", "json"], "{\"subject.age\": 151}")
        .ends(2);
    assert_eq!(ran.json()[0]["error"]["code"], "outside_domain");
    folder.run_with(&["explain", "shop.placet", "-"], "no JSON").ends(2);
    folder.run_with(&["explain", "broken.placet", "-"], "{}").ends(1);
    let ran = folder.run(&["explain", "shop.placet", "nowhere.json"]).ends(1);
    assert!(ran.err.starts_with("error: nowhere.json: "), "{}", ran.err);
}

#[test]
fn explain_warns_of_proofs_that_do_not_hold() {
    let folder = Folder::with_shop(UNPROVED);
    let request = "{\"subject.age\": 40, \"purpose\": \"deliver\"}";
    let ran = folder.run_with(&["explain", "shop.placet", "-"], request).ends(0);
    assert!(ran.out.starts_with("allow by delivery"), "{}", ran.out);
    assert!(ran.err.starts_with("warning: shop.placet:") && ran.err.contains("`no_adverts`"), "{}", ran.err);
}

#[test]
fn commands_that_decide_refuse_a_policy_whose_proofs_do_not_hold() {
    let folder = Folder::with_shop(UNPROVED).with("r.json", "{}").with("t.csv", "purpose\ndeliver\n");
    for args in [
        &["check", "shop.placet"] as &[&str],
        &["decide", "shop.placet", "r.json"],
        &["compile", "shop.placet", "-o", "out.bin"],
        &["scan", "shop.placet", "t.csv"],
    ] {
        let ran = folder.run(args).ends(1);
        assert_eq!(ran.out, "", "{args:?}");
        assert!(ran.err.contains("error[P0701]"), "{args:?}: {}", ran.err);
    }
    assert!(!folder.path().join("out.bin").exists());
}

#[test]
fn explain_names_the_changes_that_would_allow() {
    let request =
        "{\"subject.age\": 12, \"purpose\": \"advertising\", \"consented\": false, \"guardian\": false}";
    let folder = Folder::with_shop("");
    let ran = folder
        .run_with(&["explain", "shop.placet", "-", "--may-change", "consented,guardian"], request)
        .ends(0);
    let changes: Vec<&str> =
        ran.lines().into_iter().skip_while(|line| *line != "it would be allowed").skip(1).collect();
    assert_eq!(
        changes,
        ["  if consented were true instead of false and guardian were true instead of false"]
    );
    let ran = folder.run_with(&["explain", "shop.placet", "-", "--may-change", "guardian"], request).ends(0);
    assert!(ran.out.contains("no change of what may change would allow it"), "{}", ran.out);
    let args = ["explain", "shop.placet", "-", "--format", "json", "--may-change", "consented,guardian"];
    let ran = folder.run_with(&args, request).ends(0);
    let why_not = &ran.json()[0]["why_not"];
    assert_eq!(why_not["changes"][0]["example"], serde_json::json!({ "consented": true, "guardian": true }));
    assert_eq!((&why_not["is_complete"], &why_not["nearest"][0]["effect"]), (&true.into(), &"allow".into()));
    folder.run_with(&["explain", "shop.placet", "-", "--may-change", "nobody"], request).ends(2);
}
