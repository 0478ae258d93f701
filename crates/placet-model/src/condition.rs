//! Typed conditions, stored once each in one array.
//!
//! Conditions form a DAG over [`Atom`]s. [`Conditions`] hash-conses nodes (same node, same [`ConditionId`]) and
//! simplifies constants and double negations while it builds. A node's parts always have lower ids than the node
//! itself, so an evaluator needs one pass over [`Conditions::nodes`] and no recursion.
//!
//! ```
//! use placet_model::condition::{Condition, Conditions};
//!
//! let mut conditions = Conditions::default();
//! let yes = conditions.constant(true);
//! let no = conditions.not(yes);
//! let both = conditions.all([yes, no]);
//! assert_eq!(both, no);
//! assert_eq!(conditions.get(both), &Condition::Constant(false));
//! ```

use crate::bits::BitSet;
use crate::linear::Linear;
use crate::ranges::Ranges;
use crate::types::AttributeId;
use placet_core::Pattern;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The index of a condition among the conditions of its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConditionId(u32);

impl ConditionId {
    /// Returns the index among the policy's conditions, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node in the DAG of conditions. Its parts have lower ids than the node.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// A constant.
    Constant(bool),
    /// A comparison.
    Atom(Atom),
    /// True if the part is false.
    Not(ConditionId),
    /// True if all parts are true. Has at least two parts, in ascending order.
    All(Box<[ConditionId]>),
    /// True if some part is true. Has at least two parts, in ascending order.
    Any(Box<[ConditionId]>),
}

/// A constant set of symbols or strings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Collection {
    /// Numbers of an enum's names or a taxonomy's leaves.
    Symbols(BitSet),
    /// Strings.
    Texts(BTreeSet<Arc<str>>),
}

impl Collection {
    /// Returns true if the collection has no members.
    pub fn is_empty(&self) -> bool {
        match self {
            Collection::Symbols(symbols) => symbols.is_empty(),
            Collection::Texts(texts) => texts.is_empty(),
        }
    }
}

/// A comparison of attributes with constants or with each other. One theory decides each variant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Atom {
    /// The request, after defaults are applied, gives no value for the attribute.
    Missing(AttributeId),
    /// A sum of ordered attributes lies in ranges. Covers `is`, `<` … `>=` and `in` for all ordered types.
    Within(Linear, Ranges),
    /// A `bool`, enum or taxonomy attribute is one of these symbols.
    OneOf(AttributeId, BitSet),
    /// A string attribute is one of these strings.
    TextIn(AttributeId, BTreeSet<Arc<str>>),
    /// A string attribute matches a pattern.
    TextLike(AttributeId, Pattern),
    /// Two symbol or string attributes have the same value.
    Same(AttributeId, AttributeId),
    /// A set attribute has a member in the collection.
    AnyIn(AttributeId, Collection),
    /// All members of a set attribute are in the collection.
    AllIn(AttributeId, Collection),
    /// A set attribute equals the collection.
    Exactly(AttributeId, Collection),
    /// The first attribute, a single value, is a member of the second, a set.
    MemberOf(AttributeId, AttributeId),
    /// Two set attributes have a common member.
    Meet(AttributeId, AttributeId),
    /// All members of the first set attribute are members of the second.
    Subset(AttributeId, AttributeId),
    /// Two set attributes are equal.
    SameSet(AttributeId, AttributeId),
}

impl Atom {
    /// Returns the attributes whose values the atom depends on. Empty for `Missing`, which depends on presence and not
    /// on the value.
    pub fn attributes(&self) -> Vec<AttributeId> {
        match self {
            Atom::Missing(_) => Vec::new(),
            Atom::Within(sum, _) => {
                let mut all = sum.attributes();
                all.sort_unstable();
                all.dedup();
                all
            }
            Atom::OneOf(a, _)
            | Atom::TextIn(a, _)
            | Atom::TextLike(a, _)
            | Atom::AnyIn(a, _)
            | Atom::AllIn(a, _)
            | Atom::Exactly(a, _) => vec![*a],
            Atom::Same(a, b)
            | Atom::MemberOf(a, b)
            | Atom::Meet(a, b)
            | Atom::Subset(a, b)
            | Atom::SameSet(a, b) => vec![*a, *b],
        }
    }
}

/// All conditions of a policy, each stored once.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    nodes: Vec<Condition>,
    /// The ids of nodes added through this value, so that each node is stored once.
    known: HashMap<Condition, ConditionId>,
}

impl Conditions {
    /// Wraps nodes of a saved policy. They are not indexed for sharing: a node added later may be stored a second time,
    /// which costs memory and changes no result.
    pub(crate) fn from_nodes(nodes: Vec<Condition>) -> Self {
        Self { nodes, known: HashMap::new() }
    }

    /// Returns all nodes. A node's parts come before it.
    pub fn nodes(&self) -> &[Condition] {
        &self.nodes
    }

    /// Returns the node of a condition of this policy.
    pub fn get(&self, id: ConditionId) -> &Condition {
        // INVARIANT: ids come from `add` of the same policy, and nodes are never removed.
        self.nodes.get(id.index()).unwrap_or(&Condition::Constant(false))
    }

    fn add(&mut self, node: Condition) -> ConditionId {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = ConditionId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node.clone());
        self.known.insert(node, id);
        id
    }

    /// Adds a constant.
    pub fn constant(&mut self, value: bool) -> ConditionId {
        self.add(Condition::Constant(value))
    }

    /// Adds a comparison.
    pub fn atom(&mut self, atom: Atom) -> ConditionId {
        self.add(Condition::Atom(atom))
    }

    /// Adds a negation. Folds constants and double negations.
    pub fn not(&mut self, id: ConditionId) -> ConditionId {
        match self.get(id) {
            Condition::Constant(value) => {
                let value = !*value;
                self.constant(value)
            }
            Condition::Not(inner) => *inner,
            _ => self.add(Condition::Not(id)),
        }
    }

    /// Adds a conjunction. The conjunction of no conditions is true.
    pub fn all(&mut self, parts: impl IntoIterator<Item = ConditionId>) -> ConditionId {
        self.join(parts, true)
    }

    /// Adds a disjunction. The disjunction of no conditions is false.
    pub fn any(&mut self, parts: impl IntoIterator<Item = ConditionId>) -> ConditionId {
        self.join(parts, false)
    }

    /// Adds a conjunction or a disjunction. `neutral` is its neutral element: true for a conjunction.
    fn join(&mut self, parts: impl IntoIterator<Item = ConditionId>, neutral: bool) -> ConditionId {
        let mut out: Vec<ConditionId> = Vec::new();
        for part in parts {
            match self.get(part) {
                Condition::Constant(value) if *value == neutral => {}
                Condition::Constant(_) => return self.constant(!neutral),
                _ => out.push(part),
            }
        }
        // Sorted parts make equal conjunctions equal nodes, whatever order the policy writes them in.
        out.sort_unstable();
        out.dedup();
        match out.as_slice() {
            [] => self.constant(neutral),
            [one] => *one,
            _ if neutral => self.add(Condition::All(out.into())),
            _ => self.add(Condition::Any(out.into())),
        }
    }
}
