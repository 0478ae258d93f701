//! What happened, and when.

use std::time::Instant;

/// Something that a client did and was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Whom it was about.
    pub(crate) subject: u16,
    /// When it was sent, and when the answer was there, in nanoseconds of one clock for all.
    pub(crate) sent: u64,
    pub(crate) answered: u64,
    pub(crate) what: What,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Consent was given, or withdrawn, and that was acknowledged.
    Said { granted: bool },
    /// A request was decided.
    Decided(Answer),
}

/// What was answered to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Which of the requests it was.
    pub(crate) asked: Asked,
    pub(crate) effect: Effect,
    /// Whether the withdrawal was a reason, for certain.
    pub(crate) withdrawn: bool,
    /// The policy, by its hash; `None` is one that there never was.
    pub(crate) policy: Option<usize>,
    /// The policy, by the mark that the rules' clauses have in the answer, if some do.
    pub(crate) mark: Option<usize>,
    /// Whether the rule that one policy alone has was a reason.
    pub(crate) frozen: bool,
    /// The resolvers that failed.
    pub(crate) failures: usize,
}

/// The requests: use for marketing of these data.
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

/// The one clock.
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
