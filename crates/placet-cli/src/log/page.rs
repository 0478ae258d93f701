//! The summary of logs as text and as JSON.

use super::names::{Names, Tally};
use super::read::Malformed;
use super::summary::{Durations, Summary};
use crate::command::write_json;
use crate::progress::{bytes, count};
use crate::render::emphasis;
use crate::summary::effect;
use jiff::{SignedDuration, Timestamp};
use placet::Effect;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct Page<'s> {
    files: u64,
    bytes: u64,
    lines: u64,
    first: Option<&'s str>,
    last: Option<&'s str>,
    requests: Tally,
    effects: Effects,
    erroneous: Tally,
    rules: Vec<Named<'s>>,
    uncertain_rules: Vec<Named<'s>>,
    missing: Vec<MissingOnes<'s>>,
    errors: Vec<Fault<'s>>,
    resolvers: Vec<ResolverNote<'s>>,
    policies: Vec<PolicyNote<'s>>,
    nanoseconds: Option<Durations>,
    lost: Lost,
    malformed: Malformeds<'s>,
    unfinished: u64,
}

#[derive(Serialize)]
struct Effects {
    allow: Tally,
    deny: Tally,
    indeterminate: Tally,
}

#[derive(Serialize)]
struct Named<'s> {
    rule: &'s str,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Serialize)]
struct MissingOnes<'s> {
    attributes: Vec<&'s str>,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Serialize)]
struct Fault<'s> {
    code: &'s str,
    attribute: Option<&'s str>,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Serialize)]
struct ResolverNote<'s> {
    resolver: &'s str,
    fetched: Tally,
    cached: Tally,
    failures: &'s BTreeMap<String, Tally>,
}

#[derive(Serialize)]
struct PolicyNote<'s> {
    name: &'s str,
    version: Option<&'s str>,
    hash: &'s str,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Serialize)]
struct Lost {
    lines: u64,
    write_errors: u64,
}

#[derive(Serialize)]
struct Malformeds<'s> {
    lines: u64,
    first: Option<&'s Malformed>,
}

impl Summary {
    /// Writes the summary as one JSON object.
    pub(crate) fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let each = |names: &Names<Tally>| -> Vec<(String, Tally)> {
            names
                .sorted(|tally| tally.weight)
                .into_iter()
                .map(|(name, tally)| (name.to_owned(), *tally))
                .collect()
        };
        let (rules, missing, errors) = (each(&self.rules), each(&self.missing), each(&self.errors));
        let uncertain_rules = each(&self.uncertain_rules);
        let page = Page {
            files: self.files,
            bytes: self.bytes,
            lines: self.lines,
            first: self.span.as_ref().map(|(first, _)| &**first),
            last: self.span.as_ref().map(|(_, last)| &**last),
            requests: self.requests(),
            effects: Effects { allow: self.allow, deny: self.deny, indeterminate: self.indeterminate },
            erroneous: self.erroneous,
            rules: rules.iter().map(|(rule, tally)| Named { rule, tally: *tally }).collect(),
            uncertain_rules: uncertain_rules
                .iter()
                .map(|(rule, tally)| Named { rule, tally: *tally })
                .collect(),
            missing: missing
                .iter()
                .map(|(names, tally)| MissingOnes {
                    attributes: names.split(", ").filter(|name| !name.is_empty()).collect(),
                    tally: *tally,
                })
                .collect(),
            errors: errors
                .iter()
                .map(|(name, tally)| {
                    let (code, attribute) =
                        name.split_once(' ').map_or((&**name, None), |(code, name)| (code, Some(name)));
                    Fault { code, attribute, tally: *tally }
                })
                .collect(),
            resolvers: self
                .resolvers
                .sorted(|resolver| resolver.weight())
                .into_iter()
                .map(|(resolver, did)| ResolverNote {
                    resolver,
                    fetched: did.fetched,
                    cached: did.cached,
                    failures: &did.failures,
                })
                .collect(),
            policies: self
                .policies
                .sorted(|policy| policy.requests.weight)
                .into_iter()
                .map(|(hash, policy)| PolicyNote {
                    name: &policy.name,
                    version: policy.version.as_deref(),
                    hash,
                    tally: policy.requests,
                })
                .collect(),
            nanoseconds: self.durations(),
            lost: Lost { lines: self.lost, write_errors: self.write_errors },
            malformed: Malformeds {
                lines: self.faults.malformed,
                first: self.faults.first_malformed.as_ref(),
            },
            unfinished: self.faults.unfinished,
        };
        write_json(out, &page)
    }

    /// Writes the summary as text, with at most `top` entries per list.
    pub(crate) fn text(&self, top: usize, out: &mut impl Write) -> io::Result<()> {
        if let Some((first, last)) = &self.span {
            writeln!(out, "{first} to {last}{}", lasted(first, last))?;
        }
        self.effects(out)?;
        list(out, "Rules", &self.rules, top)?;
        list(out, "Rules that may have applied", &self.uncertain_rules, top)?;
        list(out, "Missing in indeterminate decisions", &self.missing, top)?;
        list(out, "Errors", &self.errors, top)?;
        self.resolvers(top, out)?;
        self.policies(top, out)?;
        if let Some(durations) = self.durations() {
            let Durations { p50, p90, p99, p999, max } = durations;
            let [p50, p90, p99, p999, max] = [p50, p90, p99, p999, max].map(time);
            writeln!(out, "{}", emphasis("Duration"))?;
            writeln!(out, "  median {p50}, 90 % {p90}, 99 % {p99}, 99.9 % {p999}, longest {max}")?;
        }
        self.closing(out)
    }

    fn effects(&self, out: &mut impl Write) -> io::Result<()> {
        let all = self.requests();
        let mut lines = vec![
            (effect(Effect::Allow), "allow".len(), self.allow),
            (effect(Effect::Deny), "deny".len(), self.deny),
            (effect(Effect::Indeterminate), "indeterminate".len(), self.indeterminate),
        ];
        if self.erroneous.lines > 0 {
            lines.push((emphasis("erroneous"), "erroneous".len(), self.erroneous));
        }
        let digits = shown(all).len();
        for (label, wide, tally) in lines {
            // The label may have codes for colours, so it is padded by the width of its word.
            let blank = "indeterminate".len() - wide;
            // A request weighs at least 1, so `max` only avoids dividing by zero.
            let share = 100.0 * tally.weight / all.weight.max(1.0);
            writeln!(out, "{label}{:blank$}  {:>digits$}  {share:>5.1} %", "", shown(tally))?;
        }
        Ok(())
    }

    fn resolvers(&self, top: usize, out: &mut impl Write) -> io::Result<()> {
        let all = self.resolvers.sorted(|resolver| resolver.weight());
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", emphasis("Resolvers"))?;
        for (name, did) in all.iter().take(top) {
            let mut parts =
                vec![format!("{} fetched", shown(did.fetched)), format!("{} cached", shown(did.cached))];
            parts.extend(did.failures.iter().map(|(why, tally)| format!("{} {why}", shown(*tally))));
            writeln!(out, "  {name}  {}", parts.join(", "))?;
        }
        more(out, all.len(), top, self.resolvers.others)
    }

    fn policies(&self, top: usize, out: &mut impl Write) -> io::Result<()> {
        let all = self.policies.sorted(|policy| policy.requests.weight);
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", emphasis("Policies"))?;
        for (hash, policy) in all.iter().take(top) {
            // The first 12 digits tell policies apart in practice; the JSON has the whole hash.
            let short: String = hash.chars().take(12).collect();
            let version = policy.version.as_ref().map_or(String::new(), |version| format!(" {version}"));
            writeln!(out, "  {}{version} {short}  {}", policy.name, shown(policy.requests))?;
        }
        more(out, all.len(), top, self.policies.others)
    }

    /// Writes the notes about lost, malformed and sampled lines, and the totals.
    fn closing(&self, out: &mut impl Write) -> io::Result<()> {
        if self.lost > 0 {
            let lost = match self.lost {
                1 => "1 line was lost".to_owned(),
                more => format!("{} lines were lost", count(more)),
            };
            let failed = match self.write_errors {
                1 => "1 write failed".to_owned(),
                more => format!("{} writes failed", count(more)),
            };
            writeln!(out, "{lost}: the log's queue was full; {failed}")?;
        }
        if let Some(first) = &self.faults.first_malformed {
            let lines = match self.faults.malformed {
                1 => "1 line isn't a decision log entry".to_owned(),
                more => format!("{} lines aren't decision log entries", count(more)),
            };
            writeln!(out, "{lines}; the first: {first}")?;
        }
        if self.faults.unfinished > 0 {
            writeln!(out, "the last line is incomplete")?;
        }
        if self.requests().is_estimate() {
            writeln!(out, "~ estimated: the log is a sample of the requests")?;
        }
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        writeln!(out, "{} lines of {files}, {}", count(self.lines), bytes(self.bytes))
    }
}

/// Writes the names with the highest counts.
fn list(out: &mut impl Write, title: &str, names: &Names<Tally>, top: usize) -> io::Result<()> {
    let all = names.sorted(|tally| tally.weight);
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", emphasis(title))?;
    let listed = || all.iter().take(top);
    let width = listed().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let digits = listed().map(|(_, tally)| shown(**tally).len()).max().unwrap_or_default();
    for (name, tally) in listed() {
        writeln!(out, "  {name:width$}  {:>digits$}", shown(**tally))?;
    }
    more(out, all.len(), top, names.others)
}

/// Writes the number of entries that are not shown.
fn more(out: &mut impl Write, all: usize, top: usize, others: Tally) -> io::Result<()> {
    let left = all.saturating_sub(top);
    if left > 0 {
        writeln!(out, "  and {left} more")?;
    }
    if others.lines > 0 {
        writeln!(out, "  and {} with other names", shown(others))?;
    }
    Ok(())
}

/// Formats a number of requests, marked with `~` if it is an estimate.
pub(super) fn shown(tally: Tally) -> String {
    format!("{}{}", if tally.is_estimate() { "~" } else { "" }, count(tally.requests()))
}

/// Formats the time between two log lines.
fn lasted(first: &str, last: &str) -> String {
    match (first.parse::<Timestamp>(), last.parse::<Timestamp>()) {
        (Ok(first), Ok(last)) => {
            let whole = SignedDuration::from_secs(last.duration_since(first).as_secs());
            format!(" ({whole:#})")
        }
        _ => String::new(),
    }
}

/// Formats nanoseconds with three significant digits.
fn time(nanoseconds: u64) -> String {
    let (unit, name) = match nanoseconds {
        ..1_000 => return format!("{nanoseconds} ns"),
        1_000..1_000_000 => (1e3, "µs"),
        1_000_000..1_000_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let number = nanoseconds as f64 / unit;
    let decimals = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    format!("{number:.decimals$} {name}")
}
