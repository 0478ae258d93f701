//! Requests: filled by name, by handle, from structs and from JSON.
//!
//! Every way in goes through one [`RequestWriter`], which checks a value against the attribute's type and domain and
//! stores its class in a [`Frame`]. A [`Request`] is a frame in a pooled buffer, together with its policy.

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
pub(crate) mod symbol_table;
pub(crate) mod writer;

use crate::policy::Policy;
use attribute_name::AttributeName;
use handle::{Attribute, AttributeType};
use json_member::EnvelopeError;
use paths::{ObjectId, Target};
use placet_model::input::Input;
use placet_model::request::{ErrorCode, RequestError};
use placet_model::types::AttributeId;
use placet_program::{Frame, Program};
use pool::RequestBuffer;
use schema::{PutError, Schema};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use writer::RequestWriter;

/// A request of one policy: the known values of its attributes. An attribute without a value is *missing*: it may have
/// any value of its domain.
///
/// ```
/// use placet::Policy;
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150 }
///     rule adults { allow when subject.age >= 18 }
/// ")?;
/// let mut request = policy.request();
/// assert!(policy.is_allowed(request.set("subject.age", 30)?)?);
/// assert!(!policy.is_allowed(request.clear())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`Request::clear`] makes a request reusable. Dropped requests return their buffer to a per-thread pool for the next
/// requests of the same policy, until the policy is dropped. So a service allocates for requests only when a text is
/// longer than all texts before it.
#[derive(Debug, Clone)]
pub struct Request {
    policy: Policy,
    /// `None` until the first value is put: an empty request takes no buffer.
    memory: Option<Box<RequestBuffer>>,
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            pool::keep(memory);
        }
    }
}

impl Request {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { policy, memory: None }
    }

    /// Copies a frame that another reader filled.
    pub(crate) fn from_frame(policy: Policy, frame: &Frame) -> Self {
        let memory = RequestBuffer::new(policy.schema(), frame);
        Self { policy, memory: Some(memory) }
    }

    /// Returns the policy of the request.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    fn schema(&self) -> &Schema {
        self.policy.schema()
    }

    #[inline]
    fn known(&self) -> &Frame {
        match &self.memory {
            Some(memory) => &memory.frame,
            None => self.policy.program().empty(),
        }
    }

    /// Returns the schema and the buffer to write into.
    #[inline]
    fn parts(&mut self) -> (&Schema, &mut RequestBuffer) {
        let schema = self.policy.schema();
        (schema, self.memory.get_or_insert_with(|| RequestBuffer::empty(schema)))
    }

    /// Returns the classes that the evaluators read.
    ///
    /// # Errors
    /// If the request belongs to another policy.
    #[inline]
    pub(crate) fn frame(&self, program: &Arc<Program>) -> Result<&Frame, RequestError> {
        // By address: comparing policies would cost more than deciding.
        if Arc::ptr_eq(self.policy.program(), program) {
            Ok(self.known())
        } else {
            Err(self.foreign(program))
        }
    }

    #[cold]
    fn foreign(&self, program: &Program) -> RequestError {
        let (own, other) = (&self.policy.model().name, &program.model().name);
        RequestError::new(
            ErrorCode::UnknownAttribute,
            format!("the request was made for the policy `{own}`, not for this one"),
            None,
            format!("a request made by the policy `{other}`"),
        )
    }

    #[cold]
    fn unknown(&self, name: &str) -> RequestError {
        RequestError::unknown(self.policy.model(), name)
    }

    /// Returns the attribute of a name or a handle, if the policy has it.
    pub(crate) fn find<N: AttributeName>(&self, name: N) -> Option<AttributeId> {
        name.find(self.schema())
    }

    /// Returns the attribute of a name or a handle.
    pub(crate) fn id<N: AttributeName>(&self, name: N) -> Result<AttributeId, RequestError> {
        name.find(self.schema()).ok_or_else(|| name.not_found(self.schema()))
    }

    #[inline]
    fn writer(&mut self) -> RequestWriter<'_> {
        let (schema, memory) = self.parts();
        memory.writer(schema)
    }

    /// Like [`Request::writer`], but may return the values of an earlier request: the caller clears the writer first.
    fn uncleared(&mut self) -> RequestWriter<'_> {
        let schema = self.policy.schema();
        self.memory.get_or_insert_with(|| RequestBuffer::used(schema)).writer(schema)
    }

    /// Marks an attribute as pending: its value is not known yet.
    pub(crate) fn put_pending(&mut self, id: AttributeId) {
        let (schema, memory) = self.parts();
        memory.frame.put_pending(&schema.program, id);
    }

    /// Marks a pending attribute as unavailable.
    pub(crate) fn put_withheld(&mut self, id: AttributeId) {
        let (schema, memory) = self.parts();
        memory.frame.put_withheld(&schema.program, id);
    }

    /// Returns true if the request has a value or null for an attribute; false for attributes that the policy doesn't
    /// have.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// let mut request = policy.request();
    /// assert!(!request.gives("open"));
    /// assert!(request.set("open", None::<bool>)?.gives("open"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn gives(&self, attribute: impl AttributeName) -> bool {
        self.find(attribute).is_some_and(|id| self.known().is_given(id))
    }

    /// Removes all values, so that the request can be filled again.
    pub fn clear(&mut self) -> &mut Self {
        self.uncleared().clear();
        self
    }

    /// Sets an attribute by name, replacing any earlier value. [`Input`] lists the types of values. An inner node of a
    /// taxonomy means *one of its leaves, but it is not known which*.
    ///
    /// ```
    /// use placet::{ErrorCode, Policy};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150  consent: { granted, refused } }
    ///     rule marketing { allow when consent is granted and subject.age >= 18 }
    /// ")?;
    /// let mut request = policy.request();
    /// request.set("subject.age", 30)?.set("consent", "granted")?;
    /// assert!(policy.is_allowed(&request)?);
    /// let error = request.set("subject.age", 200).err().ok_or("200 is outside the domain")?;
    /// assert_eq!(error.code, ErrorCode::OutsideDomain);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: one look-up of the name, and one for each value of an enum or a taxonomy.
    ///
    /// # Errors
    /// If the policy has no such attribute, the value is outside its domain, or the value is null for a `required`
    /// attribute. The request stays as it was.
    pub fn set<'v>(&mut self, name: &str, value: impl Into<Input<'v>>) -> Result<&mut Self, RequestError> {
        let mut writer = self.writer();
        let Some(Target::Attribute(id)) = writer.look_up(ObjectId::ROOT, name) else {
            return Err(self.unknown(name));
        };
        let value = value.into();
        match writer.input(id, &value) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(self.schema().refused(id, refusal, &placet_core::quoted(value))),
        }
    }

    /// Sets an attribute by handle, replacing any earlier value. This is the fastest way.
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
    /// // A value outside the domain is an error, and the request stays as it was.
    /// assert!(request.put(age, 200).is_err());
    /// assert_eq!(policy.effect(&request)?, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: a few nanoseconds, without allocation unless a string or a set of strings is longer than all before it.
    ///
    /// # Errors
    /// If the value is outside the attribute's domain, or the handle or the value belongs to another policy. The
    /// request stays as it was.
    #[inline]
    pub fn put<T: AttributeType + ?Sized>(
        &mut self,
        attribute: Attribute<T>,
        value: T::Given<'_>,
    ) -> Result<&mut Self, RequestError> {
        attribute.check(self.schema())?;
        match T::take(&mut self.writer(), attribute.id, value) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(self.refused(attribute.id, refusal, &value)),
        }
    }

    /// Returns the error for a value that was put by handle.
    #[cold]
    fn refused(&self, id: AttributeId, refusal: PutError, value: &dyn fmt::Debug) -> RequestError {
        self.schema().refused(id, refusal, &placet_core::quoted(format_args!("{value:?}")))
    }

    /// Marks an attribute as missing, even if it has a default or is optional.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("
    ///     policy door
    ///     request { open: bool default true }
    ///     rule open { allow when open }
    /// ")?;
    /// let open = policy.attribute::<bool>("open")?;
    /// let mut request = policy.request();
    /// assert_eq!(policy.effect(&request)?, Effect::Allow);
    /// assert_eq!(policy.effect(request.put_missing(open)?)?, Effect::Indeterminate);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the attribute is `required`, or the handle belongs to another policy. The request stays as it was.
    pub fn put_missing<T: ?Sized>(&mut self, attribute: Attribute<T>) -> Result<&mut Self, RequestError> {
        attribute.check(self.schema())?;
        match self.writer().missing(attribute.id) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(self.schema().refused(attribute.id, refusal, "null")),
        }
    }

    /// Gives null, as [`Request::set`] does: an optional attribute is then `none`, known to be absent; any other is
    /// missing, even if it has a default.
    ///
    /// # Errors
    /// If the attribute is `required` and not optional, or the handle belongs to another policy. The request stays as it
    /// was.
    pub fn put_null<T: ?Sized>(&mut self, attribute: Attribute<T>) -> Result<&mut Self, RequestError> {
        attribute.check(self.schema())?;
        match self.writer().null(attribute.id) {
            Ok(()) => Ok(self),
            Err(refusal) => Err(self.schema().refused(attribute.id, refusal, "null")),
        }
    }

    /// Replaces all values with those of a struct or a map that implements [`Serialize`] (see [`Policy::decide_from`]).
    ///
    /// # Errors
    /// The first error in the order in which the value serialises itself; the request is then empty. The decision
    /// reports a missing `required` attribute.
    ///
    /// [`Policy::decide_from`]: crate::Policy::decide_from
    pub fn fill_from<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<&mut Self, RequestError> {
        serialize::fill(&mut self.uncleared(), value)?;
        Ok(self)
    }

    /// Replaces all values with those of a JSON object (see [`Policy::request_from_json`]).
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// let mut request = policy.request();
    /// for (line, expected) in [(r#"{"open": true}"#, true), (r#"{"open": false}"#, false)] {
    ///     assert_eq!(policy.is_allowed(request.fill_from_json(line)?)?, expected);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first error in the order of the text; the request is then empty. The decision reports a missing `required`
    /// attribute.
    ///
    /// [`Policy::request_from_json`]: crate::Policy::request_from_json
    pub fn fill_from_json(&mut self, text: &str) -> Result<&mut Self, RequestError> {
        json::fill(&mut self.uncleared(), text)?;
        Ok(self)
    }

    /// Like [`Request::fill_from_json`], from one member of a larger JSON object. Returns the other members.
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
    /// If the text is not such an object, or the request in it is invalid. The request is then empty.
    pub fn fill_from_json_member<'t, T: Deserialize<'t>>(
        &mut self,
        text: &'t str,
        member: &str,
    ) -> Result<T, EnvelopeError> {
        json_member::fill(&mut self.uncleared(), text, member)
    }

    /// Like [`Request::fill_from_json`], from bytes that may not be UTF-8.
    ///
    /// # Errors
    /// Like [`Request::fill_from_json`], and if the bytes aren't UTF-8.
    pub fn fill_from_json_bytes(&mut self, bytes: &[u8]) -> Result<&mut Self, RequestError> {
        json::fill_bytes(&mut self.uncleared(), bytes)?;
        Ok(self)
    }
}
