//! `placet check` for reviews: warnings that fail, comments that quiet them, and SARIF.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const PERMISSIVE: &str = "policy shop\n\nrequest {\n  member: bool\n  objected: bool default false\n}\n\n\
                          rule members { allow when member and not objected }\n";

fn check(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_placet")).arg("check").args(args).current_dir(folder).output().unwrap()
}

/// Checks a policy with `--deny-warnings`. Returns the exit status and the codes of the warnings.
fn denied(policy: &str) -> (Option<i32>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.placet"), policy).unwrap();
    let output = check(folder.path(), &["--deny-warnings", "--format", "json", "shop.placet"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let codes = lines.lines().map(|line| {
        let object: Value = serde_json::from_str(line).unwrap();
        object["code"].as_str().unwrap().to_owned()
    });
    (output.status.code(), codes.collect())
}

#[test]
fn deny_warnings_exits_with_1_on_a_warning() {
    assert_eq!(denied(PERMISSIVE), (Some(1), vec!["P0906".to_owned()]));
    assert_eq!(denied(&PERMISSIVE.replace(" default false", "")), (Some(0), vec![]));
}

#[test]
fn a_comment_quiets_the_warning_of_the_attribute_below_it() {
    let quiet = |comment: &str| PERMISSIVE.replace("  objected", &format!("  {comment}\n  objected"));
    assert_eq!(denied(&quiet("// allow P0906: the form always sends it")), (Some(0), vec![]));
    let beside = quiet("// allow P0906: the form always sends it\n  /// Since 2020.\n  // Another remark.");
    assert_eq!(denied(&beside), (Some(0), vec![]));
    let without_reason = (Some(1), vec!["P0808".to_owned()]);
    assert_eq!(denied(&quiet("// allow P0906")), without_reason);
    assert_eq!(denied(&quiet("// allow P0906: ")), without_reason);
    let (status, mut codes) = denied(&quiet("// allow P0901: the form always sends it"));
    codes.sort_unstable();
    assert_eq!((status, codes), (Some(1), vec!["P0807".to_owned(), "P0906".to_owned()]));
}

#[test]
fn a_comment_quiets_no_other_declaration() {
    let policy = PERMISSIVE.replace("  member", "  // allow P0906: the form always sends it\n  member");
    let (status, mut codes) = denied(&policy);
    codes.sort_unstable();
    assert_eq!((status, codes), (Some(1), vec!["P0807".to_owned(), "P0906".to_owned()]));
    let rule = PERMISSIVE.replace("rule members", "// allow P0801: as in the contract\nrule Members");
    assert_eq!(denied(&rule), (Some(1), vec!["P0906".to_owned()]));
}

#[test]
fn sarif_is_one_document_for_all_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a shop.placet"), PERMISSIVE).unwrap();
    std::fs::write(folder.path().join("door.placet"), "policy door\n\nrule ä { allow }\n").unwrap();
    let output = check(folder.path(), &["--format", "sarif", "a shop.placet", "door.placet"]);
    assert_eq!(output.status.code(), Some(1));
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&log["version"], log["runs"].as_array().map(Vec::len)), (&"2.1.0".into(), Some(1)));
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!(codes, ["P0906", "P0101"]);
    assert_eq!((&results[0]["level"], &results[1]["level"]), (&"warning".into(), &"error".into()));
    let location = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "a%20shop.placet");
    let expected = serde_json::json!({ "startLine": 5, "startColumn": 3, "endLine": 5, "endColumn": 11 });
    assert_eq!(location["region"], expected);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for code in codes {
        assert!(rules.iter().any(|rule| rule["id"] == code), "{code} is described");
    }
}
