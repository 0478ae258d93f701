//! Heuristics that propose variable orders.
//!
//! The size of a diagram can differ exponentially between orders, and finding the best order is NP-complete. Without
//! building anything, a policy shows which variables its rules test together, and how sharply. Two shapes need opposite
//! treatment:
//!
//! * **A grouping attribute.** Nearly every rule names one project, tenant or object type, and the rest of the rule is
//!   about that one. With this attribute on top, each class leads to a small diagram of its own. Further down, the
//!   nodes above it must remember which of all rules still apply, and their number explodes. The marks of a grouping
//!   attribute are that nearly all rules test it, and that each rule accepts few of its classes. A large domain alone
//!   is no mark: an attribute with a thousand classes that few rules test belongs below.
//! * **Pairs.** In `(x₁ ∧ y₁) ∨ (x₂ ∧ y₂) ∨ …` all variables look alike. Only the distance between partners counts: the
//!   diagram has `2n` nodes if partners are neighbours, and `2ⁿ` if all `x` come before all `y`. FORCE finds such
//!   orders (F. A. Aloul, I. L. Markov, K. A. Sakallah, *FORCE: A Fast and Easy-To-Implement Variable-Ordering
//!   Heuristic*, GLSVLSI 2003).
//!
//! [`candidates`] returns one order for each reading of the policy. Build the diagram with each of them under a small
//! [`Budget`](crate::Budget) and keep the smallest result.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The share of functions, in tenths, that must test a variable for it to group them.
const NEARLY_ALL: u32 = 9;

/// The maximum number of FORCE rounds. FORCE settles after about as many rounds as the logarithm of the number of
/// variables; this is a guard.
const MAX_ROUNDS: usize = 50;

/// Returns different orders of the variables, the best guess first.
///
/// The orders are: by grouping; by FORCE; by grouping, with FORCE below the grouping attributes; by FORCE over the
/// `parts` of functions, if there are any; and as given. Each lists the variables from the top level down; [`levels`]
/// inverts it.
///
/// `arities` has the number of classes of each variable. A function lists the variables it tests, each with the share
/// of the variable's classes that it accepts, from 0 to 1. Variables beyond `arities` are ignored; for a repeated
/// variable the smallest share counts. A function of many variables tells FORCE nothing about their distances: `parts` has
/// the variables of the parts of such functions.
///
/// Deterministic. Makes at most a few dozen passes over the lists.
///
/// ```
/// use placet_graph::order::candidates;
///
/// // Each rule is about one of 100 projects (variable 1). Half of them also test a flag (variable 0).
/// let rules: Vec<_> =
///     (0..100).map(|i| if i % 2 == 0 { vec![(0, 0.5), (1, 0.01)] } else { vec![(1, 0.01)] }).collect();
/// assert_eq!(candidates(&[2, 100], &rules, &[]), [[1, 0], [0, 1]]);
/// ```
#[must_use]
pub fn candidates(arities: &[u32], functions: &[Vec<(u32, f64)>], parts: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let given: Vec<u32> = (0..arities.len() as u32).collect();
    let edges = edges(arities.len(), functions);
    let (grouping, leaders) = by_grouping(arities, functions);
    let (top, rest) = grouping.split_at_checked(leaders).unwrap_or((&grouping, &[]));
    let grouping_then_force = [top, &force(rest, &edges)].concat();

    let of_parts = force(&given, &edges_of_parts(parts));

    let mut orders = Vec::new();
    for order in [grouping.clone(), force(&given, &edges), grouping_then_force, of_parts, given] {
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders
}

/// Returns the level of each variable in an order, for [`Diagrams::transfer`](crate::Diagrams::transfer).
///
/// ```
/// use placet_graph::order::levels;
///
/// // Variable 2 is on level 0, variable 0 on level 1, variable 1 on level 2.
/// assert_eq!(levels(&[2, 0, 1]), [1, 2, 0]);
/// ```
#[must_use]
pub fn levels(order: &[u32]) -> Vec<u32> {
    let mut levels = vec![0; order.len()];
    for (level, &variable) in order.iter().enumerate() {
        if let Some(position) = levels.get_mut(variable as usize) {
            *position = level as u32;
        }
    }
    levels
}

/// Sets of variables that are tested together, each sorted, with the number of functions that test exactly these.
type Edges = BTreeMap<Vec<u32>, u32>;

/// Returns the sets of variables that parts of functions test.
fn edges_of_parts(parts: &[Vec<u32>]) -> Edges {
    let mut edges = Edges::new();
    for part in parts {
        *edges.entry(part.clone()).or_default() += 1;
    }
    edges
}

fn edges(variables: usize, functions: &[Vec<(u32, f64)>]) -> Edges {
    let mut edges = Edges::new();
    for function in functions {
        let mut edge: Vec<u32> =
            function.iter().map(|&(variable, _)| variable).filter(|&v| (v as usize) < variables).collect();
        edge.sort_unstable();
        edge.dedup();
        *edges.entry(edge).or_default() += 1;
    }
    edges
}

/// Returns the variables ordered by the share of functions that test them, in tenths, then by the share of classes that
/// these accept; and the number of grouping variables at the front: those that nearly all functions test, or else one.
fn by_grouping(arities: &[u32], functions: &[Vec<(u32, f64)>]) -> (Vec<u32>, usize) {
    #[derive(Clone, Copy, Default)]
    struct Tested {
        functions: u32,
        accepted: f64,
    }
    let mut tested = vec![Tested::default(); arities.len()];
    for function in functions {
        let mut function = function.clone();
        function.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        function.dedup_by_key(|test| test.0);
        for (variable, accepted) in function {
            if let Some(entry) = tested.get_mut(variable as usize) {
                entry.functions += 1;
                entry.accepted += accepted.clamp(0.0, 1.0);
            }
        }
    }

    // Rounded, so that variables that almost equally many functions test are ordered by the classes that these accept.
    let tenths =
        |entry: &Tested| (f64::from(entry.functions) * 10.0 / functions.len().max(1) as f64).round() as u32;
    let mut variables: Vec<(u32, (u32, Tested))> = (0..).zip(arities.iter().copied().zip(tested)).collect();
    variables.sort_by(|(i, (a_arity, a)), (j, (b_arity, b))| {
        let accepted = |entry: &Tested| entry.accepted / f64::from(entry.functions.max(1));
        (Reverse(tenths(a)).cmp(&Reverse(tenths(b))))
            .then(accepted(a).total_cmp(&accepted(b)))
            .then(b.functions.cmp(&a.functions))
            .then(a_arity.cmp(b_arity))
            .then(i.cmp(j))
    });
    let leaders = variables.iter().take_while(|(_, (_, entry))| tenths(entry) >= NEARLY_ALL).count().max(1);
    (variables.into_iter().map(|(variable, _)| variable).collect(), leaders)
}

/// FORCE: moves each variable to the mean of its edges' centres until the total span of the edges stops shrinking.
///
/// Returns the order with the least span. Variables that are not in `start` are ignored.
fn force(start: &[u32], edges: &Edges) -> Vec<u32> {
    let Some(variables) = start.iter().max().map(|&last| last as usize + 1) else { return Vec::new() };
    let mut positions: Vec<Option<u32>> = vec![None; variables];
    let set_positions = |positions: &mut Vec<Option<u32>>, order: &[u32]| {
        for (at, &variable) in (0..).zip(order) {
            if let Some(position) = positions.get_mut(variable as usize) {
                *position = Some(at);
            }
        }
    };

    let mut order = start.to_vec();
    set_positions(&mut positions, &order);
    let mut least = span(&positions, edges);
    let mut best = order.clone();
    for _ in 0..MAX_ROUNDS {
        // Several variables often have the same target. Breaking ties by the first edge keeps the variables of one
        // edge together, and separates pairs that are nested in each other.
        let pulls = pulls(&positions, edges);
        let target = |variable: u32| pulls.get(variable as usize).copied().flatten();
        order.sort_by(|&a, &b| match (target(a), target(b)) {
            (Some(a), Some(b)) => a.position.total_cmp(&b.position).then(a.edge.cmp(&b.edge)),
            // Untested variables sink to the bottom, where they cost nothing.
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
        set_positions(&mut positions, &order);
        let now = span(&positions, edges);
        if now >= least {
            break;
        }
        least = now;
        best.clone_from(&order);
    }
    best
}

/// Returns the positions of an edge's variables, without the variables that have none.
fn positions_of<'a>(edge: &'a [u32], positions: &'a [Option<u32>]) -> impl Iterator<Item = u32> + 'a {
    edge.iter().filter_map(|&variable| positions.get(variable as usize).copied().flatten())
}

/// Returns the sum of the distances between the first and the last variable of each edge.
fn span(positions: &[Option<u32>], edges: &Edges) -> u64 {
    let of_edge = |edge: &[u32]| {
        let (first, last) = positions_of(edge, positions)
            .fold((u32::MAX, 0), |(f, l), position| (f.min(position), l.max(position)));
        u64::from(last.saturating_sub(first))
    };
    edges.iter().map(|(edge, &weight)| of_edge(edge) * u64::from(weight)).sum()
}

#[derive(Clone, Copy)]
struct Pull {
    position: f64,
    edge: usize,
}

/// Returns the target position of each variable and the first edge that contains it; `None` if no edge does.
fn pulls(positions: &[Option<u32>], edges: &Edges) -> Vec<Option<Pull>> {
    struct Sum {
        centres: f64,
        weight: f64,
        edge: usize,
    }
    let mut sums: Vec<Option<Sum>> = positions.iter().map(|_| None).collect();
    for (number, (edge, &weight)) in edges.iter().enumerate() {
        let (sum, count) = positions_of(edge, positions)
            .fold((0.0, 0.0), |(s, n), position| (s + f64::from(position), n + 1.0));
        if count == 0.0 {
            continue;
        }
        let weight = f64::from(weight);
        for &variable in edge {
            if let Some(entry) = sums.get_mut(variable as usize) {
                let entry = entry.get_or_insert(Sum { centres: 0.0, weight: 0.0, edge: number });
                entry.centres += weight * sum / count;
                entry.weight += weight;
            }
        }
    }
    let pull = |sum: Sum| Pull { position: sum.centres / sum.weight, edge: sum.edge };
    sums.into_iter().map(|sum| sum.map(pull)).collect()
}
