//! Days of birth, and ages.

use super::Instant;
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// A day on which somebody was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Born(Date);

/// Why a text is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as `2010-01-31`, of the years 1 to 9999")]
pub struct NoSuchDay;

impl Born {
    /// The age in whole years at an instant, by its day in UTC, as `years` of the language counts them: 29 February
    /// counts as 1 March in years that do not have it. Negative before the birth.
    pub fn age(self, at: Instant) -> i64 {
        let day = at.day();
        let years = i64::from(day.year()) - i64::from(self.0.year());
        let birthday = self.0.with().year(day.year()).build();
        // No such day in that year: it is the 29th of February, and the 1st of March stands for it.
        let before = birthday.map_or(day.month() < 3, |birthday| day < birthday);
        years - i64::from(before)
    }
}

impl FromStr for Born {
    type Err = NoSuchDay;

    fn from_str(text: &str) -> Result<Self, NoSuchDay> {
        let day: Date = text.parse().map_err(|_| NoSuchDay)?;
        // One way to write a day, so that equal days are equal texts in the store.
        if day.year() >= 1 && day.to_string() == text { Ok(Self(day)) } else { Err(NoSuchDay) }
    }
}

impl fmt::Display for Born {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
