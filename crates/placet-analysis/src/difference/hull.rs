//! The smallest box around a function of a diagram.

use placet_graph::{Diagrams, NodeId};
use placet_program::ClassSet;
use std::collections::{BTreeMap, HashSet};

/// The smallest box that holds a function's assignments: the classes of each level that isn't free.
pub(super) struct Hull {
    pub(super) classes: BTreeMap<u32, ClassSet>,
    /// True if the function holds for every assignment in the box.
    pub(super) is_exact: bool,
}

impl Hull {
    /// Computes the hull of a function's assignments other than 0. Cost: the runs of its nodes, and the levels that each
    /// skips.
    pub(super) fn new(diagrams: &Diagrams, f: NodeId) -> Self {
        let mut classes: BTreeMap<u32, ClassSet> = BTreeMap::new();
        for level in diagrams.support(f) {
            let found = on_level(diagrams, f, level);
            if !found.is_full(diagrams.arity(level)) {
                classes.insert(level, found);
            }
        }
        let inside =
            classes.iter().fold(1_u128, |product, (_, set)| product.saturating_mul(set.len().into()));
        let count = diagrams.count(
            f,
            |level, class| u64::from(class == 0 || classes.contains_key(&level)),
            |v| v != 0,
        );
        // The function may depend on a level that the box leaves free.
        let is_exact = diagrams.support(f).iter().all(|level| classes.contains_key(level)) && count == inside;
        Self { classes, is_exact }
    }
}

/// Returns the classes of a level for which the function can differ from 0.
fn on_level(diagrams: &Diagrams, f: NodeId, level: u32) -> ClassSet {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let mut seen: HashSet<NodeId> = HashSet::new();
    let mut todo = vec![f];
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        match diagrams.level(id) {
            Some(own) if own < level => todo.extend(diagrams.runs(id).iter().map(|run| run.child)),
            Some(own) if own == level => {
                let mut first = 0;
                for run in diagrams.runs(id) {
                    // In a reduced diagram only the terminal is 0 everywhere.
                    if run.child != NodeId::FALSE {
                        ranges.push((first, run.end));
                    }
                    first = run.end;
                }
            }
            _ if id != NodeId::FALSE => ranges.push((0, diagrams.arity(level))),
            _ => {}
        }
    }
    ClassSet::from_ranges(ranges)
}
