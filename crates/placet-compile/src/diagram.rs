//! Builds decision diagrams of conditions, in a given order of variables.

use crate::encoding::Encoding;
use placet_core::RuleEffect;
use placet_graph::{Budget, Diagrams, Exhausted, NodeId};
use placet_program::UNKNOWN;
use placet_program::formula::{Formula, FormulaId, Formulas, Test};
use std::collections::HashMap;

/// A builder of diagrams for a program's conditions.
pub struct DiagramBuilder<'s> {
    formulas: &'s Formulas,
    /// The diagrams.
    pub diagrams: Diagrams,
    /// The level of each variable.
    levels: Vec<u32>,
    known: HashMap<FormulaId, NodeId>,
    /// A variable that is fixed to a class.
    fixed: Option<(u32, u32)>,
}

impl<'s> DiagramBuilder<'s> {
    /// Creates a builder. `order` lists the variables from the top and contains every variable that conditions read.
    pub fn new(encoding: &'s Encoding, order: &[u32], budget: Budget) -> Self {
        let Encoding { variables, formulas, .. } = encoding;
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

    /// Fixes a variable to a class for the following calls.
    pub fn fix(&mut self, variable: u32, class: u32) {
        // The diagrams of conditions that test the variable are others now.
        self.known.clear();
        self.fixed = Some((variable, class));
    }

    /// Returns the diagram of a condition. Cost: that of joining its parts; each is built once.
    ///
    /// # Errors
    /// If the diagram would exceed the budget.
    pub fn build(&mut self, id: FormulaId) -> Result<NodeId, Exhausted> {
        for id in self.formulas.below_while([id], |id| !self.known.contains_key(&id)) {
            let built = self.join(self.formulas.get(id))?;
            self.known.insert(id, built);
        }
        Ok(self.known.get(&id).copied().unwrap_or(NodeId::FALSE))
    }

    fn join(&mut self, node: &Formula) -> Result<NodeId, Exhausted> {
        // INVARIANT: `build` joins the parts first.
        let of = |part: &FormulaId| self.known.get(part).copied().unwrap_or(NodeId::FALSE);
        match node {
            Formula::Constant(value) => Ok(NodeId::terminal(u32::from(*value))),
            Formula::Leaf(Test { variable, classes }) => match self.fixed {
                Some((fixed, class)) if fixed == *variable => {
                    Ok(NodeId::terminal(u32::from(classes.contains(class))))
                }
                _ => {
                    // A variable outside the order gets a level that doesn't exist, on which it always has its first
                    // class.
                    let level = self.levels.get(*variable as usize).copied().unwrap_or(UNKNOWN);
                    self.diagrams.test(level, classes.ranges().iter().copied())
                }
            },
            Formula::Not(inner) => self.diagrams.not(of(inner)),
            Formula::All(parts) => self.diagrams.all(parts.iter().map(of)),
            Formula::Any(parts) => self.diagrams.any(parts.iter().map(of)),
        }
    }

    /// Returns the diagram of the requests that rules allow: some allow fires, and no denial. Rules are given by their
    /// effects and conditions.
    ///
    /// # Errors
    /// Like [`DiagramBuilder::build`].
    pub fn allowed(
        &mut self,
        rules: impl Iterator<Item = (RuleEffect, FormulaId)> + Clone,
    ) -> Result<NodeId, Exhausted> {
        let mut any = |wanted: RuleEffect| {
            let rules = rules.clone().filter(|(effect, _)| *effect == wanted);
            let fires = rules.map(|(_, fires)| self.build(fires)).collect::<Result<Vec<_>, _>>()?;
            self.diagrams.any(fires)
        };
        let (denials, allows) = (any(RuleEffect::Deny)?, any(RuleEffect::Allow)?);
        self.diagrams.difference(allows, denials)
    }
}
