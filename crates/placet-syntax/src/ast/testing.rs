//! Proofs, examples and tests, with the values and expectations in them.

use super::*;
use crate::Span;

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
