//! Lines, their indentation, the blank lines between them, and the comments.

use super::flat::Flat;
use crate::ast::Comment;
use crate::{FileId, Sources};
use unicode_width::UnicodeWidthStr as _;

/// Columns of a line, where it can be broken.
pub(super) const WIDTH: usize = 100;

/// Columns of a level of indentation.
pub(super) const STEP: usize = 2;

/// The columns that a text takes: two for each wide character, none for marks that combine.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Returns true if a comment stands in the source `start..end`.
pub(super) fn has_comment(comments: &[Comment], start: usize, end: usize) -> bool {
    let first = comments.partition_point(|comment| (comment.span.start as usize) < start);
    comments.get(first).is_some_and(|comment| (comment.span.start as usize) < end)
}

/// Writes lines. A line stands for a stretch of the source, so that the comments of the source can be told where
/// to go: offsets below are bytes of the source.
pub(super) struct Layout<'a> {
    pub(super) sources: &'a Sources,
    pub(super) text: &'a str,
    /// The comments that are not yet written.
    pub(super) comments: &'a [Comment],
    pub(super) out: String,
    pub(super) indent: usize,
    /// Where in the source the last line ends that was written.
    last: usize,
    /// Nothing has been written in this block: it does not begin with a blank line.
    at_start: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn new(sources: &'a Sources, file: FileId, comments: &'a [Comment]) -> Self {
        let text = sources.text(file);
        Self { sources, text, comments, out: String::new(), indent: 0, last: 0, at_start: true }
    }

    /// Writes what is left of the comments and returns the text.
    pub(super) fn finish(mut self) -> String {
        self.comments_before(usize::MAX);
        self.out
    }

    /// One line, or several that belong together, for the source `start..end`.
    pub(super) fn line(&mut self, start: usize, end: usize, text: &str) {
        self.lead(start);
        self.write(start, end, text);
        self.end_line(end);
    }

    /// `head {`, what `body` writes, and `}`. The brace stands at `brace`, the block ends at `end`.
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

    /// What `body` writes, as the beginning of a block.
    pub(super) fn inside(&mut self, body: impl FnOnce(&mut Self)) {
        self.indent += STEP;
        self.at_start = true;
        body(self);
        self.indent -= STEP;
    }

    /// The comments before the brace that ends at `brace_end`, the brace, and `tail`, which ends at `end`.
    pub(super) fn close(&mut self, brace_end: usize, tail: &str, end: usize) {
        let brace = brace_end.saturating_sub(1);
        self.indent += STEP;
        self.comments_before(brace);
        self.indent -= STEP;
        self.at_start = false;
        self.write(brace, end, &format!("}}{tail}"));
        self.end_line(end);
    }

    /// The comments and the blank line before a line.
    pub(super) fn lead(&mut self, start: usize) {
        self.comments_before(start);
        self.blank_before(start);
    }

    /// The end of a line that stands for source up to `end`, with the comment that follows there.
    pub(super) fn end_line(&mut self, end: usize) {
        self.last = end;
        if let Some((comment, rest)) = self.comments.split_first() {
            let between = self.text.get(end..comment.span.start as usize);
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

    /// Takes the next comment, if it stands before `end`.
    pub(super) fn next_comment(&mut self, end: usize) -> Option<&'a Comment> {
        let (comment, rest) = self.comments.split_first()?;
        if comment.span.start as usize >= end {
            return None;
        }
        self.comments = rest;
        Some(comment)
    }

    /// A blank line, if the source has one between what was written last and `at`.
    fn blank_before(&mut self, at: usize) {
        let between = self.text.get(self.last..at).unwrap_or_default();
        let mut lines = between.split('\n').skip(1).peekable();
        while let Some(line) = lines.next() {
            // What follows the last line end stands before the line to come.
            if !self.at_start && lines.peek().is_some() && line.trim().is_empty() {
                self.out.push('\n');
                break;
            }
        }
        self.at_start = false;
    }

    /// Whether a comment that is not yet written stands in the source `start..end`.
    pub(super) fn has_comment(&self, start: usize, end: usize) -> bool {
        has_comment(self.comments, start, end)
    }

    /// Whether the source has a line end in `start..end`.
    pub(super) fn is_broken(&self, start: usize, end: usize) -> bool {
        self.text.get(start..end).is_some_and(|text| text.contains('\n'))
    }

    /// Whether nothing at all stands between the brace at `brace` and the one that ends at `end`.
    pub(super) fn is_empty_block(&self, brace: usize, end: usize) -> bool {
        self.after_trivia(brace + 1) + 1 == end && !self.has_comment(brace, end)
    }

    /// Where the first token from `at` begins.
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

    /// Where the first `sign` from `at` stands. Only words may stand before it.
    pub(super) fn find(&self, sign: u8, mut at: usize) -> usize {
        loop {
            at = self.after_trivia(at);
            match self.text.as_bytes().get(at) {
                Some(byte) if *byte != sign => at += 1,
                _ => return at,
            }
        }
    }

    /// What `write` writes, if it fits the line after `before` columns, and `after` columns after it.
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

    /// What `write` writes, on one line of any width.
    pub(super) fn on_one_line(&self, write: impl FnOnce(&mut Flat<'a>) -> Option<()>) -> String {
        let mut flat = Flat::new(self.sources, usize::MAX);
        // Without a width there is nothing that does not fit.
        write(&mut flat);
        flat.out
    }
}
