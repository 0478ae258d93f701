//! A decision in words for people.

use crate::render::{coloured, emphasis};
use anstyle::AnsiColor;
use placet::{Decision, Effect, PageStyle};

/// What stands out on a terminal.
pub(crate) const LOOK: PageStyle = PageStyle { effect, name: emphasis };

/// An effect in its colour.
pub(crate) fn effect(effect: Effect) -> String {
    let colour = match effect {
        Effect::Allow => AnsiColor::Green,
        Effect::Deny => AnsiColor::Red,
        Effect::Indeterminate => AnsiColor::Yellow,
    };
    coloured(effect.as_str(), colour)
}

/// A decision in one line.
pub(crate) fn line(decision: &Decision) -> String {
    LOOK.line(decision)
}
