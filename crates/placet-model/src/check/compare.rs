//! Comparisons: who is compared with whom, which name is a value and which an attribute, and what can never hold.

use super::Checker;
use super::operands::{Order, Side, Sum};
use crate::bits::BitSet;
use crate::condition::{Atom, Collection, ConditionId};
use crate::linear::Linear;
use crate::ranges::Ranges;
use crate::types::{AttributeId, Members, Taxonomy, Type, Universe};
use placet_syntax::ast::{Braces, Literal, Name, Operand, OperandKind, Quantifier, Range, Relation, Right};
use placet_syntax::{Code, Diagnostic, Pattern, Span, closest};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether a comparison can hold and can fail, by the declared domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Never,
    Always,
    Open,
}

impl Verdict {
    fn of(never: bool, always: bool) -> Self {
        if never {
            Verdict::Never
        } else if always {
            Verdict::Always
        } else {
            Verdict::Open
        }
    }

    fn negated(self) -> Self {
        match self {
            Verdict::Never => Verdict::Always,
            Verdict::Always => Verdict::Never,
            Verdict::Open => Verdict::Open,
        }
    }
}

/// What a name, or another right side, stands for beside a value or set of symbols or texts.
enum Found {
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
        let right = peeled(right);
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
                    // The attribute is of another type: the name is a value.
                }
            }
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

    /// A text or a truth value on the left: the attribute on the right is what is tested.
    fn turned(
        &mut self,
        literal: Literal,
        left: &Operand,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        if matches!(relation, Relation::Is | Relation::IsNot)
            && let Right::Operand(operand) = right
            && let OperandKind::Name(_) = operand.kind
            && let Side::Attribute(id) = self.side(operand)?
        {
            let value = Operand { kind: OperandKind::Literal(literal), span: left.span };
            return self.attribute_test(id, relation, &Right::Operand(value), span);
        }
        self.report(
            Diagnostic::new(Code::WrongType, span, "an attribute was expected on one side")
                .help("write the attribute first: `country is \"SG\"`"),
        );
        None
    }

    // ── Ordered values ─────────────────────────────────────────────────────────────────────────────────────

    fn order_of_right(&mut self, right: &Right) -> Option<Order> {
        let operand = match right {
            Right::Operand(operand) => operand,
            Right::Braces(braces) => braces.entries.first()?,
            Right::Range(range) => &range.low,
        };
        match &operand.kind {
            OperandKind::Name(name) => self.find_attribute(name).and_then(|(_, a)| Order::of(&a.kind)),
            OperandKind::Literal(Literal::Numeral(digits)) => {
                Some(if digits.contains('.') { Order::Number } else { Order::Int })
            }
            OperandKind::Sum(..) | OperandKind::Years(..) => Some(Order::Int),
            _ => None,
        }
    }

    /// Two sides as sums of one order.
    fn sums(&mut self, left: Side, left_span: Span, right: Side, right_span: Span) -> Option<(Sum, Sum)> {
        let (left, right) = match (left, right) {
            (Side::Sum(left), Side::Sum(right)) => (left, right),
            (Side::Sum(left), Side::Numeral(digits)) => {
                let right = self.numeral_as(&digits, left.order, right_span)?;
                (left, right)
            }
            (Side::Numeral(digits), Side::Sum(right)) => {
                (self.numeral_as(&digits, right.order, left_span)?, right)
            }
            (Side::Numeral(a), Side::Numeral(b)) => {
                let order = if a.contains('.') || b.contains('.') { Order::Number } else { Order::Int };
                (self.numeral_as(&a, order, left_span)?, self.numeral_as(&b, order, right_span)?)
            }
            (left, right) => {
                for (side, span) in [(left, left_span), (right, right_span)] {
                    let what = self.name_of_side(&side);
                    if !matches!(side, Side::Sum(_) | Side::Numeral(_)) {
                        self.fault(Code::WrongType, span, format!("{what} has no order"));
                    }
                }
                return None;
            }
        };
        if left.order != right.order {
            let message = format!("{} can't be compared with {}", left.order.as_str(), right.order.as_str());
            self.report(
                Diagnostic::new(Code::WrongType, right_span, message)
                    .because(format!("this is {}", right.order.as_str()))
                    .label(left_span, format!("this is {}", left.order.as_str())),
            );
            return None;
        }
        Some((left, right))
    }

    fn name_of_side(&self, side: &Side) -> String {
        match side {
            Side::Attribute(id) => {
                self.attribute(*id).map_or(String::new(), |a| format!("`{}`, of type `{}`,", a.name, a.kind))
            }
            Side::Sum(sum) => sum.order.as_str().to_owned(),
            Side::Numeral(_) => "a numeral".to_owned(),
            Side::Text(..) => "a string".to_owned(),
            Side::Bool(_) => "a truth value".to_owned(),
        }
    }

    fn order(
        &mut self,
        left: Side,
        left_span: Span,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let Right::Operand(operand) = right else {
            self.report(Diagnostic::new(Code::WrongType, right.span(), "one value was expected").help(
                format!(
                    "`{}` compares with one value; a set or a range stands after `in`",
                    relation.as_str()
                ),
            ));
            return None;
        };
        let right = self.side(operand)?;
        let (left, right) = self.sums(left, left_span, right, operand.span)?;
        self.same_attribute(&left, &right, span)?;
        let ranges = match relation {
            Relation::Less => Ranges::of(i128::MIN, -1),
            Relation::LessEqual => Ranges::of(i128::MIN, 0),
            Relation::More => Ranges::of(1, i128::MAX),
            _ => Ranges::of(0, i128::MAX),
        };
        self.within(left, &right, ranges, span)
    }

    fn same_attribute(&mut self, left: &Sum, right: &Sum, span: Span) -> Option<()> {
        if left.attribute.is_some() && left.attribute == right.attribute {
            self.compared_with_itself(span);
            return None;
        }
        Some(())
    }

    fn compared_with_itself(&mut self, span: Span) {
        self.fault(Code::ComparedWithItself, span, "an attribute is compared with itself");
    }

    /// `left − right` lies in the ranges.
    fn within(&mut self, left: Sum, right: &Sum, ranges: Ranges, span: Span) -> Option<ConditionId> {
        let (low, high) = (left.low - right.high, left.high - right.low);
        let verdict = Verdict::of(!ranges.meets(low, high), ranges.covers(low, high));
        let shown = self.domain_note(&left);
        self.judge(verdict, span, shown);
        let sum = left.linear.plus(right.linear.clone(), -1);
        Some(self.within_atom(sum, ranges))
    }

    /// The node of a sum in ranges, in its normal form: no constant, the first factor positive, factors without a
    /// common divisor.
    fn within_atom(&mut self, sum: Linear, ranges: Ranges) -> ConditionId {
        let ranges = ranges.shifted(-sum.added());
        let Some((_, first)) = sum.terms().first() else {
            let holds = ranges.contains(0);
            return self.conditions.constant(holds);
        };
        let divisor = sum.terms().iter().fold(0, |a, (_, factor)| gcd(a, factor.abs())) * first.signum();
        let ranges = ranges.divided(divisor);
        let mut normal = Linear::default();
        for (term, factor) in sum.terms() {
            normal = normal.plus(Linear::term(term.clone(), factor / divisor), 1);
        }
        self.conditions.atom(Atom::Within(normal, ranges))
    }

    fn ordered_test(
        &mut self,
        left: Sum,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let negated = matches!(relation, Relation::IsNot | Relation::NotIn);
        let is_in = matches!(relation, Relation::In | Relation::NotIn);
        let ranges = match right {
            Right::Operand(operand) => {
                let side = self.side(operand)?;
                let place = operand.span;
                if let Side::Sum(other) = &side
                    && is_in
                    && !other.is_constant()
                {
                    self.report(
                        Diagnostic::new(Code::WrongType, place, "a set was expected after `in`")
                            .help("to compare with one attribute, write `is`"),
                    );
                    return None;
                }
                let (left, right) = self.sums(Side::Sum(left), span, side, place)?;
                self.same_attribute(&left, &right, span)?;
                if right.is_constant() && !left.is_constant() {
                    self.in_domain(&left, right.low, place)?;
                }
                let zero = Ranges::of(0, 0);
                let ranges = if negated { zero.complement() } else { zero };
                return self.within(left, &right, ranges, span);
            }
            Right::Braces(braces) => {
                if !is_in {
                    self.braces_after_is(braces);
                    return None;
                }
                if braces.entries.is_empty() {
                    self.empty_set(braces.span);
                    return None;
                }
                let points: Vec<Option<i128>> = braces
                    .entries
                    .iter()
                    .map(|entry| {
                        let point = self.range_end(entry, left.order)?;
                        self.in_domain(&left, point, entry.span)?;
                        Some(point)
                    })
                    .collect();
                Ranges::points(points.into_iter().collect::<Option<Vec<_>>>()?)
            }
            Right::Range(range) => {
                if !is_in {
                    self.braces_after_is_range(range);
                    return None;
                }
                self.range_of(&left, range)?
            }
        };
        let ranges = if negated { ranges.complement() } else { ranges };
        self.within(left, &ZERO, ranges, span)
    }

    fn range_of(&mut self, left: &Sum, range: &Range) -> Option<Ranges> {
        let low = self.range_end(&range.low, left.order);
        let high = self.range_end(&range.high, left.order);
        let (low, high) = (low?, high?);
        if low > high {
            self.empty_range(range);
            return None;
        }
        self.in_domain(left, low, range.low.span)?;
        self.in_domain(left, high, range.high.span)?;
        Some(Ranges::of(low, high))
    }

    fn in_domain(&mut self, sum: &Sum, value: i128, place: Span) -> Option<()> {
        if (sum.low..=sum.high).contains(&value) {
            return Some(());
        }
        let note = self.domain_note(sum);
        let text = self.sources.slice(place).to_owned();
        let fault = Diagnostic::new(Code::OutsideDomain, place, format!("`{text}` lies outside the domain"));
        self.report(match note {
            Some((span, note)) => fault.label(span, note),
            None => fault.because("the interval of the parts does not hold it"),
        });
        None
    }

    /// Where the domain that decides a comparison is declared.
    fn domain_note(&self, sum: &Sum) -> Option<(Span, String)> {
        let attribute = self.attribute(sum.attribute?)?;
        Some((attribute.span, format!("`{}` is `{}`", attribute.name, attribute.kind)))
    }

    fn judge(&mut self, verdict: Verdict, span: Span, note: Option<(Span, String)>) {
        let (code, message) = match verdict {
            Verdict::Open => return,
            Verdict::Never => (Code::NeverHolds, "this can never hold"),
            Verdict::Always => (Code::AlwaysHolds, "this always holds"),
        };
        let fault = Diagnostic::new(code, span, message);
        self.report(match note {
            Some((place, text)) => fault.label(place, text),
            None => fault,
        });
    }

    // ── Strings ────────────────────────────────────────────────────────────────────────────────────────────

    fn like(&mut self, subject: &Side, place: Span, right: &Right, span: Span) -> Option<ConditionId> {
        let id = match subject {
            Side::Attribute(id) if self.attribute(*id).is_some_and(|a| a.kind == Type::String) => *id,
            other => {
                let what = self.name_of_side(other);
                self.fault(Code::WrongType, place, format!("`like` goes with a string, not with {what}"));
                return None;
            }
        };
        let Right::Operand(Operand { kind: OperandKind::Literal(Literal::String(_, raw)), span: literal }) =
            right
        else {
            self.fault(Code::WrongType, right.span(), "a pattern in quotes was expected after `like`");
            return None;
        };
        let pattern = match Pattern::parse(raw, *literal) {
            Ok(pattern) => pattern,
            Err(fault) => {
                self.report(*fault);
                return None;
            }
        };
        if pattern.is_everything() {
            self.judge(Verdict::Always, span, None);
            return Some(self.truth());
        }
        Some(self.conditions.atom(match pattern.as_text() {
            Some(text) => Atom::TextIn(id, BTreeSet::from([text.into()])),
            None => Atom::TextLike(id, pattern),
        }))
    }

    // ── Symbols, texts and sets ────────────────────────────────────────────────────────────────────────────

    /// A set-valued attribute on the right, unless its name is a value, which the left side tells.
    fn set_valued(&self, right: &Right) -> Option<AttributeId> {
        let Right::Operand(Operand { kind: OperandKind::Name(name), .. }) = right else { return None };
        let (id, attribute) = self.find_attribute(name)?;
        matches!(attribute.kind, Type::Set { .. }).then_some(id)
    }

    /// The name on the right, if it is a value or a named set of the left attribute's domain.
    fn value_beside(&self, left: &Operand, right: &Right) -> Option<(String, Universe)> {
        let OperandKind::Name(left) = &peeled_operand(left).kind else { return None };
        let Right::Operand(Operand { kind: OperandKind::Name(name), .. }) = right else { return None };
        let (_, attribute) = self.find_attribute(left)?;
        let Type::Symbol(universe) = &attribute.kind else { return None };
        let is_value = universe.find(name).is_some() || self.named_symbols(universe, name).is_some();
        is_value.then(|| (name.clone(), universe.clone()))
    }

    fn set_kind(&self, id: AttributeId) -> Option<(Members, bool)> {
        match &self.attribute(id)?.kind {
            Type::Set { of, may_be_empty } => Some((of.clone(), *may_be_empty)),
            _ => None,
        }
    }

    /// `x in s`, `"pii" in s`, `email in s`.
    fn member(
        &mut self,
        left: &Operand,
        relation: Relation,
        set: AttributeId,
        span: Span,
    ) -> Option<ConditionId> {
        let (members, may_be_empty) = self.set_kind(set)?;
        let set_name = self.attribute(set).map(|a| a.name.clone()).unwrap_or_default();
        let found = match (&peeled_operand(left).kind, &members) {
            (OperandKind::Literal(Literal::String(text, _)), Members::Texts) => {
                Found::Values(Collection::Texts(BTreeSet::from([text.as_str().into()])))
            }
            (OperandKind::Name(name), Members::Symbols(universe)) => {
                let value = universe.find(name);
                let attribute =
                    self.find_attribute(name).filter(|(_, a)| a.kind == Type::Symbol(universe.clone()));
                match (value, attribute) {
                    (Some(_), Some(_)) => return self.ambiguous(name, left.span),
                    (Some((_, true)), None) => {
                        self.report(
                            Diagnostic::new(Code::NotOneLeaf, left.span, format!("`{name}` is a category"))
                                .help(format!("write `any {set_name} in {name}`, or name one leaf")),
                        );
                        return None;
                    }
                    (Some((leaf, false)), None) => Found::Values(Collection::Symbols(leaf)),
                    (None, Some((id, _))) => Found::Attribute(id),
                    (None, None) => {
                        let known = self.find_attribute(name).is_some();
                        return self.no_member(name, left.span, known, universe);
                    }
                }
            }
            _ => match self.side(left)? {
                Side::Attribute(id) if self.is_member_of(id, &members) => Found::Attribute(id),
                Side::Attribute(id) if self.set_kind(id).is_some() => {
                    let name = self.attribute(id).map(|a| a.name.clone()).unwrap_or_default();
                    self.report(
                        Diagnostic::new(Code::WrongType, span, format!("`{name}` is a set itself"))
                            .help(format!("write `any {name} in {set_name}` or `all {name} in {set_name}`")),
                    );
                    return None;
                }
                other => {
                    // A set that is also a range or a node by name would have been found before.
                    let what = self.name_of_side(&other);
                    self.fault(Code::WrongType, left.span, format!("{what} is no member of `{set_name}`"));
                    return None;
                }
            },
        };
        let negated = relation == Relation::NotIn;
        let (atom, verdict) = match found {
            Found::Attribute(element) => {
                let one = matches!(&members, Members::Symbols(universe) if universe.len() == 1);
                (Atom::MemberOf(element, set), Verdict::of(false, one && !may_be_empty))
            }
            Found::Values(values) => {
                let verdict = any_verdict(&values, may_be_empty);
                (Atom::AnyIn(set, values), verdict)
            }
        };
        self.judge(if negated { verdict.negated() } else { verdict }, span, None);
        let node = self.conditions.atom(atom);
        Some(if negated { self.conditions.not(node) } else { node })
    }

    fn is_member_of(&self, id: AttributeId, members: &Members) -> bool {
        self.attribute(id).is_some_and(|attribute| match (&attribute.kind, members) {
            (Type::Symbol(universe), Members::Symbols(of)) => universe == of,
            (Type::String, Members::Texts) => true,
            _ => false,
        })
    }

    fn ambiguous<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let place = self.find_attribute(name).map(|(_, attribute)| attribute.span).unwrap_or_default();
        self.report(
            Diagnostic::new(Code::AmbiguousName, span, format!("`{name}` could be a value or an attribute"))
                .label(place, "the attribute")
                .help("rename the attribute"),
        );
        None
    }

    /// Reports a name that the domain does not have.
    fn no_member<T>(&mut self, name: &str, span: Span, is_attribute: bool, universe: &Universe) -> Option<T> {
        if self.broken_sets.contains(name) {
            return None;
        }
        let fault = if is_attribute {
            let same =
                self.find_attribute(name).is_some_and(|(_, a)| a.kind == Type::Symbol(universe.clone()));
            let message = if same {
                format!("`{name}` is an attribute, and values were expected")
            } else {
                format!("`{name}` is an attribute of another type than `{universe}`")
            };
            let place = self.find_attribute(name).map(|(_, attribute)| attribute.span).unwrap_or_default();
            Diagnostic::new(Code::WrongType, span, message).label(place, "declared here")
        } else {
            let near = closest(name, universe.names().into_iter().chain(self.sets.keys().copied()));
            let near = near.or_else(|| closest(name, self.by_name.keys().map(|name| &**name)));
            let fault = Diagnostic::new(Code::UnknownValue, span, format!("unknown value `{name}`"))
                .did_you_mean(near);
            match universe {
                Universe::Enum(_) => fault.note(format!("the values are {universe}")),
                Universe::Taxonomy(taxonomy) => fault.note(format!("the taxonomy is `{}`", taxonomy.name)),
            }
        };
        self.report(fault);
        None
    }

    /// The leaves that an entry of braces, or a bare name, stands for.
    pub(super) fn leaves_of(&mut self, taxonomy: &Arc<Taxonomy>, entry: &Operand) -> Option<BitSet> {
        let universe = Universe::Taxonomy(taxonomy.clone());
        self.symbols_of(&universe, entry)
    }

    fn symbols_of(&mut self, universe: &Universe, entry: &Operand) -> Option<BitSet> {
        let OperandKind::Name(name) = &entry.kind else {
            self.fault(Code::WrongType, entry.span, format!("a name of `{universe}` was expected"));
            return None;
        };
        if let Some((symbols, _)) = universe.find(name) {
            return Some(symbols);
        }
        if let Some(symbols) = self.named_symbols(universe, name) {
            return Some(symbols);
        }
        let known = self.find_attribute(name).is_some();
        self.no_member(name, entry.span, known, universe)
    }

    /// The symbols of a named set over the universe.
    fn named_symbols(&self, universe: &Universe, name: &str) -> Option<BitSet> {
        let entry = self.sets.get(name)?;
        (Universe::Taxonomy(entry.taxonomy.clone()) == *universe).then(|| entry.leaves.clone())
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
        let note = Some((attribute.span, format!("`{}` is `{}`", attribute.name, kind)));
        let is_in = matches!(relation, Relation::In | Relation::NotIn);
        if let Type::Set { of, may_be_empty } = &kind {
            if is_in {
                let name = attribute.name.clone();
                self.report(
                    Diagnostic::new(Code::WrongType, span, format!("`{name}` is a set"))
                        .help(format!("write `any {name} in …`, `all {name} in …` or `no {name} in …`")),
                );
                return None;
            }
            return self.set_is(id, of, *may_be_empty, relation, right, span);
        }
        let negated = matches!(relation, Relation::IsNot | Relation::NotIn);
        let found = match &kind {
            Type::Symbol(universe) => self.symbol_right(universe, is_in, right)?,
            Type::Bool => self.bool_right(is_in, right)?,
            _ => self.text_right(is_in, right)?,
        };
        let (atom, verdict) = match found {
            Found::Attribute(other) if other == id => {
                self.compared_with_itself(span);
                return None;
            }
            Found::Attribute(other) => {
                let one = matches!(&kind, Type::Symbol(universe) if universe.len() == 1);
                (Atom::Same(id.min(other), id.max(other)), Verdict::of(false, one))
            }
            Found::Values(Collection::Symbols(symbols)) => {
                let verdict = Verdict::of(symbols.is_empty(), symbols.is_full());
                (Atom::OneOf(id, symbols), verdict)
            }
            Found::Values(Collection::Texts(texts)) => (Atom::TextIn(id, texts), Verdict::Open),
        };
        self.judge(if negated { verdict.negated() } else { verdict }, span, note);
        let node = self.conditions.atom(atom);
        Some(if negated { self.conditions.not(node) } else { node })
    }

    fn symbol_right(&mut self, universe: &Universe, is_in: bool, right: &Right) -> Option<Found> {
        match right {
            Right::Operand(Operand { kind: OperandKind::Name(name), span }) => {
                let value = universe.find(name);
                let attribute = self.find_attribute(name);
                let other = attribute.filter(|(_, a)| !is_in && a.kind == Type::Symbol(universe.clone()));
                let other = other.map(|(id, _)| id);
                let known = attribute.is_some();
                let named = self.named_symbols(universe, name);
                match (value, other) {
                    (Some(_), Some(_)) => self.ambiguous(name, *span),
                    (Some((_, true)), None) if !is_in => {
                        self.report(
                            Diagnostic::new(Code::NotOneLeaf, *span, format!("`{name}` is a category"))
                                .help(format!("write `in {name}`")),
                        );
                        None
                    }
                    (Some((symbols, _)), None) => Some(Found::Values(Collection::Symbols(symbols))),
                    (None, Some(id)) => Some(Found::Attribute(id)),
                    (None, None) => match named {
                        Some(symbols) if is_in => Some(Found::Values(Collection::Symbols(symbols))),
                        Some(_) => {
                            self.report(
                                Diagnostic::new(Code::NotOneLeaf, *span, format!("`{name}` is a set"))
                                    .help(format!("write `in {name}`")),
                            );
                            None
                        }
                        None if known && is_in => {
                            self.report(
                                Diagnostic::new(Code::WrongType, *span, "a set was expected after `in`")
                                    .help(format!("to compare with one attribute, write `is {name}`")),
                            );
                            None
                        }
                        None => self.no_member(name, *span, known, universe),
                    },
                }
            }
            Right::Braces(braces) if is_in => {
                if braces.entries.is_empty() {
                    self.empty_set(braces.span);
                    return None;
                }
                self.symbols_of_braces(universe, braces).map(|all| Found::Values(Collection::Symbols(all)))
            }
            Right::Braces(braces) => {
                self.braces_after_is(braces);
                None
            }
            other => {
                let message = format!("a value of `{universe}` was expected");
                self.fault(Code::WrongType, other.span(), message);
                None
            }
        }
    }

    fn symbols_of_braces(&mut self, universe: &Universe, braces: &Braces) -> Option<BitSet> {
        let each: Vec<Option<BitSet>> =
            braces.entries.iter().map(|entry| self.symbols_of(universe, entry)).collect();
        let each: Vec<BitSet> = each.into_iter().collect::<Option<_>>()?;
        Some(each.iter().fold(BitSet::empty(universe.len()), |all, one| all.union(one)))
    }

    fn bool_right(&mut self, is_in: bool, right: &Right) -> Option<Found> {
        let single = match right {
            Right::Operand(operand) => std::slice::from_ref(operand),
            Right::Braces(braces) if is_in && !braces.entries.is_empty() => braces.entries.as_slice(),
            other => {
                self.fault(Code::WrongType, other.span(), "`true` or `false` was expected");
                return None;
            }
        };
        let mut symbols = BitSet::empty(2);
        for operand in single {
            match self.side(operand)? {
                Side::Bool(value) => symbols.insert(u32::from(value)),
                Side::Attribute(id) if !is_in && self.attribute(id).is_some_and(|a| a.kind == Type::Bool) => {
                    return Some(Found::Attribute(id));
                }
                other => {
                    let what = self.name_of_side(&other);
                    self.fault(
                        Code::WrongType,
                        operand.span,
                        format!("`true` or `false` was expected, not {what}"),
                    );
                    return None;
                }
            }
        }
        Some(Found::Values(Collection::Symbols(symbols)))
    }

    /// A string, a string attribute, or several strings.
    fn text_right(&mut self, is_in: bool, right: &Right) -> Option<Found> {
        match right {
            Right::Operand(operand) => match self.side(operand)? {
                Side::Text(text) => Some(Found::Values(Collection::Texts(BTreeSet::from([text])))),
                Side::Attribute(id)
                    if !is_in && self.attribute(id).is_some_and(|a| a.kind == Type::String) =>
                {
                    Some(Found::Attribute(id))
                }
                other => {
                    let what = self.name_of_side(&other);
                    self.fault(Code::WrongType, operand.span, format!("a string was expected, not {what}"));
                    None
                }
            },
            Right::Braces(braces) if is_in => {
                if braces.entries.is_empty() {
                    self.empty_set(braces.span);
                    return None;
                }
                self.texts_of(braces).map(|texts| Found::Values(Collection::Texts(texts)))
            }
            Right::Braces(braces) => {
                self.braces_after_is(braces);
                None
            }
            Right::Range(range) => {
                self.fault(Code::WrongType, range.span, "strings have no ranges");
                None
            }
        }
    }

    fn texts_of(&mut self, braces: &Braces) -> Option<BTreeSet<Arc<str>>> {
        let mut out = BTreeSet::new();
        for entry in &braces.entries {
            match &entry.kind {
                OperandKind::Literal(Literal::String(text, _)) => drop(out.insert(text.as_str().into())),
                _ => {
                    self.report(
                        Diagnostic::new(
                            Code::WrongType,
                            entry.span,
                            "a string in double quotes was expected",
                        )
                        .help(format!("write `\"{}\"`", self.sources.slice(entry.span))),
                    );
                    return None;
                }
            }
        }
        Some(out)
    }

    fn empty_set(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::EmptySet, span, "the empty set can't stand here")
                .because("nothing is in it")
                .help("`{}` stands after `is`, for a `set?`, and as a value"),
        );
    }

    fn braces_after_is(&mut self, braces: &Braces) {
        self.report(
            Diagnostic::new(Code::WrongType, braces.span, "one value was expected after `is`")
                .help("for one of several, write `in {…}`"),
        );
    }

    fn braces_after_is_range(&mut self, range: &Range) {
        self.report(
            Diagnostic::new(Code::WrongType, range.span, "one value was expected after `is`")
                .help("for a range, write `in a..b`"),
        );
    }

    /// The members that a right side stands for, or the set-valued attribute that it is. `exact` is for `is`: the
    /// whole set, so no bare value.
    fn set_right(&mut self, members: &Members, right: &Right, exact: bool) -> Option<Found> {
        match right {
            Right::Operand(operand) => match (&operand.kind, members) {
                (OperandKind::Name(name), _) => self.set_name(members, name, operand.span, exact),
                (OperandKind::Literal(Literal::String(text, _)), Members::Texts) if !exact => {
                    Some(Found::Values(Collection::Texts(BTreeSet::from([text.as_str().into()]))))
                }
                (OperandKind::Literal(Literal::String(..)), Members::Texts) => {
                    let text = self.sources.slice(operand.span).to_owned();
                    self.report(
                        Diagnostic::new(Code::WrongType, operand.span, "a set was expected")
                            .help(format!("write `{{{text}}}` for the set of this alone")),
                    );
                    None
                }
                _ => {
                    self.fault(Code::WrongType, operand.span, "a set was expected");
                    None
                }
            },
            Right::Braces(braces) => Some(Found::Values(match members {
                Members::Symbols(universe) => Collection::Symbols(self.symbols_of_braces(universe, braces)?),
                Members::Texts => Collection::Texts(self.texts_of(braces)?),
            })),
            Right::Range(range) => {
                self.fault(Code::WrongType, range.span, "a set has no ranges");
                None
            }
        }
    }

    fn set_name(&mut self, members: &Members, name: &str, span: Span, exact: bool) -> Option<Found> {
        let attribute = self.find_attribute(name);
        let known = attribute.is_some();
        let other = attribute
            .filter(|(_, a)| matches!(&a.kind, Type::Set { of, .. } if of == members))
            .map(|(id, _)| id);
        let Members::Symbols(universe) = members else {
            return match other {
                Some(id) => Some(Found::Attribute(id)),
                None => {
                    self.attribute_side(name, span)?;
                    self.fault(Code::WrongType, span, format!("`{name}` is no set of strings"));
                    None
                }
            };
        };
        let value = universe.find(name);
        let named = self.named_symbols(universe, name);
        match (value, named, other) {
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => self.ambiguous(name, span),
            (None, Some(symbols), None) => Some(Found::Values(Collection::Symbols(symbols))),
            (Some((symbols, _)), _, None) if !exact => Some(Found::Values(Collection::Symbols(symbols))),
            (Some(_), _, None) => {
                self.report(
                    Diagnostic::new(Code::WrongType, span, format!("`{name}` is a member, not a set"))
                        .help(format!("write `{{{name}}}` for exactly this")),
                );
                None
            }
            (None, None, Some(id)) => Some(Found::Attribute(id)),
            (None, None, None) => self.no_member(name, span, known, universe),
        }
    }

    /// `s is {…}`.
    fn set_is(
        &mut self,
        id: AttributeId,
        of: &Members,
        may_be_empty: bool,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let negated = relation == Relation::IsNot;
        let (atom, verdict) = match self.set_right(of, right, true)? {
            Found::Attribute(other) if other == id => {
                self.compared_with_itself(span);
                return None;
            }
            Found::Attribute(other) => (Atom::SameSet(id.min(other), id.max(other)), Verdict::Open),
            Found::Values(values) => {
                if values.is_empty() && !may_be_empty {
                    let place = self.attribute(id).map(|a| a.span).unwrap_or_default();
                    self.report(
                        Diagnostic::new(Code::OutsideDomain, right.span(), "the set is never empty")
                            .label(place, "declared here")
                            .help("a `set?` may be empty"),
                    );
                    return None;
                }
                let only = matches!(&values, Collection::Symbols(s) if s.bound() == 1) && !may_be_empty;
                (Atom::Exactly(id, values), Verdict::of(false, only))
            }
        };
        self.judge(if negated { verdict.negated() } else { verdict }, span, None);
        let node = self.conditions.atom(atom);
        Some(if negated { self.conditions.not(node) } else { node })
    }

    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        name: &Name,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        self.attribute_side(&name.text, name.span)?;
        let (id, attribute) = self.find_attribute(&name.text)?;
        let note = Some((attribute.span, format!("`{}` is `{}`", attribute.name, attribute.kind)));
        let Some((members, may_be_empty)) = self.set_kind(id) else {
            let message = format!("`{}` is `{}`, not a set", attribute.name, attribute.kind);
            let help = format!("write `{} in …`", attribute.name);
            self.report(Diagnostic::new(Code::WrongType, name.span, message).help(help));
            return None;
        };
        let right = peeled(right);
        let found = self.set_right(&members, &right, false)?;
        let all = quantifier == Quantifier::All || relation == Relation::NotIn;
        // `no` is the contrary of `any`, and `any … not in` of `all`.
        let negated = quantifier == Quantifier::No || relation == Relation::NotIn;
        let (atom, verdict) = match found {
            Found::Attribute(other) if other == id => {
                self.compared_with_itself(span);
                return None;
            }
            Found::Attribute(other) if all => (Atom::Subset(id, other), Verdict::Open),
            Found::Attribute(other) => (Atom::Meet(id.min(other), id.max(other)), Verdict::Open),
            Found::Values(values) => {
                if values.is_empty() {
                    self.empty_set(right.span());
                    return None;
                }
                if all {
                    let full = matches!(&values, Collection::Symbols(symbols) if symbols.is_full());
                    (Atom::AllIn(id, values), Verdict::of(false, full))
                } else {
                    let verdict = any_verdict(&values, may_be_empty);
                    (Atom::AnyIn(id, values), verdict)
                }
            }
        };
        self.judge(if negated { verdict.negated() } else { verdict }, span, note);
        let node = self.conditions.atom(atom);
        Some(if negated { self.conditions.not(node) } else { node })
    }
}

/// Whether a set always has a member among all there are.
fn any_verdict(values: &Collection, may_be_empty: bool) -> Verdict {
    match values {
        Collection::Symbols(symbols) => Verdict::of(symbols.is_empty(), symbols.is_full() && !may_be_empty),
        Collection::Texts(_) => Verdict::Open,
    }
}

impl Collection {
    fn is_empty(&self) -> bool {
        match self {
            Collection::Symbols(symbols) => symbols.is_empty(),
            Collection::Texts(texts) => texts.is_empty(),
        }
    }
}

/// The right side without parentheses around one operand.
fn peeled(right: &Right) -> Right {
    match right {
        Right::Operand(operand) => Right::Operand(peeled_operand(operand).clone()),
        other => other.clone(),
    }
}

fn peeled_operand(mut operand: &Operand) -> &Operand {
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

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The sum of nothing, to compare with.
static ZERO: std::sync::LazyLock<Sum> = std::sync::LazyLock::new(|| Sum {
    order: Order::Int,
    linear: Linear::constant(0),
    low: 0,
    high: 0,
    attribute: None,
    terms_are_days: true,
});
