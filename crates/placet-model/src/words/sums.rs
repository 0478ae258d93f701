//! Comparisons of sums in words.

use crate::linear::{Linear, Term};
use crate::policy::Model;
use crate::ranges::Ranges;
use crate::types::Type;
use crate::value::Value;

/// Returns the condition that a sum lies in ranges, or doesn't, and true if it is one comparison.
pub(super) fn words(model: &Model, sum: &Linear, ranges: &Ranges, holds: bool) -> (String, bool) {
    let (subject, kind, ranges) = subject(model, sum, ranges);
    let complement = ranges.complement();
    let (inside, outside) = if holds { (ranges, complement) } else { (complement, ranges) };
    let inside = pieces(&inside, &kind);
    let outside = pieces(&outside, &kind);
    match (inside.as_slice(), outside.as_slice()) {
        ([], _) => ("false".to_owned(), true),
        (_, []) => ("true".to_owned(), true),
        ([one], _) => (one.comparison(&subject, &kind), true),
        (_, [one]) => (one.negated(&subject, &kind), true),
        (several, _) => {
            let all: Vec<String> = several.iter().map(|piece| piece.comparison(&subject, &kind)).collect();
            (all.join(" or "), false)
        }
    }
}

/// The values that a sum takes.
struct Kind {
    /// The type whose literals show them; integers otherwise.
    ty: Type,
    low: i128,
    high: i128,
}

/// Returns the words of a sum without its constant, the kind of its values, and the ranges without that constant.
fn subject(model: &Model, sum: &Linear, ranges: &Ranges) -> (String, Kind, Ranges) {
    let ranges = ranges.shifted(sum.added().saturating_neg());
    let terms = sum.terms();
    if let [(Term::Attribute(id), factor @ (1 | -1))] = terms
        && let Some(attribute) = model.attribute(*id)
    {
        let (low, high) = attribute.kind.ordinals().unwrap_or((i64::MIN, i64::MAX));
        let kind = Kind { ty: attribute.kind.clone(), low: low.into(), high: high.into() };
        return (attribute.name.to_string(), kind, ranges.divided(*factor));
    }
    let leads_negative = terms.iter().all(|(_, factor)| *factor < 0)
        || matches!(terms, [(_, first), (_, last)] if *first < 0 && *last > 0);
    let (sum, ranges) = match leads_negative {
        // `y - x` reads better than `-x + y`, and its words put the positive term first anyway.
        true if terms.len() == 1 => (sum.clone().times(-1), ranges.divided(-1)),
        _ => (sum.clone(), ranges),
    };
    let ty = terms
        .iter()
        .find_map(|(term, factor)| match term {
            Term::Attribute(id) => match (&model.attribute(*id)?.kind, factor.unsigned_abs()) {
                (Type::Date, 1) => None,
                (Type::Date | Type::Time | Type::Duration, _) => Some(Type::Duration),
                _ => None,
            },
            _ => None,
        })
        .unwrap_or(Type::Int(i64::MIN, i64::MAX));
    (terms_in_words(model, &sum), Kind { ty, low: i128::MIN, high: i128::MAX }, ranges)
}

fn terms_in_words(model: &Model, sum: &Linear) -> String {
    let mut terms: Vec<(bool, String)> = Vec::new();
    for (term, factor) in sum.terms() {
        let (name, is_day) = match term {
            Term::Attribute(id) => {
                let is_day = model.attribute(*id).is_some_and(|attribute| attribute.kind == Type::Date);
                (model.attribute_name(*id).to_owned(), is_day)
            }
            Term::Between(unit, from, to) => {
                let (from, to) = (terms_in_words(model, from), terms_in_words(model, to));
                (format!("{}({from}, {to})", unit.as_str()), false)
            }
        };
        let times = factor.unsigned_abs();
        // A day counts 86,400,000,000 microseconds beside times.
        let shown = if times == 1 || is_day { name } else { format!("{times} * {name}") };
        terms.push((*factor < 0, shown));
    }
    terms.sort_by_key(|(is_negative, _)| *is_negative);
    let mut out = String::new();
    for (is_negative, term) in terms {
        out.push_str(match (is_negative, out.is_empty()) {
            (false, true) => "",
            (false, false) => " + ",
            (true, true) => "-",
            (true, false) => " - ",
        });
        out.push_str(&term);
    }
    out
}

/// A range of values, without its part outside the domain.
struct Piece {
    low: i128,
    high: i128,
}

fn pieces(ranges: &Ranges, kind: &Kind) -> Vec<Piece> {
    let clipped =
        ranges.iter().map(|(low, high)| Piece { low: low.max(kind.low), high: high.min(kind.high) });
    clipped.filter(|piece| piece.low <= piece.high).collect()
}

impl Piece {
    fn comparison(&self, subject: &str, kind: &Kind) -> String {
        match (self.low <= kind.low, self.high >= kind.high) {
            _ if self.low == self.high => format!("{subject} is {}", kind.shown(self.low)),
            (true, _) => kind.below(subject, self.high),
            (false, true) => kind.above(subject, self.low),
            (false, false) => format!("{subject} in {}..{}", kind.shown(self.low), kind.shown(self.high)),
        }
    }

    fn negated(&self, subject: &str, kind: &Kind) -> String {
        match self.low == self.high {
            true => format!("{subject} is not {}", kind.shown(self.low)),
            false => format!("{subject} not in {}..{}", kind.shown(self.low), kind.shown(self.high)),
        }
    }
}

impl Kind {
    /// Returns true if people count the values one by one.
    fn is_counted(&self) -> bool {
        matches!(self.ty, Type::Int(..) | Type::Date)
    }

    fn below(&self, subject: &str, high: i128) -> String {
        let (last, next) = (self.shown(high), self.shown(high.saturating_add(1)));
        // The bound that the policy has is the one of the two neighbours that is shorter to write.
        match self.is_counted() || next.len() <= last.len() {
            true => format!("{subject} < {next}"),
            false => format!("{subject} <= {last}"),
        }
    }

    fn above(&self, subject: &str, low: i128) -> String {
        let (first, before) = (self.shown(low), self.shown(low.saturating_sub(1)));
        match self.is_counted() || first.len() <= before.len() {
            true => format!("{subject} >= {first}"),
            false => format!("{subject} > {before}"),
        }
    }

    fn shown(&self, ordinal: i128) -> String {
        let value = i64::try_from(ordinal).ok().and_then(|ordinal| Value::from_ordinal(&self.ty, ordinal));
        value.map_or_else(|| ordinal.to_string(), |value| value.display(&self.ty))
    }
}
