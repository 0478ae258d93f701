//! Finds a concrete request in a region, with the answer of each policy.

use super::merge::Merged;
use super::{Effect, Ruling, Sample};
use crate::witness;
use placet_compile::{ClassLabels, Encoding};
use placet_model::condition::ConditionId;
use placet_model::input::Fact;
use placet_model::proof::Verdict;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::{Attribute, AttributeId, Members, Type};
use placet_model::value::Value;
use placet_model::{BitSet, Model, decision, solver};
use placet_program::VariableKind;
use std::collections::{BTreeMap, BTreeSet};

/// The steps of the search for a sample if conditions relate attributes.
const STEPS: usize = 2_000_000;

/// The number of rules in both policies up to which a sample is minimised: each attribute costs two decisions.
const MAX_RULES: usize = 2_000;

/// The result of a search for a sample.
pub(super) enum Found {
    /// A request that both policies answer as expected.
    Sample(Sample),
    /// No such request exists.
    Nothing,
    /// Unknown.
    Unknown,
}

/// Finds samples.
pub(super) struct Sampler<'a> {
    pub(super) space: &'a Encoding,
    pub(super) merged: &'a mut Merged,
    pub(super) models: [&'a Model; 2],
    /// The attributes that effects depend on.
    pub(super) matter: BTreeSet<AttributeId>,
}

impl Sampler<'_> {
    /// Returns a sample on a path of classes, or else one that satisfies the condition.
    pub(super) fn find(&mut self, path: &[(u32, u32)], holds: ConditionId, to: Effect) -> Found {
        if let Some(sample) = self.on_path(path).and_then(|request| self.confirm(&request, to)) {
            return Found::Sample(sample);
        }
        match witness::satisfying(&mut self.merged.model, holds, STEPS) {
            Verdict::Refuted { counterexample, .. } => {
                self.confirm(&counterexample, to).map_or(Found::Unknown, Found::Sample)
            }
            // The search compares symbols by number, so both policies must number them alike.
            Verdict::Proved | Verdict::Vacuous if self.merged.relates_like_symbols() => Found::Nothing,
            Verdict::Proved | Verdict::Vacuous | Verdict::NotDecided { .. } => Found::Unknown,
        }
    }

    /// Returns the request of a path without relations.
    fn on_path(&self, path: &[(u32, u32)]) -> Option<Request> {
        let mut request = Request::new();
        for (variable, class) in path {
            let VariableKind::Value(id) = self.space.variables.get(*variable as usize)?.source else {
                return None;
            };
            let attribute = self.merged.model.attribute(id)?;
            let meaning = self.space.meanings.get(*variable as usize)?;
            let value = self.value(id, attribute, meaning, *class as usize)?;
            request.put(&self.merged.model, id, AttributeInput::Value(value)).ok()?;
        }
        for (id, attribute) in self.merged.model.attribute_ids() {
            if request.get(id).is_none() {
                request.put_checked(id, AttributeInput::Value(self.plainest(id, &attribute.kind)));
            }
        }
        Some(request.folded(&self.merged.model))
    }

    /// Returns a value of a class that both policies know.
    fn value(
        &self,
        id: AttributeId,
        attribute: &Attribute,
        meaning: &ClassLabels,
        class: usize,
    ) -> Option<Value> {
        let known = self.merged.known(id)?;
        Some(match meaning {
            ClassLabels::Intervals(all) => {
                let (low, high) = *all.get(class)?;
                let (first, last) = known.ordinals.unwrap_or((low, high));
                Value::from_ordinal(
                    &attribute.kind,
                    0.clamp(low.max(first), high.min(last).max(low.max(first))),
                )?
            }
            ClassLabels::Symbols(all) => {
                let mut symbols = all.get(class)?.iter().copied();
                let is_known = |symbol: &u32| known.symbols.as_ref().is_none_or(|all| all.contains(*symbol));
                let symbol = symbols.find(is_known)?;
                if attribute.kind == Type::Bool { Value::Bool(symbol == 1) } else { Value::Symbol(symbol) }
            }
            ClassLabels::Texts(all) => Value::String(all.get(class)?.sample.clone()),
            ClassLabels::Sets(all) => all.get(class)?.clone(),
            ClassLabels::Truth | ClassLabels::Sums(_) => return None,
        })
    }

    /// Returns a value of an attribute that doesn't matter.
    fn plainest(&self, id: AttributeId, kind: &Type) -> Value {
        let known = self.merged.known(id);
        let first = known.and_then(|known| known.symbols.as_ref()).and_then(|all| all.iter().next());
        let may_be_empty = known.is_some_and(|known| known.may_be_empty);
        match kind {
            Type::Bool => Value::Bool(false),
            Type::String => Value::String("x".into()),
            Type::Symbol(_) => Value::Symbol(first.unwrap_or_default()),
            Type::Set { of: Members::Symbols(universe), .. } => {
                Value::Symbols(BitSet::from_iter(universe.len(), first.filter(|_| !may_be_empty)))
            }
            Type::Set { of: Members::Texts, .. } => {
                Value::Texts((!may_be_empty).then(|| "x".into()).into_iter().collect())
            }
            ordered => {
                let (low, high) = known.and_then(|known| known.ordinals).unwrap_or_default();
                let near_zero = 0.clamp(low, high.max(low));
                Value::from_ordinal(ordered, near_zero).unwrap_or(Value::Bool(false))
            }
        }
    }

    /// Returns the request as a sample, if both policies answer as expected.
    fn confirm(&self, request: &Request, to: Effect) -> Option<Sample> {
        let is_so = |sample: &Sample| sample.after.effect == to && sample.before.effect == to.other();
        let all: BTreeSet<AttributeId> = self.merged.model.declared().map(|(id, _)| id).collect();
        let matter =
            self.ruled(request, &self.matter).filter(is_so).map(|sample| (sample, self.matter.clone()));
        let (mut sample, mut shown) =
            matter.or_else(|| Some((self.ruled(request, &all).filter(is_so)?, all)))?;
        if self.models.iter().map(|model| model.rules.len()).sum::<usize>() > MAX_RULES {
            return Some(sample);
        }
        // An attribute without which both policies answer the same is left out.
        for id in shown.clone() {
            shown.remove(&id);
            let ruled = self.ruled(request, &shown);
            match ruled.filter(|less| (&less.before, &less.after) == (&sample.before, &sample.after)) {
                Some(less) => sample = less,
                None => {
                    shown.insert(id);
                }
            }
        }
        Some(sample)
    }

    /// Returns the answers to the shown part of a request, if they are certain.
    fn ruled(&self, request: &Request, shown: &BTreeSet<AttributeId>) -> Option<Sample> {
        let mut part = Request::new();
        let mut values = BTreeMap::new();
        for (id, attribute) in self.merged.model.declared() {
            if let Some(AttributeInput::Value(value)) = request.get(id).filter(|_| shown.contains(&id)) {
                part.put_checked(id, AttributeInput::Value(value.clone()));
                let fact = Fact::from_value(&attribute.kind, value);
                values.extend(fact.map(|fact| (attribute.name.to_string(), fact)));
            }
        }
        let mut rulings = self
            .merged
            .sides
            .iter()
            .zip(self.models)
            .map(|(side, model)| Ruling::of(model, &side.translation.facts(model, &part)?));
        let (before, after) = (rulings.next()??, rulings.next()??);
        Some(Sample { request: values, before, after })
    }
}

impl Ruling {
    /// Returns the answer of a policy to an assignment, if it is certain.
    fn of(model: &Model, facts: &Assignment) -> Option<Self> {
        let decision = solver::decide(model, facts);
        let effect = match decision.effect {
            decision::Effect::Allow => Effect::Allow,
            decision::Effect::Deny => Effect::Deny,
            decision::Effect::Indeterminate => return None,
        };
        Some(Self { effect, rules: decision.rules.iter().map(ToString::to_string).collect() })
    }
}
