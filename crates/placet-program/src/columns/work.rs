//! Decides a block of rows with the widest vectors that the processor has.

use crate::columns::bits::{self, ALL, Bits, NONE, ROWS, both, inverse};
use crate::columns::circuit::{ALLOWED, Circuit, DENIED, Input, LEFT, TANGLED};
use crate::columns::codes::{Codes, Table};
use crate::columns::{Classes, Coded, Counts, Keys, Results, UNKNOWN_BYTE};
#[cfg(target_arch = "x86_64")]
use crate::columns::{avx2, avx512};
use crate::variable::UNKNOWN;
#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512, Level};

/// The instruction set that decides a block, with the proof that the processor has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable,
}

/// Returns the instruction sets that this processor has, the widest vectors first.
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

/// A block of rows, with buffers for its bitmaps.
pub(super) struct Block<'a> {
    pub(super) circuit: &'a Circuit,
    pub(super) variables: &'a [Classes<'a>],
    /// The tables of each group of the circuit's inputs.
    pub(super) tables: &'a [Table],
    /// The index of the first row.
    pub(super) first: usize,
    pub(super) masks: &'a mut [Bits],
    pub(super) values: &'a mut [Bits],
    /// For each input of the circuit, true if it is unknown in some row so far.
    pub(super) opened: &'a mut [bool],
    /// The number of rows.
    pub(super) rows: usize,
    /// The results of the rows.
    pub(super) results: Results<'a>,
    /// The rows that the diagram leaves to the bitmaps of rules.
    pub(super) left: &'a mut Bits,
}

impl Block<'_> {
    /// Decides the rows with the widest vectors, and counts the outcomes of the rows that aren't left.
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

    /// Decides the rows.
    ///
    /// `split` turns bytes into bitmaps, and prefetches the bytes behind its own. `unfold` turns the low and high bits
    /// of outcomes into bytes. `prefetch` requests an address that will be read soon.
    #[inline(always)]
    pub(super) fn decide(
        self,
        split: impl Fn(&[u8; ROWS], &Codes, &mut [Bits]),
        unfold: impl Fn(u64, u64) -> [u8; 64],
        prefetch: impl Fn(*const u8),
    ) -> Counts {
        let Block { circuit, variables, mut tables, first, masks, values, opened, rows, results, left } =
            self;
        if let Some(all) = masks.first_mut() {
            *all = ALL;
        }
        let mut is_open = circuit.is_always_open;
        for (input, opened) in circuit.inputs.iter().zip(opened) {
            // INVARIANT: a variable that isn't given is unknown in all rows, so it is no input.
            let classes = variables.get(input.variable).unwrap_or(&Classes::Same(UNKNOWN));
            let (own, others) = tables.split_at_checked(input.groups.len()).unwrap_or_default();
            tables = others;
            if let Classes::Coded(Coded { keys: Keys::Bits(bits), .. }) = classes {
                bits.ahead(first).for_each(&prefetch);
            }
            let opens = read(input, classes, own, first, rows, masks, &split);
            *opened |= opens;
            is_open |= opens;
        }
        let allowed = circuit.rows(ALLOWED, masks, values);
        *left = NONE;
        let (mut low, mut high) = (allowed, inverse(&allowed));
        // Without unknown variables a row has one path, so the rows that aren't allowed are denied, and one pass is
        // enough.
        if is_open || circuit.leaves_rows {
            let denied = circuit.rows(DENIED, masks, values);
            let both = both(&allowed, &denied);
            // Tangled paths matter only to rows that reach both effects.
            let tangled = if both == NONE { NONE } else { circuit.rows(TANGLED, masks, values) };
            if circuit.leaves_rows {
                *left = circuit.rows(LEFT, masks, values);
            }
            high = denied;
            let ways = both.iter().zip(tangled.iter()).zip(left.iter_mut());
            for ((low, high), ((both, tangled), left)) in low.iter_mut().zip(high.iter_mut()).zip(ways) {
                // A row that reaches both effects is undecided if its path is tangled, and indeterminate otherwise.
                // Both bits of an outcome are 1 for undecided and 0 for indeterminate.
                let is_indeterminate = both & !tangled;
                *left &= !is_indeterminate;
                *low = *low & !is_indeterminate | *left;
                *high = *high & !is_indeterminate | *left;
            }
        }
        match results {
            Results::Outcomes(outcomes) => bits::write(&low, &high, unfold, outcomes),
            Results::Allowed(allowed) => bits::write_allowed(&low, &high, allowed),
        }
        bits::count(&low, &high, left, rows)
    }
}

/// Computes the masks of a variable. Returns true if it is unknown in some row.
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
    let buffer: [u8; ROWS];
    let bytes = match classes {
        Classes::Each(bytes) | Classes::Coded(Coded { keys: Keys::Bytes(bytes), .. }) => {
            let bytes = bytes.get(first..).unwrap_or_default();
            match bytes.first_chunk() {
                Some(whole) => whole,
                None => {
                    buffer = filled(rows, bytes.iter().copied());
                    &buffer
                }
            }
        }
        Classes::Wide(classes) => {
            let part = |class: &u32| input.parts.get(*class as usize).copied().unwrap_or(UNKNOWN_BYTE);
            buffer = filled(rows, classes.get(first..).unwrap_or_default().iter().map(part));
            &buffer
        }
        // The bits are read below, without bytes.
        Classes::Coded(Coded { keys: Keys::Bits(_), .. }) => &[0; ROWS],
        // INVARIANT: a variable that is the same in all rows is no input.
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

/// Sets the bitmaps to the bits of one of two bytes, chosen by each row's bit.
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

/// Sets the bits of rows without a value to the bits of the byte `null`.
#[inline(always)]
fn pass(valid: &Bits, null: u8, out: &mut [Bits]) {
    for (out, at) in out.iter_mut().zip((0..8).rev()) {
        let null = if null >> at & 1 == 1 { u64::MAX } else { 0 };
        for (out, valid) in out.iter_mut().zip(valid.iter()) {
            *out = *out & valid | null & !valid;
        }
    }
}

/// Returns a block of bytes. Rows for which there is no byte are unknown; bytes behind the rows are zero, so that they
/// don't count as unknown rows.
#[inline(always)]
fn filled(rows: usize, bytes: impl ExactSizeIterator<Item = u8>) -> [u8; ROWS] {
    let (mut buffer, given) = ([0; ROWS], bytes.len());
    for (buffer, byte) in buffer.iter_mut().take(rows).zip(bytes) {
        *buffer = byte;
    }
    if let Some(missing) = buffer.get_mut(given.min(rows)..rows) {
        missing.fill(UNKNOWN_BYTE);
    }
    buffer
}
