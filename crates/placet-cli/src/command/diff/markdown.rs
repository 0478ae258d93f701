//! A difference between two policies in Markdown, for a comment on a pull request.

use super::words::{self, RuleWords, Sign};
use crate::command::counted;
use crate::table::{Table, TableCell, code, escaped};
use placet::diff::{AttributeChange, Difference, Region};

/// The maximum number of regions, attributes or rules that are shown unfolded; a longer list is folded.
const MAX_OPEN: usize = 10;

/// Formats the difference in Markdown.
pub(super) fn page(difference: &Difference, policy: &str) -> String {
    let mut sections = vec![format!("## What changes in {}\n", code(policy)), summary(difference)];
    if !difference.effects.is_empty() {
        let table = effects(&difference.effects).markdown();
        sections.push(section("Effects", "region", difference.effects.len(), &table));
    }
    let attributes: Vec<String> = difference.attributes.iter().map(attribute).collect();
    let rules: Vec<String> = words::rules(difference).iter().map(rule).collect();
    for (heading, what, lines) in [("Attributes", "attribute", attributes), ("Rules", "rule", rules)] {
        if !lines.is_empty() {
            sections.push(section(heading, what, lines.len(), &lines.concat()));
        }
    }
    sections.join("\n")
}

fn summary(difference: &Difference) -> String {
    let mut out = String::new();
    if let Some(reason) = &difference.too_large {
        out.push_str(&format!("> {}\n", escaped(reason)));
    }
    if let Some(totals) = &difference.totals {
        out.push_str(&format!("**{}**\n", words::totals(difference, totals)));
        if totals.not_listed > 0 {
            out.push_str(&format!("\n{} more regions are not listed.\n", totals.not_listed));
        }
    }
    out
}

/// Formats a section: a long one is folded.
fn section(heading: &str, what: &str, count: usize, content: &str) -> String {
    if count <= MAX_OPEN {
        return format!("### {heading}\n\n{content}");
    }
    let count = counted(count, what);
    format!("### {heading}\n\n<details><summary>{count}</summary>\n\n{content}\n</details>\n")
}

fn effects(regions: &[Region]) -> Table {
    let header = ["effect", "because of", "requests", "for example"].map(str::to_owned);
    let rows = regions.iter().map(|region| {
        let sample = region.sample.as_ref().map(|sample| words::request(&sample.request));
        let example = match sample {
            Some(request) => TableCell::code(request),
            None => "unconfirmed: no example was found".to_owned().into(),
        };
        vec![
            format!("{} → {}", region.from.as_str(), region.to.as_str()).into(),
            words::causes(&region.rules, str::to_owned).into(),
            words::requests(region).into(),
            example,
        ]
    });
    Table { header: header.into(), rows: rows.collect() }
}

fn verb(sign: Sign) -> &'static str {
    match sign {
        Sign::Added => "added ",
        Sign::Removed => "removed ",
        Sign::Changed => "",
    }
}

fn attribute(change: &AttributeChange) -> String {
    let (sign, name, words) = words::attribute(change);
    format!("- {}{}: {}\n", verb(sign), code(&name), escaped(&words))
}

fn rule(change: &RuleWords<'_>) -> String {
    let effect = change.effect.map(|effect| format!(" ({effect})")).unwrap_or_default();
    let parts: String = change.parts.iter().map(|part| format!("  - {}\n", escaped(part))).collect();
    format!("- {}{}{effect}\n{parts}", verb(change.sign), code(change.name))
}
