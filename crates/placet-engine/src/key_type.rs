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

    /// Returns the type of a value, if keys can have it.
    pub(crate) fn from_fact(fact: &Fact) -> Option<Self> {
        Some(match fact {
            Fact::Bool(_) => KeyType::Bool,
            Fact::Int(_) => KeyType::Int,
            Fact::Number(_) => KeyType::Number,
            Fact::Text(_) => KeyType::Text,
            Fact::Set(_) => KeyType::Set,
            Fact::Date(_) => KeyType::Date,
            Fact::Time(_) => KeyType::Time,
            Fact::Duration(_) => KeyType::Duration,
            _ => return None,
        })
    }

    /// Returns the canonical form of a value as a key of this type, or `None` if it doesn't have the type.
    pub(crate) fn canonical(self, fact: Fact) -> Option<Fact> {
        match (self, fact) {
            (KeyType::Number, Fact::Int(number)) if number.unsigned_abs() <= MAX_EXACT => {
                Some(Fact::Number(number as f64))
            }
            // Adding 0 turns -0 into 0. The two are equal, but their bits differ, and facts compare by their bits.
            (KeyType::Number, Fact::Number(number)) => {
                number.is_finite().then_some(Fact::Number(number + 0.0))
            }
            (KeyType::Set, Fact::Set(members)) => Some(Fact::Set(sorted(members))),
            (ty, fact) => (Some(ty) == Self::from_fact(&fact)).then_some(fact),
        }
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
