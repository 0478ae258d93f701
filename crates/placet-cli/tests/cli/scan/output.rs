//! The rows that a scan writes.

use super::*;
use serde_json::json;
use std::fs;

#[test]
fn output_has_one_decision_per_row() {
    let folder = with_people();
    let reasons = ["--reasons", "rules,clauses,obligations,missing"];
    let scan = ["scan", "shop.placet", "people.csv", "-o", "-", "-q"];
    let ran = folder.run(&[&scan[..], &reasons].concat()).ends(0).quiet();
    let erase = r#""[{""name"":""erase"",""within_seconds"":2592000,""text"":""Erase what was collected."",""certain"":true}]""#;
    let lines = ran.lines();
    assert_eq!(lines[0], "effect,rules,clauses,obligations,missing");
    assert!(
        lines[1].starts_with("allow,marketing/newsletter,§5,\"[{\"\"name\"\":\"\"unsubscribe\"\""),
        "{}",
        ran.out
    );
    assert_eq!(lines[2], format!("deny,minors,§9,{erase},[]"));
    assert_eq!(lines[3], "indeterminate,[],[],[],country");
    assert_eq!(lines[4], "deny,[],[],[],[]");
    assert_eq!(lines[5], "indeterminate,[],[],[],subject.age");
    let form = ["--output-format", "jsonl", "--with-input"];
    let rows = folder.run(&[&scan[..], &reasons, &form].concat()).ends(0).quiet().json();
    assert_eq!(rows.len(), 6);
    assert_eq!(
        rows[1],
        json!({
            "subject.age": 12, "purpose": "deliver", "consented": false, "guardian": false, "country": "SG",
            "effect": "deny", "rules": ["minors"], "clauses": ["§9"], "missing": [],
            "obligations": [{
                "name": "erase", "within_seconds": 2_592_000, "text": "Erase what was collected.", "certain": true,
            }],
        })
    );
    assert_eq!(rows[4]["subject.age"], Value::Null);
}

#[test]
fn allowed_writes_rows_unchanged() {
    let table = "note,subject.age,purpose,country\n\
                 \" a \"\"quoted\"\", cell\",30,deliver,SG\n\
                 none,30,deliver,MY\n\
                 ü,030,deliver,SG\n";
    let folder = Folder::with_shop("").with("t.csv", table);
    let args = ["scan", "shop.placet", "t.csv", "--ignore-unknown", "--allowed", "-o", "out.csv"];
    folder.run(&args).ends(0).quiet();
    let expected: String =
        table.lines().filter(|line| !line.contains("MY")).map(|line| format!("{line}\n")).collect();
    assert_eq!(folder.text("out.csv"), expected);
    // In other formats, a cell has its attribute's type.
    folder.run(&[&args[..6], &["out.jsonl"]].concat()).ends(0);
    let rows: Vec<Value> =
        folder.text("out.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[1], json!({ "note": "ü", "subject.age": 30, "purpose": "deliver", "country": "SG" }));
}

#[test]
fn parquet_output_can_be_scanned() {
    let folder = with_parquet(with_people(), "people.parquet");
    for input in ["people.csv", "people.parquet"] {
        folder
            .run(&[
                "scan",
                "shop.placet",
                input,
                "--with-input",
                "-o",
                "decided.parquet",
                "--prefix",
                "placet_",
            ])
            .ends(0);
        // The decision columns are ordinary columns for a further scan, and the policy ignores them.
        let again =
            ["scan", "shop.placet", "decided.parquet", "--ignore-unknown", "--with-input", "-o", "-", "-q"];
        let rows = folder.run(&[&again[..], &["--output-format", "jsonl"]].concat()).ends(0).json();
        assert_eq!(rows.len(), 6, "{input}");
        for (row, effect) in rows.iter().zip(EFFECTS) {
            assert_eq!((&row["placet_effect"], &row["effect"]), (&json!(effect), &json!(effect)), "{input}");
        }
        folder.run(&["scan", "shop.placet", input, "--allowed", "-o", "allowed.parquet"]).ends(0);
        let ran = folder.run(&["scan", "shop.placet", "allowed.parquet", "--format", "json"]).ends(0);
        assert_eq!(summary(&ran)["effects"], json!({ "allow": 2, "deny": 0, "indeterminate": 0 }), "{input}");
    }
}

#[test]
fn batches_and_threads_do_not_change_results() {
    let folder = with_parquet(with_people(), "people.parquet");
    let reasons = ["--reasons", "rules,missing", "--output-format", "jsonl", "-o", "-", "-q"];
    for input in ["people.csv", "people.parquet"] {
        let ways = [["1", "1"], ["2", "3"], ["5", "2"], ["32768", "1"]].map(|[rows, threads]| {
            let args =
                [&["scan", "shop.placet", input, "--batch-rows", rows, "--threads", threads], &reasons[..]];
            folder.run(&args.concat()).ends(0).quiet().out
        });
        assert!(ways.iter().all(|way| *way == ways[0]) && effects(&ways[0]) == EFFECTS, "{ways:#?}");
    }
}

#[test]
fn output_rejects_duplicate_columns() {
    let folder = Folder::with_shop("").with("t.csv", "subject.age,effect\n30,dim\n");
    let args = ["scan", "shop.placet", "t.csv", "--ignore-unknown", "--with-input", "-o", "out.csv"];
    let ran = folder.run(&args).ends(1);
    assert!(ran.err.contains("`effect`") && ran.err.contains("--prefix"), "{}", ran.err);
    folder.run(&[&args[..], &["--prefix", "p_"]].concat()).ends(0);
    assert_eq!(folder.text("out.csv"), "subject.age,effect,p_effect\n30,dim,indeterminate\n");
}

#[test]
fn output_requires_equal_columns_of_all_files() {
    let folder = with_people().with("other.csv", "subject.age,purpose\n30,deliver\n");
    let args = ["scan", "shop.placet", "people.csv", "other.csv", "-o", "out.csv"];
    let ran = folder.run(&[&args[..], &["--allowed"]].concat()).ends(1);
    assert!(ran.err.contains("other.csv") && ran.err.contains("people.csv"), "{}", ran.err);
    assert!(!folder.path().join("out.csv").exists(), "what is not whole is not there");
    // Outputs with decisions alone have the same columns for all files.
    folder.run(&args).ends(0);
    assert_eq!(folder.text("out.csv").lines().count(), 8);
}

#[test]
fn failed_scan_keeps_the_old_output() {
    let folder = Folder::with_shop("").with("t.csv", "subject.age\n30\n151\n").with("out.csv", "old\n");
    folder.run(&["scan", "shop.placet", "t.csv", "-o", "out.csv"]).ends(2);
    assert_eq!(folder.text("out.csv"), "old\n");
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing else is left: {names:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn output_reports_a_full_disk() {
    let folder = with_people();
    for form in ["csv", "jsonl", "parquet"] {
        let args = ["scan", "shop.placet", "people.csv", "-o", "/dev/full", "--output-format", form];
        let ran = folder.run(&args).ends(1);
        assert!(ran.err.starts_with("error: /dev/full: "), "{form}: {}", ran.err);
    }
}
