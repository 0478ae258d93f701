//! Columns against requests: each row of random tables, in random encodings, is decided as the policy decides the JSON of
//! its values.

mod support;

use arrow_array::{ArrayRef, RecordBatch};
use placet::__private::Internals;
use placet::{Decision, ErrorCode, Policy, RequestError};
use placet_arrow::{BoundPolicy, ColumnError, OnError, Options, Reason};
use placet_model::request::AttributeInput;
use placet_model::types::{Members, Presence, Type};
use placet_samples::{Random, Requests, Shape, model, policy, saved, with_optional};
use std::num::NonZeroUsize;
use support::{Cell, Told, by_json, column};

/// The number of random policies; `PLACET_POLICIES` sets it.
fn policies() -> u64 {
    std::env::var("PLACET_POLICIES").map_or(40, |count| count.parse().unwrap())
}

const TABLES: usize = 4;

/// A table whose columns are attributes.
struct Table {
    names: Vec<String>,
    columns: Vec<Vec<Cell>>,
    batch: RecordBatch,
}

impl Table {
    fn random(random: &mut Random, policy: &Policy, rows: usize) -> Option<Self> {
        let model = policy.model();
        let requests = Requests::new(model);
        let open = *random.pick(&[0, 0, 10, 40]).unwrap();
        let requests: Vec<_> = (0..rows).map(|_| requests.request(random, open)).collect();
        let (mut names, mut columns, mut arrays): (Vec<_>, Vec<_>, Vec<ArrayRef>) = Default::default();
        for (id, attribute) in model.declared() {
            if attribute.presence != Presence::Required && random.chance(15) {
                continue;
            }
            let mut cells: Vec<Cell> = Vec::new();
            for request in &requests {
                let cell = Cell::of(&attribute.kind, request.get(id).unwrap_or(&AttributeInput::Null));
                // Some values come again and again.
                let again = cells.last().filter(|_| random.chance(20)).cloned();
                cells.push(again.unwrap_or(cell));
            }
            if random.chance(10) {
                spoil(random, &attribute.kind, &mut cells);
            }
            arrays.push(column(random, &attribute.kind, &cells));
            names.push(attribute.name.to_string());
            columns.push(cells);
        }
        let named = names.iter().cloned().zip(arrays.iter().cloned());
        let batch = (!arrays.is_empty()).then(|| RecordBatch::try_from_iter(named).unwrap())?;
        Some(Self { names, columns, batch })
    }

    fn row(&self, row: usize) -> Vec<(&str, &Cell)> {
        self.names.iter().map(String::as_str).zip(self.columns.iter().map(|cells| &cells[row])).collect()
    }

    /// The policy's answer to each row.
    fn by_json(&self, policy: &Policy) -> Vec<Result<Decision, RequestError>> {
        (0..self.batch.num_rows()).map(|row| by_json(policy, &self.row(row))).collect()
    }
}

/// Compiles a policy; of every second seed with optional attributes.
fn loaded(random: &mut Random, text: &str, seed: u64) -> Policy {
    let share = if seed.is_multiple_of(2) { 0 } else { 50 };
    Policy::from_bytes(&saved(with_optional(random, model(text).unwrap(), share))).unwrap()
}

/// Puts values among others that are none of their attribute's.
fn spoil(random: &mut Random, kind: &Type, cells: &mut [Cell]) {
    for _ in 0..random.between(1, 3) {
        let at = random.below(cells.len() as u64) as usize;
        cells[at] = match kind {
            Type::Int(_, high) => Cell::Int(i128::from(*high) + 1),
            Type::Symbol(_) => Cell::Text("no such name".to_owned()),
            Type::Set { may_be_empty: false, .. } if random.below(2) == 0 => Cell::Set(Vec::new()),
            Type::Set { of: Members::Symbols(_), .. } => Cell::Set(vec!["no such name".to_owned()]),
            Type::Number(..) => Cell::Null,
            _ => Cell::Null,
        };
    }
}

fn names(list: &[std::sync::Arc<str>]) -> Vec<String> {
    list.iter().map(|name| name.to_string()).collect()
}

#[test]
fn every_row_is_decided_as_its_request() {
    let (mut decided, mut faulty, mut open) = (0, 0, 0);
    for seed in 0..policies() {
        let mut random = Random::new(seed);
        let shape =
            [Shape::small(), Shape::related(), Shape::middle(), Shape::related(), Shape::structured()];
        let text = policy(&mut random, &shape[seed as usize % shape.len()]);
        let policy = loaded(&mut random, &text, seed);
        for _ in 0..TABLES {
            let rows = random.between(1, 150) as usize;
            let Some(table) = Table::random(&mut random, &policy, rows) else { continue };
            let expected = table.by_json(&policy);
            let options = Options::new().on_error(OnError::Null);
            let with_reasons = options.clone().reasons(Reason::ALL);
            let bind =
                |options: &Options<'_>| BoundPolicy::new(&policy, &table.batch.schema(), options).unwrap();
            let (effects, reasons) = (bind(&options), bind(&with_reasons));
            // Again, with the memory of the first time.
            for _ in 0..2 {
                let (plain, full) =
                    (effects.decide(&table.batch).unwrap(), reasons.decide(&table.batch).unwrap());
                let told = Told::new(&full);
                for (row, expected) in expected.iter().enumerate() {
                    let say = || format!("seed {seed}\n{text}\n{:?}\n{expected:?}", table.row(row));
                    let effect = expected.as_ref().ok().map(|decision| decision.effect);
                    assert_eq!(plain.effect(row), effect, "{}", say());
                    assert_eq!(full.effect(row), effect, "{}", say());
                    let Ok(decision) = expected else { continue };
                    let told = |reason| told.list(reason, row);
                    assert_eq!(told(Reason::Rules), names(&decision.rules), "{}", say());
                    let certain: Vec<_> = decision.certain().cloned().collect();
                    assert_eq!(told(Reason::Certain), names(&certain), "{}", say());
                    assert_eq!(told(Reason::Clauses), names(&decision.cites), "{}", say());
                    assert_eq!(told(Reason::Missing), names(&decision.missing), "{}", say());
                    let due: Vec<_> = decision.obligations.iter().map(|due| due.name.clone()).collect();
                    assert_eq!(told(Reason::Obligations), names(&due), "{}", say());
                }
                let errors = expected.iter().filter(|expected| expected.is_err()).count();
                assert_eq!(full.tally().errors, errors as u64);
                assert_eq!(plain.tally().rows, rows as u64);
                let first = expected.iter().position(Result::is_err);
                assert_eq!(full.tally().faults.first().map(|fault| fault.row), first.map(|row| row as u64));
            }
            let mask = effects.allowed(&table.batch).unwrap();
            assert_eq!(mask, effects.decide(&table.batch).unwrap().allowed(), "seed {seed}\n{text}");
            let allowed = effects.filter(&table.batch).unwrap().num_rows();
            let is_allowed =
                |expected: &&Result<Decision, _>| matches!(expected, Ok(decision) if decision.is_allowed());
            assert_eq!(allowed, expected.iter().filter(is_allowed).count());

            // The first error is that of the first erroneous row, and names what its request's error names.
            let strict = bind(&Options::new()).decide(&table.batch);
            match (
                strict,
                expected.iter().enumerate().find_map(|(row, expected)| Some((row, expected.as_ref().err()?))),
            ) {
                (Ok(_), None) => {}
                (Err(ColumnError::Value(fault)), Some((row, error))) => {
                    assert_eq!(fault.row, row as u64);
                    assert_eq!(fault.code, error.code);
                    assert_eq!(Some(&fault.attribute), error.attribute.as_ref());
                    assert_eq!(fault.expected, error.expected);
                }
                (found, expected) => panic!("{:?} for {expected:?}", found.map(drop)),
            }
            decided += expected.iter().filter(|expected| expected.is_ok()).count();
            faulty += expected.iter().filter(|expected| expected.is_err()).count();
            open += plain_open(&expected);
        }
    }
    assert!(decided > 1_000 && faulty > 50 && open > 200, "{decided} decided, {faulty} faulty, {open} open");
}

fn plain_open(expected: &[Result<Decision, RequestError>]) -> usize {
    let is_open = |expected: &&Result<Decision, RequestError>| {
        expected.as_ref().is_ok_and(|decision| decision.effect == placet::Effect::Indeterminate)
    };
    expected.iter().filter(is_open).count()
}

#[test]
fn threads_and_slices_say_what_one_batch_says() {
    const ROWS: usize = 70_000;
    for seed in 0..4 {
        let mut random = Random::new(1_000 + seed);
        let text = policy(&mut random, &if seed % 2 == 0 { Shape::small() } else { Shape::related() });
        let policy = loaded(&mut random, &text, seed);
        let Some(table) = Table::random(&mut random, &policy, 300) else { continue };
        // The same rows over and over.
        let again = arrow_array::UInt32Array::from_iter_values((0..ROWS as u32).map(|row| row * 7 % 300));
        let many = |array: &ArrayRef| arrow_select::take::take(array, &again, None).unwrap();
        let columns: Vec<ArrayRef> = table.batch.columns().iter().map(many).collect();
        let batch = RecordBatch::try_new(table.batch.schema(), columns).unwrap();
        let options = Options::new().on_error(OnError::Null).reasons(Reason::ALL);
        let bind = |options: &Options<'_>| BoundPolicy::new(&policy, &batch.schema(), options).unwrap();
        let one = bind(&options).decide(&batch).unwrap();
        let two = bind(&options.clone().threads(NonZeroUsize::new(2).unwrap())).decide(&batch).unwrap();
        let three = bind(&options.clone().threads(NonZeroUsize::new(3).unwrap())).decide(&batch).unwrap();
        for other in [&two, &three] {
            assert_eq!(one.tally(), other.tally());
            assert_eq!(one.clone().into_batch().unwrap(), other.clone().into_batch().unwrap());
        }
        for threads in 1..=3 {
            let binding = bind(&options.clone().threads(NonZeroUsize::new(threads).unwrap()));
            assert_eq!(binding.allowed(&batch).unwrap(), one.allowed());
        }
        let expected = table.by_json(&policy);
        for (row, first) in again.values().iter().enumerate() {
            let effect = expected[*first as usize].as_ref().ok().map(|decision| decision.effect);
            assert_eq!(one.effect(row), effect);
        }
        // In pieces of any length, as a stream.
        let binding = bind(&options);
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < ROWS {
            let length = (random.between(1, 6_000) as usize).min(ROWS - from);
            pieces.push(Ok(batch.slice(from, length)));
            from += length;
        }
        let mut stream = binding.stream(pieces);
        let mut row = 0;
        for decided in &mut stream {
            let (_, decisions) = decided.unwrap();
            for at in 0..decisions.len() {
                assert_eq!(decisions.effect(at), one.effect(row));
                row += 1;
            }
        }
        assert_eq!(row, ROWS);
        assert_eq!(stream.tally(), one.tally());
    }
}

/// Returns texts that differ in one byte, or in their length behind a shared prefix, around the lengths that decide how
/// texts are compared.
fn texts_alike() -> Vec<String> {
    let mut texts: Vec<String> = ["é", "éa", "日本", "日本日本日本"].map(str::to_owned).into();
    for length in [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 24, 33] {
        let text = "x".repeat(length);
        for at in 0..length {
            for other in ["y", "\0"] {
                let mut text = text.clone();
                text.replace_range(at..=at, other);
                texts.push(text);
            }
        }
        texts.push(format!("{text}\0\0"));
        texts.push(text);
    }
    texts.sort();
    texts.dedup();
    texts
}

#[test]
fn texts_are_told_apart_in_every_encoding() {
    let all = texts_alike();
    let mut found = 0;
    for seed in 0..policies() * 4 {
        let mut random = Random::new(2_000 + seed);
        // Few texts are compared one by one, more are hashed; patterns read all others.
        let count = random.between(1, 14) as usize;
        let mut named: Vec<&String> = (0..count).map(|_| random.pick(&all).unwrap()).collect();
        named.sort();
        named.dedup();
        let quoted = |text: &str| format!("\"{}\"", text.replace('\0', "\\u{0}"));
        let mut text =
            format!("policy p request {{ s: string{} }}", if random.chance(50) { "?" } else { "" });
        for (number, named) in named.iter().enumerate() {
            let verb = if number % 3 == 2 { "deny" } else { "allow" };
            text += &format!("\nrule r{number} {{ {verb} when s is {} }}", quoted(named));
        }
        if random.chance(30) {
            let pattern = *random.pick(&["x*", "*y", "xxxx*x", "*y*"]).unwrap();
            text += &format!("\nrule pattern {{ allow when s like \"{pattern}\" }}");
        }
        let policy = Policy::from_text(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let rows = random.between(1, 300) as usize;
        let cell = |random: &mut Random| match random.below(10) {
            0 => Cell::Null,
            1..5 => Cell::Text(random.pick(&named).unwrap().to_string()),
            _ => Cell::Text(random.pick(&all).unwrap().clone()),
        };
        let cells: Vec<Cell> = (0..rows).map(|_| cell(&mut random)).collect();
        let array = column(&mut random, &Type::String, &cells);
        let batch = RecordBatch::try_from_iter([("s", array)]).unwrap();
        let options = Options::new().reasons([Reason::Rules]);
        let binding = BoundPolicy::new(&policy, &batch.schema(), &options).unwrap();
        let decisions = binding.decide(&batch).unwrap();
        let told = Told::new(&decisions);
        for (row, cell) in cells.iter().enumerate() {
            let expected = by_json(&policy, &[("s", cell)]).unwrap();
            let say = || format!("seed {seed}, row {row}\n{text}\n{cell:?} in {:?}", batch.schema().field(0));
            assert_eq!(decisions.effect(row), Some(expected.effect), "{}", say());
            assert_eq!(told.list(Reason::Rules, row), names(&expected.rules), "{}", say());
            found += expected.rules.len();
        }
    }
    assert!(found > 5_000, "{found} found");
}

#[test]
fn a_stream_counts_rows_from_its_beginning() {
    let policy = Policy::from_text("policy p request { a: int 0..9 } rule r { allow when a > 3 }").unwrap();
    let batch = |values: Vec<i64>| {
        let array: ArrayRef = std::sync::Arc::new(arrow_array::Int64Array::from(values));
        RecordBatch::try_from_iter([("a", array)]).unwrap()
    };
    let batches = [batch(vec![1, 2, 3]), batch(vec![4, 10]), batch(vec![5])];
    let binding = BoundPolicy::new(&policy, &batches[0].schema(), &Options::new()).unwrap();
    let mut stream = binding.stream(batches.into_iter().map(Ok));
    assert!(stream.next().unwrap().is_ok());
    let Some(Err(ColumnError::Value(fault))) = stream.next() else { panic!("an error") };
    assert_eq!((fault.row, &*fault.value, fault.code), (4, "10", ErrorCode::OutsideDomain));
    assert!(stream.next().is_none());
}
