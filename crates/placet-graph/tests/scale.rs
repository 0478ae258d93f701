//! Large inputs. The assertions count steps and nodes, never time.

use placet_graph::{Budget, Diagrams, NodeId};

#[test]
fn any_of_five_thousand_classes_takes_few_steps() {
    let mut diagrams = Diagrams::new(vec![10_000, 24], Budget::default());
    // Every second class, in a scattered order.
    let tests: Vec<NodeId> = (0..5_000)
        .map(|i| 2 * (i * 4_999 % 5_000))
        .map(|c| diagrams.test(0, [(c, c + 1)]).unwrap())
        .collect();
    assert_eq!(diagrams.size(&tests[1..2]).runs, 3);

    let before = diagrams.used().steps;
    let union = diagrams.any(tests).unwrap();
    assert_eq!(diagrams.runs(union).len(), 10_000);
    // At most two runs per test in each of log₂ 5,000 rounds.
    assert!(diagrams.used().steps - before < 2 * 5_000 * 14);
    assert_eq!(diagrams.count(union, |_, _| 1, |value| value == 1), 5_000 * 24);

    let odd: Vec<NodeId> = (0..5_000).map(|i| diagrams.test(0, [(2 * i + 1, 2 * i + 2)]).unwrap()).collect();
    let odd = diagrams.any(odd).unwrap();
    assert_eq!(diagrams.not(union), Ok(odd));
    assert_eq!(diagrams.or(union, odd), Ok(NodeId::TRUE));
}

#[test]
fn any_of_grouped_rules_stays_linear() {
    // One rule for each of 10,000 projects: project ∧ (role of 5) ∧ (hour range).
    let mut diagrams = Diagrams::new(vec![10_000, 5, 24], Budget::default());
    let mut rules = Vec::new();
    for project in 0..10_000 {
        let tests = [
            diagrams.test(0, [(project, project + 1)]).unwrap(),
            diagrams.test(1, [(project % 5, project % 5 + 1)]).unwrap(),
            diagrams.test(2, [(project % 7, 12 + project % 11)]).unwrap(),
        ];
        rules.push(diagrams.all(tests).unwrap());
    }
    let before = diagrams.used().steps;
    let policy = diagrams.any(rules).unwrap();
    assert!(diagrams.used().steps - before < 10_000 * 2 * 16);
    assert!(diagrams.size(&[policy]).nodes < 500);
    assert_eq!(diagrams.evaluate(policy, &[4_711, 4_711 % 5, 11]), 1);
}

#[test]
fn operations_handle_three_thousand_levels() {
    let levels = 3_000;
    let mut diagrams = Diagrams::new(vec![3; levels], Budget::default());
    let tests: Vec<NodeId> =
        (0..levels as u32).map(|level| diagrams.test(level, [(1, 2)]).unwrap()).collect();
    let all = diagrams.all(tests.iter().copied()).unwrap();
    assert_eq!(diagrams.size(&[all]).depth, levels);
    assert_eq!(diagrams.evaluate(all, &vec![1; levels]), 1);

    let none = diagrams.not(all).unwrap();
    assert_eq!(diagrams.and(all, none), Ok(NodeId::FALSE));
    assert_eq!(diagrams.count(all, |_, _| 1, |value| value == 1), 1);
    assert_eq!(
        diagrams.witness(all, |value| value == 1, |_, _| 1),
        Some((0..3_000).map(|l| (l, 1)).collect())
    );
    assert_eq!(diagrams.regions(none, |value| value == 1).take(10).count(), 10);
    assert_eq!(diagrams.restrict(all, &|level| (level > 0).then_some(1)), Ok(tests[0]));
    assert_eq!(diagrams.exists(all, 2_999).map(|f| diagrams.size(&[f]).depth), Ok(2_999));

    let mut swapped = Diagrams::new(vec![3; levels], Budget::default());
    let order: Vec<u32> = (0..levels as u32).map(|level| level ^ 1).collect();
    let moved = diagrams.transfer(all, &mut swapped, &order).unwrap();
    assert_eq!(swapped.size(&[moved]), diagrams.size(&[all]));
}

#[test]
fn transfer_reverses_a_wide_node_without_quadratic_cost() {
    // Class i of the upper level requires class i of the lower one.
    let arity = 2_000;
    let mut diagrams = Diagrams::new(vec![arity, arity], Budget::default());
    let rows: Vec<NodeId> = (0..arity)
        .map(|class| {
            let (up, low) = (diagrams.test(0, [(class, class + 1)]), diagrams.test(1, [(class, class + 1)]));
            diagrams.and(up.unwrap(), low.unwrap()).unwrap()
        })
        .collect();
    let equal = diagrams.any(rows).unwrap();
    let mut turned = Diagrams::new(vec![arity, arity], Budget::default());
    let moved = diagrams.transfer(equal, &mut turned, &[1, 0]).unwrap();
    assert_eq!(turned.size(&[moved]), diagrams.size(&[equal]));
    assert!(turned.used().steps < 2_000 * 12 * 12);
}
