//! What a diagram is made of: ids and runs.

use std::fmt;

/// A function: a terminal, or a node of the [`Diagrams`](crate::Diagrams) that made it.
///
/// Terminals have the top bit set and carry their value in the other 31; they mean the same in all diagrams. Every
/// other id is meaningful only in the diagrams that gave it out. Ids are ordered by age, terminals after all nodes: a
/// node's children that are nodes are always older than it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    const TERMINAL: u32 = 1 << 31;

    /// The terminal 0, which is *false* to the logical operations.
    pub const FALSE: NodeId = NodeId::terminal(0);

    /// The terminal 1, which is *true* to the logical operations.
    pub const TRUE: NodeId = NodeId::terminal(1);

    /// The constant function `value`. Values are 31 bits wide: the top bit is ignored.
    #[must_use]
    pub const fn terminal(value: u32) -> NodeId {
        NodeId(value | NodeId::TERMINAL)
    }

    /// The value, if this is a terminal.
    #[must_use]
    pub const fn as_terminal(self) -> Option<u32> {
        if self.is_terminal() { Some(self.0 & !NodeId::TERMINAL) } else { None }
    }

    /// Whether this is a constant function.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        self.0 & NodeId::TERMINAL != 0
    }

    pub(crate) const MAX_NODES: usize = NodeId::TERMINAL as usize;

    /// The id of the node at `index`, which is below [`NodeId::MAX_NODES`].
    pub(crate) const fn from_index(index: usize) -> NodeId {
        NodeId(index as u32)
    }

    /// The place in the node table. A terminal's is beyond every table.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_terminal() {
            Some(value) => write!(f, "#{value}"),
            None => write!(f, "@{}", self.0),
        }
    }
}

/// The child of all classes from the end of the run before (or 0) up to, and not with, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// The first class after the run.
    pub end: u32,
    /// Where those classes lead.
    pub child: NodeId,
}

/// Puts `run` after the runs in `runs[base..]`, which end before it; neighbours with one child become one run.
pub(crate) fn append(runs: &mut Vec<Run>, base: usize, run: Run) {
    let open = runs.len() > base;
    match runs.last_mut() {
        Some(last) if open && last.child == run.child => last.end = run.end,
        _ => runs.push(run),
    }
}
