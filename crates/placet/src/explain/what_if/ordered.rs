//! Ranges of ordered values, with bounds in the form that the policy has.

use super::{ANY, Outcomes, Probe};
use placet_model::types::Type;
use placet_model::value::Value;

/// Returns the ranges in ascending order, or `None` if the classes don't cover the domain.
pub(super) fn outcomes(probe: &mut Probe<'_>) -> Option<Outcomes> {
    let domain = probe.kind.ordinals()?;
    let starts: Vec<(i64, Value)> = probe
        .representatives()
        .into_iter()
        .map(|value| Some((value.ordinal()?, value)))
        .collect::<Option<_>>()?;
    if starts.first().map(|(start, _)| *start) != Some(domain.0) {
        return None;
    }
    let mut ranges: Vec<(i64, i64, _)> = Vec::new();
    for (index, (start, value)) in starts.iter().enumerate() {
        // A representative begins its class, so the class ends where the next one begins.
        let end = starts.get(index + 1).map_or(domain.1, |(next, _)| next.saturating_sub(1));
        let effect = probe.effect(value)?;
        match ranges.last_mut() {
            Some((_, last, same)) if *same == effect => *last = end,
            _ => ranges.push((*start, end, effect)),
        }
    }
    let kind = probe.kind;
    Some(ranges.into_iter().map(|(low, high, effect)| (range(kind, domain, low, high), effect)).collect())
}

/// Formats a range with both ends; leaves out an end of the domain.
pub(crate) fn range(kind: &Type, domain: (i64, i64), low: i64, high: i64) -> String {
    let first = (low > domain.0).then(|| Bound::before(kind, low));
    let last = (high < domain.1).then(|| Bound::before(kind, high.saturating_add(1)));
    match (first, last) {
        _ if low == high => shown(kind, low),
        (None, None) => ANY.to_owned(),
        (None, Some(last)) => match last.end(kind, high) {
            (true, end) => format!("at most {end}"),
            (false, end) => format!("below {end}"),
        },
        (Some(first), None) => match first.is_above {
            true => format!("at least {}", first.written),
            false => format!("above {}", first.written),
        },
        (Some(first), Some(last)) => {
            let (includes, end) = last.end(kind, high);
            let end = if includes { end } else { format!("below {end}") };
            match (first.is_above, is_counted(kind)) {
                (true, true) => format!("{} to {end}", first.written),
                (true, false) => format!("from {} to {end}", first.written),
                (false, _) => format!("above {} to {end}", first.written),
            }
        }
    }
}

/// A bound between two neighbouring values.
struct Bound {
    /// The value of the two that the policy has: the shorter one.
    written: String,
    /// True if this is the upper one.
    is_above: bool,
}

impl Bound {
    /// Returns the bound before an ordinal.
    fn before(kind: &Type, ordinal: i64) -> Self {
        let (above, below) = (shown(kind, ordinal), shown(kind, ordinal.saturating_sub(1)));
        if is_counted(kind) || above.len() <= below.len() {
            Self { written: above, is_above: true }
        } else {
            Self { written: below, is_above: false }
        }
    }

    /// Returns the end of a range with this last ordinal, and true if the range includes it.
    fn end(self, kind: &Type, last: i64) -> (bool, String) {
        if is_counted(kind) { (true, shown(kind, last)) } else { (!self.is_above, self.written) }
    }
}

/// Returns true if people count the values one by one, like days.
fn is_counted(kind: &Type) -> bool {
    matches!(kind, Type::Int(..) | Type::Date)
}

fn shown(kind: &Type, ordinal: i64) -> String {
    Value::from_ordinal(kind, ordinal).map_or_else(String::new, |value| value.display(kind))
}
