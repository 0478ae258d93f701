//! What is said in a request, put where it belongs: the one way in for names, handles, structs and JSON.

use crate::request::duration::{iso_duration, seconds};
use crate::request::handle::AttributeType;
use crate::request::paths::{KeyId, ObjectId, Target};
use crate::request::schema::{Kind, PutError, Schema};
use crate::request::symbol_cache::{SymbolCache, Variant};
use crate::request::symbol_table::add_symbols;
use placet_model::request::{RequestError, ValueError};
use placet_model::types::{AttributeId, Presence, number_ordinal};
use placet_program::Frame;
use placet_syntax::calendar::{self, CalendarError};
use std::fmt;
use std::ops::Range;
use std::ptr;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// A request that is being filled: [`Schema`] tells what fits, [`Frame`] keeps it.
#[derive(Debug)]
pub struct RequestWriter<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) frame: &'a mut Frame,
    pub(crate) scratch: &'a mut Scratch,
}

/// Memory for reading requests, kept from one to the next. It says nothing about either.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// The parts that the objects now open have opened, those of the innermost last.
    opened: Vec<ObjectId>,
    /// The members of the set of symbols that is being read.
    words: Vec<u64>,
    /// The members of the set of texts that is being read, one after the other.
    texts: Texts,
    /// A value that is written before it is read.
    text: String,
    /// The key that came after each one the last time; before the first stands 0, after each its number and one.
    after: Vec<Option<Next>>,
    /// The key that came last, in the same way.
    last: usize,
    /// What names of variants stand for, for the attribute in whose context they do.
    variants: SymbolCache<(u32, u32)>,
}

/// The key that is expected to come after another.
#[derive(Debug, Clone, Copy)]
struct Next {
    key: KeyId,
    /// Where it stands.
    part: ObjectId,
    target: Target,
    /// Its text where it is the name of a struct's field.
    field: Option<&'static str>,
}

/// Texts in one piece of memory.
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

/// An object that is being read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object {
    pub(crate) part: ObjectId,
    /// How many parts were open before its own.
    before: usize,
}

/// Why a key can't stand where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFault {
    Unknown,
    Duplicate,
}

impl RequestWriter<'_> {
    /// Forgets all that was given.
    pub(crate) fn clear(&mut self) {
        self.frame.clear(&self.schema.program);
        self.scratch.opened.clear();
        self.scratch.last = 0;
    }

    #[inline]
    fn kind(&self, id: AttributeId) -> Option<Kind> {
        self.schema.kind(id)
    }

    /// Begins an object at a part.
    pub(crate) fn open(&self, part: ObjectId) -> Object {
        Object { part, before: self.scratch.opened.len() }
    }

    /// Ends the object that was begun last.
    pub(crate) fn close(&mut self, object: Object) {
        self.scratch.opened.truncate(object.before);
    }

    /// What a key of an object stands for. Nothing is given yet for an attribute that is found, and each part is found
    /// once in an object.
    pub(crate) fn key(&mut self, object: Object, text: &str) -> Result<Target, KeyFault> {
        let target = self.look_up(object.part, text).ok_or(KeyFault::Unknown)?;
        self.once(object, target)
    }

    /// As [`RequestWriter::key`], for a key that comes again with other requests.
    #[inline]
    pub(crate) fn field(&mut self, object: Object, text: &'static str) -> Result<Target, KeyFault> {
        let Scratch { after, last, .. } = &mut *self.scratch;
        let before = *last;
        // A static text never changes, so one that begins at the same address and is as long is the same text.
        if let Some(Some(next)) = after.get(before)
            && next.field.is_some_and(|field| ptr::eq(field, text))
            && next.part == object.part
        {
            *last = next.key.index() + 1;
            let target = next.target;
            return self.once(object, target);
        }
        let target = self.key(object, text)?;
        if let Some(Some(next)) = self.scratch.after.get_mut(before)
            && next.key.index() + 1 == self.scratch.last
        {
            next.field = Some(text);
        }
        Ok(target)
    }

    /// What a name or a key stands for.
    ///
    /// Cost: a comparison, if it came after the one before it the last time too, as the keys of what a program writes do;
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
                let siblings = self.scratch.opened.get(object.before..).unwrap_or_default();
                if siblings.contains(&part) {
                    return Err(KeyFault::Duplicate);
                }
                self.scratch.opened.push(part);
                Ok(target)
            }
        }
    }

    /// The error of a key.
    #[cold]
    pub(crate) fn key_error(&self, object: Object, key: &str, fault: KeyFault) -> RequestError {
        let model = self.schema.program.model();
        let path = self.schema.names.path(model, object.part, key);
        match fault {
            KeyFault::Unknown => RequestError::unknown(model, &path),
            KeyFault::Duplicate => RequestError::duplicate(&path),
        }
    }

    /// Gives that an attribute is not known.
    pub(crate) fn null(&mut self, id: AttributeId) -> Result<(), PutError> {
        let attribute = self.schema.program.model().attribute(id);
        if attribute.is_none_or(|attribute| attribute.presence == Presence::Required) {
            return Err(PutError::Required);
        }
        self.frame.put_null(&self.schema.program, id);
        Ok(())
    }

    /// Gives a truth value.
    pub(crate) fn bool(&mut self, id: AttributeId, value: bool) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Bool) => self.symbol(id, u32::from(value)),
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Gives a whole number: an int, a number, or the seconds of a duration.
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

    /// Gives a whole number that may be out of range of any int.
    pub(crate) fn wide_int(&mut self, id: AttributeId, value: i128) -> Result<(), PutError> {
        match (i64::try_from(value), self.kind(id)) {
            (Ok(value), _) => self.int(id, value),
            (Err(_), Some(Kind::Number)) => self.float(id, value as f64),
            (Err(_), Some(Kind::Int | Kind::Duration)) => Err(PutError::OUTSIDE_DOMAIN),
            (Err(_), _) => Err(PutError::WRONG_TYPE),
        }
    }

    /// Gives a number, or the seconds of a duration, of which as many decimals count as it is written with.
    pub(crate) fn float(&mut self, id: AttributeId, value: f64) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Number | Kind::Duration) if !value.is_finite() => Err(PutError::OUTSIDE_DOMAIN),
            Some(Kind::Number) => self.ordinal(id, number_ordinal(value)),
            Some(Kind::Duration) => self.ordinal(id, seconds(&value.to_string())?),
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Gives a number as JSON writes it, of any length.
    pub(crate) fn numeral(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Int) if text.contains(['.', 'e', 'E']) => Err(PutError::WRONG_TYPE),
            Some(Kind::Int) => self.ordinal(id, text.parse().map_err(|_| PutError::OUTSIDE_DOMAIN)?),
            Some(Kind::Number) => self.float(id, text.parse().map_err(|_| PutError::WRONG_TYPE)?),
            Some(Kind::Duration) => self.ordinal(id, seconds(text)?),
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Gives the ordinal of an ordered attribute, of whose type it is.
    pub(crate) fn ordinal(&mut self, id: AttributeId, ordinal: i64) -> Result<(), PutError> {
        Ok(self.frame.put_ordinal(&self.schema.program, id, ordinal)?)
    }

    /// Gives the number of a `bool`'s value or of a name.
    pub(crate) fn symbol(&mut self, id: AttributeId, symbol: u32) -> Result<(), PutError> {
        Ok(self.frame.put_symbol(&self.schema.program, id, symbol)?)
    }

    /// Gives the text of a string.
    pub(crate) fn string(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        Ok(self.frame.put_text(&self.schema.program, id, text)?)
    }

    /// Gives the members of a set of texts.
    pub(crate) fn strings<'t>(
        &mut self,
        id: AttributeId,
        texts: impl Iterator<Item = &'t str> + Clone,
    ) -> Result<(), PutError> {
        Ok(self.frame.put_texts(&self.schema.program, id, texts)?)
    }

    /// Gives the members of a set of symbols.
    pub(crate) fn words(&mut self, id: AttributeId, words: &[u64]) -> Result<(), PutError> {
        Ok(self.frame.put_symbols(&self.schema.program, id, words)?)
    }

    /// Gives a text: a string, a name of an enum or a taxonomy, a date, a time, or a duration as ISO 8601 writes it.
    pub(crate) fn text(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::String) => self.string(id, text),
            Some(Kind::Symbol) => {
                let symbols = self.schema.lexicons.get(id).and_then(|lexicon| lexicon.find(text));
                self.symbols(id, symbols.ok_or(PutError::OUTSIDE_DOMAIN)?)
            }
            Some(Kind::Date) => self.ordinal(id, calendar::date_from_str(text).map_err(misfit)?.into()),
            Some(Kind::Time) => self.ordinal(id, calendar::time_from_str(text).map_err(misfit)?),
            Some(Kind::Duration) => self.ordinal(id, iso_duration(text)?),
            _ => Err(PutError::WRONG_TYPE),
        }
    }

    /// Gives what a value writes of itself.
    pub(crate) fn written(&mut self, id: AttributeId, value: &dyn fmt::Display) -> Result<(), PutError> {
        self.with_written(value, |intake, text| intake.text(id, text))
    }

    /// As [`RequestWriter::text`], for the name of a variant.
    pub(crate) fn variant(&mut self, id: AttributeId, variant: Variant) -> Result<(), PutError> {
        match self.scratch.variants.get(variant, id.index()) {
            Some((first, end)) => self.symbols(id, first..end),
            None => {
                self.remember(id, variant);
                self.text(id, variant.name)
            }
        }
    }

    /// Remembers the symbols of an attribute whose values are made of them.
    #[cold]
    fn remember(&mut self, id: AttributeId, variant: Variant) {
        if let Some(symbols) = self.schema.lexicons.get(id).and_then(|lexicon| lexicon.find(variant.name)) {
            self.scratch.variants.put(variant, id.index(), (symbols.start, symbols.end));
        }
    }

    /// Gives a symbol, or that it is one of several, not which: an inner node.
    pub(crate) fn symbols(&mut self, id: AttributeId, symbols: Range<u32>) -> Result<(), PutError> {
        match symbols.len() {
            1 => self.symbol(id, symbols.start),
            _ => Ok(self.frame.put_leaf_range(&self.schema.program, id, symbols)?),
        }
    }

    /// Gives the members of a set.
    pub(crate) fn set(&mut self, id: AttributeId, members: &[&str]) -> Result<(), PutError> {
        self.begin_set(id)?;
        for member in members {
            self.member(id, member)?;
        }
        self.end_set(id)
    }

    /// Gives a value as a handle of its type would, of which it is not known whether it is the attribute's.
    pub(crate) fn typed<T: AttributeType>(
        &mut self,
        id: AttributeId,
        given: T::Given<'_>,
    ) -> Result<(), PutError> {
        if self.kind(id) == Some(T::KIND) { T::take(self, id, given) } else { Err(PutError::WRONG_TYPE) }
    }

    /// Begins to read a set.
    pub(crate) fn begin_set(&mut self, id: AttributeId) -> Result<(), PutError> {
        match self.kind(id) {
            Some(Kind::Symbols) => {
                let words = self.schema.lexicons.get(id).map_or(0, |lexicon| lexicon.words());
                self.scratch.words.clear();
                self.scratch.words.resize(words, 0);
            }
            Some(Kind::Texts) => self.scratch.texts.clear(),
            _ => return Err(PutError::WRONG_TYPE),
        }
        Ok(())
    }

    /// Adds a member to the set that is being read; an inner node is all its leaves.
    pub(crate) fn member(&mut self, id: AttributeId, text: &str) -> Result<(), PutError> {
        match self.schema.lexicons.get(id) {
            Some(lexicon) => {
                let symbols = lexicon.find(text).ok_or(PutError::OUTSIDE_DOMAIN)?;
                add_symbols(&mut self.scratch.words, symbols);
            }
            None => self.scratch.texts.push(text),
        }
        Ok(())
    }

    /// As [`RequestWriter::member`], for what a value writes of itself.
    pub(crate) fn written_member(
        &mut self,
        id: AttributeId,
        value: &dyn fmt::Display,
    ) -> Result<(), PutError> {
        self.with_written(value, |intake, text| intake.member(id, text))
    }

    /// As [`RequestWriter::member`], for the name of a variant.
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

    /// Adds symbols to the set that is being read.
    pub(crate) fn add_members(&mut self, symbols: Range<u32>) {
        add_symbols(&mut self.scratch.words, symbols);
    }

    /// Gives the set that was read.
    pub(crate) fn end_set(&mut self, id: AttributeId) -> Result<(), PutError> {
        let program = &self.schema.program;
        let put = match self.schema.lexicons.number(id) {
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
        let mut text = std::mem::take(&mut self.scratch.text);
        text.clear();
        let written = fmt::Write::write_fmt(&mut text, format_args!("{value}"));
        let taken = written.map_err(|_| PutError::WRONG_TYPE).and_then(|()| take(self, &text));
        self.scratch.text = text;
        taken
    }
}

fn misfit(error: CalendarError) -> ValueError {
    match error {
        CalendarError::Form => ValueError::WrongType,
        CalendarError::Absent | CalendarError::TooFine => ValueError::OutsideDomain,
    }
}
