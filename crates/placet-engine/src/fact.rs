//! What is known of the world: values that outlive a request.

use placet::{Date, Duration, Input, Time};
use placet_model::types::{Members, Type};
use placet_model::value::Value;
use smol_str::SmolStr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A value of an attribute or a key, independent of any policy.
///
/// Two numbers are the same where they have the same bits.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fact {
    /// A truth value.
    Bool(bool),
    /// A whole number; for a `duration`, seconds.
    Int(i64),
    /// A number; for a `duration`, seconds.
    Number(f64),
    /// A string, a name of an enum or a taxonomy, or what [`Input::Text`] stands for otherwise.
    Text(SmolStr),
    /// The members of a set.
    Set(Arc<[Arc<str>]>),
    /// A date.
    Date(Date),
    /// A time.
    Time(Time),
    /// A duration.
    Duration(Duration),
}

impl Fact {
    /// The text of a [`Fact::Text`].
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Fact::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a [`Fact::Int`].
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
    /// The value of an attribute of this type, as a policy's model has it; none that is not of the type.
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

/// As a request takes it. A set costs an allocation.
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

/// As JSON writes it.
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

/// What a resolver found: values of its attributes. What it leaves out is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(Vec<(Arc<str>, Fact)>);

impl Facts {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// And that an attribute has this value, in place of one that was said before.
    #[must_use]
    pub fn with(mut self, attribute: impl Into<Arc<str>>, value: impl Into<Fact>) -> Self {
        let (attribute, value) = (attribute.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == attribute) {
            Some((_, known)) => *known = value,
            None => self.0.push((attribute, value)),
        }
        self
    }

    /// And that an attribute has this value, if it is known.
    #[must_use]
    pub fn with_known(self, attribute: impl Into<Arc<str>>, value: Option<impl Into<Fact>>) -> Self {
        match value {
            Some(value) => self.with(attribute, value),
            None => self,
        }
    }

    /// The attributes with their values, in the order in which they were first given.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Fact)> {
        self.0.iter().map(|(attribute, fact)| (attribute, fact))
    }
}
