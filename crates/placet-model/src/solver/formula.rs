//! Boolean formulas over variables with finitely many classes. The submodule `search` decides satisfiability.
//!
//! Formulas are simplified and hash-consed on construction, so the search recognises equal subproblems and caches their
//! results. Children always have smaller numbers than their parents, so walks are loops and need no stack.

use crate::bits::BitSet;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

mod search;

/// A formula of a [`Formulas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Formula(u32);

impl Formula {
    pub(crate) const FALSE: Formula = Formula(0);
    pub(crate) const TRUE: Formula = Formula(1);
    /// A formula that exceeded the room. Every question about it ends with [`Exhausted`].
    pub(crate) const BEYOND: Formula = Formula(2);
}

/// A variable of a [`Formulas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Variable(pub(super) u32);

/// A search reached its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Node {
    Constant(bool),
    /// The variable's class is one of these. The set is neither empty nor full.
    In(Variable, BitSet),
    All(Box<[Formula]>),
    Any(Box<[Formula]>),
}

/// A hash-consed store of formulas.
#[derive(Debug)]
pub(crate) struct Formulas {
    nodes: Vec<Node>,
    known: HashMap<Node, Formula>,
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
            nodes: Vec::new(),
            known: HashMap::new(),
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
        out.add(Node::In(Variable(u32::MAX), BitSet::from_iter(2, [0])));
        out.room_left = room;
        out.negations.insert(Formula::BEYOND, Formula::BEYOND);
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

    fn node(&self, formula: Formula) -> &Node {
        // INVARIANT: formulas come from `add` of the same value, and nodes are never removed.
        self.nodes.get(formula.0 as usize).unwrap_or(&Node::Constant(false))
    }

    /// Returns the variables of a formula.
    pub(crate) fn variables(&self, formula: Formula) -> &[Variable] {
        self.variables.get(formula.0 as usize).map_or(&[], |all| all)
    }

    fn speaks_of(&self, formula: Formula, variable: Variable) -> bool {
        self.variables(formula).binary_search(&variable).is_ok()
    }

    /// Returns the cost of a visit: the formula and its parts.
    fn parts(&self, formula: Formula) -> usize {
        match self.node(formula) {
            Node::All(parts) | Node::Any(parts) => 1 + parts.len(),
            Node::Constant(_) | Node::In(..) => 1,
        }
    }

    fn add(&mut self, node: Node) -> Formula {
        if let Some(formula) = self.known.get(&node) {
            return *formula;
        }
        let spoken_of = match &node {
            Node::Constant(_) | Node::In(..) => 0,
            Node::All(parts) | Node::Any(parts) => parts.iter().map(|part| self.variables(*part).len()).sum(),
        };
        if !self.has_room(spoken_of) {
            return Formula::BEYOND;
        }
        let mut variables: Vec<Variable> = match &node {
            Node::Constant(_) => Vec::new(),
            Node::In(variable, _) => vec![*variable],
            Node::All(parts) | Node::Any(parts) => {
                parts.iter().flat_map(|part| self.variables(*part).iter().copied()).collect()
            }
        };
        variables.sort_unstable();
        variables.dedup();
        let size = match &node {
            Node::Constant(_) => 0,
            Node::In(_, classes) => classes.bound() as usize / 64,
            Node::All(parts) | Node::Any(parts) => parts.len(),
        };
        if !self.has_room(size) {
            return Formula::BEYOND;
        }
        let formula = Formula(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node.clone());
        self.variables.push(variables.into());
        self.known.insert(node, formula);
        formula
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
            Formula::FALSE
        } else if classes.is_full() {
            Formula::TRUE
        } else {
            self.add(Node::In(variable, classes))
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

    pub(crate) fn all(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, true)
    }

    pub(crate) fn any(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, false)
    }

    /// Builds a conjunction or a disjunction. It flattens parts of the same kind, intersects or unites the classes of
    /// one variable, and reduces a part beside its negation to the absorbing constant.
    fn join(&mut self, parts: impl IntoIterator<Item = Formula>, conjunction: bool) -> Formula {
        let (neutral, absorbing) =
            if conjunction { (Formula::TRUE, Formula::FALSE) } else { (Formula::FALSE, Formula::TRUE) };
        let mut classes: HashMap<Variable, BitSet> = HashMap::new();
        let mut rest: BTreeSet<Formula> = BTreeSet::new();
        let mut todo: Vec<Formula> = parts.into_iter().collect();
        if todo.contains(&absorbing) {
            return absorbing;
        }
        if todo.contains(&Formula::BEYOND) {
            return Formula::BEYOND;
        }
        while let Some(part) = todo.pop() {
            if !self.has_room(1) {
                return Formula::BEYOND;
            }
            match self.node(part) {
                Node::Constant(_) => {}
                Node::In(variable, these) => {
                    let joined = match classes.get(variable) {
                        None => these.clone(),
                        Some(others) if conjunction => others.intersection(these),
                        Some(others) => others.union(these),
                    };
                    classes.insert(*variable, joined);
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
            if part == absorbing || part == Formula::BEYOND {
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

    /// Returns the formulas at and below this one that are wanted, in ascending order: children before parents.
    fn below(&self, formula: Formula, wanted: impl Fn(Formula) -> bool) -> Vec<Formula> {
        let mut seen: BTreeSet<Formula> = BTreeSet::new();
        let mut todo = vec![formula];
        while let Some(next) = todo.pop() {
            if wanted(next)
                && seen.insert(next)
                && let Node::All(parts) | Node::Any(parts) = self.node(next)
            {
                todo.extend(parts.iter().copied());
            }
        }
        seen.into_iter().collect()
    }

    /// Negates a formula.
    pub(crate) fn not(&mut self, formula: Formula) -> Formula {
        let below = self.below(formula, |part| !self.negations.contains_key(&part));
        for part in below {
            let negation = match self.node(part).clone() {
                Node::Constant(true) => Formula::FALSE,
                Node::Constant(false) => Formula::TRUE,
                Node::In(variable, classes) => self.in_classes(variable, classes.complement()),
                Node::All(parts) => {
                    let parts: Vec<Formula> = parts.iter().map(|part| self.negated(*part)).collect();
                    self.any(parts)
                }
                Node::Any(parts) => {
                    let parts: Vec<Formula> = parts.iter().map(|part| self.negated(*part)).collect();
                    self.all(parts)
                }
            };
            self.negations.insert(part, negation);
            if negation != Formula::BEYOND {
                self.negations.insert(negation, part);
            }
        }
        self.negated(formula)
    }

    fn negated(&self, formula: Formula) -> Formula {
        // INVARIANT: `not` negates the children first.
        self.negations.get(&formula).copied().unwrap_or(Formula::BEYOND)
    }
}
