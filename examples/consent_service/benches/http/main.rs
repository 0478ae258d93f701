//! The throughput of the service, next to that of the same service written without Placet. Both run on loopback in
//! alternation, get the same requests from the same number of connections, and give the same answers. Prints requests
//! per second and the ratio: once with cached facts, so that the store is seldom queried, and once with facts fetched
//! for each request.
//!
//! `cargo bench -p placet-consent-service --bench http`

mod by_hand;
#[path = "../../tests/common/keep_alive.rs"]
mod keep_alive;
mod peer;
mod request;

use axum::Router;
use keep_alive::Client;
use placet_consent_service::store::{Event, Instant, Mark, State, open};
use placet_consent_service::{Options, Service};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// The number of concurrent connections.
const CONNECTIONS: usize = 64;
/// The number of rounds for each service, and the length of a round.
const ROUNDS: usize = 40;
const ROUND: Duration = Duration::from_millis(500);
/// The time to live of cached facts.
const TIME_TO_LIVE: Duration = Duration::from_secs(60);
/// The number of registered subjects.
const SUBJECTS: u32 = 500;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("consents.sqlite3").to_str().unwrap().to_owned();
    let store = open(&place).unwrap();
    for number in 0..SUBJECTS {
        store.register(&name(number), &events(number), Instant::FIRST).unwrap();
    }
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../zai/privacy.placet");
    let options = Options::new(policy, place);
    let bodies = bodies();
    for (name, time_to_live) in [("facts kept", TIME_TO_LIVE), ("facts fetched", Duration::ZERO)] {
        println!("{name}");
        let service = Service::over(store.clone(), &options.clone().time_to_live(time_to_live)).unwrap();
        let placet = listen(service.router());
        let peer = listen(peer::router(store.clone(), time_to_live));
        compare(placet, peer, &bodies);
        let asked = || service.engine().counts().iter().map(|counts| counts.fetches).sum();
        measure(placet, peer, &bodies, asked);
    }
}

/// Measures both services in alternation. `asked` returns the number of queries that the Placet service has made to its
/// store.
fn measure(placet: SocketAddr, peer: SocketAddr, bodies: &[String], asked: impl Fn() -> u64) {
    let before = asked();
    // Both services are warm, and each goes first in half of the rounds.
    let mut ratios = Vec::new();
    let (mut by_placet, mut by_hand) = (0, 0);
    for round in 0..ROUNDS {
        let (ours, theirs) = if round % 2 == 0 {
            let ours = ask(placet, bodies);
            (ours, ask(peer, bodies))
        } else {
            let theirs = ask(peer, bodies);
            (ask(placet, bodies), theirs)
        };
        by_placet += ours;
        by_hand += theirs;
        ratios.push(ours as f64 / theirs as f64);
    }
    ratios.sort_by(f64::total_cmp);
    let seconds = ROUND.as_secs_f64() * ROUNDS as f64;
    let rate = |count: usize| count as f64 / seconds;
    let questions = (asked() - before) as f64 / by_placet as f64;
    println!("with Placet  {:>9.0} requests/s, {questions:.2} questions to the store each", rate(by_placet));
    println!("by hand      {:>9.0} requests/s", rate(by_hand));
    println!(
        "ratio        {:>9.3} (median of {ROUNDS} rounds of {ROUND:?}, {CONNECTIONS} connections)",
        ratios[ROUNDS / 2]
    );
}

fn name(number: u32) -> String {
    format!("subject-{number}")
}

/// Returns the events of a subject: consents of all kinds, a few objections, restrictions and minors.
fn events(number: u32) -> Vec<Event> {
    let mark = |mark, of| Event::Mark { mark, on: number.is_multiple_of(of) };
    let year = 1950 + number % 66;
    let mut events = vec![
        Event::Born(format!("{year}-05-01").parse().unwrap()),
        mark(Mark::GuardianPermission, 2),
        mark(Mark::Objected, 7),
        mark(Mark::Restricted, 11),
    ];
    let state =
        [None, Some(State::Granted), Some(State::Granted), Some(State::Refused), Some(State::Withdrawn)];
    if let Some(state) = state[number as usize % state.len()] {
        events.push(Event::Consent { purpose: "marketing".to_owned(), state });
    }
    events
}

/// Returns the request bodies.
fn bodies() -> Vec<String> {
    let asked = [
        r#""action": "use", "purpose": "marketing", "data": ["email", "clicks"]"#,
        r#""action": "use", "purpose": "deliver", "data": ["text_prompt", "image"]"#,
        r#""action": "use", "purpose": "train_models", "data": ["usage"]"#,
        r#""action": "collect", "purpose": "research", "data": ["cookie"], "cookie_consent_required": true, "cookie_consent": "granted""#,
        r#""action": "use", "purpose": "research", "data": ["anonymized"]"#,
        r#""action": "disclose", "purpose": "deliver", "data": ["personal"], "recipient": "service_provider""#,
        r#""action": "disclose", "purpose": "analyze", "data": ["clicks"], "recipient": "analytics_provider", "pseudonymized": true"#,
        r#""action": "use", "purpose": "fraud_prevention", "data": ["security_signal", "payment"], "override": "compelling_grounds""#,
    ];
    let ask = |number: u32, asked: &str| {
        format!(r#"{{"subject": "{}", "request": {{"service": "consumer", {asked}}}}}"#, name(number))
    };
    (0..SUBJECTS).flat_map(|number| asked.iter().map(move |asked| ask(number, asked))).collect()
}

/// Starts a service on a runtime of its own.
fn listen(router: Router) -> SocketAddr {
    let (bound, address) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            bound.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address.recv().unwrap()
}

/// Checks that both services give the same answers, byte for byte.
fn compare(placet: SocketAddr, peer: SocketAddr, bodies: &[String]) {
    let (mut placet, mut peer) = (Client::connect(placet).unwrap(), Client::connect(peer).unwrap());
    let mut effects = BTreeMap::new();
    for body in bodies {
        let ours = decision(&mut placet, body);
        assert_eq!(ours, decision(&mut peer, body), "{body}");
        *effects.entry(ours["effect"].to_string()).or_insert(0) += 1;
    }
    println!("{} requests have the same answers: {effects:?}", bodies.len());
}

/// Returns an answer without the fields that differ between policies and between moments.
fn decision(client: &mut Client, body: &str) -> Value {
    let (status, answer) = client.post("/decide", body).unwrap();
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    assert_eq!(status, 200, "{body}: {answer}");
    let fields = answer.as_object_mut().unwrap();
    assert!(fields.remove("at").is_some() && fields.remove("policy").is_some());
    answer
}

/// Returns the number of requests answered in one round.
fn ask(address: SocketAddr, bodies: &[String]) -> usize {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let over = &over;
                scope.spawn(move || {
                    let mut client = Client::connect(address).unwrap();
                    let mut answered = 0;
                    for body in bodies.iter().cycle().skip(number * bodies.len() / CONNECTIONS) {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let (status, _) = client.post("/decide", body).unwrap();
                        assert_eq!(status, 200);
                        answered += 1;
                    }
                    answered
                })
            })
            .collect();
        thread::sleep(ROUND);
        over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    })
}
