//! Formats decisions and explanations for people.

use super::{Change, ExceptionTrace, Explanation, NearRule, RuleTrace, Truth, ValueTrace, WhatIf, WhyNot};
use placet_model::decision::{Decision, Effect};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The number of changes on a page; the others are counted.
const MAX_CHANGES: usize = 8;

/// The style of a page: functions that colour its parts.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct PageStyle {
    /// Styles an effect.
    pub effect: fn(Effect) -> String,
    /// Styles the name of a rule or attribute at the head of a paragraph.
    pub name: fn(&str) -> String,
}

impl PageStyle {
    /// No colours.
    pub const PLAIN: Self = Self { effect: |effect| effect.as_str().to_owned(), name: str::to_owned };

    /// Formats a decision in one line.
    pub fn line(self, decision: &Decision) -> String {
        let reasons = match decision.effect {
            Effect::Indeterminate if decision.missing.is_empty() => " undecided".to_owned(),
            Effect::Indeterminate => format!(" until it is known: {}", decision.missing.join(", ")),
            _ if decision.rules.is_empty() => " by default: no rule allows it".to_owned(),
            _ => determining_rules(decision),
        };
        (self.effect)(decision.effect) + &reasons
    }
}

/// Returns the determining rules with their clauses and bases, first the certain ones.
fn determining_rules(decision: &Decision) -> String {
    let uncertain = &decision.uncertain;
    let perhaps = reasons(&uncertain.rules, &uncertain.cites, &uncertain.basis);
    let certain = reasons(decision.certain(), decision.certain_cites(), decision.certain_basis());
    match (certain.is_empty(), perhaps.is_empty()) {
        (_, true) => format!(" by {certain}"),
        (false, false) => format!(" by {certain}; perhaps also by {perhaps}"),
        (true, false) => format!(", perhaps by {perhaps}"),
    }
}

/// Returns rules with their clauses in parentheses and their legal bases; empty if there are no rules.
fn reasons<'a>(
    rules: impl IntoIterator<Item = &'a Arc<str>>,
    cites: impl IntoIterator<Item = &'a Arc<str>>,
    basis: impl IntoIterator<Item = &'a Arc<str>>,
) -> String {
    let mut out = listed(rules);
    let (cites, basis) = (listed(cites), listed(basis));
    if !cites.is_empty() {
        let _ = write!(out, " ({cites})");
    }
    if !basis.is_empty() {
        let _ = write!(out, ", on the basis of {basis}");
    }
    out
}

fn listed<'a>(names: impl IntoIterator<Item = &'a Arc<str>>) -> String {
    names.into_iter().map(|name| &**name).collect::<Vec<_>>().join(", ")
}

impl fmt::Debug for PageStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageStyle").finish_non_exhaustive()
    }
}

/// Formats the page without colours.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.page(PageStyle::PLAIN))
    }
}

impl Explanation {
    /// Formats the explanation: the decision in a line, its obligations, the rules with their exceptions and values,
    /// the effect of the values of each missing attribute that can settle it, and the smallest changes that would allow the
    /// request.
    pub fn page(&self, look: PageStyle) -> String {
        let mut out = String::new();
        let decision = &self.decision;
        let _ = writeln!(out, "{}", look.line(decision));
        for obligation in &decision.obligations {
            let certain = if obligation.certain { "" } else { " (perhaps)" };
            let text = obligation.text.as_ref().map_or(String::new(), |text| format!(": {text}"));
            let _ = writeln!(out, "  must {obligation}{certain}{text}");
        }
        if decision.approximate {
            let _ = writeln!(
                out,
                "  approximate: the search ended at a limit, so more may be named than matters"
            );
        }
        for rule in &self.rules {
            out.push('\n');
            rule_lines(&mut out, rule, look);
        }
        if let Some(why_not) = self.why_not.as_ref().filter(|_| decision.effect == Effect::Deny) {
            // What is already listed isn't repeated.
            let is_listed = |near: &&NearRule| self.rules.iter().any(|rule| rule.name == near.rule.name);
            for near in why_not.nearest.iter().filter(|near| !is_listed(near)) {
                out.push('\n');
                near_lines(&mut out, near, look);
            }
        }
        let (open, telling): (Vec<&WhatIf>, Vec<&WhatIf>) = self
            .what_if
            .iter()
            .partition(|case| case.outcomes.iter().all(|(_, effect)| *effect == Effect::Indeterminate));
        for case in &telling {
            out.push('\n');
            what_if_lines(&mut out, case, look);
        }
        if !open.is_empty() {
            let names: Vec<String> = open.iter().map(|case| (look.name)(&case.attribute)).collect();
            let _ = writeln!(
                out,
                "\nnone of the values tried for these settles the effect alone: {}",
                names.join(", ")
            );
        }
        if let Some(why_not) = &self.why_not {
            // The values of a single attribute that allow the request may be listed above.
            let allows = |case: &&WhatIf| case.outcomes.iter().any(|(_, effect)| *effect == Effect::Allow);
            let is_listed = |change: &&Change| match change.attributes.as_slice() {
                [one] => telling.iter().filter(|case| allows(case)).any(|case| case.attribute == *one),
                _ => false,
            };
            let changes: Vec<&Change> = why_not.changes.iter().filter(|change| !is_listed(change)).collect();
            change_lines(&mut out, why_not, &changes);
        }
        out
    }
}

fn rule_lines(out: &mut String, rule: &RuleTrace, look: PageStyle) {
    let verb = if rule.effect == Effect::Allow { "allow" } else { "deny" };
    let state = match rule.fires {
        Truth::Yes => "fires",
        Truth::No => "is silent: an exception holds",
        Truth::Open => "may fire",
    };
    let cites = if rule.cites.is_empty() { String::new() } else { format!(" {}", rule.cites.join(", ")) };
    let _ = writeln!(out, "{} ({verb}{cites}) {state}  {}", (look.name)(&rule.name), rule.location);
    if let Some(because) = &rule.because {
        let _ = writeln!(out, "  {because}");
    }
    exception_lines(out, &rule.exceptions, 1);
    for value in &rule.values {
        value_line(out, value);
    }
    for lookup in &rule.lookups {
        let _ = writeln!(out, "  {lookup}");
    }
}

fn near_lines(out: &mut String, near: &NearRule, look: PageStyle) {
    let rule = &near.rule;
    let cites = if rule.cites.is_empty() { String::new() } else { format!(" {}", rule.cites.join(", ")) };
    let state = match rule.fires {
        Truth::Yes => "would allow, but a denial outweighs it",
        Truth::No | Truth::Open => "is the nearest rule that allows",
    };
    let _ = writeln!(out, "{} (allow{cites}) {state}  {}", (look.name)(&rule.name), rule.location);
    for condition in &near.conditions {
        let state = match condition.holds {
            Truth::Yes => "holds",
            Truth::No => "fails",
            Truth::Open => "unknown",
        };
        let _ = writeln!(out, "  {state:<7}  {}", condition.text);
        // A condition that holds needs no more words.
        if condition.holds != Truth::Yes {
            for value in &condition.values {
                out.push_str("         ");
                value_line(out, value);
            }
            for lookup in &condition.lookups {
                let _ = writeln!(out, "           {lookup}");
            }
        }
    }
    exception_lines(out, &rule.exceptions, 1);
}

fn change_lines(out: &mut String, why_not: &WhyNot, changes: &[&Change]) {
    if changes.is_empty() {
        if why_not.changes.is_empty() && why_not.is_complete {
            out.push_str("\nno change of what may change would allow it\n");
        }
        return;
    }
    out.push_str("\nit would be allowed\n");
    for change in changes.iter().take(MAX_CHANGES) {
        let _ = writeln!(out, "  if {change}");
    }
    match changes.len().saturating_sub(MAX_CHANGES) {
        0 if why_not.is_complete => {}
        0 => out.push_str("  there may be other changes: the search ended at its limit\n"),
        more => {
            let _ = writeln!(out, "  and by {more} other changes");
        }
    }
}

fn exception_lines(out: &mut String, exceptions: &[ExceptionTrace], depth: usize) {
    for exception in exceptions {
        let name = exception.name.as_deref().unwrap_or("an exception");
        let state = match exception.holds {
            Truth::Yes => "holds",
            Truth::No => "does not hold",
            Truth::Open => "may hold",
        };
        let _ =
            writeln!(out, "{:indent$}except {name}: {state}  {}", "", exception.location, indent = depth * 2);
        exception_lines(out, &exception.exceptions, depth + 1);
    }
}

fn value_line(out: &mut String, value: &ValueTrace) {
    let shown = value.value.as_deref().unwrap_or("missing");
    let by_default = if value.is_default { " (by default)" } else { "" };
    let _ = writeln!(out, "  {} is {shown}{by_default}", value.attribute);
}

fn what_if_lines(out: &mut String, case: &WhatIf, look: PageStyle) {
    let is = if case.is_set { "" } else { " is" };
    let _ = writeln!(out, "if {}{is}", (look.name)(&case.attribute));
    for (values, outcome) in &case.outcomes {
        let _ = writeln!(out, "  {values}: {}", (look.effect)(*outcome));
    }
}
