//! The summary of a scan.

use super::error::FaultNote;
use crate::progress::{bytes, count};
use crate::render::emphasis;
use crate::summary::effect;
use placet::Effect;
use placet_arrow::Tally;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// The maximum number of errors to show.
pub(crate) const SHOWN_FAULTS: usize = 8;
/// The maximum number of rules to show as text.
const SHOWN_RULES: usize = 12;

/// The counts of a scan.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) tally: Tally,
    pub(crate) faults: Vec<FaultNote>,
    pub(crate) elapsed: Duration,
}

/// The JSON form of the summary.
#[derive(Debug, Serialize)]
struct Page<'s> {
    files: u64,
    bytes: u64,
    rows: u64,
    effects: Effects,
    erroneous: u64,
    rules: &'s BTreeMap<Arc<str>, u64>,
    uncertain_rules: &'s BTreeMap<Arc<str>, u64>,
    errors: &'s [FaultNote],
    seconds: f64,
    rows_per_second: f64,
    bytes_per_second: f64,
}

#[derive(Debug, Serialize)]
struct Effects {
    allow: u64,
    deny: u64,
    indeterminate: u64,
}

impl Summary {
    /// Writes the summary as one JSON object.
    pub(crate) fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let tally = &self.tally;
        let seconds = self.elapsed.as_secs_f64();
        crate::command::write_json(
            out,
            &Page {
                files: self.files,
                bytes: self.bytes,
                rows: tally.rows,
                effects: Effects {
                    allow: tally.allowed,
                    deny: tally.denied,
                    indeterminate: tally.indeterminate,
                },
                erroneous: tally.errors,
                rules: &tally.rules,
                uncertain_rules: &tally.uncertain_rules,
                errors: &self.faults,
                seconds,
                rows_per_second: self.each_second(tally.rows),
                bytes_per_second: self.each_second(self.bytes),
            },
        )
    }

    fn each_second(&self, count: u64) -> f64 {
        count as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Writes the summary as text.
    pub(crate) fn text(&self, out: &mut impl Write) -> io::Result<()> {
        let tally = &self.tally;
        let mut lines = vec![
            (effect(Effect::Allow), "allow".len(), tally.allowed),
            (effect(Effect::Deny), "deny".len(), tally.denied),
            (effect(Effect::Indeterminate), "indeterminate".len(), tally.indeterminate),
        ];
        if tally.errors > 0 {
            lines.push((emphasis("erroneous"), "erroneous".len(), tally.errors));
        }
        let mut rules: Vec<_> = tally.rules.iter().collect();
        rules.sort_by(|(a, many), (b, more)| more.cmp(many).then(a.cmp(b)));
        let left_out = rules.len().saturating_sub(SHOWN_RULES);
        rules.truncate(SHOWN_RULES);

        // All labels have the same width, so that the counts are aligned.
        let labels = lines.iter().map(|(_, width, _)| *width);
        let labels = labels.chain(rules.iter().map(|(rule, _)| rule.chars().count() + 2));
        let width = labels.max().unwrap_or_default();
        let digits = count(tally.rows).len();
        let mut line = |label: &str, wide: usize, rows: u64| {
            let share = 100.0 * rows as f64 / tally.rows.max(1) as f64;
            let blank = width.saturating_sub(wide);
            writeln!(out, "{label}{:blank$}  {:>digits$}  {share:>5.1} %", "", count(rows))
        };
        for (label, wide, rows) in &lines {
            line(label, *wide, *rows)?;
        }
        for (rule, rows) in &rules {
            line(&format!("  {rule}"), rule.chars().count() + 2, **rows)?;
        }
        if left_out > 0 {
            writeln!(out, "  and {left_out} more rules")?;
        }
        for fault in &self.faults {
            writeln!(out, "{fault}")?;
        }
        let unshown = tally.errors.saturating_sub(self.faults.len() as u64);
        if unshown > 0 && !self.faults.is_empty() {
            writeln!(out, "and {} more", count(unshown))?;
        }
        writeln!(
            out,
            "{} rows of {} in {:.2} s: {} rows/s, {}/s",
            count(tally.rows),
            if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) },
            self.elapsed.as_secs_f64(),
            count(self.each_second(tally.rows) as u64),
            bytes(self.each_second(self.bytes) as u64),
        )
    }
}
