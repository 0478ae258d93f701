//! The text of random policies.

mod comparisons;
mod conditions;
mod lookups;
mod order;
mod quantifiers;
mod rules;
mod schema;
mod sums;
mod tables;

use crate::{Random, Shape};
use conditions::{Asks, Writer};
use order::Order;
use schema::{Kind, Schema};

/// Writes the text of a random policy that compiles, without proofs and tests.
pub fn policy(random: &mut Random, shape: &Shape) -> String {
    let mut schema = Schema::random(random, shape);
    let mut out = format!("policy random\n\n{}\n", schema.text());
    out.push_str(&values(random, &mut schema));
    let mut writer = Writer { schema: &schema, shape, lets: Vec::new() };
    for number in 0..random.between(0, 4) {
        let asks = random.pick(&[Asks::Neither, Asks::Neither, Asks::Missing, Asks::Known]).copied();
        let asks = asks.unwrap_or(Asks::Neither);
        let name = format!("let{number}");
        out.push_str(&format!("let {name} = {}\n", writer.condition(random, shape.depth, asks)));
        writer.lets.push((name, asks));
    }
    let last = random.between(shape.rules.0, shape.rules.1);
    let mut number = 0;
    while number < last {
        let count = if random.chance(12) { random.between(1, 4) } else { 1 };
        out.push_str(&writer.block(random, number, count));
        number += count;
    }
    out
}

/// Writes lookups, and lets of constants and sums, and adds them to the schema.
fn values(random: &mut Random, schema: &mut Schema) -> String {
    let mut out = String::new();
    for number in 0..random.below(3) {
        if let Some((lookup, text)) = lookups::lookup(random, schema, number) {
            out.push_str(&text);
            schema.lookups.push(lookup);
        }
    }
    for number in 0..random.below(3) {
        let order = random.pick(&Order::ALL).copied().unwrap_or(Order::Int);
        let ordinal = order.constant(random, i128::MIN, i128::MAX);
        out.push_str(&format!("let constant{number} = {}\n", order.literal(ordinal)));
        schema.constants.push((order, ordinal, format!("constant{number}")));
    }
    for number in 0..random.below(3) {
        if let Some(mut sum) = sums::named(random, schema) {
            out.push_str(&format!("let sum{number} = {}\n", sum.text));
            sum.text = format!("sum{number}");
            schema.sums.push(sum);
        }
    }
    out
}

impl Writer<'_> {
    /// Writes the rules and tables with these numbers; several may share a `where`.
    fn block(&self, random: &mut Random, first: u32, count: u32) -> String {
        let around = self.group(random);
        // An allow may have an `otherwise deny`, so only a `where` around denials may ask what a denial may.
        let common = (first > 0 && random.chance(40)).then(|| random.chance(65));
        let asks = if common == Some(false) { Asks::Missing } else { Asks::Neither };
        let mut out = String::new();
        for number in first..first + count {
            let allows = number == 0 || common.unwrap_or_else(|| random.chance(65));
            let around = around.as_deref();
            out.push_str(&if random.chance(12) {
                self.table(random, number, allows, around)
            } else {
                self.rule(random, number, allows, around)
            });
        }
        if count == 1 {
            return out;
        }
        for _ in 0..random.between(1, 2) {
            out = format!("where {} {{\n{out}}}\n", self.condition(random, 1, asks));
        }
        out
    }

    /// The test of one group, if every rule depends on one.
    fn group(&self, random: &mut Random) -> Option<String> {
        if self.shape.groups == 0 || random.chance(1) {
            return None;
        }
        let attribute = self.schema.attributes.get(1)?;
        let Kind::Single(domain) = attribute.kind else { return None };
        let name = &attribute.name;
        Some(match random.below(8) {
            0 => format!(
                "{name} in {{{}, {}}}",
                self.schema.member(random, domain),
                self.schema.member(random, domain)
            ),
            _ => format!("{name} is {}", self.schema.member(random, domain)),
        })
    }
}
