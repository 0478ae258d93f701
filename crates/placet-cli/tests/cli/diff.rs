//! `placet diff`.

use super::folder::*;

/// The shop policy before and after an edit.
fn edited(old: &str, new: &str) -> Folder {
    assert!(SHOP.contains(old), "{old}");
    Folder::with_shop("").with("new.placet", SHOP.replace(old, new))
}

#[test]
fn diff_of_equal_policies_exits_with_0() {
    let ran =
        edited("rule minors", "rule minors").run(&["diff", "shop.placet", "new.placet"]).ends(0).quiet();
    assert!(ran.out.starts_with("nothing changes: "), "{}", ran.out);
    let ran =
        edited("subject.age < 18", "not (subject.age >= 18)").run(&["diff", "shop.placet", "new.placet"]);
    assert!(ran.ends(0).out.starts_with("nothing changes: "));
}

#[test]
fn diff_lists_changed_requests() {
    let ran = edited("subject.age < 18", "subject.age < 21")
        .run(&["diff", "shop.placet", "new.placet"])
        .ends(1)
        .quiet();
    assert!(ran.out.starts_with("Effects\n  allow -> deny  because minors changed  ("), "{}", ran.out);
    assert_eq!(ran.line("subject.age "), "subject.age  18..20");
    assert_eq!(ran.line("guardian "), "guardian     false");
    assert!(ran.line("for example ").contains(r#""subject.age":18"#), "{}", ran.out);
    assert_eq!(ran.line("after "), "after   deny by minors");
    assert!(ran.lines().last().unwrap().ends_with(" classes of requests change"), "{}", ran.out);
    assert!(!ran.out.contains("Rules"), "said already: {}", ran.out);
}

#[test]
fn diff_lists_changes_without_effect() {
    let ran = edited("within 30 days", "within 14 days")
        .run(&["diff", "shop.placet", "new.placet"])
        .ends(1)
        .quiet();
    let line = r#"erase within 30 days "Erase what was collected." -> erase within 14 days "Erase what was collected.""#;
    assert_eq!(ran.line("obligations: "), format!("obligations: {line}"));
    assert!(ran.out.starts_with("Rules\n  ~ minors\n"), "{}", ran.out);
    assert!(ran.lines().last().unwrap().starts_with("no effect changes: "), "{}", ran.out);
}

#[test]
fn diff_lists_changed_attributes() {
    let ran = edited("default \"SG\"", "required\n  vip: bool")
        .run(&["diff", "shop.placet", "new.placet"])
        .ends(1)
        .quiet();
    assert!(ran.out.starts_with("Attributes\n"), "{}", ran.out);
    assert_eq!(ran.line("~ country"), "~ country: default \"SG\" -> required");
    assert_eq!(ran.line("+ vip"), "+ vip: bool");
}

#[test]
fn diff_json_is_one_object() {
    let folder = edited("subject.age < 18", "subject.age < 21");
    let ran = folder.run(&["diff", "shop.placet", "new.placet", "--format", "json"]).ends(1).quiet();
    let [found] = &ran.json()[..] else { panic!("{}", ran.out) };
    let region = &found["effects"][0];
    assert_eq!(
        (&region["from"], &region["to"], &region["rules"]),
        (&"allow".into(), &"deny".into(), &serde_json::json!(["minors"]))
    );
    assert_eq!((&region["certain"], &found["is_same"]), (&true.into(), &false.into()));
    assert_eq!(region["sample"]["after"]["rules"][0], "minors");
    assert_eq!(found["totals"]["changed"], region["classes"]);
    // The sample is a request that `decide` accepts.
    let request = region["sample"]["request"].to_string();
    let decided = folder.run_with(&["decide", "new.placet"], request).ends(0).json();
    assert_eq!(decided[0]["effect"], "deny");
}

#[test]
fn diff_accepts_saved_policies() {
    let folder = edited("subject.age < 18", "subject.age < 21");
    folder.run(&["compile", "shop.placet", "-o", "shop.bin"]).ends(0);
    let saved = folder.run(&["diff", "shop.bin", "new.placet"]).ends(1).quiet();
    assert_eq!(saved.out, folder.run(&["diff", "shop.placet", "new.placet"]).out);
}

#[test]
fn diff_exits_with_2_without_valid_policies() {
    let folder = Folder::with_shop("").with("broken.placet", BROKEN);
    let ran = folder.run(&["diff", "shop.placet", "broken.placet"]).ends(2);
    assert!(ran.out.is_empty() && ran.err.contains("membr"), "{}", ran.err);
    let ran = folder.run(&["diff", "absent.placet", "broken.placet"]).ends(2);
    assert!(ran.err.contains("absent.placet") && ran.err.contains("membr"), "both are told: {}", ran.err);
    let ran = folder.run(&["diff", "--format", "json", "broken.placet", "shop.placet"]).ends(2);
    assert_eq!(ran.json()[0]["severity"], "error");
}

#[test]
fn diff_compares_policies_whose_proofs_do_not_hold() {
    let folder = Folder::with_shop("").with("new.placet", format!("{SHOP}{UNPROVED}"));
    let ran = folder.run(&["diff", "shop.placet", "new.placet"]).ends(0);
    assert!(ran.out.starts_with("nothing changes: "), "{}", ran.out);
    assert!(ran.err.contains("new.placet:") && ran.err.contains("`no_adverts`"), "{}", ran.err);
}
