//! The comparison of two decisions about one request.

use placet_model::decision::{Decision, DueObligation, Effect};
use std::sync::Arc;

/// The result of comparing an evaluator's decision with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// They are equal.
    Equal,
    /// The expected decision is the solver's, and approximate; the evaluator is sound beside it.
    ExpectedIsApproximate,
    /// The evaluator alone is approximate, and is sound.
    EngineIsApproximate,
    /// This part differs, or is unsound.
    Differs(&'static str),
}

/// Compares the decision of an evaluator with the expected one: that of the reference, or of the solver.
///
/// Exact decisions are equal in every part. An approximate one may be indeterminate where the exact one isn't, never
/// the reverse. With the same effect, its lists are supersets of the exact ones, and its certain reasons and obligations
/// are subsets.
pub fn compare(expected: &Decision, engine: &Decision) -> Agreement {
    match (expected.approximate, engine.approximate) {
        (false, false) => different(expected, engine).map_or(Agreement::Equal, Agreement::Differs),
        (false, true) => {
            licensed(expected, engine).map_or(Agreement::EngineIsApproximate, Agreement::Differs)
        }
        (true, false) => {
            licensed(engine, expected).map_or(Agreement::ExpectedIsApproximate, Agreement::Differs)
        }
        (true, true) => {
            let same = expected.effect == engine.effect;
            let open = [expected.effect, engine.effect].contains(&Effect::Indeterminate);
            if same || open { Agreement::ExpectedIsApproximate } else { Agreement::Differs("effect") }
        }
    }
}

/// The first part in which two decisions differ.
fn different(one: &Decision, other: &Decision) -> Option<&'static str> {
    let parts = [
        ("effect", one.effect == other.effect),
        ("rules", one.rules == other.rules),
        ("uncertain", one.uncertain == other.uncertain),
        ("cites", one.cites == other.cites),
        ("basis", one.basis == other.basis),
        ("obligations", one.obligations == other.obligations),
        ("undecided", one.undecided == other.undecided),
        ("missing", one.missing == other.missing),
    ];
    parts.into_iter().find(|(_, is_equal)| !is_equal).map(|(part, _)| part)
}

/// The first part in which an approximate decision is unsound beside the exact one.
fn licensed(exact: &Decision, approximate: &Decision) -> Option<&'static str> {
    if approximate.effect != exact.effect {
        return (approximate.effect != Effect::Indeterminate).then_some("effect");
    }
    let holds = |all: &[Arc<str>], some: &[Arc<str>]| some.iter().all(|one| all.contains(one));
    let names = |names: &mut dyn Iterator<Item = &Arc<str>>| names.cloned().collect::<Vec<_>>();
    let certain = |decision: &Decision| names(&mut decision.certain());
    let certain_cites = |decision: &Decision| names(&mut decision.certain_cites());
    let certain_basis = |decision: &Decision| names(&mut decision.certain_basis());
    let parts = [
        ("certain", holds(&certain(exact), &certain(approximate))),
        ("certain cites", holds(&certain_cites(exact), &certain_cites(approximate))),
        ("certain basis", holds(&certain_basis(exact), &certain_basis(approximate))),
        ("rules", holds(&approximate.rules, &exact.rules)),
        ("cites", holds(&approximate.cites, &exact.cites)),
        ("basis", holds(&approximate.basis, &exact.basis)),
        ("undecided", holds(&approximate.undecided, &exact.undecided)),
        ("missing", holds(&approximate.missing, &exact.missing)),
        ("obligations", due(&exact.obligations, &approximate.obligations)),
    ];
    parts.into_iter().find(|(_, is_held)| !is_held).map(|(part, _)| part)
}

fn due(exact: &[DueObligation], approximate: &[DueObligation]) -> bool {
    let key = |one: &DueObligation| (one.name.clone(), one.within_seconds);
    let beside =
        |one: &DueObligation, all: &[DueObligation]| all.iter().find(|other| key(other) == key(one)).cloned();
    let are_held = exact.iter().all(|one| {
        beside(one, approximate).is_some_and(|other| match (&one.text, &other.text) {
            // With more candidates the first text in byte order can only be earlier.
            (Some(text), Some(other)) => other <= text,
            (text, _) => text.is_none(),
        })
    });
    let is_certain = |one: &DueObligation| beside(one, exact).is_some_and(|exact| exact.certain);
    are_held && approximate.iter().all(|one| !one.certain || is_certain(one))
}
