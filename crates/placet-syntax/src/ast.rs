//! The syntax tree: what stands in a file, faithfully, each part with its place.

use crate::Span;

/// A word that names something, with its place.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name; an attribute's with its dots.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A string literal, its escapes resolved.
#[derive(Debug, Clone)]
pub struct Text {
    /// What it stands for.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A file.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The declarations in the order of the text.
    pub items: Vec<Item>,
    /// All comments in the order of the text.
    pub comments: Vec<Comment>,
    /// Whether text was left out of `items` because it does not parse. Names that it declared may then be unknown.
    pub damaged: bool,
}

/// A comment, to the end of its line.
#[derive(Debug, Clone)]
pub struct Comment {
    /// The text with its slashes, without the line end and trailing white space.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it begins with exactly three slashes: documentation of the declaration that follows.
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
    Where(Where),
    Rule(Rule),
    Table(Table),
    Proof(Proof),
    Example(Example),
    Test(Test),
    Cases(Cases),
}

impl Item {
    /// Where the declaration stands.
    pub fn span(&self) -> Span {
        match self {
            Item::Header(x) => x.span,
            Item::Import(x) => x.span,
            Item::Taxonomy(x) => x.span,
            Item::NamedSet(x) => x.span,
            Item::Request(x) => x.span,
            Item::Let(x) => x.span,
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
    /// Its version.
    pub version: Option<Text>,
    /// The document that it encodes.
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
    /// The topmost nodes.
    pub nodes: Vec<Node>,
    /// The whole declaration.
    pub span: Span,
}

/// A node of a taxonomy.
#[derive(Debug, Clone)]
pub struct Node {
    /// The node's name.
    pub name: Name,
    /// The nodes below it, `None` where no braces follow.
    pub children: Option<Vec<Node>>,
    /// The node and what is below it.
    pub span: Span,
}

/// `set name of Base = { … }`.
#[derive(Debug, Clone)]
pub struct NamedSet {
    /// The set's name.
    pub name: Name,
    /// A taxonomy, or a named set that must hold all entries.
    pub base: Name,
    /// The entries.
    pub entries: Braces,
    /// The whole declaration.
    pub span: Span,
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
    /// Its type.
    pub kind: Kind,
    /// What happens when a request leaves it out.
    pub presence: Option<Presence>,
    /// The whole entry.
    pub span: Span,
}

/// `default VALUE` or `required`.
#[derive(Debug, Clone)]
pub enum Presence {
    /// The value that stands for a left-out attribute.
    Default(Value),
    /// Leaving it out is an error.
    Required(Span),
}

/// The type of an attribute as it is written.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A type's or a taxonomy's name.
    Named(Name),
    /// `int 0..150`.
    Ranged(Name, Range),
    /// `{ a, b }`.
    Enum(Vec<Name>, Span),
    /// `set of …`.
    Set {
        /// `set?`: the empty set is a value too.
        may_be_empty: bool,
        /// What its members are.
        of: Box<Kind>,
        /// The whole type.
        span: Span,
    },
}

impl Kind {
    /// Where the type stands.
    pub fn span(&self) -> Span {
        match self {
            Kind::Named(name) => name.span,
            Kind::Ranged(name, range) => name.span.to(range.span),
            Kind::Enum(_, span) | Kind::Set { span, .. } => *span,
        }
    }
}

/// `let name = condition`.
#[derive(Debug, Clone)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// What it stands for.
    pub condition: Condition,
    /// The whole declaration.
    pub span: Span,
}

/// `where condition { … }`.
#[derive(Debug, Clone)]
pub struct Where {
    /// Where the rules in it hold.
    pub condition: Condition,
    /// Rules, tables and further blocks.
    pub items: Vec<Item>,
    /// The whole block.
    pub span: Span,
}

/// `rule name { … }`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The rule's name.
    pub name: Name,
    /// Its parts in the order of the text.
    pub parts: Vec<Part>,
    /// The whole declaration.
    pub span: Span,
}

/// `table name { … }`.
#[derive(Debug, Clone)]
pub struct Table {
    /// The table's name.
    pub name: Name,
    /// The parts of its head in the order of the text.
    pub parts: Vec<Part>,
    /// The column heads; empty where there is no row at all.
    pub columns: Vec<Column>,
    /// The rows below the heads.
    pub rows: Vec<Row>,
    /// Where the column heads stand, if there are any.
    pub head_span: Option<Span>,
    /// The whole declaration.
    pub span: Span,
}

/// A part of a rule or of a table's head.
#[derive(Debug, Clone)]
pub enum Part {
    /// `where condition`.
    Where(Condition, Span),
    /// `allow when …` or `deny when …`.
    Effect(EffectPart),
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
    /// Where the part stands.
    pub fn span(&self) -> Span {
        match self {
            Part::Effect(effect) => effect.span,
            Part::Where(_, span)
            | Part::Cite(_, span)
            | Part::Because(_, span)
            | Part::Basis(_, span)
            | Part::Oblige(_, span) => *span,
        }
    }
}

pub use placet_core::RuleEffect as Effect;

/// The effect of a rule, its condition, its exceptions.
#[derive(Debug, Clone)]
pub struct EffectPart {
    /// Allow or deny.
    pub effect: Effect,
    /// Where the word stands.
    pub effect_span: Span,
    /// `when …`.
    pub when: Option<Condition>,
    /// `except …`.
    pub exceptions: Vec<Exception>,
    /// `otherwise deny`.
    pub otherwise: Option<Span>,
    /// From the effect to the last exception or `otherwise`.
    pub span: Span,
}

/// `except name when condition { … }`.
#[derive(Debug, Clone)]
pub struct Exception {
    /// The name by which explanations speak of it.
    pub name: Option<Name>,
    /// Where it holds.
    pub when: Condition,
    /// Where it does not hold all the same.
    pub exceptions: Vec<Exception>,
    /// The whole exception.
    pub span: Span,
}

/// `WORD within DURATION when cond "…"`.
#[derive(Debug, Clone)]
pub struct Obligation {
    /// What must be done.
    pub name: Name,
    /// Until when, in microseconds.
    pub within: Option<(i64, Span)>,
    /// When it is due.
    pub when: Option<Condition>,
    /// What it asks for, for people.
    pub text: Option<Text>,
    /// The whole obligation.
    pub span: Span,
}

/// The head of a table's column.
#[derive(Debug, Clone)]
pub enum Column {
    /// `name`: the rows' names.
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
    /// Where the head stands.
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

/// The beginning of a condition.
#[derive(Debug, Clone)]
pub struct Heading {
    /// What the cells are compared with.
    pub subject: Subject,
    /// How; `None` for a bare head.
    pub relation: Option<Relation>,
    /// The whole head.
    pub span: Span,
}

/// The left side of a comparison.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A value.
    Operand(Operand),
    /// A quantifier over a set-valued attribute.
    Quantified(Quantifier, Name),
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The cells, as many as there are columns.
    pub cells: Vec<Cell>,
    /// The whole row.
    pub span: Span,
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What stands in it.
    pub content: CellContent,
    /// Where.
    pub span: Span,
}

/// What stands in a cell.
#[derive(Debug, Clone)]
pub enum CellContent {
    /// `*`.
    Any,
    /// The name of the row, or its basis.
    Name(Name),
    /// Its `because`.
    Text(Text),
    /// Its cites.
    Texts(Vec<Text>),
    /// Its obligations.
    Obligations(Vec<Obligation>),
    /// What completes the head, `not` before it or not.
    Test(bool, CellTest),
}

/// What completes the head of a column.
#[derive(Debug, Clone)]
pub enum CellTest {
    /// One value, or several without braces.
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
    /// Not given.
    Missing,
    /// Given.
    Known,
}

/// A condition.
#[derive(Debug, Clone)]
pub struct Condition {
    /// What it says.
    pub kind: ConditionKind,
    /// Where it stands.
    pub span: Span,
}

/// What a condition says.
#[derive(Debug, Clone)]
pub enum ConditionKind {
    /// At least one holds; two or more.
    Or(Vec<Condition>),
    /// All hold; two or more.
    And(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// In parentheses.
    Group(Box<Condition>),
    /// A `bool` attribute, a let, `true` or `false`.
    Operand(Operand),
    /// `x relation y`.
    Compare(Box<Operand>, Relation, Box<Right>),
    /// `any s in SET`.
    Quantified(Quantifier, Name, Relation, Box<Right>),
    /// `x is missing`.
    Presence(Box<Operand>, Knowledge),
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
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Right::Operand(operand) => operand.span,
            Right::Braces(braces) => braces.span,
            Right::Range(range) => range.span,
        }
    }
}

/// How two sides are compared.
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
    /// As it is written.
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

/// `any`, `all`, `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the language's own words")]
pub enum Quantifier {
    Any,
    All,
    No,
}

impl Quantifier {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Quantifier::Any => "any",
            Quantifier::All => "all",
            Quantifier::No => "no",
        }
    }
}

/// A value, an attribute, or an arithmetic of them.
#[derive(Debug, Clone)]
pub struct Operand {
    /// What it is.
    pub kind: OperandKind,
    /// Where it stands.
    pub span: Span,
}

/// What an operand is.
#[derive(Debug, Clone)]
pub enum OperandKind {
    /// A name: of an attribute, a let, a value, a named set.
    Name(String),
    /// A literal.
    Literal(Literal),
    /// `first ± term ± …`, from the left; at least one term.
    Sum(Box<Operand>, Vec<(Sign, Operand)>),
    /// `years(from, to)`.
    Years(Box<Operand>, Box<Operand>),
    /// A condition in parentheses; an operand where the condition is one.
    Group(Box<Condition>),
}

/// `+` or `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Sign {
    Plus,
    Minus,
}

/// A literal value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `true` or `false`.
    Bool(bool),
    /// A numeral, an int or a number as its context asks: its text without underscores.
    Numeral(String),
    /// A string: as a text, and as it is written between its quotes (for a pattern).
    String(String, String),
    /// A day, in days from 1970-01-01.
    Date(i32),
    /// An instant, in microseconds from 1970-01-01T00:00:00Z.
    Time(i64),
    /// A duration, in microseconds.
    Duration(i64),
}

/// `{ a, b }`.
#[derive(Debug, Clone)]
pub struct Braces {
    /// The entries: names and literals.
    pub entries: Vec<Operand>,
    /// With its braces.
    pub span: Span,
}

/// `a..b`, both ends in it.
#[derive(Debug, Clone)]
pub struct Range {
    /// The first value.
    pub low: Box<Operand>,
    /// The last value.
    pub high: Box<Operand>,
    /// The whole range.
    pub span: Span,
}

/// `prove name { never allow when … }`.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The proof's name.
    pub name: Name,
    /// `always allow` rather than `never allow`.
    pub always: bool,
    /// Where it must hold.
    pub when: Option<Condition>,
    /// The whole declaration.
    pub span: Span,
}

/// `example name { … }`.
#[derive(Debug, Clone)]
pub struct Example {
    /// The example's name.
    pub name: Name,
    /// What it gives.
    pub assignments: Vec<Assignment>,
    /// The whole declaration.
    pub span: Span,
}

/// `attr: value`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The attribute.
    pub attribute: Name,
    /// Its value.
    pub value: Value,
}

/// A value in an example, a test, a `cases` cell or a `default`.
#[derive(Debug, Clone)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it stands.
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum ValueKind {
    /// `missing`.
    Missing,
    /// A value's or a node's name.
    Name(String),
    /// A literal.
    Literal(Literal),
    /// `{ a, b }`.
    Set(Vec<Operand>),
    /// A date, time or duration that there is not: a fault, unless a test expects one.
    Faulty(Box<crate::Diagnostic>),
}

/// `test "…" { given … expect … }`.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it shows.
    pub title: Text,
    /// The request.
    pub given: Given,
    /// What must come.
    pub expect: Expectation,
    /// The whole declaration.
    pub span: Span,
}

/// The request of a test.
#[derive(Debug, Clone)]
pub struct Given {
    /// The example that it starts from.
    pub example: Option<Name>,
    /// What it gives itself, or replaces.
    pub assignments: Vec<Assignment>,
    /// Whether the replacements are written out (`with { … }`, or a literal request).
    pub has_braces: bool,
    /// The whole part.
    pub span: Span,
}

/// `cases "…" given … { … }`.
#[derive(Debug, Clone)]
pub struct Cases {
    /// What they show.
    pub title: Text,
    /// What all rows start from.
    pub given: Given,
    /// The attributes of the columns; `None` for the column `expect`.
    pub columns: Vec<CaseColumn>,
    /// The tests.
    pub rows: Vec<CaseRow>,
    /// The whole declaration.
    pub span: Span,
}

/// A column of `cases`.
#[derive(Debug, Clone)]
pub enum CaseColumn {
    /// The values of an attribute.
    Attribute(Name),
    /// What must come.
    Expect(Span),
}

impl CaseColumn {
    /// Where the head stands.
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
    /// The values in the order of the columns, the expectation left out.
    pub assignments: Vec<Assignment>,
    /// What must come.
    pub expect: Expectation,
    /// The whole row.
    pub span: Span,
}

/// What a test expects.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The answer.
    pub outcome: Outcome,
    /// `by RULE, …`: some of the determining rules.
    pub by: Vec<Name>,
    /// `by default`: no rule decides.
    pub by_default: Option<Span>,
    /// `oblige WORD, …`: some of the obligations.
    pub oblige: Vec<Name>,
    /// `missing ATTR, …`: some of the missing attributes.
    pub missing: Vec<Name>,
    /// The whole expectation.
    pub span: Span,
}

/// The answer that a test expects.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the variants are the language's own words")]
pub enum Outcome {
    Allow,
    Deny,
    Indeterminate,
    /// An erroneous request, by this attribute.
    Error(Name),
}
