//! Arrow batches: whole columns in, effects out, beside a plain copy of the same bytes, or the same conditions by hand.
#![allow(missing_docs, reason = "criterion's macros make public items")]

mod support;

use arrow_array::builder::{ListBuilder, StringBuilder, StringDictionaryBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt8Type, UInt32Type};
use arrow_array::{
    Array, ArrayAccessor, ArrayRef, BooleanArray, DictionaryArray, Int64Array, ListArray, RecordBatch,
    StringArray, StringViewArray, UInt8Array,
};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use placet::Policy;
use placet_arrow::{BoundPolicy, Options, Reason};
use placet_benches::privacy_12;
use placet_benches::sure;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use support::group;

/// The samples of each benchmark.
const SAMPLES: usize = 20;

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

/// Measures the mask of a policy's allowed rows, the same condition by hand, and the policy's effects.
fn beside(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    policy: &Policy,
    batch: &RecordBatch,
    by_hand: impl Fn(&RecordBatch) -> BooleanArray,
) {
    let binding = sure(BoundPolicy::new(policy, &batch.schema(), &Options::new()));
    let decisions = sure(binding.decide(batch));
    assert_eq!(decisions.allowed(), by_hand(batch), "{name}");
    assert!(decisions.tally().allowed > 0 && decisions.tally().denied > 0, "{name}");
    group.bench_function(name, |bencher| bencher.iter(|| sure(binding.allowed(black_box(batch)))));
    group.bench_function(format!("{name}, by hand"), |bencher| bencher.iter(|| by_hand(black_box(batch))));
    group.bench_function(format!("{name}, effects"), |bencher| {
        bencher.iter(|| sure(binding.decide(black_box(batch))));
    });
}

/// Returns true for each row that holds the text.
fn equal<'a>(array: impl ArrayAccessor<Item = &'a str>, text: &str) -> BooleanArray {
    BooleanArray::from_unary(array, |value| value == text)
}

/// The texts of columns, and the policy that compares them: short ones, ones that share a prefix and a length, and one
/// of many.
fn equality(criterion: &mut Criterion) {
    const FEW: [&str; 8] = ["AT", "CH", "DE", "FR", "IT", "LI", "SI", "Alpine"];
    let mut random = Random(7);
    let few: Vec<String> = random.rows(|random| random.name(&FEW).to_owned()).collect();
    let alike: Vec<String> =
        random.rows(|random| format!("customer:2026-07-{:06}", random.below(1_000))).collect();
    let ids: Vec<String> = random.rows(|random| format!("c-{}", random.below(100_000))).collect();
    let mut group = group(criterion, "arrow/equality", SAMPLES, ROWS);
    let cases = [
        ("short", &few, r#"is "AT""#),
        ("alike", &alike, r#"is "customer:2026-07-000007""#),
        ("many", &ids, r#"is "c-7""#),
    ];
    for (name, texts, condition) in cases {
        let policy = sure(Policy::from_text(&format!(
            "policy p request {{ text: string }} rule equal {{ allow when text {condition} }}"
        )));
        let text = condition.trim_start_matches("is ").trim_matches('"');
        let plain: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        let of_plain = |batch: &RecordBatch| equal(batch.column(0).as_string::<i32>(), text);
        beside(&mut group, &format!("{name}, Utf8"), &policy, &batch(vec![("text", plain)]), of_plain);
        let views: ArrayRef = Arc::new(StringViewArray::from_iter_values(texts));
        let of_views = |batch: &RecordBatch| equal(batch.column(0).as_string_view(), text);
        beside(&mut group, &format!("{name}, Utf8View"), &policy, &batch(vec![("text", views)]), of_views);
        let coded: ArrayRef =
            Arc::new(texts.iter().map(|text| &**text).collect::<DictionaryArray<UInt32Type>>());
        // As a library does it: compare the values, and take the truths by the keys.
        let of_codes = |batch: &RecordBatch| {
            let codes = batch.column(0).as_dictionary::<UInt32Type>();
            let truths = equal(codes.values().as_string::<i32>(), text);
            BooleanArray::from_unary(codes.keys(), |key| truths.value(key as usize))
        };
        beside(&mut group, &format!("{name}, dictionary"), &policy, &batch(vec![("text", coded)]), of_codes);
    }
    group.finish();
}

/// Policies of a few rules, over many rows and over few.
fn small(criterion: &mut Criterion) {
    const POLICY: &str = r#"
        policy small
        request { age: int 0..150  amount: int 0..1000000  purpose: { deliver, improve, marketing }  country: string }
        rule minors { deny when age < 18 and purpose is marketing }
        rule deliver { allow when purpose is deliver and amount < 10000 }
        rule alpine { allow when country in { "AT", "CH" } }
    "#;
    const ONE: &str = "policy one request { age: int 0..150 } rule adults { allow when age >= 18 }";
    let (small, one) = (sure(Policy::from_text(POLICY)), sure(Policy::from_text(ONE)));
    for rows in [1_000, 10_000, ROWS] {
        let mut random = Random(7);
        let ints = |random: &mut Random, bound| -> ArrayRef {
            Arc::new(
                random.rows(|random| Some(random.below(bound) as i64)).take(rows).collect::<Int64Array>(),
            )
        };
        let texts = |random: &mut Random, names: &[&str]| -> ArrayRef {
            Arc::new(StringViewArray::from_iter_values(random.rows(|random| random.name(names)).take(rows)))
        };
        let age = ints(&mut random, 100);
        let columns = batch(vec![
            ("age", age.clone()),
            ("amount", ints(&mut random, 20_000)),
            ("purpose", texts(&mut random, &["deliver", "improve", "marketing"])),
            ("country", texts(&mut random, &["AT", "CH", "DE", "FR", "IT"])),
        ]);
        let mut group = group(criterion, &format!("arrow/small/{rows}"), SAMPLES, rows);
        beside(&mut group, "one rule", &one, &batch(vec![("age", age)]), |batch| {
            BooleanArray::from_unary(batch.column(0).as_primitive::<Int64Type>(), |age| age >= 18)
        });
        beside(&mut group, "three rules", &small, &columns, |batch| {
            let int = |at: usize| batch.column(at).as_primitive::<Int64Type>();
            let text = |at: usize| batch.column(at).as_string_view();
            // Column by column, like an expression of a data frame.
            let (is_minor, is_small) = (
                BooleanArray::from_unary(int(0), |age| age < 18),
                BooleanArray::from_unary(int(1), |n| n < 10_000),
            );
            let (is_marketing, is_delivery) = (equal(text(2), "marketing"), equal(text(2), "deliver"));
            let is_alpine = &(equal(text(3), "AT").values() | equal(text(3), "CH").values());
            let is_allowed = &(is_delivery.values() & is_small.values()) | is_alpine;
            let is_denied = is_minor.values() & is_marketing.values();
            BooleanArray::new(&is_allowed & &!&is_denied, None)
        });
        let binding = sure(BoundPolicy::new(&small, &columns.schema(), &Options::new()));
        group.bench_function("three rules, filter", |bencher| {
            bencher.iter(|| sure(binding.filter(black_box(&columns))));
        });
        for reasons in [&[Reason::Rules][..], &[Reason::Missing], &Reason::ALL] {
            let options = Options::new().reasons(reasons.iter().copied());
            let binding = sure(BoundPolicy::new(&small, &columns.schema(), &options));
            let names: Vec<_> = reasons.iter().map(|reason| reason.name()).collect();
            group.bench_function(format!("three rules, with {}", names.join(" ")), |bencher| {
                bencher.iter(|| sure(binding.decide(black_box(&columns))));
            });
            group.bench_function(format!("three rules, with lists of {}", names.join(" ")), |bencher| {
                bencher.iter(|| sure(sure(binding.decide(black_box(&columns))).into_batch()));
            });
        }
        group.finish();
    }
}

fn arrow(criterion: &mut Criterion) {
    let policy = sure(Policy::from_text(privacy_12::POLICY));
    let mut random = Random(7);
    let sets = coded_sets(&mut random);
    let coded = codes(&mut random, sets);
    let members: ArrayRef = Arc::new(coded_lists(random.rows(Random::set)));
    let listed = codes(&mut random, members);
    let texts = texts(&mut random);
    let mut group = group(criterion, "arrow", SAMPLES, ROWS);
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
        if name == "codes with rules" {
            group.bench_function("codes with lists of rules", |bencher| {
                bencher.iter(|| sure(sure(binding.decide(black_box(batch))).into_batch()));
            });
        }
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

criterion_group!(benches, arrow, equality, small);
criterion_main!(benches);
