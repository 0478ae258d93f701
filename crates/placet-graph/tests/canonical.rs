//! Equal functions have equal ids, however they are built.

mod common;

use common::{Space, tables};
use placet_graph::{Diagrams, NodeId};
use proptest::prelude::*;

/// Builds a table as the disjunction of the assignments where it is 1.
fn by_minterms(space: &Space, diagrams: &mut Diagrams, table: &[u32]) -> NodeId {
    let mut minterms = Vec::new();
    for (classes, _) in space.assignments().iter().zip(table).filter(|(_, value)| **value == 1) {
        let tests: Vec<NodeId> = (0..)
            .zip(classes)
            .map(|(level, &class)| diagrams.test(level, [(class, class + 1)]).unwrap())
            .collect();
        minterms.push(diagrams.all(tests).unwrap());
    }
    diagrams.any(minterms).unwrap()
}

/// Checks that nodes are reduced: at least two runs, different neighbours, ends up to the arity, lower children.
fn assert_reduced(diagrams: &Diagrams, f: NodeId) {
    let Some(level) = diagrams.level(f) else { return };
    let runs = diagrams.runs(f);
    assert!(runs.len() >= 2);
    assert!(runs.windows(2).all(|pair| pair[0].end < pair[1].end && pair[0].child != pair[1].child));
    assert_eq!(runs.last().unwrap().end, diagrams.arity(level));
    for run in runs {
        assert!(diagrams.level(run.child).is_none_or(|below| below > level));
        assert!(run.child.is_terminal() || run.child < f);
        assert_reduced(diagrams, run.child);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn functions_built_in_two_ways_have_equal_ids((space, tables) in tables(1, 2)) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        assert_reduced(&diagrams, f);
        prop_assert_eq!(by_minterms(&space, &mut diagrams, &tables[0]), f);
    }

    #[test]
    fn logical_laws_hold_as_equal_ids((space, tables) in tables(3, 2)) {
        let mut d = space.diagrams();
        let [f, g, h] = [0, 1, 2].map(|i| space.build(&mut d, &tables[i]));

        // De Morgan.
        let (not_f, not_g, both) = (d.not(f)?, d.not(g)?, d.and(f, g)?);
        prop_assert_eq!(d.or(not_f, not_g)?, d.not(both)?);
        prop_assert_eq!(d.not(not_f)?, f);

        // Distribution.
        let (either, both_f) = (d.or(g, h)?, d.and(f, h)?);
        prop_assert_eq!(d.and(f, either)?, d.or(both, both_f)?);

        // Difference, absorption, case split.
        prop_assert_eq!(d.difference(f, g)?, d.and(f, not_g)?);
        prop_assert_eq!(d.or(f, both)?, f);
        let (then, otherwise) = (d.and(f, g)?, d.difference(h, f)?);
        prop_assert_eq!(d.if_then_else(f, g, h)?, d.or(then, otherwise)?);

        // Quantifiers are dual.
        let every = d.forall(f, 0)?;
        let counterexample = d.exists(not_f, 0)?;
        prop_assert_eq!(every, d.not(counterexample)?);
    }

    #[test]
    fn fold_gives_the_same_id_in_any_order(
        ((space, tables), shuffle) in (tables(9, 2), Just((0..9usize).collect::<Vec<_>>()).prop_shuffle())
    ) {
        let mut diagrams = space.diagrams();
        let functions: Vec<NodeId> = tables.iter().map(|table| space.build(&mut diagrams, table)).collect();
        let shuffled: Vec<NodeId> = shuffle.iter().map(|&i| functions[i]).collect();
        let mut one_by_one = NodeId::FALSE;
        for &f in &shuffled {
            one_by_one = diagrams.or(one_by_one, f)?;
        }
        prop_assert_eq!(diagrams.any(functions.clone())?, one_by_one);
        prop_assert_eq!(diagrams.any(shuffled.clone())?, one_by_one);
        prop_assert_eq!(diagrams.fold(&placet_graph::Or, shuffled, NodeId::FALSE)?, one_by_one);
    }

    #[test]
    fn repeated_calls_use_the_same_budget((space, tables) in tables(4, 2)) {
        let run = || {
            let mut diagrams = space.diagrams();
            let functions: Vec<NodeId> = tables.iter().map(|table| space.build(&mut diagrams, table)).collect();
            (diagrams.any(functions.clone()), diagrams.all(functions), diagrams.used())
        };
        prop_assert_eq!(run(), run());
    }
}
