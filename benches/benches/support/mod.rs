//! The settings of groups of short benchmarks.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use std::time::Duration;

/// Starts a group whose benchmarks take this many samples, each over this many elements.
pub(crate) fn group<'c>(
    criterion: &'c mut Criterion,
    name: &str,
    samples: usize,
    elements: usize,
) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(samples)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .throughput(Throughput::Elements(elements as u64));
    group
}
