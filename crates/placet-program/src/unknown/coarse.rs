//! The sound answer if an exact one would take too much work.
//!
//! Each condition is judged by its three-valued truth alone. Conditions that share unknown attributes are treated as
//! independent, so the lists can hold entries that no completion has, but they never omit one.

use super::evaluator::PartialEvaluator;
use super::reasons::{self, DueObligations};
use crate::formula::FormulaId;
use placet_model::decision::{Decision, Effect};
use placet_model::types::AttributeId;
use std::collections::BTreeSet;

impl PartialEvaluator<'_> {
    /// Returns the decision with this effect: its lists hold everything that may apply, `certain` what surely applies.
    ///
    /// The decision is `approximate` unless all the conditions that it rests on are known. Cost: linear in the policy.
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
            let ids = self.asked(open.iter().map(|plan| plan.fires));
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

    /// Returns the unknown attributes that conditions read. Cost: linear in the conditions.
    pub(super) fn asked(&mut self, roots: impl Iterator<Item = FormulaId>) -> BTreeSet<AttributeId> {
        let program = self.program;
        let about = self.unknown_below(roots).into_iter().filter_map(|id| {
            let test = program.data().formulas.get(id).as_leaf()?;
            program.variables().get(test.variable as usize)
        });
        about
            .flat_map(|about| about.source.attributes())
            .filter(|id| !self.frame.is_known(program, *id))
            .collect()
    }

    /// Returns the conditions at and below these roots whose truth is unknown.
    pub(super) fn unknown_below(&mut self, roots: impl Iterator<Item = FormulaId>) -> Vec<FormulaId> {
        // Below a condition of known truth nothing matters, even if some of its parts are unknown.
        self.program.data().formulas.below_while(roots, |id| self.truth(id).is_none())
    }
}
