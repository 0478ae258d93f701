//! Conversions from the types of other crates, each behind the feature of its name.
//!
//! Dates and times beyond the years 1 to 9999 convert to dates and times beyond them, which requests refuse. So only
//! lengths of time and leap seconds need a form for values that can't be represented.

/// Converts to a fact, and through it to an input.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time", feature = "uuid"))]
macro_rules! convert {
    ($([$($parameters:tt)*] $from:ty => |$value:ident| $fact:expr;)+) => {$(
        impl<$($parameters)*> From<$from> for Fact {
            fn from($value: $from) -> Self {
                $fact
            }
        }

        impl<$($parameters)*> From<$from> for Input<'_> {
            fn from(value: $from) -> Self {
                Fact::from(value).into()
            }
        }
    )+};
}

#[cfg(feature = "chrono")]
mod chrono {
    use crate::input::{Fact, Input};
    use crate::temporal::{Date, Duration, TemporalError, Time};
    use ::chrono::{DateTime, Datelike, NaiveDate, TimeDelta, TimeZone};

    /// The days from the first day of the year 1 to 1970-01-01, plus one: chrono counts from the day before.
    const EPOCH: i32 = 719_163;

    impl From<NaiveDate> for Date {
        fn from(date: NaiveDate) -> Self {
            // INVARIANT: chrono's calendar ends long before `i32` days.
            Self::from_days(date.num_days_from_ce() - EPOCH)
        }
    }

    /// Takes the microsecond in which the instant lies.
    ///
    /// # Errors
    /// If the instant lies in a leap second.
    impl<Tz: TimeZone> TryFrom<DateTime<Tz>> for Time {
        type Error = TemporalError;

        fn try_from(time: DateTime<Tz>) -> Result<Self, TemporalError> {
            // chrono represents a leap second as the second before it with a longer fraction.
            if time.timestamp_subsec_nanos() >= 1_000_000_000 {
                return Err(TemporalError::LeapSecond);
            }
            Ok(Self::from_micros(time.timestamp_micros()))
        }
    }

    impl TryFrom<TimeDelta> for Duration {
        type Error = TemporalError;

        fn try_from(delta: TimeDelta) -> Result<Self, TemporalError> {
            Self::from_nanos(nanos(delta))
        }
    }

    fn nanos(delta: TimeDelta) -> i128 {
        // Both parts have the sign of the whole.
        i128::from(delta.num_seconds()) * 1_000_000_000 + i128::from(delta.subsec_nanos())
    }

    convert! {
        [] NaiveDate => |date| Fact::Date(date.into());
        [Tz: TimeZone] DateTime<Tz> => |time| {
            let shown = time.naive_utc();
            Time::try_from(time).map_or_else(|_| Fact::Outside(format!("{shown:?}Z").into()), Fact::Time)
        };
        [] TimeDelta => |delta| Fact::from_nanos(nanos(delta));
    }
}

#[cfg(feature = "jiff")]
mod jiff {
    use crate::input::{Fact, Input};
    use crate::temporal::{Date, Duration, TemporalError, Time};
    use ::jiff::{SignedDuration, Timestamp, ZonedDateTime, civil};

    impl From<civil::Date> for Date {
        fn from(date: civil::Date) -> Self {
            let hours = date.duration_since(civil::date(1970, 1, 1)).as_hours();
            // INVARIANT: jiff's calendar has the years -9999 to 9999.
            Self::from_days(i32::try_from(hours / 24).unwrap_or(i32::MAX))
        }
    }

    /// Takes the microsecond in which the instant lies.
    impl From<Timestamp> for Time {
        fn from(time: Timestamp) -> Self {
            Self::from_nanos(time.as_nanosecond())
        }
    }

    /// Takes the microsecond in which the instant lies.
    impl From<&ZonedDateTime> for Time {
        fn from(time: &ZonedDateTime) -> Self {
            time.timestamp().into()
        }
    }

    /// Takes the microsecond in which the instant lies.
    impl From<ZonedDateTime> for Time {
        fn from(time: ZonedDateTime) -> Self {
            time.timestamp().into()
        }
    }

    impl TryFrom<SignedDuration> for Duration {
        type Error = TemporalError;

        fn try_from(duration: SignedDuration) -> Result<Self, TemporalError> {
            Self::from_nanos(duration.as_nanos())
        }
    }

    convert! {
        [] civil::Date => |date| Fact::Date(date.into());
        [] Timestamp => |time| Fact::Time(time.into());
        [] &ZonedDateTime => |time| Fact::Time(time.into());
        [] ZonedDateTime => |time| Fact::Time(time.into());
        [] SignedDuration => |duration| Fact::from_nanos(duration.as_nanos());
    }
}

#[cfg(feature = "time")]
mod time {
    use crate::input::{Fact, Input};
    use crate::temporal::{Date, Duration, TemporalError, Time};
    use ::time::OffsetDateTime;

    /// The Julian day of 1970-01-01.
    const EPOCH: i32 = 2_440_588;

    impl From<::time::Date> for Date {
        fn from(date: ::time::Date) -> Self {
            // INVARIANT: the calendar of `time` ends long before `i32` days.
            Self::from_days(date.to_julian_day() - EPOCH)
        }
    }

    /// Takes the microsecond in which the instant lies.
    impl From<OffsetDateTime> for Time {
        fn from(time: OffsetDateTime) -> Self {
            Self::from_nanos(time.unix_timestamp_nanos())
        }
    }

    impl TryFrom<::time::Duration> for Duration {
        type Error = TemporalError;

        fn try_from(duration: ::time::Duration) -> Result<Self, TemporalError> {
            Self::from_nanos(duration.whole_nanoseconds())
        }
    }

    convert! {
        [] ::time::Date => |date| Fact::Date(date.into());
        [] OffsetDateTime => |time| Fact::Time(time.into());
        [] ::time::Duration => |duration| Fact::from_nanos(duration.whole_nanoseconds());
    }
}

#[cfg(feature = "uuid")]
mod uuid {
    use crate::input::{Fact, Input};
    use ::uuid::Uuid;

    convert! {
        [] Uuid => |uuid| Fact::from(&*uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }
}
