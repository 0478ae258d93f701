//! Builds conditions, operands and literals.
//!
//! The grammar parses `a and not b or c` as a flat list of operators and operands. This module applies the precedence
//! of the operators and collects chains of `and` and `or` without recursion, so a condition may have any number of
//! terms.

use super::{Builder, Children, P, unquoted};
use crate::ast::*;
use crate::grammar::Rule as R;
use crate::{Code, Diagnostic, literal};

impl Builder<'_> {
    /// Builds a condition from its flat list of pairs. `not` binds tightest, then `and`, then `or`.
    pub(super) fn condition(&mut self, pair: P<'_>) -> Option<Condition> {
        let mut parts = Children::new(pair);
        let mut alternatives = Vec::new();
        let mut all = Vec::new();
        while let Some(rule) = parts.peek() {
            match rule {
                // The grammar has checked that operators and operands alternate, so `and` only has to be skipped.
                R::kw_and => {
                    parts.next();
                }
                R::kw_or => {
                    parts.next();
                    alternatives.push(joined(std::mem::take(&mut all), ConditionKind::And)?);
                }
                _ => all.push(self.negatable(&mut parts)?),
            }
        }
        alternatives.push(joined(all, ConditionKind::And)?);
        joined(alternatives, ConditionKind::Or)
    }

    /// Builds a quantified condition or a comparison with the `not`s before it.
    fn negatable(&mut self, parts: &mut Children<'_>) -> Option<Condition> {
        let mut negations = Vec::new();
        while let Some(not) = parts.take(R::kw_not) {
            negations.push(self.span(&not));
        }
        let pair = parts.next()?;
        let mut condition = match pair.as_rule() {
            R::each => self.each(pair)?,
            R::quantified => self.quantified(pair)?,
            _ => self.comparison(pair)?,
        };
        for span in negations.into_iter().rev() {
            let span = span.to(condition.span);
            condition = Condition { kind: ConditionKind::Not(Box::new(condition)), span };
        }
        Some(condition)
    }

    fn quantified(&mut self, pair: P<'_>) -> Option<Condition> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let quantifier = quantifier(&parts.next()?);
        let subject = self.term(parts.next()?, false)?;
        let relation = relation(parts.next()?)?;
        let right = self.right(&mut parts, relation == Relation::Like)?;
        if relation == Relation::NotIn {
            self.check_quantifier(quantifier, span);
        }
        Some(Condition {
            kind: ConditionKind::Quantified(quantifier, Box::new(subject), relation, Box::new(right)),
            span,
        })
    }

    fn each(&mut self, pair: P<'_>) -> Option<Condition> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let every = parts.next()?.as_rule() == R::kw_every;
        let variable = self.name(parts.next()?);
        parts.skip(R::kw_in);
        let set = self.right(&mut parts, false)?;
        parts.skip(R::kw_where);
        let condition = self.condition(Children::new(parts.next()?).next()?)?;
        let each = Each { every, variable, set, condition };
        Some(Condition { kind: ConditionKind::Each(Box::new(each)), span })
    }

    /// Reports `all … not in` and `no … not in`: each means the same as a quantifier with `in`.
    pub(super) fn check_quantifier(&mut self, quantifier: Quantifier, span: crate::Span) {
        let better = match quantifier {
            Quantifier::Any => return,
            Quantifier::All => "no",
            Quantifier::No => "all",
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::MisplacedNegation,
                span,
                format!("`{} … not in` is hard to read", quantifier.as_str()),
            )
            .help(format!("write `{better} … in`, which means the same")),
        );
    }

    fn comparison(&mut self, pair: P<'_>) -> Option<Condition> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let left = self.sum(&mut parts, false)?;
        let Some(next) = parts.next() else {
            return Some(match left.kind {
                // The grammar reads parentheses as an operand; without a comparison they are a condition.
                OperandKind::Group(inner) => Condition { kind: ConditionKind::Group(inner), span },
                _ => Condition { kind: ConditionKind::Operand(left), span },
            });
        };
        let kind = if next.as_rule() == R::presence {
            let mut inner = Children::new(next);
            inner.skip(R::kw_is);
            let negated = inner.skip(R::kw_not);
            let mut knowledge = knowledge(&inner.next()?);
            if negated {
                // The tree holds the condition that the author meant, so that later checks judge that one.
                let better;
                (knowledge, better) = match knowledge {
                    Knowledge::Missing => (Knowledge::Known, "known"),
                    Knowledge::Known => (Knowledge::Missing, "missing"),
                };
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::MisplacedNegation,
                        span,
                        "`is not` can't be combined with `missing` or `known`",
                    )
                    .help(format!("write `is {better}`")),
                );
            }
            ConditionKind::Presence(Box::new(left), knowledge)
        } else {
            let relation = relation(next)?;
            let right = self.right(&mut parts, relation == Relation::Like)?;
            ConditionKind::Compare(Box::new(left), relation, Box::new(right))
        };
        Some(Condition { kind, span })
    }

    fn right(&mut self, parts: &mut Children<'_>, in_pattern: bool) -> Option<Right> {
        Some(match parts.peek()? {
            R::braces => Right::Braces(self.braces(parts.next()?)?),
            R::range => Right::Range(self.range(parts.next()?)?),
            _ => Right::Operand(self.sum(parts, in_pattern)?),
        })
    }

    /// Builds `term ± term …` from the pairs up to the first one that isn't part of the sum.
    pub(super) fn sum(&mut self, parts: &mut Children<'_>, in_pattern: bool) -> Option<Operand> {
        let first = self.term(parts.next()?, in_pattern)?;
        let mut rest = Vec::new();
        while let Some(R::plus | R::minus) = parts.peek() {
            let sign = if parts.next()?.as_rule() == R::plus { Sign::Plus } else { Sign::Minus };
            rest.push((sign, self.term(parts.next()?, false)?));
        }
        let Some((_, last)) = rest.last() else { return Some(first) };
        let span = first.span.to(last.span);
        Some(Operand { kind: OperandKind::Sum(Box::new(first), rest), span })
    }

    pub(super) fn term(&mut self, pair: P<'_>, in_pattern: bool) -> Option<Operand> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            R::path | R::name => OperandKind::Name(pair.as_str().to_owned()),
            R::group => {
                let condition = self.condition(Children::new(pair).next()?)?;
                OperandKind::Group(Box::new(condition))
            }
            rule @ (R::years | R::months) => {
                let unit = if rule == R::years { CalendarUnit::Years } else { CalendarUnit::Months };
                let mut parts = Children::new(pair);
                parts.next()?;
                let from = self.sum(&mut Children::new(parts.next()?), false)?;
                let to = self.sum(&mut Children::new(parts.next()?), false)?;
                OperandKind::Between(unit, Box::new(from), Box::new(to))
            }
            R::lookup_call => {
                let mut parts = Children::new(pair);
                let lookup = self.name(parts.next()?);
                let key = self.term(parts.next()?, false)?;
                OperandKind::Lookup(lookup, Box::new(key))
            }
            _ => OperandKind::Literal(self.literal(pair, in_pattern)?),
        };
        Some(Operand { kind, span })
    }

    pub(super) fn literal(&mut self, pair: P<'_>, in_pattern: bool) -> Option<Literal> {
        let span = self.span(&pair);
        let token = pair.as_str();
        match pair.as_rule() {
            R::boolean => Some(Literal::Bool(token == "true")),
            R::number => Some(Literal::Numeral(token.replace('_', ""))),
            R::string => {
                let raw = unquoted(token);
                // A pattern keeps its escapes: `\*` and `*` still differ when the pattern is parsed.
                let text = if in_pattern { raw.to_owned() } else { self.report(literal::text(raw, span))? };
                Some(Literal::String(text, raw.to_owned()))
            }
            R::date => self.report(literal::date(token, span)),
            R::time => self.report(literal::time(token, span)),
            R::duration => self.duration(pair).map(Literal::Duration),
            _ => None,
        }
    }

    pub(super) fn duration(&mut self, pair: P<'_>) -> Option<i64> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let (number, unit) = (parts.next()?, parts.next()?);
        self.report(literal::duration(number.as_str(), unit.as_str(), span))
    }

    pub(super) fn braces(&mut self, pair: P<'_>) -> Option<Braces> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let mut entries = Vec::new();
        while let Some(pair) = parts.next() {
            entries.push(self.term(pair, false)?);
        }
        Some(Braces { entries, span })
    }

    pub(super) fn range(&mut self, pair: P<'_>) -> Option<Range> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let low = Box::new(self.term(parts.next()?, false)?);
        let high = Box::new(self.term(parts.next()?, false)?);
        Some(Range { low, high, span })
    }
}

/// Joins several conditions into one of the given kind. Returns a single condition unchanged.
fn joined(mut all: Vec<Condition>, kind: fn(Vec<Condition>) -> ConditionKind) -> Option<Condition> {
    if all.len() <= 1 {
        return all.pop();
    }
    let span = all.first()?.span.to(all.last()?.span);
    Some(Condition { kind: kind(all), span })
}

pub(super) fn quantifier(pair: &P<'_>) -> Quantifier {
    match pair.as_str() {
        "any" => Quantifier::Any,
        "all" => Quantifier::All,
        _ => Quantifier::No,
    }
}

pub(super) fn knowledge(pair: &P<'_>) -> Knowledge {
    if pair.as_rule() == R::kw_missing { Knowledge::Missing } else { Knowledge::Known }
}

/// Returns the relation of a `relation` pair or of the operator pair inside it.
pub(super) fn relation(pair: P<'_>) -> Option<Relation> {
    let pair = if pair.as_rule() == R::relation { Children::new(pair).next()? } else { pair };
    Some(match pair.as_rule() {
        R::is => Relation::Is,
        R::is_not => Relation::IsNot,
        R::in_ => Relation::In,
        R::not_in => Relation::NotIn,
        R::like => Relation::Like,
        R::less => Relation::Less,
        R::less_equal => Relation::LessEqual,
        R::more => Relation::More,
        R::more_equal => Relation::MoreEqual,
        _ => return None,
    })
}
