//! `placet test`.

use super::{Failure, coverage, write_file, write_json};
use crate::args::{CoverageForm, Format, Test};
use crate::{render, summary};
use anstyle::AnsiColor;
use placet::__private::compile_draft;
use placet::{Limits, Location, Outcome, ProofDeclaration, ProofOutcome, TestDeclaration};
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};

pub(crate) fn run(args: &Test) -> io::Result<u8> {
    let mut counts = Counts::default();
    let mut is_matched = args.filter.is_none();
    let mut suggestions = String::new();
    #[cfg(feature = "junit")]
    let mut junit = super::junit::Junit::new();
    let is_lcov = args.coverage == Some(CoverageForm::Lcov);
    let mut out = anstream::stdout().lock();
    for file in &args.files {
        let draft = match compile_draft(file, &Limits::default()) {
            Ok(draft) => draft,
            Err(error) => {
                render::compile_error(&error, args.format, &mut out)?;
                #[cfg(feature = "junit")]
                junit.add_not_compiled(&file.display().to_string(), &error.to_string());
                counts.not_compiled += 1;
                continue;
            }
        };
        let matches = |name: &str| args.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
        for (test, outcome) in draft.run_tests().filter(|(test, _)| matches(test.title())) {
            is_matched = true;
            counts.add(outcome.passed());
            if !is_lcov {
                report_test(args.format, &mut out, &test, &outcome)?;
            }
        }
        for (proof, outcome) in draft.run_proofs().filter(|(proof, _)| matches(proof.name())) {
            is_matched = true;
            // A proof that holds isn't a test; one that doesn't fails the run like a test.
            if !outcome.passed() {
                counts.add(false);
                if !is_lcov {
                    report_proof(args.format, &mut out, &proof, &outcome)?;
                }
            }
        }
        #[cfg(feature = "junit")]
        if args.junit.is_some() {
            junit.add(&file.display().to_string(), &draft, matches);
        }
        match args.coverage {
            Some(CoverageForm::List) => coverage::report(args.format, &mut out, &draft.coverage())?,
            Some(CoverageForm::Lcov) => coverage::lcov(&mut out, &draft.coverage())?,
            None => {}
        }
        if args.mutants || args.suggest.is_some() {
            let report = draft.mutants();
            if args.mutants && !is_lcov {
                coverage::mutants(args.format, &mut out, report.as_ref())?;
            }
            suggestions.extend(report.map(|report| report.suggestions));
        }
    }
    if let Some(file) = &args.suggest {
        write_file(file, suggestions.trim_start().as_bytes())?;
    }
    #[cfg(feature = "junit")]
    if let Some(file) = &args.junit {
        write_file(file, junit.xml()?.as_bytes())?;
    }
    match args.format {
        _ if is_lcov => {}
        Format::Text => writeln!(out, "{counts}")?,
        Format::Json => write_json(&mut out, &counts)?,
    }
    out.flush()?;
    // Otherwise a misspelt filter would look like success.
    let unmatched = args.filter.as_ref().filter(|_| !is_matched && counts.not_compiled < args.files.len());
    if let Some(filter) = unmatched {
        render::failure(&format!("no test title contains `{filter}`"));
    }
    Ok(u8::from(counts.not_compiled > 0 || counts.failed > 0 || unmatched.is_some()))
}

/// The last line of the output.
#[derive(Default, Serialize)]
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

impl Counts {
    fn add(&mut self, passed: bool) {
        *(if passed { &mut self.passed } else { &mut self.failed }) += 1;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.not_compiled {
            0 => Ok(()),
            1 => f.write_str(", 1 policy not compiled"),
            count => write!(f, ", {count} policies not compiled"),
        }
    }
}

fn report_test(
    format: Format,
    out: &mut impl Write,
    test: &TestDeclaration<'_>,
    outcome: &Outcome,
) -> io::Result<()> {
    let location = line_of(test.location());
    match format {
        Format::Text if outcome.passed() => Ok(()),
        Format::Text => failure(out, test.title(), &location, outcome),
        Format::Json => write_json(
            out,
            &serde_json::json!({
                "title": test.title(),
                "place": location,
                "passed": outcome.passed(),
                "failures": outcome.failures,
                "answer": answer(outcome),
            }),
        ),
    }
}

/// Reports a proof that doesn't hold. Its counterexample is a line of its own, which `placet explain` reads.
fn report_proof(
    format: Format,
    out: &mut impl Write,
    proof: &ProofDeclaration<'_>,
    outcome: &ProofOutcome,
) -> io::Result<()> {
    let location = line_of(proof.location());
    if format == Format::Json {
        return write_json(
            out,
            &serde_json::json!({
                "proof": proof.name(),
                "place": location,
                "passed": outcome.passed(),
                "failures": outcome.failures,
                "verdict": outcome.verdict,
                "counterexample": outcome.counterexample,
                "rules": outcome.rules,
            }),
        );
    }
    writeln!(out, "{} prove {}", render::coloured("FAILED", AnsiColor::Red), proof.name())?;
    writeln!(out, "  at {location}")?;
    for failure in &outcome.failures {
        writeln!(out, "  {failure}")?;
    }
    if let Some(counterexample) = &outcome.counterexample {
        write!(out, "  ")?;
        write_json(out, counterexample)?;
    }
    Ok(())
}

pub(super) fn line_of(location: Location<'_>) -> String {
    format!("{}:{}", location.file(), location.line())
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
