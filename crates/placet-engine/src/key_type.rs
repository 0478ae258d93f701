//! The types of keys.

use placet::{Domain, Fact};
use std::fmt;
use std::sync::Arc;

/// The largest magnitude up to which `f64` represents every integer: 2⁵³.
const MAX_EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// The type of a key. Each key of an engine has one type, so that equal values are the same key wherever they come
/// from: a request, a caller, another resolver, or a call of `invalidate`.
///
/// ```
/// use placet_engine::KeyType;
///
/// assert_eq!(KeyType::Text.to_string(), "a text");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// A Boolean.
    Bool,
    /// An integer.
    Int,
    /// A finite number. An integer up to 2⁵³ is accepted too.
    Number,
    /// A text: a string, or the name of an enum or taxonomy symbol.
    Text,
    /// A set of texts, in any order.
    Set,
    /// A date.
    Date,
    /// A time.
    Time,
    /// A duration.
    Duration,
}

impl KeyType {
    /// Returns the type of keys that are named like an attribute with this domain, if such keys exist.
    pub(crate) fn from_domain(domain: Domain<'_>) -> Option<Self> {
        Some(match domain {
            Domain::Bool => KeyType::Bool,
            Domain::Int { .. } => KeyType::Int,
            Domain::Number { .. } => KeyType::Number,
            Domain::String | Domain::Symbol(_) => KeyType::Text,
            Domain::SymbolSet { .. } | Domain::StringSet { .. } => KeyType::Set,
            Domain::Date => KeyType::Date,
            Domain::Time => KeyType::Time,
            Domain::Duration => KeyType::Duration,
            _ => return None,
        })
    }

    /// Returns the type of a value, or `None` if the value is outside every domain.
    pub(crate) fn from_fact(fact: &Fact) -> Option<Self> {
        Some(match fact {
            Fact::Bool(_) => KeyType::Bool,
            Fact::Int(_) => KeyType::Int,
            Fact::Number(_) => KeyType::Number,
            Fact::Numeral(text) if text.contains(['.', 'e', 'E']) => KeyType::Number,
            Fact::Numeral(_) => KeyType::Int,
            Fact::Text(_) => KeyType::Text,
            Fact::Set(_) => KeyType::Set,
            Fact::Date(_) => KeyType::Date,
            Fact::Time(_) => KeyType::Time,
            Fact::Duration(_) => KeyType::Duration,
            _ => return None,
        })
    }

    /// Returns the canonical form of a value as a key of this type.
    ///
    /// # Errors
    /// If the value doesn't have the type, or is one that no key can have.
    pub(crate) fn canonical(self, fact: Fact) -> Result<Fact, Mismatch> {
        match (self, fact) {
            (KeyType::Int | KeyType::Number, Fact::Numeral(text)) => self.canonical(numeral(self, &text)?),
            (KeyType::Number, Fact::Int(number)) if number.unsigned_abs() <= MAX_EXACT => {
                Ok(Fact::Number(number as f64))
            }
            // Adding 0 turns -0 into 0. The two are equal, but their bits differ, and facts compare by their bits.
            (KeyType::Number, Fact::Number(number)) if number.is_finite() => Ok(Fact::Number(number + 0.0)),
            (KeyType::Number, Fact::Int(_) | Fact::Number(_)) => Err(Mismatch::OutsideDomain),
            (KeyType::Set, Fact::Set(members)) => Ok(Fact::Set(sorted(members))),
            (ty, fact) => match Self::from_fact(&fact) {
                Some(found) if found == ty => Ok(fact),
                Some(found) => Err(Mismatch::WrongType(found)),
                None => Err(Mismatch::OutsideDomain),
            },
        }
    }

    /// Returns the values that keys of this type can have, for messages.
    pub(crate) fn domain(self) -> &'static str {
        match self {
            KeyType::Int => "an int of 64 bits",
            KeyType::Number => "a finite number, or an int that it holds exactly",
            KeyType::Duration => "a duration of whole microseconds in 64 bits",
            KeyType::Bool => "a bool",
            KeyType::Text => "a text",
            KeyType::Set => "a set",
            KeyType::Date => "a date",
            KeyType::Time => "a time",
        }
    }
}

/// The reason why a value is no key of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// The value has another type.
    WrongType(KeyType),
    /// No key of the type has this value.
    OutsideDomain,
}

/// Reads a numeral as a key of the type `ty`, which is int or number.
fn numeral(ty: KeyType, text: &str) -> Result<Fact, Mismatch> {
    if let Ok(number) = text.parse() {
        return Ok(Fact::Int(number));
    }
    match (text.contains(['.', 'e', 'E']), ty) {
        (true, KeyType::Number) => text.parse().map(Fact::Number).map_err(|_| Mismatch::OutsideDomain),
        (true, _) => Err(Mismatch::WrongType(KeyType::Number)),
        // Beyond 64 bits, different integers are the same number.
        (false, _) => Err(Mismatch::OutsideDomain),
    }
}

/// Returns the members in order, without duplicates.
fn sorted(members: Arc<[Arc<str>]>) -> Arc<[Arc<str>]> {
    if members.is_sorted_by(|one, other| one < other) {
        return members;
    }
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    members.into()
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyType::Bool => "a bool",
            KeyType::Int => "an int",
            KeyType::Number => "a number",
            KeyType::Text => "a text",
            KeyType::Set => "a set",
            KeyType::Date => "a date",
            KeyType::Time => "a time",
            KeyType::Duration => "a duration",
        })
    }
}
