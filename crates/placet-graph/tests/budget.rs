//! An exhausted budget is an error value, and everything built before stays usable.

use placet_graph::{Budget, Diagrams, Exhausted, NodeId, Run};

/// Builds `(x₁ ∧ y₁) ∨ …` with all `x` above all `y`, which needs exponentially many nodes.
fn pairs(diagrams: &mut Diagrams) -> Result<NodeId, Exhausted> {
    let pairs = diagrams.levels() / 2;
    let mut result = NodeId::FALSE;
    for i in 0..pairs {
        let x = diagrams.test(i, [(1, 2)])?;
        let y = diagrams.test(pairs + i, [(1, 2)])?;
        let pair = diagrams.and(x, y)?;
        result = diagrams.or(result, pair)?;
    }
    Ok(result)
}

fn exhausts(budget: Budget, with: Exhausted) {
    let mut diagrams = Diagrams::new(vec![2; 24], budget);
    let before = diagrams.test(3, [(1, 2)]).unwrap();
    assert_eq!(pairs(&mut diagrams), Err(with));

    let used = diagrams.used();
    assert!(used.nodes <= budget.nodes && used.runs <= budget.runs && used.steps <= budget.steps);
    assert_eq!(diagrams.evaluate(before, &[0, 0, 0, 1]), 1);
    assert_eq!(diagrams.count(before, |_, _| 1, |value| value == 1), 1 << 23);

    diagrams.set_budget(Budget::default());
    let repeated = pairs(&mut diagrams).unwrap();
    let mut fresh = Diagrams::new(vec![2; 24], Budget::default());
    let expected = pairs(&mut fresh).unwrap();
    let same_order: Vec<u32> = (0..24).collect();
    assert_eq!(fresh.transfer(expected, &mut diagrams, &same_order), Ok(repeated));
}

#[test]
fn and_stops_at_the_node_budget() {
    exhausts(Budget { nodes: 1_000, ..Budget::default() }, Exhausted::Nodes);
}

#[test]
fn and_stops_at_the_run_budget() {
    exhausts(Budget { runs: 1_000, ..Budget::default() }, Exhausted::Runs);
}

#[test]
fn and_stops_at_the_step_budget() {
    exhausts(Budget { steps: 1_000, ..Budget::default() }, Exhausted::Steps);
}

#[test]
fn existing_results_need_no_nodes() {
    let mut diagrams = Diagrams::new(vec![10], Budget { nodes: 1, runs: 3, steps: 100 });
    let test = diagrams.test(0, [(3, 4)]).unwrap();
    assert_eq!(diagrams.test(0, [(3, 4)]), Ok(test));
    assert_eq!(diagrams.and(test, NodeId::TRUE), Ok(test));
    assert_eq!(diagrams.test(0, [(5, 6)]), Err(Exhausted::Nodes));
}

#[test]
fn node_stops_on_an_endless_iterator() {
    let alternating = || (1..).map(|end| Run { end, child: NodeId::terminal(end % 2) });
    let mut diagrams = Diagrams::new(vec![u32::MAX], Budget { runs: 50, ..Budget::default() });
    assert_eq!(diagrams.node(0, alternating()), Err(Exhausted::Runs));
    let mut diagrams = Diagrams::new(vec![4], Budget { steps: 50, ..Budget::default() });
    assert_eq!(
        diagrams.node(0, std::iter::repeat(Run { end: 1, child: NodeId::TRUE })),
        Err(Exhausted::Steps)
    );
}

#[test]
fn part_and_plus_share_a_budget() {
    let whole = Budget::new(1_000, 5_000);
    assert_eq!(whole, Budget { nodes: 1_000, runs: 4_000, steps: 5_000 });
    assert_eq!(whole.part(8), Budget { nodes: 125, runs: 500, steps: 625 });
    assert_eq!(whole.part(0), whole);

    // What is left after some work is exactly `more`.
    let mut diagrams = Diagrams::new(vec![24], Budget::default());
    diagrams.test(0, [(0, 12)]).unwrap();
    let one = Budget { nodes: 1, ..Budget::default() };
    diagrams.set_budget(diagrams.used().plus(one));
    assert!(diagrams.test(0, [(8, 18)]).is_ok());
    assert_eq!(diagrams.test(0, [(9, 18)]), Err(Exhausted::Nodes));
    assert_eq!(diagrams.used().plus(Budget::new(usize::MAX, u64::MAX)), Budget::new(usize::MAX, u64::MAX));
}
