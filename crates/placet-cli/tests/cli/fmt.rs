//! `placet fmt`.

use super::folder::*;
use std::fs;

#[test]
fn fmt_rewrites_unformatted_files() {
    let folder = Folder::new().with("ugly.placet", UGLY).with("tidy.placet", TIDY);
    let ran = folder.run(&["fmt", "ugly.placet", "tidy.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "");
    assert_eq!(folder.text("ugly.placet"), TIDY);
    assert_eq!(folder.text("tidy.placet"), TIDY);
}

#[test]
fn fmt_check_lists_unformatted_files_and_rewrites_nothing() {
    let folder = Folder::new().with("ugly.placet", UGLY).with("tidy.placet", TIDY);
    let ran = folder.run(&["fmt", "--check", "tidy.placet", "ugly.placet"]).ends(1).quiet();
    assert_eq!(ran.lines(), ["ugly.placet"]);
    assert_eq!(folder.text("ugly.placet"), UGLY);
    let ran = folder.run(&["fmt", "--check", "tidy.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "");
}

#[test]
fn fmt_does_not_touch_formatted_files() {
    let folder = Folder::new().with("tidy.placet", TIDY);
    let before = fs::metadata(folder.path().join("tidy.placet")).unwrap().modified().unwrap();
    folder.run(&["fmt", "tidy.placet"]).ends(0);
    let after = fs::metadata(folder.path().join("tidy.placet")).unwrap().modified().unwrap();
    assert_eq!(before, after);
}

#[test]
fn fmt_dash_formats_stdin_to_stdout() {
    let ran = Folder::new().run_with(&["fmt", "-"], UGLY).ends(0).quiet();
    assert_eq!(ran.out, TIDY);
    let ran = Folder::new().run_with(&["fmt", "-"], TIDY).ends(0).quiet();
    assert_eq!(ran.out, TIDY);
}

#[test]
fn fmt_writes_nothing_for_a_syntax_error() {
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
fn fmt_accepts_a_policy_that_does_not_compile() {
    let folder = Folder::new().with("broken.placet", BROKEN);
    folder.run(&["fmt", "broken.placet"]).ends(0).quiet();
    assert!(folder.text("broken.placet").contains("allow when membr\n"));
}

#[test]
fn fmt_rejects_invalid_utf8() {
    let folder = Folder::new().with("latin.placet", b"policy shop // caf\xe9").with("ugly.placet", UGLY);
    let ran = folder.run(&["fmt", "latin.placet", "ugly.placet"]).ends(1);
    assert!(ran.err.contains("latin.placet is not UTF-8"), "{}", ran.err);
    assert_eq!(folder.text("ugly.placet"), TIDY);
}

#[test]
fn fmt_reports_a_missing_file() {
    let ran = Folder::new().run(&["fmt", "nowhere.placet"]).ends(1);
    assert!(ran.err.starts_with("error: nowhere.placet: "), "{}", ran.err);
}

#[test]
fn fmt_check_of_stdin_prints_no_text() {
    let ran = Folder::new().run_with(&["fmt", "--check", "-"], UGLY).ends(1);
    assert!(!ran.out.contains("member"), "{}", ran.out);
    let ran = Folder::new().run_with(&["fmt", "--check", "-"], TIDY).ends(0);
    assert_eq!(ran.out, "");
}

#[test]
fn fmt_continues_after_a_missing_file() {
    let folder = Folder::new().with("ugly.placet", UGLY);
    folder.run(&["fmt", "nowhere.placet", "ugly.placet"]).ends(1);
    assert_eq!(folder.text("ugly.placet"), TIDY);
}
