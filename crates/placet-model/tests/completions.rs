//! The solver against the reference evaluator, which decides all completions of a request one by one.

use placet_check::check;
use placet_model::decision::{Decision, Effect};
use placet_model::policy::RuleEffect;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver::{decide, obligations_depend_on};
use placet_model::types::{Members, Type};
use placet_model::value::Value;
use placet_model::{BitSet, Model, reference};
use placet_syntax::{Limits, source::load_text};
use proptest::prelude::*;
use std::sync::Arc;

const REQUEST: &str = "request {
  a: int 0..3  b: int 0..3  c: int -1..2  d: int 0..1
  e: { p, q, r }  f: { r, q, p }  s: set of { p, q, r }  t: set? of { p, q, r }  m: bool
}";

/// Comparisons that can hold and can fail, alone and between attributes.
const ATOMS: [&str; 36] = [
    "a < 2",
    "b is 3",
    "c >= 1",
    "d is 0",
    "a in {0, 2}",
    "b not in 1..2",
    "a < b",
    "b <= c",
    "a is c",
    "a - b is 1",
    "a - b > 1",
    "c - b >= -1",
    "a + b < 3",
    "b + d is 2",
    "e is p",
    "f in {q, r}",
    "e is f",
    "e in s",
    "f not in t",
    "q in t",
    "any s in {p, q}",
    "all s in {q, r}",
    "no t in {r}",
    "any t not in {p}",
    "s is {p, q}",
    "t is {}",
    "all s in t",
    "any s in t",
    "s is t",
    "m",
    "d is not c",
    "c < d",
    "all t in s",
    "p in s",
    "a + b < c + d",
    "a - c + b is 2",
];

/// Comparisons of one or two ordered attributes each, which bounds decide.
const ORDERED: [&str; 16] = [
    "a < 2",
    "b is 3",
    "c >= 1",
    "d is 0",
    "a in {0, 2}",
    "b not in 1..2",
    "a < b",
    "b <= c",
    "a is c",
    "a - b is 1",
    "a - b > 1",
    "c - b >= -1",
    "d is not c",
    "c < d",
    "a - d < 2",
    "m",
];

fn condition(atoms: &'static [&'static str]) -> impl Strategy<Value = String> {
    let atom = prop::sample::select(atoms).prop_map(str::to_owned);
    atom.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

fn rule(number: usize, atoms: &'static [&'static str]) -> impl Strategy<Value = String> {
    let effect = prop::bool::ANY.prop_map(|allow| if allow { "allow" } else { "deny" });
    let exception = prop::option::of(condition(atoms));
    let obligation =
        prop::option::of((prop::sample::select(vec!["erase", "tell"]), condition(atoms), 0..3_u8));
    (effect, condition(atoms), exception, obligation).prop_map(
        move |(effect, when, exception, obligation)| {
            let exception = exception.map_or(String::new(), |when| format!("except when {when}"));
            let obligation = obligation.map_or(String::new(), |(name, when, text)| {
                let text = if text == 0 { String::new() } else { format!("\"text {text}\"") };
                format!("oblige {name} when {when} {text}")
            });
            format!("rule r{number} {{ {effect} when {when} {exception} cite \"§{number}\" {obligation} }}")
        },
    )
}

fn policy(atoms: &'static [&'static str]) -> impl Strategy<Value = String> {
    let rule = |number| rule(number, atoms);
    (rule(0), rule(1), rule(2), rule(3), 2..=4_usize).prop_map(|(a, b, c, d, count)| {
        let rules: Vec<String> = [a, b, c, d].into_iter().take(count).collect();
        format!("policy random\n{REQUEST}\n{}\n", rules.join("\n"))
    })
}

/// All values of a domain.
fn domain(kind: &Type) -> Vec<Value> {
    match kind {
        Type::Bool => vec![Value::Bool(false), Value::Bool(true)],
        Type::Int(low, high) => (*low..=*high).map(Value::Int).collect(),
        Type::Symbol(universe) => (0..universe.len()).map(Value::Symbol).collect(),
        Type::Set { of: Members::Symbols(universe), may_be_empty } => {
            let count = universe.len();
            (u32::from(!may_be_empty)..1 << count)
                .map(|mask| BitSet::from_iter(count, (0..count).filter(|symbol| mask >> symbol & 1 == 1)))
                .map(Value::Symbols)
                .collect()
        }
        _ => panic!("a type without enumeration"),
    }
}

/// The decision by the reference evaluator.
fn by_definition(model: &Model, request: &Request) -> Decision {
    reference::decide(model, &Assignment::new(model, request).unwrap()).expect("few completions")
}

/// Steps that a search needs at most: what is compared is what is exact.
const SEARCH_STEPS: usize = 1 << 22;

/// A policy and a request that has not too many completions.
fn case(text: &str, known: &[prop::sample::Index], open: Vec<bool>) -> (Model, Request) {
    let mut limits = Limits::default();
    limits.search_steps = SEARCH_STEPS;
    let (model, diagnostics) = check(&load_text("random", text, &limits), &limits);
    let model = model.unwrap_or_else(|| panic!("{text}\n{diagnostics:?}"));
    let mut request = Request::new();
    let mut completions = 1;
    for ((id, attribute), (index, open)) in model.declared().zip(known.iter().zip(open)) {
        let values = domain(&attribute.kind);
        if open && completions * values.len() <= 2_000 {
            completions *= values.len();
        } else {
            request.put(&model, id, AttributeInput::Value(index.get(&values).clone())).unwrap();
        }
    }
    (model, request)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decide_agrees_with_the_definition(
        text in policy(&ATOMS),
        known in prop::collection::vec(any::<prop::sample::Index>(), 9),
        open in prop::collection::vec(prop::bool::weighted(0.45), 9),
    ) {
        let (model, request) = case(&text, &known, open);
        let expected = by_definition(&model, &request);
        let actual = decide(&model, &Assignment::new(&model, &request).unwrap());
        if actual.approximate {
            // The licence: indeterminate where it could have been decided, never the reverse; lists may hold more.
            prop_assert!(actual.effect == expected.effect || actual.effect == Effect::Indeterminate, "{text}");
            if actual.effect == expected.effect {
                prop_assert!(expected.missing.iter().all(|name| actual.missing.contains(name)), "{text}");
                prop_assert!(expected.rules.iter().all(|name| actual.rules.contains(name)), "{text}");
                let certain: Vec<_> = expected.certain().collect();
                prop_assert!(actual.certain().all(|name| certain.contains(&name)), "{text}");
            }
        } else {
            prop_assert_eq!(actual, expected, "{}\n{:?}", text, request);
        }
    }

    #[test]
    fn obligations_depend_on_agrees_with_the_definition(
        text in policy(&ATOMS),
        known in prop::collection::vec(any::<prop::sample::Index>(), 9),
        open in prop::collection::vec(prop::bool::weighted(0.45), 9),
    ) {
        let (model, request) = case(&text, &known, open);
        let facts = Assignment::new(&model, &request).unwrap();
        let decision = decide(&model, &facts);
        let effect = match decision.effect {
            Effect::Allow => RuleEffect::Allow,
            Effect::Deny => RuleEffect::Deny,
            Effect::Indeterminate => return Ok(()),
        };
        let rules = model.rules.iter().enumerate().filter(|(_, rule)| rule.effect == effect);
        let rules: Vec<usize> = rules.map(|(place, _)| place).collect();
        let completions = reference::Completions::new(&model, &facts).expect("few completions");
        let expected = completions.obligations_depend_on(&rules);
        let actual = obligations_depend_on(&model, &facts, &rules);
        if decision.approximate {
            prop_assert!(expected.iter().all(|name| actual.contains(name)), "{}\n{:?}", text, request);
        } else {
            prop_assert_eq!(actual, expected, "{}\n{:?}", text, request);
        }
    }

    #[test]
    fn related_ordered_attributes_are_decided_exactly_by_bounds(
        text in policy(&ORDERED),
        known in prop::collection::vec(any::<prop::sample::Index>(), 9),
        open in prop::collection::vec(prop::bool::weighted(0.7), 9),
    ) {
        let (model, request) = case(&text, &known, open);
        let actual = decide(&model, &Assignment::new(&model, &request).unwrap());
        prop_assert_eq!(actual, by_definition(&model, &request), "{}\n{:?}", text, request);
    }
}

#[test]
fn a_relation_that_decides_nothing_leaves_the_answer_exact() {
    // The sums are taken as independent facts; whatever they say, who is allowed is also denied.
    let text = "policy sums
        request { w: int 0..100000  x: int 0..100000  y: int 0..100000  z: int 0..100000  m: bool  n: bool }
        rule sums { allow when m and n and w + x < y + z and w - x + y > z }
        rule m { deny when m oblige tell when n }";
    let limits = Limits::default();
    let (model, diagnostics) = check(&load_text("sums", text, &limits), &limits);
    let model = model.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let decision = decide(&model, &Assignment::unknown(&model));
    assert_eq!(decision.effect, Effect::Deny);
    assert_eq!(decision.rules, [Arc::from("m")]);
    assert!(!decision.approximate);

    let text = text.replace("deny when m ", "deny when n and not m ");
    let (model, diagnostics) = check(&load_text("sums", &text, &limits), &limits);
    let model = model.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let decision = decide(&model, &Assignment::unknown(&model));
    assert_eq!((decision.effect, decision.approximate), (Effect::Indeterminate, true));
}
