//! Checks comparisons of sets: quantifiers, membership and comparisons of two sets.
//!
//! Two atoms express all quantifiers: *some member is in the values* and *all members are in the values*. `no` negates
//! the first, and `any … not in` negates the second.

use super::Checker;
use super::compare::{Comparison, Verdict, peeled_operand};
use super::operands::Side;
use placet_model::condition::{Atom, Collection, ConditionId};
use placet_model::types::{AttributeId, Members, Type};
use placet_syntax::ast::{Literal, Operand, OperandKind, Quantifier, Relation, Right};
use placet_syntax::{Code, Diagnostic, Span, written_name};
use std::collections::BTreeSet;

impl Checker<'_> {
    /// Checks that a value or an attribute is a member of a set-valued attribute: `"pii" in s`, `email in s`.
    pub(super) fn member(
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
                Comparison::Values(Collection::Texts(BTreeSet::from([text.as_str().into()])))
            }
            (OperandKind::Literal(Literal::String(name, _)), Members::Symbols(universe)) => {
                if universe.find(name).is_some_and(|(_, is_category)| is_category) {
                    let name = written_name(name).into_owned();
                    return self.category_as_member(&name, &set_name, left.span);
                }
                let operand = peeled_operand(left).clone();
                Comparison::Values(Collection::Symbols(self.symbols_of(universe, &operand)?))
            }
            (OperandKind::Name(name), Members::Symbols(universe)) => {
                let value = universe.find(name);
                let attribute =
                    self.find_attribute(name).filter(|(_, a)| a.kind == Type::Symbol(universe.clone()));
                match (value, attribute) {
                    (Some(_), Some(_)) => return self.ambiguous(name, left.span),
                    (Some((_, true)), None) => {
                        return self.category_as_member(name, &set_name, left.span);
                    }
                    (Some((leaf, false)), None) => Comparison::Values(Collection::Symbols(leaf)),
                    (None, Some((id, _))) => Comparison::Attribute(id),
                    (None, None) => {
                        let attribute = self.find_attribute(name).map(|(id, _)| id);
                        if let Some(id) = attribute.filter(|id| self.set_kind(*id).is_some()) {
                            return self.set_as_member(id, set, relation, left.span);
                        }
                        return self.no_member(name, left.span, attribute.is_some(), universe);
                    }
                }
            }
            _ => match self.side(left)? {
                Side::Attribute(id) if self.is_member_of(id, &members) => Comparison::Attribute(id),
                Side::Text(text) if members == Members::Texts => {
                    Comparison::Values(Collection::Texts(BTreeSet::from([text])))
                }
                Side::Attribute(id) if self.set_kind(id).is_some() => {
                    return self.set_as_member(id, set, relation, left.span);
                }
                other => {
                    // Names of nodes and of other sets are handled above.
                    let what = self.name_of_side(&other);
                    self.fault(
                        Code::WrongType,
                        left.span,
                        format!("{what} can't be a member of `{set_name}`"),
                    );
                    return None;
                }
            },
        };
        let negated = relation == Relation::NotIn;
        let (atom, verdict) = match found {
            Comparison::Attribute(element) => {
                let one = matches!(&members, Members::Symbols(universe) if universe.len() == 1);
                (Atom::MemberOf(element, set), Verdict::of(false, one && !may_be_empty))
            }
            Comparison::Values(values) => {
                let verdict = any_verdict(&values, may_be_empty);
                (Atom::AnyIn(set, values), verdict)
            }
        };
        Some(self.judged(atom, verdict, negated, span, None))
    }

    /// Reports a category where one member of a set was expected.
    fn category_as_member<T>(&mut self, name: &str, set: &str, span: Span) -> Option<T> {
        let message = format!("expected a single leaf, found the category `{name}`");
        self.report(
            Diagnostic::new(Code::NotOneLeaf, span, message)
                .help(format!("write `any {set} in {name}`, or name one leaf")),
        );
        None
    }

    /// Reports a set-valued attribute where one member was expected.
    fn set_as_member<T>(
        &mut self,
        id: AttributeId,
        of: AttributeId,
        relation: Relation,
        span: Span,
    ) -> Option<T> {
        let name_of = |id| self.attribute(id).map(|attribute| attribute.name.clone()).unwrap_or_default();
        let (name, of) = (name_of(id), name_of(of));
        let help = if relation == Relation::NotIn {
            format!("write `no {name} in {of}` or `any {name} not in {of}`")
        } else {
            format!("write `any {name} in {of}` or `all {name} in {of}`")
        };
        self.report(
            Diagnostic::new(
                Code::WrongType,
                span,
                format!("expected a single value, found the set `{name}`"),
            )
            .help(help),
        );
        None
    }

    /// Resolves the right side of a set comparison to members or a set-valued attribute. With `exact`, for `is`, a lone
    /// value is an error: it isn't a set.
    fn set_right(&mut self, members: &Members, right: &Right, exact: bool) -> Option<Comparison> {
        match right {
            Right::Operand(operand) => match (&operand.kind, members) {
                (OperandKind::Name(name), _) => self.set_name(members, name, operand.span, exact),
                (OperandKind::Literal(Literal::String(text, _)), Members::Texts) if !exact => {
                    Some(Comparison::Values(Collection::Texts(BTreeSet::from([text.as_str().into()]))))
                }
                (OperandKind::Literal(Literal::String(..)), Members::Texts) => {
                    let text = self.sources.slice(operand.span).to_owned();
                    self.report(
                        Diagnostic::new(Code::WrongType, operand.span, "expected a set")
                            .help(format!("write the set in braces: `{{{text}}}`")),
                    );
                    None
                }
                (OperandKind::Literal(Literal::String(..)), Members::Symbols(universe)) if !exact => {
                    Some(Comparison::Values(Collection::Symbols(self.symbols_of(universe, operand)?)))
                }
                _ => {
                    self.fault(Code::WrongType, operand.span, "expected a set");
                    None
                }
            },
            Right::Braces(braces) => Some(Comparison::Values(match members {
                Members::Symbols(universe) => Collection::Symbols(self.symbols_of_braces(universe, braces)?),
                Members::Texts if braces.entries.is_empty() => Collection::Texts(BTreeSet::new()),
                Members::Texts => Collection::Texts(self.texts_of(&braces.entries)?),
            })),
            Right::Range(range) => {
                self.fault(Code::WrongType, range.span, "a set can't be compared with a range");
                None
            }
        }
    }

    fn set_name(&mut self, members: &Members, name: &str, span: Span, exact: bool) -> Option<Comparison> {
        let attribute = self.find_attribute(name);
        let known = attribute.is_some();
        let other = attribute
            .filter(|(_, a)| matches!(&a.kind, Type::Set { of, .. } if of == members))
            .map(|(id, _)| id);
        let Members::Symbols(universe) = members else {
            let named = self.named_texts(name);
            let text = match self.constants.get(name) {
                Some(Literal::String(text, _)) if !exact => Some(BTreeSet::from([text.as_str().into()])),
                _ => None,
            };
            return match (other, named.or(text)) {
                (Some(_), Some(_)) => self.ambiguous(name, span),
                (None, Some(texts)) => Some(Comparison::Values(Collection::Texts(texts))),
                (Some(id), None) => Some(Comparison::Attribute(id)),
                (None, None) => {
                    self.attribute_side(name, span)?;
                    self.fault(Code::WrongType, span, format!("`{name}` isn't a set of strings"));
                    None
                }
            };
        };
        let value = universe.find(name);
        let named = self.named_symbols(universe, name);
        match (value, named, other) {
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => self.ambiguous(name, span),
            (None, Some(symbols), None) => Some(Comparison::Values(Collection::Symbols(symbols))),
            (Some((symbols, _)), _, None) if !exact => Some(Comparison::Values(Collection::Symbols(symbols))),
            (Some(_), _, None) => {
                self.report(
                    Diagnostic::new(
                        Code::WrongType,
                        span,
                        format!("expected a set, found the value `{name}`"),
                    )
                    .help(format!("write the set in braces: `{{{name}}}`")),
                );
                None
            }
            (None, None, Some(id)) => Some(Comparison::Attribute(id)),
            (None, None, None) => self.no_member(name, span, known, universe),
        }
    }

    /// Checks `s is {…}` and `s is not {…}`.
    pub(super) fn set_is(
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
            Comparison::Attribute(other) if other == id => {
                self.compared_with_itself(span);
                return None;
            }
            Comparison::Attribute(other) => (Atom::SameSet(id.min(other), id.max(other)), Verdict::Open),
            Comparison::Values(values) => {
                if values.is_empty() && !may_be_empty {
                    let place = self.attribute(id).map(|a| a.span).unwrap_or_default();
                    self.report(
                        Diagnostic::new(Code::OutsideDomain, right.span(), "this set is never empty")
                            .label(place, "declared here")
                            .help("declare it as `set? of …` to allow the empty set"),
                    );
                    return None;
                }
                // Over a single symbol, a set that is never empty has one possible value.
                let only = matches!(&values, Collection::Symbols(s) if s.bound() == 1) && !may_be_empty;
                (Atom::Exactly(id, values), Verdict::of(false, only))
            }
        };
        Some(self.judged(atom, verdict, negated, span, None))
    }

    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        subject: &Operand,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let subject = self.resolved(subject)?;
        let OperandKind::Name(name) = &subject.kind else {
            self.fault(Code::WrongType, subject.span, "expected a set-valued attribute");
            return None;
        };
        if self.is_unknown(name) {
            // The subject may be meant as the name of a member, as in `any p in purposes where (…)`.
            let set = self.sources.slice(right.span());
            let is_set = self.find_attribute(set).is_some_and(|(id, _)| self.set_kind(id).is_some());
            let word = if quantifier == Quantifier::All { "every" } else { "some" };
            let help = is_set.then(|| format!("write `{word} {name} in {set} where (…)`"));
            self.unknown_operand(name, subject.span, "attribute", help);
            return None;
        }
        self.attribute_side(name, subject.span)?;
        let Some((id, attribute)) = self.find_attribute(name) else {
            self.fault(Code::WrongType, subject.span, format!("expected a set, found the value `{name}`"));
            return None;
        };
        let note = Some((attribute.span, format!("`{}` is `{}`", attribute.name, attribute.kind)));
        let Some((members, may_be_empty)) = self.set_kind(id) else {
            let message = format!("expected a set, found `{}` of type `{}`", attribute.name, attribute.kind);
            let help = format!("write `{} in …`", attribute.name);
            self.report(Diagnostic::new(Code::WrongType, subject.span, message).help(help));
            return None;
        };
        let right = self.resolved_right(right)?;
        let found = match relation {
            Relation::Like if members != Members::Texts => {
                let message = format!("`like` needs a set of strings, not `{name}`");
                self.fault(Code::WrongType, subject.span, message);
                return None;
            }
            Relation::Like => Comparison::Values(self.pattern_collection(&right)?),
            _ => self.set_right(&members, &right, false)?,
        };
        let all = quantifier == Quantifier::All || relation == Relation::NotIn;
        // `no` negates `any`, and `any … not in` negates `all`. The parser rejects `all` and `no` with `not in`.
        let negated = quantifier == Quantifier::No || relation == Relation::NotIn;
        let (atom, verdict) = match found {
            Comparison::Attribute(other) if other == id => {
                self.compared_with_itself(span);
                return None;
            }
            Comparison::Attribute(other) if all => (Atom::Subset(id, other), Verdict::Open),
            Comparison::Attribute(other) => (Atom::Meet(id.min(other), id.max(other)), Verdict::Open),
            Comparison::Values(values) => {
                if values.is_empty() {
                    self.empty_set(right.span());
                    return None;
                }
                if all {
                    let full = match &values {
                        Collection::Symbols(symbols) => symbols.is_full(),
                        Collection::Texts(_) => false,
                        Collection::Like(pattern) => pattern.is_everything(),
                    };
                    (Atom::AllIn(id, values), Verdict::of(false, full))
                } else {
                    let verdict = any_verdict(&values, may_be_empty);
                    (Atom::AnyIn(id, values), verdict)
                }
            }
        };
        Some(self.judged(atom, verdict, negated, span, note))
    }

    /// Returns the texts that match the pattern after `like`.
    fn pattern_collection(&mut self, right: &Right) -> Option<Collection> {
        let pattern = self.pattern(right)?;
        Some(match pattern.as_text() {
            Some(text) => Collection::Texts(BTreeSet::from([text.into()])),
            None => Collection::Like(pattern),
        })
    }
}

/// Returns the verdict on "some member is in `values`".
fn any_verdict(values: &Collection, may_be_empty: bool) -> Verdict {
    match values {
        Collection::Symbols(symbols) => Verdict::of(symbols.is_empty(), symbols.is_full() && !may_be_empty),
        Collection::Texts(_) => Verdict::Open,
        Collection::Like(pattern) => Verdict::of(false, pattern.is_everything() && !may_be_empty),
    }
}
