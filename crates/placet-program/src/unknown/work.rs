//! The limit on the work of one decision about an incomplete request.
//!
//! Every phase counts what it looks at and ends at its share; none reads a clock, so that the same request is always
//! answered alike. The shares are chosen so that no request that the benchmark `unknown` finds takes more than 20 ms; what
//! they leave unanswered, the sound answer covers.

use placet_graph::{Budget, Exhausted};

/// Nodes and classes that a walk through the compiled diagram visits.
pub(crate) const WALK: usize = 1 << 16;
/// Parts of conditions that are looked at for the reasons of a settled decision, each rule by itself.
pub(crate) const REASONS: usize = 1 << 16;
/// What diagrams in the order of the compiled one may come to: most of their steps only hand runs over.
pub(super) const COMPILED: Budget = Budget { nodes: 1 << 13, runs: 1 << 16, steps: 1 << 15 };
/// What diagrams over the members of sets may come to: most of their steps join.
pub(super) const MEMBERS: Budget = Budget { nodes: 1 << 13, runs: 1 << 15, steps: 1 << 14 };
/// Runs of the compiled diagram that are taken over.
pub(super) const IMPORTED: usize = 1 << 15;
/// Nodes of these diagrams, and texts, that questions about them visit.
pub(super) const QUESTIONS: usize = 1 << 15;
/// Parts of conditions that are looked at to bring rules of common variables together.
pub(super) const ORDER: usize = 1 << 15;
/// Steps that estimate how likely attributes settle an answer.
pub(super) const ESTIMATES: u64 = 1 << 11;
/// Open conditions beyond which the search of the model is not tried.
pub(super) const SEARCHED: usize = 1 << 10;

/// Work that is left.
#[derive(Debug)]
pub(super) struct Work(usize);

impl Work {
    pub(super) fn new(limit: usize) -> Self {
        Self(limit)
    }

    /// Takes some of the work. Where there is not as much, none is left.
    ///
    /// # Errors
    /// If there is not as much.
    pub(super) fn take(&mut self, amount: usize) -> Result<(), Exhausted> {
        let left = self.0.checked_sub(amount);
        self.0 = left.unwrap_or(0);
        left.map(drop).ok_or(Exhausted::Steps)
    }
}
