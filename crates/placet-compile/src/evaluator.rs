//! Chooses the diagram of a policy: a decision graph, a graph sliced by its first variable, or none: then bitmaps decide.
//!
//! The choice is the smallest representation that holds the policy. It depends only on deterministic budgets (nodes,
//! runs, steps and bytes, never time), so the same policy gets the same evaluator on every machine.
//!
//! 1. Build a diagram in each candidate order, first within a sixteenth of the budget, then within the whole. Keep the
//!    smallest.
//! 2. If a diagram fits, pack it.
//! 3. Otherwise build one diagram for each group of classes of the first variable, and leave groups that exceed their
//!    share of the budget to the bitmaps.
//! 4. If most groups exceed it, use bitmaps alone.

use crate::diagram::DiagramBuilder;
use crate::encoding::{Encoding, RuleCondition};
use placet_core::{Limits, RuleEffect};
use placet_graph::{Budget, Diagrams, NodeId, Run};
use placet_model::Model;
use placet_program::packed::Packed;
use placet_program::{ChoiceNotes, UNRESOLVED};
use std::collections::BTreeSet;

/// The chosen diagram, with the reason for the choice. Without one, bitmaps decide.
#[derive(Default)]
pub(crate) struct Chosen {
    pub(crate) graph: Option<Packed>,
    pub(crate) notes: ChoiceNotes,
}

/// A diagram that fits its budget.
struct Built {
    diagrams: Diagrams,
    root: NodeId,
    /// The variable of each level.
    order: Vec<u32>,
}

/// Chooses the evaluator of a policy. Cost: at most the budgets in the model's limits, for each candidate order.
pub(crate) fn choose(space: &Encoding, model: &Model) -> Chosen {
    let mut rules = space.rules(model);
    // The candidate orders depend on the order of the rules where variables tie. Denials come first, as in the program.
    rules.sort_by_key(|rule| rule.effect == RuleEffect::Allow);
    let used = space.formulas.variables(rules.iter().map(|rule| rule.fires));
    let orders = space.orders(rules.iter().map(|rule| (rule.fires, &rule.projection)), &used);
    match smallest(space, &rules, &orders, &model.limits) {
        Some(built) => whole(space, &built, &model.limits),
        None => sliced(space, &rules, orders.first().map_or(&[], Vec::as_slice), &model.limits),
    }
}

/// Returns the smallest diagram over all orders, or `None` if none fits the budget.
fn smallest(
    space: &Encoding,
    rules: &[RuleCondition],
    orders: &[Vec<u32>],
    limits: &Limits,
) -> Option<Built> {
    const FIRST: usize = 16;
    // A small budget first: where one order is good, the others end early instead of using the whole budget.
    for part in [FIRST, 1] {
        let budget = Budget::new(limits.graph_nodes, limits.graph_steps).part(part);
        let built = orders.iter().filter_map(|order| {
            let mut builder = DiagramBuilder::new(space, order, budget);
            let root = builder.allowed(rules.iter().map(|rule| (rule.effect, rule.fires))).ok()?;
            Some(Built { diagrams: builder.diagrams, root, order: order.clone() })
        });
        // Runs tell the packed size better than nodes, which differ in size.
        let smallest = built.min_by_key(|built| built.diagrams.size(&[built.root]).runs);
        if smallest.is_some() {
            return smallest;
        }
    }
    None
}

/// Chooses the packed diagram if it fits `graph_bytes`.
fn whole(space: &Encoding, built: &Built, limits: &Limits) -> Chosen {
    let size = built.diagrams.size(&[built.root]);
    let graph = Packed::new(&built.diagrams, built.root, &built.order, limits.graph_bytes / size_of::<u32>());
    if graph.is_none() {
        return bitmaps(space, format!("the diagram needs more than {} bytes", limits.graph_bytes));
    }
    let reason = format!("a diagram within the budget of {} bytes", limits.graph_bytes);
    let depth = u32::try_from(size.depth).unwrap_or(u32::MAX);
    Chosen { graph, notes: ChoiceNotes { reason, depth, slices: None } }
}

/// Chooses bitmaps alone.
fn bitmaps(space: &Encoding, reason: String) -> Chosen {
    // Bitmaps intersect the rows of every variable.
    let depth = u32::try_from(space.variables.len()).unwrap_or(u32::MAX);
    Chosen { notes: ChoiceNotes { reason, depth, slices: None }, ..Chosen::default() }
}

/// Builds one diagram for each group of classes of the first variable under which the same rules can fire. A group
/// whose diagram exceeds its share of the budget is left to the bitmaps.
fn sliced(space: &Encoding, rules: &[RuleCondition], order: &[u32], limits: &Limits) -> Chosen {
    let reason = format!(
        "a diagram needs more than {} nodes or {} steps in every order tried",
        limits.graph_nodes, limits.graph_steps
    );
    let Some((top, _)) = order.split_first() else { return bitmaps(space, reason) };
    let arity = space.variables.get(*top as usize).map_or(0, |variable| variable.classes);
    let mut builder = DiagramBuilder::new(space, order, Budget::new(0, 0));
    let mut slices: Vec<Run> = Vec::new();
    let (mut count, mut unresolved) = (0_u32, 0_u32);
    let cuts = cuts(space, rules, *top, arity);
    // Each slice gets an equal share of the budget on top of what earlier slices used, so one hard slice cannot starve
    // the others. The minimum lets simple slices fit even where there are many.
    let share = Budget::new(limits.graph_nodes, limits.graph_steps).part(cuts.len());
    let share = Budget { nodes: share.nodes.max(64), runs: share.runs.max(64), steps: share.steps.max(64) };
    for (first, end) in cuts.iter().copied().zip(cuts.iter().copied().skip(1).chain([arity])) {
        // No test distinguishes the classes of a slice, so its first class stands for all of them. Rules that it
        // excludes are left out of the slice's diagram.
        let may_fire = |rule: &&RuleCondition| {
            rule.projection.classes.get(top).is_none_or(|classes| classes.contains(first))
        };
        builder.diagrams.set_budget(builder.diagrams.used().plus(share));
        builder.fix(*top, first);
        // An exhausted slice becomes the terminal that sends a request to the bitmaps.
        let child = builder
            .allowed(rules.iter().filter(may_fire).map(|rule| (rule.effect, rule.fires)))
            .unwrap_or(NodeId::terminal(UNRESOLVED));
        count += 1;
        unresolved += u32::from(child == NodeId::terminal(UNRESOLVED));
        slices.push(Run { end, child });
    }
    // The root needs one more node, even if the slices used up the whole budget.
    let root = Budget { nodes: 1, runs: slices.len(), steps: slices.len() as u64 + 1 };
    builder.diagrams.set_budget(builder.diagrams.used().plus(root));
    // Bitmaps decide unresolved slices at no gain over bitmaps alone. If most slices are unresolved, walking the graph
    // first only costs time.
    if unresolved > count / 2 {
        return bitmaps(space, reason);
    }
    let packed = builder.diagrams.node(0, slices).ok().and_then(|root| {
        let depth = builder.diagrams.size(&[root]).depth;
        let packed = Packed::new(&builder.diagrams, root, order, limits.graph_bytes / size_of::<u32>())?;
        Some((packed, u32::try_from(depth).unwrap_or(u32::MAX)))
    });
    match packed {
        Some((packed, depth)) => Chosen {
            graph: Some(packed),
            notes: ChoiceNotes {
                reason: format!(
                    "{reason}; by the classes of its first variable, {} of {count} slices fit",
                    count - unresolved
                ),
                depth,
                slices: Some((unresolved, count)),
            },
        },
        None => bitmaps(space, reason),
    }
}

/// Returns the classes of a variable at which the result of some test changes, and class 0. In ascending order.
fn cuts(space: &Encoding, rules: &[RuleCondition], variable: u32, arity: u32) -> Vec<u32> {
    let mut out: BTreeSet<u32> = BTreeSet::from([0]);
    for test in space.formulas.leaves(rules.iter().map(|rule| rule.fires)) {
        if test.variable == variable {
            out.extend(test.classes.ranges().iter().flat_map(|(first, end)| [*first, *end]));
        }
    }
    out.into_iter().filter(|cut| *cut < arity).collect()
}
