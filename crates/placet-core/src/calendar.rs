//! Dates and times: parsing, printing, and the whole years and months between them.
//!
//! A date is a day number, counted from 1970-01-01. A time is a number of microseconds since 1970-01-01T00:00:00Z. Both
//! use the proleptic Gregorian calendar (ISO 8601) and the years 1 to 9999. `jiff` parses and prints them; arithmetic
//! with months also works beyond these years.
//!
//! ```
//! use placet_core::calendar::{DAY, date_from_str, time_from_str};
//!
//! let midnight = time_from_str("2026-01-15T00:00:00Z")?;
//! assert_eq!(i64::from(date_from_str("2026-01-15")?) * DAY, midnight);
//! # Ok::<(), placet_core::calendar::CalendarError>(())
//! ```

mod months;

pub use months::{CYCLE, min_days, months_between, months_earlier, months_later};

use jiff::SignedDuration;
use jiff::civil::{self, Date, DateTime, Time};
use serde::{Deserialize, Serialize};

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;
/// The first day of the year 1.
pub const FIRST_DAY: i32 = -719_162;
/// The last day of the year 9999.
pub const LAST_DAY: i32 = 2_932_896;
/// The first microsecond of the year 1.
pub const FIRST_TIME: i64 = FIRST_DAY as i64 * DAY;
/// The last microsecond of the year 9999.
pub const LAST_TIME: i64 = (LAST_DAY as i64 + 1) * DAY - 1;

const EPOCH: Date = civil::date(1970, 1, 1);

/// The reason why a text isn't a valid date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The text has the wrong form.
    #[error("not written as a date (`2026-01-15`) or a time (`2026-01-15T10:00:00Z`)")]
    Form,
    /// The text has the right form, but the calendar has no such date or time.
    #[error("there is no such day or time in the years 0001 to 9999")]
    Absent,
    /// The time has more than six decimals.
    #[error("a time is not finer than a microsecond")]
    TooFine,
}

/// Parses a date such as `2026-01-15` to its day number.
///
/// # Errors
/// If the text has another form, or the year is not in 0001 to 9999.
///
/// ```
/// use placet_core::calendar::{CalendarError, date_from_str};
///
/// assert_eq!(date_from_str("1970-01-02"), Ok(1));
/// assert_eq!(date_from_str("2026-1-15"), Err(CalendarError::Form));
/// assert_eq!(date_from_str("2025-02-29"), Err(CalendarError::Absent));
/// ```
pub fn date_from_str(text: &str) -> Result<i32, CalendarError> {
    day_of(civil_date(text)?)
}

fn civil_date(text: &str) -> Result<Date, CalendarError> {
    let mut parts = text.splitn(3, '-');
    let year = number::<i16>(parts.next(), 4)?;
    let month = number::<i8>(parts.next(), 2)?;
    let day = number::<i8>(parts.next(), 2)?;
    // jiff's calendar also has the year 0 and years before it.
    Date::new(year, month, day).ok().filter(|date| date.year() >= 1).ok_or(CalendarError::Absent)
}

fn day_of(date: Date) -> Result<i32, CalendarError> {
    i32::try_from(date.duration_since(EPOCH).as_hours() / 24).map_err(|_| CalendarError::Absent)
}

/// Parses exactly `width` digits. `str::parse` alone would accept a sign and any number of digits.
fn number<T: std::str::FromStr>(text: Option<&str>, width: usize) -> Result<T, CalendarError> {
    text.filter(|text| text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or(CalendarError::Form)
}

/// Parses a time such as `2026-01-15T10:00:00Z` to microseconds since 1970-01-01T00:00:00Z.
///
/// The offset is `Z` or `±hh:mm`; seconds have up to six decimals (RFC 3339, upper case only).
///
/// # Errors
/// If the text has another form or more decimals, or the time in UTC is not in the years 0001 to 9999.
///
/// ```
/// use placet_core::calendar::{CalendarError, time_from_str};
///
/// assert_eq!(time_from_str("1970-01-01T00:00:01.5Z"), Ok(1_500_000));
/// assert_eq!(time_from_str("1970-01-01T01:00:00+01:00"), Ok(0));
/// assert_eq!(time_from_str("2026-01-15T10:00:00.1234567Z"), Err(CalendarError::TooFine));
/// ```
pub fn time_from_str(text: &str) -> Result<i64, CalendarError> {
    let (day, rest) = text.split_once('T').ok_or(CalendarError::Form)?;
    let (clock, zone) = match rest.strip_suffix('Z') {
        Some(clock) => (clock, None),
        None => {
            let at = rest.rfind(['+', '-']).ok_or(CalendarError::Form)?;
            let (clock, zone) = rest.split_at_checked(at).ok_or(CalendarError::Form)?;
            (clock, Some(zone))
        }
    };
    let (seconds, decimals) = clock.split_once('.').map_or((clock, None), |(s, d)| (s, Some(d)));
    let mut parts = seconds.splitn(3, ':');
    let hour = number::<i8>(parts.next(), 2)?;
    let minute = number::<i8>(parts.next(), 2)?;
    let second = number::<i8>(parts.next(), 2)?;
    let micros = decimals.map_or(Ok(0), microseconds)?;
    let offset = zone.map_or(Ok(0), offset_minutes)?;
    let date = civil_date(day)?;
    let time = Time::new(hour, minute, second, 0).map_err(|_| CalendarError::Absent)?;
    let whole = DateTime::from_parts(date, time).duration_since(EPOCH.to_datetime(Time::midnight()));
    let instant = whole.as_secs() * 1_000_000 + micros - offset * 60_000_000;
    if (FIRST_TIME..=LAST_TIME).contains(&instant) { Ok(instant) } else { Err(CalendarError::Absent) }
}

fn microseconds(decimals: &str) -> Result<i64, CalendarError> {
    if decimals.is_empty() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CalendarError::Form);
    }
    if decimals.len() > 6 {
        return Err(CalendarError::TooFine);
    }
    format!("{decimals:0<6}").parse().map_err(|_| CalendarError::Form)
}

fn offset_minutes(zone: &str) -> Result<i64, CalendarError> {
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..).and_then(|zone| zone.split_once(':')).ok_or(CalendarError::Form)?;
    let hours = number::<i64>(Some(hours), 2)?;
    let minutes = number::<i64>(Some(minutes), 2)?;
    if hours > 23 || minutes > 59 { Err(CalendarError::Absent) } else { Ok(sign * (hours * 60 + minutes)) }
}

/// Formats a day number as `2026-01-15`. A day beyond the calendar prints as the calendar's first or last day.
///
/// ```
/// use placet_core::calendar::date_to_string;
///
/// assert_eq!(date_to_string(1), "1970-01-02");
/// ```
pub fn date_to_string(day: i32) -> String {
    civil_from_day(day.into()).to_string()
}

/// Formats a time as `2026-01-15T10:00:00Z`, with as many decimals as it needs.
///
/// ```
/// use placet_core::calendar::time_to_string;
///
/// assert_eq!(time_to_string(0), "1970-01-01T00:00:00Z");
/// assert_eq!(time_to_string(1_500_000), "1970-01-01T00:00:01.5Z");
/// ```
pub fn time_to_string(instant: i64) -> String {
    let date = civil_from_day(instant.div_euclid(DAY)).to_datetime(Time::midnight());
    let micros = SignedDuration::from_micros(instant.rem_euclid(DAY));
    match date.checked_add(micros) {
        Ok(moment) => format!("{moment}Z"),
        // INVARIANT: a time of day is shorter than 24 hours, so the sum stays within the day.
        Err(_) => format!("{date}Z"),
    }
}

/// Returns the civil date of a day number, clamped to the calendar.
fn civil_from_day(day: i64) -> Date {
    let day = day.clamp(FIRST_DAY.into(), LAST_DAY.into());
    // INVARIANT: jiff's calendar contains all days of the years 1 to 9999.
    EPOCH.checked_add(SignedDuration::from_hours(24 * day)).unwrap_or(EPOCH)
}

/// A unit of the calendar, whose length in days varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CalendarUnit {
    /// Months: from one day to the same day of another month.
    Months,
    /// Years: twelve months each.
    Years,
}

impl CalendarUnit {
    /// Returns the number of months in one unit.
    pub fn months(self) -> i128 {
        match self {
            CalendarUnit::Months => 1,
            CalendarUnit::Years => 12,
        }
    }

    /// Returns the whole units between the UTC days of two instants, in microseconds of any size. Negative if `to` is
    /// before `from`.
    ///
    /// In years, this is the age: a person born on 29 February has their birthday on 1 March in other years. It equals
    /// the whole months divided by 12, rounded down.
    ///
    /// ```
    /// use placet_core::calendar::{CalendarUnit, time_from_str};
    ///
    /// let instant = |text| time_from_str(text).map(i128::from);
    /// let born = instant("2008-03-10T00:00:00Z")?;
    /// let (before, birthday) = (instant("2026-03-09T23:59:59Z")?, instant("2026-03-10T00:00:00Z")?);
    /// assert_eq!(CalendarUnit::Years.between(born, before), 17);
    /// assert_eq!(CalendarUnit::Years.between(born, birthday), 18);
    /// assert_eq!(CalendarUnit::Months.between(born, before), 215);
    /// # Ok::<(), placet_core::calendar::CalendarError>(())
    /// ```
    pub fn between(self, from: i128, to: i128) -> i128 {
        months_between(from.div_euclid(DAY.into()), to.div_euclid(DAY.into())).div_euclid(self.months())
    }

    /// Returns the name that the language gives the unit: `months` or `years`.
    pub fn as_str(self) -> &'static str {
        match self {
            CalendarUnit::Months => "months",
            CalendarUnit::Years => "years",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(from: &str, to: &str) -> i128 {
        let day = |text| i128::from(date_from_str(text).unwrap()) * i128::from(DAY);
        CalendarUnit::Years.between(day(from), day(to))
    }

    #[test]
    fn between_counts_birthdays() {
        assert_eq!(years("2008-03-10", "2026-03-09"), 17);
        assert_eq!(years("2008-03-10", "2026-03-10"), 18);
        assert_eq!(years("2008-02-29", "2026-02-28"), 17);
        assert_eq!(years("2008-02-29", "2026-03-01"), 18);
        assert_eq!(years("2008-02-29", "2028-02-29"), 20);
        assert_eq!(years("2008-02-29", "2028-02-28"), 19);
        assert_eq!(years("2026-01-01", "2025-12-31"), -1);
        assert_eq!(years("2026-06-01", "2025-06-01"), -1);
    }

    #[test]
    fn between_works_beyond_the_calendar() {
        let day = i128::from(DAY);
        let cycle = CYCLE * day;
        for k in [-1_000, -30, 30, 1_000] {
            assert_eq!(CalendarUnit::Years.between(0, k * cycle), 400 * k);
            assert_eq!(CalendarUnit::Years.between(k * cycle, 0), -400 * k);
            assert_eq!(CalendarUnit::Months.between(0, k * cycle), 4_800 * k);
        }
    }

    #[test]
    fn constants_are_the_ends_of_the_calendar() {
        assert_eq!(date_from_str("0001-01-01"), Ok(FIRST_DAY));
        assert_eq!(date_from_str("9999-12-31"), Ok(LAST_DAY));
        assert_eq!(time_from_str("0001-01-01T00:00:00Z"), Ok(FIRST_TIME));
        assert_eq!(time_from_str("9999-12-31T23:59:59.999999Z"), Ok(LAST_TIME));
        assert_eq!(time_to_string(LAST_TIME), "9999-12-31T23:59:59.999999Z");
        assert_eq!(time_to_string(FIRST_TIME), "0001-01-01T00:00:00Z");
        assert_eq!(date_to_string(FIRST_DAY), "0001-01-01");
    }

    #[test]
    fn time_from_str_rejects_malformed_text() {
        assert_eq!(time_from_str("2026-01-15T10:00:00+08:00"), time_from_str("2026-01-15T02:00:00Z"));
        assert_eq!(time_from_str("2026-01-15T10:00:00.5Z").unwrap() % 1_000_000, 500_000);
        assert_eq!(time_from_str("2026-01-15T10:00:00.1234567Z"), Err(CalendarError::TooFine));
        assert_eq!(time_from_str("2026-01-15T10:00Z"), Err(CalendarError::Form));
        assert_eq!(time_from_str("2026-01-15"), Err(CalendarError::Form));
        assert_eq!(time_from_str("2026-02-30T10:00:00Z"), Err(CalendarError::Absent));
        assert_eq!(time_from_str("2026-01-15T24:00:00Z"), Err(CalendarError::Absent));
        assert_eq!(time_from_str("0001-01-01T00:00:00+00:01"), Err(CalendarError::Absent));
        assert_eq!(date_from_str("2026-1-15"), Err(CalendarError::Form));
        assert_eq!(date_from_str("0000-01-15"), Err(CalendarError::Absent));
        assert_eq!(date_from_str("2025-02-29"), Err(CalendarError::Absent));
    }
}
