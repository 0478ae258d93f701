//! Vectors against the portable code.

use super::bits::{Bits, NONE, ROWS};
use super::circuit::{Circuit, Derived, Input};
use super::codes::Codes;
use super::work::{Block, Work};
use super::{Classes, End};
use crate::class_set::ClassSet;

/// A plain sequence of numbers (Knuth's MMIX generator).
fn numbers() -> impl FnMut(u64) -> u64 {
    let mut state = 1_u64;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    }
}

#[test]
fn codes_are_looked_up_alike() {
    let mut next = numbers();
    for known in [0, 1, 2, 15, 16, 17, 31, 33, 64, 100, 250, 255, 256] {
        let mut table = [next(256) as u8; 256];
        table[..known].fill_with(|| next(256) as u8);
        let codes: Vec<u8> = (0..1_000).map(|_| next(256) as u8).collect();
        for rows in [0, 1, 31, 32, 33, 64, 999, 1_000] {
            let expected: Vec<u8> = codes[..rows].iter().map(|code| table[usize::from(*code)]).collect();
            let mut out = vec![0; rows];
            super::lookup(&codes[..rows], &table, &mut out);
            assert_eq!(out, expected, "{known} codes, {rows} rows");
            Work::Codes(&codes[..rows], &Codes::new(&table), &mut out).run_portably();
            assert_eq!(out, expected, "{known} codes, {rows} rows, portably");
        }
    }
    // What there is no room for is left out.
    let mut out = [0; 3];
    super::lookup(&[5; 100], &[7; 256], &mut out);
    assert_eq!(out, [7; 3]);
}

#[test]
fn bitmaps_hold_the_rows_of_their_classes() {
    let mut next = numbers();
    for arity in [1_u32, 2, 3, 8, 16, 17, 40, 200, 255] {
        for sets in [1, 2, 6, 7, 8, 20] {
            let sets: Vec<ClassSet> =
                (0..sets).map(|_| (0..arity).filter(|_| next(2) == 0).collect()).collect();
            let Some(mut input) = Input::new(0, arity, &sets, 1) else { panic!("{arity} classes") };
            let masks = input.groups.iter().map(|group| group.masks.end).max().unwrap_or_default();
            input.derived.push(Derived { of: vec![2], is_inverse: true, mask: masks });
            let masks_of_sets: Vec<usize> = input.set_masks().collect();
            let circuit = Circuit::of_inputs(vec![input], masks + 1);
            for rows in [1, 63, 64, 65, ROWS - 1, ROWS] {
                let odd = if next(2) == 0 { u64::from(arity) } else { 256 };
                let classes: Vec<u8> = (0..rows).map(|_| next(odd) as u8).collect();
                let wide: Vec<u32> = classes.iter().map(|class| u32::from(*class)).collect();
                for variables in [[Classes::Each(&classes)], [Classes::Wide(&wide)]] {
                    for is_portable in [false, true] {
                        let masks = masks_of(&circuit, &variables, rows, is_portable);
                        let is = |mask: usize, row: usize| masks[mask][row / 64] >> (row % 64) & 1 == 1;
                        for (row, class) in wide.iter().enumerate() {
                            let is_open = *class >= arity;
                            assert_eq!(is(1, row), is_open, "{arity} classes, {class}");
                            for (set, mask) in sets.iter().zip(&masks_of_sets) {
                                assert_eq!(is(*mask, row), is_open || set.contains(*class));
                            }
                            let inverse = is_open || sets.first().is_none_or(|set| !set.contains(*class));
                            assert_eq!(is(circuit.masks - 1, row), inverse);
                        }
                    }
                }
            }
        }
    }
}

fn masks_of(circuit: &Circuit, variables: &[Classes<'_>], rows: usize, is_portable: bool) -> Vec<Bits> {
    let (mut masks, mut values) = (vec![NONE; circuit.masks], vec![NONE; circuit.values()]);
    let mut ends = vec![End::Undecided; rows];
    let (masks_in, ends) = (masks.as_mut_slice(), ends.as_mut_slice());
    let mut left = NONE;
    let work = Work::Block(Block {
        circuit,
        variables,
        first: 0,
        masks: masks_in,
        values: values.as_mut_slice(),
        ends,
        left: &mut left,
    });
    if is_portable {
        work.run_portably()
    } else {
        work.run()
    }
    masks
}
