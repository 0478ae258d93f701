//! Replaces the values of lookups in conditions by the finite list of their cases.
//!
//! A comparison with `name(key)` is checked with a parameter of the lookup's type in place of the value. Then the
//! parameter gives way to each of the lookup's values: the comparison becomes a disjunction over the values, each with
//! the keys that have it. So a condition relates the key to the other side exactly, without a relation of attributes.
//! Values for which the comparison comes out the same share one part.

use super::Checker;
use super::advice::{self, advise};
use super::compare::{Verdict, peeled_operand};
use super::lookups::Keys;
use placet_model::condition::{Atom, Condition, ConditionId};
use placet_model::types::AttributeId;
use placet_syntax::ast::{Name, Operand, OperandKind};
use placet_syntax::{Code, Diagnostic, Span, closest};
use std::collections::HashMap;

/// A use of a lookup: its name and the attribute whose value is the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Call<'a> {
    pub(super) lookup: &'a str,
    pub(super) key: AttributeId,
}

impl<'a> Checker<'a> {
    /// Returns the parameter for the value of a lookup for a key, which is created at the first use. Reports unknown
    /// lookups and keys of another type.
    pub(super) fn lookup_of(&mut self, name: &Name, key: &Operand, span: Span) -> Option<AttributeId> {
        let key_id = match &peeled_operand(key).kind {
            OperandKind::Name(text) => {
                self.attribute_side(text, key.span)?;
                self.find_attribute(text).map(|(id, _)| id)
            }
            _ => None,
        };
        let Some((lookup, entry)) = self.lookups.get_key_value(name.text.as_str()) else {
            if !self.lookup_spans.contains_key(name.text.as_str()) {
                let near = closest(&name.text, self.lookups.keys().copied()).map(str::to_owned);
                let message = format!("unknown lookup `{}`", name.text);
                let fault = Diagnostic::new(Code::UnknownName, name.span, message);
                self.report(advise(fault, advice::LOOKUPS, &name.text, near.as_deref()));
            }
            return None;
        };
        let (lookup, kind, is_optional) = (*lookup, entry.kind.clone(), entry.is_optional);
        let (wanted, declared) = (entry.key.clone(), entry.span);
        // The value of another lookup is no attribute.
        let found = key_id.filter(|id| !self.call_of.contains_key(id));
        let Some((id, attribute)) = found.and_then(|id| Some((id, self.attribute(id)?))) else {
            self.fault(Code::WrongType, key.span, "the key of a lookup must be an attribute");
            return None;
        };
        if attribute.kind != wanted {
            let message = format!(
                "the key of `{lookup}` is of type `{wanted}`, but `{}` is `{}`",
                attribute.name,
                attribute.declared_type()
            );
            self.report(Diagnostic::new(Code::WrongType, key.span, message).label(declared, "declared here"));
            return None;
        }
        let call = Call { lookup, key: id };
        if let Some(known) = self.calls.get(&call) {
            return Some(*known);
        }
        let shown = format!("{lookup}({})", attribute.name);
        let parameter = self.parameter(shown.as_str().into(), kind, is_optional, span);
        self.call_names.insert(shown, parameter);
        self.calls.insert(call, parameter);
        self.call_of.insert(parameter, call);
        Some(parameter)
    }

    /// Returns a comparison without values of lookups: the disjunction of its cases. Reports one that never or always
    /// holds, unless its check reported it already (`is_judged`).
    ///
    /// Of an optional key that is `none`, a comparison is false, and its negation (`is not`, `not in`, `no`) true.
    pub(super) fn comparison_without_lookups(
        &mut self,
        node: ConditionId,
        span: Span,
        is_judged: bool,
    ) -> ConditionId {
        let (positive, negated) = match self.conditions.get(node) {
            Condition::Not(inner) => (*inner, true),
            _ => (node, false),
        };
        self.without_lookups(positive, negated, (!is_judged).then_some(span))
    }

    /// Returns a condition, or its negation, without values of lookups. Reports one that never or always holds, if it
    /// gets its span.
    pub(super) fn without_lookups(
        &mut self,
        positive: ConditionId,
        negated: bool,
        judged: Option<Span>,
    ) -> ConditionId {
        let calls: Vec<(AttributeId, Call<'a>)> = self
            .parameters_in(positive)
            .into_iter()
            .filter_map(|id| Some((id, *self.call_of.get(&id)?)))
            .collect();
        if calls.is_empty() {
            return if negated { self.conditions.not(positive) } else { positive };
        }
        self.replaced_calls.extend(calls.iter().map(|(_, call)| *call));
        let mut verdicts = Vec::new();
        let cases = self.cases_of(positive, negated, &calls, &mut verdicts);
        let mut parts = vec![cases];
        for (_, call) in &calls {
            if let Some(none) = self.attribute(call.key).and_then(|key| key.none) {
                verdicts.push(if negated { Verdict::Always } else { Verdict::Never });
                if negated {
                    parts.push(self.is_none(none));
                }
            }
        }
        if let Some(span) = judged {
            let all = |verdict| verdicts.iter().all(|other| *other == verdict);
            self.judge(Verdict::of(all(Verdict::Never), all(Verdict::Always)), span, None);
        }
        self.conditions.any(parts)
    }

    /// Returns the disjunction of a condition, or of its negation, over the values of lookups.
    fn cases_of(
        &mut self,
        positive: ConditionId,
        negated: bool,
        calls: &[(AttributeId, Call<'a>)],
        verdicts: &mut Vec<Verdict>,
    ) -> ConditionId {
        let Some(((parameter, call), rest)) = calls.split_first() else {
            let node = if negated { self.conditions.not(positive) } else { positive };
            verdicts.push(self.verdict(node));
            return node;
        };
        let cases = self.lookups.get(call.lookup).map(|entry| entry.cases.clone()).unwrap_or_default();
        // Values for which the condition is the same share a part.
        let mut parts: Vec<(ConditionId, Keys)> = Vec::new();
        let mut known: HashMap<ConditionId, usize> = HashMap::new();
        let template = self.template(positive, *parameter);
        for (value, keys) in cases {
            let node = self.with_value(&template, &value);
            let at = *known.entry(node).or_insert(parts.len());
            match parts.get_mut(at) {
                Some((_, known)) => known.add(&keys),
                None => parts.push((node, keys)),
            }
        }
        let used_at = self.attribute(*parameter).map(|attribute| attribute.span).unwrap_or_default();
        if !self.is_written_out(used_at) {
            return positive;
        }
        let mut out = Vec::with_capacity(parts.len());
        for (node, keys) in parts {
            let node = self.cases_of(node, negated, rest, verdicts);
            let has_key = self.has_key(call.key, &keys);
            out.push(self.conditions.all([has_key, node]));
        }
        self.conditions.any(out)
    }

    /// Builds the condition that a key is one of these.
    fn has_key(&mut self, key: AttributeId, keys: &Keys) -> ConditionId {
        let node = match keys {
            Keys::Symbols(symbols) if symbols.is_full() => self.truth(),
            Keys::Symbols(symbols) => self.conditions.leaf(Atom::OneOf(key, symbols.clone())),
            Keys::Texts(texts) => self.conditions.leaf(Atom::TextIn(key, texts.clone())),
            Keys::Others(texts) if texts.is_empty() => self.truth(),
            Keys::Others(texts) => {
                let named = self.conditions.leaf(Atom::TextIn(key, texts.clone()));
                self.conditions.not(named)
            }
        };
        self.guarded(node, [key])
    }
}
