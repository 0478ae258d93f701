//! A policy's file that is half written repeatedly while requests run.

use crate::client::{POLICY, start_with, using};
use crate::load::Load;
use placet_consent_service::{Options, Service};
use serde_json::json;
use std::fs;
use std::time::{Duration, Instant};

/// The time limit for a reload.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The file is cut off before each of these lines, where the text up to it may be a valid policy, and at places in
/// between.
const BEFORE: [&str; 6] = [
    "set for_communicating",
    "let handling",
    "where service is consumer",
    "where service is api",
    "prove children",
    "example using",
];
const SOMEWHERE: usize = 5;

/// Returns the positions at which a text is cut off.
fn cuts(text: &str) -> Vec<usize> {
    let ahead = BEFORE.iter().map(|line| text.find(&format!("\n{line}")).unwrap() + 1);
    let end = text.find("\ntest \"").unwrap();
    let between = (1..=SOMEWHERE).map(|part| end * part / (SOMEWHERE + 1));
    ahead.chain(between).chain([0]).collect()
}

#[test]
fn a_half_written_policy_never_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("privacy.placet");
    let old = fs::read_to_string(POLICY).unwrap();
    fs::write(&path, &old).unwrap();
    let service =
        start_with(|options| Service::start(&Options::new(&path, options.store_location())).unwrap());
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    service.record("/subjects", &json!({ "subject": "kid", "born": "2020-05-01" }));
    let hash = || service.decide("ann", &using("deliver"))["policy"]["hash"].clone();
    let of_old = hash();
    let failed = || service.figure(r#"placet_reloads_total{result="failed"}"#);
    let new = old.replace("version \"2025-09-29\"", "version \"2025-09-30\"");
    let load = Load::default();
    load.during(service.address(), || {
        for cut in cuts(&new) {
            let (before, begun) = (failed(), Instant::now());
            fs::write(&path, &new.as_bytes()[..cut]).unwrap();
            while failed() == before {
                assert_eq!(hash(), of_old, "cut off after {cut} bytes");
                assert!(begun.elapsed() < LONGEST_WAIT, "nobody says that the policy is cut off");
            }
            assert_eq!(hash(), of_old, "cut off after {cut} bytes");
            assert_eq!(service.effect("ann", &using("deliver")), "allow");
            assert_eq!(service.effect("kid", &using("deliver")), "deny");
        }
        assert_eq!(service.figure(r#"placet_reloads_total{result="swapped"}"#), 0);
        let begun = Instant::now();
        fs::write(&path, &new).unwrap();
        while hash() == of_old {
            assert!(begun.elapsed() < LONGEST_WAIT, "the whole policy is not taken up");
        }
        assert_eq!(service.decide("ann", &using("deliver"))["policy"]["version"], "2025-09-30");
        load.until_well();
    });
}
