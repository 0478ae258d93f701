//! The counters of a reloader.

use super::report::{Reload, ReloadCounts};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub(super) struct Counters {
    swapped: AtomicU64,
    unchanged: AtomicU64,
    failed: AtomicU64,
    callback_panics: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, reload: &Reload) {
        let counter = match reload {
            Reload::Swapped(_) => &self.swapped,
            Reload::Unchanged(_) => &self.unchanged,
            Reload::Kept(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn callback_panicked(&self) {
        self.callback_panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> ReloadCounts {
        ReloadCounts {
            swapped: self.swapped.load(Ordering::Relaxed),
            unchanged: self.unchanged.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            callback_panics: self.callback_panics.load(Ordering::Relaxed),
        }
    }
}
