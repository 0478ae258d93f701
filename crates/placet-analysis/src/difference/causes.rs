//! The rules that cause changed effects.
//!
//! The *cause* of a changed effect is a smallest set of changed rules that gives the new effect when these rules alone
//! are exchanged in the old policy. A rule whose exchange doesn't matter to a request is no cause there.
//!
//! From allow to deny the cause is one newly firing denial, or, if there is none, all allows that fired. From deny to
//! allow it is all denials that fired, and one newly firing allow if no allow fired beside them. Of several such sets,
//! the first in the order of the new policy counts.

use super::graph::{CLOSED, Graph, OPENED};
use super::merge::{Merged, NEW, OLD};
use super::rules::Pairs;
use placet_graph::{Exhausted, NodeId};
use placet_model::Model;
use placet_model::condition::ConditionId;
use placet_model::policy::{Rule, RuleEffect};

/// The number of changed rules that are tried as causes; regions with other causes are merged.
const MAX_CHANGES: usize = 1_000;

/// The number of parts for one changed effect; the rest is merged.
const MAX_PARTS: usize = 1_000;

/// The requests with one changed effect and one cause.
pub(super) struct Part {
    pub(super) terminal: u32,
    /// The rules of the cause; empty if the limits ended the search.
    pub(super) rules: Vec<String>,
    pub(super) node: NodeId,
    pub(super) holds: ConditionId,
}

/// A rule whose condition changes.
struct Change {
    name: String,
    old: Option<Firing>,
    new: Option<Firing>,
}

/// The requests for which a rule fires, as a diagram and as a condition.
#[derive(Clone, Copy)]
struct Firing {
    effect: RuleEffect,
    node: NodeId,
    condition: ConditionId,
}

impl Change {
    fn fired_as(&self, effect: RuleEffect) -> Option<Firing> {
        self.old.filter(|firing| firing.effect == effect)
    }

    fn fires_as(&self, effect: RuleEffect) -> Option<Firing> {
        self.new.filter(|firing| firing.effect == effect)
    }
}

/// Splits the requests whose effect changes by cause. Every such request lies in exactly one part.
///
/// Cost: a few operations on diagrams for each changed rule and each part.
pub(super) fn parts(
    graph: &mut Graph,
    merged: &mut Merged,
    pairs: &Pairs,
    old: &Model,
    new: &Model,
) -> Result<Vec<Part>, Exhausted> {
    let changes = changes(graph, merged, pairs, [old, new])?;
    let [of_old, of_new] = merged.sides.each_ref().map(|side| side.allowed);
    let mut out = Vec::new();
    for terminal in [CLOSED, OPENED] {
        let keep = |value| if value == terminal { value } else { 0 };
        let left = graph.diagrams.map(graph.changed, keep)?;
        let conditions = &mut merged.model.conditions;
        let (one, other) = if terminal == CLOSED { (of_new, of_old) } else { (of_old, of_new) };
        let before = vec![merged.comparable, conditions.not(one), other];
        let mut splitter =
            Splitter { graph, merged, changes: &changes, terminal, left, before, out: &mut out };
        // When the budget ends, the remaining requests form one part, so that none is lost.
        let _ = if terminal == CLOSED { splitter.closed() } else { splitter.opened(old) };
        splitter.rest();
    }
    Ok(out)
}

fn changes(
    graph: &mut Graph,
    merged: &Merged,
    pairs: &Pairs,
    models: [&Model; 2],
) -> Result<Vec<Change>, Exhausted> {
    let both = pairs.both.iter().map(|(old, new)| (Some(*old), Some(*new)));
    let added = pairs.added.iter().map(|new| (None, Some(*new)));
    let removed = pairs.removed.iter().map(|old| (Some(*old), None));
    let mut out = Vec::new();
    for (a, b) in both.chain(added).chain(removed) {
        let [old, new] = models;
        let (was, is) = (firing(graph, merged, OLD, old, a)?, firing(graph, merged, NEW, new, b)?);
        let identity = |firing: &Firing| (firing.effect, firing.node);
        let rule = |model: &'_ Model, index: Option<usize>| {
            index.and_then(|index| model.rules.get(index)).map(|rule: &Rule| rule.name.to_string())
        };
        if was.as_ref().map(identity) != is.as_ref().map(identity) && out.len() < MAX_CHANGES {
            let name = rule(new, b).or_else(|| rule(old, a)).unwrap_or_default();
            out.push(Change { name, old: was, new: is });
        }
    }
    Ok(out)
}

fn firing(
    graph: &mut Graph,
    merged: &Merged,
    side: usize,
    model: &Model,
    index: Option<usize>,
) -> Result<Option<Firing>, Exhausted> {
    let node = graph.rules.get(side).and_then(|rules| rules.get(index?)).map(|rule| rule.0);
    let condition = merged.sides.get(side).and_then(|side| side.rules.get(index?)).map(|rule| rule.0);
    let effect = index.and_then(|index| model.rules.get(index)).map(|rule| rule.effect);
    let (Some(node), Some(condition), Some(effect)) = (node, condition, effect) else { return Ok(None) };
    Ok(Some(Firing { effect, node: graph.complete(node)?, condition }))
}

/// A splitter for the requests with one changed effect.
struct Splitter<'g> {
    graph: &'g mut Graph,
    merged: &'g mut Merged,
    changes: &'g [Change],
    terminal: u32,
    /// The requests that no part has yet.
    left: NodeId,
    /// The conditions that hold for all of them.
    before: Vec<ConditionId>,
    out: &'g mut Vec<Part>,
}

impl<'g> Splitter<'g> {
    /// Splits the requests that the new policy denies.
    fn closed(&mut self) -> Result<(), Exhausted> {
        for change in self.changes {
            if let Some(denial) = change.fires_as(RuleEffect::Deny) {
                let node = self.graph.within(self.left, denial.node)?;
                self.take(node, [denial.condition], &[change])?;
            }
        }
        for _ in 0..MAX_PARTS {
            let (silenced, node) = self.fired_together(RuleEffect::Allow)?;
            if silenced.is_empty() {
                break;
            }
            self.take(node, fired(&silenced), &silenced)?;
        }
        Ok(())
    }

    /// Splits the requests that the new policy allows.
    fn opened(&mut self, old: &Model) -> Result<(), Exhausted> {
        let (allows, allow_conditions) = self.allows(old)?;
        for _ in 0..MAX_PARTS {
            if self.left == NodeId::FALSE {
                break;
            }
            let (silenced, node) = self.fired_together(RuleEffect::Deny)?;
            // A denial that becomes an allow can allow on its own.
            let turned: Vec<Firing> =
                silenced.iter().filter_map(|change| change.fires_as(RuleEffect::Allow)).collect();
            let mut granted = allows;
            for allow in &turned {
                granted = self.graph.diagrams.or(granted, allow.node)?;
            }
            let conditions = &mut self.merged.model.conditions;
            let is_granted =
                conditions.any(turned.iter().map(|allow| allow.condition).chain([allow_conditions]));
            let mut rest = self.graph.without(node, granted)?;
            if !silenced.is_empty() {
                let node = self.graph.within(node, granted)?;
                self.take(node, fired(&silenced).chain([is_granted]), &silenced)?;
            }
            for change in self.changes {
                let Some(allow) = change.fires_as(RuleEffect::Allow) else { continue };
                let node = self.graph.within(rest, allow.node)?;
                rest = self.graph.without(rest, allow.node)?;
                let cause: Vec<&Change> = silenced.iter().copied().chain([change]).collect();
                self.take(node, fired(&silenced).chain([allow.condition]), &cause)?;
            }
            if rest != NodeId::FALSE {
                break;
            }
        }
        Ok(())
    }

    /// Returns the requests for which an allow of the old policy fires.
    fn allows(&mut self, old: &Model) -> Result<(NodeId, ConditionId), Exhausted> {
        let all = || (0..).zip(&old.rules).filter(|(_, rule)| rule.effect == RuleEffect::Allow);
        let mut nodes = Vec::new();
        if self.left != NodeId::FALSE {
            for (index, _) in all() {
                nodes.extend(firing(self.graph, self.merged, OLD, old, Some(index))?.map(|allow| allow.node));
            }
        }
        let rules = self.merged.sides.get(OLD).map_or(&[][..], |side| &side.rules);
        let conditions: Vec<ConditionId> =
            all().filter_map(|(index, _)| rules.get(index)).map(|(fires, _)| *fires).collect();
        Ok((self.graph.diagrams.any(nodes)?, self.merged.model.conditions.any(conditions)))
    }

    /// Returns changed rules of an effect that fire together in the old policy with no other beside them, and the remaining
    /// requests for which they fire.
    fn fired_together(&mut self, effect: RuleEffect) -> Result<(Vec<&'g Change>, NodeId), Exhausted> {
        let (mut node, mut out) = (self.left, Vec::new());
        for change in self.changes {
            if let Some(firing) = change.fired_as(effect) {
                let both = self.graph.within(node, firing.node)?;
                if both != NodeId::FALSE {
                    node = both;
                    out.push(change);
                }
            }
        }
        Ok((out, node))
    }

    /// Adds a part with these requests.
    fn take(
        &mut self,
        node: NodeId,
        conditions: impl IntoIterator<Item = ConditionId>,
        cause: &[&Change],
    ) -> Result<(), Exhausted> {
        if node == NodeId::FALSE {
            return Ok(());
        }
        let left = self.graph.without(self.left, node)?;
        let arena = &mut self.merged.model.conditions;
        let own = arena.all(conditions);
        let holds = arena.all(self.before.iter().copied().chain([own]));
        self.before.push(arena.not(own));
        let mut rules: Vec<String> = cause.iter().map(|change| change.name.clone()).collect();
        rules.dedup();
        self.out.push(Part { terminal: self.terminal, rules, node, holds });
        self.left = left;
        Ok(())
    }

    /// Adds a part with the remaining requests.
    fn rest(self) {
        if self.left != NodeId::FALSE {
            let holds = self.merged.model.conditions.all(self.before);
            let part = Part { terminal: self.terminal, rules: Vec::new(), node: self.left, holds };
            self.out.push(part);
        }
    }
}

/// Returns the conditions under which changed rules fire in the old policy.
fn fired<'c>(changes: &'c [&Change]) -> impl Iterator<Item = ConditionId> + 'c {
    changes.iter().filter_map(|change| Some(change.old?.condition))
}
