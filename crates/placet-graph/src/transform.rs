//! Operations on one function: other terminals, fewer classes, fewer levels, another order.

use rustc_hash::FxHashMap;

use crate::node::append;
use crate::{And, Diagrams, Exhausted, NodeId, Operation, Or, Run};

impl Diagrams {
    /// `x ↦ replace(f(x))`. Costs one step a run.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn map(&mut self, f: NodeId, replace: impl Fn(u32) -> u32) -> Result<NodeId, Exhausted> {
        self.rebuild(f, replace, |_, runs, kept| kept.extend_from_slice(runs))
    }

    /// The cofactor: `f` with the class of some levels fixed. The result does not test those levels. A class beyond
    /// the arity is read as the last one. Costs at most one step a run.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
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

    /// A function, no larger than `f`, that agrees with `f` wherever every level has one of its allowed classes, given
    /// as sorted, disjoint ranges. Elsewhere its value has no meaning: a class that is not allowed does what the last
    /// allowed one before it does, or else the first one. Levels without a list, and with an empty one, keep all
    /// classes. The same `f` and the same lists give the same id.
    ///
    /// This is the generalised cofactor of Coudert and Madre (ICCAD 1990) for a care set that is a box. Costs at most
    /// one step a run.
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
    /// [`Exhausted`], when the budget is.
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

    /// `∃ class. f`: 1 where some class of `level` makes `f` 1. The values are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn exists(&mut self, f: NodeId, level: u32) -> Result<NodeId, Exhausted> {
        self.quantify(&Or, f, level)
    }

    /// `∀ class. f`: 1 where every class of `level` makes `f` 1. The values are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn forall(&mut self, f: NodeId, level: u32) -> Result<NodeId, Exhausted> {
        self.quantify(&And, f, level)
    }

    /// The operation over all classes of a level: `f[level := 0] ∘ f[level := 1] ∘ …`. It must be associative,
    /// commutative and idempotent. The result does not test the level.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
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

    /// The same function in other diagrams, where the variable of this level `i` is the level `order[i]`, with the
    /// same arity; a level that `order` does not reach keeps its number.
    ///
    /// Costs one step a run if the order of the tested levels stays. Otherwise each node is moved up through the part
    /// below it, which is quadratic even for a chain turned upside down, and the result may be exponentially larger:
    /// the budget of `into` is what ends it.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget of `into` is.
    pub fn transfer(&self, f: NodeId, into: &mut Diagrams, order: &[u32]) -> Result<NodeId, Exhausted> {
        let mut results: FxHashMap<NodeId, NodeId> = FxHashMap::default();
        for id in self.reachable([f]) {
            // INVARIANT: `reachable` gives nodes only, and each after its children.
            let level = self.level(id).unwrap_or(0);
            let level = order.get(level as usize).copied().unwrap_or(level);
            let moved =
                |run: &Run| Run { child: results.get(&run.child).copied().unwrap_or(run.child), ..*run };
            let result = into.node(level, self.runs(id).iter().map(moved))?;
            results.insert(id, result);
        }
        Ok(results.get(&f).copied().unwrap_or(f))
    }

    /// Builds `f` again from below, with other terminals and with the runs of each node that `keep` adds to its list.
    /// Nodes that only dropped runs lead to are not visited.
    fn rebuild(
        &mut self,
        f: NodeId,
        replace: impl Fn(u32) -> u32,
        keep: impl Fn(u32, &[Run], &mut Vec<Run>),
    ) -> Result<NodeId, Exhausted> {
        let replaced = |results: &FxHashMap<NodeId, NodeId>, id: NodeId| match id.as_terminal() {
            Some(value) => NodeId::terminal(replace(value)),
            // INVARIANT: children come before parents.
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

/// The runs that the allowed classes are in, each stretched to the next allowed class of another one.
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
        // No range lies within the arity, which leaves nothing to agree with.
        kept.extend_from_slice(runs);
    }
}
