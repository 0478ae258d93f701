//! What a policy says without effect: rules, rows and exceptions that change nothing, and defaults that let through
//! what nobody has looked at.
//!
//! Diagrams take comparisons that relate attributes to be independent, so they speak of more requests than there are:
//! what ordered attributes can't have together is taken away where it matters. What is said here is said of all that are
//! left, or of a request that was tried.

mod cover;
mod defaults;
mod exceptions;
mod index;
mod twin;

use crate::diagrams::Study;
use crate::feasible::Feasibility;
use placet_compile::{Encoding, Projection, orders, projections};
use placet_core::Span;
use placet_graph::{Budget, NodeId};
use placet_model::Model;
use placet_model::policy::{Exception, Rule, RuleEffect};
use placet_model::request::Request;
use placet_model::types::AttributeId;
use placet_model::value::Value;
use placet_program::formula::FormulaId;
use std::sync::Arc;

/// What all questions about a policy may use together: about half a second.
const BUDGET: Budget = Budget { nodes: 1 << 19, runs: 1 << 21, steps: 1 << 22 };
/// The part of the budget that one question may use.
const PART: usize = 64;

/// Something that a policy says without effect, or with one that its author may not have meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Finding`] is. Rules are told by their places among those of the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// No request fires the rule.
    NeverFires {
        /// The rule.
        rule: usize,
    },
    /// Wherever this allow fires a denial does, too.
    Outweighed {
        /// The rule.
        rule: usize,
        /// The denials.
        by: Vec<usize>,
    },
    /// Wherever this rule fires, another of its effect does that says all that it says.
    Covered {
        /// The rule.
        rule: usize,
        /// The others.
        by: Vec<usize>,
    },
    /// As [`Kind::Covered`], of a row of a table and other rows of it.
    CoveredRow {
        /// The row.
        rule: usize,
        /// The others.
        by: Vec<usize>,
    },
    /// The exception never holds where its rule would fire, or the exception that it is one of would hold.
    IdleException {
        /// The rule.
        rule: usize,
        /// The exception's name, if it has one.
        name: Option<Arc<str>>,
    },
    /// A request that leaves the attribute out is allowed, and would be denied with another value.
    PermissiveDefault {
        /// The attribute.
        attribute: AttributeId,
        /// The value with which it is denied.
        denied: Value,
        /// Such a request, without the attribute.
        sample: Request,
    },
}

/// What can be found out about a policy within a fixed budget, in the order of the text. All of it is so; there may be
/// more that was not found.
///
/// Cost: about linear in the rules, and at most about a second.
pub fn findings(model: &Model) -> Vec<Finding> {
    let rules = model.rules.iter();
    let mut roots: Vec<_> = rules.clone().flat_map(|rule| [rule.fires, rule.guard, rule.when]).collect();
    rules.for_each(|rule| exceptions::conditions(&rule.exceptions, &mut roots));
    let space = Encoding::new(model, roots);
    let mut reach = Reach::new(model, &space);
    let mut out = reach.rules();
    out.extend(defaults::findings(model, &space));
    out.sort_by_key(|finding| finding.span);
    out
}

/// The rules of a policy as diagrams.
struct Reach<'s> {
    model: &'s Model,
    space: &'s Encoding,
    study: Study<'s>,
    feasible: Feasibility,
    fires: Vec<FormulaId>,
    asked: Vec<Projection>,
}

impl<'s> Reach<'s> {
    fn new(model: &'s Model, space: &'s Encoding) -> Self {
        let of = |rule: &Rule| space.formula(rule.fires).unwrap_or_default();
        let fires: Vec<FormulaId> = model.rules.iter().map(of).collect();
        let asked = projections(&space.formulas, &space.variables, &fires);
        let used = space.formulas.variables(fires.iter().copied());
        let order =
            complete(space, orders(space, &fires, &asked, &used).into_iter().next().unwrap_or_default());
        let feasible = Feasibility::new(model, space);
        Self { model, space, study: Study::new(space, order, BUDGET), feasible, fires, asked }
    }

    /// Returns true if no request lies where a diagram holds.
    fn is_empty(&mut self, node: NodeId) -> bool {
        self.feasible.is_empty(&mut self.study, self.space, node, PART)
    }

    fn rules(&mut self) -> Vec<Finding> {
        let (mut out, mut idle) = (Vec::new(), exceptions::Idle::default());
        let mut nodes: Vec<Option<NodeId>> = Vec::with_capacity(self.fires.len());
        for (at, rule) in self.model.rules.iter().enumerate() {
            let node =
                self.fires.get(at).and_then(|fires| self.study.ask(PART, |builder| builder.build(*fires)));
            let never = node.is_some_and(|node| self.is_empty(node));
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

/// An order with the variables behind that only parts of rules look at which can't matter to the rules themselves.
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

/// The table that a row is of: the part of its name before the slash.
fn table(rule: &Rule) -> Option<&str> {
    rule.name.split_once('/').filter(|(_, row)| *row != "otherwise").map(|(table, _)| table)
}

/// Whether a rule says all that another one does, of clauses, reasons and duties.
fn says_all_of(one: &Rule, other: &Rule) -> bool {
    let same = |one: &Option<Arc<str>>, other: &Option<Arc<str>>| other.is_none() || one == other;
    one.effect == other.effect
        && other.cites.iter().all(|cite| one.cites.contains(cite))
        && same(&one.basis, &other.basis)
        && same(&one.because, &other.because)
        && other.obligations.iter().all(|duty| one.obligations.contains(duty))
}

/// The exceptions with those in them, from the outside.
fn walk<'e>(exceptions: &'e [Exception], visit: &mut impl FnMut(&'e Exception)) {
    let mut todo: Vec<&Exception> = exceptions.iter().collect();
    while let Some(exception) = todo.pop() {
        visit(exception);
        todo.extend(&exception.exceptions);
    }
}

/// The denials of a policy, or its allows.
fn of_effect(model: &Model, effect: RuleEffect) -> impl Iterator<Item = &Rule> {
    model.rules.iter().filter(move |rule| rule.effect == effect)
}
