//! What the levels of the diagrams stand for.

use crate::sum::Sum;
use placet_model::types::AttributeId;
use serde::{Deserialize, Serialize};

/// The class of a variable of which nothing is known.
pub const UNKNOWN: u32 = u32::MAX;

/// A variable of the diagrams: its place among the program's variables is its level, and its class in a [`Frame`]
/// says which way a decision goes.
///
/// [`Frame`]: crate::Frame
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Variable {
    /// What its class says.
    pub source: VariableKind,
    /// How many classes it has; at least one.
    pub classes: u32,
}

/// What the class of a variable says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VariableKind {
    /// Which values of an attribute the policy can't tell apart.
    Value(AttributeId),
    /// Whether a set has a member of this group. Only for sets that have too many classes to count them.
    Group(AttributeId, u32),
    /// Whether a string satisfies this test. Only for strings whose tests have too many classes together.
    Test(AttributeId, u32),
    /// Whether an attribute is missing.
    Missing(AttributeId),
    /// Which values of a sum of attributes the policy can't tell apart.
    Sum(Sum),
    /// Whether two attributes have one value.
    Same(AttributeId, AttributeId),
    /// Whether the first is a member of the second.
    MemberOf(AttributeId, AttributeId),
    /// Whether two sets have a common member.
    Meet(AttributeId, AttributeId),
    /// Whether all members of the first are members of the second.
    Subset(AttributeId, AttributeId),
    /// Whether two sets are the same.
    SameSet(AttributeId, AttributeId),
}

impl VariableKind {
    /// The attributes whose values it hangs on, each once.
    pub fn attributes(&self) -> Vec<AttributeId> {
        match self {
            VariableKind::Value(a)
            | VariableKind::Group(a, _)
            | VariableKind::Test(a, _)
            | VariableKind::Missing(a) => vec![*a],
            VariableKind::Sum(sum) => sum.attributes(),
            VariableKind::Same(a, b)
            | VariableKind::MemberOf(a, b)
            | VariableKind::Meet(a, b)
            | VariableKind::Subset(a, b)
            | VariableKind::SameSet(a, b) => vec![*a, *b],
        }
    }

    /// Whether it relates several attributes, or is one of several variables of one attribute: together with others
    /// it may have classes that no request has.
    pub fn is_relation(&self) -> bool {
        !matches!(self, VariableKind::Value(_) | VariableKind::Missing(_))
    }
}
