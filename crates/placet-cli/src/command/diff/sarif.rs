//! A difference between two policies in SARIF: each region of changed effects at the rule that caused it.

use super::words;
use crate::sarif::{Finding, Level, Log, Rule, SourceLocation};
use placet::Draft;
use placet::diff::{Difference, Effect, Region};
use std::path::Path;

/// More requests are allowed.
const OPENED: Rule = Rule::new("deny-to-allow", "requests that were denied are allowed", Level::Warning);
/// More requests are denied.
const CLOSED: Rule = Rule::new("allow-to-deny", "requests that were allowed are denied", Level::Note);
/// The policies are too large.
const TOO_LARGE: Rule = Rule::new("not-compared", "the effects could not be compared", Level::Warning);

/// Describes a difference. `path` is the file of the new policy.
pub(super) fn log(difference: &Difference, old: &Draft, new: &Draft, path: &Path) -> Log {
    let file = path.display().to_string();
    let mut findings: Vec<Finding> = difference
        .effects
        .iter()
        .map(|region| {
            let rule = if region.to == Effect::Allow { &OPENED } else { &CLOSED };
            rule.finding(message(region), places(region, old, new, &file))
        })
        .collect();
    let failed = difference
        .too_large
        .iter()
        .map(|reason| TOO_LARGE.finding(reason.clone(), vec![SourceLocation::file(&file)]));
    findings.extend(failed);
    Log::new([OPENED, CLOSED, TOO_LARGE].into(), findings, &format!("placet/diff/{file}/"))
}

fn message(region: &Region) -> String {
    let mut out = format!("{} -> {}", region.from.as_str(), region.to.as_str());
    match words::causes(&region.rules, |name| format!("`{name}`")) {
        rules if rules.is_empty() => {}
        rules => out.push_str(&format!(" because {rules} changed")),
    }
    out.push_str(&format!(": {}", words::requests(region)));
    match &region.sample {
        Some(sample) => out.push_str(&format!("; for example {}", words::request(&sample.request))),
        None => out.push_str("; unconfirmed: no example was found"),
    }
    out
}

/// Returns the places of the rules that caused a change: in the new policy, or in the old one if they were removed. The
/// beginning of the new policy if no place is known.
fn places(region: &Region, old: &Draft, new: &Draft, file: &str) -> Vec<SourceLocation> {
    let place = |draft: &Draft, name: &str| {
        let location = draft.rules().find(|rule| rule.name() == name).map(|rule| rule.location())?;
        (location.line() > 0)
            .then(|| SourceLocation::new(location.file(), location.line(), location.column()))
    };
    let mut out: Vec<SourceLocation> =
        region.rules.iter().filter_map(|name| place(new, name).or_else(|| place(old, name))).collect();
    if out.is_empty() {
        out.push(SourceLocation::file(file));
    }
    out
}
