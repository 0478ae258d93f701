//! The page `examples/zai/explained.md`: each request in it gets the explanation beside it.
//!
//! Run with `INSTA_UPDATE=always` to write the explanations anew, and read the difference.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/zai")
}

/// Returns what `placet explain` prints for a request.
fn explain(request: &str, may_change: Option<&str>) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["explain", "privacy.placet", "-"])
        .args(may_change.into_iter().flat_map(|names| ["--may-change", names]))
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// The content of the first block of a language.
fn block<'t>(section: &'t str, language: &str) -> &'t str {
    let (_, rest) = section.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn requests_get_the_explanations_that_are_shown() {
    let page = folder().join("explained.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let mut updated = text.clone();
    let mut count = 0;
    for section in text.split("\n## ").skip(1) {
        let may_change = section.split_once("`--may-change ").and_then(|(_, rest)| rest.split_once('`'));
        let printed = explain(block(section, "json"), may_change.map(|(names, _)| names));
        let shown = block(section, "text");
        assert!(printed.starts_with("deny") || printed.starts_with("indeterminate"), "{section}\n{printed}");
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            updated = updated.replacen(
                &format!("{}```text\n{shown}", section.split_once("```text\n").unwrap().0),
                &format!("{}```text\n{printed}", section.split_once("```text\n").unwrap().0),
                1,
            );
        } else {
            assert_eq!(printed, shown, "{section}");
        }
        count += 1;
    }
    assert_eq!(count, 10);
    if updated != text {
        std::fs::write(&page, updated).unwrap();
    }
}
