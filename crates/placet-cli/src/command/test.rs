//! `placet test`.

use super::{Refusal, write_json};
use crate::args::{Format, Test};
use crate::{render, summary};
use anstyle::AnsiColor;
use placet::{Outcome, Policy};
use std::io::{self, Write};

pub(crate) fn run(args: &Test) -> io::Result<u8> {
    let (mut passed, mut failed) = (0_usize, 0_usize);
    let mut broken = false;
    let mut out = anstream::stdout().lock();
    for file in &args.files {
        let policy = match Policy::from_path(file) {
            Ok(policy) => policy,
            Err(error) => {
                render::compile_error(&error, args.format, &mut out)?;
                broken = true;
                continue;
            }
        };
        for (test, outcome) in policy.run_tests() {
            if args.filter.as_ref().is_some_and(|filter| !test.title.contains(filter.as_str())) {
                continue;
            }
            if outcome.passed() {
                passed += 1;
            } else {
                failed += 1;
            }
            let (line, _) = policy.sources().position(test.span);
            let place = format!("{}:{line}", policy.sources().name(test.span.file));
            match args.format {
                Format::Text if outcome.passed() => {}
                Format::Text => failure(&mut out, &test.title, &place, &outcome)?,
                Format::Json => write_json(
                    &mut out,
                    &serde_json::json!({
                        "title": test.title,
                        "place": place,
                        "passed": outcome.passed(),
                        "failures": outcome.failures,
                        "answer": answer(&outcome),
                    }),
                )?,
            }
        }
    }
    match args.format {
        Format::Text => writeln!(out, "{passed} passed, {failed} failed")?,
        Format::Json => write_json(&mut out, &serde_json::json!({ "passed": passed, "failed": failed }))?,
    }
    out.flush()?;
    Ok(u8::from(broken || failed > 0))
}

fn answer(outcome: &Outcome) -> serde_json::Value {
    match &outcome.answer {
        Ok(decision) => serde_json::json!(decision),
        Err(error) => serde_json::json!(Refusal { error }),
    }
}

/// What was expected, what came, and why.
fn failure(out: &mut impl Write, title: &str, place: &str, outcome: &Outcome) -> io::Result<()> {
    writeln!(out, "{} {title}", render::coloured("FAILED", AnsiColor::Red))?;
    writeln!(out, "  at {place}")?;
    for failure in &outcome.failures {
        writeln!(out, "  {failure}")?;
    }
    match &outcome.answer {
        Ok(decision) => writeln!(out, "  came {}", summary::line(decision)),
        Err(error) => writeln!(out, "  came the error {}: {error}", error.code),
    }
}
