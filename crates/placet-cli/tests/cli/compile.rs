//! `placet compile`, and saved policies as input of other commands.

use super::folder::*;
use std::fs;

const REQUESTS: &str = r#"{"subject": {"age": 12}, "purpose": "deliver", "guardian": false}
{"subject.age": 30, "purpose": "newsletter", "consented": true}
{"subject.age": 30, "purpose": "newsletter"}
"#;

#[test]
fn compile_preserves_decisions() {
    let folder =
        Folder::with_shop("").with("requests.jsonl", REQUESTS).with("one.json", r#"{"subject.age": 12}"#);
    folder.run(&["compile", "shop.placet", "-o", "shop.bin"]).ends(0).quiet();
    let text = folder.run(&["decide", "shop.placet", "requests.jsonl"]).ends(0).json();
    let saved = folder.run(&["decide", "shop.bin", "requests.jsonl"]).ends(0).quiet().json();
    assert_eq!(saved, text);
    let text = folder.run(&["explain", "shop.placet", "one.json", "--format", "json"]).ends(0).json();
    let saved = folder.run(&["explain", "shop.bin", "one.json", "--format", "json"]).ends(0).quiet().json();
    assert_eq!(saved, text);
}

#[test]
fn decide_rejects_a_damaged_policy() {
    let folder = Folder::with_shop("").with("requests.jsonl", REQUESTS);
    folder.run(&["compile", "shop.placet", "-o", "shop.bin"]).ends(0);
    let path = folder.path().join("shop.bin");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let ran = folder.run(&["decide", "shop.bin", "requests.jsonl"]).ends(1);
    assert!(ran.out.is_empty() && ran.err.contains("shop.bin") && ran.err.contains("damaged"), "{}", ran.err);
    fs::write(&path, &bytes[..20]).unwrap();
    folder.run(&["decide", "shop.bin", "requests.jsonl"]).ends(1);
}

#[test]
fn compile_writes_nothing_for_a_broken_policy() {
    let folder = Folder::with_shop("rule broken { allow when nothing }");
    let ran = folder.run(&["compile", "shop.placet", "-o", "shop.bin"]).ends(1);
    assert!(ran.err.contains("P0304"), "{}", ran.err);
    assert!(!folder.path().join("shop.bin").exists());
}
