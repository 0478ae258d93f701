//! Policies of every shape, spaced and commented at random, are formatted to a fixed point that says the same.

#[path = "round_trip/template.rs"]
mod template;

use placet_syntax::ast::File;
use placet_syntax::{Limits, Sources, format, parse};
use proptest::prelude::*;
use template::policy;

fn parsed(sources: &mut Sources, text: &str) -> File {
    let file = sources.add("policy.placet", text);
    let (tree, diagnostics) = parse(sources, file, &Limits::default());
    assert_eq!(diagnostics, [], "in\n{text}");
    assert!(!tree.damaged, "in\n{text}");
    tree
}

/// The tree without its places, which `Debug` writes as `@0:12..15`.
fn meaning(tree: &File) -> String {
    let all = format!("{:#?}", tree.items);
    let is_place = |c: char| c.is_ascii_digit() || c == ':' || c == '.';
    let mut pieces = all.split('@');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| out + piece.trim_start_matches(is_place))
}

fn comments(tree: &File) -> Vec<&str> {
    tree.comments.iter().map(|comment| comment.text.as_str()).collect()
}

fn check(text: &str) {
    let mut sources = Sources::default();
    let tree = parsed(&mut sources, text);
    let formatted = format(&sources, &tree);
    let again = parsed(&mut sources, &formatted);
    assert_eq!(meaning(&tree), meaning(&again), "from\n{text}\nto\n{formatted}");
    assert_eq!(comments(&tree), comments(&again), "from\n{text}\nto\n{formatted}");
    assert_eq!(format(&sources, &again), formatted, "from\n{text}");
    for line in formatted.lines() {
        assert_eq!(line, line.trim_end(), "from\n{text}\nto\n{formatted}");
    }
    assert!(!formatted.contains('\r') && !formatted.contains("\n\n\n"), "from\n{text}\nto\n{formatted}");
    assert!(!formatted.starts_with('\n') && !formatted.ends_with("\n\n"), "from\n{text}\nto\n{formatted}");
    assert!(formatted.is_empty() || formatted.ends_with('\n'), "from\n{text}\nto\n{formatted}");
}

#[test]
fn a_policy_with_every_construct() {
    let text = include_str!("policies/everything.placet");
    check(text);
    check(&text.replace('\n', "\r\n"));
    check(&text.replace(' ', "   "));
}

#[test]
fn an_attribute_may_be_named_as_a_declaration_is() {
    check("policy p request { request: bool } where request { rule a { allow when request } }");
    check("policy p request { rule: bool } where rule and not rule { rule rule { allow } }");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn formatting_changes_no_meaning_and_is_done_once(text in policy()) {
        check(&text);
    }
}
