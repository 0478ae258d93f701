//! Dates of birth, and ages.

use super::Instant;
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// A date of birth.
///
/// ```
/// use placet_consent_service::store::{Born, Instant};
///
/// let born: Born = "2008-02-29".parse()?;
/// let age = |at: &str| Ok::<_, Box<dyn std::error::Error>>(born.age(at.parse::<Instant>()?));
/// assert_eq!((age("2026-02-28T12:00:00Z")?, age("2026-03-01T00:00:00Z")?), (17, 18));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Born(Date);

/// The error of a text that isn't a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as `2010-01-31`, of the years 1 to 9999")]
pub struct NoSuchDay;

impl Born {
    /// Returns the age in whole years at an instant, by its date in UTC. It counts like `years` in the policy language:
    /// 29 February counts as 1 March in other years. The age is negative before the birth.
    pub fn age(self, at: Instant) -> i64 {
        let day = at.day();
        let years = i64::from(day.year()) - i64::from(self.0.year());
        let birthday = self.0.with().year(day.year()).build();
        // Only 29 February can be missing in a year. 1 March stands for it.
        let before = birthday.map_or(day.month() < 3, |birthday| day < birthday);
        years - i64::from(before)
    }
}

impl FromStr for Born {
    type Err = NoSuchDay;

    fn from_str(text: &str) -> Result<Self, NoSuchDay> {
        let day: Date = text.parse().map_err(|_| NoSuchDay)?;
        // A single spelling for each date makes equal dates equal texts in the store.
        if day.year() >= 1 && day.to_string() == text { Ok(Self(day)) } else { Err(NoSuchDay) }
    }
}

impl fmt::Display for Born {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
