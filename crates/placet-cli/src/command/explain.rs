//! `placet explain`.

use super::{Refusal, open, read, write_json};
use crate::args::{Explain, Format};
use crate::render::{self, emphasis};
use crate::summary;
use placet::{Effect, ExceptionTrace, Explanation, Prospect, RuleTrace, Truth, ValueTrace};
use std::fmt::Write as _;
use std::io::{self, Write as _};

pub(crate) fn run(args: &Explain) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let Some(policy) = open(&args.policy, args.format, &mut out)? else { return Ok(1) };
    let bytes = read(&args.request)?;
    let explained = policy.request_from_json_bytes(&bytes).and_then(|request| policy.explain(&request));
    let code = match (explained, args.format) {
        (Ok(explanation), Format::Json) => {
            write_json(&mut out, &explanation)?;
            0
        }
        (Ok(explanation), Format::Text) => {
            out.write_all(page(&explanation).as_bytes())?;
            0
        }
        (Err(error), Format::Json) => {
            write_json(&mut out, &Refusal { error: &error })?;
            2
        }
        (Err(error), Format::Text) => {
            render::failure(&error.to_string());
            2
        }
    };
    out.flush()?;
    Ok(code)
}

/// The explanation on a page for people.
fn page(explanation: &Explanation) -> String {
    let mut out = String::new();
    let decision = &explanation.decision;
    let _ = writeln!(out, "{}", summary::line(decision));
    for obligation in &decision.obligations {
        let within = obligation
            .within_seconds
            .map_or(String::new(), |seconds| format!(" within {}", summary::term(seconds)));
        let certain = if obligation.certain { "" } else { " (perhaps)" };
        let text = obligation.text.as_ref().map_or(String::new(), |text| format!(": {text}"));
        let _ = writeln!(out, "  must {}{within}{certain}{text}", obligation.name);
    }
    if decision.approximate {
        let _ =
            writeln!(out, "  approximate: the search ended at a limit, so more may be named than matters");
    }
    for rule in &explanation.rules {
        out.push('\n');
        rule_lines(&mut out, rule);
    }
    for prospect in &explanation.prospects {
        out.push('\n');
        prospect_lines(&mut out, prospect);
    }
    out
}

fn rule_lines(out: &mut String, rule: &RuleTrace) {
    let verb = if rule.effect == Effect::Allow { "allow" } else { "deny" };
    let state = match rule.fires {
        Truth::Yes => "fires",
        Truth::No => "is silent: an exception holds",
        Truth::Open => "may fire",
    };
    let cites = if rule.cites.is_empty() { String::new() } else { format!(" {}", rule.cites.join(", ")) };
    let _ = writeln!(out, "{} ({verb}{cites}) {state}  {}", emphasis(&rule.name), rule.place);
    if let Some(because) = &rule.because {
        let _ = writeln!(out, "  {because}");
    }
    exception_lines(out, &rule.exceptions, 1);
    for value in &rule.values {
        value_line(out, value);
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
            writeln!(out, "{:indent$}except {name}: {state}  {}", "", exception.place, indent = depth * 2);
        exception_lines(out, &exception.exceptions, depth + 1);
    }
}

fn value_line(out: &mut String, value: &ValueTrace) {
    let shown = value.value.as_deref().unwrap_or("missing");
    let by_default = if value.is_default { " (by default)" } else { "" };
    let _ = writeln!(out, "  {} is {shown}{by_default}", value.attribute);
}

fn prospect_lines(out: &mut String, prospect: &Prospect) {
    let _ = writeln!(out, "if {} is", emphasis(&prospect.attribute));
    for (values, outcome) in &prospect.outcomes {
        let _ = writeln!(out, "  {values}: {}", summary::effect(*outcome));
    }
}
