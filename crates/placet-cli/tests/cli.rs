//! The `placet` command: what it writes where, and with what status it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what helps a test may panic as the test may, of which alone clippy.toml speaks"
)]

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const SHOP: &str = r#"policy shop

taxonomy Purpose { deliver, marketing { newsletter, advertising } }

request {
  subject.age: int 0..150
  purpose: Purpose
  consented: bool
  guardian: bool
  country: string default "SG"
}

/// Children can't agree to anything themselves.
rule minors {
  cite "§9"
  deny when subject.age < 18
    except parental when guardian
  because "People under 18 need a guardian's permission."
  oblige erase within 30 days when subject.age < 13 "Erase what was collected."
}

rule delivery {
  cite "§3"
  basis contract
  allow when purpose is deliver and country is "SG"
}

table marketing {
  cite "§5"
  allow
  | name       | purpose     | consented | basis   | oblige             |
  | newsletter | newsletter  | true      | consent | unsubscribe        |
  | adverts    | advertising | true      | consent | label within 1 day |
}

example adult { subject.age: 30, guardian: false, purpose: deliver, consented: false }
"#;

const TESTS: &str = r#"
test "delivery to an adult" { given adult expect allow by delivery }
test "a child" { given adult with { subject.age: 12 } expect deny by minors oblige erase }

cases "ages, §9" given adult {
  | subject.age | expect |
  | 17          | deny   |
  | 18          | allow  |
}
"#;

const FAILING: &str = r#"
test "advertising without consent" { given adult with { purpose: advertising } expect allow by marketing }
test "an age that there is not" { given adult with { subject.age: 30 } expect error subject.age }
test "no age" { given adult with { subject.age: missing } expect indeterminate missing consented }
"#;

const BROKEN: &str = "policy shop\n\nrequest { member: bool }\n\nrule members { allow when membr }\n";
const DOUBTFUL: &str = "policy shop\n\nrequest { member: bool }\n\nrule Members { allow when member }\n";
const UGLY: &str = "policy  shop\nrequest{member:bool}\nrule members{allow when member}";
const TIDY: &str = "policy shop\n\nrequest {\n  member: bool\n}\n\nrule members {\n  allow when member\n}\n";

/// A folder to run the command in.
struct Folder {
    folder: TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With the policy of most tests as `shop.placet`.
    fn with_shop(more: &str) -> Self {
        Self::new().with("shop.placet", format!("{SHOP}{more}"))
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path().join(name), text).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_placet"));
        command
            .args(args)
            .current_dir(self.path())
            .env_remove("CLICOLOR_FORCE")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    fn run_with(&self, args: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // A command that ends before it has read everything is no fault of this test.
        match child.stdin.take().unwrap().write_all(input.as_ref()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
            _ => {}
        }
        Ran::of(child.wait_with_output().unwrap())
    }
}

/// What a run left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "status; out:\n{}\nerr:\n{}", self.out, self.err);
        self
    }

    /// Nothing was written to standard error.
    #[track_caller]
    fn quiet(self) -> Self {
        assert_eq!(self.err, "");
        self
    }

    /// Each line of the output as JSON.
    fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }

    /// The lines of the output that begin so, white space before them left out.
    fn line(&self, start: &str) -> &str {
        let found: Vec<&str> =
            self.out.lines().map(str::trim_start).filter(|line| line.starts_with(start)).collect();
        assert_eq!(found.len(), 1, "lines that begin with `{start}` in:\n{}", self.out);
        found[0]
    }
}

// ── check ──────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn check_of_a_sound_policy_says_nothing() {
    let ran = Folder::with_shop(TESTS).run(&["check", "shop.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "");
}

#[test]
fn check_writes_faults_to_standard_error_and_ends_with_1() {
    let ran = Folder::new().with("broken.placet", BROKEN).run(&["check", "broken.placet"]).ends(1);
    assert_eq!(ran.out, "");
    assert!(ran.err.starts_with("error[P0304]: "), "{}", ran.err);
    assert!(ran.err.contains("--> broken.placet:5:27"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `member`?"), "{}", ran.err);
}

#[test]
fn check_shows_warnings_and_ends_with_0() {
    let ran = Folder::new().with("doubtful.placet", DOUBTFUL).run(&["check", "doubtful.placet"]).ends(0);
    assert!(ran.err.starts_with("warning[P0801]: "), "{}", ran.err);
}

#[test]
fn check_goes_through_all_files_and_one_broken_one_is_enough() {
    let folder = Folder::with_shop("").with("broken.placet", BROKEN).with("doubtful.placet", DOUBTFUL);
    let ran =
        folder.run(&["check", "broken.placet", "shop.placet", "nowhere.placet", "doubtful.placet"]).ends(1);
    assert!(ran.err.contains("error[P0304]"), "{}", ran.err);
    assert!(ran.err.contains("error[P0206]: `nowhere.placet` can't be read"), "{}", ran.err);
    assert!(ran.err.contains("warning[P0801]"), "{}", ran.err);
    assert!(!ran.err.contains("shop.placet"), "{}", ran.err);
}

#[test]
fn check_compiles_what_is_imported() {
    let folder = Folder::new()
        .with("main.placet", "policy shop\nimport \"rules.placet\"\nrequest { member: bool }\n")
        .with("rules.placet", "rule members { allow when membre }\n");
    let ran = folder.run(&["check", "main.placet"]).ends(1);
    assert!(ran.err.contains("--> rules.placet:1:27"), "{}", ran.err);
    // From another folder the path is the one to open.
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    let output =
        folder.command(&["check", "../main.placet"]).current_dir(folder.path().join("elsewhere")).output();
    let ran = Ran::of(output.unwrap()).ends(1);
    assert!(ran.err.contains("--> ../rules.placet:1:27"), "{}", ran.err);
}

#[test]
fn check_in_json_is_a_diagnostic_a_line() {
    let folder = Folder::new().with("broken.placet", BROKEN).with("doubtful.placet", DOUBTFUL);
    let ran = folder.run(&["check", "--format", "json", "broken.placet", "doubtful.placet"]).ends(1).quiet();
    let faults = ran.json();
    assert_eq!(faults.len(), 2, "{}", ran.out);
    let fault = &faults[0];
    assert_eq!(fault["code"], "P0304");
    assert_eq!(fault["severity"], "error");
    assert_eq!(fault["help"], "did you mean `member`?");
    assert!(fault["message"].as_str().unwrap().contains("`membr`"), "{fault}");
    assert!(fault["notes"].as_array().unwrap().is_empty(), "{fault}");
    let place = &fault["labels"][0];
    assert_eq!(
        (&place["file"], &place["line"], &place["column"]),
        (&"broken.placet".into(), &5.into(), &27.into())
    );
    let range = place["start"].as_u64().unwrap() as usize..place["end"].as_u64().unwrap() as usize;
    assert_eq!(&BROKEN[range], "membr", "the offsets are bytes of the file");
    assert_eq!(faults[1]["severity"], "warning");
    assert_eq!(faults[1]["labels"][0]["file"], "doubtful.placet");
}

#[test]
fn a_column_counts_characters() {
    let text = "policy shop\nrequest { member: bool }\nrule a { cite \"§§§\" allow when membr }\n";
    let folder = Folder::new().with("a.placet", text);
    let place = folder.run(&["check", "a.placet", "--format", "json"]).json()[0]["labels"][0].clone();
    assert_eq!(place["column"], 32);
    assert_eq!(place["start"], text.find("membr }").unwrap());
}

// ── fmt ────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn fmt_rewrites_what_is_not_in_the_layout() {
    let folder = Folder::new().with("ugly.placet", UGLY).with("tidy.placet", TIDY);
    let ran = folder.run(&["fmt", "ugly.placet", "tidy.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "");
    assert_eq!(folder.text("ugly.placet"), TIDY);
    assert_eq!(folder.text("tidy.placet"), TIDY);
}

#[test]
fn fmt_check_names_what_is_not_in_the_layout_and_rewrites_nothing() {
    let folder = Folder::new().with("ugly.placet", UGLY).with("tidy.placet", TIDY);
    let ran = folder.run(&["fmt", "--check", "tidy.placet", "ugly.placet"]).ends(1).quiet();
    assert_eq!(ran.lines(), ["ugly.placet"]);
    assert_eq!(folder.text("ugly.placet"), UGLY);
    let ran = folder.run(&["fmt", "--check", "tidy.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "");
}

#[test]
fn fmt_leaves_files_alone_that_are_in_the_layout() {
    let folder = Folder::new().with("tidy.placet", TIDY);
    let before = fs::metadata(folder.path().join("tidy.placet")).unwrap().modified().unwrap();
    folder.run(&["fmt", "tidy.placet"]).ends(0);
    let after = fs::metadata(folder.path().join("tidy.placet")).unwrap().modified().unwrap();
    assert_eq!(before, after);
}

#[test]
fn fmt_of_a_dash_goes_from_standard_input_to_standard_output() {
    let ran = Folder::new().run_with(&["fmt", "-"], UGLY).ends(0).quiet();
    assert_eq!(ran.out, TIDY);
    let ran = Folder::new().run_with(&["fmt", "-"], TIDY).ends(0).quiet();
    assert_eq!(ran.out, TIDY);
}

#[test]
fn fmt_writes_nothing_of_what_does_not_parse() {
    let bad = "policy shop\nrule members {";
    let folder = Folder::new().with("bad.placet", bad).with("ugly.placet", UGLY);
    let ran = folder.run(&["fmt", "bad.placet", "ugly.placet"]).ends(1);
    assert!(ran.err.contains("error[P0103]") && ran.err.contains("bad.placet:2:14"), "{}", ran.err);
    assert_eq!(folder.text("bad.placet"), bad);
    assert_eq!(folder.text("ugly.placet"), TIDY, "the others are formatted all the same");
    let ran = folder.run_with(&["fmt", "-"], bad).ends(1);
    assert_eq!(ran.out, "");
}

#[test]
fn fmt_asks_for_no_more_than_that_it_parses() {
    let folder = Folder::new().with("broken.placet", BROKEN);
    folder.run(&["fmt", "broken.placet"]).ends(0).quiet();
    assert!(folder.text("broken.placet").contains("allow when membr\n"));
}

#[test]
fn fmt_of_what_is_no_utf_8_is_an_error() {
    let folder = Folder::new().with("latin.placet", b"policy shop // caf\xe9").with("ugly.placet", UGLY);
    let ran = folder.run(&["fmt", "latin.placet", "ugly.placet"]).ends(1);
    assert!(ran.err.contains("latin.placet is not UTF-8"), "{}", ran.err);
    assert_eq!(folder.text("ugly.placet"), TIDY);
}

#[test]
fn fmt_of_a_file_that_there_is_not_is_an_error() {
    let ran = Folder::new().run(&["fmt", "nowhere.placet"]).ends(1);
    assert!(ran.err.starts_with("error: nowhere.placet: "), "{}", ran.err);
}

#[test]
#[ignore = "fmt --check - writes the text and ends with 0"]
fn fmt_check_of_standard_input_writes_no_text() {
    let ran = Folder::new().run_with(&["fmt", "--check", "-"], UGLY).ends(1);
    assert!(!ran.out.contains("member"), "{}", ran.out);
    let ran = Folder::new().run_with(&["fmt", "--check", "-"], TIDY).ends(0);
    assert_eq!(ran.out, "");
}

#[test]
#[ignore = "fmt ends at the first file that can't be read"]
fn fmt_goes_on_after_a_file_that_there_is_not() {
    let folder = Folder::new().with("ugly.placet", UGLY);
    folder.run(&["fmt", "nowhere.placet", "ugly.placet"]).ends(1);
    assert_eq!(folder.text("ugly.placet"), TIDY);
}

// ── test ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn test_ends_with_the_counts() {
    let ran = Folder::with_shop(TESTS).run(&["test", "shop.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "4 passed, 0 failed\n");
}

#[test]
fn test_tells_what_was_expected_and_what_came() {
    let ran = Folder::with_shop(&format!("{TESTS}{FAILING}")).run(&["test", "shop.placet"]).ends(1).quiet();
    assert_eq!(ran.lines().last(), Some(&"4 passed, 3 failed"));
    let failures: Vec<&str> = ran.out.split("FAILED ").skip(1).collect();
    let [advertising, age, no_age] = failures[..] else { panic!("{}", ran.out) };
    let line = 1 + SHOP.lines().count() + TESTS.lines().count() + 1;

    assert!(advertising.starts_with("advertising without consent\n"), "{advertising}");
    assert!(advertising.contains(&format!("shop.placet:{line}\n")), "{advertising}");
    assert!(advertising.contains("expected allow, came deny"), "{advertising}");
    assert!(advertising.contains("`marketing` is not among the rules that decided"), "{advertising}");

    assert!(age.starts_with("an age that there is not\n"), "{age}");
    assert!(age.contains("expected an error of `subject.age`, came allow"), "{age}");
    assert!(age.contains("delivery"), "the rules of the answer that came: {age}");

    assert!(no_age.starts_with("no age\n"), "{no_age}");
    assert!(no_age.contains("`consented` is not among the missing attributes"), "{no_age}");
    assert!(no_age.contains("subject.age"), "what the answer names: {no_age}");
    assert!(!no_age.contains("expected indeterminate"), "the effect is the one expected: {no_age}");
}

#[test]
fn test_filters_by_titles() {
    let folder = Folder::with_shop(&format!("{TESTS}{FAILING}"));
    assert_eq!(folder.run(&["test", "shop.placet", "--filter", "§9"]).ends(0).out, "2 passed, 0 failed\n");
    assert_eq!(folder.run(&["test", "shop.placet", "--filter", "§9 #2"]).ends(0).out, "1 passed, 0 failed\n");
    let ran = folder.run(&["test", "--filter", "advertising", "shop.placet"]).ends(1);
    assert!(ran.out.ends_with("\n0 passed, 1 failed\n"), "{}", ran.out);
    assert_eq!(folder.run(&["test", "shop.placet", "--filter", "nothing"]).out, "0 passed, 0 failed\n");
}

#[test]
fn test_in_json_is_a_test_a_line_and_the_counts() {
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
fn test_of_a_broken_policy_ends_with_1_and_the_others_are_run() {
    let folder = Folder::with_shop(TESTS).with("broken.placet", BROKEN);
    let ran = folder.run(&["test", "broken.placet", "shop.placet"]).ends(1);
    assert!(ran.err.contains("error[P0304]"), "{}", ran.err);
    assert_eq!(ran.lines().last(), Some(&"4 passed, 0 failed"));
}

#[test]
fn test_adds_up_the_counts_of_several_policies() {
    let folder = Folder::with_shop(TESTS).with("other.placet", format!("{SHOP}{TESTS}{FAILING}"));
    let ran = folder.run(&["test", "shop.placet", "other.placet"]).ends(1);
    assert_eq!(ran.lines().last(), Some(&"8 passed, 3 failed"));
    assert!(ran.out.contains("other.placet:"), "{}", ran.out);
}

// ── decide ─────────────────────────────────────────────────────────────────────────────────────────────────

const REQUESTS: &str = r#"{"subject": {"age": 12}, "purpose": "deliver", "guardian": false}
{"subject.age": 30, "purpose": "newsletter", "consented": true}

{"subject.age": 30, "purpose": "newsletter"}
{"subject.age": 30, "purpose": "deliver", "country": "MY"}
"#;

#[test]
fn decide_answers_line_by_line_in_order() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    let ran = folder.run(&["decide", "shop.placet", "requests.jsonl"]).ends(0).quiet();
    let answers = ran.json();
    let effects: Vec<&Value> = answers.iter().map(|answer| &answer["effect"]).collect();
    assert_eq!(effects, ["deny", "allow", "indeterminate", "deny"], "the blank line has no answer");
    assert_eq!(
        answers[0],
        serde_json::json!({
            "effect": "deny", "rules": ["minors"], "cites": ["§9"], "basis": [],
            "obligations": [{
                "name": "erase", "within_seconds": 2_592_000, "text": "Erase what was collected.", "certain": true,
            }],
            "undecided": [], "missing": [],
        })
    );
    assert_eq!(
        answers[1],
        serde_json::json!({
            "effect": "allow", "rules": ["marketing/newsletter"], "cites": ["§5"], "basis": ["consent"],
            "obligations": [{ "name": "unsubscribe", "certain": true }],
            "undecided": [], "missing": [],
        })
    );
    assert_eq!(answers[2]["missing"], serde_json::json!(["consented"]));
    assert_eq!(answers[2]["undecided"], serde_json::json!(["marketing/newsletter"]));
    assert_eq!(answers[3]["rules"], serde_json::json!([]), "denied by default");
}

#[test]
fn decide_reads_standard_input_where_no_file_is_named() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    let from_file = folder.run(&["decide", "shop.placet", "requests.jsonl"]).ends(0).out;
    assert_eq!(folder.run_with(&["decide", "shop.placet"], REQUESTS).ends(0).out, from_file);
    assert_eq!(folder.run_with(&["decide", "shop.placet", "-"], REQUESTS).ends(0).out, from_file);
}

#[test]
fn decide_says_what_is_wrong_with_a_request_and_goes_on() {
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
fn decide_wants_what_is_required() {
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
fn decide_passes_over_blank_lines_and_carriage_returns() {
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
fn decide_takes_a_line_that_is_no_utf_8_for_an_error() {
    let folder = Folder::with_shop("");
    let ran = folder.run_with(&["decide", "shop.placet"], b"{\"country\": \"\xe9\"}\n{}\n").ends(2).quiet();
    assert_eq!(ran.json()[0]["error"]["code"], "invalid_json");
    assert_eq!(ran.json()[1]["effect"], "indeterminate");
}

#[test]
fn decide_without_a_sound_policy_ends_with_1() {
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
fn decide_does_not_mind_warnings() {
    let folder = Folder::new().with("doubtful.placet", DOUBTFUL);
    let ran = folder.run_with(&["decide", "doubtful.placet"], "{\"member\": true}\n").ends(0).quiet();
    assert_eq!(ran.json()[0]["rules"], serde_json::json!(["Members"]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::with_shop("").with("requests.jsonl", "{}\n".repeat(20_000));
    let mut child = folder.command(&["decide", "shop.placet", "requests.jsonl"]).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("indeterminate"), "{first}");
    // The reader is gone here.
    Ran::of(child.wait_with_output().unwrap()).ends(0).quiet();
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = folder.command(&["decide", "shop.placet", "requests.jsonl"]).stdout(full).output().unwrap();
    let ran = Ran::of(output).ends(1);
    assert!(ran.err.starts_with("error: "), "{}", ran.err);
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "test, explain, fmt --check and check panic where they can't write"]
fn nothing_panics_on_a_full_disk() {
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

// ── explain ────────────────────────────────────────────────────────────────────────────────────────────────

fn explain(request: &str) -> Ran {
    let folder = Folder::with_shop("").with("request.json", request);
    folder.run(&["explain", "shop.placet", "request.json"]).ends(0).quiet()
}

#[test]
fn explain_names_the_rule_its_clause_its_reason_and_what_it_obliges() {
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
    assert!(!ran.out.contains("\ndelivery"), "it had no part in this: {}", ran.out);
}

#[test]
fn explain_shows_the_rule_that_an_exception_silenced() {
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
fn explain_shows_what_a_default_stands_for() {
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"deliver\"}");
    assert_eq!(ran.line("country is"), "country is \"SG\" (by default)");
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"deliver\", \"country\": \"SG\"}");
    assert_eq!(ran.line("country is"), "country is \"SG\"");
}

#[test]
fn explain_tells_what_is_missing_and_what_it_would_lead_to() {
    let ran = explain("{\"purpose\": \"deliver\", \"guardian\": false}");
    assert_eq!(ran.lines()[0], "indeterminate until it is known: subject.age");
    assert!(ran.line("minors").contains("may fire"), "{}", ran.out);
    assert_eq!(ran.line("subject.age is"), "subject.age is missing");
    let prospects: Vec<&str> =
        ran.lines().into_iter().skip_while(|line| *line != "if subject.age is").collect();
    let ["if subject.age is", young, old] = prospects[..] else { panic!("{}", ran.out) };
    assert!(young.contains("0..") && young.contains("17") && young.ends_with(": deny"), "{young}");
    assert!(old.contains("18..150") && old.ends_with(": allow"), "{old}");
}

#[test]
fn explain_marks_obligations_that_are_not_certain() {
    let ran = explain("{\"subject\": {}, \"purpose\": \"advertising\", \"consented\": false}");
    assert!(ran.lines()[0].starts_with("deny"), "{}", ran.out);
    assert!(ran.line("must erase").contains("(perhaps)"), "{}", ran.out);
}

#[test]
fn explain_names_the_leaves_that_a_category_may_be() {
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"marketing\", \"consented\": true}");
    assert_eq!(
        ran.lines()[0],
        "allow by marketing/adverts, marketing/newsletter (§5), on the basis of consent"
    );
    assert!(ran.out.contains("purpose is one of newsletter, advertising"), "{}", ran.out);
}

#[test]
fn explain_of_a_denial_by_default_says_so() {
    let ran = explain("{\"subject.age\": 40, \"purpose\": \"newsletter\", \"consented\": false}");
    assert!(ran.lines()[0].starts_with("deny by default"), "{}", ran.out);
}

#[test]
#[ignore = "a group of names is shown as its first one"]
fn explain_names_all_values_of_a_prospect() {
    let text = "policy shop\nrequest { consent: { granted, refused, withdrawn } }\n\
                rule consent { allow when consent is granted }\n";
    let ran = Folder::new().with("a.placet", text).run_with(&["explain", "a.placet", "-"], "{}").ends(0);
    let prospects: Vec<&str> = ran.lines().into_iter().skip_while(|line| *line != "if consent is").collect();
    assert_eq!(prospects[1..], ["  granted: allow", "  refused, withdrawn: deny"]);
}

#[test]
fn explain_reads_standard_input() {
    let request = "{\"subject.age\": 40, \"purpose\": \"deliver\"}";
    let ran = Folder::with_shop("").run_with(&["explain", "shop.placet", "-"], request).ends(0).quiet();
    assert_eq!(ran.out, explain(request).out);
}

#[test]
fn explain_in_json_has_the_same_in_it() {
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
    assert_eq!(explanation["prospects"][0]["attribute"], "subject.age");
}

#[test]
fn explain_of_an_erroneous_request_ends_with_2() {
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

// ── the command itself ─────────────────────────────────────────────────────────────────────────────────────

#[test]
fn completions_are_scripts_of_the_shells() {
    let folder = Folder::new();
    for (shell, sign) in [
        ("bash", "complete -F _placet"),
        ("zsh", "#compdef placet"),
        ("fish", "complete -c placet"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ran = folder.run(&["completions", shell]).ends(0).quiet();
        assert!(ran.out.contains(sign), "{shell}");
        for subcommand in ["check", "fmt", "test", "decide", "explain", "--filter", "--format"] {
            assert!(ran.out.contains(subcommand.trim_start_matches('-')), "{shell}: {subcommand}");
        }
    }
    let ran = folder.run(&["completions", "tcsh"]).ends(64);
    assert!(ran.err.contains("fish"), "the shells that there are: {}", ran.err);
}

#[test]
fn a_command_line_that_is_not_understood_ends_with_64() {
    let folder = Folder::with_shop("");
    let lines: [&[&str]; 11] = [
        &[],
        &["decree"],
        &["check"],
        &["fmt"],
        &["test"],
        &["decide"],
        &["explain", "shop.placet"],
        &["completions"],
        &["check", "shop.placet", "--strict"],
        &["check", "shop.placet", "--format", "xml"],
        &["--color", "sometimes", "check", "shop.placet"],
    ];
    for args in lines {
        let ran = folder.run(args).ends(64);
        assert_eq!(ran.out, "", "{args:?}");
        assert!(ran.err.contains("Usage") || ran.err.contains("--help"), "{args:?}: {}", ran.err);
    }
}

#[test]
fn help_shows_examples_and_exit_statuses() {
    let folder = Folder::new();
    for arg in ["--help", "-h", "help"] {
        let ran = folder.run(&[arg]).ends(0).quiet();
        assert!(ran.out.contains("Examples:\n  placet check privacy.placet"), "{}", ran.out);
    }
    for (subcommand, statuses) in [("check", 2), ("fmt", 2), ("test", 2), ("decide", 3), ("explain", 3)] {
        for args in [[subcommand, "--help"], ["help", subcommand]] {
            let ran = folder.run(&args).ends(0).quiet();
            let (_, examples) = ran.out.split_once("Examples:\n").expect(subcommand);
            assert!(examples.contains(&format!("placet {subcommand} ")), "{}", ran.out);
            let (_, status) = ran.out.split_once("Exit status: ").expect(subcommand);
            let status = status.split("\n\n").next().unwrap();
            let named = (0..3).filter(|status_| status.contains(&status_.to_string())).count();
            assert_eq!(named, statuses, "{subcommand}: {status}");
        }
    }
    assert!(
        folder.run(&["completions", "--help"]).ends(0).out.contains("Example:\n  placet completions bash")
    );
}

#[test]
fn the_examples_of_the_help_are_command_lines() {
    let folder = Folder::new();
    let mut seen = 0;
    for subcommand in ["check", "fmt", "test", "decide", "explain"] {
        let help = folder.run(&[subcommand, "--help"]).ends(0).out;
        for line in help.lines().filter(|line| line.starts_with("  ") && line.contains("placet ")) {
            let Some((_, command)) = line.split_once("placet ") else { continue };
            let command = command.split(" | ").next().unwrap();
            let args: Vec<&str> = command.split_whitespace().collect();
            if args[0] != subcommand {
                continue;
            }
            seen += 1;
            let code = folder.run_with(&args, "{}").code;
            assert_ne!(code, 64, "`placet {command}` is not understood");
        }
    }
    assert!(seen >= 10, "only {seen} examples");
}

#[test]
fn the_version_is_that_of_the_crate() {
    let ran = Folder::new().run(&["--version"]).ends(0).quiet();
    assert_eq!(ran.out, format!("placet {}\n", env!("CARGO_PKG_VERSION")));
}

const ESCAPE: char = '\u{1b}';

#[test]
fn nothing_is_coloured_that_is_piped() {
    let folder = Folder::with_shop(FAILING).with("broken.placet", BROKEN).with("request.json", "{}");
    let lines: [&[&str]; 5] = [
        &["check", "broken.placet"],
        &["test", "shop.placet"],
        &["explain", "shop.placet", "request.json"],
        &["--help"],
        &["decree"],
    ];
    for args in lines {
        let ran = folder.run(args);
        assert!(!ran.out.contains(ESCAPE) && !ran.err.contains(ESCAPE), "{args:?}");
        assert!(!ran.out.is_empty() || !ran.err.is_empty(), "{args:?}");
    }
}

#[test]
fn colours_come_where_they_are_asked_for() {
    let folder = Folder::with_shop(FAILING).with("broken.placet", BROKEN).with("request.json", "{}");
    for args in [["check", "broken.placet", "--color=always"], ["--color", "always", "check"]] {
        let mut args = args.to_vec();
        if args.last() == Some(&"check") {
            args.push("broken.placet");
        }
        assert!(folder.run(&args).ends(1).err.contains(ESCAPE), "{args:?}");
    }
    let coloured = folder.run(&["--color", "always", "explain", "shop.placet", "request.json"]).ends(0);
    assert!(coloured.out.contains(ESCAPE), "{}", coloured.out);
    let coloured = folder.run(&["--color", "always", "test", "shop.placet"]).ends(1);
    assert!(coloured.out.contains(ESCAPE), "{}", coloured.out);
    // What programs read stays plain.
    for args in [
        &["--color", "always", "check", "broken.placet", "--format", "json"][..],
        &["--color", "always", "test", "shop.placet", "--format", "json"],
        &["--color", "always", "explain", "shop.placet", "request.json", "--format", "json"],
        &["--color", "always", "decide", "shop.placet", "request.json"],
    ] {
        assert!(!folder.run(args).out.contains(ESCAPE), "{args:?}");
    }
    let plain = folder.run(&["--color", "never", "check", "broken.placet"]).ends(1);
    assert!(!plain.err.contains(ESCAPE));
}

#[test]
fn colours_change_nothing_but_colours() {
    let folder = Folder::with_shop("").with("broken.placet", BROKEN);
    let plain = folder.run(&["--color", "never", "check", "broken.placet"]).err;
    let coloured = folder.run(&["--color", "always", "check", "broken.placet"]).err;
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once(ESCAPE) {
        stripped.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}
