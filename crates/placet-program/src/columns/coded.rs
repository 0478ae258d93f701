//! Rows that give a variable's class by the number of a value: keys of dictionaries, bytes, truth values.

use crate::columns::UNKNOWN_BYTE;
use crate::columns::bits::{AHEAD, Bits, LINE, NONE, ROWS};

/// A class for each row, by the key of its value.
#[derive(Debug, Clone, Copy)]
pub struct Coded<'a> {
    /// The key of each row.
    pub keys: Keys<'a>,
    /// The class of each key, or [`UNKNOWN_BYTE`].
    pub classes: &'a [u8; 256],
    /// Which rows have a value, and the class of those that have none, whatever their keys are.
    pub nulls: Option<(Bitmap<'a>, u8)>,
}

/// Numbers of values.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// A byte for each row.
    Bytes(&'a [u8]),
    /// A bit for each row: the key is 0 or 1.
    Bits(Bitmap<'a>),
}

/// A bit for each row, the lowest of a byte first, wherever in the bytes they begin.
#[derive(Debug, Clone, Copy)]
pub struct Bitmap<'a> {
    bytes: &'a [u8],
    first: usize,
    rows: usize,
}

impl Coded<'_> {
    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        let keys = match self.keys {
            Keys::Bytes(keys) => keys.len(),
            Keys::Bits(bits) => bits.rows,
        };
        self.nulls.map_or(keys, |(valid, _)| keys.min(valid.rows))
    }

    /// The class of a row; `None` where it is not known.
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
    /// The bits of so many rows from the bit `first` on, or as many as there are.
    pub fn new(bytes: &'a [u8], first: usize, rows: usize) -> Self {
        let rows = rows.min(bytes.len().saturating_mul(8).saturating_sub(first));
        Self { bytes, first, rows }
    }

    /// The bit of a row.
    fn get(&self, row: usize) -> Option<bool> {
        let at = self.first + row;
        let byte = self.bytes.get(at / 8).filter(|_| row < self.rows)?;
        Some(byte >> (at % 8) & 1 == 1)
    }

    /// Where the bits are that will soon be read, when a block is that begins at the row `first`: perhaps beyond them.
    #[inline(always)]
    pub(super) fn ahead(&self, first: usize) -> impl Iterator<Item = *const u8> {
        let begin = self.bytes.as_ptr().wrapping_add((self.first + first) / 8 + AHEAD);
        (0..ROWS / 8).step_by(LINE).map(move |line| begin.wrapping_add(line))
    }

    /// The bits of a block's rows, from the row `first` on; behind the last one they mean nothing.
    #[inline(always)]
    pub(super) fn block(&self, first: usize) -> Bits {
        let at = self.first + first;
        let shift = at % 8;
        let mut room = [0; ROWS / 8 + 1];
        for (room, byte) in room.iter_mut().zip(self.bytes.get(at / 8..).unwrap_or_default()) {
            *room = *byte;
        }
        let (low, _) = room.as_chunks::<8>();
        let (high, _) = room.get(1..).unwrap_or_default().as_chunks::<8>();
        let mut out = NONE;
        for (out, (low, high)) in out.iter_mut().zip(low.iter().zip(high)) {
            // The top byte of what begins a byte later holds the bits that the shift makes room for.
            *out = u64::from_le_bytes(*low) >> shift | u64::from_le_bytes(*high) >> 56 << 1 << (63 - shift);
        }
        out
    }
}
