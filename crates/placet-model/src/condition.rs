//! Conditions, typed and shared: the part of the model that is decided.

use crate::bits::BitSet;
use crate::linear::Linear;
use crate::ranges::Ranges;
use crate::types::AttributeId;
use placet_core::Pattern;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A condition of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConditionId(u32);

impl ConditionId {
    /// Its place among the policy's conditions.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node of the conditions of a policy. What it is made of always stands before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Condition {
    /// True or false.
    Constant(bool),
    /// A comparison.
    Atom(Atom),
    /// The other does not hold.
    Not(ConditionId),
    /// All of them hold; at least two.
    All(Box<[ConditionId]>),
    /// One of them holds; at least two.
    Any(Box<[ConditionId]>),
}

/// Members of a set: symbols or texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Collection {
    /// Numbers of an enum's names or a taxonomy's leaves.
    Symbols(BitSet),
    /// Texts.
    Texts(BTreeSet<Arc<str>>),
}

impl Collection {
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        match self {
            Collection::Symbols(symbols) => symbols.is_empty(),
            Collection::Texts(texts) => texts.is_empty(),
        }
    }
}

/// A comparison, in as few kinds as there are theories.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Atom {
    /// The request, as it was given and after defaults, says nothing of the attribute.
    Missing(AttributeId),
    /// A sum of ordered attributes lies in ranges. Covers `is`, `<` … `>=` and `in` of all ordered types.
    Within(Linear, Ranges),
    /// A `bool`, an enum or a taxonomy attribute is one of these symbols.
    OneOf(AttributeId, BitSet),
    /// A string is one of these.
    TextIn(AttributeId, BTreeSet<Arc<str>>),
    /// A string matches.
    TextLike(AttributeId, Pattern),
    /// Two attributes, of symbols or strings, have one value.
    Same(AttributeId, AttributeId),
    /// A set has a member among these.
    AnyIn(AttributeId, Collection),
    /// A set has no member but these.
    AllIn(AttributeId, Collection),
    /// A set is exactly this.
    Exactly(AttributeId, Collection),
    /// The first, a single value, is a member of the second, a set.
    MemberOf(AttributeId, AttributeId),
    /// Two sets have a member in common.
    Meet(AttributeId, AttributeId),
    /// All members of the first are members of the second.
    Subset(AttributeId, AttributeId),
    /// Two sets are the same.
    SameSet(AttributeId, AttributeId),
}

impl Atom {
    /// The attributes that it speaks of; `Missing` speaks of whether there is one, not of its value.
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

/// All conditions of a policy, each once.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    nodes: Vec<Condition>,
    /// The nodes that have been added here, to add each once.
    known: HashMap<Condition, ConditionId>,
}

impl Conditions {
    /// Nodes that were saved. They are not known to those who add to them: what is added then may stand twice, which
    /// costs room and changes nothing.
    pub(crate) fn from_nodes(nodes: Vec<Condition>) -> Self {
        Self { nodes, known: HashMap::new() }
    }

    /// The nodes; what a node is made of stands before it.
    pub fn nodes(&self) -> &[Condition] {
        &self.nodes
    }

    /// The node of a condition of this policy.
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

    /// True or false.
    pub fn constant(&mut self, value: bool) -> ConditionId {
        self.add(Condition::Constant(value))
    }

    /// A comparison.
    pub fn atom(&mut self, atom: Atom) -> ConditionId {
        self.add(Condition::Atom(atom))
    }

    /// The contrary.
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

    /// All hold; true of none.
    pub fn all(&mut self, parts: impl IntoIterator<Item = ConditionId>) -> ConditionId {
        self.join(parts, true)
    }

    /// One holds; false of none.
    pub fn any(&mut self, parts: impl IntoIterator<Item = ConditionId>) -> ConditionId {
        self.join(parts, false)
    }

    fn join(&mut self, parts: impl IntoIterator<Item = ConditionId>, neutral: bool) -> ConditionId {
        let mut out: Vec<ConditionId> = Vec::new();
        for part in parts {
            match self.get(part) {
                Condition::Constant(value) if *value == neutral => {}
                Condition::Constant(_) => return self.constant(!neutral),
                _ => out.push(part),
            }
        }
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
