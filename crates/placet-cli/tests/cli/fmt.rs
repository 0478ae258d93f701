//! `placet fmt`.

use super::folder::*;
use std::fs;

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
fn fmt_check_of_standard_input_writes_no_text() {
    let ran = Folder::new().run_with(&["fmt", "--check", "-"], UGLY).ends(1);
    assert!(!ran.out.contains("member"), "{}", ran.out);
    let ran = Folder::new().run_with(&["fmt", "--check", "-"], TIDY).ends(0);
    assert_eq!(ran.out, "");
}

#[test]
fn fmt_goes_on_after_a_file_that_there_is_not() {
    let folder = Folder::new().with("ugly.placet", UGLY);
    folder.run(&["fmt", "nowhere.placet", "ugly.placet"]).ends(1);
    assert_eq!(folder.text("ugly.placet"), TIDY);
}
