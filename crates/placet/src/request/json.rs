//! The reader of requests as JSON text.
//!
//! It reads a text once. If that fails, it reads the text a second time, parsing each value from its own source text,
//! to report the first fault with the value as the text writes it. Both passes share the visitors, so that they accept
//! the same requests.

use crate::request::paths::{ObjectId, Target};
use crate::request::schema::{Kind, PutError};
use crate::request::writer::{KeyFault, Object, RequestWriter};
use placet_core::quoted;
use placet_model::request::{ErrorCode, RequestError};
use placet_model::types::AttributeId;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;

/// The maximum depth of nested objects. Longer attribute names have to be dotted.
const MAX_DEPTH: usize = 100;

/// The maximum depth of nested objects in the first pass, which recurses on the caller's stack.
const MAX_QUICK_DEPTH: usize = 32;

/// Fills a request from a JSON object.
///
/// Cost: linear in the text; if it is erroneous, times the depth of nesting (at most [`MAX_DEPTH`]).
///
/// # Errors
/// If the text is no JSON object; otherwise the first error in the order of the text. The request is then empty.
pub(crate) fn fill(writer: &mut RequestWriter<'_>, text: &str) -> Result<(), RequestError> {
    writer.clear();
    if read(&mut JsonReader::new(writer), text).is_ok() {
        return Ok(());
    }
    writer.clear();
    let filled = fill_exactly(writer, text);
    if filled.is_err() {
        writer.clear();
    }
    filled
}

/// Like [`fill`], from bytes that may not be UTF-8.
pub(crate) fn fill_bytes(writer: &mut RequestWriter<'_>, bytes: &[u8]) -> Result<(), RequestError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => fill(writer, text),
        Err(error) => {
            writer.clear();
            Err(invalid(format!("the request is not UTF-8: {error}")))
        }
    }
}

/// The second pass: reports what is wrong. It also reads the few valid requests that the first pass gives up on:
/// durations with decimals, and objects nested deeply.
#[cold]
fn fill_exactly(writer: &mut RequestWriter<'_>, text: &str) -> Result<(), RequestError> {
    // Errors of the JSON syntax come first, wherever they are.
    serde_json::from_str::<HashMap<String, IgnoredAny>>(text).map_err(|error| match error.classify() {
        // The message of `serde_json` quotes the whole value.
        serde_json::error::Category::Data => no_object(&format_args!("it is {}", json_kind(text))),
        _ => no_object(&error),
    })?;
    let mut reader = JsonReader { is_exact: true, ..JsonReader::new(writer) };
    let read = read(&mut reader, text);
    read.map_err(|error| reader.fault.take().unwrap_or_else(|| no_object(&error)))
}

fn read(reader: &mut JsonReader<'_>, text: &str) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    reader.root().deserialize(&mut deserializer)?;
    deserializer.end()
}

#[cold]
fn no_object(why: &dyn fmt::Display) -> RequestError {
    invalid(format!("the request is no JSON object: {why}"))
}

#[cold]
fn invalid(message: String) -> RequestError {
    let expected = "a JSON object".to_owned();
    RequestError::new(ErrorCode::InvalidJson, message, None, expected)
}

/// Returns the kind of a JSON value that is no object, by its first character.
fn json_kind(text: &str) -> &'static str {
    match text.trim_start().bytes().next() {
        Some(b'"') => "a string",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a bool",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// A pass over a JSON text. The serde error that ends it is empty; [`JsonReader::fault`] holds the real one.
pub(crate) struct JsonReader<'a> {
    writer: RequestWriter<'a>,
    /// Reads each value out of its own text, and notes the first fault.
    is_exact: bool,
    fault: Option<RequestError>,
    /// Why the writer refused the last value.
    refusal: Option<PutError>,
}

impl<'a> JsonReader<'a> {
    /// A first pass.
    pub(crate) fn new<'w: 'a>(writer: &'a mut RequestWriter<'w>) -> Self {
        let RequestWriter { schema, frame, scratch } = writer;
        Self { writer: RequestWriter { schema, frame, scratch }, is_exact: false, fault: None, refusal: None }
    }

    /// Reads the object that is the request.
    pub(crate) fn root(&mut self) -> ObjectSeed<'_, 'a> {
        ObjectSeed { reader: self, part: ObjectId::ROOT, depth: 0 }
    }

    /// Gives a value, and keeps why the writer refuses it.
    #[inline]
    fn put<E: Error>(
        &mut self,
        put: impl FnOnce(&mut RequestWriter<'a>) -> Result<(), PutError>,
    ) -> Result<(), E> {
        put(&mut self.writer).map_err(|refusal| {
            self.refusal = Some(refusal);
            E::custom("")
        })
    }

    /// Ends the pass with a fault, if none was noted before.
    #[cold]
    fn fail<T, E: Error>(&mut self, fault: impl FnOnce(&RequestWriter<'a>) -> RequestError) -> Result<T, E> {
        if self.is_exact && self.fault.is_none() {
            self.fault = Some(fault(&self.writer));
        }
        Err(E::custom(""))
    }

    /// Reads the value of an attribute out of its text.
    fn value_exactly<E: Error>(&mut self, id: AttributeId, raw: &str) -> Result<(), E> {
        let read = match raw.bytes().next() {
            Some(b'-' | b'0'..=b'9') => self.writer.numeral(id, raw),
            _ => {
                let read =
                    serde_json::Deserializer::from_str(raw).deserialize_any(Given { reader: self, id });
                match read {
                    Ok(()) => Ok(()),
                    Err(error) if error.is_data() => Err(self.refusal.take().unwrap_or(PutError::WRONG_TYPE)),
                    // An escape that is no character.
                    Err(error) => return self.fail(|_| no_object(&error)),
                }
            }
        };
        read.or_else(|refusal| self.fail(|writer| writer.schema.refused(id, refusal, &quoted(raw))))
    }

    /// Reads a nested object out of its text.
    fn object_exactly<E: Error>(&mut self, part: ObjectId, depth: usize, raw: &str) -> Result<(), E> {
        let schema = self.writer.schema;
        let path = schema.names.part_path(schema.program.model(), part);
        if !raw.starts_with('{') || path.matches('.').count() >= MAX_DEPTH {
            return self.fail(|_| RequestError::unknown(schema.program.model(), path));
        }
        let seed = ObjectSeed { reader: self, part, depth };
        let read = serde_json::Deserializer::from_str(raw).deserialize_map(seed);
        // Where no fault is noted, a key has an escape that is no character.
        read.or_else(|error| self.fail(|_| no_object(&error)))
    }
}

/// An object in which attribute names begin.
pub(crate) struct ObjectSeed<'r, 'a> {
    reader: &'r mut JsonReader<'a>,
    part: ObjectId,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { reader, part, depth } = self;
        if depth > 0 && reader.is_exact {
            let raw = <&RawValue>::deserialize(deserializer)?;
            return reader.object_exactly(part, depth, raw.get());
        }
        if depth > MAX_QUICK_DEPTH {
            return Err(Error::custom(""));
        }
        deserializer.deserialize_map(Self { reader, part, depth })
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { reader, part, depth } = self;
        let object = reader.writer.open(part);
        while let Some(target) = map.next_key_seed(Key { reader, object })? {
            match target {
                Target::Attribute(id) => map.next_value_seed(Given { reader, id })?,
                Target::Part(part) => map.next_value_seed(ObjectSeed { reader, part, depth: depth + 1 })?,
            }
        }
        reader.writer.close(object);
        Ok(())
    }
}

/// A key of an object.
struct Key<'r, 'a> {
    reader: &'r mut JsonReader<'a>,
    object: Object,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Target;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Target, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Target, E> {
        let Self { reader, object } = self;
        let found = reader.writer.key(object, key);
        found.or_else(|fault: KeyFault| reader.fail(|writer| writer.key_error(object, key, fault)))
    }
}

/// The value of an attribute.
struct Given<'r, 'a> {
    reader: &'r mut JsonReader<'a>,
    id: AttributeId,
}

impl<'de> DeserializeSeed<'de> for Given<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { reader, id } = self;
        // Every digit of a number counts, and `serde_json` rounds some to the second-best one.
        if reader.is_exact || reader.writer.schema.kind(id) == Some(Kind::Number) {
            let raw = <&RawValue>::deserialize(deserializer)?;
            return reader.value_exactly(id, raw.get());
        }
        deserializer.deserialize_any(Self { reader, id })
    }
}

impl<'de> Visitor<'de> for Given<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.reader.put(|writer| writer.null(self.id))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.reader.put(|writer| writer.bool(self.id, value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.reader.put(|writer| writer.int(self.id, value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.reader.put(|writer| writer.wide_int(self.id, value.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.reader.put(|writer| writer.text(self.id, text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { reader, id } = self;
        reader.put(|writer| writer.begin_set(id))?;
        while members.next_element_seed(Member { reader, id })?.is_some() {}
        reader.put(|writer| writer.end_set(id))
    }
}

/// A member of a set.
struct Member<'r, 'a> {
    reader: &'r mut JsonReader<'a>,
    id: AttributeId,
}

impl<'de> DeserializeSeed<'de> for Member<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Member<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.reader.put(|writer| writer.member(self.id, text))
    }
}

#[cfg(test)]
mod tests {
    use crate::Policy;
    use crate::request::writer::{RequestWriter, Scratch};
    use crate::request::{json, schema::Schema};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    fn corpus() -> impl Iterator<Item = (PathBuf, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
        std::fs::read_dir(folder).unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            let requests = std::fs::read_to_string(path.with_extension("requests.jsonl")).ok()?;
            (path.extension()? == "placet").then_some((path, requests))
        })
    }

    /// Compares values, not decisions: a decision doesn't tell values of one class apart.
    #[test]
    fn both_passes_read_the_same_values() {
        let (mut read, mut quick) = (0, 0);
        for (path, requests) in corpus() {
            let policy = Policy::open(&path).unwrap();
            let schema = Schema::new(Arc::clone(policy.program()));
            let (mut frame, mut scratch) = (schema.program.frame(), Scratch::default());
            let mut writer = RequestWriter { schema: &schema, frame: &mut frame, scratch: &mut scratch };
            for line in requests.lines() {
                writer.clear();
                let exactly = json::fill_exactly(&mut writer, line);
                let exact = writer.frame.request(&schema.program);
                writer.clear();
                let is_quick = json::read(&mut json::JsonReader::new(&mut writer), line).is_ok();
                if is_quick {
                    assert_eq!(exactly, Ok(()), "{line}");
                    assert_eq!(writer.frame.request(&schema.program), exact, "{line}");
                }
                let filled = json::fill(&mut writer, line);
                assert_eq!(filled, exactly, "{line}");
                if filled.is_ok() {
                    assert_eq!(writer.frame.request(&schema.program), exact, "{line}");
                    read += 1;
                    quick += usize::from(is_quick);
                }
            }
        }
        assert!(read > 500, "{read}");
        assert!(quick * 10 > read * 9, "{quick} of {read} are read in one pass");
    }
}
