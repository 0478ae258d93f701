//! Checks lets: names for conditions and for values.
//!
//! A let is checked once and shared where it is used, so lets that use others twice stay linear. A let that names a
//! literal is a constant, which may stand wherever a literal may in a rule.

use super::operands::Side;
use super::{Checker, LetEntry};
use placet_model::types::{AttributeId, Type};
use placet_syntax::ast::{Condition, ConditionKind, Item, Let, Literal, Operand, OperandKind, Right};
use placet_syntax::{Code, Diagnostic, Span};
use std::borrow::Cow;
use std::collections::HashMap;

/// A name in a condition.
struct Mention<'c> {
    name: &'c str,
    span: Span,
    /// True if the name can only be an attribute or a let, false if it may be a value as well.
    is_operand: bool,
}

#[derive(PartialEq, Clone, Copy)]
enum State {
    InProgress,
    Done,
}

impl<'a> Checker<'a> {
    /// Finds the lets that name literals. Named sets and lookups may use them, so this comes first.
    pub(super) fn find_constants(&mut self) {
        let mut named: HashMap<&'a str, &'a Operand> = HashMap::new();
        for item in self.items() {
            let Item::Let(declaration) = item else { continue };
            if let Some(operand) = lone_operand(&declaration.condition) {
                named.entry(&declaration.name.text).or_insert(operand);
            }
        }
        for name in named.keys() {
            let mut next = named.get(name);
            // A chain that is longer than the number of lets is a cycle, which is reported with the lets.
            for _ in 0..=named.len() {
                match next.map(|operand| &operand.kind) {
                    Some(OperandKind::Literal(literal)) if !matches!(literal, Literal::Bool(_)) => {
                        self.constants.insert(name, literal.clone());
                        break;
                    }
                    Some(OperandKind::Name(other)) => next = named.get(other.as_str()),
                    _ => break,
                }
            }
        }
    }

    /// Returns the literal that an operand names, or the operand itself.
    pub(super) fn constant<'o>(&self, operand: &'o Operand) -> Cow<'o, Operand> {
        if let OperandKind::Name(name) = &operand.kind
            && let Some(literal) = self.constants.get(name.as_str())
        {
            return Cow::Owned(Operand { kind: OperandKind::Literal(literal.clone()), span: operand.span });
        }
        Cow::Borrowed(operand)
    }

    /// Checks the lets, each after those that it uses. Uses a stack instead of recursion, because a chain of lets can be
    /// long.
    pub(super) fn check_lets(&mut self) {
        for item in self.items() {
            let Item::Let(declaration) = item else { continue };
            if self.is_full() {
                break;
            }
            self.declare_let(declaration);
        }
        let mut states: HashMap<&str, State> = HashMap::new();
        for name in self.let_names.clone() {
            if self.is_full() {
                break;
            }
            // Each entry is a let and whether the lets that it uses were put on the stack.
            let mut stack = vec![(name, false)];
            while let Some((top, visited)) = stack.pop() {
                let Some(entry) = self.lets.get(top) else { continue };
                let declaration = entry.declaration;
                if visited {
                    self.check_let(top, declaration);
                    states.insert(top, State::Done);
                    continue;
                }
                // Several lets can put it on the stack before it is visited.
                if states.contains_key(top) {
                    continue;
                }
                states.insert(top, State::InProgress);
                stack.push((top, true));
                for (used, span) in self.lets_in(&declaration.condition) {
                    match states.get(used) {
                        Some(State::InProgress) => {
                            let message = format!("`{used}` is defined in terms of itself");
                            self.report(
                                Diagnostic::new(Code::CyclicDefinition, span, message)
                                    .label(declaration.name.span, format!("in `{top}`")),
                            );
                        }
                        Some(State::Done) => {}
                        None => stack.push((used, false)),
                    }
                }
            }
        }
    }

    fn declare_let(&mut self, declaration: &'a Let) {
        let name = declaration.name.text.as_str();
        self.check_snake_case("let", None, [&declaration.name]);
        if let Some(first) = self.lets.get(name) {
            let first = first.declaration.name.span;
            self.repeated("let", &declaration.name, first);
            return;
        }
        let attribute = self.by_name.get(name).and_then(|id| self.attribute(*id));
        let clash = match (attribute, self.lookup_spans.get(name)) {
            (Some(attribute), _) => Some(("an attribute", attribute.span)),
            (None, Some(span)) => Some(("a lookup", *span)),
            (None, None) => None,
        };
        if let Some((what, span)) = clash {
            let message = format!("`{name}` is already {what}");
            let label = format!("the {}", what.trim_start_matches(|c: char| c != ' ').trim_start());
            self.report(
                Diagnostic::new(Code::ClashingNames, declaration.name.span, message).label(span, label),
            );
        }
        let entry = LetEntry { declaration, condition: None, value: None, knowledge: Default::default() };
        self.lets.insert(name, entry);
        self.let_names.push(name);
    }

    fn check_let(&mut self, name: &'a str, declaration: &'a Let) {
        let value = lone_operand(&declaration.condition).filter(|operand| self.is_value(operand));
        let value = value.map(|operand| self.side(operand));
        let is_condition = match &value {
            Some(Some(Side::Attribute(id))) => self.attribute(*id).is_some_and(|a| a.kind == Type::Bool),
            Some(_) => false,
            None => true,
        };
        let condition = if is_condition { self.condition(&declaration.condition) } else { None };
        let knowledge = self.knowledge_of(&declaration.condition);
        if let Some(entry) = self.lets.get_mut(name) {
            entry.value = value.flatten();
            entry.condition = condition;
            entry.knowledge = knowledge;
        }
    }

    /// Returns true if a let's operand is a value rather than a condition.
    fn is_value(&self, operand: &Operand) -> bool {
        match &operand.kind {
            OperandKind::Literal(literal) => !matches!(literal, Literal::Bool(_)),
            OperandKind::Sum(..) | OperandKind::Between(..) | OperandKind::Lookup(..) => true,
            OperandKind::Name(name) => match self.lets.get(name.as_str()) {
                Some(entry) => entry.value.is_some(),
                None => self.find_attribute(name).is_some(),
            },
            OperandKind::Group(_) => false,
        }
    }

    /// Returns the attribute that a let names.
    pub(super) fn named_attribute(&self, name: &str) -> Option<AttributeId> {
        match self.lets.get(name)?.value.as_ref()? {
            Side::Attribute(id) => Some(*id),
            Side::Sum(sum) => sum.attribute,
            Side::Numeral(_) | Side::Text(_) | Side::Bool(_) => None,
        }
    }

    /// Returns the lets that a condition uses, with the spans of the uses.
    fn lets_in(&self, condition: &Condition) -> Vec<(&'a str, Span)> {
        let mut mentions = Vec::new();
        conditions_mentions(condition, &mut mentions);
        let uses = mentions.into_iter().filter_map(|mention| {
            let (key, entry) = self.lets.get_key_value(mention.name)?;
            // Beside a comparison the name may be a value. A let of a condition can't be meant there.
            let is_meant = mention.is_operand || lone_operand(&entry.declaration.condition).is_some();
            is_meant.then_some((*key, mention.span))
        });
        uses.collect()
    }
}

/// Returns the operand that a condition consists of, without parentheses.
fn lone_operand(condition: &Condition) -> Option<&Operand> {
    let mut condition = condition;
    loop {
        match &condition.kind {
            ConditionKind::Group(inner) => condition = inner,
            ConditionKind::Operand(Operand { kind: OperandKind::Group(inner), .. }) => condition = inner,
            ConditionKind::Operand(operand) => return Some(operand),
            _ => return None,
        }
    }
}

/// Collects the names in a condition. Recursion is bounded by the nesting limit.
fn conditions_mentions<'c>(condition: &'c Condition, out: &mut Vec<Mention<'c>>) {
    match &condition.kind {
        ConditionKind::Or(parts) | ConditionKind::And(parts) => {
            parts.iter().for_each(|part| conditions_mentions(part, out));
        }
        ConditionKind::Not(inner) | ConditionKind::Group(inner) => conditions_mentions(inner, out),
        ConditionKind::Operand(operand) => operands_mentions(operand, true, out),
        ConditionKind::Presence(operand, _) => operands_mentions(operand, true, out),
        ConditionKind::Compare(left, _, right) | ConditionKind::Quantified(_, left, _, right) => {
            operands_mentions(left, false, out);
            rights_mentions(right, out);
        }
        ConditionKind::Each(each) => {
            rights_mentions(&each.set, out);
            conditions_mentions(&each.condition, out);
        }
    }
}

fn rights_mentions<'c>(right: &'c Right, out: &mut Vec<Mention<'c>>) {
    match right {
        Right::Operand(operand) => operands_mentions(operand, false, out),
        Right::Braces(braces) => braces.entries.iter().for_each(|entry| operands_mentions(entry, false, out)),
        Right::Range(range) => {
            operands_mentions(&range.low, false, out);
            operands_mentions(&range.high, false, out);
        }
    }
}

fn operands_mentions<'c>(operand: &'c Operand, is_operand: bool, out: &mut Vec<Mention<'c>>) {
    match &operand.kind {
        OperandKind::Name(name) => out.push(Mention { name, span: operand.span, is_operand }),
        OperandKind::Literal(_) => {}
        OperandKind::Sum(first, rest) => {
            operands_mentions(first, true, out);
            rest.iter().for_each(|(_, term)| operands_mentions(term, true, out));
        }
        OperandKind::Between(_, from, to) => {
            operands_mentions(from, true, out);
            operands_mentions(to, true, out);
        }
        OperandKind::Lookup(_, key) => operands_mentions(key, true, out),
        OperandKind::Group(inner) => conditions_mentions(inner, out),
    }
}
