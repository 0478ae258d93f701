//! Policies as they are saved, apart from their text.
//!
//! What a saved model says is what deciding and explaining need: no proofs, tests, documentation or spans. It may
//! come from anywhere, so it is not trusted: [`Model::from_saved`] gives a model only where everything that later
//! steps build upon holds, and reading its parts takes no more room than their bytes, times a constant, and no stack.
//!
//! The same model always gives the same bytes, in any format of `serde` that has `i128`.

mod conditions;
mod restore;
#[cfg(test)]
mod tests;

use crate::condition::{Condition, ConditionId};
use crate::policy::{Exception, Model, Obligation, Rule, RuleEffect, SourceLocation};
use crate::types::{Attribute, Members, Presence, Type, Universe};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A model in a form to be written and read. That there is one says nothing: see [`Model::from_saved`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedModel {
    name: Arc<str>,
    version: Option<Arc<str>>,
    source: Option<Arc<str>>,
    /// The files that rules and exceptions stand in.
    files: Vec<Arc<str>>,
    /// What attributes' values are taken from, each once.
    universes: Vec<SavedUniverse>,
    attributes: Vec<SavedAttribute>,
    conditions: Vec<Condition>,
    rules: Vec<SavedRule>,
    limits: SavedLimits,
}

impl SavedModel {
    /// The same without the names of the files, which hang on where a policy is compiled, not on what it says.
    #[must_use]
    pub fn nameless(mut self) -> Self {
        self.files.iter_mut().for_each(|name| *name = Arc::default());
        self
    }
}

/// Why a saved model is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{part} {number} of the saved policy {fault}")]
pub struct InvalidModel {
    part: &'static str,
    /// Its place among those of its kind, from 0.
    number: usize,
    fault: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum SavedUniverse {
    /// The names as declared; their byte order gives the rest.
    Enum(Vec<Arc<str>>),
    Taxonomy {
        name: Arc<str>,
        leaves: Vec<Arc<str>>,
        /// The inner nodes by name, each with its first leaf and the one past its last.
        categories: Vec<(Arc<str>, u32, u32)>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedAttribute {
    name: Arc<str>,
    kind: SavedType,
    presence: Presence,
}

/// A [`Type`] with its universe's number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum SavedType {
    Bool,
    Int(i64, i64),
    Number(f64, f64),
    String,
    Symbol(u32),
    Set {
        /// `None` for texts.
        of: Option<u32>,
        may_be_empty: bool,
    },
    Date,
    Time,
    Duration,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedRule {
    name: Arc<str>,
    effect: RuleEffect,
    guard: ConditionId,
    when: ConditionId,
    fires: ConditionId,
    /// The exceptions and theirs, the outer before the inner.
    exceptions: Vec<SavedException>,
    cites: Vec<Arc<str>>,
    because: Option<Arc<str>>,
    basis: Option<Arc<str>>,
    obligations: Vec<Obligation>,
    place: SavedPlace,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedException {
    /// The exception that this one is of, by its place in the list; `None` for one of the rule.
    of: Option<u32>,
    name: Option<Arc<str>>,
    when: ConditionId,
    holds: ConditionId,
    place: SavedPlace,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SavedPlace {
    file: u32,
    line: u32,
}

/// The limits that decisions depend on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SavedLimits {
    search_steps: u64,
    representatives: u64,
    related_representatives: u64,
}

impl Model {
    /// The model in a form to be written. Cost: linear.
    pub fn to_saved(&self) -> SavedModel {
        let mut numbers = Numbers::default();
        let attributes = self.attributes.iter().map(|attribute| numbers.attribute(attribute)).collect();
        let rules = self.rules.iter().map(|rule| numbers.rule(rule)).collect();
        let wide = |limit: usize| u64::try_from(limit).unwrap_or(u64::MAX);
        SavedModel {
            name: self.name.clone(),
            version: self.version.clone(),
            source: self.source.clone(),
            files: numbers.files,
            universes: numbers.universes,
            attributes,
            conditions: self.conditions.nodes().to_vec(),
            rules,
            limits: SavedLimits {
                search_steps: wide(self.limits.search_steps),
                representatives: wide(self.limits.representatives),
                related_representatives: wide(self.limits.related_representatives),
            },
        }
    }
}

/// What several parts share, with its numbers.
#[derive(Default)]
struct Numbers<'m> {
    universes: Vec<SavedUniverse>,
    universe_numbers: HashMap<UniverseKey<'m>, u32>,
    files: Vec<Arc<str>>,
    file_numbers: HashMap<&'m str, u32>,
}

#[derive(PartialEq, Eq, Hash)]
enum UniverseKey<'m> {
    Enum(&'m [Arc<str>]),
    Taxonomy(&'m str),
}

impl<'m> Numbers<'m> {
    fn universe(&mut self, universe: &'m Universe) -> u32 {
        let key = match universe {
            Universe::Enum(e) => UniverseKey::Enum(&e.declared),
            Universe::Taxonomy(t) => UniverseKey::Taxonomy(&t.name),
        };
        *self.universe_numbers.entry(key).or_insert_with(|| {
            self.universes.push(saved_universe(universe));
            number(self.universes.len() - 1)
        })
    }

    fn place(&mut self, place: &'m SourceLocation) -> SavedPlace {
        let file = *self.file_numbers.entry(&place.file).or_insert_with(|| {
            self.files.push(place.file.clone());
            number(self.files.len() - 1)
        });
        SavedPlace { file, line: place.line }
    }

    fn attribute(&mut self, attribute: &'m Attribute) -> SavedAttribute {
        let kind = match &attribute.kind {
            Type::Bool => SavedType::Bool,
            Type::Int(low, high) => SavedType::Int(*low, *high),
            Type::Number(low, high) => SavedType::Number(*low, *high),
            Type::String => SavedType::String,
            Type::Symbol(universe) => SavedType::Symbol(self.universe(universe)),
            Type::Set { of, may_be_empty } => SavedType::Set {
                of: match of {
                    Members::Symbols(universe) => Some(self.universe(universe)),
                    Members::Texts => None,
                },
                may_be_empty: *may_be_empty,
            },
            Type::Date => SavedType::Date,
            Type::Time => SavedType::Time,
            Type::Duration => SavedType::Duration,
        };
        SavedAttribute { name: attribute.name.clone(), kind, presence: attribute.presence.clone() }
    }

    fn rule(&mut self, rule: &'m Rule) -> SavedRule {
        let mut exceptions = Vec::new();
        self.exceptions(&rule.exceptions, None, &mut exceptions);
        SavedRule {
            name: rule.name.clone(),
            effect: rule.effect,
            guard: rule.guard,
            when: rule.when,
            fires: rule.fires,
            exceptions,
            cites: rule.cites.clone(),
            because: rule.because.clone(),
            basis: rule.basis.clone(),
            obligations: rule.obligations.clone(),
            place: self.place(&rule.place),
        }
    }

    /// Recursion is as deep as the exceptions are nested.
    fn exceptions(&mut self, all: &'m [Exception], of: Option<u32>, out: &mut Vec<SavedException>) {
        for exception in all {
            let own = number(out.len());
            out.push(SavedException {
                of,
                name: exception.name.clone(),
                when: exception.when,
                holds: exception.holds,
                place: self.place(&exception.place),
            });
            self.exceptions(&exception.exceptions, Some(own), out);
        }
    }
}

fn saved_universe(universe: &Universe) -> SavedUniverse {
    match universe {
        Universe::Enum(e) => SavedUniverse::Enum(e.declared.clone()),
        Universe::Taxonomy(t) => {
            let inner = t.nodes.iter().filter(|(_, node)| !node.is_leaf);
            let mut categories: Vec<(Arc<str>, u32, u32)> =
                inner.map(|(name, node)| (name.clone(), node.first, node.end)).collect();
            categories.sort_unstable();
            SavedUniverse::Taxonomy { name: t.name.clone(), leaves: t.leaves.clone(), categories }
        }
    }
}

/// A place in a list. One beyond all numbers, which no policy within its limits has, is refused when it is read.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
