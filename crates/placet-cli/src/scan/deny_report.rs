//! The report of rows that are not allowed, with one entry per reason.

use super::answers::Answers;
use super::error::ScanError;
use super::output;
use crate::progress::count;
use crate::target::Target;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use placet::{Effect, Policy, RuleDeclaration};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::path::Path;

/// The number of example rows per reason.
const FIRST_ROWS: usize = 5;
/// The maximum number of reasons. The rows of all others are counted together.
const MAX_REASONS: usize = 10_000;

/// The reasons found so far.
#[derive(Debug, Default)]
pub(crate) struct DenyReport {
    reasons: HashMap<Box<str>, Reason>,
    /// The number of rows with reasons beyond the maximum.
    others: u64,
    key: String,
}

/// A reason why rows are not allowed.
#[derive(Debug, Serialize)]
struct Reason {
    effect: &'static str,
    /// The rules that deny, or may deny. Empty for a denial by default.
    rules: Vec<String>,
    /// The rules that deny for every value of the missing attributes.
    certain: Vec<String>,
    /// The missing attributes of an indeterminate decision.
    missing: Vec<String>,
    rows: u64,
    first: Vec<RowLocation>,
}

/// The position of a row.
#[derive(Debug, Clone, Serialize)]
struct RowLocation {
    file: String,
    row: u64,
}

impl std::fmt::Display for RowLocation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.file, self.row)
    }
}

/// A reason, with the texts of its rules.
#[derive(Debug, Serialize)]
struct ReportEntry<'r> {
    #[serde(flatten)]
    reason: &'r Reason,
    /// The clauses that the certain rules cite.
    clauses: Vec<&'r str>,
    /// The clauses that only the other rules cite.
    uncertain_clauses: Vec<&'r str>,
    /// The `because` texts of the certain rules.
    because: Vec<&'r str>,
}

/// The JSON form of the report.
#[derive(Debug, Serialize)]
struct Page<'r> {
    denied: u64,
    indeterminate: u64,
    reasons: &'r [ReportEntry<'r>],
    #[serde(skip_serializing_if = "is_zero")]
    other_reasons: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl DenyReport {
    /// Counts the rows of a batch that follows `before` rows of its file.
    pub(crate) fn add(&mut self, file: &str, before: u64, answers: &Answers) {
        for (row, effect) in answers.effects.iter().enumerate() {
            let (sign, column) = match effect {
                Some(Effect::Deny) => ('-', "rules"),
                Some(Effect::Indeterminate) => ('?', "missing"),
                Some(Effect::Allow) | None => continue,
            };
            let certain = names(&answers.columns, "certain", row);
            let names = names(&answers.columns, column, row);
            // Newlines separate the names in the key, since no name contains one. Reusing one buffer avoids an
            // allocation for each row with a known reason.
            self.key.clear();
            self.key.push(sign);
            for name in names.clone() {
                self.key.push('\n');
                self.key.push_str(name);
            }
            self.key.push('\n');
            for name in certain.clone() {
                self.key.push('\n');
                self.key.push_str(name);
            }
            if !self.reasons.contains_key(&*self.key) {
                if self.reasons.len() >= MAX_REASONS {
                    self.others += 1;
                    continue;
                }
                let names: Vec<String> = names.map(str::to_owned).collect();
                let (effect, rules, missing) = match sign {
                    '-' => ("deny", names, Vec::new()),
                    _ => ("indeterminate", Vec::new(), names),
                };
                let certain = certain.map(str::to_owned).collect();
                let reason = Reason { effect, rules, certain, missing, rows: 0, first: Vec::new() };
                self.reasons.insert(self.key.as_str().into(), reason);
            }
            if let Some(reason) = self.reasons.get_mut(&*self.key) {
                reason.rows += 1;
                if reason.first.len() < FIRST_ROWS {
                    let row = before.saturating_add(row as u64).saturating_add(1);
                    reason.first.push(RowLocation { file: file.to_owned(), row });
                }
            }
        }
    }

    /// Writes the report in the format that the file extension selects.
    pub(crate) fn write(&self, mut target: Target, path: &Path, policy: &Policy) -> Result<(), ScanError> {
        let mut entries: Vec<ReportEntry<'_>> =
            self.reasons.values().map(|reason| ReportEntry::new(reason, policy)).collect();
        entries.sort_by(|a, b| {
            let order = |entry: &ReportEntry<'_>| {
                let reason = entry.reason;
                (reason.effect, reason.rules.clone(), reason.certain.clone(), reason.missing.clone())
            };
            b.reason.rows.cmp(&a.reason.rows).then_with(|| order(a).cmp(&order(b)))
        });
        let written = match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => self.csv(&entries, &mut target),
            Some("json") => self.json(&entries, &mut target),
            _ => self.text(&entries, &mut target),
        };
        written.and_then(|()| target.finish()).map_err(|error| ScanError::io(&output::name(path), error))
    }

    fn csv(&self, entries: &[ReportEntry<'_>], out: &mut impl Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record([
            "effect",
            "rules",
            "certain",
            "clauses",
            "uncertain_clauses",
            "because",
            "missing",
            "rows",
            "first",
        ])?;
        for ReportEntry { reason, clauses, uncertain_clauses, because } in entries {
            let first: Vec<String> = reason.first.iter().map(RowLocation::to_string).collect();
            writer.write_record([
                reason.effect,
                &reason.rules.join("; "),
                &reason.certain.join("; "),
                &clauses.join("; "),
                &uncertain_clauses.join("; "),
                &because.join(" "),
                &reason.missing.join("; "),
                &reason.rows.to_string(),
                &first.join("; "),
            ])?;
        }
        if self.others > 0 {
            writer.write_record(["other", "", "", "", "", "", "", &self.others.to_string(), ""])?;
        }
        writer.flush()
    }

    fn json(&self, entries: &[ReportEntry<'_>], out: &mut impl Write) -> io::Result<()> {
        let sum = |effect: &str| {
            entries.iter().filter(|entry| entry.reason.effect == effect).map(|entry| entry.reason.rows).sum()
        };
        let page = Page {
            denied: sum("deny"),
            indeterminate: sum("indeterminate"),
            reasons: entries,
            other_reasons: self.others,
        };
        serde_json::to_writer_pretty(&mut *out, &page)?;
        out.write_all(b"\n")
    }

    fn text(&self, entries: &[ReportEntry<'_>], out: &mut impl Write) -> io::Result<()> {
        let width = entries.iter().map(|entry| count(entry.reason.rows).len()).max().unwrap_or_default();
        for ReportEntry { reason, clauses, uncertain_clauses, because } in entries {
            let rows = if reason.rows == 1 { "row" } else { "rows" };
            write!(out, "{:>width$} {rows} ", count(reason.rows))?;
            match (reason.effect, reason.rules.is_empty(), reason.missing.is_empty()) {
                ("deny", true, _) => write!(out, "denied by default: no rule allows")?,
                ("deny", false, _) => denied(out, reason, clauses, uncertain_clauses)?,
                (_, _, true) => write!(out, "indeterminate even if any one attribute were known")?,
                (_, _, false) => write!(out, "indeterminate without {}", reason.missing.join(", "))?,
            }
            writeln!(out)?;
            for because in because {
                writeln!(out, "{:width$}   {because}", "")?;
            }
            for places in reason.first.chunk_by(|a, b| a.file == b.file) {
                let rows: Vec<String> = places.iter().map(|place| place.row.to_string()).collect();
                let file = places.first().map_or("", |place| &place.file);
                writeln!(out, "{:width$}   first: row {} of {file}", "", rows.join(", "))?;
            }
        }
        if self.others > 0 {
            writeln!(out, "{} rows for other reasons", count(self.others))?;
        }
        if entries.is_empty() {
            writeln!(out, "no row is denied or indeterminate")?;
        }
        Ok(())
    }
}

impl<'r> ReportEntry<'r> {
    fn new(reason: &'r Reason, policy: &'r Policy) -> Self {
        let of = |names: &[String]| -> Vec<_> {
            policy.rules().filter(|rule| names.iter().any(|name| name == rule.name())).collect()
        };
        let clauses_of = |rules: &[RuleDeclaration<'r>]| -> BTreeSet<&'r str> {
            rules.iter().flat_map(RuleDeclaration::cites).collect()
        };
        let certain = of(&reason.certain);
        let (all, clauses) = (clauses_of(&of(&reason.rules)), clauses_of(&certain));
        let uncertain_clauses = all.difference(&clauses).copied().collect();
        let because = certain.iter().filter_map(RuleDeclaration::because).collect();
        Self { reason, clauses: clauses.into_iter().collect(), uncertain_clauses, because }
    }
}

/// Writes the rules of a denial, first the certain ones, then the others.
fn denied(
    out: &mut impl Write,
    reason: &Reason,
    clauses: &[&str],
    uncertain_clauses: &[&str],
) -> io::Result<()> {
    let cited = |clauses: &[&str]| match clauses {
        [] => String::new(),
        _ => format!(" ({})", clauses.join(", ")),
    };
    let uncertain: Vec<&str> =
        reason.rules.iter().filter(|rule| !reason.certain.contains(rule)).map(|rule| &**rule).collect();
    let certain = reason.certain.join(", ") + &cited(clauses);
    let perhaps = uncertain.join(", ") + &cited(uncertain_clauses);
    match (reason.certain.is_empty(), uncertain.is_empty()) {
        (_, true) => write!(out, "denied by {certain}"),
        (false, false) => write!(out, "denied by {certain}; perhaps also by {perhaps}"),
        (true, false) => write!(out, "denied, perhaps by {perhaps}"),
    }
}

/// Returns the names in a row of a list column.
fn names<'b>(columns: &'b RecordBatch, column: &str, row: usize) -> impl Iterator<Item = &'b str> + Clone {
    let lists = columns.column_by_name(column).and_then(|lists| lists.as_list_opt::<i32>());
    let texts = lists.and_then(|lists| lists.values().as_string_opt::<i32>());
    let offset = |at: usize| {
        let offset = lists.and_then(|lists| lists.value_offsets().get(at));
        offset.and_then(|offset| usize::try_from(*offset).ok()).unwrap_or_default()
    };
    (offset(row)..offset(row + 1)).filter_map(move |at| texts.map(|texts| texts.value(at)))
}
