//! Breaks conditions that are too long for one line or contain comments.
//!
//! The outermost chain of `or` or `and` breaks first, one line for each part. A part that still doesn't fit breaks in
//! turn, indented further.

use super::flat::Flat;
use super::layout::{Layout, STEP, WIDTH, has_comment, width};
use crate::ast::*;
use crate::{Sources, Span};

/// The additional indentation of a continuation line, in columns.
pub(super) const CONTINUED: usize = 4;

impl Layout<'_> {
    /// Returns `head` and the condition. The result is one line if that leaves `tail` columns and the condition
    /// contains no comment. Otherwise the condition is broken into indented lines.
    pub(super) fn with_condition(&self, head: &str, condition: &Condition, tail: usize) -> String {
        let mut breaker = Breaker {
            sources: self.sources,
            comments: self.comments,
            out: head.to_owned(),
            column: self.indent + width(head),
        };
        breaker.condition(condition, self.indent + CONTINUED, tail);
        breaker.out
    }
}

struct Breaker<'a> {
    sources: &'a Sources,
    comments: &'a [Comment],
    out: String,
    /// The column of the next character.
    column: usize,
}

impl Breaker<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += width(text);
    }

    fn new_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn has_comment(&self, span: Span) -> bool {
        has_comment(self.comments, span.start as usize, span.end as usize)
    }

    /// Returns the output of `write` if it fits on the line and leaves `tail` columns.
    fn fits(&self, tail: usize, write: impl FnOnce(&mut Flat<'_>) -> Option<()>) -> Option<String> {
        let mut flat = Flat::new(self.sources, WIDTH.checked_sub(self.column + tail)?);
        write(&mut flat)?;
        Some(flat.out)
    }

    fn on_one_line(&mut self, write: impl FnOnce(&mut Flat<'_>) -> Option<()>) {
        let mut flat = Flat::new(self.sources, usize::MAX);
        // With an unbounded width, `write` can't fail.
        write(&mut flat);
        self.put(&flat.out);
    }

    /// Writes a condition. If it is broken, its continuation lines are indented by `indent`.
    fn condition(&mut self, condition: &Condition, indent: usize, tail: usize) {
        if !self.has_comment(condition.span)
            && let Some(text) = self.fits(tail, |flat| flat.condition(condition))
        {
            self.put(&text);
            return;
        }
        match &condition.kind {
            ConditionKind::Or(all) => self.chain(all, "or ", indent, tail),
            ConditionKind::And(all) => self.chain(all, "and ", indent, tail),
            ConditionKind::Not(inner) => {
                self.put("not ");
                self.condition(inner, indent, tail);
            }
            ConditionKind::Group(inner) => {
                self.put("(");
                self.condition(inner, indent, tail + 1);
                // A comment runs to the end of its line, so the parenthesis after it needs a new one.
                if has_comment(self.comments, inner.span.end as usize, condition.span.end as usize) {
                    self.new_line(indent.saturating_sub(CONTINUED));
                }
                self.put(")");
            }
            ConditionKind::Each(each) => {
                self.on_one_line(|flat| flat.each_head(each));
                self.condition(&each.condition, indent, tail + 1);
                if has_comment(self.comments, each.condition.span.end as usize, condition.span.end as usize) {
                    self.new_line(indent.saturating_sub(CONTINUED));
                }
                self.put(")");
            }
            ConditionKind::Compare(left, relation, right) => {
                self.on_one_line(|flat| {
                    flat.operand(left)?;
                    flat.relation(*relation)
                });
                self.right(right, indent, tail);
            }
            ConditionKind::Quantified(quantifier, subject, relation, right) => {
                self.on_one_line(|flat| {
                    flat.quantified(*quantifier, subject)?;
                    flat.relation(*relation)
                });
                self.right(right, indent, tail);
            }
            ConditionKind::Operand(_) | ConditionKind::Presence(..) => {
                self.on_one_line(|flat| flat.condition(condition));
            }
        }
    }

    fn chain(&mut self, all: &[Condition], word: &str, indent: usize, tail: usize) {
        for (index, condition) in all.iter().enumerate() {
            if index > 0 {
                self.new_line(indent);
                self.put(word);
            }
            // Only the last part shares its line with what follows the condition.
            let is_last = index + 1 == all.len();
            self.condition(condition, indent + CONTINUED, if is_last { tail } else { 0 });
        }
    }

    fn right(&mut self, right: &Right, indent: usize, tail: usize) {
        match right {
            // A comment ends its line, so the entries can't be filled into lines.
            Right::Braces(braces) if self.has_comment(braces.span) => self.lines(braces, indent),
            Right::Braces(braces) => self.fill(braces, indent, tail),
            Right::Operand(_) | Right::Range(_) => self.on_one_line(|flat| flat.right(right)),
        }
    }

    /// Writes a set that contains comments, with a line for each entry.
    fn lines(&mut self, braces: &Braces, indent: usize) {
        let closing = indent.saturating_sub(CONTINUED);
        self.put("{");
        for entry in &braces.entries {
            self.new_line(closing + STEP);
            self.on_one_line(|flat| flat.operand(entry));
            self.put(",");
        }
        self.new_line(closing);
        self.put("}");
    }

    /// Writes a set with as many entries on each line as fit.
    fn fill(&mut self, braces: &Braces, indent: usize, tail: usize) {
        self.put("{");
        for (index, entry) in braces.entries.iter().enumerate() {
            // A comma follows each entry but the last, which the brace and `tail` follow.
            let after = if index + 1 == braces.entries.len() { tail + 1 } else { 1 };
            if index > 0 {
                self.put(",");
                if self.fits(after + 1, |flat| flat.operand(entry)).is_some() {
                    self.put(" ");
                } else {
                    self.new_line(indent);
                }
            }
            self.on_one_line(|flat| flat.operand(entry));
        }
        self.put("}");
    }
}
