//! A service that answers *may this be done with this person's data?* by a policy file and two stores.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::routing::{get, post, put};
use axum::{Json, Router, body::Bytes, extract::State, http::StatusCode};
use placet::{Effect, Policy, RequestError};
use placet_engine::{Answer, DecisionLog, Engine, Facts, Key, Reloader, Resolver, ResolverCounts};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The states of consents, by person and purpose. It stands for a table of a database.
type Consents = Arc<Mutex<HashMap<(String, String), String>>>;

struct Service {
    engine: Engine,
    log: DecisionLog,
    reloader: Reloader,
    consents: Consents,
}

type Shared = State<Arc<Service>>;

/// The response to a request that has no answer.
type Problem = (StatusCode, Json<Value>);

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run().await else { return ExitCode::SUCCESS };
    eprintln!("{}", placet::with_sources(&*error));
    ExitCode::FAILURE
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [policy, people, log, address] = arguments.as_slice() else {
        return Err("usage: placet-example-service POLICY PEOPLE LOG ADDRESS".into());
    };
    let (consents, log) = (Consents::default(), DecisionLog::to_file(log)?);
    let engine = Engine::builder(Policy::open(policy).map_err(|error| error.report().to_string())?)
        .resolver(ages(people.clone()))
        .resolver(states(consents.clone()))
        .log(log.clone())
        .build()?;
    // A changed file is swapped in once it compiles, its proofs hold and its tests pass.
    let reloader = Reloader::watch(&engine, policy, |report| eprintln!("{report}"))?;
    let app = Router::new()
        .route("/decide", post(decide))
        .route("/consents", put(put_consent))
        .route("/metrics", get(metrics))
        .route("/ready", get(ready))
        .with_state(Arc::new(Service { engine, log: log.clone(), reloader, consents }));
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) }).await?;
    Ok(log.close()?)
}

/// Fetches ages from a JSON file, read for each fetch. The age of a person who isn't listed is unknown.
fn ages(path: String) -> Resolver {
    let people = Resolver::blocking("people", move |key: &Key| {
        let ages: HashMap<String, i64> = serde_json::from_slice(&std::fs::read(&path)?)?;
        Ok(Facts::new().with_known("subject.age", ages.get(key.text("subject.id")?).copied()))
    });
    people.attributes(["subject.age"]).keyed_by(["subject.id"]).time_to_live(Duration::from_secs(3_600))
}

/// Fetches the state of a consent. Without a record, nobody was asked.
fn states(store: Consents) -> Resolver {
    let consents = Resolver::blocking("consents", move |key: &Key| {
        let record = (key.text("subject.id")?.to_owned(), key.text("purpose")?.to_owned());
        let states = store.lock().map_err(|error| error.to_string())?;
        Ok(Facts::new().with("consent", states.get(&record).map_or("not_asked", String::as_str)))
    });
    let consents = consents.attributes(["consent"]).keyed_by(["subject.id", "purpose"]);
    consents.time_to_live(Duration::from_secs(60)).timeout(Duration::from_millis(50))
}

/// Decides a request. Answers 503 if the decision is indeterminate because a store failed.
async fn decide(State(service): Shared, body: Bytes) -> Result<(StatusCode, Json<Answer>), Problem> {
    let (start, mut query) = (Instant::now(), service.engine.query());
    if let Err(error) = query.request().fill_from_json_bytes(&body) {
        service.log.record_error(query.version(), &error, None, start.elapsed());
        return Err(invalid(error));
    }
    if let Some(attribute) = query.client_supplied() {
        return Err(bad_request(format!("`{attribute}` is fetched from a store: leave it out")));
    }
    let answer = service.engine.decide_async(query).await.map_err(invalid)?;
    let failed = answer.effect() == Effect::Indeterminate && !answer.failures.is_empty();
    Ok((if failed { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }, Json(answer)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    subject: String,
    purpose: String,
    state: String,
}

/// Stores a consent, invalidates the cached facts about the person, and only then acknowledges it.
async fn put_consent(State(service): Shared, body: Bytes) -> Result<StatusCode, Problem> {
    let Consent { subject, purpose, state } = serde_json::from_slice(&body).map_err(bad_request)?;
    let version = service.engine.version();
    version.policy().prepare("purpose", &*purpose).map_err(invalid)?;
    version.policy().prepare("consent", &*state).map_err(invalid)?;
    let failed = |_| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "message": "the store failed" })));
    service.consents.lock().map_err(failed)?.insert((subject.clone(), purpose), state);
    service.engine.invalidate("subject.id", subject).map_err(bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the counters of the resolvers, the decision log and the reloads in Prometheus' text format.
async fn metrics(State(service): Shared) -> String {
    let mut text = String::new();
    for ResolverCounts { resolver, hits, fetches, failures, late, .. } in service.engine.counts() {
        for (event, count) in [("hit", hits), ("fetch", fetches), ("failure", failures), ("timeout", late)] {
            text += &format!("placet_resolver_total{{resolver=\"{resolver}\",event=\"{event}\"}} {count}\n");
        }
    }
    let (log, reloads) = (service.log.counts(), service.reloader.counts());
    for (fate, count) in [("written", log.written), ("dropped", log.dropped), ("failed", log.failed)] {
        text += &format!("placet_log_lines_total{{fate=\"{fate}\"}} {count}\n");
    }
    for (outcome, count) in [("swapped", reloads.swapped), ("failed", reloads.failed)] {
        text += &format!("placet_reloads_total{{outcome=\"{outcome}\"}} {count}\n");
    }
    text
}

/// States the policy that decides. Answers 503 while the decision log can't be written.
async fn ready(State(service): Shared) -> (StatusCode, Json<Value>) {
    let (loaded, trouble) = (service.engine.version(), service.log.trouble());
    let policy =
        json!({ "name": loaded.policy().name(), "version": loaded.version(), "hash": loaded.hash() });
    (if trouble.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }, Json(policy))
}

fn invalid(error: RequestError) -> Problem {
    (StatusCode::BAD_REQUEST, Json(json!(error)))
}

fn bad_request(error: impl std::fmt::Display) -> Problem {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": error.to_string() })))
}
