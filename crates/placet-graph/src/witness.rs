//! Witnesses: the cheapest assignment with an accepted value.

use rustc_hash::FxHashMap;

use crate::{Diagrams, NodeId};

impl Diagrams {
    /// Returns the cheapest path to an accepted terminal, or `None` if there is none: each level it tests, from the
    /// top, with the class it takes. All other levels are free.
    ///
    /// The cost of a path is the sum of `cost(level, class)` over its levels, saturating at `u64::MAX`. Among paths of
    /// equal cost, each node prefers the lowest class. Takes time for the arities of the tested levels, and for each
    /// run the logarithm of the arity.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let open = diagrams.test(0, [(8, 12), (13, 18)])?;
    /// let near_noon = |_, hour: u32| u64::from(hour.abs_diff(12));
    /// assert_eq!(diagrams.witness(open, |value| value == 1, near_noon), Some(vec![(0, 11)]));
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    #[must_use]
    pub fn witness(
        &self,
        f: NodeId,
        accept: impl Fn(u32) -> bool,
        cost: impl Fn(u32, u32) -> u64,
    ) -> Option<Vec<(u32, u32)>> {
        let nodes = self.reachable([f]);
        let mut levels: FxHashMap<u32, Cheapest> = FxHashMap::default();
        let mut best: FxHashMap<NodeId, Choice> = FxHashMap::default();
        for id in nodes {
            let Some(level) = self.level(id) else { continue };
            // One tree for each level, not for each node: costs depend on the level and the class alone.
            let classes = levels
                .entry(level)
                .or_insert_with(|| Cheapest::new(self.arity(level), |class| cost(level, class)));
            let mut first = 0;
            let mut choice: Option<Choice> = None;
            for run in self.runs(id) {
                let below = match run.child.as_terminal() {
                    Some(value) => accept(value).then_some(0),
                    None => best.get(&run.child).map(|choice| choice.cost),
                };
                if let (Some(below), Some((own, class))) = (below, classes.among(first, run.end)) {
                    let cost = below.saturating_add(own);
                    // Strictly less, so that the lowest class wins among equals.
                    if choice.as_ref().is_none_or(|choice| cost < choice.cost) {
                        choice = Some(Choice { cost, level, class, child: run.child });
                    }
                }
                first = run.end;
            }
            // A node without an accepted terminal below it gets no choice, and its parents avoid it.
            best.extend(choice.map(|choice| (id, choice)));
        }

        let mut path = Vec::new();
        let mut at = f;
        while let Some(choice) = best.get(&at) {
            path.push((choice.level, choice.class));
            at = choice.child;
        }
        at.as_terminal().is_some_and(accept).then_some(path)
    }
}

/// The cheapest continuation from a node.
struct Choice {
    cost: u64,
    level: u32,
    class: u32,
    child: NodeId,
}

/// A segment tree that finds the cheapest class of a range. It stores `(cost, class)`, with the leaves in its second
/// half.
struct Cheapest(Vec<(u64, u32)>);

impl Cheapest {
    fn new(arity: u32, cost: impl Fn(u32) -> u64) -> Cheapest {
        let leaves = arity as usize;
        let mut tree = vec![(u64::MAX, u32::MAX); leaves];
        tree.extend((0..arity).map(|class| (cost(class), class)));
        for parent in (1..leaves).rev() {
            let least = tree.get(2 * parent).min(tree.get(2 * parent + 1)).copied();
            if let (Some(slot), Some(least)) = (tree.get_mut(parent), least) {
                *slot = least;
            }
        }
        Cheapest(tree)
    }

    /// Returns the least cost among the classes `first..end`, and the first class that has it.
    fn among(&self, first: u32, end: u32) -> Option<(u64, u32)> {
        let leaves = self.0.len() / 2;
        let (mut low, mut high) = (first as usize + leaves, end as usize + leaves);
        let mut least = None;
        let mut take = |index: usize| {
            let entry = self.0.get(index).copied();
            least = least.into_iter().chain(entry).min();
        };
        while low < high {
            if low % 2 == 1 {
                take(low);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                take(high);
            }
            low /= 2;
            high /= 2;
        }
        least
    }
}
