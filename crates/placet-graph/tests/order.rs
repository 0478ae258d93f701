//! The proposed orders give small diagrams.

use placet_graph::order::{candidates, levels};
use placet_graph::{Budget, Diagrams, Exhausted, NodeId, Size};

/// A rule: a range of classes for each variable that it tests.
type Rule = Vec<(u32, (u32, u32))>;

fn tested(arities: &[u32], rules: &[Rule]) -> Vec<Vec<(u32, f64)>> {
    let share = |&(variable, (first, end)): &(u32, (u32, u32))| {
        (variable, f64::from(end - first) / f64::from(arities[variable as usize]))
    };
    rules.iter().map(|rule| rule.iter().map(share).collect()).collect()
}

/// Returns the size of the rules' disjunction under an order.
fn build(arities: &[u32], rules: &[Rule], order: &[u32], budget: Budget) -> Result<Size, Exhausted> {
    let mut diagrams =
        Diagrams::new(order.iter().map(|&variable| arities[variable as usize]).collect(), budget);
    let level = levels(order);
    let mut built = Vec::new();
    for rule in rules {
        let mut tests = Vec::new();
        for &(variable, range) in rule {
            tests.push(diagrams.test(level[variable as usize], [range])?);
        }
        built.push(diagrams.all(tests)?);
    }
    let policy: NodeId = diagrams.any(built)?;
    Ok(diagrams.size(&[policy]))
}

fn is_permutation(order: &[u32], variables: u32) -> bool {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().eq(0..variables)
}

/// Returns pseudorandom numbers, so that no order profits from a pattern.
fn scatter(seed: u32) -> u32 {
    let mixed = (seed ^ 0x9E37_79B9).wrapping_mul(0x85EB_CA6B);
    (mixed ^ mixed >> 13).wrapping_mul(0xC2B2_AE35) >> 16
}

#[test]
fn candidates_put_the_grouping_attribute_first() {
    // role, action, clearance, an identifier with a large domain that few rules test, project, hour
    let arities = [20, 8, 10, 50_000, 300, 24];
    let rules: Vec<Rule> = (0..1_500)
        .map(|i| {
            let of = |salt: u32, arity: u32| scatter(i * 8 + salt) % arity;
            let one = |class: u32| (class, class + 1);
            let mut rule = vec![(0, (of(0, 10), 10 + of(1, 10))), (1, one(of(2, 8))), (4, one(i % 300))];
            rule.push((5, (of(3, 12), 12 + of(4, 12))));
            if i % 2 == 0 {
                rule.push((2, (of(5, 10), 10)));
            }
            if i % 50 == 0 {
                rule.push((3, one(of(6, 50_000))));
            }
            rule
        })
        .collect();
    let orders = candidates(&arities, &tested(&arities, &rules), &[]);
    assert_eq!(orders[0][0], 4);
    assert!(orders.iter().all(|order| is_permutation(order, 6)));

    let budget = Budget { nodes: 30_000, ..Budget::default() };
    let size = build(&arities, &rules, &orders[0], budget).unwrap();
    assert!(size.nodes < 10_000, "{size:?}");
    let last = [0, 1, 2, 3, 5, 4];
    assert_eq!(build(&arities, &rules, &last, budget), Err(Exhausted::Nodes));
}

#[test]
fn candidates_put_pairs_together() {
    let n = 20;
    let arities = vec![2; 2 * n as usize];
    let partners: [fn(u32) -> u32; 3] = [|i| 20 + i, |i| 39 - i, |i| 20 + 7 * i % 20];
    for partner in partners {
        let rules: Vec<Rule> = (0..n).map(|i| vec![(i, (1, 2)), (partner(i), (1, 2))]).collect();
        let orders = candidates(&arities, &tested(&arities, &rules), &[]);
        assert!(orders.iter().all(|order| is_permutation(order, 2 * n)));

        let budget = Budget { nodes: 20_000, ..Budget::default() };
        let given: Vec<u32> = (0..2 * n).collect();
        assert_eq!(build(&arities, &rules, &given, budget), Err(Exhausted::Nodes));
        let best = orders
            .iter()
            .filter_map(|order| build(&arities, &rules, order, budget).ok())
            .map(|s| s.nodes)
            .min();
        assert_eq!(best, Some(2 * n as usize));
    }
}

#[test]
fn candidates_are_different_and_deterministic() {
    let functions: Vec<Vec<(u32, f64)>> = (0..10_000u32)
        .map(|i| {
            (0..10).map(|k| (scatter(i * 16 + k) % 200, 0.1 + f64::from(scatter(i + k) % 8) / 10.0)).collect()
        })
        .collect();
    let arities = vec![10; 200];
    let orders = candidates(&arities, &functions, &[]);
    assert_eq!(orders, candidates(&arities, &functions, &[]));
    assert!(orders.len() >= 3);
    for (i, order) in orders.iter().enumerate() {
        assert!(is_permutation(order, 200));
        assert!(!orders[..i].contains(order));
    }
}

#[test]
fn candidates_accept_odd_input() {
    assert_eq!(candidates(&[], &[], &[]), [[0; 0]]);
    assert_eq!(candidates(&[3], &[vec![]], &[]), [[0]]);
    assert_eq!(candidates(&[3, 3], &[], &[]), [[0, 1]]);
    let orders = candidates(&[3, 3], &[vec![(1, f64::NAN), (9, 0.5), (1, 0.2)]], &[]);
    assert_eq!(orders[0], [1, 0]);
    assert_eq!(levels(&[2, 0, 1]), [1, 2, 0]);
    assert_eq!(levels(&[7, 0]), [1, 0]);
}

#[test]
fn candidates_put_the_variables_of_parts_side_by_side() {
    // One function of 50 triples, as `every v in wanted where (v in consented and v not in restricted)` is written out.
    const COUNT: u32 = 50;
    let function: Vec<(u32, f64)> = (0..3 * COUNT).map(|variable| (variable, 0.5)).collect();
    let parts: Vec<Vec<u32>> = (0..COUNT).map(|at| vec![at, COUNT + at, 2 * COUNT + at]).collect();
    let arities = vec![2; 3 * COUNT as usize];
    let are_together = |order: &Vec<u32>| {
        let level = levels(order);
        parts.iter().all(|part| {
            let mut own: Vec<u32> = part.iter().map(|variable| level[*variable as usize]).collect();
            own.sort_unstable();
            own[2] - own[0] == 2
        })
    };
    let functions = [function];
    assert!(!candidates(&arities, &functions, &[]).iter().any(are_together));
    assert!(candidates(&arities, &functions, &parts).iter().any(are_together));
}
