//! Proofs: what holds of every complete request, decided by search.

use crate::decision::Effect;
use crate::policy::{Model, Proof, RuleEffect};
use crate::reference::{Exhausted, Formula, Ground, Purpose, decide};
use crate::request::{Assignment, Request};
use crate::types::AttributeId;
use std::sync::Arc;

/// What was found out about a proof.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It holds of every complete request.
    Proved,
    /// This request breaks it, by these rules, or by default where there are none.
    Refuted {
        /// A complete request that satisfies the proof's condition.
        counterexample: Request,
        /// The rules that decide it.
        rules: Vec<Arc<str>>,
    },
    /// No request satisfies its condition: it says nothing.
    Vacuous,
    /// Neither was found.
    NotDecided {
        /// The attributes of two conditions that the search can't tell together; none where it ended at its limit.
        conditions: Vec<Vec<AttributeId>>,
    },
}

impl Proof {
    /// Decides the proof. A refutation is checked: the request really behaves so.
    ///
    /// Cost: a search of at most [`Limits::proof_steps`](placet_core::Limits::proof_steps).
    pub fn decide(&self, model: &Model) -> Verdict {
        self.search(model).unwrap_or(Verdict::NotDecided { conditions: Vec::new() })
    }

    fn search(&self, model: &Model) -> Result<Verdict, Exhausted> {
        let facts = Assignment::unknown(model);
        // Of a complete request nothing is missing.
        let truths = crate::reference::truths_of_complete(model, &facts);
        let roots = model.rules.iter().map(|rule| rule.fires).chain([self.when]).collect::<Vec<_>>();
        let mut ground =
            Ground::new(model, &facts, &truths, &roots, Purpose::Proof, model.limits.proof_steps);
        let when = ground.formula(&truths, self.when);
        let some = |ground: &mut Ground<'_>, effect: RuleEffect| {
            let fires: Vec<Formula> = model
                .rules
                .iter()
                .filter(|rule| rule.effect == effect)
                .map(|rule| ground.formula(&truths, rule.fires))
                .collect();
            ground.formulas.any(fires)
        };
        let denies = some(&mut ground, RuleEffect::Deny);
        let no_deny = ground.formulas.not(denies);
        if !ground.is_possible(when)? {
            return Ok(Verdict::Vacuous);
        }
        let candidates: Vec<Formula> = if self.always {
            let allows = some(&mut ground, RuleEffect::Allow);
            let allowed = ground.formulas.all([allows, no_deny]);
            vec![ground.formulas.not(allowed)]
        } else {
            // Rule by rule: each narrows the search down.
            let allows = model.rules.iter().filter(|rule| rule.effect == RuleEffect::Allow);
            let fires: Vec<Formula> = allows.map(|rule| ground.formula(&truths, rule.fires)).collect();
            fires.into_iter().map(|fires| ground.formulas.all([fires, no_deny])).collect()
        };
        for candidate in candidates {
            let broken = ground.formulas.all([when, candidate]);
            if let Some(solution) = ground.solution(broken)? {
                let verdict = self.refutation(model, &ground.completed(&solution));
                let not_decided = || Verdict::NotDecided { conditions: ground.entangled() };
                return Ok(verdict.unwrap_or_else(not_decided));
            }
        }
        Ok(Verdict::Proved)
    }

    /// The request as a counterexample, if it really breaks the proof.
    fn refutation(&self, model: &Model, counterexample: &Request) -> Option<Verdict> {
        let facts = Assignment::new(model, counterexample).ok()?;
        let decision = decide(model, &facts);
        let holds = crate::reference::holds(model, &facts, self.when);
        let breaks = (decision.effect == Effect::Allow) != self.always;
        let verdict = || Verdict::Refuted { counterexample: counterexample.clone(), rules: decision.rules };
        (holds && breaks).then(verdict)
    }
}
