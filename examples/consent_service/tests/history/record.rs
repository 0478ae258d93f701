//! The records of a history.

use std::time::Instant;

/// An action of a client, and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// The subject.
    pub(crate) subject: u16,
    /// The times when it was sent and when the answer arrived, in nanoseconds of one clock for all clients.
    pub(crate) sent: u64,
    pub(crate) answered: u64,
    pub(crate) what: What,
}

/// The kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A consent was given or withdrawn, and acknowledged.
    Said { granted: bool },
    /// A request was decided.
    Decided(Answer),
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The request.
    pub(crate) asked: Asked,
    pub(crate) effect: Effect,
    /// True if the withdrawal was a certain rule of the answer.
    pub(crate) withdrawn: bool,
    /// The policy, by its hash. `None` if no policy has the hash.
    pub(crate) policy: Option<usize>,
    /// The policy, by the mark in the answer's clauses, if there is one.
    pub(crate) mark: Option<usize>,
    /// True if the rule that only one policy has was a reason.
    pub(crate) frozen: bool,
    /// The number of resolvers that failed.
    pub(crate) failures: usize,
}

/// The requests: use of different data for marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Email,
    Clicks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
    Indeterminate,
}

/// The common clock.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap()
    }
}
