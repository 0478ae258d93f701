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

use crate::Span;
pub use placet_core::calendar::CalendarUnit;

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

/// `rule name { … }`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The rule's name.
    pub name: Name,
    /// The rule's parts in source order.
    pub parts: Vec<Part>,
    /// The whole declaration.
    pub span: Span,
}

/// `table name { … }`.
#[derive(Debug, Clone)]
pub struct Table {
    /// The table's name.
    pub name: Name,
    /// The parts before the first row, in source order. They belong to every row.
    pub parts: Vec<Part>,
    /// The column headers; empty for a table without any row.
    pub columns: Vec<Column>,
    /// The rows below the column headers.
    pub rows: Vec<Row>,
    /// The span of the column headers, if the table has them.
    pub head_span: Option<Span>,
    /// The whole declaration.
    pub span: Span,
}

/// A part of a rule, or of a table before its rows.
#[derive(Debug, Clone)]
pub enum Part {
    /// `where condition`.
    Where(Condition, Span),
    /// `allow when …` or `deny when …`.
    Effect(EffectPart),
    /// `otherwise deny`.
    Otherwise(Span),
    /// `cite "…"`.
    Cite(Text, Span),
    /// `because "…"`.
    Because(Text, Span),
    /// `basis WORD`.
    Basis(Name, Span),
    /// `oblige …`.
    Oblige(Obligation, Span),
}

impl Part {
    /// Returns the span of the part.
    pub fn span(&self) -> Span {
        match self {
            Part::Effect(effect) => effect.span,
            Part::Where(_, span)
            | Part::Otherwise(span)
            | Part::Cite(_, span)
            | Part::Because(_, span)
            | Part::Basis(_, span)
            | Part::Oblige(_, span) => *span,
        }
    }
}

pub use placet_core::RuleEffect as Effect;

/// The effect of a rule with its condition and exceptions.
#[derive(Debug, Clone)]
pub struct EffectPart {
    /// Allow or deny.
    pub effect: Effect,
    /// The span of the word `allow` or `deny`.
    pub effect_span: Span,
    /// `when …`.
    pub when: Option<Condition>,
    /// `except …`.
    pub exceptions: Vec<Exception>,
    /// From the effect to the last exception.
    pub span: Span,
}

/// `except name when condition { … }`.
#[derive(Debug, Clone)]
pub struct Exception {
    /// The exception's name in explanations.
    pub name: Option<Name>,
    /// The exception's condition.
    pub when: Condition,
    /// Exceptions to this exception.
    pub exceptions: Vec<Exception>,
    /// The whole exception.
    pub span: Span,
}

/// `WORD within DURATION when cond "…"`.
#[derive(Debug, Clone)]
pub struct Obligation {
    /// The action that the obligation requires.
    pub name: Name,
    /// The deadline after the decision.
    pub within: Option<Deadline>,
    /// The condition under which the obligation is due.
    pub when: Option<Condition>,
    /// A description for people.
    pub text: Option<Text>,
    /// The whole obligation.
    pub span: Span,
}

/// The deadline of an obligation.
#[derive(Debug, Clone)]
pub enum Deadline {
    /// A duration, in microseconds.
    Duration(i64, Span),
    /// The name of a let.
    Name(Name),
}

/// The header of a table column.
#[derive(Debug, Clone)]
pub enum Column {
    /// `name`: the names of the rows.
    Name(Span),
    /// `basis`.
    Basis(Span),
    /// `because`.
    Because(Span),
    /// `oblige`.
    Oblige(Span),
    /// `cite`.
    Cite(Span),
    /// A condition that the cells complete.
    Test(Heading),
}

impl Column {
    /// Returns the span of the header.
    pub fn span(&self) -> Span {
        match self {
            Column::Name(span)
            | Column::Basis(span)
            | Column::Because(span)
            | Column::Oblige(span)
            | Column::Cite(span) => *span,
            Column::Test(heading) => heading.span,
        }
    }
}

/// The first half of a condition. A cell is the second half.
#[derive(Debug, Clone)]
pub struct Heading {
    /// The left side of the comparison.
    pub subject: Subject,
    /// The comparison; `None` if the header leaves it to the cells.
    pub relation: Option<Relation>,
    /// The whole header.
    pub span: Span,
}

/// The left side of a comparison.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A value.
    Operand(Operand),
    /// A quantifier over a set-valued attribute or lookup.
    Quantified(Quantifier, Operand),
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The cells, one for each column.
    pub cells: Vec<Cell>,
    /// The whole row.
    pub span: Span,
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The cell's content.
    pub content: CellContent,
    /// The span of the content, without the white space around it.
    pub span: Span,
}

/// The content of a cell, whose form depends on the column.
#[derive(Debug, Clone)]
pub enum CellContent {
    /// `*`: any value, or no annotation.
    Any,
    /// The row's name or basis.
    Name(Name),
    /// The row's `because`.
    Text(Text),
    /// The row's citations.
    Texts(Vec<Text>),
    /// The row's obligations.
    Obligations(Vec<Obligation>),
    /// The second half of the column's condition. The flag is true after `not`.
    Test(bool, CellTest),
}

/// The second half of a column's condition.
#[derive(Debug, Clone)]
pub enum CellTest {
    /// One value, or several separated by commas without braces.
    Operands(Vec<Operand>),
    /// `{ a, b }`.
    Braces(Braces),
    /// `a..b`.
    Range(Range),
    /// `< 13`.
    Compare(Relation, Operand),
    /// `missing` or `known`.
    Presence(Knowledge),
}

/// `missing` or `known`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// The attribute has no value.
    Missing,
    /// The attribute has a value.
    Known,
}

/// A condition.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The form of the condition.
    pub kind: ConditionKind,
    /// The span of the condition.
    pub span: Span,
}

/// The form of a condition.
///
/// `not` binds tighter than `and`, and `and` tighter than `or`:
///
/// ```
/// use placet_syntax::ast::{ConditionKind, Item};
/// use placet_syntax::{Limits, Sources, parse};
///
/// let mut sources = Sources::default();
/// let file = sources.add("a.placet", "let c = not a and b or d");
/// let (tree, _) = parse(&sources, file, &Limits::default());
/// let Some(Item::Let(definition)) = tree.items.first() else { unreachable!() };
/// let ConditionKind::Or(parts) = &definition.condition.kind else { unreachable!() };
/// assert!(matches!(parts[0].kind, ConditionKind::And(_)));
/// ```
#[derive(Debug, Clone)]
pub enum ConditionKind {
    /// A disjunction of two or more conditions.
    Or(Vec<Condition>),
    /// A conjunction of two or more conditions.
    And(Vec<Condition>),
    /// A negation.
    Not(Box<Condition>),
    /// A condition in parentheses.
    Group(Box<Condition>),
    /// A `bool` attribute, a let, `true` or `false`.
    Operand(Operand),
    /// `x relation y`.
    Compare(Box<Operand>, Relation, Box<Right>),
    /// `any s in SET` or `any s like "…"`.
    Quantified(Quantifier, Box<Operand>, Relation, Box<Right>),
    /// `some p in S where (…)` or `every p in S where (…)`.
    Each(Box<Each>),
    /// `x is missing`.
    Presence(Box<Operand>, Knowledge),
}

/// `some p in S where (condition)` or `every p in S where (condition)`.
#[derive(Debug, Clone)]
pub struct Each {
    /// True for `every`.
    pub every: bool,
    /// The name of the member.
    pub variable: Name,
    /// The set whose members are meant.
    pub set: Right,
    /// The condition on the member.
    pub condition: Condition,
}

/// The right side of a comparison.
#[derive(Debug, Clone)]
pub enum Right {
    /// A value or a name.
    Operand(Operand),
    /// `{ a, b }`.
    Braces(Braces),
    /// `a..b`.
    Range(Range),
}

impl Right {
    /// Returns the span of the right side.
    pub fn span(&self) -> Span {
        match self {
            Right::Operand(operand) => operand.span,
            Right::Braces(braces) => braces.span,
            Right::Range(range) => range.span,
        }
    }
}

/// A comparison operator.
///
/// ```
/// use placet_syntax::ast::Relation;
///
/// assert_eq!(Relation::NotIn.as_str(), "not in");
/// assert_eq!(Relation::LessEqual.as_str(), "<=");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the language's own signs")]
pub enum Relation {
    Is,
    IsNot,
    In,
    NotIn,
    Like,
    Less,
    LessEqual,
    More,
    MoreEqual,
}

impl Relation {
    /// Returns the source text.
    pub fn as_str(self) -> &'static str {
        match self {
            Relation::Is => "is",
            Relation::IsNot => "is not",
            Relation::In => "in",
            Relation::NotIn => "not in",
            Relation::Like => "like",
            Relation::Less => "<",
            Relation::LessEqual => "<=",
            Relation::More => ">",
            Relation::MoreEqual => ">=",
        }
    }
}

/// A quantifier over a set: `any`, `all` or `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the language's own words")]
pub enum Quantifier {
    Any,
    All,
    No,
}

impl Quantifier {
    /// Returns the source text.
    pub fn as_str(self) -> &'static str {
        match self {
            Quantifier::Any => "any",
            Quantifier::All => "all",
            Quantifier::No => "no",
        }
    }
}

/// A side of a comparison: a value, an attribute or a sum.
#[derive(Debug, Clone)]
pub struct Operand {
    /// The form of the operand.
    pub kind: OperandKind,
    /// The span of the operand.
    pub span: Span,
}

/// The form of an operand.
#[derive(Debug, Clone)]
pub enum OperandKind {
    /// The name of an attribute, a let, a value or a named set.
    Name(String),
    /// A literal.
    Literal(Literal),
    /// `first ± term ± …`, left-associative, with at least one term.
    Sum(Box<Operand>, Vec<(Sign, Operand)>),
    /// `years(from, to)` or `months(from, to)`.
    Between(CalendarUnit, Box<Operand>, Box<Operand>),
    /// `lookup(key)`.
    Lookup(Name, Box<Operand>),
    /// A condition in parentheses, which is a value if the condition is a lone operand. The grammar parses the `(a)` of
    /// `(a) > 3` and of `(a) and b` alike, because it doesn't look past the parenthesis.
    Group(Box<Condition>),
}

/// `+` or `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are self-explanatory")]
pub enum Sign {
    Plus,
    Minus,
}

/// A literal value.
///
/// ```
/// use placet_syntax::ast::{ConditionKind, Item, Literal, OperandKind, Right};
/// use placet_syntax::{Limits, Sources, parse};
///
/// let mut sources = Sources::default();
/// let file = sources.add("a.placet", "let slow = waited > 2 hours");
/// let (tree, _) = parse(&sources, file, &Limits::default());
/// let Some(Item::Let(slow)) = tree.items.first() else { unreachable!() };
/// let ConditionKind::Compare(_, _, right) = &slow.condition.kind else { unreachable!() };
/// let Right::Operand(operand) = &**right else { unreachable!() };
/// assert!(matches!(operand.kind, OperandKind::Literal(Literal::Duration(7_200_000_000))));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `true` or `false`.
    Bool(bool),
    /// The digits of an int or a number, without underscores. The type depends on the context.
    Numeral(String),
    /// A string: its value, and its source text between the quotes. Patterns resolve escapes in the latter.
    String(String, String),
    /// A date, in days since 1970-01-01.
    Date(i32),
    /// An instant, in microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// A duration, in microseconds.
    Duration(i64),
}

/// `{ a, b }`.
#[derive(Debug, Clone)]
pub struct Braces {
    /// The entries: names and literals.
    pub entries: Vec<Operand>,
    /// The span, braces included.
    pub span: Span,
}

/// `a..b`, including both ends.
#[derive(Debug, Clone)]
pub struct Range {
    /// The first value.
    pub low: Box<Operand>,
    /// The last value.
    pub high: Box<Operand>,
    /// The whole range.
    pub span: Span,
}

/// `prove name { never allow when … }` or `prove name { always oblige WORD when … }`.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The proof's name.
    pub name: Name,
    /// True for `always`, false for `never`.
    pub always: bool,
    /// The obligation; `None` for `allow`.
    pub oblige: Option<Name>,
    /// The requests that the proof is about; `None` for all.
    pub when: Option<Condition>,
    /// The whole declaration.
    pub span: Span,
}

/// `example name { … }`.
#[derive(Debug, Clone)]
pub struct Example {
    /// The example's name.
    pub name: Name,
    /// The example that it extends.
    pub base: Option<Name>,
    /// The values of the example's attributes.
    pub assignments: Vec<Assignment>,
    /// The whole declaration.
    pub span: Span,
}

/// `attr: value`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The attribute.
    pub attribute: Name,
    /// The attribute's value.
    pub value: Value,
}

/// A value in an example, a test, a `cases` cell or a `default`.
#[derive(Debug, Clone)]
pub struct Value {
    /// The form of the value.
    pub kind: ValueKind,
    /// The span of the value.
    pub span: Span,
}

/// The form of a value.
#[derive(Debug, Clone)]
pub enum ValueKind {
    /// `missing`.
    Missing,
    /// The name of an enum value or a taxonomy node.
    Name(String),
    /// A literal.
    Literal(Literal),
    /// `{ a, b }`.
    Set(Vec<Operand>),
    /// An invalid date, time or duration. The diagnostic is an error unless a test expects an erroneous request.
    Faulty(Box<crate::Diagnostic>),
}

/// `test "…" { given … expect … }`.
#[derive(Debug, Clone)]
pub struct Test {
    /// The test's title.
    pub title: Text,
    /// The request.
    pub given: Given,
    /// The expected decision.
    pub expect: Expectation,
    /// The whole declaration.
    pub span: Span,
}

/// The request of a test.
#[derive(Debug, Clone)]
pub struct Given {
    /// The example that the request extends.
    pub example: Option<Name>,
    /// The assignments in braces. They replace the example's.
    pub assignments: Vec<Assignment>,
    /// True for `with { … }` and for a literal request. The formatter keeps empty braces.
    pub has_braces: bool,
    /// The whole part.
    pub span: Span,
}

/// `cases "…" given … { … }`.
#[derive(Debug, Clone)]
pub struct Cases {
    /// The title of all rows.
    pub title: Text,
    /// The request that every row extends.
    pub given: Given,
    /// The columns in source order, `expect` among them.
    pub columns: Vec<CaseColumn>,
    /// The tests, one for each row.
    pub rows: Vec<CaseRow>,
    /// The whole declaration.
    pub span: Span,
}

/// A column of `cases`.
#[derive(Debug, Clone)]
pub enum CaseColumn {
    /// The values of an attribute.
    Attribute(Name),
    /// The expected decisions.
    Expect(Span),
}

impl CaseColumn {
    /// Returns the span of the column header.
    pub fn span(&self) -> Span {
        match self {
            CaseColumn::Attribute(name) => name.span,
            CaseColumn::Expect(span) => *span,
        }
    }
}

/// A row of `cases`.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// The values in column order, without the expectation.
    pub assignments: Vec<Assignment>,
    /// The expected decision.
    pub expect: Expectation,
    /// The whole row.
    pub span: Span,
}

/// The expected decision of a test.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The expected effect or error.
    pub outcome: Outcome,
    /// `by RULE, …`: the determining rules.
    pub by: Listed,
    /// `by default`: there is no determining rule.
    pub by_default: Option<Span>,
    /// `oblige WORD, …`: the obligations.
    pub oblige: Listed,
    /// `basis WORD, …`: the legal bases.
    pub basis: Listed,
    /// `missing ATTR, …`: the missing attributes.
    pub missing: Listed,
    /// The whole expectation.
    pub span: Span,
}

/// Names that a decision's list must have: these among others, or with `only` these and no others.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The names.
    pub names: Vec<Name>,
    /// The word `only`.
    pub only: Option<Span>,
    /// The word `nothing`: the list must be empty.
    pub nothing: Option<Span>,
}

/// The effect or error that a test expects.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the variants are the language's own words")]
pub enum Outcome {
    Allow,
    Deny,
    Indeterminate,
    /// A request error at this attribute.
    Error(Name),
}
