//! Columns of lists in which a few lists come again and again.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int32Array, ListArray, StringArray, UInt32Array};
use arrow_buffer::{ArrowNativeType, OffsetBuffer};
use arrow_schema::{ArrowError, FieldRef};
use arrow_select::take::take;
use std::ops::Range;
use std::sync::Arc;

/// Returns a column whose rows are some of these lists, by index.
///
/// # Errors
/// If the lists have too many items, or too many bytes, together for offsets of 32 bits.
pub(crate) fn repeat(
    item: FieldRef,
    lists: &ListArray,
    indices: &Int32Array,
) -> Result<ListArray, ArrowError> {
    let (numbers, nulls) = (indices.values(), indices.nulls().cloned());
    let items: Vec<Range<usize>> = ranges(lists.value_offsets()).collect();
    let count = |number: &i32| items.get(number.as_usize()).map_or(0, Range::len);
    let ends = offsets(numbers.iter().map(count))?;
    let values: ArrayRef = match lists.values().as_string_opt::<i32>() {
        Some(texts) => {
            let texts_of =
                |items: &Range<usize>| texts.value_offsets().get(items.start..=items.end).unwrap_or_default();
            let lengths: Vec<Vec<usize>> = items
                .iter()
                .map(|items| ranges(texts_of(items)).map(|bytes| bytes.len()).collect())
                .collect();
            let bytes_of = |items: &Range<usize>| {
                let [first, last] = [items.start, items.end].map(|item| texts.value_offsets().get(item));
                let bytes = first.zip(last).map(|(first, last)| first.as_usize()..last.as_usize());
                bytes.and_then(|bytes| texts.value_data().get(bytes)).unwrap_or_default()
            };
            let bytes: Vec<&[u8]> = items.iter().map(bytes_of).collect();
            let lengths = gather::<_, 4>(&lengths, numbers);
            let ends = offsets(lengths.iter().copied())?;
            Arc::new(StringArray::try_new(ends, gather::<_, 32>(&bytes, numbers).into(), None)?)
        }
        None => {
            let items: Vec<Vec<u32>> =
                items.iter().cloned().map(|items| items.map(|item| item as u32).collect()).collect();
            take(lists.values(), &UInt32Array::from(gather::<_, 4>(&items, numbers)), None)?
        }
    };
    ListArray::try_new(item, ends, values, nulls)
}

/// Returns the ranges between offsets.
fn ranges(offsets: &[i32]) -> impl Iterator<Item = Range<usize>> {
    let ends = offsets.get(1..).unwrap_or_default();
    // INVARIANT: the offsets of an array aren't negative.
    offsets.iter().zip(ends).map(|(start, end)| start.as_usize()..end.as_usize())
}

/// Returns the offsets of parts of these lengths.
fn offsets(lengths: impl Iterator<Item = usize> + Clone) -> Result<OffsetBuffer<i32>, ArrowError> {
    let all: usize = lengths.clone().sum();
    match i32::try_from(all) {
        Ok(_) => Ok(OffsetBuffer::from_lengths(lengths)),
        Err(_) => Err(ArrowError::OffsetOverflowError(all)),
    }
}

/// Copies pieces one after the other, by number. A piece of at most `N` values is copied without a branch on its length.
fn gather<T: Copy + Default, const N: usize>(pieces: &[impl AsRef<[T]>], numbers: &[i32]) -> Vec<T> {
    let head = |piece: &[T]| std::array::from_fn(|at| piece.get(at).copied().unwrap_or_default());
    let pieces: Vec<([T; N], &[T])> =
        pieces.iter().map(AsRef::as_ref).map(|piece| (head(piece), piece)).collect();
    let piece = |number: &i32| pieces.get(number.as_usize());
    let all: usize = numbers.iter().filter_map(piece).map(|(_, piece)| piece.len()).sum();
    if all == 0 {
        return Vec::new();
    }
    let mut out = vec![T::default(); all + N];
    let mut end = 0;
    for (head, piece) in numbers.iter().filter_map(piece) {
        let rest = out.get_mut(end..).unwrap_or_default();
        if piece.len() <= N {
            if let Some(place) = rest.first_chunk_mut() {
                *place = *head;
            }
        } else if let Some(place) = rest.get_mut(..piece.len()) {
            place.copy_from_slice(piece);
        }
        end += piece.len();
    }
    out.truncate(all);
    out
}

#[cfg(test)]
mod tests {
    use super::repeat;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Array, Int32Array, Int64Array, ListArray, StringArray};
    use arrow_buffer::{NullBuffer, OffsetBuffer};
    use arrow_schema::{DataType, Field};
    use std::sync::Arc;

    #[test]
    fn repeat_copies_lists_of_any_length() {
        let texts: Vec<String> = (0..20).map(|length| "abcdefghijklmnopqrst"[..length].to_owned()).collect();
        let lengths = [0, 1, 4, 5, 0, 10];
        let numbers = [5, 0, 1, 3, 4, 2, 2, 5, 0];
        let valid: Vec<bool> = (0..numbers.len()).map(|row| row != 1).collect();
        let indices = Int32Array::new(numbers.to_vec().into(), Some(NullBuffer::from(valid.clone())));
        let check = |data_type: DataType, values: Arc<dyn Array>| {
            let item = Arc::new(Field::new("item", data_type, false));
            let lists = ListArray::new(item.clone(), OffsetBuffer::from_lengths(lengths), values, None);
            let column = repeat(item, &lists, &indices).unwrap();
            assert_eq!(column.len(), numbers.len());
            for ((row, number), valid) in numbers.iter().enumerate().zip(&valid) {
                assert_eq!(column.is_valid(row), *valid);
                assert_eq!(&column.value(row), &lists.value(*number as usize));
            }
            column
        };
        let column = check(DataType::Utf8, Arc::new(StringArray::from(texts)));
        assert_eq!(column.values().as_string::<i32>().len(), 10 + 1 + 5 + 4 + 4 + 10);
        let column = check(DataType::Int64, Arc::new(Int64Array::from_iter_values(0..20)));
        assert_eq!(column.value(2).as_primitive::<Int64Type>().values(), &[0]);
    }
}
