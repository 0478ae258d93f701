//! Decisions as one line of text.

use crate::render::{coloured, emphasis};
use anstyle::AnsiColor;
use placet::{Decision, Effect, PageStyle};

/// The styles of a decision on a terminal.
pub(crate) const LOOK: PageStyle = {
    let mut style = PageStyle::PLAIN;
    style.effect = effect;
    style.name = emphasis;
    style
};

/// Formats an effect in its colour.
pub(crate) fn effect(effect: Effect) -> String {
    let colour = match effect {
        Effect::Allow => AnsiColor::Green,
        Effect::Deny => AnsiColor::Red,
        Effect::Indeterminate => AnsiColor::Yellow,
    };
    coloured(effect.as_str(), colour)
}

/// Formats a decision as one line.
pub(crate) fn line(decision: &Decision) -> String {
    LOOK.line(decision)
}
