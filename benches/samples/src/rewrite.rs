//! Other comparisons in the conditions of a policy.

use placet_model::Model;
use placet_model::condition::{Atom, ConditionId, Conditions};
use placet_model::policy::Exception;

/// Replaces each comparison of a policy by the condition that `condition` makes of it.
pub fn with_comparisons(
    mut model: Model,
    condition: impl FnMut(&mut Conditions, &Atom) -> ConditionId,
) -> Model {
    let mut conditions = Conditions::default();
    let of = conditions.add_all(&model.conditions, condition);
    model.conditions = conditions;
    let moved = |id: &mut ConditionId| *id = of.get(id.index()).copied().unwrap_or(*id);
    for rule in &mut model.rules {
        [&mut rule.guard, &mut rule.when, &mut rule.fires].into_iter().for_each(moved);
        rule.obligations.iter_mut().for_each(|obligation| moved(&mut obligation.when));
        move_exceptions(&mut rule.exceptions, &moved);
    }
    model.proofs.iter_mut().for_each(|proof| moved(&mut proof.when));
    model
}

fn move_exceptions(exceptions: &mut [Exception], moved: &impl Fn(&mut ConditionId)) {
    for exception in exceptions {
        [&mut exception.when, &mut exception.holds].into_iter().for_each(moved);
        move_exceptions(&mut exception.exceptions, moved);
    }
}
