//! Words the list of expected tokens after a syntax error: few alternatives, the likeliest first.
//!
//! pest reports every grammar rule that it tried at the failed position, often a dozen. Rules become phrases, phrases
//! that others imply are dropped, and the rest is ordered by two tables.

use super::Context;
use crate::grammar::{EFFECT, MINUS, PLUS, Rule, UNIT, describe};

/// The maximum number of alternatives: beside a specific help line, and without one.
const MAX_BRIEF: usize = 3;
const MAX_EXPECTED: usize = 5;

const COMPARISON: &str = "a comparison";
const PART: &str = "a part of the rule";

/// The phrases that come first, in this order.
const FIRST: [&str; 9] = [
    "`when`",
    "`and`",
    "`or`",
    COMPARISON,
    "`except`",
    "`otherwise deny`",
    "a value",
    "an attribute",
    "a name",
];

/// The phrases that come last, in this order.
const LAST: [&str; 8] = ["`,`", "`|`", "`{`", "`}`", "`)`", UNIT, PLUS, MINUS];

/// Returns "expected a, b or c". `brief` leaves out unlikely alternatives, because a help line says more. `unit` is
/// true if a unit of time is likely.
pub(super) fn expected(rules: &[Rule], place: Context, brief: bool, unit: bool) -> String {
    let mut all: Vec<&str> = rules
        .iter()
        .filter_map(|rule| match (rule, place) {
            (Rule::EOI, Context::Declaration) => Some("the end of the declaration"),
            (Rule::EOI, Context::Cell) => Some("the end of the cell"),
            (rule, _) => describe(*rule),
        })
        .collect();
    // A general phrase replaces the specific ones that it includes.
    let has = |all: &[&str], what: &str| all.contains(&what);
    let drop = |all: &mut Vec<&str>, what: &[&str]| all.retain(|phrase| !what.contains(phrase));
    if has(&all, "`cite`") && has(&all, "`because`") {
        drop(
            &mut all,
            &[EFFECT, "`where`", "`otherwise deny`", "`cite`", "`because`", "`basis`", "`oblige`"],
        );
        all.push(PART);
    }
    if has(&all, "a value") {
        drop(&mut all, &["a string", "a duration"]);
    }
    if has(&all, "a condition") {
        drop(&mut all, &["a value", "an attribute"]);
    }
    if has(&all, COMPARISON) {
        // A name that a parenthesis follows would be a lookup, which is never meant by a slip.
        drop(&mut all, &["`is`", "`in`", "`(`"]);
    }
    if has(&all, "a value") || has(&all, "an attribute") {
        drop(&mut all, &["a name"]);
    }
    if !unit && all.len() > 1 {
        drop(&mut all, &[UNIT]);
    }
    all.sort_unstable_by_key(rank);
    all.dedup();
    let most = if brief { MAX_BRIEF } else { MAX_EXPECTED };
    if brief || all.len() > MAX_EXPECTED {
        let without: Vec<&str> =
            all.iter().copied().filter(|phrase| ![PLUS, MINUS].contains(phrase)).collect();
        if !without.is_empty() {
            all = without;
        }
    }
    if all.len() > most {
        all.truncate(most);
        return format!("expected {} …", all.join(", "));
    }
    if all.len() <= 2 {
        // A short list leaves room for examples.
        for phrase in &mut all {
            match *phrase {
                COMPARISON => *phrase = "a comparison (`is`, `in`, `<` …)",
                PART => *phrase = "a part of the rule (`allow`, `deny`, `cite` …)",
                _ => {}
            }
        }
    }
    match all.as_slice() {
        [] => String::new(),
        [one] => format!("expected {one}"),
        [most @ .., last] => format!("expected {} or {last}", most.join(", ")),
    }
}

fn rank<'a>(phrase: &&'a str) -> (usize, &'a str) {
    let at = |list: &[&str]| list.iter().position(|other| other == phrase);
    let rank = match (at(&FIRST), at(&LAST)) {
        (Some(first), _) => first,
        (None, Some(last)) => FIRST.len() + 1 + last,
        (None, None) => FIRST.len(),
    };
    (rank, phrase)
}
