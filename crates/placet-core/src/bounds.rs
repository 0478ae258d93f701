//! Solves conjunctions of bounds between ordinals exactly: order, differences, and whole calendar months.
//!
//! Each bound is a lower bound `y ≥ f(x)` with a non-decreasing function f:
//!
//! | bound | as a lower bound |
//! | --- | --- |
//! | `y − x ≥ d` | `y ≥ x + d` |
//! | `months(x, y) ≥ k` | `day(y) ≥ months_later(day(x), k)` |
//! | `months(x, y) ≤ k` | `day(x) ≥ months_earlier(day(y) + 1, k + 1)` |
//!
//! # Algorithm
//!
//! If two assignments satisfy such bounds, so does their pointwise minimum, since f(min(x, x′)) = min(f(x), f(x′)), and
//! so does their pointwise maximum. The solutions form a lattice. Propagation therefore starts with the least value of
//! each variable and raises it only as far as the bounds force it. It ends at the least solution, or it passes the
//! greatest value of a variable and proves a contradiction (P. Jeavons and M. Cooper, *Tractable constraints on ordered
//! domains*, 1995). This holds for any number of variables and for cyclic bounds.
//!
//! # Termination
//!
//! A cycle of bounds could raise its variables a little in each round. Two tests cut this short:
//!
//! * A bound by months implies a bound by the least number of days in these months. If these weaker bounds already form
//!   a cycle of positive length, no solution exists (R. Bellman, *On a routing problem*, 1958).
//! * Shifting all variables by 400 years preserves every bound. If all variables that still move have moved by that
//!   much, they move forever.
//!
//! A bound by months raises its variable by at least one day, so propagation ends in any case.

mod propagate;

use crate::calendar::{CYCLE, DAY};
use propagate::Propagation;

/// The domain of a variable: all ordinals from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// The least ordinal.
    pub low: i64,
    /// The greatest ordinal.
    pub high: i64,
    /// Microseconds in one step of the ordinal: [`DAY`] for days, 1 for all other types.
    pub step: i64,
}

/// An instant in microseconds: a variable's ordinal times its step, plus an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// The index of the variable.
    pub variable: usize,
    /// The offset, in microseconds.
    pub plus: i128,
}

/// A bound on one or two variables, given by their indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// The variable is at least this ordinal.
    AtLeast(usize, i128),
    /// The variable is at most this ordinal.
    AtMost(usize, i128),
    /// The second variable minus the first is at least this many steps. Both variables have the same step.
    Apart(usize, usize, i128),
    /// There are at least this many whole calendar months from the first instant's UTC day to the second's.
    MonthsAtLeast(Instant, Instant, i128),
    /// There are at most this many whole calendar months from the first instant's UTC day to the second's.
    MonthsAtMost(Instant, Instant, i128),
}

impl Bound {
    /// Returns the indexes of the one or two variables in this bound.
    ///
    /// ```
    /// use placet_core::bounds::Bound;
    ///
    /// assert!(Bound::AtLeast(3, 0).variables().eq([3]));
    /// assert!(Bound::Apart(0, 1, 5).variables().eq([0, 1]));
    /// ```
    pub fn variables(self) -> impl Iterator<Item = usize> {
        let (one, other) = match self {
            Bound::AtLeast(at, _) | Bound::AtMost(at, _) => (at, None),
            Bound::Apart(from, to, _) => (from, Some(to)),
            Bound::MonthsAtLeast(from, to, _) | Bound::MonthsAtMost(from, to, _) => {
                (from.variable, Some(to.variable))
            }
        };
        [one].into_iter().chain(other)
    }

    /// Returns the same bound on other variables: `index` maps each old index to its new one.
    ///
    /// ```
    /// use placet_core::bounds::Bound;
    ///
    /// assert_eq!(Bound::Apart(0, 1, 5).renamed(&|index| index + 10), Bound::Apart(10, 11, 5));
    /// ```
    #[must_use]
    pub fn renamed(&self, index: &impl Fn(usize) -> usize) -> Self {
        let instant = |of: &Instant| Instant { variable: index(of.variable), plus: of.plus };
        match self {
            Bound::AtLeast(at, ordinal) => Bound::AtLeast(index(*at), *ordinal),
            Bound::AtMost(at, ordinal) => Bound::AtMost(index(*at), *ordinal),
            Bound::Apart(from, to, by) => Bound::Apart(index(*from), index(*to), *by),
            Bound::MonthsAtLeast(from, to, months) => {
                Bound::MonthsAtLeast(instant(from), instant(to), *months)
            }
            Bound::MonthsAtMost(from, to, months) => Bound::MonthsAtMost(instant(from), instant(to), *months),
        }
    }
}

/// The reason why a search returns no solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// The bounds have no solution.
    #[error("the bounds contradict each other")]
    Contradiction,
    /// The search used up its steps.
    #[error("the search ended at its limit")]
    Exhausted,
}

/// A number of months larger than between any two 64-bit instants, including their offsets.
const MAX_MONTHS: i128 = 1 << 40;
/// The limit to which ordinals are clamped: beyond every variable, but far from overflowing an `i128`.
const MAX_ORDINAL: i128 = 1 << 80;
/// The number of variables and bounds that setting up a search processes for one step.
const ITEMS_PER_STEP: usize = 8;

/// Returns the least solution of the bounds: one ordinal per variable.
///
/// Takes one of `steps` for each evaluation of a bound, and one for every eight variables and bounds at the start.
/// Without cycles it evaluates at most `bounds × variables` bounds; the module describes cycles.
///
/// # Errors
/// If the bounds contradict each other, or the steps are used up.
///
/// ```
/// use placet_core::bounds::{Bound, Domain, Instant, least_solution};
/// use placet_core::calendar::{DAY, FIRST_DAY, LAST_DAY};
///
/// let date = Domain { low: FIRST_DAY.into(), high: LAST_DAY.into(), step: DAY };
/// let (born, today) = (Instant { variable: 0, plus: 0 }, Instant { variable: 1, plus: 0 });
/// // `years(born, today) >= 18 and born > today`
/// let bounds = [Bound::MonthsAtLeast(born, today, 216), Bound::Apart(1, 0, 1)];
/// assert!(least_solution(&[date; 2], &bounds, &mut 10_000).is_err());
/// ```
pub fn least_solution(domains: &[Domain], bounds: &[Bound], steps: &mut usize) -> Result<Vec<i64>, Unsolved> {
    let begin = 1 + (domains.len() + bounds.len()) / ITEMS_PER_STEP;
    let left = steps.checked_sub(begin);
    *steps = left.unwrap_or(0);
    left.ok_or(Unsolved::Exhausted)?;
    Propagation::new(domains, bounds).ok_or(Unsolved::Contradiction)?.run(steps)
}

/// Returns a solution near the wanted ordinals.
///
/// Fixes the variables in order. Each one gets the least possible ordinal that is at least the wanted one, given the
/// variables before it; if there is none, it gets the greatest possible ordinal below.
///
/// Costs about 60 searches for each variable that can't have the wanted ordinal or a greater one.
///
/// # Errors
/// If the bounds contradict each other, or the steps are used up.
///
/// ```
/// use placet_core::bounds::{Bound, Domain, solution_near};
///
/// let digit = Domain { low: 0, high: 9, step: 1 };
/// // The second digit exceeds the first by at least three, so the first is at most six.
/// let bounds = [Bound::Apart(0, 1, 3)];
/// assert_eq!(solution_near(&[digit; 2], &bounds, &[8, 4], &mut 1_000)?, [6, 9]);
/// # Ok::<(), placet_core::bounds::Unsolved>(())
/// ```
pub fn solution_near(
    domains: &[Domain],
    bounds: &[Bound],
    wanted: &[i64],
    steps: &mut usize,
) -> Result<Vec<i64>, Unsolved> {
    let mut solution = least_solution(domains, bounds, steps)?;
    let mut fixed = domains.to_vec();
    for at in 0..domains.len() {
        let Some(own) = fixed.get(at).copied() else { continue };
        let mut from = |least: i64, steps: &mut usize| {
            if let Some(domain) = fixed.get_mut(at) {
                domain.low = least;
            }
            least_solution(&fixed, bounds, steps)
        };
        let wanted = wanted.get(at).copied().unwrap_or(own.low).clamp(own.low, own.high);
        let (mut reached, mut beyond) = (solution.get(at).copied().unwrap_or(own.low), i128::from(wanted));
        if reached < wanted {
            match from(wanted, steps) {
                Ok(found) => {
                    solution = found;
                    beyond = i128::from(reached);
                }
                Err(Unsolved::Contradiction) => {}
                Err(Unsolved::Exhausted) => return Err(Unsolved::Exhausted),
            }
        }
        // No solution has the wanted ordinal or a greater one: bisect for the greatest ordinal below it.
        while i128::from(reached) + 1 < beyond {
            let middle = i64::try_from((i128::from(reached) + beyond).div_euclid(2)).unwrap_or(reached);
            match from(middle, steps) {
                Ok(found) => {
                    reached = found.get(at).copied().unwrap_or(middle);
                    solution = found;
                }
                Err(Unsolved::Contradiction) => beyond = middle.into(),
                Err(Unsolved::Exhausted) => return Err(Unsolved::Exhausted),
            }
        }
        let value = solution.get(at).copied().unwrap_or(reached);
        if let Some(domain) = fixed.get_mut(at) {
            (domain.low, domain.high) = (value, value);
        }
    }
    Ok(solution)
}

/// Returns the indexes of a minimal set of contradicting bounds: without any one of them, the rest has a solution.
///
/// Returns `None` if the bounds have a solution, or if the steps are used up. Costs one search per bound.
///
/// ```
/// use placet_core::bounds::{Bound, Domain, conflict};
///
/// let digit = Domain { low: 0, high: 9, step: 1 };
/// let bounds = [Bound::AtLeast(0, 1), Bound::Apart(0, 1, 1), Bound::Apart(1, 0, 1)];
/// assert_eq!(conflict(&[digit; 2], &bounds, &mut 1_000), Some(vec![1, 2]));
/// ```
pub fn conflict(domains: &[Domain], bounds: &[Bound], steps: &mut usize) -> Option<Vec<usize>> {
    if least_solution(domains, bounds, steps) != Err(Unsolved::Contradiction) {
        return None;
    }
    let mut kept: Vec<(usize, Bound)> = bounds.iter().copied().enumerate().collect();
    // From the last, so that of several conflicts the one with the earliest bounds stays.
    for at in (0..bounds.len()).rev() {
        let fewer: Vec<(usize, Bound)> = kept.iter().filter(|(other, _)| *other != at).copied().collect();
        let only: Vec<Bound> = fewer.iter().map(|(_, bound)| *bound).collect();
        match least_solution(domains, &only, steps) {
            Err(Unsolved::Contradiction) => kept = fewer,
            Err(Unsolved::Exhausted) => return None,
            Ok(_) => {}
        }
    }
    Some(kept.into_iter().map(|(at, _)| at).collect())
}

/// Returns the number of steps in 400 years.
fn cycle(domain: &Domain) -> i128 {
    CYCLE * i128::from(DAY) / i128::from(domain.step.max(1))
}

#[cfg(test)]
mod tests;
