//! The discipline of `is missing`: knowing less may only make an answer stricter.

use super::Checker;
use placet_syntax::ast::{
    CellTest, Condition, ConditionKind, Effect, Knowledge as Word, Operand, OperandKind,
};
use placet_syntax::{Code, Diagnostic, Span};

/// Where a condition says that an attribute is missing: once un-negated, once negated (`is known` being the
/// negation of `is missing`), if it does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Knowledge {
    plain: Option<Span>,
    negated: Option<Span>,
}

impl Knowledge {
    fn swapped(self) -> Self {
        Self { plain: self.negated, negated: self.plain }
    }

    fn or(self, other: Self) -> Self {
        Self { plain: self.plain.or(other.plain), negated: self.negated.or(other.negated) }
    }
}

/// Where a condition is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// In a rule of this effect; the flag tells that it is negated there: by an odd number of `except`s.
    Rule(Effect, bool),
    /// In a proof.
    Proof,
}

impl Checker<'_> {
    /// What a condition says about missing attributes. Recursion is as deep as the nesting limit.
    pub(super) fn knowledge_of(&self, condition: &Condition) -> Knowledge {
        match &condition.kind {
            ConditionKind::Or(parts) | ConditionKind::And(parts) => {
                parts.iter().fold(Knowledge::default(), |all, part| all.or(self.knowledge_of(part)))
            }
            ConditionKind::Not(inner) => self.knowledge_of(inner).swapped(),
            ConditionKind::Group(inner) => self.knowledge_of(inner),
            ConditionKind::Operand(operand) => self.knowledge_of_operand(operand, condition.span),
            ConditionKind::Presence(_, word) => of_word(*word, condition.span),
            ConditionKind::Compare(..) | ConditionKind::Quantified(..) => Knowledge::default(),
        }
    }

    fn knowledge_of_operand(&self, operand: &Operand, span: Span) -> Knowledge {
        match &operand.kind {
            OperandKind::Name(name) => match self.lets.get(name.as_str()) {
                // A let counts where it is used.
                Some(entry) => Knowledge {
                    plain: entry.knowledge.plain.map(|_| span),
                    negated: entry.knowledge.negated.map(|_| span),
                },
                None => Knowledge::default(),
            },
            OperandKind::Group(inner) => self.knowledge_of(inner),
            _ => Knowledge::default(),
        }
    }

    /// What a table's cell says: under a head that is a let, or `missing` and `known` under `is`.
    pub(super) fn knowledge_of_cell(
        &self,
        head: Knowledge,
        negated: bool,
        test: &CellTest,
        span: Span,
    ) -> Knowledge {
        let said = match test {
            CellTest::Presence(word) => of_word(*word, span),
            CellTest::Operands(values) => match values.first().map(|value| &value.kind) {
                Some(OperandKind::Literal(placet_syntax::ast::Literal::Bool(false))) => head.swapped(),
                _ => head,
            },
            _ => Knowledge::default(),
        };
        if negated { said.swapped() } else { said }
    }

    pub(super) fn check_knowledge(&mut self, condition: &Condition, used: Use) {
        let said = self.knowledge_of(condition);
        self.judge_knowledge(said, used);
    }

    pub(super) fn judge_knowledge(&mut self, said: Knowledge, used: Use) {
        let (effect, flipped) = match used {
            Use::Proof => {
                if let Some(span) = said.plain.or(said.negated) {
                    self.report(
                        Diagnostic::new(Code::MissingInProof, span, "a proof speaks of complete requests")
                            .help("leave out `is missing` and `is known`"),
                    );
                }
                return;
            }
            Use::Rule(effect, flipped) => (effect, flipped),
        };
        let said = if flipped { said.swapped() } else { said };
        // A deny may fire because something is missing, an allow may not.
        let wrong = match effect {
            Effect::Deny => said.negated,
            Effect::Allow => said.plain,
        };
        let Some(span) = wrong else { return };
        let (what, better) = match effect {
            Effect::Deny => ("this denies less when an attribute is missing", "deny where it `is missing`"),
            Effect::Allow => ("this allows more when an attribute is missing", "allow where it `is known`"),
        };
        self.report(
            Diagnostic::new(Code::MissingLoosens, span, what)
                .because("knowing less may only make an answer stricter")
                .help(format!("{better}; each `not` and each `except` turns it round")),
        );
    }
}

fn of_word(word: Word, span: Span) -> Knowledge {
    match word {
        Word::Missing => Knowledge { plain: Some(span), negated: None },
        Word::Known => Knowledge { plain: None, negated: Some(span) },
    }
}
