//! Requests that are members of larger objects.

use placet::{EnvelopeError, Policy, Request};
use serde::Deserialize;
use std::borrow::Cow;
use std::path::Path;

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Others<'t> {
    #[serde(borrow)]
    subject: Cow<'t, str>,
    #[serde(borrow)]
    at: Option<Cow<'t, str>>,
}

fn shop() -> Policy {
    Policy::from_text(
        "policy shop
         request { consent: { granted, refused }  subject.age: int 0..150 }
         rule marketing { allow when consent is granted and subject.age >= 18 }",
    )
    .unwrap()
}

fn read(request: &mut Request, text: &str) -> Result<String, EnvelopeError> {
    let others: Others = request.fill_from_json_member(text, "request")?;
    Ok(format!("{} {:?}", others.subject, others.at))
}

/// The position among the other members changes neither the request nor its errors.
#[test]
fn fill_from_json_member_agrees_with_the_request_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let (mut good, mut bad) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(lines) = std::fs::read_to_string(path.with_extension("requests.jsonl")) else { continue };
        if path.extension().is_none_or(|extension| extension != "placet") {
            continue;
        }
        let policy = Policy::open(&path).unwrap();
        // Text that is not JSON makes the whole envelope malformed.
        let is_json = |line: &&str| serde_json::from_str::<&serde_json::value::RawValue>(line).is_ok();
        for line in lines.lines().filter(is_json) {
            let (mut alone, mut member) = (policy.request(), policy.request());
            let expected = alone.fill_from_json(line).map(drop);
            for text in [
                format!(r#"{{"request": {line}, "subject": "anna", "at": null}}"#),
                format!(r#"{{"subject":"anna","at":"2026-01-15T10:00:00Z","request":{line}}}"#),
                format!(r#" {{ "at" : "x\n" , "request" : {line} , "subject" : "\u0061nna" }} "#),
            ] {
                let found = read(&mut member, &text);
                assert_eq!(found.map(drop), expected.clone().map_err(EnvelopeError::Request), "{text}");
                assert_eq!(policy.decide(&member), policy.decide(&alone), "{text}");
            }
            if expected.is_ok() { good += 1 } else { bad += 1 }
        }
    }
    assert!(good > 500 && bad > 50, "{good} {bad}");
}

#[test]
fn fill_from_json_member_honours_attributes_of_the_other_members() {
    let policy = shop();
    let mut request = policy.request();
    let text = r#"{"subject": "a\"b", "request": {"consent": "granted"}}"#;
    assert_eq!(read(&mut request, text).unwrap(), r#"a"b None"#);
    assert!(request.gives("consent"));
}

#[test]
fn fill_from_json_member_leaves_an_empty_request_on_errors() {
    let policy = shop();
    let said = |text: &str| {
        let mut request = policy.request();
        request.set("consent", "granted").unwrap();
        let error = read(&mut request, text).unwrap_err();
        assert!(!request.gives("consent") && !request.gives("subject.age"), "{text}");
        error.to_string()
    };
    for (text, expected) in [
        (r#"{"subject": "anna"}"#, "missing field `request`"),
        (r#"{"request": {"consent": "granted"}}"#, "missing field `subject`"),
        (r#"{"subject": "anna", "request": {}, "request": {}}"#, "duplicate field `request`"),
        (r#"{"subject": "anna", "subject": "b", "request": {}}"#, "duplicate field `subject`"),
        (r#"{"request": {"consent": "granted"}, "subject": "anna", "other": 1}"#, "unknown field `other`"),
        (r#"{"request": {"consent": "granted"}, "subject": "anna"} x"#, "trailing characters"),
        (r#"{"request": {"consent": "granted"}, "subject": "anna""#, "EOF"),
        (r#"[{"consent": "granted"}, "anna", null]"#, "invalid type: sequence"),
        (r#"{"subject": "anna", "request": {"consent": "sold"}}"#, "consent"),
    ] {
        let said = said(text);
        assert!(said.contains(expected), "{text}: {said}");
    }
}
