//! Columns of lists in which a few lists come again and again.

use arrow_array::{ListArray, UInt32Array};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, FieldRef};
use arrow_select::take::take;

/// Returns a column whose rows are some of these lists, by number.
///
/// # Errors
/// If the lists have too many items together for offsets of 32 bits.
pub(crate) fn repeat(
    item: FieldRef,
    lists: &ListArray,
    numbers: &[u32],
    nulls: Option<NullBuffer>,
) -> Result<ListArray, ArrowError> {
    let offsets = lists.value_offsets();
    // INVARIANT: the offsets of an array aren't negative, and grow.
    let starts = offsets.iter().zip(offsets.get(1..).unwrap_or_default());
    let ranges: Vec<(u32, u32)> =
        starts.map(|(start, end)| (start.cast_unsigned(), end.cast_unsigned())).collect();
    let range = |number: &u32| ranges.get(*number as usize).copied().unwrap_or_default();
    let mut end = 0_usize;
    let mut ends = Vec::with_capacity(numbers.len() + 1);
    ends.push(0);
    for (start, next) in numbers.iter().map(range) {
        end += (next - start) as usize;
        // Too large an offset is an error below.
        ends.push(end as i32);
    }
    if i32::try_from(end).is_err() {
        return Err(ArrowError::OffsetOverflowError(end));
    }
    let mut items = Vec::with_capacity(end);
    numbers.iter().map(range).for_each(|(start, next)| items.extend(start..next));
    let values = take(lists.values(), &UInt32Array::from(items), None)?;
    ListArray::try_new(item, OffsetBuffer::new(ends.into()), values, nulls)
}
