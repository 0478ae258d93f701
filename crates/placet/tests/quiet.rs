//! Comments that quiet warnings, over the corpus: a comment before its declaration removes a warning, and nothing else.

use placet::{Code, Diagnostic, Policy};
use std::collections::BTreeMap;
use std::path::Path;

/// Returns all warnings of a policy.
fn warnings(policy: &Policy) -> Vec<Diagnostic> {
    policy.warnings().iter().cloned().chain(policy.analyze()).collect()
}

/// Returns the number of warnings of each code.
fn counted(warnings: &[Diagnostic]) -> BTreeMap<Code, usize> {
    let mut counts = BTreeMap::new();
    warnings.iter().for_each(|warning| *counts.entry(warning.code).or_default() += 1);
    counts
}

/// Returns the start of the declaration around an offset: the last line before it that begins with a declaration's keyword.
/// Returns `None` if there is none.
fn declaration(text: &str, offset: usize) -> Option<usize> {
    const KEYWORDS: [&str; 10] = [
        "policy ",
        "taxonomy ",
        "set ",
        "request ",
        "let ",
        "lookup ",
        "rule ",
        "table ",
        "where ",
        "prove ",
    ];
    let mut lines = text[..offset].rmatch_indices('\n').map(|(at, _)| at + 1).chain([0]);
    lines.find(|start| KEYWORDS.iter().any(|word| text[*start..].starts_with(word)))
}

#[test]
fn a_comment_quiets_the_warnings_of_its_code_in_its_declaration() {
    let mut tried = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "placet") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(policy) = Policy::from_text(&text) else { continue };
        let before = warnings(&policy);
        for warning in before.iter().take(4) {
            let start_of = |warning: &Diagnostic| declaration(&text, warning.span().unwrap().range().start);
            let Some(start) = start_of(warning) else { continue };
            let mut quiet = text.clone();
            quiet.insert_str(start, &format!("// allow {}: the test says so\n", warning.code));
            let after = counted(&warnings(&Policy::from_text(&quiet).unwrap()));
            let mut expected = counted(&before);
            let same = |other: &&Diagnostic| other.code == warning.code && start_of(other) == Some(start);
            *expected.get_mut(&warning.code).unwrap() -= before.iter().filter(same).count();
            expected.retain(|_, count| *count > 0);
            assert_eq!(after, expected, "{}: {warning}", path.display());
            tried += 1;
        }
    }
    assert!(tried > 20, "only {tried} warnings");
}

#[test]
fn documentation_may_stand_around_the_comment() {
    let text = "policy shop
        request {
          /// True if the person said no.
          // allow P0906: the form always sends it
          objected: bool default false
          // allow P0906: likewise
          /// True for staff.
          staff: bool default true
        }
        rule anybody { allow when staff and not objected }";
    let policy = Policy::from_text(text).unwrap();
    let documents: Vec<_> =
        policy.attributes().map(|attribute| attribute.documentation().to_owned()).collect();
    assert_eq!(documents, ["True if the person said no.", "True for staff."]);
    assert_eq!(warnings(&policy), []);
}
