//! Recording, and refused events.

use crate::client::{start, using};
use serde_json::json;

#[test]
fn record_rejects_unregistered_subjects() {
    let service = start();
    for (path, body) in [
        ("/consents", json!({ "subject": "ann", "purpose": "marketing", "state": "withdrawn" })),
        ("/objections", json!({ "subject": "ann", "on": true })),
        ("/restrictions", json!({ "subject": "ann", "on": true })),
    ] {
        let (status, answer) = service.post(path, &body);
        assert_eq!((status, &answer["error"]["code"]), (404, &json!("unknown_subject")), "{answer}");
    }
}

#[test]
fn record_rejects_events_without_effect() {
    let service = start();
    service.record("/subjects", &json!({ "subject": "ann" }));
    for (path, body) in [
        ("/consents", json!({ "subject": "ann", "purpose": "marketting", "state": "withdrawn" })),
        ("/consents", json!({ "subject": "ann", "purpose": "marketing", "state": "withdrawed" })),
        ("/consents", json!({ "subject": "ann", "purpose": "marketing", "state": "not_asked" })),
        ("/consents", json!({ "subject": "ann", "purpose": "marketing" })),
        ("/objections", json!({ "subject": "ann", "on": "yes" })),
        ("/objections", json!({ "subject": "ann", "on": true, "purpose": "research" })),
        ("/restrictions", json!({ "on": true })),
        ("/subjects", json!({ "subject": "" })),
        ("/subjects", json!({ "subject": "a\u{0}b" })),
        ("/subjects", json!({ "subject": "x".repeat(201) })),
        ("/subjects", json!({ "subject": "ann", "born": "1990-5-1" })),
        ("/subjects", json!({ "subject": "ann", "born": "9999-01-01" })),
        ("/subjects", json!({ "subject": "ann", "age": 30 })),
    ] {
        let (status, answer) = service.post(path, &body);
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("invalid_body")), "{body}: {answer}");
    }
}

#[test]
fn subjects_can_be_completed_later() {
    let service = start();
    service.record("/subjects", &json!({ "subject": "ann" }));
    assert_eq!(service.effect("ann", &using("deliver")), "indeterminate");
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    assert_eq!(service.effect("ann", &using("deliver")), "allow");
    service.record("/subjects", &json!({ "subject": "ann", "born": "2020-05-01" }));
    assert_eq!(service.effect("ann", &using("deliver")), "deny");
}

#[test]
fn recorded_instants_never_go_back() {
    let service = start();
    let mut instants =
        vec![service.record("/subjects", &json!({ "subject": "ann" }))["recorded_at"].to_string()];
    for on in [true, false, true] {
        instants.push(
            service.record("/objections", &json!({ "subject": "ann", "on": on }))["recorded_at"].to_string(),
        );
    }
    let parsed: Vec<placet_consent_service::store::Instant> =
        instants.iter().map(|text| text.trim_matches('"').parse().unwrap()).collect();
    assert!(parsed.is_sorted(), "{instants:?}");
}
