//! Values with byte-sized numbers: keys of dictionaries, bytes, truth values, names.

use crate::value_classes::NO_KEY;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, UInt8Type};
use arrow_array::{Array, ArrayRef, downcast_integer};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer};
use placet_program::columns::{Bitmap, Keys};
use std::ops::Range;

/// The storage of the keys of a column's rows.
#[derive(Debug)]
pub(crate) enum ClassKeys<'b> {
    /// Bytes of the column itself.
    Bytes(&'b [u8]),
    /// Bits of the column itself.
    Bits(&'b BooleanBuffer),
    /// Computed for each block.
    Made,
}

impl<'b> ClassKeys<'b> {
    /// Returns the storage in the column itself, if it has bytes or bits.
    pub(crate) fn in_column(array: &'b ArrayRef) -> Option<Self> {
        if let Some(truths) = array.as_boolean_opt() {
            return Some(ClassKeys::Bits(truths.values()));
        }
        let keys = array.as_any_dictionary_opt().map_or(array.as_ref(), |dictionary| dictionary.keys());
        let unsigned = keys.as_primitive_opt::<UInt8Type>().map(|keys| keys.values().inner());
        let signed = || keys.as_primitive_opt::<Int8Type>().map(|keys| keys.values().inner());
        unsigned.or_else(signed).map(|bytes| ClassKeys::Bytes(bytes.as_slice()))
    }

    /// Returns the keys of rows. `made` holds the computed ones.
    pub(crate) fn keys<'r>(&self, rows: Range<usize>, made: &'r [u8]) -> Keys<'r>
    where
        'b: 'r,
    {
        match self {
            ClassKeys::Bytes(bytes) => Keys::Bytes(bytes.get(rows).unwrap_or_default()),
            ClassKeys::Bits(bits) => Keys::Bits(bitmap(bits, rows)),
            ClassKeys::Made => Keys::Bytes(made),
        }
    }
}

/// Returns the bits of rows.
fn bitmap(bits: &BooleanBuffer, rows: Range<usize>) -> Bitmap<'_> {
    Bitmap::new(bits.values(), bits.offset() + rows.start, rows.len())
}

/// Returns the bitmap of rows that aren't null.
pub(crate) fn valid(nulls: &NullBuffer, rows: Range<usize>) -> Bitmap<'_> {
    bitmap(nulls.inner(), rows)
}

/// Converts the keys of a dictionary's rows to bytes; keys out of range to [`NO_KEY`].
pub(crate) fn narrow(keys: &dyn Array, rows: Range<usize>, out: &mut Vec<u8>) {
    out.clear();
    macro_rules! of {
        ($of:ty) => {
            if let Some(keys) = keys.as_primitive_opt::<$of>().and_then(|keys| keys.values().get(rows)) {
                // Keys of 8 bits are read in place (`in_column`), so `none` fits every type that comes here. Negative
                // keys are out of range.
                let none = <$of as arrow_array::ArrowPrimitiveType>::Native::usize_as(NO_KEY.into());
                out.extend(keys.iter().map(|key| if (0..none).contains(key) { *key as u8 } else { NO_KEY }));
            }
        };
    }
    downcast_integer! {
        keys.data_type() => (of),
        _ => {}
    }
}
