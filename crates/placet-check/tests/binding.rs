//! The rules of the language that the checker enforces: each case has a text, and the codes of its diagnostics with the
//! texts at their spans.

use placet_check::check;
use placet_syntax::{Code, Limits, source::load_text};

/// The declarations that the conditions refer to.
const DECLARATIONS: &str = r#"policy shop
taxonomy Data { contact { email, phone }, usage { clicks, orders } }
taxonomy Purpose { deliver, marketing { newsletter, adverts } }
set reachable of Data = {contact}
request {
  age: int 0..150, share: number 0..1, member: bool, on: date, until: date, at: time, since: time, span: duration
  country: string, plan: { free, paid }, consent: { granted, refused }, granted: { granted, refused }, id: string required
  one: Data, data: set of Data, wanted: set of Data, maybe: set? of Data, purpose: Purpose, tags: set of string
}
let minor = age < 18
"#;

/// A text, and the diagnostics of a policy with it: codes, and the texts at their spans.
type Case = (&'static str, &'static [(Code, &'static str)]);

#[track_caller]
fn assert_found(text: &str, limits: &Limits, expected: &[(Code, &str)]) {
    let (model, diagnostics) = check(&load_text("shop.placet", text, limits), limits);
    let found: Vec<(Code, &str)> = diagnostics
        .iter()
        .map(|fault| {
            let span = fault.span().unwrap();
            (fault.code, &text[span.start as usize..span.end as usize])
        })
        .collect();
    assert_eq!(found, expected, "{text}");
    assert_eq!(model.is_none(), diagnostics.iter().any(placet_syntax::Diagnostic::is_error), "{text}");
}

/// Checks conditions of a denial.
#[track_caller]
fn assert_conditions(cases: &[Case]) {
    for (condition, expected) in cases {
        let text = format!("{DECLARATIONS}rule r {{ deny when {condition} }}");
        assert_found(&text, &Limits::default(), expected);
    }
}

/// Checks declarations.
#[track_caller]
fn assert_policies(cases: &[Case]) {
    for (declarations, expected) in cases {
        assert_found(&format!("policy p {declarations}"), &Limits::default(), expected);
    }
}

#[test]
fn names_are_resolved_by_the_type_of_the_other_side() {
    assert_conditions(&[
        ("plan is free and consent is refused", &[]),
        ("one in reachable and one in contact", &[]),
        ("one in data and all data in wanted", &[]),
        ("country in tags", &[]),
        ("membre", &[(Code::UnknownName, "membre")]),
        ("country is free", &[(Code::UnknownName, "free")]),
        ("one is emial", &[(Code::UnknownValue, "emial")]),
        ("one in reachabel", &[(Code::UnknownValue, "reachabel")]),
        ("plan is gold", &[(Code::UnknownValue, "gold")]),
        ("any data in {emial}", &[(Code::UnknownValue, "emial")]),
        // A value of the domain that is an attribute of the type, too.
        ("consent is granted", &[(Code::AmbiguousName, "granted")]),
        ("granted is refused", &[]),
    ]);
}

#[test]
fn comparisons_need_values_of_one_type() {
    assert_conditions(&[
        ("age > 17 and share > 0.5 and share < 1", &[]),
        ("age is \"x\"", &[(Code::WrongType, "\"x\"")]),
        ("age is member", &[(Code::WrongType, "member")]),
        ("age < 2026-01-01", &[(Code::WrongType, "2026-01-01")]),
        ("age > 5 days", &[(Code::WrongType, "5 days")]),
        ("age < 1.5", &[(Code::NumeralOutOfReach, "1.5")]),
        ("age > 99999999999999999999", &[(Code::NumeralOutOfReach, "99999999999999999999")]),
        ("member is 1", &[(Code::WrongType, "1")]),
        ("plan is \"free\"", &[(Code::WrongType, "\"free\"")]),
        ("country is plan", &[(Code::WrongType, "plan")]),
        ("on < 2026-01-01T00:00:00Z", &[(Code::WrongType, "2026-01-01T00:00:00Z")]),
        ("at < 2026-01-01", &[(Code::WrongType, "2026-01-01")]),
        ("span > 5", &[(Code::WrongType, "5")]),
        ("span < 9999999999999999 days", &[(Code::NumeralOutOfReach, "9999999999999999 days")]),
        ("minor is true", &[(Code::WrongType, "minor")]),
    ]);
}

#[test]
fn orders_and_patterns_need_ordered_types_and_strings() {
    assert_conditions(&[
        ("country like \"S*\"", &[]),
        ("country < \"a\"", &[(Code::WrongType, "country")]),
        ("plan < paid", &[(Code::WrongType, "plan")]),
        ("country like free", &[(Code::WrongType, "free")]),
        ("age like \"1*\"", &[(Code::WrongType, "age")]),
    ]);
}

#[test]
fn sums_need_types_that_can_be_added() {
    assert_conditions(&[
        ("at - since > 1 day and at + 1 day > since", &[]),
        ("on - until > 2 days and on + 2 days < until", &[]),
        ("years(on, until) >= 18", &[]),
        ("on + 36 hours < 2026-03-01", &[(Code::PartialDays, "36 hours")]),
        ("at + since > at", &[(Code::WrongType, "at + since")]),
        ("age + share > 1", &[(Code::WrongType, "share")]),
        ("years(age, on) > 18", &[(Code::WrongType, "age")]),
        ("years(on, until) is on", &[(Code::WrongType, "on")]),
    ]);
}

#[test]
fn sets_need_a_quantifier_and_members_of_their_type() {
    assert_conditions(&[
        ("any data in reachable and no tags in {\"x\"} and all data in usage", &[]),
        ("data is wanted and data is {email}", &[]),
        ("data is email", &[(Code::WrongType, "email")]),
        ("data in {email}", &[(Code::WrongType, "data in {email}")]),
        ("one is {email}", &[(Code::WrongType, "{email}")]),
        ("any age in {1}", &[(Code::WrongType, "age")]),
        ("any tags in {email}", &[(Code::WrongType, "email")]),
        ("any data in {\"email\"}", &[(Code::WrongType, "\"email\"")]),
        ("any tags in data", &[(Code::WrongType, "data")]),
        ("purpose in data", &[(Code::WrongType, "purpose")]),
        ("one is contact", &[(Code::NotOneLeaf, "contact")]),
        ("maybe is {}", &[]),
        ("data is {}", &[(Code::OutsideDomain, "{}")]),
        ("any data in {}", &[(Code::EmptySet, "{}")]),
        ("plan in {}", &[(Code::EmptySet, "{}")]),
    ]);
}

#[test]
fn bare_values_are_rejected_as_conditions() {
    assert_conditions(&[
        ("member and minor and not member", &[]),
        ("age", &[(Code::NotACondition, "age")]),
        ("not plan", &[(Code::NotACondition, "plan")]),
    ]);
}

#[test]
fn values_lie_in_their_domain() {
    assert_conditions(&[
        ("age is 150 or age in 0..149", &[]),
        ("age is 151", &[(Code::OutsideDomain, "151")]),
        ("age - 1 is 151", &[(Code::OutsideDomain, "151")]),
        ("share is 2", &[(Code::OutsideDomain, "2")]),
        ("age in {1, 200}", &[(Code::OutsideDomain, "200")]),
        ("age in 140..160", &[(Code::OutsideDomain, "160")]),
        ("age in 17..13", &[(Code::EmptyRange, "17..13")]),
    ]);
}

#[test]
fn comparisons_that_never_hold_are_errors_and_those_that_always_hold_warnings() {
    assert_conditions(&[
        ("age > 200", &[(Code::NeverHolds, "age > 200")]),
        ("not (age < 0)", &[(Code::NeverHolds, "age < 0")]),
        ("share > 1", &[(Code::NeverHolds, "share > 1")]),
        ("age >= 0", &[(Code::AlwaysHolds, "age >= 0")]),
        ("age <= 150", &[(Code::AlwaysHolds, "age <= 150")]),
        ("plan in {free, paid}", &[(Code::AlwaysHolds, "plan in {free, paid}")]),
        (
            "one in {email, phone, clicks, orders}",
            &[(Code::AlwaysHolds, "one in {email, phone, clicks, orders}")],
        ),
        ("country like \"*\"", &[(Code::AlwaysHolds, "country like \"*\"")]),
        ("age is age", &[(Code::ComparedWithItself, "age is age")]),
        ("data is data", &[(Code::ComparedWithItself, "data is data")]),
        ("any data in data", &[(Code::ComparedWithItself, "any data in data")]),
    ]);
}

#[test]
fn missing_may_only_make_an_answer_stricter() {
    assert_conditions(&[
        ("age is missing", &[]),
        ("not (age is known)", &[]),
        ("not (age is missing)", &[(Code::MissingLoosens, "age is missing")]),
        ("age is known", &[(Code::MissingLoosens, "age is known")]),
        ("id is missing", &[(Code::NeverMissing, "id")]),
    ]);
    assert_policies(&[
        ("request { a: bool, b: bool } rule r { allow when a and b is known }", &[]),
        ("request { a: bool, b: bool } rule r { allow when a except when b is missing }", &[]),
        ("request { a: bool, b: bool } rule r { allow when a oblige x when b is missing }", &[]),
        (
            "request { a: bool, b: bool } rule r { allow when a and b is missing }",
            &[(Code::MissingLoosens, "b is missing")],
        ),
        (
            "request { a: bool, b: bool } rule r { deny when a except when b is missing }",
            &[(Code::MissingLoosens, "b is missing")],
        ),
        (
            "request { a: bool, b: bool } where b is missing { rule r { allow when a } }",
            &[(Code::MissingLoosens, "b is missing")],
        ),
        (
            "request { a: bool, b: bool } rule r { allow when a } prove q { never allow when b is missing }",
            &[(Code::MissingInProof, "b is missing")],
        ),
    ]);
}

#[test]
fn names_are_declared_once() {
    assert_policies(&[
        ("policy q request { a: bool } rule r { allow when a }", &[(Code::RepeatedHeader, "policy q")]),
        ("request { a: bool, a: int } rule r { allow when a }", &[(Code::RepeatedName, "a")]),
        (
            "request { a: { x, x } } rule r { allow when a is x }",
            &[(Code::RepeatedName, "x"), (Code::AlwaysHolds, "a is x")],
        ),
        (
            "taxonomy T { x, y { x } } request { a: T } rule r { allow when a is x }",
            &[(Code::RepeatedName, "x")],
        ),
        ("request { a: bool } rule r { allow when a } rule r { deny when a }", &[(Code::RepeatedName, "r")]),
        ("request { a: bool } let l = a let l = not a rule r { allow when l }", &[(Code::RepeatedName, "l")]),
        ("request { a: bool } let a = true rule r { allow when a }", &[(Code::ClashingNames, "a")]),
        (
            "request { a: bool } rule r { allow when a } prove q { never allow when a } \
             prove q { never allow when not a }",
            &[(Code::RepeatedName, "q")],
        ),
        ("request { a: bool } rule default { allow when a }", &[(Code::ReservedName, "default")]),
    ]);
    let text = "request { a: bool } rule r { allow when a }";
    assert_found(text, &Limits::default(), &[(Code::MissingHeader, "")]);
}

#[test]
fn lets_and_sets_are_not_defined_by_themselves() {
    assert_policies(&[
        ("request { a: bool } let l = m let m = a rule r { allow when l }", &[]),
        ("request { a: bool } let l = m let m = l rule r { allow when l }", &[(Code::CyclicDefinition, "l")]),
        (
            "taxonomy T { x, y } set s of T = {u} set u of T = {s} request { a: T } rule r { allow when a in s }",
            &[(Code::CyclicDefinition, "s")],
        ),
        (
            "taxonomy T { x, y } set x of T = {x} request { a: T } rule r { allow when a in x }",
            &[(Code::CyclicDefinition, "x")],
        ),
    ]);
}

#[test]
fn types_are_known_and_not_empty() {
    assert_policies(&[
        (
            "taxonomy T { x, y } set s of T = {x, y} set u of s = {y} request { a: T } \
             rule r { allow when a in u }",
            &[],
        ),
        (
            "taxonomy T { x, y } set s of T = {x} set u of s = {y} request { a: T } \
             rule r { allow when a in u }",
            &[(Code::SetNotContained, "{y}")],
        ),
        (
            "taxonomy T { x, y } set s of T = {} request { a: T } rule r { allow when a in s }",
            &[(Code::EmptyDeclaration, "set s of T = {}")],
        ),
        (
            "taxonomy T { } request { a: T } rule r { allow when a is x }",
            &[(Code::EmptyDeclaration, "taxonomy T { }")],
        ),
        ("request { a: Dta } rule r { allow when a is x }", &[(Code::UnknownType, "Dta")]),
        ("request { a: set of int } rule r { allow when a is x }", &[(Code::UnknownType, "int")]),
        ("request { a: int 9..1 } rule r { allow when a is 1 }", &[(Code::EmptyRange, "9..1")]),
    ]);
}

#[test]
fn defaults_are_values_of_the_type() {
    assert_policies(&[
        ("request { a: int 0..9 default 9 } rule r { allow when a is 1 }", &[]),
        ("request { a: int 0..9 default 10 } rule r { allow when a is 1 }", &[(Code::OutsideDomain, "10")]),
        ("request { a: int 0..9 default \"x\" } rule r { allow when a is 1 }", &[(Code::WrongType, "\"x\"")]),
        (
            "taxonomy T { x { y, z } } request { a: T default x } rule r { allow when a is y }",
            &[(Code::NotOneLeaf, "x")],
        ),
    ]);
}

#[test]
fn rules_have_one_effect_and_the_parts_that_fit_it() {
    assert_policies(&[
        ("request { a: bool } rule r { allow when a otherwise deny basis consent }", &[]),
        ("request { a: bool } rule r { cite \"x\" }", &[(Code::EffectCount, "r")]),
        ("request { a: bool } rule r { allow when a deny when a }", &[(Code::EffectCount, "deny")]),
        (
            "request { a: bool } rule r { deny when a otherwise deny }",
            &[(Code::MisplacedOtherwise, "otherwise deny")],
        ),
        (
            "request { a: bool } rule r { deny when a basis consent }",
            &[(Code::MisplacedBasis, "basis consent")],
        ),
        ("request { a: bool } rule r { allow when a basis whim }", &[(Code::MisplacedBasis, "whim")]),
        (
            "request { a: bool } rule r { allow when a basis consent basis contract }",
            &[(Code::RepeatedPart, "basis contract")],
        ),
        (
            "request { a: bool } rule r { allow when a because \"x\" because \"y\" }",
            &[(Code::RepeatedPart, "because \"y\"")],
        ),
    ]);
}

#[test]
fn exceptions_of_a_rule_have_different_names() {
    assert_policies(&[
        ("request { a: bool, b: bool } rule r { allow when a except e when b except f when not b }", &[]),
        ("request { a: bool, b: bool } rule r { allow when a except when b except when not b }", &[]),
        (
            "request { a: bool, b: bool } rule r { allow when a except e when b except e when not b }",
            &[(Code::RepeatedException, "e")],
        ),
        ("request { a: bool, b: bool } rule r { allow when a except e when c }", &[(Code::UnknownName, "c")]),
    ]);
}

#[test]
fn cells_are_checked_like_the_comparisons_that_they_complete() {
    const REQUEST: &str = "policy p request { a: int 0..9, b: { x, y } } table t";
    let cases: [Case; 12] = [
        ("{ allow\n| a | b is |\n| 1 | x |\n| < 5 | not y |\n| * | * |\n}", &[]),
        ("{ allow\n| a | b is |\n| 1 | z |\n}", &[(Code::UnknownValue, "z")]),
        ("{ allow\n| a | b is |\n| 12 | x |\n}", &[(Code::OutsideDomain, "12")]),
        ("{ allow\n| a | b |\n| < 0 | x |\n}", &[(Code::NeverHolds, "< 0")]),
        ("{ allow\n| a | b in |\n| * | {x, y} |\n}", &[(Code::AlwaysHolds, "{x, y}")]),
        ("{ allow\n| a | c |\n| 1 | n |\n}", &[(Code::UnknownName, "c")]),
        ("{ allow\n| a | b is | basis |\n| 1 | x | whim |\n}", &[(Code::MisplacedBasis, "whim")]),
        ("{ deny\n| a | basis |\n| 1 | consent |\n}", &[(Code::MisplacedBasis, "consent")]),
        ("{ allow basis consent\n| a | basis |\n| 1 | contract |\n}", &[(Code::MisplacedColumn, "basis")]),
        ("{ allow\n| a | name |\n| 1 | n |\n| 2 | n |\n}", &[(Code::RepeatedName, "n")]),
        ("{ allow otherwise deny\n| a |\n| 1 |\n}", &[(Code::MisplacedOtherwise, "otherwise deny")]),
        ("{ allow\n| a |\n}", &[(Code::EmptyDeclaration, "table t { allow\n| a |\n}")]),
    ];
    for (table, expected) in cases {
        assert_found(&format!("{REQUEST} {table}"), &Limits::default(), expected);
    }
}

#[test]
fn examples_and_tests_are_checked_like_requests() {
    const RULE: &str = "policy p request { a: int 0..9 } rule r { allow when a > 3 oblige x }";
    let cases: [Case; 9] = [
        ("example e { a: 5 } test \"t\" { given e expect allow by r oblige x }", &[]),
        ("test \"t\" { given { a: 10 } expect error a }", &[]),
        ("test \"t\" { given { a: 10 } expect allow }", &[(Code::OutsideDomain, "10")]),
        ("example e { b: 1 }", &[(Code::UnknownName, "b")]),
        ("example e { a: 1, a: 2 }", &[(Code::RepeatedName, "a")]),
        ("test \"t\" { given e expect allow }", &[(Code::UnknownName, "e")]),
        ("test \"t\" { given { a: 5 } expect allow by s }", &[(Code::UnknownName, "s")]),
        ("test \"t\" { given { a: 5 } expect allow oblige y }", &[(Code::UnknownName, "y")]),
        ("test \"t\" { given {} expect indeterminate by r }", &[(Code::MisplacedExpectation, "r")]),
    ];
    for (test, expected) in cases {
        assert_found(&format!("{RULE} {test}"), &Limits::default(), expected);
    }
}

#[test]
fn names_follow_the_usual_style() {
    assert_policies(&[
        ("request { Aa: bool } rule r { allow when Aa }", &[(Code::NameStyle, "Aa")]),
        (
            "taxonomy data { x, y } request { a: data } rule r { allow when a is x }",
            &[(Code::NameStyle, "data")],
        ),
    ]);
}

#[test]
fn rules_and_diagnostics_are_limited() {
    let mut limits = Limits::default();
    limits.rules = 1;
    let text = "policy p request { a: bool } rule r { allow when a } rule s { deny when a }";
    assert_found(text, &limits, &[(Code::TooManyRules, "rule s { deny when a }")]);

    let mut limits = Limits::default();
    limits.diagnostics = 2;
    let text = "policy p request { a: bool } rule r { allow when b or c or d }";
    let expected = [(Code::UnknownName, "b"), (Code::UnknownName, "c"), (Code::TooManyFaults, "d")];
    assert_found(text, &limits, &expected);
}
