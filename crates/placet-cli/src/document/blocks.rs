//! Markdown to blocks of plain text.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A block of text, with its line, from 1. Texts have no markup, and single spaces between words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    Heading {
        level: u8,
        text: String,
        line: usize,
    },
    /// A paragraph, which may begin with a number.
    Paragraph {
        text: String,
        line: usize,
    },
    /// Code, a table or HTML, in which numbers aren't those of clauses.
    Verbatim {
        text: String,
        line: usize,
    },
    /// The beginning of an item in a numbered list. Its blocks follow, then `ItemEnd`.
    ItemStart {
        number: u64,
        line: usize,
    },
    ItemEnd,
}

/// Reads the blocks of a text in Markdown. A heading in a list is a paragraph: lists have no sections.
///
/// All text that a reader may see is in some block, or a change of it would go unnoticed. So no extension is enabled that
/// drops text, and deletions keep their marks.
pub(super) fn read(markdown: &str) -> Vec<Block> {
    let mut reader = Reader::new(markdown);
    let begin = front_matter(markdown);
    let (front, rest) = markdown.split_at_checked(begin).unwrap_or(("", markdown));
    reader.push(front, 0);
    reader.flush(Form::Verbatim);
    for (event, range) in Parser::new_ext(rest, Options::ENABLE_TABLES).into_offset_iter() {
        reader.event(event, begin + range.start);
    }
    reader.flush(Form::Paragraph);
    reader.blocks
}

/// Returns the length of the YAML between `---` at the beginning, which would be read as a heading.
fn front_matter(markdown: &str) -> usize {
    let mut end = 0;
    for (index, line) in markdown.split_inclusive('\n').enumerate() {
        end += line.len();
        match (index, line.trim_end()) {
            (0, "---") => {}
            (0, _) => return 0,
            (_, "---" | "...") => return end,
            _ => {}
        }
    }
    0
}

#[derive(Clone, Copy)]
enum Form {
    Heading(u8),
    Paragraph,
    Verbatim,
}

struct Reader {
    blocks: Vec<Block>,
    /// The offsets of line breaks.
    breaks: Vec<usize>,
    /// The text since the last block, and where it begins.
    text: String,
    start: usize,
    /// The lists around the text, with the next number of each numbered one.
    lists: Vec<Option<u64>>,
    in_table: bool,
}

impl Reader {
    fn new(markdown: &str) -> Self {
        let breaks = markdown.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
        Self {
            blocks: Vec::new(),
            breaks: breaks.collect(),
            text: String::new(),
            start: 0,
            lists: Vec::new(),
            in_table: false,
        }
    }

    fn event(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(tag) => self.open(&tag, at),
            Event::End(tag) => self.close(tag),
            Event::Text(text) | Event::Code(text) | Event::Html(text) => self.push(&text, at),
            Event::SoftBreak | Event::HardBreak => self.push(" ", at),
            Event::InlineHtml(tag) => match name(&tag).as_str() {
                "br" => self.push(" ", at),
                "del" | "s" | "strike" => self.push(&tag, at),
                _ => {}
            },
            _ => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>, at: usize) {
        match tag {
            Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. } => return,
            Tag::TableHead | Tag::TableRow | Tag::TableCell => return self.push(" ", at),
            _ => self.flush(Form::Paragraph),
        }
        match tag {
            Tag::List(first) => self.lists.push(*first),
            Tag::Item => {
                let line = self.line(at);
                if let Some(Some(number)) = self.lists.last_mut() {
                    self.blocks.push(Block::ItemStart { number: *number, line });
                    *number = number.saturating_add(1);
                }
            }
            Tag::Table(_) => self.in_table = true,
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell => {}
            TagEnd::Heading(level) if self.lists.is_empty() => self.flush(Form::Heading(depth(level))),
            TagEnd::HtmlBlock => {
                self.text = without_tags(&self.text);
                self.flush(Form::Verbatim);
            }
            TagEnd::CodeBlock => self.flush(Form::Verbatim),
            TagEnd::Table => {
                self.in_table = false;
                self.flush(Form::Verbatim);
            }
            TagEnd::Item => {
                self.flush(Form::Paragraph);
                if let Some(Some(_)) = self.lists.last() {
                    self.blocks.push(Block::ItemEnd);
                }
            }
            TagEnd::List(_) => {
                self.flush(Form::Paragraph);
                self.lists.pop();
            }
            _ => self.flush(Form::Paragraph),
        }
    }

    fn push(&mut self, text: &str, at: usize) {
        if self.text.is_empty() {
            self.start = at;
        }
        self.text.push_str(text);
    }

    fn flush(&mut self, form: Form) {
        // A table is one block.
        if self.in_table {
            return;
        }
        let text = std::mem::take(&mut self.text).split_whitespace().collect::<Vec<_>>().join(" ");
        let line = self.line(self.start);
        match form {
            Form::Heading(level) => self.blocks.push(Block::Heading { level, text, line }),
            _ if text.is_empty() => {}
            Form::Paragraph => self.blocks.push(Block::Paragraph { text, line }),
            Form::Verbatim => self.blocks.push(Block::Verbatim { text, line }),
        }
    }

    fn line(&self, at: usize) -> usize {
        self.breaks.partition_point(|found| *found < at) + 1
    }
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// Returns HTML without comments and tags, except those of deletions. One that doesn't end counts as text.
fn without_tags(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        let end = if tag.starts_with("!--") { "-->" } else { ">" };
        let Some((inner, after)) = tag.split_once(end) else {
            out.push_str(tag);
            return out;
        };
        match name(inner).as_str() {
            "del" | "s" | "strike" => out.push_str(&format!("<{inner}>")),
            _ => out.push(' '),
        }
        rest = after;
    }
    out + rest
}

/// Returns the name of a tag, in lower case.
fn name(tag: &str) -> String {
    let name = tag.trim_start_matches(['<', '/']).split(|c: char| !c.is_ascii_alphanumeric()).next();
    name.unwrap_or_default().to_ascii_lowercase()
}
