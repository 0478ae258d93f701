//! Keys of rows that share a decision with all its reasons.
//!
//! The decision of a complete row follows from the cubes that its classes leave, and from the conditions that are
//! evaluated besides: those of cubes that the bitmaps don't represent exactly, and those of obligations. [Masks](crate::masks)
//! that tell the classes which these conditions read are keys.

use crate::columns::{Bitmap, Classes, Coded, Keys};
use crate::masks::{Mask, Masks, intersect};
use crate::program::Program;
use crate::variable::{UNKNOWN, Variable};

/// The number of rows whose keys are written together: they stay in a processor's first cache, with the masks.
const ROWS: usize = 1024;

/// Writes keys of rows: complete rows with equal keys have equal decisions.
#[derive(Debug)]
pub struct DecisionKeys {
    words: usize,
    /// For each variable, the mask of each class.
    masks: Box<[Box<[Mask]>]>,
}

/// The masks that the rows of a variable may have.
enum RowMasks<'a, const W: usize> {
    /// The same in all rows.
    Same([u64; W]),
    /// The mask of each byte.
    OfBytes(&'a [u8], Box<[[u64; W]; 256]>),
    /// The masks of 0 and 1.
    OfBits(&'a Bitmap<'a>, [[u64; W]; 2]),
    /// The masks of classes.
    OfClasses(&'a Classes<'a>, &'a [Mask]),
}

impl DecisionKeys {
    /// Creates the keys of a program, or `None` if they have too many bits. Cost: linear in the classes of the variables.
    pub fn new(program: &Program) -> Option<Self> {
        let parts = program.data();
        let inexact = parts.cubes.iter().filter(|cube| !cube.is_exact).map(|cube| cube.holds);
        let of_obligations = parts.rules.iter().flat_map(|rule| rule.obligations.iter().copied());
        let masks = Masks::telling(parts, inexact.chain(of_obligations))?;
        let of_variable = |(variable, about): (u32, &Variable)| {
            // The flags of known classes keep a key from being that of an incomplete row.
            (0..about.classes).map(|class| key(masks.row(variable, class))).collect()
        };
        let of_variables = (0..).zip(&parts.variables).map(of_variable).collect();
        Some(Self { words: masks.width(), masks: of_variables })
    }

    /// Returns the number of words in a key: 1, 2 or 4.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Returns the key of a row with an unknown variable. All others differ from it.
    pub const fn incomplete<const W: usize>() -> [u64; W] {
        [0; W]
    }

    /// Writes the keys of the first rows of a table into `keys`, one for each of its elements, in the first
    /// [`DecisionKeys::words`] words. `variables` gives, for each of the program's variables, its classes in the rows.
    ///
    /// Cost: less than a nanosecond a row for each variable whose values are bytes.
    pub fn write<const W: usize>(&self, variables: &[Classes<'_>], keys: &mut [[u64; W]]) {
        let classes = (0..self.masks.len()).map(|at| variables.get(at).unwrap_or(&Classes::Same(UNKNOWN)));
        let of_rows: Vec<RowMasks<'_, W>> =
            classes.zip(&self.masks).map(|(classes, masks)| RowMasks::new(classes, masks)).collect();
        for (first, keys) in (0..).step_by(ROWS).zip(keys.chunks_mut(ROWS)) {
            keys.fill([u64::MAX; W]);
            of_rows.iter().for_each(|masks| masks.intersect(first, keys));
        }
    }
}

impl<'a, const W: usize> RowMasks<'a, W> {
    fn new(classes: &'a Classes<'a>, masks: &'a [Mask]) -> Self {
        let of_bytes = |bytes, class: &dyn Fn(u8) -> u8| {
            let mut table = Box::new([[0; W]; 256]);
            for (slot, byte) in table.iter_mut().zip(0..=u8::MAX) {
                *slot = mask(masks, class(byte).into());
            }
            Self::OfBytes(bytes, table)
        };
        match classes {
            Classes::Same(class) => Self::Same(mask(masks, *class)),
            Classes::Each(bytes) => of_bytes(bytes, &|class| class),
            Classes::Coded(Coded { keys: Keys::Bytes(bytes), classes, nulls: None }) => {
                of_bytes(bytes, &|key| classes.get(usize::from(key)).copied().unwrap_or(u8::MAX))
            }
            Classes::Coded(Coded { keys: Keys::Bits(bits), classes: [zero, one, ..], nulls: None }) => {
                Self::OfBits(bits, [*zero, *one].map(|class| mask(masks, class.into())))
            }
            Classes::Wide(_) | Classes::Coded(_) => Self::OfClasses(classes, masks),
        }
    }

    /// Intersects the keys of the rows from `first` on with their masks. A row beyond the end of the data is incomplete.
    fn intersect(&self, first: usize, keys: &mut [[u64; W]]) {
        match self {
            Self::Same(mask) => keys.iter_mut().for_each(|key| intersect(key, mask)),
            Self::OfBytes(bytes, table) => {
                let bytes = bytes.get(first..).unwrap_or_default();
                let (given, missing) = keys.split_at_mut(keys.len().min(bytes.len()));
                for (key, byte) in given.iter_mut().zip(bytes) {
                    // INVARIANT: the table has a mask for each byte.
                    intersect(key, table.get(usize::from(*byte)).unwrap_or(&[0; W]));
                }
                missing.fill(DecisionKeys::incomplete());
            }
            Self::OfBits(bits, [of_zero, of_one]) => {
                let (given, missing) = keys.split_at_mut(keys.len().min(bits.rows().saturating_sub(first)));
                for (row, keys) in (first..).step_by(64).zip(given.chunks_mut(64)) {
                    let word = bits.word(row);
                    for (at, key) in keys.iter_mut().enumerate() {
                        let is_one = (word >> at & 1).wrapping_neg();
                        for (key, (zero, one)) in key.iter_mut().zip(of_zero.iter().zip(of_one)) {
                            *key &= zero ^ (zero ^ one) & is_one;
                        }
                    }
                }
                missing.fill(DecisionKeys::incomplete());
            }
            Self::OfClasses(classes, masks) => {
                for (row, key) in (first..).zip(keys) {
                    intersect(key, &mask(masks, classes.get(row).unwrap_or(UNKNOWN)));
                }
            }
        }
    }
}

/// Returns the mask of a variable's class, of all ones if the variable has no masks.
fn key(row: Option<&[u64]>) -> Mask {
    let mut key = [u64::MAX; 4];
    key.iter_mut().zip(row.unwrap_or_default()).for_each(|(word, mask)| *word = *mask);
    key
}

/// Returns the first words of the mask of a class. That of an unknown class is empty.
fn mask<const W: usize>(masks: &[Mask], class: u32) -> [u64; W] {
    masks
        .get(class as usize)
        .and_then(|mask| mask.first_chunk())
        .copied()
        .unwrap_or(DecisionKeys::incomplete())
}
