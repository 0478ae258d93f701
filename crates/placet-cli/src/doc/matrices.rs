//! The matrices of a page: the answers for all values of two attributes, starting from a request that is allowed.

use super::markdown::{Markdown, code, text};
use placet::query::{Matrix, MatrixCell};
use placet::{Effect, Fact, Policy};
use placet_model::policy::Model;
use placet_model::request::{AttributeInput, Request};
use placet_model::testing::Test;
use placet_model::types::{Attribute, AttributeId, Members, Presence, Type, Universe};
use placet_model::value::Value;
use placet_model::words;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The number of attributes that matrices combine.
const MAX_ATTRIBUTES: usize = 5;
/// The number of matrices.
const MAX_MATRICES: usize = 4;
/// The number of requests that a matrix may start from.
const MAX_BASES: usize = 12;
/// The size of the largest matrix that is shown.
const MAX_ROWS: usize = 60;
const MAX_COLUMNS: usize = 14;

/// Writes the matrices of pairs of the attributes that most rules read, taxonomies first.
pub(crate) fn write(out: &mut Markdown, policy: &Policy, model: &Model) {
    let allowed = allowed(policy, model);
    let ranked = ranked(model);
    let mut pairs: Vec<(usize, Reverse<usize>, [AttributeId; 2])> = Vec::new();
    for (index, one) in ranked.iter().enumerate() {
        for (other_index, other) in ranked.iter().enumerate().skip(index + 1) {
            pairs.push((index + other_index, Reverse(index), [*one, *other]));
        }
    }
    pairs.sort_unstable();
    let found: Vec<Found<'_>> = pairs
        .into_iter()
        .filter_map(|(.., pair)| best(policy, model, &allowed, pair))
        .take(MAX_MATRICES)
        .collect();
    if found.is_empty() {
        out.paragraph("No two attributes with listed values tell more than the rules.");
    }
    for Found { pair, base, matrix } in found {
        out.heading(3, &format!("Matrix {} by {}", matrix.row_attribute, matrix.column_attribute));
        match base {
            Some((test, request)) => {
                let shown: Vec<String> = values(model, request, pair)
                    .map(|(attribute, value)| {
                        let value = words::value(value, &attribute.kind);
                        format!("{} is {}", code(&attribute.name), code(&value))
                    })
                    .collect();
                out.paragraph(&format!(
                    "Everything else is as in the test “{}”: {}.",
                    text(&test.title),
                    shown.join(", ")
                ));
            }
            None => out.paragraph("Everything else is unknown."),
        }
        write_matrix(out, &matrix);
    }
}

/// A matrix that tells something, with the request that it starts from.
struct Found<'m> {
    pair: [AttributeId; 2],
    base: Option<Base<'m>>,
    matrix: Matrix,
}

/// A test with its request.
type Base<'m> = (&'m Test, &'m Request);

/// Returns the names of an attribute's values, or of their members.
fn universe(model: &Model, id: AttributeId) -> Option<&Universe> {
    match &model.attribute(id)?.kind {
        Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => Some(universe),
        _ => None,
    }
}

/// Returns the attributes with listed values that most rules read: taxonomies first, then enums, then truth values.
fn ranked(model: &Model) -> Vec<AttributeId> {
    let mut counts: BTreeMap<AttributeId, usize> = BTreeMap::new();
    for rule in &model.rules {
        let atoms = model.conditions.leaves([rule.fires]);
        let read: BTreeSet<AttributeId> = atoms.flat_map(|atom| atom.attributes()).collect();
        read.into_iter().for_each(|id| *counts.entry(id).or_default() += 1);
    }
    let rank = |id: AttributeId| match universe(model, id) {
        Some(Universe::Taxonomy(_)) => Some(0),
        Some(Universe::Enum(_)) => Some(1),
        None => {
            let is_declared = |attribute: &&Attribute| attribute.companion_of.is_none();
            let attribute = model.attribute(id).filter(is_declared)?;
            (attribute.kind == Type::Bool).then_some(2)
        }
    };
    let mut all: Vec<(u8, Reverse<usize>, AttributeId)> =
        counts.into_iter().filter_map(|(id, count)| Some((rank(id)?, Reverse(count), id))).collect();
    all.sort_unstable();
    all.into_iter().map(|(.., id)| id).take(MAX_ATTRIBUTES).collect()
}

/// Returns the tests whose requests are allowed and hold plain values.
fn allowed<'m>(policy: &Policy, model: &'m Model) -> Vec<Base<'m>> {
    let all = model.tests.iter().zip(policy.run_tests()).filter_map(|(test, (_, outcome))| {
        let request = test.request.as_ref().ok()?;
        let is_plain = model.declared().all(|(id, attribute)| match request.get(id) {
            None | Some(AttributeInput::Value(_)) => true,
            // Without a default, an attribute that is said to be missing is as missing as one that is left out.
            Some(_) => !matches!(attribute.presence, Presence::Default(_)),
        });
        let is_allowed = outcome.answer.is_ok_and(|decision| decision.effect == Effect::Allow);
        (is_allowed && is_plain).then_some((test, request))
    });
    all.collect()
}

/// Returns the values that a request gives for all attributes but two.
fn values<'m>(
    model: &'m Model,
    request: &'m Request,
    pair: [AttributeId; 2],
) -> impl Iterator<Item = (&'m Attribute, &'m Value)> {
    model.declared().filter(move |(id, _)| !pair.contains(id)).filter_map(|(id, attribute)| {
        match request.get(id)? {
            AttributeInput::Value(value) => Some((attribute, value)),
            _ => None,
        }
    })
}

/// Returns the matrix of two attributes that allows most, of those that start from some tests that give both. `None` if
/// it is too large, or if one of the attributes changes nothing.
fn best<'m>(
    policy: &Policy,
    model: &'m Model,
    allowed: &[Base<'m>],
    pair: [AttributeId; 2],
) -> Option<Found<'m>> {
    let mut bases: Vec<(String, Option<Base<'m>>)> = Vec::new();
    for (test, request) in allowed {
        let facts: BTreeMap<&str, Fact> = values(model, request, pair)
            .filter_map(|(attribute, value)| {
                Some((&*attribute.name, Fact::from_value(&attribute.kind, value)?))
            })
            .collect();
        let given = serde_json::to_string(&facts).ok()?;
        let gives = |id: &AttributeId| matches!(request.get(*id), Some(AttributeInput::Value(_)));
        if pair.iter().all(gives) && !bases.iter().any(|(known, _)| *known == given) {
            bases.push((given, Some((*test, *request))));
        }
    }
    if bases.is_empty() {
        bases.push(("{}".to_owned(), None));
    }
    // A sample of the whole list, since neighbouring tests are alike.
    let step = bases.len().div_ceil(MAX_BASES);
    let size = |id: AttributeId| universe(model, id).map_or(2, Universe::len);
    let [one, other] = pair;
    let [row, column] = if size(one) >= size(other) { [one, other] } else { [other, one] };
    let (row, column) = (model.attribute_name(row), model.attribute_name(column));
    let mut best: Option<(usize, Found<'m>)> = None;
    for (given, base) in bases.into_iter().step_by(step) {
        let given = policy.request_from_json(&given).ok()?;
        let matrix = policy.matrix(&given, row, column).ok()?;
        let cells = || matrix.cells.iter().flatten().flatten();
        let count = cells().filter(|cell| cell.answer.effect == Effect::Allow).count();
        let is_uniform =
            cells().all(|cell| Some(cell.answer.effect) == cells().next().map(|one| one.answer.effect));
        let columns = matrix.columns.iter().filter(|column| !column.is_open).count();
        let is_small = (2..=MAX_ROWS).contains(&matrix.rows.len()) && (2..=MAX_COLUMNS).contains(&columns);
        let is_better = best.as_ref().is_none_or(|(most, _)| *most < count);
        if is_small && is_better && matrix.complete && !is_uniform {
            best = Some((count, Found { pair, base, matrix }));
        }
    }
    best.map(|(_, found)| found)
}

fn write_matrix(out: &mut Markdown, matrix: &Matrix) {
    let shown: Vec<usize> =
        (0..).zip(&matrix.columns).filter(|(_, column)| !column.is_open).map(|(index, _)| index).collect();
    let corner = format!("{} \\ {}", code(&matrix.row_attribute), code(&matrix.column_attribute));
    let mut columns = vec![corner];
    columns.extend(shown.iter().filter_map(|index| Some(code(&matrix.columns.get(*index)?.title))));
    let rows = matrix.rows.iter().zip(&matrix.cells).map(|(row, cells)| {
        let mut line = vec![format!("{}{}", "– ".repeat(row.depth), code(&row.title))];
        line.extend(
            shown
                .iter()
                .map(|index| cells.get(*index).and_then(Option::as_ref).map_or(String::new(), answer)),
        );
        line
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.iter().flatten().any(String::is_empty) {
        out.paragraph("A category without an answer has several: those of the rows below it.");
    }
    out.table(&columns.iter().map(String::as_str).collect::<Vec<_>>(), rows);
}

fn answer(cell: &MatrixCell) -> String {
    let effect = match cell.answer.effect {
        Effect::Allow => "**allow**",
        Effect::Deny => "deny",
        Effect::Indeterminate => "*unknown*",
    };
    let due: Vec<String> = cell.answer.obligations.iter().map(|due| code(&due.name)).collect();
    match due.is_empty() {
        true => effect.to_owned(),
        false => format!("{effect}, {}", due.join(", ")),
    }
}
