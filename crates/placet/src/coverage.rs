//! The parts and edits of a policy that its tests exercise and notice.

use crate::analysis::{facts, shown};
use crate::query::can_be_written as value_can_be_written;
use placet_analysis::coverage::Mutant;
use placet_model::Model;
use placet_model::decision::Decision;
use placet_model::input::Fact;
use placet_model::request::{AttributeInput, Request};
use placet_model::types::Type;
use placet_model::value::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use placet_analysis::coverage::{Kind as CoverageKind, Point as CoveragePoint};

/// The edits of a policy that its tests notice, and those that they don't.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MutationReport {
    /// The number of edits that were made.
    pub edits: usize,
    /// The number of them that change no answer. They don't count.
    pub equivalent: usize,
    /// The number of them of which it isn't known whether they change an answer, or whether a test notices it.
    pub unknown: usize,
    /// The number of the others that a test notices.
    pub noticed: usize,
    /// The edits that change some answer and that no test notices.
    pub survivors: Vec<SurvivingEdit>,
    /// Tests in the policy language that expect today's answers, and that would notice the surviving edits, except those
    /// that only a duration finer than a second tells, for which the language has no literal.
    pub suggestions: String,
}

/// An edit that changes some answer and that no test notices.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SurvivingEdit {
    /// The edit in words.
    #[serde(rename = "edit")]
    pub words: String,
    /// The file and line of the edited part.
    #[serde(rename = "place")]
    pub location: String,
    /// A request that the edited policy answers differently: serialized, the JSON of a request.
    pub request: BTreeMap<Arc<str>, Fact>,
}

pub(crate) fn mutants(model: &Model) -> Option<MutationReport> {
    let found = placet_analysis::coverage::mutants(model)?;
    let survivors = found.survivors.iter().map(|mutant| SurvivingEdit {
        words: mutant.words.clone(),
        location: mutant.location.to_string(),
        request: facts(model, &mutant.request),
    });
    let written = found.suggestions.iter().filter(|(request, ..)| can_be_written(model, request));
    let tests = written.map(|(request, answer, noticed)| {
        let first = noticed.first().and_then(|at| found.survivors.get(*at));
        test(model, request, answer, first, noticed.len())
    });
    Some(MutationReport {
        edits: found.edits,
        equivalent: found.equivalent,
        unknown: found.unknown,
        noticed: found.noticed,
        survivors: survivors.collect(),
        suggestions: tests.collect(),
    })
}

/// Returns true if the policy language has a literal for each value of a request.
fn can_be_written(model: &Model, request: &Request) -> bool {
    model.attribute_ids().all(|(id, _)| match request.get(id) {
        Some(AttributeInput::Value(value)) => value_can_be_written(value),
        _ => true,
    })
}

/// Writes a test that expects an answer, titled by an edit that it notices.
fn test(
    model: &Model,
    request: &Request,
    answer: &Decision,
    first: Option<&Mutant>,
    noticed: usize,
) -> String {
    let edit = first.map_or("", |mutant| &mutant.words);
    let more = if noticed > 1 { format!(" and {} more", noticed - 1) } else { String::new() };
    let title = Value::String(format!("notices {edit}{more}").into()).display(&Type::String);
    // Without `only`, a further rule would go unnoticed.
    let by = match answer.rules.as_slice() {
        [] => "default".to_owned(),
        rules => format!("only {}", rules.join(", ")),
    };
    let (given, effect) = (shown(model, request), answer.effect);
    format!("\ntest {title} {{\n  given {{ {given} }}\n  expect {effect} by {by}\n}}\n")
}
