//! Matches the tokens around a syntax error with the pattern of a habit.
//!
//! A pattern is a list of tokens with a space between them. `^` marks the unexpected token; alone it is the end of the
//! text. A token in angle brackets is captured, numbered from 1 for the advice:
//!
//! | pattern | matches | captured |
//! | --- | --- | --- |
//! | `<a\|b>` | one of these tokens | the token |
//! | `<.a\|.b>` | a path that ends in one of these | the path before it |
//! | `<WORD>` | a word or a path | the word |
//! | `<NUMBER>` · `<YEAR>` · `<000>` | digits, with decimals; four digits; three digits | the digits |
//! | `<VALUE>` | a word, a number, a date or a string | the token |
//! | `<STRING>` · `<QUOTED>` | a string; one in other quotes | the text in the quotes |
//! | `<TITLE>` | a string | a name made of the text |
//! | `<SIGN>` | `<`, `<=`, `>` or `>=` | the sign |
//! | `<UNIT>` | an abbreviated unit of time | the unit |
//! | `<DURATION>` | a number and a unit without a space | both, with a space |
//! | `<DATE>` · `<HOUR>` | a date or a time; the day and the hour of a time | the token |
//! | `<ANY>` | any token | the token |
//! | `<...>` | tokens up to the next one of the pattern, or to the end of the line or of the block | their text |

use crate::grammar::UNITS;
use crate::parse::{is_date, token};

/// The maximum number of tokens before and after the error that a pattern sees.
const MAX_TOKENS: usize = 24;

/// The number of lines before the error that a pattern sees.
const MAX_LINES: usize = 3;

/// The tokens around a syntax error.
pub(super) struct Surroundings<'a> {
    before: Vec<Token<'a>>,
    after: Vec<Token<'a>>,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    /// The text from the token on.
    rest: &'a str,
    /// True if the token is the first of its line.
    begins_line: bool,
}

impl<'a> Surroundings<'a> {
    /// Splits the text before an error and the text from the unexpected token on.
    pub(super) fn new(before: &'a str, after: &'a str) -> Self {
        let start = before.rmatch_indices('\n').nth(MAX_LINES - 1).map_or(0, |(at, _)| at);
        let before: Vec<_> = tokens(before.get(start..).unwrap_or_default()).collect();
        Self { before, after: tokens(after).take(MAX_TOKENS).collect() }
    }

    /// Returns what a pattern captures, or `None` if it doesn't match.
    pub(super) fn captures(&self, pattern: &str) -> Option<Vec<String>> {
        let items: Vec<&str> = pattern.split(' ').collect();
        let caret = items.iter().position(|item| item.starts_with('^'))?;
        let (before, after) = items.split_at_checked(caret)?;
        let mut captured = Vec::new();
        let last = self.before.get(self.before.len().checked_sub(before.len())?..)?;
        for (item, token) in before.iter().zip(last) {
            captured.extend(capture(item, token.text)?);
        }
        let mut after = after.to_vec();
        if let Some(first) = after.first_mut() {
            *first = first.strip_prefix('^').unwrap_or(first);
        }
        if after == [""] {
            return self.after.is_empty().then_some(captured);
        }
        forwards(&after, &self.after, &mut captured).then_some(captured)
    }
}

/// Matches tokens from the unexpected one on.
fn forwards(items: &[&str], tokens: &[Token<'_>], captured: &mut Vec<String>) -> bool {
    let Some((item, items)) = items.split_first() else { return true };
    let Some((token, rest)) = tokens.split_first() else { return false };
    if *item != "<...>" {
        let Some(found) = capture(item, token.text) else { return false };
        captured.extend(found);
        return forwards(items, rest, captured);
    }
    let line = length_of_line(tokens);
    let ends = if items.is_empty() { line..=line } else { 1..=line };
    for end in ends {
        let Some((taken, rest)) = tokens.split_at_checked(end) else { break };
        let kept = captured.len();
        captured.push(between(taken));
        if forwards(items, rest, captured) {
            return true;
        }
        captured.truncate(kept);
    }
    false
}

/// Returns the number of tokens up to the end of the line, or up to the bracket that closes a block around them.
fn length_of_line(tokens: &[Token<'_>]) -> usize {
    let mut open = usize::from(tokens.first().is_some_and(|token| matches!(token.text, "(" | "{")));
    let ends = |token: &Token<'_>| {
        match token.text {
            "(" | "{" => open += 1,
            ")" | "}" if open == 0 => return true,
            ")" | "}" => open -= 1,
            _ => {}
        }
        token.begins_line
    };
    tokens.iter().skip(1).position(ends).map_or(tokens.len(), |at| at + 1)
}

/// Returns the text from the first to the last token.
fn between(tokens: &[Token<'_>]) -> String {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return String::new() };
    let length = first.rest.len() - last.rest.len() + last.text.len();
    first.rest.get(..length).unwrap_or_default().to_owned()
}

/// Returns what an item of a pattern captures of a token, or `None` if it doesn't match.
fn capture(item: &str, token: &str) -> Option<Option<String>> {
    let Some(class) = item.strip_prefix('<').and_then(|item| item.strip_suffix('>')) else {
        return (item == token).then_some(None);
    };
    let is_number =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok();
    let is_word = token.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_string = token.len() > 1 && token.starts_with('"');
    let digits = |count| token.len() == count && token.bytes().all(|byte| byte.is_ascii_digit());
    let when = |holds: bool| holds.then(|| token.to_owned());
    let found = match class {
        "" => return (item == token).then_some(None),
        "ANY" => when(true),
        "WORD" => when(is_word),
        "NUMBER" => when(is_number(token)),
        "YEAR" => when(digits(4)),
        "000" => when(digits(3)),
        "VALUE" => when(is_word || is_string || token.starts_with(|c: char| c.is_ascii_digit())),
        "SIGN" => when(matches!(token, "<" | "<=" | ">" | ">=")),
        "DATE" => when(is_date(token)),
        "HOUR" => when(token.len() == 5 && token.as_bytes().get(2) == Some(&b'T')),
        "STRING" => is_string.then(|| token.trim_matches('"').to_owned()),
        "TITLE" => is_string.then(|| as_name(token)).flatten(),
        "UNIT" => unit(token).map(str::to_owned),
        "DURATION" => duration(token),
        "QUOTED" => QUOTES.iter().find_map(|(open, close)| {
            let text = token.strip_prefix(*open)?.strip_suffix(*close)?;
            (!text.is_empty()).then(|| text.to_owned())
        }),
        choices => choices.split('|').find_map(|choice| match choice.strip_prefix('.') {
            Some(_) if choice.len() > 1 => token.strip_suffix(choice).map(str::to_owned),
            _ => when(choice == token),
        }),
    };
    found.map(Some)
}

/// Separates a number from the unit of time that it is written together with.
fn duration(token: &str) -> Option<String> {
    let (number, name) = token.split_at_checked(token.find(|c: char| !c.is_ascii_digit())?)?;
    let is_unit = UNITS.iter().any(|full| *full == name || full.strip_suffix('s') == Some(name));
    let name = if is_unit { name } else { unit(name)? };
    (!number.is_empty()).then(|| format!("{number} {name}"))
}

/// Quotes of other languages and of word processors.
pub(crate) const QUOTES: [(char, char); 8] =
    [('\'', '\''), ('`', '`'), ('“', '”'), ('”', '”'), ('„', '“'), ('„', '”'), ('«', '»'), ('‘', '’')];

/// Returns the unit that an abbreviation stands for.
fn unit(short: &str) -> Option<&'static str> {
    Some(match short {
        "s" | "sec" | "secs" => "seconds",
        "m" | "min" | "mins" => "minutes",
        "h" | "hr" | "hrs" => "hours",
        "d" | "D" => "days",
        "w" | "wk" | "wks" => "weeks",
        _ => return None,
    })
}

/// Returns a name that resembles a title in quotes.
fn as_name(title: &str) -> Option<String> {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_");
    placet_core::is_plain_name(&name).then_some(name)
}

/// Splits a text into tokens, without comments.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut begins_line = rest.len() == text.len();
        loop {
            let next = rest.trim_start();
            let gap = rest.get(..rest.len() - next.len()).unwrap_or_default();
            begins_line |= gap.contains('\n');
            rest = next;
            if !rest.starts_with("//") {
                break;
            }
            rest = rest.get(rest.find('\n').unwrap_or(rest.len())..).unwrap_or_default();
        }
        let found = Token { text: token(rest), rest, begins_line };
        rest = rest.get(found.text.len()..).unwrap_or_default();
        (!found.text.is_empty()).then_some(found)
    })
}
