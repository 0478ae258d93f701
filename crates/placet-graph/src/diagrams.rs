//! The node table: builds nodes and reads them.
//!
//! Invariants of a stored node: it has at least two runs, neighbouring runs have different children, the last run ends
//! at the arity, and every child is a terminal or an older node on a lower level. No two nodes have the same content.

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

/// A node's id with the hash of its content.
///
/// The hash lets the table grow, and skip most other nodes, without reading the nodes themselves, which would be a
/// cache miss each time.
#[derive(Clone, Copy)]
struct Tagged {
    tag: u32,
    id: NodeId,
}

impl Tagged {
    /// Spreads the tag: the table takes the slot from the low bits, and a byte for comparison from the high bits.
    fn hash(self) -> u64 {
        u64::from(self.tag) << 32 | u64::from(self.tag)
    }
}

/// A set of functions over the same levels. Functions share their common nodes.
///
/// Nodes are never freed. To keep some functions and drop the rest, [`transfer`](Diagrams::transfer) them into new
/// diagrams with the same order, at one step per run.
///
/// An id is valid only in the diagrams that returned it. An id from other diagrams can't be detected; one beyond the
/// node table is read as the terminal 0.
///
/// ```
/// use placet_graph::{Budget, Diagrams};
///
/// let mut diagrams = Diagrams::new(vec![24, 7], Budget::default());
/// let (office, weekday) = (diagrams.test(0, [(8, 18)])?, diagrams.test(1, [(0, 5)])?);
/// let open = diagrams.and(office, weekday)?;
/// assert_eq!(diagrams.evaluate(open, &[9, 6]), 0);
/// # Ok::<(), placet_graph::Exhausted>(())
/// ```
pub struct Diagrams {
    arities: Vec<u32>,
    nodes: Vec<Node>,
    /// The runs of all nodes, in the order of the nodes. One list instead of one per node saves an allocation each.
    runs: Vec<Run>,
    /// All nodes, by content.
    unique: HashTable<Tagged>,
    pub(crate) cache: Cache,
    budget: Budget,
    steps: u64,
}

impl Diagrams {
    /// Creates diagrams over `arities.len()` levels from the top down. Level `i` has the classes `0..arities[i]`; an
    /// arity of 0 counts as 1.
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

    /// Returns the number of levels.
    #[must_use]
    pub fn levels(&self) -> u32 {
        self.arities.len() as u32
    }

    /// Returns the number of classes of `level`, or 1 if there is no such level.
    #[must_use]
    pub fn arity(&self, level: u32) -> u32 {
        self.arities.get(level as usize).copied().unwrap_or(1)
    }

    /// Returns the resources used so far.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// diagrams.test(0, [(8, 18)])?;
    /// assert_eq!((diagrams.used().nodes, diagrams.used().runs), (1, 3));
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    #[must_use]
    pub fn used(&self) -> Usage {
        Usage { nodes: self.nodes.len(), runs: self.runs.len(), steps: self.steps }
    }

    /// Replaces the budget. The new one includes everything used since [`new`](Diagrams::new). The cache keeps the size
    /// that the first budget gave it.
    pub fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
    }

    /// Returns a new key for an operation whose results are worth caching between calls.
    ///
    /// # Errors
    ///
    /// [`Exhausted::Steps`] after about four billion keys.
    pub fn fresh_key(&mut self) -> Result<Key, Exhausted> {
        self.cache.fresh_key()
    }

    /// Returns the function that continues, for each class of `level`, with the child of the class's run.
    ///
    /// Runs are read in order:
    ///
    /// * A run that ends no later than the run before it is empty and ignored.
    /// * A run is cut off at the arity; the last run extends to the arity.
    /// * Without runs the result is the terminal 0.
    /// * A level that does not exist has only the class 0.
    ///
    /// Costs one step per run if all children test lower levels, the normal case. A child that tests `level` or a
    /// higher level gives the right function too, but costs an [`if_then_else`](Diagrams::if_then_else) per run.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, NodeId, Run};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let ends = [(8, 50), (18, 30), (24, 50)];
    /// let price = diagrams.node(0, ends.map(|(end, value)| Run { end, child: NodeId::terminal(value) }))?;
    /// assert_eq!([7, 8, 18].map(|hour| diagrams.evaluate(price, &[hour])), [50, 30, 50]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
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

    /// Returns the function that is 1 if the class of `level` is in one of `ranges`, and 0 otherwise.
    ///
    /// A range is its first class and the first class after it. Ranges should be sorted and disjoint: in a range that
    /// is not, the classes before the end of an earlier range keep the value they have.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let open = diagrams.test(0, [(8, 12), (13, 18)])?;
    /// assert_eq!([9, 12, 17].map(|hour| diagrams.evaluate(open, &[hour])), [1, 0, 1]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
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

    /// Returns the level that a node tests, or `None` for a terminal.
    #[must_use]
    pub fn level(&self, id: NodeId) -> Option<u32> {
        self.nodes.get(id.index()).map(|node| node.level)
    }

    /// Returns the runs of a node; empty for a terminal. A node has at least two runs, neighbours have different
    /// children, and the last run ends at the arity.
    #[must_use]
    pub fn runs(&self, id: NodeId) -> &[Run] {
        let Some(node) = self.nodes.get(id.index()) else { return &[] };
        let first = node.first_run as usize;
        // INVARIANT: `intern` stores the runs of a node at `first_run` when it stores the node.
        self.runs.get(first..first + node.runs as usize).unwrap_or(&[])
    }

    /// Returns the child of a node for a class. A class beyond the arity counts as the last one; a terminal is its own
    /// child. Takes logarithmic time in the number of runs.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, NodeId};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let office = diagrams.test(0, [(8, 18)])?;
    /// assert_eq!(diagrams.child(office, 9), NodeId::TRUE);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    #[must_use]
    pub fn child(&self, id: NodeId, class: u32) -> NodeId {
        let runs = self.runs(id);
        runs.get(runs.partition_point(|run| run.end <= class)).or(runs.last()).map_or(id, |run| run.child)
    }

    /// Returns the value of a function at an assignment: one class per level. Missing levels have class 0.
    #[must_use]
    pub fn evaluate(&self, f: NodeId, classes: &[u32]) -> u32 {
        let mut at = f;
        while let Some(level) = self.level(at) {
            at = self.child(at, classes.get(level as usize).copied().unwrap_or(0));
        }
        at.as_terminal().unwrap_or(0)
    }

    /// Returns the node with these runs, which must be merged, cover the level and lead to lower levels.
    pub(crate) fn intern(&mut self, level: u32, runs: &[Run]) -> Result<NodeId, Exhausted> {
        // Reduction: a node with a single child is that child.
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

    /// Returns the level of a node and the index of its first run among all runs.
    pub(crate) fn start(&self, id: NodeId) -> Option<(u32, usize)> {
        self.nodes.get(id.index()).map(|node| (node.level, node.first_run as usize))
    }

    /// Returns a run by its index among all runs.
    pub(crate) fn run_at(&self, index: usize) -> Option<Run> {
        self.runs.get(index).copied()
    }

    /// Returns the nodes reachable from `roots`, including them, through the children that `follow` appends to its
    /// list. Each node appears once, children before parents.
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
        // Ids grow with age and children are built before parents, so sorting by id is a topological order.
        found.sort_unstable();
        found
    }

    /// Returns all nodes reachable from `roots`, children before parents.
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
