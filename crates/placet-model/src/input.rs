//! Values for requests, independent of any policy: [`Input`] borrows, [`Fact`] owns.
//!
//! A policy turns an input into a [`Value`], which refers to the attribute's type. [`Fact::from_value`] is the way back.
//!
//! The conversions never wrap, clamp or round a value into another one of its domain. Three forms carry what doesn't
//! fit: an integer beyond 64 bits becomes a numeral, a date or time beyond the calendar stays beyond it, and anything
//! else is [`Input::Outside`]. A request refuses all of them.

mod conversions;
mod foreign;
mod text;

pub use text::FactText;

use crate::request::AttributeInput;
use crate::temporal::{Date, Duration, Time};
use crate::types::{Members, Type, Universe};
use crate::value::Value;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A value for an attribute, before it is checked against the attribute's type.
///
/// Most values convert with `into()`: `true`, `15`, `0.25`, `"granted"`, `["email", "phone"]`.
///
/// | from | an input |
/// | --- | --- |
/// | `bool` | [`Input::Bool`] |
/// | integers of any width | [`Input::Int`]; beyond 64 bits [`Input::Numeral`], which no `int` or `duration` holds |
/// | `f64`, `f32` | [`Input::Number`]; `f32` exactly, so `0.1_f32` is the number 0.10000000149011612 |
/// | `&str`, `String`, `Cow<str>` | [`Input::Text`] |
/// | slices, arrays, vectors and sets of texts | [`Input::Set`] |
/// | [`SystemTime`](std::time::SystemTime) | [`Input::Time`]: the microsecond in which the clock was read, also before 1970 |
/// | [`std::time::Duration`] | [`Input::Duration`], or [`Input::Outside`] if it is finer than a microsecond or too long |
/// | `Option<T>` | the value, or [`Input::Null`] |
///
/// The features `chrono`, `jiff`, `time` and `uuid` add the types of these crates by the same rules: dates, instants
/// (`DateTime`, `Timestamp`, `ZonedDateTime`, `OffsetDateTime`), lengths of time (`TimeDelta`, `SignedDuration`, `Duration`), and
/// `Uuid` as its hyphenated lower-case text. An instant within a leap second is [`Input::Outside`]. Clock times without
/// a zone don't convert: they are no instants.
///
/// ```
/// # use placet_model::input as placet;
/// use placet::Input;
/// use std::time::{Duration, SystemTime};
///
/// assert_eq!(Input::from("granted"), Input::Text("granted".into()));
/// assert_eq!(Input::from(["email", "phone"]), Input::Set(vec!["email".into(), "phone".into()]));
/// assert_eq!(Input::from(None::<bool>), Input::Null);
/// assert_eq!(Input::from(0.25).to_string(), "0.25");
/// assert_eq!(Input::from(u64::MAX), Input::Numeral("18446744073709551615".into()));
/// assert_eq!(Input::from(SystemTime::UNIX_EPOCH).to_string(), r#""1970-01-01T00:00:00Z""#);
/// assert_eq!(Input::from(Duration::from_nanos(1)), Input::Outside("PT0.000000001S".into()));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The value `none` of an optional attribute; for any other, missing, even if it has a default.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer; for a `duration`, seconds.
    Int(i64),
    /// A number; for a `duration`, seconds.
    Number(f64),
    /// A decimal number in JSON's notation, without rounding; for a `duration`, seconds.
    Numeral(Cow<'a, str>),
    /// A string, a value of an enum or a taxonomy, a date (`2026-01-15`), a time (`2026-01-15T10:00:00Z`) or a duration
    /// (`P30D`).
    Text(Cow<'a, str>),
    /// The members of a set.
    Set(Vec<Cow<'a, str>>),
    /// A date.
    Date(Date),
    /// A time.
    Time(Time),
    /// A duration.
    Duration(Duration),
    /// A value outside every domain, such as a duration of years in nanoseconds, as text for messages. It is refused
    /// with [`ErrorCode::OutsideDomain`](crate::request::ErrorCode::OutsideDomain) wherever it is put.
    Outside(Cow<'a, str>),
}

/// An owned value of an attribute or a key.
///
/// Numbers compare by their bits, so that a fact can be a hash key: `NaN` equals itself, and `0.0` differs from `-0.0`.
/// Values convert to facts by the rules of [`Input`].
///
/// ```
/// # use placet_model::input as placet;
/// use placet::Fact;
///
/// assert_eq!(Fact::from("granted").as_text(), Some("granted"));
/// assert_eq!(Fact::from(30).as_int(), Some(30));
/// let categories: Fact = ["email", "name"].into_iter().collect();
/// assert_eq!(categories.to_string(), r#"["email", "name"]"#);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fact {
    /// Null: the value `none` of an optional attribute. See [`Input::Null`].
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer; for a `duration`, seconds.
    Int(i64),
    /// A number; for a `duration`, seconds.
    Number(f64),
    /// A decimal number in JSON's notation, without rounding; for a `duration`, seconds.
    Numeral(FactText),
    /// A string, or any other text that [`Input::Text`] accepts.
    Text(FactText),
    /// The members of a set.
    Set(Arc<[Arc<str>]>),
    /// A date.
    Date(Date),
    /// A time.
    Time(Time),
    /// A duration.
    Duration(Duration),
    /// A value outside every domain, as text for messages: see [`Input::Outside`].
    Outside(FactText),
}

impl Fact {
    /// Converts a value of this type. Returns `None` for symbols of a type without names; other values aren't checked.
    #[doc(hidden)]
    pub fn from_value(ty: &Type, value: &Value) -> Option<Self> {
        Some(match (value, ty) {
            (Value::Bool(value), _) => Fact::Bool(*value),
            (Value::Int(value), _) => Fact::Int(*value),
            (Value::Number(value), _) => Fact::Number(*value),
            (Value::String(text), _) => text.clone().into(),
            (Value::Symbol(symbol), Type::Symbol(universe)) => universe.name(*symbol).into(),
            (Value::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
                set.iter().map(|symbol| universe.name(symbol)).collect()
            }
            (Value::Texts(texts), _) => texts.iter().cloned().collect(),
            (Value::Date(days), _) => Fact::Date(Date::from_days(*days)),
            (Value::Time(micros), _) => Fact::Time(Time::from_micros(*micros)),
            (Value::Duration(micros), _) => Fact::Duration(Duration::from_micros(*micros)),
            (Value::None, _) => Fact::Null,
            (Value::Symbol(_) | Value::Symbols(_), _) => return None,
        })
    }

    /// Converts the input of an attribute of a type. Returns `None` for unknown and pending, and for leaves that are no
    /// category of the type.
    ///
    /// A request that gives the fact is decided like one that gives the original.
    #[doc(hidden)]
    pub fn from_given(ty: &Type, given: &AttributeInput) -> Option<Self> {
        match (given, ty) {
            (AttributeInput::Value(value), _) => Self::from_value(ty, value),
            (AttributeInput::OneOf(leaves), Type::Symbol(Universe::Taxonomy(taxonomy))) => {
                // Several categories may have the same leaves and thus the same meaning. Taking the smallest name makes
                // the choice deterministic.
                let nodes = taxonomy.nodes.iter().filter(|(_, node)| leaves.iter().eq(node.first..node.end));
                nodes.map(|(name, _)| &**name).min().map(Self::from)
            }
            _ => None,
        }
    }

    /// Returns the text of a [`Fact::Text`].
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Fact::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number of a [`Fact::Int`].
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Fact::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Fact::Null, Fact::Null) => true,
            (Fact::Bool(a), Fact::Bool(b)) => a == b,
            (Fact::Int(a), Fact::Int(b)) => a == b,
            (Fact::Number(a), Fact::Number(b)) => a.to_bits() == b.to_bits(),
            (Fact::Numeral(a), Fact::Numeral(b))
            | (Fact::Text(a), Fact::Text(b))
            | (Fact::Outside(a), Fact::Outside(b)) => a == b,
            (Fact::Set(a), Fact::Set(b)) => a == b,
            (Fact::Date(a), Fact::Date(b)) => a == b,
            (Fact::Time(a), Fact::Time(b)) => a == b,
            (Fact::Duration(a), Fact::Duration(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Fact {}

impl Hash for Fact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Fact::Null => {}
            Fact::Bool(value) => value.hash(state),
            Fact::Int(value) => value.hash(state),
            Fact::Number(value) => value.to_bits().hash(state),
            Fact::Numeral(text) | Fact::Text(text) | Fact::Outside(text) => text.hash(state),
            Fact::Set(members) => members.hash(state),
            Fact::Date(date) => date.hash(state),
            Fact::Time(time) => time.hash(state),
            Fact::Duration(duration) => duration.hash(state),
        }
    }
}

/// Serializes the value as in the JSON of a request. A duration is a number of seconds, or ISO 8601 if it is finer. A
/// numeral is a number of 128 bits, a rounded number beyond them, or a text if it isn't finite.
impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Fact::Null => serializer.serialize_none(),
            Fact::Bool(value) => serializer.serialize_bool(*value),
            Fact::Int(value) => serializer.serialize_i64(*value),
            Fact::Number(value) => serializer.serialize_f64(*value),
            Fact::Numeral(text) => match (text.parse(), text.parse(), text.parse::<f64>()) {
                (Ok(signed), ..) => serializer.serialize_i128(signed),
                (Err(_), Ok(unsigned), _) => serializer.serialize_u128(unsigned),
                (Err(_), Err(_), Ok(number)) if number.is_finite() => serializer.serialize_f64(number),
                _ => serializer.serialize_str(text),
            },
            Fact::Text(text) | Fact::Outside(text) => serializer.serialize_str(text),
            Fact::Set(members) => serializer.collect_seq(members.iter().map(|member| &**member)),
            Fact::Date(date) => serializer.collect_str(date),
            Fact::Time(time) => serializer.collect_str(time),
            Fact::Duration(duration) => {
                match (duration.micros() / 1_000_000, duration.micros() % 1_000_000) {
                    (seconds, 0) => serializer.serialize_i64(seconds),
                    _ => serializer.serialize_str(&duration.to_iso8601()),
                }
            }
        }
    }
}

/// Borrows the value. A set allocates.
impl<'f> From<&'f Fact> for Input<'f> {
    fn from(fact: &'f Fact) -> Self {
        match fact {
            Fact::Null => Input::Null,
            Fact::Bool(value) => Input::Bool(*value),
            Fact::Int(value) => Input::Int(*value),
            Fact::Number(value) => Input::Number(*value),
            Fact::Numeral(text) => Input::Numeral(Cow::Borrowed(text)),
            Fact::Text(text) => Input::Text(Cow::Borrowed(text)),
            Fact::Set(members) => Input::Set(members.iter().map(|member| Cow::Borrowed(&**member)).collect()),
            Fact::Date(date) => Input::Date(*date),
            Fact::Time(time) => Input::Time(*time),
            Fact::Duration(duration) => Input::Duration(*duration),
            Fact::Outside(text) => Input::Outside(Cow::Borrowed(text)),
        }
    }
}

/// Copies the value: texts and sets allocate. `Input::from(&fact)` borrows them.
impl From<Fact> for Input<'_> {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Null => Input::Null,
            Fact::Bool(value) => Input::Bool(value),
            Fact::Int(value) => Input::Int(value),
            Fact::Number(value) => Input::Number(value),
            Fact::Numeral(text) => Input::Numeral(Cow::Owned(text.into())),
            Fact::Text(text) => Input::Text(Cow::Owned(text.into())),
            Fact::Set(members) => {
                Input::Set(members.iter().map(|member| Cow::Owned(String::from(&**member))).collect())
            }
            Fact::Date(date) => Input::Date(date),
            Fact::Time(time) => Input::Time(time),
            Fact::Duration(duration) => Input::Duration(duration),
            Fact::Outside(text) => Input::Outside(Cow::Owned(text.into())),
        }
    }
}

/// Writes the value like JSON.
impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Null => f.write_str("null"),
            Input::Bool(value) => value.fmt(f),
            Input::Int(value) => value.fmt(f),
            Input::Number(value) => write!(f, "{value:?}"),
            Input::Numeral(text) | Input::Outside(text) => f.write_str(text),
            Input::Text(text) => write!(f, "{text:?}"),
            Input::Set(texts) => f.debug_list().entries(texts).finish(),
            Input::Date(date) => write!(f, "\"{date}\""),
            Input::Time(time) => write!(f, "\"{time}\""),
            Input::Duration(duration) => duration.fmt(f),
        }
    }
}

/// Writes the value like JSON.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Input::from(self).fmt(f)
    }
}
