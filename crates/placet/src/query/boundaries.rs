//! Tests of the boundaries between regions, as `cases` of the policy language.
//!
//! Each class of an attribute's values contributes the values at its ends: for ordered values the last one before a cut
//! and the first one at it, for others one value. Classes of sets with the same answers are one. The rows are the product
//! of these values; each expects the answer of [`Policy::decide`].

use super::QueryError;
use super::axis::{Axis, Classes, Sets};
use super::grid::Grid;
use crate::policy::Policy;
use crate::request::Request;
use placet_core::{Limits, Sources, closest, written_name, written_text};
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use placet_model::input::Fact;
use placet_model::request::AttributeInput;
use placet_model::types::{Attribute, AttributeId, Type};
use placet_model::value::Value;
use std::collections::HashMap;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The request that all rows of a table of cases extend.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum CasesGiven<'g> {
    /// A request, which the table writes out.
    Request(&'g Request),
    /// The name of an example of the policy, which the table names.
    Example(&'g str),
}

/// Tests of the boundaries between the answers for some attributes' values. [`Policy::boundary_cases`] returns them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BoundaryCases {
    /// The `cases` in the policy language, formatted. Empty without rows.
    pub source: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of further rows, beyond the limit.
    pub left_out: usize,
    /// The number of values at a boundary that the policy language can't write: durations finer than a second.
    pub unwritable: usize,
    /// True if every boundary has rows. False if rows or values are left out, or a set has too many classes of members to
    /// list all combinations.
    pub is_complete: bool,
}

/// A value of an attribute in a row.
struct Cell {
    input: AttributeInput,
    text: String,
}

impl Policy {
    /// Writes tests of the values on both sides of every boundary of some attributes, with today's answers, all else as
    /// given, or unknown: `cases` of the policy language, at most `limit` rows.
    ///
    /// ```
    /// use placet::query::CasesGiven;
    /// use placet::{Draft, Policy};
    ///
    /// let text = "
    ///     policy shop
    ///     request { age: int 0..150  consent: bool }
    ///     rule adults { allow when consent and age >= 18 }
    ///     example consented { consent: true }
    /// ";
    /// let policy = Policy::from_text(text)?;
    /// let cases = policy.boundary_cases(CasesGiven::Example("consented"), ["age"], 100)?;
    /// assert_eq!(cases.source, "\
    /// cases \"boundaries of age\" given consented {
    ///   | age | expect               |
    ///   | 17  | deny by default      |
    ///   | 18  | allow by only adults |
    /// }
    /// ");
    /// let draft = Draft::from_text(&format!("{text}{}", cases.source))?;
    /// assert!(draft.run_tests().all(|(_, outcome)| outcome.passed()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of [`Policy::query`], and one decision for each row.
    ///
    /// # Errors
    /// Like [`Policy::query`]. Also if the policy has no example of the name, if a `required` attribute is neither given
    /// nor asked, or if the language has no literal for a given value.
    pub fn boundary_cases<'n>(
        &self,
        given: CasesGiven<'_>,
        over: impl IntoIterator<Item = &'n str>,
        limit: usize,
    ) -> Result<BoundaryCases, QueryError> {
        let (program, model) = (self.program(), self.model());
        let ids = self.ids(over)?;
        let example;
        let (request, base) = match given {
            CasesGiven::Request(request) => (request, None),
            CasesGiven::Example(name) => {
                let unknown = || QueryError::UnknownExample {
                    name: name.into(),
                    similar: closest(name, self.examples()).map(Arc::from),
                };
                example = self.example(name).ok_or_else(unknown)??;
                (&example, Some(name))
            }
        };
        let mut frame = self.frame(request)?.clone();
        let base = match base {
            Some(name) => name.to_owned(),
            None => literal(model, &ids, |id| frame.given(program, id))?,
        };
        let grid = Grid::new(program, &[&frame], &ids, Sets::All)?;
        let mut unwritable = 0;
        let columns: Vec<Vec<Cell>> = (0..grid.axes.len())
            .zip(&grid.axes)
            .map(|(index, axis)| column(&grid, index, axis, &mut unwritable))
            .collect();
        let counts: Vec<u32> =
            columns.iter().map(|column| u32::try_from(column.len()).unwrap_or(u32::MAX)).collect();
        let all = counts.iter().fold(1_usize, |all, count| all.saturating_mul(*count as usize));
        let mut rows: Vec<(Vec<&str>, Decision)> = Vec::new();
        for point in combinations(&counts).take(limit) {
            let cells = columns.iter().zip(&point).filter_map(|(column, at)| column.get(*at as usize));
            let mut texts = Vec::new();
            for (id, cell) in ids.iter().zip(cells) {
                // The values of classes fit their attributes.
                let _ = frame.put_unchecked(program, *id, &cell.input);
                texts.push(cell.text.as_str());
            }
            rows.push((texts, program.decide(&frame)?));
        }
        let left_out = all.saturating_sub(rows.len());
        Ok(BoundaryCases {
            source: if rows.is_empty() { String::new() } else { source(model, &ids, &base, &rows) },
            rows: rows.len(),
            left_out,
            unwritable,
            is_complete: left_out == 0 && unwritable == 0 && grid.is_whole(),
        })
    }
}

/// Writes the given values, other than those of the columns, like a request of a test.
fn literal(
    model: &Model,
    ids: &[AttributeId],
    given: impl Fn(AttributeId) -> Option<AttributeInput>,
) -> Result<String, QueryError> {
    let mut parts = Vec::new();
    for (id, attribute) in model.declared().filter(|(id, _)| !ids.contains(id)) {
        let Some(given) = given(id) else { continue };
        // Where an optional attribute is unknown, `missing` would leave it out.
        if attribute.is_optional() && !matches!(given, AttributeInput::Value(_)) {
            continue;
        }
        let value = input(attribute, &given);
        let value = value.ok_or_else(|| QueryError::Unwritable { attribute: attribute.name.clone() })?;
        parts.push(format!("{}: {value}", attribute.name));
    }
    Ok(format!("{{ {} }}", parts.join(", ")))
}

/// Writes an input; `None` if the language can't.
fn input(attribute: &Attribute, given: &AttributeInput) -> Option<String> {
    match given {
        AttributeInput::Value(value) => can_be_written(value).then(|| value.display(&attribute.kind)),
        AttributeInput::Null | AttributeInput::Pending => Some("missing".to_owned()),
        AttributeInput::OneOf(_) => match Fact::from_given(&attribute.kind, given)? {
            Fact::Text(node) => Some(written_name(&node).into_owned()),
            _ => None,
        },
    }
}

/// Returns true if the policy language has a literal for a value.
pub(crate) fn can_be_written(value: &Value) -> bool {
    !matches!(value, Value::Duration(micros) if micros % MICROS != 0)
}

/// The microseconds of a second.
const MICROS: i64 = 1_000_000;

/// Returns the values of one attribute at its boundaries.
fn column(grid: &Grid<'_>, index: usize, axis: &Axis<'_>, unwritable: &mut usize) -> Vec<Cell> {
    let kind = &axis.attribute.kind;
    let mut values: Vec<Value> = match &axis.classes {
        Classes::Ordered(starts) => ordered(kind, starts, unwritable),
        Classes::Sets { .. } => {
            distinct_classes(grid, index, axis).into_iter().map(|class| axis.value(class)).collect()
        }
        _ => (0..axis.none().unwrap_or(axis.len())).map(|class| axis.value(class)).collect(),
    };
    values.extend(axis.none().map(|none| axis.value(none)));
    let cell = |value: Value| {
        let text = value.display(kind);
        Cell { input: AttributeInput::Value(value), text }
    };
    values.into_iter().map(cell).collect()
}

/// Returns the last ordered value before each cut, and the first one at it.
fn ordered(kind: &Type, starts: &[i64], unwritable: &mut usize) -> Vec<Value> {
    let (_, high) = kind.ordinals().unwrap_or_default();
    // Literals of durations are whole seconds: the next ones within the class stand for its ends.
    let unit = if matches!(kind, Type::Duration) { MICROS } else { 1 };
    let mut out: Vec<i64> = Vec::new();
    for (at, start) in starts.iter().enumerate() {
        let next = starts.get(at + 1);
        let end = next.map_or(high, |next| next.saturating_sub(1));
        let above = start.checked_add((unit - start.rem_euclid(unit)) % unit).filter(|value| *value <= end);
        let below = end.checked_sub(end.rem_euclid(unit)).filter(|value| value >= start);
        // The ends of the domain are no boundaries, unless the domain has no other.
        let first = if at > 0 || starts.len() == 1 { Some(above) } else { None };
        for value in first.into_iter().chain(next.map(|_| below)) {
            match value {
                Some(value) if out.last() != Some(&value) => out.push(value),
                Some(_) => {}
                None => *unwritable += 1,
            }
        }
    }
    out.into_iter().filter_map(|ordinal| Value::from_ordinal(kind, ordinal)).collect()
}

/// Returns the first class of each group of classes with the same answers for all decided classes of the other
/// attributes.
fn distinct_classes(grid: &Grid<'_>, index: usize, axis: &Axis<'_>) -> Vec<u32> {
    let decided = axis.none().unwrap_or(axis.len()).min(grid.length(index));
    // The first classes by the hash of their answers: storing all answers takes the memory of the whole grid.
    let mut known: HashMap<u64, Vec<u32>> = HashMap::new();
    let is_new = |class: &u32| {
        let mut hasher = DefaultHasher::new();
        grid.answers_of(index, *class).for_each(|answer| answer.hash(&mut hasher));
        let alike = known.entry(hasher.finish()).or_default();
        let is_same = |first: &u32| grid.answers_of(index, *first).eq(grid.answers_of(index, *class));
        let is_new = !alike.iter().any(is_same);
        if is_new {
            alike.push(*class);
        }
        is_new
    };
    (0..decided).filter(is_new).collect()
}

/// Iterates over the points of a grid; the last coordinate varies fastest.
fn combinations(lengths: &[u32]) -> impl Iterator<Item = Vec<u32>> {
    let first = (!lengths.contains(&0)).then(|| vec![0; lengths.len()]);
    std::iter::successors(first, move |point| {
        let next = point.iter().zip(lengths).rposition(|(at, length)| at + 1 < *length)?;
        let moved = point.iter().enumerate().map(|(axis, at)| match axis.cmp(&next) {
            std::cmp::Ordering::Less => *at,
            std::cmp::Ordering::Equal => at + 1,
            std::cmp::Ordering::Greater => 0,
        });
        Some(moved.collect())
    })
}

/// Writes the table.
fn source(model: &Model, ids: &[AttributeId], base: &str, rows: &[(Vec<&str>, Decision)]) -> String {
    let names: Vec<&str> = ids.iter().map(|id| model.attribute_name(*id)).collect();
    let title = match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.join(", "),
    };
    let has_obligations = rows.iter().any(|(_, decision)| !decision.obligations.is_empty());
    let mut text = format!(
        "{HEADER}cases {} given {base} {{\n| {} | expect |\n",
        written_text(&format!("boundaries of {title}")),
        names.join(" | ")
    );
    for (cells, decision) in rows {
        // INVARIANT: writing to a string can't fail.
        let _ = writeln!(text, "| {} | {} |", cells.join(" | "), expectation(decision, has_obligations));
    }
    text.push_str("}\n");
    let mut sources = Sources::default();
    let file = sources.add("cases", &text);
    let (tree, _) = placet_syntax::parse(&sources, file, &Limits::default());
    let formatted = placet_syntax::format(&sources, &tree);
    formatted.strip_prefix(HEADER).unwrap_or(&formatted).to_owned()
}

/// The header that a text needs to be parsed.
const HEADER: &str = "policy cases\n\n";

/// Writes what a test expects of a decision. Without `only`, a further rule would go unnoticed.
fn expectation(decision: &Decision, has_obligations: bool) -> String {
    let mut out = decision.effect.to_string();
    let mut add = |word: &str, names: &[Arc<str>]| {
        out.push_str(&format!(" {word} only {}", names.join(", ")));
    };
    match decision.effect {
        Effect::Indeterminate if decision.missing.is_empty() => {}
        Effect::Indeterminate => add("missing", &decision.missing),
        Effect::Allow | Effect::Deny if decision.rules.is_empty() => out.push_str(" by default"),
        Effect::Allow | Effect::Deny => add("by", &decision.rules),
    }
    if !has_obligations || decision.effect == Effect::Indeterminate {
        return out;
    }
    let mut due: Vec<Arc<str>> = decision.obligations.iter().map(|due| due.name.clone()).collect();
    due.dedup();
    match due.as_slice() {
        [] => out.push_str(" oblige nothing"),
        due => out.push_str(&format!(" oblige only {}", due.join(", "))),
    }
    out
}
