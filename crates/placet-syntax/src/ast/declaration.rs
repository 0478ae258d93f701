//! Declarations of names: taxonomies, sets, lookups, attributes, lets, and the blocks around rules.

use super::*;
use crate::Span;

/// `policy NAME version "…" source "…"`.
#[derive(Debug, Clone)]
pub struct Header {
    /// The policy's name.
    pub name: Name,
    /// The policy's version.
    pub version: Option<Text>,
    /// The document that the policy encodes.
    pub source: Option<Text>,
    /// The whole declaration.
    pub span: Span,
}

/// `import "other.placet"`.
#[derive(Debug, Clone)]
pub struct Import {
    /// The path, relative to the importing file.
    pub path: Text,
    /// The whole declaration.
    pub span: Span,
}

/// `taxonomy Name { … }`.
#[derive(Debug, Clone)]
pub struct Taxonomy {
    /// The taxonomy's name.
    pub name: Name,
    /// The top-level nodes.
    pub nodes: Vec<Node>,
    /// The whole declaration.
    pub span: Span,
}

/// A node of a taxonomy.
#[derive(Debug, Clone)]
pub struct Node {
    /// The node's name.
    pub name: Name,
    /// The nodes in its braces; `None` without braces.
    pub children: Option<Vec<Node>>,
    /// The node with its braces.
    pub span: Span,
}

/// `set name of Base = S`.
#[derive(Debug, Clone)]
pub struct NamedSet {
    /// The set's name.
    pub name: Name,
    /// A taxonomy, `string`, or a named set that must contain all members.
    pub base: Name,
    /// The members.
    pub value: SetExpression,
    /// The whole declaration.
    pub span: Span,
}

/// `S except S except …`: the members of the first term without those of the others.
///
/// The value of a lookup's entry has this form too. It is a single term unless it is a set.
#[derive(Debug, Clone)]
pub struct SetExpression {
    /// The terms, at least one.
    pub terms: Vec<SetTerm>,
    /// The whole expression.
    pub span: Span,
}

/// A term of a set expression.
#[derive(Debug, Clone)]
pub enum SetTerm {
    /// `{ a, b }`.
    Braces(Braces),
    /// A node, a named set or a taxonomy; in a lookup's entry also a literal or a name.
    Operand(Operand),
}

impl SetTerm {
    /// Returns the span of the term.
    pub fn span(&self) -> Span {
        match self {
            SetTerm::Braces(braces) => braces.span,
            SetTerm::Operand(operand) => operand.span,
        }
    }
}

/// `lookup name of Key: type { key: value, … }`.
///
/// ```
/// use placet_syntax::ast::{Item, Key};
/// use placet_syntax::{Limits, Sources, parse};
///
/// let mut sources = Sources::default();
/// let file = sources.add("a.placet", "lookup age of Country: int { FR: 15, {AT, ES}: 14, otherwise: 13 }");
/// let (tree, _) = parse(&sources, file, &Limits::default());
/// let Some(Item::Lookup(lookup)) = tree.items.first() else { unreachable!() };
/// assert!(matches!(lookup.entries[1].key, Key::Braces(_)));
/// ```
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The lookup's name.
    pub name: Name,
    /// The type of the key.
    pub key: Kind,
    /// The type of the values.
    pub kind: Kind,
    /// The entries in source order.
    pub entries: Vec<Entry>,
    /// The whole declaration.
    pub span: Span,
}

/// `key: value`, an entry of a lookup.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The keys.
    pub key: Key,
    /// Their value.
    pub value: SetExpression,
    /// The whole entry.
    pub span: Span,
}

/// The keys of a lookup's entry.
#[derive(Debug, Clone)]
pub enum Key {
    /// `otherwise`: all keys that no other entry has.
    Otherwise(Span),
    /// A node, a named set, a name or a string.
    Name(Operand),
    /// `{ a, b }`.
    Braces(Braces),
}

impl Key {
    /// Returns the span of the keys.
    pub fn span(&self) -> Span {
        match self {
            Key::Otherwise(span) => *span,
            Key::Name(operand) => operand.span,
            Key::Braces(braces) => braces.span,
        }
    }
}

/// `request { … }`.
#[derive(Debug, Clone)]
pub struct Request {
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The whole declaration.
    pub span: Span,
}

/// `attr: type`, with `default` or `required`.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The attribute's dotted name.
    pub name: Name,
    /// The attribute's type.
    pub kind: Kind,
    /// The treatment of requests that leave the attribute out; `None` for an optional attribute.
    pub presence: Option<Presence>,
    /// The whole entry.
    pub span: Span,
}

/// `default VALUE` or `required`.
#[derive(Debug, Clone)]
pub enum Presence {
    /// The value of the attribute in requests that leave it out.
    Default(Value),
    /// A request that leaves the attribute out is an error.
    Required(Span),
}

/// The declared type of an attribute, unresolved.
///
/// ```
/// use placet_syntax::ast::{Item, Kind};
/// use placet_syntax::{Limits, Sources, parse};
///
/// let mut sources = Sources::default();
/// let file = sources.add("a.placet", "request { age: int 0..150, reads: set of Data }");
/// let (tree, _) = parse(&sources, file, &Limits::default());
/// let Some(Item::Request(request)) = tree.items.first() else { unreachable!() };
/// assert!(matches!(request.attributes[0].kind, Kind::Ranged(..)));
/// assert!(matches!(request.attributes[1].kind, Kind::Set { may_be_empty: false, .. }));
/// ```
#[derive(Debug, Clone)]
pub enum Kind {
    /// The name of a built-in type or a taxonomy.
    Named(Name),
    /// `int 0..150`.
    Ranged(Name, Range),
    /// `{ a, b }`.
    Enum(Vec<Name>, Span),
    /// `set of …`.
    Set {
        /// True for `set?`, which allows the empty set.
        may_be_empty: bool,
        /// The type of the members.
        of: Box<Kind>,
        /// The whole type.
        span: Span,
    },
    /// A type with `?` behind its word or brace, which adds the value `none`. The span is that of the `?`.
    Optional(Box<Kind>, Span),
}

impl Kind {
    /// Returns the span of the type.
    pub fn span(&self) -> Span {
        match self {
            Kind::Named(name) => name.span,
            Kind::Ranged(name, range) => name.span.to(range.span),
            Kind::Enum(_, span) | Kind::Set { span, .. } => *span,
            Kind::Optional(kind, mark) => kind.span().to(*mark),
        }
    }
}

/// `let name = condition` or `let name = value`.
#[derive(Debug, Clone)]
pub struct Let {
    /// The name of the condition or value.
    pub name: Name,
    /// The named condition. A value is a [`ConditionKind::Operand`].
    pub condition: Condition,
    /// The whole declaration.
    pub span: Span,
}

/// `where condition { … }`.
#[derive(Debug, Clone)]
pub struct Where {
    /// The guard of every rule in the block.
    pub condition: Condition,
    /// Rules, tables and nested blocks.
    pub items: Vec<Item>,
    /// The whole block.
    pub span: Span,
}
