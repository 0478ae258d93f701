//! Conditions over classes.
//!
//! The conditions of a program form one directed acyclic graph: nodes are stored in one array, parts before the nodes
//! that are made of them. Evaluation is three-valued, so it also serves requests with unknown variables.
//!
//! ```
//! use placet_program::formula::{Formula, Formulas};
//! use placet_program::{ClassSet, UNKNOWN};
//!
//! let mut formulas = Formulas::default();
//! let adult = formulas.add(Formula::In(0, ClassSet::range(2, 3)));
//! let trusted = formulas.add(Formula::In(1, ClassSet::range(0, 1)));
//! let either = formulas.add(Formula::Any(Box::new([adult, trusted])));
//! assert_eq!(formulas.truth(either, &[2, UNKNOWN]), Some(true));
//! assert_eq!(formulas.truth(either, &[0, UNKNOWN]), None);
//! ```

use crate::class_set::ClassSet;
use crate::truths::Truths;
use crate::variable::{UNKNOWN, Variable};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};

/// A reference to a condition of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct FormulaId(u32);

impl FormulaId {
    /// Returns its index among the program's formulas.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node of the conditions. Its parts always have smaller indices.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Formula {
    /// A constant.
    Constant(bool),
    /// True if the variable has one of these classes.
    In(u32, ClassSet),
    /// True if the part is false.
    Not(FormulaId),
    /// True if all parts are true.
    All(Box<[FormulaId]>),
    /// True if at least one part is true.
    Any(Box<[FormulaId]>),
}

impl Formula {
    /// Returns its parts.
    pub fn parts(&self) -> &[FormulaId] {
        match self {
            Formula::Constant(_) | Formula::In(..) => &[],
            Formula::Not(inner) => std::slice::from_ref(inner),
            Formula::All(parts) | Formula::Any(parts) => parts,
        }
    }
}

/// All conditions of a program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Box<[Formula]>", into = "Box<[Formula]>")]
pub struct Formulas {
    nodes: Vec<Formula>,
    /// For each node its depth, and the number of nodes that a walk visits if shared parts count each time.
    shape: Vec<(u32, u32)>,
}

/// A collector of the unknown tests that the truth of a condition depends on. It is `Copy`, so that an evaluation can
/// drop the tests of a part that turned out not to matter.
pub(crate) trait Open: Copy {
    /// Adds a test of an unknown variable.
    fn add(&mut self, variable: u32, classes: &ClassSet);
}

/// Collects nothing.
impl Open for () {
    fn add(&mut self, _: u32, _: &ClassSet) {}
}

/// Formulas up to this depth and tree size are evaluated recursively, which needs no memory. Few are larger; for these,
/// the depth could overflow the stack, and shared parts could take exponential time.
const MAX_DEPTH: u32 = 200;
const MAX_SIZE: u32 = 4_096;

impl From<Box<[Formula]>> for Formulas {
    fn from(nodes: Box<[Formula]>) -> Self {
        let mut out = Self::default();
        for node in nodes {
            out.add(node);
        }
        out
    }
}

impl From<Formulas> for Box<[Formula]> {
    fn from(formulas: Formulas) -> Self {
        formulas.nodes.into()
    }
}

impl Formulas {
    /// Adds a node. Its parts must have been added before.
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
        self.nodes.push(node);
        self.shape.push((depth, size));
        // INVARIANT: a policy within its limits has far fewer conditions than a `u32` can count.
        FormulaId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Returns the nodes.
    pub fn nodes(&self) -> &[Formula] {
        &self.nodes
    }

    /// Returns the node of a formula of this program.
    pub fn get(&self, id: FormulaId) -> &Formula {
        // INVARIANT: ids come from `add`, or were checked when the program was loaded.
        self.nodes.get(id.index()).unwrap_or(&Formula::Constant(false))
    }

    /// Returns the variables that formulas read.
    ///
    /// Cost: a visit to each node below them.
    pub fn variables(&self, formulas: impl IntoIterator<Item = FormulaId>) -> BTreeSet<u32> {
        self.tests(formulas).into_iter().map(|(variable, _)| variable).collect()
    }

    /// Returns the tests below formulas, each once.
    ///
    /// Cost: a visit to each node below them.
    pub fn tests(&self, formulas: impl IntoIterator<Item = FormulaId>) -> Vec<(u32, &ClassSet)> {
        let mut todo: Vec<FormulaId> = formulas.into_iter().collect();
        let (mut seen, mut out) = (HashSet::new(), Vec::new());
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.get(id) {
                Formula::In(variable, classes) => out.push((*variable, classes)),
                node => todo.extend(node.parts()),
            }
        }
        out
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
            Truths::new(id.index().saturating_add(1)).of(self, classes, id)
        }
    }

    fn tree<O: Open>(&self, id: FormulaId, classes: &[u32], open: &mut O) -> Option<bool> {
        match self.get(id) {
            Formula::Constant(value) => Some(*value),
            Formula::In(variable, set) => {
                let truth = known(*variable, set, classes);
                if truth.is_none() {
                    open.add(*variable, set);
                }
                truth
            }
            Formula::Not(inner) => self.tree(*inner, classes, open).map(|value| !value),
            Formula::All(parts) => self.trees(parts, classes, open, false),
            Formula::Any(parts) => self.trees(parts, classes, open, true),
        }
    }

    fn trees<O: Open>(
        &self,
        parts: &[FormulaId],
        classes: &[u32],
        open: &mut O,
        absorbing: bool,
    ) -> Option<bool> {
        let before = *open;
        let truth = joined(parts, |part| self.tree(*part, classes, open), absorbing);
        // A known truth depends on none of the tests that its parts added.
        if truth.is_some() {
            *open = before;
        }
        truth
    }

    /// Returns the truth of the conjunction of these formulas like [`Formulas::truth`], and collects the unknown tests
    /// that it depends on. Each formula must be small enough to be walked as a tree ([`Formulas::is_small`]).
    pub(crate) fn all(&self, of: &[FormulaId], classes: &[u32], open: &mut impl Open) -> Option<bool> {
        self.trees(of, classes, open, false)
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
        self.nodes.iter().enumerate().all(|(at, node)| {
            let parts_before = node.parts().iter().all(|part| part.index() < at);
            parts_before
                && match node {
                    Formula::In(variable, set) => variables
                        .get(*variable as usize)
                        .is_some_and(|variable| set.is_valid(variable.classes)),
                    _ => true,
                }
        })
    }
}

/// Returns the truth of a test, or `None` if its variable is unknown.
pub(crate) fn known(variable: u32, set: &ClassSet, classes: &[u32]) -> Option<bool> {
    match classes.get(variable as usize) {
        Some(&class) if class != UNKNOWN => Some(set.contains(class)),
        _ => None,
    }
}

/// Returns `absorbing` if one part has that truth, `None` if another part is unknown, and the negation of `absorbing`
/// otherwise.
fn joined(
    parts: &[FormulaId],
    mut of: impl FnMut(&FormulaId) -> Option<bool>,
    absorbing: bool,
) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match of(part) {
            Some(value) if value == absorbing => return Some(absorbing),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!absorbing)
}
