//! Markdown, in the dialect of GitHub.

use std::collections::HashMap;
use std::fmt::Write as _;

/// A page under construction.
#[derive(Default)]
pub(crate) struct Markdown {
    pub(crate) text: String,
    slugs: Slugs,
    /// The headings of the second level, with their anchors.
    pub(crate) sections: Vec<(String, String)>,
    /// The number of lists. Adjacent lists have different markers: otherwise Markdown would join them.
    lists: usize,
}

impl Markdown {
    /// Adds a heading, a plain text.
    pub(crate) fn heading(&mut self, level: usize, title: &str) {
        let slug = self.slugs.add(title);
        if level == 2 {
            self.sections.push((title.to_owned(), slug));
        }
        let _ = writeln!(self.text, "{} {}\n", "#".repeat(level), text(title));
    }

    /// Adds a paragraph.
    pub(crate) fn paragraph(&mut self, inline: &str) {
        let _ = writeln!(self.text, "{inline}\n");
    }

    /// Adds an item of a list. [`Markdown::end`] ends the list.
    pub(crate) fn item(&mut self, depth: usize, inline: &str) {
        let marker = if self.lists.is_multiple_of(2) { '-' } else { '*' };
        let _ = writeln!(self.text, "{:1$}{marker} {inline}", "", depth * 2);
    }

    /// Ends a list.
    pub(crate) fn end(&mut self) {
        self.lists += 1;
        self.text.push('\n');
    }

    /// Adds a table without the columns that are empty. The cells of the first column head their rows.
    pub(crate) fn table(&mut self, columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let rows: Vec<Vec<String>> = rows.into_iter().collect();
        let is_used =
            |index: usize| rows.iter().any(|row| row.get(index).is_some_and(|cell| !cell.is_empty()));
        let used: Vec<bool> = (0..columns.len()).map(is_used).collect();
        let kept = |cells: Vec<String>| {
            cells.into_iter().zip(&used).filter(|(_, is_used)| **is_used).map(|(cell, _)| cell)
        };
        self.row(kept(columns.iter().map(|column| (*column).to_owned()).collect()));
        self.row(kept(vec!["---".to_owned(); columns.len()]));
        for row in rows {
            self.row(kept(row));
        }
        self.text.push('\n');
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        for cell in cells {
            // In a table a bar is escaped even within code.
            let _ = write!(self.text, "| {} ", cell.replace('|', "\\|"));
        }
        self.text.push_str("|\n");
    }

    /// Adds a block of code.
    pub(crate) fn code_block(&mut self, language: &str, code: &str) {
        let fence = fence(code, 3);
        let _ = writeln!(self.text, "{fence}{language}\n{}\n{fence}\n", code.trim_end());
    }
}

/// The anchors of headings: those that GitHub makes.
#[derive(Default)]
pub(crate) struct Slugs(HashMap<String, usize>);

impl Slugs {
    /// Returns the anchor of the next heading.
    pub(crate) fn add(&mut self, title: &str) -> String {
        let slug = slug(title);
        let count = self.0.entry(slug.clone()).or_default();
        *count += 1;
        match *count {
            1 => slug,
            count => format!("{slug}-{}", count - 1),
        }
    }
}

/// Returns the anchor of a heading, if no other one has the same.
pub(crate) fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Escapes a text, so that a reader sees it as it is.
pub(crate) fn text(text: &str) -> String {
    let text = text.trim();
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        let after = || text.get(index + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let is_special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '|' | '~' | '&' => true,
            // Within a word an underscore is plain.
            '_' => !(before.is_alphanumeric() && after().is_some_and(char::is_alphanumeric)),
            // At the start of a line these begin a heading, a quotation, a list or a rule.
            '#' | '>' | '+' | '-' | '=' => index == 0,
            '.' | ')' => {
                text.get(..index).is_some_and(|start| start.bytes().all(|byte| byte.is_ascii_digit()))
            }
            _ => false,
        };
        if is_special {
            out.push('\\');
        }
        out.push(if c.is_whitespace() { ' ' } else { c });
        before = c;
    }
    out
}

/// Returns a span of code.
pub(crate) fn code(code: &str) -> String {
    let code = code.replace(['\n', '\r', '\t'], " ");
    let fence = fence(&code, 1);
    let is_padded = code.starts_with(['`', ' ']) || code.ends_with(['`', ' ']) || code.trim().is_empty();
    if is_padded { format!("{fence} {code} {fence}") } else { format!("{fence}{code}{fence}") }
}

/// Returns a link to the heading with this title on the page.
pub(crate) fn link(inline: &str, title: &str) -> String {
    format!("[{inline}](#{})", slug(title))
}

/// Returns a run of backticks, at least `min`, that is longer than each in a text.
fn fence(code: &str, min: usize) -> String {
    let runs = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(min.max(runs + 1))
}

/// Joins phrases: "a, b and c".
pub(crate) fn joined(phrases: &[String], word: &str) -> String {
    match phrases {
        [others @ .., last] if !others.is_empty() => format!("{} {word} {last}", others.join(", ")),
        _ => phrases.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_fenced_by_more_backticks_than_it_has() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
    }

    #[test]
    fn text_is_escaped_where_it_would_mean_something() {
        assert_eq!(text("a_b <i> & *c* #1"), r"a_b \<i> \& \*c\* #1");
        assert_eq!(text("# 1\n2"), r"\# 1 2");
        assert_eq!(text("12. a_"), r"12\. a\_");
    }

    #[test]
    fn slugs_are_those_of_github() {
        let mut slugs = Slugs::default();
        assert_eq!(slugs.add("Rule subject/adult & more"), "rule-subjectadult--more");
        assert_eq!(slugs.add("Clause DPA §1 a"), "clause-dpa-1-a");
        assert_eq!(slugs.add("Clause DPA 1 a"), "clause-dpa-1-a-1");
    }
}
