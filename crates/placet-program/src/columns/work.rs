//! A block of rows, decided by whatever vectors the processor has.

use crate::columns::bits::{self, Bits, NONE, ROWS, both};
use crate::columns::circuit::{ALLOWED, Circuit, DENIED, Input, LEFT, TANGLED};
use crate::columns::codes::Codes;
use crate::columns::{Classes, End, OPEN_BYTE};

/// What vectors are for.
pub(super) enum Work<'a> {
    /// Decides a block of rows.
    Block(Block<'a>),
    /// Looks up codes.
    Codes(&'a [u8], &'a Codes, &'a mut [u8]),
}

/// A block of rows, and room for its bitmaps.
pub(super) struct Block<'a> {
    pub(super) circuit: &'a Circuit,
    pub(super) variables: &'a [Classes<'a>],
    /// The first row.
    pub(super) first: usize,
    pub(super) masks: &'a mut [Bits],
    pub(super) values: &'a mut [Bits],
    /// The ends of its rows.
    pub(super) ends: &'a mut [End],
    /// The rows that the diagram leaves to the bitmaps of rules.
    pub(super) left: &'a mut Bits,
}

impl Work<'_> {
    /// Does it by the widest vectors that there are.
    pub(super) fn run(self) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            #[allow(unsafe_code, reason = "the one call to what is compiled for newer processors")]
            // SAFETY: the processor has AVX2, all that the function needs.
            return unsafe { super::avx2::run(self) };
        }
        self.run_portably();
    }

    /// Does it on any processor.
    pub(super) fn run_portably(self) {
        match self {
            Work::Block(block) => block.decide(bits::split),
            Work::Codes(bytes, codes, out) => bits::look_up(bytes, codes, out),
        }
    }
}

impl Block<'_> {
    /// Decides the rows; `split` makes bitmaps of bytes.
    #[inline(always)]
    pub(super) fn decide(self, split: impl Fn(&[u8; ROWS], &Codes, &mut [Bits])) {
        let Block { circuit, variables, first, masks, values, ends, left } = self;
        if let Some(all) = masks.first_mut() {
            *all = [u64::MAX; _];
        }
        let mut is_open = circuit.is_always_open;
        for input in &circuit.inputs {
            // INVARIANT: of a variable that is not given, the class is the same for all rows: open.
            let Some(classes) = variables.get(input.variable) else { continue };
            is_open |= read(input, classes, first, ends.len(), masks, &split);
        }
        let allowed = circuit.rows(ALLOWED, masks, values);
        *left = NONE;
        if !is_open && !circuit.leaves_rows {
            bits::write(&allowed, None, ends);
            return;
        }
        let denied = circuit.rows(DENIED, masks, values);
        let mut high = both(&allowed, &denied);
        let mut low: Bits = allowed;
        let tangled = if high == NONE { NONE } else { circuit.rows(TANGLED, masks, values) };
        // A row with both ends is undecided where it is tangled, and indeterminate otherwise.
        for ((low, high), tangled) in low.iter_mut().zip(&high).zip(&tangled) {
            *low &= !high | tangled;
        }
        if circuit.leaves_rows {
            *left = circuit.rows(LEFT, masks, values);
            for ((left, low), high) in left.iter_mut().zip(&mut low).zip(&mut high) {
                *left &= !*high | *low;
                (*low, *high) = (*low | *left, *high | *left);
            }
        }
        bits::write(&low, Some(&high), ends);
    }
}

/// Makes the masks of a variable; whether a row leaves it open.
#[inline(always)]
fn read(
    input: &Input,
    classes: &Classes<'_>,
    first: usize,
    rows: usize,
    masks: &mut [Bits],
    split: &impl Fn(&[u8; ROWS], &Codes, &mut [Bits]),
) -> bool {
    let mut room = [0; ROWS];
    let (bytes, are_parts) = match classes {
        Classes::Each(classes) => {
            let classes = classes.get(first..).unwrap_or_default();
            let whole = classes.first_chunk();
            (whole.unwrap_or_else(|| fill(&mut room, rows, classes.iter().copied())), false)
        }
        Classes::Wide(classes) => {
            let part = |class: &u32| input.parts.get(*class as usize).copied().unwrap_or(OPEN_BYTE);
            let classes = classes.get(first..).unwrap_or_default();
            (fill(&mut room, rows, classes.iter().map(part)), true)
        }
        // INVARIANT: what is the same for all rows is no input.
        Classes::Same(_) => return true,
    };
    for group in &input.groups {
        if let Some(masks) = masks.get_mut(group.masks.clone()) {
            split(bytes, if are_parts { &group.of_parts } else { &group.of_classes }, masks);
        }
    }
    let open = masks.get(input.open).copied().unwrap_or(NONE);
    for derived in &input.derived {
        let mut sum = NONE;
        for mask in derived.of.iter().filter_map(|mask| masks.get(*mask)) {
            for (sum, mask) in sum.iter_mut().zip(mask) {
                *sum |= mask;
            }
        }
        if derived.is_inverse {
            for (sum, open) in sum.iter_mut().zip(&open) {
                *sum = !*sum | open;
            }
        }
        if let Some(mask) = masks.get_mut(derived.mask) {
            *mask = sum;
        }
    }
    open != NONE
}

/// Fills a block with bytes, with one that says open for rows that there are not among them, and with zeros behind.
fn fill(room: &mut [u8; ROWS], rows: usize, bytes: impl ExactSizeIterator<Item = u8>) -> &[u8; ROWS] {
    let given = bytes.len();
    for (room, byte) in room.iter_mut().take(rows).zip(bytes) {
        *room = byte;
    }
    if let Some(missing) = room.get_mut(given.min(rows)..rows) {
        missing.fill(OPEN_BYTE);
    }
    room
}
