//! Diagnostics: as text in the style of rustc, and as JSON.

use crate::args::Format;
use crate::command::write_json;
use anstyle::{AnsiColor, Effects, Style};
use placet::{CompileError, Diagnostic, Report, Severity, Sources};
use std::io::{self, Write};

/// Formats text in bold.
pub(crate) fn emphasis(text: &str) -> String {
    styled(text, Style::new().effects(Effects::BOLD))
}

/// Formats text in a colour.
pub(crate) fn coloured(text: &str, colour: AnsiColor) -> String {
    styled(text, colour.on_default().effects(Effects::BOLD))
}

fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// Prints an error to standard error.
pub(crate) fn failure(message: &str) {
    // If standard error can't be written, the exit status still reports the failure.
    let _ = writeln!(anstream::stderr(), "{}: {message}", coloured("error", AnsiColor::Red));
}

/// Prints a warning to standard error.
pub(crate) fn warning(message: &str) {
    // A warning that can't be written changes no result.
    let _ = writeln!(anstream::stderr(), "{}: {message}", coloured("warning", AnsiColor::Yellow));
}

/// Prints a note to standard error.
pub(crate) fn note(message: &str) {
    // A note that can't be written changes no result.
    let _ = writeln!(anstream::stderr(), "{}: {message}", coloured("note", AnsiColor::Cyan));
}

/// Writes diagnostics: text to standard error, JSON with one diagnostic per line to `out`.
pub(crate) fn report(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    format: Format,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        Format::Text if diagnostics.is_empty() => Ok(()),
        // `anstream` removes the colours if the stream is not a terminal.
        Format::Text => {
            writeln!(anstream::stderr().lock(), "{}\n", Report::new(sources, diagnostics).styled())
        }
        Format::Json => {
            diagnostics.iter().try_for_each(|diagnostic| write_json(out, &json(sources, diagnostic)))
        }
    }
}

/// Writes the diagnostics of a policy that does not compile.
pub(crate) fn compile_error(error: &CompileError, format: Format, out: &mut impl Write) -> io::Result<()> {
    report(&error.sources, &error.diagnostics, format, out)
}

/// Converts a diagnostic to JSON.
pub(crate) fn json(sources: &Sources, diagnostic: &Diagnostic) -> serde_json::Value {
    let labels: Vec<serde_json::Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let (line, column) = sources.position(label.span);
            serde_json::json!({
                "file": sources.name(label.span.file),
                "line": line,
                "column": column,
                "start": label.span.start,
                "end": label.span.end,
                "text": label.text,
            })
        })
        .collect();
    serde_json::json!({
        "code": diagnostic.code.as_str(),
        "severity": match diagnostic.severity {
            Severity::Warning => "warning",
            _ => "error",
        },
        "message": diagnostic.message,
        "labels": labels,
        "help": diagnostic.help,
        "notes": diagnostic.notes,
    })
}
