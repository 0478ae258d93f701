//! The numbers of answers that complete rows share, by the keys of the rows.

use crate::answers::Answers;
use foldhash::fast::RandomState;
use placet_program::columns::{Classes, DecisionKeys};
use std::collections::HashMap;

/// The number of answers that are found without a hash table.
const RECENT: usize = 2048;

/// A key of at most four words, with zeros behind them.
type Key = [u64; 4];

/// The answers of rows by their keys.
#[derive(Debug, Default)]
pub(crate) struct SharedAnswers {
    /// The numbers of the current output.
    ids: HashMap<Key, u32, RandomState>,
    /// Some of them: the words of a key, and its number, at the place that a product of the key's words selects.
    recent: Vec<u64>,
    /// The words of the keys of a block's rows.
    words: Vec<u64>,
    /// The number of words in a key.
    width: usize,
}

impl SharedAnswers {
    /// Starts a new output.
    pub(crate) fn begin(&mut self) {
        self.ids.clear();
        self.recent.clear();
    }

    /// Reads the keys of a block's rows, if rows share answers, except those of bad rows.
    pub(crate) fn read(&mut self, keys: Option<&DecisionKeys>, variables: &[Classes<'_>], bad: &[bool]) {
        self.width = keys.map_or(0, DecisionKeys::words);
        match (keys, self.width) {
            (None, _) => {}
            (Some(keys), 1) => self.read_by::<1>(keys, variables, bad),
            (Some(keys), 2) => self.read_by::<2>(keys, variables, bad),
            (Some(keys), _) => self.read_by::<4>(keys, variables, bad),
        }
    }

    fn read_by<const W: usize>(&mut self, keys: &DecisionKeys, variables: &[Classes<'_>], bad: &[bool]) {
        // Zeros are the key of incomplete rows, and the number of no answer.
        self.recent.resize(RECENT * (W + 1), 0);
        self.words.resize(bad.len() * W, 0);
        let (rows, _) = self.words.as_chunks_mut::<W>();
        keys.write(variables, rows);
        let bad_rows = rows.iter_mut().zip(bad).filter(|(_, bad)| **bad);
        bad_rows.for_each(|(key, _)| *key = DecisionKeys::incomplete());
    }

    /// Writes the numbers of the answers that rows of the block from `first` on share with rows before;
    /// [`Answers::NONE`] for others. Returns true if there are no others.
    pub(crate) fn find(&self, first: usize, ids: &mut [u32]) -> bool {
        match self.width {
            0 => ids.fill(Answers::NONE),
            1 => self.find_by::<1>(first, ids),
            2 => self.find_by::<2>(first, ids),
            _ => self.find_by::<4>(first, ids),
        }
        !ids.contains(&Answers::NONE)
    }

    fn find_by<const W: usize>(&self, first: usize, ids: &mut [u32]) {
        let rows = self.words.as_chunks::<W>().0.get(first..).unwrap_or_default();
        ids.iter_mut().zip(rows).for_each(|(id, key)| *id = recent_id(&self.recent, key));
    }

    /// Returns the number of the answer of a row of the block, if an earlier row shares it by now.
    pub(crate) fn id(&mut self, row: usize) -> Option<u32> {
        let words = self.key(row)?;
        // Most rows of a first block share the answer of a row just before them.
        let recent = recent_id(&self.recent, words);
        if recent != Answers::NONE {
            return Some(recent);
        }
        let key = wide(words);
        let id = self.ids.get(&key).copied()?;
        self.put_recent(&key, id);
        Some(id)
    }

    /// Adds the number of the answer of a row of the block, unless its decision isn't to be shared.
    pub(crate) fn put(&mut self, row: usize, id: u32) {
        if let Some(key) = self.key(row).map(wide) {
            self.put_recent(&key, id);
            self.ids.insert(key, id);
        }
    }

    /// Returns the key of a row of the block; `None` if it has no answer to share.
    fn key(&self, row: usize) -> Option<&[u64]> {
        let first = row * self.width;
        self.words.get(first..first + self.width).filter(|key| key.iter().any(|word| *word != 0))
    }

    fn put_recent(&mut self, key: &Key, id: u32) {
        let words = key.get(..self.width).unwrap_or_default();
        let first = place(words) * (self.width + 1);
        let slot = self.recent.get_mut(first..).unwrap_or_default();
        slot.iter_mut().zip(words.iter().copied().chain([id.into()])).for_each(|(word, new)| *word = new);
    }
}

/// Returns the number of a key's answer if it is among the recent ones, otherwise [`Answers::NONE`].
#[inline(always)]
fn recent_id(recent: &[u64], key: &[u64]) -> u32 {
    let first = place(key) * (key.len() + 1);
    let id = match recent.get(first..=first + key.len()).and_then(|slot| slot.split_last()) {
        Some((id, known)) if known == key => *id,
        _ => 0,
    };
    id as u32
}

/// Returns a number below [`RECENT`] that depends on all bits of a key.
#[inline(always)]
fn place(key: &[u64]) -> usize {
    // The factor is 2^64 divided by the golden ratio: Knuth, The Art of Computer Programming 3, section 6.4.
    let hash = key
        .iter()
        .fold(0, |hash: u64, word| (hash.rotate_left(29) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    (hash >> 32) as usize % RECENT
}

fn wide(words: &[u64]) -> Key {
    let mut key = Key::default();
    key.iter_mut().zip(words).for_each(|(word, given)| *word = *given);
    key
}
