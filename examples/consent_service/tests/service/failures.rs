//! A failing store never allows anything, and leaves no trace once it recovers.

use crate::client::{Running, using};
use crate::fragile::{Health, start_fragile};
use crate::load::Load;
use serde_json::{Value, json};

/// Returns a request that is allowed for everybody's data.
fn anonymized() -> Value {
    json!({ "service": "consumer", "action": "use", "purpose": "research", "data": ["anonymized"] })
}

/// Returns a request that is denied for everybody's data.
fn of_customers() -> Value {
    json!({ "service": "consumer", "action": "use", "purpose": "marketing", "data": ["customer_content"] })
}

/// Registers an adult who consents to marketing, and about whom nothing is cached.
fn agreed(service: &Running, subject: &str) {
    service.record("/subjects", &json!({ "subject": subject, "born": "1990-05-01" }));
    service.record("/consents", &json!({ "subject": subject, "purpose": "marketing", "state": "granted" }));
}

#[test]
fn a_failing_store_never_allows_a_denied_request() {
    let (service, store) = start_fragile();
    let load = Load::default();
    load.during(service.address(), || {
        load.until_well();
        for (number, (trouble, resolver, why)) in [
            (Health::Down, "consent", &["failed"][..]),
            // Printing a backtrace may take longer than the timeout.
            (Health::Panicking, "consent", &["failed", "late"]),
            (Health::Slow, "consent", &["late"]),
            (Health::Foreboding, "consent", &["failed"]),
            (Health::Birthdays("1700-01-01"), "person", &["unfit"]),
            (Health::Birthdays("2999-01-01"), "person", &["unfit"]),
        ]
        .into_iter()
        .enumerate()
        {
            let subject = format!("ann-{number}");
            agreed(&service, &subject);
            store.turn(trouble);
            let answer = service.decide(&subject, &using("marketing"));
            assert_eq!(answer["effect"], "indeterminate", "{trouble:?}: {answer}");
            let failures = answer["failures"].as_array().unwrap();
            let is_named = failures.iter().any(|failure| {
                failure["resolver"] == resolver && why.iter().any(|why| failure["why"] == *why)
            });
            assert!(is_named, "{trouble:?}: {answer}");
            // Requests that need no fact are answered nevertheless.
            assert_eq!(service.get("/health").0, 200);
            assert_eq!(service.effect(&subject, &anonymized()), "allow");
            assert_eq!(service.effect(&subject, &of_customers()), "deny");
            load.until("clients notice", |seen| seen.failed + seen.refused > 0);
            store.turn(Health::Well);
            load.until_well();
            assert_eq!(service.becomes_decided(&subject, &using("marketing")), "allow");
        }
    });
    assert!(load.check_all(service.address()) > 0);
}

#[test]
fn decide_names_no_rule_that_a_failure_leaves_uncertain() {
    let (service, store) = start_fragile();
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    service.record("/consents", &json!({ "subject": "ann", "purpose": "marketing", "state": "refused" }));
    store.turn(Health::Birthdays("1700-01-01"));
    let ask = json!({ "subject": "ann", "request": using("marketing") });
    let answer = service.post("/decide?explain=true", &ask).1;
    assert_eq!(answer["failures"][0]["resolver"], "person", "{answer}");
    for told in [&answer, &answer["explanation"]["decision"]] {
        assert_eq!(told["effect"], "deny", "{answer}");
        assert_eq!(told["rules"], json!(["marketing_consent_missing"]), "{answer}");
        assert_eq!(told["cites"], json!(["§3"]), "{answer}");
        // Erasure would be due if she were a child.
        assert_eq!(told["obligations"], json!([{ "name": "erase", "certain": false }]), "{answer}");
    }
    // An undecided answer names none either: only the rule about children could deny.
    for path in ["/decide", "/decide?explain=true"] {
        let answer = service.post(path, &json!({ "subject": "ann", "request": using("deliver") })).1;
        assert_eq!(answer["effect"], "indeterminate", "{answer}");
        assert_ne!(answer["missing"], json!([]), "{answer}");
        let text = answer.to_string();
        assert!(!text.contains("children") && !text.contains("minors"), "{answer}");
    }
}

#[test]
fn ready_fails_and_events_are_refused_while_the_store_is_down() {
    let (service, store) = start_fragile();
    agreed(&service, "ann");
    for trouble in [Health::Down, Health::Panicking] {
        store.turn(trouble);
        assert!(service.post("/objections", &json!({ "subject": "ann", "on": true })).0 >= 500);
        assert_eq!(service.get("/health").0, 200);
        assert_eq!(service.get("/ready").0, 503);
        store.turn(Health::Well);
        assert_eq!(service.get("/ready").0, 200);
        assert_eq!(service.becomes_decided("ann", &using("research")), "allow");
    }
}

#[test]
fn a_late_result_does_not_outlive_a_withdrawal() {
    let (service, store) = start_fragile();
    agreed(&service, "ann");
    store.turn(Health::Slow);
    let answer = service.decide("ann", &using("marketing"));
    assert_eq!(answer["effect"], "indeterminate", "{answer}");
    service.record("/consents", &json!({ "subject": "ann", "purpose": "marketing", "state": "withdrawn" }));
    // The earlier consent was read before, and arrives now.
    store.turn(Health::Well);
    store.until_all_is_told();
    for _ in 0..100 {
        assert_ne!(service.effect("ann", &using("marketing")), "allow");
    }
    assert_eq!(service.becomes_decided("ann", &using("marketing")), "deny");
}

#[test]
fn a_withdrawal_counts_without_an_acknowledgement() {
    let (service, store) = start_fragile();
    agreed(&service, "ann");
    assert_eq!(service.becomes_decided("ann", &using("marketing")), "allow");
    store.turn(Health::Forgetful);
    let withdrawn = json!({ "subject": "ann", "purpose": "marketing", "state": "withdrawn" });
    let (status, answer) = service.post("/consents", &withdrawn);
    assert_eq!((status, &answer["error"]["code"]), (503, &json!("store_failed")));
    assert_eq!(service.becomes_decided("ann", &using("marketing")), "deny");
}
