//! The types of chrono, jiff, time and uuid, which features of the crate convert.

use super::*;
use placet_core::calendar::{DAY, FIRST_DAY, LAST_DAY, date_to_string, time_to_string};
use placet_model::temporal::Date;
use proptest::prelude::*;

fn date(days: i32) -> Fact {
    Date::from_days(days).into()
}

#[test]
fn chrono_at_its_ends() {
    use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).unwrap();
    let nearly_max = NaiveDate::MAX.and_hms_nano_opt(23, 59, 59, 999_999_999).unwrap().and_utc();
    check! {
        day(1970, 1, 1) => date(0);
        day(1, 1, 1) => date(FIRST_DAY);
        day(0, 12, 31) => date(FIRST_DAY - 1);
        day(9999, 12, 31) => date(LAST_DAY);
        day(10_000, 1, 1) => date(LAST_DAY + 1);
        instant("1970-01-01T01:00:00.0000019+01:00") => time(1);
        instant("1969-12-31T23:59:59.9999999Z") => time(-1);
        instant("0001-01-01T00:00:00Z").to_utc() => time(FIRST_TIME);
        instant("9999-12-31T23:59:59.9999999Z") => time(LAST_TIME);
        // chrono reads a leap second, which the calendar doesn't have.
        instant("2016-12-31T23:59:60Z") => outside("2016-12-31T23:59:60Z");
        instant("2016-12-31T23:59:60.5+00:00").to_utc() => outside("2016-12-31T23:59:60.500Z");
        TimeDelta::microseconds(i64::MAX) => micros(i64::MAX);
        TimeDelta::microseconds(-1) => micros(-1);
        TimeDelta::microseconds(i64::MIN) => micros(i64::MIN);
        TimeDelta::nanoseconds(-1) => outside("-PT0.000000001S");
        TimeDelta::MAX => outside("PT9223372036854775.807000000S");
        TimeDelta::MIN => outside("-PT9223372036854775.807000000S");
    }
    for far in [DateTime::<Utc>::MIN_UTC, nearly_max] {
        let micros = Time::try_from(far).unwrap().micros();
        assert!(!(FIRST_TIME..=LAST_TIME).contains(&micros), "{far} is {micros}");
        assert_eq!(micros.signum() > 0, far > DateTime::UNIX_EPOCH);
    }
    assert!(Date::from(NaiveDate::MIN).days() < FIRST_DAY && Date::from(NaiveDate::MAX).days() > LAST_DAY);
    let leap = instant("2016-12-31T23:59:60Z").with_timezone(&FixedOffset::east_opt(3_600).unwrap());
    assert_eq!(Time::try_from(leap), Err(TemporalError::LeapSecond));
}

#[test]
fn jiff_at_its_ends() {
    use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
    let instant = |text: &str| text.parse::<Timestamp>().unwrap();
    let zoned =
        instant("1970-01-01T00:00:00.0000019Z").to_zoned_datetime(TimeZone::fixed(jiff::tz::offset(2)));
    check! {
        civil::date(1970, 1, 1) => date(0);
        civil::date(1, 1, 1) => date(FIRST_DAY);
        civil::date(0, 12, 31) => date(FIRST_DAY - 1);
        civil::Date::MAX => date(LAST_DAY);
        instant("1969-12-31T23:59:59.9999999Z") => time(-1);
        instant("0000-12-31T23:59:59.9999999Z") => time(FIRST_TIME - 1);
        instant("9999-12-30T21:59:59.9999999Z") => time(LAST_TIME - DAY - 2 * 3_600_000_000);
        &zoned => time(1);
        zoned.clone() => time(1);
        SignedDuration::from_micros(-1) => micros(-1);
        SignedDuration::from_nanos(-1_001) => outside("-PT0.000001001S");
        SignedDuration::MAX => outside("PT9223372036854775807.999999999S");
        SignedDuration::MIN => outside("-PT9223372036854775808.999999999S");
    }
    assert!(Date::from(civil::Date::MIN).days() < FIRST_DAY);
    assert!(Time::from(Timestamp::MIN).micros() < FIRST_TIME);
}

#[test]
fn time_at_its_ends() {
    use ::time::{Date as Day, Duration as Span, OffsetDateTime, UtcOffset};
    let day = |year, ordinal| Day::from_ordinal_date(year, ordinal).unwrap();
    let late = day(9999, 365).with_hms_nano(23, 59, 59, 999_999_999).unwrap().assume_utc();
    check! {
        day(1970, 1) => date(0);
        day(1, 1) => date(FIRST_DAY);
        day(0, 366) => date(FIRST_DAY - 1);
        Day::MAX => date(Day::MAX.to_julian_day() - 2_440_588);
        OffsetDateTime::UNIX_EPOCH => time(0);
        OffsetDateTime::UNIX_EPOCH - Span::nanoseconds(1) => time(-1);
        (OffsetDateTime::UNIX_EPOCH + Span::nanoseconds(1_999)).to_offset(UtcOffset::from_hms(5, 30, 0).unwrap()) => time(1);
        day(1, 1).midnight().assume_utc() => time(FIRST_TIME);
        late => time(LAST_TIME);
        Span::microseconds(i64::MIN) => micros(i64::MIN);
        Span::nanoseconds(1) => outside("PT0.000000001S");
        Span::MAX => outside("PT9223372036854775807.999999999S");
        Span::MIN => outside("-PT9223372036854775808.999999999S");
    }
    assert!(Date::from(Day::MIN).days() < FIRST_DAY);
}

#[test]
fn uuids_are_hyphenated_and_lower_case() {
    let text = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    check! {
        uuid::Uuid::nil() => Fact::Text("00000000-0000-0000-0000-000000000000".into());
        uuid::Uuid::parse_str(&text.to_uppercase()).unwrap() => Fact::Text(text.into());
    }
}

proptest! {
    /// The text of the project's own calendar, parsed by each crate, converts to the day it was made of.
    #[test]
    fn dates_agree_with_the_calendar(days in FIRST_DAY..=LAST_DAY) {
        let (text, expected) = (date_to_string(days), Date::from_days(days));
        prop_assert_eq!(Date::from(text.parse::<chrono::NaiveDate>().unwrap()), expected);
        prop_assert_eq!(Date::from(text.parse::<jiff::civil::Date>().unwrap()), expected);
        let mut parts = text.split('-').map(|part| part.parse::<i32>().unwrap());
        let (year, month, day) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let month = ::time::Month::try_from(month as u8).unwrap();
        let theirs = ::time::Date::from_calendar_date(year, month, day as u8).unwrap();
        prop_assert_eq!(Date::from(theirs), expected);
    }

    #[test]
    fn instants_agree_with_the_calendar(micros in FIRST_TIME..=LAST_TIME, nanos in 0..1_000_i128) {
        let (text, expected) = (time_to_string(micros), Time::from_micros(micros));
        prop_assert_eq!(Time::try_from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()), Ok(expected));
        let exact = i128::from(micros) * 1_000 + nanos;
        let theirs = ::time::OffsetDateTime::from_unix_timestamp_nanos(exact).unwrap();
        prop_assert_eq!(Time::from(theirs), expected);
        if let Ok(theirs) = jiff::Timestamp::from_nanosecond(exact) {
            prop_assert_eq!(Time::from(theirs), expected);
        }
        let length = Length::new((exact.unsigned_abs() / 1_000_000_000) as u64, (exact.unsigned_abs() % 1_000_000_000) as u32);
        let system = if exact < 0 { SystemTime::UNIX_EPOCH - length } else { SystemTime::UNIX_EPOCH + length };
        prop_assert_eq!(Time::from(system), expected);
    }

    #[test]
    fn durations_agree(nanos in any::<i64>()) {
        let ours = Fact::from(chrono::TimeDelta::nanoseconds(nanos));
        prop_assert_eq!(&Fact::from(jiff::SignedDuration::from_nanos(nanos)), &ours);
        prop_assert_eq!(&Fact::from(::time::Duration::nanoseconds(nanos)), &ours);
        if nanos >= 0 {
            prop_assert_eq!(&Fact::from(Length::from_nanos(nanos as u64)), &ours);
        }
        prop_assert_eq!(matches!(ours, Fact::Duration(_)), nanos % 1_000 == 0);
    }
}
