//! Requests: by name, by handle, from structs and from JSON.

pub(crate) mod attribute_name;
mod duration;
pub(crate) mod handle;
pub(crate) mod json;
pub(crate) mod json_member;
mod paths;
pub(crate) mod pool;
pub(crate) mod prepared;
pub(crate) mod reader;
pub(crate) mod schema;
pub(crate) mod serialize;
mod symbol_cache;
mod symbol_table;
pub(crate) mod temporal;
mod writer;

use crate::policy::Policy;
use attribute_name::AttributeName;
use handle::{Attribute, AttributeType};
use json_member::EnvelopeError;
use paths::{ObjectId, Target};
use placet_model::request::{ErrorCode, RequestError};
use placet_model::types::AttributeId;
use placet_program::{Frame, Program};
use pool::RequestBuffer;
use schema::Schema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use temporal::{Date, Duration, Time};
use writer::RequestWriter;

/// A request of one policy: what is known of its attributes. What is left out is *missing*: any value of its domain.
///
/// It can be used again ([`Request::clear`]), and its memory is: a thread keeps that of the last few requests that it
/// dropped for the next ones of the same policy, until the policy is dropped. So a service allocates nothing for its
/// requests, save where one gives a longer text than any before.
#[derive(Debug, Clone)]
pub struct Request {
    policy: Policy,
    /// None until something is given.
    memory: Option<Box<RequestBuffer>>,
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            pool::keep(memory);
        }
    }
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
    /// A number; for a `duration`, seconds.
    Number(f64),
    /// A number in decimal, as JSON writes it, every digit of which counts; for a `duration`, seconds.
    Numeral(&'a str),
    /// A string, a name of an enum or a taxonomy, a date (`2026-01-15`), a time (`2026-01-15T10:00:00Z`) or a duration
    /// (`P30D`).
    Text(&'a str),
    /// The members of a set.
    Set(Vec<&'a str>),
    /// A date.
    Date(Date),
    /// A time.
    Time(Time),
    /// A duration.
    Duration(Duration),
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
    Date => Input::Date;
    Time => Input::Time;
    Duration => Input::Duration;
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

/// As JSON writes it.
impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Null => f.write_str("null"),
            Input::Bool(value) => value.fmt(f),
            Input::Int(value) => value.fmt(f),
            Input::Number(value) => write!(f, "{value:?}"),
            Input::Numeral(text) => f.write_str(text),
            Input::Text(text) => write!(f, "{text:?}"),
            Input::Set(texts) => f.debug_list().entries(texts).finish(),
            Input::Date(date) => write!(f, "\"{date}\""),
            Input::Time(time) => write!(f, "\"{time}\""),
            Input::Duration(duration) => duration.fmt(f),
        }
    }
}

impl Request {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, memory: None }
    }

    /// A request that was read elsewhere.
    pub(crate) fn from_frame(policy: Policy, frame: &Frame) -> Self {
        let memory = RequestBuffer::new(policy.schema(), frame);
        Self { policy, memory: Some(memory) }
    }

    /// The policy that it was made for.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    fn schema(&self) -> &Schema {
        self.policy.schema()
    }

    fn known(&self) -> &Frame {
        match &self.memory {
            Some(memory) => &memory.frame,
            None => self.policy.program().empty(),
        }
    }

    /// The policy, and the memory to give something in.
    #[inline]
    fn parts(&mut self) -> (&Schema, &mut RequestBuffer) {
        let schema = self.policy.schema();
        (schema, self.memory.get_or_insert_with(|| RequestBuffer::empty(schema)))
    }

    /// What the engines see of it, if it was made for this policy.
    pub(crate) fn frame(&self, program: &Arc<Program>) -> Result<&Frame, RequestError> {
        if Arc::ptr_eq(self.policy.program(), program) {
            Ok(self.known())
        } else {
            Err(self.foreign(program))
        }
    }

    #[cold]
    fn foreign(&self, program: &Program) -> RequestError {
        let (own, other) = (&self.policy.model().name, &program.model().name);
        RequestError {
            code: ErrorCode::UnknownAttribute,
            message: format!("the request was made for the policy `{own}`, not for this one"),
            attribute: None,
            expected: format!("a request made by the policy `{other}`"),
        }
    }

    #[cold]
    fn unknown(&self, name: &str) -> RequestError {
        RequestError::unknown(self.policy.model(), name)
    }

    /// The attribute of a name or a handle, if the policy has it.
    pub(crate) fn find<N: AttributeName>(&self, name: N) -> Option<AttributeId> {
        name.find(self.schema())
    }

    /// The attribute of a name or a handle.
    pub(crate) fn id<N: AttributeName>(&self, name: N) -> Result<AttributeId, RequestError> {
        name.find(self.schema()).ok_or_else(|| name.not_found(self.schema()))
    }

    #[inline]
    fn intake(&mut self) -> RequestWriter<'_> {
        let (schema, memory) = self.parts();
        memory.writer(schema)
    }

    /// As [`Request::writer`], for who clears it first.
    fn uncleared(&mut self) -> RequestWriter<'_> {
        let schema = self.policy.schema();
        self.memory.get_or_insert_with(|| RequestBuffer::used(schema)).writer(schema)
    }

    /// Says that an attribute is not known yet.
    pub(crate) fn put_pending(&mut self, id: AttributeId) {
        let (schema, memory) = self.parts();
        memory.frame.put_pending(&schema.program, id);
    }

    /// Says that an attribute that was not known yet could not be had.
    pub(crate) fn put_withheld(&mut self, id: AttributeId) {
        let (schema, memory) = self.parts();
        memory.frame.put_withheld(&schema.program, id);
    }

    /// Whether something is given for an attribute, be it that it is not known. What the policy does not know is not.
    pub fn gives(&self, attribute: impl AttributeName) -> bool {
        self.find(attribute).is_some_and(|id| self.known().is_given(id))
    }

    /// Forgets all that was given, to be used again.
    pub fn clear(&mut self) -> &mut Self {
        self.uncleared().clear();
        self
    }

    /// Gives an attribute a value, in place of what was given before. An inner node of a taxonomy means *one of its
    /// leaves, not known which*.
    ///
    /// Cost: one look-up of the name, and one for each name of an enum or a taxonomy in the value.
    ///
    /// # Errors
    /// If the policy has no such attribute, the value is not of its domain, or is null for a `required` attribute; the
    /// request is as before.
    pub fn set<'v>(&mut self, name: &str, value: impl Into<Input<'v>>) -> Result<&mut Self, RequestError> {
        let mut intake = self.intake();
        let Some(Target::Attribute(id)) = intake.look_up(ObjectId::ROOT, name) else {
            return Err(self.unknown(name));
        };
        let value = value.into();
        match intake.input(id, &value) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(self.schema().refused(id, refusal, &placet_core::quoted(value))),
        }
    }

    /// Gives an attribute a value through its handle, in place of what was given before: the fast path.
    ///
    /// ```
    /// use placet::{Effect, Policy, Symbol};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150  purpose: { deliver, marketing } }
    ///     rule adults { allow when subject.age >= 18 and purpose is marketing }
    /// ")?;
    /// // Once:
    /// let age = policy.attribute::<i64>("subject.age")?;
    /// let purpose = policy.attribute::<Symbol>("purpose")?;
    /// let marketing = policy.symbol(purpose, "marketing")?;
    ///
    /// // For each request:
    /// let mut request = policy.request();
    /// request.put(age, 18)?.put(purpose, marketing)?;
    /// assert_eq!(policy.effect(&request)?, Effect::Allow);
    ///
    /// // A value that isn't in the domain is refused, and the request is as before.
    /// assert!(request.put(age, 200).is_err());
    /// assert_eq!(policy.effect(&request)?, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: a few nanoseconds, without allocation (save where a string, or a set of them, is longer than any before).
    ///
    /// # Errors
    /// If the value is not of the attribute's domain, or the handle or the value was made by another policy; the request
    /// is as before.
    #[inline]
    pub fn put<T: AttributeType + ?Sized>(
        &mut self,
        attribute: Attribute<T>,
        value: T::Given<'_>,
    ) -> Result<&mut Self, RequestError> {
        attribute.check(self.schema())?;
        match T::take(&mut self.intake(), attribute.id, value) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(self.schema().refused(
                attribute.id,
                refusal,
                &placet_core::quoted(format_args!("{value:?}")),
            )),
        }
    }

    /// Gives that an attribute is not known, whatever its default.
    ///
    /// # Errors
    /// If the attribute is `required`, or the handle was made by another policy; the request is as before.
    pub fn put_missing<T: ?Sized>(&mut self, attribute: Attribute<T>) -> Result<&mut Self, RequestError> {
        attribute.check(self.schema())?;
        match self.intake().null(attribute.id) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(self.schema().refused(attribute.id, refusal, "null")),
        }
    }

    /// Forgets all that was given, and gives what a value says of itself: a struct or a map, read as its JSON would be
    /// (see [`Policy::decide_from`]).
    ///
    /// # Errors
    /// The first fault in the order in which the value serialises itself; then nothing is given. That a `required`
    /// attribute is missing is found by the decision.
    ///
    /// [`Policy::decide_from`]: crate::Policy::decide_from
    pub fn fill_from<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<&mut Self, RequestError> {
        serialize::fill(&mut self.uncleared(), value)?;
        Ok(self)
    }

    /// Forgets all that was given, and gives what a JSON object says (see [`Policy::request_from_json`]).
    ///
    /// # Errors
    /// The first fault in the order of the text; then nothing is given. That a `required` attribute is missing is found
    /// by the decision.
    ///
    /// [`Policy::request_from_json`]: crate::Policy::request_from_json
    pub fn fill_from_json(&mut self, text: &str) -> Result<&mut Self, RequestError> {
        json::fill(&mut self.uncleared(), text)?;
        Ok(self)
    }

    /// As [`Request::fill_from_json`], what a member of a larger JSON object says. What the other members say is returned.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Others<'t> {
    ///     subject: &'t str,
    /// }
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { consent: { granted, refused } }
    ///     rule marketing { allow when consent is granted }
    /// ")?;
    /// let text = r#"{"subject": "anna", "request": {"consent": "granted"}}"#;
    ///
    /// let mut request = policy.request();
    /// let others: Others = request.fill_from_json_member(text, "request")?;
    /// assert_eq!(others.subject, "anna");
    /// assert_eq!(policy.effect(&request)?, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of reading the text once.
    ///
    /// # Errors
    /// If the text is no such object, or the request in it is erroneous; then nothing is given.
    pub fn fill_from_json_member<'t, T: Deserialize<'t>>(
        &mut self,
        text: &'t str,
        member: &str,
    ) -> Result<T, EnvelopeError> {
        json_member::fill(&mut self.uncleared(), text, member)
    }

    /// As [`Request::fill_from_json`], from bytes that may not be UTF-8.
    ///
    /// # Errors
    /// As [`Request::fill_from_json`].
    pub fn fill_from_json_bytes(&mut self, bytes: &[u8]) -> Result<&mut Self, RequestError> {
        json::fill_bytes(&mut self.uncleared(), bytes)?;
        Ok(self)
    }
}
