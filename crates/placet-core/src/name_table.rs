//! Tables of the names that a policy defines.

mod packed;

use foldhash::fast::FixedState;
use packed::Packed;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// A map from a policy's names to values.
///
/// Names of up to 16 bytes, which most are, are compared and hashed as one number. The hash is fast and has a fixed
/// seed. That is safe against chosen keys: requests only look names up, and only the policy inserts them.
///
/// ```
/// use placet_core::NameTable;
///
/// let mut table = NameTable::default();
/// *table.entry("subject.age") = 1;
/// *table.entry("subject.years_of_employment") = 2;
/// assert_eq!(table.get("subject.age"), Some(1));
/// assert_eq!(table.get("subject.name"), None);
/// ```
#[derive(Debug)]
pub struct NameTable<T> {
    short: HashMap<ShortText, T, FixedState>,
    long: HashMap<Box<str>, T, FixedState>,
    /// The content of `short`, after [`pack`](NameTable::pack).
    packed: Option<Packed<T>>,
}

/// A text of at most 16 bytes, as a number.
///
/// ```
/// use placet_core::ShortText;
///
/// assert!(ShortText::new("subject.age").is_some());
/// assert!(ShortText::new("subject.years_of_employment").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortText {
    /// The bytes in little-endian order, padded with zeros.
    bytes: u128,
    length: u8,
}

impl ShortText {
    /// The maximum length, in bytes.
    const MAX_LEN: usize = 16;

    /// Converts a text; returns `None` if it has more than 16 bytes.
    #[inline]
    pub fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() > Self::MAX_LEN {
            return None;
        }
        let length = u8::try_from(bytes.len()).ok()?;
        // Two loads of a fixed size instead of a copy of variable length. They overlap unless the text has exactly 16
        // (or 8) bytes; the overlapping bytes are equal, so `|` keeps them.
        let bytes = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            u128::from(first) | u128::from(last) << (8 * (length - 8))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            let last = u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4));
            u128::from(u64::from(u32::from_le_bytes(*first)) | last)
        } else {
            // At most three bytes.
            let byte = |at: usize| bytes.get(at).copied().map_or(0, u128::from);
            byte(0) | byte(1) << 8 | byte(2) << 16
        };
        Some(Self { bytes, length })
    }

    /// Returns the text of the first `length` bytes, or `None` if `length` is over 16. Ignores the other bytes.
    ///
    /// This allows a look-up straight from a 16-byte load of a larger buffer.
    ///
    /// ```
    /// use placet_core::ShortText;
    ///
    /// let buffer = u128::from_le_bytes(*b"granted\", \"purpo");
    /// assert_eq!(ShortText::within(buffer, 7), ShortText::new("granted"));
    /// ```
    #[inline]
    pub fn within(bytes: u128, length: usize) -> Option<Self> {
        if length > Self::MAX_LEN {
            return None;
        }
        let mask = u128::MAX.checked_shr(8 * (Self::MAX_LEN - length) as u32).unwrap_or(0);
        Some(Self { bytes: bytes & mask, length: length as u8 })
    }
}

impl Hash for ShortText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Only a text of 16 bytes uses the top byte, so mixing the length in there loses nothing for all others.
        state.write_u128(self.bytes ^ u128::from(self.length) << 120);
    }
}

impl<T> Default for NameTable<T> {
    fn default() -> Self {
        Self { short: HashMap::default(), long: HashMap::default(), packed: None }
    }
}

impl<T: Copy + Default> NameTable<T> {
    /// Returns the value of a name. Costs one look-up; a name of more than 16 bytes is hashed in linear time.
    #[inline]
    pub fn get(&self, name: &str) -> Option<T> {
        match ShortText::new(name) {
            Some(short) => self.get_short(short),
            None => self.long.get(name).copied(),
        }
    }

    /// Returns the value of a short name.
    ///
    /// ```
    /// use placet_core::{NameTable, ShortText};
    ///
    /// let mut table = NameTable::default();
    /// *table.entry("age") = 7;
    /// assert_eq!(ShortText::new("age").and_then(|name| table.get_short(name)), Some(7));
    /// ```
    #[inline]
    pub fn get_short(&self, name: ShortText) -> Option<T> {
        match &self.packed {
            Some(packed) => packed.get(name),
            None => self.short.get(&name).copied(),
        }
    }

    /// Builds a collision-free table of the short names for faster look-ups. Call it after the last [`entry`], which
    /// discards the packed table. Does nothing for a table with too many short names.
    ///
    /// Costs some microseconds for a dozen names, and up to a millisecond for some hundred.
    ///
    /// [`entry`]: NameTable::entry
    ///
    /// ```
    /// let mut table = placet_core::NameTable::default();
    /// *table.entry("age") = 7;
    /// table.pack();
    /// assert_eq!(table.get("age"), Some(7));
    /// ```
    pub fn pack(&mut self) {
        self.packed = Packed::new(self.short.iter().map(|(name, value)| (*name, *value)).collect());
    }

    /// Returns a mutable reference to the value of a name. Inserts the default value if the name is new.
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
    fn get_distinguishes_texts_of_any_length() {
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
    fn within_ignores_the_bytes_after_the_text() {
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
