//! The parts of a program that belong to one attribute, one rule or one condition.

use crate::class_set::ClassSet;
use crate::classify::Classifier;
use crate::formula::FormulaId;
use serde::{Deserialize, Serialize};

/// Maps the values of an attribute to the classes of variables.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttributePlan {
    /// The classifier of its values.
    pub classifier: Classifier,
    /// The variables that the classifier sets: one for a value, one per group of a set or per test of a string, in
    /// their order. Empty if it sets none.
    pub variables: Box<[u32]>,
    /// The variable that tells if the attribute is missing, if a condition asks for it.
    pub missing: Option<u32>,
    /// The variable of the companion of an optional attribute, if a condition asks for it: its class 1 stands for `none`.
    pub none: Option<u32>,
    /// The variables that relate it to other attributes.
    pub relations: Box<[u32]>,
}

/// The conditions of a rule over classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RulePlan {
    /// The rule's index among the model's rules.
    pub rule: u32,
    /// The condition under which it fires.
    pub fires: FormulaId,
    /// For each of its obligations, in the order of the model, the condition under which it is due if the rule fires.
    pub obligations: Box<[FormulaId]>,
}

impl RulePlan {
    /// Returns the conditions that a decision evaluates: that of the rule, then those of its obligations.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = FormulaId> + '_ {
        std::iter::once(self.fires).chain(self.obligations.iter().copied())
    }
}

/// One of the ways in which a rule fires: a rule fires if at least one of its cubes holds.
///
/// Most cubes are products of tests of single variables, which the bitmaps represent exactly.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cube {
    /// The index of the rule's plan in [`ProgramData::rules`](crate::ProgramData).
    pub rule: u32,
    /// The condition under which it holds.
    pub holds: FormulaId,
    /// True if, for a complete request, the cube holds whenever the bitmaps don't exclude it: then `holds` isn't
    /// evaluated.
    pub is_exact: bool,
}

/// A test of a set's class in terms of the groups of its members. It lets diagrams over groups replace diagrams over
/// the set's classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MemberTest {
    /// The test of the class.
    pub formula: FormulaId,
    /// The kind of test.
    pub test: SetTest,
    /// The groups that it names.
    pub groups: ClassSet,
}

/// The kinds of tests of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SetTest {
    /// The set has a member of one of the groups.
    Any,
    /// The set has members of these groups only.
    All,
    /// The set has members of each of these groups and of no other.
    Exactly,
}
