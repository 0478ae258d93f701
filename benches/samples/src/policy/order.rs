//! The ordered types and their constants.

use crate::Random;
use placet_core::calendar;
use placet_model::types::{number_ordinal, ordinal_number};

/// An ordered type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Int,
    Number,
    Date,
    Time,
    Duration,
}

const SECOND: i64 = 1_000_000;
pub(super) const DAY: i64 = 86_400 * SECOND;
/// Days since 1970 at which the calendar is irregular: leap days, ends of years.
const DAYS: [i64; 9] = [0, 59, 10_956, 11_016, 13_878, 20_453, 20_454, 20_819, -1];

impl Order {
    pub(super) const ALL: [Order; 5] = [Order::Int, Order::Number, Order::Date, Order::Time, Order::Duration];

    /// A domain that an attribute may declare.
    pub(super) fn domain(self, random: &mut Random, few_values: bool) -> (i64, i64) {
        match self {
            Order::Int if few_values => random.pick(&[(0, 3), (-1, 2), (0, 1), (1, 4), (-3, 0)]).copied(),
            Order::Int => random
                .pick(&[(0, 5), (0, 150), (-20, 20), (0, 1_000_000), (i64::MIN, i64::MAX), (-1, i64::MAX)])
                .copied(),
            Order::Number => {
                let ends = [(0.0, 1.0), (-1.5, 2.5), (f64::MIN, f64::MAX)];
                random.pick(&ends).map(|(low, high)| (number_ordinal(*low), number_ordinal(*high)))
            }
            Order::Date | Order::Time | Order::Duration => None,
        }
        .unwrap_or(self.whole())
    }

    /// The first and the last ordinal of the type.
    fn whole(self) -> (i64, i64) {
        match self {
            Order::Int | Order::Duration => (i64::MIN, i64::MAX),
            Order::Number => (number_ordinal(f64::MIN), number_ordinal(f64::MAX)),
            Order::Date => (calendar::FIRST_DAY.into(), calendar::LAST_DAY.into()),
            Order::Time => (calendar::FIRST_TIME, calendar::LAST_TIME),
        }
    }

    /// The type, with `mark` behind its name.
    pub(super) fn declared(self, mark: &str, low: i64, high: i64) -> String {
        let name = match self {
            Order::Int => "int",
            Order::Number => "number",
            Order::Date => "date",
            Order::Time => "time",
            Order::Duration => "duration",
        };
        if (low, high) == self.whole() {
            format!("{name}{mark}")
        } else {
            format!("{name}{mark} {}..{}", self.literal(low), self.literal(high))
        }
    }

    /// A constant from `low` to `high`, near an irregular value.
    pub(super) fn constant(self, random: &mut Random, low: i128, high: i128) -> i64 {
        let (least, greatest) = self.whole();
        let (low, high) = (low.max(least.into()), high.min(greatest.into()));
        let some = match self {
            Order::Int => random.pick(&[0, 1, 2, 3, 5, 10, 13, 18, 100, -1, -2, 1000]).copied(),
            Order::Number => {
                let some = random.pick(&[0.0, 0.25, 0.5, 0.1, 1.0, -0.5, 1.5, 2.0]);
                some.map(|number| number_ordinal(*number))
            }
            Order::Date => random.pick(&DAYS).copied(),
            Order::Time => {
                let within = random.pick(&[0, 0, DAY / 2, DAY - 1, SECOND]).copied().unwrap_or_default();
                random.pick(&DAYS).map(|day| day * DAY + within)
            }
            Order::Duration => {
                let unit =
                    random.pick(&[DAY, DAY, 365 * DAY, 3600 * SECOND, SECOND]).copied().unwrap_or(SECOND);
                random.pick(&[0, 1, 2, 7, 30, -1, -5]).map(|count| count * unit)
            }
        };
        let some = i128::from(some.unwrap_or_default());
        // The largest numbers have three hundred digits, which no policy writes.
        let seldom = if self == Order::Number { 99 } else { 90 };
        let inside = if (low..=high).contains(&some) && random.chance(seldom) {
            some
        } else {
            match high - low {
                span @ 0..=100 => low + i128::from(random.below(span as u64 + 1)),
                _ => *random.pick(&[low, high, low + 1, high - 1]).unwrap_or(&low),
            }
        };
        // INVARIANT: the value is between two ordinals.
        let inside = i64::try_from(inside).unwrap_or_default();
        // A policy has no unit below a second.
        let rest = if self == Order::Duration { inside % SECOND } else { 0 };
        inside - rest
    }

    /// The constant in the form that a policy writes.
    pub(super) fn literal(self, ordinal: i64) -> String {
        match self {
            Order::Int => ordinal.to_string(),
            Order::Number => ordinal_number(ordinal).to_string(),
            Order::Date => calendar::date_to_string(i32::try_from(ordinal).unwrap_or_default()),
            Order::Time => calendar::time_to_string(ordinal),
            Order::Duration if ordinal % DAY == 0 => format!("{} days", ordinal / DAY),
            Order::Duration => format!("{} seconds", ordinal / SECOND),
        }
    }
}
