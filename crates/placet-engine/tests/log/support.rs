//! A policy, its answers, and destinations that fail.

use placet::{Policy, Request};
use placet_engine::{Answer, DecisionLog, LoadedPolicy, Origins};
use serde_json::Value;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub(crate) const SHOP: &str = r#"
policy shop version "1.0"
taxonomy Purpose { deliver, marketing { newsletter, advertising } }
request {
  subject.id: string
  subject.age: int 0..150
  purpose: Purpose
  consent: { granted, refused }
  segments: set of string
  labels: set of { gold, silver }
  score: number
  born: date
  seen: time
  delay: duration
  member: bool required
}
rule delivery { cite "§3"  basis contract  allow when purpose is deliver }
rule marketing { cite "§5"  allow when purpose in marketing and consent is granted }
rule children {
  cite "§9"
  deny when subject.age < 13
  oblige erase within 30 days "Erase what was collected."
}
"#;

/// A policy as an engine holds it, and answers by it.
pub(crate) struct Shop {
    pub(crate) version: Arc<LoadedPolicy>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self { version: Arc::new(LoadedPolicy::new(Policy::from_text(SHOP).unwrap())) }
    }

    pub(crate) fn request(&self, json: &str) -> Request {
        self.version.policy().request_from_json(json).unwrap()
    }

    pub(crate) fn answer(&self, request: &Request) -> Answer {
        Answer {
            decision: self.version.policy().decide(request).unwrap(),
            version: self.version.clone(),
            request: request.clone(),
            origins: Origins::default(),
            failures: Vec::new(),
            elapsed: Duration::from_nanos(1_234),
        }
    }

    /// Records `count` answers that differ in their elapsed time, starting at `first` nanoseconds.
    pub(crate) fn record(&self, log: &DecisionLog, first: u64, count: u64) {
        let request = self.request(r#"{"member": true, "purpose": "deliver", "subject.age": 30}"#);
        let mut answer = self.answer(&request);
        for number in first..first + count {
            answer.elapsed = Duration::from_nanos(number);
            log.record(&answer, &request);
        }
    }
}

/// Parses the lines of a log. All of them must be JSON.
pub(crate) fn lines(text: &[u8]) -> Vec<Value> {
    std::str::from_utf8(text)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Returns the elapsed times of the recorded answers, which number them.
pub(crate) fn numbers(lines: &[Value]) -> Vec<u64> {
    lines.iter().filter_map(|line| line["nanoseconds"].as_u64()).collect()
}

/// Returns the number of dropped lines that the log reports.
pub(crate) fn lost(lines: &[Value]) -> u64 {
    lines.iter().filter(|line| line["event"] == "lost").map(|line| line["lines"].as_u64().unwrap()).sum()
}

/// A destination in memory with limited room, which can be shut to block writers.
#[derive(Clone)]
pub(crate) struct Disk {
    state: Arc<(Mutex<Inner>, Condvar)>,
}

struct Inner {
    text: Vec<u8>,
    room: usize,
    is_shut: bool,
    writes: usize,
}

impl Disk {
    pub(crate) fn with_room(room: usize) -> Self {
        let inner = Inner { text: Vec::new(), room, is_shut: false, writes: 0 };
        Self { state: Arc::new((Mutex::new(inner), Condvar::new())) }
    }

    pub(crate) fn new() -> Self {
        Self::with_room(usize::MAX)
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        self.state.0.lock().unwrap().text.clone()
    }

    pub(crate) fn set_room(&self, room: usize) {
        self.state.0.lock().unwrap().room = room;
    }

    /// Makes writers wait until it is opened.
    pub(crate) fn shut(&self) {
        self.state.0.lock().unwrap().is_shut = true;
    }

    /// Returns the number of writes, including those in progress.
    pub(crate) fn writes(&self) -> usize {
        self.state.0.lock().unwrap().writes
    }

    pub(crate) fn open(&self) {
        self.state.0.lock().unwrap().is_shut = false;
        self.state.1.notify_all();
    }

    /// Waits until so many writes have begun.
    pub(crate) fn wait_for_a_writer(&self, writes: usize) {
        let inner = self.state.0.lock().unwrap();
        drop(self.state.1.wait_while(inner, |inner| inner.writes < writes).unwrap());
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.state.0.lock().unwrap();
        inner.writes += 1;
        self.state.1.notify_all();
        inner = self.state.1.wait_while(inner, |inner| inner.is_shut).unwrap();
        let count = bytes.len().min(inner.room);
        if count == 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        inner.room -= count;
        inner.text.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
