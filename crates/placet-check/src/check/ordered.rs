//! Checks comparisons of ordered values: ints, numbers, dates, times and durations, and their sums.
//!
//! Every such comparison becomes `left - right` in a set of ranges. [`Checker::within_atom`] normalises the sum, so
//! that `a + 1 < b` and `b - a > 1` share an atom. The intervals of both sides tell whether the comparison never or
//! always holds; the result is conservative, because the terms of a sum are treated as independent.
//!
//! ```
//! use placet_check::check;
//! use placet_syntax::{Code, Limits, source::load_text};
//!
//! let text = "policy p request { age: int 0..150 } rule r { deny when age + 10 < 5 }";
//! let limits = Limits::default();
//! let (_, diagnostics) = check(&load_text("p.placet", text, &limits), &limits);
//! assert_eq!(diagnostics[0].code, Code::NeverHolds);
//! ```

use super::Checker;
use super::compare::{Verdict, peeled_operand};
use super::operands::{Order, Side, Sum};
use placet_model::Ranges;
use placet_model::condition::{Atom, ConditionId};
use placet_model::linear::Linear;
use placet_model::types::{Type, Universe};
use placet_model::value::Value;
use placet_syntax::ast::{Literal, Operand, OperandKind, Range, Relation, Right};
use placet_syntax::{Code, Diagnostic, Span};

impl Checker<'_> {
    pub(super) fn order_of_right(&mut self, right: &Right) -> Option<Order> {
        let operand = match right {
            Right::Operand(operand) => operand,
            // One entry is enough: those of another order are reported when the set is checked.
            Right::Braces(braces) => braces.entries.first()?,
            Right::Range(range) => &range.low,
        };
        match &operand.kind {
            OperandKind::Name(name) => {
                match self.lets.get(name.as_str()).and_then(|entry| entry.value.as_ref()) {
                    Some(Side::Sum(sum)) => Some(sum.order),
                    Some(Side::Numeral(digits)) => {
                        Some(if digits.contains('.') { Order::Number } else { Order::Int })
                    }
                    Some(_) => None,
                    None => self.find_attribute(name).and_then(|(_, a)| Order::new(&a.kind)),
                }
            }
            OperandKind::Literal(Literal::Numeral(digits)) => {
                Some(if digits.contains('.') { Order::Number } else { Order::Int })
            }
            // Of sums, only those of ints can be compared with a numeral.
            OperandKind::Sum(..) | OperandKind::Between(..) => Some(Order::Int),
            _ => None,
        }
    }

    /// Reports an attribute whose type has no order on either side of `<`, `<=`, `>` or `>=`.
    pub(super) fn ordered_sides(&mut self, left: &Operand, right: &Right) -> Option<()> {
        let right = match right {
            Right::Operand(operand) => Some(operand),
            _ => None,
        };
        for operand in std::iter::once(left).chain(right) {
            let OperandKind::Name(name) = &peeled_operand(operand).kind else { continue };
            let Some((_, attribute)) = self.find_attribute(name) else { continue };
            let (what, help) = match &attribute.kind {
                Type::Bool => ("a bool", format!("write `{name}` alone, or `not {name}`")),
                Type::String => ("a string", "compare it with `is`, `in` or `like`".to_owned()),
                Type::Symbol(Universe::Enum(_)) => ("an enum", "compare it with `is` or `in`".to_owned()),
                Type::Symbol(_) => ("a value of a taxonomy", "compare it with `is` or `in`".to_owned()),
                Type::Set { .. } => ("a set", format!("test its members: `any {name} in …`")),
                _ => continue,
            };
            let message = format!("`{name}` is {what}, which can't be ordered");
            let fault = Diagnostic::new(Code::WrongType, operand.span, message)
                .label(attribute.span, "declared here")
                .help(help);
            self.report(fault);
            return None;
        }
        Some(())
    }

    /// Converts both sides to sums of the same order.
    pub(super) fn sums(
        &mut self,
        left: Side,
        left_span: Span,
        right: Side,
        right_span: Span,
    ) -> Option<(Sum, Sum)> {
        let (left, right) = match (left, right) {
            (Side::Sum(left), Side::Sum(right)) => (left, right),
            // A numeral has no order of its own: it takes that of the other side.
            (Side::Sum(left), Side::Numeral(digits)) => {
                let right = self.numeral_as(&digits, left.order, right_span)?;
                (left, right)
            }
            (Side::Numeral(digits), Side::Sum(right)) => {
                (self.numeral_as(&digits, right.order, left_span)?, right)
            }
            (Side::Numeral(a), Side::Numeral(b)) => {
                let order = if a.contains('.') || b.contains('.') { Order::Number } else { Order::Int };
                (self.numeral_as(&a, order, left_span)?, self.numeral_as(&b, order, right_span)?)
            }
            (left, right) => {
                let faulty = [(&left, left_span), (&right, right_span)];
                let first = faulty.iter().find(|(side, _)| !matches!(side, Side::Sum(_) | Side::Numeral(_)));
                if let Some((side, span)) = first {
                    let what = self.name_of_side(side);
                    let message = match (&left, &right) {
                        (Side::Sum(sum), _) | (_, Side::Sum(sum)) => {
                            format!("expected {}, found {what}", sum.order.as_str())
                        }
                        _ => format!("{what} can't be ordered"),
                    };
                    let fault = Diagnostic::new(Code::WrongType, *span, message);
                    self.report(match (&left, &right) {
                        (Side::Sum(sum), Side::Text(text)) | (Side::Text(text), Side::Sum(sum)) => {
                            fault.help(sum.order.advice(text))
                        }
                        _ => fault,
                    });
                }
                return None;
            }
        };
        if left.order != right.order {
            let message = format!("{} can't be compared with {}", left.order.as_str(), right.order.as_str());
            let fault = Diagnostic::new(Code::WrongType, right_span, message)
                .because(format!("this is {}", right.order.as_str()))
                .label(left_span, format!("this is {}", left.order.as_str()));
            let help = match (left.order, right.order) {
                (Order::Date | Order::Time, Order::Int) => {
                    date_of(self.sources.slice(right_span)).map(|date| format!("write the date as `{date}`"))
                }
                (Order::Time, Order::Date) if right.is_constant() => {
                    let day = self.sources.slice(right_span);
                    Some(format!("add the time of day: `{day}T00:00:00Z`"))
                }
                (Order::Date, Order::Time) if right.is_constant() => {
                    let day = self.sources.slice(right_span).split('T').next().unwrap_or_default();
                    Some(format!("write only the day: `{day}`"))
                }
                _ => None,
            };
            self.report(match help {
                Some(help) => fault.help(help),
                None => fault,
            });
            return None;
        }
        Some((left, right))
    }

    pub(super) fn order(
        &mut self,
        left: Side,
        left_span: Span,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let Right::Operand(operand) = right else {
            self.report(Diagnostic::new(Code::WrongType, right.span(), "expected one value").help(format!(
                "`{}` compares with one value; use `in` for a set or a range",
                relation.as_str()
            )));
            return None;
        };
        let right = self.side(operand)?;
        let (left, right) = self.sums(left, left_span, right, operand.span)?;
        self.same_attribute(&left, &right, span)?;
        let ranges = match relation {
            // All sums are integers, so `left < right` is `left - right <= -1`.
            Relation::Less => Ranges::new(i128::MIN, -1),
            Relation::LessEqual => Ranges::new(i128::MIN, 0),
            Relation::More => Ranges::new(1, i128::MAX),
            _ => Ranges::new(0, i128::MAX),
        };
        self.within(left, &right, ranges, false, span)
    }

    pub(super) fn same_attribute(&mut self, left: &Sum, right: &Sum, span: Span) -> Option<()> {
        if left.attribute.is_some() && left.attribute == right.attribute {
            self.compared_with_itself(span);
            return None;
        }
        Some(())
    }

    /// Builds the condition that `left - right` lies in `ranges`.
    pub(super) fn within(
        &mut self,
        left: Sum,
        right: &Sum,
        ranges: Ranges,
        negated: bool,
        span: Span,
    ) -> Option<ConditionId> {
        let optional = &left.optional | &right.optional;
        let (low, high) = (left.low - right.high, left.high - right.low);
        // For `none` the comparison is false.
        let always = ranges.covers(low, high) && optional.is_empty();
        let verdict = Verdict::of(!ranges.meets(low, high), always);
        let verdict = if negated { verdict.negated() } else { verdict };
        // A declared domain explains more than a computed interval.
        let shown = self.domain_note(&left);
        let shown = shown.or_else(|| self.domain_note(right));
        let shown = shown.or_else(|| {
            Some((span, interval_note(&left, "left").or_else(|| interval_note(right, "right"))?))
        });
        self.judge(verdict, span, shown);
        let sum = left.linear.plus(right.linear.clone(), -1);
        let node = self.within_atom(sum, ranges);
        let node = self.guarded(node, optional);
        Some(if negated { self.conditions.not(node) } else { node })
    }

    /// Returns the node for a sum in ranges, in normal form: without a constant, with a positive first factor, and with
    /// factors that have no common divisor.
    pub(super) fn within_atom(&mut self, sum: Linear, ranges: Ranges) -> ConditionId {
        let ranges = ranges.shifted(-sum.added());
        let Some((_, first)) = sum.terms().first() else {
            // All attributes cancelled out, and the constant was moved into the ranges: the sum is 0.
            let holds = ranges.contains(0);
            return self.conditions.constant(holds);
        };
        // The sign of the first factor is divided out, too: then `a - b` and `b - a` have one form.
        let divisor = sum.terms().iter().fold(0, |a, (_, factor)| gcd(a, factor.abs())) * first.signum();
        let ranges = ranges.divided(divisor);
        let mut normal = Linear::default();
        for (term, factor) in sum.terms() {
            normal = normal.plus(Linear::term(term.clone(), factor / divisor), 1);
        }
        self.conditions.leaf(Atom::Within(normal, ranges))
    }

    pub(super) fn ordered_test(
        &mut self,
        left: Sum,
        relation: Relation,
        right: &Right,
        span: Span,
    ) -> Option<ConditionId> {
        let negated = matches!(relation, Relation::IsNot | Relation::NotIn);
        let is_in = matches!(relation, Relation::In | Relation::NotIn);
        let ranges = match right {
            Right::Operand(operand) => {
                let side = self.side(operand)?;
                let place = operand.span;
                if let Side::Sum(other) = &side
                    && is_in
                    && !other.is_constant()
                {
                    self.report(
                        Diagnostic::new(Code::WrongType, place, "expected a set after `in`")
                            .help("to compare with one attribute, write `is`"),
                    );
                    return None;
                }
                let (left, right) = self.sums(Side::Sum(left), span, side, place)?;
                self.same_attribute(&left, &right, span)?;
                // A value outside the domain has an error of its own: "never true" would hide the cause.
                if right.is_constant() && !left.is_constant() {
                    self.in_domain(&left, right.low, place)?;
                }
                return self.within(left, &right, Ranges::new(0, 0), negated, span);
            }
            Right::Braces(braces) => {
                if !is_in {
                    self.braces_after_is(braces, relation);
                    return None;
                }
                if braces.entries.is_empty() {
                    self.empty_set(braces.span);
                    return None;
                }
                // Every entry is checked before the first invalid one ends this, so that all are reported.
                let points: Vec<Option<i128>> = braces
                    .entries
                    .iter()
                    .map(|entry| {
                        let point = self.range_end(entry, left.order)?;
                        self.in_domain(&left, point, entry.span)?;
                        Some(point)
                    })
                    .collect();
                Ranges::points(points.into_iter().collect::<Option<Vec<_>>>()?)
            }
            Right::Range(range) => {
                if !is_in {
                    self.braces_after_is_range(range, relation);
                    return None;
                }
                self.range_of(&left, range)?
            }
        };
        self.within(left, &ZERO, ranges, negated, span)
    }

    pub(super) fn range_of(&mut self, left: &Sum, range: &Range) -> Option<Ranges> {
        let low = self.range_end(&range.low, left.order);
        let high = self.range_end(&range.high, left.order);
        // Both ends were checked before either can end this, so that both are reported.
        let (low, high) = (low?, high?);
        if low > high {
            self.empty_range(range);
            return None;
        }
        self.in_domain(left, low, range.low.span)?;
        self.in_domain(left, high, range.high.span)?;
        Some(Ranges::new(low, high))
    }

    pub(super) fn in_domain(&mut self, sum: &Sum, value: i128, place: Span) -> Option<()> {
        if (sum.low..=sum.high).contains(&value) {
            return Some(());
        }
        let note = self.domain_note(sum);
        let text = self.sources.slice(place).to_owned();
        let fault = Diagnostic::new(Code::OutsideDomain, place, format!("`{text}` is outside the domain"));
        let fault = match text.split_once('-').filter(|_| sum.order == Order::Int) {
            Some((low, high)) if !low.is_empty() => {
                fault.help(format!("write a range, both ends in it: `{}..{}`", low.trim(), high.trim()))
            }
            _ => fault,
        };
        self.report(match note {
            Some((span, note)) => fault.label(span, note),
            None => match interval_note(sum, "left") {
                Some(text) => fault.because(text),
                None => fault,
            },
        });
        None
    }

    /// Returns a note about the declared domain of a single attribute.
    pub(super) fn domain_note(&self, sum: &Sum) -> Option<(Span, String)> {
        let attribute = self.attribute(sum.attribute?)?;
        Some((attribute.span, format!("`{}` is `{}`", attribute.name, attribute.declared_type())))
    }
}

/// Returns a note about the interval of a sum.
fn interval_note(sum: &Sum, side: &str) -> Option<String> {
    if sum.is_constant() || sum.attribute.is_some() {
        return None;
    }
    let show = |value: i128| {
        let ordinal = i64::try_from(value / sum.order.unit()).ok()?;
        let kind = match sum.order {
            Order::Int => Type::Int(i64::MIN, i64::MAX),
            Order::Number => Type::Number(f64::MIN, f64::MAX),
            Order::Date => Type::Date,
            Order::Time => Type::Time,
            Order::Duration => Type::Duration,
        };
        let (low, high) = kind.ordinals()?;
        let value = Value::from_ordinal(&kind, ordinal).filter(|_| (low..=high).contains(&ordinal))?;
        Some(value.display(&kind))
    };
    let (low, high) = (show(sum.low)?, show(sum.high)?);
    Some(format!("the {side} side is always in `{low}..{high}`"))
}

/// Returns the date that `2026-1-5` probably means. It parses as a difference of ints.
fn date_of(text: &str) -> Option<String> {
    let mut parts = text.split('-').map(str::trim);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let all_digits = [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let fits = year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    (all_digits && fits && parts.next().is_none()).then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The right side of a comparison with constants, which are in the ranges. `within` doesn't look at its order.
static ZERO: std::sync::LazyLock<Sum> = std::sync::LazyLock::new(|| Sum {
    order: Order::Int,
    linear: Linear::constant(0),
    low: 0,
    high: 0,
    attribute: None,
    terms_are_days: true,
    optional: std::collections::BTreeSet::new(),
});
