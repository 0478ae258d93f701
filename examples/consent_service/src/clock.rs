//! A clock that never goes back.

use crate::store::Instant;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that returns neither an earlier time than it returned before, nor one before a recorded event. Otherwise a
/// decision could be dated before a withdrawal that precedes it, and processing dated before a withdrawal may be
/// lawful.
#[derive(Debug)]
pub(crate) struct Clock {
    /// The latest known instant, in microseconds.
    latest: AtomicI64,
}

impl Clock {
    /// Creates a clock for a store whose events aren't later than `latest`.
    pub(crate) fn after(latest: Instant) -> Self {
        Self { latest: AtomicI64::new(latest.microseconds()) }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Instant {
        self.not_before(Instant::now())
    }

    /// Notes the instant of a recorded event.
    pub(crate) fn recorded(&self, at: Instant) {
        self.not_before(at);
    }

    fn not_before(&self, instant: Instant) -> Instant {
        let before = self.latest.fetch_max(instant.microseconds(), Ordering::AcqRel);
        Instant::from_microseconds(before).map_or(instant, |before| before.max(instant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_microseconds(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn now_never_goes_back() {
        let clock = Clock::after(at(10));
        assert_eq!(clock.not_before(at(5)), at(10));
        assert_eq!(clock.not_before(at(20)), at(20));
        assert_eq!(clock.not_before(at(15)), at(20));
        assert!(clock.now() > at(20));
        let ahead = Instant::from_microseconds(Instant::now().microseconds() + 3_600_000_000).unwrap();
        clock.recorded(ahead);
        assert_eq!(clock.now(), ahead);
    }
}
