//! The decision diagram of a policy, described for people.

use super::distinctions;
use placet_compile::Compilation;
use placet_program::packed::Step;
use placet_program::{ALLOW, Program};
use serde::Serialize;
use std::collections::{HashMap, VecDeque};

/// The decision diagram of a policy: each node tests an attribute, or a relation of several, and each path from the root
/// ends at the effect of the complete requests on it. `Policy::diagram` returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagram {
    /// The nodes, breadth first. The first one is the root; without nodes, `root` is an effect.
    pub nodes: Vec<DiagramNode>,
    /// The target of a walk's first step.
    pub root: DiagramTarget,
}

/// A node of a [`Diagram`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiagramNode {
    /// The attribute, or the relation of several attributes.
    pub name: String,
    /// The edges, in the order of their first classes.
    pub edges: Vec<DiagramEdge>,
}

/// The way from a node to another, or to an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiagramEdge {
    /// The classes of values that take this edge, in words.
    pub classes: Vec<String>,
    /// Its end.
    pub target: DiagramTarget,
}

/// The end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagramTarget {
    /// The effect allow.
    Allow,
    /// The effect deny.
    Deny,
    /// The node at this index.
    Node(usize),
}

/// Returns the diagram of a program. `None` if it has none, or if some slices of it were left out.
pub(crate) fn diagram(program: &Program, compilation: &mut Compilation) -> Option<Diagram> {
    let parts = program.data();
    let graph = parts.graph.as_ref().filter(|_| parts.notes.slices.is_none())?;
    // The partitions are in the order of the program's variables: both encode the conditions of the rules.
    let partitions = distinctions(compilation);
    let mut out = Diagram { nodes: Vec::new(), root: DiagramTarget::Deny };
    let (mut known, mut queue) = (HashMap::new(), VecDeque::new());
    let mut target = |step: Step, queue: &mut VecDeque<_>| match step {
        Step::End(ALLOW) => DiagramTarget::Allow,
        Step::End(_) => DiagramTarget::Deny,
        Step::Node(node) => {
            let next = known.len();
            DiagramTarget::Node(*known.entry(node).or_insert_with(|| {
                queue.push_back(node);
                next
            }))
        }
    };
    out.root = target(graph.root(), &mut queue);
    while let Some(node) = queue.pop_front() {
        let partition = partitions.get(graph.variable(node) as usize)?;
        let mut edges: Vec<DiagramEdge> = Vec::new();
        for (class, words) in (0..).zip(&partition.classes) {
            let target = target(graph.child(node, class), &mut queue);
            match edges.iter_mut().find(|edge| edge.target == target) {
                Some(edge) => edge.classes.push(words.clone()),
                None => edges.push(DiagramEdge { classes: vec![words.clone()], target }),
            }
        }
        out.nodes.push(DiagramNode { name: partition.name.clone(), edges });
    }
    Some(out)
}
