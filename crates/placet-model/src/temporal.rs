//! Dates, times and durations in requests.

use placet_core::calendar;
use std::fmt;
use std::time::SystemTime;

/// A day of the proleptic Gregorian calendar, in days from 1970-01-01.
///
/// ```
/// # use placet_model::temporal as placet;
/// use placet::Date;
///
/// assert_eq!(Date::from_days(1).to_string(), "1970-01-02");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// An instant, in microseconds from 1970-01-01T00:00:00Z.
///
/// ```
/// # use placet_model::temporal as placet;
/// use placet::Time;
/// use std::time::SystemTime;
///
/// assert_eq!(Time::from(SystemTime::UNIX_EPOCH).to_string(), "1970-01-01T00:00:00Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A length of time, in microseconds; it may be negative.
///
/// ```
/// # use placet_model::temporal as placet;
/// use placet::Duration;
///
/// let half_a_minute = std::time::Duration::from_secs(30);
/// assert_eq!(Duration::from_seconds(30), Duration::try_from(half_a_minute).ok());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

/// The reason why a value of another type is no [`Time`] or no [`Duration`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemporalError {
    /// The duration is finer than a microsecond.
    #[error("a duration is not finer than a microsecond")]
    TooFine,
    /// The duration has more microseconds than 64 bits hold.
    #[error("a duration is shorter than 292,000 years")]
    TooLong,
    /// The instant lies in a leap second.
    #[error("a time has no leap seconds")]
    LeapSecond,
}

impl Date {
    /// Returns the day `days` after 1970-01-01. A request checks that it lies in the years 1 to 9999.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Returns the days from 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }
}

impl Time {
    /// Returns the instant `micros` microseconds after 1970-01-01T00:00:00Z. A request checks that it lies in the years
    /// 1 to 9999.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the microseconds from 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the microsecond in which an instant lies, in nanoseconds from 1970-01-01T00:00:00Z. Instants beyond the
    /// range of `i64` become its ends, which lie outside the years 1 to 9999 too.
    pub(crate) fn from_nanos(nanos: i128) -> Self {
        let beyond = if nanos < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(nanos.div_euclid(1_000)).unwrap_or(beyond))
    }
}

impl Duration {
    /// Returns a duration of `micros` microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns a duration of `seconds` seconds, or `None` if its microseconds don't fit 64 bits.
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        match seconds.checked_mul(1_000_000) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    pub(crate) fn from_nanos(nanos: i128) -> Result<Self, TemporalError> {
        if nanos % 1_000 != 0 {
            return Err(TemporalError::TooFine);
        }
        i64::try_from(nanos / 1_000).map(Self).map_err(|_| TemporalError::TooLong)
    }

    /// Returns the microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the duration in the format of ISO 8601 that requests accept, such as `PT1.500000S`.
    ///
    /// ```
    /// # use placet_model::temporal as placet;
    /// use placet::Duration;
    ///
    /// assert_eq!(Duration::from_micros(-1_500_000).to_iso8601(), "-PT1.500000S");
    /// ```
    pub fn to_iso8601(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        format!("{sign}PT{}.{:06}S", micros / 1_000_000, micros % 1_000_000)
    }
}

/// Takes the microsecond in which the clock was read. Clocks are finer, but their nanoseconds are never meant. An instant
/// beyond the range of `i64` becomes one of its ends, which requests refuse too.
impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        // INVARIANT: 64-bit seconds are far fewer nanoseconds than `i128` holds.
        let nanos = |since: std::time::Duration| i128::try_from(since.as_nanos()).unwrap_or(i128::MAX);
        Self::from_nanos(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => nanos(since),
            Err(before) => -nanos(before.duration()),
        })
    }
}

/// # Errors
/// If the duration is finer than a microsecond, or its microseconds don't fit 64 bits.
impl TryFrom<std::time::Duration> for Duration {
    type Error = TemporalError;

    fn try_from(duration: std::time::Duration) -> Result<Self, TemporalError> {
        // INVARIANT: 64-bit seconds are far fewer nanoseconds than `i128` holds.
        Self::from_nanos(i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (calendar::FIRST_DAY..=calendar::LAST_DAY).contains(&self.0) {
            f.write_str(&calendar::date_to_string(self.0))
        } else {
            write!(f, "{} days from 1970-01-01", self.0)
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (calendar::FIRST_TIME..=calendar::LAST_TIME).contains(&self.0) {
            f.write_str(&calendar::time_to_string(self.0))
        } else {
            write!(f, "{} microseconds from 1970-01-01", self.0)
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} microseconds", self.0)
    }
}

macro_rules! debug_as_display {
    ($($of:ty)*) => {
        $(impl fmt::Debug for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        })*
    };
}

debug_as_display!(Date Time Duration);

#[cfg(test)]
mod tests {
    use super::{Date, Time};
    use std::time::{Duration, SystemTime};

    #[test]
    fn time_from_system_time_rounds_towards_the_past() {
        let at = |nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
        assert_eq!(Time::from(at(1_999)).micros(), 1);
        assert_eq!(Time::from(SystemTime::UNIX_EPOCH - Duration::from_nanos(1)).micros(), -1);
        assert_eq!(Time::from(at(0)).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Date::from_days(1).to_string(), "1970-01-02");
        assert_eq!(Date::from_days(i32::MAX).to_string(), "2147483647 days from 1970-01-01");
    }
}
