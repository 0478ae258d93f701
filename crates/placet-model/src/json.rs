//! Requests as JSON text.

use crate::bits::BitSet;
use crate::policy::Model;
use crate::request::{
    AttributeInput, ErrorCode, Request, RequestError, ValueError, check_value, named, named_set,
};
use crate::types::{AttributeId, Members, Presence, Type, is_below};
use crate::value::Value;
use placet_core::calendar::{self, CalendarError};
use placet_core::quoted;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

impl Request {
    /// The request of a JSON object: attribute names as keys, dotted or nested.
    ///
    /// Cost: linear in the text, times the depth of nesting (at most that of the longest attribute name).
    ///
    /// # Errors
    /// The first fault in the order of the text; a missing `required` attribute is left to the decision.
    pub fn from_json(model: &Model, text: &str) -> Result<Self, RequestError> {
        let invalid = |error: &dyn fmt::Display| RequestError {
            code: ErrorCode::InvalidJson,
            message: format!("the request is no JSON object: {error}"),
            attribute: None,
            expected: "a JSON object".to_owned(),
        };
        let object: Object<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
            // What the library says of it holds the whole value.
            Category::Data => invalid(&format_args!("it is {}", json_kind(text))),
            _ => invalid(&error),
        })?;
        let mut reader = Reader { model, request: Request::new(), seen: HashSet::new() };
        match reader.object("", &object) {
            Ok(()) => Ok(reader.request),
            Err(Fault::Request(error)) => Err(*error),
            Err(Fault::Json(error)) => Err(invalid(&error)),
        }
    }

    /// The request of a line of JSON in bytes that may not be UTF-8.
    ///
    /// # Errors
    /// As [`Request::from_json`].
    pub fn from_json_bytes(model: &Model, bytes: &[u8]) -> Result<Self, RequestError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::from_json(model, text),
            Err(error) => Err(RequestError {
                code: ErrorCode::InvalidJson,
                message: format!("the request is not UTF-8: {error}"),
                attribute: None,
                expected: "a JSON object".to_owned(),
            }),
        }
    }
}

/// A JSON object with its keys in the order of the text, repeated ones too.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(key) = map.next_key::<CowStr<'de>>()? {
                    out.push((key.0, map.next_value()?));
                }
                Ok(Object(out))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A text that is borrowed where it has no escapes.
struct CowStr<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for CowStr<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = CowStr<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Borrowed(text)))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Objects within one another; attributes of longer names are given by dotted ones.
const MAX_DEPTH: usize = 100;

enum Fault {
    Request(Box<RequestError>),
    /// Deeper in the text than the first look: an escape that is no character.
    Json(serde_json::Error),
}

impl From<RequestError> for Fault {
    fn from(error: RequestError) -> Self {
        Fault::Request(Box::new(error))
    }
}

struct Reader<'m> {
    model: &'m Model,
    request: Request,
    /// The attributes given so far.
    seen: HashSet<AttributeId>,
}

impl Reader<'_> {
    fn object(&mut self, prefix: &str, object: &Object<'_>) -> Result<(), Fault> {
        let mut keys: HashSet<&str> = HashSet::new();
        for (key, value) in &object.0 {
            let path = if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") };
            if !keys.insert(key) {
                return Err(RequestError::duplicate(&path).into());
            }
            self.entry(&path, value)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &str, raw: &RawValue) -> Result<(), Fault> {
        let model = self.model;
        let Some(id) = model.find(path) else {
            let begins_attribute = model.attributes.iter().any(|attribute| is_below(&attribute.name, path));
            // Objects within objects are read within one another.
            let deep = path.matches('.').count() >= MAX_DEPTH;
            if begins_attribute && !deep && raw.get().starts_with('{') {
                let inner: Object<'_> = serde_json::from_str(raw.get()).map_err(Fault::Json)?;
                return self.object(path, &inner);
            }
            return Err(RequestError::unknown(model, path).into());
        };
        if !self.seen.insert(id) {
            return Err(RequestError::duplicate(path).into());
        }
        let Some(attribute) = model.attribute(id) else { return Ok(()) };
        match given(&attribute.kind, raw.get()) {
            Ok(AttributeInput::Null) if attribute.presence == Presence::Required => {
                Err(RequestError::required(attribute).into())
            }
            Ok(given) => {
                self.request.put_checked(id, given);
                Ok(())
            }
            Err(Rejection::Misfit(misfit)) => {
                Err(RequestError::unfit(attribute, misfit, &quoted(raw.get())).into())
            }
            Err(Rejection::Json(error)) => Err(Fault::Json(error)),
        }
    }
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

enum Rejection {
    Misfit(ValueError),
    Json(serde_json::Error),
}

impl From<ValueError> for Rejection {
    fn from(misfit: ValueError) -> Self {
        Rejection::Misfit(misfit)
    }
}

/// What a JSON value gives for an attribute of a type.
fn given(kind: &Type, raw: &str) -> Result<AttributeInput, Rejection> {
    let first = raw.bytes().next().unwrap_or(b' ');
    let is_number = first == b'-' || first.is_ascii_digit();
    if raw == "null" {
        return Ok(AttributeInput::Null);
    }
    let value = match (kind, first) {
        (Type::Bool, b't' | b'f') => Value::Bool(first == b't'),
        (Type::Int(..), _) if is_number => {
            if raw.contains(['.', 'e', 'E']) {
                return Err(ValueError::WrongType.into());
            }
            Value::Int(raw.parse().map_err(|_| ValueError::OutsideDomain)?)
        }
        (Type::Number(..), _) if is_number => {
            let number: f64 = raw.parse().map_err(|_| ValueError::WrongType)?;
            if !number.is_finite() {
                return Err(ValueError::OutsideDomain.into());
            }
            Value::Number(number + 0.0)
        }
        (Type::Duration, _) if is_number => Value::Duration(seconds(raw)?),
        (Type::Set { of, .. }, b'[') => set(of, raw)?,
        (Type::String | Type::Symbol(_) | Type::Date | Type::Time | Type::Duration, b'"') => {
            let text = text(raw)?;
            match kind {
                Type::Symbol(universe) => return Ok(named(universe, &text)?),
                Type::Date => Value::Date(calendar::date_from_str(&text).map_err(calendar_misfit)?),
                Type::Time => Value::Time(calendar::time_from_str(&text).map_err(calendar_misfit)?),
                Type::Duration => Value::Duration(iso_duration(&text)?),
                _ => Value::String(text.as_ref().into()),
            }
        }
        _ => return Err(ValueError::WrongType.into()),
    };
    match check_value(kind, &value) {
        Some(misfit) => Err(misfit.into()),
        None => Ok(AttributeInput::Value(value)),
    }
}

fn text(raw: &str) -> Result<Cow<'_, str>, Rejection> {
    serde_json::from_str::<CowStr<'_>>(raw).map(|text| text.0).map_err(Rejection::Json)
}

fn calendar_misfit(error: CalendarError) -> ValueError {
    match error {
        CalendarError::Form => ValueError::WrongType,
        CalendarError::Absent | CalendarError::TooFine => ValueError::OutsideDomain,
    }
}

fn set(of: &Members, raw: &str) -> Result<Value, Rejection> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(Rejection::Json)?;
    let texts = items.iter().map(|item| {
        let item = item.get();
        if item.starts_with('"') { text(item) } else { Err(ValueError::WrongType.into()) }
    });
    Ok(match of {
        Members::Symbols(universe) => {
            let mut set = BitSet::empty(universe.len());
            // One by one, so that the first fault of the text is the one reported.
            for name in texts {
                set = set.union(&named_set(universe, [&*name?])?);
            }
            Value::Symbols(set)
        }
        Members::Texts => {
            let members: Result<_, Rejection> =
                texts.map(|text| text.map(|text| text.as_ref().into())).collect();
            Value::Texts(members?)
        }
    })
}

/// Microseconds of a JSON number of seconds, exactly.
///
/// # Errors
/// If it is finer than a microsecond, or out of range.
pub fn seconds(raw: &str) -> Result<i64, ValueError> {
    let (mantissa, exponent) = match raw.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.parse::<i64>().map_err(|_| ValueError::OutsideDomain)?)
        }
        None => (raw, 0),
    };
    let (negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    // The digits as one number, and how far the point stands from the microseconds.
    let digits = format!("{whole}{decimals}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let trailing = i64::try_from(digits.len() - digits.trim_end_matches('0').len()).unwrap_or(0);
    let scale = i64::try_from(decimals.len())
        .ok()
        .and_then(|places| exponent.checked_add(6)?.checked_sub(places)?.checked_add(trailing));
    let scale = scale.and_then(|scale| u32::try_from(scale).ok()).ok_or(ValueError::OutsideDomain)?;
    let value: i128 = significant.parse().map_err(|_| ValueError::OutsideDomain)?;
    let micros = 10_i128
        .checked_pow(scale)
        .and_then(|power| value.checked_mul(power))
        .ok_or(ValueError::OutsideDomain)?;
    i64::try_from(if negative { -micros } else { micros }).map_err(|_| ValueError::OutsideDomain)
}

/// Microseconds of an ISO 8601 duration: weeks alone, or days to seconds, a fraction on seconds only.
///
/// Years and months have no fixed length and are refused, which is why this is no general parser.
///
/// # Errors
/// If it is not written so, is finer than a microsecond, or out of range.
pub fn iso_duration(text: &str) -> Result<i64, ValueError> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let body = rest.strip_prefix('P').ok_or(ValueError::WrongType)?;
    let (days, clock) = match body.split_once('T') {
        Some((days, clock)) if !clock.is_empty() => (days, clock),
        Some(_) => return Err(ValueError::WrongType),
        None => (body, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return Err(ValueError::WrongType);
    }
    let mut micros: i128 = 0;
    let mut add = |amount: &str, unit: i128| -> Result<(), ValueError> {
        let whole = amount.bytes().all(|byte| byte.is_ascii_digit()) && !amount.is_empty();
        if !whole {
            return Err(ValueError::WrongType);
        }
        let amount: i128 = amount.parse().map_err(|_| ValueError::OutsideDomain)?;
        micros =
            amount.checked_mul(unit).and_then(|n| micros.checked_add(n)).ok_or(ValueError::OutsideDomain)?;
        Ok(())
    };
    const DAY: i128 = calendar::DAY as i128;
    if let Some(weeks) = days.strip_suffix('W') {
        if !clock.is_empty() {
            return Err(ValueError::WrongType);
        }
        add(weeks, 7 * DAY)?;
    } else if !days.is_empty() {
        add(days.strip_suffix('D').ok_or(ValueError::WrongType)?, DAY)?;
    }
    let mut left = clock;
    for (letter, unit) in [('H', 3_600_000_000), ('M', 60_000_000)] {
        if let Some((amount, after)) = left.split_once(letter) {
            add(amount, unit)?;
            left = after;
        }
    }
    if !left.is_empty() {
        let amount = left.strip_suffix('S').ok_or(ValueError::WrongType)?;
        let (whole, decimals) = amount.split_once(['.', ',']).unwrap_or((amount, "0"));
        add(whole, 1_000_000)?;
        let significant = decimals.trim_end_matches('0');
        if significant.len() > 6 {
            return Err(ValueError::OutsideDomain);
        }
        if decimals.is_empty() {
            return Err(ValueError::WrongType);
        }
        add(&format!("{significant:0<6}"), 1)?;
    }
    i64::try_from(if negative { -micros } else { micros }).map_err(|_| ValueError::OutsideDomain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_iso_8601() {
        let good = [
            ("P1W", 604_800_000_000),
            ("P1D", 86_400_000_000),
            ("-P1D", -86_400_000_000),
            ("PT1H30M", 5_400_000_000),
            ("P2DT0.5S", 172_800_500_000),
            ("PT0S", 0),
            ("PT1.000001S", 1_000_001),
        ];
        for (text, micros) in good {
            assert_eq!(iso_duration(text), Ok(micros), "{text}");
        }
        for text in
            ["", "P", "PT", "P1M", "P1Y", "P1W2D", "PT1.5H", "1D", "P1DT", "P-1D", "PT1S1M", "PT1", "PTS"]
        {
            assert_eq!(iso_duration(text), Err(ValueError::WrongType), "{text}");
        }
        assert_eq!(iso_duration("PT0.0000001S"), Err(ValueError::OutsideDomain));
        assert_eq!(iso_duration("P99999999999D"), Err(ValueError::OutsideDomain));
    }

    #[test]
    fn durations_in_seconds() {
        let good =
            [("1", 1_000_000), ("0.5", 500_000), ("-1e3", -1_000_000_000), ("1.5E-3", 1_500), ("0e99", 0)];
        for (text, micros) in good {
            assert_eq!(seconds(text), Ok(micros), "{text}");
        }
        assert_eq!(seconds("1.0000000"), Ok(1_000_000));
        for text in ["0.0000001", "1e-7", "1e30", "9223372036855", "1e99999999999999999999"] {
            assert_eq!(seconds(text), Err(ValueError::OutsideDomain), "{text}");
        }
    }
}
