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

/// An example: a named request that tests build on.
#[derive(Debug, Clone)]
pub struct Example {
    /// The name.
    pub name: Arc<str>,
    /// The request, or the error of an invalid one.
    pub request: Result<Request, RequestError>,
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
        /// The determining rules. A table's name stands for any of its rows.
        by: Expected,
        /// The obligations.
        oblige: Expected,
        /// The legal bases.
        basis: Expected,
        /// The missing attributes.
        missing: Expected,
    },
}

/// The names that a test expects in a list of a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The names, each of which must be in the list.
    pub names: Vec<Arc<str>>,
    /// True if the list must hold no others: without names, nothing at all.
    pub only: bool,
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
        let Expectation::Decision { effect, by, oblige, basis, missing } = self else {
            let Expectation::Error(attribute) = self else { return Vec::new() };
            return vec![format!("expected an error at `{attribute}`, got {}", decision.effect)];
        };
        let mut out = Vec::new();
        if decision.effect != *effect {
            out.push(format!("expected {effect}, got {}", decision.effect));
        }
        let is_row = |table: &str, rule: &str| {
            rule.strip_prefix(table).is_some_and(|row| row.starts_with('/') && row != "/otherwise")
        };
        let is_rule = |name: &str, rule: &str| name == rule || is_row(name, rule);
        let is_same = |name: &str, other: &str| name == other;
        let mut obligations: Vec<Arc<str>> =
            decision.obligations.iter().map(|due| due.name.clone()).collect();
        // The same duty may be due by several deadlines.
        obligations.dedup();
        by.compare(
            &decision.rules,
            ["determining rules", "expected a decision by default, got one by"],
            is_rule,
            &mut out,
        );
        oblige.compare(&obligations, ["obligations", "expected no obligation, got"], is_same, &mut out);
        basis.compare(&decision.basis, ["legal bases", "expected no legal basis, got"], is_same, &mut out);
        missing.compare(
            &decision.missing,
            ["missing attributes", "expected no missing attribute, got"],
            is_same,
            &mut out,
        );
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

impl Expected {
    /// Adds a sentence for each name that the list lacks, and for each that it must not hold. `list` has the words for
    /// the list, and for one that should be empty; `is_of` compares an expected name with one of the list.
    fn compare(
        &self,
        found: &[Arc<str>],
        list: [&str; 2],
        is_of: impl Fn(&str, &str) -> bool,
        out: &mut Vec<String>,
    ) {
        let [called, no_more] = list;
        let quoted =
            |names: &[Arc<str>]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        for name in &self.names {
            if !found.iter().any(|other| is_of(name, other)) {
                out.push(format!("`{name}` isn't among the {called}"));
            }
        }
        if self.only && self.names.is_empty() && !found.is_empty() {
            out.push(format!("{no_more} {}", quoted(found)));
        } else if self.only {
            let others = found.iter().filter(|other| !self.names.iter().any(|name| is_of(name, other)));
            out.extend(others.map(|other| {
                format!("`{other}` is among the {called}, expected only {}", quoted(&self.names))
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::DueObligation;

    fn names(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|name| Arc::from(*name)).collect()
    }

    fn any() -> Expected {
        Expected::default()
    }

    fn some(all: &[&str]) -> Expected {
        Expected { names: names(all), only: false }
    }

    fn only(all: &[&str]) -> Expected {
        Expected { names: names(all), only: true }
    }

    /// Returns the failures of a test whose request is denied by two rules and a row of a table.
    fn failures([by, oblige, basis, missing]: [Expected; 4]) -> Vec<String> {
        let mut decision = Decision::new(Effect::Deny);
        decision.rules = names(&["ages/2", "minors", "tells/otherwise"]);
        decision.basis = names(&["consent", "contract"]);
        let due = |name: &str, within| DueObligation::new(name.into(), within, None, true);
        decision.obligations = vec![due("erase", Some(60)), due("erase", None), due("tell", None)];
        let expect = Expectation::Decision { effect: Effect::Deny, by, oblige, basis, missing };
        expect.compare(&decision)
    }

    fn by(expected: Expected) -> Vec<String> {
        failures([expected, any(), any(), any()])
    }

    #[test]
    fn by_names_some_or_all_determining_rules() {
        assert_eq!(by(any()), [""; 0]);
        assert_eq!(by(some(&["minors", "ages"])), [""; 0]);
        assert_eq!(
            by(some(&["adults", "ages/1", "tells"])),
            [
                "`adults` isn't among the determining rules",
                "`ages/1` isn't among the determining rules",
                // A table's name stands for its rows, not for the denial of an `otherwise`.
                "`tells` isn't among the determining rules",
            ]
        );
        assert_eq!(by(only(&["minors", "ages", "tells/otherwise"])), [""; 0]);
        assert_eq!(
            by(only(&["minors", "ages/2"])),
            ["`tells/otherwise` is among the determining rules, expected only `minors`, `ages/2`",]
        );
        assert_eq!(
            by(only(&[])),
            ["expected a decision by default, got one by `ages/2`, `minors`, `tells/otherwise`",]
        );
    }

    #[test]
    fn oblige_and_basis_name_some_or_all_or_nothing() {
        let oblige = |expected: Expected| failures([any(), expected, any(), any()]);
        assert_eq!(oblige(some(&["tell"])), [""; 0]);
        assert_eq!(oblige(only(&["tell", "erase"])), [""; 0]);
        assert_eq!(oblige(only(&["tell"])), ["`erase` is among the obligations, expected only `tell`"]);
        assert_eq!(
            oblige(only(&["log"])),
            [
                "`log` isn't among the obligations",
                "`erase` is among the obligations, expected only `log`",
                "`tell` is among the obligations, expected only `log`",
            ]
        );
        assert_eq!(oblige(only(&[])), ["expected no obligation, got `erase`, `tell`"]);
        let basis = |expected: Expected| failures([any(), any(), expected, any()]);
        assert_eq!(basis(some(&["contract"])), [""; 0]);
        assert_eq!(
            basis(only(&["consent"])),
            ["`contract` is among the legal bases, expected only `consent`"]
        );
        assert_eq!(basis(only(&[])), ["expected no legal basis, got `consent`, `contract`"]);
    }

    #[test]
    fn nothing_is_met_by_an_empty_list() {
        let missing = |expected: Expected| failures([any(), any(), any(), expected]);
        assert_eq!(missing(only(&[])), [""; 0]);
        assert_eq!(missing(some(&["age"])), ["`age` isn't among the missing attributes"]);
    }
}
