//! Decisions of the reference evaluator on the privacy policy: requests from JSON, most attributes missing.
#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::panic, reason = "a benchmark of what does not work is none")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use placet::Policy;
use std::path::Path;

fn decide(criterion: &mut Criterion) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/zai");
    let policy = match Policy::from_path(examples.join("privacy.placet")) {
        Ok(policy) => policy,
        Err(error) => panic!("{error}"),
    };
    let requests = match std::fs::read_to_string(examples.join("requests.jsonl")) {
        Ok(requests) => requests,
        Err(error) => panic!("{error}"),
    };
    let lines: Vec<&str> = requests.lines().collect();
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("reference/privacy/json", |bencher| {
        bencher.iter(|| {
            lines
                .iter()
                .map(|line| policy.request_from_json(line).and_then(|request| policy.decide(&request)))
                .filter(|decision| decision.as_ref().is_ok_and(placet::Decision::is_allowed))
                .count()
        });
    });
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
