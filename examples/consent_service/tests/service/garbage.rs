//! Rows that no service writes, and missing tables.

use crate::client::{Running, start_with, using};
use placet_consent_service::Service;
use serde_json::{Value, json};
use std::time::Duration;

/// Starts a service without a cache, and returns the file of its store.
fn start() -> (Running, String) {
    let mut place = String::new();
    let service = start_with(|options| {
        options.store_location().clone_into(&mut place);
        Service::start(&options.clone().time_to_live(Duration::ZERO)).unwrap()
    });
    (service, place)
}

/// Runs statements without the service and without the checks of the tables.
fn execute(place: &str, statements: &str) {
    let connection = rusqlite::Connection::open(place).unwrap();
    connection.execute_batch(&format!("PRAGMA ignore_check_constraints = ON; {statements}")).unwrap();
}

/// Invalid rows, and the failure that answers must report.
struct Garbage {
    purpose: &'static str,
    rows: &'static str,
    resolver: &'static str,
    says: &'static str,
    /// The event that corrects them.
    path: &'static str,
    right: Value,
}

fn all() -> [Garbage; 7] {
    let agrees = || json!({ "purpose": "marketing", "state": "granted" });
    let born = || json!({ "born": "1990-05-01" });
    [
        Garbage {
            purpose: "marketing",
            rows: "INSERT INTO consents (subject, purpose, state, instant, since) VALUES ('ann', 'marketing', 'maybe', 5, 5)",
            resolver: "consent",
            says: "the store holds a state of a consent `maybe`",
            path: "/consents",
            right: agrees(),
        },
        Garbage {
            purpose: "marketing",
            rows: "INSERT INTO consents (subject, purpose, state, instant, since) VALUES ('ann', 'marketing', 'granted', 5, -5)",
            resolver: "consent",
            says: "the store holds a number of microseconds `-5`",
            path: "/consents",
            right: json!({ "purpose": "marketing", "state": "refused" }),
        },
        Garbage {
            purpose: "deliver",
            rows: "INSERT INTO births (subject, born, instant) VALUES ('ann', 'yesterday', 5)",
            resolver: "person",
            says: "the store holds a day of birth `yesterday`",
            path: "/subjects",
            right: born(),
        },
        Garbage {
            purpose: "deliver",
            rows: "INSERT INTO births (subject, born, instant) VALUES ('ann', '1700-01-01', 5)",
            resolver: "person",
            says: "int 0..150",
            path: "/subjects",
            right: born(),
        },
        Garbage {
            purpose: "deliver",
            rows: "INSERT INTO births (subject, born, instant) VALUES ('ann', '2999-01-01', 5)",
            resolver: "person",
            says: "int 0..150",
            path: "/subjects",
            right: born(),
        },
        Garbage {
            purpose: "deliver",
            rows:
                "INSERT INTO births (subject, born, instant) VALUES ('ann', '2015-01-01', 5);
                INSERT INTO marks (subject, mark, is_on, instant) VALUES ('ann', 'guardian_permission', 2, 5)",
            resolver: "person",
            says: "the store holds a mark that is `2`",
            path: "/subjects",
            right: json!({ "guardian_permission": false }),
        },
        Garbage {
            purpose: "research",
            rows: "INSERT INTO marks (subject, mark, is_on, instant) VALUES ('ann', 'objected', -1, 5)",
            resolver: "objection",
            says: "the store holds a mark that is `-1`",
            path: "/objections",
            right: json!({ "on": false }),
        },
    ]
}

#[test]
fn invalid_rows_allow_nothing_until_corrected() {
    let (service, place) = start();
    for (number, Garbage { purpose, rows, resolver, says, path, mut right }) in all().into_iter().enumerate()
    {
        let subject = format!("ann-{number}");
        service.record("/subjects", &json!({ "subject": subject, "born": "1990-05-01" }));
        service.record("/subjects", &json!({ "subject": "bob", "born": "1990-05-01" }));
        // The invalid rows come last.
        let now = service.record("/subjects", &json!({ "subject": subject }))["recorded_at"].clone();
        let now: placet_consent_service::store::Instant = now.as_str().unwrap().parse().unwrap();
        let instant = now.microseconds().to_string();
        execute(
            &place,
            &rows.replace("'ann'", &format!("'{subject}'")).replace(" 5", &format!(" {instant}")),
        );
        let answer = service.decide(&subject, &using(purpose));
        assert_eq!(answer["effect"], "indeterminate", "{rows}: {answer}");
        let failure = &answer["failures"][0];
        assert_eq!(failure["resolver"], resolver, "{rows}: {answer}");
        assert!(failure.to_string().contains(says), "{rows}: {answer}");
        // Other subjects aren't affected.
        assert_eq!(service.effect("bob", &using("deliver")), "allow");
        assert_eq!((service.get("/health").0, service.get("/ready").0), (200, 200));
        // Any later event corrects it.
        right["subject"] = json!(subject);
        service.record(path, &right);
        let answer = service.decide(&subject, &using(purpose));
        let is_denied = right["state"] == "refused" || right["guardian_permission"] == false;
        assert_eq!(answer["effect"], if is_denied { "deny" } else { "allow" }, "{rows}: {answer}");
        assert_eq!(answer["failures"], json!([]), "{rows}");
    }
}

#[test]
fn a_withdrawal_in_the_future_counts_now() {
    let (service, place) = start();
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    service.record("/consents", &json!({ "subject": "ann", "purpose": "marketing", "state": "granted" }));
    assert_eq!(service.effect("ann", &using("marketing")), "allow");
    // A service whose clock is fast records such an event.
    let soon = placet_consent_service::store::Instant::now().microseconds() + 3_600_000_000;
    execute(
        &place,
        &format!(
            "INSERT INTO consents (subject, purpose, state, instant, since)
            VALUES ('ann', 'marketing', 'withdrawn', {soon}, {soon})"
        ),
    );
    let answer = service.decide("ann", &using("marketing"));
    assert_eq!(answer["effect"], "indeterminate", "{answer}");
    assert!(answer["failures"].to_string().contains("withdrawal of the future"), "{answer}");
}

#[test]
fn a_missing_table_allows_nothing_until_it_is_back() {
    let (service, place) = start();
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    let agrees = json!({ "subject": "ann", "purpose": "marketing", "state": "granted" });
    service.record("/consents", &agrees);
    execute(&place, "ALTER TABLE consents RENAME TO gone");
    let answer = service.decide("ann", &using("marketing"));
    assert_eq!(answer["effect"], "indeterminate", "{answer}");
    assert!(answer["failures"].to_string().contains("no such table"), "{answer}");
    assert_eq!(service.post("/consents", &agrees).0, 503);
    assert_eq!(service.effect("ann", &using("deliver")), "allow");
    execute(&place, "ALTER TABLE gone RENAME TO consents");
    assert_eq!(service.effect("ann", &using("marketing")), "allow");
    service.record("/consents", &agrees);
}
