//! Reports: the same text plain and styled, for every faulty policy that the command has a snapshot of.

use placet::{OpenError, Policy};
use std::fs;

/// Removes escape sequences for colours.
fn plain(styled: &str) -> String {
    let mut parts = styled.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn styled_reports_differ_from_plain_ones_by_escapes_alone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../placet-cli/tests/diagnostics");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let (report, styled, diagnostics) = match Policy::open(&path) {
            Ok(policy) => (
                policy.report().to_string(),
                policy.report().styled().to_string(),
                policy.warnings().to_vec(),
            ),
            Err(OpenError::Compile(error)) => {
                (error.report().to_string(), error.report().styled().to_string(), error.diagnostics.clone())
            }
            Err(error) => panic!("{}", error.report()),
        };
        assert_eq!(plain(&styled), report, "{}", path.display());
        assert_eq!(styled.len() > report.len(), !diagnostics.is_empty(), "{}", path.display());
        for diagnostic in &diagnostics {
            assert!(report.contains(&format!("[{}]: ", diagnostic.code.as_str())), "{}", path.display());
        }
        count += 1;
    }
    assert!(count > 50, "{count} policies");
}

#[test]
fn a_policy_without_warnings_has_an_empty_report() {
    let policy =
        Policy::from_text("policy door  request { open: bool }  rule r { allow when open }").unwrap();
    assert!(policy.report().is_empty());
    assert_eq!(policy.report().to_string(), "");
}
