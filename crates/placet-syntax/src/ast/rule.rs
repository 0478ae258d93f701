//! Rules and their parts.

use super::*;
use crate::Span;

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
