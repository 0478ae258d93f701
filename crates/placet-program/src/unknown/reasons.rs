//! Collects the reasons of a decision rule by rule, without diagrams.
//!
//! Each rule that the bitmaps leave is judged by itself. For a complete request this is exact. With unknown attributes
//! it is exact unless a condition needs a diagram, or unless several rules may impose an obligation together; then
//! [`Answerer::decide`](super) asks the evaluators.

use super::read_once::{self, Truth};
use crate::formula::Formulas;
use crate::frame::Frame;
use crate::program::{DeterminingRules, Program};
use crate::unknown::work::REASONS;
use placet_model::decision::{Decision, DueObligation, Effect};
use placet_model::policy::{Obligation, Rule};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Returns the decision with this effect and its reasons, or `None` if only a diagram could judge one of them, or if the
/// budget runs out.
pub(crate) fn decision(program: &Program, frame: &Frame, effect: Effect) -> Option<Decision> {
    let mut decision = Decision::new(effect);
    let mut due = DueObligations::default();
    let parts = program.data();
    let (first, end) = range(program, effect);
    let mut last = None;
    let mut is_unclear = false;
    let is_complete = frame.is_complete();
    let mut work = if is_complete { usize::MAX } else { REASONS };
    program.visit(frame, first, end, |at| {
        // INVARIANT: the bitmaps are those of these cubes, the cubes those of these rules.
        let Some(cube) = parts.cubes.get(at as usize) else { return true };
        // The cubes of a rule are adjacent, and one that can hold is enough.
        if last == Some(cube.rule) {
            return true;
        }
        let Some(plan) = parts.rules.get(cube.rule as usize) else { return true };
        let Some(rule) = program.model().rules.get(plan.rule as usize) else { return true };
        if !is_complete {
            // Conditions are evaluated once to see if they hold, and possibly once more for what they depend on.
            let looked_at = std::iter::once(cube.holds).chain(plan.conditions());
            let cost: usize = looked_at.map(|id| parts.formulas.cost(id)).sum();
            let Some(left) = work.checked_sub(cost) else {
                is_unclear = true;
                return false;
            };
            work = left;
        }
        let fires = match program.holds(frame.classes(), is_complete, cube) {
            Some(true) => Truth::Known(true),
            Some(false) => return true,
            // A single cube that may hold doesn't tell if the rule fires in every completion: only all of its cubes
            // together do.
            None => read_once::all(program, frame, &[plan.fires]),
        };
        match fires {
            Truth::Known(false) => return true,
            Truth::Unclear => {
                is_unclear = true;
                return false;
            }
            _ => last = Some(cube.rule),
        }
        name(&mut decision, rule, fires == Truth::Known(true));
        for (obligation, when) in rule.obligations.iter().zip(&plan.obligations) {
            let is_due = match fires {
                // If the rule fires certainly, the obligation's condition decides alone. Otherwise both can share
                // variables, so they have to be judged together.
                Truth::Known(_) => read_once::all(program, frame, &[*when]),
                _ => read_once::all(program, frame, &[plan.fires, *when]),
            };
            if is_due != Truth::Known(false) {
                due.add(obligation, is_due == Truth::Known(true));
            }
            is_unclear |= is_due == Truth::Unclear;
        }
        !is_unclear
    });
    if is_unclear || due.may_be_certain_together() {
        return None;
    }
    sort(&mut decision);
    decision.obligations = due.finish();
    Some(decision)
}

/// Returns the decision on a complete request with these determining rules. `classes` are those that the conditions of
/// obligations read.
pub(crate) fn complete(
    effect: Effect,
    mut rules: DeterminingRules<'_>,
    formulas: &Formulas,
    classes: &[u32],
) -> Decision {
    let mut decision = Decision::new(effect);
    let mut due = DueObligations::default();
    while let Some((rule, plan)) = rules.next_plan() {
        name(&mut decision, rule, true);
        for (obligation, when) in rule.obligations.iter().zip(&plan.obligations) {
            if formulas.truth(*when, classes) == Some(true) {
                due.add(obligation, true);
            }
        }
    }
    sort(&mut decision);
    decision.obligations = due.finish();
    decision
}

/// Returns the index range of the cubes of an effect. Denials come first.
pub(crate) fn range(program: &Program, effect: Effect) -> (u32, u32) {
    let parts = program.data();
    let all = u32::try_from(parts.cubes.len()).unwrap_or(u32::MAX);
    match effect {
        Effect::Allow => (parts.denials, all),
        Effect::Deny => (0, parts.denials),
        Effect::Indeterminate => (0, all),
    }
}

/// Adds a rule with what it cites to the decision. Until [`sort`] runs, an uncertain rule is in the uncertain lists
/// only.
pub(crate) fn name(decision: &mut Decision, rule: &Rule, is_certain: bool) {
    let uncertain = &mut decision.uncertain;
    let (rules, cites, basis) = match is_certain {
        true => (&mut decision.rules, &mut decision.cites, &mut decision.basis),
        false => (&mut uncertain.rules, &mut uncertain.cites, &mut uncertain.basis),
    };
    rules.push(rule.name.clone());
    cites.extend(rule.cites.iter().cloned());
    basis.extend(rule.basis.clone());
}

/// Sorts the lists in byte order, removes duplicates, and adds the uncertain entries to the main lists.
pub(crate) fn sort(decision: &mut Decision) {
    let uncertain = &mut decision.uncertain;
    for (list, uncertain) in [
        (&mut decision.rules, &mut uncertain.rules),
        (&mut decision.cites, &mut uncertain.cites),
        (&mut decision.basis, &mut uncertain.basis),
    ] {
        list.sort_unstable();
        list.dedup();
        if uncertain.is_empty() {
            continue;
        }
        uncertain.sort_unstable();
        uncertain.dedup();
        // A clause that a certain rule cites too is certain.
        uncertain.retain(|one| list.binary_search(one).is_err());
        list.extend(uncertain.iter().cloned());
        list.sort_unstable();
    }
}

/// The obligations that are due, by name, then deadline, none last; each once.
#[derive(Debug, Default)]
pub(crate) struct DueObligations(BTreeMap<Key, Due>);

/// The identity of an obligation: its name, whether it has no deadline, and the deadline. The flag sorts obligations
/// without a deadline last.
type Key = (Arc<str>, bool, Option<i64>);

/// An obligation that is due.
#[derive(Debug, Default)]
struct Due {
    /// The first of its texts in byte order.
    text: Option<Arc<str>>,
    is_certain: bool,
    /// The number of rules that make it due or may do so.
    sources: usize,
}

impl DueObligations {
    /// Adds an obligation that is due, at least in some completion.
    pub(crate) fn add(&mut self, obligation: &Obligation, certain: bool) {
        let due = self.0.entry(key(obligation)).or_default();
        due.is_certain |= certain;
        due.sources += 1;
        if let Some(other) = &obligation.text
            && due.text.as_ref().is_none_or(|text| other < text)
        {
            due.text = Some(other.clone());
        }
    }

    /// Returns true if some obligation may be certain although no rule alone makes it so.
    fn may_be_certain_together(&self) -> bool {
        self.0.values().any(|due| !due.is_certain && due.sources > 1)
    }

    /// Marks an obligation as certain: several rules together impose it in every completion.
    pub(crate) fn make_certain(&mut self, key: &Key) {
        if let Some(due) = self.0.get_mut(key) {
            due.is_certain = true;
        }
    }

    pub(crate) fn finish(self) -> Vec<DueObligation> {
        // Most decisions have no obligations, and even iterating over nothing has a cost.
        if self.0.is_empty() {
            return Vec::new();
        }
        let due = |((name, _, within), due): (Key, Due)| {
            let within_seconds = within.map(|micros: i64| micros / 1_000_000);
            DueObligation::new(name, within_seconds, due.text, due.is_certain)
        };
        self.0.into_iter().map(due).collect()
    }
}

/// Returns the identity of an obligation.
pub(crate) fn key(obligation: &Obligation) -> Key {
    (obligation.name.clone(), obligation.within.is_none(), obligation.within)
}
