//! Attributes, and the values that they can have.

use super::Location;
use crate::policy::Policy;
use crate::request::attribute_name::{AttributeName, sealed};
use crate::request::schema::Schema;
use placet_model::request::RequestError;
use placet_model::types::{Attribute, AttributeId, Members, Node, Presence, Type, Universe};
use std::cmp::Reverse;
use std::fmt;

/// An attribute of a policy's requests. [`Policy::attributes`] and [`Policy::attribute_declaration`] return it.
///
/// It names the attribute wherever an [`AttributeName`] is accepted. Displays like its declaration: `age: int 0..150`.
///
/// ```
/// use placet::Policy;
///
/// let policy = Policy::from_text("
///     policy shop
///     request {
///       /// The age in full years.
///       subject.age: int 0..150 default 0
///     }
///     rule adults { allow when subject.age >= 18 }
/// ")?;
/// let age = policy.attribute_declaration("subject.age").ok_or("it is declared")?;
/// assert_eq!((age.name(), age.ty().as_str()), ("subject.age", "int 0..150"));
/// assert_eq!(age.documentation(), "The age in full years.");
/// assert_eq!((age.is_required(), age.default().as_deref()), (false, Some("0")));
/// assert_eq!(age.location().map(|location| location.line()), Some(5));
/// assert!(!policy.request().gives(age));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct AttributeDeclaration<'p> {
    pub(super) policy: &'p Policy,
    pub(super) id: AttributeId,
    pub(super) attribute: &'p Attribute,
}

impl<'p> AttributeDeclaration<'p> {
    /// Returns the dotted name.
    pub fn name(&self) -> &'p str {
        &self.attribute.name
    }

    /// Returns the type as the policy writes it, such as `int 0..150` or `time?`.
    pub fn ty(&self) -> String {
        self.attribute.declared_type().to_string()
    }

    /// Returns true if the attribute is optional, such as `time?`: its values also include `none`, known to be absent.
    /// Null gives it.
    pub fn is_optional(&self) -> bool {
        self.attribute.is_optional()
    }

    /// Returns the values that the attribute can have, besides the `none` of an optional one.
    pub fn domain(&self) -> Domain<'p> {
        match &self.attribute.kind {
            Type::Bool => Domain::Bool,
            Type::Int(min, max) => Domain::Int { min: *min, max: *max },
            Type::Number(min, max) => Domain::Number { min: *min, max: *max },
            Type::String => Domain::String,
            Type::Symbol(universe) => Domain::Symbol(SymbolNames { universe }),
            Type::Set { of: Members::Symbols(universe), may_be_empty } => {
                Domain::SymbolSet { symbols: SymbolNames { universe }, may_be_empty: *may_be_empty }
            }
            Type::Set { of: Members::Texts, may_be_empty } => {
                Domain::StringSet { may_be_empty: *may_be_empty }
            }
            Type::Date => Domain::Date,
            Type::Time => Domain::Time,
            Type::Duration => Domain::Duration,
        }
    }

    /// Returns true if a request without the attribute is an error.
    pub fn is_required(&self) -> bool {
        self.attribute.presence == Presence::Required
    }

    /// Returns the value of the attribute in requests that leave it out, as the policy writes it; `None` without a
    /// default.
    pub fn default(&self) -> Option<String> {
        match &self.attribute.presence {
            Presence::Default(value) => Some(value.display(&self.attribute.kind)),
            Presence::Optional | Presence::Required => None,
        }
    }

    /// Returns the documentation comment above the declaration, without its slashes. Empty without one, and for a saved
    /// policy.
    pub fn documentation(&self) -> &'p str {
        &self.attribute.documentation
    }

    /// Returns the location of the declaration, or `None` for a saved policy.
    ///
    /// Cost: linear in the text before it.
    pub fn location(&self) -> Option<Location<'p>> {
        self.policy.location(self.attribute.span)
    }
}

impl fmt::Display for AttributeDeclaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.attribute.name, self.attribute.declared_type())
    }
}

impl fmt::Debug for AttributeDeclaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttributeDeclaration")
            .field("name", &self.name())
            .field("domain", &self.domain())
            .field("optional", &self.is_optional())
            .field("required", &self.is_required())
            .field("default", &self.default())
            .finish_non_exhaustive()
    }
}

impl AttributeName for AttributeDeclaration<'_> {}

impl sealed::Find for AttributeDeclaration<'_> {
    #[inline]
    fn find(&self, schema: &Schema) -> Option<AttributeId> {
        (self.policy.schema().id == schema.id).then_some(self.id)
    }

    fn not_found(&self, schema: &Schema) -> RequestError {
        schema.foreign("declaration", "made")
    }
}

/// The values that an attribute can have.
///
/// ```
/// use placet::{Domain, Policy};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150 }
///     rule adults { allow when subject.age >= 18 }
/// ")?;
/// let age = policy.attribute_declaration("subject.age").map(|age| age.domain());
/// assert_eq!(age, Some(Domain::Int { min: 0, max: 150 }));
/// # Ok::<(), placet::CompileError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Domain<'p> {
    /// `true` and `false`.
    Bool,
    /// The integers from `min` to `max`. Without bounds in the policy, those of `i64`.
    Int {
        /// The least integer.
        min: i64,
        /// The greatest integer.
        max: i64,
    },
    /// The finite numbers from `min` to `max`. Without bounds in the policy, those of `f64`.
    Number {
        /// The least number.
        min: f64,
        /// The greatest number.
        max: f64,
    },
    /// Unicode strings.
    String,
    /// One name of an enum, or one leaf of a taxonomy.
    Symbol(SymbolNames<'p>),
    /// A set of names of an enum, or of leaves of a taxonomy.
    SymbolSet {
        /// The names.
        symbols: SymbolNames<'p>,
        /// True if the empty set is a value.
        may_be_empty: bool,
    },
    /// A set of strings.
    StringSet {
        /// True if the empty set is a value.
        may_be_empty: bool,
    },
    /// Calendar days of the years 1 to 9999.
    Date,
    /// Instants of the years 1 to 9999, to the microsecond.
    Time,
    /// Durations, to the microsecond.
    Duration,
}

impl<'p> Domain<'p> {
    /// Returns the names of an enum or a taxonomy, of single values or of the members of sets; `None` for other types.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { data: set of { phone, email } }
    ///     rule contact { allow when all data in {email, phone} }
    /// ")?;
    /// let data = policy.attribute_declaration("data").and_then(|data| data.domain().symbols());
    /// assert_eq!(data.ok_or("an enum")?.values().collect::<Vec<_>>(), ["phone", "email"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn symbols(&self) -> Option<SymbolNames<'p>> {
        match self {
            Domain::Symbol(symbols) | Domain::SymbolSet { symbols, .. } => Some(*symbols),
            _ => None,
        }
    }
}

/// The names of an enum or a taxonomy.
///
/// ```
/// use placet::{Domain, Policy};
///
/// let policy = Policy::from_text("
///     policy shop
///     taxonomy Purpose { deliver, marketing { newsletter, advertising } }
///     request { purpose: Purpose }
///     rule marketing { allow when purpose in marketing }
/// ")?;
/// let purpose = policy.attribute_declaration("purpose").and_then(|purpose| purpose.domain().symbols());
/// let purpose = purpose.ok_or("a taxonomy")?;
/// assert_eq!(purpose.taxonomy(), Some("Purpose"));
/// assert_eq!(purpose.values().collect::<Vec<_>>(), ["deliver", "newsletter", "advertising"]);
/// assert_eq!(purpose.groups().collect::<Vec<_>>(), ["marketing"]);
/// let marketing = purpose.leaves_of("marketing").ok_or("a group")?;
/// assert_eq!(marketing.collect::<Vec<_>>(), ["newsletter", "advertising"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct SymbolNames<'p> {
    universe: &'p Universe,
}

impl<'p> SymbolNames<'p> {
    /// Returns the name of the taxonomy; `None` for an enum.
    pub fn taxonomy(&self) -> Option<&'p str> {
        match self.universe {
            Universe::Enum(_) => None,
            Universe::Taxonomy(taxonomy) => Some(&taxonomy.name),
        }
    }

    /// Returns the names that a single value can have, in declaration order: those of the enum, or the leaves of the
    /// taxonomy.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &'p str> + Clone + use<'p> {
        let names = match self.universe {
            Universe::Enum(names) => &names.declared,
            Universe::Taxonomy(taxonomy) => &taxonomy.leaves,
        };
        names.iter().map(|name| &**name)
    }

    /// Returns the names of the taxonomy's inner nodes, each before those below it. Empty for an enum.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &'p str> + use<'p> {
        let nodes = match self.universe {
            Universe::Enum(_) => None,
            Universe::Taxonomy(taxonomy) => Some(&taxonomy.nodes),
        };
        let mut groups: Vec<(&'p str, &Node)> = nodes
            .into_iter()
            .flatten()
            .filter(|(_, node)| !node.is_leaf)
            .map(|(name, node)| (&**name, node))
            .collect();
        // A node with a single child has the same leaves as the child, and stands before it in the text.
        groups.sort_unstable_by_key(|(name, node)| (node.first, Reverse(node.end), node.span, *name));
        groups.into_iter().map(|(name, _)| name)
    }

    /// Returns the values that a name stands for: itself, or the leaves below an inner node, in the order of
    /// [`SymbolNames::values`]. `None` for an unknown name.
    pub fn leaves_of(&self, name: &str) -> Option<impl Iterator<Item = &'p str> + use<'p>> {
        let universe = self.universe;
        let (symbols, _) = universe.find(name)?;
        let symbols: Vec<u32> = symbols.iter().collect();
        Some(symbols.into_iter().map(|symbol| universe.name(symbol)))
    }
}

impl fmt::Debug for SymbolNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}
