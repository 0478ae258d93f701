//! Cells of a table, as JSON and in every encoding of Arrow.
#![allow(dead_code, reason = "each test binary uses a part")]

use arrow_array::builder::{ListBuilder, StringBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use arrow_select::take::take;
use placet::{Date, Policy, Time};
use placet_arrow::{Decisions, Reason};
use placet_model::request::AttributeInput;
use placet_model::types::{Members, Type, Universe};
use placet_model::value::Value;
use placet_samples::Random;
use serde_json::json;
use std::sync::Arc;

/// A value as a row has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Bool(bool),
    Int(i128),
    Number(f64),
    Text(String),
    Set(Vec<String>),
    Date(i32),
    Time(i64),
    Duration(i64),
}

impl Cell {
    /// The values of a request.
    pub(crate) fn of(kind: &Type, given: &AttributeInput) -> Self {
        match given {
            AttributeInput::Null | AttributeInput::Pending => Cell::Null,
            AttributeInput::OneOf(leaves) => {
                let Type::Symbol(Universe::Taxonomy(tree)) = kind else { panic!("{kind:?}") };
                let first = leaves.iter().next().unwrap();
                let end = leaves.iter().last().unwrap() + 1;
                let is = |node: &placet_model::types::Node| node.first == first && node.end == end;
                // All leaves of a flat taxonomy have no name together.
                let node = tree.nodes.iter().find(|(_, node)| is(node));
                node.map_or(Cell::Null, |(name, _)| Cell::Text(name.to_string()))
            }
            AttributeInput::Value(value) => match value {
                Value::None => Cell::Null,
                Value::Bool(value) => Cell::Bool(*value),
                Value::Int(value) => Cell::Int((*value).into()),
                Value::Number(value) => Cell::Number(*value),
                Value::String(text) => Cell::Text(text.to_string()),
                Value::Symbol(symbol) => {
                    let Type::Symbol(universe) = kind else { panic!("{kind:?}") };
                    Cell::Text(universe.name(*symbol).to_owned())
                }
                Value::Symbols(set) => {
                    let Type::Set { of: Members::Symbols(universe), .. } = kind else { panic!("{kind:?}") };
                    Cell::Set(set.iter().map(|symbol| universe.name(symbol).to_owned()).collect())
                }
                Value::Texts(texts) => Cell::Set(texts.iter().map(|text| text.to_string()).collect()),
                Value::Date(days) => Cell::Date(*days),
                Value::Time(micros) => Cell::Time(*micros),
                Value::Duration(micros) => Cell::Duration(*micros),
            },
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        match self {
            Cell::Null => json!(null),
            Cell::Bool(value) => json!(value),
            Cell::Int(value) => serde_json::from_str(&value.to_string()).unwrap(),
            Cell::Number(value) => json!(value),
            Cell::Text(text) => json!(text),
            Cell::Set(texts) => json!(texts),
            Cell::Date(days) => json!(Date::from_days(*days).to_string()),
            Cell::Time(micros) => json!(Time::from_micros(*micros).to_string()),
            Cell::Duration(micros) => json!(iso(*micros)),
        }
    }
}

fn iso(micros: i64) -> String {
    let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    format!("{sign}PT{}.{:06}S", size / 1_000_000, size % 1_000_000)
}

/// The decision of a row by the policy's own reader of JSON.
pub(crate) fn by_json(
    policy: &Policy,
    cells: &[(&str, &Cell)],
) -> Result<placet::Decision, placet::RequestError> {
    let entries: Vec<String> =
        cells.iter().map(|(name, cell)| format!("{}:{}", json!(name), cell.json())).collect();
    policy.decide_json(&format!("{{{}}}", entries.join(",")))
}

/// The cells of a column in some encoding of the attribute's type, sometimes as a part of a longer array.
pub(crate) fn column(random: &mut Random, kind: &Type, cells: &[Cell]) -> ArrayRef {
    // Rows around those that count: the column is a slice.
    let (before, after) =
        if random.chance(40) { (random.between(0, 70), random.between(0, 9)) } else { (0, 0) };
    let around = || cells.iter().cycle().cloned();
    let all: Vec<Cell> = around()
        .take(before as usize)
        .chain(cells.iter().cloned())
        .chain(around().take(after as usize))
        .collect();
    let plain = plain(random, kind, &all);
    let array = match random.below(5) {
        0 => keyed(random, &plain),
        1 => runs(random, &plain, &all),
        _ => plain,
    };
    array.slice(before as usize, cells.len())
}

fn plain(random: &mut Random, kind: &Type, cells: &[Cell]) -> ArrayRef {
    if cells.iter().all(|cell| *cell == Cell::Null) && random.chance(50) {
        return Arc::new(NullArray::new(cells.len()));
    }
    let text = |cell: &Cell| match cell {
        Cell::Null => None,
        cell => Some(cell.json().as_str().unwrap().to_owned()),
    };
    match kind {
        Type::Bool => Arc::new(BooleanArray::from_iter(cells.iter().map(|cell| match cell {
            Cell::Bool(value) => Some(*value),
            _ => None,
        }))),
        Type::Int(..) => ints(random, cells),
        Type::Number(..) => numbers(random, cells),
        Type::String | Type::Symbol(_) => texts(random, cells.iter().map(text).collect()),
        Type::Set { .. } => lists(random, cells),
        Type::Date if random.chance(25) => texts(random, cells.iter().map(text).collect()),
        Type::Date => {
            let days = cells.iter().map(|cell| match cell {
                Cell::Date(days) => Some(*days),
                _ => None,
            });
            if random.chance(50) {
                Arc::new(Date32Array::from_iter(days))
            } else {
                Arc::new(Date64Array::from_iter(days.map(|days| Some(i64::from(days?) * 86_400_000))))
            }
        }
        Type::Time if random.chance(25) => texts(random, cells.iter().map(text).collect()),
        Type::Time => {
            let micros: Vec<Option<i64>> = cells
                .iter()
                .map(|cell| match cell {
                    Cell::Time(micros) => Some(*micros),
                    _ => None,
                })
                .collect();
            let zone = *random.pick(&["UTC", "+08:00", "Europe/Vienna"]).unwrap();
            counted(random, &micros, |unit, counts| match unit {
                0 => Arc::new(TimestampSecondArray::from_iter(counts).with_timezone(zone)),
                1 => Arc::new(TimestampMillisecondArray::from_iter(counts).with_timezone(zone)),
                2 => Arc::new(TimestampMicrosecondArray::from_iter(counts).with_timezone(zone)),
                _ => Arc::new(TimestampNanosecondArray::from_iter(counts).with_timezone(zone)),
            })
        }
        Type::Duration if random.chance(25) => texts(random, cells.iter().map(text).collect()),
        Type::Duration => {
            let micros: Vec<Option<i64>> = cells
                .iter()
                .map(|cell| match cell {
                    Cell::Duration(micros) => Some(*micros),
                    _ => None,
                })
                .collect();
            counted(random, &micros, |unit, counts| match unit {
                0 => Arc::new(DurationSecondArray::from_iter(counts)),
                1 => Arc::new(DurationMillisecondArray::from_iter(counts)),
                2 => Arc::new(DurationMicrosecondArray::from_iter(counts)),
                _ => Arc::new(DurationNanosecondArray::from_iter(counts)),
            })
        }
    }
}

/// Microseconds in some unit that counts all of them.
fn counted(
    random: &mut Random,
    micros: &[Option<i64>],
    array: impl Fn(u32, Vec<Option<i64>>) -> ArrayRef,
) -> ArrayRef {
    let unit = random.below(4) as u32;
    let counts: Option<Vec<Option<i64>>> = micros
        .iter()
        .map(|micros| match (micros, unit) {
            (None, _) => Some(None),
            (Some(micros), 0) => (micros % 1_000_000 == 0).then(|| Some(micros / 1_000_000)),
            (Some(micros), 1) => (micros % 1_000 == 0).then(|| Some(micros / 1_000)),
            (Some(micros), 2) => Some(Some(*micros)),
            (Some(micros), _) => micros.checked_mul(1_000).map(Some),
        })
        .collect();
    match counts {
        Some(counts) => array(unit, counts),
        None => array(2, micros.to_vec()),
    }
}

fn ints(random: &mut Random, cells: &[Cell]) -> ArrayRef {
    let values: Vec<Option<i128>> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Int(value) => Some(*value),
            _ => None,
        })
        .collect();
    fn narrow<T: ArrowPrimitiveType>(values: &[Option<i128>]) -> Option<ArrayRef>
    where
        T::Native: TryFrom<i128>,
    {
        let values: Option<Vec<Option<T::Native>>> = values
            .iter()
            .map(|value| match value {
                Some(value) => T::Native::try_from(*value).ok().map(Some),
                None => Some(None),
            })
            .collect();
        Some(Arc::new(PrimitiveArray::<T>::from_iter(values?)))
    }
    let made = match random.below(9) {
        0 => narrow::<Int8Type>(&values),
        1 => narrow::<UInt8Type>(&values),
        2 => narrow::<Int16Type>(&values),
        3 => narrow::<UInt16Type>(&values),
        4 => narrow::<Int32Type>(&values),
        5 => narrow::<UInt32Type>(&values),
        6 => narrow::<UInt64Type>(&values),
        7 => narrow::<Int64Type>(&values),
        _ => None,
    };
    made.unwrap_or_else(|| {
        Arc::new(Decimal128Array::from_iter(values).with_precision_and_scale(38, 0).unwrap())
    })
}

fn numbers(random: &mut Random, cells: &[Cell]) -> ArrayRef {
    let values: Vec<Option<f64>> = cells
        .iter()
        .map(|cell| match cell {
            Cell::Number(value) => Some(*value),
            _ => None,
        })
        .collect();
    let all = |is: fn(f64) -> bool| values.iter().flatten().all(|value| is(*value));
    match random.below(4) {
        0 if all(|value| f64::from(value as f32) == value) => {
            Arc::new(Float32Array::from_iter(values.iter().map(|value| value.map(|value| value as f32))))
        }
        1 if all(|value| value as i32 as f64 == value) => {
            Arc::new(Int32Array::from_iter(values.iter().map(|value| value.map(|value| value as i32))))
        }
        // Quarters and tenths.
        2 if all(|value| ((value * 100.0).round() / 100.0 == value) && value.abs() < 1e12) => {
            let units = values.iter().map(|value| value.map(|value| (value * 100.0).round() as i128));
            Arc::new(Decimal128Array::from_iter(units).with_precision_and_scale(38, 2).unwrap())
        }
        _ => Arc::new(Float64Array::from_iter(values)),
    }
}

pub(crate) fn texts(random: &mut Random, texts: Vec<Option<String>>) -> ArrayRef {
    match random.below(3) {
        0 => Arc::new(StringArray::from_iter(texts)),
        1 => Arc::new(LargeStringArray::from_iter(texts)),
        _ => {
            // Few bytes in each buffer, so that views refer to several.
            let mut views = StringViewBuilder::new().with_fixed_block_size(random.between(40, 400));
            texts.iter().for_each(|text| views.append_option(text.as_deref()));
            Arc::new(views.finish())
        }
    }
}

fn lists(random: &mut Random, cells: &[Cell]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for cell in cells {
        match cell {
            Cell::Set(texts) => {
                for text in texts {
                    builder.values().append_value(text);
                }
                builder.append(true);
            }
            _ => {
                // What stands behind a null means nothing.
                builder.values().append_value("no name");
                builder.append(false);
            }
        }
    }
    let list = builder.finish();
    let members = list.values().as_string::<i32>().iter().map(|text| text.map(str::to_owned));
    let values = texts(random, members.collect());
    let values = if random.below(3) == 0 { keyed(random, &values) } else { values };
    let field = Arc::new(Field::new("item", values.data_type().clone(), true));
    let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
    match random.below(5) {
        0 => Arc::new(ListArray::new(field, offsets, values, nulls)),
        1 => {
            let offsets = OffsetBuffer::new(offsets.iter().map(|at| i64::from(*at)).collect());
            Arc::new(LargeListArray::new(field, offsets, values, nulls))
        }
        2 => {
            let sizes: ScalarBuffer<i32> = offsets.windows(2).map(|ends| ends[1] - ends[0]).collect();
            let starts: ScalarBuffer<i32> = offsets.iter().take(cells.len()).copied().collect();
            Arc::new(ListViewArray::new(field, starts, sizes, values, nulls))
        }
        3 => {
            let sizes: ScalarBuffer<i64> =
                offsets.windows(2).map(|ends| i64::from(ends[1] - ends[0])).collect();
            let starts: ScalarBuffer<i64> =
                offsets.iter().take(cells.len()).map(|at| i64::from(*at)).collect();
            Arc::new(LargeListViewArray::new(field, starts, sizes, values, nulls))
        }
        _ => {
            let sizes: Vec<i32> = offsets.windows(2).map(|ends| ends[1] - ends[0]).collect();
            match sizes.first() {
                Some(size) if *size > 0 && sizes.iter().all(|other| other == size) => {
                    Arc::new(FixedSizeListArray::new(field, *size, values, nulls))
                }
                _ => Arc::new(ListArray::new(field, offsets, values, nulls)),
            }
        }
    }
}

/// The rows of an array as a dictionary: its values in another order, some of them unused, nulls in keys or in values.
pub(crate) fn keyed(random: &mut Random, array: &ArrayRef) -> ArrayRef {
    let count = array.len();
    let step = (1..).step_by(2).find(|step| gcd(*step, count.max(1)) == 1 && *step > count / 3).unwrap_or(1);
    let place = |row: usize| row * step % count.max(1);
    let mut order = vec![0_u32; count];
    for row in 0..count {
        order[place(row)] = row as u32;
    }
    let values = take(array, &UInt32Array::from(order), None).unwrap();
    let null_keys = random.chance(50);
    let keys = |row: usize| (!(null_keys && array.is_null(row))).then(|| place(row));
    fn of<K: ArrowDictionaryKeyType>(
        count: usize,
        keys: impl Fn(usize) -> Option<usize>,
        values: ArrayRef,
    ) -> ArrayRef
    where
        K::Native: TryFrom<usize>,
    {
        let keys = (0..count).map(|row| keys(row).map(|key| K::Native::try_from(key).ok().unwrap()));
        Arc::new(DictionaryArray::<K>::new(keys.collect(), values))
    }
    match random.below(8) {
        0 if count <= 128 => of::<Int8Type>(count, keys, values),
        1 if count <= 256 => of::<UInt8Type>(count, keys, values),
        2 if count <= 30_000 => of::<Int16Type>(count, keys, values),
        3 if count <= 60_000 => of::<UInt16Type>(count, keys, values),
        4 => of::<Int32Type>(count, keys, values),
        5 => of::<UInt32Type>(count, keys, values),
        6 => of::<UInt64Type>(count, keys, values),
        _ => of::<Int64Type>(count, keys, values),
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The rows of an array as runs of equal cells.
fn runs(random: &mut Random, array: &ArrayRef, cells: &[Cell]) -> ArrayRef {
    let starts: Vec<u32> = (0..cells.len())
        .filter(|row| *row == 0 || cells[*row] != cells[row - 1])
        .map(|row| row as u32)
        .collect();
    if starts.is_empty() {
        return array.clone();
    }
    let ends = starts.iter().skip(1).copied().chain([cells.len() as u32]);
    let values = take(array, &UInt32Array::from(starts.clone()), None).unwrap();
    if random.chance(50) {
        let ends: Int32Array = ends.map(|end| Some(end as i32)).collect();
        Arc::new(RunArray::<Int32Type>::try_new(&ends, &values).unwrap())
    } else {
        let ends: Int64Array = ends.map(|end| Some(i64::from(end))).collect();
        Arc::new(RunArray::<Int64Type>::try_new(&ends, &values).unwrap())
    }
}

/// The reasons of decisions, as dictionaries and as columns of a batch.
pub(crate) struct Told {
    dictionaries: Vec<(Reason, DictionaryArray<Int32Type>)>,
    batch: RecordBatch,
}

impl Told {
    pub(crate) fn new(decisions: &Decisions) -> Self {
        let dictionary = |reason| Some((reason, decisions.reason(reason)?));
        Self {
            dictionaries: Reason::ALL.into_iter().filter_map(dictionary).collect(),
            batch: decisions.clone().into_batch().unwrap(),
        }
    }

    /// The texts of a reason in a row.
    pub(crate) fn list(&self, reason: Reason, row: usize) -> Vec<String> {
        let (_, dictionary) = self.dictionaries.iter().find(|(known, _)| *known == reason).unwrap();
        let texts = texts_of(self.batch.column_by_name(reason.name()).unwrap(), row);
        assert_eq!(texts_of(dictionary.values(), dictionary.key(row).unwrap()), texts);
        texts
    }
}

/// The texts of a list.
fn texts_of(array: &ArrayRef, row: usize) -> Vec<String> {
    let list = array.as_list::<i32>().value(row);
    match list.data_type() {
        DataType::Struct(_) => list
            .as_struct()
            .column(0)
            .as_string::<i32>()
            .iter()
            .map(|text| text.unwrap().to_owned())
            .collect(),
        _ => list.as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect(),
    }
}
