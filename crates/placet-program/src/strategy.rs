//! The choice of an evaluator, and its reasons.

use crate::masks::Masks;
use crate::program::ProgramData;
use serde::{Deserialize, Serialize};

/// The compiler's notes about its choice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChoiceNotes {
    /// Why no smaller evaluator was taken, or why this one: a sentence for people.
    pub reason: String,
    /// The number of nodes on the longest path through the diagram.
    pub depth: u32,
    /// The number of slices of the diagram (by the classes of its first variable) that are left to the bitmaps, and of
    /// all slices. `None` if the diagram is whole.
    pub slices: Option<(u32, u32)>,
}

/// The evaluator that decides complete requests, the reason for it, and its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Strategy {
    /// `masks`, `graph`, `sliced graph` or `bitmaps`.
    pub evaluator: &'static str,
    /// The reason for the choice.
    pub reason: String,
    /// The number of nodes of the diagram. It exists beside masks, too: it decides batches and requests with unknown
    /// attributes.
    pub nodes: usize,
    /// The size of the diagram in bytes.
    pub bytes: usize,
    /// The size of the masks in bytes; 0 if there are none.
    pub mask_bytes: usize,
    /// The size of the bitmaps in bytes. They always exist.
    pub bitmap_bytes: usize,
    /// The maximum number of variables that a walk through the diagram reads.
    pub depth: u32,
    /// The number of variables that conditions read.
    pub variables: usize,
    /// The number of classes of all variables together.
    pub classes: u64,
}

impl Strategy {
    pub(crate) fn new(parts: &ProgramData, masks: Option<&Masks>) -> Self {
        let (diagram, nodes, bytes) = match &parts.graph {
            Some(graph) if parts.notes.slices.is_some() => ("sliced graph", graph.nodes(), graph.bytes()),
            Some(graph) => ("graph", graph.nodes(), graph.bytes()),
            None => ("bitmaps", 0, 0),
        };
        Self {
            evaluator: if masks.is_some() { "masks" } else { diagram },
            reason: parts.notes.reason.clone(),
            nodes,
            bytes,
            mask_bytes: masks.map_or(0, Masks::bytes),
            bitmap_bytes: parts.bitmaps.bytes(),
            depth: parts.notes.depth,
            variables: parts.variables.len(),
            classes: parts.variables.iter().map(|variable| u64::from(variable.classes)).sum(),
        }
    }
}
