//! Breaks each invariant of a saved model on its own and checks the fault that is reported.

use super::*;
use crate::bits::BitSet;
use crate::condition::{Atom, Collection};
use crate::linear::{Linear, Term};
use crate::ranges::Ranges;
use crate::types::AttributeId;
use crate::value::Value;
use std::collections::BTreeSet;

const BOOL: usize = 0;
const INT: usize = 1;
const NUMBER: usize = 2;
const STRING: usize = 3;
const ENUM: usize = 4;
const LEAF: usize = 5;
const ENUMS: usize = 6;
const LEAVES: usize = 7;
const TEXTS: usize = 8;
const DATE: usize = 9;
const TIME: usize = 10;
const OTHER_BOOL: usize = 11;
const OTHER_LEAVES: usize = 12;
/// The companion of the date, which is optional.
const NO_DATE: usize = 13;

fn at(index: usize) -> AttributeId {
    AttributeId::new(index)
}

fn condition(index: u32) -> ConditionId {
    ConditionId::new(index)
}

fn text(text: &str) -> Arc<str> {
    text.into()
}

fn atom(atom: Atom) -> Condition {
    Condition::Leaf(atom)
}

fn symbols(bound: u32) -> BitSet {
    BitSet::from_iter(bound, [0])
}

fn pattern() -> placet_core::Pattern {
    placet_core::Pattern::from_pieces(vec!["a".into(), "b".into()])
}

fn texts() -> BTreeSet<Arc<str>> {
    BTreeSet::from([text("t")])
}

fn sum(terms: impl IntoIterator<Item = (usize, i128)>) -> Linear {
    terms.into_iter().fold(Linear::default(), |sum, (index, factor)| {
        sum.plus(Linear::term(Term::Attribute(at(index)), factor), 1)
    })
}

fn within(sum: Linear) -> Condition {
    atom(Atom::Within(sum, Ranges::new(0, i128::MAX)))
}

/// Returns a valid model: attributes of every type, an enum of two names, a taxonomy of three leaves, every condition.
fn valid() -> SavedModel {
    let kinds = [
        SavedType::Bool,
        SavedType::Int(0, 9),
        SavedType::Number(0.0, 1.0),
        SavedType::String,
        SavedType::Symbol(0),
        SavedType::Symbol(1),
        SavedType::Set { of: Some(0), may_be_empty: false },
        SavedType::Set { of: Some(1), may_be_empty: true },
        SavedType::Set { of: None, may_be_empty: false },
        SavedType::Date,
        SavedType::Time,
        SavedType::Bool,
        SavedType::Set { of: Some(1), may_be_empty: false },
    ];
    let attributes = kinds.into_iter().enumerate().map(|(number, kind)| SavedAttribute {
        name: format!("a{number}").into(),
        kind,
        is_optional: number == DATE,
        presence: Presence::Optional,
    });
    let location = SavedLocation { file: 0, line: 3 };
    let exception = |of| SavedException { of, name: None, when: condition(1), holds: condition(2), location };
    let obligation = Obligation { name: text("log"), within: Some(1), when: condition(0), text: None };
    let rule = SavedRule {
        name: text("r"),
        effect: RuleEffect::Allow,
        guard: condition(0),
        when: condition(1),
        fires: condition(3),
        exceptions: vec![exception(None), exception(Some(0)), exception(Some(0)), exception(None)],
        cites: vec![text("§1")],
        because: None,
        basis: None,
        obligations: vec![obligation],
        location,
    };
    SavedModel {
        name: text("p"),
        version: None,
        source: None,
        files: vec![text("p.placet")],
        universes: vec![
            SavedUniverse::Enum(vec![text("yes"), text("no")]),
            SavedUniverse::Taxonomy {
                name: text("Tree"),
                leaves: vec![text("oak"), text("elm"), text("fir")],
                categories: vec![(text("any"), 0, 3), (text("broad"), 0, 2)],
            },
        ],
        attributes: attributes.collect(),
        conditions: vec![
            Condition::Constant(true),
            atom(Atom::OneOf(at(BOOL), symbols(2))),
            Condition::Not(condition(1)),
            Condition::All([condition(1), condition(2)].into()),
            Condition::Any([condition(1), condition(3)].into()),
            atom(Atom::Missing(at(INT))),
            within(sum([(INT, 2), (DATE, -1)])),
            within(Linear::years(sum([(DATE, 1)]), sum([(TIME, 1)]))),
            within(Linear::months(sum([(DATE, 1)]), sum([(TIME, 1)]))),
            within(sum([(NUMBER, 1)])),
            atom(Atom::OneOf(at(ENUM), symbols(2))),
            atom(Atom::OneOf(at(LEAF), symbols(3))),
            atom(Atom::TextIn(at(STRING), texts())),
            atom(Atom::TextLike(at(STRING), pattern())),
            atom(Atom::Same(at(BOOL), at(OTHER_BOOL))),
            atom(Atom::AnyIn(at(ENUMS), Collection::Symbols(symbols(2)))),
            atom(Atom::AllIn(at(LEAVES), Collection::Symbols(symbols(3)))),
            atom(Atom::Exactly(at(TEXTS), Collection::Texts(texts()))),
            atom(Atom::AllIn(at(TEXTS), Collection::Like(pattern()))),
            atom(Atom::MemberOf(at(LEAF), at(LEAVES))),
            atom(Atom::MemberOf(at(STRING), at(TEXTS))),
            atom(Atom::Meet(at(LEAVES), at(OTHER_LEAVES))),
            atom(Atom::Subset(at(LEAVES), at(OTHER_LEAVES))),
            atom(Atom::SameSet(at(LEAVES), at(OTHER_LEAVES))),
            atom(Atom::OneOf(at(NO_DATE), symbols(2))),
        ],
        rules: vec![rule],
        lookups: vec![SavedLookup {
            name: text("home"),
            cases: vec![(Collection::Symbols(symbols(3)), text("15"))],
            otherwise: None,
        }],
        written: vec![SavedWritten {
            condition: condition(4),
            text: text("a1 < home(a5)"),
            calls: vec![(0, at(LEAF))],
        }],
        limits: SavedLimits { search_steps: 7, representatives: u64::MAX, related_representatives: 7 },
    }
}

#[test]
fn from_saved_restores_a_valid_model() {
    let saved = valid();
    let model = Model::from_saved(saved.clone()).unwrap();
    let mut again = model.to_saved();
    // A saved limit above the default is capped.
    assert_eq!(again.limits.representatives, 1 << 14);
    again.limits.representatives = u64::MAX;
    assert_eq!(again, saved);
    let exceptions = &model.rules[0].exceptions;
    assert_eq!(exceptions.iter().map(|e| e.exceptions.len()).collect::<Vec<_>>(), [2, 0]);
    assert_eq!(model.rules[0].location.to_string(), "p.placet:3");
    assert_eq!(model.find("a3"), Some(at(3)));
}

/// Returns the fault that is reported for the valid model after a change.
fn fault(change: impl FnOnce(&mut SavedModel)) -> String {
    let mut saved = valid();
    change(&mut saved);
    match Model::from_saved(saved) {
        Ok(_) => "none".to_owned(),
        Err(invalid) => invalid.to_string(),
    }
}

#[test]
fn from_saved_rejects_invalid_universes() {
    let change = |universe| fault(|saved| saved.universes[0] = universe);
    let tree = |leaves: &[&str], categories: &[(&str, u32, u32)]| SavedUniverse::Taxonomy {
        name: text("T"),
        leaves: leaves.iter().map(|leaf| text(leaf)).collect(),
        categories: categories.iter().map(|(name, first, end)| (text(name), *first, *end)).collect(),
    };
    let empty = "universe 0 of the saved policy is empty, or larger than numbers reach";
    assert_eq!(change(SavedUniverse::Enum(Vec::new())), empty);
    assert_eq!(change(tree(&[], &[])), empty);
    let twice = "universe 0 of the saved policy has a name twice";
    assert_eq!(change(SavedUniverse::Enum(vec![text("no"), text("no")])), twice);
    assert_eq!(change(tree(&["a", "a"], &[])), twice);
    assert_eq!(change(tree(&["a", "b"], &[("b", 0, 2)])), twice);
    let beyond = "universe 0 of the saved policy has a node with unknown leaves";
    assert_eq!(change(tree(&["a", "b"], &[("c", 1, 3)])), beyond);
    assert_eq!(change(tree(&["a", "b"], &[("c", 1, 1)])), beyond);
    assert_eq!(change(tree(&["a", "b"], &[("c", 2, 0)])), beyond);
    let other = fault(|saved| saved.universes.push(saved.universes[1].clone()));
    assert_eq!(other, "universe 2 of the saved policy has the name of another");
}

#[test]
fn from_saved_rejects_invalid_attributes() {
    let change = |change: fn(&mut SavedAttribute)| fault(|saved| change(&mut saved.attributes[INT]));
    assert_eq!(change(|a| a.name = text("")), "attribute 1 of the saved policy has no name");
    assert_eq!(change(|a| a.name = text("a0")), "attribute 1 of the saved policy has the name of another");
    let empty =
        "attribute 1 of the saved policy has a range that ends before it begins, or beyond all numbers";
    assert_eq!(change(|a| a.kind = SavedType::Int(1, 0)), empty);
    assert_eq!(change(|a| a.kind = SavedType::Number(1.0, 0.0)), empty);
    assert_eq!(change(|a| a.kind = SavedType::Number(f64::NAN, 0.0)), empty);
    assert_eq!(change(|a| a.kind = SavedType::Number(0.0, f64::INFINITY)), empty);
    let unknown = "attribute 1 of the saved policy refers to an unknown universe";
    assert_eq!(change(|a| a.kind = SavedType::Symbol(2)), unknown);
    assert_eq!(change(|a| a.kind = SavedType::Set { of: Some(2), may_be_empty: false }), unknown);
    let set = |a: &mut SavedAttribute| {
        (a.kind, a.is_optional) = (SavedType::Set { of: None, may_be_empty: true }, true);
    };
    assert_eq!(change(set), "attribute 1 of the saved policy is an optional set");
    let without_companion = fault(|saved| saved.attributes[DATE].is_optional = false);
    assert!(without_companion.ends_with("names an unknown attribute"), "{without_companion}");
}

#[test]
fn from_saved_rejects_defaults_outside_the_domain() {
    let default = |index: usize, value: Value| {
        fault(|saved| saved.attributes[index].presence = Presence::Default(value))
    };
    for (index, good, bad) in [
        (INT, Value::Int(9), Value::Int(10)),
        (NUMBER, Value::Number(0.5), Value::Number(f64::NAN)),
        (STRING, Value::String(text("")), Value::Symbol(0)),
        (ENUM, Value::Symbol(1), Value::Symbol(2)),
        (ENUMS, Value::Symbols(symbols(2)), Value::Symbols(symbols(3))),
        (LEAVES, Value::Symbols(BitSet::empty(3)), Value::Symbols(BitSet::empty(2))),
        (ENUMS, Value::Symbols(symbols(2)), Value::Symbols(BitSet::empty(2))),
        (TEXTS, Value::Texts(texts()), Value::Texts(BTreeSet::new())),
        (DATE, Value::Date(0), Value::Date(i32::MAX)),
        (DATE, Value::None, Value::Time(0)),
        (TIME, Value::Time(1), Value::None),
        (TIME, Value::Time(0), Value::Time(i64::MIN)),
    ] {
        assert_eq!(default(index, good), "none");
        let expected =
            format!("attribute {index} of the saved policy has a default that is not in its domain");
        assert_eq!(default(index, bad), expected);
    }
}

#[test]
fn from_saved_rejects_disordered_conditions() {
    let change = |node| fault(|saved| saved.conditions[4] = node);
    let says = |fault: &str| format!("condition 4 of the saved policy {fault}");
    let disordered = says("refers to itself or a later condition");
    assert_eq!(change(Condition::Not(condition(4))), disordered);
    assert_eq!(change(Condition::Not(condition(u32::MAX))), disordered);
    assert_eq!(change(Condition::All([condition(1), condition(5)].into())), disordered);
    assert_eq!(change(Condition::Any([condition(1)].into())), says("joins fewer than two conditions"));
    assert_eq!(change(Condition::All([].into())), says("joins fewer than two conditions"));
    let twice = says("joins conditions twice or in no order");
    assert_eq!(change(Condition::Any([condition(1), condition(1)].into())), twice);
    assert_eq!(change(Condition::Any([condition(2), condition(1)].into())), twice);
}

#[test]
fn from_saved_rejects_comparisons_of_other_types() {
    let change = |node| fault(|saved| saved.conditions[4] = atom(node));
    let says = |fault: &str| format!("condition 4 of the saved policy {fault}");
    let nowhere = at(99);
    for unknown in [
        Atom::Missing(nowhere),
        Atom::Within(sum([(99, 1)]), Ranges::new(0, 1)),
        Atom::OneOf(nowhere, symbols(2)),
        Atom::TextIn(nowhere, texts()),
        Atom::Same(at(BOOL), nowhere),
        Atom::AnyIn(nowhere, Collection::Texts(texts())),
        Atom::MemberOf(at(STRING), nowhere),
        Atom::Meet(at(TEXTS), nowhere),
    ] {
        assert_eq!(change(unknown), says("names an unknown attribute"));
    }
    let universe = says("has names of another universe");
    assert_eq!(change(Atom::OneOf(at(BOOL), symbols(3))), universe);
    assert_eq!(change(Atom::OneOf(at(LEAF), symbols(2))), universe);
    assert_eq!(change(Atom::AnyIn(at(LEAVES), Collection::Symbols(symbols(64)))), universe);
    assert_eq!(change(Atom::OneOf(at(INT), symbols(2))), says("takes an attribute for one of a few names"));
    assert_eq!(change(Atom::TextIn(at(ENUM), texts())), says("takes an attribute for a text"));
    let members = says("compares a set with members of another kind");
    assert_eq!(change(Atom::AllIn(at(TEXTS), Collection::Symbols(symbols(2)))), members);
    assert_eq!(change(Atom::Exactly(at(LEAVES), Collection::Texts(texts()))), members);
    assert_eq!(change(Atom::AnyIn(at(LEAVES), Collection::Like(pattern()))), members);
    let all_texts = says("compares a set with all texts of a pattern");
    assert_eq!(change(Atom::Exactly(at(TEXTS), Collection::Like(pattern()))), all_texts);
    assert_eq!(
        change(Atom::AnyIn(at(STRING), Collection::Texts(texts()))),
        says("takes an attribute for a set")
    );
    let unlike = says("compares attributes that can't be compared");
    for atom in [
        Atom::Same(at(BOOL), at(ENUM)),
        Atom::Same(at(INT), at(INT)),
        Atom::Same(at(ENUM), at(LEAF)),
        Atom::Same(at(BOOL), at(BOOL)),
        Atom::MemberOf(at(ENUM), at(LEAVES)),
        Atom::MemberOf(at(STRING), at(LEAVES)),
        Atom::Meet(at(ENUMS), at(LEAVES)),
        Atom::Subset(at(TEXTS), at(LEAVES)),
        Atom::SameSet(at(LEAVES), at(LEAVES)),
    ] {
        assert_eq!(change(atom), unlike);
    }
}

#[test]
fn from_saved_rejects_sums_out_of_reach() {
    let change = |sum, ranges| fault(|saved| saved.conditions[4] = atom(Atom::Within(sum, ranges)));
    let says = |fault: &str| format!("condition 4 of the saved policy {fault}");
    let some = || Ranges::new(0, 1);
    assert_eq!(change(Linear::constant(1), some()), says("is a sum of nothing"));
    let unordered = says("adds what has no sums");
    assert_eq!(change(sum([(STRING, 1)]), some()), unordered);
    assert_eq!(change(Linear::years(sum([(INT, 1)]), sum([(DATE, 1)])), some()), unordered);
    let far = says("exceeds the range of sums");
    assert_eq!(change(sum([(INT, i128::MIN)]), some()), far);
    assert_eq!(change(sum([(INT, 1 << 100)]), some()), far);
    assert_eq!(change(sum([(INT, 1)]).plus(Linear::constant(i128::MIN), 1), some()), far);
    assert_eq!(change(sum([(INT, 1)]), Ranges::new(0, i128::MAX - 1)), far);
    assert_eq!(change(sum([(INT, 1)]), Ranges::new(i128::MIN + 1, 0)), far);
    let years = Linear::years(sum([(DATE, i128::MAX)]), sum([(TIME, 1)]));
    assert_eq!(change(years, some()), far);
}

#[test]
fn deserialize_rejects_disordered_or_nested_sums() {
    fn read(terms: serde_json::Value) -> Result<Linear, serde_json::Error> {
        serde_json::from_value(serde_json::json!({ "terms": terms, "constant": 0 }))
    }
    let x = serde_json::json!({ "Attribute": 0 });
    let y = serde_json::json!({ "Attribute": 1 });
    let moment = serde_json::json!({ "terms": [[x, 1]], "constant": 0 });
    let nothing = serde_json::json!({ "terms": [], "constant": 0 });
    let years = serde_json::json!({ "Between": ["Years", nothing, moment] });
    let months = serde_json::json!({ "Between": ["Months", nothing, moment] });
    let deeper = serde_json::json!({ "terms": [[years, 1]], "constant": 0 });
    assert!(read(serde_json::json!([[x, 1], [y, -1], [months, 3], [years, 1]])).is_ok());
    assert!(read(serde_json::json!([[years, 1], [months, 1]])).is_err());
    assert!(read(serde_json::json!([[{ "Between": ["Weeks", nothing, moment] }, 1]])).is_err());
    assert!(read(serde_json::json!([[y, 1], [x, 1]])).is_err());
    assert!(read(serde_json::json!([[x, 1], [x, 1]])).is_err());
    assert!(read(serde_json::json!([[x, 0]])).is_err());
    assert!(read(serde_json::json!([[{ "Between": ["Years", nothing, nothing] }, 1]])).is_err());
    assert!(read(serde_json::json!([[{ "Between": ["Years", nothing, deeper] }, 1]])).is_err());
    assert!(serde_json::from_str::<placet_core::Pattern>(r#"{"pieces": []}"#).is_err());
}

#[test]
fn from_saved_rejects_rules_with_unknown_parts() {
    let change = |change: fn(&mut SavedRule)| fault(|saved| change(&mut saved.rules[0]));
    let unknown = "rule 0 of the saved policy refers to an unknown condition";
    assert_eq!(change(|rule| rule.guard = condition(99)), unknown);
    assert_eq!(change(|rule| rule.when = condition(99)), unknown);
    assert_eq!(change(|rule| rule.fires = condition(99)), unknown);
    assert_eq!(change(|rule| rule.obligations[0].when = condition(99)), unknown);
    assert_eq!(change(|rule| rule.exceptions[1].when = condition(99)), unknown);
    assert_eq!(change(|rule| rule.exceptions[1].holds = condition(99)), unknown);
    let nowhere = "rule 0 of the saved policy is in an unknown file";
    assert_eq!(change(|rule| rule.location.file = 1), nowhere);
    assert_eq!(change(|rule| rule.exceptions[1].location.file = 1), nowhere);
    let disordered = "rule 0 of the saved policy has an exception to something that isn't listed before it";
    assert_eq!(change(|rule| rule.exceptions[1].of = Some(1)), disordered);
    assert_eq!(change(|rule| rule.exceptions[1].of = Some(3)), disordered);
    assert_eq!(change(|rule| rule.exceptions[1].of = Some(u32::MAX)), disordered);
}

#[test]
fn from_saved_rejects_texts_with_unknown_parts() {
    assert_eq!(
        fault(|model| model.written[0].condition = condition(99)),
        "text 0 of the saved policy refers to an unknown condition"
    );
    assert_eq!(
        fault(|model| model.written[0].calls = vec![(1, at(LEAF))]),
        "text 0 of the saved policy refers to an unknown lookup"
    );
    assert_eq!(
        fault(|model| model.written[0].calls = vec![(0, at(99))]),
        "text 0 of the saved policy refers to an unknown attribute"
    );
    for key in [ENUM, STRING, INT] {
        assert_eq!(
            fault(|model| model.written[0].calls = vec![(0, at(key))]),
            "text 0 of the saved policy has a key of another type than its lookup"
        );
    }
    assert_eq!(
        fault(|model| model.lookups[0].cases.push((Collection::Like(pattern()), text("x")))),
        "lookup 0 of the saved policy has a pattern as its key"
    );
    assert_eq!(
        fault(|model| model.written.push(model.written[0].clone())),
        "text 1 of the saved policy is the second one of a condition"
    );
}

#[test]
fn from_saved_limits_the_nesting_of_exceptions() {
    fn nest(rule: &mut SavedRule, depth: u32) {
        let one = rule.exceptions[0].clone();
        let of = |at: u32| SavedException { of: at.checked_sub(1), ..one.clone() };
        rule.exceptions = (0..depth).map(of).collect();
    }
    assert_eq!(fault(|saved| nest(&mut saved.rules[0], 100)), "none");
    let deep = "rule 0 of the saved policy has exceptions nested too deeply";
    assert_eq!(fault(|saved| nest(&mut saved.rules[0], 101)), deep);
    assert_eq!(fault(|saved| nest(&mut saved.rules[0], 1_000_000)), deep);
}
