//! The discipline of `is missing`: knowing less may only make an answer stricter.

use super::Checker;
use placet_syntax::ast::{
    CellTest, Condition, ConditionKind, Effect, Knowledge as Word, Literal, Operand, OperandKind,
};
use placet_syntax::{Code, Diagnostic, Span};

/// Where a condition says that an attribute is missing: once un-negated, once negated (`is known` being the
/// negation of `is missing`), if it does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Knowledge {
    plain: Option<Said>,
    negated: Option<Said>,
}

/// `is missing` or `is known` in a condition.
#[derive(Debug, Clone, Copy)]
struct Said {
    /// Where it stands, or the let that says it.
    span: Span,
    /// Where it stands in that let.
    within: Option<Span>,
    /// Under an odd number of `not`s and `except`s.
    turned: bool,
}

impl Knowledge {
    fn new(word: Word, span: Span) -> Self {
        let said = Some(Said { span, within: None, turned: false });
        match word {
            Word::Missing => Self { plain: said, negated: None },
            Word::Known => Self { plain: None, negated: said },
        }
    }

    fn swapped(self) -> Self {
        let turned = |said: Said| Said { turned: !said.turned, ..said };
        Self { plain: self.negated.map(turned), negated: self.plain.map(turned) }
    }

    fn or(self, other: Self) -> Self {
        Self { plain: self.plain.or(other.plain), negated: self.negated.or(other.negated) }
    }

    /// As a let says it that is used at a place.
    fn used_at(self, span: Span) -> Self {
        let used = |said: Said| Said { span, within: said.within.or(Some(said.span)), ..said };
        Self { plain: self.plain.map(used), negated: self.negated.map(used) }
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
            ConditionKind::Presence(_, word) => Knowledge::new(*word, condition.span),
            ConditionKind::Compare(..) | ConditionKind::Quantified(..) => Knowledge::default(),
        }
    }

    fn knowledge_of_operand(&self, operand: &Operand, span: Span) -> Knowledge {
        match &operand.kind {
            // A let counts where it is used.
            OperandKind::Name(name) => {
                self.lets.get(name.as_str()).map(|entry| entry.knowledge.used_at(span)).unwrap_or_default()
            }
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
            CellTest::Presence(word) => Knowledge::new(*word, span),
            CellTest::Operands(values) => match values.first().map(|value| &value.kind) {
                Some(OperandKind::Literal(Literal::Bool(false))) => head.swapped(),
                _ => head,
            },
            _ => Knowledge::default(),
        };
        if negated { said.swapped() } else { said }
    }

    /// Judges a condition where it is used; `part_of` is what it is a part of, if that stands elsewhere.
    pub(super) fn check_knowledge(
        &mut self,
        condition: &Condition,
        used: Use,
        part_of: Option<(Span, &'static str)>,
    ) {
        let said = self.knowledge_of(condition);
        self.judge_knowledge(said, used, part_of);
    }

    pub(super) fn judge_knowledge(
        &mut self,
        said: Knowledge,
        used: Use,
        part_of: Option<(Span, &'static str)>,
    ) {
        let (effect, flipped) = match used {
            Use::Proof => {
                if let Some(said) = said.plain.or(said.negated) {
                    let fault = Diagnostic::new(
                        Code::MissingInProof,
                        said.span,
                        "a proof speaks of complete requests",
                    );
                    let fault = fault.help("leave out `is missing` and `is known`");
                    self.report(labelled(fault, said.within.map(|span| (span, "it is asked here"))));
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
        let Some(said) = wrong.filter(|said| !self.loosening.contains(&said.span)) else { return };
        self.loosening.insert(said.span);
        let what = match effect {
            Effect::Deny => "this denies less when an attribute is missing",
            Effect::Allow => "this allows more when an attribute is missing",
        };
        let help = match (effect, said.turned) {
            (Effect::Deny, false) => {
                "leave this out, or give the attribute a `default` and compare with that"
            }
            (Effect::Allow, false) => {
                "allow where it `is known`, or give it a `default` and compare with that"
            }
            (Effect::Deny, true) => "under a `not` or an `except`, a deny may ask for `is known` alone",
            (Effect::Allow, true) => "under a `not` or an `except`, an allow may ask for `is missing` alone",
        };
        let fault = Diagnostic::new(Code::MissingLoosens, said.span, what)
            .because("knowing less may only make an answer stricter")
            .help(help);
        let fault = labelled(fault, said.within.map(|span| (span, "it is asked here")));
        self.report(labelled(fault, part_of));
    }
}

fn labelled(fault: Diagnostic, label: Option<(Span, &'static str)>) -> Diagnostic {
    match label {
        Some((span, text)) => fault.label(span, text),
        None => fault,
    }
}
