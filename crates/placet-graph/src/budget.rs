//! The budget of a [`Diagrams`](crate::Diagrams), and the error when it runs out.

use thiserror::Error;

/// The resources that a [`Diagrams`](crate::Diagrams) may use over its lifetime.
///
/// They are counted, never timed: the same calls run out at the same point on every machine.
///
/// A budget also bounds memory: about 100 bytes per node, 40 of them for the cache, and 16 bytes per run. Operations on
/// one function and queries need as much again for the nodes they visit. Queries build no nodes, so they are free.
///
/// ```
/// use placet_graph::{Budget, Diagrams, Exhausted};
///
/// let mut diagrams = Diagrams::new(vec![24], Budget { nodes: 1, ..Budget::default() });
/// let morning = diagrams.test(0, [(0, 12)])?;
/// assert_eq!(diagrams.test(0, [(8, 18)]), Err(Exhausted::Nodes));
/// assert_eq!(diagrams.evaluate(morning, &[9]), 1);
/// # Ok::<(), Exhausted>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The maximum number of nodes. At most 2³¹ are used.
    pub nodes: usize,
    /// The maximum number of runs in all nodes. At most 2³² − 1 are used.
    pub runs: usize,
    /// The maximum number of steps. A step is one tuple of operands that an operation looks at, or one run that is
    /// passed to a constructor or a transformation.
    pub steps: u64,
}

impl Budget {
    /// Creates a budget with four runs for each node, which is the usual ratio in diagrams of policies.
    pub const fn new(nodes: usize, steps: u64) -> Self {
        Self { nodes, runs: nodes.saturating_mul(4), steps }
    }

    /// Divides each resource by `count`; 0 counts as 1.
    #[must_use]
    pub fn part(self, count: usize) -> Self {
        let count = count.max(1);
        Self { nodes: self.nodes / count, runs: self.runs / count, steps: self.steps / count as u64 }
    }
}

impl Default for Budget {
    /// Returns four million nodes, sixteen million runs and a billion steps: at most half a minute of work.
    fn default() -> Self {
        Budget { nodes: 1 << 22, runs: 1 << 24, steps: 1 << 30 }
    }
}

/// The resources that a [`Diagrams`](crate::Diagrams) has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The number of nodes built.
    pub nodes: usize,
    /// The number of runs in these nodes.
    pub runs: usize,
    /// The number of steps taken.
    pub steps: u64,
}

impl Usage {
    /// Returns the budget that leaves `more` for further work.
    #[must_use]
    pub fn plus(self, more: Budget) -> Budget {
        Budget {
            nodes: self.nodes.saturating_add(more.nodes),
            runs: self.runs.saturating_add(more.runs),
            steps: self.steps.saturating_add(more.steps),
        }
    }
}

/// The resource of a [`Budget`] that ran out before the result was complete.
///
/// Everything built before stays valid. The call can be repeated after
/// [`Diagrams::set_budget`](crate::Diagrams::set_budget).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Exhausted {
    /// The next node would exceed the budget.
    #[error("the diagram needs more nodes than its budget has")]
    Nodes,
    /// The runs of the next node would exceed the budget.
    #[error("the diagram needs more runs than its budget has")]
    Runs,
    /// The next step would exceed the budget.
    #[error("the diagram needs more steps than its budget has")]
    Steps,
}
