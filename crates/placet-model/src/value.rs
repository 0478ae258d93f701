//! Values of attributes.

use crate::bits::BitSet;
use crate::types::{Members, Type, number_ordinal};
use placet_core::{Pattern, calendar, escaped_text, written_name, written_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A value in the domain of a [`Type`].
///
/// ```
/// use placet_model::{types::Type, value::Value};
///
/// assert_eq!(Value::Int(18).display(&Type::Int(0, 150)), "18");
/// assert_eq!(Value::Date(0).display(&Type::Date), "1970-01-01");
/// assert_eq!(Value::String("a \"b\"".into()).display(&Type::String), r#""a \"b\"""#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A value of `bool`.
    Bool(bool),
    /// A value of `int`.
    Int(i64),
    /// A finite value of `number`.
    Number(f64),
    /// A value of `string`.
    String(Arc<str>),
    /// A value of an enum or a taxonomy: the number of a name or leaf.
    Symbol(u32),
    /// A set of names of an enum or leaves of a taxonomy.
    Symbols(BitSet),
    /// A value of `set of string`.
    Texts(BTreeSet<Arc<str>>),
    /// A value of `date`, in days since 1970-01-01.
    Date(i32),
    /// A value of `time`, in microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// A value of `duration`, in microseconds.
    Duration(i64),
    /// The value `none` of an optional attribute, known to be absent.
    None,
}

/// A member of a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// The number of a name or leaf.
    Symbol(u32),
    /// A string.
    Text(Arc<str>),
}

impl Value {
    /// Returns the ordinal of a value of an ordered type (see [`Type::ordinals`]), or `None` for other types.
    ///
    /// ```
    /// use placet_model::{types::Type, value::Value};
    ///
    /// assert_eq!(Value::Date(3).ordinal(), Some(3));
    /// assert_eq!(Value::from_ordinal(&Type::Date, 3), Some(Value::Date(3)));
    /// assert_eq!(Value::Bool(true).ordinal(), None);
    /// ```
    pub fn ordinal(&self) -> Option<i64> {
        match self {
            Value::Int(n) | Value::Time(n) | Value::Duration(n) => Some(*n),
            Value::Date(day) => Some(i64::from(*day)),
            Value::Number(number) => Some(number_ordinal(*number)),
            Value::Bool(_)
            | Value::String(_)
            | Value::Symbol(_)
            | Value::Symbols(_)
            | Value::Texts(_)
            | Value::None => None,
        }
    }

    /// Returns the value of an ordered type with this ordinal, or `None` for other types.
    pub fn from_ordinal(kind: &Type, ordinal: i64) -> Option<Self> {
        match kind {
            Type::Int(..) => Some(Value::Int(ordinal)),
            Type::Number(..) => Some(Value::Number(crate::types::ordinal_number(ordinal))),
            Type::Date => i32::try_from(ordinal).ok().map(Value::Date),
            Type::Time => Some(Value::Time(ordinal)),
            Type::Duration => Some(Value::Duration(ordinal)),
            Type::Bool | Type::String | Type::Symbol(_) | Type::Set { .. } => None,
        }
    }

    /// Returns the number of a value of `bool`, an enum or a taxonomy; `false` is 0 and `true` is 1.
    pub fn symbol(&self) -> Option<u32> {
        match self {
            Value::Bool(b) => Some(u32::from(*b)),
            Value::Symbol(symbol) => Some(*symbol),
            _ => None,
        }
    }

    /// Returns the members of a set. A symbol or a string is its own only member; ordered values have none.
    ///
    /// ```
    /// use placet_model::value::{Member, Value};
    ///
    /// assert_eq!(Value::Bool(true).members(), [Member::Symbol(1)].into());
    /// assert_eq!(Value::String("SG".into()).members(), [Member::Text("SG".into())].into());
    /// assert!(Value::Int(1).members().is_empty());
    /// ```
    pub fn members(&self) -> BTreeSet<Member> {
        match self {
            Value::String(text) => [Member::Text(text.clone())].into(),
            Value::Symbols(symbols) => symbols.iter().map(Member::Symbol).collect(),
            Value::Texts(texts) => texts.iter().cloned().map(Member::Text).collect(),
            other => other.symbol().into_iter().map(Member::Symbol).collect(),
        }
    }

    /// Returns the value as a policy writes it. `kind` is the attribute's type and gives symbols their names.
    pub fn display(&self, kind: &Type) -> String {
        match (self, kind) {
            (Value::Bool(b), _) => b.to_string(),
            (Value::Int(n), _) => n.to_string(),
            (Value::Number(n), _) => n.to_string(),
            (Value::String(text), _) => written_text(text),
            (Value::Symbol(symbol), Type::Symbol(universe)) => {
                written_name(universe.name(*symbol)).into_owned()
            }
            (Value::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
                let names: Vec<_> = set.iter().map(|symbol| written_name(universe.name(symbol))).collect();
                format!("{{{}}}", names.join(", "))
            }
            (Value::Texts(set), _) => {
                let texts: Vec<String> = set.iter().map(|text| written_text(text)).collect();
                format!("{{{}}}", texts.join(", "))
            }
            (Value::Date(day), _) => calendar::date_to_string(*day),
            (Value::Time(instant), _) => calendar::time_to_string(*instant),
            (Value::Duration(micros), _) => duration(*micros),
            (Value::None, _) => "none".to_owned(),
            (Value::Symbol(symbol), _) => symbol.to_string(),
            (Value::Symbols(set), _) => format!("{:?}", set.iter().collect::<Vec<_>>()),
        }
    }
}

/// Returns a pattern as a policy writes it after `like`.
///
/// ```
/// use placet_core::Pattern;
/// use placet_model::value::pattern_literal;
///
/// let pattern = Pattern::from_pieces(vec!["5*".to_owned(), "\"".to_owned()]);
/// assert_eq!(pattern_literal(&pattern), r#""5\**\"""#);
/// ```
pub fn pattern_literal(pattern: &Pattern) -> String {
    let pieces = pattern.pieces().iter().map(|piece| escaped_text(piece).replace('*', "\\*"));
    format!("\"{}\"", pieces.collect::<Vec<_>>().join("*"))
}

/// Returns a duration in the largest unit from days to seconds that divides it evenly, or as a decimal number of
/// seconds if none does.
fn duration(micros: i64) -> String {
    const UNITS: [(i64, &str); 5] = [
        (604_800_000_000, "weeks"),
        (86_400_000_000, "days"),
        (3_600_000_000, "hours"),
        (60_000_000, "minutes"),
        (1_000_000, "seconds"),
    ];
    // Weeks match 0 alone, which the second arm prints as seconds; seven days are printed as days.
    match UNITS.iter().find(|(unit, name)| micros % unit == 0 && (*name != "weeks" || micros == 0)) {
        Some((unit, name)) if micros != 0 => format!("{} {name}", micros / unit),
        Some(_) => "0 seconds".to_owned(),
        None => {
            let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
            format!("{sign}{}.{:06} seconds", size / 1_000_000, size % 1_000_000)
        }
    }
}
