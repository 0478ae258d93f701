//! Keys of rows that share a decision with all its reasons.
//!
//! The decision of a complete row follows from the cubes that its classes leave, and from the conditions that are
//! evaluated besides: those of cubes that the bitmaps don't represent exactly, and those of obligations. A key has a bit
//! for each cube, and one for each class of each variable that such a condition reads. Each class of a variable is a mask
//! of these bits, so a key is an intersection of masks, like a decision by [masks](crate::masks).

use crate::columns::{Classes, Coded, Keys};
use crate::program::Program;
use crate::variable::UNKNOWN;

/// Writes keys of rows: complete rows with equal keys have equal decisions.
#[derive(Debug)]
pub struct DecisionKeys {
    /// For each variable, the mask of each class.
    masks: Box<[Box<[u128]>]>,
}

impl DecisionKeys {
    /// The key of a row with an unknown variable.
    pub const INCOMPLETE: u128 = 0;

    /// The bit that each complete row has.
    const COMPLETE: usize = 0;

    /// Creates the keys of a program, or `None` if they have too many bits. Cost: linear in the classes of the variables.
    pub fn new(program: &Program) -> Option<Self> {
        let parts = program.data();
        let inexact = parts.cubes.iter().filter(|cube| !cube.is_exact).map(|cube| cube.holds);
        let of_obligations = parts.rules.iter().flat_map(|rule| rule.obligations.iter().copied());
        let read = parts.formulas.variables(inexact.chain(of_obligations));
        let arity = |variable: u32| parts.variables.get(variable as usize).map_or(0, |about| about.classes);
        let cubes = Self::COMPLETE + 1;
        let mut end =
            read.iter().fold(cubes + parts.cubes.len(), |end, of| end.saturating_add(arity(*of) as usize));
        if end > u128::BITS as usize {
            return None;
        }
        let mut masks: Vec<Box<[u128]>> =
            parts.variables.iter().map(|about| vec![u128::MAX; about.classes as usize].into()).collect();
        for (index, variable) in parts.bitmaps.variables().enumerate() {
            for (class, mask) in (0..).zip(masks.get_mut(variable as usize)?.iter_mut()) {
                let [low, high] = parts.bitmaps.first_cubes(index, class)?;
                let left = u128::from(high) << 64 | u128::from(low);
                let all = bits(0, parts.cubes.len());
                *mask &= !((!left & all) << cubes);
            }
        }
        for variable in read {
            let classes = arity(variable) as usize;
            end -= classes;
            for (class, mask) in masks.get_mut(variable as usize)?.iter_mut().enumerate() {
                *mask &= !bits(end, classes) | 1 << (end + class);
            }
        }
        Some(Self { masks: masks.into() })
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

/// Returns `count` bits from `first` on.
fn bits(first: usize, count: usize) -> u128 {
    let low = |count: usize| u128::MAX.checked_shr(u128::BITS - count as u32).unwrap_or(0);
    low(count) << first
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
