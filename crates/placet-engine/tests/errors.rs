//! Errors: each cause is said once, and errors about files name the path.

use placet::{CompileError, LoadError, Policy};
use placet_engine::{DecisionLog, Facts, FailureReason, KeyType, LogError, ReloadError, Resolver, SwapError};
use placet_engine::{Engine, WatchError};
use placet_samples::error_chain as chain;
use std::io;
use std::sync::Arc;
use std::time::Duration;

fn full() -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, "no space left")
}

#[test]
fn log_errors_say_each_cause_once() {
    let path = Some(Arc::from("a.jsonl".as_ref()));
    let open = LogError::Open { path: "a.jsonl".into(), error: Arc::new(full()) };
    assert_eq!(chain(&open), "the decision log `a.jsonl` can't be opened: no space left");
    let thread = LogError::Thread(Arc::new(full()));
    assert_eq!(chain(&thread), "the thread that writes the decision log can't be started: no space left");
    let write = LogError::Write { path: path.clone(), error: Arc::new(full()) };
    assert_eq!(chain(&write), "the decision log `a.jsonl` can't be written: no space left");
    let write = LogError::Write { path: None, error: Arc::new(full()) };
    assert_eq!(chain(&write), "the decision log can't be written: no space left");
    let late = LogError::Late { path, timeout: Duration::from_secs(1) };
    assert_eq!(chain(&late), "the decision log `a.jsonl` was not written within 1s");

    let error = DecisionLog::to_file("no/such/folder/log.jsonl").unwrap_err();
    assert!(chain(&error).starts_with("the decision log `no/such/folder/log.jsonl` can't be opened: "));
}

#[test]
fn reload_errors_say_each_cause_once() {
    let read = ReloadError::Read { path: "door.placet".into(), error: full() };
    assert_eq!(chain(&read), "`door.placet` can't be read: no space left");
    let load = ReloadError::Load { path: "door.placetc".into(), error: LoadError::NotAProgram };
    assert_eq!(chain(&load), "`door.placetc` can't be loaded: this is no saved policy");
    let error: CompileError = Policy::from_text("policy door  rule r { allow when open }").unwrap_err();
    assert_eq!(chain(&ReloadError::Compile(error.clone())), chain(&error));
    let error = SwapError::KeyType { key: "id".into(), engine: KeyType::Text, policy: KeyType::Int };
    assert_eq!(chain(&ReloadError::Swap(error.clone())), chain(&error));
    let late = ReloadError::TestsLate { run: 1, of: 2, limit: Duration::from_secs(1) };
    assert_eq!(chain(&late), "1 of 2 tests took longer than 1s");
    let folder = WatchError::Folder { folder: "policies".into(), reason: "too many watches".to_owned() };
    assert_eq!(chain(&folder), "the folder `policies` can't be watched: too many watches");
}

#[test]
fn failures_say_the_causes_of_a_resolver_error() {
    let resolver = Resolver::blocking("x", |_| -> Result<Facts, _> {
        Err(LogError::Open { path: "a.jsonl".into(), error: Arc::new(full()) }.into())
    });
    let policy = Policy::from_text("policy p  request { x: bool }  rule r { allow when x }").unwrap();
    let engine = Engine::builder(policy).resolver(resolver.attributes(["x"])).build().unwrap();
    let answer = engine.decide(engine.query()).unwrap();
    let [failure] = &*answer.failures else { panic!("{:?}", answer.failures) };
    assert!(
        matches!(&failure.why, FailureReason::Failed { message, .. } if message.ends_with("opened: no space left"))
    );
}
