//! Grounds conditions that relate two ordered attributes, by intervals of their difference or of the years or
//! months between them. The theory of bounds decides which intervals are consistent.

use super::formula::BEYOND;
use super::ground::{Ground, Meaning};
use crate::condition::Atom;
use crate::linear::{Linear, Relation};
use crate::ranges::Ranges;
use crate::theory;
use crate::types::{AttributeId, Type};
use crate::value::Value;
use std::collections::BTreeMap;

/// The conditions on a sum, each with the ranges of the sum in which it holds.
type Tests<'a> = Vec<(&'a Atom, Ranges)>;

/// Grounds conditions with several unknown attributes: one variable for each sum that the theory can handle. Every
/// other condition becomes an independent variable.
pub(super) fn ground<'a>(ground: &mut Ground<'a>, atoms: &[&'a Atom]) {
    let mut sums: BTreeMap<Linear, (Relation, Tests<'a>)> = BTreeMap::new();
    let mut others: Vec<&'a Atom> = Vec::new();
    for atom in atoms {
        match relation(ground, atom) {
            Some((sum, relation, ranges)) => {
                sums.entry(sum).or_insert((relation, Vec::new())).1.push((atom, ranges));
            }
            None => others.push(atom),
        }
    }
    for (relation, tests) in sums.into_values() {
        relate(ground, &relation, &tests);
    }
    others.into_iter().for_each(|atom| ground.relax(atom));
}

/// Returns the sum in a condition, with known values substituted, and the ranges in which the condition holds. `None`
/// if the theory can't handle it.
pub(super) fn relation(ground: &Ground<'_>, atom: &Atom) -> Option<(Linear, Relation, Ranges)> {
    let Atom::Within(sum, ranges) = atom else { return None };
    let kind = |id: AttributeId| ground.model.attribute(id).map(|attribute| &attribute.kind);
    let sum = sum.substituted(&|id| ground.facts.value(id).and_then(Value::ordinal));
    let (bare, factor) = sum.primitive();
    let relation = Relation::new(&bare, &|id| kind(id).map_or(1, theory::step))?;
    let is_ordered = |id: &AttributeId| kind(*id).and_then(Type::ordinals).is_some();
    let ranges = ranges.shifted(sum.added().saturating_neg()).divided(factor);
    relation.attributes().iter().all(is_ordered).then_some((bare, relation, ranges))
}

fn relate<'a>(ground: &mut Ground<'a>, relation: &Relation, tests: &Tests<'a>) {
    let size = tests.iter().map(|(_, ranges)| ranges.iter().count()).sum();
    if !ground.formulas.has_room(size) {
        tests.iter().for_each(|(atom, _)| ground.set(atom, BEYOND));
        return;
    }
    let bounds = tests.iter().flat_map(|(_, ranges)| ranges.iter());
    let mut cuts: Vec<i128> = bounds
        .flat_map(|(first, last)| [Some(first).filter(|first| *first != i128::MIN), last.checked_add(1)])
        .flatten()
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let count = cuts.len() + 1;
    let variable = ground.variable(count, Meaning::Relation(relation.attributes().to_vec()));
    for id in relation.attributes() {
        if let Some(attribute) = ground.model.attribute(id) {
            ground.theory.add_attribute(id, &attribute.kind);
        }
    }
    ground.theory.add_relation(variable.0, relation, cuts.iter().copied());
    for (atom, ranges) in tests {
        // Every number of a class gives the same truth. Test its first number; the first class has none, so its last.
        let holds = |class: usize| match class.checked_sub(1) {
            Some(before) => cuts.get(before).is_some_and(|cut| ranges.contains(*cut)),
            None => cuts.first().map_or(ranges.contains(0), |cut| ranges.contains(cut.saturating_sub(1))),
        };
        let formula = ground.classes_where(variable, count, holds);
        ground.set(atom, formula);
    }
}
