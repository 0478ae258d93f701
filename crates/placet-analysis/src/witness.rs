//! Builds the requests that are shown: plausible values, and as few attributes as possible.

mod plausible;

use placet_compile::{ClassLabels, Encoding};
use placet_core::dag::{Truths, conjunction, disjunction};
use placet_model::Model;
use placet_model::condition::ConditionId;
use placet_model::decision::Effect;
use placet_model::policy::{Claim, Proof, Rule, RuleEffect, Subject};
use placet_model::proof::Verdict;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver::{truths, truths_of_complete};
use placet_model::types::{AttributeId, Presence};
use placet_model::value::Value;
use placet_program::VariableKind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Returns a complete request whose attributes have these classes; the others get plausible values.
///
/// If variables relate attributes, the request is a guess that the caller must check.
pub(crate) fn request(model: &Model, space: &Encoding, path: &[(u32, u32)]) -> Request {
    let mut draft = Draft { model, space, values: BTreeMap::new(), within: BTreeMap::new() };
    for (id, attribute) in model.declared() {
        let value = match &attribute.presence {
            Presence::Default(value) if *value != Value::None => value.clone(),
            _ => plausible::any(&attribute.kind),
        };
        draft.values.insert(id, value);
        if let Some(companion) = attribute.none {
            let is_none = attribute.presence == Presence::Default(Value::None);
            draft.values.insert(companion, Value::Bool(is_none));
        }
    }
    let of =
        |variable: u32| space.variables.get(variable as usize).zip(space.meanings.get(variable as usize));
    for (variable, class) in path {
        let Some((variable, meaning)) = of(*variable) else { continue };
        if let VariableKind::Value(id) = variable.source {
            draft.choose(id, meaning, *class);
        }
    }
    for (variable, class) in path {
        let Some((variable, meaning)) = of(*variable) else { continue };
        match (&variable.source, meaning) {
            (VariableKind::Sum(sum), ClassLabels::Sums(intervals)) => {
                if let Some((low, high)) = intervals.get(*class as usize) {
                    draft.mend(&sum.attributes(), *low, *high, |bounds| sum.extent(&|id| bounds(id)).0);
                }
            }
            (VariableKind::Same(a, b), _) if *class == 1 => {
                if let Some(value) = draft.values.get(a).cloned() {
                    draft.values.insert(*b, value);
                }
            }
            _ => {}
        }
    }
    let mut out = Request::new();
    for (id, value) in draft.values {
        // A value that doesn't fit is left out; the caller's check notices it.
        let _ = out.put(model, id, AttributeInput::Value(value));
    }
    out.folded(model)
}

/// A request under construction.
struct Draft<'m> {
    model: &'m Model,
    space: &'m Encoding,
    values: BTreeMap<AttributeId, Value>,
    /// The range of the ordinal of an ordered attribute.
    within: BTreeMap<AttributeId, (i64, i64)>,
}

impl Draft<'_> {
    /// Sets a value of a class, unless the present one has it.
    fn choose(&mut self, id: AttributeId, meaning: &ClassLabels, class: u32) {
        let Some(kind) = self.model.attribute(id).map(|attribute| &attribute.kind) else { return };
        if let ClassLabels::Intervals(intervals) = meaning
            && let Some(interval) = intervals.get(class as usize)
        {
            self.within.insert(id, *interval);
        }
        if self.values.get(&id).and_then(|value| class_of(self.space, id, value)) == Some(class) {
            return;
        }
        if let Some(value) = plausible::of_class(kind, meaning, class) {
            self.values.insert(id, value);
        }
    }

    /// Moves one attribute so that a sum lies between two bounds, if moving a single one is enough.
    fn mend(
        &mut self,
        attributes: &[AttributeId],
        low: i128,
        high: i128,
        sum: impl Fn(&dyn Fn(AttributeId) -> (i64, i64)) -> i128,
    ) {
        let with = |moved: Option<(AttributeId, i64)>| {
            let point = |id: AttributeId| {
                let own = self.values.get(&id).and_then(Value::ordinal).unwrap_or_default();
                let ordinal = moved.filter(|(other, _)| *other == id).map_or(own, |(_, ordinal)| ordinal);
                (ordinal, ordinal)
            };
            sum(&point)
        };
        let now = with(None);
        let wanted = now.clamp(low, high);
        if wanted == now {
            return;
        }
        let found = attributes.iter().rev().find_map(|id| {
            let kind = self.model.attribute(*id).map(|attribute| &attribute.kind)?;
            let ordinal = self.values.get(id).and_then(Value::ordinal)?;
            let factor = with(Some((*id, ordinal.checked_add(1)?))) - now;
            let by = (wanted - now).checked_div(factor)?;
            let moved = i64::try_from(i128::from(ordinal).checked_add(by)?).ok()?;
            let (first, last) = self.within.get(id).copied().or_else(|| kind.ordinals())?;
            let fits = |moved: &i64| {
                (first..=last).contains(moved) && (low..=high).contains(&with(Some((*id, *moved))))
            };
            let moved = plausible::near(kind, moved).into_iter().find(fits)?;
            Some((*id, Value::from_ordinal(kind, moved)?))
        });
        self.values.extend(found);
    }
}

/// Returns a plausible ordinal of an ordered attribute; 0 for other attributes.
pub(crate) fn usual(model: &Model, id: AttributeId) -> i64 {
    let kind = model.attribute(id).map(|attribute| &attribute.kind);
    kind.and_then(|kind| plausible::any(kind).ordinal()).unwrap_or_default()
}

/// Sets ordered attributes by their ordinals, except those that are `none`.
pub(crate) fn set_ordinals(model: &Model, request: &mut Request, ordinals: &[(AttributeId, i64)]) {
    for (id, ordinal) in ordinals {
        if request.get(*id) == Some(&AttributeInput::Value(Value::None)) {
            continue;
        }
        let value = model.attribute(*id).and_then(|attribute| Value::from_ordinal(&attribute.kind, *ordinal));
        if let Some(value) = value {
            // A value that doesn't fit is left out; the caller's check notices it.
            let _ = request.put(model, *id, AttributeInput::Value(value));
        }
    }
}

/// Returns a plausible value of a class.
pub(crate) fn value(model: &Model, space: &Encoding, variable: u32, class: u32) -> Option<Value> {
    let VariableKind::Value(id) = space.variables.get(variable as usize)?.source else { return None };
    plausible::of_class(&model.attribute(id)?.kind, space.meanings.get(variable as usize)?, class)
}

/// Returns the class of an attribute's value; `None` unless the attribute has exactly one variable of its own.
pub(crate) fn class_of(space: &Encoding, id: AttributeId, value: &Value) -> Option<u32> {
    space.plans.get(id.index())?.classifier.value(value)
}

/// Removes attributes from a request as long as `holds` stays true; keeps required ones. Cost: one call of `holds` for
/// each attribute.
pub(crate) fn reduced(model: &Model, request: &Request, holds: impl Fn(&Request) -> bool) -> Request {
    let mut kept: Vec<(AttributeId, &AttributeInput)> =
        model.declared().filter_map(|(id, _)| Some((id, request.get(id)?))).collect();
    for (id, attribute) in model.declared() {
        if attribute.presence == Presence::Required {
            continue;
        }
        let fewer: Vec<(AttributeId, &AttributeInput)> =
            kept.iter().filter(|(other, _)| *other != id).copied().collect();
        if holds(&of_parts(&fewer)) {
            kept = fewer;
        }
    }
    of_parts(&kept)
}

/// Searches exactly, within some steps, for a complete request that satisfies a condition: refuted by such a request, or
/// proved if none exists. Replaces the rules of the model.
pub(crate) fn satisfying(model: &mut Model, condition: ConditionId, steps: usize) -> Verdict {
    // The proof "never allow when the condition holds" of a policy that allows everything is broken by such a request.
    let always = model.conditions.constant(true);
    model.limits.proof_steps = steps;
    model.rules = vec![Rule {
        name: "everything".into(),
        effect: RuleEffect::Allow,
        guard: always,
        when: always,
        exceptions: Vec::new(),
        fires: always,
        cites: Vec::new(),
        because: None,
        basis: None,
        obligations: Vec::new(),
        documentation: String::new(),
        location: Default::default(),
        span: Default::default(),
    }];
    let claim = Claim { always: false, subject: Subject::Allow };
    Proof { name: "sample".into(), claim, when: condition, span: Default::default() }.decide(model)
}

/// Returns the request without one attribute.
pub(crate) fn without(model: &Model, request: &Request, id: AttributeId) -> Request {
    let others = model.declared().filter(|(other, _)| *other != id);
    of_parts(&others.filter_map(|(other, _)| Some((other, request.get(other)?))).collect::<Vec<_>>())
}

fn of_parts(parts: &[(AttributeId, &AttributeInput)]) -> Request {
    let mut out = Request::new();
    for (id, given) in parts {
        out.put_checked(*id, (*given).clone());
    }
    out
}

/// Facts about a request that are certain without a search; for a complete request, everything.
pub(crate) struct Certain<'m> {
    model: &'m Model,
    truths: Truths,
}

impl<'m> Certain<'m> {
    /// Evaluates each condition. `None` for an erroneous request.
    pub(crate) fn new(model: &'m Model, request: &Request) -> Option<Self> {
        let facts = Assignment::new(model, request).ok()?;
        Some(Self { model, truths: truths(model, &facts) })
    }

    /// Evaluates what holds for all completions of a request, each taken as a complete request.
    ///
    /// A missing attribute can deny what each completion allows, so the decision of the request itself isn't enough.
    pub(crate) fn of_completions(model: &'m Model, request: &Request) -> Option<Self> {
        let facts = Assignment::new(model, request).ok()?;
        Some(Self { model, truths: truths_of_complete(model, &facts) })
    }

    /// Returns the truth of a condition, if it is certain.
    pub(crate) fn truth(&self, condition: ConditionId) -> Option<bool> {
        self.truths.get(condition)
    }

    /// Returns the effect, if it is certain.
    pub(crate) fn effect(&self) -> Option<Effect> {
        match (self.some(RuleEffect::Deny), self.some(RuleEffect::Allow)) {
            (Some(true), _) | (Some(false), Some(false)) => Some(Effect::Deny),
            (Some(false), Some(true)) => Some(Effect::Allow),
            _ => None,
        }
    }

    /// Returns whether some rule of the effect fires, if that is certain.
    fn some(&self, effect: RuleEffect) -> Option<bool> {
        let rules = self.model.rules.iter().filter(|rule| rule.effect == effect);
        disjunction(rules.map(|rule| self.truth(rule.fires)))
    }

    /// Returns whether the decision has what a claim is about, if that is certain.
    pub(crate) fn has(&self, subject: &Subject) -> Option<bool> {
        let by = |effect: RuleEffect| {
            let rules = self.model.rules.iter().filter(|rule| rule.effect == effect);
            disjunction(rules.map(|rule| {
                let some = disjunction(subject.conditions(rule).into_iter().map(|id| self.truth(id)));
                conjunction([self.truth(rule.fires), some])
            }))
        };
        let no_deny = self.some(RuleEffect::Deny).map(|denies| !denies);
        disjunction([by(RuleEffect::Deny), conjunction([by(RuleEffect::Allow), no_deny])])
    }

    /// Returns the names of the rules of an effect that certainly fire.
    pub(crate) fn rules(&self, effect: RuleEffect) -> Vec<Arc<str>> {
        let fire = self
            .model
            .rules
            .iter()
            .filter(|rule| rule.effect == effect && self.truth(rule.fires) == Some(true));
        let mut names: Vec<Arc<str>> = fire.map(|rule| rule.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}
