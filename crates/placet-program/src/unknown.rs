//! Decisions about requests that leave something unknown.
//!
//! 1. A walk through the compiled diagram tells most effects, and what is known tells most reasons (`frontier`,
//!    `account`).
//! 2. Diagrams of the conditions over what is unknown tell the rest (`evaluator`): in the order of the compiled diagram,
//!    then by the members of sets (`levels`).
//! 3. Where conditions relate unknown attributes, the search of the model answers.
//! 4. What none of them tells within its share of the work, `coarse` answers: soundly, and `approximate`.
//!
//! Every phase has a limit of its own that counts and never looks at the clock (`work`).

mod coarse;
mod dependencies;
mod evaluator;
mod exact;
mod feasible;
pub(crate) mod frontier;
mod levels;
mod read_once;
pub(crate) mod reasons;
mod truths;
pub(crate) mod work;

pub(crate) use dependencies::needs;
pub use dependencies::{Dependency, Depth};

use crate::formula::{Formula, FormulaId};
use crate::frame::Frame;
use crate::program::Program;
use crate::variable::VariableKind;
use evaluator::PartialEvaluator;
use levels::Encoding;
use placet_model::decision::{Decision, Effect};
use placet_model::request::Assignment;
use placet_model::{Model, reference};
use std::sync::Arc;

/// The effect alone.
pub(crate) fn effect(program: &Program, frame: &Frame) -> Effect {
    Answerer::new(program, frame).effect()
}

/// The decision with its reasons.
pub(crate) fn decide(program: &Program, frame: &Frame) -> Decision {
    let mut answerer = Answerer::new(program, frame);
    let effect = answerer.effect();
    answerer.decide(effect)
}

/// The decision with its reasons, unless it is indeterminate: the reasons of that take longer than all else.
pub(crate) fn decide_unless_indeterminate(program: &Program, frame: &Frame) -> Option<Decision> {
    let mut answerer = Answerer::new(program, frame);
    let effect = answerer.effect();
    (effect != Effect::Indeterminate).then(|| answerer.decide(effect))
}

/// Answers questions about one request. What one of them has built serves the others.
struct Answerer<'p> {
    program: &'p Program,
    frame: &'p Frame,
    evaluators: [Option<PartialEvaluator<'p>>; 2],
    /// The answer of the model's search, once it has been asked.
    searched: Option<Option<Decision>>,
    /// The effect, and whether it is exact.
    effect: Option<(Effect, bool)>,
}

/// In the order in which they are tried.
const ENCODINGS: [Encoding; 2] = [Encoding::Compiled, Encoding::Members];

impl<'p> Answerer<'p> {
    fn new(program: &'p Program, frame: &'p Frame) -> Self {
        Self { program, frame, evaluators: [None, None], searched: None, effect: None }
    }

    /// The evaluators, each made once it is asked for; that of the compiled diagram only where there is one.
    fn evaluators(&mut self) -> impl Iterator<Item = &mut PartialEvaluator<'p>> {
        let (program, frame) = (self.program, self.frame);
        let has_graph = program.data().graph.is_some();
        let all = self.evaluators.iter_mut().zip(ENCODINGS);
        all.filter(move |(_, encoding)| has_graph || *encoding != Encoding::Compiled).map(
            move |(slot, encoding)| {
                slot.get_or_insert_with(|| PartialEvaluator::new(program, frame, encoding))
            },
        )
    }

    fn effect(&mut self) -> Effect {
        if let Some((effect, _)) = self.effect {
            return effect;
        }
        let exact = frontier::effect(self.program, self.frame)
            .or_else(|| self.program.settled(self.frame))
            .or_else(|| self.evaluators().find_map(|evaluator| evaluator.effect().ok()));
        let found = match exact {
            Some(effect) => (effect, true),
            None => {
                let searched = self.searched();
                searched.map_or((Effect::Indeterminate, false), |found| (found.effect, !found.approximate))
            }
        };
        self.effect = Some(found);
        found.0
    }

    /// The decision of the effect that was found.
    fn decide(&mut self, effect: Effect) -> Decision {
        let is_exact = self.effect.is_some_and(|(_, is_exact)| is_exact);
        if is_exact && effect != Effect::Indeterminate {
            let known = reasons::decision(self.program, self.frame, effect);
            if !known.approximate {
                return known;
            }
        }
        let found =
            is_exact.then(|| self.evaluators().find_map(|evaluator| evaluator.decide(effect).ok())).flatten();
        found.unwrap_or_else(|| self.fallback(effect))
    }

    /// The decision of this effect by the model's search, if that finds the effect too, otherwise the sound one.
    fn fallback(&mut self, effect: Effect) -> Decision {
        match self.searched() {
            Some(found) if found.effect == effect => found,
            _ => self.last_evaluator().coarse(effect),
        }
    }

    fn last_evaluator(&mut self) -> &mut PartialEvaluator<'p> {
        let (program, frame) = (self.program, self.frame);
        let [_, last] = &mut self.evaluators;
        last.get_or_insert_with(|| PartialEvaluator::new(program, frame, Encoding::Members))
    }

    /// The places, among the policy's, of the rules of an effect that may fire, in ascending order; `None` where they are
    /// too much for a search, or where it would tell no more than the diagrams have: they need its theories alone.
    fn rules_to_search(&mut self, effect: Effect) -> Option<Vec<usize>> {
        let program = self.program;
        let evaluator = self.last_evaluator();
        let rules = evaluator.candidates(effect);
        let roots = rules.iter().flat_map(|plan| plan.obligations.iter().copied().chain([plan.fires]));
        let open = evaluator.open_below(roots.collect());
        let needs_theory = |id: &FormulaId| match program.data().formulas.get(*id) {
            Formula::In(variable, _) => {
                let about = program.variables().get(*variable as usize);
                about.is_some_and(|about| {
                    about.source.is_relation() && !matches!(about.source, VariableKind::Group(..))
                })
            }
            _ => false,
        };
        if open.len() > work::SEARCHED || !open.iter().any(needs_theory) {
            return None;
        }
        let mut rules: Vec<usize> = rules.into_iter().map(|plan| plan.rule as usize).collect();
        rules.sort_unstable();
        Some(rules)
    }

    /// The answer of the model's own search among the rules that may fire; `None` where they are too much for it.
    fn searched(&mut self) -> Option<Decision> {
        if self.searched.is_none() {
            let rules = self.rules_to_search(Effect::Indeterminate);
            // INVARIANT: that nothing required is missing has been asked before.
            let facts = self.frame.facts(self.program).ok();
            let found = rules.zip(facts);
            let model = self.program.model();
            self.searched = Some(found.map(|(rules, facts)| reference::decide_among(model, &facts, &rules)));
        }
        self.searched.clone().flatten()
    }

    /// Returns the attributes that `search` names for the rules of an effect or, where that is too much, all that the
    /// conditions of those rules look at: with `of_all` of every rule, otherwise of those with obligations.
    fn searched_dependencies(
        &mut self,
        effect: Effect,
        of_all: bool,
        search: impl FnOnce(&Model, &Assignment, &[usize]) -> Vec<Arc<str>>,
    ) -> Vec<Arc<str>> {
        let facts = self.frame.facts(self.program).ok();
        match self.rules_to_search(effect).zip(facts) {
            Some((rules, facts)) => search(self.program.model(), &facts, &rules),
            None => {
                let evaluator = self.last_evaluator();
                let rules = evaluator.candidates(effect).into_iter();
                let rules = rules.filter(|plan| of_all || !plan.obligations.is_empty());
                let roots = rules.flat_map(|plan| plan.obligations.iter().copied().chain([plan.fires]));
                let ids = evaluator.asked(roots.collect());
                evaluator.names(ids)
            }
        }
    }
}
