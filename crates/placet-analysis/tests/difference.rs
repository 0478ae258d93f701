//! Differences between two policies, checked against the answers to requests.

use placet_analysis::difference::{
    AttributeChange, Constraint, Difference, Effect, Region, RuleChange, difference,
};
use placet_check::check;
use placet_model::decision::Effect as Decided;
use placet_model::input::Fact;
use placet_model::request::{Assignment, AttributeInput, Request, named, named_set};
use placet_model::types::{Members, Type};
use placet_model::value::Value;
use placet_model::{Model, reference};
use placet_syntax::{Limits, source::load_text};
use proptest::prelude::*;

fn model(text: &str) -> Model {
    let limits = Limits::default();
    let (model, diagnostics) = check(&load_text("policy", text, &limits), &limits);
    let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?} in\n{text}");
    model.expect("it compiles")
}

fn compared(old: &str, new: &str) -> Difference {
    difference(&model(old), &model(new))
}

/// The real policy without its proofs and tests, which the edits would break.
fn privacy() -> String {
    let text = include_str!("../../../examples/zai/privacy.placet");
    let end =
        ["\nprove ", "\nexample ", "\ntest ", "\ncases "].iter().filter_map(|word| text.find(word)).min();
    text[..end.unwrap()].to_owned()
}

fn edited(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old}");
    text.replace(old, new)
}

fn is<'r>(region: &'r Region, of: &str) -> Option<&'r str> {
    region.when.iter().find(|constraint| constraint.of == of).map(|constraint| &*constraint.is)
}

/// The cause of a region that is one rule.
fn only_cause(region: &Region) -> &str {
    let [rule] = &region.rules[..] else { panic!("one cause: {region:?}") };
    rule
}

#[test]
fn three_edits_of_the_real_policy_are_three_regions() {
    let old = privacy();
    let new = edited(&old, "deny when subject.age < 13\n", "deny when subject.age < 14\n");
    let new = edited(
        &new,
        "| provide        | provide              | * ",
        "| provide        | deliver, analyze     | * ",
    );
    let new = edited(
        &new,
        "      except consented when marketing_consent\n",
        "      except consented when marketing_consent or not objected\n",
    );
    let new = edited(
        &new,
        "| marketing            | true              | *",
        "| marketing            | *                 | *",
    );
    let found = compared(&old, &new);
    assert!(found.attributes.is_empty());
    let mut by: Vec<(String, Effect)> =
        found.effects.iter().map(|region| (region.rules.join(" + "), region.to)).collect();
    by.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let by: Vec<(&str, Effect)> = by.iter().map(|(rules, to)| (&**rules, *to)).collect();
    let expected = [
        ("children", Effect::Deny),
        ("marketing_consent_missing + purposes/marketing", Effect::Allow),
        ("purposes/provide", Effect::Deny),
    ];
    assert_eq!(by, expected);
    let of = |rule: &str| {
        found.effects.iter().find(|region| region.rules.iter().any(|name| name == rule)).unwrap()
    };
    assert_eq!(is(of("children"), "subject.age"), Some("13"));
    assert_eq!(is(of("purposes/provide"), "purpose"), Some("maintain"));
    assert_eq!(is(of("purposes/provide"), "action"), Some("collect, use"));
    assert_eq!(is(of("purposes/marketing"), "purpose"), Some("marketing"));
    for region in &found.effects {
        let sample = region.sample.as_ref().unwrap();
        assert!(region.certain);
        assert_eq!((sample.before.effect, sample.after.effect), (region.from, region.to));
    }
    assert_eq!(of("children").sample.as_ref().unwrap().after.rules, ["children"]);
    let totals = found.totals.unwrap();
    assert_eq!(totals.changed, found.effects.iter().map(|region| region.classes).sum::<u128>());
}

#[test]
fn a_deadline_alone_changes_a_rule_and_no_effect() {
    let old = privacy();
    let found = compared(
        &old,
        &edited(&old, "oblige erase\n      because", "oblige erase within 30 days\n      because"),
    );
    assert!(found.attributes.is_empty() && found.effects.is_empty() && !found.is_same);
    let [RuleChange::Changed { rule, parts, fires_elsewhere: false, obliges_elsewhere: false }] =
        &found.rules[..]
    else {
        panic!("{:?}", found.rules)
    };
    assert_eq!(rule, "children");
    assert_eq!(
        (parts[0].what, &*parts[0].old[0], &*parts[0].new[0]),
        ("obligations", "erase", "erase within 30 days")
    );
}

#[test]
fn a_policy_is_the_same_as_itself() {
    let found = compared(&privacy(), &privacy());
    assert!(found.is_same && found.rules.is_empty() && found.totals.unwrap().changed == 0);
}

const DOOR: &str = r#"policy door
request { age: int 0..150  member: bool  day: { mon, tue, sun }  at: time  since: time }
rule young { deny when age < 18 and not member }
table days {
  allow when age >= 6
  | day      | member |
  | mon, tue | *      |
  | sun      | true   |
}
rule fresh { cite "§1"  deny when at - since > 30 days }
"#;

#[test]
fn refactorings_change_nothing() {
    let new = r#"policy door
request { since: time  day: { sun, tue, mon }  age: int 0..150  at: time  member: bool }
let grown = age >= 18
rule fresh { cite "§1"  deny when at > since + 30 days }
table days {
  allow when not (age < 6)
  | member | day            |
  | true   | not {mon, tue} |
  | *      | {tue, mon}     |
}
rule young { deny when not (grown or member) }
"#;
    let found = compared(DOOR, new);
    assert!(found.is_same, "{found:?}");
}

#[test]
fn a_rule_of_another_name_is_the_rule_renamed() {
    let found = compared(DOOR, &DOOR.replace("rule young", "rule minors"));
    let [RuleChange::Changed { parts, fires_elsewhere: false, .. }] = &found.rules[..] else {
        panic!("{found:?}")
    };
    assert_eq!(parts[0].what, "name");
    assert!(found.effects.is_empty());
}

#[test]
fn a_row_without_a_name_moves_up_when_one_before_it_goes() {
    let row = "  | mon, tue | *      |\n";
    assert!(DOOR.contains(row));
    let found = compared(DOOR, &DOOR.replace(row, ""));
    assert_eq!(found.rules, [RuleChange::Removed { rule: "days/1".into(), effect: "allow" }]);
    let [region] = &found.effects[..] else { panic!("{found:?}") };
    assert_eq!((region.to, is(region, "day")), (Effect::Deny, Some("mon, tue")));
}

#[test]
fn an_age_is_an_exact_interval() {
    let text = "policy door request { age: int 0..150 } rule adults { allow when age >= 18 }";
    let found = compared(text, &text.replace("18", "16"));
    let [region] = &found.effects[..] else { panic!("{found:?}") };
    assert_eq!((region.when.len(), is(region, "age")), (1, Some("16..17")));
    assert!(region.exact && region.certain && region.classes == 1);
    assert_eq!((region.from, region.to), (Effect::Deny, Effect::Allow));
    assert_eq!(region.sample.as_ref().unwrap().request["age"], Fact::Int(16));
    assert_eq!(found.totals.unwrap().compared, 3);
}

#[test]
fn a_relation_is_told_and_sampled() {
    let found = compared(DOOR, &DOOR.replace("30 days", "20 days"));
    let [region] = &found.effects[..] else { panic!("{found:?}") };
    assert_eq!(is(region, "at - since"), Some("> 20 days and <= 30 days"));
    assert!(region.certain, "{region:?}");
    assert_eq!(region.sample.as_ref().unwrap().after.rules, ["fresh"]);
}

#[test]
fn values_that_one_policy_does_not_know_are_not_compared() {
    let new = DOOR
        .replace("{ mon, tue, sun }", "{ mon, tue, wed, sun }")
        .replace("| mon, tue |", "| not sun  |")
        .replace("age: int 0..150", "age: int 1..120")
        .replace("member: bool", "member: bool default false");
    let found = compared(DOOR, &new);
    assert!(found.effects.is_empty() && found.rules.is_empty(), "{found:?}");
    let expected = [
        AttributeChange::Type { attribute: "age".into(), old: "int 0..150".into(), new: "int 1..120".into() },
        AttributeChange::Presence {
            attribute: "member".into(),
            old: "missing".into(),
            new: "default false".into(),
        },
        AttributeChange::Values { attribute: "day".into(), added: vec!["wed".into()], removed: Vec::new() },
    ];
    assert_eq!(found.attributes, expected);
}

#[test]
fn related_names_that_one_policy_does_not_know_hide_no_change() {
    for (before, after) in [
        (
            "a: { p, q, z }, b: { p, q, z } } rule r { allow when a is b and a is z and b is z }",
            "a: { q, z }, b: { p, q, z }",
        ),
        (
            "a: { p, q, z }, b: set of { p, q, z } } rule r { allow when a in b and a is z and all b in {z} }",
            "a: { q, z }, b: set of { p, q, z }",
        ),
    ] {
        let old = format!("policy p request {{ {before}");
        let new = format!("policy p request {{ {after}, m: bool }} rule r {{ allow when m and not m }}");
        let change = compared(&old, &new);
        assert_eq!(change.effects.len(), 1, "{change:?}");
        assert_eq!((change.effects[0].from, change.effects[0].to), (Effect::Allow, Effect::Deny));
    }
}

#[test]
fn none_is_told_as_a_value_of_its_attribute() {
    let text = "policy p request { a: int? 0..9  m: bool } rule r { allow when m and WHEN }";
    let compared = |old: &str, new: &str| compared(&text.replace("WHEN", old), &text.replace("WHEN", new));
    let told = |found: &Difference| -> Vec<String> {
        let when = |region: &Region| {
            let parts = region.when.iter().map(|one| format!("{} {}", one.of, one.is));
            format!("{}: {}", region.to.as_str(), parts.collect::<Vec<_>>().join(", "))
        };
        let mut all: Vec<String> = found.effects.iter().map(when).collect();
        all.sort();
        all
    };
    let found = compared("a < 5", "(a < 5 or a is none)");
    assert_eq!(told(&found), ["allow: a none, m true"]);
    assert_eq!(found.effects[0].sample.as_ref().unwrap().request["a"], Fact::Null);
    assert_eq!(told(&compared("a < 5", "a < 7")), ["allow: a 5..6, m true"]);
    assert_eq!(told(&compared("a is none", "m")), ["allow: a not none, m true"]);
}

#[test]
fn none_is_not_compared_where_one_policy_does_not_know_it() {
    let old = "policy p request { a: int 0..9  m: bool } rule r { allow when a < 5 }";
    let new = "policy p request { a: int? 0..9  m: bool } rule r { allow when a < 5 or a is none }";
    let found = compared(old, new);
    let types: Vec<String> = found
        .attributes
        .iter()
        .filter_map(|change| match change {
            AttributeChange::Type { attribute, old, new } => Some(format!("{attribute}: {old} to {new}")),
            _ => None,
        })
        .collect();
    assert_eq!(types, ["a: int 0..9 to int? 0..9"]);
    assert!(found.effects.is_empty(), "{:?}", found.effects);
    // A value that both know is compared.
    let found = compared(old, &new.replace("a < 5", "a < 7"));
    let [region] = &found.effects[..] else { panic!("{:?}", found.effects) };
    assert_eq!(is(region, "a"), Some("5..6"));
    assert!(region.sample.is_some());
}

#[test]
fn attributes_of_one_policy_are_free_in_the_other() {
    let old = "policy door request { age: int 0..150 vip: bool } rule adults { allow when age >= 18 or vip }";
    let new =
        "policy door request { age: string staff: bool } rule adults { allow when age is \"old\" or staff }";
    let found = compared(old, new);
    assert_eq!(found.attributes.len(), 3, "{found:?}");
    assert_eq!(found.effects.len(), 2, "either way: {found:?}");
    assert!(found.effects.iter().all(|region| region.certain));
}

#[test]
fn a_rule_turned_into_its_contrary_changes_effects() {
    let old = "policy door request { a: bool b: bool } rule r { allow when a } rule s { allow when b }";
    let found = compared(old, &old.replace("r { allow", "r { deny"));
    let [region] = &found.effects[..] else { panic!("{found:?}") };
    assert_eq!((only_cause(region), is(region, "a"), region.exact), ("r", Some("true"), true));
    assert!(matches!(&found.rules[..], [RuleChange::Changed { parts, .. }] if parts[0].what == "effect"));
}

#[test]
fn categories_stand_for_what_is_below_them() {
    let old = "policy p taxonomy Aim { give, sell { mail, advert { big, small } } }
        request { aim: Aim } rule r { allow when aim is give }";
    let found = compared(old, &old.replace("aim is give", "aim in {give, advert}"));
    assert_eq!(is(&found.effects[0], "aim"), Some("advert"));
}

#[test]
fn a_cause_explains_the_direction_of_the_change() {
    let old = "policy p request { age: int 0..150  consented: bool  confirmed: bool }
        rule consent { allow when consented }
        rule children { deny when age < 16 }";
    // The allow is tightened and the denial narrowed: only the latter allows anything more.
    let new = old.replace("when consented", "when consented and confirmed").replace("16", "13");
    let found = compared(old, &new);
    let by: Vec<(Effect, &str)> =
        found.effects.iter().map(|region| (region.to, only_cause(region))).collect();
    assert_eq!(by.len(), 2, "{found:#?}");
    assert!(by.contains(&(Effect::Allow, "children")), "{found:#?}");
    assert!(by.contains(&(Effect::Deny, "consent")), "{found:#?}");
}

#[test]
fn rules_that_change_an_effect_only_together_are_one_cause() {
    let old = "policy p request { a: bool  b: bool  c: bool }
        rule first { allow when a }
        rule second { allow when b }
        rule third { deny when c }";
    let gone = old.replace("rule first { allow when a }", "").replace("rule second { allow when b }", "");
    let causes = |old: &str, new: &str| {
        let found = compared(old, new);
        found
            .effects
            .iter()
            .map(|region| region.rules.join("+"))
            .collect::<std::collections::BTreeSet<String>>()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let all = gone.clone() + "rule fourth { allow when c and not a and not b }";
    assert_eq!(causes(old, &gone), set(&["first", "second", "first+second"]));
    assert_eq!(causes(&gone, old), set(&["first", "second"]), "either allows by itself");
    assert_eq!(
        causes(&all, &(all.replace("rule third { deny when c }", "") + "rule fifth { allow when a }")),
        set(&["fifth", "third", "third+fifth"])
    );
}

// Against all requests of a small domain.

const CONDITIONS: [&str; 16] = [
    "n < 2",
    "n >= 1",
    "n is 3",
    "k in 1..2",
    "n - k > 0",
    "k - n >= 2",
    "n + k is 3",
    "e is x",
    "e in {y, z}",
    "b",
    "any s in {p}",
    "all s in {q}",
    "s is {p, q}",
    "e is x and b",
    "n > 1 or e is z",
    "not (b and k < 2)",
];

#[derive(Debug, Clone)]
struct Sketch {
    allow: bool,
    when: Vec<(usize, bool)>,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let when = prop::collection::vec((0..CONDITIONS.len(), any::<bool>()), 1..4);
    (any::<bool>(), when).prop_map(|(allow, when)| Sketch { allow, when })
}

#[derive(Debug, Clone)]
enum Edit {
    Remove(usize),
    Replace(usize, Sketch),
    Add(Sketch),
    Swap(usize, usize),
    Widen,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (0..6_usize).prop_map(Edit::Remove),
        (0..6_usize, sketch()).prop_map(|(at, sketch)| Edit::Replace(at, sketch)),
        sketch().prop_map(Edit::Add),
        (0..6_usize, 0..6_usize).prop_map(|(a, b)| Edit::Swap(a, b)),
        Just(Edit::Widen),
    ]
}

fn written(rules: &[(usize, Sketch)], wide: bool) -> String {
    let (ints, names) = if wide { ("0..4", "x, w, y, z") } else { ("0..3", "x, y, z") };
    let mut out = format!(
        "policy p request {{ n: int {ints}  k: int 0..3  e: {{ {names} }}  b: bool  s: set of {{ p, q }} }}\n"
    );
    for (name, Sketch { allow, when }) in rules {
        let parts: Vec<String> =
            when.iter()
                .map(|(at, holds)| {
                    if *holds {
                        format!("({})", CONDITIONS[*at])
                    } else {
                        format!("not ({})", CONDITIONS[*at])
                    }
                })
                .collect();
        let effect = if *allow { "allow" } else { "deny" };
        out.push_str(&format!("rule r{name} {{ {effect} when {} }}\n", parts.join(" and ")));
    }
    out
}

/// A request of the domain that both policies know.
#[derive(Debug)]
struct Point {
    n: i64,
    k: i64,
    e: &'static str,
    b: bool,
    s: &'static [&'static str],
}

fn points() -> Vec<Point> {
    let mut out = Vec::new();
    for n in 0..4 {
        for k in 0..4 {
            for e in ["x", "y", "z"] {
                for b in [false, true] {
                    for s in [&["p"][..], &["q"], &["p", "q"]] {
                        out.push(Point { n, k, e, b, s });
                    }
                }
            }
        }
    }
    out
}

/// The sample of a region.
fn request_of(model: &Model, region: &Region) -> Request {
    let sample = region.sample.as_ref().unwrap();
    request(model, sample.request.iter().map(|(name, value)| (&**name, value.clone())))
}

fn request<'n>(model: &Model, values: impl IntoIterator<Item = (&'n str, Fact)>) -> Request {
    let mut request = Request::new();
    for (name, value) in values {
        let id = model.find(name).unwrap();
        let given = match (value, &model.attribute(id).unwrap().kind) {
            (Fact::Bool(value), _) => AttributeInput::Value(Value::Bool(value)),
            (Fact::Int(value), _) => AttributeInput::Value(Value::Int(value)),
            (Fact::Text(name), Type::Symbol(universe)) => named(universe, &name).unwrap(),
            (Fact::Set(names), Type::Set { of: Members::Symbols(universe), .. }) => {
                let set = named_set(universe, names.iter().map(|name| &**name)).unwrap();
                AttributeInput::Value(Value::Symbols(set))
            }
            (value, kind) => panic!("{value:?} of {kind}"),
        };
        request.put(model, id, given).unwrap();
    }
    request
}

fn is_allowed(model: &Model, Point { n, k, e, b, s }: &Point) -> bool {
    let set = s.iter().copied().collect();
    let values: [(_, Fact); 5] =
        [("n", (*n).into()), ("k", (*k).into()), ("e", (*e).into()), ("b", (*b).into()), ("s", set)];
    let request = request(model, values);
    reference::decide(model, &Assignment::new(model, &request).unwrap()).unwrap().effect == Decided::Allow
}

/// Returns true if a number is among shown values and ranges.
fn is_among(number: i64, shown: &str) -> bool {
    shown.split(", ").any(|range| {
        range.split(" and ").all(|part| match part.split_once("..") {
            Some((low, high)) => (low.parse().unwrap()..=high.parse().unwrap()).contains(&number),
            None if part.starts_with("<= ") => number <= part[3..].parse().unwrap(),
            None if part.starts_with(">= ") => number >= part[3..].parse().unwrap(),
            None => number == part.parse::<i64>().unwrap(),
        })
    })
}

fn is_in(region: &Region, point: &Point) -> bool {
    region.when.iter().all(|Constraint { of, is, .. }| match of.as_str() {
        "n" => is_among(point.n, is),
        "k" => is_among(point.k, is),
        "n - k" => is_among(point.n - point.k, is),
        "k - n" => is_among(point.k - point.n, is),
        "n + k" | "k + n" => is_among(point.n + point.k, is),
        "e" => is.split(", ").any(|name| name == point.e),
        "b" => *is == point.b.to_string(),
        "s" => true,
        other => panic!("{other}: {is}"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn regions_are_where_effects_change(
        rules in prop::collection::vec(sketch(), 1..6),
        edits in prop::collection::vec(edit(), 0..4),
    ) {
        let before: Vec<(usize, Sketch)> = rules.into_iter().enumerate().collect();
        let mut after = before.clone();
        let mut wide = false;
        for (number, edit) in edits.into_iter().enumerate() {
            let count = after.len();
            match edit {
                Edit::Remove(at) if count > 1 => { after.remove(at % count); }
                Edit::Remove(_) => {}
                Edit::Replace(at, sketch) => after[at % count].1 = sketch,
                Edit::Add(sketch) => after.push((10 + number, sketch)),
                Edit::Swap(a, b) => after.swap(a % count, b % count),
                Edit::Widen => wide = true,
            }
        }
        let (old, new) = (model(&written(&before, false)), model(&written(&after, wide)));
        let found = difference(&old, &new);
        prop_assert!(found.too_large.is_none());
        let points = points();
        let mut changes = 0;
        for point in &points {
            let (was, is) = (is_allowed(&old, point), is_allowed(&new, point));
            let to = if is { Effect::Allow } else { Effect::Deny };
            let inside: Vec<&Region> =
                found.effects.iter().filter(|region| region.to == to && is_in(region, point)).collect();
            if was != is {
                changes += 1;
                prop_assert!(!inside.is_empty(), "{point:?} changes to {to:?}: {found:#?}");
            } else {
                let wrong = inside.iter().find(|region| region.exact && !region.when.iter().any(|when| when.of == "s"));
                prop_assert!(wrong.is_none(), "{point:?} does not change: {wrong:#?}");
            }
        }
        prop_assert_eq!(changes == 0, found.effects.is_empty(), "{:#?}", found);
        for region in &found.effects {
            prop_assert!(region.certain, "{:#?}", region);
            prop_assert!(points.iter().any(|point| is_in(region, point)));
            // The rules of the cause alone, exchanged in the old policy, give the new effect, and no fewer do.
            let name = |rule: &(usize, Sketch)| format!("r{}", rule.0);
            let exchanged = |cause: &[&String]| {
                let is_cause = |rule: &&(usize, Sketch)| cause.contains(&&name(rule));
                let kept = before.iter().filter(|rule| !is_cause(rule));
                let rules: Vec<(usize, Sketch)> = kept.chain(after.iter().filter(is_cause)).cloned().collect();
                model(&written(&rules, wide))
            };
            let all: Vec<&String> = region.rules.iter().collect();
            prop_assert!(!all.is_empty(), "{:#?}", region);
            let hybrid = exchanged(&all);
            if region.exact && !region.when.iter().any(|when| when.of == "s") {
                for point in points.iter().filter(|point| is_in(region, point)) {
                    prop_assert_eq!(is_allowed(&hybrid, point), region.to == Effect::Allow, "{:#?}", region);
                }
            }
            let sample = request_of(&hybrid, region);
            let effect = |model: &Model| {
                reference::decide(model, &Assignment::new(model, &sample).unwrap()).unwrap().effect
            };
            let wanted = if region.to == Effect::Allow { Decided::Allow } else { Decided::Deny };
            prop_assert!([wanted, Decided::Indeterminate].contains(&effect(&hybrid)), "{:#?}", region);
            for rule in &all {
                let fewer: Vec<&String> = all.iter().filter(|other| *other != rule).copied().collect();
                prop_assert!(effect(&exchanged(&fewer)) != wanted, "{} is not needed: {:#?}", rule, region);
            }
        }
    }
}

#[test]
fn a_difference_between_dates_has_a_sample() {
    let policy = |days: &str| {
        format!(
            "policy consents
            request {{ today: date  given: date  collected: date  consent: bool }}
            rule consent {{ allow when consent and today - given <= {days} days and given <= today }}
            rule retention {{ deny when today - collected > 30 days }}"
        )
    };
    let difference = compared(&policy("395"), &policy("180"));
    assert_eq!(difference.effects.len(), 1);
    let sample = difference.effects[0].sample.as_ref().expect("a request between the two");
    assert_eq!((sample.before.effect, sample.after.effect), (Effect::Allow, Effect::Deny));
    let ages = compared(
        &policy("395").replace("given <= today", "years(given, today) >= 0"),
        &policy("180").replace("given <= today", "years(given, today) >= 0"),
    );
    assert!(ages.effects.iter().all(|region| region.certain), "{ages:?}");
}
