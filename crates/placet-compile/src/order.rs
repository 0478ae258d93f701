//! In which order the variables of conditions may stand.

use crate::encoding::Encoding;
use crate::projection::Projection;
use placet_graph::order;
use placet_program::ClassSet;
use placet_program::formula::FormulaId;
use std::collections::{BTreeSet, HashMap};

/// The orders of the variables to try for a diagram of these conditions, likely the best first, each with what the
/// projection of a condition says of it; only of the variables that are wanted.
pub fn orders(
    space: &Encoding,
    conditions: &[FormulaId],
    projections: &[Projection],
    wanted: &BTreeSet<u32>,
) -> Vec<Vec<u32>> {
    let arities = space.arities();
    let mut seen: HashMap<FormulaId, BTreeSet<u32>> = HashMap::new();
    let functions: Vec<Vec<(u32, f64)>> = conditions
        .iter()
        .zip(projections)
        .map(|(condition, projection)| {
            let share = |variable: &u32| {
                let arity = arities.get(*variable as usize).copied().unwrap_or(1).max(1);
                let left = projection.classes.get(variable).map_or(arity, ClassSet::len);
                (*variable, f64::from(left) / f64::from(arity))
            };
            let variables = seen.entry(*condition).or_insert_with(|| space.formulas.variables([*condition]));
            variables.iter().map(share).collect()
        })
        .collect();
    let orders = order::candidates(&arities, &functions).into_iter();
    orders.map(|order| order.into_iter().filter(|variable| wanted.contains(variable)).collect()).collect()
}
