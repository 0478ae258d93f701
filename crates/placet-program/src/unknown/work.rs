//! The budgets of a decision about an incomplete request.
//!
//! Each step counts what it visits and stops at its own limit. No step reads a clock, so the same request always gets
//! the same answer on every machine. The limits are chosen so that no request that the benchmark `unknown` finds takes
//! more than 20 ms. Beyond them the sound, `approximate` answer is returned.

use placet_graph::{Budget, Exhausted};

/// The maximum number of nodes and classes that `frontier` visits.
pub(crate) const WALK: usize = 1 << 16;
/// The maximum number of condition nodes that are evaluated rule by rule for a settled decision.
pub(crate) const REASONS: usize = 1 << 16;
/// The budget of diagrams in the order of the compiled one. It allows more runs and steps than [`MEMBERS`], because
/// most steps only copy runs.
pub(super) const COMPILED: Budget = Budget { nodes: 1 << 13, runs: 1 << 16, steps: 1 << 15 };
/// The budget of diagrams over the members of sets. Most steps combine diagrams.
pub(super) const MEMBERS: Budget = Budget { nodes: 1 << 13, runs: 1 << 15, steps: 1 << 14 };
/// The maximum number of runs imported from the compiled diagram.
pub(super) const IMPORTED: usize = 1 << 15;
/// The maximum number of diagram nodes and strings that queries about diagrams visit.
pub(super) const QUESTIONS: usize = 1 << 15;
/// The maximum number of condition nodes visited to move levels of related rules together.
pub(super) const ORDER: usize = 1 << 15;
/// The maximum number of steps for all estimates of how likely an attribute settles an answer.
pub(super) const ESTIMATES: u64 = 1 << 11;
/// The maximum number of unknown conditions for which the model's search is tried.
pub(super) const SEARCHED: usize = 1 << 10;

/// A counter of remaining work.
#[derive(Debug)]
pub(super) struct Work(usize);

impl Work {
    pub(super) fn new(limit: usize) -> Self {
        Self(limit)
    }

    /// Takes an amount of work.
    ///
    /// # Errors
    /// Returns [`Exhausted`] if less is left; then nothing is left, so that cheaper work doesn't continue a query that
    /// has failed.
    pub(super) fn take(&mut self, amount: usize) -> Result<(), Exhausted> {
        let left = self.0.checked_sub(amount);
        self.0 = left.unwrap_or(0);
        left.map(drop).ok_or(Exhausted::Steps)
    }
}
