//! The tests of a policy: requests, and what the answers must be.

use crate::decision::{Decision, Effect};
use crate::request::{Request, RequestError};
use placet_core::Span;
use std::sync::Arc;

/// A test of a policy.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it shows; for a row of `cases` with the row's number.
    pub title: String,
    /// The request, or how it is erroneous.
    pub request: Result<Request, RequestError>,
    /// What must come.
    pub expect: Expectation,
    /// Where it stands.
    pub span: Span,
}

/// What a test expects.
#[derive(Debug, Clone)]
pub enum Expectation {
    /// An erroneous request, by this attribute.
    Error(Arc<str>),
    /// A decision.
    Decision {
        /// Its effect.
        effect: Effect,
        /// Some of its rules; a table's name stands for any of its rows.
        by: Vec<Arc<str>>,
        /// It has no determining rule.
        by_default: bool,
        /// Some of its obligations.
        oblige: Vec<Arc<str>>,
        /// Some of its missing attributes.
        missing: Vec<Arc<str>>,
    },
}

/// How a test went.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What came.
    pub answer: Result<Decision, RequestError>,
    /// What was expected and did not come, a sentence each; empty for a test that passed.
    pub failures: Vec<String>,
}

impl Outcome {
    /// Whether the test passed.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Test {
    /// Runs the test with whatever decides. Cost: that of one decision.
    pub fn run(&self, decide: impl FnOnce(&Request) -> Result<Decision, RequestError>) -> Outcome {
        let answer = match &self.request {
            Ok(request) => decide(request),
            Err(error) => Err(error.clone()),
        };
        let failures = match &answer {
            Ok(decision) => self.expect.compare(decision),
            Err(error) => self.expect.compare_error(error),
        };
        Outcome { answer, failures }
    }
}

impl Expectation {
    fn compare(&self, decision: &Decision) -> Vec<String> {
        let Expectation::Decision { effect, by, by_default, oblige, missing } = self else {
            let Expectation::Error(attribute) = self else { return Vec::new() };
            return vec![format!("expected an error of `{attribute}`, came {}", decision.effect)];
        };
        let mut out = Vec::new();
        if decision.effect != *effect {
            out.push(format!("expected {effect}, came {}", decision.effect));
        }
        for rule in by {
            let named = |other: &Arc<str>| {
                other == rule
                    || other
                        .strip_prefix(&**rule)
                        .is_some_and(|row| row.starts_with('/') && row != "/otherwise")
            };
            if !decision.rules.iter().any(named) {
                out.push(format!("`{rule}` is not among the rules that decided"));
            }
        }
        if *by_default && !decision.rules.is_empty() {
            out.push(format!("expected a decision by default, it was by {}", decision.rules.join(", ")));
        }
        for name in oblige {
            if !decision.obligations.iter().any(|due| due.name == *name) {
                out.push(format!("`{name}` is not among the obligations"));
            }
        }
        for name in missing {
            if !decision.missing.contains(name) {
                out.push(format!("`{name}` is not among the missing attributes"));
            }
        }
        out
    }

    fn compare_error(&self, error: &RequestError) -> Vec<String> {
        match self {
            Expectation::Error(attribute) if error.attribute.as_deref() == Some(attribute) => Vec::new(),
            Expectation::Error(attribute) => {
                vec![format!("expected an error of `{attribute}`, came: {error}")]
            }
            Expectation::Decision { effect, .. } => {
                vec![format!("expected {effect}, the request is erroneous: {error}")]
            }
        }
    }
}
