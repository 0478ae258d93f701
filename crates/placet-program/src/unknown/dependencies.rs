//! The unknown attributes that a decision depends on: the ones worth fetching.
//!
//! An attribute counts if two completions that differ in it alone differ in the answer. Diagrams tell this exactly,
//! because their nodes are canonical. If they give up, the model's search or a list of all attributes read takes their
//! place.

use super::Answerer;
use super::evaluator::{PartialEvaluator, Unanswered};
use super::reasons;
use super::work::ESTIMATES;
use crate::formula::FormulaId;
use crate::frame::Frame;
use crate::program::Program;
use placet_graph::{Budget, NodeId};
use placet_model::decision::Effect;
use placet_model::solver;
use placet_model::types::AttributeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The maximum number of classes of a variable for which [`Dependency::settles`] is estimated: each one is a
/// restriction of the diagram.
const TRIED: u32 = 64;

/// The parts of a decision that have to be settled before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Depth {
    /// The effect.
    #[default]
    Effect,
    /// The effect and the obligations: every obligation is certain.
    Obligations,
    /// The effect, the obligations and the reasons: every determining rule and what it cites is certain too.
    Reasons,
}

/// An unknown attribute that an answer depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dependency {
    /// The attribute.
    pub attribute: AttributeId,
    /// An estimate of the probability, from 0 to 1, that this attribute alone settles the answer, if all its classes
    /// are equally likely. 0 if no estimate was possible.
    pub settles: f64,
}

/// Returns the attributes that the effect depends on. If the effect is settled, returns the attributes that the rest of
/// `depth` depends on.
pub(crate) fn needs(program: &Program, frame: &Frame, depth: Depth) -> Vec<Dependency> {
    let mut answerer = Answerer::new(program, frame, program.settled(frame));
    match (answerer.found().0, depth) {
        (Effect::Indeterminate, _) => answerer.of_effect(),
        (_, Depth::Effect) => Vec::new(),
        (effect, Depth::Obligations) => answerer.of_obligations(effect),
        (effect, Depth::Reasons) => answerer.of_reasons(effect),
    }
}

/// Turns names into dependencies without an estimate.
fn unweighed(program: &Program, names: &[Arc<str>]) -> Vec<Dependency> {
    let ids = program.model().declared();
    ids.filter(|(_, attribute)| names.contains(&attribute.name))
        .map(|(attribute, _)| Dependency { attribute, settles: 0.0 })
        .collect()
}

impl Answerer<'_> {
    fn of_effect(&mut self) -> Vec<Dependency> {
        let found = self.evaluators().find_map(|evaluator| {
            let allowed = evaluator.allowed().ok()?;
            evaluator.needs(&[allowed]).ok()
        });
        match found {
            Some(needs) => needs,
            None => unweighed(self.program, &self.fallback(Effect::Indeterminate).missing),
        }
    }

    fn of_obligations(&mut self, effect: Effect) -> Vec<Dependency> {
        let found = self.evaluators().find_map(|evaluator| {
            let due = evaluator.due(effect).ok()?;
            evaluator.needs(&due).ok()
        });
        found.unwrap_or_else(|| {
            let names = self.searched_dependencies(effect, false, solver::obligations_depend_on);
            unweighed(self.program, &names)
        })
    }

    fn of_reasons(&mut self, effect: Effect) -> Vec<Dependency> {
        let found = self.evaluators().find_map(|evaluator| {
            let mut reasons = evaluator.due(effect).ok()?;
            for plan in evaluator.candidates(effect) {
                reasons.push(evaluator.diagram(plan.fires).ok()?);
            }
            evaluator.needs(&reasons).ok()
        });
        found.unwrap_or_else(|| {
            let names = self.searched_dependencies(effect, true, solver::reasons_depend_on);
            unweighed(self.program, &names)
        })
    }
}

impl PartialEvaluator<'_> {
    /// Returns the attributes that at least one of these diagrams depends on.
    fn needs(&mut self, diagrams: &[NodeId]) -> Result<Vec<Dependency>, Unanswered> {
        // All dependencies come before the estimates, which change the budget of the diagrams.
        let mut levels: Vec<(NodeId, BTreeMap<AttributeId, Vec<u32>>)> = Vec::new();
        for diagram in diagrams {
            levels.push((*diagram, self.dependencies(*diagram)?));
        }
        let mut best: BTreeMap<AttributeId, f64> = BTreeMap::new();
        // The estimates have a share of their own: if it runs out, only the remaining estimates are lost, never the
        // dependencies.
        let left = self.diagrams.used().steps.saturating_add(ESTIMATES);
        for (diagram, support) in levels {
            for (id, levels) in support {
                let settles = levels.into_iter().map(|level| self.settles(diagram, level, left));
                let settles = settles.fold(0.0, f64::max);
                let known = best.entry(self.model().declared_id(id)).or_insert(0.0);
                *known = f64::max(*known, settles);
            }
        }
        Ok(best.into_iter().map(|(attribute, settles)| Dependency { attribute, settles }).collect())
    }

    /// Estimates the share of a level's classes for which the diagram becomes a terminal. `steps` limits the total
    /// steps.
    fn settles(&mut self, diagram: NodeId, level: u32, steps: u64) -> f64 {
        let classes = self.diagrams.arity(level);
        if classes > TRIED {
            return 0.0;
        }
        // Steps are limit enough: a restriction is no larger than its diagram.
        self.diagrams.set_budget(Budget { nodes: usize::MAX, runs: usize::MAX, steps });
        let mut settled = 0;
        for class in 0..classes {
            match self.diagrams.restrict(diagram, &|other| (other == level).then_some(class)) {
                Ok(left) => settled += u32::from(left.is_terminal()),
                Err(_) => return 0.0,
            }
        }
        f64::from(settled) / f64::from(classes.max(1))
    }

    /// Returns one diagram per obligation and text, in the order in which texts are preferred: the obligation is due
    /// with this text or a preferred one.
    ///
    /// These prefix unions change whenever the reported obligation or its text would.
    fn due(&mut self, effect: Effect) -> Result<Vec<NodeId>, Unanswered> {
        // The order of the map decides which text is reported: the first in byte order that is due, and none last.
        let mut due: BTreeMap<_, Texts> = BTreeMap::new();
        for plan in self.candidates(effect) {
            let Some(rule) = self.model().rules.get(plan.rule as usize) else { continue };
            for (obligation, when) in rule.obligations.iter().zip(&plan.obligations) {
                let texts = due.entry(reasons::key(obligation)).or_default();
                let text = (obligation.text.is_none(), obligation.text.clone());
                texts.entry(text).or_default().push((plan.fires, *when));
            }
        }
        let mut diagrams = Vec::new();
        for texts in due.into_values() {
            // True if the obligation is due with one of the texts so far.
            let mut so_far = NodeId::FALSE;
            for pairs in texts.into_values() {
                let mut parts = vec![so_far];
                for (fires, when) in pairs {
                    let (fires, when) = (self.diagram(fires)?, self.diagram(when)?);
                    parts.push(self.diagrams.and(fires, when)?);
                }
                so_far = self.diagrams.any(parts)?;
                diagrams.push(so_far);
            }
        }
        Ok(diagrams)
    }
}

/// The texts of an obligation, none last. For each, the rules that impose it: when the rule fires, and when the
/// obligation is due.
type Texts = BTreeMap<(bool, Option<Arc<str>>), Vec<(FormulaId, FormulaId)>>;
