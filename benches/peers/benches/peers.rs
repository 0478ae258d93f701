//! All engines side by side, in one run on one machine: privacy-12 from prepared requests and from JSON, and the policy
//! that grows. Nothing is timed before it has given the recorded decisions.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use placet_peers::{
    Case, Engine, Failure, Visitor, check, each_growth, each_privacy_12, growth, privacy_12_cases,
};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// An engine whose decision takes longer than this is left out of the larger sizes.
const LONGEST_DECISION: Duration = Duration::from_millis(50);

/// The time limit of a round over the requests. A slower engine gets fewer requests.
const LONGEST_ROUND: Duration = Duration::from_millis(20);

/// No fewer than this, so that they still are in different parts of the policy.
const FEWEST_REQUESTS: usize = 10;

/// Enough for engines that lie far apart; the whole suite takes minutes.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(20)
        .sampling_mode(SamplingMode::Flat)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    group
}

fn prepared_requests<E: Engine>(engine: &E, cases: &[Case]) -> Result<Vec<E::Request>, Failure> {
    cases.iter().map(|case| engine.prepare(&case.json)).collect()
}

fn bench_prepared<E: Engine>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    engine: &mut E,
    requests: &mut [E::Request],
) {
    group.throughput(Throughput::Elements(requests.len() as u64));
    group.bench_function(E::NAME, |bencher| {
        bencher.iter(|| {
            requests
                .iter_mut()
                .filter_map(|request| engine.decide(black_box(request)).ok())
                .filter(|allowed| *allowed)
                .count()
        });
    });
}

struct Prepared<'a>(BenchmarkGroup<'a, WallTime>, Vec<Case>);

impl Visitor for Prepared<'_> {
    fn visit<E: Engine>(&mut self, build: impl FnOnce() -> Result<E, Failure>) -> Result<(), Failure> {
        let mut engine = build()?;
        check(&mut engine, &self.1)?;
        let mut requests = prepared_requests(&engine, &self.1)?;
        bench_prepared(&mut self.0, &mut engine, &mut requests);
        Ok(())
    }
}

struct Json<'a>(BenchmarkGroup<'a, WallTime>, Vec<Case>);

impl Visitor for Json<'_> {
    fn visit<E: Engine>(&mut self, build: impl FnOnce() -> Result<E, Failure>) -> Result<(), Failure> {
        let mut engine = build()?;
        check(&mut engine, &self.1)?;
        self.0.throughput(Throughput::Elements(self.1.len() as u64));
        self.0.bench_function(E::NAME, |bencher| {
            bencher.iter(|| {
                self.1
                    .iter()
                    .filter_map(|case| engine.decide_json(black_box(&case.json)).ok())
                    .filter(|allowed| *allowed)
                    .count()
            });
        });
        Ok(())
    }
}

struct Growth<'a, 'b> {
    group: BenchmarkGroup<'a, WallTime>,
    cases: Vec<Case>,
    /// The expected time of a decision of each engine at this size, if it looks at every rule.
    expected: &'b mut HashMap<&'static str, Duration>,
}

impl Visitor for Growth<'_, '_> {
    fn visit<E: Engine>(&mut self, build: impl FnOnce() -> Result<E, Failure>) -> Result<(), Failure> {
        let expected = self.expected.entry(E::NAME).or_default();
        let mut taken = *expected;
        if taken <= LONGEST_DECISION {
            let mut engine = build()?;
            taken = one_decision(&mut engine, &self.cases)?;
            if taken <= LONGEST_DECISION {
                let affordable = LONGEST_ROUND.as_nanos() / taken.as_nanos().max(1);
                let wanted = usize::try_from(affordable)?.clamp(FEWEST_REQUESTS, self.cases.len());
                let cases: Vec<Case> =
                    self.cases.iter().step_by(self.cases.len() / wanted).cloned().collect();
                check(&mut engine, &cases)?;
                let mut requests = prepared_requests(&engine, &cases)?;
                bench_prepared(&mut self.group, &mut engine, &mut requests);
            }
        }
        if taken > LONGEST_DECISION {
            eprintln!("{} is left out here: about {taken:?} for one decision", E::NAME);
        }
        *expected = taken * 10;
        Ok(())
    }
}

/// The time of one decision, roughly.
fn one_decision<E: Engine>(engine: &mut E, cases: &[Case]) -> Result<Duration, Failure> {
    const TRIES: usize = 5;
    let mut total = Duration::ZERO;
    for case in cases.iter().step_by(cases.len() / TRIES) {
        let mut request = engine.prepare(&case.json)?;
        // The first decision on a request may do work that later ones do not.
        engine.decide(&mut request)?;
        let start = Instant::now();
        engine.decide(&mut request)?;
        total += start.elapsed();
    }
    Ok(total / TRIES as u32)
}

fn peers(criterion: &mut Criterion) -> Result<(), Failure> {
    each_privacy_12(&mut Prepared(group(criterion, "privacy-12/prepared"), privacy_12_cases()?))?;
    each_privacy_12(&mut Json(group(criterion, "privacy-12/json"), privacy_12_cases()?))?;
    let mut expected = HashMap::new();
    for rules in growth::SIZES {
        let group = group(criterion, &format!("growth/{rules}"));
        each_growth(rules, &mut Growth { group, cases: growth::allowed(rules), expected: &mut expected })?;
    }
    Ok(())
}

fn run(criterion: &mut Criterion) {
    if let Err(error) = peers(criterion) {
        panic!("{error}");
    }
}

criterion_group!(benches, run);
criterion_main!(benches);
