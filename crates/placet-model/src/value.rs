//! Values of attributes.

use crate::bits::BitSet;
use crate::types::{Members, Type, number_ordinal};
use placet_core::calendar;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A value of some type's domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Of a `bool`.
    Bool(bool),
    /// Of an `int`.
    Int(i64),
    /// Of a `number`; finite.
    Number(f64),
    /// Of a `string`.
    String(Arc<str>),
    /// Of an enum or a taxonomy: the number of a name or leaf.
    Symbol(u32),
    /// Of a set over an enum or a taxonomy.
    Symbols(BitSet),
    /// Of a `set of string`.
    Texts(BTreeSet<Arc<str>>),
    /// Of a `date`: days from 1970-01-01.
    Date(i32),
    /// Of a `time`: microseconds from 1970-01-01T00:00:00Z.
    Time(i64),
    /// Of a `duration`: microseconds.
    Duration(i64),
}

impl Value {
    /// What a value of an ordered type is compared by (see [`Type::ordinals`]).
    pub fn ordinal(&self) -> Option<i64> {
        match self {
            Value::Int(n) | Value::Time(n) | Value::Duration(n) => Some(*n),
            Value::Date(day) => Some(i64::from(*day)),
            Value::Number(number) => Some(number_ordinal(*number)),
            _ => None,
        }
    }

    /// The value of an ordered type with this ordinal; `None` for other types.
    pub fn from_ordinal(kind: &Type, ordinal: i64) -> Option<Self> {
        match kind {
            Type::Int(..) => Some(Value::Int(ordinal)),
            Type::Number(..) => Some(Value::Number(crate::types::ordinal_number(ordinal))),
            Type::Date => i32::try_from(ordinal).ok().map(Value::Date),
            Type::Time => Some(Value::Time(ordinal)),
            Type::Duration => Some(Value::Duration(ordinal)),
            _ => None,
        }
    }

    /// The number of a `bool`'s, an enum's or a taxonomy's value: false is 0 and true is 1.
    pub fn symbol(&self) -> Option<u32> {
        match self {
            Value::Bool(b) => Some(u32::from(*b)),
            Value::Symbol(symbol) => Some(*symbol),
            _ => None,
        }
    }

    /// The value as a policy writes it, an attribute's type given.
    pub fn display(&self, kind: &Type) -> String {
        match (self, kind) {
            (Value::Bool(b), _) => b.to_string(),
            (Value::Int(n), _) => n.to_string(),
            (Value::Number(n), _) => n.to_string(),
            (Value::String(text), _) => quoted(text),
            (Value::Symbol(symbol), Type::Symbol(universe)) => universe.name(*symbol).to_owned(),
            (Value::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
                let names: Vec<&str> = set.iter().map(|symbol| universe.name(symbol)).collect();
                format!("{{{}}}", names.join(", "))
            }
            (Value::Texts(set), _) => {
                let texts: Vec<String> = set.iter().map(|text| quoted(text)).collect();
                format!("{{{}}}", texts.join(", "))
            }
            (Value::Date(day), _) => calendar::date_to_string(*day),
            (Value::Time(instant), _) => calendar::time_to_string(*instant),
            (Value::Duration(micros), _) => duration(*micros),
            (Value::Symbol(symbol), _) => symbol.to_string(),
            (Value::Symbols(set), _) => format!("{:?}", set.iter().collect::<Vec<_>>()),
        }
    }
}

/// A text in double quotes with the language's escapes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A duration in the largest unit of the language that counts it whole; finer ones as parts of a second.
fn duration(micros: i64) -> String {
    const UNITS: [(i64, &str); 5] = [
        (604_800_000_000, "weeks"),
        (86_400_000_000, "days"),
        (3_600_000_000, "hours"),
        (60_000_000, "minutes"),
        (1_000_000, "seconds"),
    ];
    match UNITS.iter().find(|(unit, name)| micros % unit == 0 && (*name != "weeks" || micros == 0)) {
        Some((unit, name)) if micros != 0 => format!("{} {name}", micros / unit),
        Some(_) => "0 seconds".to_owned(),
        None => {
            let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
            format!("{sign}{}.{:06} seconds", size / 1_000_000, size % 1_000_000)
        }
    }
}
