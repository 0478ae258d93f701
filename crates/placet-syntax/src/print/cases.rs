//! Formats tests and cases.

use super::layout::Layout;
use super::list::Listing;
use super::table::Line;
use crate::ast::*;
use crate::scan::tokens;

impl Layout<'_> {
    pub(super) fn test(&mut self, test: &Test) {
        let title = test.title.span;
        let brace = self.find(b'{', title.end as usize);
        let head = format!("test {}", self.sources.slice(title));
        self.block(test.span.start as usize, brace, test.span.end as usize, &head, |layout| {
            layout.given(&test.given);
            let start = layout.after_trivia(test.given.span.end as usize);
            let after = layout.after_trivia(test.expect.span.end as usize);
            let (in_source_order, end) = layout.in_source_order(start, test.expect.span.end as usize);
            let text = if layout.has_comment(start, after) {
                in_source_order
            } else {
                layout.on_one_line(|flat| {
                    flat.put("expect ")?;
                    flat.expectation(&test.expect)
                })
            };
            layout.line(start, end, &text);
        });
    }

    /// Returns the expectation at `start..end` with its clauses in source order, and its end without a trailing comma.
    ///
    /// An expectation in canonical order would separate comments from the tokens before them.
    fn in_source_order(&self, start: usize, end: usize) -> (String, usize) {
        let source = self.text.get(start..end).unwrap_or_default();
        let mut text = String::new();
        let (mut last, mut last_word) = (0, 0);
        for token in tokens(source) {
            let word = source.get(token.clone()).unwrap_or_default();
            let is_apart = token.start > last || text.ends_with(',');
            if word != "," && is_apart && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
            last = token.end;
            if word != "," {
                last_word = last;
            }
        }
        text.truncate(text.trim_end_matches(',').len());
        (text, start + last_word)
    }

    pub(super) fn cases(&mut self, cases: &Cases) {
        let (start, end) = (cases.span.start as usize, cases.span.end as usize);
        let brace = self.find(b'{', cases.given.span.end as usize);
        let title = self.sources.slice(cases.title.span);
        let head = format!("cases {title} {}", self.given_head(&cases.given));
        if !cases.given.has_braces {
            self.block(start, brace, end, &head, |layout| layout.case_rows(cases));
            return;
        }
        let is_empty = self.is_empty_block(brace, end);
        let (tail, head_end) = if is_empty { (" {}", end) } else { (" {", brace + 1) };
        self.given_braces(&cases.given, start, head, tail, head_end);
        if !is_empty {
            self.inside(|layout| layout.case_rows(cases));
            self.close(end, "", end);
        }
    }

    fn case_rows(&mut self, cases: &Cases) {
        let (Some(first), Some(last)) = (cases.columns.first(), cases.columns.last()) else { return };
        let heads = Line {
            start: first.span().start as usize,
            end: self.find(b'|', last.span().end as usize) + 1,
            cells: cases.columns.iter().map(|column| self.sources.slice(column.span()).to_owned()).collect(),
        };
        let rows = cases.rows.iter().map(|row| {
            // A row has its assignments in the order of the columns.
            let mut values = row.assignments.iter();
            let cells = cases.columns.iter().map(|column| match column {
                CaseColumn::Expect(_) => self.on_one_line(|flat| flat.expectation(&row.expect)),
                CaseColumn::Attribute(_) => values
                    .next()
                    .map(|assignment| self.on_one_line(|flat| flat.value(&assignment.value)))
                    .unwrap_or_default(),
            });
            Line { start: row.span.start as usize, end: row.span.end as usize, cells: cells.collect() }
        });
        let lines: Vec<Line> = std::iter::once(heads).chain(rows).collect();
        self.rows(&lines);
    }

    pub(super) fn given(&mut self, given: &Given) {
        let (start, end) = (given.span.start as usize, given.span.end as usize);
        let head = self.given_head(given);
        if given.has_braces {
            self.given_braces(given, start, head, "", end);
        } else {
            self.line(start, end, &head);
        }
    }

    /// Returns the text before the braces, or the whole text without braces.
    fn given_head(&self, given: &Given) -> String {
        match &given.example {
            Some(name) if given.has_braces => format!("given {} with", self.sources.slice(name.span)),
            Some(name) => format!("given {}", self.sources.slice(name.span)),
            None => "given".to_owned(),
        }
    }

    fn given_braces(&mut self, given: &Given, start: usize, head: String, tail: &str, end: usize) {
        let after = given.example.as_ref().map_or(given.span.start, |name| name.span.end);
        let open = self.find(b'{', after as usize);
        self.listing(Listing {
            start,
            head: head + " ",
            braces: (open, given.span.end as usize),
            entries: self.assignment_entries(&given.assignments),
            spaced: true,
            tail: tail.to_owned(),
            end,
        });
    }
}
