//! Every field of a decision against its definition: all completions of a request are decided one by one.

use placet_check::check;
use placet_model::decision::{Decision, Effect};
use placet_model::policy::RuleEffect;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver::{decide, firing, obligations_depend_on};
use placet_model::types::{Attribute, AttributeId, Members, Type};
use placet_model::value::Value;
use placet_model::{BitSet, Model};
use placet_syntax::{Limits, source::load_text};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
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

/// A completion, its decision, and the rules that fire in it.
type Completed = (Vec<Value>, Decision, BTreeSet<Arc<str>>);

/// The attributes that a request leaves open, in the order of the policy.
fn open<'m>(model: &'m Model, request: &Request) -> Vec<(AttributeId, &'m Attribute)> {
    model.attribute_ids().filter(|(id, _)| request.get(*id).is_none()).collect()
}

/// All completions of a request, each with a value for each open attribute.
fn completions(model: &Model, request: &Request) -> Vec<Completed> {
    let open = open(model, request);
    let mut completions: Vec<Vec<Value>> = vec![Vec::new()];
    for (_, attribute) in &open {
        let values = domain(&attribute.kind);
        completions = completions
            .iter()
            .flat_map(|completion| {
                values.iter().map(|value| [completion.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect();
    }
    completions
        .into_iter()
        .map(|completion| {
            let mut full = request.clone();
            for ((id, _), value) in open.iter().zip(&completion) {
                full.put(model, *id, AttributeInput::Value(value.clone())).unwrap();
            }
            let facts = Assignment::new(model, &full).unwrap();
            let fired = firing(model, &facts).into_iter().map(|rule| rule.name.clone()).collect();
            (completion, decide(model, &facts), fired)
        })
        .collect()
}

/// The open attributes for which two completions that differ there alone have different ones of these; in byte order.
fn hanging<T: Ord>(
    open: &[(AttributeId, &Attribute)],
    decided: &[Completed],
    part: impl Fn(&Decision) -> T,
) -> Vec<Arc<str>> {
    let mut out = Vec::new();
    for (at, (_, attribute)) in open.iter().enumerate() {
        let mut by_rest: BTreeMap<String, BTreeSet<T>> = BTreeMap::new();
        for (completion, decision, _) in decided {
            let mut rest = completion.clone();
            rest.remove(at);
            by_rest.entry(format!("{rest:?}")).or_default().insert(part(decision));
        }
        if by_rest.values().any(|parts| parts.len() > 1) {
            out.push(attribute.name.clone());
        }
    }
    out.sort();
    out
}

/// The decision by the language's definition, over all completions.
fn by_definition(model: &Model, request: &Request) -> Decision {
    let (open, decided) = (open(model, request), completions(model, request));
    let effects: BTreeSet<&str> = decided.iter().map(|(_, decision, _)| decision.effect.as_str()).collect();
    let effect = match effects.into_iter().collect::<Vec<_>>().as_slice() {
        ["allow"] => Effect::Allow,
        ["deny"] => Effect::Deny,
        _ => Effect::Indeterminate,
    };
    let mut out = Decision::new(effect);
    if effect == Effect::Indeterminate {
        let count = |name: &Arc<str>| decided.iter().filter(|(_, _, fired)| fired.contains(name)).count();
        out.undecided = model
            .rules
            .iter()
            .map(|rule| rule.name.clone())
            .filter(|name| (1..decided.len()).contains(&count(name)))
            .collect();
        out.undecided.sort();
        out.missing = hanging(&open, &decided, |decision| decision.effect.as_str());
        return out;
    }
    let wanted = if effect == Effect::Allow { RuleEffect::Allow } else { RuleEffect::Deny };
    let of_effect: Vec<_> = model
        .rules
        .iter()
        .filter(|rule| {
            rule.effect == wanted && decided.iter().any(|(_, _, fired)| fired.contains(&rule.name))
        })
        .collect();
    out.rules = of_effect.iter().map(|rule| rule.name.clone()).collect();
    out.cites = of_effect.iter().flat_map(|rule| rule.cites.iter().cloned()).collect();
    let is_certain = |name: &Arc<str>| decided.iter().all(|(_, _, fired)| fired.contains(name));
    let uncertain = of_effect.iter().filter(|rule| !is_certain(&rule.name));
    out.uncertain.rules = uncertain.clone().map(|rule| rule.name.clone()).collect();
    out.uncertain.cites = uncertain.flat_map(|rule| rule.cites.iter().cloned()).collect();
    // Of complete requests each obligation is certain; here it is so if all of them have it.
    let mut due: BTreeMap<Arc<str>, (usize, Option<Arc<str>>)> = BTreeMap::new();
    for (_, decision, _) in &decided {
        for obligation in &decision.obligations {
            assert!(obligation.certain);
            let (count, text) = due.entry(obligation.name.clone()).or_default();
            *count += 1;
            *text = match (text.take(), obligation.text.clone()) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }
    out.obligations = due
        .into_iter()
        .map(|(name, (count, text))| placet_model::decision::DueObligation {
            name,
            within_seconds: None,
            text,
            certain: count == decided.len(),
        })
        .collect();
    out
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
    for ((id, attribute), (index, open)) in model.attribute_ids().zip(known.iter().zip(open)) {
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
    fn a_decision_is_what_its_definition_says(
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
    fn obligations_depend_on_what_their_definition_says(
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
        let obligations = |decision: &Decision| -> Vec<_> {
            decision.obligations.iter().map(|due| (due.name.clone(), due.text.clone())).collect()
        };
        let expected = hanging(&self::open(&model, &request), &completions(&model, &request), obligations);
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
