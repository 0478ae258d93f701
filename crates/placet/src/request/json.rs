//! Requests from JSON text.
//!
//! What is read here is what is written as one expects. Whatever is not (each error among it) is left to the exact reader
//! of the model, so that the answer is always its.

use crate::request::paths::{ObjectId, Target};
use crate::request::schema::{Kind, PutError};
use crate::request::writer::{Object, RequestWriter};
use placet_model::request::{Request, RequestError};
use placet_model::types::AttributeId;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Objects within one another: far more than names have segments, far fewer than the exact reader takes.
const MAX_DEPTH: usize = 32;

/// Fills a request with what a JSON object says.
///
/// # Errors
/// The first fault in the order of the text; then nothing is given.
pub(crate) fn fill(intake: &mut RequestWriter<'_>, text: &str) -> Result<(), RequestError> {
    intake.clear();
    if read(intake, text).is_ok() {
        return Ok(());
    }
    intake.clear();
    let program = &intake.schema.program;
    let model = program.model();
    let request = Request::from_json(model, text)?;
    for (id, attribute) in model.attribute_ids() {
        if let Some(given) = request.get(id) {
            let put = intake.frame.put(program, id, given);
            // INVARIANT: what the exact reader takes fits.
            put.map_err(|misfit| RequestError::unfit(attribute, misfit, "a value"))?;
        }
    }
    Ok(())
}

/// As [`fill`], from bytes that may not be UTF-8.
pub(crate) fn fill_bytes(intake: &mut RequestWriter<'_>, bytes: &[u8]) -> Result<(), RequestError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => fill(intake, text),
        Err(_) => {
            intake.clear();
            // The exact reader says what is wrong with it.
            Request::from_json_bytes(intake.schema.program.model(), bytes).map(drop)
        }
    }
}

fn read(intake: &mut RequestWriter<'_>, text: &str) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Part::root(intake).deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Anything out of the ordinary.
fn unusual<T, E: Error>() -> Result<T, E> {
    Err(E::custom(""))
}

/// An object that begins names.
pub(crate) struct Part<'i, 'a> {
    intake: &'i mut RequestWriter<'a>,
    part: ObjectId,
    depth: usize,
}

impl<'i, 'a> Part<'i, 'a> {
    /// The object that is the request. Whatever is unusual in it is an error without words.
    pub(crate) fn root(intake: &'i mut RequestWriter<'a>) -> Self {
        Self { intake, part: ObjectId::ROOT, depth: 0 }
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.depth > MAX_DEPTH { unusual() } else { deserializer.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for Part<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { intake, part, depth } = self;
        let object = intake.open(part);
        while let Some(target) = map.next_key_seed(Key { intake, object })? {
            match target {
                Target::Attribute(id) => map.next_value_seed(Given { intake, id })?,
                Target::Part(part) => map.next_value_seed(Part { intake, part, depth: depth + 1 })?,
            }
        }
        intake.close(object);
        Ok(())
    }
}

struct Key<'i, 'a> {
    intake: &'i mut RequestWriter<'a>,
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
        self.intake.key(self.object, key).or_else(|_| unusual())
    }
}

/// The value of an attribute.
struct Given<'i, 'a> {
    intake: &'i mut RequestWriter<'a>,
    id: AttributeId,
}

impl<'de> DeserializeSeed<'de> for Given<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.intake.schema.kind(self.id) == Some(Kind::Number) {
            // Every digit counts, and `serde_json` rounds some to the second-best number.
            let raw = <&RawValue>::deserialize(deserializer)?;
            return self.number(raw.get());
        }
        deserializer.deserialize_any(self)
    }
}

impl Given<'_, '_> {
    fn number<E: Error>(self, raw: &str) -> Result<(), E> {
        match raw.parse() {
            Ok(number) if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                taken(self.intake.float(self.id, number))
            }
            _ if raw == "null" => taken(self.intake.null(self.id)),
            _ => unusual(),
        }
    }
}

fn taken<E: Error>(taken: Result<(), PutError>) -> Result<(), E> {
    taken.or_else(|_| unusual())
}

impl<'de> Visitor<'de> for Given<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        taken(self.intake.null(self.id))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        taken(self.intake.bool(self.id, value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        taken(self.intake.int(self.id, value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        i64::try_from(value).map_or_else(|_| unusual(), |value| self.visit_i64(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        taken(self.intake.text(self.id, text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { intake, id } = self;
        taken(intake.begin_set(id))?;
        while members.next_element_seed(Member { intake, id })?.is_some() {}
        taken(intake.end_set(id))
    }
}

/// A member of a set.
struct Member<'i, 'a> {
    intake: &'i mut RequestWriter<'a>,
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
        taken(self.intake.member(self.id, text))
    }
}

#[cfg(test)]
mod tests {
    use crate::Policy;
    use crate::request::writer::{RequestWriter, Scratch};
    use crate::request::{json, schema::Schema};
    use placet_model::request::Request;
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

    /// To the letter: a decision would not tell values of one class apart.
    #[test]
    fn what_is_read_is_what_the_exact_reader_reads() {
        let (mut read, mut fast) = (0, 0);
        for (path, requests) in corpus() {
            let policy = Policy::from_path(&path).unwrap();
            let schema = Schema::new(Arc::clone(policy.program()));
            let (mut frame, mut scratch) = (schema.program.frame(), Scratch::default());
            let mut intake = RequestWriter { schema: &schema, frame: &mut frame, scratch: &mut scratch };
            for line in requests.lines() {
                let exact = Request::from_json(policy.model(), line);
                let filled = json::fill(&mut intake, line);
                assert_eq!(filled.as_ref().err(), exact.as_ref().err(), "{line}");
                if let Ok(exact) = exact {
                    assert_eq!(intake.frame.request(&schema.program), exact, "{line}");
                    read += 1;
                    intake.clear();
                    fast += usize::from(json::read(&mut intake, line).is_ok());
                }
            }
        }
        assert!(read > 500, "{read}");
        assert!(fast * 10 > read * 9, "{fast} of {read} are read without the exact reader");
    }
}
