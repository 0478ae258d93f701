//! The node table: making nodes, and reading them.

use hashbrown::{HashTable, hash_table::Entry};
use rustc_hash::FxHashSet;

use crate::cache::Cache;
use crate::mix::mix;
use crate::node::append;
use crate::{Budget, Exhausted, Key, NodeId, Run, Usage};

#[derive(Clone, Copy)]
struct Node {
    level: u32,
    first_run: u32,
    runs: u32,
}

/// A node with the hash of its content, so that the table can grow, and pass over most other nodes, without going to
/// the nodes themselves: that would be a cache miss each time.
#[derive(Clone, Copy)]
struct Tagged {
    tag: u32,
    id: NodeId,
}

impl Tagged {
    /// The table takes a place from the low bits, and a byte to compare from the high ones.
    fn hash(self) -> u64 {
        u64::from(self.tag) << 32 | u64::from(self.tag)
    }
}

/// A set of functions over the same levels, which share all nodes that they have in common.
///
/// Nodes are never given back. To keep some functions and drop the rest, [`transfer`](Diagrams::transfer) them into
/// new diagrams with the same order: that costs one step a run.
///
/// Ids must come from the diagrams they are used in. A foreign id cannot be told from an own one; one that is beyond
/// the table is read as the terminal 0.
pub struct Diagrams {
    arities: Vec<u32>,
    nodes: Vec<Node>,
    /// The runs of all nodes, one after the other.
    runs: Vec<Run>,
    /// All nodes by content.
    unique: HashTable<Tagged>,
    pub(crate) cache: Cache,
    budget: Budget,
    steps: u64,
}

impl Diagrams {
    /// Diagrams over `arities.len()` levels, the one on top first; level `i` has the classes `0..arities[i]`. A level
    /// without classes is given one.
    #[must_use]
    pub fn new(mut arities: Vec<u32>, budget: Budget) -> Diagrams {
        for arity in &mut arities {
            *arity = (*arity).max(1);
        }
        Diagrams {
            arities,
            nodes: Vec::new(),
            runs: Vec::new(),
            unique: HashTable::new(),
            cache: Cache::new(budget.nodes),
            budget,
            steps: 0,
        }
    }

    /// How many levels there are.
    #[must_use]
    pub fn levels(&self) -> u32 {
        self.arities.len() as u32
    }

    /// How many classes `level` has; 1 if there is no such level.
    #[must_use]
    pub fn arity(&self, level: u32) -> u32 {
        self.arities.get(level as usize).copied().unwrap_or(1)
    }

    /// What has been used of the budget.
    #[must_use]
    pub fn used(&self) -> Usage {
        Usage { nodes: self.nodes.len(), runs: self.runs.len(), steps: self.steps }
    }

    /// Replaces the budget. It covers everything since [`new`](Diagrams::new), not only what is to come. The size of
    /// the memo stays as the first budget had it.
    pub fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
    }

    /// A new name for an operation whose results are worth remembering between calls.
    ///
    /// # Errors
    ///
    /// [`Exhausted::Steps`] after some four billion keys.
    pub fn fresh_key(&mut self) -> Result<Key, Exhausted> {
        self.cache.fresh_key()
    }

    /// The function that looks at the class of `level` and goes on with the child of its run.
    ///
    /// Runs are read in order. One that ends no later than the run before is empty and ignored; what is beyond the
    /// arity is cut off; the last one reaches to the arity. No runs at all give the terminal 0, and of a level that
    /// does not exist only the first class is ever seen. Children normally test lower levels only, and then this costs
    /// one step a run; a child that tests `level` itself or a higher one gives the right function too, at the price of
    /// an [`if_then_else`](Diagrams::if_then_else) a run.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn node(&mut self, level: u32, runs: impl IntoIterator<Item = Run>) -> Result<NodeId, Exhausted> {
        let arity = self.arity(level);
        let mut merged: Vec<Run> = Vec::new();
        let mut covered = 0;
        let mut ordered = true;
        for run in runs {
            self.spend(1)?;
            let end = run.end.min(arity);
            if end > covered {
                let child = if self.knows(run.child) { run.child } else { NodeId::FALSE };
                ordered &= self.level(child).is_none_or(|below| below > level);
                append(&mut merged, 0, Run { end, child });
                covered = end;
                if merged.len() > self.budget.runs {
                    return Err(Exhausted::Runs);
                }
            }
        }
        let Some(last) = merged.last_mut() else { return Ok(NodeId::FALSE) };
        last.end = arity;
        if ordered { self.intern(level, &merged) } else { self.case(level, &merged) }
    }

    /// The function that is 1 where the class of `level` lies in one of `ranges`, and 0 elsewhere. A range is its
    /// first class and the first class after it; ranges are sorted and disjoint. Of a range that is not, the classes
    /// before the end of an earlier one are left as they are.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn test(
        &mut self,
        level: u32,
        ranges: impl IntoIterator<Item = (u32, u32)>,
    ) -> Result<NodeId, Exhausted> {
        let runs = ranges.into_iter().flat_map(|(first, end)| {
            [Run { end: first, child: NodeId::FALSE }, Run { end, child: NodeId::TRUE }]
        });
        let rest = Run { end: self.arity(level), child: NodeId::FALSE };
        self.node(level, runs.chain([rest]))
    }

    /// The level that the node tests; none for a terminal.
    #[must_use]
    pub fn level(&self, id: NodeId) -> Option<u32> {
        self.nodes.get(id.index()).map(|node| node.level)
    }

    /// The runs of a node: at least two, neighbours with different children, the last one ends at the arity. None for
    /// a terminal.
    #[must_use]
    pub fn runs(&self, id: NodeId) -> &[Run] {
        let Some(node) = self.nodes.get(id.index()) else { return &[] };
        let first = node.first_run as usize;
        // INVARIANT: `intern` puts the runs of a node at `first_run` before it puts the node.
        self.runs.get(first..first + node.runs as usize).unwrap_or(&[])
    }

    /// Where the class leads from a node; a class beyond the arity is read as the last one, and a terminal leads to
    /// itself. Costs the logarithm of the number of runs.
    #[must_use]
    pub fn child(&self, id: NodeId, class: u32) -> NodeId {
        let runs = self.runs(id);
        runs.get(runs.partition_point(|run| run.end <= class)).or(runs.last()).map_or(id, |run| run.child)
    }

    /// The value of the function at an assignment of classes to levels. Levels that `classes` does not reach have
    /// class 0.
    #[must_use]
    pub fn evaluate(&self, f: NodeId, classes: &[u32]) -> u32 {
        let mut at = f;
        while let Some(level) = self.level(at) {
            at = self.child(at, classes.get(level as usize).copied().unwrap_or(0));
        }
        at.as_terminal().unwrap_or(0)
    }

    /// The node with these runs, which are merged, cover the level and lead to lower levels.
    pub(crate) fn intern(&mut self, level: u32, runs: &[Run]) -> Result<NodeId, Exhausted> {
        if let [only] = runs {
            return Ok(only.child);
        }
        let Diagrams { nodes, runs: arena, unique, budget, .. } = self;
        let stored = |id: NodeId| {
            let node = nodes.get(id.index())?;
            let first = node.first_run as usize;
            Some((node.level, arena.get(first..first + node.runs as usize)?))
        };
        let new = Tagged { tag: tag(level, runs), id: NodeId::from_index(nodes.len()) };
        let same = |old: &Tagged| old.tag == new.tag && stored(old.id) == Some((level, runs));
        let vacant = match unique.entry(new.hash(), same, |old| old.hash()) {
            Entry::Occupied(old) => return Ok(old.get().id),
            Entry::Vacant(vacant) => vacant,
        };
        if nodes.len() >= budget.nodes.min(NodeId::MAX_NODES) {
            return Err(Exhausted::Nodes);
        }
        if arena.len() + runs.len() > budget.runs.min(u32::MAX as usize) {
            return Err(Exhausted::Runs);
        }
        vacant.insert(new);
        nodes.push(Node { level, first_run: arena.len() as u32, runs: runs.len() as u32 });
        arena.extend_from_slice(runs);
        Ok(new.id)
    }

    /// Takes steps from the budget.
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        let after = self.steps.saturating_add(steps as u64);
        if after > self.budget.steps {
            return Err(Exhausted::Steps);
        }
        self.steps = after;
        Ok(())
    }

    /// The level of a node and the place of its first run.
    pub(crate) fn start(&self, id: NodeId) -> Option<(u32, usize)> {
        self.nodes.get(id.index()).map(|node| (node.level, node.first_run as usize))
    }

    /// The run at a place counted over all nodes.
    pub(crate) fn run_at(&self, place: usize) -> Option<Run> {
        self.runs.get(place).copied()
    }

    /// The nodes that `roots` lead to, with themselves, along the children that `follow` adds to its list; each once,
    /// children before parents.
    pub(crate) fn below(
        &self,
        roots: impl IntoIterator<Item = NodeId>,
        mut follow: impl FnMut(NodeId, &mut Vec<NodeId>),
    ) -> Vec<NodeId> {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        let mut waiting: Vec<NodeId> = roots.into_iter().collect();
        while let Some(id) = waiting.pop() {
            if self.level(id).is_some() && seen.insert(id) {
                found.push(id);
                follow(id, &mut waiting);
            }
        }
        // A node is younger than its children.
        found.sort_unstable();
        found
    }

    /// All nodes that `roots` lead to, children before parents.
    pub(crate) fn reachable(&self, roots: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        self.below(roots, |id, next| next.extend(self.runs(id).iter().map(|run| run.child)))
    }

    fn knows(&self, id: NodeId) -> bool {
        id.is_terminal() || id.index() < self.nodes.len()
    }
}

fn tag(level: u32, runs: &[Run]) -> u32 {
    runs.iter().fold(u64::from(level), |hash, run| mix(hash, run.end, run.child.bits())) as u32
}
