//! Queries: the levels that a function tests, its size, and the number of assignments with a value.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Diagrams, NodeId};

/// The size of one or several functions that share nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The number of nodes, without terminals.
    pub nodes: usize,
    /// The number of runs in these nodes.
    pub runs: usize,
    /// The number of nodes on the longest path: the most tests that an evaluation can take.
    pub depth: usize,
}

impl Diagrams {
    /// Returns the levels that a function depends on, from the top. Visits all runs of its nodes.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24, 7, 2], Budget::default());
    /// let (office, member) = (diagrams.test(0, [(8, 18)])?, diagrams.test(2, [(1, 2)])?);
    /// let allowed = diagrams.and(office, member)?;
    /// assert_eq!(diagrams.support(allowed), [0, 2]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    #[must_use]
    pub fn support(&self, f: NodeId) -> Vec<u32> {
        let levels: FxHashSet<u32> =
            self.reachable([f]).into_iter().filter_map(|id| self.level(id)).collect();
        let mut levels: Vec<u32> = levels.into_iter().collect();
        levels.sort_unstable();
        levels
    }

    /// Returns the total size of several functions. A shared node counts once. Visits all runs of their nodes.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, Size};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let office = diagrams.test(0, [(8, 18)])?;
    /// assert_eq!(diagrams.size(&[office, office]), Size { nodes: 1, runs: 3, depth: 1 });
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
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

    /// Returns the number of assignments of *values* to all levels whose terminal is accepted.
    ///
    /// `weight(level, class)` is the number of values in a class; with a constant 1, assignments of classes are
    /// counted. The result saturates at `u128::MAX` and is exact below. Costs the sum of all arities, and for each run
    /// one multiplication per level that it skips.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// // The classes of an age: under 13, 13 to 17, 18 to 150.
    /// let mut diagrams = Diagrams::new(vec![3], Budget::default());
    /// let minor = diagrams.test(0, [(0, 2)])?;
    /// let years = |_, class: u32| [13, 5, 133][class as usize];
    /// assert_eq!(diagrams.count(minor, years, |value| value == 1), 18);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    #[must_use]
    pub fn count(&self, f: NodeId, weight: impl Fn(u32, u32) -> u64, accept: impl Fn(u32) -> bool) -> u128 {
        let weights = Weights::new(self, weight);
        let mut counts: FxHashMap<NodeId, u128> = FxHashMap::default();
        let below = |counts: &FxHashMap<NodeId, u128>, above: u32, id: NodeId| {
            let (level, count) = match id.as_terminal() {
                Some(value) => (self.levels(), u128::from(accept(value))),
                None => (self.level(id).unwrap_or(above), counts.get(&id).copied().unwrap_or(0)),
            };
            // A dead end needs no product over the levels that it skips.
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

/// For each level, the prefix sums of its classes' weights. A level has fewer than 2³² classes with weights below 2⁶⁴,
/// so the sums are exact.
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

    /// Returns the product of the total weights of the levels `first..end`.
    fn of_levels(&self, first: u32, end: u32) -> u128 {
        let levels = self.0.get(first as usize..end as usize).unwrap_or(&[]);
        levels.iter().filter_map(|sums| sums.last()).fold(1, |product, &sum| product.saturating_mul(sum))
    }
}
