//! Years, months, differences and order between the same dates, in proofs and where dates are missing.

mod support;

use placet_check::check;
use placet_core::calendar::{DAY, date_from_str};
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use placet_model::proof::Verdict;
use placet_model::reference;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver::decide;
use placet_model::types::Type;
use placet_model::value::Value;
use placet_syntax::{Limits, source::load_text};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn model(text: &str) -> Model {
    let limits = Limits::default();
    let (model, diagnostics) = check(&load_text("dates", text, &limits), &limits);
    model.unwrap_or_else(|| panic!("{text}\n{diagnostics:?}"))
}

fn decided(model: &Model, request: &str) -> Decision {
    let request = support::request(model, request).unwrap();
    decide(model, &Assignment::new(model, &request).unwrap())
}

/// The verdict on what a policy of one rule never allows; a refutation has been tried on the policy by the search.
fn verdict(allow: &str, never: &str) -> &'static str {
    let text = format!(
        "policy dates
        request {{ born: date  today: date  given: date  from: time  at: time  ok: bool }}
        rule adults {{ allow when {allow} and ok }}
        prove claim {{ never allow when {never} }}"
    );
    let model = model(&text);
    match model.proofs[0].decide(&model) {
        Verdict::Proved => "proved",
        Verdict::Refuted { .. } => "refuted",
        Verdict::Vacuous => "vacuous",
        Verdict::NotDecided { .. } => "not decided",
    }
}

#[test]
fn years_and_order_of_two_dates_are_one_theory() {
    assert_eq!(verdict("years(born, today) >= 18", "born > today"), "proved");
    assert_eq!(verdict("years(born, today) >= 0", "born > today"), "proved");
    assert_eq!(verdict("years(born, today) >= 18", "born < today"), "refuted");
    assert_eq!(verdict("years(born, today) >= 18 and born > today", "born > 2000-01-01"), "proved");
    assert_eq!(verdict("years(born, today) < 0", "born <= today"), "proved");
    assert_eq!(verdict("ok", "years(born, today) >= 1 and today < born"), "vacuous");
}

#[test]
fn years_and_differences_of_two_dates_are_one_theory() {
    // 18 years have 6,574 or 6,575 days, and 6,573 around 1900.
    assert_eq!(verdict("years(born, today) >= 18", "today - born < 6573 days"), "proved");
    assert_eq!(verdict("years(born, today) >= 18", "today - born < 6574 days"), "refuted");
    let after_1900 = "years(born, today) >= 18 and born >= 1901-01-01 and today < 2100-01-01";
    assert_eq!(verdict(after_1900, "today - born < 6574 days"), "proved");
    assert_eq!(verdict(after_1900, "today - born < 6575 days"), "refuted");
    assert_eq!(verdict("today - born > 365 days", "years(born, today) < 1"), "proved");
    assert_eq!(verdict("today - born > 364 days", "years(born, today) < 1"), "refuted");
    assert_eq!(verdict("born <= 2000-02-29 and years(born, today) < 18", "today >= 2018-03-01"), "proved");
}

#[test]
fn times_are_judged_by_their_days_in_years_alone() {
    // A year may lack all of a day but a microsecond.
    assert_eq!(verdict("years(from, at) >= 1", "at - from <= 364 days"), "proved");
    assert_eq!(verdict("years(from, at) >= 1", "at - from <= 365 days"), "refuted");
    assert_eq!(verdict("years(from, at) >= 1", "at <= from"), "proved");
    assert_eq!(verdict("years(from, at) >= 0", "at < from"), "refuted");
    assert_eq!(verdict("years(born, at) >= 18 and at < 2026-01-01T00:00:00Z", "born > 2007-12-31"), "proved");
    assert_eq!(
        verdict("years(born, at) >= 18 and at < 2026-01-01T00:00:00Z", "born > 2007-12-30"),
        "refuted"
    );
}

#[test]
fn circles_of_three_dates_are_decided() {
    let consent = "years(born, given) >= 16 and given <= today and years(born, today) < 18";
    assert_eq!(verdict(consent, "today - given > 731 days"), "proved");
    assert_eq!(verdict(consent, "today - given > 700 days"), "refuted");
    assert_eq!(verdict(consent, "years(given, today) >= 2"), "proved");
    assert_eq!(verdict(consent, "years(given, today) >= 1"), "refuted");
}

#[test]
fn months_and_years_of_two_dates_are_one_theory() {
    assert_eq!(verdict("years(born, today) >= 18", "months(born, today) < 216"), "proved");
    assert_eq!(verdict("years(born, today) >= 18", "months(born, today) < 217"), "refuted");
    assert_eq!(verdict("months(born, today) < 0", "years(born, today) >= 0"), "proved");
    assert_eq!(verdict("months(born, today) < 12", "years(born, today) is 1"), "proved");
    assert_eq!(verdict("months(born, given) >= 7 and given <= today", "years(born, today) < 1"), "refuted");
    assert_eq!(verdict("months(from, at) >= 1", "at - from < 27 days"), "proved");
    // A month of 28 days may lack all of its first day but a microsecond.
    assert_eq!(verdict("months(from, at) >= 1", "at - from < 28 days"), "refuted");
    assert_eq!(verdict("ok", "months(born, today) >= 24 and years(born, today) < 2"), "vacuous");
}

#[test]
fn dates_that_are_missing_are_decided_exactly() {
    let model = model(
        "policy dates
        request { born: date  today: date  given: date }
        rule adults { allow when years(born, today) >= 18 }
        rule unborn { deny when born > today }
        rule stale { deny when years(born, today) >= 18 and today - born < 6000 days }
        rule old { deny when given < born or years(given, today) >= 2 }",
    );
    let nothing = decided(&model, "{}");
    assert!(!nothing.approximate);
    assert_eq!(nothing.effect, Effect::Indeterminate);
    let named = |names: &[std::sync::Arc<str>]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(named(&nothing.undecided), ["adults", "old", "unborn"]);
    assert_eq!(named(&nothing.missing), ["born", "given", "today"]);
    // Whatever `given` is, it is no reason where one is not born.
    let unborn = decided(&model, r#"{"born": "2026-01-02", "today": "2026-01-01"}"#);
    assert_eq!((unborn.effect, unborn.approximate), (Effect::Deny, false));
    let known = decided(&model, r#"{"today": "2026-01-01", "given": "2025-01-01"}"#);
    assert_eq!((known.effect, known.approximate), (Effect::Indeterminate, false));
    assert_eq!(named(&known.undecided), ["adults", "old", "unborn"]);
    assert_eq!(named(&known.missing), ["born"]);
    let young = decided(&model, r#"{"born": "2010-01-01", "given": "2011-01-01"}"#);
    assert_eq!((young.effect, young.approximate), (Effect::Deny, false));
}

const ATOMS: [&str; 24] = [
    "years(born, today) >= 18",
    "years(born, today) >= 13",
    "years(born, today) is 17",
    "years(today, born) >= 1",
    "years(born, given) >= 16",
    "months(born, today) >= 217",
    "months(born, today) in 6..18",
    "months(given, today) < 6",
    "months(today, given) is -13",
    "years(given, today) < 2",
    "today - born < 6574 days",
    "today - given <= 395 days",
    "today - given > 30 days",
    "given <= today",
    "born > today",
    "born is given",
    "born < 2000-01-01",
    "today >= 2026-02-28",
    "today <= 2026-03-01",
    "given in 2024-02-29..2024-03-01",
    "years(born, 2026-01-01) >= 21",
    "today + 30 days < given",
    "ok",
    "not ok",
];

fn condition() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(&ATOMS[..]).prop_map(str::to_owned);
    atom.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

fn policy() -> impl Strategy<Value = String> {
    prop::collection::vec((prop::bool::ANY, condition()), 1..5).prop_map(|rules| {
        let mut out =
            String::from("policy random\nrequest { born: date  today: date  given: date  ok: bool }\n");
        for (number, (allow, when)) in rules.into_iter().enumerate() {
            let effect = if allow { "allow" } else { "deny" };
            out += &format!("rule r{number} {{ {effect} when {when} }}\n");
        }
        out += "prove some { always allow when ok }\nprove none { never allow when ok }\n";
        out
    })
}

/// Steps of one search. A span of dates that is almost impossible takes more; its answer must be sound then.
const STEPS: usize = 1 << 17;

/// A day near those that the conditions name.
fn day() -> impl Strategy<Value = i32> {
    const NEAR: [&str; 6] =
        ["1990-03-01", "2000-01-01", "2004-02-29", "2008-02-29", "2024-02-29", "2026-02-28"];
    (prop::sample::select(&NEAR[..]), -3..=3_i32, prop::sample::select(&[0, 30, 365, 6_574][..]))
        .prop_map(|(near, by, more)| date_from_str(near).unwrap() + by + more)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_of_missing_dates_holds_of_dates_that_are_tried(
        text in policy(),
        days in prop::collection::vec([day(), day(), day()], 40),
        open in prop::collection::vec(prop::bool::weighted(0.6), 4),
    ) {
        let mut model = model(&text);
        model.limits.search_steps = STEPS;
        model.limits.proof_steps = STEPS;
        let complete = |days: &[i32; 3], ok: bool| {
            let mut request = Request::new();
            for ((id, attribute), day) in model.declared().zip(days.iter().chain([&0])) {
                let value = if attribute.kind == Type::Date { Value::Date(*day) } else { Value::Bool(ok) };
                request.put(&model, id, AttributeInput::Value(value)).unwrap();
            }
            request
        };
        let mut incomplete = Request::new();
        let first = complete(&days[0], true);
        for ((id, _), open) in model.declared().zip(&open) {
            if let Some(given) = first.get(id).filter(|_| !open) {
                incomplete.put(&model, id, given.clone()).unwrap();
            }
        }
        let decision = decide(&model, &Assignment::new(&model, &incomplete).unwrap());
        // What complete requests with `ok` are decided.
        let mut effects = BTreeSet::new();
        for (at, days) in days.iter().enumerate() {
            let other = complete(days, at % 2 == 0);
            let mut request = incomplete.clone();
            for (id, _) in model.declared() {
                if request.get(id).is_none() {
                    request.put(&model, id, other.get(id).unwrap().clone()).unwrap();
                }
            }
            let one = reference::decide(&model, &Assignment::new(&model, &request).unwrap()).unwrap();
            let with_ok =
 reference::decide(&model, &Assignment::new(&model, &complete(days, true)).unwrap()).unwrap();
            effects.insert(with_ok.effect.as_str());
            prop_assert!(
                decision.effect == one.effect || decision.effect == Effect::Indeterminate,
                "{} {:?}", text, request
            );
            if decision.effect == one.effect {
                prop_assert!(one.rules.iter().all(|rule| decision.rules.contains(rule)), "{} {:?}", text, request);
            }
        }
        for proof in &model.proofs {
            let breaking = if proof.claim.always { "deny" } else { "allow" };
            match proof.decide(&model) {
                // The search has tried its counterexample, or ended at its limit.
                Verdict::Refuted { .. } | Verdict::NotDecided { .. } => {}
                Verdict::Proved => prop_assert!(!effects.contains(breaking), "{} {}", proof.name, text),
                other => prop_assert!(false, "{:?} {}", other, text),
            }
        }
    }
}

#[test]
fn a_constant_moves_the_day_of_years() {
    // A day of microseconds is a day, whatever it is added to.
    assert_eq!(i128::from(DAY), 86_400_000_000);
    assert_eq!(verdict("years(born + 30 days, today) >= 1", "today - born < 395 days"), "proved");
    assert_eq!(verdict("years(born + 30 days, today) >= 1", "today - born < 396 days"), "refuted");
}
