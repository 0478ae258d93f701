//! Attributes, their types and their domains.
//!
//! A [`Type`] describes both the kind of value and its domain. Ordered types map their values to `i64` *ordinals*, so
//! that one theory of integers covers numbers, dates, times and durations. Enums and taxonomies number their names, so
//! that a set of names is a [`BitSet`].

use crate::bits::BitSet;
use crate::value::Value;
use placet_core::{Span, calendar};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The index of an attribute among the attributes of its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttributeId(u32);

impl AttributeId {
    /// Returns the id of the attribute at an index.
    pub fn new(index: usize) -> Self {
        // INVARIANT: a policy within its limits has far fewer attributes than fit; more would share the last id.
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Returns the index among the policy's attributes, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An attribute of requests.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The dotted name.
    pub name: Arc<str>,
    /// The type.
    pub kind: Type,
    /// The treatment of requests that leave the attribute out.
    pub presence: Presence,
    /// The documentation comment above the declaration, without slashes.
    pub documentation: String,
    /// The span of the declaration.
    pub span: Span,
}

/// The treatment of an attribute that a request leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Presence {
    /// The attribute is missing: it may have any value of its domain.
    Optional,
    /// The attribute has this value.
    Default(Value),
    /// The request is an error.
    Required,
}

/// The type of an attribute, including its domain. Displays as the policy language writes it.
///
/// ```
/// use placet_model::types::Type;
///
/// let age = Type::Int(0, 150);
/// assert_eq!(age.to_string(), "int 0..150");
/// assert_eq!(age.ordinals(), Some((0, 150)));
/// assert_eq!(Type::Bool.ordinals(), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// A truth value.
    Bool,
    /// Integers from the first to the second bound, both included.
    Int(i64, i64),
    /// Finite floating-point numbers from the first to the second bound, both included.
    Number(f64, f64),
    /// Unicode strings.
    String,
    /// One name of an enum, or one leaf of a taxonomy.
    Symbol(Universe),
    /// A set of names or strings.
    Set {
        /// The type of the members.
        of: Members,
        /// True if the empty set is in the domain.
        may_be_empty: bool,
    },
    /// Calendar days of the years 1 to 9999.
    Date,
    /// Instants of the years 1 to 9999, in microseconds.
    Time,
    /// Durations, in microseconds.
    Duration,
}

/// The type of a set's members.
#[derive(Debug, Clone, PartialEq)]
pub enum Members {
    /// Names of an enum or leaves of a taxonomy.
    Symbols(Universe),
    /// Strings.
    Texts,
}

/// A finite, numbered collection of names.
///
/// ```
/// use placet_model::types::{Enum, Universe};
///
/// let names = Enum { declared: vec!["ship".into(), "ads".into()], sorted: vec!["ads".into(), "ship".into()] };
/// let purpose = Universe::Enum(names.into());
/// assert_eq!((purpose.len(), purpose.name(0)), (2, "ads"));
/// assert_eq!(purpose.to_string(), "{ ship, ads }");
/// ```
#[derive(Debug, Clone)]
pub enum Universe {
    /// The names of an enum.
    Enum(Arc<Enum>),
    /// The leaves of a taxonomy.
    Taxonomy(Arc<Taxonomy>),
}

impl PartialEq for Universe {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Two enums with the same names are the same type, in whatever order they declare them. A taxonomy's name
            // identifies it, because a policy declares each taxonomy once.
            (Universe::Enum(a), Universe::Enum(b)) => a.sorted == b.sorted,
            (Universe::Taxonomy(a), Universe::Taxonomy(b)) => a.name == b.name,
            _ => false,
        }
    }
}

/// The names of an enum.
#[derive(Debug)]
pub struct Enum {
    /// The names in declaration order.
    pub declared: Vec<Arc<str>>,
    /// The names in byte order. A name's index in this list is its number, so that enums with the same names agree.
    pub sorted: Vec<Arc<str>>,
}

/// A tree of categories.
#[derive(Debug)]
pub struct Taxonomy {
    /// The taxonomy's name.
    pub name: Arc<str>,
    /// The leaves in declaration order. A leaf's index is its number, so the leaves below any node are adjacent.
    pub leaves: Vec<Arc<str>>,
    /// All nodes by name.
    pub nodes: HashMap<Arc<str>, Node>,
}

/// A node of a taxonomy: the range of the leaves at or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The number of the first leaf.
    pub first: u32,
    /// One past the number of the last leaf.
    pub end: u32,
    /// True if the node is a leaf itself.
    pub is_leaf: bool,
    /// The span of the declaration.
    pub span: Span,
}

impl Universe {
    /// Returns the number of names.
    pub fn len(&self) -> u32 {
        let count = match self {
            Universe::Enum(e) => e.sorted.len(),
            Universe::Taxonomy(t) => t.leaves.len(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Returns true if there are no names, which is never the case in a checked policy.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the name with this number, or an empty string if the number is out of range.
    pub fn name(&self, symbol: u32) -> &str {
        let names = match self {
            Universe::Enum(e) => &e.sorted,
            Universe::Taxonomy(t) => &t.leaves,
        };
        names.get(symbol as usize).map_or("", |name| name)
    }

    /// Returns the symbols that a name stands for: one symbol, or all leaves below an inner node. The flag is true for
    /// an inner node.
    pub fn find(&self, name: &str) -> Option<(BitSet, bool)> {
        match self {
            Universe::Enum(e) => {
                let at = e.sorted.binary_search_by(|probe| (**probe).cmp(name)).ok()?;
                Some((BitSet::from_iter(self.len(), u32::try_from(at)), false))
            }
            Universe::Taxonomy(t) => {
                let node = t.nodes.get(name)?;
                Some((BitSet::from_iter(self.len(), node.first..node.end), !node.is_leaf))
            }
        }
    }

    /// Returns all names that a policy can write for a value, in no particular order. Used for suggestions.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Universe::Enum(e) => e.declared.iter().map(|name| &**name).collect(),
            Universe::Taxonomy(t) => t.nodes.keys().map(|name| &**name).collect(),
        }
    }
}

impl Type {
    /// Returns the number of symbols of a `bool`, an enum or a taxonomy, or `None` for other types. See
    /// [`Value::symbol`](crate::value::Value::symbol).
    ///
    /// ```
    /// use placet_model::types::Type;
    ///
    /// assert_eq!(Type::Bool.symbols(), Some(2));
    /// assert_eq!(Type::Date.symbols(), None);
    /// ```
    pub fn symbols(&self) -> Option<u32> {
        match self {
            Type::Bool => Some(2),
            Type::Symbol(universe) => Some(universe.len()),
            Type::Int(..)
            | Type::Number(..)
            | Type::String
            | Type::Set { .. }
            | Type::Date
            | Type::Time
            | Type::Duration => None,
        }
    }

    /// Returns the first and last ordinal of an ordered type, or `None` for other types. Values are compared by
    /// ordinal.
    ///
    /// Integers, days, instants and durations are their own ordinals. For floating-point numbers see
    /// [`number_ordinal`].
    pub fn ordinals(&self) -> Option<(i64, i64)> {
        match self {
            Type::Int(low, high) => Some((*low, *high)),
            Type::Number(low, high) => Some((number_ordinal(*low), number_ordinal(*high))),
            Type::Date => Some((i64::from(calendar::FIRST_DAY), i64::from(calendar::LAST_DAY))),
            Type::Time => Some((calendar::FIRST_TIME, calendar::LAST_TIME)),
            Type::Duration => Some((i64::MIN, i64::MAX)),
            Type::Bool | Type::String | Type::Symbol(_) | Type::Set { .. } => None,
        }
    }
}

/// Returns the ordinal of a finite floating-point number. Ordinals have the same order as the numbers; −0 has the
/// ordinal of 0.
///
/// ```
/// use placet_model::types::{number_ordinal, ordinal_number};
///
/// assert!(number_ordinal(-1.5) < number_ordinal(0.25));
/// assert_eq!(number_ordinal(-0.0), number_ordinal(0.0));
/// assert_eq!(ordinal_number(number_ordinal(0.25)), 0.25);
/// ```
pub fn number_ordinal(number: f64) -> i64 {
    // The bits of an IEEE 754 number are its sign and magnitude, and magnitudes of positive numbers are ordered like
    // their bits. Negative numbers are mirrored: −0 has the bits of `i64::MIN` and becomes 0.
    let bits = number.to_bits().cast_signed();
    if bits >= 0 { bits } else { i64::MIN.wrapping_sub(bits) }
}

/// Returns the floating-point number with this ordinal. The inverse of [`number_ordinal`].
pub fn ordinal_number(ordinal: i64) -> f64 {
    let bits = if ordinal >= 0 { ordinal } else { i64::MIN.wrapping_sub(ordinal) };
    f64::from_bits(bits.cast_unsigned())
}

impl fmt::Display for Universe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Universe::Enum(e) => write!(f, "{{ {} }}", e.declared.join(", ")),
            Universe::Taxonomy(t) => f.write_str(&t.name),
        }
    }
}

/// Writes the type as a policy declares it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Int(i64::MIN, i64::MAX) => f.write_str("int"),
            Type::Int(low, high) => write!(f, "int {low}..{high}"),
            Type::Number(f64::MIN, f64::MAX) => f.write_str("number"),
            Type::Number(low, high) => write!(f, "number {low}..{high}"),
            Type::String => f.write_str("string"),
            Type::Symbol(universe) => universe.fmt(f),
            Type::Set { of, may_be_empty } => {
                f.write_str(if *may_be_empty { "set? of " } else { "set of " })?;
                match of {
                    Members::Symbols(universe) => universe.fmt(f),
                    Members::Texts => f.write_str("string"),
                }
            }
            Type::Date => f.write_str("date"),
            Type::Time => f.write_str("time"),
            Type::Duration => f.write_str("duration"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{number_ordinal, ordinal_number};

    #[test]
    fn number_ordinal_preserves_order() {
        let numbers = [f64::MIN, -1.5, -f64::MIN_POSITIVE, 0.0, f64::MIN_POSITIVE, 0.25, 1.0, f64::MAX];
        assert!(numbers.is_sorted_by_key(|number| number_ordinal(*number)));
        assert_eq!(number_ordinal(-0.0), number_ordinal(0.0));
        for number in numbers {
            assert_eq!(ordinal_number(number_ordinal(number)), number);
        }
    }
}
