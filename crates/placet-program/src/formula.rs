//! Conditions over classes.
//!
//! The conditions of a program form one [`Dag`] of tests. Evaluation is three-valued, so it also serves requests with
//! unknown variables.
//!
//! ```
//! use placet_program::formula::{Formula, Formulas, Test};
//! use placet_program::{ClassSet, UNKNOWN};
//!
//! let mut formulas = Formulas::default();
//! let adult = formulas.add(Formula::Leaf(Test { variable: 0, classes: ClassSet::range(2, 3) }));
//! let trusted = formulas.add(Formula::Leaf(Test { variable: 1, classes: ClassSet::range(0, 1) }));
//! let either = formulas.add(Formula::Any(Box::new([adult, trusted])));
//! assert_eq!(formulas.truth(either, &[2, UNKNOWN]), Some(true));
//! assert_eq!(formulas.truth(either, &[0, UNKNOWN]), None);
//! ```

use crate::class_set::ClassSet;
use crate::variable::{UNKNOWN, Variable};
use placet_core::dag::{Dag, Id, Node, Truths, conjunction};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Deref;

/// A condition of a program.
pub type Formula = Node<Test>;

/// A reference to a condition of a program.
pub type FormulaId = Id<Test>;

/// The test that a variable has one of these classes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Test {
    /// The variable.
    pub variable: u32,
    /// The classes.
    pub classes: ClassSet,
}

impl Test {
    /// Returns the truth of the test, or `None` if its variable is unknown.
    pub(crate) fn truth(&self, classes: &[u32]) -> Option<bool> {
        match classes.get(self.variable as usize) {
            Some(&class) if class != UNKNOWN => Some(self.classes.contains(class)),
            _ => None,
        }
    }
}

/// All conditions of a program. Dereferences to their [`Dag`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Formula>", into = "Vec<Formula>")]
pub struct Formulas {
    dag: Dag<Test>,
    /// For each node its depth, and the number of nodes that a walk visits if shared parts count each time.
    shape: Vec<(u32, u32)>,
}

/// A collector of the unknown tests that the truth of a condition depends on. It is `Copy`, so that an evaluation can
/// drop the tests of a part that turned out not to matter.
pub(crate) trait Open: Copy {
    /// Adds a test of an unknown variable.
    fn add(&mut self, test: &Test);
}

/// Collects nothing.
impl Open for () {
    fn add(&mut self, _: &Test) {}
}

/// Formulas up to this depth and tree size are evaluated recursively, which needs no memory. Few are larger; for these,
/// the depth could overflow the stack, and shared parts could take exponential time.
const MAX_DEPTH: u32 = 200;
const MAX_SIZE: u32 = 4_096;

impl From<Vec<Formula>> for Formulas {
    fn from(nodes: Vec<Formula>) -> Self {
        let mut out = Self::default();
        for node in nodes {
            out.add(node);
        }
        out
    }
}

impl From<Formulas> for Vec<Formula> {
    fn from(formulas: Formulas) -> Self {
        formulas.dag.into()
    }
}

impl Deref for Formulas {
    type Target = Dag<Test>;

    fn deref(&self) -> &Self::Target {
        &self.dag
    }
}

impl Formulas {
    /// Adds a node as it is, even if an equal one exists. Its parts must have been added before.
    ///
    /// ```
    /// use placet_program::formula::{Formula, Formulas};
    ///
    /// let mut formulas = Formulas::default();
    /// let never = formulas.add(Formula::Constant(false));
    /// let always = formulas.add(Formula::Not(never));
    /// assert_eq!(formulas.get(always).parts(), [never]);
    /// assert_eq!(formulas.truth(always, &[]), Some(true));
    /// ```
    pub fn add(&mut self, node: Formula) -> FormulaId {
        let (mut depth, mut size) = (0_u32, 1_u32);
        for part in node.parts() {
            let (part_depth, part_size) = self.shape.get(part.index()).copied().unwrap_or((0, 0));
            depth = depth.max(part_depth.saturating_add(1));
            size = size.saturating_add(part_size);
        }
        self.shape.push((depth, size));
        self.dag.push(node)
    }

    /// Returns the variables that formulas read.
    ///
    /// Cost: a visit to each node below them.
    pub fn variables(&self, formulas: impl IntoIterator<Item = FormulaId>) -> BTreeSet<u32> {
        self.leaves(formulas).map(|test| test.variable).collect()
    }

    /// Returns the truth of a formula for these classes, or `None` if it depends on an unknown variable.
    ///
    /// `None` can also stand for a formula with one truth in every completion, since each test of an unknown variable
    /// is treated as independent.
    ///
    /// Cost: a visit to each node, except parts that can't matter. No allocation, except for formulas of extreme depth
    /// or sharing.
    pub fn truth(&self, id: FormulaId, classes: &[u32]) -> Option<bool> {
        if self.is_small(id) {
            self.tree(id, classes, &mut ())
        } else {
            Truths::new(id.index().saturating_add(1)).of(self, id, |test| test.truth(classes))
        }
    }

    fn tree<O: Open>(&self, id: FormulaId, classes: &[u32], open: &mut O) -> Option<bool> {
        match self.get(id) {
            Formula::Leaf(test) => {
                let truth = test.truth(classes);
                if truth.is_none() {
                    open.add(test);
                }
                truth
            }
            node => {
                let before = *open;
                let truth = node.truth(|_| None, |part| self.tree(part, classes, open));
                // A known truth depends on none of the tests that its parts added.
                if truth.is_some() {
                    *open = before;
                }
                truth
            }
        }
    }

    /// Returns the truth of the conjunction of these formulas like [`Formulas::truth`], and collects the unknown tests
    /// that it depends on; those of a known truth have no meaning. Each formula must be small enough to be walked as a tree
    /// ([`Formulas::is_small`]).
    pub(crate) fn all(&self, of: &[FormulaId], classes: &[u32], open: &mut impl Open) -> Option<bool> {
        conjunction(of.iter().map(|id| self.tree(*id, classes, open)))
    }

    /// Returns true if the formula may be walked as a tree.
    pub(crate) fn is_small(&self, id: FormulaId) -> bool {
        self.shape.get(id.index()).is_some_and(|(depth, size)| *depth <= MAX_DEPTH && *size <= MAX_SIZE)
    }

    /// Returns an upper bound of the nodes that an evaluation visits and the memory that it clears.
    pub(crate) fn cost(&self, id: FormulaId) -> usize {
        match self.shape.get(id.index()) {
            Some((depth, size)) if *depth <= MAX_DEPTH && *size <= MAX_SIZE => *size as usize,
            _ => id.index(),
        }
    }

    /// Returns true if each node is made of nodes before it and of classes that its variable has.
    pub fn is_valid(&self, variables: &[Variable]) -> bool {
        let has_classes = |test: &Test| {
            let variable = variables.get(test.variable as usize);
            variable.is_some_and(|variable| test.classes.is_valid(variable.classes))
        };
        self.nodes().iter().enumerate().all(|(at, node)| {
            node.parts().iter().all(|part| part.index() < at) && node.as_leaf().is_none_or(has_classes)
        })
    }
}
