//! A policy that grows: rule `i` allows tenant `t<i>` one purpose from an age on. Only its length changes, never what a
//! rule has to look at.

use crate::Case;
use serde_json::json;

/// The purposes, one rule after the other.
pub const PURPOSES: [&str; 3] = ["provide", "improve", "communicate"];

/// The sizes that are measured.
pub const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// One rule of the policy.
pub struct Rule {
    /// The tenant whom it speaks of; no other rule does.
    pub tenant: String,
    /// The purpose that it allows.
    pub purpose: &'static str,
    /// The age from which on.
    pub age: i64,
}

/// The rules of the policy of this size.
pub fn rules(count: usize) -> impl Iterator<Item = Rule> {
    const AGES: std::ops::Range<i64> = 0..20;
    let parts = PURPOSES.iter().copied().cycle().zip(AGES.cycle());
    parts.take(count).enumerate().map(|(number, (purpose, age))| Rule {
        tenant: format!("t{number}"),
        purpose,
        age,
    })
}

/// Requests that one rule each allows, spread over all rules in no order that an engine could learn.
pub fn allowed(count: usize) -> Vec<Case> {
    let rules: Vec<Rule> = rules(count).collect();
    spread(&rules)
        .map(|(number, rule)| case(&rule.tenant, rule.purpose, rule.age + (number * 31 % 50) as i64, true))
        .collect()
}

/// Requests that a rule almost allows. They are checked and not timed: timed are requests that get an answer from a rule.
pub fn denied(count: usize) -> Vec<Case> {
    let rules: Vec<Rule> = rules(count).collect();
    spread(&rules)
        .flat_map(|(_, rule)| {
            let other =
                PURPOSES.iter().find(|purpose| **purpose != rule.purpose).copied().unwrap_or_default();
            let stranger = format!("x{}", rule.tenant);
            [
                Some(case(&rule.tenant, other, rule.age, false)),
                Some(case(&stranger, rule.purpose, rule.age, false)),
                (rule.age > 0).then(|| case(&rule.tenant, rule.purpose, rule.age - 1, false)),
            ]
        })
        .flatten()
        .collect()
}

fn spread(rules: &[Rule]) -> impl Iterator<Item = (usize, &Rule)> {
    // A stride that shares no factor with the sizes visits every rule.
    const STRIDE: usize = 7_919;
    (0..1_000).filter_map(|number| Some((number, rules.get(number * STRIDE % rules.len())?)))
}

fn case(tenant: &str, purpose: &str, age: i64, allow: bool) -> Case {
    Case { json: json!({"tenant": tenant, "purpose": purpose, "age": age}).to_string(), allow }
}
