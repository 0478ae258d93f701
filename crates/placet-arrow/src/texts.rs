//! Finds the texts of columns among the texts of a policy, without copying them.
//!
//! One or two texts are compared one after the other with each chunk of rows, by *views* as Arrow defines them: a view
//! holds the length of a text and its first bytes, so that one comparison of numbers without a branch tells most texts
//! apart. More texts are found in a hash table.

use arrow_array::cast::AsArray;
use arrow_array::{Array, GenericStringArray, OffsetSizeTrait, StringViewArray};
use placet_core::{NameTable, ShortText};
use std::ops::{Range, RangeInclusive};

/// The rows whose views are compared with one text after the other.
const CHUNK: usize = 64;

/// The bytes of a text in its view, if the text isn't longer.
const INLINE: usize = 12;

/// An array of texts.
pub(crate) trait Texts {
    /// Looks up the text of a row in a table. Null rows give arbitrary results.
    fn find<T: Copy + Default>(&self, table: &NameTable<T>, row: usize) -> Option<T>;

    /// Returns false if no row has one of some constants, whose lengths lie in a range. Null rows count like others.
    fn may_have(&self, rows: Range<usize>, constants: &[Constant], lengths: &RangeInclusive<u32>) -> bool;

    /// Returns the views of at most [`CHUNK`] rows: the length of each text in the low 32 bits, and its first bytes above.
    /// The bytes behind a short text, and those behind the first four of a long one, are arbitrary. Null rows have
    /// arbitrary views.
    fn views<'v>(&'v self, rows: Range<usize>, buffer: &'v mut [u128; CHUNK]) -> &'v [u128];

    /// Calls `found` for each of the rows, counted from the first, whose text is a constant that is longer than [`INLINE`].
    /// Null rows give arbitrary results.
    fn find_long(&self, rows: Range<usize>, constant: &Constant, bytes: &[u8], found: impl FnMut(usize));
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

    #[inline(always)]
    fn may_have(&self, rows: Range<usize>, _: &[Constant], lengths: &RangeInclusive<u32>) -> bool {
        let offsets = self.value_offsets().get(rows.start..=rows.end).unwrap_or_default();
        let ends = offsets.get(1..).unwrap_or_default().iter().zip(offsets);
        let (shortest, span) = (*lengths.start(), lengths.end() - lengths.start());
        // One comparison checks both ends: a shorter length wraps around to a distance beyond the span.
        ends.fold(false, |any, (end, first)| any | (length(*first, *end).wrapping_sub(shortest) <= span))
    }

    #[inline(always)]
    fn views<'v>(&'v self, rows: Range<usize>, buffer: &'v mut [u128; CHUNK]) -> &'v [u128] {
        let offsets = self.value_offsets().get(rows.start..=rows.end).unwrap_or_default();
        let data = self.value_data();
        let ends = offsets.get(1..).unwrap_or_default();
        for (view, (first, end)) in buffer.iter_mut().zip(offsets.iter().zip(ends)) {
            let bytes = match data.get(first.as_usize()..).and_then(|bytes| bytes.first_chunk::<16>()) {
                Some(bytes) => u128::from_le_bytes(*bytes),
                None => padded(data.get(first.as_usize()..).unwrap_or_default()),
            };
            *view = bytes << 32 | u128::from(length(*first, *end));
        }
        buffer.get(..rows.len()).unwrap_or_default()
    }

    #[inline(always)]
    fn find_long(&self, rows: Range<usize>, _: &Constant, bytes: &[u8], mut found: impl FnMut(usize)) {
        let offsets = self.value_offsets().get(rows.start..=rows.end).unwrap_or_default();
        let ends = offsets.get(1..).unwrap_or_default();
        for (row, (first, end)) in offsets.iter().zip(ends).enumerate() {
            let (first, end) = (first.as_usize(), end.as_usize());
            if end - first == bytes.len()
                && self.value_data().get(first..end).is_some_and(|text| are_equal(text, bytes))
            {
                found(row);
            }
        }
    }
}

/// Returns the length of the text between two offsets.
#[inline(always)]
fn length<O: OffsetSizeTrait>(first: O, end: O) -> u32 {
    let length = (end - first).as_usize();
    // Offsets of 32 bits stay 32 bits wide in vectors. No text of a policy has the longest length.
    if size_of::<O>() == size_of::<u32>() { length as u32 } else { u32::try_from(length).unwrap_or(u32::MAX) }
}

/// Returns the first 16 bytes as a number; zeros stand for those that lack.
#[cold]
fn padded(bytes: &[u8]) -> u128 {
    let mut padded = [0; 16];
    padded.iter_mut().zip(bytes).for_each(|(padded, byte)| *padded = *byte);
    u128::from_le_bytes(padded)
}

impl Texts for StringViewArray {
    #[inline(always)]
    fn find<T: Copy + Default>(&self, table: &NameTable<T>, row: usize) -> Option<T> {
        let view = *self.views().get(row)?;
        let length = view as u32 as usize;
        match ShortText::within(view >> 32, length).filter(|_| length <= INLINE) {
            Some(short) => table.get_short(short),
            None => table.get(self.value(row)),
        }
    }

    #[inline(always)]
    fn may_have(&self, rows: Range<usize>, constants: &[Constant], _: &RangeInclusive<u32>) -> bool {
        // The length and the first four bytes: half a view is compared in half the time.
        let views = StringViewArray::views(self).get(rows).unwrap_or_default();
        constants.iter().any(|Constant { view: wanted, mask, .. }| {
            let (wanted, mask) = (*wanted as u64, *mask as u64);
            views.iter().fold(false, |any, view| any | (*view as u64 & mask == wanted))
        })
    }

    #[inline(always)]
    fn views<'v>(&'v self, rows: Range<usize>, _: &'v mut [u128; CHUNK]) -> &'v [u128] {
        StringViewArray::views(self).get(rows).unwrap_or_default()
    }

    #[inline(always)]
    fn find_long(&self, rows: Range<usize>, constant: &Constant, bytes: &[u8], mut found: impl FnMut(usize)) {
        for (row, view) in StringViewArray::views(self).get(rows).unwrap_or_default().iter().enumerate() {
            if !constant.is_alike(view) {
                continue;
            }
            let (buffer, first) = ((view >> 64) as u32 as usize, (view >> 96) as usize);
            let text = self.data_buffers().get(buffer).and_then(|data| data.get(first..first + bytes.len()));
            if text.is_some_and(|text| are_equal(text, bytes)) {
                found(row);
            }
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

/// The numbers of texts, in their order from 0 on.
#[derive(Debug)]
pub(crate) enum TextNumbers {
    Few(Vec<Constant>),
    Many(NameTable<Option<u32>>),
}

/// A text to compare with.
#[derive(Debug)]
pub(crate) struct Constant {
    /// Its view: the length, and the first bytes that a view always has.
    view: u128,
    /// The bits of a view that belong to the length and to these bytes.
    mask: u128,
    /// The whole text, if the view doesn't hold it.
    long: Option<Box<[u8]>>,
}

impl Constant {
    fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        // A view of a long text has its first four bytes.
        let held = if bytes.len() > INLINE { 4 } else { bytes.len() };
        let mask = u128::MAX >> (8 * (INLINE - held));
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let view = (padded(bytes) << 32 | u128::from(length)) & mask;
        Self { view, mask, long: (bytes.len() > INLINE).then(|| bytes.into()) }
    }

    /// Returns true if a view has the length and the first bytes of the text: all that a view holds.
    #[inline(always)]
    fn is_alike(&self, view: &u128) -> bool {
        view & self.mask == self.view
    }
}

impl TextNumbers {
    /// The maximum number of texts that are compared one after the other. A look-up costs two to three comparisons.
    const MAX_COMPARED: usize = 2;

    /// Creates the numbers of texts, which must differ.
    pub(crate) fn new(texts: &[&str]) -> Self {
        if texts.len() <= Self::MAX_COMPARED {
            return TextNumbers::Few(texts.iter().map(|text| Constant::new(text)).collect());
        }
        let mut table = NameTable::default();
        for (number, text) in (0..).zip(texts) {
            *table.entry(text) = Some(number);
        }
        table.pack();
        TextNumbers::Many(table)
    }

    /// Writes the numbers of the texts of rows; `other` for other texts. Null rows get arbitrary numbers.
    pub(crate) fn find<T: Copy>(
        &self,
        array: &dyn Array,
        rows: Range<usize>,
        number: impl Fn(u32) -> T,
        other: T,
        out: &mut [T],
    ) {
        with_texts!(array, texts => match self {
            TextNumbers::Few(constants) => compare(texts, constants, rows, number, other, out),
            TextNumbers::Many(table) => {
                for (out, row) in out.iter_mut().zip(rows) {
                    *out = texts.find(table, row).flatten().map_or(other, &number);
                }
            }
        });
    }
}

/// Writes the numbers of the texts of rows among a few.
fn compare<T: Copy>(
    texts: &impl Texts,
    constants: &[Constant],
    rows: Range<usize>,
    number: impl Fn(u32) -> T,
    other: T,
    out: &mut [T],
) {
    let lengths = constants.iter().map(|constant| constant.view as u32);
    let (Some(shortest), Some(longest)) = (lengths.clone().min(), lengths.max()) else {
        return out.fill(other);
    };
    let lengths = shortest..=longest;
    let any_short = constants.iter().any(|constant| constant.long.is_none());
    // By the index of the constant; the last stands for none.
    let mut numbers = [other; TextNumbers::MAX_COMPARED + 1];
    numbers.iter_mut().zip(0..).take(constants.len()).for_each(|(slot, at)| *slot = number(at));
    let mut buffer = [0; CHUNK];
    for (out, first) in out.chunks_mut(CHUNK).zip(rows.step_by(CHUNK)) {
        let rows = first..first + out.len();
        if !texts.may_have(rows.clone(), constants, &lengths) {
            out.fill(other);
            continue;
        }
        let views = if any_short { texts.views(rows.clone(), &mut buffer) } else { &[] };
        // One bit for each constant. The constants differ, so at most one is equal.
        let mut found = [1_u32 << TextNumbers::MAX_COMPARED; CHUNK];
        for (index, constant) in (0_u32..).zip(constants) {
            match &constant.long {
                None => {
                    for (found, view) in found.iter_mut().zip(views) {
                        // A product with the index would compile to a branch, which is mispredicted often.
                        *found |= u32::from(constant.is_alike(view)) << index;
                    }
                }
                Some(bytes) => texts.find_long(rows.clone(), constant, bytes, |row| {
                    if let Some(found) = found.get_mut(row) {
                        *found |= 1 << index;
                    }
                }),
            }
        }
        for (out, found) in out.iter_mut().zip(found) {
            *out = numbers.get(found.trailing_zeros() as usize).copied().unwrap_or(other);
        }
    }
}

/// Returns true if two texts of the same length have the same bytes.
#[inline(always)]
fn are_equal(one: &[u8], other: &[u8]) -> bool {
    // Long texts that begin alike, like keys and addresses, mostly differ at the end.
    one.last_chunk::<8>() == other.last_chunk() && one == other
}
