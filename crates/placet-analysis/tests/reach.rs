//! Parts of policies without effect.

mod support;

use placet_analysis::reach::{Kind, findings};
use placet_compile::Compilation;
use placet_model::Model;
use placet_model::decision::Effect;
use placet_model::policy::{Rule, RuleEffect};
use placet_model::reference::{Completions, decide};
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::{AttributeId, Presence, Type};
use placet_model::value::Value;
use placet_samples::{Random, with_optional};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{condition, model};

/// The findings in few words.
fn found(text: &str) -> Vec<String> {
    let model = model(text);
    let name = |at: &usize| model.rules[*at].name.to_string();
    let names = |by: &[usize]| by.iter().map(name).collect::<Vec<_>>().join(", ");
    findings(&mut Compilation::new(model.clone()))
        .iter()
        .map(|finding| match &finding.kind {
            Kind::NeverFires { rule } => format!("{} never fires", name(rule)),
            Kind::Outweighed { rule, by } => format!("{} outweighed by {}", name(rule), names(by)),
            Kind::Covered { rule, by } => format!("{} covered by {}", name(rule), names(by)),
            Kind::CoveredRow { rule, by } => format!("row {} covered by {}", name(rule), names(by)),
            Kind::IdleException { rule, name: exception } => {
                format!("{} idle in {}", exception.as_deref().unwrap_or("exception"), name(rule))
            }
            Kind::PermissiveDefault { attribute, .. } => {
                format!("default of {}", model.attribute_name(*attribute))
            }
        })
        .collect()
}

#[test]
fn of_rules_that_say_the_same_the_last_is_told() {
    let text = "policy p request { a: int 0..9 }
        rule one { allow when a > 3 } rule two { allow when a > 3 } rule three { allow when a > 5 }";
    assert_eq!(found(text), ["two covered by one", "three covered by one"]);
}

#[test]
fn rules_that_say_more_are_not_covered() {
    let text = "policy p request { a: int 0..9 }
        rule one { allow when a > 3 }
        rule reason { allow when a > 4 because \"so\" }
        rule duty { allow when a > 5 oblige tell }
        rule basis { allow when a > 6 basis contract }
        rule clause { allow when a > 7 cite \"§1\" }";
    assert!(found(text).is_empty(), "{:?}", found(text));
}

#[test]
fn a_default_that_no_condition_mentions_is_a_value_like_others() {
    for (kind, denied) in [
        ("string default \"XX\"", "x is \"US\""),
        ("set? of { a, b, c } default {a, b}", "any x in {c}"),
        ("set of string default {\"u\", \"v\"}", "\"w\" in x"),
        ("number 0..1 default 0.3", "x > 0.5"),
    ] {
        let text = format!(
            "policy p request {{ m: bool  x: {kind} }} rule r {{ allow when m }} rule d {{ deny when {denied} }}"
        );
        assert_eq!(found(&text), ["default of x"], "{text}");
    }
}

#[test]
fn a_permissive_default_is_found_beside_relations() {
    let declared = "taxonomy P { a, b { c, d } } set some of P = {a, c}";
    for (attributes, rules) in [
        // The attribute is related to others.
        ("p: P li: set of P x: set? of P default {}", "allow when p in li and p not in x"),
        ("p: P x: set? of P default {a}", "allow when p in some deny: deny when p in x and p in b"),
        ("m: bool s: set of P x: set? of P default {}", "allow when m deny: deny when any s in x"),
        ("s: set of P x: set of P default {a, b}", "allow when all s in x"),
        ("s: set of P x: set? of P default {}", "allow when s is not x"),
        ("p: P x: P default a", "allow when p is not x"),
        ("u: string x: string default \"\"", "allow when u is not x"),
        ("labels: set of string x: string default \"none\"", "allow when x not in labels"),
        ("day: date x: date default 2026-01-01", "allow when day - x > 30 days"),
        ("a: int x: int 0..9 default 0", "allow when a > 1 deny: deny when x > 3"),
        // Others are related to each other.
        ("p: P li: set of P x: bool default false", "allow when p in li and not x"),
        ("p: P li: set of P x: P default a", "allow when p in li and x not in b"),
        ("p: P li: set of P x: { on, off } default on", "allow when p in li deny: deny when x is off"),
        ("p: P li: set of P x: set? of P default {}", "allow when p in li deny: deny when any x in some"),
        (
            "p: P li: set of P q: P m: set of P x: bool default false",
            "allow when p in li and q in m and not (q in li) and all li in m and not x",
        ),
        ("s: set of string u: string x: bool default true", "allow when u in s and u like \"a*\" and x"),
    ] {
        let (allow, deny) = rules.split_once(" deny: ").unwrap_or((rules, "deny when false"));
        let deny = if deny == "deny when false" { String::new() } else { format!("rule d {{ {deny} }}") };
        let text = format!("policy p {declared} request {{ {attributes} }} rule r {{ {allow} }} {deny}");
        assert_eq!(found(&text), ["default of x"], "{text}");
    }
}

#[test]
fn a_default_of_an_optional_attribute_is_compared_with_none() {
    let text = "policy p request { m: bool  x: int? 0..9 default 3 } rule r { allow when m }";
    assert_eq!(found(&format!("{text} rule d {{ allow when x < 5 }}")), ["default of x"]);
    assert_eq!(found(&format!("{text} rule d {{ deny when x is none }}")), ["default of x"]);
    assert!(found(&format!("{text} rule d {{ deny when x < 5 }}")).is_empty());
}

#[test]
fn rules_about_none_are_told_like_others() {
    let text = "policy p request { x: int? 0..9 }
        rule both { allow when x is none and x > 3 }  rule none { allow when x is none }
        rule more { allow when x is none or x > 3 }  rule ok { allow when x < 3 }";
    assert_eq!(found(text), ["both never fires", "none covered by more"]);
}

#[test]
fn a_strict_default_is_not_told_beside_relations() {
    for (attributes, rules) in [
        ("p: P x: set? of P default {}", "allow when p in x"),
        ("p: P li: set of P x: bool default false", "allow when p in li and x"),
        ("s: set of P x: set? of P default {}", "allow when any s in x"),
    ] {
        let text = format!("policy p taxonomy P {{ a, b }} request {{ {attributes} }} rule r {{ {rules} }}");
        assert!(found(&text).is_empty(), "{text}");
    }
}

#[test]
fn several_rules_cover_one_together() {
    let text = "policy p request { a: int 0..9 b: bool }
        rule low { allow when a < 5 } rule high { allow when a >= 5 and b } rule some { allow when a in 3..7 and b }";
    assert_eq!(found(text), ["some covered by low, high"]);
}

#[test]
fn denials_that_default_would_make_are_not_told() {
    let text = "policy p request { a: int 0..9 } rule one { allow when a > 3 } rule two { deny when a < 2 }";
    assert!(found(text).is_empty());
}

#[test]
fn what_order_makes_impossible_is_told_and_what_larger_sums_do_is_not() {
    let text = "policy p request { a: int 0..9 b: int 0..9 c: int 0..9 }
        rule ring { allow when a < b and b < c and c < a } rule some { allow when a is 3 }";
    assert_eq!(found(text), ["ring never fires"]);
    // It never fires either, but that depends on three attributes together.
    let text = "policy p request { a: int 0..9 b: int 0..9 c: int 0..9 }
        rule ring { allow when a + b < c and c < a } rule some { allow when a is 3 }";
    assert!(found(text).is_empty());
}

/// A policy of `rules` rules about as many projects.
fn large(rules: usize) -> String {
    let mut out = "policy large request { project: string action: { read, write, share } age: int 0..150
        trusted: bool default false }\n"
        .to_owned();
    for number in 0..rules {
        let project = number / 4;
        let rule = match number % 4 {
            0 => format!("allow when project is \"p{project}\" and action is read"),
            1 => format!(
                "allow when project is \"p{project}\" and action in {{read, write}} and age > {}",
                project % 90
            ),
            2 => {
                format!("deny when project is \"p{project}\" and age < {} and not trusted", project % 70 + 1)
            }
            _ => format!("allow when project is \"p{project}\" and action is share and age < 200 - 60"),
        };
        let _ = writeln!(out, "rule r{number} {{ {rule} }}");
    }
    out
}

#[test]
fn ten_thousand_rules_take_little_time() {
    let mut text = large(10_000);
    text += "rule late { allow when project is \"p7\" and action is read and age > 20 }\n\
             rule over { allow when project is \"p0\" and age < 0 + 1 and not trusted }\n\
             rule never { deny when project is \"p1\" and project like \"q*\" }\n";
    let model = model(&text);
    let start = Instant::now();
    let found = findings(&mut Compilation::new(model.clone()));
    let took = start.elapsed();
    println!("{} findings in {took:?}", found.len());
    assert!(took < Duration::from_secs(10), "{took:?}");
    let rules: Vec<&Kind> = found.iter().map(|finding| &finding.kind).collect();
    let (late, over, never) = (10_000, 10_001, 10_002);
    assert!(rules.contains(&&Kind::Covered { rule: late, by: vec![28] }), "{rules:?}");
    assert!(rules.contains(&&Kind::Outweighed { rule: over, by: vec![2] }), "{rules:?}");
    assert!(rules.contains(&&Kind::NeverFires { rule: never }), "{rules:?}");
}

const REQUEST: &str = "request {
  a: int 0..3 default 1  b: int 0..3  e: { p, q, r }  f: { p, q, r } default q  m: bool default false
}";

const ATOMS: [&str; 12] = [
    "a < 2",
    "b is 3",
    "a in {0, 2}",
    "b not in 1..2",
    "a < b",
    "a - b is 1",
    "e is p",
    "f in {q, r}",
    "e is f",
    "m",
    "b < 3",
    "e in {p, q}",
];

fn policy() -> impl Strategy<Value = String> {
    let rule = (
        prop::bool::ANY,
        condition(&ATOMS),
        prop::option::of(condition(&ATOMS)),
        prop::option::of(condition(&ATOMS)),
    );
    prop::collection::vec(rule, 2..8).prop_map(|rules| {
        let mut out = format!("policy random\n{REQUEST}\n");
        for (number, (allow, when, exception, inner)) in rules.into_iter().enumerate() {
            let effect = if allow { "allow" } else { "deny" };
            let inner = inner.map_or(String::new(), |when| format!("{{ except when {when} }}"));
            let exception = exception.map_or(String::new(), |when| format!("except when {when} {inner}"));
            let _ = writeln!(out, "rule r{number} {{ {effect} when {when} {exception} }}");
        }
        out
    })
}

/// All complete requests.
fn requests(model: &Model) -> Vec<Request> {
    let mut out = vec![Request::new()];
    for (id, attribute) in model.declared() {
        let mut values: Vec<Value> = match &attribute.kind {
            Type::Bool => vec![Value::Bool(false), Value::Bool(true)],
            Type::Int(low, high) => (*low..=*high).map(Value::Int).collect(),
            Type::Symbol(universe) => (0..universe.len()).map(Value::Symbol).collect(),
            _ => panic!("a type without enumeration"),
        };
        values.extend(attribute.is_optional().then_some(Value::None));
        out = out
            .iter()
            .flat_map(|request| values.iter().map(move |value| with(model, request, id, value)))
            .collect();
    }
    out
}

fn with(model: &Model, request: &Request, id: AttributeId, value: &Value) -> Request {
    let mut out = request.clone();
    out.put(model, id, AttributeInput::Value(value.clone())).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_so(text in policy(), seed in any::<u64>(), share in prop::sample::select(&[0, 50][..])) {
        let model = Arc::new(with_optional(&mut Random::new(seed), (*model(&text)).clone(), share));
        let fired: Vec<Vec<String>> = requests(&model)
            .iter()
            .map(|request| {
                let facts = Assignment::new(&model, request).unwrap();
                let completions = Completions::new(&model, &facts).expect("a complete request");
                let fires = |rule: &&Rule| completions.is_certain(rule.fires);
                model.rules.iter().filter(fires).map(|rule| rule.name.to_string()).collect()
            })
            .collect();
        let name = |at: usize| model.rules[at].name.to_string();
        let implies = |rule: usize, by: &[usize]| {
            fired.iter().all(|fired| !fired.contains(&name(rule)) || by.iter().any(|by| fired.contains(&name(*by))))
        };
        for finding in findings(&mut Compilation::new(model.clone())) {
            match finding.kind {
                Kind::NeverFires { rule } => prop_assert!(implies(rule, &[]), "{text}"),
                Kind::Outweighed { rule, by } => {
                    prop_assert!(by.iter().all(|by| model.rules[*by].effect == RuleEffect::Deny));
                    prop_assert!(implies(rule, &by), "{text}");
                }
                Kind::Covered { rule, by } | Kind::CoveredRow { rule, by } => {
                    prop_assert!(!by.contains(&rule) && implies(rule, &by), "{text}");
                }
                Kind::IdleException { .. } => {}
                Kind::PermissiveDefault { attribute, denied, sample } => {
                    let Presence::Default(own) = &model.attribute(attribute).unwrap().presence else { panic!() };
                    let effect = |value| {
                        let facts = Assignment::new(&model, &with(&model, &sample, attribute, value)).unwrap();
                        decide(&model, &facts).expect("a complete request").effect
                    };
                    prop_assert_eq!(effect(own), Effect::Allow, "{}", text);
                    prop_assert_eq!(effect(&denied), Effect::Deny, "{}", text);
                    if let Some(left_out) = decide(&model, &Assignment::new(&model, &sample).unwrap()) {
                        prop_assert_eq!(left_out.effect, Effect::Allow, "{}", text);
                    }
                }
            }
        }
    }
}

#[test]
fn an_exception_of_a_table_is_idle_only_in_all_rows() {
    let text = |second: &str| {
        format!(
            "policy p request {{ a: int 0..9 }}
            table t {{ allow except odd when a is 3 | x |\n| a |\n| 5 |\n| {second} |\n}}"
        )
        .replace("| x |", "")
    };
    assert!(found(&text("3..4")).is_empty(), "{:?}", found(&text("3..4")));
    assert_eq!(found(&text("4")), ["odd idle in t/1"]);
}

#[test]
fn rules_that_ask_for_dates_that_exclude_each_other_never_fire() {
    let text = "policy p request { born: date  today: date  ok: bool }
        rule unborn { allow when years(born, today) >= 18 and born > today }
        rule adults { allow when years(born, today) >= 18 except early when today - born < 6000 days }
        rule grown { allow when years(born, today) >= 21 and born < today }
        rule other { allow when years(born, today) >= 0 and ok }";
    assert_eq!(found(text), ["unborn never fires", "early idle in adults", "grown covered by adults"]);
}
