//! A compiled policy and its decisions.
//!
//! [`Program::effect`] and [`Program::decide`] first try what is cheap: the masks, the diagram by the known classes, then
//! the bitmaps. Only if an unknown variable prevents an answer does the module `unknown` take over.

use crate::bitmaps::Bitmaps;
use crate::classify::{Classifier, TextTest};
use crate::columns::BatchEvaluator;
use crate::formula::{FormulaId, Formulas};
use crate::frame::Frame;
use crate::masks::{self, Mask, Masks};
use crate::packed::Packed;
use crate::plan::{AttributePlan, Cube, MemberTest, RulePlan};
use crate::strategy::{ChoiceNotes, Strategy};
use crate::unknown::{self, reasons};
use crate::variable::{UNKNOWN, Variable, VariableKind};
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use placet_model::policy::Rule;
use placet_model::request::{Request, RequestError};
use placet_model::types::{AttributeId, Presence, Type};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The terminal of denied requests.
pub const DENY: u32 = 0;
/// The terminal of allowed requests.
pub const ALLOW: u32 = 1;
/// The terminal of slices that would have been too large: the bitmaps decide.
pub const UNRESOLVED: u32 = 2;

/// The parts of a program besides its model. They refer to each other by index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProgramData {
    /// The variables. Conditions, bitmaps and diagrams refer to them by index.
    pub variables: Box<[Variable]>,
    /// For each attribute of the model, how its values become classes.
    pub plans: Box<[AttributePlan]>,
    /// The conditions.
    pub formulas: Formulas,
    /// The tests of sets in terms of the groups of their members, ascending by formula.
    pub member_tests: Box<[MemberTest]>,
    /// The rules, denials first.
    pub rules: Box<[RulePlan]>,
    /// The cubes of the rules, in the order of the rules.
    pub cubes: Box<[Cube]>,
    /// The number of cubes of denials: these come first.
    pub denials: u32,
    /// The bitmap index of the cubes.
    pub bitmaps: Bitmaps,
    /// True if masks decide. They aren't saved, since they follow from the bitmaps.
    pub has_masks: bool,
    /// The decision diagram, if it isn't too large. Requests that neither masks nor diagram decide are left to the
    /// bitmaps.
    pub graph: Option<Packed>,
    /// The reasons for this choice.
    pub notes: ChoiceNotes,
}

/// A compiled policy: immutable, and shared between threads.
#[derive(Debug)]
pub struct Program {
    /// An id that no other program of this process has: caches compare it instead of an address, which can be reused.
    id: u64,
    model: Arc<Model>,
    parts: ProgramData,
    empty: Frame,
    required: Box<[AttributeId]>,
    buffered_defaults: Box<[AttributeId]>,
    graph_order: OnceLock<Box<[u32]>>,
    /// True if masks that know all classes know that each required attribute is given.
    masks_tell_required: bool,
}

/// The effect of a complete request, and the alternatives of its determining rules. [`Program::determining_rules`] names
/// them, [`Program::decision_of`] gives the whole decision.
// Aligned so that copies of the mask go through whole registers, whatever holds it: copies that split another's words
// wait for them to reach the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(16))]
pub struct Determined {
    /// The effect: allow or deny.
    pub effect: Effect,
    /// The cubes that the request leaves, and the bits of its classes.
    pub(crate) left: Mask,
}

/// The determining rules of a request. [`Program::determining_rules`] returns them.
#[derive(Debug, Clone)]
pub struct DeterminingRules<'p> {
    program: &'p Program,
    /// The cubes that are left to visit.
    cubes: Mask,
    last: Option<u32>,
}

impl<'p> DeterminingRules<'p> {
    /// Returns the next rule with its conditions.
    #[inline]
    pub(crate) fn next_plan(&mut self) -> Option<(&'p Rule, &'p RulePlan)> {
        let parts = &self.program.parts;
        loop {
            let cube = masks::take_first(&mut self.cubes)?;
            let plan = parts.cubes.get(cube as usize)?.rule;
            // The cubes of a rule are adjacent.
            if self.last.replace(plan) != Some(plan) {
                let plan = parts.rules.get(plan as usize)?;
                return Some((self.program.model.rules.get(plan.rule as usize)?, plan));
            }
        }
    }
}

impl<'p> Iterator for DeterminingRules<'p> {
    type Item = &'p Rule;

    #[inline]
    fn next(&mut self) -> Option<&'p Rule> {
        self.next_plan().map(|(rule, _)| rule)
    }
}

impl Program {
    /// Creates a program. The parts must fit the model; [`Program::from_bytes`] checks this.
    pub fn new(model: Arc<Model>, parts: ProgramData) -> Self {
        let with = |wanted: fn(&Presence, &Type) -> bool| {
            let all =
                model.attribute_ids().filter(|(_, attribute)| wanted(&attribute.presence, &attribute.kind));
            all.map(|(id, _)| id).collect()
        };
        let required = with(|presence, _| *presence == Presence::Required);
        // `Frame::clear` copies classes and scalars at once; only these defaults have to be restored one by one.
        let buffered_defaults = with(|presence, kind| {
            let is_buffered = match kind {
                Type::String | Type::Set { .. } => true,
                Type::Bool
                | Type::Int(..)
                | Type::Number(..)
                | Type::Symbol(_)
                | Type::Date
                | Type::Time
                | Type::Duration => false,
            };
            is_buffered && matches!(presence, Presence::Default(_))
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
            masks_tell_required: false,
        };
        let masks = program.parts.has_masks.then(|| Masks::new(&program.parts)).flatten();
        // A frame reads the program's plans, so the empty one is made last.
        program.empty = Frame::new(&program, masks);
        program.masks_tell_required = program.empty.masks().is_some_and(|(masks, _)| {
            let is_tested = |plan: &AttributePlan| plan.variables.iter().any(|own| masks.is_tested(*own));
            program.required.iter().all(|id| program.plan(*id).is_some_and(is_tested))
        });
        program
    }

    /// Returns the model: the policy's names, types, rules and texts.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Like [`Program::model`], but shared.
    pub fn shared_model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Returns the parts of the program.
    pub fn data(&self) -> &ProgramData {
        &self.parts
    }

    /// Returns the variables.
    pub fn variables(&self) -> &[Variable] {
        &self.parts.variables
    }

    /// Returns an empty frame: a request that gives nothing.
    pub fn frame(&self) -> Frame {
        self.empty.clone()
    }

    /// Returns a reference to the empty frame.
    #[inline]
    pub fn empty(&self) -> &Frame {
        &self.empty
    }

    /// Returns the frame of a request of this policy.
    ///
    /// # Errors
    /// Returns an error if a value doesn't fit its attribute. A request that was made for this policy always fits.
    pub fn frame_of(&self, request: &Request) -> Result<Frame, RequestError> {
        let mut frame = self.frame();
        for (id, attribute) in self.model.declared() {
            if let Some(given) = request.get(id) {
                frame
                    .put_of_request(self, id, given)
                    .map_err(|error| RequestError::unfit(attribute, error, "a value"))?;
            }
        }
        Ok(frame)
    }

    /// Returns the evaluator of complete requests, the reason for it, and its size.
    pub fn strategy(&self) -> Strategy {
        Strategy::new(&self.parts, self.empty.masks().map(|(masks, _)| masks))
    }

    /// Returns an evaluator for many rows of a table, for use on one thread.
    ///
    /// Cost: negligible; it allocates its memory with the first rows.
    pub fn batch_evaluator(&self) -> BatchEvaluator {
        BatchEvaluator::default()
    }

    /// Returns the attributes that a request must give.
    pub fn required(&self) -> &[AttributeId] {
        &self.required
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn buffered_defaults(&self) -> impl Iterator<Item = AttributeId> + '_ {
        self.buffered_defaults.iter().copied()
    }

    /// Returns the plan of an attribute: how its values become classes.
    pub fn plan(&self, id: AttributeId) -> Option<&AttributePlan> {
        self.parts.plans.get(id.index())
    }

    /// Returns the variables of the diagram in the order of its levels. Computed on first use, since only incomplete
    /// requests need it.
    pub(crate) fn graph_order(&self) -> &[u32] {
        self.graph_order.get_or_init(|| {
            let arity =
                |variable: u32| self.parts.variables.get(variable as usize).map(|about| about.classes);
            self.parts.graph.as_ref().map(|graph| graph.order(arity)).unwrap_or_default()
        })
    }

    /// Returns true if some string fails the test of a variable. All other kinds of variables count as able to fail.
    pub(crate) fn can_fail(&self, source: &VariableKind) -> bool {
        let VariableKind::Test(id, test) = source else { return true };
        match self.plan(*id).map(|plan| &plan.classifier) {
            Some(Classifier::TextTests(tests)) => tests.get(*test as usize).is_some_and(TextTest::can_fail),
            _ => false,
        }
    }

    /// Returns what a formula asks of the groups of a set's members, or `None` if it isn't a test of a set's class.
    pub(crate) fn member_test(&self, id: FormulaId) -> Option<&MemberTest> {
        let tests = &self.parts.member_tests;
        let index = tests.binary_search_by_key(&id, |test| test.formula).ok()?;
        tests.get(index)
    }

    /// Returns the type of an attribute.
    pub fn kind(&self, id: AttributeId) -> Option<&Type> {
        self.model.attribute(id).map(|attribute| &attribute.kind)
    }

    pub(crate) fn has_default(&self, id: AttributeId) -> bool {
        self.model.attribute(id).is_some_and(|attribute| matches!(attribute.presence, Presence::Default(_)))
    }

    /// Checks that every `required` attribute is given.
    #[inline]
    fn check_required(&self, frame: &Frame) -> Result<(), RequestError> {
        // Most policies require nothing, and then a call would show.
        if self.required.is_empty() { Ok(()) } else { self.check_each_required(frame) }
    }

    fn check_each_required(&self, frame: &Frame) -> Result<(), RequestError> {
        for id in &self.required {
            if !frame.is_given(*id)
                && let Some(attribute) = self.model.attribute(*id)
            {
                return Err(RequestError::required(attribute));
            }
        }
        Ok(())
    }

    /// Returns the effect: that of [`Program::decide`], without its reasons.
    ///
    /// Cost: if no unknown variable matters, a walk through the diagram without allocation.
    ///
    /// # Errors
    /// Returns an error if a `required` attribute is missing.
    #[inline]
    pub fn effect(&self, frame: &Frame) -> Result<Effect, RequestError> {
        if self.masks_tell_required
            && let Some((masks, own)) = frame.masks()
            && let Some(effect) = masks.effect_if_set(own)
        {
            return Ok(effect);
        }
        self.effect_of_any(frame)
    }

    #[inline(never)]
    fn effect_of_any(&self, frame: &Frame) -> Result<Effect, RequestError> {
        self.check_required(frame)?;
        Ok(self.settled(frame).unwrap_or_else(|| unknown::effect(self, frame)))
    }

    /// Returns the decision with all its reasons.
    ///
    /// Cost: that of [`Program::effect`], and for the reasons a look at the bitmaps and at each rule that they don't
    /// exclude.
    ///
    /// # Errors
    /// Returns an error if a `required` attribute is missing.
    pub fn decide(&self, frame: &Frame) -> Result<Decision, RequestError> {
        let (settled, known) = self.decide_settled(frame)?;
        Ok(known.unwrap_or_else(|| unknown::decide(self, frame, settled)))
    }

    /// Returns the effect and the determining rules of a complete request, without naming them yet. `None` if the request
    /// is incomplete, the program has no masks, or conditions of obligations read more than masks tell: [`Program::decide`]
    /// answers these.
    ///
    /// Cost: that of [`Program::effect`].
    ///
    /// # Errors
    /// Returns an error if a `required` attribute is missing.
    #[inline]
    pub fn determined(&self, frame: &Frame) -> Result<Option<Determined>, RequestError> {
        let found = frame.masks().and_then(|(masks, own)| masks.determined(own));
        if found.is_none() || !self.masks_tell_required {
            self.check_required(frame)?;
        }
        Ok(found)
    }

    /// Iterates over the determining rules of a request, in the order of the policy, denials first.
    #[inline]
    pub fn determining_rules(&self, determined: Determined) -> DeterminingRules<'_> {
        let of_effect = |(masks, _): (&Masks, _)| masks.of_effect(determined.effect, &determined.left);
        DeterminingRules {
            program: self,
            cubes: self.empty.masks().map(of_effect).unwrap_or_default(),
            last: None,
        }
    }

    /// Returns the decision with these determining rules.
    pub fn decision_of(&self, determined: Determined) -> Decision {
        let classes = self.empty.masks().map(|(masks, _)| masks.classes(&determined.left));
        let rules = self.determining_rules(determined);
        reasons::complete(determined.effect, rules, &self.parts.formulas, &classes.unwrap_or_default())
    }

    /// Like [`Program::decide`], but returns `None` instead of explaining an indeterminate decision.
    ///
    /// # Errors
    /// Returns an error if a `required` attribute is missing.
    pub fn decide_unless_indeterminate(&self, frame: &Frame) -> Result<Option<Decision>, RequestError> {
        let (settled, known) = self.decide_settled(frame)?;
        Ok(known.or_else(|| unknown::decide_unless_indeterminate(self, frame, settled)))
    }

    /// Returns the effect if no unknown variable influences it, and then the decision if it can be judged rule by rule.
    #[inline]
    fn decide_settled(&self, frame: &Frame) -> Result<(Option<Effect>, Option<Decision>), RequestError> {
        if let Some(determined) = self.determined(frame)? {
            return Ok((Some(determined.effect), Some(self.decision_of(determined))));
        }
        let settled = self.settled(frame);
        Ok((settled, settled.and_then(|effect| reasons::decision(self, frame, effect))))
    }

    /// Returns the unknown attributes that the decision depends on, in the order of the policy.
    ///
    /// An attribute that is given as an inner node counts as unknown. While the effect is indeterminate, these are the
    /// attributes that it depends on; once it is settled, those that the rest of `depth` depends on. Empty if nothing
    /// depends on an unknown attribute.
    ///
    /// Cost: a few microseconds, more for a request with many unknown attributes.
    ///
    /// # Errors
    /// Returns an error if a `required` attribute is missing.
    pub fn dependencies(
        &self,
        frame: &Frame,
        depth: unknown::Depth,
    ) -> Result<Vec<unknown::Dependency>, RequestError> {
        self.check_required(frame)?;
        Ok(if frame.is_complete() { Vec::new() } else { unknown::needs(self, frame, depth) })
    }

    /// Returns the effect if no unknown variable influences it.
    #[inline]
    pub(crate) fn settled(&self, frame: &Frame) -> Option<Effect> {
        let by_masks = frame.masks().and_then(|(masks, own)| masks.effect(own, frame.classes()));
        by_masks.or_else(|| self.settled_by_classes(frame.classes()))
    }

    fn settled_by_classes(&self, classes: &[u32]) -> Option<Effect> {
        self.effect_of_end(self.end(classes)?, classes)
    }

    /// Returns the terminal that these classes lead to, or `None` if the path reaches an unknown variable.
    #[inline]
    pub(crate) fn end(&self, classes: &[u32]) -> Option<u32> {
        match &self.parts.graph {
            Some(graph) => graph.walk(classes),
            // Without a diagram, the bitmaps decide everything.
            None => Some(UNRESOLVED),
        }
    }

    /// Returns the effect of the terminal that these classes lead to, or `None` if it depends on an unknown variable.
    #[inline]
    pub(crate) fn effect_of_end(&self, end: u32, classes: &[u32]) -> Option<Effect> {
        match end {
            ALLOW => Some(Effect::Allow),
            DENY => Some(Effect::Deny),
            _ => self.by_bitmaps(classes),
        }
    }

    /// Visits, in ascending order, the cubes from `first` up to, but excluding, `end` that the classes of a frame don't
    /// exclude, until a visit returns `false`.
    pub(crate) fn visit(&self, frame: &Frame, first: u32, end: u32, visit: impl FnMut(u32) -> bool) {
        match frame.masks() {
            Some((masks, own)) => masks.visit(own, first, end, visit),
            None => self.parts.bitmaps.visit(frame.classes(), first, end, visit),
        }
    }

    /// Returns the effect by the cubes that the bitmaps don't exclude, denials first.
    ///
    /// Returns `None` if it depends on an unknown variable, or if too many conditions would have to be evaluated.
    fn by_bitmaps(&self, classes: &[u32]) -> Option<Effect> {
        let is_complete = !classes.contains(&UNKNOWN);
        // A complete request has to be decided here. An incomplete one can still go to `unknown`.
        let mut work = if is_complete { usize::MAX } else { unknown::work::REASONS };
        let all = u32::try_from(self.parts.cubes.len()).unwrap_or(u32::MAX);
        // Denials first, because they override: one that holds ends the search.
        match self.some_holds(classes, &mut work, 0, self.parts.denials) {
            Some(true) => Some(Effect::Deny),
            denied => match (denied, self.some_holds(classes, &mut work, self.parts.denials, all)) {
                // Without an allowing rule the request is denied, by a rule or by default.
                (_, Some(false)) => Some(Effect::Deny),
                (Some(false), Some(true)) => Some(Effect::Allow),
                _ => None,
            },
        }
    }

    /// Returns true if one of these cubes holds, and `None` if that depends on an unknown variable or `work` runs out.
    /// `usize::MAX` marks a complete request, whose work is unlimited.
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
                // An unknown cube is noted, but a later one may still hold.
                truth => some = truth,
            }
            some != Some(true)
        });
        some
    }

    /// Returns the truth of a cube that the bitmaps don't exclude. `is_complete` tells that no class is unknown.
    #[inline]
    pub(crate) fn holds(&self, classes: &[u32], is_complete: bool, cube: &Cube) -> Option<bool> {
        if cube.is_exact && is_complete {
            return Some(true);
        }
        self.parts.formulas.truth(cube.holds, classes)
    }
}
