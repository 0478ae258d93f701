//! Reads columns of numbers, days, instants and durations as ordinals.

use crate::cell::{day, micros};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, downcast_integer};
use arrow_schema::{DataType, TimeUnit};
use placet_model::types::{Type, number_ordinal};
use std::ops::Range;

/// Returns true if columns of this type are read as ordinals of such an attribute.
pub(crate) fn are_ordinals(data_type: &DataType, kind: &Type) -> bool {
    match kind {
        Type::Int(..) | Type::Duration if data_type.is_integer() => true,
        Type::Number(..) => data_type.is_integer() || data_type.is_floating(),
        Type::Date => matches!(data_type, DataType::Date32 | DataType::Date64),
        Type::Time => matches!(data_type, DataType::Timestamp(..)),
        Type::Duration => matches!(data_type, DataType::Duration(_)),
        _ => false,
    }
}

/// Reads the ordinals of rows, and marks values without an ordinal. Null rows have arbitrary ordinals.
pub(crate) fn read(
    array: &dyn Array,
    kind: &Type,
    rows: Range<usize>,
    out: &mut Vec<i64>,
    unfit: &mut [bool],
) {
    const SECOND: i64 = 1_000_000;
    out.clear();
    macro_rules! ints {
        ($of:ty) => {
            match kind {
                Type::Number(..) => {
                    each::<$of>(array, rows, out, unfit, |value| Some(number_ordinal(value as f64)))
                }
                Type::Duration => each::<$of>(array, rows, out, unfit, |value| {
                    i64::try_from(value).ok().and_then(|value| value.checked_mul(SECOND))
                }),
                _ => each::<$of>(array, rows, out, unfit, |value| i64::try_from(value).ok()),
            }
        };
    }
    let finite = |value: f64| value.is_finite().then(|| number_ordinal(value));
    let known = downcast_integer! {
        array.data_type() => (ints),
        DataType::Float16 => each::<Float16Type>(array, rows, out, unfit, |value| finite(value.to_f64())),
        DataType::Float32 => each::<Float32Type>(array, rows, out, unfit, |value| finite(value.into())),
        DataType::Float64 => each::<Float64Type>(array, rows, out, unfit, finite),
        DataType::Date32 => each::<Date32Type>(array, rows, out, unfit, |value| Some(value.into())),
        DataType::Date64 => each::<Date64Type>(array, rows, out, unfit, day),
        DataType::Timestamp(unit, _) => {
            let micros = |value| micros(*unit, value);
            match unit {
                TimeUnit::Second => each::<TimestampSecondType>(array, rows, out, unfit, micros),
                TimeUnit::Millisecond => each::<TimestampMillisecondType>(array, rows, out, unfit, micros),
                TimeUnit::Microsecond => each::<TimestampMicrosecondType>(array, rows, out, unfit, micros),
                TimeUnit::Nanosecond => each::<TimestampNanosecondType>(array, rows, out, unfit, micros),
            }
        }
        DataType::Duration(unit) => {
            let micros = |value| micros(*unit, value);
            match unit {
                TimeUnit::Second => each::<DurationSecondType>(array, rows, out, unfit, micros),
                TimeUnit::Millisecond => each::<DurationMillisecondType>(array, rows, out, unfit, micros),
                TimeUnit::Microsecond => each::<DurationMicrosecondType>(array, rows, out, unfit, micros),
                TimeUnit::Nanosecond => each::<DurationNanosecondType>(array, rows, out, unfit, micros),
            }
        }
        _ => None,
    };
    if known.is_none() {
        unfit.fill(true);
    }
}

/// Returns the ordinals of all rows, if the array holds them as they are.
pub(crate) fn in_column<'a>(array: &'a dyn Array, kind: &Type) -> Option<&'a [i64]> {
    match (array.data_type(), kind) {
        (DataType::Int64, Type::Int(..)) => Some(array.as_primitive_opt::<Int64Type>()?.values()),
        (DataType::Timestamp(TimeUnit::Microsecond, _), Type::Time) => {
            Some(array.as_primitive_opt::<TimestampMicrosecondType>()?.values())
        }
        _ => None,
    }
}

fn each<T: ArrowPrimitiveType>(
    array: &dyn Array,
    rows: Range<usize>,
    out: &mut Vec<i64>,
    unfit: &mut [bool],
    ordinal: impl Fn(T::Native) -> Option<i64>,
) -> Option<()> {
    let values = array.as_primitive_opt::<T>()?.values().get(rows)?;
    out.extend(values.iter().zip(unfit).map(|(value, unfit)| {
        let ordinal = ordinal(*value);
        *unfit |= ordinal.is_none();
        ordinal.unwrap_or_default()
    }));
    Some(())
}
