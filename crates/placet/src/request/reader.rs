//! Requests read out of values of the caller's own: objects of another language, rows of a table.

use crate::request::Input;
use crate::request::intake::{Intake, KeyFault, Object};
use crate::request::names::{PartId, Target};
use crate::request::schema::Refusal;
use crate::request::temporal::{Date, Duration, Time};
use placet_core::quoted;
use placet_model::request::{Misfit, RequestError};
use placet_model::types::{AttributeId, is_below};

/// Takes a request key by key, from whoever walks a value that is neither a struct nor JSON.
///
/// [`Policy::effect_with`] and its like lend one. What is given to it is read as JSON would be: a key once, dotted or
/// nested, each value in its domain. It reuses the thread's memory, and foresees that keys come in the order in which
/// they came before.
///
/// ```
/// use placet::{Entry, Input, Policy, Reader, RequestError};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150  purpose: { deliver, marketing } }
///     rule adults { allow when subject.age >= 18 and purpose is marketing }
/// ")?;
/// let row = [("subject.age", Input::Int(18)), ("purpose", Input::Text("marketing"))];
/// let read = |reader: &mut Reader<'_, '_>| -> Result<(), RequestError> {
///     let root = reader.root();
///     for (key, value) in &row {
///         match reader.entry(root, key)? {
///             Entry::Attribute(slot) => reader.put(slot, value)?,
///             Entry::Object(_) | Entry::Unknown => return Err(reader.unknown(root, key)),
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
pub struct Reader<'r, 'a> {
    intake: &'r mut Intake<'a>,
}

/// What a key stands for.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// An attribute: a value is expected.
    Attribute(Slot),
    /// The beginning of attributes' names: an object is expected, which [`Reader::leave`] ends.
    Object(Level),
    /// Nothing that the policy knows.
    Unknown,
}

/// An attribute in a request that is being read.
#[derive(Debug, Clone, Copy)]
pub struct Slot(AttributeId);

/// An object in a request that is being read: the request itself, or one that names are nested in.
#[derive(Debug, Clone, Copy)]
pub struct Level(Object);

impl<'r, 'a> Reader<'r, 'a> {
    /// Begins a request of which nothing is given.
    pub(crate) fn new(intake: &'r mut Intake<'a>) -> Self {
        intake.clear();
        Self { intake }
    }

    /// The request itself.
    pub fn root(&self) -> Level {
        Level(self.intake.open(PartId::ROOT))
    }

    /// What a key stands for.
    ///
    /// Cost: a comparison, if it came after the one before it the last time too; otherwise a look-up.
    ///
    /// # Errors
    /// If the attribute, or the object, was given before.
    #[inline]
    pub fn entry(&mut self, level: Level, key: &str) -> Result<Entry, RequestError> {
        match self.intake.key(level.0, key) {
            Ok(Target::Attribute(id)) => Ok(Entry::Attribute(Slot(id))),
            Ok(Target::Part(part)) => Ok(Entry::Object(Level(self.intake.open(part)))),
            Err(KeyFault::Unknown) => Ok(Entry::Unknown),
            Err(fault @ KeyFault::Duplicate) => Err(self.intake.key_error(level.0, key, fault)),
        }
    }

    /// Ends an object that [`Reader::entry`] began.
    #[inline]
    pub fn leave(&mut self, level: Level) {
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
    pub fn put(&mut self, slot: Slot, value: &Input<'_>) -> Result<(), RequestError> {
        self.intake.input(slot.0, value).map_err(|refusal| self.refused(slot, refusal, &quoted(value)))
    }

    /// Begins the set that an attribute is given: [`Reader::member`] adds to it, [`Reader::end_set`] gives it.
    ///
    /// # Errors
    /// If the attribute's values are no sets; `shown` is the value, for people.
    pub fn begin_set(&mut self, slot: Slot, shown: impl FnOnce() -> String) -> Result<(), RequestError> {
        self.intake.begin_set(slot.0).map_err(|refusal| self.refused(slot, refusal, &quoted(shown())))
    }

    /// Adds a member to the set that was begun last; an inner node of a taxonomy is all its leaves.
    ///
    /// # Errors
    /// If the attribute's domain has no such name.
    #[inline]
    pub fn member(&mut self, slot: Slot, text: &str) -> Result<(), RequestError> {
        self.intake
            .member(slot.0, text)
            .map_err(|refusal| self.refused(slot, refusal, &quoted(format_args!("{text:?}"))))
    }

    /// Gives the set that was begun last.
    ///
    /// # Errors
    /// If it is empty, and the attribute's sets are not.
    pub fn end_set(&mut self, slot: Slot) -> Result<(), RequestError> {
        self.intake.end_set(slot.0).map_err(|refusal| self.refused(slot, refusal, "`[]`"))
    }

    /// The error of a key that the policy does not know.
    #[cold]
    pub fn unknown(&self, level: Level, key: &str) -> RequestError {
        self.intake.key_error(level.0, key, KeyFault::Unknown)
    }

    /// The error of a value that stands where an object is expected: the policy has no attribute of that name.
    #[cold]
    pub fn no_object(&self, level: Level) -> RequestError {
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
    pub fn put_missing_object(&mut self, level: Level) -> Result<(), RequestError> {
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
    pub fn misfit(&self, slot: Slot, misfit: Misfit, shown: &str) -> RequestError {
        self.refused(slot, misfit.into(), &quoted(shown))
    }

    #[cold]
    fn refused(&self, slot: Slot, refusal: Refusal, shown: &str) -> RequestError {
        self.intake.schema.refused(slot.0, refusal, shown)
    }
}

impl Intake<'_> {
    /// Gives an attribute a value of the caller's.
    #[inline]
    pub(crate) fn input(&mut self, id: AttributeId, value: &Input<'_>) -> Result<(), Refusal> {
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
