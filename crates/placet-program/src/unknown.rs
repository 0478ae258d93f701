//! Decisions about requests that leave something open.
//!
//! What is known is put into the conditions; what is left is a diagram over the open variables alone, in which every
//! class counts that the request leaves possible. As the diagram is canonical, the variables that are left in it are
//! those on which the answer hangs. (Missing attributes on decision diagrams: Morisset, Willemse and Zannone, *Efficient
//! extended ABAC evaluation*, SACMAT 2018.)
//!
//! Variables that share an open attribute are not independent of each other. Where two of them are left together, the
//! exact search of the model answers.

mod needs;

pub use needs::{Depth, Need};
pub(crate) use needs::{of_effect, of_obligations, of_reasons};

use crate::account::{self, Dues};
use crate::class_set::ClassSet;
use crate::formula::{Formula, FormulaId};
use crate::frame::Frame;
use crate::frontier;
use crate::open::{Possible, possible};
use crate::packed::{Packed, Place, Step};
use crate::plan::RulePlan;
use crate::program::{Program, UNRESOLVED};
use crate::variable::{OPEN, Source, Variable};
use foldhash::{HashMap, HashMapExt};
use placet_graph::{Budget, Diagrams, Exhausted, NodeId, Run};
use placet_model::decision::{Decision, Effect};
use placet_model::types::AttributeId;
use placet_model::{Model, reference};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a decision may build; beyond it the search of the model answers, which has a limit of its own.
const BUDGET: Budget = Budget { nodes: 1 << 16, runs: 1 << 19, steps: 1 << 20 };

/// Why diagrams do not answer.
enum Unanswered {
    /// Variables that are not independent of each other are left together.
    Tangled,
    /// The diagrams would be too large.
    Exhausted,
}

impl From<Exhausted> for Unanswered {
    fn from(_: Exhausted) -> Self {
        Unanswered::Exhausted
    }
}

/// The effect alone.
pub(crate) fn effect(program: &Program, frame: &Frame) -> Effect {
    frontier::effect(program, frame).unwrap_or_else(|| decide(program, frame).effect)
}

/// The decision with its reasons.
pub(crate) fn decide(program: &Program, frame: &Frame) -> Decision {
    decide_walked(program, frame, frontier::effect(program, frame))
}

/// The decision with its reasons, unless a walk tells that it is indeterminate: the reasons of that take longer than all
/// else.
pub(crate) fn decide_unless_indeterminate(program: &Program, frame: &Frame) -> Option<Decision> {
    let walked = frontier::effect(program, frame);
    (walked != Some(Effect::Indeterminate)).then(|| decide_walked(program, frame, walked))
}

/// The decision of which a walk has told the effect, or nothing.
fn decide_walked(program: &Program, frame: &Frame, walked: Option<Effect>) -> Decision {
    // A walk tells most effects, and what is known the most reasons.
    let walked = walked.filter(|effect| *effect != Effect::Indeterminate);
    let settled = walked.or_else(|| program.settled(frame));
    let known = settled.map(|effect| account::decision(program, frame, effect));
    let known = match known {
        Some(decision) if !decision.approximate => return decision,
        other => other,
    };
    let mut question = Question::new(program, frame);
    match (question.decide(settled), known) {
        (Ok(decision), _) => decision,
        (Err(Unanswered::Tangled | Unanswered::Exhausted), known) => {
            let found = question.searched();
            // The search may end at its limit and not find what the walk has.
            known.filter(|known| known.effect != found.effect).unwrap_or(found)
        }
    }
}

/// A variable that is open.
struct OpenVariable<'p> {
    variable: &'p Variable,
    /// The classes that it can have, where these are not simply all. Those of its level in the diagrams are their
    /// places among these.
    possible: Option<Possible>,
}

impl OpenVariable<'_> {
    fn is_exact(&self) -> bool {
        self.possible.as_ref().is_none_or(|possible| possible.is_exact)
    }

    /// The class of a place among those that are possible.
    fn classes(&self) -> impl Iterator<Item = u32> + '_ {
        let all = self.possible.is_none().then_some(0..self.variable.classes);
        all.into_iter().flatten().chain(self.possible.iter().flat_map(|possible| possible.classes.iter()))
    }
}

struct Question<'p> {
    program: &'p Program,
    frame: &'p Frame,
    /// The class of each variable, those filled in that can have but one.
    classes: Vec<u32>,
    open: Vec<OpenVariable<'p>>,
    /// The level of each open variable; [`OPEN`] for the others.
    levels: Vec<u32>,
    diagrams: Diagrams,
    formulas: HashMap<FormulaId, NodeId>,
}

impl<'p> Question<'p> {
    fn new(program: &'p Program, frame: &'p Frame) -> Self {
        let mut classes = frame.classes().to_vec();
        let mut levels = vec![OPEN; classes.len()];
        let mut open = Vec::new();
        let mut arities = Vec::new();
        for ((class, level), variable) in classes.iter_mut().zip(&mut levels).zip(program.variables()) {
            if *class != OPEN {
                continue;
            }
            let is_all = matches!(variable.source, Source::Value(_) | Source::Missing(_))
                && !frame.has_leaves(variable);
            let possible = (!is_all).then(|| possible(program, frame, variable));
            match possible.as_ref().map(|possible| possible.classes.ranges()) {
                Some(&[(only, end)]) if end == only + 1 => *class = only,
                _ => {
                    *level = u32::try_from(open.len()).unwrap_or(OPEN);
                    arities
                        .push(possible.as_ref().map_or(variable.classes, |possible| possible.classes.len()));
                    open.push(OpenVariable { variable, possible });
                }
            }
        }
        let diagrams = Diagrams::new(arities, BUDGET);
        Self { program, frame, classes, open, levels, diagrams, formulas: HashMap::new() }
    }

    fn model(&self) -> &'p Model {
        self.program.model()
    }

    /// The answer of the model's own search among the rules that may fire.
    fn searched(&self) -> Decision {
        let rules = self.places(Effect::Indeterminate);
        match self.frame.facts(self.program) {
            Ok(facts) => reference::decide_among(self.model(), &facts, &rules),
            // INVARIANT: that nothing required is missing has been asked before.
            Err(_) => Decision { approximate: true, ..Decision::of(Effect::Indeterminate) },
        }
    }

    fn decide(&mut self, settled: Option<Effect>) -> Result<Decision, Unanswered> {
        let effect = match settled {
            Some(effect) => effect,
            None => match self.allowed()? {
                NodeId::TRUE => Effect::Allow,
                NodeId::FALSE => Effect::Deny,
                allowed => {
                    let missing = self.names(self.independent(allowed)?);
                    let undecided = self.undecided()?;
                    return Ok(Decision { missing, undecided, ..Decision::of(Effect::Indeterminate) });
                }
            },
        };
        let mut decision = Decision::of(effect);
        self.account(effect, &mut decision)?;
        Ok(decision)
    }

    /// Where the request is allowed.
    fn allowed(&mut self) -> Result<NodeId, Unanswered> {
        if let Some(graph) = &self.program.parts().graph
            && let Some(allowed) = self.import(graph, graph.root(), &mut HashMap::new())?
        {
            return Ok(allowed);
        }
        let denials = self.some_rule(Effect::Deny)?;
        if denials == NodeId::TRUE {
            return Ok(NodeId::FALSE);
        }
        let allows = self.some_rule(Effect::Allow)?;
        Ok(self.diagrams.difference(allows, denials)?)
    }

    fn some_rule(&mut self, effect: Effect) -> Result<NodeId, Unanswered> {
        let mut all = Vec::new();
        for plan in self.candidates(effect) {
            let fires = self.formula(plan.fires)?;
            if fires == NodeId::TRUE {
                return Ok(NodeId::TRUE);
            }
            all.push(fires);
        }
        Ok(self.diagrams.any(all)?)
    }

    /// The rules of an effect that may fire.
    fn candidates(&self, effect: Effect) -> Vec<&'p RulePlan> {
        let parts = self.program.parts();
        let (first, end) = account::range(self.program, effect);
        let mut rules: Vec<u32> = Vec::new();
        parts.bitmaps.visit(&self.classes, first, end, |at| {
            rules.extend(parts.cubes.get(at as usize).map(|cube| cube.rule));
            true
        });
        rules.dedup();
        rules.into_iter().filter_map(|rule| parts.rules.get(rule as usize)).collect()
    }

    /// The places, among the policy's, of the rules of an effect that may fire, in ascending order.
    fn places(&self, effect: Effect) -> Vec<usize> {
        let mut rules: Vec<usize> =
            self.candidates(effect).into_iter().map(|plan| plan.rule as usize).collect();
        rules.sort_unstable();
        rules
    }

    /// The packed diagram with the known classes put in; `None` where a part of it is left to the bitmaps.
    fn import(
        &mut self,
        graph: &Packed,
        step: Step,
        known: &mut HashMap<Place, NodeId>,
    ) -> Result<Option<NodeId>, Unanswered> {
        let place = match step {
            Step::End(UNRESOLVED) => return Ok(None),
            Step::End(value) => return Ok(Some(NodeId::terminal(value))),
            Step::Node(place) => place,
        };
        if let Some(node) = known.get(&place) {
            return Ok(Some(*node));
        }
        let variable = graph.variable(place) as usize;
        let class = self.classes.get(variable).copied().unwrap_or(OPEN);
        let node = if class != OPEN {
            self.import(graph, graph.child(place, class), known)?
        } else {
            let level = self.levels.get(variable).copied().unwrap_or(OPEN);
            let possible: Vec<u32> =
                self.open.get(level as usize).map_or(Vec::new(), |open| open.classes().collect());
            let mut runs: Vec<Run> = Vec::new();
            for (end, class) in (1..).zip(possible) {
                let Some(child) = self.import(graph, graph.child(place, class), known)? else {
                    return Ok(None);
                };
                match runs.last_mut() {
                    Some(last) if last.child == child => last.end = end,
                    _ => runs.push(Run { end, child }),
                }
            }
            Some(self.diagrams.node(level, runs)?)
        };
        if let Some(node) = node {
            known.insert(place, node);
        }
        Ok(node)
    }

    /// The diagram of a condition over the open variables.
    fn formula(&mut self, id: FormulaId) -> Result<NodeId, Unanswered> {
        let program = self.program;
        let formulas = &program.parts().formulas;
        if let Some(truth) = formulas.truth(id, &self.classes) {
            return Ok(if truth { NodeId::TRUE } else { NodeId::FALSE });
        }
        if formulas.is_shallow(id) {
            return self.node(id);
        }
        // Parts first, so that no walk goes deep.
        for part in formulas.below(id) {
            self.node(part)?;
        }
        self.node(id)
    }

    fn node(&mut self, id: FormulaId) -> Result<NodeId, Unanswered> {
        if let Some(node) = self.formulas.get(&id) {
            return Ok(*node);
        }
        let program = self.program;
        let node = match program.parts().formulas.get(id) {
            Formula::Constant(value) => NodeId::terminal(u32::from(*value)),
            Formula::In(variable, set) => self.test(*variable, set)?,
            Formula::Not(inner) => {
                let inner = self.node(*inner)?;
                self.diagrams.not(inner)?
            }
            Formula::All(parts) => {
                let parts = self.nodes(parts, NodeId::FALSE)?;
                self.diagrams.all(parts)?
            }
            Formula::Any(parts) => {
                let parts = self.nodes(parts, NodeId::TRUE)?;
                self.diagrams.any(parts)?
            }
        };
        self.formulas.insert(id, node);
        Ok(node)
    }

    /// The parts, up to one that settles what is made of them.
    fn nodes(&mut self, parts: &[FormulaId], settling: NodeId) -> Result<Vec<NodeId>, Unanswered> {
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            let node = self.node(*part)?;
            if node == settling {
                return Ok(vec![settling]);
            }
            out.push(node);
        }
        Ok(out)
    }

    /// That a variable has one of these classes.
    fn test(&mut self, variable: u32, set: &ClassSet) -> Result<NodeId, Unanswered> {
        let class = self.classes.get(variable as usize).copied().unwrap_or(OPEN);
        if class != OPEN {
            return Ok(NodeId::terminal(u32::from(set.contains(class))));
        }
        let level = self.levels.get(variable as usize).copied().unwrap_or(OPEN);
        let Some(open) = self.open.get(level as usize) else { return Ok(NodeId::FALSE) };
        Ok(match &open.possible {
            Some(possible) => self.diagrams.test(level, ranks(&possible.classes, set))?,
            None => self.diagrams.test(level, set.ranges().iter().copied())?,
        })
    }

    /// The levels that a diagram hangs on.
    ///
    /// # Errors
    /// If they are not independent of each other.
    fn independent(&self, diagram: NodeId) -> Result<Vec<u32>, Unanswered> {
        let support = self.diagrams.support(diagram);
        let mut seen: BTreeSet<AttributeId> = BTreeSet::new();
        for level in &support {
            let Some(open) = self.open.get(*level as usize) else { continue };
            // Whether an attribute stays missing says nothing of its value.
            if matches!(open.variable.source, Source::Missing(_)) {
                continue;
            }
            if !open.is_exact() || !self.open_attributes(open).all(|id| seen.insert(id)) {
                return Err(Unanswered::Tangled);
            }
        }
        Ok(support)
    }

    /// Whether a diagram can be true.
    fn is_possible(&self, diagram: NodeId) -> Result<bool, Unanswered> {
        if diagram.is_terminal() {
            return Ok(diagram == NodeId::TRUE);
        }
        self.independent(diagram).map(|_| true)
    }

    /// The attributes of a variable that are not known.
    fn open_attributes(&self, open: &OpenVariable<'_>) -> impl Iterator<Item = AttributeId> + '_ {
        open.variable.source.attributes().into_iter().filter(|id| !self.frame.is_known(self.program, *id))
    }

    fn names(&self, levels: Vec<u32>) -> Vec<Arc<str>> {
        let open = levels.iter().filter_map(|level| self.open.get(*level as usize));
        let ids = open.flat_map(|open| self.open_attributes(open));
        let names: BTreeSet<Arc<str>> =
            ids.filter_map(|id| self.model().attribute(id)).map(|attribute| attribute.name.clone()).collect();
        names.into_iter().collect()
    }

    /// The rules that fire in some completions but not in all.
    fn undecided(&mut self) -> Result<Vec<Arc<str>>, Unanswered> {
        let mut out = BTreeSet::new();
        for plan in self.candidates(Effect::Indeterminate) {
            let fires = self.formula(plan.fires)?;
            if fires != NodeId::TRUE
                && self.is_possible(fires)?
                && let Some(rule) = self.model().rules.get(plan.rule as usize)
            {
                out.insert(rule.name.clone());
            }
        }
        Ok(out.into_iter().collect())
    }

    /// The determining rules and what follows from them.
    fn account(&mut self, effect: Effect, decision: &mut Decision) -> Result<(), Unanswered> {
        let mut dues = Dues::default();
        let mut when_due: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
        for plan in self.candidates(effect) {
            let fires = self.formula(plan.fires)?;
            if !self.is_possible(fires)? {
                continue;
            }
            let Some(rule) = self.model().rules.get(plan.rule as usize) else { continue };
            account::name(decision, rule, fires == NodeId::TRUE);
            for (obligation, when) in rule.obligations.iter().zip(&plan.obligations) {
                let when = self.formula(*when)?;
                let due = self.diagrams.and(fires, when)?;
                if self.is_possible(due)? {
                    dues.add(obligation, due == NodeId::TRUE);
                    when_due.entry(account::key(obligation)).or_default().push(due);
                }
            }
        }
        for (key, parts) in when_due {
            let due = self.diagrams.any(parts)?;
            if due == NodeId::TRUE {
                dues.make_certain(&key);
            } else {
                self.independent(due)?;
            }
        }
        account::sort(decision);
        decision.obligations = dues.finish();
        Ok(())
    }
}

/// The places, among the classes that are possible, of those in a set.
fn ranks(possible: &ClassSet, set: &ClassSet) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::new();
    let mut before = 0;
    for (first, end) in possible.ranges() {
        let here = ClassSet::range(*first, *end);
        out.extend(
            here.intersection(set).ranges().iter().map(|(a, b)| (before + a - first, before + b - first)),
        );
        before += end - first;
    }
    out
}
