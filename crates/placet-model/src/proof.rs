//! Decides proofs: properties that must hold for every complete request.
//!
//! A search looks for a request that breaks the proof. Every counterexample is decided again before it is reported, so
//! a refutation is never an artefact of the search.

use crate::decision::Effect;
use crate::policy::{Model, Proof, Rule, RuleEffect};
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
        /// The effect of the decision on the counterexample.
        effect: Effect,
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
        let subject = &self.claim.subject;
        let of_rule = |rule: &Rule| subject.conditions(rule).into_iter().chain([rule.fires]);
        let roots = model.rules.iter().flat_map(of_rule).chain([self.when]).collect::<Vec<_>>();
        let mut ground =
            Ground::new(model, &facts, &truths, &roots, Purpose::Proof, model.limits.proof_steps);
        let when = ground.formula(&truths, self.when);
        let denials = model.rules.iter().filter(|rule| rule.effect == RuleEffect::Deny);
        let denials: Vec<Formula> = denials.map(|rule| ground.formula(&truths, rule.fires)).collect();
        let denies = ground.formulas.any(denials);
        let no_deny = ground.formulas.not(denies);
        if !ground.is_possible(when)? {
            return Ok(Verdict::Vacuous);
        }
        // For each rule the requests in which it allows, or has the obligation due.
        let mut cases: Vec<Formula> = Vec::new();
        for rule in &model.rules {
            let conditions = subject.conditions(rule).into_iter();
            let conditions: Vec<Formula> = conditions.map(|id| ground.formula(&truths, id)).collect();
            let some = ground.formulas.any(conditions);
            let fires = ground.formula(&truths, rule.fires);
            // An allow rule is among the determining rules where no deny rule fires.
            let decides = if rule.effect == RuleEffect::Allow { no_deny } else { fires };
            cases.push(ground.formulas.all([fires, some, decides]));
        }
        let candidates = if self.claim.always {
            let any = ground.formulas.any(cases);
            vec![ground.formulas.not(any)]
        } else {
            // One search for each rule: its condition narrows the search more than the disjunction of all.
            cases
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
        let breaks = self.claim.subject.is_in(&decision) != self.claim.always;
        (holds && breaks).then(|| Verdict::Refuted {
            counterexample: counterexample.clone(),
            effect: decision.effect,
            rules: decision.rules,
        })
    }
}
