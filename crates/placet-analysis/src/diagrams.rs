//! Decision diagrams of a policy's conditions, within budgets.

use placet_compile::{DiagramBuilder, Encoding, Projection};
use placet_graph::{Budget, Exhausted, NodeId};
use placet_program::VariableKind;
use placet_program::formula::FormulaId;
use std::collections::BTreeSet;

/// Diagrams over an encoding. Each question has a budget of its own, and all of them share one.
pub(crate) struct Study<'s> {
    /// The diagrams.
    pub(crate) builder: DiagramBuilder<'s>,
    /// The variable of each level.
    order: Vec<u32>,
    /// The budget of all questions together.
    whole: Budget,
}

impl<'s> Study<'s> {
    /// Creates diagrams in an order of variables. A variable outside the order always has its first class.
    pub(crate) fn new(space: &'s Encoding, order: Vec<u32>, whole: Budget) -> Self {
        Self { builder: DiagramBuilder::new(space, &order, whole), order, whole }
    }

    /// Builds a diagram with at most one `part`-th of the budget, in the first order that fits; `None` if none does. The
    /// whole budget is left for further questions.
    pub(crate) fn first_that_fits(
        space: &'s Encoding,
        orders: &[Vec<u32>],
        whole: Budget,
        part: usize,
        build: impl Fn(&mut DiagramBuilder<'s>) -> Result<NodeId, Exhausted>,
    ) -> Option<(Self, NodeId)> {
        orders.iter().find_map(|order| {
            let mut study = Self::new(space, order.clone(), whole);
            let built = study.ask(part, &build)?;
            study.extend(whole);
            Some((study, built))
        })
    }

    /// Answers a question with at most one `part`-th of the whole budget; `None` if that is too little.
    pub(crate) fn ask<T>(
        &mut self,
        part: usize,
        question: impl FnOnce(&mut DiagramBuilder<'s>) -> Result<T, Exhausted>,
    ) -> Option<T> {
        let (diagrams, whole) = (&mut self.builder.diagrams, self.whole);
        let share = diagrams.used().plus(whole.part(part));
        diagrams.set_budget(Budget {
            nodes: share.nodes.min(whole.nodes),
            runs: share.runs.min(whole.runs),
            steps: share.steps.min(whole.steps),
        });
        question(&mut self.builder).ok()
    }

    /// Renews the budget for further questions.
    pub(crate) fn extend(&mut self, by: Budget) {
        self.whole = self.builder.diagrams.used().plus(by);
    }

    /// Returns the variable of a level.
    pub(crate) fn variable(&self, level: u32) -> Option<u32> {
        self.order.get(level as usize).copied()
    }

    /// Returns the level of a variable.
    pub(crate) fn level(&self, variable: u32) -> Option<u32> {
        self.order.iter().position(|other| *other == variable).and_then(|level| u32::try_from(level).ok())
    }

    /// Returns the cheapest path to a true leaf, as variables with their classes.
    pub(crate) fn witness(&self, node: NodeId, space: &Encoding) -> Option<Vec<(u32, u32)>> {
        // A path through relations may be infeasible, so paths without them come first.
        const RELATION: u64 = 1_000;
        let cost = |level: u32, _: u32| {
            let variable = self.variable(level).and_then(|variable| space.variables.get(variable as usize));
            if variable.is_some_and(|variable| variable.source.is_relation()) { RELATION } else { 1 }
        };
        let path = self.builder.diagrams.witness(node, |end| end == 1, cost)?;
        Some(path.into_iter().filter_map(|(level, class)| Some((self.variable(level)?, class))).collect())
    }

    /// Returns a path to a true leaf, as a class for each variable of the encoding; the first class where any does. Cost:
    /// the runs of one path.
    pub(crate) fn point(&self, node: NodeId, variables: usize) -> Vec<u32> {
        let mut out = vec![0; variables];
        let mut at = node;
        while let Some(level) = self.builder.diagrams.level(at) {
            let mut first = 0;
            // INVARIANT: a reduced node other than `FALSE` has a child other than `FALSE`.
            let mut next = (0, NodeId::FALSE);
            for run in self.builder.diagrams.runs(at) {
                if run.child != NodeId::FALSE {
                    next = (first, run.child);
                    break;
                }
                first = run.end;
            }
            if let Some(slot) = self.variable(level).and_then(|variable| out.get_mut(variable as usize)) {
                *slot = next.0;
            }
            at = next.1;
        }
        out
    }
}

/// Returns the variables that conditions depend on in complete requests. Nothing is missing there, so the variables of
/// `is missing` stay outside the order and have their first class.
pub(crate) fn variables_of_complete(
    space: &Encoding,
    conditions: impl IntoIterator<Item = FormulaId>,
) -> BTreeSet<u32> {
    let mut out = space.formulas.variables(conditions);
    out.retain(|variable| {
        let variable = space.variables.get(*variable as usize);
        variable.is_some_and(|variable| !matches!(variable.source, VariableKind::Missing(_)))
    });
    out
}

/// Returns true if two conditions may hold together, judged by their classes of each variable.
pub(crate) fn overlap(one: &Projection, other: &Projection) -> bool {
    one.classes.iter().all(|(variable, own)| match other.classes.get(variable) {
        Some(their) => own.intersects(their),
        None => !own.is_empty(),
    })
}
