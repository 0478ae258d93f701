//! The requests of a diagram that can exist: without classes of ordered attributes that exclude each other.
//!
//! A diagram takes a difference, or the years between two attributes, to be independent of these attributes and of each
//! other. Of a way through it the [theory](placet_model::theory) tells whether ordinals fit it; where they do not, what
//! excludes each other is taken away from this diagram and from all that are asked later, and another way is tried.

use crate::diagrams::Study;
use placet_compile::{ClassLabels, Encoding};
use placet_graph::NodeId;
use placet_model::Model;
use placet_model::linear::Relation;
use placet_model::theory::{self, Theory, TheoryError};
use placet_model::types::AttributeId;
use placet_program::VariableKind;

/// Ways that are tried for one question.
const MAX_WAYS: usize = 512;
/// Looks at bounds that one question may take.
const MAX_STEPS: usize = 1 << 22;

/// The diagrams of a policy, and what excludes each other in them as far as it is known.
pub(crate) struct Feasibility {
    theory: Theory,
    /// The requests without the classes that are known to exclude each other.
    consistent: NodeId,
}

/// The findings about a diagram.
pub(crate) enum Found {
    /// No request has any of its ways.
    Nothing,
    /// Ordered attributes can have all classes of this way, of which these are ordinals that fit: other relations may still
    /// exclude each other.
    Way {
        /// Variables with their classes.
        path: Vec<(u32, u32)>,
        /// Ordinals of attributes that conditions relate.
        ordinals: Vec<(AttributeId, i64)>,
    },
    /// Neither, within the budget.
    Unknown,
}

impl Feasibility {
    /// Reads the variables of a space that stand for ordered attributes which conditions relate.
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

    /// Looks for a way to where a diagram holds that ordered attributes can have. Each step may use one `part`-th of the
    /// study's budget.
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

    /// Returns true if no request has a way to where a diagram holds, as far as ordered attributes tell.
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

    /// The part of a diagram that is not known to exclude itself; `None` where it is too large.
    pub(crate) fn consistent_part(&self, study: &mut Study<'_>, node: NodeId, part: usize) -> Option<NodeId> {
        let consistent = self.consistent;
        match consistent {
            NodeId::TRUE => Some(node),
            _ => study.ask(part, |builder| builder.diagrams.and(node, consistent)),
        }
    }

    /// Ordinals for a way, each near a wanted one.
    pub(crate) fn near(
        &self,
        path: &[(u32, u32)],
        wanted: impl Fn(AttributeId) -> i64,
    ) -> Option<Vec<(AttributeId, i64)>> {
        self.theory.near(path, wanted, &mut { MAX_STEPS })
    }
}
