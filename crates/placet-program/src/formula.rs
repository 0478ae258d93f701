//! Conditions over classes.

use crate::class_set::ClassSet;
use crate::variable::{UNKNOWN, Variable};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};

/// A condition of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct FormulaId(u32);

impl FormulaId {
    /// Its place among the program's formulas.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node of the formulas. What it is made of always stands before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Formula {
    /// True or false.
    Constant(bool),
    /// The variable has one of these classes.
    In(u32, ClassSet),
    /// The other does not hold.
    Not(FormulaId),
    /// All of them hold.
    All(Box<[FormulaId]>),
    /// One of them holds.
    Any(Box<[FormulaId]>),
}

impl Formula {
    /// What it is made of.
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
    /// For each node how deep it is, and how many nodes a walk through it visits where parts are shared.
    shape: Vec<(u32, u32)>,
}

/// What the truth of a condition hangs on: tests of open variables.
pub(crate) trait Open: Copy {
    /// Adds a test.
    fn add(&mut self, variable: u32, classes: &ClassSet);
}

/// For those who do not ask.
impl Open for () {
    fn add(&mut self, _: u32, _: &ClassSet) {}
}

/// Formulas no deeper and no larger than this are evaluated as trees: few are not, and a tree needs no memory.
const MAX_DEPTH: u32 = 200;
const LARGEST: u32 = 4_096;

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
    /// Adds a node; what it is made of has been added before.
    pub fn add(&mut self, node: Formula) -> FormulaId {
        let (mut depth, mut size) = (0_u32, 1_u32);
        for part in node.parts() {
            let (part_depth, part_size) = self.shape.get(part.index()).copied().unwrap_or((0, 0));
            depth = depth.max(part_depth.saturating_add(1));
            size = size.saturating_add(part_size);
        }
        self.nodes.push(node);
        self.shape.push((depth, size));
        // INVARIANT: a policy within its limits has far fewer conditions than fit.
        FormulaId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Formula] {
        &self.nodes
    }

    /// The node of a formula of this program.
    pub fn get(&self, id: FormulaId) -> &Formula {
        // INVARIANT: ids come from `add`, or were checked when the program was loaded.
        self.nodes.get(id.index()).unwrap_or(&Formula::Constant(false))
    }

    /// The variables that formulas look at.
    ///
    /// Cost: a visit to each node below them.
    pub fn variables(&self, formulas: impl IntoIterator<Item = FormulaId>) -> BTreeSet<u32> {
        self.tests(formulas).into_iter().map(|(variable, _)| variable).collect()
    }

    /// What formulas ask of variables: each test once.
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

    /// Whether the formula holds for these classes; `None` where that hangs on an open one, or seems to: the open
    /// variables are looked at one by one.
    ///
    /// Cost: a visit to each node, parts that are not needed left out; no memory, save for formulas of extreme depth
    /// or sharing.
    pub fn truth(&self, id: FormulaId, classes: &[u32]) -> Option<bool> {
        if self.is_small(id) { self.tree(id, classes, &mut ()) } else { self.bottom_up(id, classes) }
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
        if truth.is_some() {
            *open = before;
        }
        truth
    }

    /// Whether all these formulas hold, and what that hangs on, as [`Formulas::truth`] looks at it. For formulas that may
    /// be walked as trees.
    pub(crate) fn all(&self, of: &[FormulaId], classes: &[u32], open: &mut impl Open) -> Option<bool> {
        self.trees(of, classes, open, false)
    }

    fn bottom_up(&self, root: FormulaId, classes: &[u32]) -> Option<bool> {
        let needed = self.below(root);
        let mut truths: Vec<Option<bool>> = vec![None; root.index().saturating_add(1)];
        for id in needed {
            let of = |part: &FormulaId| truths.get(part.index()).copied().flatten();
            let truth = match self.get(id) {
                Formula::Constant(value) => Some(*value),
                Formula::In(variable, set) => known(*variable, set, classes),
                Formula::Not(inner) => of(inner).map(|value| !value),
                Formula::All(parts) => joined(parts, of, false),
                Formula::Any(parts) => joined(parts, of, true),
            };
            if let Some(slot) = truths.get_mut(id.index()) {
                *slot = truth;
            }
        }
        truths.pop().flatten()
    }

    /// Whether the formula may be walked as a tree.
    pub(crate) fn is_small(&self, id: FormulaId) -> bool {
        self.shape.get(id.index()).is_some_and(|(depth, size)| *depth <= MAX_DEPTH && *size <= LARGEST)
    }

    /// How many nodes an evaluation visits at most, and how much memory it clears.
    pub(crate) fn cost(&self, id: FormulaId) -> usize {
        match self.shape.get(id.index()) {
            Some((depth, size)) if *depth <= MAX_DEPTH && *size <= LARGEST => *size as usize,
            _ => id.index(),
        }
    }

    /// The formulas at and below one, in ascending order: parts before what is made of them.
    pub fn below(&self, root: FormulaId) -> Vec<FormulaId> {
        let mut seen = vec![false; root.index().saturating_add(1).min(self.nodes.len())];
        let mut todo = vec![root];
        while let Some(id) = todo.pop() {
            if let Some(seen) = seen.get_mut(id.index())
                && !std::mem::replace(seen, true)
            {
                todo.extend(self.get(id).parts());
            }
        }
        (0..).zip(seen).filter(|(_, seen)| *seen).map(|(id, _)| FormulaId(id)).collect()
    }

    /// Whether each node is made of nodes before it, and of classes that its variable has.
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

fn known(variable: u32, set: &ClassSet, classes: &[u32]) -> Option<bool> {
    match classes.get(variable as usize) {
        Some(&class) if class != UNKNOWN => Some(set.contains(class)),
        _ => None,
    }
}

/// `absorbing` if one part is that; open if one part is open; the contrary otherwise.
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
