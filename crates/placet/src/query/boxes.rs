//! Joins the points of a grid to boxes: products of sets of coordinates.
//!
//! Along one axis, coordinates behind which a colour has the same boxes are joined. This is how an ordered decision diagram
//! shares nodes, so the boxes are disjoint. Different orders of the axes give different boxes; the fewest are taken.

use placet_model::BitSet;
use std::collections::{BTreeMap, HashMap};

/// The number of axes up to which every order is tried.
const MAX_ORDERED: usize = 3;
/// The number of points up to which several orders are tried.
const MAX_POINTS: usize = 1 << 14;

/// A product of sets of coordinates, one set for each axis.
pub(super) type Product = Vec<BitSet>;

/// Returns boxes that together hold exactly the points of each colour. `colour` returns the colour of the point with an
/// index: the coordinates weighted by the products of the later axes' lengths. Points without a colour are in no box.
///
/// Cost: a few operations for each point, and for each order that is tried.
pub(super) fn boxes(lengths: &[u32], colour: &impl Fn(usize) -> Option<u32>) -> Vec<(u32, Product)> {
    let points: usize = lengths.iter().map(|length| *length as usize).product();
    let given: Vec<usize> = (0..lengths.len()).collect();
    let orders = match lengths.len() {
        0 | 1 => vec![given],
        _ if points > MAX_POINTS => vec![given],
        count if count > MAX_ORDERED => vec![given.clone(), given.into_iter().rev().collect()],
        _ => orders(&given),
    };
    // Colours are independent of each other, so each takes its best order.
    let mut best: BTreeMap<u32, Vec<Product>> = BTreeMap::new();
    for order in &orders {
        for (colour, found) in split(lengths, order, 0, colour) {
            let found: Vec<Product> = found.into_iter().map(|parts| in_order(order, parts)).collect();
            match best.get_mut(&colour) {
                Some(known) if known.len() <= found.len() => {}
                _ => drop(best.insert(colour, found)),
            }
        }
    }
    let all = best.into_iter().flat_map(|(colour, boxes)| boxes.into_iter().map(move |one| (colour, one)));
    let mut all: Vec<(u32, Product)> = all.collect();
    let first = |one: &Product| one.iter().map(|set| set.iter().next()).collect::<Vec<_>>();
    all.sort_by_cached_key(|(_, one)| first(one));
    all
}

/// Returns the boxes of each colour below some coordinates, over the axes left in `order`.
fn split(
    lengths: &[u32],
    order: &[usize],
    offset: usize,
    colour: &impl Fn(usize) -> Option<u32>,
) -> BTreeMap<u32, Vec<Product>> {
    let Some((axis, rest)) = order.split_first() else {
        return colour(offset).map(|colour| (colour, vec![Vec::new()])).into_iter().collect();
    };
    let length = lengths.get(*axis).copied().unwrap_or_default();
    let stride: usize = lengths.iter().skip(axis + 1).map(|length| *length as usize).product();
    if rest.is_empty() {
        // Most of the work is here, so nothing is allocated for a single point.
        let mut sets: BTreeMap<u32, BitSet> = BTreeMap::new();
        for coordinate in 0..length {
            if let Some(colour) = colour(offset + coordinate as usize * stride) {
                sets.entry(colour).or_insert_with(|| BitSet::empty(length)).insert(coordinate);
            }
        }
        return sets.into_iter().map(|(colour, set)| (colour, vec![vec![set]])).collect();
    }
    let mut joined: HashMap<(u32, Vec<Product>), BitSet> = HashMap::new();
    for coordinate in 0..length {
        for below in split(lengths, rest, offset + coordinate as usize * stride, colour) {
            joined.entry(below).or_insert_with(|| BitSet::empty(length)).insert(coordinate);
        }
    }
    let mut out: BTreeMap<u32, Vec<Product>> = BTreeMap::new();
    for ((colour, below), set) in joined {
        let with =
            below.into_iter().map(|parts| std::iter::once(set.clone()).chain(parts).collect::<Product>());
        out.entry(colour).or_default().extend(with);
    }
    // A canonical order, so that equal sets of boxes are equal.
    out.values_mut().for_each(|boxes| boxes.sort_unstable());
    out
}

/// Brings the sets of a box from the order of a split into that of the axes.
fn in_order(order: &[usize], parts: Product) -> Product {
    let mut numbered: Vec<(usize, BitSet)> = order.iter().copied().zip(parts).collect();
    numbered.sort_by_key(|(axis, _)| *axis);
    numbered.into_iter().map(|(_, set)| set).collect()
}

fn orders(axes: &[usize]) -> Vec<Vec<usize>> {
    match axes {
        [] => vec![Vec::new()],
        _ => axes
            .iter()
            .flat_map(|first| {
                let rest: Vec<usize> = axes.iter().copied().filter(|axis| axis != first).collect();
                orders(&rest).into_iter().map(|tail| std::iter::once(*first).chain(tail).collect())
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(one: &Product, point: &[u32]) -> bool {
        one.iter().zip(point).all(|(set, coordinate)| set.contains(*coordinate))
    }

    #[test]
    fn boxes_hold_each_point_once() {
        let lengths = [3, 4, 2];
        for seed in 0..200_u64 {
            let colour = |index: usize| {
                let mixed = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ seed.wrapping_mul(977));
                let colour = (mixed >> 40) as u32 % 4;
                (colour < 3).then_some(colour)
            };
            let all = boxes(&lengths, &colour);
            for a in 0..3 {
                for b in 0..4 {
                    for c in 0..2 {
                        let index = (a * 4 + b) * 2 + c;
                        let found: Vec<u32> = all
                            .iter()
                            .filter(|(_, one)| is_in(one, &[a, b, c]))
                            .map(|(colour, _)| *colour)
                            .collect();
                        assert_eq!(found, colour(index as usize).into_iter().collect::<Vec<u32>>());
                    }
                }
            }
        }
    }

    #[test]
    fn boxes_of_a_product_are_one() {
        let inside = |index: usize| Some(u32::from(index / 4 >= 1 && index % 4 < 2));
        let all = boxes(&[3, 4], &inside);
        let of = |wanted: u32| all.iter().filter(|(colour, _)| *colour == wanted).count();
        assert_eq!((of(1), of(0)), (1, 2));
    }
}
