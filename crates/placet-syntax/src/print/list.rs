//! Lists in braces that stand on one line where they fit, and otherwise have a line for each entry.

use super::layout::{Layout, width};
use crate::ast::*;

/// An entry of a list: its text, and where it stands in the source.
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A line that holds a list in braces.
pub(super) struct Listing {
    /// Where the line begins in the source.
    pub(super) start: usize,
    /// What stands before the brace.
    pub(super) head: String,
    /// Where the braces stand, the closing one included.
    pub(super) braces: (usize, usize),
    pub(super) entries: Vec<Entry>,
    /// Whether spaces stand inside the braces.
    pub(super) spaced: bool,
    /// What stands after the brace.
    pub(super) tail: String,
    /// Where the line ends in the source.
    pub(super) end: usize,
}

impl Listing {
    /// The whole on one line, unless it is wider than `most` columns.
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
        if !self.has_comment(open, close)
            && let Some(text) = listing.flat(super::layout::WIDTH.saturating_sub(self.indent))
        {
            self.line(listing.start, listing.end, &text);
            return;
        }
        self.lead(listing.start, open);
        self.begin(&listing.head);
        self.out.push('{');
        self.end_line(open + 1);
        self.inside(|layout| {
            for entry in &listing.entries {
                layout.line_with_comma(entry);
            }
        });
        // A comment between the closing brace and the end of the line must not overtake those in the braces.
        self.close(listing.end, &listing.tail);
        self.end_line(listing.end);
    }

    fn line_with_comma(&mut self, entry: &Entry) {
        self.lead(entry.start, entry.end);
        self.begin(&entry.text);
        self.out.push(',');
        self.end_line(entry.end);
    }

    pub(super) fn assignment_entries(&self, assignments: &[Assignment]) -> Vec<Entry> {
        assignments
            .iter()
            .map(|assignment| Entry {
                text: self.on_one_line(|flat| flat.assignment(assignment)),
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
