//! Optional attributes: every way to give, leave out and show `none`.

use placet::__private::Internals;
use placet::{Depth, Effect, ErrorCode, Fact, Input, Policy, Request, RequestError, Step, Symbol, Time};
use placet_model::request::AttributeInput;
use placet_model::value::Value;
use serde::Serialize;
use std::sync::Arc;

const SHOP: &str = "policy shop
    taxonomy Purpose { deliver, marketing { newsletter, ads } }
    request {
      purpose: Purpose?
      withdrawn_at: time?
      at: time
      score: int? 0..9 default 3
      rate: number? 0..1
      tier: { gold, silver }? required
      note: string?
      objected: bool?
    }
    rule consented { allow when withdrawn_at is none and purpose in marketing  oblige log when note is none }
    rule early { allow when at - withdrawn_at < 10 days and purpose is deliver }
    rule poor { deny when score < 2 or rate > 0.5 or objected }
    rule gold { allow when tier is gold and note is not \"no\" }";

fn policy(text: &str) -> Policy {
    Policy::from_text(text).unwrap()
}

fn given(policy: &Policy, request: &Request, name: &str) -> Option<AttributeInput> {
    policy.frame(request).unwrap().given(policy.program(), policy.model().find(name).unwrap())
}

fn none() -> Option<AttributeInput> {
    Some(AttributeInput::Value(Value::None))
}

const NAMES: [&str; 7] = ["purpose", "withdrawn_at", "score", "rate", "tier", "note", "objected"];

#[derive(Serialize)]
struct Given<T> {
    purpose: Option<&'static str>,
    withdrawn_at: Option<i64>,
    score: Option<i64>,
    rate: Option<f64>,
    tier: T,
    note: Option<String>,
    objected: Option<bool>,
}

#[test]
fn every_way_to_give_null_gives_none() {
    let policy = policy(SHOP);
    let text: Vec<String> = NAMES.iter().map(|name| format!("\"{name}\": null")).collect();
    let text = format!("{{{}}}", text.join(", "));
    let mut by_name = policy.request();
    let mut prepared = policy.request();
    for name in NAMES {
        by_name.set(name, None::<bool>).unwrap();
        prepared.put_prepared(&policy.prepare(name, Input::Null).unwrap()).unwrap();
    }
    let mut by_fact = policy.request();
    for name in NAMES {
        by_fact.set(name, Fact::Null).unwrap();
    }
    let mut by_handle = policy.request();
    by_handle.put_null(policy.attribute::<Symbol>("purpose").unwrap()).unwrap();
    by_handle.put_null(policy.attribute::<Time>("withdrawn_at").unwrap()).unwrap();
    by_handle.put_null(policy.attribute::<i64>("score").unwrap()).unwrap();
    by_handle.put_null(policy.attribute::<f64>("rate").unwrap()).unwrap();
    by_handle.put_null(policy.attribute::<Symbol>("tier").unwrap()).unwrap();
    by_handle.put_null(policy.attribute::<str>("note").unwrap()).unwrap();
    by_handle.put_null(policy.attribute::<bool>("objected").unwrap()).unwrap();
    let mut by_struct = policy.request();
    let tier = None::<&str>;
    by_struct
        .fill_from(&Given {
            purpose: None,
            withdrawn_at: None,
            score: None,
            rate: None,
            tier,
            note: None,
            objected: None,
        })
        .unwrap();
    let requests =
        [policy.request_from_json(&text).unwrap(), by_name, prepared, by_fact, by_handle, by_struct];
    for (way, request) in requests.iter().enumerate() {
        for name in NAMES {
            assert_eq!(given(&policy, request, name), none(), "{name} in way {way}");
            assert!(request.gives(name));
        }
        let decision = policy.decide(request).unwrap();
        assert_eq!((decision.effect, decision.rules.len()), (Effect::Deny, 0));
    }
}

#[test]
fn none_is_a_value_and_left_out_is_missing() {
    let policy = policy(SHOP);
    let decide = |text: &str| policy.decide_json(text).unwrap();
    let allowed =
        decide(r#"{"tier": null, "withdrawn_at": null, "purpose": "ads", "rate": 0.1, "objected": null}"#);
    assert_eq!(allowed.effect, Effect::Allow);
    assert_eq!(allowed.rules, [Arc::from("consented")]);
    // The note may be `none`.
    assert!(!allowed.obligations[0].certain);
    let missing = decide(r#"{"tier": null, "purpose": "ads", "rate": null, "objected": false}"#);
    assert_eq!(missing.effect, Effect::Indeterminate);
    assert_eq!(missing.missing, [Arc::from("withdrawn_at")]);
    // An inner node is not `none`; a missing attribute may be.
    let node = decide(
        r#"{"tier": null, "withdrawn_at": null, "purpose": "marketing", "rate": null, "objected": null}"#,
    );
    assert_eq!(node.effect, Effect::Allow);
    let open = decide(r#"{"tier": null, "withdrawn_at": null, "rate": null, "objected": null}"#);
    assert_eq!((open.effect, &*open.missing), (Effect::Indeterminate, &[Arc::from("purpose")][..]));
    // `is not` holds of `none`.
    let gold = decide(r#"{"tier": "gold", "note": null, "rate": null, "objected": null}"#);
    assert_eq!(gold.effect, Effect::Allow);
}

#[test]
fn a_default_applies_to_what_is_left_out_and_not_to_none() {
    let text = "policy p request { x: int? 0..9 default 1 } rule r { deny when x < 2 } rule a { allow }";
    let policy = policy(text);
    let effect = |text: &str| policy.decide_json(text).unwrap().effect;
    assert_eq!(
        [effect("{}"), effect(r#"{"x": null}"#), effect(r#"{"x": 5}"#)],
        [Effect::Deny, Effect::Allow, Effect::Allow]
    );
    let mut request = policy.request();
    let x = policy.attribute::<i64>("x").unwrap();
    assert_eq!(policy.effect(request.put_missing(x).unwrap()).unwrap(), Effect::Indeterminate);
    assert_eq!(policy.effect(request.put_null(x).unwrap()).unwrap(), Effect::Allow);
    assert_eq!(policy.effect(request.clear()).unwrap(), Effect::Deny);
}

#[test]
fn errors_name_the_declared_type() {
    let policy = policy(SHOP);
    let error = |text: &str| policy.decide_json(text).unwrap_err();
    let outside = error(r#"{"tier": null, "score": 12}"#);
    assert_eq!((outside.code, &*outside.expected), (ErrorCode::OutsideDomain, "int? 0..9"));
    assert_eq!(error(r#"{"tier": "bronze"}"#).expected, "{ gold, silver }?");
    assert_eq!(error(r#"{"purpose": 1}"#).expected, "Purpose?");
    let absent: RequestError = error("{}");
    assert_eq!((absent.code, &*absent.expected), (ErrorCode::RequiredAttribute, "{ gold, silver }?"));
    assert_eq!(error(r#"{"tier": null, "tier": "gold"}"#).code, ErrorCode::DuplicateAttribute);
    assert_eq!(error(r#"{"tier": "none"}"#).code, ErrorCode::OutsideDomain);
    assert_eq!(policy.attribute::<bool>("note").unwrap_err().expected, "string?");
    let tier = policy.attribute::<Symbol>("tier").unwrap();
    assert_eq!(policy.request().put_missing(tier).unwrap_err().code, ErrorCode::RequiredAttribute);
    // Any other attribute that is given as null is missing.
    let at = policy.attribute::<Time>("at").unwrap();
    assert_eq!(given(&policy, policy.request().put_null(at).unwrap(), "at"), Some(AttributeInput::Null));
    assert_eq!(
        given(&policy, policy.request().set("at", Input::Null).unwrap(), "at"),
        Some(AttributeInput::Null)
    );
}

#[test]
fn declarations_list_each_attribute_once_with_its_type() {
    let policy = policy(SHOP);
    let shown: Vec<String> = policy.attributes().map(|attribute| attribute.to_string()).collect();
    assert_eq!(shown.len(), 8);
    assert_eq!(policy.attributes().len(), 8);
    for line in [
        "purpose: Purpose?",
        "withdrawn_at: time?",
        "at: time",
        "tier: { gold, silver }?",
        "rate: number? 0..1",
    ] {
        assert!(shown.iter().any(|shown| shown == line), "{line} in {shown:?}");
    }
    let optional: Vec<&str> = policy
        .attributes()
        .filter(|attribute| attribute.is_optional())
        .map(|attribute| attribute.name())
        .collect();
    assert_eq!(optional, NAMES);
}

#[test]
fn explanations_show_none() {
    let policy = policy(SHOP);
    let explanation = policy
        .explain(
            &policy
                .request_from_json(r#"{"tier": null, "purpose": "ads", "rate": null, "objected": null}"#)
                .unwrap(),
        )
        .unwrap();
    let page = explanation.to_string();
    assert!(page.contains("  withdrawn_at is missing\n"), "{page}");
    assert_eq!(page.matches("withdrawn_at is missing").count(), 1, "{page}");
    assert!(page.contains("if withdrawn_at is\n  none: allow\n  any other value: deny\n"), "{page}");
    let known = policy
        .explain(&policy.request_from_json(r#"{"tier": null, "purpose": "ads", "withdrawn_at": null, "rate": null, "objected": null}"#).unwrap())
        .unwrap()
        .to_string();
    assert!(known.contains("  withdrawn_at is none\n"), "{known}");
}

#[test]
fn an_incremental_decision_takes_none_for_an_answer() {
    let policy = policy(SHOP);
    let mut request = policy.request();
    request.set("tier", Input::Null).unwrap().set("purpose", "ads").unwrap();
    let mut progress = policy.begin(request).unwrap().with_depth(Depth::Obligations);
    let mut asked = Vec::new();
    let decision = loop {
        match progress.step().unwrap() {
            Step::Decided(decision) => break decision,
            Step::DependsOn(needs) => {
                let name = needs[0].attribute.to_string();
                assert!(needs.iter().all(|need| policy.attribute_declaration(&need.attribute).is_some()));
                assert!(needs.windows(2).all(|pair| pair[0].attribute != pair[1].attribute));
                progress.give(&name, Input::Null).unwrap();
                assert!(!progress.is_pending(&*name));
                asked.push(name);
            }
        }
    };
    assert_eq!((decision.effect, decision.obligations.len()), (Effect::Allow, 1));
    asked.sort();
    assert_eq!(asked, ["note", "objected", "rate", "withdrawn_at"]);

    // An attribute that can't be had is missing, and not `none`.
    let mut request = policy.request();
    request.set("tier", Input::Null).unwrap().set("purpose", "ads").unwrap();
    let mut progress = policy.begin(request).unwrap();
    progress.mark_unavailable("withdrawn_at").unwrap();
    let decision = policy.decide(progress.request()).unwrap();
    assert_eq!(decision.effect, Effect::Indeterminate);
    assert!(decision.missing.contains(&Arc::from("withdrawn_at")));
}

#[test]
fn explain_keeps_an_unavailable_attribute_missing() {
    let policy = policy(SHOP);
    let mut request = policy.request();
    request
        .set("tier", Input::Null)
        .unwrap()
        .set("purpose", "ads")
        .unwrap()
        .set("rate", Input::Null)
        .unwrap();
    request.set("objected", false).unwrap();
    let mut progress = policy.begin(request).unwrap();
    progress.mark_unavailable("withdrawn_at").unwrap();
    let page = policy.explain(progress.request()).unwrap().to_string();
    assert!(page.contains("withdrawn_at is missing"), "{page}");
    assert!(page.contains("none: allow"), "{page}");
}

#[test]
fn distinctions_tell_none_of_an_attribute_apart() {
    let text = "policy p request { x: int? 0..9 } rule r { allow when x < 5 or x is none }";
    let partitions = policy(text).distinctions();
    let shown: Vec<(&str, Vec<&str>)> =
        partitions.iter().map(|one| (&*one.name, one.classes.iter().map(String::as_str).collect())).collect();
    assert_eq!(shown, [("x", vec!["0..4", "5..9"]), ("x is none", vec!["no", "yes"])]);
}
