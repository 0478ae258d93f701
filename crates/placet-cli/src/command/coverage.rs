//! The parts of `placet test` that judge the tests: coverage, edits that no test notices, LCOV.

use super::write_json;
use crate::args::Format;
use crate::render::emphasis;
use placet::{CoverageKind, CoveragePoint, MutationReport};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The kinds of parts, with their words for one and for several.
pub(crate) const KINDS: [(CoverageKind, &str, &str); 6] = [
    (CoverageKind::Rule, "rule", "rules"),
    (CoverageKind::Exception, "exception", "exceptions"),
    (CoverageKind::Clause, "clause", "clauses"),
    (CoverageKind::Boundary, "values", "sides of boundaries"),
    (CoverageKind::Present, "given", "attributes given"),
    (CoverageKind::Missing, "missing", "attributes missing"),
];

/// Reports what tests exercise: the counts, and the parts that no test exercises.
pub(super) fn report(format: Format, out: &mut impl Write, points: &[CoveragePoint]) -> io::Result<()> {
    if format == Format::Json {
        return write_json(out, &serde_json::json!({ "coverage": points }));
    }
    writeln!(out, "{}", emphasis("Coverage"))?;
    for (kind, one, several) in KINDS {
        let of_kind: Vec<&CoveragePoint> = points.iter().filter(|point| point.kind == kind).collect();
        let exercised = of_kind.iter().filter(|point| point.tests > 0).count();
        if of_kind.is_empty() {
            continue;
        }
        writeln!(out, "  {exercised} of {} {several}", of_kind.len())?;
        for point in of_kind.iter().filter(|point| point.tests == 0) {
            let location = point.location.as_ref().map_or(String::new(), |location| format!("  {location}"));
            writeln!(out, "    no test: {one} {}{location}", point.name)?;
        }
    }
    Ok(())
}

/// Reports the edits that no test notices.
pub(super) fn mutants(
    format: Format,
    out: &mut impl Write,
    report: Option<&MutationReport>,
) -> io::Result<()> {
    if format == Format::Json {
        return write_json(out, &serde_json::json!({ "mutants": report }));
    }
    writeln!(out, "{}", emphasis("Edits"))?;
    let Some(report) = report else {
        return writeln!(out, "  the policy is too large to compare its edits");
    };
    let matter = report.noticed + report.survivors.len();
    writeln!(out, "  tests notice {} of {matter} edits that change some answer", report.noticed)?;
    writeln!(out, "  {} more change no answer", report.equivalent)?;
    if report.unknown > 0 {
        writeln!(out, "  {} more may: the search ended at its limit", report.unknown)?;
    }
    for edit in &report.survivors {
        writeln!(out, "    no test notices: {}  {}", edit.words, edit.location)?;
        write!(out, "      ")?;
        write_json(out, &edit.request)?;
    }
    Ok(())
}

/// Writes the lines of rules and exceptions with the number of tests that exercise them, as LCOV.
pub(super) fn lcov(out: &mut impl Write, points: &[CoveragePoint]) -> io::Result<()> {
    let mut files: BTreeMap<&str, BTreeMap<u32, usize>> = BTreeMap::new();
    for (location, tests) in points.iter().filter_map(|point| Some((point.location.as_ref()?, point.tests))) {
        // The rows of a table share the lines of its exceptions: a line is exercised if any of them is.
        let line = files.entry(&location.file).or_default().entry(location.line).or_default();
        *line = (*line).max(tests);
    }
    for (file, lines) in files {
        writeln!(out, "SF:{file}")?;
        for (line, tests) in lines {
            writeln!(out, "DA:{line},{tests}")?;
        }
        writeln!(out, "end_of_record")?;
    }
    Ok(())
}
