//! From text to a policy: parsing, and parsing with all checks. The goal for 10,000 rules is a second.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use placet::{Limits, Policy, Sources};
use placet_benches::generated_policy;
use std::hint::black_box;

fn compile(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    for count in [100, 1_000, 10_000] {
        let text = generated_policy(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::new("parse", count), &text, |bencher, text| {
            bencher.iter(|| {
                let mut sources = Sources::default();
                let file = sources.add("generated", text.as_str());
                placet_syntax::parse(&sources, file, &limits)
            });
        });
        group.bench_with_input(BenchmarkId::new("parse_and_check", count), &text, |bencher, text| {
            bencher.iter(|| match Policy::from_text(black_box(text)) {
                Ok(policy) => policy,
                Err(error) => panic!("{error}"),
            });
        });
    }
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
