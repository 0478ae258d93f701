//! Conversions from the types of the standard library.

use crate::input::{Fact, Input};
use crate::temporal::{Date, Duration, Time};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

macro_rules! same {
    ($to:ty { $($form:ident: $($from:ty),+;)+ }) => {$($(
        impl<'a> From<$from> for $to {
            #[inline]
            fn from(value: $from) -> Self {
                <$to>::$form(value.into())
            }
        }
    )+)+};
}

same! {
    Input<'a> {
        Bool: bool;
        Int: i8, i16, i32, i64, u8, u16, u32;
        Number: f32, f64;
        Text: &'a str, &'a String, String, Cow<'a, str>;
        Date: Date;
        Time: Time, SystemTime;
        Duration: Duration;
    }
}

same! {
    Fact {
        Bool: bool;
        Int: i8, i16, i32, i64, u8, u16, u32;
        Number: f32, f64;
        Text: &'a str, &'a String, String, Cow<'a, str>, Arc<str>;
        Date: Date;
        Time: Time, SystemTime;
        Duration: Duration;
    }
}

/// Integers that may not fit `i64`. Those that don't are numerals: exact for a `number`, outside every other domain.
macro_rules! wide {
    ($($from:ty)+) => {$(
        impl From<$from> for Input<'_> {
            fn from(value: $from) -> Self {
                Fact::from(value).into()
            }
        }

        impl From<$from> for Fact {
            fn from(value: $from) -> Self {
                i64::try_from(value).map_or_else(|_| Fact::Numeral(value.to_string().into()), Fact::Int)
            }
        }
    )+};
}

wide!(u64 u128 usize i128 isize);

impl From<std::time::Duration> for Fact {
    fn from(duration: std::time::Duration) -> Self {
        // INVARIANT: 64-bit seconds are far fewer nanoseconds than `i128` holds.
        Fact::from_nanos(i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX))
    }
}

impl From<std::time::Duration> for Input<'_> {
    fn from(duration: std::time::Duration) -> Self {
        Fact::from(duration).into()
    }
}

impl Fact {
    /// Returns a length of time, or [`Fact::Outside`] if no duration holds it.
    pub(super) fn from_nanos(nanos: i128) -> Self {
        match Duration::from_nanos(nanos) {
            Ok(duration) => Fact::Duration(duration),
            Err(_) => {
                let sign = if nanos < 0 { "-" } else { "" };
                let (seconds, rest) =
                    (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
                Fact::Outside(format!("{sign}PT{seconds}.{rest:09}S").into())
            }
        }
    }
}

macro_rules! sets {
    ($([$($parameters:tt)*] $owned:ty;)+) => {$(
        impl<'a, T: Into<Cow<'a, str>>, $($parameters)*> From<$owned> for Input<'a> {
            fn from(members: $owned) -> Self {
                members.into_iter().collect()
            }
        }

        impl<T: Into<Arc<str>>, $($parameters)*> From<$owned> for Fact {
            fn from(members: $owned) -> Self {
                members.into_iter().collect()
            }
        }

        impl<'a, T: AsRef<str>, $($parameters)*> From<&'a $owned> for Input<'a> {
            fn from(members: &'a $owned) -> Self {
                members.iter().map(T::as_ref).collect()
            }
        }

        impl<T: AsRef<str>, $($parameters)*> From<&$owned> for Fact {
            fn from(members: &$owned) -> Self {
                members.iter().map(T::as_ref).collect()
            }
        }
    )+};
}

sets! {
    [] Vec<T>;
    [const N: usize] [T; N];
    [S] HashSet<T, S>;
    [] BTreeSet<T>;
}

impl<'a, T: AsRef<str>> From<&'a [T]> for Input<'a> {
    fn from(members: &'a [T]) -> Self {
        members.iter().map(T::as_ref).collect()
    }
}

impl<T: AsRef<str>> From<&[T]> for Fact {
    fn from(members: &[T]) -> Self {
        members.iter().map(T::as_ref).collect()
    }
}

impl<'a, T: Into<Input<'a>>> From<Option<T>> for Input<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Input::Null, Into::into)
    }
}

impl<T: Into<Fact>> From<Option<T>> for Fact {
    fn from(value: Option<T>) -> Self {
        value.map_or(Fact::Null, Into::into)
    }
}

/// Collects the members of a set.
impl<'a, T: Into<Cow<'a, str>>> FromIterator<T> for Input<'a> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        Input::Set(members.into_iter().map(Into::into).collect())
    }
}

/// Collects the members of a set.
impl<T: Into<Arc<str>>> FromIterator<T> for Fact {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        Fact::Set(members.into_iter().map(Into::into).collect())
    }
}
