//! The saved form of a model, independent of the policy's text.
//!
//! A saved model contains what deciding and explaining need: no proofs, tests, documentation or spans. Its source is
//! not trusted. [`Model::from_saved`] validates every invariant that evaluators rely on, needs memory linear in the
//! input, and never recurses over it beyond a fixed depth.
//!
//! The same model always produces the same bytes, in any `serde` format that supports `i128`.

mod conditions;
mod restore;
#[cfg(test)]
mod tests;

use crate::condition::{Collection, Condition, ConditionId};
use crate::policy::{Exception, Model, Obligation, Rule, RuleEffect, SourceLocation};
use crate::types::{Attribute, AttributeId, Members, Presence, Type, Universe};
use crate::written::{Lookup, Written};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A model in serialisable form. It may be invalid: [`Model::from_saved`] validates it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedModel {
    name: Arc<str>,
    version: Option<Arc<str>>,
    source: Option<Arc<str>>,
    /// The files that source locations refer to.
    files: Vec<Arc<str>>,
    /// The enums and taxonomies that types refer to, each once.
    universes: Vec<SavedUniverse>,
    attributes: Vec<SavedAttribute>,
    conditions: Vec<Condition>,
    rules: Vec<SavedRule>,
    /// The lookups that texts of conditions use, each once.
    lookups: Vec<SavedLookup>,
    /// The author's texts of conditions, in ascending order of these.
    written: Vec<SavedWritten>,
    limits: SavedLimits,
}

impl SavedModel {
    /// Returns the same model without file names, which depend on the place of compilation and not on the policy's
    /// content.
    #[must_use]
    pub fn nameless(mut self) -> Self {
        self.files.iter_mut().for_each(|name| *name = Arc::default());
        self
    }
}

/// The reason that a saved model is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{part} {number} of the saved policy {fault}")]
pub struct InvalidModel {
    part: &'static str,
    /// The index of the part among the parts of its kind.
    number: usize,
    fault: &'static str,
}

/// A [`Universe`] in serialisable form. Look-up tables are rebuilt from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum SavedUniverse {
    /// The names in declaration order.
    Enum(Vec<Arc<str>>),
    Taxonomy {
        name: Arc<str>,
        leaves: Vec<Arc<str>>,
        /// The inner nodes: name, first leaf, and one past the last leaf. In byte order of the names.
        categories: Vec<(Arc<str>, u32, u32)>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedAttribute {
    name: Arc<str>,
    kind: SavedType,
    /// True if the domain has the value `none`. The companion is made anew on reading.
    is_optional: bool,
    presence: Presence,
}

/// A [`Type`] that refers to its universe by index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum SavedType {
    Bool,
    Int(i64, i64),
    Number(f64, f64),
    String,
    Symbol(u32),
    Set {
        /// The index of the members' universe; `None` for strings.
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
    /// The exceptions at all levels, flattened. An outer exception comes before its inner ones.
    exceptions: Vec<SavedException>,
    cites: Vec<Arc<str>>,
    because: Option<Arc<str>>,
    basis: Option<Arc<str>>,
    obligations: Vec<Obligation>,
    location: SavedLocation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedException {
    /// The index of the enclosing exception in the list; `None` for an exception of the rule itself.
    of: Option<u32>,
    name: Option<Arc<str>>,
    when: ConditionId,
    holds: ConditionId,
    location: SavedLocation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedLookup {
    name: Arc<str>,
    cases: Vec<(Collection, Arc<str>)>,
    otherwise: Option<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedWritten {
    condition: ConditionId,
    text: Arc<str>,
    /// The indexes of lookups, and the attributes that are their keys.
    calls: Vec<(u32, AttributeId)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SavedLocation {
    file: u32,
    line: u32,
}

/// The limits that decisions depend on. `u64` makes the bytes independent of the machine's word size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SavedLimits {
    search_steps: u64,
    representatives: u64,
    related_representatives: u64,
}

impl Model {
    /// Returns the model in serialisable form. Cost: linear in the model.
    ///
    /// ```
    /// use placet_model::Model;
    /// # let limits = placet_syntax::Limits::default();
    /// # let text = "policy door  request { age: int 0..150 }  rule adults { allow when age >= 18 }";
    /// # let loaded = placet_syntax::source::load_text("door.placet", text, &limits);
    /// # let model = placet_check::check(&loaded, &limits).0.ok_or("no model")?;
    ///
    /// let restored = Model::from_saved(model.to_saved())?;
    /// assert_eq!(restored.to_saved(), model.to_saved());
    /// assert_eq!(restored.find("age"), model.find("age"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_saved(&self) -> SavedModel {
        let mut numbers = Numbers::default();
        let attributes = self.declared().map(|(_, attribute)| numbers.attribute(attribute)).collect();
        let rules = self.rules.iter().map(|rule| numbers.rule(rule)).collect();
        let written = self.written.iter().map(|(id, written)| numbers.written(*id, written)).collect();
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
            lookups: numbers.lookups,
            written,
            limits: SavedLimits {
                search_steps: wide(self.limits.search_steps),
                representatives: wide(self.limits.representatives),
                related_representatives: wide(self.limits.related_representatives),
            },
        }
    }
}

/// Numbers the universes, files and lookups that several parts share, in the order of first use.
#[derive(Default)]
struct Numbers<'m> {
    universes: Vec<SavedUniverse>,
    universe_numbers: HashMap<UniverseKey<'m>, u32>,
    files: Vec<Arc<str>>,
    file_numbers: HashMap<&'m str, u32>,
    lookups: Vec<SavedLookup>,
    lookup_numbers: HashMap<&'m str, u32>,
}

/// The identity of a universe. Enums are identified by their declared names, including the order.
#[derive(PartialEq, Eq, Hash)]
enum UniverseKey<'m> {
    Enum(&'m [Arc<str>]),
    Taxonomy(&'m str),
}

impl<'m> Numbers<'m> {
    /// Returns the index of a universe. Adds it at its first use.
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

    /// Returns a source location with the index of its file.
    fn location(&mut self, location: &'m SourceLocation) -> SavedLocation {
        let file = *self.file_numbers.entry(&location.file).or_insert_with(|| {
            self.files.push(location.file.clone());
            number(self.files.len() - 1)
        });
        SavedLocation { file, line: location.line }
    }

    /// Returns the index of a lookup. Adds it at its first use.
    fn lookup(&mut self, lookup: &'m Lookup) -> u32 {
        *self.lookup_numbers.entry(&lookup.name).or_insert_with(|| {
            self.lookups.push(SavedLookup {
                name: lookup.name.clone(),
                cases: lookup.cases.clone(),
                otherwise: lookup.otherwise.clone(),
            });
            number(self.lookups.len() - 1)
        })
    }

    fn written(&mut self, condition: ConditionId, written: &'m Written) -> SavedWritten {
        let calls = written.calls.iter().map(|call| (self.lookup(&call.lookup), call.key)).collect();
        SavedWritten { condition, text: written.text.clone(), calls }
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
        SavedAttribute {
            name: attribute.name.clone(),
            kind,
            is_optional: attribute.is_optional(),
            presence: attribute.presence.clone(),
        }
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
            location: self.location(&rule.location),
        }
    }

    /// Flattens exceptions into `out`. `of` is the index of the enclosing exception. Recursion is as deep as the
    /// exceptions are nested, which the parser limits.
    fn exceptions(&mut self, all: &'m [Exception], of: Option<u32>, out: &mut Vec<SavedException>) {
        for exception in all {
            let own = number(out.len());
            out.push(SavedException {
                of,
                name: exception.name.clone(),
                when: exception.when,
                holds: exception.holds,
                location: self.location(&exception.location),
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
            // The nodes are in a hash map, whose order differs from run to run.
            categories.sort_unstable();
            SavedUniverse::Taxonomy { name: t.name.clone(), leaves: t.leaves.clone(), categories }
        }
    }
}

/// Converts an index. One beyond `u32`, which no policy within its limits has, saturates and is rejected on reading.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
