//! Attributes, their types and domains.

use crate::bits::BitSet;
use crate::value::Value;
use placet_core::{Span, calendar};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// An attribute of a policy, by its place among the policy's attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttributeId(u32);

impl AttributeId {
    /// The attribute at this place.
    pub fn new(index: usize) -> Self {
        // INVARIANT: a policy within its limits has far fewer attributes than fit; more would share the last id.
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The place among the policy's attributes, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Returns true if a dotted name lies below a group of names: `subject.age` below `subject`.
pub fn is_below(name: &str, group: &str) -> bool {
    name.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'))
}

/// An attribute of requests.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The dotted name.
    pub name: Arc<str>,
    /// The type.
    pub kind: Type,
    /// What happens when a request leaves it out.
    pub presence: Presence,
    /// What the policy's author wrote above it, without slashes.
    pub documentation: String,
    /// Where it is declared.
    pub span: Span,
}

/// What happens when a request leaves an attribute out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Presence {
    /// It is missing: any value of its domain.
    Optional,
    /// This value stands for it.
    Default(Value),
    /// The request is an error.
    Required,
}

/// The type of an attribute: what its values are, and which of them lie in its domain.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// True or false.
    Bool,
    /// Whole numbers, both ends in the domain.
    Int(i64, i64),
    /// Finite floating-point numbers, both ends in the domain.
    Number(f64, f64),
    /// Unicode texts.
    String,
    /// One name of an enum, or one leaf of a taxonomy.
    Symbol(Universe),
    /// Sets.
    Set {
        /// What their members are.
        of: Members,
        /// Whether the empty set is one of them.
        may_be_empty: bool,
    },
    /// Calendar days of the years 1 to 9999.
    Date,
    /// Instants of the same years.
    Time,
    /// Durations in microseconds.
    Duration,
}

/// What the members of a set are.
#[derive(Debug, Clone, PartialEq)]
pub enum Members {
    /// Names of an enum or leaves of a taxonomy.
    Symbols(Universe),
    /// Texts.
    Texts,
}

/// A finite collection of names.
#[derive(Debug, Clone)]
pub enum Universe {
    /// An enum's names.
    Enum(Arc<Enum>),
    /// A taxonomy's leaves.
    Taxonomy(Arc<Taxonomy>),
}

impl PartialEq for Universe {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Two enums of the same names are the same type.
            (Universe::Enum(a), Universe::Enum(b)) => a.sorted == b.sorted,
            (Universe::Taxonomy(a), Universe::Taxonomy(b)) => a.name == b.name,
            _ => false,
        }
    }
}

/// The names of an enum.
#[derive(Debug)]
pub struct Enum {
    /// In the order of the text.
    pub declared: Vec<Arc<str>>,
    /// In byte order; a name's place here is its number, so that enums of the same names agree.
    pub sorted: Vec<Arc<str>>,
}

/// A tree of categories.
#[derive(Debug)]
pub struct Taxonomy {
    /// Its name.
    pub name: Arc<str>,
    /// The leaves in the order of the text: a leaf's place is its number, and a node's leaves are neighbours.
    pub leaves: Vec<Arc<str>>,
    /// All nodes by name.
    pub nodes: HashMap<Arc<str>, Node>,
}

/// A node of a taxonomy: the numbers of the leaves at or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The first leaf.
    pub first: u32,
    /// One past the last leaf.
    pub end: u32,
    /// Whether it is a leaf itself.
    pub is_leaf: bool,
    /// Where it is declared.
    pub span: Span,
}

impl Universe {
    /// How many names there are.
    pub fn len(&self) -> u32 {
        let count = match self {
            Universe::Enum(e) => e.sorted.len(),
            Universe::Taxonomy(t) => t.leaves.len(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Whether there is no name; never so for a policy that compiles.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a number; empty for one that is out of reach.
    pub fn name(&self, symbol: u32) -> &str {
        let names = match self {
            Universe::Enum(e) => &e.sorted,
            Universe::Taxonomy(t) => &t.leaves,
        };
        names.get(symbol as usize).map_or("", |name| name)
    }

    /// The symbols that a name stands for: one, or the leaves below an inner node. The flag tells an inner node.
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

    /// All names that can stand for a value, for suggestions.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Universe::Enum(e) => e.declared.iter().map(|name| &**name).collect(),
            Universe::Taxonomy(t) => t.nodes.keys().map(|name| &**name).collect(),
        }
    }
}

impl Type {
    /// The first and last ordinal of an ordered type: what its values are compared by.
    ///
    /// Ints, days, instants and durations are their own ordinals; a number's is in the order of the numbers.
    pub fn ordinals(&self) -> Option<(i64, i64)> {
        match self {
            Type::Int(low, high) => Some((*low, *high)),
            Type::Number(low, high) => Some((number_ordinal(*low), number_ordinal(*high))),
            Type::Date => Some((i64::from(calendar::FIRST_DAY), i64::from(calendar::LAST_DAY))),
            Type::Time => Some((calendar::FIRST_TIME, calendar::LAST_TIME)),
            Type::Duration => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }
}

/// The ordinal of a finite number: as the numbers are ordered, so are the ordinals, and −0 is 0.
pub fn number_ordinal(number: f64) -> i64 {
    let bits = number.to_bits().cast_signed();
    if bits >= 0 { bits } else { i64::MIN.wrapping_sub(bits) }
}

/// The number of an ordinal.
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

/// As it is written in a policy.
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
    fn ordinals_are_in_the_order_of_the_numbers() {
        let numbers = [f64::MIN, -1.5, -f64::MIN_POSITIVE, 0.0, f64::MIN_POSITIVE, 0.25, 1.0, f64::MAX];
        assert!(numbers.is_sorted_by_key(|number| number_ordinal(*number)));
        assert_eq!(number_ordinal(-0.0), number_ordinal(0.0));
        for number in numbers {
            assert_eq!(ordinal_number(number_ordinal(number)), number);
        }
    }
}
