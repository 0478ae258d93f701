//! Propagation: raises each variable as far as the bounds force it.
//!
//! The module [`bounds`](super) explains why this finds the least solution, and why it ends.

use super::{Bound, Domain, Instant, MAX_MONTHS, MAX_ORDINAL, Unsolved, cycle};
use crate::calendar::{DAY, min_days, months_earlier, months_later};

/// The round in which the bounds are searched for a positive cycle. Early, since that search costs less than rounds
/// that evaluate bounds by months.
const CYCLE_CHECK_ROUND: u32 = 4;

/// A lower bound on one variable, as a function of another.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    raise: Raise,
}

/// The function of an edge.
#[derive(Debug, Clone, Copy)]
enum Raise {
    /// Adds a constant.
    By(i128),
    /// Adds months: [`months_later`].
    Later(Reach),
    /// Subtracts months: [`months_earlier`] of the next day.
    Earlier(Reach),
}

/// The parameters of an edge by months: the steps and offsets of both variables, in microseconds, and the months.
#[derive(Debug, Clone, Copy)]
struct Reach {
    from_step: i128,
    from_plus: i128,
    to_step: i128,
    to_plus: i128,
    months: i128,
}

impl Edge {
    /// Returns the least ordinal of the second variable, given the ordinal of the first.
    fn apply(&self, ordinal: i128) -> i128 {
        let (reach, day) = match &self.raise {
            Raise::By(by) => return ordinal + by,
            Raise::Later(reach) => (reach, months_later(reach.day(ordinal), reach.months)),
            Raise::Earlier(reach) => (reach, months_earlier(reach.day(ordinal) + 1, reach.months)),
        };
        reach.ordinal(day)
    }

    /// Returns the least number of microseconds by which the second variable exceeds the first.
    fn min_micros(&self, step: i128) -> i128 {
        let (reach, days) = match &self.raise {
            Raise::By(by) => return by * step,
            Raise::Later(reach) => (reach, min_days(reach.months)),
            // The most days that `months` can span are the least days of `-months`, negated.
            Raise::Earlier(reach) => (reach, min_days(-reach.months) + 1),
        };
        // An instant in the middle of its day loses up to a day when it is rounded to the start of that day.
        let is_whole = (reach.from_step % DAY_MICROS, reach.from_plus % DAY_MICROS) == (0, 0);
        let lost = if is_whole { 0 } else { DAY_MICROS - 1 };
        days * DAY_MICROS + reach.from_plus - reach.to_plus - lost
    }
}

const DAY_MICROS: i128 = DAY as i128;

impl Reach {
    fn day(&self, ordinal: i128) -> i128 {
        (ordinal * self.from_step + self.from_plus).div_euclid(DAY_MICROS)
    }

    /// Returns the first ordinal of the second variable that is on or after a day.
    fn ordinal(&self, day: i128) -> i128 {
        -(self.to_plus - day * DAY_MICROS).div_euclid(self.to_step)
    }
}

/// The state of a search: the least values so far, and the bounds as edges.
pub(super) struct Propagation {
    edges: Vec<Edge>,
    domains: Vec<Domain>,
    low: Vec<i128>,
    high: Vec<i128>,
}

impl Propagation {
    /// Returns `None` if the bounds on a single variable contradict each other.
    pub(super) fn new(domains: &[Domain], bounds: &[Bound]) -> Option<Self> {
        let mut out = Self {
            edges: Vec::new(),
            domains: domains.to_vec(),
            low: domains.iter().map(|domain| domain.low.into()).collect(),
            high: domains.iter().map(|domain| domain.high.into()).collect(),
        };
        bounds.iter().for_each(|bound| out.add(bound));
        out.low.iter().zip(&out.high).all(|(low, high)| low <= high).then_some(out)
    }

    fn add(&mut self, bound: &Bound) {
        match *bound {
            Bound::AtLeast(at, ordinal) => {
                if let Some(low) = self.low.get_mut(at) {
                    *low = ordinal.max(*low);
                }
            }
            Bound::AtMost(at, ordinal) => {
                if let Some(high) = self.high.get_mut(at) {
                    *high = ordinal.min(*high);
                }
            }
            Bound::Apart(from, to, by) => {
                let raise = Raise::By(by.clamp(-MAX_ORDINAL, MAX_ORDINAL));
                self.edges.push(Edge { from, to, raise });
            }
            Bound::MonthsAtLeast(from, to, months) => {
                let raise = Raise::Later(self.reach(from, to, months));
                self.edges.push(Edge { from: from.variable, to: to.variable, raise });
            }
            Bound::MonthsAtMost(from, to, months) => {
                let raise = Raise::Earlier(self.reach(to, from, months.saturating_add(1)));
                self.edges.push(Edge { from: to.variable, to: from.variable, raise });
            }
        }
    }

    fn reach(&self, from: Instant, to: Instant, months: i128) -> Reach {
        let step =
            |of: Instant| self.domains.get(of.variable).map_or(1, |domain| i128::from(domain.step.max(1)));
        let plus = |of: Instant| of.plus.clamp(-MAX_ORDINAL, MAX_ORDINAL);
        Reach {
            from_step: step(from),
            from_plus: plus(from),
            to_step: step(to),
            to_plus: plus(to),
            months: months.clamp(-MAX_MONTHS, MAX_MONTHS),
        }
    }

    /// Returns the least solution.
    pub(super) fn run(mut self, steps: &mut usize) -> Result<Vec<i64>, Unsolved> {
        // Two states: one round before the last snapshot, and the snapshot itself. `is_endless` needs both to tell
        // which variables moved in the round of the snapshot or later.
        let mut snapshot: Option<(Vec<i128>, Vec<i128>)> = None;
        for round in 1_u32.. {
            // Snapshots at powers of two, like in Brent's cycle detection: the distance to the last one keeps growing,
            // so a move by 400 years fits in at some time.
            let before = (round >= CYCLE_CHECK_ROUND && round.is_power_of_two()).then(|| self.low.clone());
            if !self.round(steps)? {
                break;
            }
            if round == CYCLE_CHECK_ROUND && self.has_positive_cycle() {
                return Err(Unsolved::Contradiction);
            }
            if snapshot.as_ref().is_some_and(|(before, then)| self.is_endless(before, then)) {
                return Err(Unsolved::Contradiction);
            }
            if let Some(before) = before {
                snapshot = Some((before, self.low.clone()));
            }
        }
        // INVARIANT: `round` keeps every value within its domain, whose ordinals are `i64`.
        Ok(self.low.into_iter().map(|low| i64::try_from(low).unwrap_or_default()).collect())
    }

    /// Evaluates every edge once. Returns true if a variable moved.
    fn round(&mut self, steps: &mut usize) -> Result<bool, Unsolved> {
        let mut moved = false;
        for edge in &self.edges {
            *steps = steps.checked_sub(1).ok_or(Unsolved::Exhausted)?;
            let Some(from) = self.low.get(edge.from).copied() else { continue };
            let least = edge.apply(from);
            if let (Some(low), Some(high)) = (self.low.get_mut(edge.to), self.high.get(edge.to))
                && *low < least
            {
                if *high < least {
                    return Err(Unsolved::Contradiction);
                }
                *low = least;
                moved = true;
            }
        }
        Ok(moved)
    }

    /// Returns true if a cycle of edges raises its variables in every round, by the least amount that each edge adds.
    ///
    /// This is the Bellman–Ford algorithm for the longest path.
    fn has_positive_cycle(&self) -> bool {
        let step = |at: usize| self.domains.get(at).map_or(1, |domain| i128::from(domain.step.max(1)));
        let lengths: Vec<(usize, usize, i128)> =
            self.edges.iter().map(|edge| (edge.from, edge.to, edge.min_micros(step(edge.from)))).collect();
        let mut distances = vec![0_i128; self.low.len()];
        // A longest path without a cycle has fewer edges than there are variables, so a change after that many rounds
        // proves a positive cycle.
        for _ in 0..=distances.len() {
            let mut moved = false;
            for (from, to, length) in &lengths {
                let through = distances.get(*from).map_or(0, |from| from.saturating_add(*length));
                if let Some(distance) = distances.get_mut(*to)
                    && *distance < through
                {
                    *distance = through;
                    moved = true;
                }
            }
            if !moved {
                return false;
            }
        }
        true
    }

    /// Returns true if all variables that have moved since `before` have moved by at least 400 years since `snapshot`,
    /// which is one round later than `before`.
    ///
    /// The bounds by all other variables were applied in that round, so the same moves repeat forever.
    fn is_endless(&self, before: &[i128], snapshot: &[i128]) -> bool {
        let values = self.low.iter().zip(before).zip(snapshot).zip(&self.domains);
        let mut moved = values.filter(|(((now, before), _), _)| now != before);
        moved.all(|(((now, _), then), domain)| now - then >= cycle(domain))
    }
}
