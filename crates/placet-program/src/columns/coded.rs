//! Columns whose rows give a key instead of a class: indices of dictionaries, bytes, truth values.

use crate::columns::UNKNOWN_BYTE;
use crate::columns::bits::{AHEAD, Bits, LINE, NONE, ROWS};

/// A class for each row, by the key of its value.
///
/// ```
/// use placet_program::columns::{Classes, Coded, Keys};
///
/// let mut classes = [0; 256];
/// classes[7] = 1;
/// let column = Classes::Coded(Coded { keys: Keys::Bytes(&[7, 3]), classes: &classes, nulls: None });
/// assert_eq!(column.get(0), Some(1));
/// assert_eq!(column.get(1), Some(0));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Coded<'a> {
    /// The key of each row.
    pub keys: Keys<'a>,
    /// The class of each key, or [`UNKNOWN_BYTE`].
    pub classes: &'a [u8; 256],
    /// The rows that have a value, and the class of the rows that have none, whatever their keys.
    pub nulls: Option<(Bitmap<'a>, u8)>,
}

/// The keys of rows.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// A byte for each row.
    Bytes(&'a [u8]),
    /// A bit for each row: the key is 0 or 1.
    Bits(Bitmap<'a>),
}

/// A bit for each row, least significant bit of a byte first, starting at any bit of the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bitmap<'a> {
    bytes: &'a [u8],
    first: usize,
    rows: usize,
}

impl Coded<'_> {
    /// Returns the number of rows.
    pub(super) fn rows(&self) -> usize {
        let keys = match self.keys {
            Keys::Bytes(keys) => keys.len(),
            Keys::Bits(bits) => bits.rows,
        };
        self.nulls.map_or(keys, |(valid, _)| keys.min(valid.rows))
    }

    /// Returns the class of a row, or `None` if it is unknown.
    pub(super) fn get(&self, row: usize) -> Option<u8> {
        let key = match self.keys {
            Keys::Bytes(keys) => *keys.get(row)?,
            Keys::Bits(bits) => bits.get(row)?.into(),
        };
        let class = match self.nulls {
            Some((valid, null)) if !valid.get(row)? => null,
            _ => *self.classes.get(usize::from(key))?,
        };
        (class != UNKNOWN_BYTE).then_some(class)
    }
}

impl<'a> Bitmap<'a> {
    /// A bitmap of `rows` rows that starts at bit `first`, or of fewer rows if the bytes end before.
    pub fn new(bytes: &'a [u8], first: usize, rows: usize) -> Self {
        let rows = rows.min(bytes.len().saturating_mul(8).saturating_sub(first));
        Self { bytes, first, rows }
    }

    /// Returns the number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the bits of 64 rows from `first` on. Bits behind the last row are meaningless.
    #[inline]
    pub(super) fn word(&self, first: usize) -> u64 {
        let at = self.first + first;
        let mut buffer = [0; 16];
        let bytes = self.bytes.get(at / 8..).unwrap_or_default();
        buffer.iter_mut().zip(bytes).take(9).for_each(|(buffer, byte)| *buffer = *byte);
        (u128::from_le_bytes(buffer) >> (at % 8)) as u64
    }

    /// Returns the bit of a row.
    pub(super) fn get(&self, row: usize) -> Option<bool> {
        let at = self.first + row;
        let byte = self.bytes.get(at / 8).filter(|_| row < self.rows)?;
        Some(byte >> (at % 8) & 1 == 1)
    }

    /// Returns the addresses to prefetch while the block at row `first` is read. They may lie beyond the bytes.
    #[inline(always)]
    pub(super) fn ahead(&self, first: usize) -> impl Iterator<Item = *const u8> {
        let begin = self.bytes.as_ptr().wrapping_add((self.first + first) / 8 + AHEAD);
        (0..ROWS / 8).step_by(LINE).map(move |line| begin.wrapping_add(line))
    }

    /// Returns the bits of a block that starts at row `first`. Bits behind the last row are meaningless.
    #[inline(always)]
    pub(super) fn block(&self, first: usize) -> Bits {
        let at = self.first + first;
        let shift = at % 8;
        let mut buffer = [0; ROWS / 8 + 1];
        for (buffer, byte) in buffer.iter_mut().zip(self.bytes.get(at / 8..).unwrap_or_default()) {
            *buffer = *byte;
        }
        let (low, _) = buffer.as_chunks::<8>();
        let (high, _) = buffer.get(1..).unwrap_or_default().as_chunks::<8>();
        let mut out = NONE;
        for (out, (low, high)) in out.iter_mut().zip(low.iter().zip(high)) {
            // The second load starts one byte later. Its top byte holds the bits that the shift of the first one makes
            // room for. It is shifted in two steps, because a shift by 64 would overflow.
            *out = u64::from_le_bytes(*low) >> shift | u64::from_le_bytes(*high) >> 56 << 1 << (63 - shift);
        }
        out
    }
}
