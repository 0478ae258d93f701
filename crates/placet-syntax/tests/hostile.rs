//! Parses hostile texts on a small stack: deep nesting, unbalanced brackets, long lines and random edits of a policy.
//! Every text must give a tree or an error, never a panic or a stack overflow.

use placet_syntax::ast::{ConditionKind, File, Item};
use placet_syntax::{Code, Diagnostic, Limits, Sources, parse};
use proptest::prelude::*;

const POLICY: &str = include_str!("policies/everything.placet");

fn parsed(text: &str) -> (File, Vec<Diagnostic>) {
    parsed_within(text, &Limits::default())
}

fn parsed_within(text: &str, limits: &Limits) -> (File, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let file = sources.add("hostile.placet", text);
    parse(&sources, file, limits)
}

/// Returns the sorted, distinct codes of the diagnostics. Parses on a stack of the default size for threads.
fn codes(text: String) -> Vec<Code> {
    codes_within(text, Limits::default())
}

/// Like `codes`, but with lines of any length.
fn codes_of_long_lines(text: String) -> Vec<Code> {
    let mut limits = Limits::default();
    limits.line_bytes = usize::MAX;
    codes_within(text, limits)
}

fn codes_within(text: String, limits: Limits) -> Vec<Code> {
    with_small_stack(move || {
        let (tree, diagnostics) = parsed_within(&text, &limits);
        assert_eq!(tree.damaged, !diagnostics.is_empty());
        let mut codes: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    })
}

#[expect(clippy::unwrap_used, reason = "a test that can't run fails")]
fn with_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

fn rule(condition: &str) -> String {
    format!("rule r {{ allow when {condition} }}")
}

/// Returns `middle` between `times` repetitions of `open` and of `close`.
fn nested(times: usize, open: &str, middle: &str, close: &str) -> String {
    [&open.repeat(times), middle, &close.repeat(times)].concat()
}

/// Constructs with `n` levels of nesting. The default limit is 100 levels.
const WAYS: [fn(usize) -> String; 12] = [
    |n| rule(&nested(n, "(", "a", ")")),
    |n| rule(&nested(n, "not ", "a", "")),
    |n| rule(&nested(n, "not\n// why\n", "a", "")),
    |n| rule(&format!("{} > 3", nested(n, "years(", "a", ", b)"))),
    |n| rule(&format!("a is {}", nested(n, "(b + ", "c", ")"))),
    |n| format!("taxonomy T {}", nested(n, "{ a ", "", "}")),
    |n| nested(n, "where a {", "rule r { where b allow } rule s { deny }", "}"),
    |n| nested(n, "where (a) { ", "", "}"),
    |n| nested(n, "where a in {b} and c < {d} and e is not {f} and g like {h} { ", "", "}"),
    |n| format!("rule r {{ allow {} }}", nested(n - 1, "except when a {", "except when b", "}")),
    |n| {
        format!(
            "rule r {{ allow {} }}",
            nested(n - 1, "except x when (a) and b in {c} {", "except when b", "}")
        )
    },
    |n| format!("table t {{ deny\n| {} |\n| true |\n }}", nested(n, "(", "a", ")")),
];

#[test]
fn parse_accepts_nesting_at_the_limit() {
    for (index, way) in WAYS.iter().enumerate() {
        assert_eq!(codes(way(100)), [], "way {index}");
    }
}

#[test]
fn parse_rejects_nesting_beyond_the_limit() {
    for (index, way) in WAYS.iter().enumerate() {
        assert_eq!(codes(way(101)), [Code::NestedTooDeeply], "way {index}");
    }
}

#[test]
fn parse_rejects_a_hundred_thousand_levels() {
    for (index, way) in WAYS.iter().enumerate() {
        assert_eq!(codes_of_long_lines(way(100_000)), [Code::NestedTooDeeply], "way {index}");
    }
}

#[test]
fn nesting_counts_negations_and_parentheses_together() {
    assert_eq!(codes(rule(&nested(50, "not (", "a", ")"))), []);
    assert_eq!(codes(rule(&nested(51, "not (", "a", ")"))), [Code::NestedTooDeeply]);
    let wide = vec!["not (a)"; 1_000].join(" and ");
    assert_eq!(codes(rule(&wide)), []);
}

#[test]
fn parse_reports_unclosed_brackets() {
    for open in ["{", "(", "{(", "taxonomy T {", "where a {\n", "rule r { allow except when a {", "| {"] {
        let found = codes_of_long_lines(open.repeat(100_000));
        assert!(found.contains(&Code::UnclosedBracket), "{open}: {found:?}");
    }
}

#[test]
fn parse_reports_unmatched_brackets() {
    for text in ["}", ")", ")}"] {
        assert!(codes(text.repeat(100_000)).contains(&Code::UnmatchedBracket), "{text}");
    }
    let found = codes("{".repeat(100) + &")".repeat(100));
    assert!(found.contains(&Code::UnmatchedBracket) && found.contains(&Code::UnclosedBracket), "{found:?}");
}

#[test]
fn parse_reports_unterminated_strings() {
    assert_eq!(codes("import \"other".to_owned()), [Code::UnterminatedString]);
    let found = codes(format!("rule r {{ cite \"{}\n allow }}", "x".repeat(1_000_000)));
    assert_eq!(found, [Code::UnterminatedString]);
    assert!(codes("\"\\".repeat(100_001)).contains(&Code::UnterminatedString));
}

#[test]
fn parse_rejects_lines_of_ten_megabytes() {
    const LENGTH: usize = 10_000_000;
    let rule = format!("rule r {{ because \"{}\" deny }}", "x".repeat(LENGTH));
    let pieces = ["x", "x ", "§", "0", "\u{1f980} ", "not", "a.", "| ", "(", "//", "\""];
    let lines = pieces.iter().map(|piece| piece.repeat(LENGTH / piece.len()));
    for line in lines.chain([rule]) {
        assert_eq!(codes(line), [Code::LineTooLong]);
    }
}

#[test]
fn parse_accepts_lines_up_to_the_limit() {
    let around = "let a = b // ".len();
    let comment = |length: usize| format!("let a = b // {}", "/".repeat(length - around));
    assert_eq!(codes(comment(Limits::MAX_LINE_BYTES)), []);
    assert_eq!(codes(comment(Limits::MAX_LINE_BYTES + 1)), [Code::LineTooLong]);
    let length = Limits::MAX_LINE_BYTES - 100;
    assert_eq!(codes(format!("rule r {{ because \"{}\" deny }}", "x".repeat(length))), []);
    assert_eq!(codes(format!("let a = {}b", " ".repeat(length))), []);
    assert_eq!(codes(format!("let a = {}", "b".repeat(length))), []);
    for piece in ["x", "x ", "§", "0", "\u{1f980} ", "not", "a.", "| "] {
        let found = codes(piece.repeat(length / piece.len()));
        assert!(!found.is_empty() && found != [Code::LineTooLong], "{piece:?} is no policy: {found:?}");
    }
}

#[test]
fn parse_accepts_three_hundred_thousand_terms_of_a_condition() {
    with_small_stack(|| {
        let (tree, diagnostics) = parsed(&format!("let long = {}", vec!["a"; 300_000].join(" and\n")));
        assert_eq!(diagnostics, []);
        let Some(Item::Let(definition)) = tree.items.first() else { panic!("the let is there") };
        let ConditionKind::And(terms) = &definition.condition.kind else { panic!("it is an `and`") };
        assert_eq!(terms.len(), 300_000);
    });
}

#[test]
fn parse_accepts_a_hundred_thousand_alternatives_addends_and_members() {
    assert_eq!(codes(format!("let long = {}", vec!["a"; 100_000].join(" or "))), []);
    assert_eq!(codes(format!("let long = {} > 1", vec!["a"; 100_000].join(" + "))), []);
    assert_eq!(codes(format!("set s of T = {{{}}}", "a, ".repeat(100_000))), []);
}

#[test]
fn parse_limits_the_number_of_diagnostics() {
    let found = codes("rule r {\n  allow when == \n}\n".repeat(2_000));
    assert_eq!(found, [Code::UnexpectedText]);
    let found = codes(format!("rule r {{\n{}}}", "  cite cite\n".repeat(10_000)));
    assert_eq!(found, [Code::UnexpectedText]);
}

/// A random token, mostly from a valid policy.
fn piece() -> impl Strategy<Value = String> {
    let words = POLICY.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    prop_oneof![
        6 => prop::sample::select(words),
        2 => prop::sample::select(vec!["{", "}", "(", ")", "|", "\n", "//", "\"", "\\", "..", "\r\n", "\u{feff}"])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

/// A random edit of a text.
#[derive(Debug, Clone)]
enum Edit {
    Remove(usize, usize),
    Insert(usize, String),
    Copy(usize, usize, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..POLICY.len();
    prop_oneof![
        (at(), 0_usize..60).prop_map(|(at, length)| Edit::Remove(at, length)),
        (at(), piece()).prop_map(|(at, text)| Edit::Insert(at, text)),
        (at(), 0_usize..200, at()).prop_map(|(from, length, to)| Edit::Copy(from, length, to)),
    ]
}

/// Returns the last character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn edited(edits: Vec<Edit>) -> String {
    let mut text = POLICY.to_owned();
    for edit in edits {
        match edit {
            Edit::Remove(at, length) => {
                let (start, end) = (boundary(&text, at), boundary(&text, at + length));
                text.replace_range(start..end, "");
            }
            Edit::Insert(at, piece) => text.insert_str(boundary(&text, at), &piece),
            Edit::Copy(from, length, to) => {
                let (start, end) = (boundary(&text, from), boundary(&text, from + length));
                let copy = text[start..end].to_owned();
                text.insert_str(boundary(&text, to), &copy);
            }
        }
    }
    text
}

/// Asserts that parsing doesn't panic, that spans are valid, and that a tree without diagnostics is complete and
/// formats to a fixed point.
fn check(text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("hostile.placet", text);
    let (tree, diagnostics) = parse(&sources, file, &Limits::default());
    for diagnostic in &diagnostics {
        for label in &diagnostic.labels {
            let range = label.span.range();
            assert!(range.start <= range.end && range.start <= text.len(), "{diagnostic:?}");
            assert!(text.is_char_boundary(range.start), "{diagnostic:?}");
        }
    }
    if tree.damaged {
        return;
    }
    assert_eq!(diagnostics, []);
    let formatted = placet_syntax::format(&sources, &tree);
    let again = sources.add("again.placet", formatted.clone());
    let (tree, diagnostics) = parse(&sources, again, &Limits::default());
    assert_eq!(diagnostics, []);
    assert_eq!(placet_syntax::format(&sources, &tree), formatted);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn parse_handles_random_texts(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn parse_handles_random_tokens(pieces in prop::collection::vec(piece(), 0..60)) {
        check(&pieces.join(" "));
        check(&pieces.concat());
    }

    #[test]
    fn parse_handles_edited_policies(edits in prop::collection::vec(edit(), 1..5)) {
        check(&edited(edits));
    }
}
