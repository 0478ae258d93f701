//! Diagnostics as text with the source lines that they point into, in the style of rustc.

use crate::compile::CompileError;
use crate::policy::Policy;
use crate::saved::OpenError;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use placet_core::with_sources;
use placet_syntax::{Diagnostic, Severity, Sources, Span};
use std::fmt;
use std::ops::Range;

/// The maximum length of a source line to show, in bytes. Of longer lines only the position is printed.
const MAX_LINE_BYTES: usize = 2_000;

/// Diagnostics for people: each with its message, the source lines with their labels, notes and help, as the command
/// `placet check` shows them. A blank line separates them. It formats when it is displayed.
///
/// ```
/// use placet::Policy;
///
/// let error = Policy::from_text("policy door  request { age: int }  rule adults { allow when agee >= 18 }");
/// let error = error.err().ok_or("`agee` is no attribute")?;
/// assert_eq!(
///     error.report().to_string(),
///     "\
/// error[P0304]: unknown attribute `agee`
///  --> policy:1:61
///   |
/// 1 | policy door  request { age: int }  rule adults { allow when agee >= 18 }
///   |                                                             ^^^^
///   |
///   = help: did you mean `age`?"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A build script fails with it:
///
/// ```no_run
/// use placet::Policy;
///
/// if let Err(error) = Policy::open("policies/shop.placet") {
///     eprintln!("{}", error.report());
///     std::process::exit(1);
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Report<'a> {
    content: Content<'a>,
    is_styled: bool,
}

#[derive(Debug, Clone)]
enum Content<'a> {
    Diagnostics {
        sources: &'a Sources,
        diagnostics: &'a [Diagnostic],
    },
    /// An error that isn't in a text.
    Message(String),
}

impl<'a> Report<'a> {
    /// Returns a report of diagnostics. Their spans must refer to these sources.
    ///
    /// ```
    /// use placet::{Policy, Report};
    ///
    /// let text = "policy door  request { age: int 0..150 }  rule anybody { allow when age >= 0 }";
    /// let policy = Policy::from_text(text)?;
    /// let report = Report::new(policy.sources(), policy.warnings());
    /// assert_eq!(report.to_string(), policy.report().to_string());
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn new(sources: &'a Sources, diagnostics: &'a [Diagnostic]) -> Self {
        Self { content: Content::Diagnostics { sources, diagnostics }, is_styled: false }
    }

    /// Returns the report with colours for terminals, as ANSI escape sequences. The caller decides whether they are
    /// wanted, for example with `anstream`, which removes them where they aren't.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let error = Policy::from_text("policy door  rule open { allow when open }").err().ok_or("no attribute")?;
    /// assert!(error.report().styled().to_string().contains("\u{1b}["));
    /// assert!(!error.report().to_string().contains("\u{1b}["));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn styled(self) -> Self {
        Self { is_styled: true, ..self }
    }

    /// Returns true if there is nothing to report.
    pub fn is_empty(&self) -> bool {
        matches!(self.content, Content::Diagnostics { diagnostics: [], .. })
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let renderer = if self.is_styled { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        match &self.content {
            Content::Message(message) => {
                f.write_str(&renderer.render(&[Group::with_title(Level::ERROR.primary_title(message))]))
            }
            Content::Diagnostics { sources, diagnostics } => {
                for (index, diagnostic) in diagnostics.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n\n" };
                    write!(f, "{separator}{}", renderer.render(&[group(sources, diagnostic)]))?;
                }
                Ok(())
            }
        }
    }
}

impl CompileError {
    /// Returns all diagnostics as text, with the source lines that they point into.
    pub fn report(&self) -> Report<'_> {
        Report::new(&self.sources, &self.diagnostics)
    }
}

impl OpenError {
    /// Returns the error as text: the diagnostics of a policy that doesn't compile with their source lines, or the
    /// reason why the file can't be read or loaded.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let error = Policy::open("src").err().ok_or("`src` is a folder")?;
    /// assert_eq!(
    ///     error.report().to_string(),
    ///     "error: `src` can't be read: it is a folder, not a regular file"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn report(&self) -> Report<'_> {
        match self {
            OpenError::Compile(error) => error.report(),
            other => Report { content: Content::Message(with_sources(other)), is_styled: false },
        }
    }
}

impl Policy {
    /// Returns the [warnings](Policy::warnings) of the compilation as text, with the source lines that they point into.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let text = "policy door  request { age: int 0..150 }  rule anybody { allow when age >= 0 }";
    /// let policy = Policy::from_text(text)?;
    /// assert!(policy.report().to_string().starts_with("warning["));
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn report(&self) -> Report<'_> {
        Report::new(self.sources(), self.warnings())
    }
}

/// Returns a diagnostic as the renderer takes it.
fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Group<'a> {
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
    group
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
