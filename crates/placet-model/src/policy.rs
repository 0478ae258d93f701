//! The typed model of a checked policy: attributes, rules, proofs and tests.
//!
//! The checker builds a [`Model`] from the syntax tree. Conditions are shared: rules, exceptions, obligations and
//! proofs hold a [`ConditionId`] into [`Model::conditions`], so each distinct condition is evaluated once.

use crate::condition::{ConditionId, Conditions};
use crate::decision::{Decision, Effect};
use crate::types::{Attribute, AttributeId};
use crate::written::Written;
use placet_core::{Limits, Span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

pub use placet_core::RuleEffect;

/// A checked policy: names are resolved, types are checked, and tables are unrolled into rules.
#[derive(Debug, Clone)]
pub struct Model {
    /// The policy's name.
    pub name: Arc<str>,
    /// The policy's version.
    pub version: Option<Arc<str>>,
    /// The document that the policy encodes.
    pub source: Option<Arc<str>>,
    /// The attributes of a request in declaration order, then the companions of the optional ones (see
    /// [`types`](crate::types)).
    pub attributes: Vec<Attribute>,
    /// The rules, in declaration order.
    pub rules: Vec<Rule>,
    /// The proofs, in declaration order.
    pub proofs: Vec<Proof>,
    /// The tests, in declaration order.
    pub tests: Vec<crate::testing::Test>,
    /// The examples, in declaration order.
    pub examples: Vec<crate::testing::Example>,
    /// All conditions that rules and proofs refer to.
    pub conditions: Conditions,
    /// The author's text of the conditions that the checker wrote out.
    pub written: BTreeMap<ConditionId, Written>,
    /// The limits of searches over this model.
    pub limits: Limits,
    /// The ids of the declared attributes by name.
    pub by_name: HashMap<Arc<str>, AttributeId>,
}

impl Model {
    /// Returns the attribute with this name.
    pub fn find(&self, name: &str) -> Option<AttributeId> {
        self.by_name.get(name).copied()
    }

    /// Returns the attribute with this id.
    pub fn attribute(&self, id: AttributeId) -> Option<&Attribute> {
        self.attributes.get(id.index())
    }

    /// Returns all attributes with their ids, companions included: what evaluators tell apart. For what a request can
    /// give, see [`Model::declared`].
    pub fn attribute_ids(&self) -> impl Iterator<Item = (AttributeId, &Attribute)> {
        (0..).map(AttributeId::new).zip(&self.attributes)
    }

    /// Returns the declared attributes with their ids, in declaration order: what a request can give.
    pub fn declared(&self) -> impl Iterator<Item = (AttributeId, &Attribute)> {
        self.attribute_ids().filter(|(_, attribute)| attribute.companion_of.is_none())
    }

    /// Returns the id of the declared attribute that an id stands for: for a companion that of its attribute, for any
    /// other attribute its own.
    pub fn declared_id(&self, id: AttributeId) -> AttributeId {
        self.attribute(id).and_then(|attribute| attribute.companion_of).unwrap_or(id)
    }

    /// Returns an attribute's name, or an empty string for an attribute of another policy.
    pub fn attribute_name(&self, id: AttributeId) -> &str {
        self.attribute(id).map_or("", |attribute| &attribute.name)
    }
}

/// A rule, a row of a table, or the denial of an `otherwise`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The name: `name`, `table/1`, `table/name` or `name/otherwise`.
    pub name: Arc<str>,
    /// The rule's effect: allow or deny.
    pub effect: RuleEffect,
    /// The conjunction of the `where` conditions around the rule and inside it.
    pub guard: ConditionId,
    /// The rule's own condition, without guard and exceptions.
    pub when: ConditionId,
    /// The rule's exceptions.
    pub exceptions: Vec<Exception>,
    /// The condition under which the rule fires: `guard`, `when`, and none of the exceptions.
    pub fires: ConditionId,
    /// The clauses that the rule cites, in the order of the text.
    pub cites: Vec<Arc<str>>,
    /// The rule's reason, in prose.
    pub because: Option<Arc<str>>,
    /// The legal basis of an allow rule.
    pub basis: Option<Arc<str>>,
    /// The obligations that the rule imposes.
    pub obligations: Vec<Obligation>,
    /// The documentation comment above the rule.
    pub documentation: String,
    /// The rule's file and line.
    pub location: SourceLocation,
    /// The span of the rule, or of the table row.
    pub span: Span,
}

impl Rule {
    /// Builds the condition that `when` holds and no exception does: that of a rule without its guard, or of an exception
    /// with exceptions of its own. `holds` are the conditions under which the exceptions hold.
    pub fn unless(
        conditions: &mut Conditions,
        when: ConditionId,
        holds: impl IntoIterator<Item = ConditionId>,
    ) -> ConditionId {
        let silenced = conditions.any(holds);
        let unsilenced = conditions.not(silenced);
        conditions.all([when, unsilenced])
    }

    /// Returns the conditions that a decision reads: that of the rule, and those of its obligations.
    pub fn conditions(&self) -> impl Iterator<Item = ConditionId> {
        std::iter::once(self.fires).chain(self.obligations.iter().map(|obligation| obligation.when))
    }
}

/// A file and a line. Unlike a span it is meaningful without the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceLocation {
    /// The file's name, as diagnostics print it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// An exception of a rule or of another exception.
#[derive(Debug, Clone)]
pub struct Exception {
    /// The exception's name, if it has one.
    pub name: Option<Arc<str>>,
    /// The exception's own condition.
    pub when: ConditionId,
    /// The exceptions of this exception.
    pub exceptions: Vec<Exception>,
    /// The condition under which the exception applies: `when`, and none of its exceptions.
    pub holds: ConditionId,
    /// The exception's file and line.
    pub location: SourceLocation,
    /// The exception's span.
    pub span: Span,
}

/// An obligation that a rule imposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// The name of the duty.
    pub name: Arc<str>,
    /// The deadline, in microseconds after the decision.
    pub within: Option<i64>,
    /// The condition under which the obligation is due, given that its rule fires.
    pub when: ConditionId,
    /// The duty in prose.
    pub text: Option<Arc<str>>,
}

/// A property that every complete request must have. See [`Proof::decide`].
#[derive(Debug, Clone)]
pub struct Proof {
    /// The proof's name.
    pub name: Arc<str>,
    /// The property.
    pub claim: Claim,
    /// The condition that selects the requests.
    pub when: ConditionId,
    /// The span of the proof's name.
    pub span: Span,
}

/// A property of the decisions on complete requests, for example `never allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// True for `always`, false for `never`.
    pub always: bool,
    /// The part that each decision, or none, has.
    pub subject: Subject,
}

/// The part of a decision that a [`Claim`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The effect allow.
    Allow,
    /// An obligation of this name, whatever the effect.
    Oblige(Arc<str>),
}

impl Subject {
    /// Returns the conditions under which a determining rule gives the decision this part: one of them is enough. Empty
    /// if the rule never does.
    pub fn conditions(&self, rule: &Rule) -> Vec<ConditionId> {
        match (self, rule.effect) {
            (Subject::Allow, RuleEffect::Allow) => vec![rule.fires],
            (Subject::Allow, RuleEffect::Deny) => Vec::new(),
            (Subject::Oblige(name), _) => {
                let own = rule.obligations.iter().filter(|obligation| obligation.name == *name);
                own.map(|obligation| obligation.when).collect()
            }
        }
    }

    /// Returns true if a decision has this part.
    pub fn is_in(&self, decision: &Decision) -> bool {
        match self {
            Subject::Allow => decision.effect == Effect::Allow,
            Subject::Oblige(name) => decision.obligations.iter().any(|due| due.name == *name),
        }
    }
}
