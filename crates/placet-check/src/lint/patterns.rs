//! Finds patterns after `like` that read as a regular expression or as one of SQL.

use placet_syntax::ast::{
    CellContent, CellTest, Column, Condition, ConditionKind, Exception, Item, Literal, Operand, OperandKind,
    Part, Relation, Right,
};
use placet_syntax::{Code, Diagnostic};

pub(super) fn check(items: &[&Item], warnings: &mut Vec<Diagnostic>) {
    items.iter().for_each(|item| in_item(item, warnings));
}

fn in_item(item: &Item, warnings: &mut Vec<Diagnostic>) {
    match item {
        Item::Let(declaration) => in_condition(&declaration.condition, warnings),
        Item::Where(block) => {
            in_condition(&block.condition, warnings);
            block.items.iter().for_each(|item| in_item(item, warnings));
        }
        Item::Rule(rule) => rule.parts.iter().for_each(|part| in_part(part, warnings)),
        Item::Table(table) => {
            table.parts.iter().for_each(|part| in_part(part, warnings));
            for (cell, column) in table.rows.iter().flat_map(|row| row.cells.iter().zip(&table.columns)) {
                if let (Column::Test(heading), CellContent::Test(_, CellTest::Operands(operands))) =
                    (column, &cell.content)
                    && heading.relation == Some(Relation::Like)
                {
                    operands.iter().for_each(|operand| pattern(operand, warnings));
                }
            }
        }
        Item::Proof(proof) => proof.when.iter().for_each(|condition| in_condition(condition, warnings)),
        _ => {}
    }
}

fn in_part(part: &Part, warnings: &mut Vec<Diagnostic>) {
    match part {
        Part::Where(condition, _) => in_condition(condition, warnings),
        Part::Effect(effect) => {
            effect.when.iter().for_each(|condition| in_condition(condition, warnings));
            effect.exceptions.iter().for_each(|exception| in_exception(exception, warnings));
        }
        Part::Oblige(obligation, _) => {
            obligation.when.iter().for_each(|condition| in_condition(condition, warnings));
        }
        _ => {}
    }
}

fn in_exception(exception: &Exception, warnings: &mut Vec<Diagnostic>) {
    in_condition(&exception.when, warnings);
    exception.exceptions.iter().for_each(|inner| in_exception(inner, warnings));
}

fn in_condition(condition: &Condition, warnings: &mut Vec<Diagnostic>) {
    match &condition.kind {
        ConditionKind::Or(parts) | ConditionKind::And(parts) => {
            parts.iter().for_each(|part| in_condition(part, warnings));
        }
        ConditionKind::Not(inner) | ConditionKind::Group(inner) => in_condition(inner, warnings),
        ConditionKind::Operand(Operand { kind: OperandKind::Group(inner), .. }) => {
            in_condition(inner, warnings)
        }
        ConditionKind::Each(each) => in_condition(&each.condition, warnings),
        ConditionKind::Compare(_, Relation::Like, right)
        | ConditionKind::Quantified(_, _, Relation::Like, right) => {
            if let Right::Operand(operand) = &**right {
                pattern(operand, warnings);
            }
        }
        _ => {}
    }
}

fn pattern(operand: &Operand, warnings: &mut Vec<Diagnostic>) {
    let OperandKind::Literal(Literal::String(_, raw)) = &operand.kind else { return };
    let Some((language, better)) = foreign(raw) else { return };
    let message = format!("the pattern reads as {language}, but only `*` stands for other text");
    let fault = Diagnostic::new(Code::ForeignPattern, operand.span, message);
    warnings.push(fault.help(match better {
        Some(better) => format!("write `like \"{better}\"`"),
        None => "name the texts, or write a pattern with `*` for each kind of them".to_owned(),
    }));
}

/// Returns the language that a pattern is from, with the same pattern in this one if there is one.
fn foreign(raw: &str) -> Option<(&'static str, Option<String>)> {
    let class = raw
        .find('[')
        .is_some_and(|at| raw.get(at..).is_some_and(|rest| rest.contains(']') && rest.contains(['-', '^'])));
    let anchored = raw.len() > 1 && (raw.starts_with('^') || raw.ends_with('$'));
    if class || anchored || raw.contains(".*") || raw.contains(".+") {
        let bare = raw.strip_prefix('^').unwrap_or(raw);
        let bare = bare.strip_suffix('$').unwrap_or(bare);
        let better = bare.replace(".*", "*").replace(".+", "*");
        let is_plain = !class && !better.contains(['(', '[', '|', '^', '$', '+', '?']);
        return Some(("a regular expression", is_plain.then_some(better)));
    }
    let is_sql = raw.len() > 1 && (raw.starts_with('%') || raw.ends_with('%')) && !raw.contains('*');
    is_sql.then(|| ("one of SQL", Some(raw.replace('%', "*"))))
}
