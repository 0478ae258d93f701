//! Parses a file into a syntax tree and recovers from errors.
//!
//! 1. `scan` splits the text into chunks of one declaration each, in linear time and constant stack. It checks nesting,
//!    so the recursive parser below never exceeds [`Limits::nesting`].
//! 2. pest parses each chunk on its own, so an error in one declaration doesn't affect the others.
//! 3. If a line within a declaration doesn't parse, [`parse_declaration`] blanks it and parses the chunk again. One run
//!    thereby reports several errors of a declaration.
//! 4. `build` turns the pairs of pest into the tree.
//!
//! [`syntax_error`] words the errors of pest: `advice` guesses the likely fix and `expected` lists the alternatives.

mod advice;
mod expected;

use self::advice::{QUOTES, Stop};
use crate::ast::File;
use crate::build::Builder;
use crate::grammar::{PlacetParser, Rule};
use crate::scan::scan;
use crate::{Code, Diagnostic, FileId, Limits, Sources, Span};
use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};

/// Parses one file. Returns its syntax tree, without the text that doesn't parse, and all diagnostics.
///
/// Cost: linear in the text; memory is a few hundred bytes for each word of the longest declaration. No text causes a
/// panic or a recursion deeper than [`Limits::nesting`].
///
/// ```
/// use placet_syntax::{Code, Limits, Sources, parse};
///
/// let mut sources = Sources::default();
/// let file = sources.add("a.placet", "policy a\nrule r { allow if b }\nlet c = d");
/// let (tree, diagnostics) = parse(&sources, file, &Limits::default());
/// assert_eq!(tree.items.len(), 2); // the policy and the let
/// assert!(tree.damaged);
/// assert_eq!(diagnostics[0].code, Code::UnexpectedText);
/// assert_eq!(diagnostics[0].help.as_deref(), Some("write `allow when b`"));
/// ```
pub fn parse(sources: &Sources, file: FileId, limits: &Limits) -> (File, Vec<Diagnostic>) {
    let text = sources.text(file);
    if let Some(fault) = long_line(file, text, limits) {
        return (File { damaged: true, ..File::default() }, vec![fault]);
    }
    let scan = scan(file, text, limits);
    let mut builder = Builder::new(file, &scan.comments);
    // An error can lie outside every chunk: a text that is one unterminated string has no chunk at all.
    let mut damaged = !scan.diagnostics.is_empty();
    let mut diagnostics = scan.diagnostics;
    let mut items = Vec::new();
    for chunk in &scan.chunks {
        // Diagnostics beyond the limit aren't shown, so finding them would be wasted work.
        if chunk.broken || diagnostics.len() > limits.diagnostics {
            damaged = true;
            continue;
        }
        let Some(source) = text.get(chunk.range.clone()) else { continue };
        let (item, faults) = parse_declaration(&mut builder, file, source, chunk.range.start);
        damaged |= !faults.is_empty();
        diagnostics.extend(faults);
        items.extend(item);
    }
    damaged |= builder.damaged;
    diagnostics.append(&mut builder.diagnostics);
    diagnostics.sort_by_key(Diagnostic::span);
    (File { items, comments: scan.comments, damaged }, diagnostics)
}

/// Returns the diagnostic of the first line that exceeds the limit.
fn long_line(file: FileId, text: &str, limits: &Limits) -> Option<Diagnostic> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.len() > limits.line_bytes {
            let fault = Diagnostic::new(
                Code::LineTooLong,
                Span::new(file, start, start),
                format!("the line is longer than {} bytes", limits.line_bytes),
            );
            return Some(fault.help("break it into several lines: line breaks don't matter outside tables"));
        }
        start += line.len();
    }
    None
}

/// Parses one declaration. Reports a line that doesn't parse, blanks it and parses the declaration again, up to
/// `MAX_RETRIES` times.
fn parse_declaration(
    builder: &mut Builder<'_>,
    file: FileId,
    source: &str,
    base: usize,
) -> (Option<crate::ast::Item>, Vec<Diagnostic>) {
    const MAX_RETRIES: usize = 20;
    // Each retry parses the whole declaration, so retries of a long one would take too long.
    const LONGEST_RETRIED: usize = 1 << 20;
    let mut faults: Vec<Diagnostic> = Vec::new();
    let mut mended: Option<String> = None;
    let mut last_blank = 0;
    for _ in 0..=MAX_RETRIES {
        let text = mended.as_deref().unwrap_or(source);
        let error = match PlacetParser::parse(Rule::only_declaration, text) {
            Ok(mut pairs) => {
                let item = pairs.next().and_then(|pair| builder.declaration(pair, base));
                return (item, faults);
            }
            Err(error) => error,
        };
        let at = position(&error);
        // An error right after a blanked line is likely its consequence: the parser misses what the line held.
        let follows = !faults.is_empty()
            && text.get(last_blank..at.max(last_blank)).is_some_and(|between| between.trim().is_empty());
        if !follows {
            faults.push(syntax_error(&error, file, text, base, Context::Declaration));
        }
        // Text after a complete declaration is an error, but the declaration itself is intact.
        if could_end(&error)
            && let Some(whole) = text.get(..at)
            && let Ok(mut pairs) = PlacetParser::parse(Rule::only_declaration, whole)
        {
            return (pairs.next().and_then(|pair| builder.declaration(pair, base)), faults);
        }
        let (start, end) = line_around(text, at);
        // Blanking the first line or an unbalanced one would break the structure of the whole declaration. On a blank
        // line there is nothing left to try.
        let line = text.get(start..end).unwrap_or_default();
        let count = |bracket: char| line.matches(bracket).count();
        let first_line = text.get(..start).is_none_or(|before| before.trim().is_empty());
        if first_line
            || source.len() > LONGEST_RETRIED
            || line.trim().is_empty()
            || count('{') != count('}')
            || count('(') != count(')')
        {
            return (None, faults);
        }
        // Spaces instead of nothing keep all offsets, and with them all spans.
        let blank = " ".repeat(end - start);
        let mut next = text.to_owned();
        next.replace_range(start..end, &blank);
        last_blank = start;
        mended = Some(next);
    }
    (None, faults)
}

/// Returns true if the parser would have accepted the end of the declaration at the error.
fn could_end(error: &Error<Rule>) -> bool {
    matches!(&error.variant, ErrorVariant::ParsingError { positives, .. } if positives.contains(&Rule::EOI))
}

/// Returns the line that contains the byte `at`, without its line end.
fn line_around(text: &str, at: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let at = at.min(bytes.len());
    let start = bytes.get(..at).and_then(|b| b.iter().rposition(|b| *b == b'\n')).map_or(0, |p| p + 1);
    let end =
        bytes.get(at..).and_then(|b| b.iter().position(|b| *b == b'\n')).map_or(bytes.len(), |p| at + p);
    (start, end)
}

fn position(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

/// The kind of text that a syntax error is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    Declaration,
    Cell,
}

/// Turns an error of pest into a diagnostic. `base` is the offset of `text` in the file.
pub(crate) fn syntax_error(
    error: &Error<Rule>,
    file: FileId,
    text: &str,
    base: usize,
    place: Context,
) -> Diagnostic {
    let at = position(error);
    let before = text.get(..at).unwrap_or_default();
    let rest = text.get(at..).unwrap_or_default();
    // pest stops before white space; the unexpected token begins after it.
    let after = rest.trim_start();
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { .. } => &[],
    };
    let stop = Stop { before, found: token(after), after, expected, place };
    let span = if stop.found.is_empty() || stop.ends_a_row() {
        // Something is missing, so the span is the last character before the gap: nothing is wrong after it.
        let end = before.trim_end().len();
        let last = before.trim_end().chars().next_back().map_or(0, char::len_utf8);
        Span::new(file, base + end - last, base + end)
    } else {
        let start = base + at + (rest.len() - after.len());
        Span::new(file, start, start + stop.found.len())
    };
    stop.diagnostic(span)
}

/// Returns the word, path, number, date, string or operator at the start of `text`.
fn token(text: &str) -> &str {
    const SIGNS: [&str; 16] =
        ["===", "!==", "==", "!=", "<=", ">=", "<>", "&&", "||", "=>", "=<", "->", "=~", ":=", "::", ".."];
    if let Some(sign) = SIGNS.iter().find(|sign| text.starts_with(**sign)) {
        return text.get(..sign.len()).unwrap_or_default();
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = |rest: &str| rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let length = match text.chars().next() {
        Some(c) if c.is_ascii_digit() && is_date(text) => {
            text.find(|c| !is_word(c) && !['-', ':', '.', '+'].contains(&c)).unwrap_or(text.len())
        }
        Some(c) if is_word(c) => {
            let mut whole = end(text);
            // A path is one token, and so is a number with its decimals.
            while let Some(part) = text.get(whole..).and_then(|rest| rest.strip_prefix('.'))
                && end(part) > 0
                && (!c.is_ascii_digit() || !text.get(..whole).is_some_and(|number| number.contains('.')))
            {
                whole += 1 + end(part);
            }
            whole
        }
        Some('"') => text.get(1..).and_then(|rest| rest.find(['"', '\n'])).map_or(1, |at| at + 2),
        Some(c) => quoted_length(text).unwrap_or(c.len_utf8()),
        None => 0,
    };
    text.get(..length).unwrap_or_default()
}

/// Returns true if the text begins with a date.
fn is_date(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00";
    let same = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    text.len() >= FORM.len() && text.as_bytes().iter().zip(FORM).all(same)
}

/// Returns the length of the text in quotes of another language that `text` begins with, on one line.
fn quoted_length(text: &str) -> Option<usize> {
    let line = text.lines().next()?;
    let ends = QUOTES.iter().filter_map(|(open, close)| {
        let inner = line.strip_prefix(*open)?;
        Some(open.len_utf8() + inner.find(*close)? + close.len_utf8())
    });
    ends.min()
}
