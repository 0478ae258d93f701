//! Partial evaluation: diagrams of the conditions over the unknown attributes, with everything known put in.
//!
//! Diagrams are canonical, so the levels that occur in one are the levels that it depends on. For missing attributes on
//! decision diagrams see Morisset, Willemse and Zannone, *Efficient extended ABAC evaluation*, SACMAT 2018.
//!
//! An evaluator works in one [`Encoding`]. In two of them it imports the program's diagram; in the third it
//! combines the conditions of the rules that may fire. Everything that it builds takes from the budgets of
//! [`work`](super::work).

use super::levels::{Encoding, Levels, group_count, rank, ranks};
use super::read_once::{self, Truth};
use super::reasons::{self, DueObligations};
use super::work::{COMPILED, IMPORTED, MEMBERS, ORDER, QUESTIONS, Work};
use crate::class_set::ClassSet;
use crate::formula::{Formula, FormulaId};
use crate::frame::Frame;
use crate::packed::{NodeRef, Packed, Step};
use crate::plan::{MemberTest, RulePlan, SetTest};
use crate::program::{Program, UNRESOLVED};
use crate::variable::UNKNOWN;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use placet_core::RuleEffect;
use placet_core::dag::Truths;
use placet_graph::{Diagrams, Exhausted, NodeId, Run};
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The reason why diagrams can't answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Levels in one diagram depend on each other in a way that `exact` can't handle.
    Tangled,
    /// A budget ran out.
    Exhausted,
}

impl From<Exhausted> for Unanswered {
    fn from(_: Exhausted) -> Self {
        Unanswered::Exhausted
    }
}

/// The conditions of one request in one encoding. Diagrams of conditions are cached, so queries share them.
pub(super) struct PartialEvaluator<'p> {
    pub(super) program: &'p Program,
    pub(super) frame: &'p Frame,
    pub(super) levels: Levels<'p>,
    pub(super) truths: Truths,
    /// The rules that may fire, denials first. None in [`Encoding::Diagram`].
    candidates: Vec<&'p RulePlan>,
    encoding: Encoding,
    pub(super) diagrams: Diagrams,
    nodes: HashMap<FormulaId, NodeId>,
    pub(super) work: Work,
    allowed: Option<NodeId>,
}

impl<'p> PartialEvaluator<'p> {
    pub(super) fn new(program: &'p Program, frame: &'p Frame, encoding: Encoding) -> Self {
        let mut out = Self {
            program,
            frame,
            levels: Levels::new(program, frame, encoding),
            truths: Truths::new(program.data().formulas.nodes().len()),
            candidates: Vec::new(),
            encoding,
            diagrams: Diagrams::new(Vec::new(), MEMBERS),
            nodes: HashMap::new(),
            work: Work::new(QUESTIONS),
            allowed: None,
        };
        // The arities of `Diagrams` are fixed at construction, so all levels have to be known before.
        if encoding != Encoding::Diagram {
            out.find_candidates();
        }
        out.order_levels();
        let arities = out.levels.all.iter().map(|level| level.arity()).collect();
        let budget = match encoding {
            Encoding::Diagram | Encoding::Compiled => COMPILED,
            Encoding::Members => MEMBERS,
        };
        out.diagrams = Diagrams::new(arities, budget);
        out
    }

    pub(super) fn model(&self) -> &'p Model {
        self.program.model()
    }

    pub(super) fn truth(&mut self, id: FormulaId) -> Option<bool> {
        self.truths.of(&self.program.data().formulas, id, |test| test.truth(&self.levels.classes))
    }

    fn find_candidates(&mut self) {
        let parts = self.program.data();
        let mut rules: Vec<u32> = Vec::new();
        parts.bitmaps.visit(&self.levels.classes, 0, u32::MAX, |cube| {
            rules.extend(parts.cubes.get(cube as usize).map(|cube| cube.rule));
            true
        });
        // The cubes of a rule are adjacent, so removing adjacent duplicates is enough.
        rules.dedup();
        for plan in rules.into_iter().filter_map(|rule| parts.rules.get(rule as usize)) {
            if self.truth(plan.fires) != Some(false) {
                self.candidates.push(plan);
            }
        }
    }

    /// Returns the rules of an effect that may fire; for indeterminate, those of both effects.
    pub(super) fn candidates(&self, effect: Effect) -> Vec<&'p RulePlan> {
        let model = self.model();
        let is_wanted = |plan: &&&RulePlan| {
            let of = model.rules.get(plan.rule as usize).map(|rule| rule.effect);
            match effect {
                Effect::Indeterminate => true,
                Effect::Allow => of == Some(RuleEffect::Allow),
                Effect::Deny => of == Some(RuleEffect::Deny),
            }
        };
        self.candidates.iter().filter(is_wanted).copied().collect()
    }

    fn order_levels(&mut self) {
        let program = self.program;
        if self.encoding != Encoding::Members {
            // Import keeps the order of the compiled diagram, so its variables have to come first and in this order.
            for variable in program.graph_order() {
                if self.levels.classes.get(*variable as usize) == Some(&UNKNOWN)
                    && let Some(about) = program.variables().get(*variable as usize)
                {
                    self.levels.add_variable(about, *variable);
                }
            }
        }
        // In the compiled encoding too: single rules and obligations can test variables that the diagram of the effect
        // doesn't.
        let mut seen = HashSet::new();
        for plan in self.candidates.clone() {
            for root in plan.conditions() {
                self.visit_tests(root, &mut seen, &mut |levels, id, variable| {
                    levels.add(program, id, variable)
                });
            }
        }
        if self.encoding == Encoding::Members {
            self.cluster_levels();
        }
    }

    /// Visits the unknown tests below a condition depth first, in the order in which they are written. Returns the
    /// number of conditions visited.
    fn visit_tests(
        &mut self,
        root: FormulaId,
        seen: &mut HashSet<FormulaId>,
        visit: &mut impl FnMut(&mut Levels<'p>, FormulaId, u32),
    ) -> usize {
        let program = self.program;
        let mut todo = vec![root];
        let mut visited = 0;
        while let Some(id) = todo.pop() {
            if self.truth(id).is_some() || !seen.insert(id) {
                continue;
            }
            visited += 1;
            match program.data().formulas.get(id) {
                Formula::Leaf(test) => visit(&mut self.levels, id, test.variable),
                node => todo.extend(node.parts().iter().rev()),
            }
        }
        visited
    }

    /// Moves levels together that occur in the same rules.
    ///
    /// Rules are sorted by their rarest shared level, so that rules about one subject become neighbours. A level that
    /// only one rule reads can't connect rules and is ignored. If the work runs out, the written order remains: worse,
    /// but valid.
    fn cluster_levels(&mut self) {
        let program = self.program;
        let mut work = Work::new(ORDER);
        let mut seen = HashSet::new();
        let mut of_rules: Vec<Vec<u32>> = Vec::with_capacity(self.candidates.len());
        let mut counts: Vec<usize> = vec![0; self.levels.all.len()];
        for plan in self.candidates.clone() {
            let mut levels: Vec<u32> = Vec::new();
            seen.clear();
            let visited = self.visit_tests(plan.fires, &mut seen, &mut |all, id, variable| {
                levels.extend(all.levels_of(program, id, variable));
            });
            if work.take(visited + levels.len()).is_err() {
                return;
            }
            for level in levels.iter().collect::<BTreeSet<_>>() {
                if let Some(count) = counts.get_mut(*level as usize) {
                    *count += 1;
                }
            }
            of_rules.push(levels);
        }
        let count = |level: &u32| counts.get(*level as usize).copied().unwrap_or_default();
        of_rules.sort_by_key(|levels| {
            levels.iter().map(|level| (count(level), *level)).filter(|key| key.0 > 1).min()
        });
        let mut order: Vec<u32> = Vec::with_capacity(counts.len());
        let mut is_placed = vec![false; counts.len()];
        let rest = (0..).take(counts.len());
        for level in of_rules.into_iter().flatten().chain(rest) {
            if is_placed.get_mut(level as usize).is_some_and(|placed| !std::mem::replace(placed, true)) {
                order.push(level);
            }
        }
        self.levels.reorder(&order);
    }

    /// Returns the effect.
    pub(super) fn effect(&mut self) -> Result<Effect, Unanswered> {
        let allowed = self.allowed()?;
        Ok(match (self.is_possible(allowed)?, self.must_hold(allowed)?) {
            (_, true) => Effect::Allow,
            (false, false) => Effect::Deny,
            (true, false) => Effect::Indeterminate,
        })
    }

    /// Returns the diagram of all completions that are allowed.
    pub(super) fn allowed(&mut self) -> Result<NodeId, Unanswered> {
        if let Some(allowed) = self.allowed {
            return Ok(allowed);
        }
        let graph = self.program.data().graph.as_ref();
        let allowed = match graph.filter(|_| self.encoding != Encoding::Members) {
            Some(graph) => self.import(graph)?,
            None if self.encoding == Encoding::Diagram => return Err(Unanswered::Tangled),
            None => {
                // Denials override, so one that fires certainly saves building the allowing rules.
                let denials = self.some_rule(Effect::Deny)?;
                if denials == NodeId::TRUE {
                    NodeId::FALSE
                } else {
                    let allows = self.some_rule(Effect::Allow)?;
                    self.diagrams.difference(allows, denials)?
                }
            }
        };
        self.allowed = Some(allowed);
        Ok(allowed)
    }

    fn some_rule(&mut self, effect: Effect) -> Result<NodeId, Unanswered> {
        let candidates = self.candidates(effect);
        if candidates.iter().any(|plan| self.truth(plan.fires) == Some(true)) {
            return Ok(NodeId::TRUE);
        }
        let mut all = Vec::with_capacity(candidates.len());
        for plan in candidates {
            all.push(self.diagram(plan.fires)?);
        }
        Ok(self.diagrams.any(all)?)
    }

    /// Imports the compiled diagram with the known classes put in.
    ///
    /// # Errors
    /// Returns `Exhausted` if too many runs remain, or if a slice that was left to the bitmaps can be reached.
    fn import(&mut self, graph: &Packed) -> Result<NodeId, Unanswered> {
        let program = self.program;
        // Skips nodes whose class is known. The loop ends, since each node leads only to nodes behind it.
        let left = |mut step: Step, classes: &[u32]| loop {
            match step {
                Step::Node(packed) => match classes.get(graph.variable(packed) as usize) {
                    Some(&class) if class != UNKNOWN => step = graph.child(packed, class),
                    _ => return Ok(step),
                },
                Step::End(UNRESOLVED) => return Err(Unanswered::Exhausted),
                Step::End(_) => return Ok(step),
            }
        };
        let root = left(graph.root(), &self.levels.classes)?;
        let mut work = Work::new(IMPORTED);
        let mut runs_of: HashMap<NodeRef, Vec<(u32, Step)>> = HashMap::new();
        let mut todo: Vec<Step> = vec![root];
        while let Some(step) = todo.pop() {
            let Step::Node(packed) = step else { continue };
            if runs_of.contains_key(&packed) {
                continue;
            }
            let variable = graph.variable(packed);
            let arity = program.variables().get(variable as usize).map_or(0, |about| about.classes);
            let level = self.levels.level(variable).and_then(|level| self.levels.get(level));
            let possible = level.and_then(|level| level.possible.as_ref());
            let (mut runs, mut last_end): (Vec<(u32, Step)>, u32) = (Vec::new(), 0);
            for ((_, after), step) in graph.runs(packed, arity) {
                let ranges = possible.map_or(0, |possible| possible.classes.ranges().len());
                work.take(1 + ranges)?;
                let end = possible.map_or(after, |possible| rank(&possible.classes, after));
                // The run is empty: none of its classes is possible.
                if std::mem::replace(&mut last_end, end) == end {
                    continue;
                }
                let child = left(step, &self.levels.classes)?;
                match runs.last_mut() {
                    Some((last, known)) if *known == child => *last = end,
                    _ => runs.push((end, child)),
                }
            }
            todo.extend(runs.iter().map(|(_, child)| *child));
            runs_of.insert(packed, runs);
        }
        let mut packed_nodes: Vec<NodeRef> = runs_of.keys().copied().collect();
        // Children have greater offsets than their parents, so descending order builds children first.
        packed_nodes.sort_unstable_by_key(|packed| std::cmp::Reverse(graph.offset(*packed)));
        let mut known: HashMap<NodeRef, NodeId> = HashMap::with_capacity(packed_nodes.len());
        let node = |step: Step, known: &HashMap<NodeRef, NodeId>| match step {
            Step::End(value) => NodeId::terminal(value),
            // INVARIANT: a node's children have greater offsets, so they have been built.
            Step::Node(packed) => known.get(&packed).copied().unwrap_or(NodeId::FALSE),
        };
        for packed in packed_nodes {
            let level = self.levels.level(graph.variable(packed)).unwrap_or(UNKNOWN);
            let runs = runs_of.remove(&packed).unwrap_or_default();
            let runs = runs.into_iter().map(|(end, step)| Run { end, child: node(step, &known) });
            let built = self.diagrams.node(level, runs.collect::<Vec<_>>())?;
            known.insert(packed, built);
        }
        Ok(node(root, &known))
    }

    /// Returns the diagram of a condition. Cost: that of combining its parts; each part is built once.
    pub(super) fn diagram(&mut self, root: FormulaId) -> Result<NodeId, Unanswered> {
        let formulas = &self.program.data().formulas;
        // An explicit stack: conditions can be nested deeper than the thread's stack allows.
        let mut todo = vec![(root, false)];
        while let Some((id, are_parts_done)) = todo.pop() {
            if self.nodes.contains_key(&id) {
                continue;
            }
            let node = match (self.truth(id), formulas.get(id)) {
                (Some(value), _) => NodeId::terminal(u32::from(value)),
                (None, Formula::Leaf(test)) => self.test(id, test.variable, &test.classes)?,
                (None, node) if !are_parts_done => {
                    todo.push((id, true));
                    todo.extend(node.parts().iter().map(|part| (*part, false)));
                    continue;
                }
                (None, node) => self.join(node)?,
            };
            self.nodes.insert(id, node);
        }
        Ok(self.nodes.get(&root).copied().unwrap_or(NodeId::FALSE))
    }

    fn join(&mut self, node: &Formula) -> Result<NodeId, Unanswered> {
        // INVARIANT: the parts have been built.
        let parts = node.parts().iter().map(|part| self.nodes.get(part).copied().unwrap_or(NodeId::FALSE));
        let parts: Vec<NodeId> = parts.collect();
        Ok(match (node, parts.as_slice()) {
            (Formula::Not(_), [inner]) => self.diagrams.not(*inner)?,
            (Formula::All(_), _) => self.diagrams.all(parts)?,
            _ => self.diagrams.any(parts)?,
        })
    }

    /// Returns the diagram of the test that an unknown variable has one of these classes.
    fn test(&mut self, id: FormulaId, variable: u32, set: &ClassSet) -> Result<NodeId, Unanswered> {
        let program = self.program;
        let about = program.variables().get(variable as usize);
        if let Some(test) = about.and_then(|about| self.levels.members(program, about, id)) {
            let groups = about.map_or(0, |about| group_count(program, about));
            return self.member_test(variable, test, groups);
        }
        // INVARIANT: `order_levels` has visited the conditions of all rules that may fire, so the level exists.
        let Some(level) = self.levels.level(variable) else { return Err(Unanswered::Tangled) };
        let possible = self.levels.get(level).and_then(|level| level.possible.as_ref());
        Ok(match possible {
            Some(possible) => {
                let ranks = ranks(&possible.classes, set);
                self.diagrams.test(level, ranks)?
            }
            None => self.diagrams.test(level, set.ranges().iter().copied())?,
        })
    }

    /// Returns the diagram of a test of a set, over one level per group that tells if the set has a member of that
    /// group.
    fn member_test(&mut self, variable: u32, test: &MemberTest, groups: u32) -> Result<NodeId, Unanswered> {
        let mut parts = Vec::new();
        for group in test.groups_of_levels(groups) {
            let Some(level) = self.levels.level_of_group(variable, group) else {
                return Err(Unanswered::Tangled);
            };
            let has = match test.test {
                SetTest::Any => true,
                SetTest::All => false,
                SetTest::Exactly => test.groups.contains(group),
            };
            parts.push(self.diagrams.test(level, [(u32::from(has), u32::from(has) + 1)])?);
        }
        Ok(match test.test {
            SetTest::Any => self.diagrams.any(parts)?,
            SetTest::All | SetTest::Exactly => self.diagrams.all(parts)?,
        })
    }

    /// Returns in which completions a rule fires, without a diagram if its condition alone tells.
    fn fires(&mut self, plan: &RulePlan) -> Result<Fires, Unanswered> {
        if let Some(fires) = self.truth(plan.fires) {
            return Ok(if fires { Fires::Always } else { Fires::Never });
        }
        // `Known` can't be returned here: `truth` above knows at least as many classes.
        if read_once::all(self.program, self.frame, &[plan.fires]) == Truth::Free {
            return Ok(Fires::Sometimes);
        }
        let fires = self.diagram(plan.fires)?;
        Ok(match (self.is_possible(fires)?, self.must_hold(fires)?) {
            (_, true) => Fires::Always,
            (true, false) => Fires::Sometimes,
            (false, false) => Fires::Never,
        })
    }

    /// Returns the decision with this effect.
    pub(super) fn decide(&mut self, effect: Effect) -> Result<Decision, Unanswered> {
        let mut decision = Decision::new(effect);
        if effect == Effect::Indeterminate {
            decision.undecided = self.undecided()?;
            decision.missing = self.missing()?;
        } else {
            self.account(effect, &mut decision)?;
        }
        Ok(decision)
    }

    /// Returns the names of the unknown attributes that the effect depends on.
    pub(super) fn missing(&mut self) -> Result<Vec<Arc<str>>, Unanswered> {
        let allowed = self.allowed()?;
        let missing = self.dependencies(allowed)?;
        Ok(self.names(missing.into_keys()))
    }

    /// Returns the names of the rules that fire in some completions but not in all.
    fn undecided(&mut self) -> Result<Vec<Arc<str>>, Unanswered> {
        let mut out = BTreeSet::new();
        for plan in self.candidates(Effect::Indeterminate) {
            if self.fires(plan)? == Fires::Sometimes
                && let Some(rule) = self.model().rules.get(plan.rule as usize)
            {
                out.insert(rule.name.clone());
            }
        }
        Ok(out.into_iter().collect())
    }

    /// Adds the determining rules, with the clauses they cite and the obligations they impose.
    fn account(&mut self, effect: Effect, decision: &mut Decision) -> Result<(), Unanswered> {
        let mut dues = DueObligations::default();
        let mut when_due: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
        for plan in self.candidates(effect) {
            let fires = self.fires(plan)?;
            if fires == Fires::Never {
                continue;
            }
            let Some(rule) = self.model().rules.get(plan.rule as usize) else { continue };
            reasons::name(decision, rule, fires == Fires::Always);
            for (obligation, when) in rule.obligations.iter().zip(&plan.obligations) {
                let (fires, when) = (self.diagram(plan.fires)?, self.diagram(*when)?);
                let due = self.diagrams.and(fires, when)?;
                if self.is_possible(due)? {
                    dues.add(obligation, due == NodeId::TRUE);
                    when_due.entry(reasons::key(obligation)).or_default().push(due);
                }
            }
        }
        // Several rules can together oblige in every completion though none of them does alone.
        for (key, parts) in when_due {
            let due = self.diagrams.any(parts)?;
            if self.must_hold(due)? {
                dues.make_certain(&key);
            }
        }
        reasons::sort(decision);
        decision.obligations = dues.finish();
        Ok(())
    }
}

/// The completions in which a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fires {
    Never,
    Sometimes,
    Always,
}
