//! The summary of a scan, and the stream that it is written to.

use super::*;
use serde_json::json;

#[test]
fn summary_counts_effects_and_rules() {
    let ran = with_people().run(&["scan", "shop.placet", "people.csv"]).ends(0).quiet();
    let words = |start: &str| ran.line(start).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words("allow"), ["allow", "2", "33.3", "%"]);
    assert_eq!(words("deny"), ["deny", "2", "33.3", "%"]);
    assert_eq!(words("indeterminate"), ["indeterminate", "2", "33.3", "%"]);
    for rule in ["minors", "marketing/newsletter", "marketing/adverts"] {
        assert_eq!(words(rule), [rule, "1", "16.7", "%"]);
    }
    let last = ran.line("6 rows of 1 file in ");
    assert!(last.contains(" rows/s") && !ran.out.contains("erroneous"), "{}", ran.out);
}

#[test]
fn summary_json_is_one_object() {
    let folder = with_people();
    let ran = folder.run(&["scan", "shop.placet", "people.csv", "--format", "json"]).ends(0).quiet();
    let mut told = summary(&ran);
    for rate in ["seconds", "rows_per_second", "bytes_per_second"] {
        assert!(told[rate].as_f64().unwrap() > 0.0, "{told}");
        told.as_object_mut().unwrap().remove(rate);
    }
    let expected = json!({
        "files": 1, "bytes": PEOPLE.len(), "rows": 6,
        "effects": { "allow": 2, "deny": 2, "indeterminate": 2 }, "erroneous": 0,
        "rules": { "marketing/adverts": 1, "marketing/newsletter": 1, "minors": 1 },
        "uncertain_rules": {}, "errors": [],
    });
    assert_eq!(told, expected);
}

#[test]
fn summary_adds_up_files() {
    let folder = with_parquet(with_people(), "people.parquet");
    let files = ["scan", "shop.placet", "people.csv", "people.parquet", "people.csv"];
    let ran = folder.run(&[&files[..], &["--format", "json"]].concat()).ends(0).quiet();
    assert_eq!(summary(&ran)["files"], 3);
    assert_eq!(summary(&ran)["effects"], json!({ "allow": 6, "deny": 6, "indeterminate": 6 }));
    assert!(folder.run(&files).ends(0).line("18 rows of 3 files in ").contains("rows/s"));
}

#[test]
fn summary_avoids_the_stream_of_the_rows() {
    let folder = with_people();
    let ran = folder.run(&["scan", "shop.placet", "people.csv", "-o", "-"]).ends(0);
    assert_eq!(ran.lines(), [&["effect"][..], &EFFECTS].concat());
    assert!(ran.err.contains("6 rows of 1 file"), "{}", ran.err);
    let ran = folder.run(&["scan", "shop.placet", "people.csv", "--deny-report", "-"]).ends(0);
    assert!(ran.out.contains("denied by minors") && ran.err.contains("6 rows of 1 file"), "{}", ran.out);
    let ran = folder.run(&["scan", "shop.placet", "people.csv", "-o", "-", "--quiet"]).ends(0).quiet();
    assert_eq!(ran.lines().len(), 7);
    assert_eq!(folder.run(&["scan", "shop.placet", "people.csv", "--quiet"]).ends(0).quiet().out, "");
}

#[test]
fn summary_of_an_empty_table_has_no_rows() {
    let folder = Folder::with_shop("").with("none.csv", "subject.age,purpose\n").with("empty.csv", "");
    let ran = folder.run(&["scan", "shop.placet", "none.csv", "--format", "json"]).ends(0).quiet();
    assert_eq!(summary(&ran)["rows"], 0);
    let ran = folder.run(&["scan", "shop.placet", "empty.csv"]).ends(1);
    assert!(ran.err.starts_with("error: empty.csv: the file is empty"), "{}", ran.err);
}

#[test]
fn scan_exits_with_1_without_a_valid_policy() {
    let folder = with_people().with("broken.placet", BROKEN);
    let ran = folder.run(&["scan", "broken.placet", "people.csv", "-o", "out.csv"]).ends(1);
    assert!(ran.err.contains("error[P0304]"), "{}", ran.err);
    assert!(!folder.path().join("out.csv").exists());
    let ran = folder.run(&["scan", "shop.placet", "nowhere.csv"]).ends(1);
    assert!(ran.err.starts_with("error: nowhere.csv: "), "{}", ran.err);
}

#[test]
fn scan_accepts_saved_policies() {
    let folder = with_people();
    folder.run(&["compile", "shop.placet", "-o", "shop.saved"]).ends(0);
    let [text, saved] = ["shop.placet", "shop.saved"].map(|policy| {
        folder.run(&["scan", policy, "people.csv", "-o", "-", "--reasons", "rules"]).ends(0).out
    });
    assert_eq!(text, saved);
}
