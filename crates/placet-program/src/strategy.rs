//! Which engine decides, and why.

use crate::program::ProgramData;
use serde::{Deserialize, Serialize};

/// What the compiler found out about its engines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Why no smaller engine was taken, or why this one; a sentence for people.
    pub reason: String,
    /// Nodes on the longest way through the diagram.
    pub depth: u32,
    /// Slices of the diagram, by the classes of its first variable, that are left to the bitmaps, and all slices; none
    /// where it is whole.
    pub slices: Option<(u32, u32)>,
}

/// Which engine decides complete requests, why, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strategy {
    /// `table`, `graph`, `sliced graph` or `bitmaps`.
    pub evaluator: &'static str,
    /// Why.
    pub reason: String,
    /// Nodes of the diagram, or cells of the table.
    pub nodes: usize,
    /// Bytes of the diagram or the table.
    pub bytes: usize,
    /// Bytes of the bitmaps, which are always there.
    pub bitmap_bytes: usize,
    /// Variables that a decision looks at at most.
    pub depth: u32,
    /// The variables that conditions look at.
    pub variables: usize,
    /// The classes of all variables together.
    pub classes: u64,
}

impl Strategy {
    pub(crate) fn new(parts: &ProgramData) -> Self {
        let (engine, nodes, bytes) = match (&parts.table, &parts.graph) {
            (Some(table), _) => ("table", table.cells(), table.bytes()),
            (None, Some(graph)) if parts.usage.slices.is_some() => {
                ("sliced graph", graph.nodes(), graph.bytes())
            }
            (None, Some(graph)) => ("graph", graph.nodes(), graph.bytes()),
            (None, None) => ("bitmaps", 0, 0),
        };
        Self {
            evaluator: engine,
            reason: parts.usage.reason.clone(),
            nodes,
            bytes,
            bitmap_bytes: parts.bitmaps.bytes(),
            depth: parts.usage.depth,
            variables: parts.variables.len(),
            classes: parts.variables.iter().map(|variable| u64::from(variable.classes)).sum(),
        }
    }
}
