//! Visits the names that a policy mentions.

use placet_syntax::ast::{
    Braces, CellContent, CellTest, Column, Condition, ConditionKind, Deadline, Exception, Item, Key, Kind,
    Obligation, Operand, OperandKind, Part, Range, Right, SetExpression, SetTerm, Subject,
};

/// Calls `see` with each name that a declaration mentions, besides the names that it declares. Examples and tests mention
/// nothing: they don't change what the policy decides.
pub(super) fn in_item<'a>(item: &'a Item, see: &mut dyn FnMut(&'a str)) {
    match item {
        Item::NamedSet(set) => {
            see(&set.base.text);
            in_expression(&set.value, see);
        }
        Item::Request(request) => request.attributes.iter().for_each(|entry| in_kind(&entry.kind, see)),
        Item::Let(declaration) => in_condition(&declaration.condition, see),
        Item::Lookup(lookup) => {
            in_kind(&lookup.key, see);
            in_kind(&lookup.kind, see);
            for entry in &lookup.entries {
                match &entry.key {
                    Key::Otherwise(_) => {}
                    Key::Name(name) => in_operand(name, see),
                    Key::Braces(braces) => in_braces(braces, see),
                }
                in_expression(&entry.value, see);
            }
        }
        Item::Where(block) => {
            in_condition(&block.condition, see);
            block.items.iter().for_each(|item| in_item(item, see));
        }
        Item::Rule(rule) => rule.parts.iter().for_each(|part| in_part(part, see)),
        Item::Table(table) => {
            table.parts.iter().for_each(|part| in_part(part, see));
            for column in &table.columns {
                if let Column::Test(heading) = column {
                    match &heading.subject {
                        Subject::Operand(operand) | Subject::Quantified(_, operand) => {
                            in_operand(operand, see)
                        }
                    }
                }
            }
            table.rows.iter().flat_map(|row| &row.cells).for_each(|cell| in_cell(&cell.content, see));
        }
        Item::Proof(proof) => proof.when.iter().for_each(|condition| in_condition(condition, see)),
        Item::Header(_)
        | Item::Import(_)
        | Item::Taxonomy(_)
        | Item::Example(_)
        | Item::Test(_)
        | Item::Cases(_) => {}
    }
}

pub(super) fn in_part<'a>(part: &'a Part, see: &mut dyn FnMut(&'a str)) {
    match part {
        Part::Where(condition, _) => in_condition(condition, see),
        Part::Effect(effect) => {
            effect.when.iter().for_each(|condition| in_condition(condition, see));
            effect.exceptions.iter().for_each(|exception| in_exception(exception, see));
        }
        Part::Oblige(obligation, _) => in_obligation(obligation, see),
        Part::Otherwise(_) | Part::Cite(..) | Part::Because(..) | Part::Basis(..) => {}
    }
}

pub(super) fn in_exception<'a>(exception: &'a Exception, see: &mut dyn FnMut(&'a str)) {
    in_condition(&exception.when, see);
    exception.exceptions.iter().for_each(|inner| in_exception(inner, see));
}

fn in_obligation<'a>(obligation: &'a Obligation, see: &mut dyn FnMut(&'a str)) {
    if let Some(Deadline::Name(name)) = &obligation.within {
        see(&name.text);
    }
    obligation.when.iter().for_each(|condition| in_condition(condition, see));
}

fn in_cell<'a>(content: &'a CellContent, see: &mut dyn FnMut(&'a str)) {
    match content {
        CellContent::Obligations(all) => all.iter().for_each(|obligation| in_obligation(obligation, see)),
        CellContent::Test(_, test) => match test {
            CellTest::Operands(operands) => operands.iter().for_each(|operand| in_operand(operand, see)),
            CellTest::Braces(braces) => in_braces(braces, see),
            CellTest::Range(range) => in_range(range, see),
            CellTest::Compare(_, operand) => in_operand(operand, see),
            CellTest::Presence(_) => {}
        },
        CellContent::Any | CellContent::Name(_) | CellContent::Text(_) | CellContent::Texts(_) => {}
    }
}

pub(super) fn in_condition<'a>(condition: &'a Condition, see: &mut dyn FnMut(&'a str)) {
    match &condition.kind {
        ConditionKind::Or(parts) | ConditionKind::And(parts) => {
            parts.iter().for_each(|part| in_condition(part, see));
        }
        ConditionKind::Not(inner) | ConditionKind::Group(inner) => in_condition(inner, see),
        ConditionKind::Operand(operand) => in_operand(operand, see),
        ConditionKind::Presence(operand, _) => in_operand(operand, see),
        ConditionKind::Compare(left, _, right) | ConditionKind::Quantified(_, left, _, right) => {
            in_operand(left, see);
            in_right(right, see);
        }
        ConditionKind::Each(each) => {
            in_right(&each.set, see);
            in_condition(&each.condition, see);
        }
    }
}

pub(super) fn in_right<'a>(right: &'a Right, see: &mut dyn FnMut(&'a str)) {
    match right {
        Right::Operand(operand) => in_operand(operand, see),
        Right::Braces(braces) => in_braces(braces, see),
        Right::Range(range) => in_range(range, see),
    }
}

fn in_operand<'a>(operand: &'a Operand, see: &mut dyn FnMut(&'a str)) {
    match &operand.kind {
        OperandKind::Name(name) => see(name),
        OperandKind::Literal(_) => {}
        OperandKind::Sum(first, rest) => {
            in_operand(first, see);
            rest.iter().for_each(|(_, term)| in_operand(term, see));
        }
        OperandKind::Between(_, from, to) => {
            in_operand(from, see);
            in_operand(to, see);
        }
        OperandKind::Lookup(name, key) => {
            see(&name.text);
            in_operand(key, see);
        }
        OperandKind::Group(condition) => in_condition(condition, see),
    }
}

fn in_braces<'a>(braces: &'a Braces, see: &mut dyn FnMut(&'a str)) {
    braces.entries.iter().for_each(|entry| in_operand(entry, see));
}

fn in_range<'a>(range: &'a Range, see: &mut dyn FnMut(&'a str)) {
    in_operand(&range.low, see);
    in_operand(&range.high, see);
}

fn in_expression<'a>(expression: &'a SetExpression, see: &mut dyn FnMut(&'a str)) {
    for term in &expression.terms {
        match term {
            SetTerm::Braces(braces) => in_braces(braces, see),
            SetTerm::Operand(operand) => in_operand(operand, see),
        }
    }
}

fn in_kind<'a>(kind: &'a Kind, see: &mut dyn FnMut(&'a str)) {
    match kind {
        Kind::Named(name) => see(&name.text),
        Kind::Ranged(..) | Kind::Enum(..) => {}
        Kind::Set { of, .. } => in_kind(of, see),
        Kind::Optional(inner, _) => in_kind(inner, see),
    }
}
