//! Finds the tokens around each comment of a text, with a lexer that is independent of the crate's.

use std::ops::Range;

/// A comment between two tokens. Commas don't count as tokens: the formatter adds and removes them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Annotation<'a> {
    comment: &'a str,
    before: &'a str,
    after: &'a str,
    on_own_line: bool,
}

enum Piece {
    Token,
    Comment,
}

/// Returns the tokens and comments of a valid policy. Words and signs are separate tokens, even without space between.
fn pieces(text: &str) -> Vec<(Piece, Range<usize>)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut pieces = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (piece, length) = match first {
            _ if first.is_whitespace() => (None, first.len_utf8()),
            '/' if rest.starts_with("//") => (Some(Piece::Comment), rest.find('\n').unwrap_or(rest.len())),
            '"' => {
                let mut is_escaped = false;
                let end = rest[1..].find(|c| {
                    let ends = c == '"' && !is_escaped;
                    is_escaped = c == '\\' && !is_escaped;
                    ends
                });
                (Some(Piece::Token), end.map_or(rest.len(), |end| end + 2))
            }
            _ if is_word(first) => (Some(Piece::Token), rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            _ => (Some(Piece::Token), first.len_utf8()),
        };
        pieces.extend(piece.map(|piece| (piece, at..at + length)));
        at += length;
    }
    pieces
}

pub(crate) fn annotations(text: &str) -> Vec<Annotation<'_>> {
    let pieces = pieces(text);
    let tokens: Vec<&Range<usize>> = pieces
        .iter()
        .filter(|(piece, range)| matches!(piece, Piece::Token) && &text[range.clone()] != ",")
        .map(|(_, range)| range)
        .collect();
    let comments = pieces.iter().filter(|(piece, _)| matches!(piece, Piece::Comment));
    comments
        .map(|(_, range)| {
            let next = tokens.partition_point(|token| token.start < range.start);
            let before = next.checked_sub(1).and_then(|last| tokens.get(last));
            Annotation {
                comment: text[range.clone()].trim_end(),
                before: before.map_or("", |before| &text[(*before).clone()]),
                after: tokens.get(next).map_or("", |after| &text[(*after).clone()]),
                on_own_line: before.is_none_or(|before| text[before.end..range.start].contains('\n')),
            }
        })
        .collect()
}

/// Returns the offsets at which a comment can be inserted: after each token that doesn't touch the next one, but in
/// table rows only after the last.
pub(crate) fn gaps(text: &str) -> Vec<usize> {
    let pieces = pieces(text);
    let ends = pieces.iter().filter(|(piece, _)| matches!(piece, Piece::Token)).map(|(_, range)| range);
    ends.filter(|token| {
        let line_start = text[..token.start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = text[token.end..].find('\n').map_or(text.len(), |end| token.end + end);
        let is_row = text[line_start..].trim_start().starts_with('|');
        let ends_line = text[token.end..line_end].trim().is_empty();
        let is_apart = text[token.end..].starts_with([' ', '\r', '\n', ',', '(', ')', '{', '}'])
            || matches!(&text[(*token).clone()], "(" | "{" | ",");
        if is_row { ends_line } else { is_apart || token.end == text.len() }
    })
    .map(|token| token.end)
    .collect()
}

/// Returns the text with a comment at each offset. If the flag is true, the comment gets its own line; otherwise it
/// trails the token before it.
pub(crate) fn with_comments(text: &str, places: &[(usize, bool)]) -> String {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.dedup_by_key(|(at, _)| *at);
    let mut out = String::new();
    let mut written = 0;
    for (index, (at, on_own_line)) in places.into_iter().enumerate() {
        out.push_str(&text[written..at]);
        out.push_str(if on_own_line { "\n" } else { " " });
        out.push_str(&format!("// §{index}\n"));
        written = at;
    }
    out + &text[written..]
}
