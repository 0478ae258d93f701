//! Throughput of the service, beside that of the same service without Placet: both on loopback, in alternation, asked the
//! same by as many connections, and answering the same. Prints requests a second and the ratio, where facts are kept, so
//! that the store is hardly asked, and where they are fetched for each request.
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

/// Connections that ask at the same time.
const CONNECTIONS: usize = 64;
/// How often each is asked, and for how long.
const ROUNDS: usize = 40;
const ROUND: Duration = Duration::from_millis(500);
/// How long facts are kept where they are.
const KEPT: Duration = Duration::from_secs(60);
/// People who are known.
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
    for (name, kept_for) in [("facts kept", KEPT), ("facts fetched", Duration::ZERO)] {
        println!("{name}");
        let service = Service::over(store.clone(), &options.clone().kept_for(kept_for)).unwrap();
        let placet = listen(service.router());
        let peer = listen(peer::router(store.clone(), kept_for));
        compare(placet, peer, &bodies);
        let asked = || service.engine().counts().iter().map(|counts| counts.fetches).sum();
        measure(placet, peer, &bodies, asked);
    }
}

/// Measures both, one after the other, again and again. `asked` says how many questions Placet's has put to the store.
fn measure(placet: SocketAddr, peer: SocketAddr, bodies: &[String], asked: impl Fn() -> u64) {
    let before = asked();
    // Both warm, and in both orders.
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

/// What is known of somebody: consents of all kinds, a few who object, restrict, or are minors.
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

/// What is asked.
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

/// A service on a runtime of its own.
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

/// Checks that both answer the same, word for word.
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

/// What is answered, without what differs from policy to policy and from moment to moment.
fn decision(client: &mut Client, body: &str) -> Value {
    let (status, answer) = client.post("/decide", body).unwrap();
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    assert_eq!(status, 200, "{body}: {answer}");
    let fields = answer.as_object_mut().unwrap();
    assert!(fields.remove("at").is_some() && fields.remove("policy").is_some());
    answer
}

/// How many requests are answered in a round.
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
