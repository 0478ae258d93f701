//! Explains decisions, as data and as a page for people.

mod page;
mod what_if;
mod why_not;

pub use page::PageStyle;
pub(crate) use what_if::{range_in_words, unnamed_text};
pub use why_not::{Change, ConditionTrace, NearRule, NewValue, WhyNot};

use placet_core::dag::Truths;
use placet_model::Model;
use placet_model::condition::{Atom, ConditionId};
use placet_model::decision::{Decision, Effect};
use placet_model::policy::{Exception, Rule, RuleEffect};
use placet_model::request::{Assignment, Known, Request, RequestError};
use placet_model::solver;
use placet_model::types::AttributeId;
use placet_model::value::Value;
use placet_model::written::LookupCall;
use placet_program::{Frame, Program};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A decision with the trace of its rules.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// The rules that fire, may fire, or are silenced by an exception, in the order of the policy.
    pub rules: Vec<RuleTrace>,
    /// For each missing attribute, the effect of each possible value.
    pub what_if: Vec<WhatIf>,
    /// The nearest rules and the smallest changes that would allow the request; `None` if it is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNot>,
}

/// The truth of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// The condition holds.
    Yes,
    /// The condition doesn't hold.
    No,
    /// The truth depends on an unknown attribute.
    Open,
}

impl From<Option<bool>> for Truth {
    fn from(truth: Option<bool>) -> Self {
        match truth {
            Some(true) => Truth::Yes,
            Some(false) => Truth::No,
            None => Truth::Open,
        }
    }
}

/// The trace of a rule.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RuleTrace {
    /// The name.
    pub name: Arc<str>,
    /// The effect: allow or deny.
    pub effect: Effect,
    /// The file and line.
    #[serde(rename = "place")]
    pub location: String,
    /// The truth of its condition, exceptions included.
    pub fires: Truth,
    /// The cited clauses.
    pub cites: Vec<Arc<str>>,
    /// The reason for people (`because`).
    pub because: Option<Arc<str>>,
    /// The exceptions.
    pub exceptions: Vec<ExceptionTrace>,
    /// The attributes in its conditions, with their values.
    pub values: Vec<ValueTrace>,
    /// The values of lookups in its conditions, where the key is known.
    pub lookups: Vec<LookupTrace>,
}

/// An exception of a rule.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ExceptionTrace {
    /// The name, if it has one.
    pub name: Option<Arc<str>>,
    /// The file and line.
    #[serde(rename = "place")]
    pub location: String,
    /// The truth of its condition.
    pub holds: Truth,
    /// Exceptions of this exception.
    pub exceptions: Vec<ExceptionTrace>,
}

/// The value of an attribute in a rule.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ValueTrace {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The value in the form of a literal; `None` if the attribute is missing.
    pub value: Option<String>,
    /// True if the value is the default.
    pub is_default: bool,
}

/// The value of a lookup for a key. Displays as a sentence: "digital_age(FR) is 15".
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LookupTrace {
    /// The lookup.
    pub lookup: Arc<str>,
    /// The key, as a literal.
    pub key: String,
    /// The value in words: a literal, or for a set its members, with a category in place of all its leaves.
    pub value: Arc<str>,
}

impl fmt::Display for LookupTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}) is {}", self.lookup, self.key, self.value)
    }
}

/// The effect that each value of a missing attribute would have, all else as it is.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WhatIf {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The possible values, in words, and their effect. Every value that the words describe has this effect. Where single
    /// values are examples, other values have no line.
    pub outcomes: Vec<(String, Effect)>,
    /// True if the words are conditions of a set.
    #[serde(skip)]
    is_set: bool,
}

/// Explains the decision about a request. `may_change` names the attributes that may change; without it, the unknown ones
/// if they suffice, and then all.
pub(crate) fn explain(
    program: &Program,
    frame: &Frame,
    may_change: Option<&[AttributeId]>,
) -> Result<Explanation, RequestError> {
    let decision = program.decide(frame)?;
    let model = program.model();
    let request = &frame.request(program);
    let facts = &Assignment::new(model, request)?;
    let truths = solver::truths(model, facts);
    let certain: BTreeSet<&Arc<str>> = decision.certain().collect();
    let tracer = Tracer { model, request, facts, truths };
    let mentioned: BTreeSet<&Arc<str>> = decision.rules.iter().chain(&decision.undecided).collect();
    let rules = model
        .rules
        .iter()
        .filter(|rule| {
            // An indeterminate decision has no determining rules, so the rules that may fire are shown.
            let ready =
                decision.effect == Effect::Indeterminate && tracer.truths.get(rule.fires) == Some(true);
            ready || mentioned.contains(&rule.name) || tracer.is_silenced(rule)
        })
        .map(|rule| {
            let trace = tracer.rule(rule);
            // Each condition alone may be unknown where all of them together decide.
            if certain.contains(&rule.name) { RuleTrace { fires: Truth::Yes, ..trace } } else { trace }
        })
        .collect();
    let what_if =
        decision.missing.iter().filter_map(|name| what_if::what_if(program, request, facts, name)).collect();
    let why_not = (decision.effect != Effect::Allow)
        .then(|| WhyNot { nearest: tracer.nearest(), ..why_not::changes(program, frame, facts, may_change) });
    Ok(Explanation { decision, rules, what_if, why_not })
}

struct Tracer<'a> {
    model: &'a Model,
    request: &'a Request,
    facts: &'a Assignment,
    truths: Truths,
}

impl Tracer<'_> {
    /// Returns true if only an exception keeps the rule from firing.
    fn is_silenced(&self, rule: &Rule) -> bool {
        self.truths.get(rule.guard) == Some(true)
            && self.truths.get(rule.when) == Some(true)
            && self.truths.get(rule.fires) == Some(false)
    }

    fn rule(&self, rule: &Rule) -> RuleTrace {
        RuleTrace {
            name: rule.name.clone(),
            effect: if rule.effect == RuleEffect::Allow { Effect::Allow } else { Effect::Deny },
            location: rule.location.to_string(),
            fires: self.truths.get(rule.fires).into(),
            cites: rule.cites.clone(),
            because: rule.because.clone(),
            exceptions: rule.exceptions.iter().map(|exception| self.exception(exception)).collect(),
            values: self.values(rule.fires),
            lookups: self.lookups(rule.fires),
        }
    }

    fn exception(&self, exception: &Exception) -> ExceptionTrace {
        ExceptionTrace {
            name: exception.name.clone(),
            location: exception.location.to_string(),
            holds: self.truths.get(exception.holds).into(),
            exceptions: exception.exceptions.iter().map(|inner| self.exception(inner)).collect(),
        }
    }

    /// Returns the attributes in a condition, in the order of the policy.
    fn values(&self, id: ConditionId) -> Vec<ValueTrace> {
        let mut found: BTreeSet<AttributeId> = BTreeSet::new();
        for atom in self.model.conditions.leaves([id]) {
            found.extend(atom.attributes());
            if let Atom::Missing(id) = atom {
                found.insert(*id);
            }
        }
        let declared: BTreeSet<AttributeId> =
            found.into_iter().map(|id| self.model.declared_id(id)).collect();
        declared.into_iter().filter_map(|id| self.value(id)).collect()
    }

    /// Returns the values of lookups in a condition. One without a known key has none.
    fn lookups(&self, id: ConditionId) -> Vec<LookupTrace> {
        let known = |call: &LookupCall| {
            let attribute =
                self.model.attribute(call.key).filter(|_| !self.facts.is_none(self.model, call.key))?;
            let key = self.facts.value(call.key)?;
            Some(LookupTrace {
                lookup: call.lookup.name.clone(),
                key: key.display(&attribute.kind),
                value: call.lookup.value(key)?.clone(),
            })
        };
        self.model.lookups_in(id).into_iter().filter_map(known).collect()
    }

    fn value(&self, id: AttributeId) -> Option<ValueTrace> {
        let attribute = self.model.attribute(id)?;
        let is_none = self.facts.is_none(self.model, id);
        let value = match self.facts.get(id) {
            _ if is_none => Some(Value::None.display(&attribute.kind)),
            Known::Known(value) => Some(value.display(&attribute.kind)),
            Known::OneOf(leaves) => {
                let names: Vec<String> =
                    leaves.iter().map(|leaf| Value::Symbol(leaf).display(&attribute.kind)).collect();
                Some(format!("one of {}", names.join(", ")))
            }
            Known::Missing | Known::Pending => None,
        };
        let is_default = value.is_some() && self.request.get(id).is_none();
        Some(ValueTrace { attribute: attribute.name.clone(), value, is_default })
    }
}
