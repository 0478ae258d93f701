//! Writes lines with their indentation, the blank lines between them and their comments.
//!
//! Every line stands for a range of the source. The ranges of successive lines ascend, so one cursor over the comments
//! is enough: a line first writes the comments before its range, then those inside, then the one that trails it.

use super::flat::Flat;
use crate::ast::Comment;
use crate::{FileId, Sources};
use unicode_width::UnicodeWidthStr as _;

/// The maximum width of a line that can be broken, in columns.
pub(super) const WIDTH: usize = 100;

/// The width of an indentation level, in columns.
pub(super) const STEP: usize = 2;

/// Returns the width of a text in columns: two for a wide character, none for a combining mark.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Returns true if a comment begins in the source range `start..end`.
pub(super) fn has_comment(comments: &[Comment], start: usize, end: usize) -> bool {
    let first = comments.partition_point(|comment| (comment.span.start as usize) < start);
    comments.get(first).is_some_and(|comment| (comment.span.start as usize) < end)
}

/// A writer of lines. A line stands for a range of the source, so that comments can be assigned to lines. Offsets are
/// bytes of the source.
pub(super) struct Layout<'a> {
    pub(super) sources: &'a Sources,
    pub(super) text: &'a str,
    /// The comments that aren't written yet.
    pub(super) comments: &'a [Comment],
    pub(super) out: String,
    pub(super) indent: usize,
    /// The end of the last written line in the source.
    last: usize,
    /// True if nothing is written in this block yet. A block doesn't begin with a blank line.
    at_start: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn new(sources: &'a Sources, file: FileId, comments: &'a [Comment]) -> Self {
        let text = sources.text(file);
        Self { sources, text, comments, out: String::new(), indent: 0, last: 0, at_start: true }
    }

    /// Writes the remaining comments and returns the text.
    pub(super) fn finish(mut self) -> String {
        self.comments_before(usize::MAX);
        self.out
    }

    /// Writes one line, or several that belong together, for the source `start..end`.
    pub(super) fn line(&mut self, start: usize, end: usize, text: &str) {
        self.lead(start);
        self.write(start, end, text);
        self.end_line(end);
    }

    /// Writes `head {`, the output of `body`, and `}`. The opening brace is at `brace`, the block ends at `end`.
    pub(super) fn block(
        &mut self,
        start: usize,
        brace: usize,
        end: usize,
        head: &str,
        body: impl FnOnce(&mut Self),
    ) {
        if self.is_empty_block(brace, end) {
            self.line(start, end, &format!("{head} {{}}"));
            return;
        }
        self.lead(start);
        self.write(start, brace + 1, &format!("{head} {{"));
        self.end_line(brace + 1);
        self.inside(body);
        self.close(end, "", end);
    }

    /// Runs `body` one level deeper, at the start of a block.
    pub(super) fn inside(&mut self, body: impl FnOnce(&mut Self)) {
        self.indent += STEP;
        self.at_start = true;
        body(self);
        self.indent -= STEP;
    }

    /// Writes the comments before the closing brace that ends at `brace_end`, the brace, and `tail`, which ends at
    /// `end`.
    pub(super) fn close(&mut self, brace_end: usize, tail: &str, end: usize) {
        let brace = brace_end.saturating_sub(1);
        // The comments belong to the block, so they are indented like its content.
        self.indent += STEP;
        self.comments_before(brace);
        self.indent -= STEP;
        self.at_start = false;
        self.write(brace, end, &format!("}}{tail}"));
        self.end_line(end);
    }

    /// Writes the comments and the blank line before a line.
    pub(super) fn lead(&mut self, start: usize) {
        self.comments_before(start);
        self.blank_before(start);
    }

    /// Ends a line whose source range ends at `end`, after the comment that trails it in the source.
    pub(super) fn end_line(&mut self, end: usize) {
        self.last = end;
        if let Some((comment, rest)) = self.comments.split_first() {
            let between = self.text.get(end..comment.span.start as usize);
            // A comma may be between: the formatter writes commas itself.
            if between.is_some_and(|between| {
                between.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b','))
            }) {
                self.out.push_str("  ");
                self.out.push_str(&comment.text);
                self.last = comment.span.end as usize;
                self.comments = rest;
            }
        }
        self.out.push('\n');
    }

    fn comments_before(&mut self, end: usize) {
        while let Some(comment) = self.next_comment(end) {
            self.blank_before(comment.span.start as usize);
            self.put_line(self.indent, &comment.text);
            self.out.push('\n');
            self.last = comment.span.end as usize;
        }
    }

    /// Takes the next comment if it begins before `end`.
    pub(super) fn next_comment(&mut self, end: usize) -> Option<&'a Comment> {
        let (comment, rest) = self.comments.split_first()?;
        if comment.span.start as usize >= end {
            return None;
        }
        self.comments = rest;
        Some(comment)
    }

    /// Writes a blank line if the source has one or more between the last written line and `at`.
    fn blank_before(&mut self, at: usize) {
        let between = self.text.get(self.last..at).unwrap_or_default();
        let mut lines = between.split('\n').skip(1).peekable();
        while let Some(line) = lines.next() {
            // The last piece is the indentation of the next line, not a blank line.
            if !self.at_start && lines.peek().is_some() && line.trim().is_empty() {
                self.out.push('\n');
                break;
            }
        }
        self.at_start = false;
    }

    /// Returns true if a comment in the source range `start..end` isn't written yet.
    pub(super) fn has_comment(&self, start: usize, end: usize) -> bool {
        has_comment(self.comments, start, end)
    }

    /// Returns true if the source range `start..end` contains a line end.
    pub(super) fn is_broken(&self, start: usize, end: usize) -> bool {
        self.text.get(start..end).is_some_and(|text| text.contains('\n'))
    }

    /// Returns true if there is neither a token nor a comment between the brace at `brace` and the one that ends at
    /// `end`.
    pub(super) fn is_empty_block(&self, brace: usize, end: usize) -> bool {
        self.after_trivia(brace + 1) + 1 == end && !self.has_comment(brace, end)
    }

    /// Returns the start of the first token from `at`.
    pub(super) fn after_trivia(&self, mut at: usize) -> usize {
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let token = rest.trim_start();
            at += rest.len() - token.len();
            if !token.starts_with("//") {
                return at;
            }
            at += token.find('\n').unwrap_or(token.len());
        }
    }

    /// Returns the offset of the first `sign` from `at`. Only words and comments may precede it: a string could contain
    /// the sign.
    pub(super) fn find(&self, sign: u8, mut at: usize) -> usize {
        loop {
            at = self.after_trivia(at);
            match self.text.as_bytes().get(at) {
                Some(byte) if *byte != sign => at += 1,
                _ => return at,
            }
        }
    }

    /// Returns the output of `write` if it fits on the line between `before` and `after` columns of other text.
    pub(super) fn flat(
        &self,
        before: usize,
        after: usize,
        write: impl FnOnce(&mut Flat<'a>) -> Option<()>,
    ) -> Option<String> {
        let mut flat = Flat::new(self.sources, WIDTH.checked_sub(self.indent + before + after)?);
        write(&mut flat)?;
        Some(flat.out)
    }

    /// Returns the output of `write` on one line of any width.
    pub(super) fn on_one_line(&self, write: impl FnOnce(&mut Flat<'a>) -> Option<()>) -> String {
        let mut flat = Flat::new(self.sources, usize::MAX);
        // With an unbounded width, `write` can't fail.
        write(&mut flat);
        flat.out
    }
}
