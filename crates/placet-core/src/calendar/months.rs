//! Whole calendar months between days, and day arithmetic with months.
//!
//! `months(a, b)` is 12 × (year(b) − year(a)) + month(b) − month(a), minus one if b's day of the month is before a's.
//! It rises with b and falls with a.
//!
//! `months(a, b) ≥ k` is equivalent to `b ≥ months_later(a, k)`. That is the day `k` months later with a's day of the
//! month, or the first of the next month if the month is too short: one month after 31 January is 1 March, and twelve
//! months after 29 February is 1 March. `months_later` never falls as `a` grows. The Gregorian calendar repeats itself
//! after 400 years, so `months_later` moves by 146,097 days if `a` does.
//!
//! Days are counted from 1970-01-01 in the proleptic Gregorian calendar and may be of any size; months are counted from
//! January of year 0. The conversions count years from March, so that the leap day is the last day of a year (H.
//! Hinnant, *chrono-compatible low-level date algorithms*).

/// Days in 400 years, after which the Gregorian calendar repeats itself.
pub const CYCLE: i128 = 146_097;
/// Months in 400 years.
const CYCLE_MONTHS: i128 = 4_800;
/// Days from 0000-03-01 to 1970-01-01.
const MARCH_TO_EPOCH: i64 = 719_468;
/// The limit below which 64-bit arithmetic is exact. Larger days are first reduced by whole cycles.
const NEAR: i128 = 1 << 40;

/// Returns the whole calendar months from one day to another; negative if `to` is before `from`.
///
/// ```
/// use placet_core::calendar::{date_from_str, months_between};
///
/// let day = |text| date_from_str(text).map(i128::from);
/// assert_eq!(months_between(day("2026-01-31")?, day("2026-02-28")?), 0);
/// assert_eq!(months_between(day("2026-01-31")?, day("2026-03-01")?), 1);
/// # Ok::<(), placet_core::calendar::CalendarError>(())
/// ```
pub fn months_between(from: i128, to: i128) -> i128 {
    let ((from_month, from_day), (to_month, to_day)) = (month_of(from), month_of(to));
    to_month - from_month - i128::from(to_day < from_day)
}

/// Returns the first day `b` for which `months_between(day, b)` is at least `count`.
///
/// ```
/// use placet_core::calendar::{date_from_str, months_later};
///
/// let day = |text| date_from_str(text).map(i128::from);
/// assert_eq!(months_later(day("2026-01-15")?, 1), day("2026-02-15")?);
/// assert_eq!(months_later(day("2026-01-31")?, 1), day("2026-03-01")?);
/// # Ok::<(), placet_core::calendar::CalendarError>(())
/// ```
pub fn months_later(day: i128, count: i128) -> i128 {
    let (month, day_of_month) = month_of(day);
    let target = month.saturating_add(count);
    month_start(target) + i128::from(day_of_month).min(month_length(target))
}

/// Returns the first day `a` for which `months_later(a, count)` is at least `day`.
///
/// ```
/// use placet_core::calendar::{date_from_str, months_earlier};
///
/// let day = |text| date_from_str(text).map(i128::from);
/// assert_eq!(months_earlier(day("2026-02-15")?, 1), day("2026-01-15")?);
/// assert_eq!(months_earlier(day("2026-03-01")?, 1), day("2026-01-29")?);
/// # Ok::<(), placet_core::calendar::CalendarError>(())
/// ```
pub fn months_earlier(day: i128, count: i128) -> i128 {
    let (month, day_of_month) = month_of(day);
    let source = month.saturating_sub(count);
    if day_of_month == 0 {
        // A long month's last days map to this first of a month if the month between is shorter, so the answer may be
        // one of those days rather than the first.
        let before = source - 1;
        month_start(before) + month_length(month - 1).min(month_length(before))
    } else {
        month_start(source) + i128::from(day_of_month).min(month_length(source))
    }
}

/// Returns the least number of days from any day to `months_later(day, count)`.
///
/// Checks the first day of each of the 4,800 months in a cycle. That is enough: a day whose target month is too short
/// spans fewer days than the first of its own month, but never fewer than the first of the next month.
///
/// ```
/// use placet_core::calendar::min_days;
///
/// assert_eq!([1, 2, 12].map(min_days), [28, 59, 365]);
/// ```
pub fn min_days(count: i128) -> i128 {
    let cycles = count.div_euclid(CYCLE_MONTHS);
    let rest = count.rem_euclid(CYCLE_MONTHS);
    let least = (0..CYCLE_MONTHS).map(|month| month_start(month + rest) - month_start(month)).min();
    least.unwrap_or_default().saturating_add(cycles.saturating_mul(CYCLE))
}

/// Returns the month of a day, and the zero-based day within that month.
fn month_of(day: i128) -> (i128, i64) {
    let cycles = if (-NEAR..NEAR).contains(&day) { 0 } else { day.div_euclid(CYCLE) };
    // INVARIANT: the difference is below 2^40 in size, or lies within one cycle, so it fits an `i64`.
    let near = i64::try_from(day - cycles * CYCLE).unwrap_or_default() + MARCH_TO_EPOCH;
    const CYCLE_DAYS: i64 = CYCLE as i64;
    let (cycle, day) = (near.div_euclid(CYCLE_DAYS), near.rem_euclid(CYCLE_DAYS));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5;
    let months = 12 * (400 * cycle + year) + month + 2;
    (i128::from(months) + cycles.saturating_mul(CYCLE_MONTHS), day_of_month)
}

/// Returns the first day of a month.
fn month_start(month: i128) -> i128 {
    let cycles = if (-NEAR..NEAR).contains(&month) { 0 } else { month.div_euclid(CYCLE_MONTHS) };
    let since_march = i64::try_from(month - cycles * CYCLE_MONTHS).unwrap_or_default() - 2;
    let (year, month) = (since_march.div_euclid(12), since_march.rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let near = 365 * year + leap_days + (153 * month + 2) / 5 - MARCH_TO_EPOCH;
    i128::from(near).saturating_add(cycles.saturating_mul(CYCLE))
}

fn month_length(month: i128) -> i128 {
    month_start(month + 1) - month_start(month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{CalendarUnit, DAY, FIRST_DAY, LAST_DAY, date_from_str, date_to_string};

    /// Splits a printed date into year, month and day.
    fn written(day: i32) -> (i128, i128, i64) {
        let text = date_to_string(day);
        let mut parts = text.split('-').map(|part| part.parse::<i64>().unwrap());
        let mut next = || parts.next().unwrap();
        (next().into(), next().into(), next())
    }

    #[test]
    fn month_of_matches_the_printed_date() {
        for day in FIRST_DAY..=LAST_DAY {
            // Every day near the first year and over about 140 years around the epoch; a sample of all others.
            if day % 97 != 0 && !(-40_000..12_000).contains(&day) && day > FIRST_DAY + 800 {
                continue;
            }
            let (year, month, day_of_month) = written(day);
            assert_eq!(month_of(day.into()), (12 * year + month - 1, day_of_month - 1), "{day}");
            assert_eq!(month_start(12 * year + month - 1) + i128::from(day_of_month - 1), day.into());
        }
    }

    #[test]
    fn months_follow_their_definition() {
        // Leap years, a century year without a leap day, and one with it.
        for middle in ["1900-02-28", "2000-02-29", "2023-02-28", "2024-02-29", "2100-02-28"] {
            let middle = date_from_str(middle).unwrap();
            for from in middle - 70..=middle + 40 {
                let (a_year, a_month, a_day) = written(from);
                for to in middle - 70..=middle + 440 {
                    let (b_year, b_month, b_day) = written(to);
                    let months = 12 * (b_year - a_year) + b_month - a_month - i128::from(b_day < a_day);
                    let (from, to) = (i128::from(from), i128::from(to));
                    assert_eq!(months_between(from, to), months);
                    let times = [from, to].map(|day| day * i128::from(DAY) + 1);
                    assert_eq!(CalendarUnit::Months.between(times[0], times[1]), months);
                    assert_eq!(CalendarUnit::Years.between(times[0], times[1]), months.div_euclid(12));
                    for count in months - 1..=months + 1 {
                        assert_eq!(months_later(from, count) <= to, months >= count, "{from} {to} {count}");
                        assert_eq!(months_earlier(to, count) <= from, months_later(from, count) >= to);
                    }
                }
            }
        }
    }

    #[test]
    fn min_days_is_the_minimum_over_a_cycle() {
        for count in [-1_200, -13, -1, 0, 1, 2, 11, 12, 13, 48, 216, 4_800, 4_813] {
            let days = (0..CYCLE).map(|day| months_later(day, count) - day);
            assert_eq!(days.min().unwrap(), min_days(count), "{count}");
        }
    }

    #[test]
    fn months_repeat_after_400_years_at_any_size() {
        for cycles in [-(1_i128 << 60), -3, 0, 7, 1 << 60] {
            let day = 20_454 + cycles * CYCLE;
            assert_eq!(months_later(day, 13), months_later(20_454, 13) + cycles * CYCLE);
            assert_eq!(months_earlier(day, 13), months_earlier(20_454, 13) + cycles * CYCLE);
            assert_eq!(months_between(20_454, day), cycles * CYCLE_MONTHS);
        }
        assert!(months_later(i128::MAX / 2, 1) > 0);
    }
}
