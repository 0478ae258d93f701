//! The smallest box around a function.

use placet_graph::{Diagrams, NodeId};
use placet_program::ClassSet;
use std::collections::{BTreeMap, HashSet};

/// The smallest box that holds a function's assignments: for each level that is not free, its classes there.
pub(super) struct Hull {
    pub(super) classes: BTreeMap<u32, ClassSet>,
    /// Whether every assignment in the box is one of the function's.
    pub(super) is_exact: bool,
}

impl Hull {
    /// The hull of where a function is not 0. Cost: the runs of its nodes, and for each the levels that it skips.
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
        // A level that the box leaves free may still matter to the function.
        let is_exact = diagrams.support(f).iter().all(|level| classes.contains_key(level)) && count == inside;
        Self { classes, is_exact }
    }
}

/// The classes of a level with which the function can be other than 0.
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
                    // In a reduced diagram nothing but the terminal is 0 everywhere.
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
