//! Why a decision is what it is, as data, and as a page for people.

mod page;
mod what_if;

pub use page::PageStyle;

use placet_model::Model;
use placet_model::condition::{Condition, ConditionId};
use placet_model::decision::{Decision, Effect};
use placet_model::policy::{Exception, Rule, RuleEffect};
use placet_model::reference;
use placet_model::request::{Assignment, Known, Request};
use placet_model::types::AttributeId;
use placet_program::Program;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A decision and its reasons.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// The rules that fire or may fire, and those that an exception silenced; in the order of the policy.
    pub rules: Vec<RuleTrace>,
    /// For each missing attribute what its possible values would lead to.
    pub what_if: Vec<WhatIf>,
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// That hangs on what is not known.
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

/// A rule and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleTrace {
    /// Its name.
    pub name: Arc<str>,
    /// What it does: allow or deny.
    pub effect: Effect,
    /// The file and line where it stands.
    pub place: String,
    /// Whether it fires.
    pub fires: Truth,
    /// The clauses that it cites.
    pub cites: Vec<Arc<str>>,
    /// Its reason, for people.
    pub because: Option<Arc<str>>,
    /// Its exceptions.
    pub exceptions: Vec<ExceptionTrace>,
    /// The values that it looks at.
    pub values: Vec<ValueTrace>,
}

/// An exception of a rule.
#[derive(Debug, Clone, Serialize)]
pub struct ExceptionTrace {
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// The file and line where it stands.
    pub place: String,
    /// Whether it holds.
    pub holds: Truth,
    /// Its own exceptions.
    pub exceptions: Vec<ExceptionTrace>,
}

/// An attribute that a rule looks at.
#[derive(Debug, Clone, Serialize)]
pub struct ValueTrace {
    /// The attribute.
    pub attribute: Arc<str>,
    /// Its value as a policy writes it; `None` where it is missing.
    pub value: Option<String>,
    /// Whether the value is the default.
    pub is_default: bool,
}

/// What the values of a missing attribute would lead to, all else as it is.
#[derive(Debug, Clone, Serialize)]
pub struct WhatIf {
    /// The attribute.
    pub attribute: Arc<str>,
    /// Its possible values, in words, and the effect that each of them leads to. Every value that the words speak of
    /// leads to it; values that no line speaks of were not tried.
    pub outcomes: Vec<(String, Effect)>,
    /// True if the words are conditions of a set.
    #[serde(skip)]
    is_set: bool,
}

/// Explains the decision about a request.
pub(crate) fn explain(
    program: &Program,
    decision: Decision,
    request: &Request,
    facts: &Assignment,
) -> Explanation {
    let model = program.model();
    let truths = reference::truths(model, facts);
    let certain: BTreeSet<&Arc<str>> = decision.certain().collect();
    let tracer = Tracer { model, request, facts, truths };
    let mentioned: BTreeSet<&Arc<str>> = decision.rules.iter().chain(&decision.undecided).collect();
    let rules = model
        .rules
        .iter()
        .filter(|rule| {
            // Where nothing is decided, what stands ready is of interest too.
            let ready = decision.effect == Effect::Indeterminate && tracer.truth(rule.fires) == Some(true);
            ready || mentioned.contains(&rule.name) || tracer.is_silenced(rule)
        })
        .map(|rule| {
            let trace = tracer.rule(rule);
            // The truths of its conditions alone may leave open what they tell together.
            if certain.contains(&rule.name) { RuleTrace { fires: Truth::Yes, ..trace } } else { trace }
        })
        .collect();
    let what_if =
        decision.missing.iter().filter_map(|name| what_if::what_if(program, request, facts, name)).collect();
    Explanation { decision, rules, what_if }
}

struct Tracer<'a> {
    model: &'a Model,
    request: &'a Request,
    facts: &'a Assignment,
    truths: Vec<Option<bool>>,
}

impl Tracer<'_> {
    fn truth(&self, id: ConditionId) -> Option<bool> {
        self.truths.get(id.index()).copied().flatten()
    }

    /// Whether the rule would fire but for an exception.
    fn is_silenced(&self, rule: &Rule) -> bool {
        self.truth(rule.guard) == Some(true)
            && self.truth(rule.when) == Some(true)
            && self.truth(rule.fires) == Some(false)
    }

    fn rule(&self, rule: &Rule) -> RuleTrace {
        RuleTrace {
            name: rule.name.clone(),
            effect: if rule.effect == RuleEffect::Allow { Effect::Allow } else { Effect::Deny },
            place: rule.place.to_string(),
            fires: self.truth(rule.fires).into(),
            cites: rule.cites.clone(),
            because: rule.because.clone(),
            exceptions: rule.exceptions.iter().map(|exception| self.exception(exception)).collect(),
            values: self.values(rule.fires),
        }
    }

    fn exception(&self, exception: &Exception) -> ExceptionTrace {
        ExceptionTrace {
            name: exception.name.clone(),
            place: exception.place.to_string(),
            holds: self.truth(exception.holds).into(),
            exceptions: exception.exceptions.iter().map(|inner| self.exception(inner)).collect(),
        }
    }

    /// The attributes that a condition looks at, in the order of the policy.
    fn values(&self, id: ConditionId) -> Vec<ValueTrace> {
        let mut found: BTreeSet<AttributeId> = BTreeSet::new();
        let mut seen: BTreeSet<ConditionId> = BTreeSet::new();
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.model.conditions.get(id) {
                Condition::Constant(_) => {}
                Condition::Atom(atom) => {
                    found.extend(atom.attributes());
                    if let placet_model::condition::Atom::Missing(id) = atom {
                        found.insert(*id);
                    }
                }
                Condition::Not(inner) => todo.push(*inner),
                Condition::All(parts) | Condition::Any(parts) => todo.extend(parts.iter().copied()),
            }
        }
        found.into_iter().filter_map(|id| self.value(id)).collect()
    }

    fn value(&self, id: AttributeId) -> Option<ValueTrace> {
        let attribute = self.model.attribute(id)?;
        let value = match self.facts.get(id) {
            Known::Known(value) => Some(value.display(&attribute.kind)),
            Known::OneOf(leaves) => {
                let names: Vec<String> = leaves
                    .iter()
                    .map(|leaf| placet_model::value::Value::Symbol(leaf).display(&attribute.kind))
                    .collect();
                Some(format!("one of {}", names.join(", ")))
            }
            Known::Missing | Known::Pending => None,
        };
        let is_default = value.is_some() && self.request.get(id).is_none();
        Some(ValueTrace { attribute: attribute.name.clone(), value, is_default })
    }
}
