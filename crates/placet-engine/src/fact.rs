//! What is known of the world: values that outlive a request.

use placet::{Date, Duration, Input, Time};
use std::fmt;
use std::sync::Arc;

/// A value of an attribute or a key, independent of any policy.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fact {
    /// A truth value.
    Bool(bool),
    /// A whole number; for a `duration`, seconds.
    Int(i64),
    /// A number; for a `duration`, seconds.
    Number(f64),
    /// A string, a name of an enum or a taxonomy, or what [`Input::Text`] stands for otherwise.
    Text(Arc<str>),
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
    Arc<str> => Fact::Text;
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts(Vec<(Arc<str>, Fact)>);

impl Facts {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// And that an attribute has this value; `None` says that it is not known.
    #[must_use]
    pub fn with<F: Into<Fact>>(
        mut self,
        attribute: impl Into<Arc<str>>,
        value: impl Into<Option<F>>,
    ) -> Self {
        if let Some(value) = value.into() {
            self.0.push((attribute.into(), value.into()));
        }
        self
    }

    /// The attributes with their values, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Fact)> {
        self.0.iter().map(|(attribute, fact)| (attribute, fact))
    }
}
