//! What a function tests, how large it is, and how many assignments it maps to a value.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Diagrams, NodeId};

/// The size of some functions that share nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Nodes, without terminals.
    pub nodes: usize,
    /// Runs in those nodes.
    pub runs: usize,
    /// Nodes on the longest path: the most tests that an evaluation can take.
    pub depth: usize,
}

impl Diagrams {
    /// The levels that the function depends on, from the top. Costs the runs of its nodes.
    #[must_use]
    pub fn support(&self, f: NodeId) -> Vec<u32> {
        let levels: FxHashSet<u32> =
            self.reachable([f]).into_iter().filter_map(|id| self.level(id)).collect();
        let mut levels: Vec<u32> = levels.into_iter().collect();
        levels.sort_unstable();
        levels
    }

    /// The size of the functions together; a node they share counts once. Costs the runs of their nodes.
    #[must_use]
    pub fn size(&self, roots: &[NodeId]) -> Size {
        let mut size = Size::default();
        let mut depths: FxHashMap<NodeId, usize> = FxHashMap::default();
        for id in self.reachable(roots.iter().copied()) {
            let runs = self.runs(id);
            let depth = 1 + runs.iter().filter_map(|run| depths.get(&run.child)).max().copied().unwrap_or(0);
            depths.insert(id, depth);
            size.nodes += 1;
            size.runs += runs.len();
            size.depth = size.depth.max(depth);
        }
        size
    }

    /// How many assignments of *values* to all levels have an accepted terminal, where `weight(level, class)` says
    /// how many values the class stands for; with 1 it counts assignments of classes.
    ///
    /// Exact below `u128::MAX`, where it saturates. Costs the sum of all arities, and for each run one multiplication
    /// for each level that it skips.
    #[must_use]
    pub fn count(&self, f: NodeId, weight: impl Fn(u32, u32) -> u64, accept: impl Fn(u32) -> bool) -> u128 {
        let weights = Weights::new(self, weight);
        let mut counts: FxHashMap<NodeId, u128> = FxHashMap::default();
        let below = |counts: &FxHashMap<NodeId, u128>, above: u32, id: NodeId| {
            let (level, count) = match id.as_terminal() {
                Some(value) => (self.levels(), u128::from(accept(value))),
                None => (self.level(id).unwrap_or(above), counts.get(&id).copied().unwrap_or(0)),
            };
            if count == 0 { 0 } else { count.saturating_mul(weights.of_levels(above, level)) }
        };
        for id in self.reachable([f]) {
            let level = self.level(id).unwrap_or(0);
            let mut count: u128 = 0;
            let mut first = 0;
            for run in self.runs(id) {
                let rest = below(&counts, level + 1, run.child);
                count = count.saturating_add(rest.saturating_mul(weights.of_classes(level, first, run.end)));
                first = run.end;
            }
            counts.insert(id, count);
        }
        below(&counts, 0, f)
    }
}

/// For each level, the weight of the classes before each class, and of all of them at the end. A level has fewer than
/// 2³² classes of less than 2⁶⁴ each, so the sums are exact.
struct Weights(Vec<Vec<u128>>);

impl Weights {
    fn new(diagrams: &Diagrams, weight: impl Fn(u32, u32) -> u64) -> Weights {
        let of_level = |level| {
            let mut sum = 0;
            let sums = (0..diagrams.arity(level)).map(|class| {
                sum += u128::from(weight(level, class));
                sum
            });
            [0].into_iter().chain(sums).collect()
        };
        Weights((0..diagrams.levels()).map(of_level).collect())
    }

    fn of_classes(&self, level: u32, first: u32, end: u32) -> u128 {
        let before = |class: u32| self.0.get(level as usize)?.get(class as usize).copied();
        before(end).unwrap_or(0) - before(first).unwrap_or(0)
    }

    /// The product over the levels `first..end`.
    fn of_levels(&self, first: u32, end: u32) -> u128 {
        let levels = self.0.get(first as usize..end as usize).unwrap_or(&[]);
        levels.iter().filter_map(|sums| sums.last()).fold(1, |product, &sum| product.saturating_mul(sum))
    }
}
