//! Classes of ordered attributes: the intervals between the cuts of conditions.

use super::{ClassLabels, only_attribute, only_factor};
use crate::encoding::Builder;
use placet_core::first_where;
use placet_model::condition::ConditionId;
use placet_model::linear::{Direction, Linear};
use placet_model::types::{AttributeId, Type};
use placet_model::{Model, Ranges};
use placet_program::classify::{Classifier, Cuts};
use placet_program::{ClassSet, VariableKind};

/// Returns the only attribute of a sum and the ordinals for which the sum lies in the ranges; `None` if the sum has
/// several attributes or is not monotonic in its attribute.
pub(super) fn alone(model: &Model, sum: &Linear, ranges: &Ranges) -> Option<(AttributeId, Ranges)> {
    let id = only_attribute(sum)?;
    if let Some(factor) = only_factor(sum) {
        return Some((id, ranges.shifted(sum.added().saturating_neg()).divided(factor)));
    }
    let (low, high) = model.attribute(id)?.kind.ordinals()?;
    let direction = sum.direction(id)?;
    let value = |ordinal: i64| sum.substituted(&|_| Some(ordinal)).added();
    let mut own = Vec::new();
    for (first, last) in ranges.iter() {
        // The sum is monotonic in the ordinal, so a binary search finds where it crosses a bound.
        let reached = |bound: i128| first_where(low, high, |ordinal| value(ordinal) >= bound);
        let fallen = |bound: i128| first_where(low, high, |ordinal| value(ordinal) <= bound);
        // `from` is the first ordinal inside the range, `to` the first behind it.
        let (from, to) = match direction {
            Direction::Rising => (reached(first), last.checked_add(1).and_then(reached)),
            Direction::Falling => (fallen(last), first.checked_sub(1).and_then(fallen)),
        };
        if let Some(from) = from {
            own.push((i128::from(from), to.map_or(i128::from(high), |to| i128::from(to) - 1)));
        }
    }
    Some((id, Ranges::union(own)))
}

pub(super) fn build(
    builder: &mut Builder<'_>,
    id: AttributeId,
    kind: &Type,
    tests: &[(ConditionId, Ranges)],
) {
    let (low, high) = kind.ordinals().unwrap_or_default();
    let starts = cuts(tests.iter().map(|(_, ranges)| ranges), i128::from(low), i128::from(high));
    // INVARIANT: the cuts lie in the domain, whose ordinals fit in 64 bits.
    let starts: Vec<i64> = starts.into_iter().filter_map(|start| i64::try_from(start).ok()).collect();
    let ends = starts.iter().map(|start| start - 1).chain([high]);
    let intervals = [low].into_iter().chain(starts.iter().copied()).zip(ends).collect();
    let cuts = Cuts::new(starts);
    let classes = u32::try_from(cuts.classes()).unwrap_or(u32::MAX);
    let variable = builder.variable(VariableKind::Value(id), classes, ClassLabels::Intervals(intervals));
    for (condition, ranges) in tests {
        let inside = ranges.iter().filter_map(|(first, last)| {
            let (first, last) = (first.max(low.into()), last.min(high.into()));
            let class = |ordinal: i128| i64::try_from(ordinal).ok().map(|ordinal| cuts.class(ordinal));
            (first <= last).then_some((class(first)?, class(last)? + 1))
        });
        let set = ClassSet::from_ranges(inside);
        let formula = builder.test(variable, set);
        builder.set(*condition, formula);
    }
    builder.classify(id, Classifier::Ordered(cuts), vec![variable]);
}

/// Returns the numbers between `low` and `high` at which the truth of a range changes: the starts of all classes but
/// the first.
pub(super) fn cuts<'r>(ranges: impl Iterator<Item = &'r Ranges>, low: i128, high: i128) -> Vec<i128> {
    let bounds = ranges.flat_map(Ranges::iter).flat_map(|(first, last)| [Some(first), last.checked_add(1)]);
    let mut out: Vec<i128> = bounds.flatten().filter(|bound| low < *bound && *bound <= high).collect();
    out.sort_unstable();
    out.dedup();
    out
}
