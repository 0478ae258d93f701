//! Decides proofs: with decision diagrams if they are small enough and conclusive, otherwise by search.
//!
//! A diagram treats each comparison of several attributes as independent of all others, so it over-approximates the
//! requests that exist. What the diagram finds impossible is impossible. If it finds something possible, the prover
//! checks a concrete request, and if that request does not exist, it removes the combinations of ordered attributes
//! that are infeasible.

use crate::diagrams::{Study, overlap, variables_of_complete};
use crate::feasible::{self, Feasibility};
use crate::witness::{self, Certain};
use placet_compile::{Compilation, DiagramBuilder, Encoding, Projection, RuleCondition};
use placet_graph::{Budget, NodeId};
use placet_model::Model;
use placet_model::condition::ConditionId;
use placet_model::decision::Effect;
use placet_model::policy::{Proof, RuleEffect, Subject};
use placet_model::proof::Verdict;
use placet_model::request::Request;
use placet_program::formula::FormulaId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Decides each of a policy's proofs, in order. Every refutation is checked, and its request omits irrelevant
/// attributes: each of its completions breaks the proof.
///
/// Cost: one diagram of the rules, within the budget of [`Limits`](placet_core::Limits), and little for each proof; the
/// cost of [`Proof::decide`] for each proof that diagrams can't decide.
pub fn prove(compilation: &mut Compilation) -> Vec<Verdict> {
    let model = &*compilation.model().clone();
    if model.proofs.is_empty() {
        return Vec::new();
    }
    let space = compilation.encoding(conditions(model));
    let mut prover = Prover::new(model, &space);
    let decide = |proof| match prover.decide(proof) {
        Found::Verdict(verdict) => verdict,
        Found::Nothing => search(model, proof),
        Found::Broken { when, broken } => {
            prover.where_feasible(proof, when, broken).unwrap_or_else(|| search(model, proof))
        }
    };
    model.proofs.iter().map(decide).collect()
}

/// Returns the conditions that the proofs of a policy read.
fn conditions(model: &Model) -> impl Iterator<Item = ConditionId> {
    let subjects = |rule| model.proofs.iter().flat_map(move |proof| proof.claim.subject.conditions(rule));
    let rules = model.rules.iter().flat_map(move |rule| subjects(rule).chain([rule.fires]));
    rules.chain(model.proofs.iter().map(|proof| proof.when))
}

/// The result of the diagrams for one proof.
enum Found {
    /// The diagrams decided the proof.
    Verdict(Verdict),
    /// The diagram has requests that break the proof, but the one that was checked is not a counterexample.
    Broken {
        /// The requests that satisfy the proof's condition.
        when: NodeId,
        /// The requests that also break the proof.
        broken: NodeId,
    },
    /// A diagram exceeded the budget.
    Nothing,
}

struct Prover<'s> {
    model: &'s Model,
    space: &'s Encoding,
    study: Study<'s>,
    feasible: Feasibility,
    /// The allowed requests, if the diagram fits the budget.
    allowed: Option<NodeId>,
    rules: Vec<RuleCondition>,
    budget: Budget,
}

impl<'s> Prover<'s> {
    fn new(model: &'s Model, space: &'s Encoding) -> Self {
        let rules = space.rules(model);
        let read: BTreeSet<FormulaId> = conditions(model).map(|condition| space.root(condition)).collect();
        let read: Vec<FormulaId> = read.into_iter().collect();
        let projections = space.projections(&read);
        let conditions: Vec<(FormulaId, &Projection)> = read.into_iter().zip(&projections).collect();
        let wanted = variables_of_complete(space, conditions.iter().map(|(condition, _)| *condition));
        let orders = space.orders(conditions, &wanted);
        let limits = &model.limits;
        let budget = Budget::new(limits.graph_nodes, limits.graph_steps.min(limits.proof_steps as u64));
        let all = |builder: &mut DiagramBuilder<'s>| {
            builder.allowed(rules.iter().map(|rule| (rule.effect, rule.fires)))
        };
        let (study, allowed) = match Study::first_that_fits(space, &orders, budget, 4, all) {
            Some((study, allowed)) => (study, Some(allowed)),
            None => (Study::new(space, orders.into_iter().next().unwrap_or_default(), budget), None),
        };
        Self { model, space, study, feasible: Feasibility::new(model, space), allowed, rules, budget }
    }

    fn decide(&mut self, proof: &Proof) -> Found {
        self.study.extend(self.budget);
        let Some((when, broken)) = self.broken(proof) else { return Found::Nothing };
        if when == NodeId::FALSE {
            return Found::Verdict(Verdict::Vacuous);
        }
        if broken == NodeId::FALSE {
            return Found::Verdict(self.proved(proof, when));
        }
        let path = self.study.witness(broken, self.space).unwrap_or_default();
        match refutation(self.model, proof, &witness::request(self.model, self.space, &path)) {
            Some(verdict) => Found::Verdict(verdict),
            None => Found::Broken { when, broken },
        }
    }

    /// Returns the requests that satisfy the proof's condition, and those of them that break it.
    fn broken(&mut self, proof: &Proof) -> Option<(NodeId, NodeId)> {
        let condition = self.space.formula(proof.when)?;
        let when = self.study.ask(1, |builder| builder.build(condition))?;
        let subject = match (&proof.claim.subject, self.allowed) {
            (Subject::Allow, Some(allowed)) => allowed,
            (subject, _) => self.with_subject(subject, condition)?,
        };
        let broken = self.study.ask(1, |builder| match proof.claim.always {
            true => builder.diagrams.difference(when, subject),
            false => builder.diagrams.and(when, subject),
        })?;
        Some((when, broken))
    }

    /// Returns the verdict on a proof that no request breaks.
    fn proved(&self, proof: &Proof, when: NodeId) -> Verdict {
        // The diagram over-approximates, so `when` may be satisfiable only by requests that don't exist; a proof that
        // is vacuous for that reason must not count as proved.
        match self.is_satisfied(proof, when) {
            false if matches!(proof.decide(self.model), Verdict::Vacuous) => Verdict::Vacuous,
            _ => Verdict::Proved,
        }
    }

    /// Returns the verdict on a proof that the diagram breaks, if the feasible combinations of ordered attributes
    /// settle it.
    fn where_feasible(&mut self, proof: &Proof, when: NodeId, broken: NodeId) -> Option<Verdict> {
        match self.feasible.find(&mut self.study, self.space, broken, 1) {
            feasible::Found::Nothing => Some(self.proved(proof, when)),
            feasible::Found::Way { path, ordinals } => {
                let wanted = |id| witness::usual(self.model, id);
                let ordinals = self.feasible.near(&path, wanted).unwrap_or(ordinals);
                let mut request = witness::request(self.model, self.space, &path);
                witness::set_ordinals(self.model, &mut request, &ordinals);
                refutation(self.model, proof, &request)
            }
            feasible::Found::Unknown => None,
        }
    }

    /// Returns the requests that have what a claim is about among those that satisfy a condition, from only the rules
    /// that can fire together with it.
    fn with_subject(&mut self, subject: &Subject, condition: FormulaId) -> Option<NodeId> {
        let (model, space) = (self.model, self.space);
        let projection = space.projections(&[condition]).pop()?;
        let rules = model.rules.iter().zip(&self.rules);
        let rules = rules.filter(|(_, known)| overlap(&known.projection, &projection));
        self.study.ask(1, |builder| {
            let (mut denials, mut by_denials, mut by_allows) = (Vec::new(), Vec::new(), Vec::new());
            for (rule, known) in rules {
                let fires = builder.build(known.fires)?;
                let mut some = Vec::new();
                for condition in subject.conditions(rule) {
                    some.push(builder.build(space.root(condition))?);
                }
                let some = builder.diagrams.any(some)?;
                let case = builder.diagrams.and(fires, some)?;
                match rule.effect {
                    RuleEffect::Allow => by_allows.push(case),
                    RuleEffect::Deny => {
                        denials.push(fires);
                        by_denials.push(case);
                    }
                }
            }
            let (denials, by_allows) = (builder.diagrams.any(denials)?, builder.diagrams.any(by_allows)?);
            by_denials.push(builder.diagrams.difference(by_allows, denials)?);
            builder.diagrams.any(by_denials)
        })
    }

    /// Returns true if a concrete request is known to satisfy the proof's condition.
    fn is_satisfied(&self, proof: &Proof, when: NodeId) -> bool {
        self.study.witness(when, self.space).is_some_and(|path| {
            let request = witness::request(self.model, self.space, &path);
            Certain::new(self.model, &request).is_some_and(|certain| certain.truth(proof.when) == Some(true))
        })
    }
}

/// Returns the verdict of an exact search.
fn search(model: &Model, proof: &Proof) -> Verdict {
    match proof.decide(model) {
        Verdict::Refuted { counterexample, effect, rules } => refutation(model, proof, &counterexample)
            .unwrap_or(Verdict::Refuted { counterexample, effect, rules }),
        verdict => verdict,
    }
}

/// Returns the effect, if it is certain, and the names of the determining rules that certainly fire.
fn determined(certain: &Certain<'_>) -> Option<(Effect, Vec<Arc<str>>)> {
    let effect = certain.effect()?;
    let rules = certain.rules(if effect == Effect::Allow { RuleEffect::Allow } else { RuleEffect::Deny });
    Some((effect, rules))
}

/// Returns the refutation by a request without its irrelevant attributes; `None` if the request does not break the
/// proof.
fn refutation(model: &Model, proof: &Proof, request: &Request) -> Option<Verdict> {
    let claim = &proof.claim;
    let breaks = |certain: &Certain<'_>| {
        certain.truth(proof.when) == Some(true)
            && certain.has(&claim.subject) == Some(!claim.always)
            && certain.effect().is_some()
    };
    let broken = |request: &Request| {
        let (given, completions) = (Certain::new, Certain::of_completions);
        match (&claim.subject, claim.always) {
            // Whatever allows a request allows its completions.
            (Subject::Allow, false) => given(model, request).filter(breaks),
            // A request denied only because an attribute is missing may be allowed once it is given. One whose completions
            // are denied is denied too.
            (Subject::Allow, true) => completions(model, request).filter(breaks),
            // An obligation may be due, or a rule fire, only because an attribute is missing, or only once it is given.
            (Subject::Oblige(_), _) => {
                let of_completions = completions(model, request).filter(breaks)?;
                let same = |given: &Certain<'_>| determined(given) == determined(&of_completions);
                given(model, request).filter(breaks).filter(same)
            }
        }
    };
    broken(request)?;
    let counterexample = witness::reduced(model, request, |fewer| broken(fewer).is_some());
    let (effect, rules) = determined(&broken(&counterexample)?)?;
    Some(Verdict::Refuted { counterexample, effect, rules })
}
