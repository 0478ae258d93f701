//! Decisions about requests with unknown attributes.
//!
//! A *completion* of a request gives a value to each unknown attribute. The effect is allow (deny) if every completion
//! is allowed (denied), and indeterminate otherwise. The exact answer can take exponential work, so several algorithms
//! are tried in turn. Each one returns an exact answer or gives up; none guesses. The first answer counts.
//!
//! # Which algorithm finds the effect
//!
//! [`Answerer::without_search`] and then [`Answerer::found`] try, in this order:
//!
//! 1. `Program::settled` intersects the masks: no allow is left, or a cube is left that no unknown attribute can exclude.
//!    Without masks, or if they don't tell, it walks the diagram by the known classes. If there is no diagram, or at
//!    slices that the compiler left to the bitmaps, it evaluates the cubes that the bitmaps don't exclude, in
//!    three-valued logic. Cost: one path, and at most [`work::REASONS`] nodes of conditions. It gives up at an unknown variable, and if an
//!    unknown test decides, even one that every completion passes. `Program` tries it, and comes here with its result.
//! 2. [`frontier`] walks the compiled diagram and takes every branch of an unknown variable. It settles most requests.
//!    Cost: one visit per reachable node, at most [`work::WALK`] nodes and classes, usually without allocation. It
//!    gives up if there is no diagram, at slices that the compiler left to the bitmaps, beyond its limit, and if it
//!    reaches both effects through a *relation* ([`VariableKind::is_relation`]): the branches that it combined may then
//!    contradict each other.
//! 3. [`evaluator`] with [`Encoding::Compiled`] imports the compiled diagram with the known classes put in, so that
//!    only unknown variables are left. Its nodes are canonical, so the remaining levels are the ones that the effect
//!    depends on. [`exact`] then handles two kinds of dependent levels: the groups of one set and the tests of one
//!    string. Cost: the part of the diagram that is imported ([`work::IMPORTED`], [`work::COMPILED`]). It runs only if
//!    there is a diagram.
//! 4. [`evaluator`] with [`Encoding::Members`] builds diagrams from the conditions of the rules that may fire.
//!    [`levels`] splits each set of many classes into one level per group of its members, because a set of *n*
//!    independent groups has up to 2ⁿ classes; it also chooses a new order of levels. Cost: that of combining the
//!    conditions, at most [`work::MEMBERS`].
//! 5. `solver::decide_among` or, without reasons, `solver::effect_among`: the model's own search. It reasons about
//!    values instead of classes, so it can handle relations that tie unknown attributes together (sums, equal values,
//!    common members, tests of one string). Cost: the most of all, up to the model's limit on search steps. It is tried
//!    only with at most [`work::SEARCHED`] unknown conditions, one of which has to be such a relation: otherwise it
//!    would find no more than the diagrams did.
//! 6. Otherwise the effect is indeterminate and the decision `approximate`.
//!
//! Batches decide by the same rules without coming here: `columns::work` decides blocks, and `BatchEvaluator::one`
//! single rows by [`frontier::effect_of_classes`]. A row that they leave `Undecided`, or whose reasons are wanted, is
//! put into a frame and decided as a single request.
//!
//! The order is by cost, and the specific comes before the general. Steps 1 and 2 build nothing, steps 3 and 4 build
//! diagrams, step 5 searches. Step 3 precedes step 4 because the compiler has already found an order in which this
//! policy's diagram is small, and importing is cheaper than combining. Step 4 covers policies without a diagram,
//! unresolved slices, and sets that have too many classes for one level. The model's search knows the most theories,
//! but it branches over values, so it comes last.
//!
//! # Which algorithm finds the reasons
//!
//! [`Answerer::decide`] knows the effect. For an exact allow or deny, [`reasons`] first judges each remaining rule by
//! itself: [`read_once`] recognizes, without a diagram, conditions that test each unknown variable once and therefore
//! can hold and can fail; it takes small conditions (`Formulas::is_small`) with at most `MAX_TESTS` (12) unknown
//! variables. If some condition needs more, the evaluators of steps 3 and 4 answer, then the model's search, and
//! finally [`coarse`], which takes each condition's three-valued truth alone: its lists hold everything that may apply,
//! and the decision is `approximate`. [`dependencies`] asks the same evaluators which unknown attributes are worth
//! fetching.
//!
//! # Why is this request indeterminate?
//!
//! - `approximate` is false: one completion is allowed and another is denied. `missing` names the unknown attributes
//!   that the effect depends on, `undecided` the rules that fire in some completions only. [`PartialEvaluator::decide`]
//!   or the model's search filled them in.
//! - `approximate` is true: the answer is sound but not exact. Either the effect itself could not be found, and might
//!   be allow or deny with more work; or only `missing` and `undecided` may hold too much. Both lists then come from
//!   [`coarse`] or from the model's search. To see why, follow [`Answerer::found`] through the steps above.
//!   [`evaluator::Unanswered`] says why diagrams gave up: `Tangled` levels depend on each other in a way that
//!   [`exact`] can't handle, `Exhausted` means a budget of [`work`]. If the model was searched, its own search was
//!   approximate; if not, `Answerer::rules_to_search` tells why.
//!
//! Each step has its own deterministic budget, so the same request always gets the same answer.

mod coarse;
mod dependencies;
mod evaluator;
mod exact;
mod feasible;
pub(crate) mod frontier;
mod levels;
mod read_once;
pub(crate) mod reasons;
pub(crate) mod work;

pub(crate) use dependencies::needs;
pub use dependencies::{Dependency, Depth};

use crate::formula::FormulaId;
use crate::frame::Frame;
use crate::plan::RulePlan;
use crate::program::Program;
use crate::variable::VariableKind;
use evaluator::PartialEvaluator;
use levels::Encoding;
use placet_model::decision::{Decision, Effect};
use placet_model::request::Assignment;
use placet_model::{Model, solver};
use std::sync::Arc;

/// Returns the effect without reasons. `Program::settled` has found none.
#[cold]
pub(crate) fn effect(program: &Program, frame: &Frame) -> Effect {
    Answerer::new(program, frame, None).effect_alone()
}

/// Returns the decision with its reasons. `settled` is the effect that `Program::settled` has found; [`reasons`] alone
/// can't judge those of it.
pub(crate) fn decide(program: &Program, frame: &Frame, settled: Option<Effect>) -> Decision {
    Answerer::new(program, frame, settled).decide()
}

/// Like [`decide`], but may leave [`Decision::undecided`] empty, which costs more than everything else: the compiled
/// diagram alone tells what is missing ([`Encoding::Diagram`]). Also returns true if the model was searched.
pub(crate) fn decide_without_undecided(
    program: &Program,
    frame: &Frame,
    settled: Option<Effect>,
) -> (Decision, bool) {
    let mut answerer = Answerer::new(program, frame, settled);
    let missing = (answerer.found() == (Effect::Indeterminate, true)).then(|| answerer.missing());
    let decision = match missing.flatten() {
        Some(missing) => {
            let mut decision = Decision::new(Effect::Indeterminate);
            decision.missing = missing;
            decision
        }
        None => answerer.decide(),
    };
    (decision, matches!(answerer.searched, Some(Some(_))))
}

/// Like [`decide`], but returns `None` if the decision is indeterminate.
///
/// The reasons of an indeterminate decision cost more than everything else, so callers that don't need them skip them.
pub(crate) fn decide_unless_indeterminate(
    program: &Program,
    frame: &Frame,
    settled: Option<Effect>,
) -> Option<Decision> {
    let mut answerer = Answerer::new(program, frame, settled);
    (answerer.found().0 != Effect::Indeterminate).then(|| answerer.decide())
}

/// Answers several queries about one request: they share the evaluators and the result of the model's search.
struct Answerer<'p> {
    program: &'p Program,
    frame: &'p Frame,
    /// The effect that `Program::settled` has found.
    settled: Option<Effect>,
    evaluators: [Option<PartialEvaluator<'p>>; 2],
    /// The result of the model's search: the outer `None` if it hasn't been tried, the inner one if it was refused.
    searched: Option<Option<Decision>>,
    /// The effect, and true if it is exact.
    found: Option<(Effect, bool)>,
}

/// The encodings in the order in which they are tried: the compiled order first, because importing is cheaper.
const ENCODINGS: [Encoding; 2] = [Encoding::Compiled, Encoding::Members];

impl<'p> Answerer<'p> {
    fn new(program: &'p Program, frame: &'p Frame, settled: Option<Effect>) -> Self {
        Self { program, frame, settled, evaluators: [None, None], searched: None, found: None }
    }

    /// Returns the evaluators, each created on first use. The one in the compiled order exists only if the program has
    /// a diagram.
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

    /// Returns the attributes that an indeterminate effect depends on, unless only the model's search can tell.
    fn missing(&mut self) -> Option<Vec<Arc<str>>> {
        let [compiled, _] = &self.evaluators;
        // The diagram usually tells: then no condition is looked at.
        let alone = match compiled {
            None => PartialEvaluator::new(self.program, self.frame, Encoding::Diagram).missing().ok(),
            Some(_) => None,
        };
        alone.or_else(|| self.evaluators().find_map(|evaluator| evaluator.missing().ok()))
    }

    /// Returns the effect if something other than the model's search finds it.
    fn without_search(&mut self) -> Option<Effect> {
        self.settled
            .or_else(|| frontier::effect(self.program, self.frame))
            .or_else(|| self.evaluators().find_map(|evaluator| evaluator.effect().ok()))
    }

    /// Returns the effect. Nothing else may be asked afterwards: what the model's search finds isn't kept.
    fn effect_alone(mut self) -> Effect {
        self.without_search().unwrap_or_else(|| match self.rules_to_search(Effect::Indeterminate) {
            Some(rules) => solver::effect_among(self.program.model(), &self.facts(), &rules),
            None => Effect::Indeterminate,
        })
    }

    /// Returns the effect, and true if it is exact.
    fn found(&mut self) -> (Effect, bool) {
        if let Some(found) = self.found {
            return found;
        }
        let found = match self.without_search() {
            Some(effect) => (effect, true),
            None => {
                let searched = self.searched();
                searched.map_or((Effect::Indeterminate, false), |found| (found.effect, !found.approximate))
            }
        };
        self.found = Some(found);
        found
    }

    /// Returns the decision.
    fn decide(&mut self) -> Decision {
        let (effect, is_exact) = self.found();
        if !is_exact {
            return self.fallback(effect);
        }
        // The rule-by-rule reasons need no diagram, so they come before the evaluators. Those of a settled effect were
        // tried before this was asked.
        let by_rules = (self.settled.is_none() && effect != Effect::Indeterminate)
            .then(|| reasons::decision(self.program, self.frame, effect));
        by_rules
            .flatten()
            .or_else(|| self.evaluators().find_map(|evaluator| evaluator.decide(effect).ok()))
            .unwrap_or_else(|| self.fallback(effect))
    }

    /// Returns the decision of the model's search if that found the same effect, and the coarse one otherwise.
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

    /// Returns the indices, in ascending order, of the rules of an effect that may fire, or `None` if a search isn't
    /// worthwhile.
    ///
    /// It isn't if there are too many unknown conditions, or if none of them is a relation: without relations, the
    /// search would find no more than the diagrams.
    fn rules_to_search(&mut self, effect: Effect) -> Option<Vec<usize>> {
        let program = self.program;
        let evaluator = self.last_evaluator();
        let rules = evaluator.candidates(effect);
        let roots = rules.iter().flat_map(|plan| plan.conditions());
        let open = evaluator.unknown_below(roots);
        let needs_theory = |id: &FormulaId| {
            let test = program.data().formulas.get(*id).as_leaf();
            let about = test.and_then(|test| program.variables().get(test.variable as usize));
            // Groups of one set count as a relation, but `exact` handles them: they need no search.
            about.is_some_and(|about| {
                about.source.is_relation() && !matches!(about.source, VariableKind::Group(..))
            })
        };
        if open.len() > work::SEARCHED || !open.iter().any(needs_theory) {
            return None;
        }
        let mut rules: Vec<usize> = rules.into_iter().map(|plan| plan.rule as usize).collect();
        rules.sort_unstable();
        Some(rules)
    }

    /// Returns the known values. `Program` has checked required attributes, if its caller wants them.
    fn facts(&self) -> Assignment {
        Assignment::of_partial(self.program.model(), &self.frame.request(self.program))
    }

    /// Returns the decision of the model's search among the rules that may fire, or `None` if the search isn't
    /// worthwhile.
    fn searched(&mut self) -> Option<Decision> {
        if self.searched.is_none() {
            let rules = self.rules_to_search(Effect::Indeterminate);
            let facts = self.facts();
            let model = self.program.model();
            self.searched = Some(rules.map(|rules| solver::decide_among(model, &facts, &rules)));
        }
        self.searched.clone().flatten()
    }

    /// Returns the unknown attributes that `search` finds for the rules of an effect.
    ///
    /// If a search isn't worthwhile, returns all unknown attributes that the conditions of these rules read: of every
    /// rule with `of_all`, otherwise of the rules with obligations.
    fn searched_dependencies(
        &mut self,
        effect: Effect,
        of_all: bool,
        search: impl FnOnce(&Model, &Assignment, &[usize]) -> Vec<Arc<str>>,
    ) -> Vec<Arc<str>> {
        let facts = self.facts();
        match self.rules_to_search(effect) {
            Some(rules) => search(self.program.model(), &facts, &rules),
            None => {
                let evaluator = self.last_evaluator();
                let rules = evaluator.candidates(effect).into_iter();
                let rules = rules.filter(|plan| of_all || !plan.obligations.is_empty());
                let ids = evaluator.asked(rules.flat_map(RulePlan::conditions));
                evaluator.names(ids)
            }
        }
    }
}
