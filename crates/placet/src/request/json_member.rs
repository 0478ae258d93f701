//! A request that is a member of a larger JSON object, read together with it.

use crate::request::json;
use crate::request::writer::RequestWriter;
use placet_model::request::RequestError;
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;
use std::fmt;

/// Characters of the message about an object that can't be read.
const MAX_REASON_CHARS: usize = 200;

/// Why no request could be read out of a larger object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The text is no JSON object with such members: what is wrong, and where.
    #[error("{0}")]
    Malformed(String),
    /// The request in it is erroneous.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// Fills a request with what a member of a JSON object says; what the others say is returned.
///
/// # Errors
/// What is wrong with the object, or the request; then nothing is given.
pub(crate) fn fill<'t, T: Deserialize<'t>>(
    intake: &mut RequestWriter<'_>,
    text: &'t str,
    member: &str,
) -> Result<T, EnvelopeError> {
    intake.clear();
    if let Ok(others) = read(text, member, &mut DirectReader(intake)) {
        return Ok(others);
    }
    intake.clear();
    // Whatever is out of the ordinary is read again, so that the fault is that of the request alone.
    let mut raw = RawReader(None);
    let others = read(text, member, &mut raw).map_err(|error| {
        // What the library says may hold a value.
        EnvelopeError::Malformed(placet_core::excerpt_within(MAX_REASON_CHARS, error))
    })?;
    let request = raw.0.map(RawValue::get).unwrap_or_default();
    json::fill(intake, request)?;
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

/// Takes the value of the member.
trait MapReader<'de> {
    fn take<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error>;
}

/// Into the request.
struct DirectReader<'i, 'a>(&'i mut RequestWriter<'a>);

impl<'de> MapReader<'de> for DirectReader<'_, '_> {
    fn take<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        map.next_value_seed(json::JsonReader::new(self.0).root())
    }
}

/// As its text.
struct RawReader<'de>(Option<&'de RawValue>);

impl<'de> MapReader<'de> for RawReader<'de> {
    fn take<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        self.0 = Some(map.next_value()?);
        Ok(())
    }
}

/// What a member is called and where it goes.
struct JsonMember<'e, K> {
    member: &'e str,
    taker: &'e mut K,
    is_taken: &'e mut bool,
}

/// The object, as those see it who read the other members.
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

/// The members but one.
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

/// A key: what the seed makes of it, if it is not that of the member.
struct MemberKey<'e, S> {
    member: &'e str,
    seed: &'e mut Option<S>,
}

impl<'de, S: DeserializeSeed<'de>> MemberKey<'_, S> {
    fn of<D: Deserializer<'de>>(self, key: &str, deserializer: D) -> Result<Option<S::Value>, D::Error> {
        if key == self.member {
            return Ok(None);
        }
        // INVARIANT: there is a seed until a key is found that is not the member's.
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
