//! Converts conditions from the syntax tree to typed nodes of the model, which share equal parts.

use super::Checker;
use super::compare::Verdict;
use placet_model::BitSet;
use placet_model::condition::{Atom, ConditionId};
use placet_model::types::{Attribute, AttributeId, Presence, Type};
use placet_syntax::ast::{Condition, ConditionKind, Knowledge, Literal, Operand, OperandKind, Relation};
use placet_syntax::{Code, Diagnostic, Span};

impl Checker<'_> {
    /// Returns the node of a condition, or `None` if a part of it is invalid, which is reported. Recursion is bounded
    /// by the nesting limit.
    pub(super) fn condition(&mut self, condition: &Condition) -> Option<ConditionId> {
        let calls = self.replaced_calls.len();
        let node = self.built(condition)?;
        self.keep_text(node, condition, calls);
        Some(node)
    }

    fn built(&mut self, condition: &Condition) -> Option<ConditionId> {
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
            ConditionKind::Compare(left, relation, right) => self.comparison(condition.span, |checker| {
                checker.compare(left, *relation, right, condition.span)
            }),
            ConditionKind::Quantified(quantifier, subject, relation, right) => self
                .comparison(condition.span, |checker| {
                    checker.quantified(*quantifier, subject, *relation, right, condition.span)
                }),
            ConditionKind::Each(each) => self.each(each),
        }
    }

    /// Builds a comparison, and replaces the values of lookups in it.
    fn comparison(
        &mut self,
        span: Span,
        build: impl FnOnce(&mut Self) -> Option<ConditionId>,
    ) -> Option<ConditionId> {
        let before = self.diagnostics.len();
        let node = build(self)?;
        let is_judged = self.diagnostics.len() > before;
        Some(self.comparison_without_lookups(node, span, is_judged))
    }

    /// Returns the nodes of all parts.
    fn conditions(&mut self, parts: &[Condition]) -> Option<Vec<ConditionId>> {
        // Collecting into `Option<Vec<_>>` directly would stop at the first invalid part and hide errors in the others.
        let mut all = Vec::new();
        let mut rest = parts;
        while let Some((part, others)) = rest.split_first() {
            rest = others;
            all.push(self.condition(part));
            if let Some(count) = self.alternatives(part, others) {
                all.push(None);
                rest = others.get(count..).unwrap_or_default();
            }
        }
        all.into_iter().collect()
    }

    /// Reports values that stand alone after a comparison with another value of the same attribute, as in `consent is
    /// refused or withdrawn`. Returns their number, or `None` without one.
    fn alternatives(&mut self, compared: &Condition, others: &[Condition]) -> Option<usize> {
        let ConditionKind::Compare(left, relation, right) = &compared.kind else { return None };
        let OperandKind::Name(name) = &left.kind else { return None };
        let kind = &self.find_attribute(name)?.1.kind;
        let is_value = |other: &&Condition| match &other.kind {
            ConditionKind::Operand(operand) => match (&operand.kind, kind) {
                (OperandKind::Name(name), Type::Symbol(universe)) => {
                    universe.find(name).is_some() && self.is_unknown(name)
                }
                (OperandKind::Literal(Literal::Bool(_)), _) => false,
                (OperandKind::Literal(_), _) => true,
                _ => false,
            },
            _ => false,
        };
        let values: Vec<&Condition> = others.iter().take_while(is_value).collect();
        let first = values.first()?.span;
        let word = match relation {
            Relation::Is | Relation::In => "in",
            Relation::IsNot | Relation::NotIn => "not in",
            _ => return None,
        };
        let spans = std::iter::once(right.span()).chain(values.iter().map(|value| value.span));
        let texts: Vec<&str> =
            spans.map(|span| self.sources.slice(span).trim_matches(['{', '}', ' '])).collect();
        let help = format!("write `{name} {word} {{{}}}`", texts.join(", "));
        let message = format!("expected a condition, found the value `{}`", self.sources.slice(first));
        self.report(Diagnostic::new(Code::NotACondition, first, message).help(help));
        Some(values.len())
    }

    fn bare(&mut self, operand: &Operand) -> Option<ConditionId> {
        match &operand.kind {
            OperandKind::Name(name) => self.bare_name(name, operand.span),
            OperandKind::Literal(Literal::Bool(value)) => Some(self.conditions.constant(*value)),
            OperandKind::Group(inner) => self.condition(inner),
            OperandKind::Lookup(..) => self.comparison(operand.span, |checker| {
                let value = checker.resolved(operand)?;
                let OperandKind::Name(name) = &value.kind else { return None };
                checker.bare_name(name, operand.span)
            }),
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
            let names_a_value = entry.value.is_some() && entry.condition.is_none();
            if !names_a_value {
                // The errors of an invalid let are reported at its declaration.
                return entry.condition;
            }
            if self.find_attribute(name).is_none() {
                let message = format!("expected a condition, found the value `{name}`");
                self.report(
                    Diagnostic::new(Code::NotACondition, span, message)
                        .help(format!("compare it: `{name} is …`")),
                );
                return None;
            }
        }
        let Some((id, attribute)) = self.find_attribute(name) else {
            if self.broken_attributes.contains(name) {
                return None;
            }
            self.unknown_operand(name, span, "attribute or let", None);
            return None;
        };
        if attribute.kind != Type::Bool {
            let help = match &attribute.kind {
                Type::Set { .. } => format!("test its members: `any {name} in {{…}}`"),
                _ => format!("compare it: `{name} is …`"),
            };
            let message =
                format!("expected a condition, found `{name}` of type `{}`", attribute.declared_type());
            let place = attribute.span;
            self.report(
                Diagnostic::new(Code::NotACondition, span, message).label(place, "declared here").help(help),
            );
            return None;
        }
        Some(self.atom(Atom::OneOf(id, BitSet::from_iter(2, [1]))))
    }

    pub(super) fn presence_test(&mut self, operand: &Operand, word: Knowledge) -> Option<ConditionId> {
        let OperandKind::Name(name) = &operand.kind else {
            self.fault(Code::WrongType, operand.span, "only an attribute can be missing or known");
            return None;
        };
        self.attribute_side(name, operand.span)?;
        let Some((id, attribute)) = self.find_attribute(name) else {
            let message = format!("only an attribute can be missing or known, not the value `{name}`");
            self.fault(Code::WrongType, operand.span, message);
            return None;
        };
        if attribute.presence == Presence::Required {
            let label = if self.is_parameter(id) { "declared here" } else { "declared `required` here" };
            let place = attribute.span;
            self.report(
                Diagnostic::new(Code::NeverMissing, operand.span, format!("`{name}` is never missing"))
                    .label(place, label),
            );
            return None;
        }
        let missing = self.conditions.leaf(Atom::Missing(id));
        Some(if word == Knowledge::Missing { missing } else { self.conditions.not(missing) })
    }

    /// Builds an atom. Of an optional attribute that is `none`, it is false.
    pub(super) fn atom(&mut self, atom: Atom) -> ConditionId {
        let read = atom.attributes();
        let node = self.conditions.leaf(atom);
        self.guarded(node, read)
    }

    /// Returns the optional attributes that give an attribute no value where they are `none`: itself, and the key if it is
    /// the value of a lookup.
    pub(super) fn optional_in(&self, id: AttributeId) -> impl Iterator<Item = AttributeId> + use<> {
        let key = self.call_of.get(&id).map(|call| call.key);
        let is_optional = |id: &AttributeId| self.attribute(*id).is_some_and(Attribute::is_optional);
        [Some(id).filter(is_optional), key.filter(is_optional)].into_iter().flatten()
    }

    /// Builds the conjunction of a condition and that none of these attributes is without a value.
    pub(super) fn guarded(
        &mut self,
        node: ConditionId,
        read: impl IntoIterator<Item = AttributeId>,
    ) -> ConditionId {
        let mut parts = vec![node];
        for id in read {
            for optional in self.optional_in(id) {
                if let Some(none) = self.attribute(optional).and_then(|attribute| attribute.none) {
                    let is_none = self.is_none(none);
                    parts.push(self.conditions.not(is_none));
                }
            }
        }
        self.conditions.all(parts)
    }

    /// Builds the condition that an optional attribute is `none`, given its companion.
    pub(super) fn is_none(&mut self, companion: AttributeId) -> ConditionId {
        self.conditions.leaf(Atom::OneOf(companion, BitSet::from_iter(2, [1])))
    }

    /// Returns true if some of these attributes can be without a value.
    pub(super) fn any_optional(&self, ids: impl IntoIterator<Item = AttributeId>) -> bool {
        ids.into_iter().any(|id| self.optional_in(id).next().is_some())
    }

    /// Builds a comparison from its atom without a negation, and reports it if it never or always holds. `verdict` is
    /// that of the atom where no attribute is `none`.
    pub(super) fn judged(
        &mut self,
        atom: Atom,
        verdict: Verdict,
        negated: bool,
        span: Span,
        note: Option<(Span, String)>,
    ) -> ConditionId {
        // For `none` the atom is false.
        let may_fail = verdict == Verdict::Always && self.any_optional(atom.attributes());
        let verdict = if may_fail { Verdict::Open } else { verdict };
        self.judge(if negated { verdict.negated() } else { verdict }, span, note);
        let node = self.atom(atom);
        if negated { self.conditions.not(node) } else { node }
    }
}
