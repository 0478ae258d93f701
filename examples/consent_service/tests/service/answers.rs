//! Answers, and the facts that they use.

use crate::client::{Running, start, start_with, using};
use placet_consent_service::Service;
use serde_json::{Value, json};
use std::fs;

/// Starts a service that knows Ann, an adult.
fn with_ann() -> Running {
    let service = start();
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    service
}

fn says(service: &Running, purpose: &str, state: &str) -> Value {
    service.record("/consents", &json!({ "subject": "ann", "purpose": purpose, "state": state }))
}

fn rules(answer: &Value) -> Vec<&str> {
    answer["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect()
}

#[test]
fn the_last_event_counts_at_once() {
    let service = with_ann();
    let marketing = using("marketing");
    assert_eq!(service.effect("ann", &marketing), "deny");
    for _ in 0..3 {
        says(&service, "marketing", "granted");
        assert_eq!(service.effect("ann", &marketing), "allow");
        says(&service, "marketing", "withdrawn");
        let answer = service.decide("ann", &marketing);
        assert_eq!(answer["effect"], "deny");
        assert!(rules(&answer).contains(&"withdrawal"));
        says(&service, "marketing", "refused");
        let answer = service.decide("ann", &marketing);
        assert!(!rules(&answer).contains(&"withdrawal"));
        assert_eq!(answer["effect"], "deny");
    }
}

#[test]
fn consent_to_a_group_covers_its_purposes() {
    let service = with_ann();
    let recorded = says(&service, "communicate", "granted");
    assert_eq!(recorded["purposes"], json!(["service_announcement", "marketing"]));
    assert_eq!(service.effect("ann", &using("marketing")), "allow");
    says(&service, "communicate", "withdrawn");
    assert_eq!(service.effect("ann", &using("marketing")), "deny");
}

#[test]
fn objections_and_restrictions_can_be_withdrawn() {
    let service = with_ann();
    for (path, purpose, rule) in
        [("/objections", "research", "objection"), ("/restrictions", "deliver", "restriction")]
    {
        assert_eq!(service.effect("ann", &using(purpose)), "allow");
        service.record(path, &json!({ "subject": "ann", "on": true }));
        let answer = service.decide("ann", &using(purpose));
        assert_eq!(answer["effect"], "deny");
        assert!(rules(&answer).contains(&rule));
        service.record(path, &json!({ "subject": "ann", "on": false }));
        assert_eq!(service.effect("ann", &using(purpose)), "allow");
    }
}

#[test]
fn age_follows_from_the_date_of_birth() {
    let service = start();
    let day = |years: i32| {
        let year: i32 = today()[..4].parse().unwrap();
        format!("{}-01-01", year - years)
    };
    for (subject, years, permission, rule) in [
        ("child", 12, true, "children"),
        ("teen", 17, false, "minors"),
        ("other", 17, true, ""),
        ("adult", 18, false, ""),
    ] {
        service.record(
            "/subjects",
            &json!({ "subject": subject, "born": day(years), "guardian_permission": permission }),
        );
        let answer = service.decide(subject, &using("deliver"));
        let expected = if rule.is_empty() { "allow" } else { "deny" };
        assert_eq!(answer["effect"], expected, "{subject}: {answer}");
        assert!(rule.is_empty() || rules(&answer).contains(&rule), "{subject}: {answer}");
    }
}

fn today() -> String {
    placet_consent_service::store::Instant::now().to_string()
}

#[test]
fn rights_need_a_verified_identity() {
    let service = with_ann();
    let erase = json!({ "service": "consumer", "action": "answer", "right": "erase" });
    assert_eq!(service.effect("ann", &erase), "deny");
    service.record("/subjects", &json!({ "subject": "ann", "verified": true }));
    let answer = service.decide("ann", &erase);
    assert_eq!(answer["effect"], "allow");
    assert_eq!(answer["obligations"][0]["name"], "erase");
}

#[test]
fn decide_names_only_rules_that_apply_to_the_person() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("decisions.jsonl");
    let service = start_with(|options| Service::start(&options.clone().log(&log)).unwrap());
    let year: i32 = today()[..4].parse().unwrap();
    service.record("/subjects", &json!({ "subject": "ann", "born": format!("{}-01-01", year - 30) }));
    says(&service, "marketing", "refused");
    // The refusal is enough to deny. The answer also states that she is no child, has restricted nothing and withdrawn
    // nothing.
    let answer = service.decide("ann", &using("marketing"));
    drop(service);
    let line: Value = serde_json::from_str(fs::read_to_string(log).unwrap().lines().next().unwrap()).unwrap();
    for told in [answer, line] {
        assert_eq!(told["effect"], "deny", "{told}");
        assert_eq!(told["rules"], json!(["marketing_consent_missing"]), "{told}");
        assert_eq!(told["cites"], json!(["§3"]), "{told}");
        assert_eq!(told["obligations"], json!([]), "{told}");
    }
}

#[test]
fn decide_fetches_only_what_it_depends_on() {
    let service = with_ann();
    let fetches = || {
        let figures = service.get("/metrics").1;
        let counts = figures.lines().filter_map(|line| line.strip_prefix("placet_fetches_total{"));
        counts.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum::<u64>()
    };
    let anonymized =
        json!({ "service": "consumer", "action": "use", "purpose": "research", "data": ["anonymized"] });
    service.effect("ann", &anonymized);
    assert_eq!(fetches(), 0);
    // Consent, person and restriction. Objection and identity matter to no rule here.
    service.effect("ann", &using("marketing"));
    assert_eq!(fetches(), 3);
    service.effect("ann", &using("marketing"));
    assert_eq!(fetches(), 3);
    service.effect("ann", &using("deliver"));
    assert_eq!(fetches(), 3);
}

#[test]
fn facts_about_an_unregistered_subject_are_unknown() {
    let service = with_ann();
    let answer = service.decide("bob", &using("marketing"));
    assert_eq!(answer["effect"], "indeterminate");
    assert!(answer["missing"].as_array().unwrap().contains(&json!("consent")), "{answer}");
    // A request that needs no fact is decided nevertheless.
    let anonymized =
        json!({ "service": "consumer", "action": "use", "purpose": "research", "data": ["anonymized"] });
    assert_eq!(service.effect("bob", &anonymized), "allow");
}

#[test]
fn a_decision_in_the_past_uses_the_events_up_to_then() {
    let service = with_ann();
    let at = |answer: Value| answer["recorded_at"].as_str().unwrap().to_owned();
    let granted = at(says(&service, "marketing", "granted"));
    let withdrawn = at(says(&service, "marketing", "withdrawn"));
    let effect = |at: &str| {
        let (status, answer) =
            service.post("/decide", &json!({ "subject": "ann", "at": at, "request": using("marketing") }));
        assert_eq!((status, &answer["at"]), (200, &json!(at)));
        answer["effect"].as_str().unwrap().to_owned()
    };
    assert_eq!(effect(&granted), "allow");
    assert_eq!(effect(&withdrawn), "deny");
    // She wasn't registered then.
    assert_eq!(effect("2020-01-01T00:00:00Z"), "indeterminate");
    assert_eq!(service.effect("ann", &using("marketing")), "deny");
    for at in ["9999-01-01T00:00:00Z", "yesterday", "2026-01-15"] {
        let (status, _) = service.post("/decide", &json!({ "subject": "ann", "at": at, "request": {} }));
        assert_eq!(status, 400, "{at}");
    }
}

#[test]
fn decide_rejects_attributes_of_the_store() {
    let service = with_ann();
    for (attribute, value) in [
        ("consent", json!("granted")),
        ("consent.withdrawn_at", json!("2026-01-15T10:00:00Z")),
        ("subject.age", json!(30)),
        ("subject.guardian_permission", json!(true)),
        ("subject.verified", json!(true)),
        ("objected", json!(false)),
        ("restricted", json!(null)),
        ("at", json!("2026-01-15T10:00:00Z")),
    ] {
        let mut request = using("marketing");
        request[attribute] = value;
        let (status, answer) = service.post("/decide", &json!({ "subject": "ann", "request": request }));
        assert_eq!(status, 400, "{answer}");
        assert_eq!(answer["error"]["code"], "claimed_attribute");
        assert_eq!(answer["error"]["attribute"], attribute);
    }
    let nested = json!({ "service": "consumer", "action": "use", "subject": { "age": 30 } });
    assert_eq!(service.post("/decide", &json!({ "subject": "ann", "request": nested })).0, 400);
}

#[test]
fn erroneous_requests_get_the_errors_of_the_language() {
    let service = with_ann();
    for (request, code, attribute) in [
        (json!({ "service": "consumer", "action": "fly" }), "outside_domain", json!("action")),
        (json!({ "service": "consumer", "actoin": "use" }), "unknown_attribute", json!("actoin")),
        (json!({ "action": "use" }), "required_attribute", json!("service")),
        (json!([]), "invalid_json", json!(null)),
    ] {
        let (status, answer) = service.post("/decide", &json!({ "subject": "ann", "request": request }));
        assert_eq!(status, 400, "{answer}");
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["attribute"]),
            (&json!(code), &attribute),
            "{answer}"
        );
    }
    for body in
        ["", "{", "[]", r#"{"subject": "ann"}"#, r#"{"subject": "", "request": {}}"#, r#"{"request": {}}"#]
    {
        assert_eq!(service.post_text("/decide", body).0, 400, "{body}");
    }
    let large = json!({ "subject": "ann", "request": { "destination": "x".repeat(100_000) } });
    assert_eq!(service.post("/decide", &large).0, 413);
}

#[test]
fn answers_name_their_policy_and_can_be_explained() {
    let service = with_ann();
    let answer = service.decide("ann", &using("marketing"));
    assert_eq!(answer["policy"]["version"], "2025-09-29");
    assert_eq!(answer["policy"]["hash"].as_str().unwrap().len(), 64);
    assert_eq!(answer.get("explanation"), None);
    let ask = json!({ "subject": "ann", "request": using("marketing") });
    let (status, explained) = service.post("/decide?explain=true", &ask);
    assert_eq!(status, 200);
    assert_eq!(explained["rules"], answer["rules"]);
    assert!(
        explained["explanation"].to_string().contains("Marketing needs the person's consent."),
        "{explained}"
    );
}

#[test]
fn metrics_count_decisions() {
    let service = with_ann();
    service.effect("ann", &using("deliver"));
    service.effect("ann", &using("marketing"));
    service.effect("bob", &using("marketing"));
    service.post("/decide", &json!({ "subject": "ann", "request": {} }));
    let (status, figures) = service.get("/metrics");
    assert_eq!(status, 200);
    for line in [
        r#"placet_decisions_total{effect="allow"} 1"#,
        r#"placet_decisions_total{effect="deny"} 1"#,
        r#"placet_decisions_total{effect="indeterminate"} 1"#,
        "placet_refused_requests_total 1",
        "placet_decision_seconds_count 3",
        r#"placet_fetches_total{resolver="consent"} 2"#,
        r#"placet_failed_fetches_total{resolver="consent"} 0"#,
        r#"placet_reloads_total{result="failed"} 0"#,
        r#"placet_log_lines_total{result="dropped"} 0"#,
    ] {
        assert!(figures.lines().any(|other| other == line), "{line} of\n{figures}");
    }
}
