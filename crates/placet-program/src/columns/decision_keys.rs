//! Keys of rows that share a decision with all its reasons.
//!
//! The decision of a complete row follows from the cubes that its classes leave, and from the conditions that are
//! evaluated besides: those of cubes that the bitmaps don't represent exactly, and those of obligations. [Masks](crate::masks)
//! of one or two words that tell the classes which these conditions read are keys.

use crate::columns::{Classes, Coded, Keys};
use crate::masks::Masks;
use crate::program::Program;
use crate::variable::{UNKNOWN, Variable};

/// Writes keys of rows: complete rows with equal keys have equal decisions.
#[derive(Debug)]
pub struct DecisionKeys {
    /// For each variable, the mask of each class.
    masks: Box<[Box<[u128]>]>,
}

impl DecisionKeys {
    /// The key of a row with an unknown variable.
    pub const INCOMPLETE: u128 = 0;

    /// Creates the keys of a program, or `None` if they have too many bits. Cost: linear in the classes of the variables.
    pub fn new(program: &Program) -> Option<Self> {
        let parts = program.data();
        let inexact = parts.cubes.iter().filter(|cube| !cube.is_exact).map(|cube| cube.holds);
        let of_obligations = parts.rules.iter().flat_map(|rule| rule.obligations.iter().copied());
        let masks =
            Masks::telling(parts, inexact.chain(of_obligations)).filter(|masks| masks.width() <= 2)?;
        let of_variable = |(variable, about): (u32, &Variable)| {
            // The flags of known classes keep a key from being `INCOMPLETE`.
            let key = |class| masks.row(variable, class).map_or(u128::MAX, key);
            (0..about.classes).map(key).collect()
        };
        Some(Self { masks: (0..).zip(&parts.variables).map(of_variable).collect() })
    }

    /// Writes the keys of the first rows of a table into `keys`, one for each of its elements. `variables` gives, for each
    /// of the program's variables, its classes in the rows.
    ///
    /// Cost: about a nanosecond a row for each variable.
    pub fn write(&self, variables: &[Classes<'_>], keys: &mut [u128]) {
        keys.fill(u128::MAX);
        for (at, masks) in self.masks.iter().enumerate() {
            // An unknown class has no mask.
            let mask = |class: u32| masks.get(class as usize).copied().unwrap_or(Self::INCOMPLETE);
            intersect(keys, variables.get(at).unwrap_or(&Classes::Same(UNKNOWN)), mask);
        }
    }
}

/// Returns a mask of at most two words.
fn key(words: &[u64]) -> u128 {
    words.iter().rev().fold(0, |key, word| key << 64 | u128::from(*word))
}

/// Intersects the key of each row with the mask of its class; a row beyond the end of the data is unknown.
fn intersect(keys: &mut [u128], classes: &Classes<'_>, mask: impl Fn(u32) -> u128) {
    let of_byte = |class: u8| mask(class.into());
    match classes {
        Classes::Same(class) => {
            let mask = mask(*class);
            keys.iter_mut().for_each(|key| *key &= mask);
        }
        Classes::Each(bytes) => look_up(keys, bytes, of_byte),
        Classes::Coded(Coded { keys: Keys::Bytes(bytes), classes, nulls: None }) => {
            look_up(keys, bytes, |key| classes.get(usize::from(key)).map_or(0, |class| of_byte(*class)));
        }
        Classes::Coded(Coded {
            keys: Keys::Bits(bits),
            classes: [class_of_0, class_of_1, ..],
            nulls: None,
        }) => {
            let (mask_of_0, mask_of_1) = (of_byte(*class_of_0), of_byte(*class_of_1));
            for (row, key) in keys.iter_mut().enumerate() {
                *key &= bits.get(row).map_or(0, |bit| if bit { mask_of_1 } else { mask_of_0 });
            }
        }
        Classes::Wide(_) | Classes::Coded(_) => {
            keys.iter_mut().enumerate().for_each(|(row, key)| *key &= classes.get(row).map_or(0, &mask));
        }
    }
}

/// Intersects keys with the masks of bytes.
fn look_up(keys: &mut [u128], bytes: &[u8], mask: impl Fn(u8) -> u128) {
    let mut table = [0; 256];
    table.iter_mut().zip(0..=u8::MAX).for_each(|(slot, byte)| *slot = mask(byte));
    let (given, missing) = keys.split_at_mut(keys.len().min(bytes.len()));
    for (key, byte) in given.iter_mut().zip(bytes) {
        *key &= table.get(usize::from(*byte)).copied().unwrap_or(0);
    }
    missing.fill(DecisionKeys::INCOMPLETE);
}
