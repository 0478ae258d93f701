//! The parts of a policy, with the number of tests that exercise each.

use placet_core::dag::Truths;
use placet_model::Model;
use placet_model::condition::Atom;
use placet_model::linear::Term;
use placet_model::policy::{Exception, Rule, SourceLocation};
use placet_model::request::{Assignment, Known};
use placet_model::solver::truths;
use placet_model::types::AttributeId;
use placet_model::value::Value;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A part of a policy that tests can exercise.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Point {
    /// The kind of part.
    pub kind: Kind,
    /// The name: of a rule, an exception in its rule, or a clause; of an attribute with the values on one side of a cut.
    pub name: String,
    /// The file and line; `None` for a part without a place of its own.
    #[serde(rename = "place", serialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
    /// The number of tests that exercise it.
    pub tests: usize,
}

/// The kinds of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A rule, a row of a table or an `otherwise`: exercised where it fires.
    Rule,
    /// An exception: exercised where it holds and its rule would fire otherwise.
    Exception,
    /// A clause: exercised where a rule fires that cites it.
    Clause,
    /// One side of a cut that rules make in the values of an attribute: exercised by a value between it and the next cut.
    Boundary,
    /// An attribute that conditions read: exercised where it is given a value other than `none`.
    Present,
    /// An attribute that conditions read: exercised where it is missing.
    Missing,
    /// An optional attribute that conditions read: exercised where it is `none`.
    None,
}

fn shown<S: serde::Serializer>(location: &Option<SourceLocation>, serializer: S) -> Result<S::Ok, S::Error> {
    match location {
        Some(location) => serializer.collect_str(location),
        None => serializer.serialize_none(),
    }
}

/// A test's request, evaluated.
struct Run {
    facts: Assignment,
    truths: Truths,
}

/// Returns the parts of a policy with the number of its tests that exercise each: rules and exceptions in the order of the
/// policy, then clauses, boundaries and attributes.
///
/// Cost: one evaluation of all conditions for each test.
pub fn points(model: &Model) -> Vec<Point> {
    let requests = model.tests.iter().filter_map(|test| test.request.as_ref().ok());
    let runs: Vec<Run> = requests
        .filter_map(|request| {
            let facts = Assignment::new(model, request).ok()?;
            Some(Run { truths: truths(model, &facts), facts })
        })
        .collect();
    let count = |holds: &dyn Fn(&Run) -> bool| exercising(&runs, holds);
    let mut out = Vec::new();
    let mut clauses: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for rule in &model.rules {
        let fires = |run: &Run| run.truths.get(rule.fires) == Some(true);
        let location = Some(rule.location.clone());
        out.push(Point { kind: Kind::Rule, name: rule.name.to_string(), location, tests: count(&fires) });
        exceptions(rule, &runs, &mut out);
        for clause in &rule.cites {
            let firing = runs.iter().enumerate().filter(|(_, run)| fires(run)).map(|(at, _)| at);
            clauses.entry(clause).or_default().extend(firing);
        }
    }
    for (clause, runs) in clauses {
        let name = clause.to_owned();
        out.push(Point { kind: Kind::Clause, name, location: None, tests: runs.len() });
    }
    let read: BTreeSet<AttributeId> = model
        .conditions
        .leaves(model.rules.iter().flat_map(Rule::conditions))
        .flat_map(|atom| match atom {
            Atom::Missing(id) => vec![*id],
            atom => atom.attributes(),
        })
        .map(|id| model.declared_id(id))
        .collect();
    for (id, sides) in sides(model) {
        for (low, high, name) in sides {
            let lies = |run: &Run| {
                let value = run.facts.value(id).filter(|_| !run.facts.is_none(model, id));
                value.and_then(Value::ordinal).is_some_and(|at| (low..=high).contains(&at))
            };
            out.push(Point { kind: Kind::Boundary, name, location: None, tests: count(&lies) });
        }
    }
    for id in read {
        let Some(attribute) = model.attribute(id) else { continue };
        let is_none = |run: &Run| run.facts.is_none(model, id);
        let is_given = |run: &Run| run.facts.value(id).is_some() && !is_none(run);
        let name = attribute.name.to_string();
        out.push(Point { kind: Kind::Present, name: name.clone(), location: None, tests: count(&is_given) });
        // An attribute that is required, or has a default, is never missing unless a request says so.
        if attribute.presence == placet_model::types::Presence::Optional {
            let is_missing = |run: &Run| matches!(run.facts.get(id), Known::Missing);
            let name = name.clone();
            out.push(Point { kind: Kind::Missing, name, location: None, tests: count(&is_missing) });
        }
        if attribute.is_optional() {
            out.push(Point { kind: Kind::None, name, location: None, tests: count(&is_none) });
        }
    }
    out
}

/// Returns the number of tests for which a part holds.
fn exercising(runs: &[Run], holds: impl Fn(&Run) -> bool) -> usize {
    runs.iter().filter(|run| holds(run)).count()
}

fn exceptions(rule: &Rule, runs: &[Run], out: &mut Vec<Point>) {
    let mut todo: Vec<&Exception> = rule.exceptions.iter().rev().collect();
    while let Some(exception) = todo.pop() {
        let applies = |run: &Run| {
            [rule.guard, rule.when, exception.holds].iter().all(|part| run.truths.get(*part) == Some(true))
        };
        let name = format!("{} except {}", rule.name, exception.name.as_deref().unwrap_or("(unnamed)"));
        let location = Some(exception.location.clone());
        out.push(Point { kind: Kind::Exception, name, location, tests: exercising(runs, applies) });
        todo.extend(exception.exceptions.iter().rev());
    }
}

/// The first and the last ordinal of one side of a cut, with its words.
type Side = (i64, i64, String);

/// Returns the intervals between the cuts that rules make in each ordered attribute that they compare with constants.
fn sides(model: &Model) -> BTreeMap<AttributeId, Vec<Side>> {
    let mut cuts: BTreeMap<AttributeId, BTreeSet<i64>> = BTreeMap::new();
    for atom in model.conditions.leaves(model.rules.iter().map(|rule| rule.fires)) {
        let Atom::Within(sum, ranges) = atom else { continue };
        let [(Term::Attribute(id), factor)] = sum.terms() else { continue };
        let Some((low, high)) = model.attribute(*id).and_then(|attribute| attribute.kind.ordinals()) else {
            continue;
        };
        let own = ranges.shifted(sum.added().saturating_neg()).divided(*factor);
        for (first, last) in own.iter() {
            let inside = [i64::try_from(first), i64::try_from(last.saturating_add(1))].into_iter().flatten();
            cuts.entry(*id)
                .or_default()
                .extend(inside.filter(|cut| (low..=high).contains(cut) && *cut > low));
        }
    }
    let side = |id: AttributeId, low: i64, high: i64| {
        let attribute = model.attribute(id)?;
        let value = |at| Value::from_ordinal(&attribute.kind, at).map(|value| value.display(&attribute.kind));
        let (first, last) = attribute.kind.ordinals()?;
        let name = &attribute.name;
        let words = match (low == first, high == last) {
            _ if low == high => format!("{name} is {}", value(low)?),
            (true, _) => format!("{name} at most {}", value(high)?),
            (_, true) => format!("{name} at least {}", value(low)?),
            _ => format!("{name} in {}..{}", value(low)?, value(high)?),
        };
        Some((low, high, words))
    };
    let of = |(id, cuts): (AttributeId, BTreeSet<i64>)| {
        let (first, last) = model.attribute(id)?.kind.ordinals()?;
        let starts = std::iter::once(first).chain(cuts.iter().copied());
        let ends = cuts.iter().map(|cut| cut.saturating_sub(1)).chain([last]);
        Some((id, starts.zip(ends).filter_map(|(low, high)| side(id, low, high)).collect()))
    };
    cuts.into_iter().filter(|(_, cuts)| !cuts.is_empty()).filter_map(of).collect()
}
