//! Arrow batches: whole columns in, effects out, beside a plain copy of the same bytes.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use arrow_array::builder::{ListBuilder, StringBuilder, StringDictionaryBuilder};
use arrow_array::types::UInt8Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Int64Array, ListArray, RecordBatch, StringArray,
    UInt8Array,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use placet::Policy;
use placet_arrow::{BoundPolicy, Options, Reason};
use placet_benches::privacy_12;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

const ROWS: usize = 1_000_000;
/// Sets of categories, few enough to number in a byte.
const SETS: usize = 200;

const FLAGS: [&str; 4] = ["guardian_permission", "objected", "legal_order", "api_service"];
const NAMES: [(&str, &[&str]); 4] = [
    ("consent", &["granted", "refused", "withdrawn", "not_asked"]),
    ("purpose", &["provide", "improve", "communicate", "security", "legal", "marketing", "train_models"]),
    ("action", &["collect", "use", "disclose", "transfer", "retain", "decide"]),
    ("recipient", &["self", "affiliate", "vendor", "government", "other"]),
];
const DATA: [&str; 10] = [
    "account",
    "communication",
    "user_content",
    "payment",
    "device_network",
    "usage",
    "log",
    "cookies",
    "third_party",
    "public",
];

fn sure<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// A plain sequence of numbers (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn rows<T>(&mut self, mut value: impl FnMut(&mut Self) -> T) -> impl Iterator<Item = T> {
        (0..ROWS).map(move |_| value(self))
    }

    fn name<'n>(&mut self, names: &[&'n str]) -> &'n str {
        names.get(self.below(names.len())).copied().unwrap_or_default()
    }

    /// One to four categories.
    fn set(&mut self) -> Vec<&'static str> {
        (0..1 + self.below(4)).map(|_| self.name(&DATA)).collect()
    }
}

fn lists<'n>(sets: impl Iterator<Item = Vec<&'n str>>) -> ListArray {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for set in sets {
        set.iter().for_each(|name| lists.values().append_value(name));
        lists.append(true);
    }
    lists.finish()
}

fn coded_lists<'n>(sets: impl Iterator<Item = Vec<&'n str>>) -> ListArray {
    let mut lists = ListBuilder::new(StringDictionaryBuilder::<UInt8Type>::new());
    for set in sets {
        set.iter().for_each(|name| lists.values().append_value(name));
        lists.append(true);
    }
    lists.finish()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    sure(RecordBatch::try_from_iter(columns))
}

fn flags(random: &mut Random) -> Vec<(&'static str, ArrayRef)> {
    let flag = |name| -> (_, ArrayRef) {
        (name, Arc::new(random.rows(|random| Some(random.below(4) == 0)).collect::<BooleanArray>()))
    };
    FLAGS.map(flag).into()
}

/// Byte codes for the columns of names and of sets.
fn codes(random: &mut Random, data: ArrayRef) -> RecordBatch {
    let mut columns = flags(random);
    columns
        .push(("age", Arc::new(random.rows(|random| Some(random.below(100) as u8)).collect::<UInt8Array>())));
    for (attribute, names) in NAMES {
        let keys: UInt8Array = random.rows(|random| Some(random.below(names.len()) as u8)).collect();
        let names = Arc::new(StringArray::from(names.to_vec()));
        columns.push((attribute, Arc::new(sure(DictionaryArray::try_new(keys, names)))));
    }
    columns.push(("data", data));
    batch(columns)
}

fn coded_sets(random: &mut Random) -> ArrayRef {
    let sets: Vec<_> = (0..SETS).map(|_| random.set()).collect();
    let keys: UInt8Array = random.rows(|random| Some(random.below(SETS) as u8)).collect();
    Arc::new(sure(DictionaryArray::try_new(keys, Arc::new(lists(sets.into_iter())))))
}

fn texts(random: &mut Random) -> RecordBatch {
    let mut columns = flags(random);
    columns.push((
        "age",
        Arc::new(random.rows(|random| Some(random.below(100) as i64)).collect::<Int64Array>()),
    ));
    for (attribute, names) in NAMES {
        let texts = StringArray::from_iter_values(random.rows(|random| random.name(names)));
        columns.push((attribute, Arc::new(texts)));
    }
    columns.push(("data", Arc::new(lists(random.rows(Random::set)))));
    batch(columns)
}

fn arrow(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let mut random = Random(7);
    let sets = coded_sets(&mut random);
    let coded = codes(&mut random, sets);
    let members: ArrayRef = Arc::new(coded_lists(random.rows(Random::set)));
    let listed = codes(&mut random, members);
    let texts = texts(&mut random);
    let mut group = criterion.benchmark_group("arrow");
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .throughput(Throughput::Elements(ROWS as u64));
    let threads = |count| Options::new().threads(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN));
    let cases = [
        ("codes", &coded, threads(1)),
        ("codes, two threads", &coded, threads(2)),
        ("codes, sets as lists of codes", &listed, threads(1)),
        ("texts", &texts, threads(1)),
        ("texts, two threads", &texts, threads(2)),
        ("codes with rules", &coded, threads(1).reasons([Reason::Rules])),
    ];
    for (name, batch, options) in cases {
        let binding = sure(BoundPolicy::new(&policy, &batch.schema(), &options));
        let all = sure(binding.decide(batch)).tally().clone();
        assert!(all.allowed > 0 && all.denied > 0 && all.errors == 0, "{all:?}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| sure(binding.decide(black_box(batch))).tally().allowed);
        });
    }
    // The lower bound: copying the same bytes once.
    let bytes: Vec<Vec<u8>> = coded
        .columns()
        .iter()
        .map(|column| {
            let data = column.to_data();
            data.buffers().first().map_or_else(Vec::new, |buffer| buffer.to_vec())
        })
        .collect();
    let mut copies: Vec<Vec<u8>> = bytes.iter().map(|bytes| vec![0; bytes.len()]).collect();
    group.bench_function("copy of the codes", |bencher| {
        bencher.iter(|| {
            for (copy, bytes) in copies.iter_mut().zip(&bytes) {
                black_box(&mut *copy).copy_from_slice(black_box(bytes));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, arrow);
criterion_main!(benches);
