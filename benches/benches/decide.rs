//! Decisions: every way to fill a request, every evaluator, missing attributes, numbers of rules, and two threads.
#![allow(missing_docs, reason = "criterion's macros make public items")]

mod support;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use placet::{Attribute, Effect, Limits, Policy, Reasons, Request, RequestError, Set, Symbol, SymbolSet};
use placet_benches::generated_policy;
use placet_benches::privacy::{self, random_request};
use placet_benches::privacy_12::{self, is_allowed};
use placet_benches::sure;
use placet_samples::{Random, adversarial};
use std::hint::black_box;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use support::group;

/// The samples of each benchmark.
const SAMPLES: usize = 30;

/// The numbers of different requests in a round. A processor learns the branches that hand-written code takes for a
/// thousand, which come again and again in the same order; those for ten thousand it must predict, as in a service.
const REQUESTS: [usize; 2] = [1_000, 10_000];

/// Measures a decision over all items, after a check of its answers.
fn over<T>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    items: &mut [T],
    allowed: usize,
    mut decide: impl FnMut(&mut T) -> bool,
) {
    assert_eq!(items.iter_mut().filter_map(|item| decide(item).then_some(())).count(), allowed, "{name}");
    group.bench_function(name, |bencher| {
        bencher.iter(|| items.iter_mut().filter_map(|item| decide(black_box(item)).then_some(())).count());
    });
}

/// Handles of the attributes of privacy-12, and of its values.
struct Handles {
    age: Attribute<i64>,
    flags: [Attribute<bool>; 4],
    symbols: [Attribute<Symbol>; 4],
    data: Attribute<SymbolSet>,
}

/// The values of a request, for these handles.
struct Values {
    age: i64,
    flags: [bool; 4],
    symbols: [Symbol; 4],
    data: SymbolSet,
}

const FLAGS: [&str; 4] = ["guardian_permission", "objected", "legal_order", "api_service"];
const SYMBOLS: [&str; 4] = ["consent", "purpose", "action", "recipient"];

fn handles(policy: &Policy) -> Result<Handles, RequestError> {
    let [a, b, c, d] = FLAGS;
    let [e, f, g, h] = SYMBOLS;
    Ok(Handles {
        age: policy.attribute("age")?,
        flags: [policy.attribute(a)?, policy.attribute(b)?, policy.attribute(c)?, policy.attribute(d)?],
        symbols: [policy.attribute(e)?, policy.attribute(f)?, policy.attribute(g)?, policy.attribute(h)?],
        data: policy.attribute("data")?,
    })
}

fn put(handles: &Handles, values: &Values, request: &mut Request) -> Result<(), RequestError> {
    request.clear().put(handles.age, values.age)?.put(handles.data, &values.data)?;
    for (handle, value) in handles.flags.iter().zip(values.flags) {
        request.put(*handle, value)?;
    }
    for (handle, value) in handles.symbols.iter().zip(values.symbols) {
        request.put(*handle, value)?;
    }
    Ok(())
}

fn set(json: &serde_json::Value, request: &mut Request) -> Result<(), RequestError> {
    request.clear();
    for (name, value) in json.as_object().into_iter().flatten() {
        match value {
            serde_json::Value::Bool(value) => request.set(name, *value)?,
            serde_json::Value::Number(value) => request.set(name, value.as_i64().unwrap_or_default())?,
            serde_json::Value::String(value) => request.set(name, value.as_str())?,
            serde_json::Value::Array(values) => {
                request.set(name, values.iter().filter_map(|value| value.as_str()).collect::<Vec<_>>())?
            }
            _ => request,
        };
    }
    Ok(())
}

/// Every way from a request to its decision, beside hand-written Rust.
fn ways(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let cases = sure(privacy_12::cases());
    let allowed = cases.iter().filter(|case| case.allow).count();
    let mut structs: Vec<privacy_12::Request> =
        cases.iter().map(|case| sure(serde_json::from_str(&case.json))).collect();
    let mut values: Vec<serde_json::Value> =
        cases.iter().map(|case| sure(serde_json::from_str(&case.json))).collect();
    let mut requests: Vec<Request> =
        cases.iter().map(|case| sure(policy.request_from_json(&case.json))).collect();
    let mut texts: Vec<String> = cases.into_iter().map(|case| case.json).collect();

    let mut group = group(criterion, "privacy-12/ways", SAMPLES, texts.len());
    over(&mut group, "hand-written, a struct", &mut structs, allowed, |request| is_allowed(request));
    let bound = policy.bind::<privacy_12::TypedRequest>().unwrap_or_else(|error| panic!("{error}"));
    let mut typed: Vec<privacy_12::TypedRequest> = structs.iter().map(Into::into).collect();
    over(&mut group, "placet, a struct", &mut typed, allowed, |request| {
        bound.is_allowed(request).unwrap_or(false)
    });
    over(&mut group, "placet, prepared", &mut requests, allowed, |request| {
        policy.is_allowed(request).unwrap_or(false)
    });
    over(&mut group, "placet, prepared, with reasons", &mut requests, allowed, |request| {
        policy.decide(request).is_ok_and(|decision| decision.is_allowed())
    });
    let handles = sure(handles(&policy));
    let typed = |json: &serde_json::Value| -> Result<Values, RequestError> {
        let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let flag = |name: &str| json.get(name).and_then(serde_json::Value::as_bool).unwrap_or_default();
        let [e, f, g, h] = handles.symbols;
        let data = json.get("data").and_then(serde_json::Value::as_array).into_iter().flatten();
        Ok(Values {
            age: json.get("age").and_then(serde_json::Value::as_i64).unwrap_or_default(),
            flags: FLAGS.map(flag),
            symbols: [
                policy.symbol(e, text(SYMBOLS[0]))?,
                policy.symbol(f, text(SYMBOLS[1]))?,
                policy.symbol(g, text(SYMBOLS[2]))?,
                policy.symbol(h, text(SYMBOLS[3]))?,
            ],
            data: policy.symbol_set(handles.data, data.filter_map(serde_json::Value::as_str))?,
        })
    };
    let mut given: Vec<Values> = values.iter().map(|json| sure(typed(json))).collect();
    let mut request = policy.request();
    over(&mut group, "placet, ten handles one by one", &mut given, allowed, |values| {
        put(&handles, values, &mut request).and_then(|()| policy.is_allowed(&request)).unwrap_or(false)
    });
    over(&mut group, "placet, ten names one by one", &mut values, allowed, |json| {
        set(json, &mut request).and_then(|()| policy.is_allowed(&request)).unwrap_or(false)
    });
    over(&mut group, "placet, serde struct", &mut structs, allowed, |request| {
        policy.is_allowed_from(request).unwrap_or(false)
    });
    over(&mut group, "hand-written, JSON", &mut texts, allowed, |text| {
        serde_json::from_str(text).is_ok_and(|request| is_allowed(&request))
    });
    over(&mut group, "placet, JSON", &mut texts, allowed, |text| {
        policy.effect_json(text).is_ok_and(|effect| effect == Effect::Allow)
    });
}

/// The same decisions by each evaluator, selected through limits.
fn engines(criterion: &mut Criterion) {
    let cases = sure(privacy_12::cases());
    let allowed = cases.iter().filter(|case| case.allow).count();
    let mut group = group(criterion, "privacy-12/engines", SAMPLES, cases.len());
    let (mut masks, mut graph, mut bitmaps) = (Limits::default(), Limits::default(), Limits::default());
    masks.mask_words = usize::MAX;
    graph.mask_words = 0;
    (bitmaps.mask_words, bitmaps.graph_bytes) = (0, 0);
    for limits in [masks, graph, bitmaps] {
        let policy = sure(Policy::from_text_with("privacy-12", privacy_12::POLICY, &limits));
        let name = format!("placet, {}", policy.strategy().evaluator);
        let mut requests: Vec<Request> =
            cases.iter().map(|case| sure(policy.request_from_json(&case.json))).collect();
        over(&mut group, &name, &mut requests, allowed, |request| {
            policy.is_allowed(request).unwrap_or(false)
        });
    }
}

/// The real policy: the requests of a service, most of them incomplete.
fn incomplete(criterion: &mut Criterion) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/zai");
    let policy = sure(Policy::open(examples.join("privacy.placet")));
    let text = sure(std::fs::read_to_string(examples.join("requests.jsonl")));
    let mut lines: Vec<&str> = text.lines().collect();
    let mut requests: Vec<Request> = lines.iter().map(|line| sure(policy.request_from_json(line))).collect();
    let decisions = requests.iter().filter_map(|request| policy.decide(request).ok());
    let allowed = decisions.filter(placet::Decision::is_allowed).count();
    let mut own = group(criterion, "privacy/most attributes missing", SAMPLES, lines.len());
    over(&mut own, "placet, prepared", &mut requests, allowed, |request| {
        policy.is_allowed(request).unwrap_or(false)
    });
    over(&mut own, "placet, prepared, with reasons", &mut requests, allowed, |request| {
        policy.decide(request).is_ok_and(|decision| decision.is_allowed())
    });
    over(&mut own, "placet, JSON", &mut lines, allowed, |line| {
        policy.effect_json(line).is_ok_and(|effect| effect == Effect::Allow)
    });
    own.finish();

    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let cases = sure(privacy_12::cases());
    let mut partial: Vec<Request> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            let mut request = sure(policy.request_from_json(&case.json));
            for place in 0..3 {
                let names =
                    ["age", "consent", "data", "purpose", "recipient", "objected", "action", "api_service"];
                let name = names.get((number / 8 + number * place) % names.len()).copied().unwrap_or("age");
                sure(request.set(name, placet::Input::Null).map(drop));
            }
            request
        })
        .collect();
    let allowed = partial.iter().filter(|request| policy.is_allowed(request).unwrap_or(false)).count();
    let mut own = group(criterion, "privacy-12/up to three missing", SAMPLES, partial.len());
    over(&mut own, "placet, prepared", &mut partial, allowed, |request| {
        policy.is_allowed(request).unwrap_or(false)
    });
    over(&mut own, "placet, prepared, with reasons", &mut partial, allowed, |request| {
        policy.decide(request).is_ok_and(|decision| decision.is_allowed())
    });
}

/// Random requests of privacy-12, beside hand-written Rust.
fn random(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let bound = policy.bind::<privacy_12::TypedRequest>().unwrap_or_else(|error| panic!("{error}"));
    let recorded: Vec<privacy_12::Request> =
        sure(privacy_12::cases()).iter().map(|case| sure(serde_json::from_str(&case.json))).collect();
    for count in REQUESTS {
        let mut random = Random::new(1);
        let mut structs: Vec<privacy_12::Request> =
            (0..count).map(|_| privacy_12::Request::mixed(&recorded, |bound| random.below(bound))).collect();
        let mut typed: Vec<privacy_12::TypedRequest> = structs.iter().map(Into::into).collect();
        let mut requests: Vec<Request> = typed.iter().map(|request| sure(bound.request(request))).collect();
        let allowed = structs.iter().filter(|request| is_allowed(request)).count();

        let mut group = group(criterion, &format!("privacy-12/{count} requests"), SAMPLES, count);
        over(&mut group, "hand-written, a struct", &mut structs, allowed, |request| is_allowed(request));
        over(&mut group, "placet, a struct", &mut typed, allowed, |request| {
            bound.is_allowed(request).unwrap_or(false)
        });
        over(&mut group, "placet, prepared", &mut requests, allowed, |request| {
            policy.is_allowed(request).unwrap_or(false)
        });
    }
}

/// Counts the determining rules, and returns true if the request is allowed.
fn is_allowed_with_rules(reasons: Result<Reasons<'_>, RequestError>) -> bool {
    reasons.is_ok_and(|reasons| {
        black_box(reasons.rules().count());
        reasons.is_allowed()
    })
}

/// The real policy: complete requests, beside hand-written Rust. A coin decides which answer each of the requests has.
fn complete(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy::POLICY));
    let bound =
        policy.bind::<privacy::Request<Set<privacy::Data>>>().unwrap_or_else(|error| panic!("{error}"));
    for count in REQUESTS {
        let mut random = Random::new(1);
        let (mut structs, mut typed) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let wanted = random.chance(50);
            loop {
                let mut same = random.clone();
                let request = random_request(|bound| random.below(bound));
                if privacy::is_allowed(&request) == wanted {
                    structs.push(request);
                    typed.push(random_request(|bound| same.below(bound)));
                    break;
                }
            }
        }
        let mut requests: Vec<Request> = typed.iter().map(|request| sure(bound.request(request))).collect();
        let allowed = structs.iter().filter(|request| privacy::is_allowed(request)).count();

        let mut group = group(criterion, &format!("privacy/{count} complete requests"), SAMPLES, count);
        over(&mut group, "hand-written, a struct", &mut structs, allowed, |request| {
            privacy::is_allowed(request)
        });
        over(&mut group, "placet, a struct", &mut typed, allowed, |request| {
            bound.is_allowed(request).unwrap_or(false)
        });
        over(&mut group, "placet, a struct, reasons", &mut typed, allowed, |request| {
            is_allowed_with_rules(bound.reasons(request))
        });
        over(&mut group, "placet, prepared", &mut requests, allowed, |request| {
            policy.is_allowed(request).unwrap_or(false)
        });
        over(&mut group, "placet, prepared, reasons", &mut requests, allowed, |request| {
            is_allowed_with_rules(policy.reasons(request))
        });
    }
}

/// Ten to ten thousand rules in one group, so that the ratios show, and rules without a small diagram.
fn growth(criterion: &mut Criterion) {
    const PURPOSES: [&str; 3] = ["deliver", "improve", "marketing"];
    let mut group = group(criterion, "growth", SAMPLES, 1_000);
    for count in [10, 100, 1_000, 10_000] {
        let policy = sure(Policy::from_text(&generated_policy(count)));
        let mut texts: Vec<String> = (0..1_000)
            .map(|number| {
                let rule = number * 7_919 % count;
                let purpose = PURPOSES.get(rule % 3).copied().unwrap_or_default();
                format!(
                    r#"{{"tenant": "t{rule}", "purpose": "{purpose}", "age": 30, "consent": "granted", "objected": false}}"#
                )
            })
            .collect();
        let mut requests: Vec<Request> =
            texts.iter().map(|text| sure(policy.request_from_json(text))).collect();
        over(&mut group, &format!("placet, prepared, {count} rules"), &mut requests, 1_000, |request| {
            policy.is_allowed(request).unwrap_or(false)
        });
        over(
            &mut group,
            &format!("placet, prepared, with reasons, {count} rules"),
            &mut requests,
            1_000,
            |request| policy.decide(request).is_ok_and(|decision| decision.is_allowed()),
        );
        over(&mut group, &format!("placet, JSON, with reasons, {count} rules"), &mut texts, 1_000, |text| {
            policy.decide_json(text).is_ok_and(|decision| decision.is_allowed())
        });
    }
    group.finish();

    let policy = sure(Policy::from_text(&adversarial(10_000)));
    let mut requests: Vec<Request> = (0..200_i64)
        .map(|number| {
            let mut request = policy.request();
            for attribute in 0..20_i64 {
                let value = (number * 7_919 + attribute * 104_729) * 31 % 1_000_001;
                sure(request.set(&format!("a{attribute}"), value).map(drop));
            }
            request
        })
        .collect();
    let allowed = requests.iter().filter(|request| policy.is_allowed(request).unwrap_or(false)).count();
    let mut own = support::group(criterion, "adversarial", SAMPLES, requests.len());
    let name = format!("placet, {}, 10000 rules", policy.strategy().evaluator);
    over(&mut own, &name, &mut requests, allowed, |request| policy.is_allowed(request).unwrap_or(false));
    let name = format!("placet, {}, with reasons, 10000 rules", policy.strategy().evaluator);
    over(&mut own, &name, &mut requests, allowed, |request| {
        policy.decide(request).is_ok_and(|decision| decision.is_allowed())
    });
}

/// Threads that share a policy, beside threads that share nothing. Both include the slowdown that the machine's cores
/// cause each other.
fn threads(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let cases = sure(privacy_12::cases());
    let mut group = group(criterion, "threads", SAMPLES, cases.len());
    for threads in [1, 2] {
        group.throughput(Throughput::Elements((threads * cases.len()) as u64));
        group.bench_function(format!("hand-written, {threads} threads"), |bencher| {
            bencher.iter_custom(|rounds| {
                slowest(threads, rounds, || {
                    let requests: Vec<privacy_12::Request> =
                        cases.iter().map(|case| sure(serde_json::from_str(&case.json))).collect();
                    move || requests.iter().filter(|request| is_allowed(black_box(request))).count()
                })
            });
        });
        group.bench_function(format!("placet, {threads} threads"), |bencher| {
            bencher.iter_custom(|rounds| {
                slowest(threads, rounds, || {
                    let requests: Vec<Request> =
                        cases.iter().map(|case| sure(policy.request_from_json(&case.json))).collect();
                    let policy = &policy;
                    move || {
                        let decide =
                            |request: &&Request| policy.is_allowed(black_box(request)).unwrap_or(false);
                        requests.iter().filter(decide).count()
                    }
                })
            });
        });
    }
}

/// The time of the slowest of several threads that do the same work, each on its own prepared input.
fn slowest<W: Fn() -> usize>(threads: usize, rounds: u64, prepare: impl Fn() -> W + Sync) -> Duration {
    let ready = Barrier::new(threads);
    let run = || {
        let work = prepare();
        ready.wait();
        let start = Instant::now();
        for _ in 0..rounds {
            black_box(work());
        }
        start.elapsed()
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).max().unwrap_or_default()
    })
}

criterion_group!(benches, ways, engines, incomplete, random, complete, growth, threads);
criterion_main!(benches);
