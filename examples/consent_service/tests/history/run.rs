//! The clients, and the thread that changes the policy meanwhile.

use crate::check::{Summary, check};
use crate::keep_alive::Client;
use crate::policies::{GOOD, Policies};
use crate::record::{Answer, Asked, Effect, Entry, Stopwatch, What};
use placet_consent_service::{Options, Service, serve};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const CLIENTS: u16 = 64;
const SUBJECTS: u16 = 24;
/// The number of requests, unless `PLACET_HISTORY` sets it.
const REQUESTS: u64 = 20_000;
/// One action in this many gives or withdraws a consent.
const SAYING: u64 = 40;
/// The time between policies.
const POLICY_STAYS: Duration = Duration::from_millis(500);
/// The time limit for seeing a second policy after all requests.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Runs the test over a store, and checks the history.
pub(crate) fn run(place: &str) {
    let folder = tempfile::tempdir().unwrap();
    let policies = Policies::new(folder.path());
    let requests = std::env::var("PLACET_HISTORY").map_or(REQUESTS, |count| count.parse().unwrap());
    let service =
        Service::start(&Options::new(policies.path(), place).log(folder.path().join("log"))).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (bound, address) = std::sync::mpsc::channel();
    let server = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            bound.send(listener.local_addr().unwrap()).unwrap();
            serve(service, listener, async { drop(stopped.await) }).await.unwrap();
        });
    });
    let address = address.recv().unwrap();
    let begun = register(address);
    let (history, turns) = ask(address, &policies, requests, begun);
    drop(stop);
    server.join().unwrap();
    let summary = check(&history, SUBJECTS, GOOD).unwrap_or_else(|fault| panic!("{fault}"));
    println!("{requests} requests, {turns} policies: {summary:?}");
    let Summary { allowed, denied, indeterminate, said, by_policy } = summary;
    assert_eq!(allowed + denied + indeterminate + said, history.len());
    assert!(history.len() as u64 >= requests + u64::from(SUBJECTS));
    assert!(allowed > 0 && denied > 0 && said > 0);
    assert!(by_policy.iter().filter(|count| **count > 0).count() > 1, "policies took each other's place");
}

fn name(subject: u16) -> String {
    format!("subject-{subject}")
}

/// Registers everybody and records consents, before anything else.
fn register(address: SocketAddr) -> Vec<Entry> {
    let mut client = Client::connect(address).unwrap();
    for subject in 0..SUBJECTS {
        let body = format!(r#"{{"subject": "{}", "born": "1990-05-01"}}"#, name(subject));
        assert_eq!(client.post("/subjects", &body).unwrap().0, 201);
        assert_eq!(client.post("/consents", &self::body(subject, true, true)).unwrap().0, 201);
    }
    (0..SUBJECTS)
        .map(|subject| Entry { subject, sent: 0, answered: 0, what: What::Said { granted: true } })
        .collect()
}

/// Runs all clients. Returns the history and the number of policies written meanwhile.
fn ask(address: SocketAddr, policies: &Policies, requests: u64, begun: Vec<Entry>) -> (Vec<Entry>, usize) {
    let clock = Stopwatch::start();
    let left = AtomicU64::new(requests);
    let over = AtomicBool::new(false);
    let seen = AtomicU64::new(0);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (left, seen) = (&left, &seen);
                scope.spawn(move || client(address, policies, clock, left, seen, number))
            })
            .collect();
        let over = &over;
        let writer = scope.spawn(move || {
            let mut turn = 0;
            while !over.load(Ordering::Relaxed) {
                thread::sleep(POLICY_STAYS);
                turn += 1;
                policies.write(turn);
            }
            turn
        });
        let done = clients.into_iter().flat_map(|client| client.join().unwrap());
        let history = begun.into_iter().chain(done).collect();
        over.store(true, Ordering::Relaxed);
        (history, writer.join().unwrap())
    })
}

/// Runs one client, which mostly asks, until there are enough requests and answers of several policies.
fn client(
    address: SocketAddr,
    policies: &Policies,
    clock: Stopwatch,
    left: &AtomicU64,
    seen: &AtomicU64,
    number: u16,
) -> Vec<Entry> {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[number as u8; 32]);
    let mut client = Client::connect(address).unwrap();
    let mut history = Vec::new();
    let begun = Instant::now();
    loop {
        let is_over =
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err();
        let several = seen.load(Ordering::Relaxed).count_ones() > 1 || begun.elapsed() > LONGEST_WAIT;
        if is_over && several {
            return history;
        }
        let dice = random.next_u64();
        let subject = (dice % u64::from(SUBJECTS)) as u16;
        let dice = dice / u64::from(SUBJECTS);
        let saying = dice.is_multiple_of(SAYING);
        let coin = (dice / SAYING).is_multiple_of(2);
        let body = body(subject, saying, coin);
        let sent = clock.now();
        let (status, answer) = client.post(if saying { "/consents" } else { "/decide" }, &body).unwrap();
        let answered = clock.now();
        assert_eq!(status, if saying { 201 } else { 200 }, "{}", String::from_utf8_lossy(answer));
        let what = if saying {
            What::Said { granted: coin }
        } else {
            let answer = read(answer, if coin { Asked::Email } else { Asked::Clicks }, policies);
            seen.fetch_or(answer.policy.map_or(0, |policy| 1 << policy), Ordering::Relaxed);
            What::Decided(answer)
        };
        history.push(Entry { subject, sent, answered, what });
    }
}

fn body(subject: u16, saying: bool, coin: bool) -> String {
    let subject = name(subject);
    if saying {
        let state = if coin { "granted" } else { "withdrawn" };
        return format!(r#"{{"subject": "{subject}", "purpose": "marketing", "state": "{state}"}}"#);
    }
    let data = if coin { "email" } else { "clicks" };
    format!(
        r#"{{"subject": "{subject}", "request":
            {{"service": "consumer", "action": "use", "purpose": "marketing", "data": ["{data}"]}}}}"#
    )
}

fn read(answer: &[u8], asked: Asked, policies: &Policies) -> Answer {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let texts = |key: &str| answer[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap());
    let marks: Vec<usize> = texts("cites").filter_map(Policies::of_clause).collect();
    assert!(marks.windows(2).all(|pair| pair[0] == pair[1]), "rules of two policies: {answer}");
    Answer {
        asked,
        effect: match answer["effect"].as_str().unwrap() {
            "allow" => Effect::Allow,
            "deny" => Effect::Deny,
            _ => Effect::Indeterminate,
        },
        withdrawn: texts("rules").any(|rule| rule == "withdrawal"),
        policy: policies.of_hash(answer["policy"]["hash"].as_str().unwrap()),
        mark: marks.first().copied(),
        frozen: texts("rules").any(|rule| rule == "frozen"),
        failures: answer["failures"].as_array().unwrap().len(),
    }
}
