//! Boolean functions that share parts, in three-valued logic.
//!
//! A [`Dag`] is a directed acyclic graph: one array of nodes, in which the parts of a node come before it. So an
//! evaluation of all nodes is one pass and needs no recursion. Its leaves are comparisons of attributes, or tests of
//! classes.
//!
//! The logic is Kleene's: a conjunction with a false part is false, whatever else is unknown (`None`). Unknown leaves
//! count as independent, so a node can be unknown although it has the same truth in every completion.
//!
//! ```
//! use placet_core::dag::{Dag, Node};
//!
//! let mut dag: Dag<&str> = Dag::default();
//! let adult = dag.leaf("adult");
//! let minor = dag.not(adult);
//! let consented = dag.leaf("consented");
//! let permitted = dag.any([adult, consented]);
//! assert_eq!(dag.any([consented, adult]), permitted);
//! assert_eq!(dag.get(minor), &Node::Not(adult));
//!
//! let truths = dag.truths(|leaf| (*leaf == "adult").then_some(true));
//! assert_eq!(truths.get(consented), None);
//! assert_eq!(truths.get(permitted), Some(true));
//! ```

mod id;
mod truths;

pub use id::Id;
pub use truths::{Truths, conjunction, disjunction};

use foldhash::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// A node of a [`Dag`]. Its parts have lower ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Node<L> {
    /// A constant.
    Constant(bool),
    /// A leaf.
    Leaf(L),
    /// True if the part is false.
    Not(Id<L>),
    /// True if all parts are true.
    All(Box<[Id<L>]>),
    /// True if some part is true.
    Any(Box<[Id<L>]>),
}

impl<L> Node<L> {
    /// Returns the parts.
    #[inline]
    pub fn parts(&self) -> &[Id<L>] {
        match self {
            Node::Constant(_) | Node::Leaf(_) => &[],
            Node::Not(inner) => std::slice::from_ref(inner),
            Node::All(parts) | Node::Any(parts) => parts,
        }
    }

    /// Returns the leaf of this node, if it is one.
    pub fn as_leaf(&self) -> Option<&L> {
        match self {
            Node::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }

    /// Returns the same node with its parts in another graph. `None` for a leaf, or if a part has no counterpart.
    pub fn with_parts<M>(&self, mut part: impl FnMut(Id<L>) -> Option<Id<M>>) -> Option<Node<M>> {
        let mut all = |parts: &[Id<L>]| {
            let mut out = Vec::with_capacity(parts.len());
            for id in parts {
                out.push(part(*id)?);
            }
            Some(out.into())
        };
        match self {
            Node::Constant(value) => Some(Node::Constant(*value)),
            Node::Leaf(_) => None,
            Node::Not(inner) => part(*inner).map(Node::Not),
            Node::All(parts) => all(parts).map(Node::All),
            Node::Any(parts) => all(parts).map(Node::Any),
        }
    }
}

/// A graph of nodes, each behind its parts.
#[derive(Debug, Clone)]
pub struct Dag<L> {
    nodes: Vec<Node<L>>,
    /// The ids of the nodes that were added to be shared.
    known: HashMap<Node<L>, Id<L>>,
}

impl<L> Default for Dag<L> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

/// Takes nodes as they are. They are not indexed for sharing: one of them may be added a second time, which costs memory
/// and changes no truth.
impl<L> From<Vec<Node<L>>> for Dag<L> {
    fn from(nodes: Vec<Node<L>>) -> Self {
        Self { nodes, known: HashMap::default() }
    }
}

impl<L> From<Dag<L>> for Vec<Node<L>> {
    fn from(dag: Dag<L>) -> Self {
        dag.nodes
    }
}

impl<L> Dag<L> {
    /// Returns all nodes. The parts of a node come before it.
    pub fn nodes(&self) -> &[Node<L>] {
        &self.nodes
    }

    /// Returns the node of an id of this graph.
    #[inline]
    pub fn get(&self, id: Id<L>) -> &Node<L> {
        // INVARIANT: ids come from this graph, or were checked when it was loaded, and nodes are never removed.
        self.nodes.get(id.index()).unwrap_or(&Node::Constant(false))
    }

    /// Adds a node as it is, even if an equal one exists. Its parts must have been added before.
    pub fn push(&mut self, node: Node<L>) -> Id<L> {
        let id = next_id(&self.nodes);
        self.nodes.push(node);
        id
    }

    /// Returns the nodes at and below the roots, parts before the nodes that contain them.
    pub fn below(&self, roots: impl IntoIterator<Item = Id<L>>) -> Vec<Id<L>> {
        self.below_while(roots, |_| true)
    }

    /// Like [`Dag::below`], but leaves out the nodes that are not wanted, and the nodes reachable only through them.
    pub fn below_while(
        &self,
        roots: impl IntoIterator<Item = Id<L>>,
        mut is_wanted: impl FnMut(Id<L>) -> bool,
    ) -> Vec<Id<L>> {
        let mut todo: Vec<Id<L>> = roots.into_iter().collect();
        let (mut seen, mut out) = (HashSet::default(), Vec::new());
        while let Some(id) = todo.pop() {
            if seen.insert(id) && is_wanted(id) {
                out.push(id);
                todo.extend(self.get(id).parts());
            }
        }
        out.sort_unstable();
        out
    }

    /// Returns the leaves at and below the roots.
    pub fn leaves(&self, roots: impl IntoIterator<Item = Id<L>>) -> impl Iterator<Item = &L> {
        self.below(roots).into_iter().filter_map(|id| self.get(id).as_leaf())
    }
}

impl<L: Clone + Eq + Hash> Dag<L> {
    /// Returns the id of a node that was added to be shared.
    pub fn find(&self, node: &Node<L>) -> Option<Id<L>> {
        self.known.get(node).copied()
    }

    /// Adds a node, or returns the id of an equal shared node.
    pub fn share(&mut self, node: Node<L>) -> Id<L> {
        match self.known.entry(node) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(vacant) => {
                let id = next_id(&self.nodes);
                self.nodes.push(vacant.key().clone());
                *vacant.insert(id)
            }
        }
    }

    /// Adds a node to be shared, simplified: folds constants and double negations, and sorts the parts, each once. A
    /// conjunction or disjunction of one part is that part itself.
    pub fn add(&mut self, node: Node<L>) -> Id<L> {
        match node {
            Node::Not(inner) => match self.get(inner) {
                Node::Constant(value) => self.constant(!*value),
                Node::Not(inner) => *inner,
                _ => self.share(node),
            },
            Node::All(parts) => self.join(parts, true),
            Node::Any(parts) => self.join(parts, false),
            Node::Constant(_) | Node::Leaf(_) => self.share(node),
        }
    }

    /// Adds the nodes of another graph, simplified, and returns the new id of each. `leaf` adds the replacement
    /// of a leaf: itself, another one, or a constant.
    pub fn add_all<M>(&mut self, other: &Dag<M>, mut leaf: impl FnMut(&mut Self, &M) -> Id<L>) -> Vec<Id<L>> {
        let mut out: Vec<Id<L>> = Vec::with_capacity(other.nodes.len());
        for node in &other.nodes {
            out.push(match node {
                Node::Leaf(of) => leaf(self, of),
                node => {
                    // INVARIANT: the parts of a node come before it.
                    let translated = node.with_parts(|part| out.get(part.index()).copied());
                    self.add(translated.unwrap_or(Node::Constant(false)))
                }
            });
        }
        out
    }

    /// Adds a constant.
    pub fn constant(&mut self, value: bool) -> Id<L> {
        self.share(Node::Constant(value))
    }

    /// Adds a leaf.
    pub fn leaf(&mut self, leaf: L) -> Id<L> {
        self.share(Node::Leaf(leaf))
    }

    /// Adds a negation, simplified.
    pub fn not(&mut self, id: Id<L>) -> Id<L> {
        self.add(Node::Not(id))
    }

    /// Adds a conjunction, simplified. The conjunction of no nodes is true.
    pub fn all(&mut self, parts: impl IntoIterator<Item = Id<L>>) -> Id<L> {
        self.join(parts, true)
    }

    /// Adds a disjunction, simplified. The disjunction of no nodes is false.
    pub fn any(&mut self, parts: impl IntoIterator<Item = Id<L>>) -> Id<L> {
        self.join(parts, false)
    }

    /// Adds a conjunction or a disjunction. `neutral` is its neutral element: true for a conjunction.
    fn join(&mut self, parts: impl IntoIterator<Item = Id<L>>, neutral: bool) -> Id<L> {
        let mut out: Vec<Id<L>> = Vec::new();
        for part in parts {
            match self.get(part) {
                Node::Constant(value) if *value == neutral => {}
                Node::Constant(_) => return self.constant(!neutral),
                _ => out.push(part),
            }
        }
        // Sorted parts make equal conjunctions equal nodes, whatever order the policy writes them in.
        out.sort_unstable();
        out.dedup();
        match out.as_slice() {
            [] => self.constant(neutral),
            [one] => *one,
            _ if neutral => self.share(Node::All(out.into())),
            _ => self.share(Node::Any(out.into())),
        }
    }
}

/// Returns the id of the node that is added next.
fn next_id<L>(nodes: &[Node<L>]) -> Id<L> {
    // INVARIANT: a policy within its limits has far fewer conditions than a `u32` can count.
    Id::new(u32::try_from(nodes.len()).unwrap_or(u32::MAX))
}
