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
        let mut parts: Vec<Vec<u32>> = Vec::new();
        let functions: Vec<Vec<(u32, f64)>> = conditions
            .into_iter()
            .map(|(condition, projection)| {
                // The share of classes that the condition admits: 1 if the projection does not constrain the variable.
                let share = |variable: &u32| {
                    let arity = arities.get(*variable as usize).copied().unwrap_or(1).max(1);
                    let left = projection.classes.get(variable).map_or(arity, ClassSet::len);
                    (*variable, f64::from(left) / f64::from(arity))
                };
                let variables = seen.entry(condition).or_insert_with(|| {
                    let variables = self.formulas.variables([condition]);
                    self.split(condition, &variables, &mut parts);
                    variables
                });
                variables.iter().map(share).collect()
            })
            .collect();
        let orders = order::candidates(&arities, &functions, &parts).into_iter();
        orders.map(|order| order.into_iter().filter(|variable| wanted.contains(variable)).collect()).collect()
    }

    /// Adds the variables of the parts of a condition that tests many, such as a quantifier that is written out.
    fn split(&self, condition: FormulaId, variables: &BTreeSet<u32>, out: &mut Vec<Vec<u32>>) {
        const MANY: usize = 16;
        const MAX_PARTS: usize = 1 << 14;
        if variables.len() <= MANY {
            return;
        }
        let mut todo = vec![condition];
        while let Some(id) = todo.pop()
            && out.len() < MAX_PARTS
        {
            let parts = self.formulas.get(id).parts();
            let few = parts.is_empty()
                || id != condition && {
                    let variables = self.formulas.variables([id]);
                    let are_few = variables.len() <= MANY;
                    if are_few {
                        out.push(variables.into_iter().collect());
                    }
                    are_few
                };
            if !few {
                todo.extend(parts);
            }
        }
    }
}
