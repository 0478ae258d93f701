//! The values that related ordered attributes can have together: the choices of intervals that contradict each other,
//! and ordinals that fit the choices that don't.
//!
//! A search takes each comparison, of one attribute or of two, to be a variable of its own whose classes are intervals.
//! It finds a choice of intervals; [`bounds`] tell whether ordinals exist that lie in all of
//! them. If not, the [`Conflict`] says which of the choices exclude each other, each as wide as it can be: the search adds
//! that and goes on. It ends with a choice that some request has, or with none (R. Nieuwenhuis, A. Oliveras, C. Tinelli,
//! *Solving SAT and SAT modulo theories*, 2006). As bounds are decided exactly, so is what is made of them.

use crate::linear::{Relation, Scale};
use crate::types::{AttributeId, Type};
use placet_core::bounds::{self, Bound, Domain, Unsolved};
use placet_core::calendar::DAY;
use placet_core::first_where;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

/// Variables of a search that stand for intervals of ordered attributes and of their relations.
#[derive(Debug, Clone, Default)]
pub struct Theory {
    domains: Vec<Domain>,
    attributes: Vec<AttributeId>,
    indexes: BTreeMap<AttributeId, usize>,
    scales: BTreeMap<u32, Scale>,
}

/// Choices that exclude each other: variables, each with a range of its classes. Any of them can be left out only for some
/// request to have the others.
pub type Conflict = Vec<(u32, Range<u32>)>;

/// Why no ordinals fit a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TheoryError {
    /// These parts of it exclude each other.
    Conflict(Conflict),
    /// The search ended at its limit.
    Exhausted,
}

/// The microseconds of a step of a type's ordinals, 1 for what is no date.
pub fn step(kind: &Type) -> i64 {
    if *kind == Type::Date { DAY } else { 1 }
}

/// One bound of a choice: a variable's class, from below or from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Literal {
    variable: u32,
    class: u32,
    is_lower: bool,
}

impl Theory {
    /// Returns true if no variable belongs to it.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Returns true if a variable belongs to it.
    pub fn contains(&self, variable: u32) -> bool {
        self.scales.contains_key(&variable)
    }

    /// The attributes that its variables speak of, in order.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeId> + '_ {
        self.indexes.keys().copied()
    }

    /// Adds an attribute, once; does nothing for a type that has no ordinals.
    pub fn add_attribute(&mut self, id: AttributeId, kind: &Type) {
        if let Some((low, high)) = kind.ordinals()
            && !self.indexes.contains_key(&id)
        {
            self.indexes.insert(id, self.domains.len());
            self.domains.push(Domain { low, high, step: step(kind) });
            self.attributes.push(id);
        }
    }

    /// Adds a variable whose classes are intervals of an attribute that was added: those that begin at `cuts`, and the first.
    pub fn add_value(&mut self, variable: u32, id: AttributeId, cuts: impl IntoIterator<Item = i64>) {
        if let Some(index) = self.indexes.get(&id) {
            self.scales.insert(variable, Scale::of_variable(*index, cuts));
        }
    }

    /// Adds a variable whose classes are intervals of a relation of attributes that were added.
    pub fn add_relation(&mut self, variable: u32, relation: &Relation, cuts: impl IntoIterator<Item = i128>) {
        if relation.attributes().iter().all(|id| self.indexes.contains_key(id)) {
            let index = |id: AttributeId| self.indexes.get(&id).copied().unwrap_or_default();
            self.scales.insert(variable, Scale::new(relation, cuts, &index));
        }
    }

    /// Adds a second value of an attribute beside its own, with a second variable for each of the given ones that speak of
    /// it: the same conditions on the other value, all other attributes alike.
    pub fn add_twin(&mut self, id: AttributeId, variables: impl IntoIterator<Item = (u32, u32)>) {
        let Some(index) = self.indexes.get(&id).copied() else { return };
        let twin = self.domains.len();
        self.domains.extend(self.domains.get(index).copied());
        self.attributes.push(id);
        for (variable, other) in variables {
            if let Some(scale) = self.scales.get(&variable) {
                let renamed = scale.renamed(&|at| if at == index { twin } else { at });
                self.scales.insert(other, renamed);
            }
        }
    }

    /// Returns ordinals that lie in the chosen intervals: each class of a variable that belongs to the theory; the other
    /// variables say nothing here. An attribute of which nothing is chosen is left out.
    ///
    /// # Errors
    /// If there are none, or the search ended at its limit: `steps` as in [`bounds::least_solution`].
    pub fn check(
        &self,
        choice: &[(u32, u32)],
        steps: &mut usize,
    ) -> Result<Vec<(AttributeId, i64)>, TheoryError> {
        let chosen = self.bounds(choice);
        let only: Vec<Bound> = chosen.iter().map(|(_, bound)| *bound).collect();
        match bounds::least_solution(&self.domains, &only, steps) {
            Ok(solution) => Ok(self.told(choice, &solution)),
            Err(Unsolved::Contradiction) => self
                .conflict(&chosen, &only, steps)
                .map_or(Err(TheoryError::Exhausted), |conflict| Err(TheoryError::Conflict(conflict))),
            Err(Unsolved::Exhausted) => Err(TheoryError::Exhausted),
        }
    }

    /// Like [`Theory::check`], with ordinals near wanted ones where there are such; `None` where there are none, or the
    /// search ended at its limit.
    pub fn near(
        &self,
        choice: &[(u32, u32)],
        wanted: impl Fn(AttributeId) -> i64,
        steps: &mut usize,
    ) -> Option<Vec<(AttributeId, i64)>> {
        let only: Vec<Bound> = self.bounds(choice).into_iter().map(|(_, bound)| bound).collect();
        let wanted: Vec<i64> = self.attributes.iter().map(|id| wanted(*id)).collect();
        let solution = bounds::solution_near(&self.domains, &only, &wanted, steps).ok()?;
        Some(self.told(choice, &solution))
    }

    /// The ordinals of the attributes that a choice speaks of.
    fn told(&self, choice: &[(u32, u32)], solution: &[i64]) -> Vec<(AttributeId, i64)> {
        let scales = choice.iter().filter_map(|(variable, _)| self.scales.get(variable));
        let bounds = scales.flat_map(|scale| [scale.from(1), scale.up_to(0)]).flatten();
        let mut spoken = vec![false; self.domains.len()];
        for at in bounds.flat_map(Bound::variables) {
            if let Some(spoken) = spoken.get_mut(at) {
                *spoken = true;
            }
        }
        let values = self.attributes.iter().zip(solution).enumerate();
        let is_spoken = |at: &usize| spoken.get(*at).copied().unwrap_or_default();
        let own = values.filter(|(at, (id, _))| is_spoken(at) && self.indexes.get(id) == Some(at));
        own.map(|(_, (id, ordinal))| (*id, *ordinal)).collect()
    }

    fn bounds(&self, choice: &[(u32, u32)]) -> Vec<(Literal, Bound)> {
        let mut out = Vec::with_capacity(2 * choice.len());
        for (variable, class) in choice {
            for is_lower in [true, false] {
                let literal = Literal { variable: *variable, class: *class, is_lower };
                out.extend(self.bound(literal).map(|bound| (literal, bound)));
            }
        }
        out
    }

    fn bound(&self, literal: Literal) -> Option<Bound> {
        let scale = self.scales.get(&literal.variable)?;
        let class = literal.class as usize;
        if literal.is_lower { scale.from(class) } else { scale.up_to(class) }
    }

    /// The parts of a choice that exclude each other, each moved as far as they still do; `None` at the limit.
    fn conflict(&self, chosen: &[(Literal, Bound)], only: &[Bound], steps: &mut usize) -> Option<Conflict> {
        let core = bounds::conflict(&self.domains, only, steps)?;
        let mut core: Vec<(Literal, Bound)> =
            core.into_iter().filter_map(|at| chosen.get(at).copied()).collect();
        let left = Cell::new(*steps);
        for at in 0..core.len() {
            let (literal, _) = *core.get(at)?;
            let last = self.scales.get(&literal.variable)?.intervals().checked_sub(1)?;
            let moved = |to: i64| {
                let class = u32::try_from(to.unsigned_abs()).ok()?;
                let literal = Literal { class, ..literal };
                Some((literal, self.bound(literal)?))
            };
            // A bound that asks for less contradicts less: from below that is a lesser class, from above a greater one.
            let own = i64::from(literal.class);
            let (first, end) =
                if literal.is_lower { (1, own) } else { (1 - i64::try_from(last).ok()?, -own) };
            let weakest = first_where(first, end, |to| {
                let mut bounds: Vec<Bound> = core.iter().map(|(_, bound)| *bound).collect();
                if let (Some(slot), Some((_, bound))) = (bounds.get_mut(at), moved(to)) {
                    *slot = bound;
                }
                let mut steps = left.get();
                let found = bounds::least_solution(&self.domains, &bounds, &mut steps);
                left.set(steps);
                found == Err(Unsolved::Contradiction)
            });
            *steps = left.get();
            // A search that ended at its limit tells nothing of how far the bound can move.
            if *steps == 0 {
                return None;
            }
            let weakest = weakest?;
            if let (Some(slot), Some(moved)) = (core.get_mut(at), moved(weakest)) {
                *slot = moved;
            }
        }
        let range = |(literal, _): (Literal, Bound)| {
            let count = self.scales.get(&literal.variable)?.intervals();
            let end = u32::try_from(count).ok()?;
            let classes = if literal.is_lower { literal.class..end } else { 0..literal.class + 1 };
            Some((literal.variable, classes))
        };
        core.into_iter().map(range).collect()
    }
}
