//! Node ids and runs.

use std::fmt;

/// The id of a function: a terminal, or a node of the [`Diagrams`](crate::Diagrams) that returned it.
///
/// A terminal has the top bit set and its value in the other 31 bits, so it means the same in all diagrams. All other
/// ids are valid only in the diagrams that returned them. Ids are ordered by age, with terminals after all nodes;
/// children that are nodes are older than their parent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    const TERMINAL: u32 = 1 << 31;

    /// The terminal 0, *false* for the logical operations.
    pub const FALSE: NodeId = NodeId::terminal(0);

    /// The terminal 1, *true* for the logical operations.
    pub const TRUE: NodeId = NodeId::terminal(1);

    /// Returns the constant function `value`. Values have 31 bits; the top bit is ignored.
    ///
    /// ```
    /// use placet_graph::NodeId;
    ///
    /// assert_eq!(NodeId::terminal(7).as_terminal(), Some(7));
    /// assert_eq!(NodeId::terminal(1), NodeId::TRUE);
    /// ```
    #[must_use]
    pub const fn terminal(value: u32) -> NodeId {
        NodeId(value | NodeId::TERMINAL)
    }

    /// Returns the value of a terminal, or `None` for a node.
    #[must_use]
    pub const fn as_terminal(self) -> Option<u32> {
        if self.is_terminal() { Some(self.0 & !NodeId::TERMINAL) } else { None }
    }

    /// Returns true if this is a terminal, a constant function.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        self.0 & NodeId::TERMINAL != 0
    }

    pub(crate) const MAX_NODES: usize = NodeId::TERMINAL as usize;

    /// Returns the id of the node at `index`, which must be below [`NodeId::MAX_NODES`].
    pub(crate) const fn from_index(index: usize) -> NodeId {
        NodeId(index as u32)
    }

    /// Returns the index in the node table. A terminal's index is beyond every table.
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

/// A run of neighbouring classes with the same child: from the end of the run before it (or 0) to `end`, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// The first class after the run.
    pub end: u32,
    /// The child of these classes.
    pub child: NodeId,
}

/// Appends `run` to `runs[base..]`, whose runs end before it. Merges it with the last run if they have the same child.
pub(crate) fn append(runs: &mut Vec<Run>, base: usize, run: Run) {
    let open = runs.len() > base;
    match runs.last_mut() {
        Some(last) if open && last.child == run.child => last.end = run.end,
        _ => runs.push(run),
    }
}
