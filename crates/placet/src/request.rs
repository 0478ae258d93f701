//! Requests by name.

use placet_model::Model;
use placet_model::request::{self, Given, Misfit, RequestError, named, named_set};
use placet_model::types::{Members, Type};
use placet_model::value::Value;
use placet_syntax::calendar::{self, CalendarError};
use std::sync::Arc;

/// A request of one policy: what is known of its attributes. What is left out is *missing*: any value of its domain.
#[derive(Debug, Clone)]
pub struct Request {
    model: Arc<Model>,
    inner: request::Request,
}

/// A value for an attribute, before it is known to fit.
///
/// Most are made by `into()`: `true`, `15`, `0.25`, `"granted"`, `["email", "phone"]`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// Not known: missing, whatever the default.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number; for a `duration`, seconds.
    Int(i64),
    /// A number.
    Number(f64),
    /// A string, a name of an enum or a taxonomy, a date (`2026-01-15`) or a time (`2026-01-15T10:00:00Z`).
    Text(&'a str),
    /// The members of a set.
    Set(Vec<&'a str>),
    /// An instant or a duration in microseconds, or a date in days from 1970-01-01.
    Ticks(i64),
}

macro_rules! inputs {
    ($($from:ty => $to:expr;)*) => {
        $(impl<'a> From<$from> for Input<'a> {
            fn from(value: $from) -> Self {
                $to(value)
            }
        })*
    };
}

inputs! {
    bool => Input::Bool;
    i64 => Input::Int;
    i32 => |n| Input::Int(i64::from(n));
    u32 => |n| Input::Int(i64::from(n));
    u8 => |n| Input::Int(i64::from(n));
    f64 => Input::Number;
    &'a str => Input::Text;
    &'a String => |text: &'a String| Input::Text(text);
    Vec<&'a str> => Input::Set;
    &[&'a str] => |names: &[&'a str]| Input::Set(names.to_vec());
}

impl<'a, const N: usize> From<[&'a str; N]> for Input<'a> {
    fn from(names: [&'a str; N]) -> Self {
        Input::Set(names.to_vec())
    }
}

impl<'a, T: Into<Input<'a>>> From<Option<T>> for Input<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Input::Null, Into::into)
    }
}

impl Request {
    pub(crate) fn new(model: Arc<Model>) -> Self {
        Self { model, inner: request::Request::new() }
    }

    pub(crate) fn from_parts(model: Arc<Model>, inner: request::Request) -> Self {
        Self { model, inner }
    }

    pub(crate) fn parts(&self) -> &request::Request {
        &self.inner
    }

    /// That the request was made for this policy.
    pub(crate) fn check_policy(&self, model: &Arc<Model>) -> Result<(), RequestError> {
        if Arc::ptr_eq(&self.model, model) {
            return Ok(());
        }
        Err(RequestError {
            code: placet_model::request::ErrorCode::UnknownAttribute,
            message: format!("the request was made for the policy `{}`, not for this one", self.model.name),
            attribute: None,
            expected: format!("a request made by the policy `{}`", model.name),
        })
    }

    /// Gives an attribute a value, in place of what was given before. An inner node of a taxonomy means *one of its
    /// leaves, not known which*.
    ///
    /// # Errors
    /// If the policy has no such attribute, or the value is not of its domain; the request is as before.
    pub fn set<'a>(&mut self, name: &str, value: impl Into<Input<'a>>) -> Result<&mut Self, RequestError> {
        let Some(id) = self.model.find(name) else { return Err(RequestError::unknown(&self.model, name)) };
        let Some(attribute) = self.model.attribute(id) else { return Ok(self) };
        let value = value.into();
        let given = admit(&attribute.kind, &value)
            .map_err(|misfit| RequestError::unfit(attribute, misfit, &format!("{value:?}")))?;
        self.inner.put(&self.model, id, given)?;
        Ok(self)
    }
}

/// What an input gives for an attribute of a type.
fn admit(kind: &Type, input: &Input<'_>) -> Result<Given, Misfit> {
    let value = match (kind, input) {
        (_, Input::Null) => return Ok(Given::Null),
        (Type::Bool, Input::Bool(value)) => Value::Bool(*value),
        (Type::Int(..), Input::Int(n)) => Value::Int(*n),
        (Type::Number(..), Input::Int(n)) => Value::Number(*n as f64),
        (Type::Number(..), Input::Number(n)) if n.is_finite() => Value::Number(n + 0.0),
        (Type::Number(..), Input::Number(_)) => return Err(Misfit::OutsideDomain),
        (Type::String, Input::Text(text)) => Value::String((*text).into()),
        (Type::Symbol(universe), Input::Text(name)) => return named(universe, name),
        (Type::Set { of: Members::Symbols(universe), .. }, Input::Set(names)) => {
            Value::Symbols(named_set(universe, names.iter().copied())?)
        }
        (Type::Set { of: Members::Texts, .. }, Input::Set(texts)) => {
            Value::Texts(texts.iter().map(|text| Arc::from(*text)).collect())
        }
        (Type::Date, Input::Text(text)) => Value::Date(calendar::date_from_str(text).map_err(misfit)?),
        (Type::Date, Input::Ticks(days)) => {
            Value::Date(i32::try_from(*days).map_err(|_| Misfit::OutsideDomain)?)
        }
        (Type::Time, Input::Text(text)) => Value::Time(calendar::time_from_str(text).map_err(misfit)?),
        (Type::Time, Input::Ticks(micros)) => Value::Time(*micros),
        (Type::Duration, Input::Ticks(micros)) => Value::Duration(*micros),
        (Type::Duration, Input::Int(seconds)) => {
            Value::Duration(seconds.checked_mul(1_000_000).ok_or(Misfit::OutsideDomain)?)
        }
        _ => return Err(Misfit::WrongType),
    };
    Ok(Given::Value(value))
}

fn misfit(error: CalendarError) -> Misfit {
    match error {
        CalendarError::Form => Misfit::WrongType,
        CalendarError::Absent | CalendarError::TooFine => Misfit::OutsideDomain,
    }
}
