//! Variable orders worth trying.
//!
//! The size of a diagram can differ exponentially between orders, and the best one is hard to find (NP-complete even
//! to recognise). What can be read off a policy without building anything is which variables its rules test together
//! and how sharply. Two shapes need opposite treatment:
//!
//! * **A grouping attribute.** Nearly every rule names one project, tenant or object type, and the rest of the rule is
//!   about that one. With this attribute on top, each class leads to a small diagram of its own. Further down, the
//!   nodes above it must remember which of all rules still apply, and their number explodes. What marks it is that
//!   nearly all rules test it and each leaves few classes open. A large domain alone does not: an attribute with a
//!   thousand classes that few rules test belongs below.
//! * **Pairs.** In `(x₁ ∧ y₁) ∨ (x₂ ∧ y₂) ∨ …` all variables look alike, and what counts is that partners stand next
//!   to each other: `2n` nodes then, `2ⁿ` if all `x` come before all `y`. FORCE finds that (F. A. Aloul,
//!   I. L. Markov, K. A. Sakallah, *FORCE: A Fast and Easy-To-Implement Variable-Ordering Heuristic*, GLSVLSI 2003).
//!
//! [`candidates`] gives one order for each reading of the policy. Build with each under a small
//! [`Budget`](crate::Budget) and keep the smallest result.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The share of functions, in tenths, from which on a variable counts as tested by nearly all.
const NEARLY_ALL: u32 = 9;

/// FORCE settles after about as many rounds as the logarithm of the number of variables; this is a guard.
const MAX_ROUNDS: usize = 50;

/// Different orders of the variables, the best guess first: by grouping; by FORCE; by grouping, with FORCE below the
/// grouping attributes; and as given. Each lists the variables from the top level down; [`levels`] turns it around.
///
/// `arities` has the number of classes of each variable. A function lists the variables it tests, each with the share
/// of the variable's classes that it leaves open, from 0 to 1. Variables beyond `arities` are ignored, of repeated
/// ones the smallest share counts.
///
/// Deterministic. Costs a few dozen passes over the lists at most.
///
/// ```
/// use placet_graph::order::candidates;
///
/// // Each rule is about one of 100 projects (variable 1) and, half of them, about a flag (variable 0).
/// let rules: Vec<_> =
///     (0..100).map(|i| if i % 2 == 0 { vec![(0, 0.5), (1, 0.01)] } else { vec![(1, 0.01)] }).collect();
/// assert_eq!(candidates(&[2, 100], &rules), [[1, 0], [0, 1]]);
/// ```
#[must_use]
pub fn candidates(arities: &[u32], functions: &[Vec<(u32, f64)>]) -> Vec<Vec<u32>> {
    let given: Vec<u32> = (0..arities.len() as u32).collect();
    let edges = edges(arities.len(), functions);
    let (grouping, leaders) = by_grouping(arities, functions);
    let (top, rest) = grouping.split_at_checked(leaders).unwrap_or((&grouping, &[]));
    let grouping_then_force = [top, &force(rest, &edges)].concat();

    let mut orders = Vec::new();
    for order in [grouping.clone(), force(&given, &edges), grouping_then_force, given] {
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders
}

/// The level of each variable under an order: what [`Diagrams::transfer`](crate::Diagrams::transfer) takes.
#[must_use]
pub fn levels(order: &[u32]) -> Vec<u32> {
    let mut levels = vec![0; order.len()];
    for (level, &variable) in order.iter().enumerate() {
        if let Some(place) = levels.get_mut(variable as usize) {
            *place = level as u32;
        }
    }
    levels
}

/// Variables tested together, each list sorted, with the number of functions that test exactly those.
type Edges = BTreeMap<Vec<u32>, u32>;

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

/// The variables by the share of functions that test them, in tenths, then by the share of classes left open; and how
/// many at the front group the functions: those that nearly all test, or else the first.
fn by_grouping(arities: &[u32], functions: &[Vec<(u32, f64)>]) -> (Vec<u32>, usize) {
    #[derive(Clone, Copy, Default)]
    struct Tested {
        functions: u32,
        open: f64,
    }
    let mut tested = vec![Tested::default(); arities.len()];
    for function in functions {
        let mut function = function.clone();
        function.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        function.dedup_by_key(|test| test.0);
        for (variable, open) in function {
            if let Some(entry) = tested.get_mut(variable as usize) {
                entry.functions += 1;
                entry.open += open.clamp(0.0, 1.0);
            }
        }
    }

    let tenths =
        |entry: &Tested| (f64::from(entry.functions) * 10.0 / functions.len().max(1) as f64).round() as u32;
    let mut variables: Vec<(u32, (u32, Tested))> = (0..).zip(arities.iter().copied().zip(tested)).collect();
    variables.sort_by(|(i, (a_arity, a)), (j, (b_arity, b))| {
        let open = |entry: &Tested| entry.open / f64::from(entry.functions.max(1));
        (Reverse(tenths(a)).cmp(&Reverse(tenths(b))))
            .then(open(a).total_cmp(&open(b)))
            .then(b.functions.cmp(&a.functions))
            .then(a_arity.cmp(b_arity))
            .then(i.cmp(j))
    });
    let leaders = variables.iter().take_while(|(_, (_, entry))| tenths(entry) >= NEARLY_ALL).count().max(1);
    (variables.into_iter().map(|(variable, _)| variable).collect(), leaders)
}

/// FORCE: moves each variable to the mean of the centres of its edges until the edges' total span is no longer getting
/// smaller, and gives the order with the least span seen. Edges count only with their part in `start`.
fn force(start: &[u32], edges: &Edges) -> Vec<u32> {
    let Some(variables) = start.iter().max().map(|&last| last as usize + 1) else { return Vec::new() };
    let mut places: Vec<Option<u32>> = vec![None; variables];
    let place_all = |places: &mut Vec<Option<u32>>, order: &[u32]| {
        for (at, &variable) in (0..).zip(order) {
            if let Some(place) = places.get_mut(variable as usize) {
                *place = Some(at);
            }
        }
    };

    let mut order = start.to_vec();
    place_all(&mut places, &order);
    let mut least = span(&places, edges);
    let mut best = order.clone();
    for _ in 0..MAX_ROUNDS {
        // Variables that the same centres pull to the same place follow the first edge that has them, so that pairs
        // nested in each other come apart too.
        let pulls = pulls(&places, edges);
        let target = |variable: u32| pulls.get(variable as usize).copied().flatten();
        order.sort_by(|&a, &b| match (target(a), target(b)) {
            (Some(a), Some(b)) => a.place.total_cmp(&b.place).then(a.edge.cmp(&b.edge)),
            // An untested variable goes below.
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
        place_all(&mut places, &order);
        let now = span(&places, edges);
        if now >= least {
            break;
        }
        least = now;
        best.clone_from(&order);
    }
    best
}

/// The places of an edge's variables, without those that have none.
fn placed<'a>(edge: &'a [u32], places: &'a [Option<u32>]) -> impl Iterator<Item = u32> + 'a {
    edge.iter().filter_map(|&variable| places.get(variable as usize).copied().flatten())
}

/// The sum of the distances between the first and the last variable of each edge.
fn span(places: &[Option<u32>], edges: &Edges) -> u64 {
    let of_edge = |edge: &[u32]| {
        let (first, last) =
            placed(edge, places).fold((u32::MAX, 0), |(f, l), place| (f.min(place), l.max(place)));
        u64::from(last.saturating_sub(first))
    };
    edges.iter().map(|(edge, &weight)| of_edge(edge) * u64::from(weight)).sum()
}

#[derive(Clone, Copy)]
struct Pull {
    place: f64,
    edge: usize,
}

/// Where each variable's edges pull it, and the first of them.
fn pulls(places: &[Option<u32>], edges: &Edges) -> Vec<Option<Pull>> {
    struct Sum {
        centres: f64,
        weight: f64,
        edge: usize,
    }
    let mut sums: Vec<Option<Sum>> = places.iter().map(|_| None).collect();
    for (number, (edge, &weight)) in edges.iter().enumerate() {
        let (sum, count) =
            placed(edge, places).fold((0.0, 0.0), |(s, n), place| (s + f64::from(place), n + 1.0));
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
    let pull = |sum: Sum| Pull { place: sum.centres / sum.weight, edge: sum.edge };
    sums.into_iter().map(|sum| sum.map(pull)).collect()
}
