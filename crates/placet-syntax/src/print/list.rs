//! Formats lists in braces: on one line if they fit, otherwise with a line for each entry.

use super::layout::{Layout, STEP, width};
use crate::ast::*;

/// An entry of a list: its text and its source range.
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A line that holds a list in braces.
pub(super) struct Listing {
    /// The start of the line in the source.
    pub(super) start: usize,
    /// The text before the opening brace.
    pub(super) head: String,
    /// The source range of the braces.
    pub(super) braces: (usize, usize),
    pub(super) entries: Vec<Entry>,
    /// True for spaces inside the braces.
    pub(super) spaced: bool,
    /// The text after the closing brace.
    pub(super) tail: String,
    /// The end of the line in the source.
    pub(super) end: usize,
}

impl Listing {
    /// Returns the list on one line, or `None` if it is wider than `most` columns. An empty list is never broken.
    fn flat(&self, most: usize) -> Option<String> {
        let padding = if self.spaced && !self.entries.is_empty() { " " } else { "" };
        let mut text = format!("{}{{{padding}", self.head);
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(&entry.text);
        }
        text.push_str(padding);
        text.push('}');
        text.push_str(&self.tail);
        (self.entries.is_empty() || width(&text) <= most).then_some(text)
    }
}

impl Layout<'_> {
    pub(super) fn listing(&mut self, listing: Listing) {
        let (open, close) = listing.braces;
        // A comment ends its line, so a list that contains one gets several.
        if !self.has_comment(open, close)
            && let Some(text) = listing.flat(super::layout::WIDTH.saturating_sub(self.indent))
        {
            self.line(listing.start, listing.end, &text);
            return;
        }
        self.lead(listing.start);
        self.write(listing.start, open + 1, &(listing.head + "{"));
        self.end_line(open + 1);
        self.inside(|layout| {
            for entry in &listing.entries {
                layout.line_with_comma(entry);
            }
        });
        self.close(close, &listing.tail, listing.end);
    }

    fn line_with_comma(&mut self, entry: &Entry) {
        self.line(entry.start, entry.end, &format!("{},", entry.text));
    }

    /// Returns `head` and the value, for a line indented by `indent`. A set that contains comments gets a line for each
    /// entry.
    pub(super) fn with_value(&self, head: &str, value: &Value, indent: usize) -> String {
        match &value.kind {
            ValueKind::Set(entries)
                if self.has_comment(value.span.start as usize, value.span.end as usize) =>
            {
                let mut out = format!("{head}{{");
                for entry in entries {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent + STEP));
                    out.push_str(&self.on_one_line(|flat| flat.operand(entry)));
                    out.push(',');
                }
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                out.push('}');
                out
            }
            _ => head.to_owned() + &self.on_one_line(|flat| flat.value(value)),
        }
    }

    /// Returns the entries of a list whose line has the current indentation.
    pub(super) fn assignment_entries(&self, assignments: &[Assignment]) -> Vec<Entry> {
        assignments
            .iter()
            .map(|assignment| Entry {
                text: self.with_value(
                    &format!("{}: ", self.sources.slice(assignment.attribute.span)),
                    &assignment.value,
                    self.indent + STEP,
                ),
                start: assignment.attribute.span.start as usize,
                end: assignment.value.span.end as usize,
            })
            .collect()
    }

    pub(super) fn name_entries(&self, names: &[Name]) -> Vec<Entry> {
        names
            .iter()
            .map(|name| Entry {
                text: self.sources.slice(name.span).to_owned(),
                start: name.span.start as usize,
                end: name.span.end as usize,
            })
            .collect()
    }

    pub(super) fn operand_entries(&self, operands: &[Operand]) -> Vec<Entry> {
        operands
            .iter()
            .map(|operand| Entry {
                text: self.on_one_line(|flat| flat.operand(operand)),
                start: operand.span.start as usize,
                end: operand.span.end as usize,
            })
            .collect()
    }
}
