//! The service as it is written without Placet: the same store, checks, cache and figures, and `if`s.

use crate::by_hand::{Facts, cite, decide};
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
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{self, Duration};

/// How long facts are kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(60);
/// How many are kept.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

#[derive(Clone)]
struct Peer {
    store: Arc<dyn Store>,
    cache: Arc<Mutex<Cache>>,
    figures: Arc<Figures>,
}

type Cache = LruCache<(Box<str>, Purpose), (time::Instant, Facts)>;

struct Figures {
    allowed: Counter,
    denied: Counter,
    indeterminate: Counter,
    latency: Histogram,
}

/// What the service answers, in the same form.
#[derive(Serialize)]
struct Reply<'a> {
    effect: &'static str,
    rules: &'a [&'static str],
    cites: &'a [&'static str],
    basis: &'a [&'static str],
    obligations: &'a [&'static str],
    undecided: &'a [&'static str],
    missing: &'a [&'static str],
    policy: PolicyName,
    at: String,
    failures: &'a [&'static str],
}

#[derive(Serialize)]
struct PolicyName {
    version: &'static str,
    hash: &'static str,
}

/// What somebody who writes a policy by hand has to keep by hand: as long as the real ones.
const POLICY: PolicyName = PolicyName {
    version: "2025-09-29",
    hash: "0000000000000000000000000000000000000000000000000000000000000000",
};

/// The service's `POST /decide`.
pub(crate) fn router(store: Arc<dyn Store>) -> Router {
    let figures = Figures {
        allowed: Counter::default(),
        denied: Counter::default(),
        indeterminate: Counter::default(),
        latency: Histogram::new(exponential_buckets(1e-5, 2.0, 20)),
    };
    let cache = Arc::new(Mutex::new(LruCache::new(CAPACITY)));
    Router::new().route("/decide", post(answer)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(Peer {
        store,
        cache,
        figures: Arc::new(figures),
    })
}

async fn answer(State(peer): State<Peer>, body: Bytes) -> Response {
    let begun = time::Instant::now();
    let Ok(ask) = serde_json::from_slice::<Ask>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !is_subject(&ask.subject) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let at = Instant::now();
    let facts = peer.facts(&ask.subject, ask.request.purpose).await;
    let (effect, rule) = match decide(&ask.request, &facts) {
        Some(Ok(rule)) => ("allow", Some(rule)),
        Some(Err(rule)) => ("deny", Some(rule)),
        None => ("indeterminate", None),
    };
    match effect {
        "allow" => &peer.figures.allowed,
        "deny" => &peer.figures.denied,
        _ => &peer.figures.indeterminate,
    }
    .inc();
    peer.figures.latency.observe(begun.elapsed().as_secs_f64());
    let cites = rule.map(cite);
    let reply = Reply {
        effect,
        rules: rule.as_slice(),
        cites: cites.as_slice(),
        basis: &[],
        obligations: &[],
        undecided: &[],
        missing: &[],
        policy: POLICY,
        at: at.to_string(),
        failures: &[],
    };
    match serde_json::to_vec(&reply) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Peer {
    async fn facts(&self, subject: &str, purpose: Purpose) -> Facts {
        let key = (Box::from(subject), purpose);
        let now = time::Instant::now();
        let kept = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some((_, facts)) = kept.filter(|(fetched, _)| now.duration_since(*fetched) < TIME_TO_LIVE) {
            return facts;
        }
        let (store, subject) = (self.store.clone(), subject.to_owned());
        let fetched = tokio::task::spawn_blocking(move || fetch(&*store, &subject, purpose)).await;
        let Ok(Ok(facts)) = fetched else { return Facts::default() };
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(key, (now, facts));
        facts
    }
}

fn fetch(store: &dyn Store, subject: &str, purpose: Purpose) -> Result<Facts, StoreError> {
    let person = store.person(subject, Instant::LAST)?;
    Ok(Facts {
        consent: store.consent(subject, purpose.name(), Instant::LAST)?,
        age: person.and_then(|person| Some(person.born?.age(Instant::now()))),
        guardian_permission: person.map(|person| person.guardian_permission),
        objected: store.mark(subject, Mark::Objected, Instant::LAST)?,
        restricted: store.mark(subject, Mark::Restricted, Instant::LAST)?,
    })
}
