//! `placet diff`.

use super::{open_draft, write_json};
use crate::args::{Diff, Format};
use crate::render::{self, coloured, emphasis};
use anstyle::AnsiColor;
use placet::Fact;
use placet::diff::{
    AttributeChange, Constraint, Difference, Effect, Region, RuleChange, RulePart, Ruling, Sample,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

/// The maximum number of rules listed in the text output. More are only counted.
const MAX_RULES: usize = 50;

/// The exit status if a policy does not compile or can't be read.
const UNREADABLE: u8 = 2;

pub(crate) fn run(args: &Diff) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let mut policy = |path: &Path| match open_draft(path, args.format, &mut out) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            render::failure(&error.to_string());
            Ok(None)
        }
        other => other,
    };
    // Open both before returning, so that errors in the second policy are reported too.
    let (old, new) = (policy(&args.old)?, policy(&args.new)?);
    let (Some(old), Some(new)) = (old, new) else { return Ok(UNREADABLE) };
    let difference = old.diff(&new);
    match args.format {
        Format::Json => write_json(&mut out, &difference)?,
        Format::Text => out.write_all(page(&difference).as_bytes())?,
    }
    out.flush()?;
    Ok(u8::from(!difference.is_same))
}

/// Formats the difference as text.
fn page(difference: &Difference) -> String {
    let mut sections = Vec::new();
    if !difference.attributes.is_empty() {
        let lines: Vec<String> = difference.attributes.iter().map(attribute).collect();
        sections.push(format!("{}\n{}", emphasis("Attributes"), lines.concat()));
    }
    if !difference.effects.is_empty() {
        let lines: Vec<String> = difference.effects.iter().map(region).collect();
        sections.push(format!("{}\n{}", emphasis("Effects"), lines.join("\n")));
    }
    // A rule that only fires for other requests is already named at the effects that it changes.
    let is_said = |change: &RuleChange| {
        let named =
            |name: &str| difference.effects.iter().any(|region| region.rules.iter().any(|rule| rule == name));
        matches!(change, RuleChange::Changed { rule, parts, obliges_elsewhere: false, .. } if parts.is_empty() && named(rule))
    };
    let lines: Vec<String> = difference.rules.iter().filter(|change| !is_said(change)).map(rule).collect();
    if !lines.is_empty() {
        let more = lines.len().saturating_sub(MAX_RULES);
        let more = if more > 0 { format!("  and {more} more\n") } else { String::new() };
        let listed: String = lines.into_iter().take(MAX_RULES).collect();
        sections.push(format!("{}\n{listed}{more}", emphasis("Rules")));
    }
    sections.push(closing(difference));
    sections.join("\n")
}

fn closing(difference: &Difference) -> String {
    let mut out = String::new();
    if let Some(reason) = &difference.too_large {
        let _ = writeln!(out, "{}: {reason}", coloured("note", AnsiColor::Yellow));
    }
    if let Some(totals) = &difference.totals {
        if totals.not_listed > 0 {
            let _ = writeln!(out, "{} more regions are not listed", totals.not_listed);
        }
        let (changed, compared) = (number(totals.changed), number(totals.compared));
        let _ = match (difference.is_same, totals.changed) {
            (true, _) => writeln!(out, "nothing changes: {compared} classes of requests compared"),
            (false, 0) => writeln!(out, "no effect changes: {compared} classes of requests compared"),
            (false, _) => writeln!(out, "{changed} of {compared} classes of requests change"),
        };
    }
    out
}

/// Formats a number with thousands separators.
fn number(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn plus(text: &str) -> String {
    format!("  {} {text}\n", coloured("+", AnsiColor::Green))
}

fn minus(text: &str) -> String {
    format!("  {} {text}\n", coloured("-", AnsiColor::Red))
}

fn tilde(text: &str) -> String {
    format!("  {} {text}\n", coloured("~", AnsiColor::Yellow))
}

fn attribute(change: &AttributeChange) -> String {
    match change {
        AttributeChange::Added { attribute, kind } => plus(&format!("{attribute}: {kind}")),
        AttributeChange::Removed { attribute, kind } => minus(&format!("{attribute}: {kind}")),
        AttributeChange::Type { attribute, old, new } | AttributeChange::Presence { attribute, old, new } => {
            tilde(&format!("{attribute}: {old} -> {new}"))
        }
        AttributeChange::Values { attribute, added, removed } => {
            let mut parts = Vec::new();
            if !added.is_empty() {
                parts.push(format!("with {}", added.join(", ")));
            }
            if !removed.is_empty() {
                parts.push(format!("without {}", removed.join(", ")));
            }
            tilde(&format!("{attribute}: {}", parts.join("; ")))
        }
        other => tilde(&format!("{other:?}")),
    }
}

fn effect(effect: Effect) -> String {
    let colour = match effect {
        Effect::Allow => AnsiColor::Green,
        Effect::Deny => AnsiColor::Red,
    };
    coloured(effect.as_str(), colour)
}

fn region(region: &Region) -> String {
    let by = cause(&region.rules);
    let mut notes = Vec::new();
    if !region.certain {
        notes.push("unconfirmed: no example was found".to_owned());
    }
    let classes = if region.classes == 1 { "class" } else { "classes" };
    notes.push(format!("{} {classes}", number(region.classes)));
    let mut out = format!("  {} -> {}{by}  ({})\n", effect(region.from), effect(region.to), notes.join("; "));
    let all = if region.exact { "all requests with" } else { "some requests with" };
    if region.when.is_empty() {
        let _ = writeln!(out, "    {}", if region.exact { "all requests" } else { "some requests" });
    } else {
        let _ = writeln!(out, "    {all}");
        out.push_str(&constraints(&region.when));
    }
    if let Some(sample) = &region.sample {
        out.push_str(&shown_sample(sample));
    }
    out
}

/// Names the rules that caused a change of effect.
fn cause(rules: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = rules.iter().take(SHOWN).map(|rule| emphasis(rule)).collect();
    if let Some(more) = rules.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    match names.as_slice() {
        [] => String::new(),
        [only] => format!("  because {only} changed"),
        [all @ .., last] => format!("  because {} and {last} changed", all.join(", ")),
    }
}

fn constraints(all: &[Constraint]) -> String {
    let width = all.iter().map(|constraint| constraint.of.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for Constraint { of, is, .. } in all {
        let _ = writeln!(out, "      {of:width$}  {is}");
    }
    out
}

fn shown_sample(sample: &Sample) -> String {
    let request = request(&sample.request);
    let (before, after) = (ruling(&sample.before), ruling(&sample.after));
    format!("    for example {request}\n      before  {before}\n      after   {after}\n")
}

/// Formats a request as JSON, which `placet explain` accepts.
fn request(request: &BTreeMap<String, Fact>) -> String {
    serde_json::to_string(request).unwrap_or_default()
}

fn ruling(ruling: &Ruling) -> String {
    let by = if ruling.rules.is_empty() {
        "by default".to_owned()
    } else {
        format!("by {}", ruling.rules.join(", "))
    };
    format!("{} {by}", effect(ruling.effect))
}

fn rule(change: &RuleChange) -> String {
    match change {
        RuleChange::Added { rule, effect } => plus(&format!("{} ({effect})", emphasis(rule))),
        RuleChange::Removed { rule, effect } => minus(&format!("{} ({effect})", emphasis(rule))),
        RuleChange::Changed { rule, parts, fires_elsewhere, obliges_elsewhere } => {
            let mut out = tilde(&emphasis(rule));
            if *fires_elsewhere {
                out.push_str("      applies to different requests\n");
            }
            if *obliges_elsewhere {
                out.push_str("      its obligations apply to different requests\n");
            }
            out.extend(parts.iter().map(part));
            out
        }
        other => tilde(&format!("{other:?}")),
    }
}

fn part(part: &RulePart) -> String {
    let side = |side: &[String]| if side.is_empty() { "none".to_owned() } else { side.join(", ") };
    format!("      {}: {} -> {}\n", part.what, side(&part.old), side(&part.new))
}
