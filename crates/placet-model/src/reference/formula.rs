//! Boolean formulas over variables of finitely many classes, and whether they can be satisfied.
//!
//! A formula is simplified as it is made and made only once, so equal subproblems are recognised and answered from
//! memory. The search simplifies by one class of one variable at a time. Children always have smaller numbers than
//! their parents: walks are loops over numbers and need no stack.

use crate::bits::BitSet;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A formula of a [`Formulas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Formula(u32);

impl Formula {
    pub(crate) const FALSE: Formula = Formula(0);
    pub(crate) const TRUE: Formula = Formula(1);
    /// One that there was no room for, of which nothing is known: no question about it has an answer.
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
    /// The variable's class is one of these: neither none nor all.
    In(Variable, BitSet),
    All(Box<[Formula]>),
    Any(Box<[Formula]>),
}

/// Formulas, each once.
#[derive(Debug)]
pub(crate) struct Formulas {
    nodes: Vec<Node>,
    known: HashMap<Node, Formula>,
    /// The variables that each formula speaks of, in order.
    variables: Vec<Box<[Variable]>>,
    /// How many classes each variable has.
    classes: Vec<u32>,
    negations: HashMap<Formula, Formula>,
    satisfiable: HashMap<Formula, bool>,
    steps_left: usize,
    /// How many parts may still be looked at to make formulas. A formula can have more parts than the conditions that
    /// it is made from, since conjunctions within one another become one.
    room_left: usize,
}

/// The room of formulas that are made before any search.
const ROOM: usize = 1 << 24;
/// The room that goes with a step of the search: several times what it makes itself.
const ROOM_OF_A_STEP: usize = 4;

/// Branches within one another: beyond it the search gives up rather than the stack.
const DEEPEST: usize = 2_000;

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
            room_left: steps.saturating_mul(ROOM_OF_A_STEP).saturating_add(ROOM),
        };
        out.add(Node::Constant(false));
        out.add(Node::Constant(true));
        out.add(Node::In(Variable(u32::MAX), BitSet::from_iter(2, [0])));
        out.negations.insert(Formula::BEYOND, Formula::BEYOND);
        out
    }

    pub(crate) fn variable(&mut self, classes: u32) -> Variable {
        let variable = Variable(u32::try_from(self.classes.len()).unwrap_or(u32::MAX));
        self.classes.push(classes);
        variable
    }

    fn classes(&self, variable: Variable) -> u32 {
        self.classes.get(variable.0 as usize).copied().unwrap_or(0)
    }

    fn node(&self, formula: Formula) -> &Node {
        // INVARIANT: formulas come from `add` of the same value, and nodes are never removed.
        self.nodes.get(formula.0 as usize).unwrap_or(&Node::Constant(false))
    }

    /// The variables that a formula speaks of.
    pub(crate) fn variables(&self, formula: Formula) -> &[Variable] {
        self.variables.get(formula.0 as usize).map_or(&[], |all| all)
    }

    fn speaks_of(&self, formula: Formula, variable: Variable) -> bool {
        self.variables(formula).binary_search(&variable).is_ok()
    }

    /// What a visit costs: the formula and its parts.
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
        if !self.has_room(size + variables.len()) {
            return Formula::BEYOND;
        }
        let formula = Formula(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node.clone());
        self.variables.push(variables.into());
        self.known.insert(node, formula);
        formula
    }

    /// Takes some of the steps. Where there are not as many, none are left: what is asked then is answered soon.
    fn take_steps(&mut self, steps: usize) -> Result<(), Exhausted> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.unwrap_or(0);
        left.map(drop).ok_or(Exhausted)
    }

    /// Takes some of the room, if there is as much.
    fn has_room(&mut self, size: usize) -> bool {
        let left = self.room_left.checked_sub(size);
        self.room_left = left.unwrap_or(0);
        left.is_some()
    }

    /// The variable's class is one of these.
    pub(crate) fn in_classes(&mut self, variable: Variable, classes: BitSet) -> Formula {
        if classes.is_empty() {
            Formula::FALSE
        } else if classes.is_full() {
            Formula::TRUE
        } else {
            self.add(Node::In(variable, classes))
        }
    }

    /// The two-class variable is true: of class 1.
    pub(crate) fn holds(&mut self, variable: Variable) -> Formula {
        self.in_classes(variable, BitSet::from_iter(2, [1]))
    }

    pub(crate) fn all(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, true)
    }

    pub(crate) fn any(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(parts, false)
    }

    /// Conjunction (`conjunction`) or disjunction: parts of the same kind are taken in, classes of one variable are
    /// met or united, a part beside its negation decides.
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

    /// All formulas below this one that a test lets through, in ascending order: children before parents.
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

    /// The contrary.
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
        // INVARIANT: `not` goes through the children first.
        self.negations.get(&formula).copied().unwrap_or(Formula::BEYOND)
    }

    /// The formula where the variable has this class.
    fn restricted(&mut self, formula: Formula, variable: Variable, class: u32) -> Result<Formula, Exhausted> {
        self.take_steps(1)?;
        let below = self.below(formula, |part| self.speaks_of(part, variable));
        let parts: usize = below.iter().map(|part| self.parts(*part)).sum();
        self.take_steps(parts)?;
        let mut results: HashMap<Formula, Formula> = HashMap::with_capacity(below.len());
        for part in below {
            let of = |part: &Formula| results.get(part).copied().unwrap_or(*part);
            let result = match self.node(part) {
                Node::In(_, classes) => {
                    if classes.contains(class) {
                        Formula::TRUE
                    } else {
                        Formula::FALSE
                    }
                }
                Node::All(parts) => {
                    let parts: Vec<Formula> = parts.iter().map(of).collect();
                    self.all(parts)
                }
                Node::Any(parts) => {
                    let parts: Vec<Formula> = parts.iter().map(of).collect();
                    self.any(parts)
                }
                Node::Constant(_) => part,
            };
            results.insert(part, result);
        }
        Ok(results.get(&formula).copied().unwrap_or(formula))
    }

    /// One class of each group that the formula can't tell apart.
    fn representatives(&self, formula: Formula, variable: Variable) -> Vec<u32> {
        let count = self.classes(variable);
        if count <= 2 {
            return (0..count).collect();
        }
        // Each mask parts every group into those of its classes that it has and the others.
        let mut groups: Vec<u32> = vec![0; count as usize];
        let mut next = 1;
        for part in self.below(formula, |part| self.speaks_of(part, variable)) {
            let Node::In(_, classes) = self.node(part) else { continue };
            let mut parted: HashMap<u32, u32> = HashMap::new();
            for class in classes.iter() {
                let Some(group) = groups.get_mut(class as usize) else { continue };
                *group = *parted.entry(*group).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
        }
        let mut seen: HashSet<u32> = HashSet::new();
        (0..count).zip(groups).filter(|(_, group)| seen.insert(*group)).map(|(class, _)| class).collect()
    }

    /// Whether some classes of the variables satisfy the formula.
    pub(crate) fn is_satisfiable(&mut self, formula: Formula) -> Result<bool, Exhausted> {
        self.satisfiable_within(formula, 0)
    }

    fn satisfiable_within(&mut self, formula: Formula, depth: usize) -> Result<bool, Exhausted> {
        if let Some(known) = self.satisfiable.get(&formula) {
            return Ok(*known);
        }
        if depth > DEEPEST || formula == Formula::BEYOND {
            return Err(Exhausted);
        }
        self.take_steps(self.parts(formula))?;
        let answer = match self.node(formula).clone() {
            Node::Constant(value) => value,
            Node::In(..) => true,
            Node::Any(parts) => {
                let mut found = false;
                for part in parts {
                    if self.satisfiable_within(part, depth + 1)? {
                        found = true;
                        break;
                    }
                }
                found
            }
            Node::All(parts) => match self.independent(&parts) {
                Some(groups) => {
                    let mut all = true;
                    for group in groups {
                        let group = self.all(group);
                        if !self.satisfiable_within(group, depth + 1)? {
                            all = false;
                            break;
                        }
                    }
                    all
                }
                None => {
                    let variable = self.branch(&parts);
                    let mut found = false;
                    for class in self.representatives(formula, variable) {
                        let restricted = self.restricted(formula, variable, class)?;
                        if self.satisfiable_within(restricted, depth + 1)? {
                            found = true;
                            break;
                        }
                    }
                    found
                }
            },
        };
        self.satisfiable.insert(formula, answer);
        Ok(answer)
    }

    /// The parts in groups that have no variable in common, if there is more than one group.
    fn independent(&self, parts: &[Formula]) -> Option<Vec<Vec<Formula>>> {
        let mut group_of: HashMap<Variable, usize> = HashMap::new();
        let mut groups: Vec<Vec<Formula>> = Vec::new();
        for part in parts {
            let mut touched: Vec<usize> =
                self.variables(*part).iter().filter_map(|variable| group_of.get(variable).copied()).collect();
            touched.sort_unstable();
            touched.dedup();
            let target = touched.first().copied().unwrap_or(groups.len());
            if target == groups.len() {
                groups.push(Vec::new());
            }
            for other in touched.into_iter().skip(1) {
                let moved = groups.get_mut(other).map(std::mem::take).unwrap_or_default();
                for formula in &moved {
                    for variable in self.variables(*formula) {
                        group_of.insert(*variable, target);
                    }
                }
                if let Some(group) = groups.get_mut(target) {
                    group.extend(moved);
                }
            }
            for variable in self.variables(*part) {
                group_of.insert(*variable, target);
            }
            if let Some(group) = groups.get_mut(target) {
                group.push(*part);
            }
        }
        groups.retain(|group| !group.is_empty());
        (groups.len() > 1).then_some(groups)
    }

    /// The variable to branch on: one that a part fixes by itself, else that of the most parts.
    fn branch(&self, parts: &[Formula]) -> Variable {
        let fixed = parts
            .iter()
            .filter_map(|part| match self.node(*part) {
                Node::In(variable, classes) => Some((classes.len(), *variable)),
                _ => None,
            })
            .min();
        if let Some((_, variable)) = fixed {
            return variable;
        }
        let mut counts: HashMap<Variable, usize> = HashMap::new();
        for part in parts {
            for variable in self.variables(*part) {
                *counts.entry(*variable).or_default() += 1;
            }
        }
        let most = counts.into_iter().max_by_key(|(variable, count)| (*count, std::cmp::Reverse(*variable)));
        // INVARIANT: a conjunction speaks of some variable.
        most.map_or(Variable(0), |(variable, _)| variable)
    }

    /// Classes that satisfy a satisfiable formula; variables left out may have any class.
    pub(crate) fn solution(&mut self, mut formula: Formula) -> Result<Vec<(Variable, u32)>, Exhausted> {
        let mut out = Vec::new();
        loop {
            match self.node(formula).clone() {
                Node::Constant(_) => return Ok(out),
                Node::In(variable, classes) => {
                    out.extend(classes.iter().next().map(|class| (variable, class)));
                    return Ok(out);
                }
                Node::Any(parts) => {
                    let mut next = Formula::FALSE;
                    for part in parts {
                        if self.is_satisfiable(part)? {
                            next = part;
                            break;
                        }
                    }
                    formula = next;
                }
                Node::All(parts) => {
                    let variable = self.branch(&parts);
                    let mut next = Formula::FALSE;
                    for class in self.representatives(formula, variable) {
                        let restricted = self.restricted(formula, variable, class)?;
                        if self.is_satisfiable(restricted)? {
                            out.push((variable, class));
                            next = restricted;
                            break;
                        }
                    }
                    formula = next;
                }
            }
        }
    }

    /// Whether two classes of the variable, all else equal and `where_` holding for both, make the formula differ.
    pub(crate) fn depends_on(
        &mut self,
        formula: Formula,
        variable: Variable,
        where_: Formula,
    ) -> Result<bool, Exhausted> {
        if formula == Formula::BEYOND || where_ == Formula::BEYOND {
            return Err(Exhausted);
        }
        if !self.speaks_of(formula, variable) {
            return Ok(false);
        }
        // The condition's own classes of the variable must be told apart too.
        let both = self.all([formula, where_]);
        let mut classes = self.representatives(formula, variable);
        if self.speaks_of(where_, variable) {
            classes.extend(self.representatives(where_, variable));
            classes.extend(self.representatives(both, variable));
            classes.sort_unstable();
            classes.dedup();
        }
        let mut cofactors: Vec<(Formula, Formula)> = Vec::new();
        for class in classes {
            let cofactor =
                (self.restricted(formula, variable, class)?, self.restricted(where_, variable, class)?);
            if !cofactors.contains(&cofactor) {
                cofactors.push(cofactor);
            }
        }
        for (at, (a, a_where)) in cofactors.iter().enumerate() {
            for (b, b_where) in cofactors.iter().skip(at + 1) {
                for (yes, no) in [(*a, *b), (*b, *a)] {
                    let no = self.not(no);
                    let differs = self.all([yes, no, *a_where, *b_where]);
                    if self.is_satisfiable(differs)? {
                        return Ok(true);
                    }
                }
            }
            // Where the condition does not speak of the variable, equality with the first is enough: it is
            // transitive.
            if !self.speaks_of(where_, variable) {
                break;
            }
        }
        Ok(false)
    }
}
