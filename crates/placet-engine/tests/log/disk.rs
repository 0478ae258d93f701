//! Destinations that fail and recover.

use super::support::*;
use placet_engine::{DecisionLog, LogError};
use std::io::ErrorKind;

/// Returns the complete lines of a text. Every other line must be the start of the next one, and may end within a
/// character.
fn whole_lines(text: &[u8]) -> Vec<serde_json::Value> {
    let all: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let mut whole = Vec::new();
    for (at, line) in all.iter().enumerate() {
        match serde_json::from_slice(line) {
            Ok(value) => whole.push(value),
            Err(error) => {
                let next = all.get(at + 1).unwrap_or_else(|| panic!("nothing follows a half line: {error}"));
                // The next one may be a shorter part of the same line.
                let is_same = next.starts_with(line) || line.starts_with(next);
                assert!(is_same, "another line follows a half one: {error}");
            }
        }
    }
    whole
}

#[test]
fn every_line_is_written_once_wherever_the_disk_is_full() {
    let shop = Shop::new();
    let whole = Disk::new();
    let log = DecisionLog::to_writer(whole.clone()).unwrap();
    shop.record(&log, 0, 3);
    log.close().unwrap();
    let length = whole.text().len();

    for room in 0..=length {
        let disk = Disk::with_room(room);
        let log = DecisionLog::to_writer(disk.clone()).unwrap();
        shop.record(&log, 0, 3);
        match log.flush() {
            Ok(()) => assert_eq!(room, length),
            Err(LogError::Write { error, .. }) => assert_eq!(error.kind(), ErrorKind::StorageFull, "{room}"),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(log.trouble().is_some(), room < length);
        disk.set_room(usize::MAX);
        shop.record(&log, 3, 1);
        log.flush().unwrap();
        assert!(log.trouble().is_none());
        assert_eq!(numbers(&whole_lines(&disk.text())), [0, 1, 2, 3], "{room}");
        let counts = log.counts();
        assert_eq!((counts.written, counts.failed, counts.dropped), (4, 0, 0), "{room}");
        assert_eq!(counts.write_errors > 0, room < length);
    }
}

#[test]
fn lines_survive_a_disk_that_fills_again_and_again() {
    let (shop, disk) = (Shop::new(), Disk::with_room(0));
    let log = DecisionLog::to_writer(disk.clone()).unwrap();
    shop.record(&log, 0, 20);
    for step in 0..200 {
        disk.set_room(step * 7 % 91);
        let _ = log.flush();
    }
    disk.set_room(usize::MAX);
    log.close().unwrap();
    assert_eq!(log.counts().written, 20);
    assert_eq!(numbers(&whole_lines(&disk.text())), Vec::from_iter(0..20));
}

#[test]
fn dropped_lines_are_reported_once_there_is_room() {
    let (shop, disk) = (Shop::new(), Disk::with_room(0));
    let log = DecisionLog::builder().capacity(5_000).to_writer(disk.clone()).unwrap();
    shop.record(&log, 0, 1_000);
    assert!(log.flush().is_err());
    shop.record(&log, 1_000, 1_000);
    assert!(log.flush().is_err());
    disk.set_room(usize::MAX);
    log.flush().unwrap();
    shop.record(&log, 2_000, 1);
    log.flush().unwrap();
    let (all, counts) = (lines(&disk.text()), log.counts());
    assert!(counts.dropped > 1_900, "{counts:?}");
    assert_eq!(counts.written + counts.dropped, 2_001);
    assert_eq!(counts.failed, 0);
    assert_eq!(lost(&all), counts.dropped);
    assert_eq!(numbers(&all).last(), Some(&2_000));
    let told: u64 = all.iter().filter_map(|line| line["write_errors"].as_u64()).sum();
    assert_eq!(told, counts.write_errors);
}

#[test]
fn close_counts_lines_that_cannot_be_written() {
    let (shop, disk) = (Shop::new(), Disk::with_room(0));
    let log = DecisionLog::to_writer(disk.clone()).unwrap();
    shop.record(&log, 0, 5);
    assert!(log.flush().is_err());
    shop.record(&log, 5, 5);
    let error = log.close().unwrap_err();
    assert!(error.to_string() == "the decision log can't be written", "{error}");
    assert_eq!((log.counts().written, log.counts().failed), (0, 10));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_fails_lines_without_blocking() {
    let shop = Shop::new();
    let log = DecisionLog::to_file("/dev/full").unwrap();
    shop.record(&log, 0, 10);
    assert!(matches!(log.flush(), Err(LogError::Write { path: Some(path), .. }) if path.ends_with("full")));
    shop.record(&log, 10, 10);
    assert!(log.close().is_err());
    assert_eq!((log.counts().written, log.counts().failed), (0, 20));
}

#[test]
#[cfg(target_os = "linux")]
fn a_path_redirected_to_another_disk_is_reopened() {
    use std::os::unix::fs::symlink;
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let (link, file) = (folder.path().join("log"), folder.path().join("file"));
    symlink("/dev/full", &link).unwrap();
    let log = DecisionLog::to_file(&link).unwrap();
    shop.record(&log, 0, 10);
    assert!(log.flush().is_err());
    std::fs::remove_file(&link).unwrap();
    symlink(&file, &link).unwrap();
    log.flush().unwrap();
    assert_eq!(numbers(&lines(&std::fs::read(&file).unwrap())), Vec::from_iter(0..10));
}

#[test]
fn to_file_names_a_file_that_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/such/log.jsonl");
    let error = DecisionLog::to_file(&path).unwrap_err();
    assert!(matches!(error, LogError::Open { .. }));
    assert!(error.to_string().contains("no/such/log.jsonl"), "{error}");
}
