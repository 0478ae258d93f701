//! Tables of a policy's own names.

mod packed;

use foldhash::fast::FixedState;
use packed::Packed;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// What names of a policy stand for. Most names are short: these are compared and hashed as one number.
///
/// The hash is a fast one with a fixed seed. Requests may choose what is looked up, but nothing of theirs is ever put
/// in, so whoever chooses can't make the table worse than the policy's own names did.
#[derive(Debug)]
pub struct NameTable<T> {
    short: HashMap<ShortText, T, FixedState>,
    long: HashMap<Box<str>, T, FixedState>,
    /// All that `short` says, once it is final.
    packed: Option<Packed<T>>,
}

/// A text of at most 16 bytes, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortText {
    /// Its bytes, the first the lowest, and zeros behind them.
    bytes: u128,
    length: u8,
}

impl ShortText {
    /// The length of the longest.
    const LONGEST: usize = 16;

    /// A text, if it is short.
    #[inline]
    pub fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() > Self::LONGEST {
            return None;
        }
        let length = u8::try_from(bytes.len()).ok()?;
        // Two parts, which overlap in most texts, and there say the same.
        let bytes = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            u128::from(first) | u128::from(last) << (8 * (length - 8))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            let last = u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4));
            u128::from(u64::from(u32::from_le_bytes(*first)) | last)
        } else {
            // Of three bytes at most.
            let byte = |at: usize| bytes.get(at).copied().map_or(0, u128::from);
            byte(0) | byte(1) << 8 | byte(2) << 16
        };
        Some(Self { bytes, length })
    }

    /// The text of the first `length` of these bytes, if it is short; the others may be anything.
    #[inline]
    pub fn within(bytes: u128, length: usize) -> Option<Self> {
        if length > Self::LONGEST {
            return None;
        }
        let mask = u128::MAX.checked_shr(8 * (Self::LONGEST - length) as u32).unwrap_or(0);
        Some(Self { bytes: bytes & mask, length: length as u8 })
    }
}

impl Hash for ShortText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The top byte is there only in texts of the longest length.
        state.write_u128(self.bytes ^ u128::from(self.length) << 120);
    }
}

impl<T> Default for NameTable<T> {
    fn default() -> Self {
        Self { short: HashMap::default(), long: HashMap::default(), packed: None }
    }
}

impl<T: Copy + Default> NameTable<T> {
    /// What a name stands for. Cost: one look-up; of a name of more than 16 bytes, linear in its length.
    #[inline]
    pub fn get(&self, name: &str) -> Option<T> {
        match ShortText::new(name) {
            Some(short) => self.get_short(short),
            None => self.long.get(name).copied(),
        }
    }

    /// What a short name stands for.
    #[inline]
    pub fn get_short(&self, name: ShortText) -> Option<T> {
        match &self.packed {
            Some(packed) => packed.get(name),
            None => self.short.get(&name).copied(),
        }
    }

    /// Makes look-ups of short names quicker, where there are not too many; nothing should be changed any more.
    ///
    /// Cost: some microseconds for a dozen names, up to a millisecond for some hundred.
    pub fn pack(&mut self) {
        self.packed = Packed::new(self.short.iter().map(|(name, value)| (*name, *value)).collect());
    }

    /// What a name stands for, to be changed; if the name is new, the default.
    pub fn entry(&mut self, name: &str) -> &mut T {
        self.packed = None;
        match ShortText::new(name) {
            Some(short) => self.short.entry(short).or_default(),
            None => self.long.entry(name.into()).or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NameTable, ShortText};
    use std::collections::HashSet;

    #[test]
    fn texts_of_any_length_are_told_apart() {
        let mut texts: Vec<String> =
            (0..20).map(|length| "abcdefghijklmnopqrst"[..length].to_owned()).collect();
        for length in 0..18 {
            texts.push("\0".repeat(length + 1));
            for at in 0..length {
                let mut text = "x".repeat(length);
                text.replace_range(at..=at, "y");
                texts.push(text);
            }
        }
        let mut table = NameTable::default();
        for (number, text) in (1..).zip(&texts) {
            *table.entry(text) = number;
        }
        for (number, text) in (1..).zip(&texts) {
            assert_eq!(table.get(text), Some(number), "{text:?}");
        }
        table.pack();
        for (number, text) in (1..).zip(&texts) {
            assert_eq!(table.get(text), Some(number), "{text:?}");
        }
        assert_eq!(
            (table.get("z"), table.get("zzzzzzzzz"), table.get("x".repeat(20).as_str())),
            (None, None, None)
        );
        *table.entry("z") = 1_000;
        assert_eq!(table.get("z"), Some(1_000));
        let short: Vec<_> = texts.iter().filter_map(|text| ShortText::new(text)).collect();
        let apart: HashSet<_> = short.iter().map(|text| (text.bytes, text.length)).collect();
        assert_eq!(apart.len(), short.len());
        assert_eq!(short.len(), texts.iter().filter(|text| text.len() <= 16).count());
    }

    #[test]
    fn a_text_is_the_same_wherever_it_stands() {
        let around = "the quick brown fox";
        let bytes = u128::from_le_bytes(*around.as_bytes().first_chunk().unwrap());
        for length in 0..=16 {
            let short = ShortText::new(&around[..length]).unwrap();
            assert_eq!(ShortText::within(bytes, length), Some(short));
            assert_eq!(short.bytes.to_le_bytes()[..length], around.as_bytes()[..length]);
            assert!(short.bytes.to_le_bytes()[length..].iter().all(|byte| *byte == 0));
        }
        assert_eq!((ShortText::within(bytes, 17), ShortText::new(&around[..17])), (None, None));
    }
}
