//! Edits of a policy in one place: a rule or an exception dropped, a part of a condition dropped, a cut moved by one, an
//! effect swapped.

use placet_model::Ranges;
use placet_model::condition::{Atom, Condition, ConditionId, Conditions};
use placet_model::policy::{Exception, Model, Rule, RuleEffect, SourceLocation};
use std::collections::HashMap;

/// An edited policy, by the rules that change.
pub(super) struct Edit {
    /// The edit in words, as the end of a sentence that begins with the rule.
    pub(super) words: String,
    /// The place of the edit.
    pub(super) location: SourceLocation,
    /// The rules that change: their index, new condition and new effect.
    pub(super) rules: Vec<(usize, ConditionId, RuleEffect)>,
}

/// Returns all edits of a policy. Their conditions are added to its own.
pub(super) fn edits(model: &mut Model) -> Vec<Edit> {
    let rules = model.rules.clone();
    let mut conditions = std::mem::take(&mut model.conditions);
    let words = Model {
        conditions: conditions.clone(),
        rules: Vec::new(),
        tests: Vec::new(),
        examples: Vec::new(),
        proofs: Vec::new(),
        ..model.clone()
    };
    let mut out = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        // The denial of an `otherwise` has no text of its own: it follows the edits of its allow.
        if is_otherwise(rule) {
            continue;
        }
        let otherwise = rules
            .get(at + 1)
            .filter(|next| is_otherwise(next) && next.name.strip_suffix("/otherwise") == Some(&*rule.name));
        let mut editor =
            Editor { words: &words, conditions: &mut conditions, at, rule, otherwise, out: &mut out };
        editor.edit();
    }
    model.conditions = conditions;
    out
}

fn is_otherwise(rule: &Rule) -> bool {
    rule.name.ends_with("/otherwise")
}

struct Editor<'e> {
    words: &'e Model,
    conditions: &'e mut Conditions,
    at: usize,
    rule: &'e Rule,
    otherwise: Option<&'e Rule>,
    out: &'e mut Vec<Edit>,
}

/// A change of one condition in a rule.
#[derive(Clone, Copy)]
enum Change<'e> {
    /// The exception is left out.
    Without(&'e Exception),
    /// The `when` of the rule becomes another condition.
    When(ConditionId),
    /// The `when` of the exception becomes another condition.
    Of(&'e Exception, ConditionId),
}

impl<'e> Editor<'e> {
    fn edit(&mut self) {
        let rule = self.rule;
        let never = self.conditions.constant(false);
        let mut dropped = vec![(self.at, never, rule.effect)];
        // Without the rule, there is no denial of its `otherwise` either.
        dropped.extend(self.otherwise.map(|otherwise| (self.at + 1, never, otherwise.effect)));
        self.push("dropped".to_owned(), &rule.location, dropped);
        if self.otherwise.is_none() {
            let (swapped, words) = match rule.effect {
                RuleEffect::Allow => (RuleEffect::Deny, "made a denial"),
                RuleEffect::Deny => (RuleEffect::Allow, "made an allow"),
            };
            self.push(words.to_owned(), &rule.location, vec![(self.at, rule.fires, swapped)]);
        }
        for (when, words) in self.variants(rule.when) {
            self.change(Change::When(when), words, &rule.location);
        }
        let mut todo: Vec<&'e Exception> = rule.exceptions.iter().collect();
        while let Some(exception) = todo.pop() {
            let name = exception
                .name
                .as_deref()
                .map_or("an exception".to_owned(), |name| format!("exception `{name}`"));
            self.change(Change::Without(exception), format!("without {name}"), &exception.location);
            for (when, words) in self.variants(exception.when) {
                self.change(Change::Of(exception, when), format!("with {name} {words}"), &exception.location);
            }
            todo.extend(&exception.exceptions);
        }
    }

    fn push(
        &mut self,
        words: String,
        location: &SourceLocation,
        rules: Vec<(usize, ConditionId, RuleEffect)>,
    ) {
        self.out.push(Edit {
            words: format!("`{}` {words}", self.rule.name),
            location: location.clone(),
            rules,
        });
    }

    fn change(&mut self, change: Change<'e>, words: String, location: &SourceLocation) {
        let when = match change {
            Change::When(when) => when,
            _ => self.rule.when,
        };
        let holds: Vec<ConditionId> =
            self.rule.exceptions.iter().filter_map(|exception| self.holds(exception, change)).collect();
        let own = Rule::unless(self.conditions, when, holds);
        let fires = self.conditions.all([self.rule.guard, own]);
        if fires == self.rule.fires {
            return;
        }
        let mut rules = vec![(self.at, fires, self.rule.effect)];
        if let Some(otherwise) = self.otherwise {
            let silent = self.conditions.not(own);
            let fires = self.conditions.all([otherwise.guard, silent]);
            rules.push((self.at + 1, fires, otherwise.effect));
        }
        self.push(words, location, rules);
    }

    /// Returns the condition under which an exception holds after a change; `None` if it is left out.
    fn holds(&mut self, exception: &Exception, change: Change<'_>) -> Option<ConditionId> {
        let when = match change {
            Change::Without(left_out) if std::ptr::eq(left_out, exception) => return None,
            Change::Of(changed, when) if std::ptr::eq(changed, exception) => when,
            _ => exception.when,
        };
        let inner: Vec<ConditionId> =
            exception.exceptions.iter().filter_map(|inner| self.holds(inner, change)).collect();
        Some(Rule::unless(self.conditions, when, inner))
    }

    /// Returns a condition with one part dropped or one cut moved by one, each with words.
    fn variants(&mut self, condition: ConditionId) -> Vec<(ConditionId, String)> {
        let mut out = Vec::new();
        for id in self.conditions.below([condition]) {
            match self.conditions.get(id).clone() {
                Condition::All(parts) | Condition::Any(parts) => {
                    let is_all = matches!(self.conditions.get(id), Condition::All(_));
                    // The parts that exclude `none` for a comparison are no text of their own.
                    let written = if is_all { self.words.unguarded(&parts) } else { parts.to_vec() };
                    if written.len() < 2 {
                        continue;
                    }
                    for part in &written {
                        let others = parts.iter().copied().filter(|other| other != part);
                        let without =
                            if is_all { self.conditions.all(others) } else { self.conditions.any(others) };
                        let words = format!("without `{}`", self.words.words(*part));
                        out.push((self.replaced(condition, id, without), words));
                    }
                }
                Condition::Leaf(Atom::Within(sum, ranges)) => {
                    for moved in moved(&ranges) {
                        let leaf = self.conditions.leaf(Atom::Within(sum.clone(), moved.1));
                        let words = format!("with `{}` {} by one", self.words.words(id), moved.0);
                        out.push((self.replaced(condition, id, leaf), words));
                    }
                }
                _ => {}
            }
        }
        // A condition of one part is dropped as a whole.
        let is_one = match self.conditions.get(condition) {
            Condition::All(parts) => self.words.unguarded(parts).len() < 2,
            Condition::Constant(_) => false,
            _ => true,
        };
        if is_one {
            let always = self.conditions.constant(true);
            out.push((always, format!("without `{}`", self.words.words(condition))));
        }
        out.retain(|(variant, _)| *variant != condition);
        out
    }

    /// Returns a condition with one part replaced by another.
    fn replaced(&mut self, condition: ConditionId, from: ConditionId, to: ConditionId) -> ConditionId {
        let mut new: HashMap<ConditionId, ConditionId> = HashMap::from([(from, to)]);
        for id in self.conditions.below([condition]) {
            if new.contains_key(&id) {
                continue;
            }
            let node = self.conditions.get(id);
            if node.parts().iter().any(|part| new.get(part).is_some_and(|to| to != part)) {
                let node = node.with_parts(|part| Some(new.get(&part).copied().unwrap_or(part)));
                if let Some(node) = node {
                    let replaced = self.conditions.add(node);
                    new.insert(id, replaced);
                }
            }
        }
        new.get(&condition).copied().unwrap_or(condition)
    }
}

/// Returns the ranges with one bound moved by one.
fn moved(ranges: &Ranges) -> Vec<(&'static str, Ranges)> {
    /// Bounds beyond all ordinals are no cuts.
    const MOST: i128 = i64::MAX as i128;
    let all: Vec<(i128, i128)> = ranges.iter().collect();
    let mut out = Vec::new();
    for (at, (low, high)) in all.iter().enumerate() {
        let with = |low: i128, high: i128| {
            let others =
                all.iter().enumerate().map(|(other, range)| if other == at { (low, high) } else { *range });
            Ranges::union(others.filter(|(low, high)| low <= high))
        };
        if (-MOST..=MOST).contains(low) {
            out.push(("begun earlier", with(low - 1, *high)));
            out.push(("begun later", with(low + 1, *high)));
        }
        if (-MOST..=MOST).contains(high) {
            out.push(("ended earlier", with(*low, high - 1)));
            out.push(("ended later", with(*low, high + 1)));
        }
    }
    out
}
