//! A byte for each byte.

use crate::columns::Classes;
use crate::columns::circuit::Group;

/// What each code stands for.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    bytes: [u8; 256],
    /// How many parts of 16 codes differ from the last code's byte, which all codes behind them have.
    parts: usize,
}

impl Codes {
    pub(super) fn new(bytes: &[u8; 256]) -> Self {
        let [.., rest] = *bytes;
        let differ = bytes.iter().rposition(|byte| *byte != rest).map_or(0, |last| last + 1);
        Self { bytes: *bytes, parts: differ.div_ceil(16) }
    }

    /// The byte of a code.
    #[inline(always)]
    pub(super) fn get(&self, code: u8) -> u8 {
        // INVARIANT: there is one for each code.
        self.bytes.get(usize::from(code)).copied().unwrap_or(u8::MAX)
    }

    /// The parts of 16 codes that need to be looked at.
    pub(super) fn parts(&self) -> &[[u8; 16]] {
        let (parts, _) = self.bytes.as_chunks();
        parts.get(..self.parts).unwrap_or_default()
    }

    /// The bytes of all codes, of 64 each.
    pub(super) fn quarters(&self) -> [[u8; 64]; 4] {
        let (quarters, _) = self.bytes.as_chunks();
        // INVARIANT: four times 64 are 256.
        quarters.first_chunk().copied().unwrap_or([[0; 64]; 4])
    }

    /// The byte of all codes behind these parts.
    pub(super) fn rest(&self) -> u8 {
        let [.., rest] = self.bytes;
        rest
    }
}

/// What the sets of a group are read by, ready for the form in which the rows give their variable.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) by: By<[u8; 256]>,
    pub(super) codes: Codes,
}

/// What a row's byte is; `K` is where the classes of keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By<K> {
    /// Its class.
    Class,
    /// The part of the classes that its class is in.
    Part,
    /// The key of its value, of which these are the classes.
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
    /// Cost: some hundred nanoseconds for keys.
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
