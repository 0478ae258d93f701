//! A page as one HTML file, which loads nothing.
//!
//! The Markdown is parsed and written as HTML by pulldown-cmark, which escapes all text. What it leaves out is added to its
//! events: the anchors of headings, the scopes of table headers, and the picture in place of the diagram's text.

use super::markdown::Slugs;
use super::page::Page;
use super::picture;
use pulldown_cmark::html::push_html;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

const STYLE: &str = include_str!("page.css");

/// Writes a page.
pub(crate) fn write(page: &Page) -> String {
    let mut title = String::new();
    push_html(&mut title, std::iter::once(Event::Text(page.title.as_str().into())));
    let mut body = String::new();
    push_html(&mut body, events(page).into_iter());
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// The part of a table around an event.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Column,
    Row,
    Data,
}

fn events(page: &Page) -> Vec<Event<'_>> {
    let mut slugs = Slugs::default();
    let mut out: Vec<Event<'_>> = Vec::new();
    // The index of the last heading's start, and its text.
    let mut heading: Option<(usize, String)> = None;
    let (mut cell, mut is_picture, mut tables) = (Cell::Column, false, 0);
    for event in Parser::new_ext(&page.markdown, Options::ENABLE_TABLES) {
        match &event {
            Event::Start(Tag::Heading { .. }) => heading = Some((out.len(), String::new())),
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, title)) = &mut heading {
                    title.push_str(text);
                }
                if is_picture {
                    continue;
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((start, title)) = heading.take()
                    && let Some(Event::Start(Tag::Heading { id, .. })) = out.get_mut(start)
                {
                    *id = Some(slugs.add(&title).into());
                }
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) if &**language == "mermaid" => {
                is_picture = true;
                let svg = page.diagram.as_ref().map(picture::svg).unwrap_or_default();
                out.push(Event::Html(format!("<figure tabindex=\"0\">\n{svg}\n</figure>\n").into()));
                continue;
            }
            Event::End(TagEnd::CodeBlock) if is_picture => {
                is_picture = false;
                continue;
            }
            _ => {}
        }
        let tag = match &event {
            Event::Start(Tag::Table(_)) => {
                tables += 1;
                // A wide table scrolls by itself, also by keys. Such regions need names that differ.
                let region = format!(
                    "<div class=\"table\" role=\"region\" aria-label=\"Table {tables}\" tabindex=\"0\"><table>\n"
                );
                out.push(Event::Html(region.into()));
                continue;
            }
            Event::Start(Tag::TableHead) => {
                cell = Cell::Column;
                "<thead><tr>"
            }
            Event::End(TagEnd::TableHead) => "</tr></thead>\n<tbody>\n",
            Event::Start(Tag::TableRow) => {
                cell = Cell::Row;
                "<tr>"
            }
            Event::End(TagEnd::TableRow) => "</tr>\n",
            Event::End(TagEnd::Table) => "</tbody></table></div>\n",
            Event::Start(Tag::TableCell) => match cell {
                Cell::Column => "<th scope=\"col\">",
                Cell::Row => "<th scope=\"row\">",
                Cell::Data => "<td>",
            },
            Event::End(TagEnd::TableCell) => match cell {
                Cell::Column => "</th>",
                Cell::Row => {
                    cell = Cell::Data;
                    "</th>"
                }
                Cell::Data => "</td>",
            },
            _ => {
                out.push(event);
                continue;
            }
        };
        out.push(Event::Html(tag.into()));
    }
    out
}
