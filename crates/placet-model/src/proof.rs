//! Decides proofs: properties that must hold for every complete request.
//!
//! A search looks for a request that breaks the proof. Every counterexample is decided again before it is reported, so
//! a refutation is never an artefact of the search.

use crate::decision::Effect;
use crate::policy::{Model, Proof, RuleEffect};
use crate::request::{Assignment, Request};
use crate::solver::{Exhausted, Formula, Ground, Purpose, decide};
use crate::types::AttributeId;
use std::sync::Arc;

/// The result of a proof.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The property holds for every complete request.
    Proved,
    /// A request breaks the property.
    Refuted {
        /// A complete request that satisfies the proof's condition.
        counterexample: Request,
        /// The determining rules of the decision on the counterexample; empty for a denial by default.
        rules: Vec<Arc<str>>,
    },
    /// No request satisfies the proof's condition, so the proof says nothing.
    Vacuous,
    /// The search found neither a proof nor a counterexample.
    NotDecided {
        /// The attributes of each two conditions that the search cannot relate. Empty if it reached its limit.
        conditions: Vec<Vec<AttributeId>>,
    },
}

impl Proof {
    /// Decides the proof. A counterexample is checked against the policy before it is returned.
    ///
    /// Cost: a search of at most [`Limits::proof_steps`](placet_core::Limits::proof_steps).
    ///
    /// ```
    /// use placet_model::proof::Verdict;
    /// # let text = "policy door  request { age: int 0..150 }  rule adults { allow when age >= 18 }
    /// #   prove minors_stay_out { never allow when age < 18 }";
    /// # let limits = placet_syntax::Limits::default();
    /// # let loaded = placet_syntax::source::load_text("door.placet", text, &limits);
    /// # let model = placet_check::check(&loaded, &limits).0.ok_or("no model")?;
    ///
    /// // prove minors_stay_out { never allow when age < 18 }
    /// assert!(model.proofs.iter().all(|proof| matches!(proof.decide(&model), Verdict::Proved)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decide(&self, model: &Model) -> Verdict {
        self.search(model).unwrap_or(Verdict::NotDecided { conditions: Vec::new() })
    }

    fn search(&self, model: &Model) -> Result<Verdict, Exhausted> {
        let facts = Assignment::unknown(model);
        // A proof is about complete requests, in which no attribute is missing: `is missing` is false throughout.
        let truths = crate::solver::truths_of_complete(model, &facts);
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
            // One search for each allow rule: its condition narrows the search more than the disjunction of all allow
            // rules.
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

    /// Returns the request as a counterexample if the policy's decision on it does break the proof.
    fn refutation(&self, model: &Model, counterexample: &Request) -> Option<Verdict> {
        let facts = Assignment::new(model, counterexample).ok()?;
        let decision = decide(model, &facts);
        let holds = crate::solver::holds(model, &facts, self.when);
        let breaks = (decision.effect == Effect::Allow) != self.always;
        let verdict = || Verdict::Refuted { counterexample: counterexample.clone(), rules: decision.rules };
        (holds && breaks).then(verdict)
    }
}
