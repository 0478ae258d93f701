//! Proofs by diagrams against the exact search, and the requests that refute them.

mod support;

use placet_analysis::prove;
use placet_compile::Compilation;
use placet_model::BitSet;
use placet_model::Model;
use placet_model::policy::Claim;
use placet_model::proof::Verdict;
use placet_model::reference::Completions;
use placet_model::request::{Assignment, AttributeInput, Known};
use placet_model::types::{Members, Type};
use placet_model::value::Value;
use placet_samples::{Random, with_optional};
use proptest::prelude::*;
use std::sync::Arc;
use support::{condition, model};

/// Asserts that a counterexample breaks its proof, whatever values the attributes have that it leaves out.
fn assert_breaks(model: &Model, at: usize, verdict: &Verdict) {
    let Verdict::Refuted { counterexample, effect, rules } = verdict else { return };
    let proof = &model.proofs[at];
    let facts = Assignment::new(model, counterexample).unwrap();
    let Claim { always, subject } = &proof.claim;
    // A counterexample that leaves out much may have too many completions; some of them are tried below.
    if let Some(completions) = Completions::new(model, &facts) {
        let decision = completions.decision();
        assert_eq!(decision.effect, *effect, "{counterexample:?}");
        assert!(rules.iter().all(|rule| decision.rules.contains(rule)), "{rules:?} {decision:?}");
        assert!(completions.is_certain(proof.when), "{counterexample:?}");
        assert_eq!(subject.is_in(&decision), !always, "{counterexample:?} {decision:?}");
    }
    for variant in 0..4 {
        let mut complete = counterexample.clone();
        for (id, attribute) in model.declared() {
            let value = match &attribute.kind {
                _ if *facts.get(id) != Known::Missing => continue,
                _ if variant == 1 && attribute.is_optional() => Value::None,
                Type::Bool => Value::Bool(variant % 2 == 1),
                Type::String => Value::String(["abc", "a", "b", ""][variant].into()),
                Type::Symbol(of) => Value::Symbol(variant as u32 % of.len()),
                Type::Set { of: Members::Symbols(of), .. } => {
                    Value::Symbols(BitSet::from_iter(of.len(), [variant as u32 % of.len()]))
                }
                kind => {
                    let (low, high) = kind.ordinals().unwrap();
                    let ordinal = [low, high, low / 2 + high / 2, 0.clamp(low, high)][variant];
                    Value::from_ordinal(kind, ordinal).unwrap()
                }
            };
            complete.put(model, id, AttributeInput::Value(value)).unwrap();
        }
        let facts = Assignment::new(model, &complete).unwrap();
        let decision = Completions::new(model, &facts).expect("a complete request").decision();
        assert_eq!(decision.effect, *effect, "{counterexample:?} as {complete:?}");
        assert_eq!(subject.is_in(&decision), !always, "{counterexample:?} as {complete:?}");
    }
}

fn kind(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Proved => "proved",
        Verdict::Refuted { .. } => "refuted",
        Verdict::Vacuous => "vacuous",
        Verdict::NotDecided { .. } => "not decided",
    }
}

const REQUEST: &str = "request {
  a: int 0..3  b: int 0..3  e: { p, q, r }  f: { r, q, p }  s: set of { p, q, r }  t: set? of { p, q, r }  m: bool
  age: int 0..150  name: string  at: time  given: time  day: date default 2026-03-01
}";

const ATOMS: [&str; 30] = [
    "a < 2",
    "b is 3",
    "a in {0, 2}",
    "b not in 1..2",
    "a < b",
    "a - b is 1",
    "a + b < 3",
    "e is p",
    "f in {q, r}",
    "e is f",
    "e in s",
    "f not in t",
    "q in t",
    "any s in {p, q}",
    "all s in {q, r}",
    "no t in {r}",
    "s is {p, q}",
    "t is {}",
    "all s in t",
    "any s in t",
    "s is t",
    "m",
    "not m",
    "age < 18",
    "age >= 13",
    "name like \"a*\"",
    "name is \"abc\"",
    "at - given > 30 days",
    "at >= 2026-01-01T00:00:00Z",
    "day < 2026-01-01",
];

fn policy() -> impl Strategy<Value = String> {
    let duty = prop::option::of((prop::sample::select(&["erase", "tell"][..]), condition(&ATOMS)));
    let rule = (prop::bool::ANY, condition(&ATOMS), prop::option::of(condition(&ATOMS)), duty);
    let claim = prop::sample::select(
        &["never allow", "always allow", "never oblige erase", "always oblige erase"][..],
    );
    let proof = (claim, condition(&ATOMS), condition(&ATOMS));
    (prop::collection::vec(rule, 1..5), prop::collection::vec(proof, 1..4)).prop_map(|(rules, proofs)| {
        let mut out = format!("policy random\n{REQUEST}\n");
        for (number, (allow, when, exception, duty)) in rules.into_iter().enumerate() {
            let effect = if allow { "allow" } else { "deny" };
            let exception = exception.map_or(String::new(), |when| format!("except when {when}"));
            let duty = duty.map_or(String::new(), |(name, when)| {
                format!(
                    "oblige {name} when {when} or e is missing oblige {name} within 1 day when m and {when}"
                )
            });
            out += &format!("rule r{number} {{ {effect} when {when} {exception} {duty} }}\n");
            if !allow {
                out += &format!(
                    "rule unknown{number} {{ deny when e is missing or (name is missing and {when}) }}\n"
                );
            }
        }
        // A proof can only be of an obligation that some rule has.
        out += "rule last { deny when a is 3 and b is 3 and m oblige erase when f is q }\n";
        for (number, (claim, one, other)) in proofs.into_iter().enumerate() {
            out += &format!("prove p{number} {{ {claim} when {one} and {other} }}\n");
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn diagrams_and_the_search_agree(text in policy(), seed in any::<u64>(), share in prop::sample::select(&[0, 50][..])) {
        let model = Arc::new(with_optional(&mut Random::new(seed), (*model(&text)).clone(), share));
        let verdicts = prove(&mut Compilation::new(model.clone()));
        prop_assert_eq!(verdicts.len(), model.proofs.len());
        for (at, (proof, verdict)) in model.proofs.iter().zip(&verdicts).enumerate() {
            assert_breaks(&model, at, verdict);
            let expected = proof.decide(&model);
            // Diagrams may know more than a search that gave up, never less.
            if !matches!(expected, Verdict::NotDecided { .. }) {
                prop_assert_eq!(kind(verdict), kind(&expected), "{} {}", proof.name, text);
            }
        }
    }
}

/// The counterexample of the only proof, as an example would write it.
fn counterexample(text: &str) -> String {
    let model = model(text);
    let verdicts = prove(&mut Compilation::new(model.clone()));
    assert_breaks(&model, 0, &verdicts[0]);
    let Verdict::Refuted { counterexample, .. } = &verdicts[0] else { panic!("{verdicts:?}") };
    let parts: Vec<String> = model
        .declared()
        .filter_map(|(id, attribute)| match counterexample.get(id)? {
            AttributeInput::Value(value) => {
                Some(format!("{}: {}", attribute.name, value.display(&attribute.kind)))
            }
            _ => None,
        })
        .collect();
    parts.join(", ")
}

#[test]
fn a_counterexample_is_small_and_of_usual_values() {
    let text = "policy shop
        request { subject.age: int 0..150  purpose: { deliver, marketing }  country: string required  at: date
                  objected: bool default false }
        rule everybody { allow when subject.age >= 13 and not objected }
        prove grown_ups { never allow when purpose is marketing and at >= 2026-02-03 and subject.age < 65 }";
    assert_eq!(
        counterexample(text),
        "subject.age: 30, purpose: marketing, country: \"text\", at: 2026-02-03"
    );
}

#[test]
fn what_is_denied_for_being_unknown_is_no_counterexample() {
    let text = "policy shop
        request { a: bool  x: bool  y: bool }
        rule members { allow when x }
        rule unknown { deny when x is missing }
        prove always { always allow when a }";
    // Without `x` the request is denied too, but with `x: true` it is not.
    assert_eq!(counterexample(text), "a: true, x: false");
    let never = text.replace("always allow when a", "never allow when a");
    assert_eq!(counterexample(&never), "a: true, x: true");
}

#[test]
fn a_counterexample_gives_none_where_it_matters() {
    let text = "policy shop
        request { at: time  given_at: time? }
        rule fresh { allow when given_at is none or at - given_at < 365 days }
        prove given { never allow when at >= 2026-01-01T00:00:00Z and TRUE }";
    let claim = |when: &str| counterexample(&text.replace("TRUE", when));
    assert_eq!(claim("given_at is none"), "at: 2026-01-01T00:00:00Z, given_at: none");
    let shown = claim("given_at is not none and at - given_at > 364 days");
    assert!(shown.contains("given_at: 20"), "{shown}");
}

#[test]
fn related_times_are_moved_until_they_fit() {
    let text = "policy shop
        request { at: time  given: time  colour: { red, green } }
        rule fresh { allow when at - given < 500 days }
        prove old { never allow when at - given > 365 days }";
    assert_eq!(counterexample(text), "at: 2026-01-01T00:00:00Z, given: 2024-12-31T00:00:00Z");
}

#[test]
fn chains_of_differences_are_decided() {
    let text = |last: &str| {
        format!(
            "policy chain
            request {{ a: time  b: time  c: time  d: time  e: time }}
            rule short {{ allow when b - a <= 1 day and c - b <= 1 day and d - c <= 1 day and e - d <= 1 day }}
            prove near {{ never allow when e - a > {last} }}"
        )
    };
    let verdicts = |last| prove(&mut Compilation::new(model(&text(last))));
    assert!(matches!(verdicts("4 days")[..], [Verdict::Proved]));
    let refuted = verdicts("3 days");
    assert!(matches!(refuted[..], [Verdict::Refuted { .. }]), "{refuted:?}");
    assert_breaks(&model(&text("3 days")), 0, &refuted[0]);
}

/// The verdicts on what a policy of one rule never allows.
fn never(allow: &str, when: &str) -> &'static str {
    let text = format!(
        "policy ages
        request {{ born: date  given: date  today: date  ok: bool }}
        rule adults {{ allow when {allow} and ok }}
        prove claim {{ never allow when {when} }}"
    );
    let model = model(&text);
    let verdicts = prove(&mut Compilation::new(model.clone()));
    assert_breaks(&model, 0, &verdicts[0]);
    kind(&verdicts[0])
}

#[test]
fn years_differences_and_order_of_the_same_dates_are_proved_together() {
    assert_eq!(never("years(born, today) >= 18", "born > today"), "proved");
    assert_eq!(never("years(born, today) >= 18", "today - born < 6573 days"), "proved");
    assert_eq!(never("years(born, today) >= 18", "today - born < 6574 days"), "refuted");
    assert_eq!(never("years(born, today) >= 18", "born > 2000-01-01 and today < 2018-01-01"), "proved");
    // Years are months divided by 12, rounded down.
    assert_eq!(never("years(born, today) >= 18", "months(born, today) < 216"), "proved");
    assert_eq!(never("years(born, today) >= 18", "months(born, today) < 217"), "refuted");
    assert_eq!(never("months(born, today) in 1..11", "years(born, today) is not 0"), "proved");
    assert_eq!(
        never("months(born, given) >= 6 and months(given, today) >= 6", "years(born, today) < 1"),
        "proved"
    );
    assert_eq!(never("months(born, today) >= 1", "today - born < 28 days"), "proved");
    assert_eq!(never("months(born, today) >= 1", "today - born < 29 days"), "refuted");
    let circle = "years(born, given) >= 16 and given <= today and years(born, today) < 18";
    assert_eq!(never(circle, "years(given, today) >= 2"), "proved");
    assert_eq!(never(circle, "years(given, today) >= 1"), "refuted");
}

#[test]
fn a_counterexample_of_dates_is_near_today() {
    let text = "policy ages
        request { born: date  today: date }
        rule adults { allow when years(born, today) >= 18 and today - born < 6575 days and born <= 2030-01-01 }
        prove none { never allow when born < today }";
    assert_eq!(counterexample(text), "born: 2008-03-01, today: 2026-03-01");
}

#[test]
fn obligations_are_those_of_the_determining_rules() {
    let text = |claim: &str| {
        format!(
            "policy shop
            request {{ age: int 0..150  guardian: bool  purpose: {{ deliver, marketing }} }}
            rule everybody {{ allow when purpose is deliver oblige erase within 30 days when age < 16 }}
            rule adults {{ allow when age >= 18 oblige log }}
            rule minors {{ deny when age < 13 and not guardian oblige erase oblige tell }}
            prove claim {{ {claim} }}"
        )
    };
    let verdict = |claim: &str| {
        let model = model(&text(claim));
        let verdict = prove(&mut Compilation::new(model.clone())).remove(0);
        assert_breaks(&model, 0, &verdict);
        assert_eq!(kind(&verdict), kind(&model.proofs[0].decide(&model)));
        kind(&verdict)
    };
    // Where a deny rule fires, its obligations are due; elsewhere those of the allow rules.
    assert_eq!(verdict("always oblige erase when age < 13 and not guardian"), "proved");
    assert_eq!(verdict("always oblige erase when age < 13 and purpose is deliver"), "proved");
    assert_eq!(verdict("always oblige erase when age < 13"), "refuted");
    assert_eq!(verdict("always oblige erase when age < 17 and purpose is deliver"), "refuted");
    assert_eq!(verdict("never oblige erase when age >= 16"), "proved");
    assert_eq!(verdict("never oblige erase when purpose is marketing and guardian"), "proved");
    assert_eq!(verdict("never oblige erase when purpose is marketing"), "refuted");
    assert_eq!(verdict("never oblige erase when age < 13 and age > 13"), "vacuous");
    assert_eq!(
        counterexample(&text("always oblige erase when age < 13")),
        "age: 12, guardian: true, purpose: marketing"
    );
}

#[test]
fn a_counterexample_obliges_whatever_else_is_given() {
    // Without `y`, the obligation would be due because it is missing.
    let text = "policy shop
        request { x: bool  y: bool }
        rule everybody { allow when true oblige erase when x or y is missing }
        prove always_erased { always oblige erase when true }";
    assert_eq!(counterexample(text), "x: false, y: false");
}

#[test]
fn patterns_of_members_are_proved() {
    let verdict = |claim: &str| {
        let text = format!(
            "policy tags
            request {{ tags: set? of string  ok: bool }}
            rule invoices {{ allow when all tags like \"invoice-*\" and ok }}
            rule drafts {{ deny when any tags like \"*-draft\" or tags is {{}} }}
            prove claim {{ {claim} }}"
        );
        let model = model(&text);
        let verdict = prove(&mut Compilation::new(model.clone())).remove(0);
        assert_breaks(&model, 0, &verdict);
        assert_eq!(kind(&verdict), kind(&model.proofs[0].decide(&model)));
        kind(&verdict)
    };
    assert_eq!(verdict("never allow when \"invoice-7-draft\" in tags"), "proved");
    assert_eq!(
        verdict("never allow when any tags not in {\"invoice-1\"} and no tags like \"invoice-*\""),
        "proved"
    );
    assert_eq!(verdict("never allow when any tags like \"*7\""), "refuted");
    assert_eq!(verdict("always allow when tags is {\"invoice-1\"} and ok"), "proved");
    assert_eq!(verdict("never allow when all tags like \"a*\" and all tags like \"b*\""), "proved");
    assert_eq!(verdict("never allow when any tags like \"a*\" and all tags like \"b*\""), "vacuous");
}
