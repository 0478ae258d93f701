//! A reader for requests that are a member of a larger JSON object.
//!
//! The request and the other members are read in one pass: a wrapper around the deserializer intercepts the member and
//! hides it from the caller's type. If that fails, a second pass reads the member as raw text, so that an error in the
//! request is reported as such and not as an error of the envelope.

use crate::request::json;
use crate::request::writer::RequestWriter;
use placet_model::request::RequestError;
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;
use std::fmt;

/// The maximum length of the message about a malformed object, in characters.
const MAX_REASON_CHARS: usize = 200;

/// The error of a request inside a larger JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The text is not a JSON object with the expected members. The message says why and where.
    #[error("{0}")]
    Malformed(String),
    /// The request is invalid.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// Fills a request from one member of a JSON object and returns the other members.
///
/// # Errors
/// If the object or the request is invalid. The request is then empty.
pub(crate) fn fill<'t, T: Deserialize<'t>>(
    writer: &mut RequestWriter<'_>,
    text: &'t str,
    member: &str,
) -> Result<T, EnvelopeError> {
    writer.clear();
    if let Ok(others) = read(text, member, &mut DirectReader(writer)) {
        return Ok(others);
    }
    writer.clear();
    // The second pass separates errors of the envelope from those of the request.
    let mut raw = RawReader(None);
    let others = read(text, member, &mut raw).map_err(|error| {
        // The message of `serde_json` may quote a whole value.
        EnvelopeError::Malformed(placet_core::excerpt_within(MAX_REASON_CHARS, error))
    })?;
    let request = raw.0.map(RawValue::get).unwrap_or_default();
    json::fill(writer, request)?;
    Ok(others)
}

fn read<'t, T: Deserialize<'t>>(
    text: &'t str,
    member: &str,
    taker: &mut impl MapReader<'t>,
) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut is_taken = false;
    let envelope = JsonMember { member, taker, is_taken: &mut is_taken };
    let others = T::deserialize(Object { deserializer: &mut deserializer, envelope })?;
    deserializer.end()?;
    if is_taken { Ok(others) } else { Err(Error::custom(format_args!("missing field `{member}`"))) }
}

/// Reads the value of the member.
trait MapReader<'de> {
    fn take<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error>;
}

/// Reads the member straight into the request.
struct DirectReader<'i, 'a>(&'i mut RequestWriter<'a>);

impl<'de> MapReader<'de> for DirectReader<'_, '_> {
    fn take<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        map.next_value_seed(json::JsonReader::new(self.0).root())
    }
}

/// Keeps the member as raw text.
struct RawReader<'de>(Option<&'de RawValue>);

impl<'de> MapReader<'de> for RawReader<'de> {
    fn take<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        self.0 = Some(map.next_value()?);
        Ok(())
    }
}

/// The member's name and its reader.
struct JsonMember<'e, K> {
    member: &'e str,
    taker: &'e mut K,
    is_taken: &'e mut bool,
}

/// A deserializer of the object without the member.
struct Object<'e, D, K> {
    deserializer: D,
    envelope: JsonMember<'e, K>,
}

impl<'de, D: Deserializer<'de>, K: MapReader<'de>> Deserializer<'de> for Object<'_, D, K> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { deserializer, envelope } = self;
        deserializer.deserialize_map(Others { inner: visitor, envelope })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A visitor and a map access that pass on all members but one.
struct Others<'e, I, K> {
    inner: I,
    envelope: JsonMember<'e, K>,
}

impl<'de, V: Visitor<'de>, K: MapReader<'de>> Visitor<'de> for Others<'_, V, K> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Others { inner: map, envelope: self.envelope })
    }
}

impl<'de, A: MapAccess<'de>, K: MapReader<'de>> MapAccess<'de> for Others<'_, A, K> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            match self.inner.next_key_seed(MemberKey { member: self.envelope.member, seed: &mut seed })? {
                None => return Ok(None),
                Some(Some(key)) => return Ok(Some(key)),
                Some(None) if *self.envelope.is_taken => {
                    return Err(Error::custom(format_args!("duplicate field `{}`", self.envelope.member)));
                }
                Some(None) => {
                    self.envelope.taker.take(&mut self.inner)?;
                    *self.envelope.is_taken = true;
                }
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

/// The seed of a key: `None` for the member, otherwise the inner seed's result.
struct MemberKey<'e, S> {
    member: &'e str,
    seed: &'e mut Option<S>,
}

impl<'de, S: DeserializeSeed<'de>> MemberKey<'_, S> {
    fn of<D: Deserializer<'de>>(self, key: &str, deserializer: D) -> Result<Option<S::Value>, D::Error> {
        if key == self.member {
            return Ok(None);
        }
        // INVARIANT: the seed is taken only by the first other key, and the caller's loop ends there.
        self.seed.take().map(|seed| seed.deserialize(deserializer)).transpose()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for MemberKey<'_, S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for MemberKey<'_, S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        self.of(key, StrDeserializer::new(key))
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        self.of(key, BorrowedStrDeserializer::new(key))
    }
}
