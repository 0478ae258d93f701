//! Proposes orders of the variables for a decision diagram.
//!
//! The size of a diagram depends on its variable order. [`order::candidates`] ranks orders by heuristics; this module
//! gives it, for each condition, the variables that the condition tests and the share of classes that it admits.

use crate::encoding::Encoding;
use crate::projection::Projection;
use placet_graph::order;
use placet_program::ClassSet;
use placet_program::formula::FormulaId;
use std::collections::{BTreeSet, HashMap};

impl Encoding {
    /// Returns candidate orders of the variables in `wanted`, the most promising first. The projection of each condition
    /// tells how strongly the condition constrains each variable.
    ///
    /// Cost: linear in the conditions and their variables, plus that of [`order::candidates`]. Repeated conditions are
    /// analysed once.
    pub fn orders<'p>(
        &self,
        conditions: impl IntoIterator<Item = (FormulaId, &'p Projection)>,
        wanted: &BTreeSet<u32>,
    ) -> Vec<Vec<u32>> {
        let arities: Vec<u32> = self.variables.iter().map(|variable| variable.classes).collect();
        let mut seen: HashMap<FormulaId, BTreeSet<u32>> = HashMap::new();
        let functions: Vec<Vec<(u32, f64)>> = conditions
            .into_iter()
            .map(|(condition, projection)| {
                // The share of classes that the condition admits: 1 if the projection does not constrain the variable.
                let share = |variable: &u32| {
                    let arity = arities.get(*variable as usize).copied().unwrap_or(1).max(1);
                    let left = projection.classes.get(variable).map_or(arity, ClassSet::len);
                    (*variable, f64::from(left) / f64::from(arity))
                };
                let variables = seen.entry(condition).or_insert_with(|| self.formulas.variables([condition]));
                variables.iter().map(share).collect()
            })
            .collect();
        let orders = order::candidates(&arities, &functions).into_iter();
        orders.map(|order| order.into_iter().filter(|variable| wanted.contains(variable)).collect()).collect()
    }
}
