//! The tests of a policy: requests with the expected decisions.

use crate::decision::{Decision, Effect};
use crate::request::{Request, RequestError};
use placet_core::Span;
use std::sync::Arc;

/// A test of a policy.
#[derive(Debug, Clone)]
pub struct Test {
    /// The title; for a row of `cases`, with the row's number.
    pub title: String,
    /// The request, or the error of an invalid one.
    pub request: Result<Request, RequestError>,
    /// The expected result.
    pub expect: Expectation,
    /// The span of the test.
    pub span: Span,
}

/// The result that a test expects.
#[derive(Debug, Clone)]
pub enum Expectation {
    /// An invalid request, with this attribute at fault.
    Error(Arc<str>),
    /// A decision.
    Decision {
        /// The effect.
        effect: Effect,
        /// Some of the determining rules. A table's name stands for any of its rows.
        by: Vec<Arc<str>>,
        /// True if there must be no determining rule.
        by_default: bool,
        /// Some of the obligations.
        oblige: Vec<Arc<str>>,
        /// Some of the missing attributes.
        missing: Vec<Arc<str>>,
    },
}

/// The result of a test.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// The actual decision or error.
    pub answer: Result<Decision, RequestError>,
    /// A sentence for each expectation that was not met. Empty if the test passed.
    pub failures: Vec<String>,
}

impl Outcome {
    /// Returns true if the test passed.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Test {
    /// Runs the test with an evaluator. Cost: one decision.
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
    /// Compares a decision with the expectation and returns the failures.
    fn compare(&self, decision: &Decision) -> Vec<String> {
        let Expectation::Decision { effect, by, by_default, oblige, missing } = self else {
            let Expectation::Error(attribute) = self else { return Vec::new() };
            return vec![format!("expected an error at `{attribute}`, got {}", decision.effect)];
        };
        let mut out = Vec::new();
        if decision.effect != *effect {
            out.push(format!("expected {effect}, got {}", decision.effect));
        }
        for rule in by {
            let named = |other: &Arc<str>| {
                other == rule
                    || other
                        .strip_prefix(&**rule)
                        .is_some_and(|row| row.starts_with('/') && row != "/otherwise")
            };
            if !decision.rules.iter().any(named) {
                out.push(format!("`{rule}` isn't among the determining rules"));
            }
        }
        if *by_default && !decision.rules.is_empty() {
            out.push(format!("expected a decision by default, got one by {}", decision.rules.join(", ")));
        }
        for name in oblige {
            if !decision.obligations.iter().any(|due| due.name == *name) {
                out.push(format!("`{name}` isn't among the obligations"));
            }
        }
        for name in missing {
            if !decision.missing.contains(name) {
                out.push(format!("`{name}` isn't among the missing attributes"));
            }
        }
        out
    }

    /// Compares a request error with the expectation and returns the failures.
    fn compare_error(&self, error: &RequestError) -> Vec<String> {
        match self {
            Expectation::Error(attribute) if error.attribute.as_deref() == Some(attribute) => Vec::new(),
            Expectation::Error(attribute) => {
                vec![format!("expected an error at `{attribute}`, got: {error}")]
            }
            Expectation::Decision { effect, .. } => {
                vec![format!("expected {effect}, got an error: {error}")]
            }
        }
    }
}
