//! The report of rows that are not allowed.

use super::*;
use serde_json::json;

fn report(name: &str) -> String {
    let folder = with_people();
    folder.run(&["scan", "shop.placet", "people.csv", "people.csv", "--deny-report", name]).ends(0);
    folder.text(name)
}

#[test]
fn report_text_lists_each_reason_once() {
    assert_eq!(
        report("denied.txt"),
        [
            "2 rows denied by default: no rule allows",
            "    first: row 4, 4 of people.csv",
            "2 rows denied by minors (§9)",
            "    People under 18 need a guardian's permission.",
            "    first: row 2, 2 of people.csv",
            "2 rows indeterminate without country",
            "    first: row 3, 3 of people.csv",
            "2 rows indeterminate without subject.age",
            "    first: row 5, 5 of people.csv",
            "",
        ]
        .join("\n")
    );
}

#[test]
fn report_is_written_as_csv_and_json() {
    assert_eq!(
        report("denied.csv"),
        "effect,rules,certain,clauses,uncertain_clauses,because,missing,rows,first\n\
         deny,,,,,,,2,people.csv:4; people.csv:4\n\
         deny,minors,minors,§9,,People under 18 need a guardian's permission.,,2,people.csv:2; people.csv:2\n\
         indeterminate,,,,,,country,2,people.csv:3; people.csv:3\n\
         indeterminate,,,,,,subject.age,2,people.csv:5; people.csv:5\n"
    );
    let told: Value = serde_json::from_str(&report("denied.json")).unwrap();
    assert_eq!((&told["denied"], &told["indeterminate"]), (&json!(4), &json!(4)));
    assert_eq!(told["reasons"].as_array().unwrap().len(), 4);
    let places = json!([{ "file": "people.csv", "row": 2 }, { "file": "people.csv", "row": 2 }]);
    assert_eq!(
        told["reasons"][1],
        json!({
            "effect": "deny", "rules": ["minors"], "certain": ["minors"], "missing": [], "rows": 2, "first": places,
            "clauses": ["§9"], "uncertain_clauses": [],
            "because": ["People under 18 need a guardian's permission."],
        })
    );
}

#[test]
fn report_sorts_by_frequency_and_names_few_rows() {
    let rows = "30,deliver,MY\n12,deliver,SG\n".repeat(3) + &"12,deliver,SG\n".repeat(40);
    let table = format!("subject.age,purpose,country\n{rows}");
    let folder = Folder::with_shop("").with("t.csv", table);
    let args = ["scan", "shop.placet", "t.csv", "--set", "guardian=false", "--batch-rows", "7"];
    folder.run(&[&args[..], &["--deny-report", "denied.txt"]].concat()).ends(0);
    let text = folder.text("denied.txt");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "43 rows denied by minors (§9)");
    assert_eq!(lines[2], "     first: row 2, 4, 6, 7, 8 of t.csv");
    assert_eq!(lines[3], " 3 rows denied by default: no rule allows");
    let nothing = Folder::with_shop("").with("t.csv", "subject.age,purpose\n30,deliver\n");
    nothing.run(&["scan", "shop.placet", "t.csv", "--deny-report", "denied.txt"]).ends(0);
    assert_eq!(nothing.text("denied.txt"), "no row is denied or indeterminate\n");
}

#[test]
fn report_separates_uncertain_rules() {
    let policy = "policy p request { age: int 0..150  refused: bool }
        rule minors { cite \"§1\" because \"Too young.\" deny when age < 18 }
        rule refusal { cite \"§2\" because \"Refused.\" deny when refused }
        rule others { allow when age >= 18 }";
    let folder = Folder::new().with("p.placet", policy).with("t.csv", "refused\ntrue\n");
    folder.run(&["scan", "p.placet", "t.csv", "--deny-report", "denied.txt"]).ends(0);
    assert_eq!(
        folder.text("denied.txt").lines().take(2).collect::<Vec<_>>(),
        ["1 row denied by refusal (§2); perhaps also by minors (§1)", "    Refused."]
    );
}
