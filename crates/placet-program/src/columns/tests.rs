//! Compares the masks of each instruction set with the classes of the rows.

use super::bits::{Bits, NONE, ROWS};
use super::circuit::{Circuit, Derived, Input};
use super::codes::{By, Table};
use super::work::{Block, Way, ways};
use super::{Bitmap, Classes, Coded, Keys, Results, RowOutcome};
use crate::class_set::ClassSet;

/// Returns a generator of pseudo-random numbers below a bound (Knuth's MMIX generator).
fn numbers() -> impl FnMut(u64) -> u64 {
    let mut state = 1_u64;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    }
}

#[test]
fn masks_match_class_membership_on_each_instruction_set() {
    let mut next = numbers();
    for arity in [1_u32, 2, 3, 8, 16, 17, 40, 200, 255] {
        for sets in [1, 2, 6, 7, 8, 20] {
            let sets: Vec<ClassSet> =
                (0..sets).map(|_| (0..arity).filter(|_| next(2) == 0).collect()).collect();
            let Some(mut input) = Input::new(0, arity, &sets, 1) else { panic!("{arity} classes") };
            let masks = input.groups.iter().map(|group| group.masks.end).max().unwrap_or_default();
            input.derived.push(Derived { of: vec![2], is_inverse: true, mask: masks });
            let circuit = Circuit::of_inputs(vec![input], masks + 1);
            for rows in [1, 63, 64, 65, ROWS - 1, ROWS] {
                let odd = if next(2) == 0 { u64::from(arity) } else { 256 };
                let classes: Vec<u8> = (0..rows).map(|_| next(odd) as u8).collect();
                let wide: Vec<u32> = classes.iter().map(|class| u32::from(*class)).collect();
                for variables in [[Classes::Each(&classes)], [Classes::Wide(&wide)]] {
                    check(&circuit, &sets, arity, rows, &variables, |row| classes[row]);
                }
                // Keys with classes of their own, as bytes and as bits.
                let by_key: [u8; 256] = std::array::from_fn(|_| next(odd) as u8);
                let bits: Vec<u8> = (0..rows / 8 + 4).map(|_| next(256) as u8).collect();
                let (at, null) = (next(16) as usize, next(odd) as u8);
                let bit = |row: usize| bits[(at + row) / 8] >> ((at + row) % 8) & 1 == 1;
                let valid: Vec<u8> = (0..rows / 8 + 4).map(|_| next(256) as u8).collect();
                let is_valid = |row: usize| valid[(at + 3 + row) / 8] >> ((at + 3 + row) % 8) & 1 == 1;
                for nulls in [None, Some((Bitmap::new(&valid, at + 3, rows), null))] {
                    let value = |row: usize, key: u8| match nulls {
                        Some(_) if !is_valid(row) => null,
                        _ => by_key[usize::from(key)],
                    };
                    let coded = |keys| [Classes::Coded(Coded { keys, classes: &by_key, nulls })];
                    let bytes = coded(Keys::Bytes(&classes));
                    check(&circuit, &sets, arity, rows, &bytes, |row| value(row, classes[row]));
                    let truths = coded(Keys::Bits(Bitmap::new(&bits, at, rows)));
                    check(&circuit, &sets, arity, rows, &truths, |row| value(row, bit(row).into()));
                }
            }
        }
    }
}

/// Checks that the masks, on each instruction set, hold the rows whose class is in the set.
fn check(
    circuit: &Circuit,
    sets: &[ClassSet],
    arity: u32,
    rows: usize,
    variables: &[Classes<'_>],
    class: impl Fn(usize) -> u8,
) {
    for way in ways() {
        let masks = masks_of(circuit, variables, rows, way);
        let is = |mask: usize, row: usize| masks[mask][row / 64] >> (row % 64) & 1 == 1;
        for row in 0..rows {
            let class = class(row);
            // A class that the variable doesn't have is unknown, in whichever form the row gives it.
            let known = variables.first().and_then(|classes| classes.get(row)).filter(|class| *class < arity);
            assert_eq!(known, (u32::from(class) < arity).then_some(u32::from(class)));
            let (class, is_open) = (u32::from(class), u32::from(class) >= arity);
            assert_eq!(is(1, row), is_open, "{arity} classes, {class}");
            let set_masks: Vec<usize> = circuit.inputs.iter().flat_map(Input::set_masks).collect();
            for (set, mask) in sets.iter().zip(set_masks) {
                assert_eq!(is(mask, row), is_open || set.contains(class));
            }
            let inverse = is_open || sets.first().is_none_or(|set| !set.contains(class));
            assert_eq!(is(circuit.masks - 1, row), inverse);
        }
    }
}

fn masks_of(circuit: &Circuit, variables: &[Classes<'_>], rows: usize, way: Way) -> Vec<Bits> {
    let (mut masks, mut values) = (vec![NONE; circuit.masks], vec![NONE; circuit.values()]);
    let mut outcomes = vec![RowOutcome::Undecided; rows];
    let masks_in = masks.as_mut_slice();
    let (mut left, mut opened) = (NONE, vec![false; circuit.inputs.len()]);
    let groups =
        circuit.inputs.iter().flat_map(|input| input.groups.iter().map(|group| (group, input.variable)));
    let tables: Vec<Table> =
        groups.map(|(group, variable)| Table::new(group, By::new(variables.get(variable)))).collect();
    let block = Block {
        circuit,
        variables,
        tables: &tables,
        first: 0,
        masks: masks_in,
        values: values.as_mut_slice(),
        opened: &mut opened,
        rows,
        results: Results::Outcomes(&mut outcomes),
        left: &mut left,
    };
    block.run_by(way);
    masks
}
