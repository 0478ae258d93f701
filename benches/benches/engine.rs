//! A service around a policy: the cost of a warm cache, fetches beside fetching everything, and several threads.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use placet::{Effect, Policy};
use placet_benches::privacy_12;
use placet_benches::served::{PRIVACY_12, REAL, Served, ServedRequest, split};
use placet_benches::sure;
use placet_engine::{Engine, Fact, Facts, Key, KeyType, Query, Resolver};
use serde_json::Value;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3_600);
/// The approximate time of a query to a store in the same process: a look-up in an index.
const QUERY: Duration = Duration::from_micros(10);

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/zai").join(name)
}

/// The thread that asks a store.
#[derive(Clone, Copy)]
enum Asked {
    /// A thread of its own, which waits for the store.
    Aside,
    /// The deciding thread.
    InPlace,
}

/// A policy, the requests that a service gets for it, and the facts in its stores.
struct Setting {
    policy: Policy,
    requests: Arc<[ServedRequest]>,
    served: Served,
}

impl Setting {
    fn real() -> Self {
        let lines = sure(std::fs::read_to_string(example("requests.jsonl")));
        let policy = sure(Policy::open(example("privacy.placet")));
        Self { policy, requests: split(lines.lines(), REAL).into(), served: REAL }
    }

    fn privacy_12() -> Self {
        let cases = sure(privacy_12::cases());
        let requests = split(cases.iter().map(|case| &*case.json), PRIVACY_12).into();
        Self { policy: sure(Policy::from_text(privacy_12::POLICY)), requests, served: PRIVACY_12 }
    }

    /// An engine with this time to live on a store with this latency.
    fn open(
        &self,
        asked: Asked,
        takes: Duration,
        kept_for: Option<Duration>,
        parts: usize,
    ) -> (Store, Engine) {
        let store = Store { requests: self.requests.clone(), queries: Arc::default(), takes };
        let parts = NonZeroUsize::new(parts).unwrap_or(NonZeroUsize::MIN);
        let mut builder = Engine::builder(self.policy.clone()).key("subject.id", KeyType::Int).shards(parts);
        for (name, attributes) in self.served {
            let store = store.clone();
            let fetch = move |key: &Key| {
                let subject = key.get("subject.id").and_then(Fact::as_int).unwrap_or_default();
                Ok(store.ask(subject, attributes))
            };
            let resolver = match asked {
                Asked::Aside => Resolver::blocking(*name, fetch),
                Asked::InPlace => Resolver::in_place(*name, fetch),
            };
            let resolver = resolver.attributes(attributes.iter().copied()).keyed_by(["subject.id"]);
            builder = builder.resolver(match kept_for {
                Some(time) => resolver.time_to_live(time),
                None => resolver,
            });
        }
        (store, sure(builder.build()))
    }
}

fn fact(value: &Value) -> Option<Fact> {
    Some(match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_i64()?.into(),
        Value::String(text) => text.as_str().into(),
        _ => return None,
    })
}

/// A store with a latency. The facts of a subject are those of one request, in turn.
#[derive(Clone)]
struct Store {
    requests: Arc<[ServedRequest]>,
    queries: Arc<AtomicUsize>,
    takes: Duration,
}

impl Store {
    fn ask(&self, subject: i64, attributes: &[&str]) -> Facts {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        while begun.elapsed() < self.takes {
            std::hint::spin_loop();
        }
        let subject = usize::try_from(subject).unwrap_or_default();
        let known = self.requests.get(subject % self.requests.len());
        attributes.iter().fold(Facts::new(), |facts, name| {
            facts.with_known(*name, known.and_then(|request| request.known.get(*name)).and_then(fact))
        })
    }

    fn queries(&self) -> usize {
        self.queries.load(Ordering::Relaxed)
    }
}

fn question(engine: &Engine, subject: usize, request: &ServedRequest) -> Query {
    let mut question = engine.query();
    sure(question.key("subject.id", i64::try_from(subject).unwrap_or(i64::MAX)));
    sure(question.fill_from_json(&request.given));
    question
}

fn warm(criterion: &mut Criterion) {
    let mut setting = Setting::privacy_12();
    // Requests that depend on all three facts.
    let (_, cold) = setting.open(Asked::Aside, Duration::ZERO, None, 1);
    let all = setting.requests.iter().enumerate();
    let takes_three =
        all.filter(|(place, request)| sure(cold.decide(question(&cold, *place, request))).origins.len() == 3);
    setting.requests = takes_three.map(|(_, request)| request.clone()).collect();
    let (store, engine) = setting.open(Asked::Aside, Duration::ZERO, Some(HOUR), 16);
    let requests = &setting.requests;
    let ask =
        |(place, request): (usize, &ServedRequest)| sure(engine.decide(question(&engine, place, request)));
    let wholes: Vec<String> = requests.iter().map(whole).collect();
    let cold: Vec<Effect> = requests.iter().enumerate().map(|case| ask(case).effect()).collect();
    let before = store.queries();
    let warm: Vec<Effect> = requests.iter().enumerate().map(|case| ask(case).effect()).collect();
    assert_eq!((&cold, before), (&warm, store.queries()), "nothing is fetched twice");
    let alone: Vec<Effect> = wholes.iter().map(|text| sure(setting.policy.effect_json(text))).collect();
    assert_eq!(alone, warm);
    let mut group = criterion.benchmark_group("engine/warm");
    group.sample_size(50).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(requests.len() as u64));
    group.bench_function("placet, three facts from the cache", |bencher| {
        let questions = || -> Vec<Query> {
            requests.iter().enumerate().map(|(place, request)| question(&engine, place, request)).collect()
        };
        bencher.iter_batched(
            questions,
            |questions| {
                let answers = questions.into_iter().map(|question| sure(engine.decide(question)));
                answers.filter(|answer| answer.is_allowed()).count()
            },
            // A service holds a few queries at a time, so the loop does not prepare them all in advance.
            BatchSize::PerIteration,
        );
    });
    group.bench_function("placet, three facts from the cache, requests from JSON", |bencher| {
        bencher
            .iter(|| requests.iter().enumerate().filter(|case| ask(black_box(*case)).is_allowed()).count());
    });
    group.bench_function("the policy alone, requests from JSON with everything in them", |bencher| {
        let decide = |text: &&String| sure(setting.policy.decide_json(black_box(text))).is_allowed();
        bencher.iter(|| wholes.iter().filter(decide).count());
    });
    group.finish();
}

/// A request with all facts.
fn whole(request: &ServedRequest) -> String {
    let mut all: serde_json::Map<String, Value> = sure(serde_json::from_str(&request.given));
    all.extend(request.known.clone());
    Value::Object(all).to_string()
}

/// Decides a request about a subject.
type Decide<'d> = &'d dyn Fn(usize, &ServedRequest) -> Effect;

/// Fetching by need, beside fetching all facts before each decision.
fn cold(criterion: &mut Criterion) {
    let setting = Setting::real();
    let (store, in_place) = setting.open(Asked::InPlace, QUERY, None, 16);
    let (store_aside, aside) = setting.open(Asked::Aside, QUERY, None, 16);
    let (policy, requests) = (&setting.policy, &setting.requests);
    let everything = |subject: usize, request: &ServedRequest| {
        let mut asked = sure(policy.request_from_json(&request.given));
        for (_, attributes) in setting.served {
            let facts = store.ask(i64::try_from(subject).unwrap_or(i64::MAX), attributes);
            for attribute in *attributes {
                let found = facts.iter().find(|(name, _)| &***name == *attribute);
                match found {
                    Some((name, fact)) => drop(sure(asked.set(name, fact))),
                    None => drop(sure(asked.set(attribute, placet::Input::Null))),
                }
            }
        }
        sure(policy.effect(&asked))
    };
    let stepwise = |engine: &Engine, subject, request: &ServedRequest| {
        sure(engine.decide(question(engine, subject, request))).effect()
    };
    let in_place = |subject, request: &ServedRequest| stepwise(&in_place, subject, request);
    let aside = |subject, request: &ServedRequest| stepwise(&aside, subject, request);
    let ways: [(&str, &Store, Decide); 3] = [
        ("placet, asked in place", &store, &in_place),
        ("placet, asked by other threads", &store_aside, &aside),
        ("everything, asked in place", &store, &everything),
    ];
    let mut group = criterion.benchmark_group("engine/cold");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(requests.len() as u64));
    let all: Vec<Effect> = requests.iter().enumerate().map(|(at, one)| everything(at, one)).collect();
    for (name, store, decide) in ways {
        let before = store.queries();
        let effects: Vec<Effect> = requests.iter().enumerate().map(|(at, one)| decide(at, one)).collect();
        assert_eq!(all, effects, "{name}");
        let (queries, count) = (store.queries() - before, requests.len());
        group.bench_function(format!("{name}, {queries} queries for {count} decisions"), |bencher| {
            bencher.iter(|| {
                requests.iter().enumerate().filter(|(at, one)| decide(*at, one) == Effect::Allow).count()
            });
        });
    }
    group.finish();
}

/// Threads that decide from one warm cache, with one shard and with several.
fn threads(criterion: &mut Criterion) {
    let setting = Setting::privacy_12();
    let requests = &setting.requests;
    let mut group = criterion.benchmark_group("engine/threads");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    for parts in [1, 16] {
        let (_, engine) = setting.open(Asked::Aside, Duration::ZERO, Some(HOUR), parts);
        for threads in [1, 2] {
            group.throughput(Throughput::Elements((requests.len() * threads) as u64));
            group.bench_function(format!("placet, {parts} parts, {threads} threads"), |bencher| {
                bencher.iter_custom(|rounds| {
                    let barrier = Barrier::new(threads);
                    std::thread::scope(|scope| {
                        let work = |thread: usize| {
                            let (engine, barrier) = (&engine, &barrier);
                            let first = thread * requests.len();
                            scope.spawn(move || {
                                barrier.wait();
                                let begun = Instant::now();
                                for _ in 0..rounds {
                                    for (place, request) in requests.iter().enumerate() {
                                        let asked = question(engine, first + place, request);
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
