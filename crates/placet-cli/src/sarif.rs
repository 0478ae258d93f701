//! Diagnostics in SARIF 2.1.0, the format of code review.

use placet::{Code, Diagnostic, Severity, Sources};
use placet_syntax::Span;
use serde::Serialize;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A document with one run of the tool.
#[derive(Debug, Serialize)]
pub(crate) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// Columns count characters, as in the other formats.
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

/// A code.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

/// A diagnostic, which SARIF calls a result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    rule_id: &'static str,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// Lines and columns from 1; the end column is the one after the last.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

impl Log {
    pub(crate) fn new(results: Vec<Finding>) -> Self {
        let rules = Code::ALL.iter().map(|code| Rule {
            id: code.as_str(),
            short_description: Message { text: code.meaning().to_owned() },
            default_configuration: Configuration { level: level(code.severity()) },
        });
        let driver = Driver { name: "placet", version: env!("CARGO_PKG_VERSION"), rules: rules.collect() };
        let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
        Self { schema: SCHEMA, version: "2.1.0", runs: [run] }
    }
}

impl Finding {
    pub(crate) fn new(sources: &Sources, diagnostic: &Diagnostic) -> Self {
        let mut text = diagnostic.message.clone();
        let first = diagnostic.labels.first();
        for more in
            first.map(|label| &label.text).into_iter().chain(&diagnostic.notes).chain(&diagnostic.help)
        {
            if !more.is_empty() {
                text.push_str("; ");
                text.push_str(more);
            }
        }
        let mut locations = diagnostic.labels.iter().enumerate().map(|(index, label)| {
            let message = (index > 0 && !label.text.is_empty()).then(|| Message { text: label.text.clone() });
            Location { physical_location: physical(sources, label.span), message }
        });
        Self {
            rule_id: diagnostic.code.as_str(),
            level: level(diagnostic.severity),
            message: Message { text },
            locations: locations.next().into_iter().collect(),
            related_locations: locations.collect(),
        }
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        _ => "error",
    }
}

fn physical(sources: &Sources, span: Span) -> PhysicalLocation {
    let (start_line, start_column) = sources.position(span);
    let (end_line, end_column) = sources.position(Span { start: span.end, ..span });
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: uri(sources.name(span.file)) },
        region: Region { start_line, start_column, end_line, end_column },
    }
}

/// Returns a path as a URI reference: with `/` between folders, and `%XX` for all but letters, digits and `-._~/`.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace(std::path::MAIN_SEPARATOR, "/").bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' | b'/' => out.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => out.push(byte.into()),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
