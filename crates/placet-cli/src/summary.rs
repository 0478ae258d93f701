//! A decision in words for people.

use crate::render::coloured;
use anstyle::AnsiColor;
use placet::{Decision, Effect};
use std::fmt::Write;

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
    let reasons = match decision.effect {
        Effect::Indeterminate if decision.missing.is_empty() => " undecided".to_owned(),
        Effect::Indeterminate => format!(" until it is known: {}", decision.missing.join(", ")),
        _ if decision.rules.is_empty() => " by default: no rule allows it".to_owned(),
        _ => format!(" by {}", decision.rules.join(", ")),
    };
    let mut out = effect(decision.effect) + &reasons;
    if !decision.cites.is_empty() {
        let _ = write!(out, " ({})", decision.cites.join(", "));
    }
    if !decision.basis.is_empty() {
        let _ = write!(out, ", on the basis of {}", decision.basis.join(", "));
    }
    out
}

/// A term in days where it is whole days.
pub(crate) fn term(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    if seconds % DAY == 0 { format!("{} days", seconds / DAY) } else { format!("{seconds} seconds") }
}
