//! Describes the parts of a difference between two policies, without colours.

use placet::Fact;
use placet::diff::{AttributeChange, Difference, Region, RuleChange, RulePart, Ruling, Totals};
use std::collections::BTreeMap;

/// The number of causes that a region names; the others are counted.
const MAX_CAUSES: usize = 5;

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Added,
    Removed,
    Changed,
}

/// Describes a change of an attribute, after its name.
pub(super) fn attribute(change: &AttributeChange) -> (Sign, String, String) {
    match change {
        AttributeChange::Added { attribute, kind } => (Sign::Added, attribute.clone(), kind.clone()),
        AttributeChange::Removed { attribute, kind } => (Sign::Removed, attribute.clone(), kind.clone()),
        AttributeChange::Type { attribute, old, new } | AttributeChange::Presence { attribute, old, new } => {
            (Sign::Changed, attribute.clone(), format!("{old} -> {new}"))
        }
        AttributeChange::Values { attribute, added, removed } => {
            let mut parts = Vec::new();
            if !added.is_empty() {
                parts.push(format!("with {}", added.join(", ")));
            }
            if !removed.is_empty() {
                parts.push(format!("without {}", removed.join(", ")));
            }
            (Sign::Changed, attribute.clone(), parts.join("; "))
        }
        other => (Sign::Changed, String::new(), format!("{other:?}")),
    }
}

/// A change of a rule in words.
pub(super) struct RuleWords<'d> {
    pub(super) sign: Sign,
    pub(super) name: &'d str,
    /// The effect of a rule that only one policy has.
    pub(super) effect: Option<&'static str>,
    /// The changed parts, a line each.
    pub(super) parts: Vec<String>,
}

/// Describes the changes of rules, without those that a region of changed effects names and that change nothing else.
pub(super) fn rules(difference: &Difference) -> Vec<RuleWords<'_>> {
    let is_named =
        |name: &str| difference.effects.iter().any(|region| region.rules.iter().any(|rule| rule == name));
    let is_said = |change: &&RuleChange| matches!(change, RuleChange::Changed { rule, parts, obliges_elsewhere: false, .. } if parts.is_empty() && is_named(rule));
    difference.rules.iter().filter(|change| !is_said(change)).map(rule).collect()
}

fn rule(change: &RuleChange) -> RuleWords<'_> {
    let alone = |sign, name, effect| RuleWords { sign, name, effect: Some(effect), parts: Vec::new() };
    match change {
        RuleChange::Added { rule, effect } => alone(Sign::Added, rule, *effect),
        RuleChange::Removed { rule, effect } => alone(Sign::Removed, rule, *effect),
        RuleChange::Changed { rule, parts, fires_elsewhere, obliges_elsewhere } => {
            let fires = fires_elsewhere.then(|| "applies to different requests".to_owned());
            let obliges = obliges_elsewhere.then(|| "its obligations apply to different requests".to_owned());
            let parts = fires.into_iter().chain(obliges).chain(parts.iter().map(part)).collect();
            RuleWords { sign: Sign::Changed, name: rule, effect: None, parts }
        }
        other => RuleWords { sign: Sign::Changed, name: "", effect: None, parts: vec![format!("{other:?}")] },
    }
}

fn part(part: &RulePart) -> String {
    let side = |side: &[String]| if side.is_empty() { "none".to_owned() } else { side.join(", ") };
    format!("{}: {} -> {}", part.what, side(&part.old), side(&part.new))
}

/// Names the rules that caused a change of effect; `shown` formats a name. Empty without a known cause.
pub(super) fn causes(rules: &[String], shown: impl Fn(&str) -> String) -> String {
    let mut names: Vec<String> = rules.iter().take(MAX_CAUSES).map(|rule| shown(rule)).collect();
    if let Some(more) = rules.len().checked_sub(MAX_CAUSES).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Tells how many of the requests with a region's conditions change.
pub(super) fn extent(region: &Region) -> &'static str {
    match (region.exact, region.when.is_empty()) {
        (true, true) => "all requests",
        (true, false) => "all requests with",
        (false, true) => "some requests",
        (false, false) => "some requests with",
    }
}

/// Describes the requests of a region in one line.
pub(super) fn requests(region: &Region) -> String {
    let conditions: Vec<String> =
        region.when.iter().map(|condition| format!("{} {}", condition.of, condition.is)).collect();
    format!("{} {}", extent(region), conditions.join("; ")).trim_end().to_owned()
}

/// Formats a request as JSON, which `placet explain` accepts.
pub(super) fn request(request: &BTreeMap<String, Fact>) -> String {
    serde_json::to_string(request).unwrap_or_default()
}

/// Names the rules of an answer.
pub(super) fn by(ruling: &Ruling) -> String {
    match ruling.rules.as_slice() {
        [] => "by default".to_owned(),
        rules => format!("by {}", rules.join(", ")),
    }
}

/// Tells how much changes.
pub(super) fn totals(difference: &Difference, totals: &Totals) -> String {
    let (changed, compared) = (number(totals.changed), number(totals.compared));
    match (difference.is_same, totals.changed) {
        (true, _) => format!("nothing changes: {compared} classes of requests compared"),
        (false, 0) => format!("no effect changes: {compared} classes of requests compared"),
        (false, _) => format!("{changed} of {compared} classes of requests change"),
    }
}

/// Formats a number with thousands separators.
pub(super) fn number(number: u128) -> String {
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
