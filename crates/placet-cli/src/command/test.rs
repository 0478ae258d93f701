//! `placet test`.

use super::{Failure, write_json};
use crate::args::{Format, Test};
use crate::{render, summary};
use anstyle::AnsiColor;
use placet::__private::compile_file;
use placet::{Limits, Outcome};
use serde::Serialize;
use std::io::{self, Write};

pub(crate) fn run(args: &Test) -> io::Result<u8> {
    let (mut passed, mut failed) = (0_usize, 0_usize);
    let mut not_compiled = 0_usize;
    let mut out = anstream::stdout().lock();
    for file in &args.files {
        let policy = match compile_file(file, &Limits::default()) {
            Ok(policy) => policy,
            Err(error) => {
                render::compile_error(&error, args.format, &mut out)?;
                not_compiled += 1;
                continue;
            }
        };
        for (test, outcome) in policy.run_tests() {
            if args.filter.as_ref().is_some_and(|filter| !test.title().contains(filter.as_str())) {
                continue;
            }
            if outcome.passed() {
                passed += 1;
            } else {
                failed += 1;
            }
            let location = format!("{}:{}", test.location().file(), test.location().line());
            match args.format {
                Format::Text if outcome.passed() => {}
                Format::Text => failure(&mut out, test.title(), &location, &outcome)?,
                Format::Json => write_json(
                    &mut out,
                    &serde_json::json!({
                        "title": test.title(),
                        "place": location,
                        "passed": outcome.passed(),
                        "failures": outcome.failures,
                        "answer": answer(&outcome),
                    }),
                )?,
            }
        }
    }
    match args.format {
        Format::Text if not_compiled == 0 => writeln!(out, "{passed} passed, {failed} failed")?,
        Format::Text => writeln!(
            out,
            "{passed} passed, {failed} failed, {} not compiled",
            counted(not_compiled, "policy", "policies")
        )?,
        Format::Json => write_json(&mut out, &Counts { passed, failed, not_compiled })?,
    }
    out.flush()?;
    // Otherwise a misspelt filter would look like success.
    let unmatched = args.filter.as_ref().filter(|_| passed + failed == 0 && not_compiled < args.files.len());
    if let Some(filter) = unmatched {
        render::failure(&format!("no test title contains `{filter}`"));
    }
    Ok(u8::from(not_compiled > 0 || failed > 0 || unmatched.is_some()))
}

/// The last line of the JSON output.
#[derive(Serialize)]
struct Counts {
    passed: usize,
    failed: usize,
    #[serde(skip_serializing_if = "is_zero")]
    not_compiled: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn answer(outcome: &Outcome) -> serde_json::Value {
    match &outcome.answer {
        Ok(decision) => serde_json::json!(decision),
        Err(error) => serde_json::json!(Failure { error }),
    }
}

/// Prints a failed test: its expectations, the actual decision and its reasons.
fn failure(out: &mut impl Write, title: &str, location: &str, outcome: &Outcome) -> io::Result<()> {
    writeln!(out, "{} {title}", render::coloured("FAILED", AnsiColor::Red))?;
    writeln!(out, "  at {location}")?;
    for failure in &outcome.failures {
        writeln!(out, "  {failure}")?;
    }
    match &outcome.answer {
        Ok(decision) => writeln!(out, "  came {}", summary::line(decision)),
        Err(error) => writeln!(out, "  came the error {}: {error}", error.code),
    }
}
