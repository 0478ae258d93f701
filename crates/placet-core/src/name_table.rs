//! Tables of a policy's own names.

use foldhash::fast::FixedState;
use std::collections::HashMap;

/// What names of a policy stand for. Most names are short: these are compared and hashed as two numbers.
///
/// The hash is a fast one with a fixed seed. Requests may choose what is looked up, but nothing of theirs is ever put
/// in, so whoever chooses can't make the table worse than the policy's own names did.
#[derive(Debug)]
pub struct NameTable<T> {
    short: HashMap<Short, T, FixedState>,
    long: HashMap<Box<str>, T, FixedState>,
}

/// A text of at most 16 bytes: its first and its last eight, which overlap in most, or as many as there are. With the
/// length they are the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Short {
    first: u64,
    last: u64,
    length: u8,
}

impl Short {
    #[inline]
    fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let length = u8::try_from(bytes.len()).ok().filter(|length| *length <= 16)?;
        let (first, last) = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else {
            // Of three bytes at most.
            let byte = |at: usize| bytes.get(at).copied().map_or(0, u64::from);
            (byte(0) | byte(1) << 8, byte(2))
        };
        Some(Self { first, last, length })
    }
}

impl<T> Default for NameTable<T> {
    fn default() -> Self {
        Self { short: HashMap::default(), long: HashMap::default() }
    }
}

impl<T: Copy + Default> NameTable<T> {
    /// What a name stands for. Cost: one look-up; of a name of more than 16 bytes, linear in its length.
    #[inline]
    pub fn get(&self, name: &str) -> Option<T> {
        match Short::of(name) {
            Some(short) => self.short.get(&short).copied(),
            None => self.long.get(name).copied(),
        }
    }

    /// What a name stands for, to be changed; if the name is new, the default.
    pub fn entry(&mut self, name: &str) -> &mut T {
        match Short::of(name) {
            Some(short) => self.short.entry(short).or_default(),
            None => self.long.entry(name.into()).or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NameTable, Short};
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
        assert_eq!(table.get("z"), None);
        let short: Vec<_> = texts.iter().filter_map(|text| Short::of(text)).collect();
        assert_eq!(short.iter().collect::<HashSet<_>>().len(), short.len());
        assert_eq!(short.len(), texts.iter().filter(|text| text.len() <= 16).count());
    }
}
