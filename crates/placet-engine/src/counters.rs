//! The counters of an engine's resolvers.

use crate::answer::FailureReason;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The calls of a resolver and their outcomes, since the engine was built.
///
/// ```
/// use placet::Policy;
/// use placet_engine::{Engine, Facts, Resolver};
///
/// let policy = Policy::from_text("policy p  request { consent: bool }  rule r { allow when consent }")?;
/// let consent = Resolver::in_place("consent", |_| Ok(Facts::new().with("consent", true)));
/// let engine = Engine::builder(policy).resolver(consent.attributes(["consent"])).build()?;
/// assert!(engine.decide(engine.query())?.is_allowed());
/// let counts = &engine.counts()[0];
/// assert_eq!((&*counts.resolver, counts.fetches, counts.hits, counts.failures), ("consent", 1, 0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolverCounts {
    /// The name of the resolver.
    pub resolver: Arc<str>,
    /// Cache hits.
    pub hits: u64,
    /// Fetches begun.
    pub fetches: u64,
    /// Waits for a fetch that another decision had begun.
    pub shared: u64,
    /// Decisions made without its facts because it failed or returned unfit values.
    pub failures: u64,
    /// Decisions made without its facts because it exceeded its timeout.
    pub late: u64,
}

/// The counters of one resolver. The cache counts its hits itself.
#[derive(Debug)]
pub(crate) struct Counters {
    fetches: AtomicU64,
    shared: AtomicU64,
    failures: AtomicU64,
    late: AtomicU64,
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Self {
            fetches: AtomicU64::new(0),
            shared: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            late: AtomicU64::new(0),
        }
    }

    pub(crate) fn fetched(&self) {
        self.fetches.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn shared(&self) {
        self.shared.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, why: &FailureReason) {
        let counter = if matches!(why, FailureReason::Late { .. }) { &self.late } else { &self.failures };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self, resolver: &Arc<str>, hits: u64) -> ResolverCounts {
        ResolverCounts {
            resolver: resolver.clone(),
            hits,
            fetches: self.fetches.load(Ordering::Relaxed),
            shared: self.shared.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            late: self.late.load(Ordering::Relaxed),
        }
    }
}
