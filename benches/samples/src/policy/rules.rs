//! Rules, their exceptions and their obligations.

use super::conditions::{Asks, Writer};
use crate::Random;

const BASES: [&str; 4] = ["consent", "contract", "legal_obligation", "vital_interests"];
const DUTIES: [&str; 4] = ["erase", "notify", "log", "review"];
const DEADLINES: [&str; 5] = ["", "", " within 30 days", " within 1 hour", " within 0 seconds"];
const REASONS: [&str; 4] = ["", " \"A text.\"", " \"B text.\"", " \"Ä text.\""];

/// The use of `is missing` that a rule of this effect allows.
pub(super) fn asked(allows: bool) -> Asks {
    if allows { Asks::Known } else { Asks::Missing }
}

pub(super) fn effect(allows: bool) -> &'static str {
    if allows { "allow" } else { "deny" }
}

impl Writer<'_> {
    /// Writes a rule of the effect. `around` is the condition that it shares with its group.
    pub(super) fn rule(
        &self,
        random: &mut Random,
        number: u32,
        allows: bool,
        around: Option<&str>,
    ) -> String {
        let has_otherwise = allows && random.chance(12);
        let mut out = format!("rule r{number} {{\n");
        if has_otherwise {
            // An `otherwise deny` denies nearly everything that its `where` lets through.
            let own = self.conjunction(random, self.shape.conjuncts, Asks::Neither);
            let narrow = around.map_or(own.clone(), |around| format!("{around} and {own}"));
            out.push_str(&format!("  where {narrow}\n"));
        } else if random.chance(12) {
            out.push_str(&format!("  where {}\n", self.condition(random, 1, asked(allows))));
        }
        let effect_line = self.effect(random, allows, around);
        let before = self.notes(random, number, allows);
        if random.chance(30) {
            out.push_str(&before);
            out.push_str(&effect_line);
        } else {
            out.push_str(&effect_line);
            out.push_str(&before);
        }
        if has_otherwise {
            out.push_str("  otherwise deny\n");
            if random.chance(50) {
                out.push_str(&self.obligation(random));
            }
        }
        out.push_str("}\n");
        out
    }

    /// `allow when … except …`.
    fn effect(&self, random: &mut Random, allows: bool, around: Option<&str>) -> String {
        let asks = asked(allows);
        // A rule that denies everything would leave the other rules untested.
        let is_free = random.chance(if allows { 4 } else { u32::from(self.shape.few_values) });
        let conjuncts = self.shape.conjuncts + u32::from(!allows) * (1 + self.shape.conjuncts / 3);
        let condition = (!is_free).then(|| self.conjunction(random, conjuncts, asks));
        let condition = match (around, condition) {
            (Some(around), Some(condition)) => Some(format!("{around} and {condition}")),
            (around, condition) => around.map(str::to_owned).or(condition),
        };
        let when = condition.map(|condition| format!(" when {condition}")).unwrap_or_default();
        let exceptions =
            if random.chance(25) { self.exceptions(random, asks.negated(), 3) } else { String::new() };
        format!("  {}{when}\n{exceptions}", effect(allows))
    }

    /// Exceptions, nested at most this deep.
    pub(super) fn exceptions(&self, random: &mut Random, asks: Asks, depth: u32) -> String {
        let mut out = String::new();
        for number in 0..random.between(1, 2) {
            let name = if random.chance(50) { format!("x{depth}_{number} ") } else { String::new() };
            let condition = self.condition(random, self.shape.depth.min(1), asks);
            out.push_str(&format!("    except {name}when {condition}"));
            if depth > 1 && random.chance(30) {
                out.push_str(&format!(" {{\n{}    }}", self.exceptions(random, asks.negated(), depth - 1)));
            }
            out.push('\n');
        }
        out
    }

    /// Cites, basis, reason and obligations.
    fn notes(&self, random: &mut Random, number: u32, allows: bool) -> String {
        let mut out = String::new();
        for _ in 0..random.between(0, 2) {
            out.push_str(&format!("  cite \"§{}\"\n", random.below(9)));
        }
        if allows && random.chance(40) {
            out.push_str(&format!("  basis {}\n", random.word(&BASES)));
        }
        if random.chance(20) {
            out.push_str(&format!("  because \"Reason {number}.\"\n"));
        }
        for _ in 0..random.below(6).saturating_sub(2) {
            out.push_str(&self.obligation(random));
        }
        out
    }

    fn obligation(&self, random: &mut Random) -> String {
        let duty = random.word(&DUTIES);
        let (deadline, text) = (random.word(&DEADLINES), random.word(&REASONS));
        let when = if random.chance(50) {
            format!(" when {}", self.condition(random, 1, Asks::Both))
        } else {
            String::new()
        };
        format!("  oblige {duty}{deadline}{when}{text}\n")
    }

    /// A cell of the columns `oblige` and `basis`.
    pub(super) fn note(&self, random: &mut Random, head: &str) -> String {
        match head {
            "oblige" => format!("{}{}", random.word(&DUTIES), random.word(&DEADLINES)),
            "basis" => random.word(&BASES).to_owned(),
            "cite" => format!("\"§{}\"", random.below(9)),
            _ => "\"Why.\"".to_owned(),
        }
    }
}
