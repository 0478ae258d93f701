//! What a program knows of each attribute and each rule.

use crate::class_set::ClassSet;
use crate::classify::Classifier;
use crate::formula::FormulaId;
use serde::{Deserialize, Serialize};

/// How an attribute's values reach the variables.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttributePlan {
    /// How a value becomes a class.
    pub classifier: Classifier,
    /// The first variable that the classifier sets: the others, of groups or tests, follow in their order. `None`
    /// where it sets none.
    pub variables: Box<[u32]>,
    /// The variable that says whether it is missing, if a condition asks.
    pub missing: Option<u32>,
    /// The variables that relate it to other attributes.
    pub relations: Box<[u32]>,
}

/// When a rule fires, in classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RulePlan {
    /// Its place among the model's rules.
    pub rule: u32,
    /// When it fires.
    pub fires: FormulaId,
    /// When each of its obligations is due where it fires, in the order of the model.
    pub obligations: Box<[FormulaId]>,
}

/// One of the ways in which a rule fires: a rule fires where one of its cubes holds.
///
/// Most are products of classes, which the bitmaps tell exactly.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cube {
    /// The rule's place among the program's.
    pub rule: u32,
    /// When it holds.
    pub holds: FormulaId,
    /// Where no variable is open, it holds wherever the bitmaps leave it open: nothing is left to evaluate.
    pub is_exact: bool,
}

/// What a test of a set's class asks of the groups of its members.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MemberTest {
    /// The test of the class.
    pub formula: FormulaId,
    /// What is asked.
    pub test: SetTest,
    /// Of which groups.
    pub groups: ClassSet,
}

/// What a condition asks of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SetTest {
    /// A member among these.
    Any,
    /// No member but these.
    All,
    /// Exactly these.
    Exactly,
}
