//! Removes the conditions that the finished rules and proofs don't use: those of unused lets, and those with parameters.

use placet_model::condition::{ConditionId, Conditions};
use placet_model::policy::{Exception, Proof, Rule};
use placet_model::written::Written;
use std::collections::BTreeMap;

/// Returns the conditions that rules and proofs use, and points these and the texts to them. The order stays. Texts of
/// other conditions are removed.
///
/// Cost: linear in the conditions.
pub(super) fn prune(
    conditions: &Conditions,
    rules: &mut [Rule],
    proofs: &mut [Proof],
    written: &mut BTreeMap<ConditionId, Written>,
) -> Conditions {
    let mut roots = Vec::new();
    visit(rules, proofs, &mut |id| roots.push(*id));
    let mut out = Conditions::default();
    let mut kept: Vec<Option<ConditionId>> = vec![None; conditions.nodes().len()];
    for id in conditions.below(roots) {
        let node = conditions.get(id);
        // INVARIANT: the parts of a node come before it.
        let part = |part: ConditionId| kept.get(part.index()).copied().flatten();
        let new = out.share(node.with_parts(part).unwrap_or_else(|| node.clone()));
        if let Some(slot) = kept.get_mut(id.index()) {
            *slot = Some(new);
        }
    }
    let texts = std::mem::take(written).into_iter();
    written.extend(texts.filter_map(|(id, text)| Some((kept.get(id.index()).copied()??, text))));
    visit(rules, proofs, &mut |id| *id = kept.get(id.index()).copied().flatten().unwrap_or(*id));
    out
}

/// Calls a function for each condition that rules and proofs hold.
fn visit(rules: &mut [Rule], proofs: &mut [Proof], found: &mut impl FnMut(&mut ConditionId)) {
    for rule in rules {
        [&mut rule.guard, &mut rule.when, &mut rule.fires].into_iter().for_each(&mut *found);
        visit_exceptions(&mut rule.exceptions, found);
        rule.obligations.iter_mut().for_each(|obligation| found(&mut obligation.when));
    }
    proofs.iter_mut().for_each(|proof| found(&mut proof.when));
}

fn visit_exceptions(exceptions: &mut [Exception], found: &mut impl FnMut(&mut ConditionId)) {
    for exception in exceptions {
        [&mut exception.when, &mut exception.holds].into_iter().for_each(&mut *found);
        visit_exceptions(&mut exception.exceptions, found);
    }
}
