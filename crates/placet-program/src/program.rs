//! A compiled policy: what decides.

use crate::bitmaps::Bitmaps;
use crate::classify::{Classifier, TextTest};
use crate::columns::BatchEvaluator;
use crate::formula::FormulaId;
use crate::formula::Formulas;
use crate::frame::Frame;
use crate::packed::Packed;
use crate::plan::{AttributePlan, Cube, MemberTest, RulePlan};
use crate::strategy::{Strategy, Usage};
use crate::table::Table;
use crate::unknown::{self, reasons};
use crate::variable::{UNKNOWN, Variable, VariableKind};
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use placet_model::request::{Request, RequestError};
use placet_model::types::{AttributeId, Presence, Type};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The end of a diagram where a request is denied.
pub const DENY: u32 = 0;
/// The end of a diagram where a request is allowed.
pub const ALLOW: u32 = 1;
/// The end of a diagram that leaves the answer to the bitmaps: a slice that would have been too large.
pub const UNRESOLVED: u32 = 2;

/// What a program is made of besides its model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProgramData {
    /// The variables, in the order of the levels.
    pub variables: Box<[Variable]>,
    /// For each attribute of the model how its values become classes.
    pub plans: Box<[AttributePlan]>,
    /// The conditions.
    pub formulas: Formulas,
    /// What tests of sets ask of the groups of their members, by the formulas of the tests, in ascending order.
    pub member_tests: Box<[MemberTest]>,
    /// The rules: denials first.
    pub rules: Box<[RulePlan]>,
    /// The ways in which they fire, in the order of the rules.
    pub cubes: Box<[Cube]>,
    /// How many of them are of denials.
    pub denials: u32,
    /// The cubes that classes leave open, by their places.
    pub bitmaps: Bitmaps,
    /// The end for each combination of classes, where there are few.
    pub table: Option<Table>,
    /// The decision diagram, where it is not too large. What neither of them decides, the bitmaps do.
    pub graph: Option<Packed>,
    /// Why these were chosen.
    pub usage: Usage,
}

/// A compiled policy: immutable, shared between threads.
#[derive(Debug)]
pub struct Program {
    /// No other program of this process has it.
    id: u64,
    model: Arc<Model>,
    parts: ProgramData,
    empty: Frame,
    required: Box<[AttributeId]>,
    buffered_defaults: Box<[AttributeId]>,
    graph_order: OnceLock<Box<[u32]>>,
}

impl Program {
    /// The program of these parts, which fit the model.
    pub fn new(model: Arc<Model>, parts: ProgramData) -> Self {
        let with = |wanted: fn(&Presence, &Type) -> bool| {
            let all =
                model.attribute_ids().filter(|(_, attribute)| wanted(&attribute.presence, &attribute.kind));
            all.map(|(id, _)| id).collect()
        };
        let required = with(|presence, _| *presence == Presence::Required);
        let buffered_defaults = with(|presence, kind| {
            matches!(presence, Presence::Default(_)) && matches!(kind, Type::String | Type::Set { .. })
        });
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut program = Self {
            id,
            model,
            parts,
            empty: Frame::default(),
            required,
            buffered_defaults,
            graph_order: OnceLock::new(),
        };
        program.empty = Frame::new(&program);
        program
    }

    /// The policy's names, types, rules and texts.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// As [`Program::model`], to be kept.
    pub fn shared_model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What it is made of.
    pub fn data(&self) -> &ProgramData {
        &self.parts
    }

    /// The variables, in the order of the levels.
    pub fn variables(&self) -> &[Variable] {
        &self.parts.variables
    }

    /// A request that gives nothing.
    pub fn frame(&self) -> Frame {
        self.empty.clone()
    }

    /// The same, to be looked at.
    pub fn empty(&self) -> &Frame {
        &self.empty
    }

    /// The frame of a request of this policy.
    ///
    /// # Errors
    /// If a value does not fit its attribute: never so for a request that was made for this policy.
    pub fn frame_of(&self, request: &Request) -> Result<Frame, RequestError> {
        let mut frame = self.frame();
        for (id, attribute) in self.model.attribute_ids() {
            if let Some(given) = request.get(id) {
                frame
                    .put(self, id, given)
                    .map_err(|misfit| RequestError::unfit(attribute, misfit, "a value"))?;
            }
        }
        Ok(frame)
    }

    /// What decides, why, and how large it is.
    pub fn strategy(&self) -> Strategy {
        Strategy::new(&self.parts)
    }

    /// What decides many rows of a table at once, for one thread.
    ///
    /// Cost: nothing to speak of; it takes its memory with the first rows.
    pub fn batch_evaluator(&self) -> BatchEvaluator {
        BatchEvaluator::default()
    }

    /// The attributes that a request must give.
    pub fn required(&self) -> &[AttributeId] {
        &self.required
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn buffered_defaults(&self) -> impl Iterator<Item = AttributeId> + '_ {
        self.buffered_defaults.iter().copied()
    }

    pub(crate) fn plan(&self, id: AttributeId) -> Option<&AttributePlan> {
        self.parts.plans.get(id.index())
    }

    /// The variables of the diagram, from the top.
    pub(crate) fn graph_order(&self) -> &[u32] {
        self.graph_order.get_or_init(|| {
            let arity =
                |variable: u32| self.parts.variables.get(variable as usize).map(|about| about.classes);
            self.parts.graph.as_ref().map(|graph| graph.order(arity)).unwrap_or_default()
        })
    }

    /// Whether some text fails the test of a variable.
    pub(crate) fn can_fail(&self, source: &VariableKind) -> bool {
        let VariableKind::Test(id, test) = source else { return true };
        match self.plan(*id).map(|plan| &plan.classifier) {
            Some(Classifier::TextTests(tests)) => tests.get(*test as usize).is_some_and(TextTest::can_fail),
            _ => false,
        }
    }

    /// What a formula asks of the groups of a set's members; `None` where it is no test of a set's class.
    pub(crate) fn member_test(&self, id: FormulaId) -> Option<&MemberTest> {
        let tests = &self.parts.member_tests;
        let index = tests.binary_search_by_key(&id, |test| test.formula).ok()?;
        tests.get(index)
    }

    pub(crate) fn kind(&self, id: AttributeId) -> Option<&Type> {
        self.model.attribute(id).map(|attribute| &attribute.kind)
    }

    pub(crate) fn has_default(&self, id: AttributeId) -> bool {
        self.model.attribute(id).is_some_and(|attribute| matches!(attribute.presence, Presence::Default(_)))
    }

    /// That every `required` attribute is given.
    fn check_required(&self, frame: &Frame) -> Result<(), RequestError> {
        for id in &self.required {
            if !frame.is_given(*id)
                && let Some(attribute) = self.model.attribute(*id)
            {
                return Err(RequestError::required(attribute));
            }
        }
        Ok(())
    }

    /// The effect alone: what [`Program::decide`] says, without its reasons.
    ///
    /// Cost: for a request that leaves open nothing that matters, a walk through the diagram, without allocation.
    ///
    /// # Errors
    /// If a `required` attribute is missing.
    #[inline]
    pub fn effect(&self, frame: &Frame) -> Result<Effect, RequestError> {
        if !self.required.is_empty() {
            self.check_required(frame)?;
        }
        match self.settled(frame) {
            Some(effect) => Ok(effect),
            None => Ok(unknown::effect(self, frame)),
        }
    }

    /// The decision, with all its reasons.
    ///
    /// Cost: as [`Program::effect`], and for the reasons a look at the bitmaps and at each rule that they leave open.
    ///
    /// # Errors
    /// If a `required` attribute is missing.
    pub fn decide(&self, frame: &Frame) -> Result<Decision, RequestError> {
        Ok(match self.decide_settled(frame)? {
            Some(decision) => decision,
            None => unknown::decide(self, frame),
        })
    }

    /// As [`Program::decide`], for who does not need the reasons of what is indeterminate: `None` only where it is.
    ///
    /// # Errors
    /// If a `required` attribute is missing.
    pub fn decide_unless_indeterminate(&self, frame: &Frame) -> Result<Option<Decision>, RequestError> {
        Ok(match self.decide_settled(frame)? {
            None => unknown::decide_unless_indeterminate(self, frame),
            decision => decision,
        })
    }

    /// The decision, where nothing that is open stands in its way.
    #[inline]
    fn decide_settled(&self, frame: &Frame) -> Result<Option<Decision>, RequestError> {
        self.check_required(frame)?;
        if let Some(effect) = self.settled(frame) {
            let decision = reasons::decision(self, frame, effect);
            if !decision.approximate {
                return Ok(Some(decision));
            }
        }
        Ok(None)
    }

    /// The attributes on which a decision hangs, in the order of the policy: those that a request leaves open, or gives as
    /// an inner node, and that decide about its effect; once that is settled, those that decide about what else `depth` asks
    /// for. None where nothing depends on an unknown attribute.
    ///
    /// Cost: a few microseconds, more for a request that leaves much open.
    ///
    /// # Errors
    /// If a `required` attribute is missing.
    pub fn dependencies(
        &self,
        frame: &Frame,
        depth: unknown::Depth,
    ) -> Result<Vec<unknown::Dependency>, RequestError> {
        self.check_required(frame)?;
        Ok(if frame.is_complete() { Vec::new() } else { unknown::needs(self, frame, depth) })
    }

    /// The effect, where nothing that is open stands in its way.
    #[inline]
    pub(crate) fn settled(&self, frame: &Frame) -> Option<Effect> {
        let classes = frame.classes();
        self.effect_of_end(self.end(classes)?, classes)
    }

    /// The end to which these classes lead; `None` where the way goes by an open variable.
    #[inline]
    pub(crate) fn end(&self, classes: &[u32]) -> Option<u32> {
        match (&self.parts.table, &self.parts.graph) {
            (Some(table), _) => table.look_up(classes),
            (None, Some(graph)) => graph.walk(classes),
            (None, None) => Some(UNRESOLVED),
        }
    }

    /// The effect of the end to which these classes lead; `None` where it hangs on what is open.
    #[inline]
    pub(crate) fn effect_of_end(&self, end: u32, classes: &[u32]) -> Option<Effect> {
        match end {
            ALLOW => Some(Effect::Allow),
            DENY => Some(Effect::Deny),
            _ => self.by_bitmaps(classes),
        }
    }

    /// The effect by the rules that the bitmaps leave open, denials first; `None` where it hangs on what is open, or where
    /// what is open leaves too many rules to look at.
    fn by_bitmaps(&self, classes: &[u32]) -> Option<Effect> {
        let is_complete = !classes.contains(&UNKNOWN);
        let mut work = if is_complete { usize::MAX } else { unknown::work::REASONS };
        let all = u32::try_from(self.parts.cubes.len()).unwrap_or(u32::MAX);
        match self.some_holds(classes, &mut work, 0, self.parts.denials) {
            Some(true) => Some(Effect::Deny),
            denied => match (denied, self.some_holds(classes, &mut work, self.parts.denials, all)) {
                (_, Some(false)) => Some(Effect::Deny),
                (Some(false), Some(true)) => Some(Effect::Allow),
                _ => None,
            },
        }
    }

    /// Whether one of these cubes holds. For a complete request, `work` is endless.
    fn some_holds(&self, classes: &[u32], work: &mut usize, first: u32, end: u32) -> Option<bool> {
        let mut some = Some(false);
        let is_complete = *work == usize::MAX;
        self.parts.bitmaps.visit(classes, first, end, |at| {
            let Some(cube) = self.parts.cubes.get(at as usize) else { return true };
            if !is_complete {
                match work.checked_sub(self.parts.formulas.cost(cube.holds)) {
                    Some(left) => *work = left,
                    None => {
                        *work = 0;
                        some = None;
                        return false;
                    }
                }
            }
            match self.holds(classes, is_complete, cube) {
                Some(false) => {}
                truth => some = truth,
            }
            some != Some(true)
        });
        some
    }

    /// Whether a cube holds that the bitmaps leave open; `is_complete` says whether no class is open.
    #[inline]
    pub(crate) fn holds(&self, classes: &[u32], is_complete: bool, cube: &Cube) -> Option<bool> {
        if cube.is_exact && is_complete {
            return Some(true);
        }
        self.parts.formulas.truth(cube.holds, classes)
    }
}
