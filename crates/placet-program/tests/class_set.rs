//! Compares `ClassSet` with sets of numbers.

use placet_program::ClassSet;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The number of classes. Large enough for several ranges, and for ranges that touch or overlap.
const ARITY: u32 = 40;

/// Generates ranges in any order, empty ones included, with the classes in them.
fn ranges() -> impl Strategy<Value = (Vec<(u32, u32)>, BTreeSet<u32>)> {
    prop::collection::vec((0..=ARITY, 0..=ARITY), 0..8).prop_map(|ranges| {
        let classes = ranges.iter().flat_map(|(first, end)| *first..*end).collect();
        (ranges, classes)
    })
}

fn classes(set: &ClassSet) -> BTreeSet<u32> {
    set.iter().collect()
}

proptest! {
    #[test]
    fn from_ranges_holds_each_class_once((ranges, model) in ranges()) {
        let set = ClassSet::from_ranges(ranges);
        prop_assert!(set.is_valid(ARITY), "{:?}", set);
        prop_assert!(set.iter().is_sorted_by(|one, next| one < next));
        prop_assert_eq!(&classes(&set), &model);
        prop_assert_eq!(&set, &model.iter().copied().collect());
        prop_assert_eq!(set.len() as usize, model.len());
        prop_assert_eq!(set.is_empty(), model.is_empty());
        prop_assert_eq!(set.is_full(ARITY), model.len() == ARITY as usize);
        prop_assert!((0..=ARITY).all(|class| set.contains(class) == model.contains(&class)));
        // A set is valid for a variable exactly if the variable has all of its classes.
        let end = model.last().map_or(0, |last| last + 1);
        prop_assert!((0..=ARITY).all(|arity| set.is_valid(arity) == (arity >= end)));
    }

    #[test]
    fn operations_agree_with_sets_of_numbers((one, a) in ranges(), (other, b) in ranges()) {
        let (one, other) = (ClassSet::from_ranges(one), ClassSet::from_ranges(other));
        for (set, model) in [
            (one.union(&other), &a | &b),
            (one.intersection(&other), &a & &b),
            (one.complement(ARITY), &(0..ARITY).collect() - &a),
        ] {
            prop_assert!(set.is_valid(ARITY), "{:?}", set);
            prop_assert_eq!(classes(&set), model);
        }
        prop_assert_eq!(one.is_subset(&other), a.is_subset(&b));
        prop_assert_eq!(one.intersects(&other), !a.is_disjoint(&b));
    }
}
