//! Requests read out of values of the caller's own: objects of another language, rows of a table.

use crate::request::Input;
use crate::request::paths::{ObjectId, Target};
use crate::request::schema::PutError;
use crate::request::temporal::{Date, Duration, Time};
use crate::request::writer::{KeyFault, Object, RequestWriter};
use placet_core::quoted;
use placet_model::request::{RequestError, ValueError};
use placet_model::types::{AttributeId, is_below};

/// Takes a request key by key, from whoever walks a value that is neither a struct nor JSON.
///
/// [`Policy::effect_with`] and its like lend one. What is given to it is read as JSON would be: a key once, dotted or
/// nested, each value in its domain. It reuses the thread's memory, and foresees that keys come in the order in which
/// they came before.
///
/// ```
/// use placet::{KeyTarget, Input, Policy, RequestReader, RequestError};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150  purpose: { deliver, marketing } }
///     rule adults { allow when subject.age >= 18 and purpose is marketing }
/// ")?;
/// let row = [("subject.age", Input::Int(18)), ("purpose", Input::Text("marketing"))];
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
    intake: &'r mut RequestWriter<'a>,
}

/// What a key stands for.
#[derive(Debug, Clone, Copy)]
pub enum KeyTarget {
    /// An attribute: a value is expected.
    Attribute(AttributeSlot),
    /// The beginning of attributes' names: an object is expected, which [`RequestReader::leave`] ends.
    Object(Scope),
    /// Nothing that the policy knows.
    Unknown,
}

/// An attribute in a request that is being read.
#[derive(Debug, Clone, Copy)]
pub struct AttributeSlot(AttributeId);

/// An object in a request that is being read: the request itself, or one that names are nested in.
#[derive(Debug, Clone, Copy)]
pub struct Scope(Object);

impl<'r, 'a> RequestReader<'r, 'a> {
    /// Begins a request of which nothing is given.
    pub(crate) fn new(intake: &'r mut RequestWriter<'a>) -> Self {
        intake.clear();
        Self { intake }
    }

    /// The request itself.
    pub fn root(&self) -> Scope {
        Scope(self.intake.open(ObjectId::ROOT))
    }

    /// What a key stands for.
    ///
    /// Cost: a comparison, if it came after the one before it the last time too; otherwise a look-up.
    ///
    /// # Errors
    /// If the attribute, or the object, was given before.
    #[inline]
    pub fn entry(&mut self, level: Scope, key: &str) -> Result<KeyTarget, RequestError> {
        match self.intake.key(level.0, key) {
            Ok(Target::Attribute(id)) => Ok(KeyTarget::Attribute(AttributeSlot(id))),
            Ok(Target::Part(part)) => Ok(KeyTarget::Object(Scope(self.intake.open(part)))),
            Err(KeyFault::Unknown) => Ok(KeyTarget::Unknown),
            Err(fault @ KeyFault::Duplicate) => Err(self.intake.key_error(level.0, key, fault)),
        }
    }

    /// Ends an object that [`RequestReader::entry`] began.
    #[inline]
    pub fn leave(&mut self, level: Scope) {
        self.intake.close(level.0);
    }

    /// Gives an attribute a value.
    ///
    /// Cost: a few nanoseconds, without allocation (save where a string is longer than any before); for a name of an enum
    /// or a taxonomy, a look-up.
    ///
    /// # Errors
    /// If the value is not of the attribute's domain, or is null for a `required` one.
    #[inline]
    pub fn put(&mut self, slot: AttributeSlot, value: &Input<'_>) -> Result<(), RequestError> {
        self.intake.input(slot.0, value).map_err(|refusal| self.refused(slot, refusal, &quoted(value)))
    }

    /// Begins the set that an attribute is given: [`RequestReader::member`] adds to it, [`RequestReader::end_set`] gives it.
    ///
    /// # Errors
    /// If the attribute's values are no sets; `shown` is the value, for people.
    pub fn begin_set(
        &mut self,
        slot: AttributeSlot,
        shown: impl FnOnce() -> String,
    ) -> Result<(), RequestError> {
        self.intake.begin_set(slot.0).map_err(|refusal| self.refused(slot, refusal, &quoted(shown())))
    }

    /// Adds a member to the set that was begun last; an inner node of a taxonomy is all its leaves.
    ///
    /// # Errors
    /// If the attribute's domain has no such name.
    #[inline]
    pub fn member(&mut self, slot: AttributeSlot, text: &str) -> Result<(), RequestError> {
        self.intake
            .member(slot.0, text)
            .map_err(|refusal| self.refused(slot, refusal, &quoted(format_args!("{text:?}"))))
    }

    /// Gives the set that was begun last.
    ///
    /// # Errors
    /// If it is empty, and the attribute's sets are not.
    pub fn end_set(&mut self, slot: AttributeSlot) -> Result<(), RequestError> {
        self.intake.end_set(slot.0).map_err(|refusal| self.refused(slot, refusal, "`[]`"))
    }

    /// The error of a key that the policy does not know.
    #[cold]
    pub fn unknown(&self, level: Scope, key: &str) -> RequestError {
        self.intake.key_error(level.0, key, KeyFault::Unknown)
    }

    /// The error of a value that stands where an object is expected: the policy has no attribute of that name.
    #[cold]
    pub fn no_object(&self, level: Scope) -> RequestError {
        let schema = self.intake.schema;
        let model = schema.program.model();
        RequestError::unknown(model, schema.names.part_path(model, level.0.part))
    }

    /// Gives a null group: each attribute below it is missing, whatever its default.
    ///
    /// Cost: linear in the policy's attributes.
    ///
    /// # Errors
    /// If one of them was given before, or is `required`.
    pub fn put_missing_object(&mut self, level: Scope) -> Result<(), RequestError> {
        let schema = self.intake.schema;
        let model = schema.program.model();
        let path = schema.names.part_path(model, level.0.part);
        for (id, attribute) in model.attribute_ids() {
            if !is_below(&attribute.name, path) {
                continue;
            }
            if self.intake.frame.is_given(id) {
                return Err(RequestError::duplicate(&attribute.name));
            }
            self.intake.null(id).map_err(|refusal| schema.refused(id, refusal, "null"))?;
        }
        Ok(())
    }

    /// The error of a value of a kind that no [`Input`] is. `shown` is the value, for people.
    #[cold]
    pub fn misfit(&self, slot: AttributeSlot, misfit: ValueError, shown: &str) -> RequestError {
        self.refused(slot, misfit.into(), &quoted(shown))
    }

    #[cold]
    fn refused(&self, slot: AttributeSlot, refusal: PutError, shown: &str) -> RequestError {
        self.intake.schema.refused(slot.0, refusal, shown)
    }
}

impl RequestWriter<'_> {
    /// Gives an attribute a value of the caller's.
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
        }
    }
}
