//! Checks the monotonicity of `is missing`: leaving an attribute out of a request may only make a decision stricter.
//!
//! An allow may not fire because an attribute is missing, and a deny may not stay silent because of it. The check is
//! syntactic. It computes the polarity of each `is missing` in a condition: `not` and `except` flip it, and `is known`
//! counts as `not … is missing`. An allow may contain `is missing` only with negative polarity, a deny only with
//! positive polarity. A let is judged at each of its uses.
//!
//! ```
//! use placet_check::check;
//! use placet_syntax::{Code, Limits, source::load_text};
//!
//! let text = "policy p request { age: int 0..150 } rule r { allow when age is missing }";
//! let limits = Limits::default();
//! let (_, diagnostics) = check(&load_text("p.placet", text, &limits), &limits);
//! assert_eq!(diagnostics[0].code, Code::MissingLoosens);
//! ```

use super::Checker;
use placet_syntax::ast::{
    CellTest, Condition, ConditionKind, Effect, Knowledge as Word, Literal, Operand, OperandKind,
};
use placet_syntax::{Code, Diagnostic, Span};

/// The first `is missing` of a condition with positive polarity, and the first with negative polarity. One of each is
/// enough: the check reports one error for a condition.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Knowledge {
    plain: Option<PresenceTest>,
    negated: Option<PresenceTest>,
}

/// An `is missing` or `is known` in a condition.
#[derive(Debug, Clone, Copy)]
struct PresenceTest {
    /// The span of the test, or of the let's use in the condition.
    span: Span,
    /// The span of the test in the let.
    within: Option<Span>,
    /// True under an odd number of `not`s and `except`s. It selects the help text.
    flipped: bool,
}

impl Knowledge {
    fn new(word: Word, span: Span) -> Self {
        let test = Some(PresenceTest { span, within: None, flipped: false });
        match word {
            Word::Missing => Self { plain: test, negated: None },
            Word::Known => Self { plain: None, negated: test },
        }
    }

    /// Flips the polarities, like a `not` around the condition.
    fn swapped(self) -> Self {
        let flip = |test: PresenceTest| PresenceTest { flipped: !test.flipped, ..test };
        Self { plain: self.negated.map(flip), negated: self.plain.map(flip) }
    }

    fn or(self, other: Self) -> Self {
        Self { plain: self.plain.or(other.plain), negated: self.negated.or(other.negated) }
    }

    /// Moves the tests of a let to the span of its use. The innermost let keeps its span in `within`.
    fn used_at(self, span: Span) -> Self {
        let used =
            |test: PresenceTest| PresenceTest { span, within: test.within.or(Some(test.span)), ..test };
        Self { plain: self.plain.map(used), negated: self.negated.map(used) }
    }
}

/// The use of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// In a rule with this effect. The flag is true under an odd number of `except`s.
    Rule(Effect, bool),
    /// In a proof.
    Proof,
}

impl Checker<'_> {
    /// Returns the presence tests of a condition. Recursion is bounded by the nesting limit.
    pub(super) fn knowledge_of(&self, condition: &Condition) -> Knowledge {
        match &condition.kind {
            ConditionKind::Or(parts) | ConditionKind::And(parts) => {
                parts.iter().fold(Knowledge::default(), |all, part| all.or(self.knowledge_of(part)))
            }
            ConditionKind::Not(inner) => self.knowledge_of(inner).swapped(),
            ConditionKind::Group(inner) => self.knowledge_of(inner),
            ConditionKind::Operand(operand) => self.knowledge_of_operand(operand, condition.span),
            ConditionKind::Presence(_, word) => Knowledge::new(*word, condition.span),
            // Both quantifiers grow with their condition.
            ConditionKind::Each(each) => self.knowledge_of(&each.condition),
            ConditionKind::Compare(..) | ConditionKind::Quantified(..) => Knowledge::default(),
        }
    }

    fn knowledge_of_operand(&self, operand: &Operand, span: Span) -> Knowledge {
        match &operand.kind {
            // A let has the polarity of its use.
            OperandKind::Name(name) => {
                self.lets.get(name.as_str()).map(|entry| entry.knowledge.used_at(span)).unwrap_or_default()
            }
            OperandKind::Group(inner) => self.knowledge_of(inner),
            _ => Knowledge::default(),
        }
    }

    /// Returns the presence tests of a table cell, which come from a let in the column header or from `missing` and
    /// `known` in the cell. `head` is the presence tests of the header.
    pub(super) fn knowledge_of_cell(
        &self,
        head: Knowledge,
        negated: bool,
        test: &CellTest,
        span: Span,
    ) -> Knowledge {
        let found = match test {
            CellTest::Presence(word) => Knowledge::new(*word, span),
            CellTest::Operands(values) => match values.first().map(|value| &value.kind) {
                Some(OperandKind::Literal(Literal::Bool(false))) => head.swapped(),
                _ => head,
            },
            _ => Knowledge::default(),
        };
        if negated { found.swapped() } else { found }
    }

    /// Reports a condition whose presence tests have the wrong polarity for its use. `part_of` labels the rule that the
    /// condition is a part of, if the condition is outside it.
    pub(super) fn check_knowledge(
        &mut self,
        condition: &Condition,
        used: Use,
        part_of: Option<(Span, &'static str)>,
    ) {
        let knowledge = self.knowledge_of(condition);
        self.judge_knowledge(knowledge, used, part_of);
    }

    /// Reports presence tests that have the wrong polarity for their use.
    pub(super) fn judge_knowledge(
        &mut self,
        knowledge: Knowledge,
        used: Use,
        part_of: Option<(Span, &'static str)>,
    ) {
        let (effect, flipped) = match used {
            Use::Proof => {
                if let Some(test) = knowledge.plain.or(knowledge.negated) {
                    let fault = Diagnostic::new(
                        Code::MissingInProof,
                        test.span,
                        "a proof can't test whether an attribute is missing",
                    );
                    let fault = fault
                        .help("remove `is missing` and `is known`: a proof is about complete requests only");
                    self.report(labelled(fault, test.within.map(|span| (span, "the test is here"))));
                }
                return;
            }
            Use::Rule(effect, flipped) => (effect, flipped),
        };
        let knowledge = if flipped { knowledge.swapped() } else { knowledge };
        // A deny may fire because something is missing, an allow may not.
        let wrong = match effect {
            Effect::Deny => knowledge.negated,
            Effect::Allow => knowledge.plain,
        };
        let Some(test) = wrong.filter(|test| !self.loosening.contains(&test.span)) else { return };
        self.loosening.insert(test.span);
        let what = match effect {
            Effect::Deny => "this denies less when an attribute is missing",
            Effect::Allow => "this allows more when an attribute is missing",
        };
        let help = match (effect, test.flipped) {
            (Effect::Deny, false) => {
                "remove this test, or give the attribute a `default` and compare with it"
            }
            (Effect::Allow, false) => {
                "write `is known`, or give the attribute a `default` and compare with it"
            }
            (Effect::Deny, true) => {
                "under a `not` or an `except`, a deny can use `is known`, but not `is missing`"
            }
            (Effect::Allow, true) => {
                "under a `not` or an `except`, an allow can use `is missing`, but not `is known`"
            }
        };
        let fault = Diagnostic::new(Code::MissingLoosens, test.span, what)
            .because("a missing attribute may only make the answer stricter")
            .help(help);
        let fault = labelled(fault, test.within.map(|span| (span, "the test is here")));
        self.report(labelled(fault, part_of));
    }
}

fn labelled(fault: Diagnostic, label: Option<(Span, &'static str)>) -> Diagnostic {
    match label {
        Some((span, text)) => fault.label(span, text),
        None => fault,
    }
}
