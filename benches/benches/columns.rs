//! Whole columns: rows of classes decided together, beside prepared requests decided one by one.
#![allow(missing_docs, reason = "criterion's macros make public items")]

mod support;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use placet::__private::Internals;
use placet::{Policy, Request};
use placet_benches::sure;
use placet_benches::{generated_policy, privacy_12};
use placet_program::columns::{Classes, Results, RowOutcome, UNKNOWN_BYTE};
use placet_program::{Program, UNKNOWN};
use std::hint::black_box;
use support::group;

/// The samples of each benchmark.
const SAMPLES: usize = 20;

/// Rows of a batch. Ten bytes a row fit the last-level cache alone.
const ROWS: usize = 1 << 20;

/// A plain sequence of numbers (Knuth's MMIX generator).
fn numbers() -> impl FnMut(u64) -> u64 {
    let mut state = 7_u64;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    }
}

/// A column of random classes for each variable, with this many unknown values in a thousand.
fn columns(program: &Program, rows: usize, open: u64) -> Vec<Vec<u32>> {
    let mut next = numbers();
    let mut class = |classes: u32| match next(1_000) < open {
        true => UNKNOWN,
        false => u32::try_from(next(classes.into())).unwrap_or(UNKNOWN),
    };
    let variables = program.variables().iter();
    variables.map(|variable| (0..rows).map(|_| class(variable.classes)).collect()).collect()
}

/// The columns as bytes, if each class fits one.
fn narrow(program: &Program, columns: &[Vec<u32>]) -> Vec<Option<Vec<u8>>> {
    let fits = program.variables().iter().map(|variable| variable.classes <= u32::from(UNKNOWN_BYTE));
    let byte = |class: &u32| u8::try_from(*class).unwrap_or(UNKNOWN_BYTE);
    fits.zip(columns).map(|(fits, column)| fits.then(|| column.iter().map(byte).collect())).collect()
}

fn over(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, program: &Program, rows: usize, open: u64) {
    let wide = columns(program, rows, open);
    let bytes = narrow(program, &wide);
    let variables: Vec<Classes<'_>> = bytes
        .iter()
        .zip(&wide)
        .map(|(bytes, wide)| bytes.as_deref().map_or(Classes::Wide(wide), Classes::Each))
        .collect();
    let mut blocks = program.batch_evaluator();
    let mut ends = vec![RowOutcome::Undecided; rows];
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            blocks.decide(program, rows, black_box(&variables), Results::Outcomes(&mut ends));
            black_box(&ends);
        });
    });
    assert!(open > 0 || !ends.contains(&RowOutcome::Undecided), "{name}");
}

fn privacy_12(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let mut own = group(criterion, "columns/privacy-12", SAMPLES, ROWS);
    over(&mut own, "columns", policy.program(), ROWS, 0);
    over(&mut own, "columns, one class in a hundred missing", policy.program(), ROWS, 10);
    own.finish();

    let cases = sure(privacy_12::cases());
    let requests: Vec<Request> =
        cases.iter().map(|case| sure(policy.request_from_json(&case.json))).collect();
    let mut own = group(criterion, "columns/privacy-12", SAMPLES, requests.len());
    own.bench_function("prepared requests, one by one", |bencher| {
        bencher.iter(|| {
            let allowed =
                requests.iter().filter(|request| policy.is_allowed(black_box(request)).unwrap_or(false));
            allowed.count()
        });
    });
}

/// Diagrams from small ones to those too large for bitmaps.
fn growth(criterion: &mut Criterion) {
    const FEWER: usize = 1 << 17;
    let mut group = group(criterion, "columns/growth", SAMPLES, FEWER);
    for rules in [10, 30, 100, 200, 300, 1_000] {
        let policy = sure(Policy::from_text(&generated_policy(rules)));
        let name = format!("columns, {rules} rules, {} nodes", policy.strategy().nodes);
        over(&mut group, &name, policy.program(), FEWER, 0);
    }
}

criterion_group!(benches, privacy_12, growth);
criterion_main!(benches);
