//! Names of the policy language: which texts are names, and how others are written.

use std::borrow::Cow;

/// The reserved words. They can't be names, except after a dot or in quotes.
///
/// ```
/// use placet_core::RESERVED_WORDS;
///
/// assert!(RESERVED_WORDS.contains(&"when"));
/// assert!(!RESERVED_WORDS.contains(&"rule")); // keywords of declarations can be names
/// ```
pub const RESERVED_WORDS: [&str; 17] = [
    "and", "or", "not", "is", "in", "like", "any", "all", "no", "true", "false", "missing", "known", "when",
    "except", "years", "where",
];

/// Returns true if a text is a name that needs no quotes: an identifier and no reserved word.
///
/// ```
/// use placet_core::is_plain_name;
///
/// assert!(is_plain_name("granted") && is_plain_name("NO"));
/// assert!(!is_plain_name("CC-BY-4.0") && !is_plain_name("no") && !is_plain_name(""));
/// ```
pub fn is_plain_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED_WORDS.contains(&text)
}

/// Returns the name of an enum or of a node as a policy writes it: in quotes if it needs them.
///
/// ```
/// use placet_core::written_name;
///
/// assert_eq!(written_name("granted"), "granted");
/// assert_eq!(written_name("CC-BY-4.0"), r#""CC-BY-4.0""#);
/// ```
pub fn written_name(name: &str) -> Cow<'_, str> {
    if is_plain_name(name) { Cow::Borrowed(name) } else { Cow::Owned(written_text(name)) }
}

/// Returns a text as a policy writes it: in quotes, with escapes.
///
/// ```
/// assert_eq!(placet_core::written_text("a \"b\"\n"), r#""a \"b\"\n""#);
/// ```
pub fn written_text(text: &str) -> String {
    format!("\"{}\"", escaped_text(text))
}

/// Returns the text between the quotes of a string, with escapes.
///
/// ```
/// assert_eq!(placet_core::escaped_text("a\tb"), r"a\tb");
/// ```
pub fn escaped_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
