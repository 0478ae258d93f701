//! A difference between two policies as text.

use super::words::{self, RuleWords, Sign};
use crate::render::{coloured, emphasis};
use anstyle::AnsiColor;
use placet::diff::{AttributeChange, Constraint, Difference, Effect, Region, Ruling, Sample};
use std::fmt::Write;

/// The maximum number of rules listed in the text output. More are only counted.
const MAX_RULES: usize = 50;

/// Formats the difference as text.
pub(super) fn page(difference: &Difference) -> String {
    let mut sections = Vec::new();
    if !difference.attributes.is_empty() {
        let lines: Vec<String> = difference.attributes.iter().map(attribute).collect();
        sections.push(format!("{}\n{}", emphasis("Attributes"), lines.concat()));
    }
    if !difference.effects.is_empty() {
        let lines: Vec<String> = difference.effects.iter().map(region).collect();
        sections.push(format!("{}\n{}", emphasis("Effects"), lines.join("\n")));
    }
    let rules = words::rules(difference);
    if !rules.is_empty() {
        let more = rules.len().saturating_sub(MAX_RULES);
        let more = if more > 0 { format!("  and {more} more\n") } else { String::new() };
        let listed: String = rules.iter().take(MAX_RULES).map(rule).collect();
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
        let _ = writeln!(out, "{}", words::totals(difference, totals));
    }
    out
}

fn signed(sign: Sign, text: &str) -> String {
    let (sign, colour) = match sign {
        Sign::Added => ("+", AnsiColor::Green),
        Sign::Removed => ("-", AnsiColor::Red),
        Sign::Changed => ("~", AnsiColor::Yellow),
    };
    format!("  {} {text}\n", coloured(sign, colour))
}

fn attribute(change: &AttributeChange) -> String {
    let (sign, name, words) = words::attribute(change);
    signed(sign, &format!("{name}: {words}"))
}

fn effect(effect: Effect) -> String {
    let colour = match effect {
        Effect::Allow => AnsiColor::Green,
        Effect::Deny => AnsiColor::Red,
    };
    coloured(effect.as_str(), colour)
}

fn region(region: &Region) -> String {
    let by = match words::causes(&region.rules, emphasis) {
        rules if rules.is_empty() => rules,
        rules => format!("  because {rules} changed"),
    };
    let mut notes = Vec::new();
    if !region.certain {
        notes.push("unconfirmed: no example was found".to_owned());
    }
    let classes = if region.classes == 1 { "class" } else { "classes" };
    notes.push(format!("{} {classes}", words::number(region.classes)));
    let mut out = format!("  {} -> {}{by}  ({})\n", effect(region.from), effect(region.to), notes.join("; "));
    let _ = writeln!(out, "    {}", words::extent(region));
    out.push_str(&constraints(&region.when));
    if let Some(sample) = &region.sample {
        out.push_str(&shown_sample(sample));
    }
    out
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
    let request = words::request(&sample.request);
    let (before, after) = (ruling(&sample.before), ruling(&sample.after));
    format!("    for example {request}\n      before  {before}\n      after   {after}\n")
}

fn ruling(ruling: &Ruling) -> String {
    format!("{} {}", effect(ruling.effect), words::by(ruling))
}

fn rule(change: &RuleWords<'_>) -> String {
    let name = emphasis(change.name);
    let effect = change.effect.map(|effect| format!(" ({effect})")).unwrap_or_default();
    let parts: String = change.parts.iter().map(|part| format!("      {part}\n")).collect();
    signed(change.sign, &format!("{name}{effect}")) + &parts
}
