//! Instants, in microseconds.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use std::fmt;
use std::str::FromStr;

/// An instant of the years 1970 to 9999, in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Timestamp);

/// Why something is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an instant is written as `2026-01-15T10:00:00Z`, with at most six decimals, of the years 1970 to 9999"
)]
pub struct NoSuchInstant;

impl Instant {
    /// Before every event.
    pub const FIRST: Self = Self(Timestamp::UNIX_EPOCH);
    /// No event is later: as of it, everything that was recorded counts.
    pub const LAST: Self = Self(Timestamp::constant(253_402_207_200, 0));

    /// What the clock says.
    pub fn now() -> Self {
        Self::from_microseconds(Timestamp::now().as_microsecond()).unwrap_or(Self::FIRST)
    }

    /// The instant so many microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// If it lies before or after all instants.
    pub fn from_microseconds(count: i64) -> Result<Self, NoSuchInstant> {
        let instant = Timestamp::from_microsecond(count).map(Self).map_err(|_| NoSuchInstant)?;
        if (Self::FIRST..=Self::LAST).contains(&instant) { Ok(instant) } else { Err(NoSuchInstant) }
    }

    /// The microseconds since 1970-01-01T00:00:00Z.
    pub fn microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The day that it lies in, in UTC.
    pub(super) fn day(self) -> Date {
        Offset::UTC.to_datetime(self.0).date()
    }
}

impl FromStr for Instant {
    type Err = NoSuchInstant;

    fn from_str(text: &str) -> Result<Self, NoSuchInstant> {
        let instant: Timestamp = text.parse().map_err(|_| NoSuchInstant)?;
        if instant.subsec_nanosecond() % 1_000 != 0 {
            return Err(NoSuchInstant);
        }
        Self::from_microseconds(instant.as_microsecond())
    }
}

/// As policies and requests write it.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
