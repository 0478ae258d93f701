//! What a request may not say itself: the facts that are the store's.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The attributes that are taken from the store and the clock, from nowhere else, and the keys by which the store is asked,
/// of which a policy may make attributes.
const OWNED: [&str; 10] = [
    "as_of",
    "at",
    "consent",
    "consent.withdrawn_at",
    "objected",
    "restricted",
    "subject.age",
    "subject.guardian_permission",
    "subject.id",
    "subject.verified",
];

/// The first of these attributes that a request, a JSON object, gives, dotted or nested; a null is given as well. What is
/// no JSON is nobody's business here.
pub(crate) fn claimed(request: &str) -> Option<&'static str> {
    let mut found = None;
    // An error ends the search where something was found too.
    let _ =
        Level { prefix: "", found: &mut found }.deserialize(&mut serde_json::Deserializer::from_str(request));
    found
}

/// The keys of one object.
struct Level<'a> {
    /// The keys around it, with dots.
    prefix: &'a str,
    found: &'a mut Option<&'static str>,
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let key = key.0;
            let at = self.prefix.len();
            // Most keys are told apart from all of these by their first byte.
            let alike = OWNED.iter().filter(|name| name.as_bytes().get(at) == key.as_bytes().first());
            let mut around = None;
            for name in alike.filter(|name| name.starts_with(self.prefix)) {
                match name.get(at..).and_then(|rest| rest.strip_prefix(&*key)) {
                    Some("") => {
                        *self.found = Some(name);
                        return Err(A::Error::custom("it is found"));
                    }
                    Some(rest) if rest.starts_with('.') => around = name.get(..at + key.len() + 1),
                    _ => {}
                }
            }
            match around {
                Some(prefix) => map.next_value_seed(Level { prefix, found: &mut *self.found })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    // What is no object gives nothing, and is an error elsewhere.
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'k>(#[serde(borrow)] Cow<'k, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_stores_is_found_however_it_is_written() {
        for (request, name) in [
            (r#"{"consent": "granted"}"#, "consent"),
            (r#"{"a": [{"x": 1}], "consent.withdrawn_at": null}"#, "consent.withdrawn_at"),
            (r#"{"subject": {"a": {"b": 1}, "age": 30}}"#, "subject.age"),
            (r#"{"subject": {"\u0061ge": 30}}"#, "subject.age"),
            (r#"{"subject.age": 30}"#, "subject.age"),
            (r#"{"\u0061t": "2026-01-15T10:00:00Z"}"#, "at"),
            (r#"{"subject": {"verified": true}}"#, "subject.verified"),
            (r#"{"subject": {"id": "bob"}}"#, "subject.id"),
            (r#"{"as_of": "now"}"#, "as_of"),
            (r#"{"subject": {}, "subject": {"guardian_permission": true}}"#, "subject.guardian_permission"),
            (r#"{"objected": false, "#, "objected"),
        ] {
            assert_eq!(claimed(request), Some(name), "{request}");
        }
    }

    #[test]
    fn what_is_not_is_not() {
        for request in [
            r#"{"purpose": "marketing", "data": ["email"], "cookie_consent": "granted", "override": "none"}"#,
            r#"{"subject": {"name": "at", "height": 1.5, "of": -1, "is": true, "x": null}, "consent_": {"age": 1}}"#,
            r#"{"subject": "age", "x": {"consent": 1, "subject.age": 2}}"#,
            r#"{"subject": 30}"#,
            r#"["consent"]"#,
            "",
            "null",
            "{",
        ] {
            assert_eq!(claimed(request), None, "{request}");
        }
    }
}
