//! Diagnostics and changes in SARIF 2.1.0, the format of code review.

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
    automation_details: AutomationDetails,
    /// Columns count characters, as in the other formats.
    column_kind: &'static str,
    results: Vec<Finding>,
}

/// The category of a run. Code review replaces an earlier run of the same category, and refuses two at once.
#[derive(Debug, Serialize)]
struct AutomationDetails {
    id: String,
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

/// A kind of finding: the code of a diagnostic, or a kind of change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    id: &'static str,
    short_description: ConstMessage,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: Level,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warning,
    Note,
}

#[derive(Debug, Serialize)]
struct ConstMessage {
    text: &'static str,
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

/// A finding, which SARIF calls a result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    rule_id: &'static str,
    level: Level,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

/// The location of a finding that isn't a diagnostic.
#[derive(Debug)]
pub(crate) struct SourceLocation(PhysicalLocation);

impl SourceLocation {
    pub(crate) fn new(file: &str, line: usize, column: Option<usize>) -> Self {
        let region = Region { start_line: line, start_column: column, end_line: None, end_column: None };
        Self(PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(file) }, region })
    }

    /// Returns the beginning of a file.
    pub(crate) fn file(file: &str) -> Self {
        Self::new(file, 1, None)
    }
}

impl Log {
    /// Creates a document with one run. `category` tells it from other runs for one commit.
    pub(crate) fn new(rules: Vec<Rule>, results: Vec<Finding>, category: &str) -> Self {
        let driver = Driver { name: "placet", version: env!("CARGO_PKG_VERSION"), rules };
        let automation_details = AutomationDetails { id: category.to_owned() };
        let tool = Tool { driver };
        let run = Run { tool, automation_details, column_kind: "unicodeCodePoints", results };
        Self { schema: SCHEMA, version: "2.1.0", runs: [run] }
    }

    /// Creates a document of diagnostics.
    pub(crate) fn of_diagnostics(results: Vec<Finding>) -> Self {
        let rule = |code: &Code| Rule::new(code.as_str(), code.meaning(), level(code.severity()));
        Self::new(Code::ALL.iter().map(rule).collect(), results, "placet/check/")
    }
}

impl Rule {
    pub(crate) const fn new(id: &'static str, meaning: &'static str, level: Level) -> Self {
        let short_description = ConstMessage { text: meaning };
        Self { id, short_description, default_configuration: Configuration { level } }
    }

    /// Returns a finding of this kind at the first of some places; the others are related to it.
    pub(crate) fn finding(&self, text: String, places: Vec<SourceLocation>) -> Finding {
        let location = |place: SourceLocation| Location { physical_location: place.0, message: None };
        let mut locations = places.into_iter().map(location);
        Finding {
            rule_id: self.id,
            level: self.default_configuration.level,
            message: Message { text },
            locations: locations.next().into_iter().collect(),
            related_locations: locations.collect(),
        }
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

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Warning => Level::Warning,
        _ => Level::Error,
    }
}

fn physical(sources: &Sources, span: Span) -> PhysicalLocation {
    let (start_line, start_column) = sources.position(span);
    let (end_line, end_column) = sources.position(Span { start: span.end, ..span });
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: uri(sources.name(span.file)) },
        region: Region {
            start_line,
            start_column: Some(start_column),
            end_line: Some(end_line),
            end_column: Some(end_column),
        },
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
