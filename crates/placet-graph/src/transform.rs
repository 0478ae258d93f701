//! Operations on one function: replace terminals, fix classes, eliminate levels, change the order.
//!
//! All of them visit nodes from the bottom up. Ids grow from children to parents, so a sorted list of ids is enough and
//! no recursion is needed.

use rustc_hash::FxHashMap;

use crate::node::append;
use crate::{And, Diagrams, Exhausted, NodeId, Operation, Or, Run};

impl Diagrams {
    /// Returns `x ↦ replace(f(x))`. Takes one step per run.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let office = diagrams.test(0, [(8, 18)])?;
    /// let price = diagrams.map(office, |value| if value == 1 { 30 } else { 50 })?;
    /// assert_eq!([9, 20].map(|hour| diagrams.evaluate(price, &[hour])), [30, 50]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn map(&mut self, f: NodeId, replace: impl Fn(u32) -> u32) -> Result<NodeId, Exhausted> {
        self.rebuild(f, replace, |_, runs, kept| kept.extend_from_slice(runs))
    }

    /// Returns the cofactor: `f` with the classes of some levels fixed. The result does not test these levels.
    ///
    /// A class beyond the arity counts as the last one. Takes at most one step per run.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24, 7], Budget::default());
    /// let (office, weekday) = (diagrams.test(0, [(8, 18)])?, diagrams.test(1, [(0, 5)])?);
    /// let open = diagrams.and(office, weekday)?;
    /// assert_eq!(diagrams.restrict(open, &|level| (level == 1).then_some(2))?, office);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn restrict(&mut self, f: NodeId, fixed: &impl Fn(u32) -> Option<u32>) -> Result<NodeId, Exhausted> {
        self.rebuild(
            f,
            |value| value,
            |level, runs, kept| match fixed(level) {
                Some(class) => {
                    let at = runs.partition_point(|run| run.end <= class);
                    kept.extend(runs.get(at).or(runs.last()));
                }
                None => kept.extend_from_slice(runs),
            },
        )
    }

    /// Returns a function, no larger than `f`, that agrees with `f` on the allowed classes.
    ///
    /// `allowed` gives the allowed classes of a level as sorted, disjoint ranges; a level with no list or an empty list
    /// keeps all classes. A class that is not allowed behaves like the last allowed class before it, or else like the
    /// first one, so the result has no meaning there. The same `f` and the same lists give the same id.
    ///
    /// This is the generalised cofactor of Coudert and Madre (ICCAD 1990) for a care set that is a box. Takes at most
    /// one step per run.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, NodeId};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let office = diagrams.test(0, [(8, 18)])?;
    /// assert_eq!(diagrams.narrow(office, |_| Some(&[(9, 12), (14, 15)]))?, NodeId::TRUE);
    /// assert_eq!(diagrams.narrow(office, |_| Some(&[(17, 20)]))?, diagrams.test(0, [(0, 18)])?);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn narrow<'a>(
        &mut self,
        f: NodeId,
        allowed: impl Fn(u32) -> Option<&'a [(u32, u32)]>,
    ) -> Result<NodeId, Exhausted> {
        self.rebuild(
            f,
            |value| value,
            |level, runs, kept| match allowed(level) {
                Some(ranges) if !ranges.is_empty() => keep_allowed(runs, ranges, kept),
                _ => kept.extend_from_slice(runs),
            },
        )
    }

    /// Returns `∃ class. f`: 1 if some class of `level` makes `f` 1. The values must be 0 and 1.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24, 7], Budget::default());
    /// let (office, weekday) = (diagrams.test(0, [(8, 18)])?, diagrams.test(1, [(0, 5)])?);
    /// let open = diagrams.and(office, weekday)?;
    /// assert_eq!(diagrams.exists(open, 0)?, weekday);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn exists(&mut self, f: NodeId, level: u32) -> Result<NodeId, Exhausted> {
        self.quantify(&Or, f, level)
    }

    /// Returns `∀ class. f`: 1 if every class of `level` makes `f` 1. The values must be 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn forall(&mut self, f: NodeId, level: u32) -> Result<NodeId, Exhausted> {
        self.quantify(&And, f, level)
    }

    /// Combines the cofactors for all classes of a level: `f[level := 0] ∘ f[level := 1] ∘ …`. The result does not test
    /// the level.
    ///
    /// The operation must be associative, commutative and idempotent.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn quantify<O: Operation>(
        &mut self,
        operation: &O,
        f: NodeId,
        level: u32,
    ) -> Result<NodeId, Exhausted> {
        let above = self.below([f], |id, next| {
            if self.level(id) < Some(level) {
                next.extend(self.runs(id).iter().map(|run| run.child));
            }
        });
        let mut results: FxHashMap<NodeId, NodeId> = FxHashMap::default();
        for id in above {
            let tested = self.level(id).unwrap_or(level);
            let mut runs = self.runs(id).to_vec();
            self.spend(runs.len())?;
            let result = if tested == level {
                let mut children: Vec<NodeId> = runs.iter().map(|run| run.child).collect();
                children.sort_unstable();
                children.dedup();
                self.fold(operation, children, NodeId::FALSE)?
            } else if tested < level {
                for run in &mut runs {
                    run.child = results.get(&run.child).copied().unwrap_or(run.child);
                }
                self.node(tested, runs)?
            } else {
                id
            };
            results.insert(id, result);
        }
        Ok(results.get(&f).copied().unwrap_or(f))
    }

    /// Builds the same function in other diagrams, where level `i` of these becomes level `order[i]` with the same
    /// arity. A level beyond the end of `order` keeps its number.
    ///
    /// Takes one step per run if the order of the tested levels stays the same. Otherwise each node is moved up through
    /// the part below it. That takes quadratic time even for a reversed chain, and the result may be exponentially
    /// larger: only the budget of `into` bounds it.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut hour_first = Diagrams::new(vec![24, 7], Budget::default());
    /// let office = hour_first.test(0, [(8, 18)])?;
    /// let mut day_first = Diagrams::new(vec![7, 24], Budget::default());
    /// let moved = hour_first.transfer(office, &mut day_first, &[1, 0])?;
    /// assert_eq!(day_first.support(moved), [1]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget of `into` runs out.
    pub fn transfer(&self, f: NodeId, into: &mut Diagrams, order: &[u32]) -> Result<NodeId, Exhausted> {
        let mut results: FxHashMap<NodeId, NodeId> = FxHashMap::default();
        for id in self.reachable([f]) {
            // INVARIANT: `reachable` returns nodes only, children before parents.
            let level = self.level(id).unwrap_or(0);
            let level = order.get(level as usize).copied().unwrap_or(level);
            let moved =
                |run: &Run| Run { child: results.get(&run.child).copied().unwrap_or(run.child), ..*run };
            let result = into.node(level, self.runs(id).iter().map(moved))?;
            results.insert(id, result);
        }
        Ok(results.get(&f).copied().unwrap_or(f))
    }

    /// Rebuilds `f` bottom-up with other terminals, and with only the runs of each node that `keep` appends to its
    /// list. Nodes that only dropped runs lead to are not visited.
    fn rebuild(
        &mut self,
        f: NodeId,
        replace: impl Fn(u32) -> u32,
        keep: impl Fn(u32, &[Run], &mut Vec<Run>),
    ) -> Result<NodeId, Exhausted> {
        let replaced = |results: &FxHashMap<NodeId, NodeId>, id: NodeId| match id.as_terminal() {
            Some(value) => NodeId::terminal(replace(value)),
            // INVARIANT: children are rebuilt before their parents.
            None => results.get(&id).copied().unwrap_or(id),
        };
        let mut kept = Vec::new();
        let nodes = self.below([f], |id, next| {
            kept.clear();
            keep(self.level(id).unwrap_or(0), self.runs(id), &mut kept);
            next.extend(kept.iter().map(|run| run.child));
        });
        let mut results = FxHashMap::default();
        let mut merged = Vec::new();
        for id in nodes {
            let level = self.level(id).unwrap_or(0);
            kept.clear();
            merged.clear();
            // Asked again: keeping the first answers would take memory for the runs of all nodes.
            keep(level, self.runs(id), &mut kept);
            self.spend(kept.len())?;
            for run in &kept {
                append(&mut merged, 0, Run { child: replaced(&results, run.child), ..*run });
            }
            if let Some(last) = merged.last_mut() {
                last.end = self.arity(level);
            }
            let result = self.intern(level, &merged)?;
            results.insert(id, result);
        }
        Ok(replaced(&results, f))
    }
}

/// Keeps the runs that contain an allowed class, each extended to the first allowed class of the next one.
fn keep_allowed(runs: &[Run], ranges: &[(u32, u32)], kept: &mut Vec<Run>) {
    let before = kept.len();
    let mut ranges = ranges.iter().filter(|(first, end)| first < end).peekable();
    let mut first_class = 0;
    for run in runs {
        while ranges.next_if(|(_, end)| *end <= first_class).is_some() {}
        if let Some(&&(first, _)) = ranges.peek()
            && first < run.end
        {
            let first = first.max(first_class);
            if let Some(last) = kept.get_mut(before..).and_then(<[Run]>::last_mut) {
                last.end = first;
            }
            kept.push(*run);
        }
        first_class = run.end;
    }
    if kept.len() == before {
        // All ranges are beyond the arity. An empty list would be no node, so treat the level as unrestricted.
        kept.extend_from_slice(runs);
    }
}
