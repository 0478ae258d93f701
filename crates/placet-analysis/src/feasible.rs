//! Removes infeasible paths from diagrams: classes of ordered attributes that exclude each other.
//!
//! A diagram treats a difference, or the years or months between two attributes, as independent of these attributes and of each
//! other. The [theory](placet_model::theory) decides if some ordinals take a path. If none do, the conflicting classes are
//! removed from this diagram and from all later ones, and another path is tried.

use crate::diagrams::Study;
use placet_compile::{ClassLabels, Encoding};
use placet_graph::NodeId;
use placet_model::Model;
use placet_model::linear::Relation;
use placet_model::theory::{self, Theory, TheoryError};
use placet_model::types::AttributeId;
use placet_program::VariableKind;

/// The number of paths that one question tries.
const MAX_WAYS: usize = 512;
/// The number of bounds that one question may look at.
const MAX_STEPS: usize = 1 << 22;

/// The diagrams of a policy, with the known conflicts between classes.
pub(crate) struct Feasibility {
    theory: Theory,
    /// The requests without known conflicts.
    consistent: NodeId,
}

/// The result for a diagram.
pub(crate) enum Found {
    /// No request takes a path of the diagram.
    Nothing,
    /// Ordered attributes can have all classes of this path, and these ordinals fit. Other relations may still conflict.
    Way {
        /// Variables with their classes.
        path: Vec<(u32, u32)>,
        /// Ordinals of attributes that conditions relate.
        ordinals: Vec<(AttributeId, i64)>,
    },
    /// Unknown within the budget.
    Unknown,
}

impl Feasibility {
    /// Reads the variables of ordered attributes that conditions relate.
    pub(crate) fn new(model: &Model, space: &Encoding) -> Self {
        let mut theory = Theory::default();
        let step = |id: AttributeId| model.attribute(id).map_or(1, |attribute| theory::step(&attribute.kind));
        let variables = || (0_u32..).zip(space.variables.iter().zip(&space.meanings));
        for (variable, (source, meaning)) in variables() {
            if let (VariableKind::Sum(sum), ClassLabels::Sums(intervals)) = (&source.source, meaning)
                && let Some(relation) = Relation::new(sum.linear(), &step)
            {
                for id in relation.attributes() {
                    if let Some(attribute) = model.attribute(id) {
                        theory.add_attribute(id, &attribute.kind);
                    }
                }
                let cuts = intervals.iter().skip(1).map(|(start, _)| *start);
                theory.add_relation(variable, &relation, cuts);
            }
        }
        // Own classes matter only to attributes that a relation contains; diagrams handle the others exactly.
        let related: Vec<AttributeId> = theory.attributes().collect();
        for (variable, (source, meaning)) in variables() {
            if let (VariableKind::Value(id), ClassLabels::Intervals(intervals)) = (&source.source, meaning)
                && related.contains(id)
            {
                theory.add_value(variable, *id, intervals.iter().skip(1).map(|(start, _)| *start));
            }
        }
        Self { theory, consistent: NodeId::TRUE }
    }

    /// Searches for a path to a true leaf that ordered attributes can take. Each step may use one `part`-th of the budget.
    pub(crate) fn find(
        &mut self,
        study: &mut Study<'_>,
        space: &Encoding,
        node: NodeId,
        part: usize,
    ) -> Found {
        let mut steps = MAX_STEPS;
        for _ in 0..MAX_WAYS {
            let Some(left) = self.consistent_part(study, node, part) else { return Found::Unknown };
            if left == NodeId::FALSE {
                return Found::Nothing;
            }
            let path = study.witness(left, space).unwrap_or_default();
            match self.theory.check(&path, &mut steps) {
                Ok(ordinals) => return Found::Way { path, ordinals },
                Err(TheoryError::Exhausted) => return Found::Unknown,
                Err(TheoryError::Conflict(conflict)) => {
                    let tests: Option<Vec<(u32, u32, u32)>> = conflict
                        .into_iter()
                        .map(|(variable, classes)| Some((study.level(variable)?, classes.start, classes.end)))
                        .collect();
                    let Some(tests) = tests else { return Found::Unknown };
                    let consistent = self.consistent;
                    // Later questions start from this diagram, so each conflict is found once.
                    let next = study.ask(part, |builder| {
                        let diagrams = &mut builder.diagrams;
                        let mut all = NodeId::TRUE;
                        for (level, first, end) in &tests {
                            let test = diagrams.test(*level, [(*first, *end)])?;
                            all = diagrams.and(all, test)?;
                        }
                        diagrams.difference(consistent, all)
                    });
                    let Some(next) = next else { return Found::Unknown };
                    self.consistent = next;
                }
            }
        }
        Found::Unknown
    }

    /// Returns true if ordered attributes rule out every path to a true leaf.
    pub(crate) fn is_empty(
        &mut self,
        study: &mut Study<'_>,
        space: &Encoding,
        node: NodeId,
        part: usize,
    ) -> bool {
        if node == NodeId::FALSE || self.theory.is_empty() {
            return node == NodeId::FALSE;
        }
        matches!(self.find(study, space, node, part), Found::Nothing)
    }

    /// Returns a diagram without known conflicts; `None` if it is too large.
    pub(crate) fn consistent_part(&self, study: &mut Study<'_>, node: NodeId, part: usize) -> Option<NodeId> {
        let consistent = self.consistent;
        match consistent {
            // Most policies have no conflict, and save the conjunction.
            NodeId::TRUE => Some(node),
            _ => study.ask(part, |builder| builder.diagrams.and(node, consistent)),
        }
    }

    /// Returns ordinals for a path, each near a preferred one.
    pub(crate) fn near(
        &self,
        path: &[(u32, u32)],
        wanted: impl Fn(AttributeId) -> i64,
    ) -> Option<Vec<(AttributeId, i64)>> {
        self.theory.near(path, wanted, &mut { MAX_STEPS })
    }
}
