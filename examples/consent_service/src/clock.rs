//! A clock that does not go back.

use crate::store::Instant;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time, and never an earlier one than it told before or than something was recorded at: else a decision could
/// be dated before a withdrawal that it comes after, and what is dated before a withdrawal may be lawful.
#[derive(Debug)]
pub(crate) struct Clock {
    /// In microseconds.
    latest: AtomicI64,
}

impl Clock {
    /// A clock of a store in which nothing was recorded later than at `latest`.
    pub(crate) fn after(latest: Instant) -> Self {
        Self { latest: AtomicI64::new(latest.microseconds()) }
    }

    /// The time.
    pub(crate) fn now(&self) -> Instant {
        self.not_before(Instant::now())
    }

    /// Takes note that something was recorded at an instant.
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
    fn time_does_not_go_back() {
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
