//! Boolean formulas over variables with finitely many classes. The submodule `search` decides satisfiability.
//!
//! Formulas are simplified and hash-consed on construction, so the search recognises equal subproblems and caches their
//! results. They are in negation normal form: no node of the graph is a [`Node::Not`].

use crate::bits::BitSet;
use placet_core::dag::{Dag, Id, Node};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

mod search;

/// A formula of a [`Formulas`].
pub(crate) type Formula = Id<Test>;

pub(crate) const FALSE: Formula = Formula::new(0);
pub(crate) const TRUE: Formula = Formula::new(1);
/// A formula that exceeded the room. Every question about it ends with [`Exhausted`].
pub(crate) const BEYOND: Formula = Formula::new(2);

/// Returns the formula of a constant.
pub(crate) fn constant(value: bool) -> Formula {
    if value { TRUE } else { FALSE }
}

/// A variable of a [`Formulas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Variable(pub(super) u32);

/// A search reached its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// The test that a variable's class is one of these. The set is neither empty nor full.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Test {
    variable: Variable,
    classes: BitSet,
}

/// A hash-consed store of formulas.
#[derive(Debug)]
pub(crate) struct Formulas {
    dag: Dag<Test>,
    /// The variables of each formula, in order.
    variables: Vec<Box<[Variable]>>,
    /// The number of classes of each variable.
    classes: Vec<u32>,
    negations: HashMap<Formula, Formula>,
    satisfiable: HashMap<Formula, bool>,
    steps_left: usize,
    /// The number of parts that construction may still visit. A formula can have more parts than the conditions behind
    /// it, since nested conjunctions are flattened.
    room_left: usize,
}

/// The room per step of the search: several times what a step constructs. Construction before the search takes its
/// room from the same supply.
const ROOM_OF_A_STEP: usize = 4;

impl Formulas {
    pub(crate) fn new(steps: usize) -> Self {
        let mut out = Self {
            dag: Dag::default(),
            variables: Vec::new(),
            classes: Vec::new(),
            negations: HashMap::new(),
            satisfiable: HashMap::new(),
            steps_left: steps,
            room_left: steps.saturating_mul(ROOM_OF_A_STEP),
        };
        let room = std::mem::replace(&mut out.room_left, usize::MAX);
        out.add(Node::Constant(false));
        out.add(Node::Constant(true));
        out.add(Node::Leaf(Test { variable: Variable(u32::MAX), classes: BitSet::from_iter(2, [0]) }));
        out.room_left = room;
        out.negations.insert(BEYOND, BEYOND);
        out
    }

    pub(crate) fn variable(&mut self, classes: u32) -> Variable {
        let variable = Variable(u32::try_from(self.classes.len()).unwrap_or(u32::MAX));
        self.classes.push(classes);
        variable
    }

    /// Creates a variable with as many classes as another.
    pub(crate) fn twin(&mut self, of: Variable) -> Variable {
        self.variable(self.classes(of))
    }

    /// Returns the number of steps left for searches.
    pub(crate) fn steps_left(&mut self) -> &mut usize {
        &mut self.steps_left
    }

    fn classes(&self, variable: Variable) -> u32 {
        self.classes.get(variable.0 as usize).copied().unwrap_or(0)
    }

    /// Returns the variables of a formula.
    pub(crate) fn variables(&self, formula: Formula) -> &[Variable] {
        self.variables.get(formula.index()).map_or(&[], |all| all)
    }

    fn speaks_of(&self, formula: Formula, variable: Variable) -> bool {
        self.variables(formula).binary_search(&variable).is_ok()
    }

    /// Returns the cost of a visit: the formula and its parts.
    fn parts(&self, formula: Formula) -> usize {
        1 + self.dag.get(formula).parts().len()
    }

    fn add(&mut self, node: Node<Test>) -> Formula {
        if let Some(formula) = self.dag.find(&node) {
            return formula;
        }
        if !self.has_room(node.parts().iter().map(|part| self.variables(*part).len()).sum()) {
            return BEYOND;
        }
        let (mut variables, size) = match &node {
            Node::Leaf(test) => (vec![test.variable], test.classes.bound() as usize / 64),
            node => {
                let below = node.parts().iter().flat_map(|part| self.variables(*part).iter().copied());
                (below.collect(), node.parts().len())
            }
        };
        variables.sort_unstable();
        variables.dedup();
        if !self.has_room(size) {
            return BEYOND;
        }
        self.variables.push(variables.into());
        self.dag.share(node)
    }

    /// Returns the room left.
    pub(super) fn room(&self) -> usize {
        self.room_left
    }

    /// Takes some of the room; returns false and takes all if too little is left.
    pub(super) fn has_room(&mut self, size: usize) -> bool {
        let left = self.room_left.checked_sub(size);
        self.room_left = left.unwrap_or(0);
        left.is_some()
    }

    /// Returns the formula that the variable's class is one of these.
    pub(crate) fn in_classes(&mut self, variable: Variable, classes: BitSet) -> Formula {
        if classes.is_empty() {
            FALSE
        } else if classes.is_full() {
            TRUE
        } else {
            self.add(Node::Leaf(Test { variable, classes }))
        }
    }

    /// Returns the formula that the variable's class is none of these.
    pub(crate) fn outside(&mut self, variable: Variable, classes: Range<u32>) -> Formula {
        let count = self.classes(variable);
        self.in_classes(
            variable,
            BitSet::from_iter(count, (0..count).filter(|class| !classes.contains(class))),
        )
    }

    /// Returns the formula that a variable of two classes has class 1, which stands for true.
    pub(crate) fn holds(&mut self, variable: Variable) -> Formula {
        self.in_classes(variable, BitSet::from_iter(2, [1]))
    }

    /// Returns the formula of a node, whatever its kind.
    pub(crate) fn simplified(&mut self, node: Node<Test>) -> Formula {
        match node {
            Node::Constant(value) => constant(value),
            Node::Leaf(test) => self.in_classes(test.variable, test.classes),
            Node::Not(inner) => self.not(inner),
            Node::All(parts) => self.join(parts, true),
            Node::Any(parts) => self.join(parts, false),
        }
    }

    pub(crate) fn all(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, true)
    }

    pub(crate) fn any(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, false)
    }

    /// Builds a conjunction or a disjunction. It flattens parts of the same kind, intersects or unites the classes of
    /// one variable, and reduces a part beside its negation to the absorbing constant.
    fn join(&mut self, parts: impl IntoIterator<Item = Formula>, conjunction: bool) -> Formula {
        let (neutral, absorbing) = (constant(conjunction), constant(!conjunction));
        let mut classes: HashMap<Variable, BitSet> = HashMap::new();
        let mut rest: BTreeSet<Formula> = BTreeSet::new();
        let mut todo: Vec<Formula> = parts.into_iter().collect();
        if todo.contains(&absorbing) {
            return absorbing;
        }
        if todo.contains(&BEYOND) {
            return BEYOND;
        }
        while let Some(part) = todo.pop() {
            if !self.has_room(1) {
                return BEYOND;
            }
            match self.dag.get(part) {
                Node::Constant(_) => {}
                Node::Leaf(test) => {
                    let joined = match classes.get(&test.variable) {
                        None => test.classes.clone(),
                        Some(others) if conjunction => others.intersection(&test.classes),
                        Some(others) => others.union(&test.classes),
                    };
                    classes.insert(test.variable, joined);
                }
                Node::All(inner) if conjunction => todo.extend(inner.iter().copied()),
                Node::Any(inner) if !conjunction => todo.extend(inner.iter().copied()),
                _ => {
                    if self.negations.get(&part).is_some_and(|contrary| rest.contains(contrary)) {
                        return absorbing;
                    }
                    rest.insert(part);
                }
            }
        }
        for (variable, these) in classes {
            let part = self.in_classes(variable, these);
            if part == absorbing || part == BEYOND {
                return part;
            }
            if part != neutral {
                rest.insert(part);
            }
        }
        if rest.len() <= 1 {
            return rest.pop_first().unwrap_or(neutral);
        }
        let parts = rest.into_iter().collect();
        self.add(if conjunction { Node::All(parts) } else { Node::Any(parts) })
    }

    /// Negates a formula.
    pub(crate) fn not(&mut self, formula: Formula) -> Formula {
        for part in self.dag.below_while([formula], |part| !self.negations.contains_key(&part)) {
            let negated = |parts: &[Formula]| parts.iter().map(|part| self.negated(*part)).collect();
            let dual = match self.dag.get(part) {
                Node::Constant(value) => Node::Constant(!value),
                Node::Leaf(Test { variable, classes }) => {
                    Node::Leaf(Test { variable: *variable, classes: classes.complement() })
                }
                Node::Not(inner) => self.dag.get(*inner).clone(),
                Node::All(parts) => Node::Any(negated(parts)),
                Node::Any(parts) => Node::All(negated(parts)),
            };
            let negation = self.simplified(dual);
            self.negations.insert(part, negation);
            if negation != BEYOND {
                self.negations.insert(negation, part);
            }
        }
        self.negated(formula)
    }

    fn negated(&self, formula: Formula) -> Formula {
        // INVARIANT: `not` negates the children first.
        self.negations.get(&formula).copied().unwrap_or(BEYOND)
    }
}
