//! Files: appended to, rotated, and continued.

use super::support::*;
use placet_engine::DecisionLog;
use std::fs;
use std::path::Path;

fn written(path: &Path) -> Vec<u64> {
    numbers(&lines(&fs::read(path).unwrap()))
}

#[test]
fn to_file_appends() {
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("log.jsonl");
    for first in [0, 10] {
        let log = DecisionLog::to_file(&path).unwrap();
        shop.record(&log, first, 10);
        log.close().unwrap();
    }
    assert_eq!(written(&path), Vec::from_iter(0..20));
}

#[test]
fn to_file_ends_an_incomplete_last_line() {
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("log.jsonl");
    fs::write(&path, "{\"event\":\"deci").unwrap();
    let log = DecisionLog::to_file(&path).unwrap();
    shop.record(&log, 0, 2);
    log.close().unwrap();
    let text = fs::read(&path).unwrap();
    let rest = text.strip_prefix(b"{\"event\":\"deci\n").expect("the half line is a line of its own");
    assert_eq!(numbers(&lines(rest)), [0, 1]);
}

#[test]
#[cfg(unix)]
fn a_renamed_file_is_replaced_by_a_new_one() {
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let (path, old) = (folder.path().join("log.jsonl"), folder.path().join("log.jsonl.1"));
    let log = DecisionLog::to_file(&path).unwrap();
    shop.record(&log, 0, 5);
    log.flush().unwrap();
    fs::rename(&path, &old).unwrap();
    shop.record(&log, 5, 5);
    log.flush().unwrap();
    assert_eq!((written(&old), written(&path)), (Vec::from_iter(0..5), Vec::from_iter(5..10)));
    // `logrotate` with `create`.
    fs::rename(&path, &old).unwrap();
    fs::write(&path, "").unwrap();
    shop.record(&log, 10, 5);
    log.flush().unwrap();
    assert_eq!((written(&old), written(&path)), (Vec::from_iter(5..10), Vec::from_iter(10..15)));
    // `logrotate` with `copytruncate`.
    fs::OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
    shop.record(&log, 15, 1);
    log.flush().unwrap();
    assert_eq!(written(&path), [15]);
    fs::remove_file(&path).unwrap();
    shop.record(&log, 16, 1);
    log.close().unwrap();
    assert_eq!(written(&path), [16]);
}

#[test]
#[cfg(unix)]
fn reopen_directs_later_lines_to_the_new_file() {
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let (path, old) = (folder.path().join("log.jsonl"), folder.path().join("log.jsonl.1"));
    let log = DecisionLog::to_file(&path).unwrap();
    fs::rename(&path, &old).unwrap();
    log.reopen().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"", "it is there at once");
    shop.record(&log, 0, 5);
    log.close().unwrap();
    assert_eq!((written(&old), written(&path)), (vec![], Vec::from_iter(0..5)));
}

#[test]
#[cfg(unix)]
fn reopen_keeps_the_old_file_if_no_new_one_can_be_opened() {
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let (logs, moved) = (folder.path().join("logs"), folder.path().join("moved"));
    fs::create_dir(&logs).unwrap();
    let log = DecisionLog::to_file(logs.join("log.jsonl")).unwrap();
    fs::rename(&logs, &moved).unwrap();
    shop.record(&log, 0, 5);
    assert!(log.flush().is_err(), "that is said");
    assert_eq!(written(&moved.join("log.jsonl")), Vec::from_iter(0..5));
    fs::create_dir(&logs).unwrap();
    shop.record(&log, 5, 5);
    log.close().unwrap();
    assert_eq!(written(&logs.join("log.jsonl")), Vec::from_iter(5..10));
    assert_eq!(log.counts().written, 10);
}
