//! The satisfiability search: fixes one class of one variable at a time and simplifies.
//!
//! Conjunctions of independent parts are solved part by part. Classes that a formula can't tell apart are tried once.

use super::{BEYOND, Exhausted, FALSE, Formula, Formulas, Test, Variable};
use placet_core::dag::Node;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The maximum recursion depth. Beyond it the search gives up, which protects the stack.
const DEEPEST: usize = 2_000;
/// The number of variables or classes that cost one step.
const SPOKEN_OF_IN_A_STEP: usize = 8;

impl Formulas {
    /// Takes some of the steps. If too few are left it takes all, so that later searches end at once.
    fn take_steps(&mut self, steps: usize) -> Result<(), Exhausted> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.unwrap_or(0);
        left.map(drop).ok_or(Exhausted)
    }

    /// Returns the cofactor: the formula with the variable fixed to a class.
    fn restricted(&mut self, formula: Formula, variable: Variable, class: u32) -> Result<Formula, Exhausted> {
        let below = self.dag.below_while([formula], |part| self.speaks_of(part, variable));
        self.rebuilt(formula, below, |test| Node::Constant(test.classes.contains(class)))
    }

    /// Returns the formula with some variables replaced by others with as many classes.
    pub(crate) fn renamed(
        &mut self,
        formula: Formula,
        names: &BTreeMap<Variable, Variable>,
    ) -> Result<Formula, Exhausted> {
        let is_renamed = |part| self.variables(part).iter().any(|variable| names.contains_key(variable));
        let below = self.dag.below_while([formula], is_renamed);
        self.rebuilt(formula, below, |Test { variable, classes }| {
            let variable = names.get(variable).copied().unwrap_or(*variable);
            Node::Leaf(Test { variable, classes: classes.clone() })
        })
    }

    /// Rebuilds a formula with every test of a class in `below` replaced. `below` lists children before parents.
    fn rebuilt(
        &mut self,
        formula: Formula,
        below: Vec<Formula>,
        test: impl Fn(&Test) -> Node<Test>,
    ) -> Result<Formula, Exhausted> {
        self.take_steps(1)?;
        let parts: usize = below.iter().map(|part| self.parts(*part)).sum();
        self.take_steps(parts)?;
        let mut results: HashMap<Formula, Formula> = HashMap::with_capacity(below.len());
        for part in below {
            let of = |part| Some(results.get(&part).copied().unwrap_or(part));
            let replaced = match self.dag.get(part) {
                Node::Leaf(own) => Some(test(own)),
                node => node.with_parts(of),
            };
            let result = replaced.map_or(part, |node| self.simplified(node));
            results.insert(part, result);
        }
        Ok(results.get(&formula).copied().unwrap_or(formula))
    }

    /// Returns one class of each group of classes that the formula can't tell apart.
    fn representatives(&mut self, formula: Formula, variable: Variable) -> Result<Vec<u32>, Exhausted> {
        let count = self.classes(variable);
        if count <= 2 {
            return Ok((0..count).collect());
        }
        // Partition refinement: each mask splits every group into the classes inside and outside it.
        let mut groups: Vec<u32> = vec![0; count as usize];
        let mut next = 1;
        let below = self.dag.below_while([formula], |part| self.speaks_of(part, variable));
        let masks = below.iter().filter(|part| matches!(self.dag.get(**part), Node::Leaf(_))).count();
        self.take_steps(below.len() + (1 + masks) * count as usize / SPOKEN_OF_IN_A_STEP)?;
        for part in below {
            let Node::Leaf(test) = self.dag.get(part) else { continue };
            let mut parted: HashMap<u32, u32> = HashMap::new();
            for class in test.classes.iter() {
                let Some(group) = groups.get_mut(class as usize) else { continue };
                *group = *parted.entry(*group).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
        }
        let mut seen: HashSet<u32> = HashSet::new();
        Ok((0..count).zip(groups).filter(|(_, group)| seen.insert(*group)).map(|(class, _)| class).collect())
    }

    /// Returns true if some classes of the variables satisfy the formula.
    pub(crate) fn is_satisfiable(&mut self, formula: Formula) -> Result<bool, Exhausted> {
        self.satisfiable_within(formula, 0)
    }

    fn satisfiable_within(&mut self, formula: Formula, depth: usize) -> Result<bool, Exhausted> {
        if let Some(known) = self.satisfiable.get(&formula) {
            return Ok(*known);
        }
        if depth > DEEPEST || formula == BEYOND {
            return Err(Exhausted);
        }
        let spoken_of: usize = match self.dag.get(formula) {
            Node::All(parts) => parts.iter().map(|part| self.variables(*part).len()).sum(),
            _ => 0,
        };
        self.take_steps(self.parts(formula) + spoken_of / SPOKEN_OF_IN_A_STEP)?;
        let answer = match self.dag.get(formula).clone() {
            Node::Constant(value) => value,
            Node::Leaf(_) => true,
            // INVARIANT: formulas are in negation normal form.
            Node::Not(_) => return Err(Exhausted),
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
                    for class in self.representatives(formula, variable)? {
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

    /// Splits the parts into groups without common variables. `None` if there is only one group.
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

    /// Returns the variable to branch on: one that a part fixes by itself, otherwise the one in the most parts.
    fn branch(&self, parts: &[Formula]) -> Variable {
        let fixed = parts
            .iter()
            .filter_map(|part| match self.dag.get(*part) {
                Node::Leaf(test) => Some((test.classes.len(), test.variable)),
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
        // INVARIANT: a conjunction contains some variable.
        most.map_or(Variable(0), |(variable, _)| variable)
    }

    /// Returns classes that satisfy a satisfiable formula. Variables left out may have any class.
    pub(crate) fn solution(&mut self, mut formula: Formula) -> Result<Vec<(Variable, u32)>, Exhausted> {
        let mut out = Vec::new();
        loop {
            match self.dag.get(formula).clone() {
                Node::Constant(_) => return Ok(out),
                // INVARIANT: formulas are in negation normal form.
                Node::Not(_) => return Err(Exhausted),
                Node::Leaf(test) => {
                    out.extend(test.classes.iter().next().map(|class| (test.variable, class)));
                    return Ok(out);
                }
                Node::Any(parts) => {
                    let mut next = FALSE;
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
                    let mut next = FALSE;
                    for class in self.representatives(formula, variable)? {
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

    /// Returns true if the formula differs between two classes of the variable, all else equal and `where_` true for
    /// both.
    pub(crate) fn depends_on(
        &mut self,
        formula: Formula,
        variable: Variable,
        where_: Formula,
    ) -> Result<bool, Exhausted> {
        if formula == BEYOND || where_ == BEYOND {
            return Err(Exhausted);
        }
        if !self.speaks_of(formula, variable) {
            return Ok(false);
        }
        // `where_` may distinguish classes that the formula doesn't.
        let both = self.all([formula, where_]);
        let mut classes = self.representatives(formula, variable)?;
        if self.speaks_of(where_, variable) {
            classes.extend(self.representatives(where_, variable)?);
            classes.extend(self.representatives(both, variable)?);
            classes.sort_unstable();
            classes.dedup();
        }
        let mut cofactors: Vec<(Formula, Formula)> = Vec::new();
        for class in classes {
            let cofactor =
                (self.restricted(formula, variable, class)?, self.restricted(where_, variable, class)?);
            // Two formulas beyond the room compare as equal but may differ.
            if cofactor.0 == BEYOND || cofactor.1 == BEYOND {
                return Err(Exhausted);
            }
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
            // If `where_` doesn't contain the variable, comparing all with the first is enough: equality is transitive.
            if !self.speaks_of(where_, variable) {
                break;
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TRUE;
    use super::*;
    use crate::bits::BitSet;

    #[test]
    fn depends_on_without_room_for_cofactors_is_exhausted() {
        let mut formulas = Formulas::new(1_000);
        let [a, b, c, d] = [(); 4].map(|()| formulas.variable(2));
        let mut holds = |variable, class| formulas.in_classes(variable, BitSet::from_iter(2, [class]));
        let [a_is_0, a_is_1, b, c, d] = [holds(a, 0), holds(a, 1), holds(b, 1), holds(c, 1), holds(d, 1)];
        let first = formulas.all([a_is_0, b, c]);
        let second = formulas.all([a_is_1, c, d]);
        let either = formulas.any([first, second]);
        formulas.room_left = 0;
        assert_eq!(formulas.depends_on(either, a, TRUE), Err(Exhausted));
    }
}
