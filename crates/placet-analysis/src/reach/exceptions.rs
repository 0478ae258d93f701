//! Exceptions that never apply.

use super::{Finding, Kind, PART, Reach, walk};
use placet_core::Span;
use placet_graph::NodeId;
use placet_model::condition::ConditionId;
use placet_model::policy::{Exception, Rule};
use std::collections::BTreeMap;

/// The conditions of exceptions, collected over all rules.
pub(super) fn conditions(exceptions: &[Exception], out: &mut Vec<ConditionId>) {
    walk(exceptions, &mut |exception| out.extend([exception.when, exception.holds]));
}

/// The exceptions by location in the text. An exception in the head of a table belongs to each of its rows, and is idle only
/// if it is idle in all of them.
#[derive(Default)]
pub(super) struct Idle(BTreeMap<Span, Option<Kind>>);

impl Idle {
    /// Records that an exception is, or isn't known to be, idle in one rule.
    fn note(&mut self, span: Span, found: Option<Kind>) {
        let known = self.0.entry(span).or_insert_with(|| found.clone());
        if found.is_none() {
            *known = None;
        }
    }

    /// Returns the exceptions that are idle in every rule.
    pub(super) fn findings(self) -> impl Iterator<Item = Finding> {
        self.0.into_iter().filter_map(|(span, kind)| Some(Finding { span, kind: kind? }))
    }
}

impl Reach<'_> {
    /// Examines the exceptions of a rule: those that never hold when it matters, and those that may.
    pub(super) fn exceptions(&mut self, at: usize, rule: &Rule, idle: &mut Idle) {
        // Exceptions with the condition under which they matter: the rule, or the exception around them, would apply.
        let Some(outer) = self.both(None, [rule.guard, rule.when]) else {
            walk(&rule.exceptions, &mut |exception| idle.note(exception.span, None));
            return;
        };
        let mut todo: Vec<(&Exception, NodeId)> =
            rule.exceptions.iter().map(|inner| (inner, outer)).collect();
        while let Some((exception, outer)) = todo.pop() {
            // Where it can't matter, nothing is said about it: the finding about its rule or the exception around it
            // is enough.
            if self.is_empty(outer) {
                continue;
            }
            let holds = self.both(Some(outer), [exception.holds]);
            // A diagram that is too large proves nothing.
            let is_idle = holds.is_some_and(|holds| self.is_empty(holds));
            let kind = || Kind::IdleException { rule: at, name: exception.name.clone() };
            idle.note(exception.span, is_idle.then(kind));
            if exception.exceptions.is_empty() {
                continue;
            }
            match self.both(Some(outer), [exception.when]) {
                Some(own) => todo.extend(exception.exceptions.iter().map(|inner| (inner, own))),
                None => walk(&exception.exceptions, &mut |inner| idle.note(inner.span, None)),
            }
        }
    }

    /// Returns the conjunction of conditions.
    fn both(
        &mut self,
        outer: Option<NodeId>,
        conditions: impl IntoIterator<Item = ConditionId>,
    ) -> Option<NodeId> {
        let space = self.space;
        self.study.ask(PART, |builder| {
            conditions.into_iter().try_fold(outer.unwrap_or(NodeId::TRUE), |all, condition| {
                match space.formula(condition) {
                    Some(formula) => {
                        let own = builder.build(formula)?;
                        builder.diagrams.and(all, own)
                    }
                    None => Ok(all),
                }
            })
        })
    }
}
