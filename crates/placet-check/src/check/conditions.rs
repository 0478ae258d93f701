//! Converts conditions from the syntax tree to typed nodes of the model, which share equal parts.

use super::Checker;
use placet_model::BitSet;
use placet_model::condition::{Atom, ConditionId};
use placet_model::types::{Presence, Type};
use placet_syntax::ast::{Condition, ConditionKind, Knowledge, Literal, Operand, OperandKind};
use placet_syntax::{Code, Diagnostic, Span};

impl<'a> Checker<'a> {
    /// Returns the node of a condition, or `None` if a part of it is invalid, which is reported. Recursion is bounded
    /// by the nesting limit.
    pub(super) fn condition(&mut self, condition: &Condition) -> Option<ConditionId> {
        match &condition.kind {
            ConditionKind::Or(parts) => {
                let parts = self.conditions(parts)?;
                Some(self.conditions.any(parts))
            }
            ConditionKind::And(parts) => {
                let parts = self.conditions(parts)?;
                Some(self.conditions.all(parts))
            }
            ConditionKind::Not(inner) => {
                let inner = self.condition(inner)?;
                Some(self.conditions.not(inner))
            }
            ConditionKind::Group(inner) => self.condition(inner),
            ConditionKind::Operand(operand) => self.bare(operand),
            ConditionKind::Presence(operand, word) => self.presence_test(operand, *word),
            ConditionKind::Compare(left, relation, right) => {
                self.compare(left, *relation, right, condition.span)
            }
            ConditionKind::Quantified(quantifier, name, relation, right) => {
                self.quantified(*quantifier, name, *relation, right, condition.span)
            }
        }
    }

    /// Returns the nodes of all parts.
    fn conditions(&mut self, parts: &[Condition]) -> Option<Vec<ConditionId>> {
        // Collecting into `Option<Vec<_>>` directly would stop at the first invalid part and hide errors in the others.
        let all: Vec<Option<ConditionId>> = parts.iter().map(|part| self.condition(part)).collect();
        all.into_iter().collect()
    }

    fn bare(&mut self, operand: &Operand) -> Option<ConditionId> {
        match &operand.kind {
            OperandKind::Name(name) => self.bare_name(name, operand.span),
            OperandKind::Literal(Literal::Bool(value)) => Some(self.conditions.constant(*value)),
            OperandKind::Group(inner) => self.condition(inner),
            _ => {
                self.report(
                    Diagnostic::new(Code::NotACondition, operand.span, "expected a condition, found a value")
                        .help("compare it with `is`, `in`, `<` …"),
                );
                None
            }
        }
    }

    /// Returns the node of a let or a `bool` attribute that is a condition by itself.
    pub(super) fn bare_name(&mut self, name: &str, span: Span) -> Option<ConditionId> {
        if let Some(entry) = self.lets.get(name) {
            // The errors of an invalid let are reported at its declaration.
            return entry.condition;
        }
        let Some((id, attribute)) = self.find_attribute(name) else {
            if self.broken_attributes.contains(name) {
                return None;
            }
            let near = self.near_operand(name);
            self.report(
                Diagnostic::new(Code::UnknownName, span, format!("unknown attribute or let `{name}`"))
                    .did_you_mean(near.as_deref()),
            );
            return None;
        };
        if attribute.kind != Type::Bool {
            let help = match &attribute.kind {
                Type::Set { .. } => format!("test its members: `any {name} in {{…}}`"),
                _ => format!("compare it: `{name} is …`"),
            };
            let message = format!("expected a condition, found `{name}` of type `{}`", attribute.kind);
            let place = attribute.span;
            self.report(
                Diagnostic::new(Code::NotACondition, span, message).label(place, "declared here").help(help),
            );
            return None;
        }
        Some(self.conditions.leaf(Atom::OneOf(id, BitSet::from_iter(2, [1]))))
    }

    pub(super) fn presence_test(&mut self, operand: &Operand, word: Knowledge) -> Option<ConditionId> {
        let OperandKind::Name(name) = &operand.kind else {
            self.fault(Code::WrongType, operand.span, "only an attribute can be missing or known");
            return None;
        };
        self.attribute_side(name, operand.span)?;
        let (id, attribute) = self.find_attribute(name)?;
        if attribute.presence == Presence::Required {
            let place = attribute.span;
            self.report(
                Diagnostic::new(Code::NeverMissing, operand.span, format!("`{name}` is never missing"))
                    .label(place, "declared `required` here"),
            );
            return None;
        }
        let missing = self.conditions.leaf(Atom::Missing(id));
        Some(if word == Knowledge::Missing { missing } else { self.conditions.not(missing) })
    }

    /// Returns the lets that a condition uses, with the spans of the uses.
    pub(super) fn lets_in(&self, condition: &Condition) -> Vec<(&'a str, Span)> {
        let mut out = Vec::new();
        let mut todo = vec![condition];
        while let Some(condition) = todo.pop() {
            match &condition.kind {
                ConditionKind::Or(parts) | ConditionKind::And(parts) => todo.extend(parts),
                ConditionKind::Not(inner) | ConditionKind::Group(inner) => todo.push(inner),
                ConditionKind::Operand(Operand { kind: OperandKind::Group(inner), .. }) => todo.push(inner),
                ConditionKind::Operand(Operand { kind: OperandKind::Name(name), span }) => {
                    if let Some((key, _)) = self.lets.get_key_value(name.as_str()) {
                        out.push((*key, *span));
                    }
                }
                _ => {}
            }
        }
        out
    }
}
