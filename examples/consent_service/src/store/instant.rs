//! Instants, in microseconds.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use std::fmt;
use std::str::FromStr;

/// An instant in the years 1970 to 9999, in whole microseconds.
///
/// ```
/// use placet_consent_service::store::Instant;
///
/// let instant: Instant = "2026-01-15T10:00:00.000001+08:00".parse()?;
/// assert_eq!(instant.to_string(), "2026-01-15T02:00:00.000001Z");
/// assert_eq!(Instant::from_microseconds(instant.microseconds()), Ok(instant));
/// assert!("2026-01-15T10:00:00.0000001Z".parse::<Instant>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Timestamp);

/// The error of a text or number that isn't an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an instant is written as `2026-01-15T10:00:00Z`, with at most six decimals, of the years 1970 to 9999"
)]
pub struct NoSuchInstant;

impl Instant {
    /// The first instant. No event is earlier.
    pub const FIRST: Self = Self(Timestamp::UNIX_EPOCH);
    /// The last instant. As of it, every recorded event counts.
    pub const LAST: Self = Self(Timestamp::constant(253_402_207_200, 0));

    /// Returns the time of the system clock.
    pub fn now() -> Self {
        Self::from_microseconds(Timestamp::now().as_microsecond()).unwrap_or(Self::FIRST)
    }

    /// Creates the instant that many microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// If it is out of range.
    pub fn from_microseconds(count: i64) -> Result<Self, NoSuchInstant> {
        let instant = Timestamp::from_microsecond(count).map(Self).map_err(|_| NoSuchInstant)?;
        if (Self::FIRST..=Self::LAST).contains(&instant) { Ok(instant) } else { Err(NoSuchInstant) }
    }

    /// Returns the microseconds since 1970-01-01T00:00:00Z.
    pub fn microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Returns its date in UTC.
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

/// Formats the instant like policies and requests do.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
