//! A PostgreSQL server that fails in every way while people consent and withdraw. It uses the server of
//! `PLACET_POSTGRES` and `PLACET_POSTGRES_FOLDER`. This test has a binary of its own, so that no other test uses the
//! server meanwhile.

#![allow(dead_code, reason = "each test binary uses a part")]

#[path = "../service/client.rs"]
mod client;
#[path = "../common/databases.rs"]
mod databases;
#[path = "../common/keep_alive.rs"]
mod keep_alive;
#[path = "../common/load.rs"]
mod load;

use client::{Running, start_with, using};
use load::Load;
use placet_consent_service::Service;
use placet_consent_service::store::open;
use serde_json::json;
use std::process::Command;

/// The ways in which the server fails, and the action that recovers it unless it recovers by itself.
const OUTAGES: [(&str, Option<&str>); 4] =
    [("stop", Some("start")), ("kill", Some("start")), ("crash", None), ("freeze", Some("thaw"))];

/// Runs an action on the server.
fn server(action: &str) {
    assert!(Command::new("tests/server").arg(action).status().unwrap().success(), "{action}");
}

fn start(place: &str) -> Running {
    start_with(|options| Service::over(open(place).unwrap(), options).unwrap())
}

#[test]
fn no_acknowledged_withdrawal_is_lost_in_an_outage() {
    let Some(place) = databases::postgres() else { return };
    let service = start(&place);
    let load = Load::default();
    load.during(service.address(), || {
        load.until_well();
        for (fails, comes_back) in OUTAGES {
            // Nothing about this subject is cached.
            service.record("/subjects", &json!({ "subject": fails, "born": "1990-05-01" }));
            service.record("/consents", &json!({ "subject": fails, "purpose": "marketing", "state": "granted" }));
            server(fails);
            if let Some(comes_back) = comes_back {
                let answer = service.decide(fails, &using("marketing"));
                assert_eq!(answer["effect"], "indeterminate", "{fails}: {answer}");
                assert_ne!(answer["failures"], json!([]), "{fails}: {answer}");
                assert_eq!((service.get("/health").0, service.get("/ready").0), (200, 503), "{fails}");
                let anonymized =
                    json!({ "service": "consumer", "action": "use", "purpose": "research", "data": ["anonymized"] });
                assert_eq!(service.effect(fails, &anonymized), "allow");
                server(comes_back);
            }
            load.until_well();
            assert_eq!(service.becomes_decided(fails, &using("marketing")), "allow", "{fails}");
            assert_eq!(service.get("/ready").0, 200, "{fails}");
            println!("{fails}: {:?}", load.seen());
        }
    });
    assert!(load.check_all(service.address()) > 0);
    // A service without a cache agrees.
    load.check_all(start(&place).address());
}
