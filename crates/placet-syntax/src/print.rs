//! Formats a policy in its canonical layout.
//!
//! The submodules for each kind of declaration decide which parts of the tree share a line. [`flat`] writes a part on
//! one line of a bounded width, [`condition`] breaks a condition that is too long for that, and [`layout`] writes the
//! lines with indentation and blank lines. [`comments`] keeps each comment after the token that it follows in the
//! source.
//!
//! Names, numbers and strings are copied from the source, so the formatter can't change them. The output is a fixed
//! point: formatting it again returns the same text.

mod cases;
mod comments;
mod condition;
mod declaration;
mod flat;
mod layout;
mod list;
mod rule;
mod table;

use crate::Sources;
use crate::ast::{Condition, File};
use layout::Layout;

/// Returns the text of a file in the canonical layout: the same declarations in the same order, with every comment.
///
/// `file` must have been parsed from `sources` and must not be [damaged](File::damaged): the output lacks the text that
/// the tree lacks. Formatting the output returns the same text.
///
/// Cost: linear in the text for each level of nesting.
///
/// ```
/// use placet_syntax::{Limits, format, source::load_text};
///
/// let text = "policy shop // v2\nlet a=b and(c or d)";
/// let loaded = load_text("shop.placet", text, &Limits::default());
/// let formatted = format(&loaded.sources, &loaded.files[0]);
/// assert_eq!(formatted, "policy shop  // v2\n\nlet a = b and (c or d)\n");
/// ```
pub fn format(sources: &Sources, file: &File) -> String {
    let place = match (file.items.first(), file.comments.first()) {
        (Some(item), _) => item.span(),
        (None, Some(comment)) => comment.span,
        (None, None) => return String::new(),
    };
    let mut layout = Layout::new(sources, place.file, &file.comments);
    layout.items(&file.items);
    layout.finish()
}

/// Returns a condition on one line, without comments. One wider than `width` columns is cut with an ellipsis.
///
/// Cost: linear in the width.
///
/// ```
/// use placet_syntax::{Limits, ast::Item, condition_line, source::load_text};
///
/// let text = "policy p  let c = a // a comment\n and b";
/// let loaded = load_text("p.placet", text, &Limits::default());
/// let Item::Let(item) = &loaded.files[0].items[1] else { panic!("it is a let") };
/// assert_eq!(condition_line(&loaded.sources, &item.condition, 80), "a and b");
/// assert_eq!(condition_line(&loaded.sources, &item.condition, 6), "a and …");
/// ```
pub fn condition_line(sources: &Sources, condition: &Condition, width: usize) -> String {
    let mut flat = flat::Flat::new(sources, width);
    if flat.condition(condition).is_none() {
        flat.out.push('…');
    }
    flat.out
}
