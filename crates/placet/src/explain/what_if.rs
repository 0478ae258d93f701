//! The effect of each value of a missing attribute.
//!
//! One line describes values that the policy can't tell apart, in words that are true of all of them. If a condition
//! relates the attribute to another unknown one, single values are tried as examples.

mod ordered;
mod sets;
mod texts;

pub(crate) use ordered::range as range_in_words;
pub(crate) use texts::unnamed as unnamed_text;

use super::WhatIf;
use placet_model::condition::{Atom, Condition};
use placet_model::decision::Effect;
use placet_model::request::{Assignment, AttributeInput, Known, Request};
use placet_model::solver;
use placet_model::types::{Attribute, AttributeId, Type, Universe};
use placet_model::value::Value;
use placet_model::words::names;
use placet_model::{BitSet, Model};
use placet_program::{Frame, Program};
use std::sync::Arc;

/// The maximum number of names in a list; the rest are counted, or called "the others".
pub(super) const MAX_NAMES: usize = 12;
/// The maximum number of values of an attribute that are tried one by one.
const MAX_TRIED: usize = 1_000;

/// The words for all values of a domain.
const ANY: &str = "any value";

/// Lines of values and their effect.
pub(super) type Outcomes = Vec<(String, Effect)>;

/// Returns the effect of each value of a missing attribute, all else as it is.
///
/// Cost: one decision for each class of values; for a set, one for each combination of members that conditions tell apart.
pub(super) fn what_if(
    program: &Program,
    request: &Request,
    facts: &Assignment,
    name: &Arc<str>,
) -> Option<WhatIf> {
    let model = program.model();
    let id = model.find(name)?;
    let attribute = model.attribute(id)?;
    let kind = &attribute.kind;
    // Values are tried as given ones, so that `is missing` is false of them.
    let mut pending = request.clone();
    if matches!(facts.get(id), Known::Missing) {
        pending.put_checked(id, AttributeInput::Pending);
    }
    let facts = &Assignment::new(model, &pending).ok()?;
    let outcomes = Probe::new(program, facts, id, vec![program.frame_of(request).ok()?])?.outcomes();
    Some(WhatIf { attribute: name.clone(), outcomes, is_set: matches!(kind, Type::Set { .. }) })
}

/// Decides requests with one attribute replaced.
pub(super) struct Probe<'a> {
    program: &'a Program,
    model: &'a Model,
    facts: &'a Assignment,
    id: AttributeId,
    kind: &'a Type,
    frames: Vec<Frame>,
}

impl<'a> Probe<'a> {
    /// Creates a probe of some requests. The facts are those that all of them share; the attribute is unknown in them.
    pub(super) fn new(
        program: &'a Program,
        facts: &'a Assignment,
        id: AttributeId,
        frames: Vec<Frame>,
    ) -> Option<Self> {
        let model = program.model();
        Some(Self { program, model, facts, id, kind: &model.attribute(id)?.kind, frames })
    }

    /// Returns lines of values that together describe all values; of examples, if a condition relates the attribute to
    /// another unknown one, or there are too many classes.
    pub(super) fn outcomes(&mut self) -> Outcomes {
        let outcomes = match self.kind {
            _ if self.is_related() => self.examples(),
            Type::Bool | Type::Symbol(_) => self.symbols(),
            Type::String => texts::outcomes(self),
            Type::Set { .. } => sets::outcomes(self).unwrap_or_else(|| self.examples()),
            _ => ordered::outcomes(self).unwrap_or_else(|| self.examples()),
        };
        let is_optional = self.model.attribute(self.id).is_some_and(Attribute::is_optional);
        if is_optional && !matches!(self.facts.get(self.id), Known::OneOf(_)) {
            return self.with_none(outcomes);
        }
        outcomes
    }

    /// Adds the line of `none`, before all others.
    fn with_none(&mut self, mut outcomes: Outcomes) -> Outcomes {
        if outcomes.is_empty() {
            // No condition tells the other values apart.
            let effect = self.effect(&self.kind.plain_value());
            outcomes.extend(effect.map(|effect| (ANY.to_owned(), effect)));
        }
        for (words, _) in &mut outcomes {
            if words == ANY {
                "any other value".clone_into(words);
            }
        }
        let none = self.effect(&Value::None).map(|effect| ("none".to_owned(), effect));
        none.into_iter().chain(outcomes).collect()
    }

    /// Returns the effect that a value has in all requests; indeterminate if they differ.
    pub(super) fn effect(&mut self, value: &Value) -> Option<Effect> {
        let mut shared = None;
        for frame in &mut self.frames {
            frame.put(self.program, self.id, &AttributeInput::Value(value.clone())).ok()?;
            let (effect, _) = self.program.effect_of_partial(frame);
            shared = Some(
                shared.map_or(effect, |other| if other == effect { effect } else { Effect::Indeterminate }),
            );
        }
        shared
    }

    /// Returns one value of each class; of a set, one set for each class of members.
    pub(super) fn representatives(&self) -> Vec<Value> {
        solver::representatives(self.model, self.facts, self.id)
    }

    /// Returns the comparisons on the attribute's value.
    fn atoms(&self) -> impl Iterator<Item = &'a Atom> + use<'a> {
        let id = self.id;
        let atoms = self.model.conditions.nodes().iter().filter_map(Condition::as_leaf);
        atoms.filter(move |atom| atom.attributes().contains(&id))
    }

    /// Returns true if a condition relates the attribute to another unknown one.
    pub(super) fn is_related(&self) -> bool {
        let is_open = |other: &AttributeId| *other != self.id && self.facts.value(*other).is_none();
        self.atoms().any(|atom| atom.attributes().iter().any(is_open))
    }

    /// Returns lines of single values, of different classes: a few with each effect.
    fn examples(&mut self) -> Outcomes {
        let mut out = Outcomes::new();
        for value in self.representatives().into_iter().take(MAX_TRIED) {
            if let Some(effect) = self.effect(&value) {
                let shown = value.display(self.kind);
                let shown = if matches!(self.kind, Type::Set { .. }) { format!("is {shown}") } else { shown };
                if out.iter().filter(|(_, other)| *other == effect).count() < MAX_NAMES {
                    out.push((shown, effect));
                }
            }
        }
        out
    }

    /// Returns lines of the names of a `bool`, an enum or a taxonomy.
    fn symbols(&mut self) -> Outcomes {
        let (universe, all): (Option<&Universe>, BitSet) = match (self.kind, self.facts.get(self.id)) {
            (Type::Symbol(universe), Known::OneOf(leaves)) => (Some(universe), leaves.clone()),
            (Type::Symbol(universe), _) => (Some(universe), BitSet::full(universe.len())),
            _ => (None, BitSet::full(2)),
        };
        let mut groups: Vec<(Effect, BitSet)> = Vec::new();
        for symbol in all.iter().take(MAX_TRIED) {
            let value = if universe.is_some() { Value::Symbol(symbol) } else { Value::Bool(symbol == 1) };
            let Some(effect) = self.effect(&value) else { continue };
            match groups.iter_mut().find(|(other, _)| *other == effect) {
                Some((_, group)) => group.insert(symbol),
                None => groups.push((effect, BitSet::from_iter(all.bound(), [symbol]))),
            }
        }
        let mut shown: Vec<(Vec<String>, Effect)> = groups
            .into_iter()
            .map(|(effect, group)| {
                let names = match universe {
                    Some(universe) => names(universe, &group),
                    None => group.iter().map(|symbol| (symbol == 1).to_string()).collect(),
                };
                (names, effect)
            })
            .collect();
        // A list too long to read goes last, as "the others".
        let is_whole = all.len() as usize <= MAX_TRIED && !matches!(self.facts.get(self.id), Known::OneOf(_));
        let longest = shown.iter().enumerate().max_by_key(|(_, (names, _))| names.len()).map(|(at, _)| at);
        let others = longest.filter(|at| {
            is_whole && shown.len() > 1 && shown.get(*at).is_some_and(|(names, _)| names.len() > MAX_NAMES)
        });
        let others = others.map(|at| shown.remove(at).1);
        let is_cut = others.is_none();
        let lines = shown.into_iter().map(|(names, effect)| {
            let line = if is_cut { one_of(&names, "values") } else { names.join(", ") };
            (line, effect)
        });
        lines.chain(others.map(|effect| ("any other value".to_owned(), effect))).collect()
    }
}

/// Formats a list of values; a long one as a count with examples.
pub(super) fn one_of(names: &[String], what: &str) -> String {
    const EXAMPLES: usize = 3;
    if names.len() <= MAX_NAMES {
        return names.join(", ");
    }
    let examples: Vec<&str> = names.iter().take(EXAMPLES).map(String::as_str).collect();
    format!("one of {} {what}, such as {}", names.len(), examples.join(", "))
}
