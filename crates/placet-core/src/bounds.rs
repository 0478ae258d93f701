//! Conjunctions of bounds between ordinals, decided exactly: order, differences, and whole calendar months.
//!
//! Each bound is `y ≥ f(x)` with a function f that never falls:
//!
//! | bound | as lower bounds |
//! | --- | --- |
//! | `y − x ≥ d` | `y ≥ x + d` |
//! | `months(x, y) ≥ k` | `day(y) ≥ months_later(day(x), k)` |
//! | `months(x, y) ≤ k` | `day(x) ≥ months_earlier(day(y) + 1, k + 1)` |
//!
//! If two assignments satisfy such bounds, so does the one that takes the lesser value of each variable, since
//! f(min(x, x′)) = min(f(x), f(x′)); and the one that takes the greater. The solutions are a lattice, so raising each
//! variable from its least value only as far as the bounds force it ends at the least solution, or passes a greatest value
//! where there is none (P. Jeavons and M. Cooper, *Tractable constraints on ordered domains*, 1995). That holds for any
//! number of variables, and where bounds go round in circles.
//!
//! Circles that raise a variable a little each time are cut short in two ways. A bound by months is at least a bound by
//! the least days of these months: where that alone gives a circle of positive length there is no solution (R. Bellman,
//! *On a routing problem*, 1958). And bounds are indifferent to shifts by 400 years: where all variables that still move
//! have moved as far, they go on without end. Every time a bound by months moves a variable, it moves by a day or more,
//! so that the search ends in any case.

mod propagate;

use crate::calendar::{CYCLE, DAY};
use propagate::Propagation;

/// A variable: an ordinal between two, both ends in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// The least ordinal.
    pub low: i64,
    /// The greatest ordinal.
    pub high: i64,
    /// Microseconds of a step: [`DAY`] for days, 1 for all else.
    pub step: i64,
}

/// An instant in microseconds: a variable's ordinal in its steps, and what is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// The variable, by its index.
    pub variable: usize,
    /// Microseconds that are added.
    pub plus: i128,
}

/// A bound on variables, which are named by their indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// The variable is at least this.
    AtLeast(usize, i128),
    /// The variable is at most this.
    AtMost(usize, i128),
    /// The second variable less the first, of the same step, is at least this.
    Apart(usize, usize, i128),
    /// Whole calendar months from the first instant's UTC day to the second's are at least this many.
    MonthsAtLeast(Instant, Instant, i128),
    /// Whole calendar months from the first instant's UTC day to the second's are at most this many.
    MonthsAtMost(Instant, Instant, i128),
}

impl Bound {
    /// The one or two variables that it speaks of.
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

    /// The bound on other variables, by the index of each.
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

/// Why a system of bounds has no solution to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// There is none.
    #[error("the bounds contradict each other")]
    Contradiction,
    /// The search ended at its limit.
    #[error("the search ended at its limit")]
    Exhausted,
}

/// Months beyond which no two instants of 64 bits lie, whatever is added to them.
const MAX_MONTHS: i128 = 1 << 40;
/// Ordinals beyond which bounds are cut off: far enough from any variable, and from the ends of the numbers.
const MAX_ORDINAL: i128 = 1 << 80;
/// Variables and bounds that a search takes in for a step.
const TAKEN_IN_A_STEP: usize = 8;

/// Returns the least solution of bounds: for each variable an ordinal. Each look at a bound takes one of `steps`, and so
/// do eight variables or bounds that the search begins with.
///
/// Cost: for bounds without circles at most the bounds times the variables; see the module for circles.
///
/// # Errors
/// If there is no solution, or no step is left.
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
    let begin = 1 + (domains.len() + bounds.len()) / TAKEN_IN_A_STEP;
    let left = steps.checked_sub(begin);
    *steps = left.unwrap_or(0);
    left.ok_or(Unsolved::Exhausted)?;
    Propagation::new(domains, bounds).ok_or(Unsolved::Contradiction)?.run(steps)
}

/// Returns a solution near wanted ordinals: each variable has the first ordinal from the wanted one on that the variables
/// before it allow, or else the last before it.
///
/// Cost: about 60 searches for a variable that can't have the wanted ordinal or more.
///
/// # Errors
/// If there is no solution, or no step is left.
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
        // The greatest ordinal below the wanted one.
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

/// Returns the indexes of bounds that contradict each other and of which none can be left out.
///
/// `None` if there is no contradiction, or the steps end first. Cost: a search for each bound.
pub fn conflict(domains: &[Domain], bounds: &[Bound], steps: &mut usize) -> Option<Vec<usize>> {
    if least_solution(domains, bounds, steps) != Err(Unsolved::Contradiction) {
        return None;
    }
    let mut kept: Vec<(usize, Bound)> = bounds.iter().copied().enumerate().collect();
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

/// Returns the distance that a variable moves in 400 years.
fn cycle(domain: &Domain) -> i128 {
    CYCLE * i128::from(DAY) / i128::from(domain.step.max(1))
}

#[cfg(test)]
mod tests;
