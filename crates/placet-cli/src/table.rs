//! Tables of texts in several formats.

use anstyle::AnsiColor;
use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{Attribute, Cell, Color, ContentArrangement};
use pulldown_cmark::{Options, Parser, html};
use std::io;

/// A table: a header and rows of as many cells.
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<TableCell>>,
}

/// A cell, with its colour on a terminal.
pub(crate) struct TableCell {
    pub(crate) text: String,
    pub(crate) colour: Option<AnsiColor>,
    /// True if Markdown and HTML show the text as code.
    pub(crate) is_code: bool,
}

impl TableCell {
    /// Creates a cell with a colour.
    pub(crate) fn coloured(text: impl Into<String>, colour: AnsiColor) -> Self {
        Self { text: text.into(), colour: Some(colour), is_code: false }
    }

    /// Creates a cell that Markdown and HTML show as code.
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), colour: None, is_code: true }
    }

    fn markdown(&self) -> String {
        match self.is_code {
            // A bar ends a cell, also in code.
            true => code(&self.text).replace('|', "\\|"),
            false => escaped(&self.text),
        }
    }
}

impl From<String> for TableCell {
    fn from(text: String) -> Self {
        Self { text, colour: None, is_code: false }
    }
}

impl Table {
    /// Formats the table in columns that fit the terminal. A column without texts is left out.
    pub(crate) fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        let has_texts = |index: usize| {
            self.rows.iter().any(|row| row.get(index).is_some_and(|cell| !cell.text.is_empty()))
        };
        let shown: Vec<usize> =
            (0..self.header.len()).filter(|index| *index == 0 || has_texts(*index)).collect();
        table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        let header = shown.iter().filter_map(|index| self.header.get(*index));
        table.set_header(header.map(|text| Cell::new(text).add_attribute(Attribute::Bold)));
        for row in &self.rows {
            table.add_row(shown.iter().filter_map(|index| row.get(*index)).map(|cell| {
                let shown = Cell::new(&cell.text);
                match cell.colour {
                    Some(AnsiColor::Green) => shown.fg(Color::Green),
                    Some(AnsiColor::Red) => shown.fg(Color::Red),
                    Some(AnsiColor::Yellow) => shown.fg(Color::Yellow),
                    _ => shown,
                }
            }));
        }
        if anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never {
            table.enforce_styling();
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
        lines.collect()
    }

    /// Formats the table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.header.iter().map(|text| escaped(text)));
        for row in &self.rows {
            table.add_row(row.iter().map(TableCell::markdown));
        }
        format!("{table}\n")
    }

    /// Formats the table in HTML.
    pub(crate) fn html(&self) -> String {
        let markdown = self.markdown();
        let mut out = String::new();
        html::push_html(&mut out, Parser::new_ext(&markdown, Options::ENABLE_TABLES));
        out.replace(&format!("@{WORD_JOINER}"), "@").replace(&format!("#{WORD_JOINER}"), "#")
    }

    /// Formats the table as comma-separated values.
    pub(crate) fn csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.header)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| cell.text.as_bytes()))?;
        }
        writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// An invisible character that ends no word and no line.
const WORD_JOINER: char = '\u{2060}';

/// Escapes the characters that mean something in Markdown, also in a cell of a table. In a comment, `@name` would
/// notify somebody and `#1` would refer to another request; a backslash doesn't prevent that, another character in
/// between does.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '&' | '~' => out.extend(['\\', character]),
            '@' | '#' => out.extend([character, WORD_JOINER]),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// Formats text as code in Markdown: between more backticks than it has in a row. Empty for an empty text.
pub(crate) fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    if text.is_empty() {
        return text;
    }
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}
