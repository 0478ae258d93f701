//! Sums of ordered attributes, and comparisons of them.

use super::order::{DAY, Order};
use super::schema::{Kind, Schema};
use crate::Random;
use placet_core::calendar::CalendarUnit;

/// A sum, with its interval as the checker computes it.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    pub(super) text: String,
    pub(super) order: Order,
    pub(super) low: i128,
    pub(super) high: i128,
    /// The attributes in it.
    uses: Vec<String>,
}

impl Sum {
    fn constant(order: Order, ordinal: i64) -> Self {
        let ordinal_wide = i128::from(ordinal);
        Self { text: order.literal(ordinal), order, low: ordinal_wide, high: ordinal_wide, uses: Vec::new() }
    }

    /// The interval in the unit of differences: microseconds for days.
    fn instants(&self) -> (i128, i128) {
        let unit = if self.order == Order::Date { i128::from(DAY) } else { 1 };
        (self.low * unit, self.high * unit)
    }

    fn joined(self, sign: &str, other: Self) -> Self {
        let (low, high) = self.instants();
        let (less, more) = other.instants();
        let (low, high) = if sign == "-" { (low - more, high - less) } else { (low + less, high + more) };
        let is_difference = sign == "-" && other.order == self.order;
        let order = match self.order {
            Order::Date | Order::Time if is_difference => Order::Duration,
            order => order,
        };
        let unit = if order == Order::Date { i128::from(DAY) } else { 1 };
        let uses = self.uses.into_iter().chain(other.uses).collect();
        let text = if other.text.contains(" - ") || other.text.contains(" + ") {
            format!("{} {sign} ({})", self.text, other.text)
        } else {
            format!("{} {sign} {}", self.text, other.text)
        };
        Self { text, order, low: low / unit, high: high / unit, uses }
    }

    fn shares_with(&self, other: &Self) -> bool {
        self.uses.iter().any(|name| other.uses.contains(name))
    }
}

/// An attribute of the order.
fn single(random: &mut Random, schema: &Schema, order: Order) -> Option<Sum> {
    let all = schema.attributes_of(|kind| matches!(kind, Kind::Ordered(of, ..) if of == order));
    let attribute = random.pick(&all)?;
    let Kind::Ordered(_, low, high) = attribute.kind else { return None };
    let (name, text) = (attribute.name.clone(), attribute.written(random));
    Some(Sum { text, order, low: low.into(), high: high.into(), uses: vec![name] })
}

/// Two attributes of the order.
fn pair(random: &mut Random, schema: &Schema, order: Order) -> Option<(Sum, Sum)> {
    let (one, other) = (single(random, schema, order)?, single(random, schema, order)?);
    (!one.shares_with(&other)).then_some((one, other))
}

fn sign(random: &mut Random) -> &'static str {
    random.word(&["+", "-"])
}

/// `years(…)` or `months(…)` of two attributes, or of one and a constant.
fn between(random: &mut Random, schema: &Schema, is_related: bool) -> Option<Sum> {
    let moment = |random: &mut Random| {
        let order = if random.chance(50) { Order::Date } else { Order::Time };
        single(random, schema, order).or_else(|| single(random, schema, Order::Date))
    };
    let one = moment(random)?;
    let other = if is_related {
        moment(random).filter(|other| !one.shares_with(other))?
    } else {
        let order = random.pick(&[Order::Date, Order::Time]).copied().unwrap_or(Order::Date);
        Sum::constant(order, order.constant(random, i128::MIN, i128::MAX))
    };
    let (from, to) = if random.chance(60) { (one, other) } else { (other, one) };
    let (first, last) = (from.instants(), to.instants());
    let unit = if random.chance(50) { CalendarUnit::Years } else { CalendarUnit::Months };
    Some(Sum {
        text: format!("{}({}, {})", unit.as_str(), from.text, to.text),
        order: Order::Int,
        low: unit.between(first.1, last.0),
        high: unit.between(first.0, last.1),
        uses: from.uses.into_iter().chain(to.uses).collect(),
    })
}

/// A sum of one attribute.
pub(super) fn alone(random: &mut Random, schema: &Schema, order: Order) -> Option<Sum> {
    if random.chance(10)
        && let Some(named) = random.pick(&schema.sums).filter(|sum| sum.order == order)
    {
        return Some(named.clone());
    }
    if order == Order::Int && random.chance(15) {
        return between(random, schema, false);
    }
    let sum = match order {
        Order::Duration if random.chance(25) => {
            let of = random.pick(&[Order::Date, Order::Time]).copied()?;
            let constant = Sum::constant(of, of.constant(random, i128::MIN, i128::MAX));
            let moment = single(random, schema, of)?;
            return Some(if random.chance(50) {
                moment.joined("-", constant)
            } else {
                constant.joined("-", moment)
            });
        }
        _ => single(random, schema, order)?,
    };
    if order == Order::Number || !random.chance(15) {
        return Some(sum);
    }
    let constant = step(random, order);
    Some(if order == Order::Int && random.chance(30) {
        Sum::constant(Order::Int, 10).joined(sign(random), sum)
    } else {
        sum.joined(sign(random), constant)
    })
}

/// The addend of a sum of the order.
fn step(random: &mut Random, order: Order) -> Sum {
    match order {
        Order::Int => Sum::constant(Order::Int, random.pick(&[1, 2, 5, -1]).copied().unwrap_or(1)),
        Order::Date => {
            let days = random.pick(&[1, 30, 365, -7]).copied().unwrap_or(1);
            Sum::constant(Order::Duration, days * DAY)
        }
        _ => {
            let seconds = random.pick(&[1, 3600, 86_400, 2_592_000, -60]).copied().unwrap_or(1);
            Sum::constant(Order::Duration, seconds * (DAY / 86_400))
        }
    }
}

/// A sum that relates attributes; its order may be another one.
fn related(random: &mut Random, schema: &Schema, order: Order) -> Option<Sum> {
    match order {
        Order::Int if random.chance(20) => between(random, schema, true),
        Order::Int | Order::Duration if random.chance(60) => {
            let (one, other) = pair(random, schema, order)?;
            let sum = one.joined(sign(random), other);
            Some(if random.chance(20) { sum.joined(sign(random), step(random, order)) } else { sum })
        }
        Order::Date | Order::Time | Order::Duration if random.chance(70) => {
            let of = if order == Order::Duration { Order::Time } else { order };
            let (one, other) = pair(random, schema, of)?;
            Some(one.joined("-", other))
        }
        Order::Time => {
            let (time, by) = (single(random, schema, Order::Time)?, single(random, schema, Order::Duration)?);
            Some(time.joined(sign(random), by))
        }
        Order::Date => {
            let (one, other) = pair(random, schema, Order::Date)?;
            let day = single(random, schema, Order::Date)?;
            Some(day.joined(sign(random), one.joined("-", other)))
        }
        _ => None,
    }
}

const SIGNS: [&str; 8] = ["<", "<=", ">", ">=", "<", ">=", "is", "is not"];

/// Returns true if the checker takes the comparison for possible.
pub(super) fn can_hold(left: &Sum, sign: &str, right: &Sum) -> bool {
    match sign {
        "<" => left.low < right.high,
        "<=" => left.low <= right.high,
        ">" => left.high > right.low,
        ">=" => left.high >= right.low,
        "is" => left.low <= right.high && right.low <= left.high,
        _ => !(left.low == left.high && right.low == right.high && left.low == right.low),
    }
}

/// A sum for a let: of one attribute or of two, never a constant.
pub(super) fn named(random: &mut Random, schema: &Schema) -> Option<Sum> {
    let order = *random.pick(&Order::ALL)?;
    if random.chance(40) { related(random, schema, order) } else { alone(random, schema, order) }
}

fn constant_in(random: &mut Random, schema: &Schema, sum: &Sum) -> Sum {
    let fits = |(order, ordinal, _): &&(Order, i64, String)| {
        *order == sum.order && (sum.low..=sum.high).contains(&i128::from(*ordinal))
    };
    if random.chance(15)
        && let Some((order, ordinal, name)) = random.pick(&schema.constants).filter(fits)
    {
        return Sum { text: name.clone(), ..Sum::constant(*order, *ordinal) };
    }
    Sum::constant(sum.order, sum.order.constant(random, sum.low, sum.high))
}

/// A comparison of one attribute with constants.
pub(super) fn comparison(random: &mut Random, schema: &Schema, order: Order) -> Option<String> {
    let sum = alone(random, schema, order)?;
    compared(random, schema, sum)
}

/// A sum compared with constants.
fn compared(random: &mut Random, schema: &Schema, sum: Sum) -> Option<String> {
    let negation = random.word(&["", "", "not "]);
    match random.below(10) {
        0..2 => {
            let (low, high) = range(random, &sum);
            let is_whole = i128::from(low) <= sum.low && sum.high <= i128::from(high);
            let literal = |ordinal| sum.order.literal(ordinal);
            (!is_whole).then(|| format!("{} {negation}in {}..{}", sum.text, literal(low), literal(high)))
        }
        2 => {
            let values = values(random, schema, &sum);
            let is_whole = sum.high - sum.low < values.len() as i128;
            (!is_whole).then(|| format!("{} {negation}in {{{}}}", sum.text, values.join(", ")))
        }
        3 => {
            let constant = constant_in(random, schema, &sum);
            let sign = random.word(&["<", "<=", ">", ">="]);
            can_hold(&constant, sign, &sum).then(|| format!("{} {sign} {}", constant.text, sum.text))
        }
        _ => {
            let constant = constant_in(random, schema, &sum);
            let sign = random.word(&SIGNS);
            can_hold(&sum, sign, &constant).then(|| format!("{} {sign} {}", sum.text, constant.text))
        }
    }
}

/// The ends of a range in the interval of a sum.
pub(super) fn range(random: &mut Random, sum: &Sum) -> (i64, i64) {
    let one = sum.order.constant(random, sum.low, sum.high);
    let other = sum.order.constant(random, sum.low, sum.high);
    (one.min(other), one.max(other))
}

/// A few values in the interval of a sum.
pub(super) fn values(random: &mut Random, schema: &Schema, sum: &Sum) -> Vec<String> {
    (0..random.between(1, 3)).map(|_| constant_in(random, schema, sum).text).collect()
}

/// A comparison that relates attributes.
pub(super) fn relation(random: &mut Random, schema: &Schema) -> Option<String> {
    let order = *random.pick(&Order::ALL)?;
    if order != Order::Number && random.chance(50) {
        let sum = related(random, schema, order)?;
        return match random.below(10) {
            0..7 => compared(random, schema, sum),
            _ => beside(random, schema, sum),
        };
    }
    let sum = alone(random, schema, order)?;
    beside(random, schema, sum)
}

/// A sum beside an attribute that is not in it.
fn beside(random: &mut Random, schema: &Schema, sum: Sum) -> Option<String> {
    let other = alone(random, schema, sum.order)?;
    let sign = random.word(&SIGNS);
    (!sum.shares_with(&other) && can_hold(&sum, sign, &other))
        .then(|| format!("{} {sign} {}", sum.text, other.text))
}
