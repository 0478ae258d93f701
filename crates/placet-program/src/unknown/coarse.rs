//! The sound answer where an exact one takes too much work: whatever may be, by the truth of each condition alone.

use super::evaluator::PartialEvaluator;
use super::reasons::{self, DueObligations};
use crate::formula::{Formula, FormulaId};
use crate::variable::UNKNOWN;
use foldhash::{HashSet, HashSetExt};
use placet_model::decision::{Decision, Effect};
use placet_model::types::AttributeId;
use std::collections::BTreeSet;

impl PartialEvaluator<'_> {
    /// Returns a decision of which the effect is known, or indeterminate. Its lists hold whatever may be in them, `certain` whatever
    /// surely is, and it
    /// says `approximate` unless nothing unknown is left in what they rest on.
    ///
    /// Cost: linear in the policy.
    pub(super) fn coarse(&mut self, effect: Effect) -> Decision {
        let mut decision = Decision::new(effect);
        if effect == Effect::Indeterminate {
            decision.approximate = true;
            let rules: Vec<_> = self.candidates(effect);
            let open = rules.into_iter().filter(|plan| self.truth(plan.fires).is_none()).collect::<Vec<_>>();
            let mut names = BTreeSet::new();
            for plan in &open {
                names.extend(self.model().rules.get(plan.rule as usize).map(|rule| rule.name.clone()));
            }
            decision.undecided = names.into_iter().collect();
            let ids = self.asked(open.iter().map(|plan| plan.fires).collect());
            decision.missing = self.names(ids);
            return decision;
        }
        let mut dues = DueObligations::default();
        for plan in self.candidates(effect) {
            let fires = self.truth(plan.fires);
            decision.approximate |= fires.is_none();
            let Some(rule) = self.model().rules.get(plan.rule as usize) else { continue };
            reasons::name(&mut decision, rule, fires == Some(true));
            for (obligation, when) in rule.obligations.iter().zip(&plan.obligations) {
                let is_due = self.truth(*when);
                decision.approximate |= is_due.is_none();
                if is_due != Some(false) {
                    dues.add(obligation, fires == Some(true) && is_due == Some(true));
                }
            }
        }
        reasons::sort(&mut decision);
        decision.obligations = dues.finish();
        decision
    }

    /// The unknown attributes that conditions look at. Cost: linear in the conditions.
    pub(super) fn asked(&mut self, roots: Vec<FormulaId>) -> BTreeSet<AttributeId> {
        let program = self.program;
        let mut variables: BTreeSet<u32> = BTreeSet::new();
        for id in self.open_below(roots) {
            if let Formula::In(variable, _) = program.data().formulas.get(id)
                && self.levels.classes.get(*variable as usize) == Some(&UNKNOWN)
            {
                variables.insert(*variable);
            }
        }
        let about = variables.into_iter().filter_map(|variable| program.variables().get(variable as usize));
        about
            .flat_map(|about| about.source.attributes())
            .filter(|id| !self.frame.is_known(program, *id))
            .collect()
    }

    /// The conditions at and below some whose truth is not known.
    pub(super) fn open_below(&mut self, mut todo: Vec<FormulaId>) -> Vec<FormulaId> {
        let program = self.program;
        let mut seen: HashSet<FormulaId> = HashSet::new();
        let mut out = Vec::new();
        while let Some(id) = todo.pop() {
            if self.truth(id).is_none() && seen.insert(id) {
                out.push(id);
                todo.extend(program.data().formulas.get(id).parts());
            }
        }
        out
    }
}
