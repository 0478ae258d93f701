//! Checks operands: attributes, literals and sums.
//!
//! An ordered value becomes a linear sum of attributes with an interval, computed by interval arithmetic from the
//! domains of the attributes. Comparisons use the interval to find conditions that never or always hold. Sums are
//! 128-bit.

use super::Checker;
use super::compare::peeled_operand;
use placet_model::linear::{Linear, Term};
use placet_model::types::{AttributeId, Type, number_ordinal};
use placet_syntax::ast::{Literal, Operand, OperandKind, Sign};
use placet_syntax::calendar::{self, CalendarUnit};
use placet_syntax::{Code, Diagnostic, Span};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An ordered type, without its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Int,
    Number,
    Date,
    Time,
    Duration,
}

impl Order {
    pub(super) fn new(kind: &Type) -> Option<Self> {
        Some(match kind {
            Type::Int(..) => Order::Int,
            Type::Number(..) => Order::Number,
            Type::Date => Order::Date,
            Type::Time => Order::Time,
            Type::Duration => Order::Duration,
            Type::Bool | Type::String | Type::Symbol(_) | Type::Set { .. } => return None,
        })
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Order::Int => "an int",
            Order::Number => "a number",
            Order::Date => "a date",
            Order::Time => "a time",
            Order::Duration => "a duration",
        }
    }

    /// Returns the advice for a text in quotes where a value of this order stands.
    pub(super) fn advice(self, text: &str) -> String {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let parts = unsigned.split(|c: char| !c.is_ascii_digit());
        let lengths: Vec<usize> = parts.map(str::len).take(4).collect();
        let (is_value, form) = match self {
            Order::Int => (unsigned.parse::<u64>().is_ok(), "18"),
            Order::Number => (unsigned.parse::<f64>().is_ok(), "0.5"),
            Order::Date => (lengths == [4, 2, 2], "2026-01-31"),
            Order::Time => (lengths.starts_with(&[4, 2, 2]) && text.ends_with('Z'), "2026-01-31T10:00:00Z"),
            Order::Duration => (
                text.split_once(' ').is_some_and(|(count, unit)| {
                    count.parse::<i64>().is_ok() && unit.bytes().all(|byte| byte.is_ascii_lowercase())
                }),
                "30 days",
            ),
        };
        match is_value {
            true => format!("write `{text}` without quotes"),
            false => format!("write {} like `{form}`, without quotes", self.as_str()),
        }
    }

    /// Returns the factor of an ordinal in a sum. Dates count in days, but sums of dates and durations in microseconds.
    pub(super) fn unit(self) -> i128 {
        if self == Order::Date { i128::from(calendar::DAY) } else { 1 }
    }
}

/// A sum of ordered values, in units of its order. Dates are in microseconds.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    pub(super) order: Order,
    pub(super) linear: Linear,
    /// The bounds of the sum, from the domains of its attributes.
    pub(super) low: i128,
    pub(super) high: i128,
    /// The attribute, if the sum is a single attribute.
    pub(super) attribute: Option<AttributeId>,
    /// True if all terms are differences of dates, and for a constant.
    pub(super) terms_are_days: bool,
    /// The optional attributes in the sum, those that cancelled out included: if one is `none`, so is the sum.
    pub(super) optional: BTreeSet<AttributeId>,
}

impl Sum {
    fn constant(order: Order, ordinal: i128) -> Self {
        let value = ordinal * order.unit();
        Self {
            order,
            linear: Linear::constant(value),
            low: value,
            high: value,
            attribute: None,
            terms_are_days: true,
            optional: BTreeSet::new(),
        }
    }

    /// Returns true if the sum is a whole number of days in every request.
    fn is_whole_days(&self) -> bool {
        self.terms_are_days && self.linear.added() % i128::from(calendar::DAY) == 0
    }

    pub(super) fn is_constant(&self) -> bool {
        self.linear.terms().is_empty()
    }
}

/// A checked operand.
#[derive(Debug, Clone)]
pub(super) enum Side {
    /// An attribute whose type is not ordered.
    Attribute(AttributeId),
    /// An ordered value.
    Sum(Sum),
    /// A numeral. The other side decides between int and number.
    Numeral(String),
    /// A string literal.
    Text(Arc<str>),
    /// `true` or `false`.
    Bool(bool),
}

impl Checker<'_> {
    /// Checks an operand, in which every name must be an attribute. Reports errors.
    pub(super) fn side(&mut self, operand: &Operand) -> Option<Side> {
        match &operand.kind {
            OperandKind::Name(name) => self.attribute_side(name, operand.span),
            OperandKind::Literal(literal) => Some(match literal {
                Literal::Bool(value) => Side::Bool(*value),
                Literal::Numeral(digits) => Side::Numeral(digits.clone()),
                Literal::String(text, _) => Side::Text(text.as_str().into()),
                Literal::Date(day) => Side::Sum(Sum::constant(Order::Date, i128::from(*day))),
                Literal::Time(instant) => Side::Sum(Sum::constant(Order::Time, i128::from(*instant))),
                Literal::Duration(micros) => Side::Sum(Sum::constant(Order::Duration, i128::from(*micros))),
            }),
            OperandKind::Sum(first, rest) => self.sum(first, rest).map(Side::Sum),
            OperandKind::Between(unit, from, to) => self.between(*unit, from, to).map(Side::Sum),
            OperandKind::Lookup(..) => {
                let value = self.resolved(operand)?;
                self.side(&value)
            }
            OperandKind::Group(_) => match peeled_operand(operand) {
                Operand { kind: OperandKind::Group(_), .. } => {
                    self.fault(Code::WrongType, operand.span, "a condition can't be compared");
                    None
                }
                inner => self.side(inner),
            },
        }
    }

    pub(super) fn attribute_side(&mut self, name: &str, span: Span) -> Option<Side> {
        if let Some(value) = self.lets.get(name).and_then(|entry| entry.value.as_ref()) {
            return Some(value.clone());
        }
        if let Some(literal) = self.constants.get(name) {
            let operand = Operand { kind: OperandKind::Literal(literal.clone()), span };
            return self.side(&operand);
        }
        let Some((id, attribute)) = self.find_attribute(name) else {
            if let Some(entry) = self.lets.get(name) {
                // The errors of an invalid let are reported at its declaration.
                entry.condition?;
                self.report(
                    Diagnostic::new(
                        Code::WrongType,
                        span,
                        format!("expected a value, found the condition `{name}`"),
                    )
                    .help(format!("write `{name}` alone, or `not {name}`")),
                );
            } else if self.is_unknown(name) {
                self.unknown_operand(name, span, "attribute", None);
            }
            return None;
        };
        let Some(order) = Order::new(&attribute.kind) else { return Some(Side::Attribute(id)) };
        let (low, high) = attribute.kind.ordinals().unwrap_or_default();
        let optional = self.optional_in(id).collect();
        Some(Side::Sum(Sum {
            order,
            optional,
            linear: Linear::term(Term::Attribute(id), order.unit()),
            low: i128::from(low) * order.unit(),
            high: i128::from(high) * order.unit(),
            attribute: Some(id),
            terms_are_days: false,
        }))
    }

    /// Checks a term of a sum. Numerals are ints here, because numbers can't be added.
    fn addend(&mut self, operand: &Operand) -> Option<Sum> {
        match self.side(operand)? {
            Side::Sum(sum) if sum.order == Order::Number => {
                self.fault(
                    Code::WrongType,
                    operand.span,
                    "values of type `number` can't be added or subtracted",
                );
                None
            }
            Side::Sum(sum) => Some(sum),
            Side::Numeral(digits) => {
                self.int(&digits, operand.span).map(|n| Sum::constant(Order::Int, n.into()))
            }
            Side::Attribute(id) => {
                let kind = self.attribute(id).map(|attribute| attribute.kind.to_string()).unwrap_or_default();
                let message = format!("values of type `{kind}` can't be added or subtracted");
                self.report(
                    Diagnostic::new(Code::WrongType, operand.span, message)
                        .help("only ints, dates, times and durations can be added or subtracted"),
                );
                None
            }
            side @ (Side::Text(..) | Side::Bool(_)) => {
                let message = format!("{} can't be added or subtracted", self.name_of_side(&side));
                self.report(
                    Diagnostic::new(Code::WrongType, operand.span, message)
                        .help("only ints, dates, times and durations can be added or subtracted"),
                );
                None
            }
        }
    }

    fn sum(&mut self, first: &Operand, rest: &[(Sign, Operand)]) -> Option<Sum> {
        let mut left = self.addend(first);
        let mut span = first.span;
        for (sign, operand) in rest {
            span = span.to(operand.span);
            left = match left {
                Some(left) => {
                    let right = self.addend(operand);
                    right.and_then(|right| self.add(left, *sign, right, span, operand.span))
                }
                // One type error of a sum is enough, but checking the operand reports its unknown names.
                None => {
                    self.side(operand);
                    None
                }
            };
        }
        left
    }

    fn add(&mut self, left: Sum, sign: Sign, right: Sum, span: Span, place: Span) -> Option<Sum> {
        use Order::{Date, Duration, Int, Time};
        let minus = sign == Sign::Minus;
        let order = match (left.order, right.order) {
            (Int, Int) => Int,
            (Duration, Duration) => Duration,
            (Time, Time) | (Date, Date) if minus => Duration,
            (Time, Duration) => Time,
            (Date, Duration) => {
                if !right.is_whole_days() {
                    self.report(
                        Diagnostic::new(Code::PartialDays, place, "a date can be moved only by whole days")
                            .because("expected a constant of whole days or a difference of dates"),
                    );
                    return None;
                }
                Date
            }
            (a, b) => {
                let word = if minus { "subtracted from" } else { "added to" };
                let (what, to) = (b.as_str(), a.as_str());
                let fault = Diagnostic::new(Code::WrongType, span, format!("{what} can't be {word} {to}"));
                let text = self.sources.slice(place).to_owned();
                let is_numeral = text.bytes().all(|byte| byte.is_ascii_digit());
                self.report(match (a, b) {
                    (Duration, Time | Date) if !minus => {
                        fault.help("write the date or time first: `at + 30 days`")
                    }
                    (Time | Date | Duration, Int) if is_numeral => {
                        fault.help(format!("add a unit: `{text} days`"))
                    }
                    _ => fault,
                });
                return None;
            }
        };
        let factor = if minus { -1 } else { 1 };
        let (low, high) = if minus { (-right.high, -right.low) } else { (right.low, right.high) };
        let of_dates = left.order == Date && right.order == Date;
        Some(Sum {
            order,
            optional: &left.optional | &right.optional,
            terms_are_days: of_dates || left.terms_are_days && right.terms_are_days,
            linear: left.linear.plus(right.linear, factor),
            low: left.low + low,
            high: left.high + high,
            attribute: None,
        })
    }

    fn between(&mut self, unit: CalendarUnit, from: &Operand, to: &Operand) -> Option<Sum> {
        let Some(from) = self.moment(unit, from) else {
            // One type error is enough, but checking the operand reports its unknown names.
            self.side(to);
            return None;
        };
        let to = self.moment(unit, to)?;
        // The count grows with `to` and shrink with `from`, so the bounds come from opposite ends.
        Some(Sum {
            order: Order::Int,
            low: unit.between(from.high, to.low),
            high: unit.between(from.low, to.high),
            linear: Linear::between(unit, from.linear, to.linear),
            optional: &from.optional | &to.optional,
            attribute: None,
            terms_are_days: false,
        })
    }

    fn moment(&mut self, unit: CalendarUnit, operand: &Operand) -> Option<Sum> {
        let sum = self.addend(operand)?;
        if !matches!(sum.order, Order::Date | Order::Time) {
            let what = sum.order.as_str();
            self.fault(
                Code::WrongType,
                operand.span,
                format!("`{}` takes dates and times, not {what}", unit.as_str()),
            );
            return None;
        }
        Some(sum)
    }

    /// Parses a numeral as an int. Reports decimals and overflow.
    pub(super) fn int(&mut self, digits: &str, span: Span) -> Option<i64> {
        if digits.contains('.') {
            self.fault(Code::NumeralOutOfReach, span, "an int can't have decimals");
            return None;
        }
        let value = digits.parse().ok();
        if value.is_none() {
            self.fault(Code::NumeralOutOfReach, span, "the number is too large for an int");
        }
        value
    }

    /// Parses a numeral as a number. Reports infinite results.
    pub(super) fn number(&mut self, digits: &str, span: Span) -> Option<f64> {
        let value = digits.parse().ok().filter(|value: &f64| value.is_finite());
        if value.is_none() {
            self.fault(Code::NumeralOutOfReach, span, "the number is too large");
        }
        // Adding 0.0 turns -0.0 into 0.0.
        value.map(|value| value + 0.0)
    }

    /// Converts a numeral to a constant of an order.
    pub(super) fn numeral_as(&mut self, digits: &str, order: Order, span: Span) -> Option<Sum> {
        match order {
            Order::Int => self.int(digits, span).map(|n| Sum::constant(Order::Int, n.into())),
            Order::Number => {
                let number = self.number(digits, span)?;
                Some(Sum::constant(Order::Number, number_ordinal(number).into()))
            }
            other => {
                let fault = Diagnostic::new(
                    Code::WrongType,
                    span,
                    format!("expected {}, found a number", other.as_str()),
                );
                self.report(match other {
                    Order::Duration => fault.help(format!("add a unit: `{digits} days`")),
                    _ => fault,
                });
                None
            }
        }
    }

    /// Returns the type of a declaration such as `int 0..150`.
    pub(super) fn ranged_kind(
        &mut self,
        name: &placet_syntax::ast::Name,
        range: &placet_syntax::ast::Range,
    ) -> Option<Type> {
        let order = match name.text.as_str() {
            "int" => Order::Int,
            "number" => Order::Number,
            other => {
                self.report(
                    Diagnostic::new(Code::UnknownType, name.span, format!("`{other}` can't have a range"))
                        .because("only `int` and `number` can have a range")
                        .help("remove the range, and compare where it matters"),
                );
                return None;
            }
        };
        let low = self.range_end(&range.low, order)?;
        let high = self.range_end(&range.high, order)?;
        if low > high {
            self.empty_range(range);
            return None;
        }
        let narrow = |n: i128| i64::try_from(n).unwrap_or_default();
        Some(match order {
            Order::Int => Type::Int(narrow(low), narrow(high)),
            _ => Type::Number(
                placet_model::types::ordinal_number(narrow(low)),
                placet_model::types::ordinal_number(narrow(high)),
            ),
        })
    }

    pub(super) fn empty_range(&mut self, range: &placet_syntax::ast::Range) {
        self.report(
            Diagnostic::new(Code::EmptyRange, range.span, "the range ends before it begins")
                .help("write the smaller end first; both ends belong to the range"),
        );
    }

    /// Returns an end of a range or a member of a set, which must be a constant of the order.
    pub(super) fn range_end(&mut self, operand: &Operand, order: Order) -> Option<i128> {
        let is_name = matches!(operand.kind, OperandKind::Name(_));
        let operand = &*self.constant(operand);
        let sum = match self.side(operand)? {
            Side::Numeral(digits) => self.numeral_as(&digits, order, operand.span)?,
            Side::Sum(sum) => sum,
            _ => {
                self.fault(Code::WrongType, operand.span, format!("expected {}", order.as_str()));
                return None;
            }
        };
        if sum.order != order {
            let message = format!("expected {}, found {}", order.as_str(), sum.order.as_str());
            self.fault(Code::WrongType, operand.span, message);
            return None;
        }
        // Of the lets, those of one literal are constants.
        if !sum.is_constant() || is_name && matches!(operand.kind, OperandKind::Name(_)) {
            self.report(
                Diagnostic::new(Code::WrongType, operand.span, "a set or a range can't contain attributes")
                    .help("compare with the attribute separately, as in `x is y or x in {…}`"),
            );
            return None;
        }
        Some(sum.low)
    }
}
