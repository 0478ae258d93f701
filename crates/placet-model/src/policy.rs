//! A checked policy.

use crate::condition::{ConditionId, Conditions};
use crate::types::{Attribute, AttributeId};
use placet_core::{Limits, Span};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use placet_core::RuleEffect;

/// A policy that means something: names resolved, types checked, tables unrolled.
#[derive(Debug, Clone)]
pub struct Model {
    /// The policy's name.
    pub name: Arc<str>,
    /// Its version.
    pub version: Option<Arc<str>>,
    /// The document that it encodes.
    pub source: Option<Arc<str>>,
    /// The attributes of its requests, in the order of the text.
    pub attributes: Vec<Attribute>,
    /// The rules, in the order of the text.
    pub rules: Vec<Rule>,
    /// The proofs, in the order of the text.
    pub proofs: Vec<Proof>,
    /// The tests, in the order of the text.
    pub tests: Vec<crate::testing::Test>,
    /// The conditions that rules and proofs are made of.
    pub conditions: Conditions,
    /// The bounds of its searches.
    pub limits: Limits,
    /// The attributes by name.
    pub by_name: HashMap<Arc<str>, AttributeId>,
}

impl Model {
    /// The attribute of this name.
    pub fn find(&self, name: &str) -> Option<AttributeId> {
        self.by_name.get(name).copied()
    }

    /// An attribute of this policy.
    pub fn attribute(&self, id: AttributeId) -> Option<&Attribute> {
        self.attributes.get(id.index())
    }

    /// The attributes with their ids, in the order of the text.
    pub fn attribute_ids(&self) -> impl Iterator<Item = (AttributeId, &Attribute)> {
        (0..).map(AttributeId::new).zip(&self.attributes)
    }

    /// The attribute's name; empty for an attribute of another policy.
    pub fn attribute_name(&self, id: AttributeId) -> &str {
        self.attribute(id).map_or("", |attribute| &attribute.name)
    }
}

/// A rule, or a row of a table, or the denial of `otherwise`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `name`, `table/1`, `table/name` or `name/otherwise`.
    pub name: Arc<str>,
    /// Allow or deny.
    pub effect: RuleEffect,
    /// The `where`s around and in it.
    pub guard: ConditionId,
    /// Its own condition.
    pub when: ConditionId,
    /// Its exceptions.
    pub exceptions: Vec<Exception>,
    /// When it fires: `guard`, `when`, and none of the exceptions.
    pub fires: ConditionId,
    /// The clauses that it cites, in the order of the text.
    pub cites: Vec<Arc<str>>,
    /// Its reason, for people.
    pub because: Option<Arc<str>>,
    /// The legal basis of an allow.
    pub basis: Option<Arc<str>>,
    /// What it obliges to.
    pub obligations: Vec<Obligation>,
    /// What the author wrote above it.
    pub documentation: String,
    /// Where it stands, for people.
    pub place: SourceLocation,
    /// Where it stands: the rule, or the row.
    pub span: Span,
}

/// The file and line where something stands. Unlike a span it means something without the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceLocation {
    /// The file, as diagnostics call it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// An exception of a rule.
#[derive(Debug, Clone)]
pub struct Exception {
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// Its own condition.
    pub when: ConditionId,
    /// Its own exceptions.
    pub exceptions: Vec<Exception>,
    /// When it holds: `when`, and none of its exceptions.
    pub holds: ConditionId,
    /// Where it stands, for people.
    pub place: SourceLocation,
    /// Where it stands.
    pub span: Span,
}

/// What a rule obliges to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// What must be done.
    pub name: Arc<str>,
    /// Until when, in microseconds.
    pub within: Option<i64>,
    /// When it is due, where its rule fires.
    pub when: ConditionId,
    /// What it asks for, for people.
    pub text: Option<Arc<str>>,
}

/// What must hold of every request.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Its name.
    pub name: Arc<str>,
    /// `always allow` rather than `never allow`.
    pub always: bool,
    /// Where it must hold.
    pub when: ConditionId,
    /// Where its name stands.
    pub span: Span,
}
