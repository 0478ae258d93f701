//! The service written without Placet: the same store, checks, cache and metrics, and `if` statements.

use crate::by_hand::{Effect, Facts, Obligation, decide};
use crate::request::{Ask, Purpose};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use lru::LruCache;
use placet_consent_service::MAX_BODY;
use placet_consent_service::store::{Instant, Mark, Store, StoreError, is_subject};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use serde::Serialize;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{self, Duration};

/// A buffer size that holds most answers, in bytes.
const USUAL_LENGTH: usize = 512;
/// The capacity of the cache, in keys.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

struct Peer {
    store: Arc<dyn Store>,
    cache: Mutex<Cache>,
    time_to_live: Duration,
    clock: Clock,
    figures: Figures,
}

/// A cache by subject, purpose, and the instant at which facts must hold (`None`: now).
type Cache = LruCache<(Box<str>, Purpose, Option<Instant>), (time::Instant, Facts)>;

/// A clock that never goes back, in microseconds.
struct Clock(AtomicI64);

impl Clock {
    fn now(&self) -> Instant {
        let now = Instant::now();
        let before = self.0.fetch_max(now.microseconds(), Ordering::AcqRel);
        Instant::from_microseconds(before).map_or(now, |before| before.max(now))
    }
}

struct Figures {
    allowed: Counter,
    denied: Counter,
    indeterminate: Counter,
    latency: Histogram,
}

/// The answer of the service, in the same form.
#[derive(Serialize)]
struct Reply<'a> {
    effect: Effect,
    rules: &'a [&'static str],
    certain: &'a [&'static str],
    cites: &'a [&'static str],
    basis: &'a [&'static str],
    obligations: &'a [Obligation],
    undecided: [(); 0],
    missing: [(); 0],
    policy: PolicyName,
    at: &'a str,
    failures: [(); 0],
}

#[derive(Serialize)]
struct PolicyName {
    version: &'static str,
    hash: &'static str,
}

/// The version and hash of the policy, as long as the real ones. Code written by hand has to maintain them by hand.
const POLICY: PolicyName = PolicyName {
    version: "2025-09-29",
    hash: "0000000000000000000000000000000000000000000000000000000000000000",
};

/// Returns the route `POST /decide`, with facts cached for `time_to_live`.
pub(crate) fn router(store: Arc<dyn Store>, time_to_live: Duration) -> Router {
    let figures = Figures {
        allowed: Counter::default(),
        denied: Counter::default(),
        indeterminate: Counter::default(),
        latency: Histogram::new(exponential_buckets(1e-5, 2.0, 20)),
    };
    let cache = Mutex::new(LruCache::new(CAPACITY));
    let peer = Peer { store, cache, time_to_live, clock: Clock(AtomicI64::new(0)), figures };
    Router::new()
        .route("/decide", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(peer))
}

async fn answer(State(peer): State<Arc<Peer>>, body: Bytes) -> Response {
    let begun = time::Instant::now();
    let Ok(ask) = serde_json::from_slice::<Ask>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !is_subject(&ask.subject) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let now = peer.clock.now();
    let at = match ask.at.as_deref().map(str::parse::<Instant>) {
        None => None,
        Some(Ok(at)) if at <= now => Some(at),
        Some(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    let facts = peer.facts(&ask.subject, ask.request.purpose, at).await;
    let decision = decide(&ask.request, &facts);
    match decision.effect {
        Effect::Allow => &peer.figures.allowed,
        Effect::Deny => &peer.figures.denied,
        Effect::Indeterminate => &peer.figures.indeterminate,
    }
    .inc();
    peer.figures.latency.observe(begun.elapsed().as_secs_f64());
    let reply = Reply {
        effect: decision.effect,
        rules: &decision.rules,
        certain: &decision.rules,
        cites: &decision.cites,
        basis: &decision.basis,
        obligations: &decision.obligations,
        undecided: [],
        missing: [],
        policy: POLICY,
        at: &at.unwrap_or(now).to_string(),
        failures: [],
    };
    let mut text = Vec::with_capacity(USUAL_LENGTH);
    match serde_json::to_writer(&mut text, &reply) {
        Ok(()) => {
            text.push(b'\n');
            ([(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Peer {
    async fn facts(&self, subject: &str, purpose: Purpose, at: Option<Instant>) -> Facts {
        let key = (Box::from(subject), purpose, at);
        let now = time::Instant::now();
        let kept = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some((_, facts)) = kept.filter(|(fetched, _)| now.duration_since(*fetched) < self.time_to_live)
        {
            return facts;
        }
        let (store, subject) = (self.store.clone(), subject.to_owned());
        let fetched = tokio::task::spawn_blocking(move || fetch(&*store, &subject, purpose, at)).await;
        let Ok(Ok(facts)) = fetched else { return Facts::default() };
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(key, (now, facts));
        facts
    }
}

fn fetch(
    store: &dyn Store,
    subject: &str,
    purpose: Purpose,
    at: Option<Instant>,
) -> Result<Facts, StoreError> {
    let last = at.unwrap_or(Instant::LAST);
    let person = store.person(subject, last)?;
    Ok(Facts {
        consent: store.consent(subject, purpose.name(), last)?,
        age: person.and_then(|person| Some(person.born?.age(at.unwrap_or_else(Instant::now)))),
        guardian_permission: person.map(|person| person.guardian_permission),
        objected: store.mark(subject, Mark::Objected, last)?,
        restricted: store.mark(subject, Mark::Restricted, last)?,
    })
}
