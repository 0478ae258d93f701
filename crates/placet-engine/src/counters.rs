//! What an engine counts of each resolver.

use crate::answer::FailureReason;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often a resolver was asked, and what came of it, since the engine was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolverCounts {
    /// The resolver.
    pub resolver: Arc<str>,
    /// Answered from what was kept.
    pub hits: u64,
    /// Fetches that were begun.
    pub fetches: u64,
    /// Decisions that waited for a fetch that another had begun.
    pub shared: u64,
    /// Decisions that did without, because it failed or gave what does not fit.
    pub failures: u64,
    /// Decisions that did without, because it was late.
    pub late: u64,
}

/// Counters of one resolver, save of what the cache gives, which counts itself.
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
