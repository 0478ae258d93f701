//! Attributes, their types and their domains.
//!
//! A [`Type`] describes both the kind of value and its domain. Ordered types map their values to `i64` *ordinals*, so
//! that one theory of integers covers numbers, dates, times and durations. Enums and taxonomies number their names, so
//! that a set of names is a [`BitSet`].
//!
//! # Optional attributes
//!
//! The domain of an optional attribute (`time?`) has one more value, `none`. Requests give it as [`Value::None`];
//! evaluators never see it. To them an optional attribute is two: itself, with its type's own values, and a *companion*,
//! a hidden attribute of type `bool` that is true where the value is `none`. Classes, diagrams and searches therefore
//! know nothing of `none`.
//!
//! - [`add_companions`] makes the companions. They follow all declared attributes, so the ids of these stay dense. A
//!   companion has the name of its attribute, so that lists of missing attributes name the declared one, but no entry in
//!   [`Model::by_name`](crate::Model::by_name), no default, and no place in a request.
//! - [`Assignment::new`](crate::request::Assignment::new) expands a request: each companion is known exactly where its
//!   attribute is. Beside a true companion the attribute has some value of its type.
//! - Every comparison that reads an optional attribute stands in the conditions as *the comparison, and the companion is
//!   false*, so that value never matters. `x is none` is a comparison of the companion.
//! - A search that fills in companions ends with [`Request::folded`](crate::request::Request::folded).

use crate::bits::BitSet;
use crate::request::{ValueError, check_value};
use crate::value::Value;
use placet_core::{Span, calendar, written_name};
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
    /// The companion of an optional attribute: true where the value is `none`.
    pub none: Option<AttributeId>,
    /// The attribute whose companion this is; `None` for a declared attribute.
    pub companion_of: Option<AttributeId>,
}

impl Attribute {
    /// Returns true if the domain has the value `none`.
    pub fn is_optional(&self) -> bool {
        self.none.is_some()
    }

    /// Returns the type as the policy declares it, with the `?` of an optional attribute.
    ///
    /// ```
    /// use placet_model::types::{Attribute, AttributeId, Presence, Type, add_companions};
    ///
    /// # let (documentation, span) = (String::new(), Default::default());
    /// # let (name, kind, presence) = ("age".into(), Type::Int(0, 150), Presence::Optional);
    /// let age = Attribute { name, kind, presence, documentation, span, none: None, companion_of: None };
    /// let mut attributes = vec![age];
    /// assert_eq!(attributes[0].declared_type().to_string(), "int 0..150");
    ///
    /// add_companions(&mut attributes, [AttributeId::new(0)]);
    /// assert_eq!(attributes[0].declared_type().to_string(), "int? 0..150");
    /// ```
    pub fn declared_type(&self) -> DeclaredType<'_> {
        DeclaredType { kind: &self.kind, is_optional: self.is_optional() }
    }

    /// Returns the reason that a value is outside the attribute's domain, or `None` if it fits. Unlike [`check_value`] it
    /// knows the `none` of an optional attribute.
    pub fn check_value(&self, value: &Value) -> Option<ValueError> {
        match value {
            Value::None if self.is_optional() => None,
            value => check_value(&self.kind, value),
        }
    }
}

/// Makes declared attributes optional: adds their companions behind all attributes. Ids without an attribute, of
/// companions, or of attributes that are optional already, are ignored.
///
/// The module's page describes companions.
pub fn add_companions(attributes: &mut Vec<Attribute>, optional: impl IntoIterator<Item = AttributeId>) {
    for id in optional {
        let companion = AttributeId::new(attributes.len());
        let Some(attribute) = attributes.get_mut(id.index()) else { continue };
        if attribute.is_optional() || attribute.companion_of.is_some() {
            continue;
        }
        attribute.none = Some(companion);
        let companion = Attribute {
            name: attribute.name.clone(),
            kind: Type::Bool,
            presence: Presence::Optional,
            documentation: String::new(),
            span: attribute.span,
            none: None,
            companion_of: Some(id),
        };
        attributes.push(companion);
    }
}

/// Returns the ids of the declared attributes by name: [`Model::by_name`](crate::Model::by_name).
pub fn names(attributes: &[Attribute]) -> HashMap<Arc<str>, AttributeId> {
    let ids = (0..).map(AttributeId::new).zip(attributes);
    let declared = ids.filter(|(_, attribute)| attribute.companion_of.is_none());
    declared.map(|(id, attribute)| (attribute.name.clone(), id)).collect()
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

    /// Returns an unremarkable value of the domain: false, the first name, the ordinal closest to 0, the smallest set.
    ///
    /// ```
    /// use placet_model::{types::Type, value::Value};
    ///
    /// assert_eq!(Type::Int(-5, 5).plain_value(), Value::Int(0));
    /// assert_eq!(Type::Int(18, 150).plain_value(), Value::Int(18));
    /// ```
    pub fn plain_value(&self) -> Value {
        match self {
            Type::Bool => Value::Bool(false),
            Type::String => Value::String("x".into()),
            Type::Symbol(_) => Value::Symbol(0),
            Type::Set { of: Members::Symbols(universe), may_be_empty } => {
                Value::Symbols(BitSet::from_iter(universe.len(), (!may_be_empty).then_some(0)))
            }
            Type::Set { of: Members::Texts, may_be_empty } => {
                Value::Texts((!may_be_empty).then(|| "x".into()).into_iter().collect())
            }
            ordered => {
                let (low, high) = ordered.ordinals().unwrap_or_default();
                let near_zero = 0_i64.clamp(low, high.max(low));
                Value::from_ordinal(ordered, near_zero).unwrap_or(Value::Bool(false))
            }
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
            Universe::Enum(e) => {
                let names: Vec<_> = e.declared.iter().map(|name| written_name(name)).collect();
                write!(f, "{{ {} }}", names.join(", "))
            }
            Universe::Taxonomy(t) => f.write_str(&t.name),
        }
    }
}

/// A type with the `?` of an optional attribute. Displays as the policy language writes it.
///
/// ```
/// use placet_model::types::{DeclaredType, Type};
///
/// let score = DeclaredType { kind: &Type::Int(0, 9), is_optional: true };
/// assert_eq!(score.to_string(), "int? 0..9");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeclaredType<'t> {
    /// The type.
    pub kind: &'t Type,
    /// True if the domain also has the value `none`.
    pub is_optional: bool,
}

/// Writes the type as a policy declares it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DeclaredType { kind: self, is_optional: false }.fmt(f)
    }
}

impl fmt::Display for DeclaredType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_optional { "?" } else { "" };
        match self.kind {
            Type::Bool => write!(f, "bool{mark}"),
            Type::Int(i64::MIN, i64::MAX) => write!(f, "int{mark}"),
            Type::Int(low, high) => write!(f, "int{mark} {low}..{high}"),
            Type::Number(f64::MIN, f64::MAX) => write!(f, "number{mark}"),
            Type::Number(low, high) => write!(f, "number{mark} {low}..{high}"),
            Type::String => write!(f, "string{mark}"),
            Type::Symbol(universe) => write!(f, "{universe}{mark}"),
            // A set is never optional: its `?` admits the empty set.
            Type::Set { of, may_be_empty } => {
                f.write_str(if *may_be_empty { "set? of " } else { "set of " })?;
                match of {
                    Members::Symbols(universe) => universe.fmt(f),
                    Members::Texts => f.write_str("string"),
                }
            }
            Type::Date => write!(f, "date{mark}"),
            Type::Time => write!(f, "time{mark}"),
            Type::Duration => write!(f, "duration{mark}"),
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
