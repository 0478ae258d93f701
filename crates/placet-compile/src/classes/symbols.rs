//! Classes of symbols. Symbols that no condition distinguishes share a class.

use super::ClassLabels;
use crate::encoding::Builder;
use placet_model::BitSet;
use placet_model::condition::ConditionId;
use placet_model::types::{AttributeId, Type};
use placet_program::classify::Classifier;
use placet_program::{ClassSet, VariableKind};
use std::collections::HashMap;

pub(super) fn build(
    builder: &mut Builder<'_>,
    id: AttributeId,
    kind: &Type,
    tests: &[(ConditionId, &BitSet)],
) {
    // INVARIANT: the checker compares only types with symbols here.
    let count = kind.symbols().unwrap_or_default();
    let sets: Vec<&BitSet> = tests.iter().map(|(_, set)| *set).collect();
    let class_of = partition(count, &sets);
    let classes = class_of.iter().max().map_or(1, |last| last + 1);
    let mut members = vec![Vec::new(); classes as usize];
    for (symbol, class) in (0..).zip(&class_of) {
        if let Some(members) = members.get_mut(*class as usize) {
            members.push(symbol);
        }
    }
    let variable = builder.variable(VariableKind::Value(id), classes, ClassLabels::Symbols(members));
    for (condition, set) in tests {
        let classes: ClassSet =
            set.iter().filter_map(|symbol| class_of.get(symbol as usize).copied()).collect();
        let formula = builder.test(variable, classes);
        builder.set(*condition, formula);
    }
    builder.classify(id, Classifier::Symbols(class_of.into()), vec![variable]);
}

/// Returns the class of each symbol. Classes are numbered by first occurrence, so neighbours in a taxonomy stay
/// neighbours.
pub(super) fn partition(count: u32, sets: &[&BitSet]) -> Vec<u32> {
    let mut signatures: Vec<Vec<u32>> = vec![Vec::new(); count as usize];
    for (number, set) in (0..).zip(sets) {
        for symbol in set.iter() {
            if let Some(signature) = signatures.get_mut(symbol as usize) {
                signature.push(number);
            }
        }
    }
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    signatures
        .into_iter()
        .map(|signature| {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *known.entry(signature).or_insert(next)
        })
        .collect()
}
