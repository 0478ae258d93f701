//! The cost of the decision log for the deciding thread, on the requests of privacy-12.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use placet::{Effect, Policy, Request};
use placet_benches::privacy_12;
use placet_benches::sure;
use placet_engine::{Answer, DecisionLog, Engine};
use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};

/// Runs a function until each request is recorded this many times, and returns the time of the caller alone. The queue
/// holds a whole round and is emptied between rounds.
fn timed(log: &DecisionLog, rounds: u64, mut round: impl FnMut()) -> Duration {
    let mut spent = Duration::ZERO;
    for _ in 0..rounds {
        let begun = Instant::now();
        round();
        spent += begun.elapsed();
        sure(log.flush());
    }
    assert_eq!(log.counts().dropped, 0, "what is dropped costs less");
    spent
}

fn log(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let requests: Vec<Request> =
        sure(privacy_12::cases()).iter().map(|case| sure(policy.request_from_json(&case.json))).collect();
    let engine = Engine::new(policy);
    let decide = |request: &Request| {
        let mut question = engine.query();
        question.request().clone_from(request);
        sure(engine.decide(question))
    };
    let answers: Vec<Answer> = requests.iter().map(decide).collect();
    let builder = DecisionLog::builder().capacity(64 << 20);

    let mut group = criterion.benchmark_group("log");
    group
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .throughput(Throughput::Elements(requests.len() as u64));
    group.bench_function("decide", |bencher| {
        bencher.iter(|| requests.iter().map(decide).for_each(drop));
    });
    let whole = sure(builder.clone().to_writer(io::sink()));
    group.bench_function("record", |bencher| {
        bencher.iter_custom(|rounds| {
            timed(&whole, rounds, || answers.iter().zip(&requests).for_each(|(a, r)| whole.record(a, r)))
        });
    });
    let none = builder.keep(Effect::Allow, 1e-9).keep(Effect::Deny, 1e-9).keep(Effect::Indeterminate, 1e-9);
    let none = sure(none.to_writer(io::sink()));
    group.bench_function("sampled out", |bencher| {
        bencher.iter_custom(|rounds| {
            timed(&none, rounds, || answers.iter().zip(&requests).for_each(|(a, r)| none.record(a, r)))
        });
    });
    // The least that a writer which formats the line itself would need.
    group.bench_function("copy of the answer", |bencher| {
        bencher.iter(|| {
            answers
                .iter()
                .zip(&requests)
                .map(|pair| black_box((pair.0.clone(), pair.1.clone())))
                .for_each(drop);
        });
    });
    group.finish();
}

criterion_group!(benches, log);
criterion_main!(benches);
