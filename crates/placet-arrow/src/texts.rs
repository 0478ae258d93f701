//! Looks up texts of columns in tables of names, without copying them.

use arrow_array::{GenericStringArray, OffsetSizeTrait, StringViewArray};
use placet_core::{NameTable, ShortText};

/// An array of texts.
pub(crate) trait Texts {
    /// Looks up the text of a row in a table. Null rows give arbitrary results.
    fn find<T: Copy + Default>(&self, table: &NameTable<T>, row: usize) -> Option<T>;
}

impl<O: OffsetSizeTrait> Texts for GenericStringArray<O> {
    #[inline(always)]
    fn find<T: Copy + Default>(&self, table: &NameTable<T>, row: usize) -> Option<T> {
        let [first, end] = *self.value_offsets().get(row..)?.first_chunk()?;
        let (first, length) = (first.as_usize(), (end - first).as_usize());
        // With the bytes behind it, a short text is read without a branch on its length.
        let bytes = self.value_data().get(first..).and_then(|bytes| bytes.first_chunk());
        match bytes.and_then(|bytes| ShortText::within(u128::from_le_bytes(*bytes), length)) {
            Some(short) => table.get_short(short),
            None => table.get(self.value(row)),
        }
    }
}

impl Texts for StringViewArray {
    #[inline(always)]
    fn find<T: Copy + Default>(&self, table: &NameTable<T>, row: usize) -> Option<T> {
        /// The bytes that a view holds inline, behind its length.
        const IN_VIEW: usize = 12;
        let view = *self.views().get(row)?;
        let length = view as u32 as usize;
        match ShortText::within(view >> 32, length).filter(|_| length <= IN_VIEW) {
            Some(short) => table.get_short(short),
            None => table.get(self.value(row)),
        }
    }
}

/// Evaluates an expression with an array of texts of any type; `None` for other arrays.
macro_rules! with_texts {
    ($array:expr, $texts:ident => $work:expr) => {{
        let array = $array;
        if let Some($texts) = array.as_string_opt::<i32>() {
            Some($work)
        } else if let Some($texts) = array.as_string_opt::<i64>() {
            Some($work)
        } else if let Some($texts) = array.as_string_view_opt() {
            Some($work)
        } else {
            None
        }
    }};
}
pub(crate) use with_texts;
