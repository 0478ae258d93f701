//! Rules that other rules cover.
//!
//! A rule is covered if subtracting the others leaves nothing. Sample requests guide the subtraction: a sample of the
//! rest that no other rule covers refutes the cover; otherwise a rule that covers it is subtracted next.

use super::index::Index;
use super::{Finding, Kind, PART, Reach, says_all_of, table};
use placet_graph::NodeId;
use placet_model::policy::{Rule, RuleEffect};

/// The number of rules that may cover one together.
const MAX_CUBES: usize = 32;

impl Reach<'_> {
    /// Returns the rules that others outweigh or cover. Of rules that cover each other, the last ones are returned.
    pub(super) fn covered(&mut self, nodes: &[Option<NodeId>]) -> Vec<Finding> {
        let model = self.model;
        let index = Index::new(&self.space.variables, &self.rules);
        let mut reported = vec![false; model.rules.len()];
        let mut out = Vec::new();
        // From the last rule: of rules that cover each other the earlier ones stay, since rules already reported no
        // longer cover.
        for (at, rule) in model.rules.iter().enumerate().rev() {
            let Some(node) = nodes.get(at).copied().flatten().filter(|node| *node != NodeId::FALSE) else {
                continue;
            };
            let point = self.study.point(node, self.space.variables.len());
            let near: Vec<usize> =
                index.at(&point).iter().map(|other| other as usize).filter(|other| *other != at).collect();
            let kept = |other: usize| reported.get(other) == Some(&false);
            let says_all = |other: usize, all: &Rule| says_all_of(all, rule) && kept(other);
            let mate = |other: &Rule| table(rule).is_some() && table(rule) == table(other);
            let mut ask =
                |covers: &dyn Fn(usize, &Rule) -> bool| self.cover(&index, nodes, at, &near, covers);
            // The most specific finding first: rows of one table, then any rules, then denials of an allow.
            let kind = if let Some(by) = ask(&|other, all| mate(all) && says_all(other, all)) {
                Some(Kind::CoveredRow { rule: at, by })
            } else if let Some(by) = ask(&says_all) {
                Some(Kind::Covered { rule: at, by })
            } else if rule.effect == RuleEffect::Allow {
                ask(&|_, other| other.effect == RuleEffect::Deny).map(|by| Kind::Outweighed { rule: at, by })
            } else {
                None
            };
            if let Some(kind) = kind {
                if let Some(reported) = reported.get_mut(at) {
                    *reported = true;
                }
                out.push(Finding { span: rule.span, kind });
            }
        }
        out
    }

    /// Returns the wanted rules that cover a rule, if they do. Only rules in `near` can fire together with it.
    fn cover(
        &mut self,
        index: &Index,
        nodes: &[Option<NodeId>],
        at: usize,
        near: &[usize],
        wanted: &dyn Fn(usize, &Rule) -> bool,
    ) -> Option<Vec<usize>> {
        let rules = &self.model.rules;
        let is_wanted = |other: &usize| rules.get(*other).is_some_and(|rule| wanted(*other, rule));
        // A cover needs a rule that may fire at the sample of this one. Few rules have one, so most end here without a
        // diagram.
        if !near.iter().any(is_wanted) {
            return None;
        }
        let mut left = nodes.get(at).copied().flatten()?;
        let mut by: Vec<usize> = Vec::new();
        while by.len() < MAX_CUBES {
            let point = self.study.point(left, self.space.variables.len());
            let open = index.at(&point);
            let open =
                open.iter().map(|other| other as usize).filter(|other| *other != at && is_wanted(other));
            let holds = |other: &usize| {
                let rule = self.rules.get(*other);
                rule.and_then(|rule| self.space.formulas.truth(rule.fires, &point)) == Some(true)
            };
            let mut best: Option<(usize, NodeId)> = None;
            let asks = |other: &usize| self.rules.get(*other).map(|rule| rule.projection.classes.len());
            // Each candidate costs a difference of diagrams, so their number is limited.
            let mut holding: Vec<usize> = open.filter(holds).take(MAX_CUBES).collect();
            // A rule with few conditions is likely to cover much.
            holding.sort_by_key(asks);
            for other in holding {
                let Some(node) = nodes.get(other).copied().flatten() else { continue };
                let rest = self.study.ask(PART, |builder| builder.diagrams.difference(left, node))?;
                let rest = if self.is_empty(rest) { NodeId::FALSE } else { rest };
                if best.is_none() || rest == NodeId::FALSE {
                    best = Some((other, rest));
                }
                if rest == NodeId::FALSE {
                    break;
                }
            }
            let (other, rest) = best?;
            by.push(other);
            if rest == NodeId::FALSE {
                by.sort_unstable();
                return Some(by);
            }
            // An infeasible point would add rules that aren't needed to the cover.
            left = self.feasible.consistent_part(&mut self.study, rest, PART)?;
        }
        None
    }
}
