//! Classes of relations between several attributes: the intervals of a sum, or a truth value.

use super::{ClassLabels, Relation, ordered};
use crate::encoding::Builder;
use placet_model::Model;
use placet_model::types::Type;
use placet_program::{ClassSet, Sum, VariableKind};

pub(super) fn build(builder: &mut Builder<'_>, model: &Model, relation: Relation) {
    match relation {
        Relation::Truth(source, conditions) => {
            let variable = builder.variable(source, 2, ClassLabels::Truth);
            let holds = builder.test(variable, ClassSet::range(1, 2));
            conditions.into_iter().for_each(|condition| builder.set(condition, holds));
        }
        Relation::Sum(shape, tests) => {
            let bounds = |id| {
                model.attribute(id).and_then(|attribute| Type::ordinals(&attribute.kind)).unwrap_or_default()
            };
            // Cuts that no values of the attributes reach would make classes that no request has.
            let (low, high) = shape.extent(&bounds);
            let cuts = ordered::cuts(tests.iter().map(|(_, ranges)| ranges), low, high);
            let ends = cuts.iter().map(|start| start - 1).chain([high]);
            let intervals = [low].into_iter().chain(cuts.iter().copied()).zip(ends).collect();
            let sum = Sum::new(&shape, cuts);
            let classes = u32::try_from(sum.classes()).unwrap_or(u32::MAX);
            let sets: Vec<ClassSet> = tests
                .iter()
                .map(|(_, ranges)| {
                    ClassSet::from_ranges(ranges.iter().filter_map(|(first, last)| {
                        let (first, last) = (first.max(low), last.min(high));
                        (first <= last).then(|| (sum.class_of(first), sum.class_of(last) + 1))
                    }))
                })
                .collect();
            let variable = builder.variable(VariableKind::Sum(sum), classes, ClassLabels::Sums(intervals));
            for ((condition, _), set) in tests.into_iter().zip(sets) {
                let formula = builder.test(variable, set);
                builder.set(condition, formula);
            }
        }
    }
}
