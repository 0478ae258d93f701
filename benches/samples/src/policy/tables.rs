//! Tables.

use super::comparisons::{exactly, members, pattern, proper};
use super::conditions::{Asks, Writer};
use super::rules::{asked, effect};
use super::schema::{Domain, Kind, Schema};
use super::sums;
use crate::Random;
use crate::policy::order::Order;
use std::collections::BTreeSet;

/// The kind of the cells of a column.
enum Column {
    Truth,
    /// Values, ranges and comparisons of a sum.
    Sum(sums::Sum),
    /// The right side of `<` and the like.
    Bound(sums::Sum, &'static str),
    /// A value.
    Value(Domain),
    /// Values, or for `is` also whether it is missing.
    ValueOrPresence(Domain),
    /// A value, or `none`.
    ValueOrNone(Domain),
    /// The right side of `in`.
    Members(Domain),
    /// The right side of `like`.
    Pattern,
    /// The right side of `like` after a set.
    ProperPattern,
    /// Exactly these members.
    Exactly(Domain),
    /// An annotation.
    Note,
}

impl Writer<'_> {
    /// A table of the effect.
    pub(super) fn table(
        &self,
        random: &mut Random,
        number: u32,
        allows: bool,
        around: Option<&str>,
    ) -> String {
        let mut out = format!("table t{number} {{\n");
        if random.chance(30) {
            out.push_str("  cite \"§t\"\n");
        }
        let own = random.chance(30).then(|| self.condition(random, 1, asked(allows)));
        let conditions: Vec<&str> = around.into_iter().chain(own.as_deref()).collect();
        let when =
            if conditions.is_empty() { String::new() } else { format!(" when {}", conditions.join(" and ")) };
        out.push_str(&format!("  {}{when}\n", effect(allows)));
        if random.chance(20) {
            out.push_str(&self.exceptions(random, asked(allows).negated(), 2));
        }
        let columns = self.columns(random, allows);
        let heads: Vec<&str> = columns.iter().map(|(head, _)| &**head).collect();
        out.push_str(&format!("  | {} |\n", heads.join(" | ")));
        let has_names = random.chance(30);
        for row in 0..random.between(1, 4) {
            let cells: Vec<String> = columns
                .iter()
                .map(|(head, column)| match &**head {
                    "name" if has_names => format!("row{row}"),
                    "name" => "*".to_owned(),
                    head => self.cell(random, head, column, asked(allows)),
                })
                .collect();
            out.push_str(&format!("  | {} |\n", cells.join(" | ")));
        }
        out.push_str("}\n");
        out
    }

    fn columns(&self, random: &mut Random, allows: bool) -> Vec<(String, Column)> {
        let mut columns: Vec<(String, Column)> = Vec::new();
        let mut heads: BTreeSet<String> = BTreeSet::new();
        for _ in 0..random.between(1, 4).max(self.shape.conjuncts) {
            if let Some((head, column)) = self.column(random)
                && heads.insert(head.clone())
            {
                columns.push((head, column));
            }
        }
        if columns.is_empty() {
            columns.extend(self.schema.attributes.first().map(|first| (first.name.clone(), Column::Truth)));
        }
        let notes: &[&str] =
            if allows { &["name", "oblige", "cite", "basis"] } else { &["name", "oblige", "cite"] };
        for note in notes {
            if random.chance(20) {
                columns.push(((*note).to_owned(), Column::Note));
            }
        }
        columns
    }

    fn column(&self, random: &mut Random) -> Option<(String, Column)> {
        if random.chance(8) {
            // A cell may hold the negation.
            let name = self.let_for(random, Asks::Neither)?;
            return Some((name.to_owned(), Column::Truth));
        }
        let attribute = self.attribute(random)?;
        let name = attribute.written(random);
        Some(match attribute.kind {
            Kind::Bool => (name, Column::Truth),
            Kind::Ordered(order, ..) => {
                let sum = sums::alone(random, self.schema, order)?;
                if random.chance(50) {
                    (sum.text.clone(), Column::Sum(sum))
                } else {
                    let sign = random.pick(&["<", "<=", ">", ">="]).copied()?;
                    (format!("{} {sign}", sum.text), Column::Bound(sum, sign))
                }
            }
            Kind::Single(domain) => match random.below(6) {
                // A bare head takes values: a named set of texts is none.
                0 if domain != Domain::Texts => (name, Column::Members(domain)),
                1 => (
                    format!("{name} is"),
                    match (attribute.is_required, attribute.is_optional) {
                        (_, true) => Column::ValueOrNone(domain),
                        (true, false) => Column::Value(domain),
                        (false, false) => Column::ValueOrPresence(domain),
                    },
                ),
                2 => (format!("{name} is not"), Column::Value(domain)),
                3 => (format!("{name} not in"), Column::Members(domain)),
                4 if domain == Domain::Texts => (format!("{name} like"), Column::Pattern),
                _ => (format!("{name} in"), Column::Members(domain)),
            },
            Kind::Set(Domain::Texts, _) if random.chance(30) => {
                (format!("{} {name} like", random.word(&["any", "all", "no"])), Column::ProperPattern)
            }
            Kind::Set(domain, _) => match random.below(6) {
                0 => (name.clone(), Column::Exactly(domain)),
                1 => (format!("{name} is"), Column::Exactly(domain)),
                2 => (format!("all {name} in"), Column::Members(domain)),
                3 => (format!("no {name} in"), Column::Members(domain)),
                4 => (format!("any {name} not in"), Column::Members(domain)),
                _ => (format!("any {name} in"), Column::Members(domain)),
            },
        })
    }

    fn cell(&self, random: &mut Random, head: &str, column: &Column, asks: Asks) -> String {
        if random.chance(25) {
            return "*".to_owned();
        }
        let is_negated = !matches!(column, Column::Note) && random.chance(12);
        let asks = if is_negated { asks.negated() } else { asks };
        let cell = match column {
            Column::Note => return self.note(random, head),
            Column::Truth => random.word(&["true", "false"]).to_owned(),
            Column::Sum(sum) => sum_cell(random, self.schema, sum),
            Column::Bound(sum, sign) => bound(random, sum, sign),
            Column::ValueOrPresence(_) if random.chance(20) => match asks {
                Asks::Missing => "missing".to_owned(),
                _ => "known".to_owned(),
            },
            Column::ValueOrNone(_) if random.chance(20) => "none".to_owned(),
            Column::Value(domain) | Column::ValueOrPresence(domain) | Column::ValueOrNone(domain) => {
                self.schema.member(random, *domain)
            }
            Column::Members(domain) => {
                let set = members(random, self.schema, *domain);
                bare(random, set)
            }
            Column::Pattern => pattern(random),
            Column::ProperPattern => proper(random),
            Column::Exactly(domain) => exactly(random, self.schema, *domain),
        };
        if is_negated { format!("not {cell}") } else { cell }
    }
}

/// Values, with or without braces.
fn bare(random: &mut Random, set: String) -> String {
    match set.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(inside) if random.chance(50) => inside.to_owned(),
        _ => set,
    }
}

fn sum_cell(random: &mut Random, schema: &Schema, sum: &sums::Sum) -> String {
    let literal = |ordinal| sum.order.literal(ordinal);
    match random.below(4) {
        0 => {
            let (low, high) = sums::range(random, sum);
            format!("{}..{}", literal(low), literal(high))
        }
        1 => sums::values(random, schema, sum).join(", "),
        2 => {
            let sign = random.word(&["<", "<=", ">", ">="]);
            format!("{sign} {}", bound(random, sum, sign))
        }
        _ => literal(sum.order.constant(random, sum.low, sum.high)),
    }
}

/// A constant with which the comparison can hold.
fn bound(random: &mut Random, sum: &sums::Sum, sign: &str) -> String {
    // A policy has no unit below a second.
    let step = if sum.order == Order::Duration { 1_000_000 } else { 1 };
    let (low, high) = match sign {
        "<" => (sum.low + step, sum.high),
        ">" => (sum.low, sum.high - step),
        _ => (sum.low, sum.high),
    };
    sum.order.literal(sum.order.constant(random, low, high.max(low)))
}
