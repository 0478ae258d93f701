//! Single values of columns, for all encodings.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, downcast_integer};
use arrow_buffer::{ArrowNativeType, i256};
use arrow_schema::{DataType, TimeUnit};
use placet::{Date, Duration, Time};
use placet_core::excerpt;

/// A value in a form that requests take.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Number(f64),
    Text(&'a str),
    Members(Members<'a>),
    Date(Date),
    Time(Time),
    Duration(Duration),
    /// A value outside every domain: finer than a day or a microsecond, or out of range.
    Unfit,
}

/// The items of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members<'a> {
    values: &'a dyn Array,
    first: usize,
    count: usize,
}

impl<'a> Members<'a> {
    /// Returns the texts in the list; `None` for items that aren't texts.
    pub(crate) fn texts(self) -> impl Iterator<Item = Option<&'a str>> {
        (self.first..self.first + self.count).map(move |at| match read(self.values, at) {
            Cell::Text(text) => Some(text),
            _ => None,
        })
    }
}

/// Returns the array and the index of a value, behind dictionaries and runs; `None` for null. Foreign data may have keys
/// without a value; the index is then beyond the array.
fn resolve(mut array: &dyn Array, mut row: usize) -> Option<(&dyn Array, usize)> {
    loop {
        if row >= array.len() {
            return Some((array, row));
        }
        let (values, place) = match array.data_type() {
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt()?;
                (dictionary.values(), key(dictionary.keys(), row)?)
            }
            DataType::RunEndEncoded(..) => run(array, row)?,
            DataType::Null => return None,
            _ => return array.is_valid(row).then_some((array, row)),
        };
        // The values may be encoded, too, such as a dictionary in runs.
        (array, row) = (values.as_ref(), place);
    }
}

/// Returns the key in a row of a dictionary.
fn key(keys: &dyn Array, row: usize) -> Option<usize> {
    macro_rules! of {
        ($of:ty) => {
            keys.as_primitive_opt::<$of>()
                .filter(|keys| keys.is_valid(row))
                .map(|keys| keys.value(row).as_usize())
        };
    }
    downcast_integer! {
        keys.data_type() => (of),
        _ => None,
    }
}

/// Returns the values of a run-end encoded array, and the index of a row in them.
fn run(array: &dyn Array, row: usize) -> Option<(&arrow_array::ArrayRef, usize)> {
    macro_rules! of {
        ($($of:ty),*) => {
            $(if let Some(runs) = array.as_run_opt::<$of>() {
                return Some((runs.values(), runs.get_physical_index(row)));
            })*
        };
    }
    of!(Int16Type, Int32Type, Int64Type);
    None
}

fn native<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> Option<T::Native> {
    array.as_primitive_opt::<T>().map(|array| array.value(row))
}

/// Returns the value in a row. A row beyond the array fits no attribute.
pub(crate) fn read(array: &dyn Array, row: usize) -> Cell<'_> {
    match resolve(array, row) {
        Some((array, row)) if row >= array.len() => Cell::Unfit,
        Some((array, row)) => value(array, row).unwrap_or(Cell::Unfit),
        None => Cell::Null,
    }
}

/// Returns the value in a row that isn't null.
fn value(array: &dyn Array, row: usize) -> Option<Cell<'_>> {
    macro_rules! int {
        ($of:ty) => {
            Cell::Int(i128::from(native::<$of>(array, row)?))
        };
    }
    Some(match array.data_type() {
        DataType::Boolean => Cell::Bool(array.as_boolean_opt()?.value(row)),
        DataType::Int8 => int!(Int8Type),
        DataType::Int16 => int!(Int16Type),
        DataType::Int32 => int!(Int32Type),
        DataType::Int64 => int!(Int64Type),
        DataType::UInt8 => int!(UInt8Type),
        DataType::UInt16 => int!(UInt16Type),
        DataType::UInt32 => int!(UInt32Type),
        DataType::UInt64 => int!(UInt64Type),
        DataType::Float16 => Cell::Number(native::<Float16Type>(array, row)?.to_f64()),
        DataType::Float32 => Cell::Number(native::<Float32Type>(array, row)?.into()),
        DataType::Float64 => Cell::Number(native::<Float64Type>(array, row)?),
        DataType::Decimal32(_, scale) => decimal(native::<Decimal32Type>(array, row)?.into(), *scale),
        DataType::Decimal64(_, scale) => decimal(native::<Decimal64Type>(array, row)?.into(), *scale),
        DataType::Decimal128(_, scale) => decimal(native::<Decimal128Type>(array, row)?, *scale),
        DataType::Decimal256(_, scale) => {
            let units = native::<Decimal256Type>(array, row)?;
            units.to_i128().map_or_else(|| wide_decimal(units, *scale), |units| decimal(units, *scale))
        }
        DataType::Utf8 => Cell::Text(array.as_string_opt::<i32>()?.value(row)),
        DataType::LargeUtf8 => Cell::Text(array.as_string_opt::<i64>()?.value(row)),
        DataType::Utf8View => Cell::Text(array.as_string_view_opt()?.value(row)),
        DataType::Date32 => Cell::Date(Date::from_days(native::<Date32Type>(array, row)?)),
        DataType::Date64 => {
            Cell::Date(Date::from_days(i32::try_from(day(native::<Date64Type>(array, row)?)?).ok()?))
        }
        DataType::Timestamp(unit, _) => {
            Cell::Time(Time::from_micros(micros(*unit, timestamp(array, *unit, row)?)?))
        }
        DataType::Duration(unit) => {
            Cell::Duration(Duration::from_micros(micros(*unit, duration(array, *unit, row)?)?))
        }
        _ => Cell::Members(members(array, row)?),
    })
}

fn timestamp(array: &dyn Array, unit: TimeUnit, row: usize) -> Option<i64> {
    match unit {
        TimeUnit::Second => native::<TimestampSecondType>(array, row),
        TimeUnit::Millisecond => native::<TimestampMillisecondType>(array, row),
        TimeUnit::Microsecond => native::<TimestampMicrosecondType>(array, row),
        TimeUnit::Nanosecond => native::<TimestampNanosecondType>(array, row),
    }
}

fn duration(array: &dyn Array, unit: TimeUnit, row: usize) -> Option<i64> {
    match unit {
        TimeUnit::Second => native::<DurationSecondType>(array, row),
        TimeUnit::Millisecond => native::<DurationMillisecondType>(array, row),
        TimeUnit::Microsecond => native::<DurationMicrosecondType>(array, row),
        TimeUnit::Nanosecond => native::<DurationNanosecondType>(array, row),
    }
}

fn members(array: &dyn Array, row: usize) -> Option<Members<'_>> {
    let (values, first, count) = match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list_opt::<i32>()?;
            (list.values(), *list.value_offsets().get(row)?, list.value_length(row)).into_usize()
        }
        DataType::LargeList(_) => {
            let list = array.as_list_opt::<i64>()?;
            (list.values(), *list.value_offsets().get(row)?, list.value_length(row)).into_usize()
        }
        DataType::FixedSizeList(..) => {
            let list = array.as_fixed_size_list_opt()?;
            (list.values(), list.value_offset(row), list.value_length()).into_usize()
        }
        DataType::ListView(_) => {
            let list = array.as_list_view_opt::<i32>()?;
            (list.values(), *list.value_offsets().get(row)?, *list.value_sizes().get(row)?).into_usize()
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view_opt::<i64>()?;
            (list.values(), *list.value_offsets().get(row)?, *list.value_sizes().get(row)?).into_usize()
        }
        _ => return None,
    };
    Some(Members { values: values.as_ref(), first, count })
}

/// Converts a range of an array with offsets of any width.
trait IntoUsize<'a> {
    fn into_usize(self) -> (&'a arrow_array::ArrayRef, usize, usize);
}

impl<'a, N: ArrowNativeType> IntoUsize<'a> for (&'a arrow_array::ArrayRef, N, N) {
    fn into_usize(self) -> (&'a arrow_array::ArrayRef, usize, usize) {
        (self.0, self.1.as_usize(), self.2.as_usize())
    }
}

/// Converts milliseconds to days; `None` if they aren't whole days.
pub(crate) fn day(millis: i64) -> Option<i64> {
    const DAY: i64 = 86_400_000;
    (millis % DAY == 0).then_some(millis / DAY)
}

/// Converts to microseconds; `None` if they aren't whole or out of range.
pub(crate) fn micros(unit: TimeUnit, count: i64) -> Option<i64> {
    match unit {
        TimeUnit::Second => count.checked_mul(1_000_000),
        TimeUnit::Millisecond => count.checked_mul(1_000),
        TimeUnit::Microsecond => Some(count),
        TimeUnit::Nanosecond => (count % 1_000 == 0).then_some(count / 1_000),
    }
}

/// Converts a decimal: without a fraction to an int, otherwise to the nearest number.
fn decimal(units: i128, scale: i8) -> Cell<'static> {
    /// `f64` holds these powers of ten and integers exactly, so that their quotient is the nearest number.
    const EXACT_TENS: i8 = 22;
    const EXACT_WHOLE: u128 = 1 << 53;
    if scale <= 0 {
        // A negative scale multiplies: 12 with a scale of -2 is 1200.
        let whole = 10_i128.checked_pow(scale.unsigned_abs().into()).and_then(|ten| units.checked_mul(ten));
        return whole.map_or_else(|| written(&units.to_string(), scale), Cell::Int);
    }
    if scale <= EXACT_TENS && units.unsigned_abs() <= EXACT_WHOLE {
        return Cell::Number(units as f64 / 10_i128.pow(scale.unsigned_abs().into()) as f64);
    }
    written(&units.to_string(), scale)
}

fn wide_decimal(units: i256, scale: i8) -> Cell<'static> {
    written(&units.to_string(), scale)
}

/// Returns the number nearest to a decimal, through its text.
fn written(units: &str, scale: i8) -> Cell<'static> {
    format!("{units}e{}", -i16::from(scale)).parse().map_or(Cell::Unfit, Cell::Number)
}

/// Formats the value of a cell for a message.
pub(crate) fn shown(array: &dyn Array, row: usize) -> String {
    excerpt(match read(array, row) {
        Cell::Null => "null".to_owned(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Number(value) => value.to_string(),
        Cell::Text(text) => format!("{text:?}"),
        Cell::Members(members) => {
            let texts = members
                .texts()
                .map(|text| text.map_or_else(|| "null".to_owned(), |text| format!("{text:?}")));
            format!("[{}]", texts.collect::<Vec<_>>().join(", "))
        }
        Cell::Date(date) => date.to_string(),
        Cell::Time(time) => time.to_string(),
        Cell::Duration(duration) => duration.to_string(),
        Cell::Unfit => unfit(array, row),
    })
}

/// Formats a value outside every domain, in the column's own unit.
fn unfit(array: &dyn Array, row: usize) -> String {
    let Some((array, row)) = resolve(array, row) else { return "null".to_owned() };
    if row >= array.len() {
        return "a key without a value".to_owned();
    }
    let counted = |count: Option<i64>, unit: TimeUnit| {
        let unit = match unit {
            TimeUnit::Second => "seconds",
            TimeUnit::Millisecond => "milliseconds",
            TimeUnit::Microsecond => "microseconds",
            TimeUnit::Nanosecond => "nanoseconds",
        };
        count.map_or_else(|| "a value".to_owned(), |count| format!("{count} {unit}"))
    };
    match array.data_type() {
        DataType::Date64 => counted(native::<Date64Type>(array, row), TimeUnit::Millisecond),
        DataType::Timestamp(unit, _) => counted(timestamp(array, *unit, row), *unit),
        DataType::Duration(unit) => counted(duration(array, *unit, row), *unit),
        other => format!("a value of {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Int32Array, StringArray};

    #[test]
    fn what_is_beyond_an_array_is_unfit_and_not_null() {
        let arrays: [&dyn Array; 3] =
            [&Int32Array::from(vec![1]), &Int32Array::from(vec![None]), &StringArray::from(vec!["a"])];
        for array in arrays {
            for row in [1, usize::MAX] {
                assert!(matches!(read(array, row), Cell::Unfit));
                assert_eq!(unfit(array, row), "a key without a value");
            }
        }
        assert!(matches!(read(&Int32Array::from(vec![None]), 0), Cell::Null));
    }
}
