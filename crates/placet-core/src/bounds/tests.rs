//! Compares the solver with trying all assignments of small windows, and tests the limits of the search.

use super::*;
use crate::calendar::{FIRST_DAY, LAST_DAY, date_from_str, months_between};
use proptest::prelude::*;

const STEPS: usize = 1 << 22;
const DATE: Domain = Domain { low: FIRST_DAY as i64, high: LAST_DAY as i64, step: DAY };
const TIME: Domain = Domain { low: FIRST_DAY as i64 * DAY, high: (LAST_DAY as i64 + 1) * DAY - 1, step: 1 };

fn day(text: &str) -> i64 {
    date_from_str(text).unwrap().into()
}

fn plain(variable: usize) -> Instant {
    Instant { variable, plus: 0 }
}

/// Returns true if the values satisfy a bound, by its definition.
fn holds(bound: &Bound, domains: &[Domain], values: &[i64]) -> bool {
    let value = |at: usize| i128::from(values[at]);
    let months = |from: &Instant, to: &Instant| {
        let day = |of: &Instant| {
            (value(of.variable) * i128::from(domains[of.variable].step) + of.plus).div_euclid(DAY.into())
        };
        months_between(day(from), day(to))
    };
    match bound {
        Bound::AtLeast(at, least) => value(*at) >= *least,
        Bound::AtMost(at, most) => value(*at) <= *most,
        Bound::Apart(from, to, by) => value(*to) - value(*from) >= *by,
        Bound::MonthsAtLeast(from, to, count) => months(from, to) >= *count,
        Bound::MonthsAtMost(from, to, count) => months(from, to) <= *count,
    }
}

fn holds_all(bounds: &[Bound], domains: &[Domain], values: &[i64]) -> bool {
    let inside = domains.iter().zip(values).all(|(domain, value)| (domain.low..=domain.high).contains(value));
    inside && bounds.iter().all(|bound| holds(bound, domains, values))
}

/// Returns the least solution by trying all assignments.
fn tried(domains: &[Domain], bounds: &[Bound]) -> Option<Vec<i64>> {
    let mut least: Option<Vec<i64>> = None;
    let mut values: Vec<i64> = domains.iter().map(|domain| domain.low).collect();
    loop {
        if holds_all(bounds, domains, &values) {
            let known = least.take().unwrap_or_else(|| values.clone());
            least = Some(known.iter().zip(&values).map(|(one, other)| *one.min(other)).collect());
        }
        let mut at = 0;
        loop {
            let Some(value) = values.get_mut(at) else { return least };
            if *value < domains[at].high {
                *value += 1;
                break;
            }
            *value = domains[at].low;
            at += 1;
        }
    }
}

/// Days near which months and years have uneven lengths.
const MIDDLES: [&str; 6] =
    ["1900-02-28", "2000-02-29", "2023-03-01", "2024-02-29", "2024-12-31", "2100-03-01"];

fn window(days: i64, years: i64) -> impl Strategy<Value = Domain> {
    (prop::sample::select(&MIDDLES[..]), 0..=years, -days..=days, 0..=days).prop_map(
        move |(middle, years, shift, length)| {
            let low = day(middle) + 365 * years + shift - days / 2;
            Domain { low, high: low + length, step: DAY }
        },
    )
}

/// Generates a bound near the values of its windows, so that both outcomes occur.
fn bound(domains: Vec<Domain>) -> impl Strategy<Value = Bound> {
    let count = domains.len();
    (0..count, 1..count, 0..5_u8, 0.0..1.0_f64, -2..=2_i64, -2..=2_i128).prop_map(
        move |(one, other, kind, part, by, plus)| {
            let other = (one + other) % count;
            let (from, to) = (domains[one], domains[other]);
            let at = |domain: Domain| domain.low + ((domain.high - domain.low) as f64 * part) as i64;
            let (a, b) = (at(from), at(to));
            let months = months_between(a.into(), b.into()) + i128::from(by);
            let from = Instant { variable: one, plus: plus * i128::from(DAY) };
            match kind {
                0 => Bound::AtLeast(one, (a + by).into()),
                1 => Bound::AtMost(one, (a + by).into()),
                2 => Bound::Apart(one, other, (b - a + 5 * by).into()),
                3 => Bound::MonthsAtLeast(from, plain(other), months),
                _ => Bound::MonthsAtMost(from, plain(other), months),
            }
        },
    )
}

fn system(variables: usize, days: i64, most: usize) -> impl Strategy<Value = (Vec<Domain>, Vec<Bound>)> {
    prop::collection::vec(window(days, 2), variables..=variables).prop_flat_map(move |domains| {
        let bounds = prop::collection::vec(bound(domains.clone()), 1..most);
        (Just(domains), bounds)
    })
}

fn check(domains: &[Domain], bounds: &[Bound]) -> Result<(), TestCaseError> {
    let expected = tried(domains, bounds).ok_or(Unsolved::Contradiction);
    let found = least_solution(domains, bounds, &mut { STEPS });
    prop_assert_eq!(&found, &expected, "{:?} {:?}", domains, bounds);
    if let Err(Unsolved::Contradiction) = found {
        let core = conflict(domains, bounds, &mut { STEPS }).unwrap();
        let of = |core: &[usize]| core.iter().map(|at| bounds[*at]).collect::<Vec<_>>();
        prop_assert!(tried(domains, &of(&core)).is_none());
        for at in 0..core.len() {
            let mut fewer = core.clone();
            fewer.remove(at);
            prop_assert!(tried(domains, &of(&fewer)).is_some());
        }
    } else {
        let wanted: Vec<i64> = domains.iter().map(|domain| domain.low.midpoint(domain.high)).collect();
        let near = solution_near(domains, bounds, &wanted, &mut { STEPS }).unwrap();
        prop_assert!(holds_all(bounds, domains, &near));
        let distance = |values: &[i64]| (values[0] - wanted[0]).abs();
        // No solution has a first variable that is nearer on the same side, or below if none is above.
        let mut one = domains.to_vec();
        for nearer in 0..distance(&near) {
            (one[0].low, one[0].high) = match near[0] > wanted[0] {
                true => (wanted[0] + nearer, wanted[0] + nearer),
                false => (wanted[0] - nearer, wanted[0] - nearer),
            };
            let is_none = least_solution(&one, bounds, &mut { STEPS }).is_err();
            prop_assert!(one[0].low < domains[0].low || is_none);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn least_solution_of_two_dates_matches_enumeration(system in system(2, 60, 7)) {
        check(&system.0, &system.1)?;
    }

    #[test]
    fn least_solution_of_three_dates_matches_enumeration(system in system(3, 12, 8)) {
        check(&system.0, &system.1)?;
    }

    /// Times have too many values to try all. The test checks a solution by the definition, and requires one if the
    /// ends of days contain one.
    #[test]
    fn least_solution_of_times_matches_the_ends_of_days(
        kinds in prop::collection::vec((0..5_u8, prop::bool::ANY, -1..=1_i128, -1..=1_i128, 0..3_i128), 1..6),
        first in 0..6_usize,
        days in (0..40_i64, 0..40_i64),
    ) {
        let micros = i128::from(DAY);
        let domains = [TIME; 2];
        let start = i128::from(day(MIDDLES[first]));
        let bounds: Vec<Bound> = kinds
            .into_iter()
            .map(|(kind, swapped, by, plus, months)| {
                let (one, other) = if swapped { (1, 0) } else { (0, 1) };
                let months = if swapped { -months } else { months };
                let sign = if swapped { -1 } else { 1 };
                let from = Instant { variable: one, plus };
                match kind {
                    0 => Bound::AtLeast(one, (start + by) * micros + plus),
                    1 => Bound::AtMost(one, (start + 60 + by) * micros + plus),
                    2 => Bound::Apart(one, other, sign * (30 + by) * micros + plus),
                    3 => Bound::MonthsAtLeast(from, plain(other), months),
                    _ => Bound::MonthsAtMost(from, plain(other), months),
                }
            })
            .collect();
        let ends = |days: i64| {
            let day = (start as i64 + days) * DAY;
            [day - 1, day, day + 1, day + 2]
        };
        let is_solved = ends(days.0).into_iter().any(|one| {
            ends(days.1).into_iter().any(|other| holds_all(&bounds, &domains, &[one, other]))
        });
        match least_solution(&domains, &bounds, &mut { STEPS }) {
            Ok(solution) => prop_assert!(holds_all(&bounds, &domains, &solution)),
            Err(unsolved) => {
                prop_assert_eq!(unsolved, Unsolved::Contradiction);
                prop_assert!(!is_solved);
            }
        }
    }
}

/// Returns the steps that finding a contradiction takes.
fn contradicts(domains: &[Domain], bounds: &[Bound]) -> usize {
    let mut steps = STEPS;
    assert_eq!(least_solution(domains, bounds, &mut steps), Err(Unsolved::Contradiction), "{bounds:?}");
    STEPS - steps
}

#[test]
fn least_solution_cuts_slow_cycles_short() {
    let (a, b) = (plain(0), plain(1));
    let year = |domain: Domain, days: i128| {
        let back = -days * i128::from(DAY / domain.step);
        contradicts(&[domain; 2], &[Bound::MonthsAtLeast(a, b, 12), Bound::Apart(1, 0, back)])
    };
    // A year has at least 365 days. Times can lose a microsecond of that.
    assert!(year(DATE, 364) < 100);
    assert!(year(TIME, 363) < 100);
    // Two consecutive months have at least 59 days together, though each can have 28.
    let months = [
        Bound::MonthsAtLeast(plain(0), plain(1), 1),
        Bound::MonthsAtLeast(plain(1), plain(2), 1),
        Bound::Apart(2, 0, -58),
    ];
    assert!(contradicts(&[DATE; 3], &months) < 500_000);
    assert!(contradicts(&[TIME; 2], &[Bound::Apart(0, 1, 1), Bound::Apart(1, 0, 1)]) < 100);
}

#[test]
fn least_solution_finds_seven_years_without_a_leap_day() {
    let (a, b) = (plain(0), plain(1));
    // Such years are around 1900 and 2100; the bound excludes the former.
    let bounds = [
        Bound::MonthsAtLeast(a, b, 84),
        Bound::Apart(1, 0, -2_555),
        Bound::AtLeast(0, day("1905-01-01").into()),
    ];
    let solution = least_solution(&[DATE; 2], &bounds, &mut { STEPS }).unwrap();
    assert!(holds_all(&bounds, &[DATE; 2], &solution), "{solution:?}");
    assert_eq!(solution[0], day("2096-03-01"));
}

#[test]
fn least_solution_ends_at_its_limit() {
    let bounds = [Bound::Apart(0, 1, 1), Bound::Apart(1, 0, -1)];
    assert_eq!(least_solution(&[DATE; 2], &bounds, &mut 1), Err(Unsolved::Exhausted));
    assert!(conflict(&[DATE; 2], &bounds, &mut 1).is_none());
}
