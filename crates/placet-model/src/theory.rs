//! Decides which intervals of related ordered attributes are possible together, and finds ordinals in them.
//!
//! A search treats each comparison, of one attribute or of two, as an independent variable whose classes are intervals.
//! It proposes a choice of intervals; [`bounds`] decide whether ordinals exist that lie in all of them. If not, the
//! [`Conflict`] names choices that exclude each other, each widened as far as possible. The search adds the conflict as
//! a clause and continues, until a choice has a solution or no choice is left. This is the lazy scheme of R.
//! Nieuwenhuis, A. Oliveras, C. Tinelli, *Solving SAT and SAT modulo theories*, JACM 2006. Bounds are decided exactly,
//! so the search is exact too unless it reaches its step limit.

use crate::linear::{Relation, Scale};
use crate::types::{AttributeId, Type};
use placet_core::bounds::{self, Bound, Domain, Unsolved};
use placet_core::calendar::DAY;
use placet_core::first_where;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

/// The variables of a search that stand for intervals of ordered attributes and of their relations.
#[derive(Debug, Clone, Default)]
pub struct Theory {
    domains: Vec<Domain>,
    attributes: Vec<AttributeId>,
    indexes: BTreeMap<AttributeId, usize>,
    scales: BTreeMap<u32, Scale>,
}

/// Choices that exclude each other: variables, each with a range of its classes. No choice is redundant: without any
/// one of them, some request has all the others.
pub type Conflict = Vec<(u32, Range<u32>)>;

/// The reason that a choice has no known solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TheoryError {
    /// These choices exclude each other.
    Conflict(Conflict),
    /// The search reached its step limit.
    Exhausted,
}

/// Returns the microseconds in one step of a type's ordinals: one day for dates, 1 for all other types.
pub fn step(kind: &Type) -> i64 {
    if *kind == Type::Date { DAY } else { 1 }
}

/// One side of a chosen interval: the lower or upper bound of a variable's class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Literal {
    variable: u32,
    class: u32,
    is_lower: bool,
}

impl Theory {
    /// Returns true if the theory has no variables.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Returns true if the variable belongs to the theory.
    pub fn contains(&self, variable: u32) -> bool {
        self.scales.contains_key(&variable)
    }

    /// Returns the attributes of the theory, in ascending order.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeId> + '_ {
        self.indexes.keys().copied()
    }

    /// Adds an attribute. Does nothing if it is already present or its type has no ordinals.
    pub fn add_attribute(&mut self, id: AttributeId, kind: &Type) {
        if let Some((low, high)) = kind.ordinals()
            && !self.indexes.contains_key(&id)
        {
            self.indexes.insert(id, self.domains.len());
            self.domains.push(Domain { low, high, step: step(kind) });
            self.attributes.push(id);
        }
    }

    /// Adds a variable whose classes are intervals of an attribute. `cuts` are the starts of all intervals but the
    /// first. The attribute must have been added.
    pub fn add_value(&mut self, variable: u32, id: AttributeId, cuts: impl IntoIterator<Item = i64>) {
        if let Some(index) = self.indexes.get(&id) {
            self.scales.insert(variable, Scale::of_variable(*index, cuts));
        }
    }

    /// Adds a variable whose classes are intervals of a relation. Both attributes must have been added.
    pub fn add_relation(&mut self, variable: u32, relation: &Relation, cuts: impl IntoIterator<Item = i128>) {
        if relation.attributes().iter().all(|id| self.indexes.contains_key(id)) {
            let index = |id: AttributeId| self.indexes.get(&id).copied().unwrap_or_default();
            self.scales.insert(variable, Scale::new(relation, cuts, &index));
        }
    }

    /// Adds a second, independent value of an attribute. Each pair of `variables` is an existing variable and a new
    /// one, which states the same condition about the second value. All other attributes are shared.
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

    /// Returns ordinals that lie in the chosen intervals. A choice is a pair of a variable and its class; variables
    /// outside the theory are ignored. Attributes without a chosen interval are left out.
    ///
    /// # Errors
    /// Returns an error if there are no such ordinals, or the search reaches its limit. `steps` counts down as in
    /// [`bounds::least_solution`].
    pub fn check(
        &self,
        choice: &[(u32, u32)],
        steps: &mut usize,
    ) -> Result<Vec<(AttributeId, i64)>, TheoryError> {
        let chosen = self.bounds(choice);
        let only: Vec<Bound> = chosen.iter().map(|(_, bound)| *bound).collect();
        match bounds::least_solution(&self.domains, &only, steps) {
            Ok(solution) => Ok(self.ordinals(choice, &solution)),
            Err(Unsolved::Contradiction) => self
                .conflict(&chosen, &only, steps)
                .map_or(Err(TheoryError::Exhausted), |conflict| Err(TheoryError::Conflict(conflict))),
            Err(Unsolved::Exhausted) => Err(TheoryError::Exhausted),
        }
    }

    /// Like [`Theory::check`], but returns ordinals near the wanted ones where possible. Returns `None` if there are
    /// none, or the search reaches its limit.
    pub fn near(
        &self,
        choice: &[(u32, u32)],
        wanted: impl Fn(AttributeId) -> i64,
        steps: &mut usize,
    ) -> Option<Vec<(AttributeId, i64)>> {
        let only: Vec<Bound> = self.bounds(choice).into_iter().map(|(_, bound)| bound).collect();
        let wanted: Vec<i64> = self.attributes.iter().map(|id| wanted(*id)).collect();
        let solution = bounds::solution_near(&self.domains, &only, &wanted, steps).ok()?;
        Some(self.ordinals(choice, &solution))
    }

    /// Returns the ordinals of the attributes that a choice constrains, without the second values of twins.
    fn ordinals(&self, choice: &[(u32, u32)], solution: &[i64]) -> Vec<(AttributeId, i64)> {
        // Any one pair of bounds of a scale names its attributes; a scale with a single interval has no bounds and
        // constrains nothing.
        let scales = choice.iter().filter_map(|(variable, _)| self.scales.get(variable));
        let bounds = scales.flat_map(|scale| [scale.from(1), scale.up_to(0)]).flatten();
        let mut constrained = vec![false; self.domains.len()];
        for at in bounds.flat_map(Bound::variables) {
            if let Some(constrained) = constrained.get_mut(at) {
                *constrained = true;
            }
        }
        let values = self.attributes.iter().zip(solution).enumerate();
        let is_constrained = |at: &usize| constrained.get(*at).copied().unwrap_or_default();
        let own = values.filter(|(at, (id, _))| is_constrained(at) && self.indexes.get(id) == Some(at));
        own.map(|(_, (id, ordinal))| (*id, *ordinal)).collect()
    }

    /// Returns the bounds of all chosen intervals, each with the literal that it comes from.
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

    /// Returns the bound of a literal, or `None` if the interval is unbounded on that side.
    fn bound(&self, literal: Literal) -> Option<Bound> {
        let scale = self.scales.get(&literal.variable)?;
        let class = literal.class as usize;
        if literal.is_lower { scale.from(class) } else { scale.up_to(class) }
    }

    /// Returns a minimal conflict, with each of its bounds weakened as far as the conflict persists. `None` at the step
    /// limit.
    ///
    /// Wide conflicts matter: the search learns one clause for each, and a wider clause excludes more choices at once.
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
            // A weaker bound contradicts less, so the weakest conflicting bound can be found by binary search. For a
            // lower bound, weaker means a lower class; for an upper bound, a higher class. Upper bounds are negated, so
            // that in both cases the test is monotone in the searched number.
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
            // A result found at the step limit does not tell how far the bound can be weakened.
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
