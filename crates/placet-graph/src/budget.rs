//! How much a [`Diagrams`](crate::Diagrams) may build, and what it says when that is used up.

use thiserror::Error;

/// What a [`Diagrams`](crate::Diagrams) may use in its life. Counted, never timed: the same calls end at the same
/// point on every machine.
///
/// A budget bounds memory too, at about 100 bytes a node, of which the memo has 40, and 16 bytes a run; operations on
/// one function and questions need as much again for the nodes they visit. Questions build nothing, so they are not
/// charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most nodes; at most 2³¹ are used.
    pub nodes: usize,
    /// Most runs in all nodes together; at most 2³² − 1 are used.
    pub runs: usize,
    /// Most steps. A step is one tuple of operands looked at by an operation, or one run handed to a constructor or
    /// a transformation.
    pub steps: u64,
}

impl Default for Budget {
    /// Four million nodes, sixteen million runs and a billion steps: half a minute of work at most.
    fn default() -> Self {
        Budget { nodes: 1 << 22, runs: 1 << 24, steps: 1 << 30 }
    }
}

/// What a [`Diagrams`](crate::Diagrams) has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Nodes made.
    pub nodes: usize,
    /// Runs in those nodes.
    pub runs: usize,
    /// Steps taken.
    pub steps: u64,
}

/// A [`Budget`] ran out before the result was complete. Everything built before is still valid, and the call can be
/// repeated after [`Diagrams::set_budget`](crate::Diagrams::set_budget).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Exhausted {
    /// One more node would be over the budget.
    #[error("the diagram needs more nodes than its budget has")]
    Nodes,
    /// The next node's runs would be over the budget.
    #[error("the diagram needs more runs than its budget has")]
    Runs,
    /// The next step would be over the budget.
    #[error("the diagram needs more steps than its budget has")]
    Steps,
}
