//! Writes the results of a replay, as text and as JSON.

use super::names::Tally;
use super::page::shown;
use super::read::Malformed;
use super::replay::{Change, Counts, Outcome, Replayed, Ruling};
use crate::command::write_json;
use crate::progress::count;
use crate::render::emphasis;
use serde::Serialize;
use std::io::{self, Write};

/// The JSON output.
#[derive(Serialize)]
struct Page<'r> {
    #[serde(flatten)]
    counts: Counts,
    replayed: Tally,
    changes: Vec<Counted<'r>>,
    /// Further changes, beyond the number that is told apart.
    other_changes: Tally,
    possible_changes: Vec<Counted<'r>>,
    other_possible_changes: Tally,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_malformed: Option<&'r Malformed>,
}

/// A change with its counts.
#[derive(Serialize)]
struct Counted<'r> {
    #[serde(flatten)]
    change: &'r Change,
    #[serde(flatten)]
    tally: Tally,
}

impl Replayed {
    /// Writes the results as one JSON object.
    pub(crate) fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let counted = |are_certain| {
            let (all, others) = self.changes(are_certain);
            (all.into_iter().map(|(change, tally)| Counted { change, tally }).collect(), others)
        };
        let ((changes, other_changes), (possible_changes, other_possible_changes)) =
            (counted(true), counted(false));
        let counts = self.counts();
        write_json(
            out,
            &Page {
                replayed: counts.replayed(),
                counts,
                changes,
                other_changes,
                possible_changes,
                other_possible_changes,
                first_malformed: self.first_malformed(),
            },
        )
    }

    /// Writes the results for people, with at most `top` changes of each kind.
    pub(crate) fn text(&self, top: usize, out: &mut impl Write) -> io::Result<()> {
        let counts = self.counts();
        let rows = [
            ("unchanged", counts.same),
            ("other reasons", counts.other_reasons),
            ("changed", counts.changed),
            ("may change", counts.may_change),
        ];
        let digits = rows.iter().map(|(_, tally)| shown(*tally).len()).max().unwrap_or_default();
        for (name, tally) in rows {
            writeln!(out, "{name:13}  {:>digits$}", shown(tally))?;
        }
        list(out, "Changes", self.changes(true), top)?;
        list(out, "Possible changes", self.changes(false), top)?;
        let not = &counts.not_replayed;
        let reasons = [
            ("no classes in the log", not.no_classes),
            ("decided by another policy", not.other_policy),
            ("an attribute has another type in the new policy", not.other_type),
            ("the old policy has no such classes", not.unknown_classes),
        ];
        for (reason, tally) in reasons.iter().filter(|(_, tally)| tally.lines > 0) {
            writeln!(out, "{} not replayed: {reason}", decisions(*tally))?;
        }
        if counts.erroneous.lines > 0 {
            let requests = match counts.erroneous.requests() {
                1 => "erroneous request isn't replayed",
                _ => "erroneous requests aren't replayed",
            };
            writeln!(out, "{} {requests}", shown(counts.erroneous))?;
        }
        if counts.lost > 0 {
            let lines = if counts.lost == 1 { "lost line isn't" } else { "lost lines aren't" };
            writeln!(out, "{} {lines} replayed", count(counts.lost))?;
        }
        if let Some(first) = self.first_malformed() {
            let lines = match counts.malformed {
                1 => "1 line isn't a decision log entry".to_owned(),
                more => format!("{} lines aren't decision log entries", count(more)),
            };
            writeln!(out, "{lines}; the first: {first}")?;
        }
        match counts.unfinished {
            0 => {}
            1 => writeln!(out, "the last line is incomplete")?,
            files => writeln!(out, "the last lines of {} files are incomplete", count(files))?,
        }
        if counts.decisions.is_estimate() {
            writeln!(out, "~ estimated: the log is a sample of the requests")?;
        }
        writeln!(out, "{} of {} replayed", shown(counts.replayed()), decisions(counts.decisions))
    }
}

fn decisions(tally: Tally) -> String {
    format!("{} decision{}", shown(tally), if tally.requests() == 1 { "" } else { "s" })
}

/// Writes the most frequent changes.
fn list(
    out: &mut impl Write,
    title: &str,
    (all, others): (Vec<(&Change, Tally)>, Tally),
    top: usize,
) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", emphasis(title))?;
    let digits = all.iter().take(top).map(|(_, tally)| shown(*tally).len()).max().unwrap_or_default();
    for (change, tally) in all.iter().take(top) {
        let after: Vec<String> = change.after.iter().map(ruling).collect();
        writeln!(out, "  {:>digits$}  {} → {}", shown(*tally), ruling(&change.before), after.join(", or "))?;
    }
    match all.len().saturating_sub(top) {
        0 => {}
        left => writeln!(out, "  and {left} more")?,
    }
    if others.lines > 0 {
        writeln!(out, "  and more in {}", decisions(others))?;
    }
    Ok(())
}

fn ruling(ruling: &Ruling) -> String {
    let effect = ruling.effect.as_str();
    match (ruling.effect, ruling.rules.as_slice()) {
        (Outcome::Allow | Outcome::Deny, []) => format!("{effect} by default"),
        (_, []) => effect.to_owned(),
        (_, rules) => format!("{effect} by {}", rules.join(", ")),
    }
}
