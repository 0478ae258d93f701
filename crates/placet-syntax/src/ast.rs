//! The syntax tree of a policy file, with the source span of every part.
//!
//! The tree is faithful to the text: it keeps the order of declarations and parts, redundant parentheses and all
//! comments, so that [`format`](crate::format()) can write the file back. It is untyped and unresolved. A name may
//! refer to an attribute, a let, a value or nothing at all; `placet-check` finds out which.
//!
//! ```
//! use placet_syntax::ast::{Item, Part};
//! use placet_syntax::{Limits, Sources, parse};
//!
//! let mut sources = Sources::default();
//! let file = sources.add("a.placet", "rule adults { allow when age >= 18  cite \"Art. 8\" }");
//! let (tree, _) = parse(&sources, file, &Limits::default());
//! assert!(matches!(tree.items.as_slice(), [Item::Rule(rule)]
//!     if matches!(rule.parts.as_slice(), [Part::Effect(_), Part::Cite(text, _)] if text.text == "Art. 8")));
//! ```

mod condition;
mod declaration;
mod rule;
mod table;
mod testing;

pub use condition::*;
pub use declaration::*;
pub use placet_core::calendar::CalendarUnit;
pub use rule::*;
pub use table::*;
pub use testing::*;

use crate::Span;

/// An identifier and its span.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name. Attribute names include their dots.
    pub text: String,
    /// The span of the name.
    pub span: Span,
}

/// A string literal with its escapes resolved.
#[derive(Debug, Clone)]
pub struct Text {
    /// The string's value.
    pub text: String,
    /// The span of the literal, quotes included.
    pub span: Span,
}

/// A parsed file.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The declarations in source order.
    pub items: Vec<Item>,
    /// All comments in source order.
    pub comments: Vec<Comment>,
    /// True if `items` lacks text that didn't parse. Names that the text declared may then be unknown.
    pub damaged: bool,
}

/// A comment, to the end of its line.
///
/// ```
/// use placet_syntax::{Limits, Sources, parse};
///
/// let mut sources = Sources::default();
/// let file = sources.add("a.placet", "/// Adults only.\nlet adult = age >= 18 // or so");
/// let (tree, _) = parse(&sources, file, &Limits::default());
/// let comments: Vec<_> = tree.comments.iter().map(|c| (c.text.as_str(), c.is_doc)).collect();
/// assert_eq!(comments, [("/// Adults only.", true), ("// or so", false)]);
/// ```
#[derive(Debug, Clone)]
pub struct Comment {
    /// The text with its slashes, without the line end and trailing white space.
    pub text: String,
    /// The span of `text`.
    pub span: Span,
    /// True if the comment begins with exactly three slashes: it documents the declaration that follows.
    pub is_doc: bool,
}

/// A declaration.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant is documented at its struct")]
pub enum Item {
    Header(Header),
    Import(Import),
    Taxonomy(Taxonomy),
    NamedSet(NamedSet),
    Request(Request),
    Let(Let),
    Lookup(Lookup),
    Where(Where),
    Rule(Rule),
    Table(Table),
    Proof(Proof),
    Example(Example),
    Test(Box<Test>),
    Cases(Cases),
}

impl Item {
    /// Returns the span of the whole declaration.
    ///
    /// ```
    /// use placet_syntax::{Limits, Sources, parse};
    ///
    /// let mut sources = Sources::default();
    /// let file = sources.add("shop.placet", "policy shop\n\nlet minor = age < 18");
    /// let (tree, _) = parse(&sources, file, &Limits::default());
    /// let texts: Vec<_> = tree.items.iter().map(|item| sources.slice(item.span())).collect();
    /// assert_eq!(texts, ["policy shop", "let minor = age < 18"]);
    /// ```
    pub fn span(&self) -> Span {
        match self {
            Item::Header(x) => x.span,
            Item::Import(x) => x.span,
            Item::Taxonomy(x) => x.span,
            Item::NamedSet(x) => x.span,
            Item::Request(x) => x.span,
            Item::Let(x) => x.span,
            Item::Lookup(x) => x.span,
            Item::Where(x) => x.span,
            Item::Rule(x) => x.span,
            Item::Table(x) => x.span,
            Item::Proof(x) => x.span,
            Item::Example(x) => x.span,
            Item::Test(x) => x.span,
            Item::Cases(x) => x.span,
        }
    }
}
