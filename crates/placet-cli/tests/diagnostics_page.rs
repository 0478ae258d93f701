//! The page `grammar/diagnostics.md`: each code has a section, and each policy in it prints the text beside it.
//!
//! Run with `INSTA_UPDATE=always` to write the texts anew, and read the difference.

use placet::Code;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Codes of files, limits and locks, which a policy of one page can't show.
const WITHOUT_POLICY: [&str; 12] = [
    "P0201", "P0202", "P0204", "P0205", "P0206", "P0207", "P0208", "P0209", "P0210", "P0211", "P1001",
    "P1002",
];

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammar/diagnostics.md")
}

/// Returns what `placet check` prints for a policy.
fn check(policy: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.placet"), policy).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["check", "policy.placet"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// The content of the first block of a language.
fn block<'t>(section: &'t str, language: &str) -> Option<&'t str> {
    let (_, rest) = section.split_once(&format!("```{language}\n"))?;
    rest.split_once("```").map(|(block, _)| block)
}

#[test]
fn every_code_has_a_section_with_the_text_that_is_printed() {
    let text = std::fs::read_to_string(page()).unwrap();
    let mut updated = text.clone();
    let mut codes = BTreeSet::new();
    for section in text.split("\n### ").skip(1) {
        let code = section.lines().next().unwrap();
        assert!(codes.insert(code), "{code} has one section");
        let Some(policy) = block(section, "placet") else {
            assert!(WITHOUT_POLICY.contains(&code), "{code} has a policy");
            continue;
        };
        let shown = block(section, "text").unwrap();
        let printed = check(policy);
        assert!(printed.contains(&format!("[{code}]")), "{code}:\n{printed}");
        updated = updated.replace(
            &format!("{policy}```\n\n```text\n{shown}"),
            &format!("{policy}```\n\n```text\n{printed}"),
        );
    }
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, all);
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(page(), updated).unwrap();
    } else {
        assert!(text == updated, "a text has changed: run with INSTA_UPDATE=always and read the difference");
    }
}
