//! The canonical layout of a policy.
//!
//! The tree says what stands on each line; [`layout`] writes the lines, and [`comments`] keeps each comment on the line
//! of the token it follows.

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
use crate::ast::File;
use layout::Layout;

/// The text of a file in the canonical layout: the same declarations in the same order, with every comment.
///
/// `file` must have been parsed from `sources`, and must not be [damaged](File::damaged): what the tree lacks is
/// left out. Formatting what this returns gives the same text again.
///
/// Cost: linear in the text for each level of nesting.
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
