//! A function as a list of disjoint boxes.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Diagrams, NodeId};

/// A box of assignments that all have the same value: one class set for each level that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Levels from the top, each with sorted, disjoint ranges of classes (first, and first after). Levels that are not
    /// mentioned are free.
    pub edges: Vec<(u32, Vec<(u32, u32)>)>,
    /// The value of the function in the box.
    pub terminal: u32,
}

impl Diagrams {
    /// The boxes on which the function has an accepted value: disjoint, and together all such assignments. One box for
    /// each path, where all runs of a node that share a child are one edge.
    ///
    /// There may be exponentially many, so they come one by one. The call costs the runs of the function's nodes, to
    /// know where accepted terminals are; each box after that costs the runs along its path, and never a dead end.
    #[must_use]
    pub fn regions(&self, f: NodeId, accept: impl Fn(u32) -> bool) -> Regions<'_> {
        let mut live: FxHashSet<NodeId> = FxHashSet::default();
        let accepts = |id: NodeId| id.as_terminal().is_some_and(&accept);
        for id in self.reachable([f]) {
            let children = || self.runs(id).iter().map(|run| run.child);
            live.extend(children().filter(|&child| accepts(child)));
            if children().any(|child| live.contains(&child)) {
                live.insert(id);
            }
        }
        let start = (accepts(f) || live.contains(&f)).then_some(f);
        Regions { diagrams: self, live, path: Vec::new(), next: start }
    }
}

/// The iterator of [`Diagrams::regions`].
pub struct Regions<'a> {
    diagrams: &'a Diagrams,
    /// The nodes from which an accepted terminal can be reached, and those terminals.
    live: FxHashSet<NodeId>,
    path: Vec<Step>,
    next: Option<NodeId>,
}

/// A node on the current path, with the edge taken and those still to take.
struct Step {
    level: u32,
    taken: Vec<(u32, u32)>,
    waiting: std::vec::IntoIter<Edge>,
}

struct Edge {
    ranges: Vec<(u32, u32)>,
    child: NodeId,
}

impl Regions<'_> {
    /// The edges of a node to live children, in the order of their first classes.
    fn edges(&self, id: NodeId) -> Vec<Edge> {
        let mut edges: Vec<Edge> = Vec::new();
        let mut places: FxHashMap<NodeId, usize> = FxHashMap::default();
        let mut first = 0;
        for run in self.diagrams.runs(id) {
            let range = (first, run.end);
            first = run.end;
            if !self.live.contains(&run.child) {
                continue;
            }
            let place = *places.entry(run.child).or_insert(edges.len());
            match edges.get_mut(place) {
                Some(edge) => edge.ranges.push(range),
                None => edges.push(Edge { ranges: vec![range], child: run.child }),
            }
        }
        edges
    }
}

impl Iterator for Regions<'_> {
    type Item = Region;

    fn next(&mut self) -> Option<Region> {
        loop {
            if let Some(id) = self.next.take() {
                if let Some(terminal) = id.as_terminal() {
                    let edges = self.path.iter().map(|step| (step.level, step.taken.clone())).collect();
                    return Some(Region { edges, terminal });
                }
                let waiting = self.edges(id).into_iter();
                let level = self.diagrams.level(id).unwrap_or(0);
                self.path.push(Step { level, taken: Vec::new(), waiting });
            }
            let step = self.path.last_mut()?;
            match step.waiting.next() {
                Some(edge) => {
                    step.taken = edge.ranges;
                    self.next = Some(edge.child);
                }
                None => {
                    self.path.pop();
                }
            }
        }
    }
}
