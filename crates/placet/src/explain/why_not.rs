//! Reasons why a request isn't allowed: the nearest rules, and the smallest changes that would allow it.

mod search;
mod ways;

use super::{LookupTrace, RuleTrace, Tracer, Truth, ValueTrace};
use placet_core::dag::Node;
use placet_model::condition::{Atom, ConditionId};
use placet_model::input::Fact;
use placet_model::policy::RuleEffect;
use placet_model::request::Assignment;
use placet_model::types::AttributeId;
use placet_program::{Frame, Program};
use search::Search;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The number of nearest rules that are shown.
const MAX_NEAREST: usize = 3;

/// The reasons why a request isn't allowed.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct WhyNot {
    /// The allow rules with the fewest conditions that don't hold, at most three, in the order of the policy.
    pub nearest: Vec<NearRule>,
    /// The minimal changes: after each of them the request is allowed, and no part of it suffices. Those of the fewest
    /// attributes come first.
    pub changes: Vec<Change>,
    /// True if there is no other minimal change. False if the search ended after [`WhyNot::MAX_STEPS`], or found a
    /// change that no request confirmed.
    pub is_complete: bool,
}

/// An allow rule that a request comes close to.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct NearRule {
    /// The rule, with its exceptions.
    #[serde(flatten)]
    pub rule: RuleTrace,
    /// The parts of its condition, all of which have to hold.
    pub conditions: Vec<ConditionTrace>,
}

/// A part of a rule's condition.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ConditionTrace {
    /// The condition as the policy language writes it, with lets and tables written out. A quantifier, and a comparison
    /// with a lookup's value, as its author wrote it.
    pub text: String,
    /// The truth.
    pub holds: Truth,
    /// The attributes in it, with their values.
    pub values: Vec<ValueTrace>,
    /// The values of lookups in it, where the key is known.
    pub lookups: Vec<LookupTrace>,
}

/// A change of a request that allows it. Displays as the condition of a sentence: "age were at least 18 instead of 15".
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The attributes that change, in the order of the policy.
    pub attributes: Vec<Arc<str>>,
    /// The new values. Each way has one entry for each attribute, and whatever values are chosen among those that its
    /// entries describe, the request is allowed.
    pub ways: Vec<Vec<NewValue>>,
    /// True if other values of these attributes would do, too.
    pub has_more_ways: bool,
    /// Values of these attributes that were tried and allowed, as in the JSON of a request.
    pub example: BTreeMap<Arc<str>, Fact>,
}

/// The values of an attribute that would do.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct NewValue {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The values, in words.
    pub values: String,
    /// The value in the request, as a literal; `None` if it isn't known.
    pub now: Option<String>,
    /// True if the words are conditions of a set.
    #[serde(skip)]
    pub(super) is_set: bool,
}

impl WhyNot {
    /// The maximum number of steps of a search for changes. A walk through a decision diagram is a step or two.
    pub const MAX_STEPS: usize = 40_000;
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, way) in self.ways.iter().enumerate() {
            if index > 0 {
                f.write_str(", or if ")?;
            }
            for (index, value) in way.iter().enumerate() {
                if index > 0 {
                    f.write_str(" and ")?;
                }
                value.fmt(f)?;
            }
        }
        if self.has_more_ways { f.write_str(", for example") } else { Ok(()) }
    }
}

impl fmt::Display for NewValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_set {
            true => write!(f, "{} were a set that {}", self.attribute, self.values)?,
            false => write!(f, "{} were {}", self.attribute, self.values)?,
        }
        match &self.now {
            Some(now) => write!(f, " instead of {now}"),
            None => Ok(()),
        }
    }
}

/// Searches for the minimal changes among the given attributes. Without them, among the unknown ones, and if these don't
/// suffice, among all.
///
/// Cost: at most [`WhyNot::MAX_STEPS`]; a listing of the classes of the attributes of
/// each change.
pub(super) fn changes(
    program: &Program,
    frame: &Frame,
    facts: &Assignment,
    may_change: Option<&[AttributeId]>,
) -> WhyNot {
    let mut search = Search::new(program, frame, facts);
    let found = match may_change {
        Some(ids) => search.minimal(ids),
        None => {
            // An unknown value that becomes known stays below the node that is known of it.
            search.keeps_nodes = true;
            let unknown = search.unknown().to_vec();
            let found = search.minimal(&unknown);
            if found.is_empty() {
                search.keeps_nodes = false;
                let relevant = search.relevant().to_vec();
                search.minimal(&relevant)
            } else {
                found
            }
        }
    };
    let changes = found.iter().map(|found| ways::change(&mut search, found)).collect();
    WhyNot { nearest: Vec::new(), changes, is_complete: search.is_complete() }
}

impl Tracer<'_> {
    /// Returns the allow rules with the fewest comparisons that don't hold.
    pub(super) fn nearest(&self) -> Vec<NearRule> {
        let distances = self.distances();
        let allows = || self.model.rules.iter().filter(|rule| rule.effect == RuleEffect::Allow);
        let distance = |fires: usize| distances.get(fires).map_or(u32::MAX, |(distance, _)| *distance);
        let least = allows().map(|rule| distance(rule.fires.index())).min().unwrap_or(u32::MAX);
        let near = allows().filter(|rule| least < u32::MAX && distance(rule.fires.index()) == least);
        near.take(MAX_NEAREST)
            .map(|rule| {
                let parts = [rule.guard, rule.when].into_iter().flat_map(|part| self.model.conjuncts(part));
                let conditions = parts.map(|part| ConditionTrace {
                    text: self.model.words(part),
                    holds: self.truths.get(part).into(),
                    values: self.values(part),
                    lookups: self.lookups(part),
                });
                NearRule { conditions: conditions.collect(), rule: self.rule(rule) }
            })
            .collect()
    }

    /// Returns for each condition the number of comparisons that have to change for it to hold, and not to hold. An
    /// unknown one has to become known, which counts too.
    fn distances(&self) -> Vec<(u32, u32)> {
        let mut out: Vec<(u32, u32)> = Vec::new();
        for (index, node) in self.model.conditions.nodes().iter().enumerate() {
            let of = |index: usize| out.get(index).copied().unwrap_or((u32::MAX, u32::MAX));
            let all = |of: &dyn Fn(usize) -> u32, parts: &[ConditionId]| {
                parts.iter().fold(0_u32, |sum, part| sum.saturating_add(of(part.index())))
            };
            let any = |of: &dyn Fn(usize) -> u32, parts: &[ConditionId]| {
                parts.iter().map(|part| of(part.index())).min().unwrap_or(u32::MAX)
            };
            out.push(match node {
                Node::Constant(true) => (0, u32::MAX),
                Node::Constant(false) => (u32::MAX, 0),
                // A comparison with `none` is false, whatever value stands in for it.
                Node::Leaf(atom) if self.reads_none(atom) => (1, 0),
                Node::Leaf(_) => {
                    match self.truths.get(ConditionId::new(u32::try_from(index).unwrap_or(u32::MAX))) {
                        Some(true) => (0, 1),
                        Some(false) => (1, 0),
                        None => (1, 1),
                    }
                }
                Node::Not(inner) => {
                    let (yes, no) = of(inner.index());
                    (no, yes)
                }
                Node::All(parts) => {
                    let parts = self.model.unguarded(parts);
                    (all(&|part| of(part).0, &parts), any(&|part| of(part).1, &parts))
                }
                Node::Any(parts) => (any(&|part| of(part).0, parts), all(&|part| of(part).1, parts)),
            });
        }
        out
    }
    fn reads_none(&self, atom: &Atom) -> bool {
        atom.attributes().iter().any(|id| self.facts.is_none(self.model, *id))
    }
}
