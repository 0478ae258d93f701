//! Diagnostics: as text in the style of rustc, and as JSON.

use crate::args::Format;
use crate::command::write_json;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstyle::{AnsiColor, Effects, Style};
use placet::{CompileError, Diagnostic, Severity, Sources, Span};
use std::io::{self, Write};
use std::ops::Range;

/// The maximum length of a source line to show, in bytes. Of longer lines only the position is printed.
const MAX_LINE_BYTES: usize = 2_000;

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

/// Writes diagnostics: text to standard error, JSON with one diagnostic per line to `out`.
pub(crate) fn report(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    format: Format,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        Format::Text => {
            let mut people = anstream::stderr().lock();
            diagnostics.iter().try_for_each(|diagnostic| writeln!(people, "{}\n", text(sources, diagnostic)))
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

/// Formats a diagnostic with colours. `anstream` removes them if the stream is not a terminal.
pub(crate) fn text(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Warning => Level::WARNING,
        _ => Level::ERROR,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(diagnostic.code.as_str()));
    for (window, annotations) in windows(sources, diagnostic) {
        let source = sources.text(window.span.file);
        let name = sources.name(window.span.file);
        // An empty file has no line to show.
        if source.is_empty() {
            group = group.element(Origin::path(name));
            continue;
        }
        match source
            .get(window.bytes.clone())
            .filter(|text| text.lines().all(|line| line.len() <= MAX_LINE_BYTES))
        {
            Some(text) => {
                let snippet = Snippet::source(text).path(name).line_start(window.first_line);
                group = group.element(snippet.annotations(annotations));
            }
            None => {
                let (line, column) = sources.position(window.span);
                group = group.element(Origin::path(name).line(line).char_column(column));
            }
        }
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::styled().decor_style(DecorStyle::Ascii).render(&[group])
}

/// The source lines around some labels.
struct Window {
    span: Span,
    bytes: Range<usize>,
    first_line: usize,
}

/// A label: its bytes, its text, and whether it is the primary one.
type Mark<'a> = (Range<usize>, &'a str, bool);

/// Groups the labels into windows of source lines. Labels that are near each other share a window.
fn windows<'a>(sources: &Sources, diagnostic: &'a Diagnostic) -> Vec<(Window, Vec<Annotation<'a>>)> {
    /// The maximum distance of labels in one window, in bytes.
    const NEAR: usize = 2_000;
    let mut out: Vec<(Window, Vec<Mark<'a>>)> = Vec::new();
    for (at, label) in diagnostic.labels.iter().enumerate() {
        let range = label.span.range();
        let lines = lines_around(sources.text(label.span.file), &range);
        let mark = (range, label.text.as_str(), at == 0);
        let near = out.iter_mut().find(|(window, _)| {
            window.span.file == label.span.file
                && lines.start <= window.bytes.end + NEAR
                && window.bytes.start <= lines.end + NEAR
        });
        match near {
            Some((window, marks)) => {
                window.bytes = window.bytes.start.min(lines.start)..window.bytes.end.max(lines.end);
                marks.push(mark);
            }
            None => out.push((Window { span: label.span, bytes: lines, first_line: 1 }, vec![mark])),
        }
    }
    out.into_iter()
        .map(|(mut window, marks)| {
            let before = sources.text(window.span.file).get(..window.bytes.start).unwrap_or_default();
            window.first_line = before.matches('\n').count() + 1;
            let offset = window.bytes.start;
            let annotations = marks
                .into_iter()
                .map(|(range, text, primary)| {
                    let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                    let annotation = kind.span(range.start - offset..range.end.max(range.start) - offset);
                    if text.is_empty() { annotation } else { annotation.label(text) }
                })
                .collect();
            (window, annotations)
        })
        .collect()
}

/// Returns the byte range of the lines that contain a range.
fn lines_around(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let after = text.get(range.end..).unwrap_or_default();
    let end = range.end + after.find('\n').unwrap_or(after.len());
    let end = end.min(text.len()).max(start);
    // Exclude the `\r` of a two-byte line ending.
    let without = text.get(start..end).map_or(end, |line| start + line.trim_end_matches('\r').len());
    start..without.max(range.end)
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
