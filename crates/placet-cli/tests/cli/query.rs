//! `placet query` and `placet matrix`.

use super::folder::*;
use serde_json::json;

/// The shop policy, and an adult in it.
fn shop() -> Folder {
    Folder::with_shop("").with("adult.json", r#"{"subject.age": 30, "consented": true}"#)
}

#[test]
fn query_lists_what_is_allowed() {
    let args = ["query", "shop.placet", "--given", "adult.json", "--over", "purpose", "--effect", "allow"];
    let ran = shop().run(&args).ends(0).quiet();
    let lines: Vec<Vec<&str>> =
        ran.out.lines().map(|line| line.split("  ").filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(lines.len(), 2, "{}", ran.out);
    assert_eq!(
        lines[0].iter().map(|cell| cell.trim()).collect::<Vec<_>>(),
        ["purpose", "answer", "by", "obligations"]
    );
    assert!(lines[1][0].starts_with("any"), "{}", ran.out);
    assert!(ran.out.contains("label within 1 day (in some cases)"), "{}", ran.out);
}

#[test]
fn query_json_has_the_documented_form() {
    let args = [
        "query",
        "shop.placet",
        "--given",
        "adult.json",
        "--over",
        "subject.age,purpose",
        "--format",
        "json",
    ];
    let ran = shop().run(&args).ends(0).quiet();
    let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["over"], json!(["subject.age", "purpose"]));
    assert_eq!(answer["complete"], json!(true));
    let regions = answer["regions"].as_array().unwrap();
    let allowed: Vec<_> = regions.iter().filter(|region| region["effect"] == "allow").collect();
    assert_eq!(allowed.len(), 1, "{}", ran.out);
    assert_eq!(allowed[0]["where"], json!({"subject.age": {"ranges": [[18, 150]]}}));
    assert_eq!(allowed[0]["cites"], json!(["§3", "§5"]));
    assert_eq!(allowed[0]["certain"], json!([]));
    let minors = regions.iter().find(|region| region["effect"] == "indeterminate").unwrap();
    assert_eq!(minors["missing"], json!(["guardian"]));
    assert_eq!(minors["where"], json!({"subject.age": {"ranges": [[0, 17]]}}));
}

#[test]
fn query_over_an_ordered_attribute_is_a_timeline() {
    let folder = shop().with("child.json", r#"{"guardian": false, "purpose": "deliver"}"#);
    let ran = folder
        .run(&["query", "shop.placet", "--given", "child.json", "--over", "subject.age"])
        .ends(0)
        .quiet();
    assert_eq!(
        ran.line("at most 17"),
        "at most 17   deny    minors (§9)    erase within 30 days (in some cases)"
    );
    assert_eq!(ran.line("at least 18"), "at least 18  allow   delivery (§3)");
}

#[test]
fn query_versus_lists_what_stops() {
    let folder = shop().with("withdrawn.json", r#"{"subject.age": 30, "consented": false}"#);
    let args = [
        "query",
        "shop.placet",
        "--given",
        "adult.json",
        "--versus",
        "withdrawn.json",
        "--over",
        "purpose",
        "--format",
        "csv",
    ];
    let ran = folder.run(&args).ends(0).quiet();
    let rows: Vec<&str> = ran.lines();
    assert_eq!(rows[0], "purpose,before,by,obligations,after,by,obligations");
    assert!(rows[1].starts_with("marketing,allow,"), "{}", ran.out);
    assert!(rows[1].ends_with(",deny,default,"), "{}", ran.out);
}

#[test]
fn query_limit_counts_the_regions_left_out() {
    let args = ["query", "shop.placet", "--over", "subject.age,purpose", "--limit", "1"];
    let ran = shop().run(&args).ends(0).quiet();
    assert!(ran.out.contains(" more region"), "{}", ran.out);
    let ran = shop()
        .run(&["query", "shop.placet", "--over", "subject.age", "--limit", "0", "--format", "json"])
        .ends(0);
    assert!(ran.out.contains(r#""complete":false"#), "{}", ran.out);
}

#[test]
fn query_reports_questions_that_it_cannot_answer() {
    let ran = shop().run(&["query", "shop.placet", "--over", "purpos"]).ends(2);
    assert!(ran.err.contains("did you mean `purpose`?"), "{}", ran.err);
    let ran = shop().run(&["query", "shop.placet", "--over", "purpose,purpose"]).ends(2);
    assert!(ran.err.contains("`purpose` is named twice"), "{}", ran.err);
    let ran = shop()
        .with("bad.json", r#"{"subject.age": 200}"#)
        .run(&["query", "shop.placet", "--given", "bad.json", "--over", "purpose"])
        .ends(2);
    assert!(ran.err.contains("subject.age"), "{}", ran.err);
}

#[test]
fn questions_report_every_error_as_json() {
    let folder = shop()
        .with(
            "old.placet",
            "policy shop  request { purpose: { deliver } }  rule r { allow when purpose is deliver }",
        )
        .with("given.json", r#"{"subject.age": 30}"#);
    let error = |args: &[&str]| {
        let ran = folder.run(&[args, &["--format", "json"]].concat()).ends(2).quiet();
        ran.json()[0]["error"].clone()
    };
    let twice = error(&["query", "shop.placet", "--over", "purpose,purpose"]);
    assert!(twice["message"].as_str().unwrap().contains("named twice"), "{twice}");
    let rows = error(&["matrix", "shop.placet", "--rows", "purpose", "--columns", "purpose"]);
    assert_eq!(rows["message"], twice["message"]);
    let versus = ["query", "shop.placet", "--given", "given.json", "--over", "purpose"];
    let old = error(&[&versus[..], &["--versus-policy", "old.placet"]].concat());
    assert_eq!(old["code"], "unknown_attribute");
    assert!(old["message"].as_str().unwrap().starts_with("the old policy refuses the request: "), "{old}");
    let over = ["diff", "old.placet", "shop.placet", "--given", "given.json", "--over", "purpose"];
    assert_eq!(error(&over)["attribute"], "subject.age");
}

#[test]
fn matrix_opens_nodes_where_answers_differ() {
    let ran = shop().run(&[
        "matrix",
        "shop.placet",
        "--rows",
        "purpose",
        "--columns",
        "consented",
        "--given",
        "aged.json",
    ]);
    assert!(ran.err.contains("aged.json"), "a file that isn't there");
    let folder = shop().with("aged.json", r#"{"subject.age": 30}"#);
    let ran = folder
        .run(&[
            "matrix",
            "shop.placet",
            "--rows",
            "purpose",
            "--columns",
            "consented",
            "--given",
            "aged.json",
        ])
        .ends(0)
        .quiet();
    let rows: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["purpose", "\\", "consented", "false", "true"]);
    assert_eq!(rows[1], ["deliver", "A", "A"]);
    // The obligations of both kinds of marketing differ.
    assert_eq!(rows[2..], [vec!["marketing"], vec!["newsletter", "D", "a"], vec!["advertising", "D", "a"]]);
}

#[test]
fn matrix_formats_escape_names() {
    let folder = Folder::new().with(
        "odd.placet",
        "policy odd  request { a: { \"<b>|\", c }  d: bool }  rule r { allow when a is \"<b>|\" and d }",
    );
    let of = |format: &str| {
        let args = ["matrix", "odd.placet", "--rows", "a", "--columns", "d", "--format", format];
        folder.run(&args).ends(0).quiet().out
    };
    let html = of("html");
    assert!(html.contains("&lt;b&gt;|") && !html.contains("<b>"), "{html}");
    assert!(html.contains("<th>"), "{html}");
    assert!(of("markdown").contains("\\<b\\>\\|"), "{}", of("markdown"));
    assert!(of("csv").contains("<b>|"), "{}", of("csv"));
    let json: serde_json::Value = serde_json::from_str(&of("json")).unwrap();
    assert_eq!(json["row_attribute"], "a");
}

#[test]
fn query_versus_policy_lists_what_differs_from_an_older_policy() {
    let new = SHOP
        .replace("subject.age < 18", "subject.age < 21")
        .replace("newsletter, advertising", "newsletter, advertising, phone");
    let folder =
        shop().with("new.placet", new).with("alone.json", r#"{"consented": true, "guardian": false}"#);
    let ask = |more: &[&str]| {
        let args = ["query", "new.placet", "--versus-policy", "shop.placet", "--over", "subject.age,purpose"];
        folder.run(&[&args, more].concat())
    };
    let ran = ask(&["--given", "alone.json"]).ends(0);
    let row = "18 to 20     any      allow   delivery, marketing/adverts, marketing/newsletter (§3, §5)";
    assert!(ran.line("18 to 20").starts_with(row), "{}", ran.out);
    assert_eq!(ran.lines().len(), 2, "{}", ran.out);
    assert_eq!(ran.err, "note: only the new policy has purpose phone: left out\n");
    // Standard input is read once, by both policies.
    let given = r#"{"consented": true, "guardian": false}"#;
    let args = [
        "query",
        "new.placet",
        "--versus-policy",
        "shop.placet",
        "--over",
        "subject.age,purpose",
        "--given",
        "-",
    ];
    assert_eq!(folder.run_with(&args, given).ends(0).out, ran.out);

    let ran = ask(&["--given", "alone.json", "--format", "json"]).ends(0).quiet();
    let [found] = &ran.json()[..] else { panic!("{}", ran.out) };
    assert_eq!(found["left_out"], json!([{"attribute": "purpose", "after": {"in": ["phone"]}}]));
    assert_eq!(found["regions"][0]["before"]["effect"], "allow");
    assert_eq!(found["regions"][0]["where"], json!({"subject.age": {"ranges": [[18, 20]]}}));

    let ran = ask(&["--versus", "alone.json"]).ends(64);
    assert!(ran.err.contains("cannot be used with"), "{}", ran.err);
    let ran = folder.with("vip.placet", SHOP.replace("guardian: bool", "guardian: bool\n  vip: bool"));
    let ran = ran.with("vip.json", r#"{"vip": true}"#).run(&[
        "query",
        "vip.placet",
        "--versus-policy",
        "shop.placet",
        "--given",
        "vip.json",
        "--over",
        "purpose",
    ]);
    assert!(ran.ends(2).err.contains("the old policy refuses the request: "));
}
