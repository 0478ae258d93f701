//! Finds allows that test some member of a set while nothing looks at the others.
//!
//! `allow when any data in {clicks}` allows a request whose `data` holds clicks and health records. A denial about the set,
//! or any other test of it, shows that its author thought of the rest.

use super::{allows, names, rules};
use placet_syntax::ast::{
    Column, Condition, ConditionKind, Item, Operand, OperandKind, Part, Quantifier, Relation, Subject,
};
use placet_syntax::{Code, Diagnostic, Sources, Span};
use std::collections::HashSet;

/// The tests of sets in a policy.
#[derive(Default)]
struct Tests<'a> {
    /// The sets of which an allow tests some member, with the test and the text of what it tests for.
    some: Vec<(&'a str, Span, Option<Span>)>,
    /// The names that any other test mentions.
    other: HashSet<&'a str>,
}

pub(super) fn check(sources: &Sources, items: &[&Item], warnings: &mut Vec<Diagnostic>) {
    let mut tests = Tests::default();
    for item in items {
        match item {
            Item::Let(_) => names::in_item(item, &mut |name| tests.note(name)),
            Item::Where(block) => in_where(&block.condition, &block.items, &mut tests),
            _ => {}
        }
    }
    rules(items).into_iter().for_each(|rule| in_rule(rule, &mut tests));
    for (set, span, values) in &tests.some {
        if tests.other.contains(set) {
            continue;
        }
        let values = values.map_or("…", |span| sources.slice(span));
        let message = format!("nothing looks at the other members of `{set}`, which may be anything");
        warnings.push(
            Diagnostic::new(Code::UncheckedMembers, *span, message)
                .help(format!("write `all {set} in {values}`, or deny the others in a rule")),
        );
    }
}

impl<'a> Tests<'a> {
    fn note(&mut self, name: &'a str) {
        self.other.insert(name);
    }
}

/// Notes the conditions of `where` blocks, which hold for denials too.
fn in_where<'a>(condition: &'a Condition, items: &'a [Item], tests: &mut Tests<'a>) {
    names::in_condition(condition, &mut |name| tests.note(name));
    for item in items {
        if let Item::Where(block) = item {
            in_where(&block.condition, &block.items, tests);
        }
    }
}

fn in_rule<'a>(item: &'a Item, tests: &mut Tests<'a>) {
    if !allows(item) {
        return names::in_item(item, &mut |name| tests.note(name));
    }
    for part in super::parts(item) {
        match part {
            Part::Effect(effect) => {
                effect.when.iter().for_each(|condition| in_condition(condition, tests));
                for exception in &effect.exceptions {
                    names::in_exception(exception, &mut |name| tests.note(name));
                }
            }
            Part::Where(condition, _) => in_condition(condition, tests),
            // What an obligation looks at, the decision doesn't.
            _ => {}
        }
    }
    let Item::Table(table) = item else { return };
    for column in &table.columns {
        let Column::Test(heading) = column else { continue };
        match (&heading.subject, heading.relation) {
            (
                Subject::Quantified(Quantifier::Any, Operand { kind: OperandKind::Name(set), .. }),
                Some(Relation::In) | None,
            ) => tests.some.push((set, heading.span, None)),
            (Subject::Quantified(_, operand) | Subject::Operand(operand), _) => {
                if let OperandKind::Name(name) = &operand.kind {
                    tests.note(name);
                }
            }
        }
    }
}

/// Notes the tests of a condition that must hold for an allow.
fn in_condition<'a>(condition: &'a Condition, tests: &mut Tests<'a>) {
    match &condition.kind {
        ConditionKind::Or(parts) | ConditionKind::And(parts) => {
            parts.iter().for_each(|part| in_condition(part, tests));
        }
        ConditionKind::Group(inner) => in_condition(inner, tests),
        ConditionKind::Quantified(Quantifier::Any, subject, Relation::In, right) => {
            match &subject.kind {
                OperandKind::Name(set) => tests.some.push((set, condition.span, Some(right.span()))),
                _ => names::in_condition(condition, &mut |name| tests.note(name)),
            }
            names::in_right(right, &mut |name| tests.note(name));
        }
        _ => names::in_condition(condition, &mut |name| tests.note(name)),
    }
}
