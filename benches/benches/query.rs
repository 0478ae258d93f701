//! Questions about the example policy: matrices, regions, the next change of an answer and the ways to one.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use placet::Policy;
use placet_benches::sure;
use std::hint::black_box;

/// A request of the example policy that a withdrawal denies.
const REQUEST: &str = r#"{
    "service": "consumer", "action": "use", "purpose": "marketing", "data": ["username"], "subject.age": 30,
    "consent": "withdrawn", "consent.withdrawn_at": "2026-01-01T00:00:00Z", "at": "2025-06-01T00:00:00Z",
    "cookie_consent": "granted", "cookie_consent_required": false, "restricted": false
}"#;

fn questions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("query");
    group.sample_size(20);
    let policy = sure(Policy::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/zai/privacy.placet")));
    let nothing = policy.request();
    let given = sure(policy.request_from_json(r#"{"service": "consumer", "action": "use"}"#));
    let request = sure(policy.request_from_json(REQUEST));
    let names: Vec<String> = policy.attributes().map(|attribute| attribute.name().to_owned()).collect();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (index, row) in names.iter().enumerate() {
        pairs.extend(names.iter().skip(index + 1).map(|column| (row.as_str(), column.as_str())));
    }
    // Pairs that a condition relates have no matrix.
    pairs.retain(|(row, column)| policy.matrix(&nothing, row, column).is_ok());
    let slowest = pairs.iter().copied().max_by_key(|(row, column)| {
        let start = std::time::Instant::now();
        let _ = black_box(policy.matrix(&nothing, row, column));
        start.elapsed()
    });
    if let Some((row, column)) = slowest {
        println!("the slowest of {} matrices with nothing given: {row}, {column}", pairs.len());
        group.bench_function("slowest matrix", |bencher| {
            bencher.iter(|| sure(policy.matrix(black_box(&nothing), row, column)));
        });
    }
    group.bench_function("purpose, data, recipient", |bencher| {
        bencher.iter(|| sure(policy.query(black_box(&given), ["purpose", "data", "recipient"])));
    });
    group.bench_function("purpose, data, recipient, nothing given", |bencher| {
        bencher.iter(|| sure(policy.query(black_box(&nothing), ["purpose", "data", "recipient"])));
    });
    group.bench_function("next change", |bencher| {
        bencher.iter(|| sure(policy.next_change(black_box(&request), "at")));
    });
    group.bench_function("ways", |bencher| {
        bencher.iter(|| sure(policy.explain_changing(black_box(&request), ["consent", "at", "purpose"])));
    });
    group.finish();
}

criterion_group!(benches, questions);
criterion_main!(benches);
