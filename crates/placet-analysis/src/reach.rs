//! Parts of a policy without effect: rules, rows and exceptions that change nothing. Also defaults that allow requests
//! which another value would deny.
//!
//! Diagrams treat comparisons that relate attributes as independent, so they include infeasible requests. Conflicts of
//! ordered attributes are removed if they matter. A finding holds for all remaining requests, or for a request that was
//! decided.

mod cover;
mod defaults;
mod exceptions;
mod index;
mod twin;

use crate::diagrams::Study;
use crate::feasible::Feasibility;
use placet_compile::{Compilation, Encoding, RuleCondition};
use placet_core::Span;
use placet_graph::{Budget, NodeId};
use placet_model::Model;
use placet_model::policy::{Exception, Rule};
use placet_model::request::Request;
use placet_model::types::AttributeId;
use placet_model::value::Value;
use std::sync::Arc;

/// The budget of all questions about a policy together: about half a second.
const BUDGET: Budget = Budget::new(1 << 19, 1 << 22);
/// The divisor of the budget for one question.
const PART: usize = 64;

/// A part of a policy without effect, or with one that its author may not have meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The location in the text.
    pub span: Span,
    /// The kind of finding.
    pub kind: Kind,
}

/// The kind of a [`Finding`]. Rules are indices into the rules of the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// No request fires the rule.
    NeverFires {
        /// The rule.
        rule: usize,
    },
    /// Whenever this allow fires, a denial fires too.
    Outweighed {
        /// The rule.
        rule: usize,
        /// The denials.
        by: Vec<usize>,
    },
    /// Whenever this rule fires, another rule with its effect and all its annotations fires too.
    Covered {
        /// The rule.
        rule: usize,
        /// The others.
        by: Vec<usize>,
    },
    /// Like [`Kind::Covered`], for a row of a table and other rows of it.
    CoveredRow {
        /// The row.
        rule: usize,
        /// The others.
        by: Vec<usize>,
    },
    /// The exception never holds when its rule would fire, or when the exception around it would hold.
    IdleException {
        /// The rule.
        rule: usize,
        /// The name of the exception, if it has one.
        name: Option<Arc<str>>,
    },
    /// A request without the attribute is allowed by its default, and another value would deny it.
    PermissiveDefault {
        /// The attribute.
        attribute: AttributeId,
        /// The value that denies it.
        denied: Value,
        /// The request, without the attribute.
        sample: Request,
    },
}

/// Returns findings about a policy within a fixed budget, in the order of the text. Every finding is true; some may be
/// missed.
///
/// Cost: about linear in the rules, and at most about a second.
pub fn findings(compilation: &mut Compilation) -> Vec<Finding> {
    let model = &*compilation.model().clone();
    let rules = model.rules.iter();
    // An exception is judged where its rule would fire, so the parts of that condition need formulas of their own.
    let mut roots: Vec<_> = rules.clone().flat_map(|rule| [rule.fires, rule.guard, rule.when]).collect();
    rules.for_each(|rule| exceptions::conditions(&rule.exceptions, &mut roots));
    let space = compilation.encoding(roots);
    let mut reach = Reach::new(model, &space);
    let mut out = reach.findings();
    out.extend(defaults::findings(model, &space, reach.rules));
    out.sort_by_key(|finding| finding.span);
    out
}

/// The diagrams of a policy's rules.
struct Reach<'s> {
    model: &'s Model,
    space: &'s Encoding,
    study: Study<'s>,
    feasible: Feasibility,
    rules: Vec<RuleCondition>,
}

impl<'s> Reach<'s> {
    fn new(model: &'s Model, space: &'s Encoding) -> Self {
        let rules = space.rules(model);
        let used = space.formulas.variables(rules.iter().map(|rule| rule.fires));
        let orders = space.orders(rules.iter().map(|rule| (rule.fires, &rule.projection)), &used);
        // Only the most promising order: a diagram that doesn't fit costs findings, not correctness.
        let order = complete(space, orders.into_iter().next().unwrap_or_default());
        let feasible = Feasibility::new(model, space);
        Self { model, space, study: Study::new(space, order, BUDGET), feasible, rules }
    }

    /// Returns true if no request satisfies a diagram.
    fn is_empty(&mut self, node: NodeId) -> bool {
        self.feasible.is_empty(&mut self.study, self.space, node, PART)
    }

    fn findings(&mut self) -> Vec<Finding> {
        let (mut out, mut idle) = (Vec::new(), exceptions::Idle::default());
        let mut nodes: Vec<Option<NodeId>> = Vec::with_capacity(self.rules.len());
        for (at, rule) in self.model.rules.iter().enumerate() {
            let fires = self.rules.get(at).map(|rule| rule.fires);
            let node = fires.and_then(|fires| self.study.ask(PART, |builder| builder.build(fires)));
            let never = node.is_some_and(|node| self.is_empty(node));
            // As `FALSE`, a rule that never fires is neither reported as covered nor covers another one.
            nodes.push(if never { Some(NodeId::FALSE) } else { node });
            if never {
                out.push(Finding { span: rule.span, kind: Kind::NeverFires { rule: at } });
            } else if !rule.exceptions.is_empty() {
                self.exceptions(at, rule, &mut idle);
            }
        }
        out.extend(idle.findings());
        out.extend(self.covered(&nodes));
        out
    }
}

/// Returns an order in which variables of exceptions and obligations alone come last, since they can't matter to whether
/// rules fire.
fn complete(space: &Encoding, mut order: Vec<u32>) -> Vec<u32> {
    let mut seen = vec![false; space.variables.len()];
    for variable in &order {
        if let Some(seen) = seen.get_mut(*variable as usize) {
            *seen = true;
        }
    }
    order.extend((0..).zip(seen).filter(|(_, seen)| !seen).map(|(variable, _)| variable));
    order
}

/// Returns the table of a row: the part of its name before the slash.
fn table(rule: &Rule) -> Option<&str> {
    // `NAME/otherwise` is the denial of a rule, not a row.
    rule.name.split_once('/').filter(|(_, row)| *row != "otherwise").map(|(table, _)| table)
}

/// Returns true if a rule has all clauses, reasons and obligations of another one.
fn says_all_of(one: &Rule, other: &Rule) -> bool {
    let same = |one: &Option<Arc<str>>, other: &Option<Arc<str>>| other.is_none() || one == other;
    one.effect == other.effect
        && other.cites.iter().all(|cite| one.cites.contains(cite))
        && same(&one.basis, &other.basis)
        && same(&one.because, &other.because)
        && other.obligations.iter().all(|duty| one.obligations.contains(duty))
}

/// Returns the exceptions with nested ones, outer ones first.
fn walk<'e>(exceptions: &'e [Exception], visit: &mut impl FnMut(&'e Exception)) {
    let mut todo: Vec<&Exception> = exceptions.iter().collect();
    while let Some(exception) = todo.pop() {
        visit(exception);
        todo.extend(&exception.exceptions);
    }
}
