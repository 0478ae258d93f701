//! Error messages quote at most the beginning of a request's values, for every way to fill a request.

use placet::{Date, Input, Policy, RequestError};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Characters of a message over this policy: the longest type, two excerpts and the words around them.
const MAX_MESSAGE_CHARS: usize = 400;

fn policy() -> Policy {
    Policy::from_text(
        "policy shop
         taxonomy Purpose { deliver, marketing { newsletter, advertising } }
         request {
           age: int 0..150, share: number 0..1, country: string, member: bool, on: date, at: time, span: duration,
           purpose: Purpose, purposes: set of Purpose, plan: { free, paid }, tags: set of string, subject.id: string
         }
         rule every_type { allow when age > 1 and share > 0.5 and country is \"SG\" and member and on > 2026-01-01
           and at > 2026-01-01T00:00:00Z and span > 1 day and purpose is deliver and any purposes in {deliver}
           and plan is free and any tags in {\"a\"} and subject.id is \"x\" }",
    )
    .unwrap()
}

const ATTRIBUTES: [&str; 13] = [
    "age",
    "share",
    "country",
    "member",
    "on",
    "at",
    "span",
    "purpose",
    "purposes",
    "plan",
    "tags",
    "subject.id",
    "nope",
];

#[track_caller]
fn check(error: &RequestError) {
    let message = error.to_string();
    assert!(message.chars().count() <= MAX_MESSAGE_CHARS, "{} characters: {message:.600}", message.len());
    assert!(!message.chars().any(char::is_control), "{message:?}");
    let attribute = error.attribute.as_deref().unwrap_or_default();
    assert!(attribute.chars().count() <= MAX_MESSAGE_CHARS, "{} characters", attribute.len());
    assert!(error.expected.chars().count() <= MAX_MESSAGE_CHARS);
}

/// A text that is long, has control characters, or looks like a date or a number.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a".to_owned()),
        Just("9".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("\n".to_owned()),
        Just("é日".to_owned()),
        Just("2026-01-15".to_owned()),
        Just(".x".to_owned()),
        "[ -~]{1,20}",
    ];
    (piece, prop_oneof![1..10_usize, 1_000..5_000_usize]).prop_map(|(piece, times)| piece.repeat(times))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn message_of_json_is_bounded(text in hostile(), attribute in prop::sample::select(&ATTRIBUTES[..])) {
        let policy = policy();
        let quoted = serde_json::to_string(&text).unwrap();
        let digits = "7".repeat(text.len());
        for json in [
            format!("{{\"{attribute}\": {quoted}}}"),
            format!("{{\"{attribute}\": [{quoted}, {quoted}]}}"),
            format!("{{\"{attribute}\": {{{quoted}: 1}}}}"),
            format!("{{\"{attribute}\": {digits}}}"),
            format!("{{\"{attribute}\": {digits}.{digits}e{digits}}}"),
            format!("{{{quoted}: 1}}"),
            format!("{{{quoted}: 1, {quoted}: 1}}"),
            format!("{{\"subject\": {{{quoted}: 1}}}}"),
            quoted.clone(),
            format!("[{quoted}]"),
            digits.clone(),
            text.clone(),
        ] {
            if let Err(error) = policy.request_from_json(&json) {
                check(&error);
            }
        }
    }

    #[test]
    fn message_of_values_is_bounded(text in hostile(), attribute in prop::sample::select(&ATTRIBUTES[..])) {
        let policy = policy();
        let set = vec![text.as_str(), "deliver"];
        for value in [
            Input::from(&text),
            Input::from(set),
            Input::Numeral((&text).into()),
            Input::Bool(true),
            Input::Int(i64::MIN),
            Input::Number(f64::NAN),
            Input::Null,
        ] {
            if let Err(error) = policy.request().set(attribute, value.clone()) {
                check(&error);
            }
            if let Err(error) = policy.prepare(attribute, value) {
                check(&error);
            }
        }
        if let Err(error) = policy.request().set(text.as_str(), true) {
            check(&error);
        }
        if let Err(error) = policy.attribute::<Date>(&text) {
            check(&error);
        }
        let entries = BTreeMap::from([(attribute, text.as_str())]);
        if let Err(error) = policy.decide_from(&entries) {
            check(&error);
        }
        let entries = BTreeMap::from([(text.as_str(), 1)]);
        check(&policy.decide_from(&entries).unwrap_err());
        if let Err(error) = policy.decide_from(&text) {
            check(&error);
        }
    }
}

#[test]
fn message_suggests_the_nearest_name_or_the_expected_form() {
    let policy = policy();
    for (json, end) in [
        (r#"{"plan": "fre"}"#, "expected { free, paid }; did you mean `free`?"),
        (r#"{"purpose": "Newsletter"}"#, "expected Purpose; did you mean `newsletter`?"),
        (
            r#"{"purposes": ["deliver", "advertizing"]}"#,
            "expected set of Purpose; did you mean `advertising`?",
        ),
        (r#"{"purposes": "deliver"}"#, "expected set of Purpose, an array of texts"),
        (r#"{"plan": "unrelated"}"#, "expected { free, paid }"),
        (r#"{"on": "01/03/2026"}"#, "expected date, such as `\"2026-03-01\"`"),
        (r#"{"at": "2026-03-01"}"#, "such as `\"2026-03-01T10:00:00Z\"`, with `Z` or `±hh:mm`"),
        (r#"{"span": "30 days"}"#, "such as `\"PT36H\"`, `\"P30D\"` or a number of seconds"),
        (r#"{"age": "12"}"#, "expected int 0..150; did you mean `12`, without quotes?"),
        (r#"{"age": "1200"}"#, "expected int 0..150"),
        (r#"{"member": "true"}"#, "expected bool; did you mean `true`, without quotes?"),
        (r#"{"country": 5}"#, "expected string, a text in quotes"),
    ] {
        let error = policy.request_from_json(json).unwrap_err();
        assert!(error.message.ends_with(end), "{json}: {error}");
    }
    let error = policy.request().set("plan", "fre").map(|_| ()).unwrap_err();
    assert!(error.message.ends_with("did you mean `free`?"), "{error}");
    assert_eq!(error.expected, "{ free, paid }");
}

#[test]
fn message_shows_the_beginning_and_the_size() {
    let policy = policy();
    let long = "x".repeat(1 << 20);
    let error = policy.request_from_json(&format!("{{\"age\": \"{long}\"}}")).unwrap_err();
    let shown = "x".repeat(39);
    let message = format!("`age`: `\"{shown}…` (1048578 bytes) is of the wrong type, expected int 0..150");
    assert_eq!(error.to_string(), message);
    let error = policy.request_from_json(&format!("{{\"{long}\": 1}}")).unwrap_err();
    assert_eq!(error.to_string(), format!("the policy has no attribute `{shown}x…` (1048576 bytes)"));
}
