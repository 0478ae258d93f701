//! A table from bytes to bytes: from codes to the sets that hold them.
//!
//! A code is the byte of a row: a class, a part of the classes, or a key ([`By`]). The byte that it stands for isn't a
//! class but up to seven sets of classes, a bit for each; the top bit is for unknown rows.

use crate::columns::Classes;
use crate::columns::circuit::Group;

/// The byte that each code stands for: the sets that hold it.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    bytes: [u8; 256],
    /// The number of parts of 16 codes up to the last one that differs from the byte of code 255. All codes behind them
    /// have that byte, so vector code needs no look-up for them.
    parts: usize,
}

impl Codes {
    pub(super) fn new(bytes: &[u8; 256]) -> Self {
        let [.., rest] = *bytes;
        let differ = bytes.iter().rposition(|byte| *byte != rest).map_or(0, |last| last + 1);
        Self { bytes: *bytes, parts: differ.div_ceil(16) }
    }

    /// Returns the byte of a code.
    #[inline(always)]
    pub(super) fn get(&self, code: u8) -> u8 {
        // INVARIANT: there is a byte for each code.
        self.bytes.get(usize::from(code)).copied().unwrap_or(u8::MAX)
    }

    /// Returns the parts of 16 codes that have to be looked up.
    pub(super) fn parts(&self) -> &[[u8; 16]] {
        let (parts, _) = self.bytes.as_chunks();
        parts.get(..self.parts).unwrap_or_default()
    }

    /// Returns the bytes of all codes in quarters of 64.
    pub(super) fn quarters(&self) -> [[u8; 64]; 4] {
        let (quarters, _) = self.bytes.as_chunks();
        // INVARIANT: four times 64 is 256.
        quarters.first_chunk().copied().unwrap_or([[0; 64]; 4])
    }

    /// Returns the byte of all codes behind these parts.
    pub(super) fn rest(&self) -> u8 {
        let [.., rest] = self.bytes;
        rest
    }
}

/// The codes of the sets of a group, for the form in which the rows give their variable.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) by: By<[u8; 256]>,
    pub(super) codes: Codes,
}

/// The meaning of a row's byte. `K` is a reference to the classes of keys, or owns them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By<K> {
    /// The class.
    Class,
    /// The part of the classes that the class is in: for variables with too many classes for a byte.
    Part,
    /// The key of the value, with the class of each key.
    Key(K),
}

impl<'a> By<&'a [u8; 256]> {
    pub(super) fn new(classes: Option<&Classes<'a>>) -> Self {
        match classes {
            Some(Classes::Coded(coded)) => By::Key(coded.classes),
            Some(Classes::Wide(_)) => By::Part,
            _ => By::Class,
        }
    }
}

impl By<[u8; 256]> {
    pub(super) fn borrowed(&self) -> By<&[u8; 256]> {
        match self {
            By::Class => By::Class,
            By::Part => By::Part,
            By::Key(classes) => By::Key(classes),
        }
    }
}

impl Table {
    /// Builds the table. Cost: some hundred nanoseconds for keys.
    pub(super) fn new(group: &Group, by: By<&[u8; 256]>) -> Self {
        let (by, codes) = match by {
            By::Class => (By::Class, group.of_classes.clone()),
            By::Part => (By::Part, group.of_parts.clone()),
            By::Key(classes) => {
                (By::Key(*classes), Codes::new(&classes.map(|class| group.of_classes.get(class))))
            }
        };
        Self { by, codes }
    }
}
