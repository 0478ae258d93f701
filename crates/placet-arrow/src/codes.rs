//! Values that bytes number: keys of dictionaries, numbers of a byte, truth values.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, UInt8Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_schema::DataType;
use std::ops::Range;

/// Reads the numbers of the values of rows, if they are bytes; nulls have any number.
///
/// Cost: a small part of a nanosecond a row.
pub(crate) fn read(array: &ArrayRef, rows: Range<usize>, out: &mut Vec<u8>) -> bool {
    out.clear();
    match array.data_type() {
        DataType::Boolean => array.as_boolean_opt().is_some_and(|values| truths(values, rows, out)),
        DataType::Dictionary(..) => {
            array.as_any_dictionary_opt().is_some_and(|dictionary| bytes(dictionary.keys(), rows, out))
        }
        _ => bytes(array.as_ref(), rows, out),
    }
}

fn bytes(array: &dyn Array, rows: Range<usize>, out: &mut Vec<u8>) -> bool {
    if let Some(values) = array.as_primitive_opt::<UInt8Type>() {
        values.values().get(rows).map(|values| out.extend_from_slice(values)).is_some()
    } else if let Some(values) = array.as_primitive_opt::<Int8Type>() {
        let values = values.values().get(rows);
        values.map(|values| out.extend(values.iter().map(|value| value.cast_unsigned()))).is_some()
    } else {
        false
    }
}

/// A byte for each bit, eight at a time.
fn truths(values: &BooleanArray, rows: Range<usize>, out: &mut Vec<u8>) -> bool {
    if rows.start > rows.end || rows.end > values.len() {
        return false;
    }
    let count = rows.len();
    let bits = values.values().slice(rows.start, count);
    for word in bits.bit_chunks().iter_padded() {
        for byte in word.to_le_bytes() {
            out.extend_from_slice(&spread(byte).to_le_bytes());
        }
    }
    out.truncate(count);
    out.len() == count
}

/// The bits of a byte as bytes, the lowest first.
fn spread(bits: u8) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Each byte keeps its own bit; what is not zero then carries into the top one.
    let own = (u64::from(bits) * EACH) & 0x8040_2010_0804_0201;
    ((own + 0x7f * EACH) >> 7) & EACH
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{DictionaryArray, Int8Array, Int16Array, StringArray, UInt8Array};
    use std::sync::Arc;

    fn codes(array: impl Array + 'static, rows: Range<usize>) -> Option<Vec<u8>> {
        let (array, mut out): (ArrayRef, _) = (Arc::new(array), vec![7]);
        read(&array, rows, &mut out).then_some(out)
    }

    #[test]
    fn truths_are_bytes_wherever_they_begin() {
        let truths: Vec<bool> = (0..300_u32).map(|at| (at * at) % 7 < 3).collect();
        let array = BooleanArray::from(truths.clone());
        for (first, end) in [(0, 300), (0, 0), (1, 2), (7, 71), (63, 300), (299, 300)] {
            let expected: Vec<u8> = truths[first..end].iter().map(|truth| u8::from(*truth)).collect();
            assert_eq!(codes(array.clone(), first..end), Some(expected.clone()));
            assert_eq!(codes(array.slice(first, end - first), 0..end - first), Some(expected));
        }
        assert_eq!(codes(array, 299..301), None);
    }

    #[test]
    fn bytes_and_keys_of_a_byte_are_codes_and_nothing_else_is() {
        assert_eq!(codes(UInt8Array::from(vec![3, 200, 5]), 1..3), Some(vec![200, 5]));
        assert_eq!(codes(Int8Array::from(vec![3, -1]), 0..2), Some(vec![3, 255]));
        let words = || Arc::new(StringArray::from(vec!["a", "b"]));
        let keys = DictionaryArray::new(UInt8Array::from(vec![1, 0, 1]), words());
        assert_eq!(codes(keys, 0..3), Some(vec![1, 0, 1]));
        assert_eq!(codes(DictionaryArray::new(Int16Array::from(vec![1, 0]), words()), 0..2), None);
        assert_eq!(codes(StringArray::from(vec!["a"]), 0..1), None);
    }
}
