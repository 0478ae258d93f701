//! Facts: values of attributes and keys, independent of any policy.

use placet::{Date, Duration, Input, Time};
use placet_model::types::{Members, Type};
use placet_model::value::Value;
use smol_str::SmolStr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A value of an attribute or a key, independent of any policy.
///
/// Numbers compare by their bits, so that a fact can be a hash key: `NaN` equals itself, and `0.0` differs from `-0.0`.
///
/// ```
/// use placet_engine::Fact;
///
/// assert_eq!(Fact::from("granted").as_text(), Some("granted"));
/// assert_eq!(Fact::from(30).as_int(), Some(30));
/// let categories: Fact = ["email", "name"].into_iter().collect();
/// assert_eq!(categories.to_string(), r#"["email", "name"]"#);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fact {
    /// A Boolean.
    Bool(bool),
    /// An integer. For a `duration`, a number of seconds.
    Int(i64),
    /// A floating-point number. For a `duration`, a number of seconds.
    Number(f64),
    /// A string, the name of an enum or taxonomy symbol, or any other text form that [`Input::Text`] accepts.
    Text(SmolStr),
    /// The members of a set, by name.
    Set(Arc<[Arc<str>]>),
    /// A date.
    Date(Date),
    /// A time.
    Time(Time),
    /// A duration.
    Duration(Duration),
}

impl Fact {
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
            (Fact::Bool(a), Fact::Bool(b)) => a == b,
            (Fact::Int(a), Fact::Int(b)) => a == b,
            (Fact::Number(a), Fact::Number(b)) => a.to_bits() == b.to_bits(),
            (Fact::Text(a), Fact::Text(b)) => a == b,
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
            Fact::Bool(value) => value.hash(state),
            Fact::Int(value) => value.hash(state),
            Fact::Number(value) => value.to_bits().hash(state),
            Fact::Text(text) => text.hash(state),
            Fact::Set(members) => members.hash(state),
            Fact::Date(date) => date.hash(state),
            Fact::Time(time) => time.hash(state),
            Fact::Duration(duration) => duration.hash(state),
        }
    }
}

impl Fact {
    /// Converts a value of the model, given the type of its attribute. Returns `None` if the value doesn't have the
    /// type.
    pub fn from_value(kind: &Type, value: &Value) -> Option<Self> {
        Some(match (value, kind) {
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
            _ => return None,
        })
    }
}

/// Converts to the form that a request accepts. A set allocates.
impl<'f> From<&'f Fact> for Input<'f> {
    fn from(fact: &'f Fact) -> Self {
        match fact {
            Fact::Bool(value) => Input::Bool(*value),
            Fact::Int(value) => Input::Int(*value),
            Fact::Number(value) => Input::Number(*value),
            Fact::Text(text) => Input::Text(text),
            Fact::Set(members) => Input::Set(members.iter().map(|member| &**member).collect()),
            Fact::Date(date) => Input::Date(*date),
            Fact::Time(time) => Input::Time(*time),
            Fact::Duration(duration) => Input::Duration(*duration),
        }
    }
}

/// Formats the fact as JSON.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Input::from(self).fmt(f)
    }
}

macro_rules! facts {
    ($($from:ty => $to:expr;)*) => {
        $(impl From<$from> for Fact {
            fn from(value: $from) -> Self {
                $to(value)
            }
        })*
    };
}

facts! {
    bool => Fact::Bool;
    i64 => Fact::Int;
    i32 => |n| Fact::Int(i64::from(n));
    u32 => |n| Fact::Int(i64::from(n));
    u8 => |n| Fact::Int(i64::from(n));
    f64 => Fact::Number;
    &str => |text: &str| Fact::Text(text.into());
    String => |text: String| Fact::Text(text.into());
    Arc<str> => |text: Arc<str>| Fact::Text(text.into());
    Date => Fact::Date;
    Time => Fact::Time;
    Duration => Fact::Duration;
}

impl<T: Into<Arc<str>>> FromIterator<T> for Fact {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        Fact::Set(members.into_iter().map(Into::into).collect())
    }
}

/// The facts that a resolver found: attribute values. Attributes that are left out are unknown.
///
/// ```
/// use placet_engine::{Fact, Facts};
///
/// let age: Option<i64> = None;
/// let facts = Facts::new().with("consent", "refused").with("consent", "granted").with_known("age", age);
/// let found: Vec<_> = facts.iter().map(|(name, fact)| (&**name, fact.clone())).collect();
/// assert_eq!(found, [("consent", Fact::from("granted"))]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(Vec<(Arc<str>, Fact)>);

impl Facts {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of an attribute, or replaces it.
    #[must_use]
    pub fn with(mut self, attribute: impl Into<Arc<str>>, value: impl Into<Fact>) -> Self {
        let (attribute, value) = (attribute.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == attribute) {
            Some((_, known)) => *known = value,
            None => self.0.push((attribute, value)),
        }
        self
    }

    /// Adds the value of an attribute if it is known.
    #[must_use]
    pub fn with_known(self, attribute: impl Into<Arc<str>>, value: Option<impl Into<Fact>>) -> Self {
        match value {
            Some(value) => self.with(attribute, value),
            None => self,
        }
    }

    /// Iterates over the attributes with their values, in the order in which they were first added.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Fact)> {
        self.0.iter().map(|(attribute, fact)| (attribute, fact))
    }
}
