//! A reader for values that the caller walks itself: objects of another language, rows of a table.

use crate::request::paths::{ObjectId, Target};
use crate::request::schema::PutError;
use crate::request::writer::{KeyFault, Object, RequestWriter};
use placet_core::{is_below, quoted};
use placet_model::input::Input;
use placet_model::request::{RequestError, ValueError};
use placet_model::temporal::{Date, Duration, Time};
use placet_model::types::AttributeId;

/// Reads a request key by key, from a caller that walks a value that is neither a Rust struct nor JSON.
///
/// [`Policy::effect_with`] and similar methods lend one. The rules are those of JSON: each key once, dotted or nested,
/// each value in its domain. The reader reuses the thread's buffers, and predicts that keys arrive in the same order as
/// last time.
///
/// ```
/// use placet::{KeyTarget, Input, Policy, RequestReader, RequestError};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150  purpose: { deliver, marketing } }
///     rule adults { allow when subject.age >= 18 and purpose is marketing }
/// ")?;
/// let row = [("subject.age", Input::Int(18)), ("purpose", Input::from("marketing"))];
/// let read = |reader: &mut RequestReader<'_, '_>| -> Result<(), RequestError> {
///     let root = reader.root();
///     for (key, value) in &row {
///         match reader.entry(root, key)? {
///             KeyTarget::Attribute(slot) => reader.put(slot, value)?,
///             KeyTarget::Object(_) | KeyTarget::Unknown => return Err(reader.unknown(root, key)),
///         }
///     }
///     Ok(())
/// };
/// assert!(policy.decide_with(read)?.is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`Policy::effect_with`]: crate::Policy::effect_with
#[derive(Debug)]
pub struct RequestReader<'r, 'a> {
    writer: &'r mut RequestWriter<'a>,
}

/// The target of a key.
#[derive(Debug, Clone, Copy)]
pub enum KeyTarget {
    /// An attribute. The caller puts a value.
    Attribute(AttributeSlot),
    /// A prefix of attribute names. The caller reads a nested object and ends it with [`RequestReader::leave`].
    Object(Scope),
    /// No attribute, and no prefix of one.
    Unknown,
}

/// An attribute of the request in progress.
#[derive(Debug, Clone, Copy)]
pub struct AttributeSlot(AttributeId);

/// An object of the request in progress: the request itself, or a nested object.
#[derive(Debug, Clone, Copy)]
pub struct Scope(Object);

impl<'r, 'a> RequestReader<'r, 'a> {
    /// Begins an empty request.
    pub(crate) fn new(writer: &'r mut RequestWriter<'a>) -> Self {
        writer.clear();
        Self { writer }
    }

    /// Returns the scope of the request itself.
    pub fn root(&self) -> Scope {
        Scope(self.writer.open(ObjectId::ROOT))
    }

    /// Resolves a key of an object.
    ///
    /// Cost: a comparison if the key followed the same key last time; otherwise a look-up.
    ///
    /// # Errors
    /// If the attribute or the object was read before.
    #[inline]
    pub fn entry(&mut self, level: Scope, key: &str) -> Result<KeyTarget, RequestError> {
        match self.writer.key(level.0, key) {
            Ok(Target::Attribute(id)) => Ok(KeyTarget::Attribute(AttributeSlot(id))),
            Ok(Target::Part(part)) => Ok(KeyTarget::Object(Scope(self.writer.open(part)))),
            // Not an error here: the caller may ignore unknown keys.
            Err(KeyFault::Unknown) => Ok(KeyTarget::Unknown),
            Err(fault @ KeyFault::Duplicate) => Err(self.writer.key_error(level.0, key, fault)),
        }
    }

    /// Ends an object that [`RequestReader::entry`] began.
    #[inline]
    pub fn leave(&mut self, level: Scope) {
        self.writer.close(level.0);
    }

    /// Puts the value of an attribute.
    ///
    /// Cost: a few nanoseconds, without allocation unless a string is longer than all before it; for a value of an enum
    /// or a taxonomy, a look-up.
    ///
    /// # Errors
    /// If the value is outside the attribute's domain, or is null for a `required` attribute.
    #[inline]
    pub fn put(&mut self, slot: AttributeSlot, value: &Input<'_>) -> Result<(), RequestError> {
        self.writer.input(slot.0, value).map_err(|refusal| self.refused(slot, refusal, &quoted(value)))
    }

    /// Begins a set. [`RequestReader::member`] adds members, [`RequestReader::end_set`] puts the set.
    ///
    /// # Errors
    /// If the attribute takes no sets. `shown` returns the value for the message.
    pub fn begin_set(
        &mut self,
        slot: AttributeSlot,
        shown: impl FnOnce() -> String,
    ) -> Result<(), RequestError> {
        self.writer.begin_set(slot.0).map_err(|refusal| self.refused(slot, refusal, &quoted(shown())))
    }

    /// Adds a member to the current set. An inner node of a taxonomy adds all its leaves.
    ///
    /// # Errors
    /// If the attribute's domain has no such name.
    #[inline]
    pub fn member(&mut self, slot: AttributeSlot, text: &str) -> Result<(), RequestError> {
        self.writer
            .member(slot.0, text)
            .map_err(|refusal| self.refused(slot, refusal, &quoted(format_args!("{text:?}"))))
    }

    /// Puts the current set.
    ///
    /// # Errors
    /// If the set is empty, but the attribute's type excludes the empty set.
    pub fn end_set(&mut self, slot: AttributeSlot) -> Result<(), RequestError> {
        self.writer.end_set(slot.0).map_err(|refusal| self.refused(slot, refusal, "`[]`"))
    }

    /// Returns the error for an unknown key.
    #[cold]
    pub fn unknown(&self, level: Scope, key: &str) -> RequestError {
        self.writer.key_error(level.0, key, KeyFault::Unknown)
    }

    /// Returns the error for a value in place of an object: the policy has no attribute of that name.
    #[cold]
    pub fn no_object(&self, level: Scope) -> RequestError {
        let schema = self.writer.schema;
        let model = schema.program.model();
        RequestError::unknown(model, schema.names.part_path(model, level.0.part))
    }

    /// Marks each attribute below an object as missing, even if it has a default or is optional: the object is null, and
    /// nobody said that its attributes are `none`.
    ///
    /// Cost: linear in the policy's attributes.
    ///
    /// # Errors
    /// If one of the attributes was read before, or is `required`.
    pub fn put_missing_object(&mut self, level: Scope) -> Result<(), RequestError> {
        let schema = self.writer.schema;
        let model = schema.program.model();
        let path = schema.names.part_path(model, level.0.part);
        for (id, attribute) in model.declared() {
            if !is_below(&attribute.name, path) {
                continue;
            }
            if self.writer.frame.is_given(id) {
                return Err(RequestError::duplicate(&attribute.name));
            }
            self.writer.missing(id).map_err(|refusal| schema.refused(id, refusal, "null"))?;
        }
        Ok(())
    }

    /// Returns the error for a value that no [`Input`] can represent. `shown` is the value for the message.
    #[cold]
    pub fn value_error(&self, slot: AttributeSlot, error: ValueError, shown: &str) -> RequestError {
        self.refused(slot, error.into(), &quoted(shown))
    }

    #[cold]
    fn refused(&self, slot: AttributeSlot, refusal: PutError, shown: &str) -> RequestError {
        self.writer.schema.refused(slot.0, refusal, shown)
    }
}

impl RequestWriter<'_> {
    /// Puts an [`Input`].
    #[inline]
    pub(crate) fn input(&mut self, id: AttributeId, value: &Input<'_>) -> Result<(), PutError> {
        match value {
            Input::Null => self.null(id),
            Input::Bool(value) => self.bool(id, *value),
            Input::Int(value) => self.int(id, *value),
            Input::Number(value) => self.float(id, *value),
            Input::Numeral(text) => self.numeral(id, text),
            Input::Text(text) => self.text(id, text),
            Input::Set(texts) => self.set(id, texts),
            Input::Date(date) => self.typed::<Date>(id, *date),
            Input::Time(time) => self.typed::<Time>(id, *time),
            Input::Duration(duration) => self.typed::<Duration>(id, *duration),
            Input::Outside(_) => Err(PutError::OUTSIDE_DOMAIN),
            // No other kind of value exists yet.
            _ => Err(PutError::WRONG_TYPE),
        }
    }
}
