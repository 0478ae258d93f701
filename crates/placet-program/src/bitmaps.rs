//! A bitmap index: (variable, class) → cubes that this class doesn't exclude.
//!
//! The cubes that remain for a request are the intersection of the bitmaps of its classes; an unknown variable excludes
//! none. The idea is that of bit-vector packet classification (Lakshman and Stiliadis, SIGCOMM 1998). The rows are
//! compressed in two ways: equal blocks of 512 bits are stored once, and a summary per row tells which blocks aren't
//! empty.

use crate::variable::UNKNOWN;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The number of cubes in a block.
const BLOCK: usize = 512;
/// The number of words in a block.
const WORDS: usize = BLOCK / 64;

type Block = [u64; WORDS];

/// A bitmap index over cubes. The cubes that may hold for a request are those that all rows of its classes have in
/// common.
///
/// A row is a list of blocks. Equal blocks are stored once, and each row has a summary of the blocks that aren't empty.
/// A policy in which each rule names one of many tenants then takes little memory, and a decision reads few blocks.
///
/// ```
/// use placet_program::bitmaps::BitmapsBuilder;
///
/// // Cube 0 needs class 0 of the variable 0; cube 1 needs class 1.
/// let mut builder = BitmapsBuilder::new(2, 1 << 20);
/// builder.variable(0, 2, &[(0, &[(0, 1)]), (1, &[(1, 2)])]).ok_or("too large")?;
/// let bitmaps = builder.finish();
/// let mut cubes = Vec::new();
/// bitmaps.visit(&[1], 0, 2, |cube| { cubes.push(cube); true });
/// assert_eq!(cubes, [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bitmaps {
    cubes: u32,
    blocks: Box<[Block]>,
    rows: Box<[Rows]>,
}

/// The rows of a variable that some cube reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Rows {
    variable: u32,
    classes: u32,
    /// For each class, the blocks that aren't empty: one bit per block, 64 per word.
    summaries: Box<[u64]>,
    /// For each class, the indices of its blocks.
    blocks: Box<[u32]>,
}

/// Builds [`Bitmaps`] variable by variable.
#[derive(Debug)]
pub struct BitmapsBuilder {
    cubes: u32,
    blocks: Vec<Block>,
    known: HashMap<Block, u32>,
    rows: Vec<Rows>,
    words: usize,
    most_words: usize,
}

impl BitmapsBuilder {
    /// Starts bitmaps of `cubes` cubes that take at most about `most_bytes` bytes.
    pub fn new(cubes: u32, most_bytes: usize) -> Self {
        let empty = [0; WORDS];
        Self {
            cubes,
            // Block 0 is the empty one, so a summary can be derived from the block indices.
            blocks: vec![empty],
            known: HashMap::from([(empty, 0)]),
            rows: Vec::new(),
            words: 0,
            most_words: most_bytes / size_of::<u64>(),
        }
    }

    /// Adds a variable. `tests` gives, for each cube that reads it, the ranges of classes that don't exclude the cube.
    /// All other cubes remain for every class. Returns `None`, and adds nothing, if the bitmaps would take too much
    /// memory.
    ///
    /// Cost: sorting the ends of the ranges, and one block for each of them.
    pub fn variable(&mut self, variable: u32, classes: u32, tests: &[(u32, &[(u32, u32)])]) -> Option<()> {
        let chunks = chunks(self.cubes);
        let summary_words = chunks.div_ceil(64);
        let needed = classes as usize * (chunks.div_ceil(2) + summary_words);
        let ends: usize = tests.iter().map(|(_, ranges)| ranges.len() * 2 * (WORDS + 2)).sum();
        if self.words.saturating_add(needed).saturating_add(ends) > self.most_words {
            return None;
        }
        self.words += needed + ends;
        // The classes at which a cube becomes included or excluded. Sweeping over them updates one row instead of
        // building each row anew.
        let mut toggles: Vec<(u32, u32)> = Vec::new();
        let mut row: Vec<Block> = (0..chunks).map(|chunk| full_block(self.cubes, chunk)).collect();
        for (cube, ranges) in tests {
            toggle(&mut row, *cube);
            toggles.extend(ranges.iter().flat_map(|(first, end)| [(*first, *cube), (*end, *cube)]));
        }
        toggles.sort_unstable();
        let mut ids: Vec<u32> = row.iter().map(|block| self.intern(block)).collect();
        let mut summaries = Vec::with_capacity(classes as usize * summary_words);
        let mut blocks = Vec::with_capacity(classes as usize * chunks);
        let mut next = toggles.into_iter().peekable();
        let mut touched = Vec::new();
        for class in 0..classes {
            while let Some((_, cube)) = next.next_if(|(at, _)| *at <= class) {
                toggle(&mut row, cube);
                touched.push(cube as usize / BLOCK);
            }
            touched.sort_unstable();
            touched.dedup();
            for chunk in touched.drain(..) {
                if let (Some(block), Some(id)) = (row.get(chunk), ids.get_mut(chunk)) {
                    *id = self.intern(block);
                }
            }
            summaries.extend(ids.chunks(64).map(|ids| {
                (0..)
                    .zip(ids)
                    .filter(|(_, id)| **id != 0)
                    .fold(0_u64, |all, (bit, _): (u32, _)| all | 1 << bit)
            }));
            blocks.extend_from_slice(&ids);
        }
        self.rows.push(Rows { variable, classes, summaries: summaries.into(), blocks: blocks.into() });
        Some(())
    }

    fn intern(&mut self, block: &Block) -> u32 {
        if let Some(id) = self.known.get(block) {
            return *id;
        }
        // INVARIANT: the memory budget ends long before a `u32` does.
        let id = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        self.blocks.push(*block);
        self.known.insert(*block, id);
        id
    }

    /// Returns the bitmaps, with the variables in the order in which they were added.
    pub fn finish(self) -> Bitmaps {
        Bitmaps { cubes: self.cubes, blocks: self.blocks.into(), rows: self.rows.into() }
    }
}

impl Bitmaps {
    /// Visits, in ascending order, the cubes from `first` up to, but excluding, `end` that the classes don't exclude,
    /// until a visit returns `false`. An unknown variable excludes no cube.
    ///
    /// Cost: a word for each variable and 32,768 cubes, and a block for each variable and each 512 cubes of which some
    /// may remain.
    pub fn visit(&self, classes: &[u32], first: u32, end: u32, mut visit: impl FnMut(u32) -> bool) {
        let chunks = chunks(self.cubes);
        let summary_words = chunks.div_ceil(64);
        let end = end.min(self.cubes);
        let chunk_range = first as usize / BLOCK..(end as usize).div_ceil(BLOCK);
        for word in chunk_range.start / 64..chunk_range.end.div_ceil(64) {
            let mut left = u64::MAX;
            // With a single block, reading the block itself costs as much as its summary.
            if chunks > 1 {
                for rows in &self.rows {
                    left &= rows.summary(classes, word, summary_words);
                }
            }
            while left != 0 {
                let chunk = word * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                if !chunk_range.contains(&chunk) {
                    if chunk >= chunk_range.end {
                        break;
                    }
                    continue;
                }
                let mut block = [u64::MAX; WORDS];
                for rows in &self.rows {
                    if let Some(other) =
                        rows.block(classes, chunk, chunks).and_then(|id| self.blocks.get(id as usize))
                    {
                        for (word, other) in block.iter_mut().zip(other) {
                            *word &= other;
                        }
                    }
                }
                for (at, word) in block.into_iter().enumerate() {
                    let mut bits = word;
                    while bits != 0 {
                        // INVARIANT: the index is below the number of cubes, which is a `u32`.
                        let cube = u32::try_from(chunk * BLOCK + at * 64).unwrap_or(u32::MAX)
                            + bits.trailing_zeros();
                        bits &= bits - 1;
                        if (first..end).contains(&cube) && !visit(cube) {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Returns the variables that some cube reads, in the order in which they were added.
    pub(crate) fn variables(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.rows.iter().map(|rows| rows.variable)
    }

    /// Returns the first cubes that a class of a variable doesn't exclude, given the variable's index among
    /// [`Bitmaps::variables`].
    pub(crate) fn first_cubes<const W: usize>(&self, index: usize, class: u32) -> Option<[u64; W]> {
        let rows = self.rows.get(index)?;
        let Some(id) = rows.blocks.get(class as usize * chunks(self.cubes)) else {
            // Without cubes there are no blocks.
            return (self.cubes == 0).then_some([0; W]);
        };
        self.blocks.get(*id as usize)?.first_chunk().copied()
    }

    /// Returns the size in bytes.
    pub fn bytes(&self) -> usize {
        let rows = |rows: &Rows| size_of_val(&*rows.summaries) + size_of_val(&*rows.blocks);
        size_of_val(&*self.blocks) + self.rows.iter().map(rows).sum::<usize>()
    }

    /// Returns true if every row is complete, every block exists, and the summaries tell which blocks are empty.
    /// Checked when a program is loaded.
    pub fn is_valid(&self, cubes: u32, arities: &[u32]) -> bool {
        let chunks = chunks(cubes);
        let summary_words = chunks.div_ceil(64);
        self.cubes == cubes
            && self.blocks.first().is_some_and(|block| *block == [0; WORDS])
            && self.rows.iter().all(|rows| {
                arities.get(rows.variable as usize) == Some(&rows.classes)
                    && Some(rows.blocks.len()) == chunks.checked_mul(rows.classes as usize)
                    && Some(rows.summaries.len()) == summary_words.checked_mul(rows.classes as usize)
                    && rows.blocks.iter().all(|id| (*id as usize) < self.blocks.len())
                    && (chunks == 0
                        || rows.blocks.chunks(chunks).zip(rows.summaries.chunks(summary_words)).all(
                            |(ids, summary)| {
                                ids.chunks(64).zip(summary).all(|(ids, word)| {
                                    (0..)
                                        .zip(ids)
                                        .all(|(bit, id): (u32, _)| (*id != 0) == (word >> bit & 1 == 1))
                                        && (ids.len() == 64 || word >> ids.len() == 0)
                                })
                            },
                        ))
            })
    }
}

impl Rows {
    fn class(&self, classes: &[u32]) -> Option<usize> {
        match classes.get(self.variable as usize) {
            Some(&class) if class != UNKNOWN => Some(class as usize),
            _ => None,
        }
    }

    fn summary(&self, classes: &[u32], word: usize, words: usize) -> u64 {
        let Some(class) = self.class(classes) else { return u64::MAX };
        self.summaries.get(class * words + word).copied().unwrap_or(0)
    }

    fn block(&self, classes: &[u32], chunk: usize, chunks: usize) -> Option<u32> {
        let class = self.class(classes)?;
        self.blocks.get(class * chunks + chunk).copied()
    }
}

fn chunks(cubes: u32) -> usize {
    (cubes as usize).div_ceil(BLOCK)
}

/// Returns a block with a bit for each cube that exists: the last block may be partial.
fn full_block(cubes: u32, chunk: usize) -> Block {
    let mut out = [0; WORDS];
    let left = (cubes as usize).saturating_sub(chunk * BLOCK);
    for (at, word) in out.iter_mut().enumerate() {
        *word = match left.saturating_sub(at * 64) {
            0 => 0,
            bits if bits >= 64 => u64::MAX,
            bits => (1 << bits) - 1,
        };
    }
    out
}

fn toggle(row: &mut [Block], cube: u32) {
    let cube = cube as usize;
    if let Some(word) = row.get_mut(cube / BLOCK).and_then(|block| block.get_mut(cube % BLOCK / 64)) {
        *word ^= 1 << (cube % 64);
    }
}
