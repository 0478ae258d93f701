//! Incomplete requests: policies that are hard to answer, and the worst request that a search finds over random
//! policies whose conditions relate many attributes.
//!
//! `PLACET_WORST=200` searches that many policies of each shape; the default is 20.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use placet::{Depth, Policy};
use placet_benches::sure;
use placet_model::request::Request;
use placet_program::Program;
use placet_samples::{Random, Requests, Shape};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The empty request, of policies over sets, dates and texts.
fn empty_requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("unknown");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let mut cases = vec![
        ("independent members".to_owned(), placet_samples::independent_members()),
        ("circle of years".to_owned(), placet_samples::circle_of_years()),
    ];
    cases.extend(
        [12, 100, 1_000, 3_000]
            .map(|count| (format!("{count} patterns"), placet_samples::text_patterns(count))),
    );
    for (name, text) in cases {
        let policy = sure(Policy::from_text(&text));
        let request = policy.request();
        let decision = sure(policy.decide(&request));
        println!("{name}: {}, approximate: {}", decision.effect, decision.approximate);
        group.bench_function(format!("{name}, decide"), |bencher| {
            bencher.iter(|| policy.decide(black_box(&request)).is_ok());
        });
        group.bench_function(format!("{name}, needs"), |bencher| {
            let progress = sure(policy.begin(policy.request())).with_depth(Depth::Obligations);
            bencher.iter(|| black_box(&progress).step().is_ok());
        });
    }
    group.finish();
}

/// The time of the slowest question about an incomplete request. Each is the least of five runs, so that other
/// processes hardly count.
fn time(program: &Program, request: &Request) -> Duration {
    let Ok(frame) = program.frame_of(request) else { return Duration::ZERO };
    let questions: [&dyn Fn() -> bool; 4] = [
        &|| program.decide(&frame).is_ok(),
        &|| program.effect(&frame).is_ok(),
        &|| program.dependencies(&frame, Depth::Reasons).is_ok(),
        &|| program.decide_unless_indeterminate(&frame).is_ok(),
    ];
    let least = |question: &dyn Fn() -> bool| {
        let run = || {
            let start = Instant::now();
            black_box(question());
            start.elapsed()
        };
        (0..5).map(|_| run()).min().unwrap_or_default()
    };
    questions.into_iter().map(least).max().unwrap_or_default()
}

/// The slowest request of a policy: the slowest of some random requests, improved by hill climbing, one attribute at
/// a time. `None` if the compiler refuses the policy.
fn worst(text: &str, random: &mut Random) -> Option<(Duration, &'static str)> {
    let model = placet_samples::model(text).ok()?;
    let program = placet_compile::compile(Arc::new(model.clone()));
    let requests = Requests::new(&model);
    let mut found = (time(&program, &Request::new()), Request::new());
    for open in [95, 90, 75, 50, 25, 90, 75, 50] {
        let request = requests.request(random, open);
        let taken = time(&program, &request);
        if taken > found.0 {
            found = (taken, request);
        }
    }
    for _ in 0..12 {
        let (other, ids) = (requests.request(random, 20), model.declared());
        let mut next = Request::new();
        for (id, _) in ids {
            let from = if random.chance(15) { &other } else { &found.1 };
            if let Some(given) = from.get(id).filter(|_| !random.chance(5)) {
                let _ = next.put(&model, id, given.clone());
            }
        }
        let taken = time(&program, &next);
        if taken > found.0 {
            found = (taken, next);
        }
    }
    Some((found.0, program.strategy().evaluator))
}

/// Searches random policies for the slowest request, and prints its time.
fn worst_requests(_: &mut Criterion) {
    let policies = std::env::var("PLACET_WORST").ok().and_then(|count| count.parse().ok()).unwrap_or(20);
    let mut shapes: Vec<(&str, Shape)> = placet_samples::tangled_shapes().into();
    shapes.extend(Shape::all());
    for (name, shape) in shapes {
        let mut found = (Duration::ZERO, 0, "");
        for seed in 0..policies {
            let mut random = Random::new(seed);
            let text = placet_samples::policy(&mut random, &shape);
            if let Some((taken, engine)) = worst(&text, &mut random)
                && taken > found.0
            {
                found = (taken, seed, engine);
            }
        }
        let (taken, seed, engine) = found;
        println!("worst of {policies} policies, {name}: {taken:?} (policy {seed}, {engine})");
    }
}

criterion_group!(benches, empty_requests, worst_requests);
criterion_main!(benches);
