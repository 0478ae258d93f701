//! A service around a policy: what a warm cache costs, what is fetched beside fetching everything, and threads at once.
#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::panic, reason = "a benchmark of what does not work is none")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use placet::{Effect, Policy};
use placet_benches::served::{SERVED, ServedRequest, served};
use placet_engine::{Engine, Fact, Facts, Key, Question, Resolver};
use serde_json::Value;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3_600);
/// What a question to a store in the same process takes, about: a look-up by an index.
const QUERY: Duration = Duration::from_micros(10);

fn sure<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/zai").join(name)
}

fn requests() -> Arc<[ServedRequest]> {
    served(&sure(std::fs::read_to_string(example("requests.jsonl")))).into()
}

fn fact(value: &Value) -> Option<Fact> {
    Some(match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_i64()?.into(),
        Value::String(text) => text.as_str().into(),
        _ => return None,
    })
}

/// A store that takes its time to say what it knows of a subject: of each the facts of one request, in turn.
#[derive(Clone)]
struct Store {
    requests: Arc<[ServedRequest]>,
    queries: Arc<AtomicUsize>,
    takes: Duration,
}

impl Store {
    fn new(requests: &Arc<[ServedRequest]>, takes: Duration) -> Self {
        Self { requests: requests.clone(), queries: Arc::default(), takes }
    }

    fn ask(&self, subject: i64, attributes: &[&str]) -> Facts {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        while begun.elapsed() < self.takes {
            std::hint::spin_loop();
        }
        let known = usize::try_from(subject)
            .ok()
            .and_then(|subject| self.requests.get(subject % self.requests.len()));
        attributes.iter().fold(Facts::new(), |facts, name| {
            facts.with_known(*name, known.and_then(|request| request.known.get(*name)).and_then(fact))
        })
    }

    fn resolvers(&self) -> impl Iterator<Item = Resolver> + '_ {
        SERVED.iter().map(|(name, attributes)| {
            let store = self.clone();
            let fetch = move |key: &Key| {
                let subject = key.get("subject.id").and_then(Fact::as_int).unwrap_or_default();
                Ok(store.ask(subject, attributes))
            };
            Resolver::blocking(*name, fetch).serving(attributes.iter().copied()).keyed_by(["subject.id"])
        })
    }

    /// An engine on this store.
    fn engine(&self, kept_for: Option<Duration>, parts: usize) -> Engine {
        let builder = Engine::builder(sure(Policy::from_path(example("privacy.placet"))));
        let parts = NonZeroUsize::new(parts).unwrap_or(NonZeroUsize::MIN);
        let builder = self.resolvers().fold(builder.parts(parts), |builder, resolver| {
            builder.resolver(match kept_for {
                Some(time) => resolver.kept_for(time),
                None => resolver,
            })
        });
        sure(builder.build())
    }
}

fn question(engine: &Engine, subject: usize, request: &ServedRequest) -> Question {
    let mut question = engine.question();
    question.key("subject.id", i64::try_from(subject).unwrap_or(i64::MAX));
    sure(question.fill_from_json(&request.given));
    question
}

/// The place of a request whose answer takes three attributes of three resolvers.
fn three(requests: &Arc<[ServedRequest]>) -> usize {
    let engine = Store::new(requests, Duration::ZERO).engine(None, 1);
    let takes_three = |(place, request): (usize, &ServedRequest)| {
        let origins = sure(engine.decide(question(&engine, place, request))).origins;
        let mut resolvers: Vec<_> = origins.iter().map(|origin| &origin.resolver).collect();
        resolvers.dedup();
        origins.len() == 3 && resolvers.len() == 3
    };
    let found = requests.iter().enumerate().position(takes_three);
    found.unwrap_or_else(|| panic!("no request takes three"))
}

fn warm(criterion: &mut Criterion) {
    let requests = requests();
    let store = Store::new(&requests, Duration::ZERO);
    let engine = store.engine(Some(HOUR), 16);
    let place = three(&requests);
    let Some(request) = requests.get(place) else { return };
    let cold = sure(engine.decide(question(&engine, place, request)));
    let before = store.queries.load(Ordering::Relaxed);
    let warm = sure(engine.decide(question(&engine, place, request)));
    assert_eq!((warm.decision.effect, warm.origins.len()), (cold.decision.effect, 3));
    let mut group = criterion.benchmark_group("engine/warm");
    group.sample_size(50).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(1));
    group.bench_function("placet, three attributes from the cache", |bencher| {
        bencher.iter_batched(
            || question(&engine, place, request),
            |question| sure(engine.decide(question)),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("placet, three attributes from the cache, request from JSON", |bencher| {
        bencher.iter(|| sure(engine.decide(question(&engine, place, black_box(request)))));
    });
    let policy = engine.version().policy().clone();
    let whole = whole(&requests, place);
    group.bench_function("decision alone, request from JSON with everything in it", |bencher| {
        bencher.iter(|| sure(policy.decide_json(black_box(&whole))));
    });
    assert_eq!(store.queries.load(Ordering::Relaxed), before, "nothing was fetched");
    group.finish();
}

/// A request with all that is known.
fn whole(requests: &[ServedRequest], place: usize) -> String {
    let Some(request) = requests.get(place) else { return String::new() };
    let mut all: serde_json::Map<String, Value> = sure(serde_json::from_str(&request.given));
    all.extend(request.known.clone());
    Value::Object(all).to_string()
}

/// Step by step beside fetching all that stores know before each decision.
fn cold(criterion: &mut Criterion) {
    let requests = requests();
    let store = Store::new(&requests, QUERY);
    let engine = store.engine(None, 16);
    let policy = engine.version().policy().clone();
    let everything = |subject: usize, request: &ServedRequest| {
        let mut asked = sure(policy.request_from_json(&request.given));
        for (_, attributes) in SERVED {
            let facts = store.ask(i64::try_from(subject).unwrap_or(i64::MAX), attributes);
            for attribute in attributes {
                let found = facts.iter().find(|(name, _)| &***name == *attribute);
                match found {
                    Some((name, fact)) => drop(sure(asked.set(name, fact))),
                    None => drop(sure(asked.set(attribute, placet::Input::Null))),
                }
            }
        }
        sure(policy.effect(&asked))
    };
    let stepwise =
        |subject, request: &ServedRequest| sure(engine.decide(question(&engine, subject, request))).effect();
    let queries = |decide: &dyn Fn(usize, &ServedRequest) -> Effect| {
        let before = store.queries.load(Ordering::Relaxed);
        let effects: Vec<Effect> =
            requests.iter().enumerate().map(|(subject, request)| decide(subject, request)).collect();
        (effects, store.queries.load(Ordering::Relaxed) - before)
    };
    let ((all, queries_of_all), (some, queries_of_some)) = (queries(&everything), queries(&stepwise));
    assert_eq!(all, some, "the same effects");
    let mut group = criterion.benchmark_group("engine/cold");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(requests.len() as u64));
    let count = requests.len();
    group.bench_function(format!("placet, {queries_of_some} queries for {count} decisions"), |bencher| {
        bencher.iter(|| {
            requests.iter().enumerate().filter(|(at, one)| stepwise(*at, one) == Effect::Allow).count()
        });
    });
    group.bench_function(format!("everything, {queries_of_all} queries for {count} decisions"), |bencher| {
        bencher.iter(|| {
            requests.iter().enumerate().filter(|(at, one)| everything(*at, one) == Effect::Allow).count()
        });
    });
    group.finish();
}

/// Threads that decide from one warm cache, in one part and in several.
fn threads(criterion: &mut Criterion) {
    const EACH: usize = 20_000;
    let requests = requests();
    let place = three(&requests);
    let Some(request) = requests.get(place) else { return };
    let mut group = criterion.benchmark_group("engine/threads");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    for parts in [1, 16] {
        let engine = Store::new(&requests, Duration::ZERO).engine(Some(HOUR), parts);
        for threads in [1, 2] {
            group.throughput(Throughput::Elements((EACH * threads) as u64));
            group.bench_function(format!("placet, {parts} parts, {threads} threads"), |bencher| {
                bencher.iter_custom(|rounds| {
                    let barrier = Barrier::new(threads);
                    std::thread::scope(|scope| {
                        let work = |thread: usize| {
                            let (engine, barrier) = (&engine, &barrier);
                            let subject = place + thread * requests.len();
                            scope.spawn(move || {
                                barrier.wait();
                                let begun = Instant::now();
                                for _ in 0..rounds {
                                    for _ in 0..EACH {
                                        let asked = question(engine, subject, request);
                                        black_box(sure(engine.decide(asked)));
                                    }
                                }
                                begun.elapsed()
                            })
                        };
                        let workers: Vec<_> = (0..threads).map(work).collect();
                        let times = workers.into_iter().map(|worker| worker.join().unwrap_or_default());
                        times.max().unwrap_or_default()
                    })
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, warm, cold, threads);
criterion_main!(benches);
