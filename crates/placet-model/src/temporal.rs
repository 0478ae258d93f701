//! Dates, times and durations in requests.

use placet_core::calendar;
use std::fmt;
use std::time::SystemTime;

/// A day of the proleptic Gregorian calendar, in days from 1970-01-01.
///
/// ```
/// use placet_model::temporal::Date;
///
/// assert_eq!(Date::from_days(1).to_string(), "1970-01-02");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// An instant, in microseconds from 1970-01-01T00:00:00Z.
///
/// ```
/// use placet_model::temporal::Time;
/// use std::time::SystemTime;
///
/// assert_eq!(Time::from(SystemTime::UNIX_EPOCH).to_string(), "1970-01-01T00:00:00Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A length of time, in microseconds; it may be negative.
///
/// ```
/// use placet_model::temporal::Duration;
///
/// assert_eq!(Duration::from_seconds(30), Duration::from(std::time::Duration::from_secs(30)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

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
}

impl Duration {
    /// Returns a duration of `micros` microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns a duration of `seconds` seconds. It saturates at the range of microseconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Returns the microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the duration in the format of ISO 8601 that requests accept, such as `PT1.500000S`.
    ///
    /// ```
    /// use placet_model::temporal::Duration;
    ///
    /// assert_eq!(Duration::from_micros(-1_500_000).to_iso8601(), "-PT1.500000S");
    /// ```
    pub fn to_iso8601(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        format!("{sign}PT{}.{:06}S", micros / 1_000_000, micros % 1_000_000)
    }
}

/// Rounds down to microseconds, towards the past. It saturates at the range of `i64`.
impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                // Before 1970, towards the past is away from zero.
                let micros = before.duration().as_nanos().div_ceil(1_000);
                i64::try_from(micros).map_or(i64::MIN, |micros| -micros)
            }
        })
    }
}

/// Rounds down to microseconds. It saturates at `i64::MAX`.
impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
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
