//! The queue: bounded, never blocking, and written completely at the end.

use super::support::*;
use placet_engine::{DecisionLog, LogError};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn lines_that_do_not_fit_are_dropped_and_reported() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::builder().capacity(10_000).to_writer(disk.clone()).unwrap();
    disk.shut();
    shop.record(&log, 0, 1);
    disk.wait_for_a_writer(1);
    // The destination hangs from here on. Recording doesn't.
    shop.record(&log, 1, 999);
    let counts = log.counts();
    assert_eq!(counts.written, 0);
    assert!((900..999).contains(&counts.dropped), "{counts:?}");
    disk.open();
    log.flush().unwrap();
    shop.record(&log, 1_000, 1);
    log.close().unwrap();

    let counts = log.counts();
    assert_eq!(counts.written + counts.dropped, 1_001);
    assert_eq!((counts.failed, counts.write_errors), (0, 0));
    let all = lines(&disk.text());
    assert_eq!(lost(&all), counts.dropped);
    let written = numbers(&all);
    assert_eq!(written.len() as u64, counts.written);
    assert!(written.is_sorted() && written.ends_with(&[1_000]));
    let at = all.iter().position(|line| line["event"] == "lost").unwrap();
    assert_eq!(at, all.len() - 2, "where the lines are not");
    assert_eq!(all[at]["write_errors"], 0);
    assert!(all[at]["since"].as_str() <= all[at]["time"].as_str());
}

#[test]
fn a_line_longer_than_the_queue_is_dropped() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::builder().capacity(100).to_writer(disk.clone()).unwrap();
    shop.record(&log, 0, 3);
    log.close().unwrap();
    assert_eq!(lost(&lines(&disk.text())), 3);
    assert_eq!(log.counts().dropped, 3);
}

#[test]
fn drop_writes_recorded_lines() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::to_writer(disk.clone()).unwrap();
    let other = log.clone();
    shop.record(&log, 0, 100);
    drop(log);
    shop.record(&other, 100, 100);
    drop(other);
    assert_eq!(numbers(&lines(&disk.text())), Vec::from_iter(0..200));
}

#[test]
fn flush_writes_lines_recorded_before() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::to_writer(disk.clone()).unwrap();
    for first in 0..20 {
        shop.record(&log, first, 1);
        log.flush().unwrap();
        assert_eq!(numbers(&lines(&disk.text())).last(), Some(&first));
    }
    assert_eq!(log.counts().written, 20);
}

#[test]
fn lines_are_written_without_a_flush() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::to_writer(disk.clone()).unwrap();
    shop.record(&log, 0, 1);
    disk.wait_for_a_writer(1);
    drop(log);
}

#[test]
fn lines_recorded_after_close_are_dropped() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::to_writer(disk.clone()).unwrap();
    shop.record(&log, 0, 1);
    log.close().unwrap();
    log.close().unwrap();
    shop.record(&log, 1, 2);
    log.flush().unwrap();
    assert_eq!(numbers(&lines(&disk.text())), [0]);
    assert_eq!((log.counts().written, log.counts().dropped), (1, 2));
}

#[test]
fn flush_and_close_stop_waiting_at_their_timeout() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::builder().timeout(Duration::from_millis(1)).to_writer(disk.clone()).unwrap();
    disk.shut();
    shop.record(&log, 0, 1);
    assert!(matches!(log.flush(), Err(LogError::Late { .. })));
    assert!(matches!(log.reopen(), Err(LogError::Late { .. })));
    assert!(matches!(log.close(), Err(LogError::Late { .. })));
    drop(log);
    assert!(disk.text().is_empty());
    disk.open();
}

#[test]
fn concurrent_records_are_all_written() {
    const THREADS: u64 = 8;
    const EACH: u64 = 2_000;
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::builder().capacity(16 << 20).to_writer(disk.clone()).unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (shop, log) = (&shop, log.clone());
            scope.spawn(move || shop.record(&log, thread * EACH, EACH));
        }
        for _ in 0..20 {
            log.flush().unwrap();
        }
    });
    log.close().unwrap();
    let mut written = numbers(&lines(&disk.text()));
    for thread in 0..THREADS {
        let of_thread = written.iter().filter(|number| **number / EACH == thread);
        assert!(of_thread.is_sorted(), "a thread's lines are in its order");
    }
    written.sort_unstable();
    assert_eq!(written, Vec::from_iter(0..THREADS * EACH));
}

#[test]
fn counts_are_complete_for_a_small_queue_and_many_threads() {
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::builder().capacity(2_000).to_writer(disk.clone()).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (shop, log) = (&shop, log.clone());
            scope.spawn(move || shop.record(&log, thread * 5_000, 5_000));
        }
    });
    log.close().unwrap();
    let (all, counts) = (lines(&disk.text()), log.counts());
    assert_eq!(numbers(&all).len() as u64, counts.written);
    assert_eq!(lost(&all), counts.dropped);
    assert_eq!(counts.written + counts.dropped, 20_000);
}

#[test]
fn a_panicking_writer_counts_as_a_failed_write() {
    struct Faulty(Arc<AtomicUsize>, Disk);
    impl Write for Faulty {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(self.0.fetch_add(1, Ordering::Relaxed) > 0, "the first time it panics");
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (shop, disk) = (Shop::new(), Disk::new());
    let log = DecisionLog::to_writer(Faulty(Arc::default(), disk.clone())).unwrap();
    shop.record(&log, 0, 1);
    // The writer may have tried before the flush.
    let _ = log.flush();
    assert_eq!(log.counts().write_errors, 1);
    log.flush().unwrap();
    assert_eq!(numbers(&lines(&disk.text())), [0]);
}
