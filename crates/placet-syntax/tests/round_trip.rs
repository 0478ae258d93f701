//! Formats random policies with random spacing and comments. The output must be a fixed point with the same tree, and
//! every comment must keep its neighbouring tokens.

#[path = "round_trip/annotations.rs"]
mod annotations;
#[path = "round_trip/template.rs"]
mod template;

use annotations::{annotations, gaps, with_comments};
use placet_syntax::ast::File;
use placet_syntax::{Limits, Sources, format, parse};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::path::Path;
use template::policy;

fn parsed(sources: &mut Sources, text: &str) -> File {
    let file = sources.add("policy.placet", text);
    let (tree, diagnostics) = parse(sources, file, &Limits::default());
    assert_eq!(diagnostics, [], "in\n{text}");
    assert!(!tree.damaged, "in\n{text}");
    tree
}

/// Returns the `Debug` output of the tree without its spans, which look like `@0:12..15`.
fn meaning(tree: &File) -> String {
    let all = format!("{:#?}", tree.items);
    let is_place = |c: char| c.is_ascii_digit() || c == ':' || c == '.';
    let mut pieces = all.split('@');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| out + piece.trim_start_matches(is_place))
}

fn check(text: &str) {
    let mut sources = Sources::default();
    let tree = parsed(&mut sources, text);
    let formatted = format(&sources, &tree);
    let again = parsed(&mut sources, &formatted);
    assert_eq!(meaning(&tree), meaning(&again), "from\n{text}\nto\n{formatted}");
    assert_eq!(annotations(text), annotations(&formatted), "from\n{text}\nto\n{formatted}");
    assert_eq!(format(&sources, &again), formatted, "from\n{text}");
    for line in formatted.lines() {
        assert_eq!(line, line.trim_end(), "from\n{text}\nto\n{formatted}");
    }
    assert!(!formatted.contains('\r') && !formatted.contains("\n\n\n"), "from\n{text}\nto\n{formatted}");
    assert!(!formatted.starts_with('\n') && !formatted.ends_with("\n\n"), "from\n{text}\nto\n{formatted}");
    assert!(formatted.is_empty() || formatted.ends_with('\n'), "from\n{text}\nto\n{formatted}");
}

#[test]
fn format_preserves_every_construct() {
    let text = include_str!("policies/everything.placet");
    check(text);
    check(&text.replace('\n', "\r\n"));
    check(&text.replace(' ', "   "));
}

#[test]
fn format_preserves_attributes_named_like_keywords() {
    check("policy p request { request: bool } where request { rule a { allow when request } }");
    check("policy p request { rule: bool } where rule and not rule { rule rule { allow } }");
}

#[test]
fn format_keeps_a_comment_after_any_token() {
    let text = include_str!("policies/everything.placet");
    for at in gaps(text) {
        check(&with_comments(text, &[(at, false)]));
        check(&with_comments(text, &[(at, true)]));
    }
    let everywhere = |on_own_line| gaps(text).into_iter().map(|at| (at, on_own_line)).collect::<Vec<_>>();
    check(&with_comments(text, &everywhere(false)));
    check(&with_comments(text, &everywhere(true)));
}

/// Returns the policies of the repository that parse without diagnostics.
fn corpus() -> Vec<String> {
    fn collect(folder: &Path, texts: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                collect(&path, texts);
            } else if path.extension().is_some_and(|extension| extension == "placet") {
                texts.extend(std::fs::read_to_string(&path));
            }
        }
    }
    let mut texts = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), &mut texts);
    texts.retain(|text| {
        let mut sources = Sources::default();
        let file = sources.add("policy.placet", text.as_str());
        let (tree, diagnostics) = parse(&sources, file, &Limits::default());
        !tree.damaged && diagnostics.is_empty() && !gaps(text).is_empty()
    });
    assert!(texts.len() > 50, "only {} policies found", texts.len());
    texts
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn format_keeps_random_comments_in_the_policies_of_the_repository(
        text in select(corpus()),
        places in prop::collection::vec((any::<Index>(), any::<bool>()), 1..8),
    ) {
        let gaps = gaps(&text);
        let places: Vec<_> = places.iter().map(|(index, on_own_line)| (*index.get(&gaps), *on_own_line)).collect();
        check(&with_comments(&text, &places));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn format_preserves_random_policies_and_is_idempotent(text in policy()) {
        check(&text);
    }
}
