//! Diagrams of conditions, in a given order of variables.

use placet_graph::{Budget, Diagrams, Exhausted, NodeId};
use placet_program::formula::{Formula, FormulaId, Formulas};
use placet_program::{UNKNOWN, Variable};
use std::collections::HashMap;

/// Builds diagrams of a program's conditions.
pub struct DiagramBuilder<'s> {
    formulas: &'s Formulas,
    /// The diagrams.
    pub diagrams: Diagrams,
    /// The level of each variable.
    levels: Vec<u32>,
    known: HashMap<FormulaId, NodeId>,
    /// A variable with the class that it is taken to have.
    fixed: Option<(u32, u32)>,
}

impl<'s> DiagramBuilder<'s> {
    /// A builder in which `order` lists the variables from the top; all that conditions look at are in it.
    pub fn new(formulas: &'s Formulas, variables: &[Variable], order: &[u32], budget: Budget) -> Self {
        let mut levels = vec![UNKNOWN; variables.len()];
        for (level, variable) in (0..).zip(order) {
            if let Some(slot) = levels.get_mut(*variable as usize) {
                *slot = level;
            }
        }
        let arities = order
            .iter()
            .filter_map(|variable| variables.get(*variable as usize))
            .map(|variable| variable.classes);
        let diagrams = Diagrams::new(arities.collect(), budget);
        Self { formulas, diagrams, levels, known: HashMap::new(), fixed: None }
    }

    /// From now on, takes a variable to have one class.
    pub fn fix(&mut self, variable: u32, class: u32) {
        self.known.clear();
        self.fixed = Some((variable, class));
    }

    /// The diagram of a condition. Cost: that of joining its parts; each is built once.
    ///
    /// # Errors
    /// If it would be larger than the budget.
    pub fn build(&mut self, id: FormulaId) -> Result<NodeId, Exhausted> {
        // Parts before what is made of them, from the bottom: conditions may be deeper than the stack.
        let mut todo = vec![(id, false)];
        while let Some((id, are_parts_done)) = todo.pop() {
            if self.known.contains_key(&id) {
                continue;
            }
            let node = self.formulas.get(id);
            if are_parts_done || node.parts().is_empty() {
                let built = self.join(node)?;
                self.known.insert(id, built);
            } else {
                todo.push((id, true));
                todo.extend(node.parts().iter().map(|part| (*part, false)));
            }
        }
        Ok(self.known.get(&id).copied().unwrap_or(NodeId::FALSE))
    }

    fn join(&mut self, node: &Formula) -> Result<NodeId, Exhausted> {
        // INVARIANT: parts have been built.
        let of = |part: &FormulaId| self.known.get(part).copied().unwrap_or(NodeId::FALSE);
        match node {
            Formula::Constant(value) => Ok(NodeId::terminal(u32::from(*value))),
            Formula::In(variable, set) => match self.fixed {
                Some((fixed, class)) if fixed == *variable => {
                    Ok(NodeId::terminal(u32::from(set.contains(class))))
                }
                _ => {
                    let level = self.levels.get(*variable as usize).copied().unwrap_or(UNKNOWN);
                    self.diagrams.test(level, set.ranges().iter().copied())
                }
            },
            Formula::Not(inner) => {
                let inner = of(inner);
                self.diagrams.not(inner)
            }
            Formula::All(parts) => {
                let parts: Vec<NodeId> = parts.iter().map(of).collect();
                self.diagrams.all(parts)
            }
            Formula::Any(parts) => {
                let parts: Vec<NodeId> = parts.iter().map(of).collect();
                self.diagrams.any(parts)
            }
        }
    }

    /// Where a request is allowed: some allow fires, and no denial.
    ///
    /// # Errors
    /// As [`DiagramBuilder::build`].
    pub fn allowed(
        &mut self,
        denials: impl IntoIterator<Item = FormulaId>,
        allows: impl IntoIterator<Item = FormulaId>,
    ) -> Result<NodeId, Exhausted> {
        let denials = denials.into_iter().map(|fires| self.build(fires)).collect::<Result<Vec<_>, _>>()?;
        let denials = self.diagrams.any(denials)?;
        let allows = allows.into_iter().map(|fires| self.build(fires)).collect::<Result<Vec<_>, _>>()?;
        let allows = self.diagrams.any(allows)?;
        self.diagrams.difference(allows, denials)
    }
}
