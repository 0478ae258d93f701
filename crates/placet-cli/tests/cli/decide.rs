//! `placet decide`.

use super::folder::*;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};

const REQUESTS: &str = r#"{"subject": {"age": 12}, "purpose": "deliver", "guardian": false}
{"subject.age": 30, "purpose": "newsletter", "consented": true}

{"subject.age": 30, "purpose": "newsletter"}
{"subject.age": 30, "purpose": "deliver", "country": "MY"}
"#;

#[test]
fn decide_writes_one_line_per_request_in_order() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    let ran = folder.run(&["decide", "shop.placet", "requests.jsonl"]).ends(0).quiet();
    let answers = ran.json();
    let effects: Vec<&Value> = answers.iter().map(|answer| &answer["effect"]).collect();
    assert_eq!(effects, ["deny", "allow", "indeterminate", "deny"], "the blank line has no answer");
    assert_eq!(
        answers[0],
        serde_json::json!({
            "effect": "deny", "rules": ["minors"], "certain": ["minors"], "cites": ["§9"], "basis": [],
            "obligations": [{
                "name": "erase", "within_seconds": 2_592_000, "text": "Erase what was collected.", "certain": true,
            }],
            "undecided": [], "missing": [],
        })
    );
    assert_eq!(
        answers[1],
        serde_json::json!({
            "effect": "allow", "rules": ["marketing/newsletter"], "certain": ["marketing/newsletter"],
            "cites": ["§5"], "basis": ["consent"],
            "obligations": [{ "name": "unsubscribe", "certain": true }],
            "undecided": [], "missing": [],
        })
    );
    assert_eq!(answers[2]["missing"], serde_json::json!(["consented"]));
    assert_eq!(answers[2]["undecided"], serde_json::json!(["marketing/newsletter"]));
    assert_eq!(answers[3]["rules"], serde_json::json!([]), "denied by default");
}

#[test]
fn decide_reads_objects_over_lines_and_arrays() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    let lines = folder.run(&["decide", "shop.placet", "requests.jsonl"]).ends(0).out;
    let requests: Vec<Value> = REQUESTS
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let pretty: Vec<String> =
        requests.iter().map(|request| serde_json::to_string_pretty(request).unwrap()).collect();
    let arrays =
        [serde_json::to_string(&requests).unwrap(), serde_json::to_string_pretty(&requests).unwrap()];
    for input in [pretty.join("\n"), pretty.join("\n\n"), arrays[0].clone(), arrays[1].clone()] {
        assert_eq!(folder.run_with(&["decide", "shop.placet"], &input).ends(0).quiet().out, lines, "{input}");
    }
}

#[test]
fn decide_writes_for_people_on_request() {
    let folder = Folder::with_shop("");
    let requests = format!("{REQUESTS}{{\"purpose\": \"delver\"}}\n");
    let ran = folder.run_with(&["decide", "--format", "text", "shop.placet"], &requests).ends(2).quiet();
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", ran.out);
    assert!(lines[0].starts_with("deny by minors (§9)"), "{}", lines[0]);
    assert_eq!(lines[2], "indeterminate until it is known: consented");
    assert!(
        lines[4].starts_with("error: `purpose`: ") && lines[4].ends_with("did you mean `deliver`?"),
        "{}",
        lines[4]
    );
    assert!(!ran.out.contains('\u{1b}'), "colours in what is piped");
}

#[test]
fn decide_reads_stdin_by_default() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    let from_file = folder.run(&["decide", "shop.placet", "requests.jsonl"]).ends(0).out;
    assert_eq!(folder.run_with(&["decide", "shop.placet"], REQUESTS).ends(0).out, from_file);
    assert_eq!(folder.run_with(&["decide", "shop.placet", "-"], REQUESTS).ends(0).out, from_file);
}

#[test]
fn decide_reports_an_erroneous_request_and_continues() {
    let requests = "{\"subject.age\": 151}\n\
                    {\"subject.age\": 12\n\
                    {\"subjct.age\": 12}\n\
                    {\"subject.age\": \"12\"}\n\
                    {\"subject.age\": 12, \"subject\": {\"age\": 13}}\n\
                    {\"purpose\": \"resale\"}\n\
                    [1]\n\
                    {\"purpose\": \"newsletter\", \"subject.age\": 40, \"consented\": false}\n";
    let ran = Folder::with_shop("").run_with(&["decide", "shop.placet"], requests).ends(2).quiet();
    let answers = ran.json();
    let codes: Vec<&str> = answers.iter().filter_map(|answer| answer["error"]["code"].as_str()).collect();
    assert_eq!(
        codes,
        [
            "outside_domain",
            "invalid_json",
            "unknown_attribute",
            "wrong_type",
            "duplicate_attribute",
            "outside_domain",
            "invalid_json",
        ]
    );
    assert_eq!(answers[7]["effect"], "deny");
    let error = &answers[0]["error"];
    assert_eq!(error["attribute"], "subject.age");
    assert_eq!(error["expected"], "int 0..150");
    assert!(error["message"].as_str().unwrap().contains("151"), "{error}");
    assert!(answers[1]["error"]["attribute"].is_null());
    assert_eq!(answers[2]["error"]["attribute"], "subjct.age");
    for answer in &answers[..7] {
        assert_eq!(answer.as_object().unwrap().len(), 1, "an error is no decision: {answer}");
    }
}

#[test]
fn decide_requires_required_attributes() {
    let text = "policy shop\nrequest { member: bool required }\nrule members { allow when member }\n";
    let folder = Folder::new().with("a.placet", text);
    let ran =
        folder.run_with(&["decide", "a.placet"], "{}\n{\"member\": null}\n{\"member\": true}\n").ends(2);
    let answers = ran.json();
    assert_eq!(answers[0]["error"]["code"], "required_attribute");
    assert_eq!(answers[1]["error"]["code"], "required_attribute");
    assert_eq!(answers[1]["error"]["attribute"], "member");
    assert_eq!(answers[2]["effect"], "allow");
}

#[test]
fn decide_skips_blank_lines_and_carriage_returns() {
    let request = "{\"purpose\": \"deliver\", \"subject.age\": 40}";
    let folder = Folder::with_shop("");
    let ran =
        folder.run_with(&["decide", "shop.placet"], format!("\r\n  \t\n\n{request}\r\n\n{request}")).ends(0);
    assert_eq!(ran.json().len(), 2, "the last line may lack its end: {}", ran.out);
    assert!(ran.json().iter().all(|answer| answer["effect"] == "allow"), "{}", ran.out);
    let ran = folder.run_with(&["decide", "shop.placet"], "").ends(0).quiet();
    assert_eq!(ran.out, "");
}

#[test]
fn decide_reports_a_line_that_is_not_utf8() {
    let folder = Folder::with_shop("");
    let ran = folder.run_with(&["decide", "shop.placet"], b"{\"country\": \"\xe9\"}\n{}\n").ends(2).quiet();
    assert_eq!(ran.json()[0]["error"]["code"], "invalid_json");
    assert_eq!(ran.json()[1]["effect"], "indeterminate");
}

#[test]
fn decide_exits_with_1_without_a_valid_policy() {
    let folder = Folder::with_shop("").with("broken.placet", BROKEN);
    let ran = folder.run(&["decide", "broken.placet"]).ends(1);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("error[P0304]"), "{}", ran.err);
    let ran = folder.run(&["decide", "nowhere.placet"]).ends(1);
    assert!(ran.err.contains("nowhere.placet"), "{}", ran.err);
    let ran = folder.run(&["decide", "shop.placet", "nowhere.jsonl"]).ends(1);
    assert_eq!(ran.out, "");
    assert!(ran.err.starts_with("error: nowhere.jsonl: "), "{}", ran.err);
}

#[test]
fn decide_accepts_a_policy_with_warnings() {
    let folder = Folder::new().with("doubtful.placet", DOUBTFUL);
    let ran = folder.run_with(&["decide", "doubtful.placet"], "{\"member\": true}\n").ends(0).quiet();
    assert_eq!(ran.json()[0]["rules"], serde_json::json!(["Members"]));
}

#[test]
fn decide_ignores_a_closed_pipe() {
    let folder = Folder::with_shop("").with("requests.jsonl", "{}\n".repeat(20_000));
    let mut child = folder.command(&["decide", "shop.placet", "requests.jsonl"]).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("indeterminate"), "{first}");
    // The reader has closed its end.
    Ran::of(child.wait_with_output().unwrap()).ends(0).quiet();
}

#[test]
#[cfg(target_os = "linux")]
fn decide_reports_a_full_disk() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = folder.command(&["decide", "shop.placet", "requests.jsonl"]).stdout(full).output().unwrap();
    let ran = Ran::of(output).ends(1);
    assert!(ran.err.starts_with("error: "), "{}", ran.err);
}

#[test]
#[cfg(target_os = "linux")]
fn commands_do_not_panic_on_a_full_disk() {
    let folder = Folder::with_shop(FAILING)
        .with("request.json", "{}")
        .with("ugly.placet", UGLY)
        .with("broken.placet", BROKEN);
    let runs: [&[&str]; 4] = [
        &["test", "shop.placet"],
        &["explain", "shop.placet", "request.json"],
        &["fmt", "--check", "ugly.placet"],
        &["check", "broken.placet"],
    ];
    for args in runs {
        let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = folder.command(args).stdout(full()).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
}
