//! The variables of a program: what the levels of its diagrams stand for.

use crate::sum::Sum;
use placet_model::types::AttributeId;
use serde::{Deserialize, Serialize};

/// The class of an unknown variable.
pub const UNKNOWN: u32 = u32::MAX;

/// A variable of the diagrams.
///
/// Its index among the program's variables is its identity in conditions, bitmaps and diagrams. Its class in a
/// [`Frame`] selects the branch that a decision takes.
///
/// [`Frame`]: crate::Frame
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Variable {
    /// The meaning of its classes.
    pub source: VariableKind,
    /// The number of classes; at least one.
    pub classes: u32,
}

/// The meaning of a variable's classes. The kinds with a truth value have two classes: 0 is false and 1 is true.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VariableKind {
    /// The class of an attribute's value: values that the policy can't tell apart share a class.
    Value(AttributeId),
    /// True if a set has a member of this group. Used only for sets with too many classes.
    Group(AttributeId, u32),
    /// True if a string passes this test. Used only for strings whose tests have too many classes together.
    Test(AttributeId, u32),
    /// True if a set of strings has a member with this outcome of a test. Used only for sets whose patterns have too many
    /// classes together.
    HasMember(AttributeId, u32),
    /// True if an attribute is missing.
    Missing(AttributeId),
    /// The class of a sum of attributes: values that the policy can't tell apart share a class.
    Sum(Sum),
    /// True if two attributes have the same value.
    Same(AttributeId, AttributeId),
    /// True if the first is a member of the second.
    MemberOf(AttributeId, AttributeId),
    /// True if two sets have a common member.
    Meet(AttributeId, AttributeId),
    /// True if all members of the first are members of the second.
    Subset(AttributeId, AttributeId),
    /// True if two sets are equal.
    SameSet(AttributeId, AttributeId),
}

impl VariableKind {
    /// Returns the attributes that it depends on, each once.
    pub fn attributes(&self) -> Vec<AttributeId> {
        match self {
            VariableKind::Value(a)
            | VariableKind::Group(a, _)
            | VariableKind::Test(a, _)
            | VariableKind::HasMember(a, _)
            | VariableKind::Missing(a) => vec![*a],
            VariableKind::Sum(sum) => sum.attributes(),
            VariableKind::Same(a, b)
            | VariableKind::MemberOf(a, b)
            | VariableKind::Meet(a, b)
            | VariableKind::Subset(a, b)
            | VariableKind::SameSet(a, b) => vec![*a, *b],
        }
    }

    /// Returns true if it relates several attributes, or is one of several variables of one attribute.
    ///
    /// Such a variable isn't independent of others: together they can have combinations of classes that no request has.
    pub fn is_relation(&self) -> bool {
        !matches!(self, VariableKind::Value(_) | VariableKind::Missing(_))
    }
}
