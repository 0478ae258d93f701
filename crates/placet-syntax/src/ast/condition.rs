//! Conditions, operands and literals.

use super::*;
use crate::Span;

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
