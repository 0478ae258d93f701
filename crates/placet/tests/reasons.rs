//! The reasons of decisions about incomplete requests: which of them certainly apply.

use placet::{Decision, Policy};

const TEXT: &str = r#"policy p
request { age: int 0..150  consent: { granted, refused, withdrawn }  restricted: bool }
rule ads { cite "§3" basis consent allow when consent is granted and age >= 18 }
rule children { cite "§1" deny when age < 13 oblige erase }
rule minors { cite "§1" deny when age < 18 }
rule refusal { cite "§2" deny when consent is not granted }
rule restriction { cite "§5" deny when restricted }
"#;

fn policy() -> Policy {
    Policy::from_text(TEXT).unwrap()
}

fn decide(request: &str) -> Decision {
    policy().decide_json(request).unwrap()
}

fn names<'a>(names: impl IntoIterator<Item = &'a std::sync::Arc<str>>) -> Vec<&'a str> {
    names.into_iter().map(|name| &**name).collect()
}

#[test]
fn certain_holds_the_rules_that_fire_in_every_completion() {
    let decision = decide(r#"{"consent": "refused"}"#);
    assert_eq!(names(&decision.rules), ["children", "minors", "refusal", "restriction"]);
    assert_eq!(names(decision.certain()), ["refusal"]);
    assert_eq!(names(decision.certain_cites()), ["§2"]);
    assert_eq!(names(&decision.uncertain.cites), ["§1", "§5"]);

    // The clause of an uncertain rule is certain where a certain one cites it too.
    let decision = decide(r#"{"age": 15, "consent": "granted"}"#);
    assert_eq!(names(decision.certain()), ["minors"]);
    assert_eq!((names(decision.certain_cites()), names(&decision.uncertain.cites)), (vec!["§1"], vec!["§5"]));
}

#[test]
fn certain_is_empty_where_each_rule_leaves_some_completion_to_others() {
    let text = "policy p request { a: int 0..9 }
        rule low { cite \"§1\" deny when a < 5 }
        rule high { cite \"§2\" deny when a >= 4 }";
    let decision = Policy::from_text(text).unwrap().decide_json("{}").unwrap();
    assert_eq!(names(&decision.rules), ["high", "low"]);
    assert_eq!(decision.certain().count(), 0);
    assert!(!decision.approximate);
}

#[test]
fn certain_holds_a_rule_whose_parts_cover_every_completion() {
    let text = "policy p request { a: int 0..9  b: bool }
        rule whole { deny when a < 5 and b or a >= 5 or not b }
        rule part { deny when a < 5 and b or a >= 7 }";
    let decision = Policy::from_text(text).unwrap().decide_json("{}").unwrap();
    assert_eq!((names(&decision.rules), names(decision.certain())), (vec!["part", "whole"], vec!["whole"]));
    assert!(!decision.approximate);
}

#[test]
fn every_rule_of_a_complete_request_is_certain() {
    let decision = decide(r#"{"age": 12, "consent": "refused", "restricted": true}"#);
    assert_eq!(names(decision.certain()), names(&decision.rules));
    assert_eq!(decision.uncertain, placet::Uncertain::default());
}

#[test]
fn json_states_certain_between_rules_and_cites() {
    let json = serde_json::to_string(&decide(r#"{"age": 15, "consent": "granted"}"#)).unwrap();
    let expected =
        r#"{"effect":"deny","rules":["minors","restriction"],"certain":["minors"],"cites":["§1","§5"],"#;
    assert!(json.starts_with(expected), "{json}");
    let json = serde_json::to_string(&decide("{}")).unwrap();
    assert!(json.starts_with(r#"{"effect":"indeterminate","rules":[],"certain":[],"#), "{json}");
}

#[test]
fn a_page_tells_certain_reasons_from_possible_ones() {
    let first_line = |request: &str| {
        let policy = policy();
        let page = policy.explain(&policy.request_from_json(request).unwrap()).unwrap().to_string();
        page.lines().next().unwrap().to_owned()
    };
    assert_eq!(
        first_line(r#"{"consent": "refused"}"#),
        "deny by refusal (§2); perhaps also by children, minors, restriction (§1, §5)"
    );
    assert_eq!(
        first_line(r#"{"age": 30, "consent": "granted", "restricted": false}"#),
        "allow by ads (§3), on the basis of consent"
    );
    let text = "policy p request { a: int 0..9 }
        rule low { cite \"§1\" deny when a < 5 }
        rule high { cite \"§2\" deny when a >= 4 }";
    let policy = Policy::from_text(text).unwrap();
    let page = policy.explain(&policy.request_from_json("{}").unwrap()).unwrap().to_string();
    assert_eq!(page.lines().next().unwrap(), "deny, perhaps by high, low (§1, §2)");
}
