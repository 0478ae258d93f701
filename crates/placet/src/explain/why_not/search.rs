//! The search for the minimal sets of attributes whose change allows a request.
//!
//! A set of attributes *suffices* if some values of them allow the request whatever its other unknown attributes are; all
//! supersets then suffice too. The minimal sets of such a property are the minimal transversals of the complements of the
//! maximal sets without it (Gunopulos et al., *Discovering All Most Specific Sentences*, TODS 2003). The search knows some
//! of these complements and the sets that have an attribute of each, as few as possible. The smallest of these either
//! suffices, and is then minimal, or is extended to a maximal set that doesn't, whose complement is a new one.
//!
//! The oracle is the decision itself, which is exact for unknown attributes: a walk through the decision diagram in which
//! the attributes that change take every branch. Relations between attributes need no care of their own, because the
//! decision knows them, and every change that is reported is decided with concrete values.

use super::WhyNot;
use placet_model::condition::Atom;
use placet_model::decision::Effect;
use placet_model::request::{Assignment, AttributeInput, Known};
use placet_model::solver;
use placet_model::types::{Attribute, AttributeId, Members, Type, Universe};
use placet_model::value::Value;
use placet_model::{BitSet, Model};
use placet_program::{Frame, Program};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// The steps that a listing of an attribute's classes counts for.
const LISTING: usize = 10;
/// The steps that one set of attributes may take.
const MAX_OF_SET: usize = 5_000;
/// The denials that are kept for the next sets of attributes.
const MAX_DENIALS: usize = 32;
/// The values of one unknown attribute that are tried against a set of attributes.
const MAX_SAMPLES: usize = 32;
/// The classes of members up to which all their sets are tried; beyond it the sets of one or all but one of them.
const MAX_BLOCKS: usize = 8;

/// The new values of some attributes.
pub(super) type Values = Vec<(AttributeId, Value)>;

pub(super) struct Search<'a> {
    pub(super) program: &'a Program,
    pub(super) model: &'a Model,
    pub(super) frame: &'a Frame,
    pub(super) facts: &'a Assignment,
    /// The attributes that the effect may depend on.
    relevant: Vec<AttributeId>,
    /// The unknown ones of them.
    unknown: Vec<AttributeId>,
    /// Those that some condition relates to others.
    related: BTreeSet<AttributeId>,
    /// Values of the unknown attributes, at most [`MAX_SAMPLES`] of each.
    samples: Vec<(AttributeId, Vec<Value>)>,
    /// Values of the unknown attributes that denied some choice.
    denials: Vec<Vec<(AttributeId, AttributeInput)>>,
    /// Sets that suffice.
    sufficient: Vec<Vec<AttributeId>>,
    /// The steps left.
    left: usize,
    is_complete: bool,
    /// True if an attribute that is given as an inner node may only become one of its leaves.
    pub(super) keeps_nodes: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(program: &'a Program, frame: &'a Frame, facts: &'a Assignment) -> Self {
        let model = program.model();
        let atoms = model.conditions.leaves(model.rules.iter().map(|rule| rule.fires));
        let used: BTreeSet<AttributeId> = atoms
            .flat_map(|atom| match atom {
                Atom::Missing(id) => vec![*id],
                atom => atom.attributes(),
            })
            .map(|id| model.declared_id(id))
            .collect();
        let related = model.conditions.leaves(model.rules.iter().map(|rule| rule.fires));
        let related = related.map(Atom::attributes).filter(|ids| ids.len() > 1).flatten().collect();
        let relevant: Vec<AttributeId> = used.into_iter().collect();
        let unknown = relevant.iter().copied().filter(|id| facts.value(*id).is_none()).collect();
        let mut search = Self {
            program,
            model,
            frame,
            facts,
            relevant,
            unknown,
            related,
            samples: Vec::new(),
            denials: Vec::new(),
            sufficient: Vec::new(),
            left: WhyNot::MAX_STEPS,
            is_complete: true,
            keeps_nodes: false,
        };
        search.samples = search.samples();
        search
    }

    /// Returns values of the unknown attributes. Any values will do; these are more likely to deny than others.
    fn samples(&self) -> Vec<(AttributeId, Vec<Value>)> {
        let facts = self.without(&self.relevant).1;
        let classes = solver::representatives_of(self.model, &facts, &self.unknown);
        let values = |id: &AttributeId| {
            let classes = classes.get(id).map_or(&[][..], Vec::as_slice);
            let mut values = self.values_of_classes(*id, classes);
            if let Known::OneOf(leaves) = self.facts.get(*id) {
                values.retain(|value| matches!(value, Value::Symbol(symbol) if leaves.contains(*symbol)));
            }
            values.truncate(MAX_SAMPLES);
            (*id, values)
        };
        self.unknown.iter().map(values).collect()
    }

    /// Returns the attributes that the effect may depend on, in the order of the policy.
    pub(super) fn relevant(&self) -> &[AttributeId] {
        &self.relevant
    }

    /// Returns the relevant attributes whose value isn't known.
    pub(super) fn unknown(&self) -> &[AttributeId] {
        &self.unknown
    }

    /// Returns true if the search tried everything.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns values of each minimal set of attributes that suffices, the smallest sets first.
    pub(super) fn minimal(&mut self, may_change: &[AttributeId]) -> Vec<Values> {
        let all: BTreeSet<AttributeId> = may_change.iter().copied().collect();
        let all: Vec<AttributeId> = all.into_iter().filter(|id| self.relevant.contains(id)).collect();
        if !self.suffices(&all) {
            return Vec::new();
        }
        let mut minimal: Vec<Vec<AttributeId>> = Vec::new();
        let mut candidates: Vec<Vec<AttributeId>> = vec![Vec::new()];
        while let Some(at) = smallest(&candidates) {
            if self.left == 0 {
                self.is_complete = false;
                break;
            }
            let set = candidates.swap_remove(at);
            if self.suffices(&set) {
                minimal.push(set);
                continue;
            }
            let outside = self.outside(&all, &set);
            // The sets that have none of these attributes don't suffice, so each is extended by one of them. Those that
            // suffice already have one.
            let (kept, extended): (Vec<_>, Vec<_>) =
                candidates.into_iter().partition(|other| outside.iter().any(|id| other.contains(id)));
            candidates = kept;
            for set in extended.into_iter().chain([set]) {
                for id in &outside {
                    let mut larger = set.clone();
                    larger.push(*id);
                    larger.sort_unstable();
                    let covers = |other: &Vec<AttributeId>| other.iter().all(|id| larger.contains(id));
                    if !minimal.iter().any(covers) && !candidates.iter().any(covers) {
                        candidates.push(larger);
                    }
                }
            }
        }
        minimal.sort_by_key(|set| (set.len(), set.clone()));
        minimal.iter().filter_map(|set| self.confirmed(set)).collect()
    }

    /// Extends a set that doesn't suffice to a maximal one, and returns the attributes that are not in it.
    fn outside(&mut self, all: &[AttributeId], set: &[AttributeId]) -> Vec<AttributeId> {
        let mut largest = set.to_vec();
        let mut outside = Vec::new();
        for id in all.iter().filter(|id| !set.contains(id)) {
            largest.push(*id);
            if self.suffices(&largest) {
                largest.pop();
                outside.push(*id);
            }
        }
        outside
    }

    /// Returns the request with some attributes unknown.
    pub(super) fn without(&self, set: &[AttributeId]) -> (Frame, Assignment) {
        let (mut frame, mut facts) = (self.frame.clone(), self.facts.clone());
        for id in set {
            if !(self.keeps_nodes && matches!(self.facts.get(*id), Known::OneOf(_))) {
                frame.put_pending(self.program, *id);
                facts.set_declared(self.model, *id, Known::Pending);
            }
        }
        (frame, facts)
    }

    /// Returns the names that an attribute may be changed to.
    pub(super) fn possible(&self, id: AttributeId, universe: &Universe) -> BitSet {
        match self.facts.get(id) {
            Known::OneOf(leaves) if self.keeps_nodes => leaves.clone(),
            _ => BitSet::full(universe.len()),
        }
    }

    /// Returns true if some values of these attributes allow the request.
    fn suffices(&mut self, set: &[AttributeId]) -> bool {
        // Only requests that aren't allowed are searched.
        if set.is_empty() {
            return false;
        }
        if self.sufficient.iter().any(|known| known.iter().all(|id| set.contains(id))) {
            return true;
        }
        let frame = self.without(set).0;
        if self.effect(&frame) == Effect::Deny {
            return false;
        }
        // Without other unknown attributes, a decision that isn't deny is allow for some values. Otherwise the values have
        // to allow whatever the others are.
        if self.unknown.iter().all(|id| set.contains(id)) {
            return true;
        }
        let Some(values) = self.find(set) else { return false };
        let needed = self.needed(&values);
        self.sufficient.push(needed);
        true
    }

    fn effect(&mut self, frame: &Frame) -> Effect {
        let (effect, steps) = self.program.effect_of_partial(frame);
        self.left = self.left.saturating_sub(steps);
        effect
    }

    /// Returns the attributes of which these values are needed: without one of them, the request isn't allowed.
    fn needed(&mut self, values: &Values) -> Vec<AttributeId> {
        let mut needed: Values = values.clone();
        for (id, _) in values {
            let fewer: Values = needed.iter().filter(|(other, _)| other != id).cloned().collect();
            let mut frame = self.frame.clone();
            let is_put = fewer.iter().all(|(id, value)| {
                frame.put(self.program, *id, &AttributeInput::Value(value.clone())).is_ok()
            });
            if is_put && self.effect(&frame) == Effect::Allow {
                needed = fewer;
            }
        }
        needed.into_iter().map(|(id, _)| id).collect()
    }

    /// Returns values of these attributes that allow the request.
    fn confirmed(&mut self, set: &[AttributeId]) -> Option<Values> {
        let found = self.find(set);
        self.is_complete &= found.is_some();
        found
    }

    fn find(&mut self, set: &[AttributeId]) -> Option<Values> {
        let mut found = None;
        let end = self.each(set, &mut |values| {
            found = Some(values.clone());
            ControlFlow::Break(())
        });
        self.left = self.left.saturating_sub(end.steps);
        self.is_complete &= end.is_exhaustive || found.is_some();
        found
    }

    /// Calls `take` with values of each class of these attributes that allow the request.
    pub(super) fn each(
        &mut self,
        set: &[AttributeId],
        take: &mut dyn FnMut(&Values) -> ControlFlow<()>,
    ) -> End {
        let (frame, facts) = self.without(set);
        // Sets have the most values, of which fewer matter once the others are chosen.
        let mut order = set.to_vec();
        order.sort_by_key(|id| {
            matches!(self.model.attribute(*id).map(|attribute| &attribute.kind), Some(Type::Set { .. }))
        });
        let mut sorted = |values: &Values| {
            let mut values = values.clone();
            values.sort_by_key(|(id, _)| *id);
            take(&values)
        };
        let unrelated: Vec<AttributeId> =
            set.iter().copied().filter(|id| !self.related.contains(id)).collect();
        let classes = solver::representatives_of(self.model, &facts, &unrelated);
        let fixed = unrelated.into_iter().map(|id| {
            let classes = classes.get(&id).map_or(&[][..], Vec::as_slice);
            (id, self.values_of_classes(id, classes))
        });
        let fixed = fixed.collect();
        let is_sampled = classes.iter().any(|(id, classes)| self.is_sampled(*id, classes));
        let denials = std::mem::take(&mut self.denials).into_iter().map(|values| {
            let mut frame = frame.clone();
            for (id, value) in values.iter().filter(|(id, _)| !set.contains(id)) {
                // The samples fit.
                let _ = frame.put(self.program, *id, value);
            }
            Denial { values, frame }
        });
        let denials = denials.collect();
        let mut choice = Choice {
            search: self,
            set,
            frame,
            facts,
            denials,
            fixed,
            chosen: Vec::new(),
            left: MAX_OF_SET,
            is_sampled,
            take: &mut sorted,
        };
        if !choice.is_denied(None) {
            let _ = choice.choose(&order);
        }
        let end =
            End { steps: MAX_OF_SET - choice.left, is_exhaustive: choice.left > 0 && !choice.is_sampled };
        let mut denials = choice.denials;
        denials.truncate(MAX_DENIALS);
        self.denials = denials.into_iter().map(|denial| denial.values).collect();
        end
    }

    /// Returns one value of each class of an attribute. If no condition depends on it any more, any value.
    pub(super) fn values(&self, id: AttributeId, facts: &Assignment) -> Vec<Value> {
        self.values_of_classes(id, &solver::representatives(self.model, facts, id))
    }

    fn values_of_classes(&self, id: AttributeId, classes: &[Value]) -> Vec<Value> {
        let Some(attribute) = self.model.attribute(id) else { return Vec::new() };
        let kind = &attribute.kind;
        let mut values: Vec<Value> = match kind {
            Type::Set { of, may_be_empty } => sets(of, *may_be_empty, classes),
            Type::Symbol(universe) => {
                let possible = self.possible(id, universe);
                let any = possible.iter().take(usize::from(classes.is_empty())).map(Value::Symbol);
                let known =
                    classes.iter().filter(|value| value.symbol().is_some_and(|of| possible.contains(of)));
                known.cloned().chain(any).collect()
            }
            _ if classes.is_empty() => any(kind).into_iter().collect(),
            _ => classes.to_vec(),
        };
        values.extend(self.may_be_none(id).then_some(Value::None));
        values
    }

    /// Returns true if an attribute is a set with so many classes of members that only some of their unions are tried.
    fn is_sampled(&self, id: AttributeId, classes: &[Value]) -> bool {
        let kind = self.model.attribute(id).map(|attribute| &attribute.kind);
        classes.len() > MAX_BLOCKS && matches!(kind, Some(Type::Set { .. }))
    }

    /// Returns true if an attribute may be changed to `none`.
    pub(super) fn may_be_none(&self, id: AttributeId) -> bool {
        let is_node = self.keeps_nodes && matches!(self.facts.get(id), Known::OneOf(_));
        !is_node && self.model.attribute(id).is_some_and(Attribute::is_optional)
    }
}

/// The end of an enumeration of values.
pub(super) struct End {
    steps: usize,
    /// True if every class of values was tried, or `take` ended it before.
    pub(super) is_exhaustive: bool,
}

/// Values of unknown attributes that denied some choice.
struct Denial {
    values: Vec<(AttributeId, AttributeInput)>,
    /// The request with these values and those chosen so far.
    frame: Frame,
}

/// A choice of values for the attributes of a set, one after the other.
///
/// Other unknown attributes may have any value, so a choice has to be allowed for all of them. One that isn't is denied for
/// some values of them, and these are tried first against the next choices (counterexample-guided synthesis, Solar-Lezama
/// et al., *Combinatorial Sketching for Finite Programs*, ASPLOS 2006): most choices that lead nowhere end there early.
struct Choice<'c, 'a> {
    search: &'c Search<'a>,
    set: &'c [AttributeId],
    /// The request with the values chosen so far.
    frame: Frame,
    facts: Assignment,
    /// The one that denied last comes first.
    denials: Vec<Denial>,
    /// The values of the attributes that no condition relates to others, whatever is chosen for these.
    fixed: BTreeMap<AttributeId, Vec<Value>>,
    chosen: Values,
    /// The steps left.
    left: usize,
    /// True if not every class of values is tried.
    is_sampled: bool,
    take: &'c mut dyn FnMut(&Values) -> ControlFlow<()>,
}

impl Choice<'_, '_> {
    fn choose(&mut self, set: &[AttributeId]) -> ControlFlow<()> {
        let Some((id, rest)) = set.split_first() else { return (self.take)(&self.chosen) };
        let values = match self.fixed.get(id) {
            Some(values) => values.clone(),
            None => {
                self.left = self.left.saturating_sub(LISTING);
                let classes = solver::representatives(self.search.model, &self.facts, *id);
                self.is_sampled |= self.search.is_sampled(*id, &classes);
                self.search.values_of_classes(*id, &classes)
            }
        };
        let (given, known) = (self.frame.given(self.search.program, *id), self.facts.get(*id).clone());
        let mut flow = ControlFlow::Continue(());
        for value in values {
            if self.left == 0 {
                flow = ControlFlow::Break(());
            }
            if flow.is_break() {
                break;
            }
            let input = AttributeInput::Value(value.clone());
            let Some((effect, steps)) = effect_with(self.search.program, &mut self.frame, *id, &input) else {
                continue;
            };
            self.left = self.left.saturating_sub(steps);
            if effect == Effect::Deny || self.is_denied(Some((*id, &input))) {
                continue;
            }
            if rest.is_empty() && effect != Effect::Allow {
                self.learn();
                continue;
            }
            self.facts.set_declared(self.search.model, *id, Known::Known(value.clone()));
            self.chosen.push((*id, value));
            flow = self.choose(rest);
            self.chosen.pop();
        }
        let program = self.search.program;
        restore(program, &mut self.frame, *id, given.as_ref());
        self.denials.iter_mut().for_each(|denial| restore(program, &mut denial.frame, *id, given.as_ref()));
        self.facts.set_declared(self.search.model, *id, known);
        flow
    }

    /// Sets an attribute in the denials, up to the first one that still denies the request whatever values are chosen next.
    /// Returns true if there is one.
    fn is_denied(&mut self, new: Option<(AttributeId, &AttributeInput)>) -> bool {
        let (program, left) = (self.search.program, &mut self.left);
        let denying = self.denials.iter_mut().position(|denial| {
            let found = match new {
                Some((id, value)) => effect_with(program, &mut denial.frame, id, value),
                None => Some(program.effect_of_partial(&denial.frame)),
            };
            found.is_some_and(|(effect, steps)| {
                *left = left.saturating_sub(steps);
                effect == Effect::Deny
            })
        });
        if let Some(first) = denying.and_then(|at| self.denials.get_mut(..=at)) {
            first.rotate_right(1);
        }
        denying.is_some()
    }

    /// Finds values of the other unknown attributes that deny the values chosen.
    fn learn(&mut self) {
        let program = self.search.program;
        let (mut frame, mut values) = (self.frame.clone(), Vec::new());
        for (id, samples) in self.search.samples.iter().filter(|(id, _)| !self.set.contains(id)) {
            let given = frame.given(program, *id);
            let mut open = None;
            for sample in samples {
                let input = AttributeInput::Value(sample.clone());
                let Some((effect, steps)) = effect_with(program, &mut frame, *id, &input) else { continue };
                self.left = self.left.saturating_sub(steps);
                match effect {
                    Effect::Deny => {
                        values.push((*id, input));
                        self.denials.insert(0, Denial { values, frame });
                        return;
                    }
                    Effect::Indeterminate if open.is_none() => open = Some(input),
                    Effect::Indeterminate | Effect::Allow => {}
                }
            }
            match open {
                Some(input) => {
                    let _ = frame.put(program, *id, &input);
                    values.push((*id, input));
                }
                None => restore(program, &mut frame, *id, given.as_ref()),
            }
        }
    }
}

/// Sets an attribute. Returns the effect then and its steps; `None` if the value doesn't fit.
fn effect_with(
    program: &Program,
    frame: &mut Frame,
    id: AttributeId,
    value: &AttributeInput,
) -> Option<(Effect, usize)> {
    frame.put(program, id, value).ok()?;
    Some(program.effect_of_partial(frame))
}

/// Makes an attribute unknown as it was.
fn restore(program: &Program, frame: &mut Frame, id: AttributeId, given: Option<&AttributeInput>) {
    match given {
        // What was given fits.
        Some(given) => drop(frame.put_unchecked(program, id, given)),
        None => frame.put_missing(program, id),
    }
}

/// Returns the index of the smallest set; of several, of the first in order.
fn smallest(sets: &[Vec<AttributeId>]) -> Option<usize> {
    let sizes = sets.iter().enumerate().map(|(at, set)| (set.len(), set, at));
    sizes.min().map(|(.., at)| at)
}

/// Returns some value of a type that has no names.
fn any(kind: &Type) -> Option<Value> {
    match kind {
        Type::Bool => Some(Value::Bool(true)),
        Type::String => Some(Value::String("".into())),
        kind => kind.ordinals().and_then(|(low, _)| Value::from_ordinal(kind, low)),
    }
}

/// Returns the unions of classes of members: the classes alone first.
fn sets(of: &Members, may_be_empty: bool, classes: &[Value]) -> Vec<Value> {
    let count = classes.len();
    let chosen: Vec<Vec<&Value>> = if count <= MAX_BLOCKS {
        let mut masks: Vec<u32> = (1..1 << count).collect();
        masks.sort_by_key(|mask| mask.count_ones());
        let of =
            |mask: u32| (0..).zip(classes).filter(move |(at, _)| mask >> at & 1 == 1).map(|(_, value)| value);
        masks.into_iter().map(|mask| of(mask).collect()).collect()
    } else {
        let one = classes.iter().map(|class| vec![class]);
        let all_but = |left_out: usize| {
            classes
                .iter()
                .enumerate()
                .filter(move |(at, _)| *at != left_out)
                .map(|(_, value)| value)
                .collect()
        };
        // Beyond the last class, none is left out.
        one.chain((0..=count).map(all_but)).collect()
    };
    let mut out: Vec<Value> = chosen
        .into_iter()
        .map(|chosen| match of {
            Members::Symbols(universe) => {
                let sets = chosen.into_iter().filter_map(|value| match value {
                    Value::Symbols(set) => Some(set),
                    _ => None,
                });
                Value::Symbols(sets.fold(BitSet::empty(universe.len()), |all, set| all.union(set)))
            }
            Members::Texts => {
                let texts = chosen.into_iter().filter_map(|value| match value {
                    Value::Texts(set) => Some(set),
                    _ => None,
                });
                Value::Texts(texts.flatten().cloned().collect())
            }
        })
        .collect();
    let other = match of {
        Members::Symbols(universe) if may_be_empty => Some(Value::Symbols(BitSet::empty(universe.len()))),
        Members::Symbols(universe) if count == 0 => {
            Some(Value::Symbols(BitSet::from_iter(universe.len(), [0])))
        }
        Members::Texts if may_be_empty => Some(Value::Texts(BTreeSet::new())),
        Members::Texts if count == 0 => Some(Value::Texts(BTreeSet::from(["x".into()]))),
        _ => None,
    };
    out.extend(other);
    out
}
