//! A disk without room for the decision log.

use crate::client::{start_with, using};
use placet_consent_service::Service;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

/// The time limit for any wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The capacity of the log's queue, in bytes.
const QUEUE: usize = 8 << 10;

#[test]
fn a_full_disk_stops_neither_the_service_nor_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (log, file) = (folder.path().join("log"), folder.path().join("decisions.jsonl"));
    // Writes to this device always fail for lack of room.
    symlink("/dev/full", &log).unwrap();
    let service = start_with(|options| Service::start(&options.clone().log(&log).log_queue(QUEUE)).unwrap());
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    let mut decided = 0;
    let mut until = |what: &str, is_so: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < LONGEST_WAIT, "{what}: not after {LONGEST_WAIT:?}");
            assert_eq!(service.effect("ann", &using("deliver")), "allow");
            assert_eq!(service.effect("ann", &using("marketing")), "deny");
            decided += 2;
        }
    };
    let dropped = || service.figure(r#"placet_log_lines_total{result="dropped"}"#);
    let written = || service.figure(r#"placet_log_lines_total{result="written"}"#);
    until("lines are dropped", &|| dropped() > 0);
    // The queue may have been full before the first write.
    until("a write fails", &|| service.figure("placet_log_write_errors_total") > 0);
    assert_eq!(written(), 0);
    assert_eq!(service.get("/health").0, 200);
    // Now there is room again.
    let beside = folder.path().join("new");
    symlink(&file, &beside).unwrap();
    fs::rename(&beside, &log).unwrap();
    until("lines are written", &|| written() > 0);
    // The log reports the dropped lines. Together with them it accounts for all decisions.
    until("the log says what is lost", &|| fs::read_to_string(&file).unwrap().contains(r#""event":"lost""#));
    let (written, lost) = loop {
        let text = fs::read_to_string(&file).unwrap();
        let Some((whole, _)) = text.rsplit_once('\n') else { continue };
        let lines: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let lost =
            lines.iter().filter(|line| line["event"] == "lost").map(|line| line["lines"].as_u64().unwrap());
        let lost: u64 = lost.sum();
        let written = lines.iter().filter(|line| line["event"] == "decision").count() as u64;
        if written + lost == decided {
            break (written, lost);
        }
    };
    assert_eq!((service.figure(r#"placet_log_lines_total{result="written"}"#), dropped()), (written, lost));
}
