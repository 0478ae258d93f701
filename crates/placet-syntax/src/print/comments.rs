//! Inserts comments into formatted lines.
//!
//! Invariant: a line and its source range have the same tokens in the same order, apart from commas, which the
//! formatter adds and removes. So a comment after the n-th token of the range goes after the n-th token of the line.
//! The rest of the line continues on a new one, because a comment runs to the end of its line.

use super::condition::CONTINUED;
use super::layout::{Layout, STEP};
use crate::ast::Comment;
use crate::scan::tokens;
use std::ops::Range;

/// A comment and its position in the text of its line.
struct Placed<'a> {
    comment: &'a Comment,
    /// The end of the token before it, including the comma after that token, in bytes of the text.
    at: usize,
    /// True if the comment follows a token on its source line.
    is_trailing: bool,
}

impl<'a> Layout<'a> {
    /// Writes `text`, which stands for the source `start..end`, with the comments of that range and without a line end.
    pub(super) fn write(&mut self, start: usize, end: usize, text: &str) {
        let placed = self.place(start, end, text);
        let mut placed = placed.as_slice();
        let mut line_start = 0;
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let line_end = line_start + line.len();
            let indent = if line_start == 0 { self.indent } else { leading_spaces(line) };
            let next = lines.peek().copied();
            let here = placed.partition_point(|placed| placed.at <= line_end);
            let (inside, rest) = placed.split_at_checked(here).unwrap_or_default();
            self.write_line(text, line_start..line_end, indent, next, inside);
            if next.is_some() {
                self.out.push('\n');
            }
            placed = rest;
            line_start = line_end + 1;
        }
    }

    /// Writes one line of `text`, broken after each comment that a token of the line follows.
    fn write_line(
        &mut self,
        text: &str,
        line: Range<usize>,
        indent: usize,
        next: Option<&str>,
        placed: &[Placed<'_>],
    ) {
        let mut written = line.start;
        let mut piece_indent = indent;
        for comments in placed.chunk_by(|left, right| left.at == right.at) {
            let at = comments.first().map_or(line.end, |first| first.at);
            self.put_line(piece_indent, text.get(written..at).unwrap_or_default());
            let rest = text.get(at..line.end).unwrap_or_default().trim();
            // A brace that opens a block is aligned with the block, not with its condition.
            let opens_block = rest == "{" && line.end == text.len();
            piece_indent = if opens_block { self.indent } else { indent + CONTINUED };
            let own_indent = match next {
                Some(next) if rest.is_empty() && next.trim_start().starts_with(['}', ')']) => {
                    indent.max(leading_spaces(next) + STEP)
                }
                Some(next) if rest.is_empty() => leading_spaces(next),
                _ => piece_indent,
            };
            for placed in comments {
                if placed.is_trailing {
                    self.out.push_str("  ");
                    self.out.push_str(&placed.comment.text);
                } else {
                    self.out.push('\n');
                    self.put_line(own_indent, &placed.comment.text);
                }
            }
            if rest.is_empty() {
                return;
            }
            self.out.push('\n');
            written = at;
        }
        self.put_line(piece_indent, text.get(written..line.end).unwrap_or_default());
    }

    /// Writes an indented text without a line end.
    pub(super) fn put_line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text.trim());
    }

    /// Takes the comments of the source `start..end` and finds their positions in `text`.
    fn place(&mut self, start: usize, end: usize, text: &str) -> Vec<Placed<'a>> {
        let source = self.text.get(start..end).unwrap_or_default();
        let mut source_tokens =
            tokens(source).filter(|token| source.get(token.clone()) != Some(",")).peekable();
        let mut placed = Vec::new();
        let mut text_ends = None;
        let (mut source_end, mut at) = (0, 0);
        while let Some(comment) = self.next_comment(end) {
            // Only a line with comments needs the tokens of its text.
            let text_ends = text_ends.get_or_insert_with(|| token_ends(text).into_iter());
            let comment_start = (comment.span.start as usize).saturating_sub(start);
            while let Some(token) = source_tokens.next_if(|token| token.start < comment_start) {
                source_end = token.end;
                at = text_ends.next().unwrap_or(text.len());
            }
            let between = source.get(source_end..comment_start).unwrap_or_default();
            placed.push(Placed { comment, at, is_trailing: !between.contains('\n') });
        }
        placed
    }
}

/// Returns the ends of the tokens. A comma belongs to the token before it.
fn token_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for token in tokens(text) {
        match ends.last_mut() {
            Some(end) if text.get(token.clone()) == Some(",") => *end = token.end,
            _ => ends.push(token.end),
        }
    }
    ends
}

fn leading_spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
