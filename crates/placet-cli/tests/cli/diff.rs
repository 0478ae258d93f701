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

#[test]
fn diff_over_attributes_lists_regions_or_a_grid() {
    let folder = edited("subject.age < 18", "subject.age < 21")
        .with("given.json", r#"{"consented": true, "guardian": false}"#);
    let diff = |new: &str, more: &[&str]| {
        let args = ["diff", "shop.placet", new, "--given", "given.json", "--over", "subject.age,purpose"];
        folder.run(&[&args, more].concat())
    };
    let ran = diff("new.placet", &[]).ends(1).quiet();
    assert!(ran.line("18 to 20").contains("allow") && ran.lines().len() == 2, "{}", ran.out);
    let grid = diff("new.placet", &["--matrix"]).ends(1).quiet();
    let rows: Vec<Vec<&str>> = grid
        .lines()
        .iter()
        .map(|line| line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect())
        .collect();
    assert_eq!(rows[0][0], r"subject.age \ purpose", "{}", grid.out);
    let teens = rows.iter().find(|row| row[0] == "18 to 20").unwrap();
    assert_eq!(teens[1..], ["A → D", "a → D", "a → D"], "{}", grid.out);
    let grown = rows.iter().find(|row| row[0] == "at least 21").unwrap();
    assert_eq!(grown[1..], ["A", "a", "a"], "{}", grid.out);
    let found = &diff("new.placet", &["--matrix", "--format", "json"]).ends(1).quiet().json()[0];
    assert_eq!(found["cells"][2][0]["before"]["effect"], "allow");

    let same = diff("shop.placet", &[]).ends(0).quiet();
    assert_eq!(same.out, "no answer differs\n");
    let same = diff("shop.placet", &["--matrix", "--format", "markdown"]).ends(0).quiet();
    assert!(same.out.starts_with("no answer differs\n\n| subject.age "), "{}", same.out);
    let ran = folder.run(&["diff", "shop.placet", "new.placet", "--over", "purpose", "--matrix"]).ends(64);
    assert!(ran.err.contains("two attributes"), "{}", ran.err);
    let ran = folder.run(&["diff", "shop.placet", "new.placet", "--over", "purposes"]).ends(2);
    assert!(ran.err.contains("did you mean `purpose`?"), "{}", ran.err);
    let ran =
        folder.run(&["diff", "shop.placet", "new.placet", "--over", "purpose", "--given", "absent"]).ends(2);
    assert!(ran.err.contains("absent"), "{}", ran.err);
}

#[test]
fn diff_over_attributes_lists_obligations_that_stop() {
    let folder =
        edited("  oblige erase within 30 days when subject.age < 13 \"Erase what was collected.\"\n", "")
            .with("given.json", r#"{"consented": true, "guardian": false}"#);
    let diff = |over: &str, more: &[&str]| {
        let args = ["diff", "shop.placet", "new.placet", "--given", "given.json", "--over", over];
        folder.run(&[&args, more].concat()).ends(1).quiet()
    };
    let regions = diff("subject.age", &[]);
    let words: Vec<&str> = regions.line("at most 12").split_whitespace().collect();
    assert_eq!(
        words[3..],
        ["deny", "minors", "(§9)", "erase", "within", "30", "days", "deny", "minors", "(§9)"]
    );
    let grid = diff("subject.age,purpose", &["--matrix"]);
    assert_eq!(grid.line("at most 12").matches("d → D").count(), 3, "{}", grid.out);
    let markdown = diff("subject.age,purpose", &["--matrix", "--format", "markdown"]).out;
    assert!(
        markdown.contains(" deny (minors (§9); oblige erase within 30 days) → deny (minors (§9)) "),
        "{markdown}"
    );
}

/// A set with 13 members that conditions tell apart has more combinations than are listed.
#[test]
fn diff_over_attributes_claims_nothing_that_it_did_not_compare() {
    let names: Vec<String> = (0..13).map(|at| format!("d{at}")).collect();
    let rules: Vec<String> =
        names.iter().map(|name| format!("rule {name} {{ allow when {name} in data and paid }}\n")).collect();
    let text = format!(
        "policy shop  request {{ data: set of {{ {} }}  paid: bool }}\n{}",
        names.join(", "),
        rules.concat()
    );
    let folder = Folder::new().with("large.placet", &text).with("other.placet", text.replace("and paid", ""));
    let diff = |new: &str, more: &[&str]| {
        let args = ["diff", "large.placet", new, "--over", "data,paid"];
        folder.run(&[&args, more].concat()).ends(1)
    };
    let found = "no difference found; not all combinations were compared\n";
    let noted = "- the question has more combinations of values than were decided\n";
    let ran = diff("large.placet", &[]);
    assert_eq!(ran.out, found);
    assert!(ran.err.contains("more combinations"), "{}", ran.err);
    let markdown = diff("large.placet", &["--format", "markdown"]).quiet().out;
    assert_eq!(markdown, format!("{found}\n{noted}"));
    let markdown = diff("other.placet", &["--format", "markdown"]).quiet().out;
    assert!(markdown.starts_with("| data ") && markdown.ends_with(&format!("|\n\n{noted}")), "{markdown}");
}

#[test]
fn diff_markdown_mentions_nobody() {
    let text = |state: &str| {
        format!(
            "policy odd  request {{ a: {{ \"@anna\", \"#12\" }}  d: bool }}  rule r {{ allow when a is {state} and d }}"
        )
    };
    let folder = Folder::new().with("old.placet", text("\"@anna\"")).with("new.placet", text("\"#12\""));
    for over in [&[][..], &["--over", "a"], &["--over", "a,d", "--matrix"]] {
        let args = [&["diff", "--format", "markdown", "old.placet", "new.placet"], over].concat();
        let out = folder.run(&args).ends(1).quiet().out;
        let outside_code: String = out.split('`').step_by(2).collect();
        assert!(!outside_code.contains("@anna") && !outside_code.contains("#12"), "{out}");
        assert!(out.contains("anna"), "{out}");
    }
    let html = ["matrix", "old.placet", "--rows", "a", "--columns", "d", "--format", "html"];
    assert!(folder.run(&html).ends(0).quiet().out.contains("@anna"), "nobody is notified by a page");
}

#[test]
fn diff_markdown_is_for_a_comment() {
    let folder = edited("subject.age < 18", "subject.age < 21").with(
        "other.placet",
        SHOP.replace("default \"SG\"", "required\n  vip: bool").replace("within 30 days", "within 14 days"),
    );
    let ran = folder.run(&["diff", "--format", "markdown", "shop.placet", "new.placet"]).ends(1).quiet();
    let lines = ran.lines();
    assert_eq!(lines[0], "## What changes in `shop`");
    assert!(lines[2].starts_with("**") && lines[2].ends_with(" classes of requests change**"), "{}", ran.out);
    let row = lines.iter().find(|line| line.contains("allow → deny")).unwrap();
    assert!(
        row.contains("| minors ")
            && row.contains("| some requests with ")
            && row.contains("subject.age 18..20"),
        "{row}"
    );
    assert!(row.contains(r#"| `{"#) && row.contains(r#""subject.age":18"#), "the example is code: {row}");
    let ran = folder.run(&["diff", "--format", "markdown", "shop.placet", "other.placet"]).ends(1).quiet();
    assert!(ran.out.contains("\n- `country`: default \"SG\" -\\> required\n"), "{}", ran.out);
    assert!(ran.out.contains("\n- added `vip`: bool\n"), "{}", ran.out);
    assert!(ran.out.contains("\n- `minors`\n  - obligations: erase within 30 days "), "{}", ran.out);

    // Names and texts can't become markup, nor end a cell.
    let odd = |age: u8| {
        let values = (0..12).map(|at| format!("\"<b>|`{at}`\"")).collect::<Vec<_>>().join(", ");
        let rules = (0..12)
            .map(|at| format!("rule r{at} {{ deny when a is \"<b>|`{at}`\" and age < {} }}\n", age + at));
        let rules: String = rules.collect();
        format!(
            "policy odd  request {{ a: {{ {values} }}  age: int 0..99 }}\n{rules}rule everyone {{ allow when age >= 0 }}"
        )
    };
    let folder = folder.with("odd.placet", odd(10)).with("odder.placet", odd(20));
    let ran = folder.run(&["diff", "--format", "markdown", "odd.placet", "odder.placet"]).ends(1).quiet();
    assert!(ran.out.contains("<details><summary>12 regions</summary>\n\n|"), "{}", ran.out);
    assert!(ran.out.contains(r"\<b\>\|\`3\`") && ran.out.contains("\n</details>\n"), "{}", ran.out);
    let rows: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("| allow")).collect();
    let bars = |row: &str| row.replace(r"\|", "").matches('|').count();
    assert!(rows.len() == 12 && rows.iter().all(|row| bars(row) == 5), "{}", ran.out);
}

#[test]
fn diff_sarif_names_the_rule_that_caused_a_change() {
    let folder = edited("deny when subject.age < 18", "deny when subject.age < 21").with(
        "open.placet",
        SHOP.replace(&SHOP[SHOP.find("/// Children").unwrap()..SHOP.find("rule delivery").unwrap()], ""),
    );
    let run = |new: &str| {
        let ran = folder.run(&["diff", "--format", "sarif", "shop.placet", new]).ends(1).quiet();
        let [log] = &ran.json()[..] else { panic!("{}", ran.out) };
        log["runs"][0].clone()
    };
    let found = run("new.placet");
    assert_eq!(found["automationDetails"]["id"], "placet/diff/new.placet/");
    let result = &found["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"allow-to-deny".into(), &"note".into()));
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.starts_with("allow -> deny because `minors` changed: some requests with "), "{text}");
    assert!(text.contains("subject.age 18..20") && text.contains("; for example {"), "{text}");
    let place = |result: &serde_json::Value| {
        let place = &result["locations"][0]["physicalLocation"];
        (place["artifactLocation"]["uri"].as_str().unwrap().to_owned(), place["region"]["startLine"].as_u64())
    };
    let line = |text: &str| Some(1 + SHOP[..SHOP.find(text).unwrap()].matches('\n').count() as u64);
    assert_eq!(place(result), ("new.placet".to_owned(), line("rule minors")));

    // The place of a rule that was removed is in the old policy.
    let found = run("open.placet");
    let result = &found["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"deny-to-allow".into(), &"warning".into()));
    assert_eq!(place(result), ("shop.placet".to_owned(), line("rule minors")));
    let ran =
        folder.run(&["diff", "--format", "sarif", "--over", "purpose", "shop.placet", "new.placet"]).ends(64);
    assert!(ran.err.contains("no SARIF form"), "{}", ran.err);
}
