//! A block of rows, decided by whatever vectors the processor has.

use crate::columns::bits::{self, ALL, Bits, NONE, ROWS, both, inverse};
use crate::columns::circuit::{ALLOWED, Circuit, DENIED, Input, LEFT, TANGLED};
use crate::columns::codes::{Codes, Table};
use crate::columns::{Classes, Coded, Counts, Keys, RowOutcome, UNKNOWN_BYTE};
#[cfg(target_arch = "x86_64")]
use crate::columns::{avx2, avx512};
use crate::variable::UNKNOWN;
#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512, Level};

/// The vectors that decide the rows of a block, with the proof that the processor has them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable,
}

/// The ways that this processor has, the widest vectors first.
pub(super) fn ways() -> impl Iterator<Item = Way> {
    #[cfg(target_arch = "x86_64")]
    let newer = {
        let level = Level::new();
        [level.as_avx512().map(Way::Avx512), level.as_avx2().map(Way::Avx2)]
    };
    #[cfg(not(target_arch = "x86_64"))]
    let newer: [Option<Way>; 0] = [];
    newer.into_iter().flatten().chain([Way::Portable])
}

/// A block of rows, and room for its bitmaps.
pub(super) struct Block<'a> {
    pub(super) circuit: &'a Circuit,
    pub(super) variables: &'a [Classes<'a>],
    /// For each group of the circuit's inputs.
    pub(super) tables: &'a [Table],
    /// The first row.
    pub(super) first: usize,
    pub(super) masks: &'a mut [Bits],
    pub(super) values: &'a mut [Bits],
    /// For each of the circuit's inputs whether a row has left it open so far.
    pub(super) opened: &'a mut [bool],
    /// The ends of its rows.
    pub(super) ends: &'a mut [RowOutcome],
    /// The rows that the diagram leaves to the bitmaps of rules.
    pub(super) left: &'a mut Bits,
}

impl Block<'_> {
    /// Decides the rows by the widest vectors that the processor has, and counts the ends of those that are not left.
    pub(super) fn run(self) -> Counts {
        self.run_by(ways().next().unwrap_or(Way::Portable))
    }

    pub(super) fn run_by(self, way: Way) -> Counts {
        match way {
            #[cfg(target_arch = "x86_64")]
            Way::Avx512(proof) => avx512::run(proof, self),
            #[cfg(target_arch = "x86_64")]
            Way::Avx2(proof) => avx2::run(proof, self),
            Way::Portable => self.decide(bits::split, bits::unfold, |_| {}),
        }
    }

    /// Decides the rows; `split` makes bitmaps of bytes, `unfold` bytes of the low and the high bits of ends, and
    /// `prefetch` asks for what will be read soon, as `split` does for the bytes behind its own.
    #[inline(always)]
    pub(super) fn decide(
        self,
        split: impl Fn(&[u8; ROWS], &Codes, &mut [Bits]),
        unfold: impl Fn(u64, u64) -> [u8; 64],
        prefetch: impl Fn(*const u8),
    ) -> Counts {
        let Block { circuit, variables, mut tables, first, masks, values, opened, ends, left } = self;
        if let Some(all) = masks.first_mut() {
            *all = ALL;
        }
        let mut is_open = circuit.is_always_open;
        for (input, opened) in circuit.inputs.iter().zip(opened) {
            // INVARIANT: of a variable that is not given, the class is the same for all rows: open.
            let classes = variables.get(input.variable).unwrap_or(&Classes::Same(UNKNOWN));
            let (own, others) = tables.split_at_checked(input.groups.len()).unwrap_or_default();
            tables = others;
            if let Classes::Coded(Coded { keys: Keys::Bits(bits), .. }) = classes {
                bits.ahead(first).for_each(&prefetch);
            }
            let opens = read(input, classes, own, first, ends.len(), masks, &split);
            *opened |= opens;
            is_open |= opens;
        }
        let allowed = circuit.rows(ALLOWED, masks, values);
        *left = NONE;
        let (mut low, mut high) = (allowed, inverse(&allowed));
        if is_open || circuit.leaves_rows {
            let denied = circuit.rows(DENIED, masks, values);
            let both = both(&allowed, &denied);
            let tangled = if both == NONE { NONE } else { circuit.rows(TANGLED, masks, values) };
            if circuit.leaves_rows {
                *left = circuit.rows(LEFT, masks, values);
            }
            high = denied;
            let ways = both.iter().zip(tangled.iter()).zip(left.iter_mut());
            for ((low, high), ((both, tangled), left)) in low.iter_mut().zip(high.iter_mut()).zip(ways) {
                // A row with both ends is undecided where it is tangled, and indeterminate otherwise.
                let is_indeterminate = both & !tangled;
                *left &= !is_indeterminate;
                *low = *low & !is_indeterminate | *left;
                *high = *high & !is_indeterminate | *left;
            }
        }
        bits::write(&low, &high, unfold, ends);
        bits::count(&low, &high, left, ends.len())
    }
}

/// Makes the masks of a variable; whether a row leaves it open.
#[inline(always)]
fn read(
    input: &Input,
    classes: &Classes<'_>,
    tables: &[Table],
    first: usize,
    rows: usize,
    masks: &mut [Bits],
    split: &impl Fn(&[u8; ROWS], &Codes, &mut [Bits]),
) -> bool {
    let room: [u8; ROWS];
    let bytes = match classes {
        Classes::Each(bytes) | Classes::Coded(Coded { keys: Keys::Bytes(bytes), .. }) => {
            let bytes = bytes.get(first..).unwrap_or_default();
            match bytes.first_chunk() {
                Some(whole) => whole,
                None => {
                    room = filled(rows, bytes.iter().copied());
                    &room
                }
            }
        }
        Classes::Wide(classes) => {
            let part = |class: &u32| input.parts.get(*class as usize).copied().unwrap_or(UNKNOWN_BYTE);
            room = filled(rows, classes.get(first..).unwrap_or_default().iter().map(part));
            &room
        }
        // They need none.
        Classes::Coded(Coded { keys: Keys::Bits(_), .. }) => &[0; ROWS],
        // INVARIANT: what is the same for all rows is no input.
        Classes::Same(_) => return true,
    };
    for (group, table) in input.groups.iter().zip(tables) {
        let Some(masks) = masks.get_mut(group.masks.clone()) else { continue };
        let Classes::Coded(coded) = classes else {
            split(bytes, &table.codes, masks);
            continue;
        };
        match coded.keys {
            Keys::Bytes(_) => split(bytes, &table.codes, masks),
            Keys::Bits(keys) => choose(&keys.block(first), table.codes.get(0), table.codes.get(1), masks),
        }
        if let Some((valid, null)) = coded.nulls {
            pass(&valid.block(first), group.of_classes.get(null), masks);
        }
    }
    let open = masks.get(input.open).copied().unwrap_or(NONE);
    for derived in &input.derived {
        let mut sum = NONE;
        for mask in derived.of.iter().filter_map(|mask| masks.get(*mask)) {
            for (sum, mask) in sum.iter_mut().zip(mask.iter()) {
                *sum |= mask;
            }
        }
        if derived.is_inverse {
            for (sum, open) in sum.iter_mut().zip(open.iter()) {
                *sum = !*sum | open;
            }
        }
        if let Some(mask) = masks.get_mut(derived.mask) {
            *mask = sum;
        }
    }
    open != NONE
}

/// Makes bitmaps of the bits of two bytes: of the one where a row has its bit, and of the other where not.
#[inline(always)]
fn choose(rows: &Bits, without: u8, with: u8, out: &mut [Bits]) {
    for (out, at) in out.iter_mut().zip((0..8).rev()) {
        let all = |byte: u8| if byte >> at & 1 == 1 { u64::MAX } else { 0 };
        let (without, with) = (all(without), all(with));
        for (out, rows) in out.iter_mut().zip(rows.iter()) {
            *out = rows & with | !rows & without;
        }
    }
}

/// Puts the bits of a byte where a row has no value.
#[inline(always)]
fn pass(valid: &Bits, null: u8, out: &mut [Bits]) {
    for (out, at) in out.iter_mut().zip((0..8).rev()) {
        let null = if null >> at & 1 == 1 { u64::MAX } else { 0 };
        for (out, valid) in out.iter_mut().zip(valid.iter()) {
            *out = *out & valid | null & !valid;
        }
    }
}

/// A block of bytes, with one that says open for rows that there are not among them, and zeros behind.
#[inline(always)]
fn filled(rows: usize, bytes: impl ExactSizeIterator<Item = u8>) -> [u8; ROWS] {
    let (mut room, given) = ([0; ROWS], bytes.len());
    for (room, byte) in room.iter_mut().take(rows).zip(bytes) {
        *room = byte;
    }
    if let Some(missing) = room.get_mut(given.min(rows)..rows) {
        missing.fill(UNKNOWN_BYTE);
    }
    room
}
