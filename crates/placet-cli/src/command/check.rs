//! `placet check`.

use super::{counted, lock, write_json};
use crate::args::{Check, CheckFormat, Format};
use crate::render;
use crate::sarif;
use placet::__private::compile_file;
use placet::{Diagnostic, Limits, Policy, Sources};
use std::io::{self, Write};
use std::path::Path;

pub(crate) fn run(args: &Check) -> io::Result<u8> {
    let mut failed = false;
    let mut results = Vec::new();
    for file in &args.files {
        match compile_file(file, &Limits::default()) {
            Ok(policy) => {
                let findings = policy.analyze();
                failed |= args.deny_warnings && !(policy.warnings().is_empty() && findings.is_empty());
                report(args, policy.sources(), policy.warnings(), &mut results)?;
                report(args, policy.sources(), &findings, &mut results)?;
                match lock::verify(file, &policy, args.source.as_deref()) {
                    Ok(changes) => {
                        failed |= !changes.is_empty();
                        report(args, policy.sources(), &changes, &mut results)?;
                    }
                    Err(error) => {
                        failed = true;
                        render::failure(&error.to_string());
                    }
                }
                match args.format {
                    CheckFormat::Text if args.verbose => describe(Format::Text, file, &policy)?,
                    CheckFormat::Json if args.verbose => describe(Format::Json, file, &policy)?,
                    _ => {}
                }
            }
            Err(error) => {
                failed = true;
                report(args, &error.sources, &error.diagnostics, &mut results)?;
            }
        }
    }
    if args.format == CheckFormat::Sarif {
        write_json(&mut io::stdout().lock(), &sarif::Log::of_diagnostics(results))?;
    }
    Ok(u8::from(failed))
}

/// Writes diagnostics, or keeps them for the document that is written at the end.
fn report(
    args: &Check,
    sources: &Sources,
    diagnostics: &[Diagnostic],
    results: &mut Vec<sarif::Finding>,
) -> io::Result<()> {
    let format = match args.format {
        CheckFormat::Text => Format::Text,
        CheckFormat::Json => Format::Json,
        CheckFormat::Sarif => {
            results.extend(diagnostics.iter().map(|diagnostic| sarif::Finding::new(sources, diagnostic)));
            return Ok(());
        }
    };
    render::report(sources, diagnostics, format, &mut io::stdout().lock())
}

/// Describes how a policy is evaluated, and the classes of each variable.
fn describe(format: Format, file: &Path, policy: &Policy) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let (strategy, variables) = (policy.strategy(), policy.distinctions());
    let (rules, proofs, tests) = (policy.rules().len(), policy.proofs().len(), policy.tests().len());
    if format == Format::Json {
        let object = serde_json::json!({
            "file": file.display().to_string(),
            "policy": policy.name(),
            "version": policy.version(),
            "rules": rules,
            "proofs": proofs,
            "tests": tests,
            "strategy": strategy,
            "variables": variables,
        });
        return write_json(&mut out, &object);
    }
    writeln!(out, "{}: {}", file.display(), render::emphasis(policy.name()))?;
    writeln!(out, "  {}, {}, {}", counted(rules, "rule"), counted(proofs, "proof"), counted(tests, "test"))?;
    writeln!(out, "  evaluator: {} ({})", strategy.evaluator, strategy.reason)?;
    writeln!(
        out,
        "  diagram: {} nodes, {} bytes, at most {} lookups per decision; {} bytes of masks, {} of bitmaps",
        strategy.nodes, strategy.bytes, strategy.depth, strategy.mask_bytes, strategy.bitmap_bytes
    )?;
    writeln!(out, "  {} variables, {} classes", strategy.variables, strategy.classes)?;
    for variable in &variables {
        writeln!(out, "    {}  {}", variable.name, cut(&variable.classes))?;
    }
    out.flush()
}

/// Formats classes on one line, with long lists cut.
fn cut(classes: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<&str> = classes.iter().take(SHOWN).map(String::as_str).collect();
    let more = classes.len().saturating_sub(SHOWN);
    let rest = format!("… {more} more");
    if more > 0 {
        shown.push(&rest);
    }
    shown.join(" | ")
}
