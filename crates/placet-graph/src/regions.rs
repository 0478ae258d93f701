//! The regions of a function: a list of disjoint boxes.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Diagrams, NodeId};

/// A box of assignments with the same value: a set of classes for each level that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The levels from the top, each with sorted, disjoint ranges of classes (first, and first after). All other levels
    /// are free.
    pub edges: Vec<(u32, Vec<(u32, u32)>)>,
    /// The value of the function in the box.
    pub terminal: u32,
}

impl Diagrams {
    /// Returns the boxes of assignments with an accepted value. They are disjoint and cover all such assignments.
    ///
    /// Each path of the diagram gives one box; runs of a node with the same child form one edge of a path. There may be
    /// exponentially many boxes, so they are computed one by one. The call itself visits all runs of the function's
    /// nodes to find the accepted terminals; each box then costs the runs along its path. Dead ends are never entered.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let open = diagrams.test(0, [(8, 12), (13, 18)])?;
    /// let boxes: Vec<_> = diagrams.regions(open, |value| value == 1).collect();
    /// assert_eq!(boxes[0].edges, [(0, vec![(8, 12), (13, 18)])]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
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

/// The iterator that [`Diagrams::regions`] returns.
pub struct Regions<'a> {
    diagrams: &'a Diagrams,
    /// The nodes that lead to an accepted terminal, and these terminals.
    live: FxHashSet<NodeId>,
    path: Vec<Step>,
    next: Option<NodeId>,
}

/// A node on the current path, with the edge taken and the edges still to take.
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
    /// Returns the edges of a node to live children, in the order of their first classes.
    fn edges(&self, id: NodeId) -> Vec<Edge> {
        let mut edges: Vec<Edge> = Vec::new();
        let mut indexes: FxHashMap<NodeId, usize> = FxHashMap::default();
        let mut first = 0;
        for run in self.diagrams.runs(id) {
            let range = (first, run.end);
            first = run.end;
            // Dead ends are dropped here, so that every path ends in a box.
            if !self.live.contains(&run.child) {
                continue;
            }
            let index = *indexes.entry(run.child).or_insert(edges.len());
            match edges.get_mut(index) {
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
