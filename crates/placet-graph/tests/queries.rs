//! Counts, witnesses and regions, compared with enumeration.

mod common;

use common::tables;
use placet_graph::{Budget, Diagrams, NodeId, Region};
use proptest::collection::vec;
use proptest::prelude::*;

fn contains(region: &Region, classes: &[u32]) -> bool {
    region.edges.iter().all(|(level, ranges)| {
        ranges.iter().any(|&(first, end)| (first..end).contains(&classes[*level as usize]))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn count_matches_enumeration((space, tables) in tables(1, 4), weights in vec(vec(0u64..9, 5), 5), accepted in vec(any::<bool>(), 4)) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        let weight = |level: u32, class: u32| weights[level as usize][class as usize];
        let expected: u128 = space
            .assignments()
            .iter()
            .zip(&tables[0])
            .filter(|(_, value)| accepted[**value as usize])
            .map(|(classes, _)| (0..).zip(classes).map(|(level, &class)| u128::from(weight(level, class))).product::<u128>())
            .sum();
        prop_assert_eq!(diagrams.count(f, weight, |value| accepted[value as usize]), expected);
    }

    #[test]
    fn witness_is_accepted_and_cheapest((space, tables) in tables(1, 4), costs in vec(vec(0u64..9, 5), 5), accepted in vec(any::<bool>(), 4)) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        let cost = |level: u32, class: u32| costs[level as usize][class as usize];
        let accept = |value: u32| accepted[value as usize];
        let found = diagrams.witness(f, accept, cost);
        prop_assert_eq!(found.is_some(), tables[0].iter().any(|&value| accept(value)));

        if let Some(path) = found {
            // The value is accepted whatever the free levels are, and no other path is cheaper.
            let on_path = |classes: &Vec<u32>| path.iter().all(|&(level, class)| classes[level as usize] == class);
            for (classes, &value) in space.assignments().iter().zip(&tables[0]) {
                prop_assert!(!on_path(classes) || accept(value));
            }
            let total: u64 = path.iter().map(|&(level, class)| cost(level, class)).sum();
            let cheapest = |region: Region| -> u64 {
                let least = |(level, ranges): &(u32, Vec<(u32, u32)>)| {
                    ranges.iter().flat_map(|&(first, end)| first..end).map(|class| cost(*level, class)).min().unwrap()
                };
                region.edges.iter().map(least).sum()
            };
            prop_assert_eq!(Some(total), diagrams.regions(f, accept).map(cheapest).min());
        }
    }

    #[test]
    fn regions_are_disjoint_and_complete((space, tables) in tables(1, 4), accepted in vec(any::<bool>(), 4)) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        let regions: Vec<Region> = diagrams.regions(f, |value| accepted[value as usize]).collect();
        for (classes, &value) in space.assignments().iter().zip(&tables[0]) {
            let inside: Vec<&Region> = regions.iter().filter(|region| contains(region, classes)).collect();
            prop_assert_eq!(inside.len(), usize::from(accepted[value as usize]));
            prop_assert!(inside.iter().all(|region| region.terminal == value));
        }
    }

    #[test]
    fn support_lists_the_levels_that_matter((space, tables) in tables(1, 3)) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        let support = diagrams.support(f);
        prop_assert!(support.is_sorted());
        for level in 0..diagrams.levels() {
            let depends = (0..diagrams.arity(level))
                .map(|class| diagrams.restrict(f, &|l| (l == level).then_some(class)).unwrap())
                .any(|cofactor| cofactor != f);
            prop_assert_eq!(support.contains(&level), depends);
        }
        prop_assert!(diagrams.size(&[f]).depth <= support.len());
    }
}

#[test]
fn size_counts_shared_nodes_once() {
    let mut diagrams = Diagrams::new(vec![4, 4, 4], Budget::default());
    let low = diagrams.test(2, [(1, 2)]).unwrap();
    let middle = diagrams.test(1, [(0, 1)]).unwrap();
    let both = diagrams.and(low, middle).unwrap();
    let size = diagrams.size(&[both, low]);
    assert_eq!((size.nodes, size.runs, size.depth), (2, 5, 2));
    assert_eq!(diagrams.size(&[NodeId::TRUE]).nodes, 0);
}

#[test]
fn count_saturates() {
    let diagrams = Diagrams::new(vec![4; 70], Budget::default());
    assert_eq!(diagrams.count(NodeId::TRUE, |_, _| 1, |_| true), u128::MAX);
    assert_eq!(diagrams.count(NodeId::TRUE, |level, _| u64::from(level != 69), |_| true), 0);
    let diagrams = Diagrams::new(vec![2; 100], Budget::default());
    assert_eq!(diagrams.count(NodeId::TRUE, |_, _| 1, |_| true), 1 << 100);
}

#[test]
fn queries_accept_constants() {
    let diagrams = Diagrams::new(vec![3], Budget::default());
    assert_eq!(diagrams.witness(NodeId::TRUE, |value| value == 1, |_, _| 0), Some(vec![]));
    assert_eq!(diagrams.witness(NodeId::FALSE, |value| value == 1, |_, _| 0), None);
    assert_eq!(diagrams.regions(NodeId::terminal(7), |_| true).count(), 1);
    assert_eq!(diagrams.regions(NodeId::terminal(7), |_| false).count(), 0);
}
