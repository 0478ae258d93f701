//! Writes attribute values into a [`Frame`]; shared by all request readers.
//!
//! The writer checks each value's kind, and the frame checks its domain. Two caches make repeated requests fast: the
//! key that followed each key last time is compared before a look-up, and the symbols of enum variants are cached by
//! the address of their names. Both only save look-ups: a wrong prediction falls back to one.

use crate::request::duration::{iso_duration, seconds};
use crate::request::handle::AttributeType;
use crate::request::paths::{KeyId, ObjectId, Target};
use crate::request::schema::{Kind, PutError, Schema};
use crate::request::symbol_cache::{SymbolCache, Variant};
use crate::request::symbol_table::add_symbols;
use placet_core::calendar::{self, CalendarError};
use placet_model::request::{RequestError, ValueError};
use placet_model::types::{AttributeId, Presence, number_ordinal};
use placet_program::Frame;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::ptr;

/// The microseconds in a second.
const SECOND: i64 = 1_000_000;

/// A request in progress: the schema, the frame that stores its classes, and scratch memory.
#[derive(Debug)]
pub struct RequestWriter<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) frame: &'a mut Frame,
    pub(crate) scratch: &'a mut Scratch,
}

/// Scratch memory and caches that readers reuse from one request to the next. They never affect a result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// The objects that were read inside the objects in progress, those of the innermost last.
    opened: Vec<ObjectId>,
    /// The members of the current set of symbols.
    words: Vec<u64>,
    /// The members of the current set of texts.
    texts: Texts,
    /// The text of a value that is formatted with `Display` before it is parsed.
    text: String,
    /// The key that followed each key last time. Index 0 stands for the beginning, a key's index plus one for the key.
    after: Vec<Option<Next>>,
    /// The last key, encoded in the same way.
    last: usize,
    /// The symbols of variants, with the attribute as context.
    variants: SymbolCache<(u32, u32)>,
}

/// The predicted next key.
#[derive(Debug, Clone, Copy)]
struct Next {
    key: KeyId,
    /// The object of the key.
    part: ObjectId,
    target: Target,
    /// The static text of the key, if it is the name of a struct's field.
    field: Option<&'static str>,
}

impl Scratch {
    /// Returns the predicted next key, if it is the name of this field.
    #[inline]
    fn predicted(&self, object: Object, text: &'static str) -> Option<&Next> {
        let next = self.after.get(self.last)?.as_ref()?;
        // A static string never changes, so equal address and length mean equal text.
        let is_field = next.field.is_some_and(|field| ptr::eq(field, text)) && next.part == object.part;
        is_field.then_some(next)
    }
}

/// A list of texts in one allocation.
#[derive(Debug, Clone, Default)]
struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    fn clear(&mut self) {
        self.all.clear();
        self.ends.clear();
    }

    fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.all.get(start..*end).unwrap_or_default())
    }
}

/// An object in progress.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object {
    pub(crate) part: ObjectId,
    /// The length of `opened` when the object began.
    before: usize,
}

/// The reason why a key is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFault {
    Unknown,
    Duplicate,
}

impl RequestWriter<'_> {
    /// Removes all values.
    pub(crate) fn clear(&mut self) {
        self.frame.clear(&self.schema.program);
        self.scratch.opened.clear();
        // `after` stays: the keys of this request are predicted by those of earlier ones.
        self.scratch.last = 0;
    }

    #[inline]
    fn kind(&self, id: AttributeId) -> Option<Kind> {
        self.schema.kind(id)
    }

    /// Begins an object.
    pub(crate) fn open(&self, part: ObjectId) -> Object {
        Object { part, before: self.scratch.opened.len() }
    }

    /// Ends the innermost object.
    pub(crate) fn close(&mut self, object: Object) {
        self.scratch.opened.truncate(object.before);
    }

    /// Resolves a key of an object.
    ///
    /// # Errors
    /// If the key is unknown, its attribute has a value already, or its object was read already.
    pub(crate) fn key(&mut self, object: Object, text: &str) -> Result<Target, KeyFault> {
        let target = self.look_up(object.part, text).ok_or(KeyFault::Unknown)?;
        self.once(object, target)
    }

    /// Like [`RequestWriter::key`], for a static key, which is predicted by its address.
    #[inline]
    pub(crate) fn field(&mut self, object: Object, text: &'static str) -> Result<Target, KeyFault> {
        // Apart, so that the frequent way is small enough to be inlined.
        match self.scratch.predicted(object, text) {
            Some(Next { target: Target::Attribute(id), key, .. }) if !self.frame.is_given(*id) => {
                let target = Target::Attribute(*id);
                self.scratch.last = key.index() + 1;
                Ok(target)
            }
            _ => self.any_field(object, text),
        }
    }

    #[inline(never)]
    fn any_field(&mut self, object: Object, text: &'static str) -> Result<Target, KeyFault> {
        let before = self.scratch.last;
        if let Some(next) = self.scratch.predicted(object, text) {
            let target = next.target;
            self.scratch.last = next.key.index() + 1;
            return self.once(object, target);
        }
        let target = self.key(object, text)?;
        // A dotted key below the root has no id, and leaves a prediction in place that isn't about this text.
        if let Some(Some(next)) = self.scratch.after.get_mut(before)
            && next.key.index() + 1 == self.scratch.last
        {
            next.field = Some(text);
        }
        Ok(target)
    }

    /// Resolves a name or a key.
    ///
    /// Cost: a comparison if the key followed the same key last time, which is usual for keys that a program writes;
    /// otherwise a look-up.
    pub(crate) fn look_up(&mut self, part: ObjectId, text: &str) -> Option<Target> {
        let names = &self.schema.names;
        let Scratch { after, last, .. } = &mut *self.scratch;
        if let Some(Some(next)) = after.get(*last)
            && next.part == part
            && names.is(next.key, text)
        {
            *last = next.key.index() + 1;
            return Some(next.target);
        }
        let (target, key) = names.find(part, text)?;
        if let Some(key) = key {
            // Sized at the first look-up: requests that are filled by handle need no predictions.
            after.resize(names.keys() + 1, None);
            if let Some(next) = after.get_mut(*last) {
                *next = Some(Next { key, part, target, field: None });
            }
            *last = key.index() + 1;
        }
        Some(target)
    }

    fn once(&mut self, object: Object, target: Target) -> Result<Target, KeyFault> {
        match target {
            Target::Attribute(id) if self.frame.is_given(id) => Err(KeyFault::Duplicate),
            Target::Attribute(_) => Ok(target),
            Target::Part(part) => {
                // A list that is searched: requests nest few objects.
                let siblings = self.scratch.opened.get(object.before..).unwrap_or_default();
                if siblings.contains(&part) {
                    return Err(KeyFault::Duplicate);
                }
                self.scratch.opened.push(part);
                Ok(target)
            }
        }
    }

    /// Returns the error for a key.
    #[cold]
    pub(crate) fn key_error(&self, object: Object, key: &str, fault: KeyFault) -> RequestError {
        let model = self.schema.program.model();
        let path = self.schema.names.path(model, object.part, key);
        match fault {
            KeyFault::Unknown => RequestError::unknown(model, &path),
            KeyFault::Duplicate => RequestError::duplicate(&path),
        }
    }

    /// Puts null: `none` for an optional attribute; any other becomes missing.
    pub(crate) fn null(&mut self, id: AttributeId) -> Result<(), PutError> {
        match self.frame.put_none(&self.schema.program, id) {
            Ok(()) => Ok(()),
            Err(_) => self.missing(id),
        }
    }

    /// Marks an attribute as missing.
    pub(crate) fn missing(&mut self, id: AttributeId) -> Result<(), PutError> {
        let attribute = self.schema.program.model().attribute(id);
        if attribute.is_none_or(|attribute| attribute.presence == Presence::Required) {
            return Err(PutError::Required);
        }
        self.frame.put_missing(&self.schema.program, id);
        Ok(())
    }

    /// Puts a boolean.
    #[inline]
    pub(crate) fn bool(&mut self, id: AttributeId, value: bool) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Bool) => self.symbol(id, u32::from(value)),
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Puts an integer: an int, a number, or the seconds of a duration.
    pub(crate) fn int(&mut self, id: AttributeId, value: i64) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Int) => self.ordinal(id, value),
            Some(Kind::Number) => self.ordinal(id, number_ordinal(value as f64)),
            Some(Kind::Duration) => {
                self.ordinal(id, value.checked_mul(SECOND).ok_or(PutError::OUTSIDE_DOMAIN)?)
            }
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Puts an integer that may exceed `i64`.
    pub(crate) fn wide_int(&mut self, id: AttributeId, value: i128) -> Result<(), PutError> {
        match (i64::try_from(value), self.kind(id)) {
            (Ok(value), _) => self.int(id, value),
            (Err(_), Some(Kind::Number)) => self.float(id, value as f64),
            (Err(_), Some(Kind::Int | Kind::Duration)) => Err(PutError::OUTSIDE_DOMAIN),
            (Err(_), _) => Err(PutError::WRONG_TYPE),
        }
    }

    /// Puts a number, or the seconds of a duration. A duration takes the decimals of the shortest notation of `value`.
    pub(crate) fn float(&mut self, id: AttributeId, value: f64) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Number) => self.number(id, value),
            Some(Kind::Duration) if !value.is_finite() => Err(PutError::OUTSIDE_DOMAIN),
            Some(Kind::Duration) => self.ordinal(id, seconds(&value.to_string())?),
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Puts a number. The caller checked the kind.
    #[inline]
    pub(crate) fn number(&mut self, id: AttributeId, value: f64) -> Result<(), PutError> {
        if !value.is_finite() {
            return Err(PutError::OUTSIDE_DOMAIN);
        }
        self.ordinal(id, number_ordinal(value))
    }

    /// Puts a number in JSON's notation, of any length.
    pub(crate) fn numeral(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        match self.kind(id) {
            // `18.0` is no int: types aren't coerced.
            Some(Kind::Int) if text.contains(['.', 'e', 'E']) => Err(PutError::WRONG_TYPE),
            Some(Kind::Int) => self.ordinal(id, text.parse().map_err(|_| PutError::OUTSIDE_DOMAIN)?),
            Some(Kind::Number) => self.float(id, text.parse().map_err(|_| PutError::WRONG_TYPE)?),
            Some(Kind::Duration) => self.ordinal(id, seconds(text)?),
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Puts the ordinal of an ordered attribute. The caller checked the kind.
    #[inline]
    pub(crate) fn ordinal(&mut self, id: AttributeId, ordinal: i64) -> Result<(), PutError> {
        Ok(self.frame.put_ordinal(&self.schema.program, id, ordinal)?)
    }

    /// Puts the symbol of a `bool`, an enum or a taxonomy. The caller checked the kind.
    #[inline]
    pub(crate) fn symbol(&mut self, id: AttributeId, symbol: u32) -> Result<(), PutError> {
        Ok(self.frame.put_symbol(&self.schema.program, id, symbol)?)
    }

    /// Puts a string.
    pub(crate) fn string(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        Ok(self.frame.put_text(&self.schema.program, id, text)?)
    }

    /// Puts a set of texts.
    pub(crate) fn strings<'t>(
        &mut self,
        id: AttributeId,
        texts: impl Iterator<Item = &'t str> + Clone,
    ) -> Result<(), PutError> {
        Ok(self.frame.put_texts(&self.schema.program, id, texts)?)
    }

    /// Puts a set of symbols, as a bit set.
    #[inline]
    pub(crate) fn words(&mut self, id: AttributeId, words: &[u64]) -> Result<(), PutError> {
        Ok(self.frame.put_symbols(&self.schema.program, id, words)?)
    }

    /// Puts a text: a string, a value of an enum or a taxonomy, a date, a time, or an ISO 8601 duration.
    pub(crate) fn text(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::String) => self.string(id, text),
            Some(Kind::Symbol) => {
                let symbols = self.schema.symbol_tables.get(id).and_then(|table| table.find(text));
                self.symbols(id, symbols.ok_or(PutError::OUTSIDE_DOMAIN)?)
            }
            Some(kind) => self.ordinal(id, ordinal_from_text(kind, text)?),
            None => Err(PutError::WRONG_TYPE),
        }
    }

    /// Puts the text that a value's `Display` writes.
    pub(crate) fn written(&mut self, id: AttributeId, value: &dyn fmt::Display) -> Result<(), PutError> {
        self.with_written(value, |writer, text| writer.text(id, text))
    }

    /// Like [`RequestWriter::text`], for the name of a variant.
    #[inline]
    pub(crate) fn variant(&mut self, id: AttributeId, variant: Variant) -> Result<(), PutError> {
        match self.scratch.variants.get(variant, id.index()) {
            Some((first, end)) => self.symbols(id, first..end),
            None => self.new_variant(id, variant),
        }
    }

    #[cold]
    fn new_variant(&mut self, id: AttributeId, variant: Variant) -> Result<(), PutError> {
        self.remember(id, variant);
        self.text(id, variant.name)
    }

    /// Caches the symbols of a variant, if the attribute's values consist of symbols.
    fn remember(&mut self, id: AttributeId, variant: Variant) {
        if let Some(symbols) = self.schema.symbol_tables.get(id).and_then(|table| table.find(variant.name)) {
            self.scratch.variants.put(variant, id.index(), (symbols.start, symbols.end));
        }
    }

    /// Puts one symbol, or an inner node: one of several symbols, but it is not known which.
    #[inline]
    pub(crate) fn symbols(&mut self, id: AttributeId, symbols: Range<u32>) -> Result<(), PutError> {
        if symbols.len() == 1 {
            return self.symbol(id, symbols.start);
        }
        Ok(self.frame.put_leaf_range(&self.schema.program, id, symbols)?)
    }

    /// Puts a set by the names of its members.
    pub(crate) fn set(&mut self, id: AttributeId, members: &[Cow<'_, str>]) -> Result<(), PutError> {
        self.begin_set(id)?;
        for member in members {
            self.member(id, member)?;
        }
        self.end_set(id)
    }

    /// Puts a value of a handle's type, after checking that the attribute has this type.
    pub(crate) fn typed<T: AttributeType>(
        &mut self,
        id: AttributeId,
        given: T::Given<'_>,
    ) -> Result<(), PutError> {
        if self.kind(id) == Some(T::KIND) { T::take(self, id, given) } else { Err(PutError::WRONG_TYPE) }
    }

    /// Begins a set.
    pub(crate) fn begin_set(&mut self, id: AttributeId) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Symbols) => {
                let words = self.schema.symbol_tables.get(id).map_or(0, |table| table.words());
                self.scratch.words.clear();
                self.scratch.words.resize(words, 0);
            }
            Some(Kind::Texts) => self.scratch.texts.clear(),
            _ => return Err(PutError::WRONG_TYPE),
        }
        Ok(())
    }

    /// Adds a member to the current set. An inner node adds all its leaves.
    pub(crate) fn member(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        match self.schema.symbol_tables.get(id) {
            Some(table) => {
                let symbols = table.find(text).ok_or(PutError::OUTSIDE_DOMAIN)?;
                add_symbols(&mut self.scratch.words, symbols);
            }
            None => self.scratch.texts.push(text),
        }
        Ok(())
    }

    /// Like [`RequestWriter::member`], for the text that a value's `Display` writes.
    pub(crate) fn written_member(
        &mut self,
        id: AttributeId,
        value: &dyn fmt::Display,
    ) -> Result<(), PutError> {
        self.with_written(value, |writer, text| writer.member(id, text))
    }

    /// Like [`RequestWriter::member`], for the name of a variant.
    pub(crate) fn variant_member(&mut self, id: AttributeId, variant: Variant) -> Result<(), PutError> {
        match self.scratch.variants.get(variant, id.index()) {
            Some((first, end)) => {
                self.add_members(first..end);
                Ok(())
            }
            None => {
                self.remember(id, variant);
                self.member(id, variant.name)
            }
        }
    }

    /// Adds symbols to the current set.
    pub(crate) fn add_members(&mut self, symbols: Range<u32>) {
        add_symbols(&mut self.scratch.words, symbols);
    }

    /// Puts the current set.
    pub(crate) fn end_set(&mut self, id: AttributeId) -> Result<(), PutError> {
        let program = &self.schema.program;
        let put = match self.schema.symbol_tables.number(id) {
            Some(_) => self.frame.put_symbols(program, id, &self.scratch.words),
            None => self.frame.put_texts(program, id, self.scratch.texts.iter()),
        };
        put.map_err(PutError::from)
    }

    fn with_written<T>(
        &mut self,
        value: &dyn fmt::Display,
        take: impl FnOnce(&mut Self, &str) -> Result<T, PutError>,
    ) -> Result<T, PutError> {
        // Taken out of the writer, which `take` needs as a whole while the text is borrowed.
        let mut text = std::mem::take(&mut self.scratch.text);
        text.clear();
        let written = fmt::Write::write_fmt(&mut text, format_args!("{value}"));
        let taken = written.map_err(|_| PutError::WRONG_TYPE).and_then(|()| take(self, &text));
        self.scratch.text = text;
        taken
    }
}

/// Returns the ordinal of a date, a time or an ISO 8601 duration.
pub(crate) fn ordinal_from_text(kind: Kind, text: &str) -> Result<i64, ValueError> {
    match kind {
        Kind::Date => calendar::date_from_str(text).map(i64::from).map_err(calendar_error),
        Kind::Time => calendar::time_from_str(text).map_err(calendar_error),
        Kind::Duration => iso_duration(text),
        _ => Err(ValueError::WrongType),
    }
}

fn calendar_error(error: CalendarError) -> ValueError {
    match error {
        CalendarError::Form => ValueError::WrongType,
        CalendarError::Absent | CalendarError::TooFine => ValueError::OutsideDomain,
    }
}
