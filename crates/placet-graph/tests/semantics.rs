//! Every operation, compared with truth tables.

mod common;

use common::{Space, tables};
use placet_graph::{Budget, Diagrams, NodeId, Or, Run};
use proptest::collection::vec;
use proptest::prelude::*;

fn zip(f: &[u32], g: &[u32], combine: impl Fn(u32, u32) -> u32) -> Vec<u32> {
    f.iter().zip(g).map(|(&f, &g)| combine(f, g)).collect()
}

/// Tabulates a function over all assignments.
fn tabulate(space: &Space, value: impl Fn(&[u32]) -> u32) -> Vec<u32> {
    space.assignments().iter().map(|classes| value(classes)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn logical_operations_match_truth_tables((space, tables) in tables(2, 2)) {
        let mut diagrams = space.diagrams();
        let [f, g] = [0, 1].map(|i| space.build(&mut diagrams, &tables[i]));
        let results = [
            (diagrams.and(f, g)?, zip(&tables[0], &tables[1], |f, g| f & g)),
            (diagrams.or(f, g)?, zip(&tables[0], &tables[1], |f, g| f | g)),
            (diagrams.difference(f, g)?, zip(&tables[0], &tables[1], |f, g| f & (1 - g))),
            (diagrams.not(f)?, zip(&tables[0], &tables[1], |f, _| 1 - f)),
        ];
        for (result, table) in results {
            prop_assert_eq!(space.table(&diagrams, result), &table[..]);
            prop_assert_eq!(space.build(&mut diagrams, &table), result);
        }
    }

    #[test]
    fn operations_match_tables_with_many_terminals((space, tables) in tables(3, 4)) {
        let mut diagrams = space.diagrams();
        let [f, g, h] = [0, 1, 2].map(|i| space.build(&mut diagrams, &tables[i]));
        let result = diagrams.apply(&|f: u32, g: u32| 5 * f + g, f, g)?;
        let table = zip(&tables[0], &tables[1], |f, g| 5 * f + g);
        prop_assert_eq!(space.build(&mut diagrams, &table), result);

        // Another closure must not see the first one's cached results.
        let result = diagrams.apply(&|f: u32, g: u32| f.abs_diff(g), f, g)?;
        let table = zip(&tables[0], &tables[1], u32::abs_diff);
        prop_assert_eq!(space.build(&mut diagrams, &table), result);

        let result = diagrams.map(f, |value| value / 2)?;
        let table: Vec<u32> = tables[0].iter().map(|value| value / 2).collect();
        prop_assert_eq!(space.build(&mut diagrams, &table), result);

        let result = diagrams.if_then_else(f, g, h)?;
        let chosen = zip(&tables[1], &tables[2], |g, h| 10 * g + h);
        let table = zip(&tables[0], &chosen, |f, gh| if f > 0 { gh / 10 } else { gh % 10 });
        prop_assert_eq!(space.build(&mut diagrams, &table), result);
    }

    #[test]
    fn folds_match_truth_tables((space, tables) in tables(7, 2), multi in vec(0u32..1000, 7)) {
        let mut diagrams = space.diagrams();
        let functions: Vec<NodeId> = tables.iter().map(|table| space.build(&mut diagrams, table)).collect();
        let transposed = |cell: usize| tables.iter().map(move |table| table[cell]);
        let cells = tables[0].len();

        let any: Vec<u32> = (0..cells).map(|cell| transposed(cell).max().unwrap()).collect();
        prop_assert_eq!(diagrams.any(functions.iter().copied())?, space.build(&mut diagrams, &any));
        let all: Vec<u32> = (0..cells).map(|cell| transposed(cell).min().unwrap()).collect();
        prop_assert_eq!(diagrams.all(functions.iter().copied())?, space.build(&mut diagrams, &all));

        // First match is not commutative, so the order must be kept.
        let mut rules = Vec::new();
        for (&f, &value) in functions.iter().zip(&multi) {
            rules.push(diagrams.map(f, |hit| hit * (value + 1))?);
        }
        let first = diagrams.fold(&|f: u32, g: u32| if f > 0 { f } else { g }, rules, NodeId::FALSE)?;
        let table: Vec<u32> = (0..cells)
            .map(|cell| transposed(cell).zip(&multi).find(|(hit, _)| *hit == 1).map_or(0, |(_, value)| value + 1))
            .collect();
        prop_assert_eq!(first, space.build(&mut diagrams, &table));
    }

    #[test]
    fn restrict_fixes_classes((space, tables) in tables(1, 3), fixed in vec(proptest::option::of(0u32..5), 5)) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        let fixed = |level: u32| fixed[level as usize].map(|class| class % space.0[level as usize]);
        let result = diagrams.restrict(f, &fixed)?;
        let table = tabulate(&space, |classes| {
            let classes: Vec<u32> = (0..).zip(classes).map(|(level, &c)| fixed(level).unwrap_or(c)).collect();
            diagrams.evaluate(f, &classes)
        });
        prop_assert_eq!(space.build(&mut diagrams, &table), result);
        prop_assert!(diagrams.support(result).iter().all(|&level| fixed(level).is_none()));
    }

    #[test]
    fn narrow_agrees_where_allowed((space, tables) in tables(1, 3), allowed in vec(vec(any::<bool>(), 5), 5)) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        let lists: Vec<Vec<(u32, u32)>> = allowed
            .iter()
            .zip(&space.0)
            .map(|(allowed, &arity)| (0..arity).filter(|&c| allowed[c as usize]).map(|c| (c, c + 1)).collect())
            .collect();
        let narrow = diagrams.narrow(f, |level| lists.get(level as usize).map(|list| &list[..]))?;
        let table = tabulate(&space, |classes| {
            let nearest = |(&class, list): (&u32, &Vec<(u32, u32)>)| {
                let before = list.iter().rev().find(|range| range.0 <= class);
                before.or(list.first()).map_or(class, |range| range.0)
            };
            let classes: Vec<u32> = classes.iter().zip(&lists).map(nearest).collect();
            diagrams.evaluate(f, &classes)
        });
        prop_assert_eq!(space.build(&mut diagrams, &table), narrow);
        let (before, after) = (diagrams.size(&[f]), diagrams.size(&[narrow]));
        prop_assert!(after.nodes <= before.nodes && after.runs <= before.runs);
    }

    #[test]
    fn quantifiers_match_truth_tables((space, tables) in tables(1, 2), level in 0u32..5) {
        let mut diagrams = space.diagrams();
        let f = space.build(&mut diagrams, &tables[0]);
        let arity = diagrams.arity(level);
        let values = |classes: &[u32]| -> Vec<u32> {
            let mut classes = classes.to_vec();
            (0..arity)
                .map(|class| {
                    if let Some(place) = classes.get_mut(level as usize) {
                        *place = class;
                    }
                    diagrams.evaluate(f, &classes)
                })
                .collect()
        };
        let some = tabulate(&space, |classes| values(classes).into_iter().max().unwrap());
        let every = tabulate(&space, |classes| values(classes).into_iter().min().unwrap());
        prop_assert_eq!(diagrams.exists(f, level)?, space.build(&mut diagrams, &some));
        prop_assert_eq!(diagrams.forall(f, level)?, space.build(&mut diagrams, &every));
        let through_or = diagrams.quantify(&Or, f, level)?;
        prop_assert!(!diagrams.support(through_or).contains(&level));
    }

    #[test]
    fn transfer_keeps_the_function((space, tables) in tables(2, 3), shuffle in Just(vec![0u32, 1, 2, 3, 4]).prop_shuffle()) {
        let mut diagrams = space.diagrams();
        let roots = [0, 1].map(|i| space.build(&mut diagrams, &tables[i]));
        let order: Vec<u32> = shuffle.into_iter().filter(|&level| level < diagrams.levels()).collect();
        let mut arities = space.0.clone();
        for (old, &new) in order.iter().enumerate() {
            arities[new as usize] = space.0[old];
        }
        let mut other = Diagrams::new(arities, Budget::default());
        let back: Vec<u32> = placet_graph::order::levels(&order);
        for root in roots {
            let moved = diagrams.transfer(root, &mut other, &order)?;
            for classes in space.assignments() {
                let elsewhere: Vec<u32> = back.iter().map(|&old| classes[old as usize]).collect();
                prop_assert_eq!(diagrams.evaluate(root, &classes), other.evaluate(moved, &elsewhere));
            }
            prop_assert_eq!(other.transfer(moved, &mut diagrams, &back)?, root);
        }
    }

    #[test]
    fn node_accepts_children_on_any_level((space, tables) in tables(5, 3), level in 0u32..5, ends in vec(0u32..7, 5)) {
        let mut diagrams = space.diagrams();
        let level = level % diagrams.levels();
        let children: Vec<NodeId> = tables.iter().map(|table| space.build(&mut diagrams, table)).collect();
        let runs: Vec<Run> = ends.iter().zip(&children).map(|(&end, &child)| Run { end, child }).collect();
        let node = diagrams.node(level, runs.iter().copied())?;
        let arity = diagrams.arity(level);
        let table = tabulate(&space, |classes| {
            let mut covered = 0;
            let mut value = 0;
            for run in &runs {
                if run.end.min(arity) > covered {
                    if covered <= classes[level as usize] {
                        value = diagrams.evaluate(run.child, classes);
                    }
                    covered = run.end.min(arity);
                }
            }
            value
        });
        prop_assert_eq!(space.build(&mut diagrams, &table), node);
    }

    #[test]
    fn test_is_one_inside_its_ranges((space, _) in tables(1, 2), level in 0u32..5, mut ends in vec(0u32..6, 4)) {
        let mut diagrams = space.diagrams();
        let level = level % diagrams.levels();
        ends.sort_unstable();
        let test = diagrams.test(level, [(ends[0], ends[1]), (ends[2], ends[3])])?;
        let inside = |class: u32| (ends[0] <= class && class < ends[1]) || (ends[2] <= class && class < ends[3]);
        let table = tabulate(&space, |classes| u32::from(inside(classes[level as usize])));
        prop_assert_eq!(space.build(&mut diagrams, &table), test);
    }
}

#[test]
fn malformed_input_has_a_documented_meaning() {
    let mut diagrams = Diagrams::new(vec![0, 3], Budget::default());
    assert_eq!(diagrams.arity(0), 1);
    assert_eq!(diagrams.arity(9), 1);
    assert_eq!(diagrams.node(1, []), Ok(NodeId::FALSE));
    assert_eq!(diagrams.node(7, [Run { end: 5, child: NodeId::TRUE }]), Ok(NodeId::TRUE));
    let inverted = diagrams.test(1, [(2, 1)]).unwrap();
    assert_eq!(inverted, NodeId::FALSE);

    let elsewhere = Diagrams::new(vec![2; 9], Budget::default()).test(3, [(1, 2)]).unwrap();
    assert_eq!(diagrams.evaluate(elsewhere, &[]), 0);
    let runs = [Run { end: 1, child: elsewhere }, Run { end: 3, child: NodeId::TRUE }];
    assert_eq!(diagrams.node(1, runs), diagrams.test(1, [(1, 3)]));
    assert_eq!(diagrams.child(NodeId::TRUE, 4), NodeId::TRUE);
    assert_eq!(NodeId::terminal(u32::MAX).as_terminal(), Some(u32::MAX >> 1));
}
