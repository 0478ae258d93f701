//! Checks comparisons and builds their atoms.
//!
//! [`Checker::compare`] dispatches on the operator and the type of the left side: ordered values to `ordered`, sets to
//! `sets`, everything else to the functions here. An atom never contains its negation. `is not` and `not in` negate the
//! node of the positive atom, so both forms share it. Symmetric comparisons of two attributes are sorted by attribute
//! for the same reason.

use super::Checker;
use super::operands::{Order, Side};
use placet_model::condition::{Atom, Collection, ConditionId};
use placet_model::types::{AttributeId, DeclaredType, Members, Type, Universe};
use placet_syntax::ast::{Literal, Operand, OperandKind, Relation, Right};
use placet_syntax::{Code, Diagnostic, Span};
use std::collections::BTreeSet;

/// The truth of a comparison as far as the declared domains decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Never,
    Always,
    Open,
}

impl Verdict {
    pub(super) fn of(never: bool, always: bool) -> Self {
        if never {
            Verdict::Never
        } else if always {
            Verdict::Always
        } else {
            Verdict::Open
        }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Verdict::Never => Verdict::Always,
            Verdict::Always => Verdict::Never,
            Verdict::Open => Verdict::Open,
        }
    }
}

/// The right side of a comparison of symbols or texts.
pub(super) enum Comparison {
    Attribute(AttributeId),
    Values(Collection),
}

impl Checker<'_> {
    pub(super) fn compare(
        &mut self,
        left: &Operand,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let left = &self.resolved(left)?;
        let right = self.resolved_right(right)?;
        if let Some(found) = self.none_comparison(left, relation, &right, span) {
            return found;
        }
        if matches!(relation, Relation::In | Relation::NotIn)
            && let Some(set) = self.set_valued(&right)
        {
            match self.value_beside(left, &right) {
                None => return self.member(left, relation, set, span),
                Some((name, universe)) => {
                    let members = Members::Symbols(universe);
                    if self.set_kind(set).is_some_and(|(of, _)| of == members) {
                        return self.ambiguous(&name, right.span());
                    }
                    // The members of the set-valued attribute have another type, so the name is a value.
                }
            }
        }
        if is_order(relation) {
            self.ordered_sides(left, &right)?;
        }
        let subject = self.side(left)?;
        match relation {
            Relation::Less | Relation::LessEqual | Relation::More | Relation::MoreEqual => {
                self.order(subject, left.span, relation, &right, span)
            }
            Relation::Like => self.like(&subject, left.span, &right, span),
            Relation::Is | Relation::IsNot | Relation::In | Relation::NotIn => match subject {
                Side::Attribute(id) => self.attribute_test(id, relation, &right, span),
                Side::Sum(sum) => self.ordered_test(sum, relation, &right, span),
                Side::Numeral(digits) => {
                    let order = self.order_of_right(&right).unwrap_or(if digits.contains('.') {
                        Order::Number
                    } else {
                        Order::Int
                    });
                    let sum = self.numeral_as(&digits, order, left.span)?;
                    self.ordered_test(sum, relation, &right, span)
                }
                Side::Text(text) => self.turned(
                    Literal::String(text.to_string(), String::new()),
                    left,
                    relation,
                    &right,
                    span,
                ),
                Side::Bool(value) => self.turned(Literal::Bool(value), left, relation, &right, span),
            },
        }
    }

    /// Returns an operand without parentheses; for a lookup's value, the name of its parameter.
    pub(super) fn resolved(&mut self, operand: &Operand) -> Option<Operand> {
        let operand = peeled_operand(operand);
        let OperandKind::Lookup(lookup, key) = &operand.kind else { return Some(operand.clone()) };
        let value = self.lookup_of(lookup, key, operand.span)?;
        let name = self.attribute(value)?.name.to_string();
        Some(Operand { kind: OperandKind::Name(name), span: operand.span })
    }

    /// Like [`Self::resolved`], for the right side of a comparison.
    pub(super) fn resolved_right(&mut self, right: &Right) -> Option<Right> {
        Some(match right {
            Right::Operand(operand) => Right::Operand(self.resolved(operand)?),
            other => other.clone(),
        })
    }

    /// Checks `x is none` and `x is not none`. Returns `None` for any other comparison.
    fn none_comparison(
        &mut self,
        left: &Operand,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<Option<ConditionId>> {
        let Right::Operand(Operand { kind: OperandKind::Name(none), span: place }) = right else {
            return None;
        };
        let OperandKind::Name(name) = &left.kind else { return None };
        let (id, attribute) = self.find_attribute(name)?;
        if none != NONE || !matches!(relation, Relation::Is | Relation::IsNot) {
            return None;
        }
        let other = self.find_attribute(NONE).map(|(_, other)| other);
        let Some(companion) = attribute.none else {
            let is_value = matches!(&attribute.kind, Type::Symbol(universe) if universe.find(NONE).is_some());
            if is_value || other.is_some() {
                return None;
            }
            let message = format!("`{name}` is never `none`: it is of type `{}`", attribute.kind);
            let fault = Diagnostic::new(Code::NeverHolds, span, message)
                .label(attribute.span, "declared here")
                .help(if matches!(attribute.kind, Type::Set { .. }) {
                    format!("for the empty set, write `{name} is {{}}`")
                } else if self.members.iter().any(|(_, member)| *member == id) {
                    "remove the comparison: a member of a set always has a value".to_owned()
                } else {
                    let declared = DeclaredType { kind: &attribute.kind, is_optional: true };
                    format!("declare it with a `?` to allow `none`: `{declared}`")
                });
            self.report(fault);
            return Some(None);
        };
        if other.is_some_and(|other| other.kind == attribute.kind) {
            return Some(self.ambiguous(NONE, *place));
        }
        let node = self.is_none(companion);
        Some(Some(if relation == Relation::IsNot { self.conditions.not(node) } else { node }))
    }

    /// Checks a comparison with a string or a truth value on the left by swapping the sides. Folds a comparison of two
    /// literals.
    fn turned(
        &mut self,
        literal: Literal,
        left: &Operand,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let values = match right {
            Right::Operand(operand) => std::slice::from_ref(operand),
            Right::Braces(braces) => braces.entries.as_slice(),
            Right::Range(_) => &[],
        };
        let same = |value: &Operand| match (&value.kind, &literal) {
            (OperandKind::Literal(Literal::String(a, _)), Literal::String(b, _)) => Some(a == b),
            (OperandKind::Literal(Literal::Bool(a)), Literal::Bool(b)) => Some(a == b),
            _ => None,
        };
        let equal: Option<Vec<bool>> = values.iter().map(same).collect();
        if let Some(equal) = equal.filter(|equal| !equal.is_empty()) {
            let negated = matches!(relation, Relation::IsNot | Relation::NotIn);
            let holds = equal.contains(&true) != negated;
            self.judge(Verdict::of(!holds, holds), span, None);
            return Some(self.conditions.constant(holds));
        }
        if matches!(relation, Relation::Is | Relation::IsNot)
            && let Right::Operand(operand) = right
            && let OperandKind::Name(_) = operand.kind
            && let Side::Attribute(id) = self.side(operand)?
        {
            let value = Operand { kind: OperandKind::Literal(literal), span: left.span };
            return self.attribute_test(id, relation, &Right::Operand(value), span);
        }
        self.report(
            Diagnostic::new(Code::WrongType, span, "expected an attribute on one side of the comparison")
                .help("write the attribute first: `country is \"SG\"`"),
        );
        None
    }

    /// Returns the description of an operand in messages.
    pub(super) fn name_of_side(&self, side: &Side) -> String {
        match side {
            Side::Attribute(id) => self.attribute(*id).map_or(String::new(), |a| {
                format!("the attribute `{}` of type `{}`", a.name, a.declared_type())
            }),
            Side::Sum(sum) => sum.order.as_str().to_owned(),
            Side::Numeral(_) => "a number".to_owned(),
            Side::Text(..) => "a string".to_owned(),
            Side::Bool(_) => "a bool".to_owned(),
        }
    }

    pub(super) fn compared_with_itself(&mut self, span: Span) {
        self.fault(Code::ComparedWithItself, span, "an attribute is compared with itself");
    }

    /// Reports a comparison that never or always holds. `note` explains why, at its own span or the comparison's.
    pub(super) fn judge(&mut self, verdict: Verdict, span: Span, note: Option<(Span, String)>) {
        let (code, message) = match verdict {
            Verdict::Open => return,
            Verdict::Never => (Code::NeverHolds, "this comparison is never true"),
            Verdict::Always => (Code::AlwaysHolds, "this comparison is always true"),
        };
        let fault = Diagnostic::new(code, span, message);
        self.report(match note {
            Some((place, text)) if place == span => fault.because(text),
            Some((place, text)) => fault.label(place, text),
            None => fault,
        });
    }

    fn attribute_test(
        &mut self,
        id: AttributeId,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let attribute = self.attribute(id)?;
        let kind = attribute.kind.clone();
        let note = Some((attribute.span, format!("`{}` is `{}`", attribute.name, attribute.declared_type())));
        let is_in = matches!(relation, Relation::In | Relation::NotIn);
        if let Type::Set { of, may_be_empty } = &kind {
            if is_in {
                const MAX_SHOWN: usize = 40;
                let name = attribute.name.clone();
                let set = self.sources.slice(right.span());
                self.report(
                    Diagnostic::new(
                        Code::WrongType,
                        span,
                        format!("`{name}` is a set: use `any`, `all` or `no`"),
                    )
                    .help(format!(
                        "write `any {name} in {set}`, `all {name} in {set}` or `no {name} in {set}`",
                        set = if set.len() > MAX_SHOWN { "…" } else { set }
                    )),
                );
                return None;
            }
            return self.set_is(id, of, *may_be_empty, relation, right, span);
        }
        let negated = matches!(relation, Relation::IsNot | Relation::NotIn);
        let found = match &kind {
            Type::Symbol(universe) => self.symbol_right(universe, relation, right)?,
            Type::Bool => self.bool_right(relation, right)?,
            // Also if the type had no other place here: it reports what doesn't fit, so no rule is lost silently.
            _ => self.text_right(relation, right)?,
        };
        let (atom, verdict) = match found {
            Comparison::Attribute(other) if other == id => {
                self.compared_with_itself(span);
                return None;
            }
            Comparison::Attribute(other) => {
                // Two attributes with a single possible value are always equal.
                let one = matches!(&kind, Type::Symbol(universe) if universe.len() == 1);
                (Atom::Same(id.min(other), id.max(other)), Verdict::of(false, one))
            }
            Comparison::Values(Collection::Symbols(symbols)) => {
                let verdict = Verdict::of(symbols.is_empty(), symbols.is_full());
                (Atom::OneOf(id, symbols), verdict)
            }
            Comparison::Values(Collection::Texts(texts)) => (Atom::TextIn(id, texts), Verdict::Open),
            Comparison::Values(Collection::Like(pattern)) => (Atom::TextLike(id, pattern), Verdict::Open),
        };
        Some(self.judged(atom, verdict, negated, span, note))
    }

    fn like(&mut self, subject: &Side, place: Span, right: &Right, span: Span) -> Option<ConditionId> {
        let id = match subject {
            Side::Attribute(id) if self.attribute(*id).is_some_and(|a| a.kind == Type::String) => *id,
            other => {
                let what = self.name_of_side(other);
                self.fault(Code::WrongType, place, format!("`like` needs a string, not {what}"));
                return None;
            }
        };
        let pattern = self.pattern(right)?;
        // `like "*"` and a pattern without a star have simpler equivalents, which other conditions may share.
        if pattern.is_everything() {
            if !self.any_optional([id]) {
                self.judge(Verdict::Always, span, None);
            }
            let truth = self.truth();
            return Some(self.guarded(truth, [id]));
        }
        Some(self.atom(match pattern.as_text() {
            Some(text) => Atom::TextIn(id, BTreeSet::from([text.into()])),
            None => Atom::TextLike(id, pattern),
        }))
    }

    /// Reads the pattern after `like`: a string, or a let that names one.
    pub(super) fn pattern(&mut self, right: &Right) -> Option<placet_syntax::Pattern> {
        let operand = match right {
            Right::Operand(operand) => self.constant(operand),
            Right::Braces(_) | Right::Range(_) => {
                self.fault(Code::WrongType, right.span(), "expected a pattern in quotes after `like`");
                return None;
            }
        };
        let OperandKind::Literal(Literal::String(_, raw)) = &operand.kind else {
            self.fault(Code::WrongType, right.span(), "expected a pattern in quotes after `like`");
            return None;
        };
        match placet_syntax::pattern(raw, operand.span) {
            Ok(pattern) => Some(pattern),
            Err(fault) => {
                self.report(*fault);
                None
            }
        }
    }

    /// Returns the set-valued attribute on the right side. Its name may also be a value: see [`Self::value_beside`].
    pub(super) fn set_valued(&self, right: &Right) -> Option<AttributeId> {
        let Right::Operand(Operand { kind: OperandKind::Name(name), .. }) = right else { return None };
        let (id, attribute) = self.find_attribute(name)?;
        matches!(attribute.kind, Type::Set { .. }).then_some(id)
    }

    /// Returns the name on the right side if it is a value or a named set of the left attribute's domain.
    pub(super) fn value_beside(&self, left: &Operand, right: &Right) -> Option<(String, Universe)> {
        let OperandKind::Name(left) = &peeled_operand(left).kind else { return None };
        let Right::Operand(Operand { kind: OperandKind::Name(name), .. }) = right else { return None };
        let (_, attribute) = self.find_attribute(left)?;
        let Type::Symbol(universe) = &attribute.kind else { return None };
        let is_value = universe.find(name).is_some() || self.named_symbols(universe, name).is_some();
        is_value.then(|| (name.clone(), universe.clone()))
    }

    pub(super) fn set_kind(&self, id: AttributeId) -> Option<(Members, bool)> {
        match &self.attribute(id)?.kind {
            Type::Set { of, may_be_empty } => Some((of.clone(), *may_be_empty)),
            _ => None,
        }
    }
}

/// The word for the value of an optional attribute that is known to be absent.
pub(crate) const NONE: &str = "none";

fn is_order(relation: Relation) -> bool {
    matches!(relation, Relation::Less | Relation::LessEqual | Relation::More | Relation::MoreEqual)
}

pub(super) fn peeled_operand(mut operand: &Operand) -> &Operand {
    use placet_syntax::ast::ConditionKind;
    while let OperandKind::Group(inner) = &operand.kind {
        let mut inner = &**inner;
        while let ConditionKind::Group(next) = &inner.kind {
            inner = next;
        }
        match &inner.kind {
            ConditionKind::Operand(next) => operand = next,
            _ => break,
        }
    }
    operand
}
