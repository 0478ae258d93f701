//! Diagrams of two policies in one order of variables.

use super::merge::Merged;
use placet_compile::{DiagramBuilder, Encoding};
use placet_graph::{Budget, Diagrams, Exhausted, NodeId, Operation};
use placet_model::Model;
use placet_model::condition::ConditionId;
use placet_program::VariableKind;
use placet_program::formula::FormulaId;
use std::collections::BTreeSet;

/// The terminal for requests that the old policy denies and the new one allows.
pub(super) const OPENED: u32 = 1;
/// The terminal for requests that the old policy allows and the new one denies.
pub(super) const CLOSED: u32 = 2;

/// The diagrams of two policies, over complete requests in the domains of both.
pub(super) struct Graph {
    pub(super) diagrams: Diagrams,
    /// The variable of each level.
    pub(super) order: Vec<u32>,
    /// The requests that can be compared.
    pub(super) comparable: NodeId,
    /// The requests that each policy allows.
    pub(super) allowed: [NodeId; 2],
    /// The change of the effect: [`OPENED`], [`CLOSED`] or 0.
    pub(super) changed: NodeId,
    /// The levels of `is missing`.
    missing: BTreeSet<u32>,
    /// For each rule of each policy, the requests for which it fires and for which its obligations are due; incomplete requests
    /// included.
    pub(super) rules: [Vec<(NodeId, Vec<NodeId>)>; 2],
}

impl Graph {
    /// Builds the diagrams within the limits of the new policy, in the first order that fits.
    pub(super) fn new(
        space: &Encoding,
        merged: &Merged,
        old: &Model,
        new: &Model,
    ) -> Result<Self, Exhausted> {
        const FIRST: usize = 16;
        let (nodes, steps) = (new.limits.graph_nodes, new.limits.graph_steps);
        // Four times what compiling one policy may use: these diagrams hold two policies, and each of their rules.
        let budget = Budget::new(nodes.saturating_mul(4), steps.saturating_mul(4));
        let orders = candidates(space, merged);
        let mut failure = Exhausted::Steps;
        // A small budget first: where one order is good, the others end early instead of using the whole budget.
        for part in [FIRST, 1] {
            for order in &orders {
                match build(space, merged, [old, new], order, budget.part(part)) {
                    Ok(graph) => return Ok(graph),
                    Err(exhausted) => failure = exhausted,
                }
            }
        }
        Err(failure)
    }

    /// Restricts a function to complete requests.
    pub(super) fn complete(&mut self, f: NodeId) -> Result<NodeId, Exhausted> {
        let missing = &self.missing;
        self.diagrams.restrict(f, &|level| missing.contains(&level).then_some(0))
    }

    /// Returns `within` where `f` isn't 0.
    pub(super) fn within(&mut self, within: NodeId, f: NodeId) -> Result<NodeId, Exhausted> {
        self.diagrams.apply(&Keep { where_true: true }, within, f)
    }

    /// Returns `within` where `f` is 0.
    pub(super) fn without(&mut self, within: NodeId, f: NodeId) -> Result<NodeId, Exhausted> {
        self.diagrams.apply(&Keep { where_true: false }, within, f)
    }
}

/// Returns the terminals [`OPENED`] and [`CLOSED`].
struct Changed;

impl Operation for Changed {
    fn combine(&self, old: u32, new: u32) -> u32 {
        match (old, new) {
            (0, 1) => OPENED,
            (1, 0) => CLOSED,
            _ => 0,
        }
    }

    fn shortcut(&self, old: NodeId, new: NodeId) -> Option<NodeId> {
        (old == new).then_some(NodeId::FALSE)
    }
}

/// Returns the first function where the second is, or isn't, true; 0 elsewhere.
struct Keep {
    where_true: bool,
}

impl Operation for Keep {
    fn combine(&self, f: u32, g: u32) -> u32 {
        if (g != 0) == self.where_true { f } else { 0 }
    }

    fn shortcut(&self, f: NodeId, g: NodeId) -> Option<NodeId> {
        match g.as_terminal() {
            Some(value) if (value != 0) == self.where_true => Some(f),
            Some(_) => Some(NodeId::FALSE),
            None => (f == NodeId::FALSE).then_some(NodeId::FALSE),
        }
    }
}

fn build(
    space: &Encoding,
    merged: &Merged,
    models: [&Model; 2],
    order: &[u32],
    budget: Budget,
) -> Result<Graph, Exhausted> {
    let of = |condition: ConditionId| space.root(condition);
    let mut builder = DiagramBuilder::new(space, order, budget);
    let comparable = builder.build(of(merged.comparable))?;
    let is_missing = |variable: &u32| {
        let source = space.variables.get(*variable as usize).map(|variable| &variable.source);
        matches!(source, Some(VariableKind::Missing(_)))
    };
    let missing: BTreeSet<u32> =
        (0..).zip(order).filter(|(_, variable)| is_missing(variable)).map(|(level, _)| level).collect();
    let mut allowed = [NodeId::FALSE; 2];
    let mut rules = [Vec::new(), Vec::new()];
    for (((side, model), allowed), rules) in merged.sides.iter().zip(models).zip(&mut allowed).zip(&mut rules)
    {
        let conditions = model.rules.iter().zip(&side.rules);
        let all = builder.allowed(conditions.map(|(rule, (fires, _))| (rule.effect, of(*fires))))?;
        // Effects are compared for complete requests, in which nothing is missing.
        let all = builder.diagrams.restrict(all, &|level| missing.contains(&level).then_some(0))?;
        // Both sides are 0 outside the common domains, so a value that only one policy knows is no change.
        *allowed = builder.diagrams.and(all, comparable)?;
        for (fires, due) in &side.rules {
            // Not restricted to complete requests: a rule may change for incomplete ones alone.
            let fires = builder.build(of(*fires))?;
            let fires = builder.diagrams.and(fires, comparable)?;
            let mut when = Vec::with_capacity(due.len());
            for due in due {
                let due = builder.build(of(*due))?;
                // An obligation is due only if its rule fires, so a difference elsewhere doesn't count.
                when.push(builder.diagrams.and(due, fires)?);
            }
            rules.push((fires, when));
        }
    }
    let [old, new] = allowed;
    let changed = builder.diagrams.apply(&Changed, old, new)?;
    Ok(Graph {
        diagrams: builder.diagrams,
        order: order.to_vec(),
        comparable,
        allowed,
        changed,
        missing,
        rules,
    })
}

/// Returns the orders to try, the most promising first.
fn candidates(space: &Encoding, merged: &Merged) -> Vec<Vec<u32>> {
    // Orders are chosen by the rules alone, which make up the effect. Obligations and domains only have to be covered.
    let mut roots: Vec<FormulaId> = merged
        .sides
        .iter()
        .flat_map(|side| &side.rules)
        .filter_map(|(fires, _)| space.formula(*fires))
        .collect();
    roots.sort_unstable();
    // A rule that both policies have is one formula, and counts once.
    roots.dedup();
    let projections = space.projections(&roots);
    let all = merged.roots().into_iter().filter_map(|root| space.formula(root));
    let used = space.formulas.variables(all);
    space.orders(roots.into_iter().zip(&projections), &used)
}
