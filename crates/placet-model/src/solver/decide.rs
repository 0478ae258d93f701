//! Decides a request, field by field as the language defines the decision.

use super::formula::{BEYOND, Exhausted, FALSE, Formula, TRUE};
use super::ground::{Ground, Purpose};
use super::truth::{truths, truths_below};
use crate::condition::ConditionId;
use crate::decision::{Decision, DueObligation, Effect, Uncertain};
use crate::policy::{Model, Rule, RuleEffect};
use crate::request::Assignment;
use placet_core::dag::Truths;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Decides a request.
///
/// Cost: one evaluation of each condition if no unknown attribute matters. Otherwise a search, which ends at
/// [`Limits::search_steps`](placet_core::Limits::search_steps): the decision is then indeterminate, or its lists are
/// supersets, and it is marked `approximate`.
pub fn decide(model: &Model, facts: &Assignment) -> Decision {
    Solver::new(model, facts, truths(model, facts), model.rules.iter().collect()).decision()
}

/// Decides a request by some rules, given by index in ascending order. The result is the decision of the whole policy
/// if no other rule can fire, which the caller ensures. Indices beyond the last rule are ignored.
///
/// Cost: like [`decide`], for a policy of these rules. Conditions of other rules are not evaluated.
pub fn decide_among(model: &Model, facts: &Assignment, rules: &[usize]) -> Decision {
    Solver::among(model, facts, rules).decision()
}

/// Returns the effect of [`decide_among`] without its reasons, which take most of the search.
pub fn effect_among(model: &Model, facts: &Assignment, rules: &[usize]) -> Effect {
    Solver::among(model, facts, rules).effect().0
}

/// Returns the unknown attributes that decide which obligations of these rules are due, and with which texts: an
/// attribute counts if an obligation is due in one completion and not in another that differs only in it. The rules are
/// given by index in ascending order; the names are in byte order.
///
/// Cost: like [`decide_among`]. If a search ends at its limit, the result is a superset.
pub fn obligations_depend_on(model: &Model, facts: &Assignment, rules: &[usize]) -> Vec<Arc<str>> {
    Solver::among(model, facts, rules).obligations_depend_on().into_iter().collect()
}

/// Returns the unknown attributes that decide which of these rules fire, in addition to those of
/// [`obligations_depend_on`].
///
/// Cost: like [`decide_among`]. If a search ends at its limit, the result is a superset.
pub fn reasons_depend_on(model: &Model, facts: &Assignment, rules: &[usize]) -> Vec<Arc<str>> {
    let mut solver = Solver::among(model, facts, rules);
    let mut out = solver.obligations_depend_on();
    for (_, fires) in solver.rules.clone() {
        out.extend(solver.missing(fires));
    }
    out.into_iter().collect()
}

/// Returns the rules that fire for a complete request, whatever their effect.
pub fn firing<'m>(model: &'m Model, facts: &Assignment) -> Vec<&'m Rule> {
    let truths = truths(model, facts);
    model.rules.iter().filter(|rule| truths.get(rule.fires) == Some(true)).collect()
}

/// The formulas of some rules under a request, and the search that decides them.
struct Solver<'a> {
    truths: Truths,
    ground: Ground<'a>,
    /// The rules, each with the formula under which it fires.
    rules: Vec<(&'a Rule, Formula)>,
    approximate: bool,
}

/// The names of rules, the clauses that they cite and their legal bases.
struct Reasons {
    rules: BTreeSet<Arc<str>>,
    cites: BTreeSet<Arc<str>>,
    basis: BTreeSet<Arc<str>>,
}

fn reasons(rules: &[&Rule]) -> Reasons {
    Reasons {
        rules: rules.iter().map(|rule| rule.name.clone()).collect(),
        cites: rules.iter().flat_map(|rule| rule.cites.iter().cloned()).collect(),
        basis: rules.iter().filter_map(|rule| rule.basis.clone()).collect(),
    }
}

/// The result of a search for a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Possibility {
    No,
    /// The search ended at its limit, or treated conditions on the same attributes as independent.
    Perhaps,
    Yes,
}

/// The identity of an obligation: the name, true if it has no deadline, and the deadline. No deadline sorts last.
type ObligationKey = (Arc<str>, bool, Option<i64>);

/// The conditions (a disjunction) under which an obligation is due, and those under which each of its texts is.
#[derive(Default)]
struct Due {
    when: Vec<Formula>,
    texts: BTreeMap<Arc<str>, Vec<Formula>>,
}

impl<'a> Solver<'a> {
    fn new(model: &'a Model, facts: &'a Assignment, truths: Truths, rules: Vec<&'a Rule>) -> Self {
        let roots: Vec<ConditionId> = rules.iter().flat_map(|rule| rule.conditions()).collect();
        let ground = Ground::new(model, facts, &truths, &roots, Purpose::Decision, model.limits.search_steps);
        let rules = rules.into_iter().map(|rule| (rule, ground.formula(&truths, rule.fires))).collect();
        Self { truths, rules, approximate: false, ground }
    }

    /// A solver for some rules, given by index: conditions of other rules are ignored.
    fn among(model: &'a Model, facts: &'a Assignment, rules: &[usize]) -> Self {
        let rules: Vec<&Rule> = rules.iter().filter_map(|index| model.rules.get(*index)).collect();
        let truths = truths_below(model, facts, rules.iter().flat_map(|rule| rule.conditions()));
        Self::new(model, facts, truths, rules)
    }

    fn decision(mut self) -> Decision {
        let decision = self.decide();
        Decision { approximate: self.approximate, ..decision }
    }

    /// Searches for a completion that satisfies the formula.
    fn is_possible(&mut self, formula: Formula) -> Possibility {
        if formula == FALSE {
            return Possibility::No;
        } else if formula == TRUE {
            return Possibility::Yes;
        }
        match self.ground.is_possible(formula) {
            Ok(false) => Possibility::No,
            Ok(true) if !self.ground.is_relaxed(formula) => Possibility::Yes,
            Ok(true) | Err(Exhausted) => Possibility::Perhaps,
        }
    }

    /// Returns true if some completion may satisfy the formula. An unfinished search counts as yes and makes the
    /// decision approximate.
    fn may_be(&mut self, formula: Formula) -> bool {
        let found = self.is_possible(formula);
        self.approximate |= found == Possibility::Perhaps;
        found != Possibility::No
    }

    fn must_be(&mut self, formula: Formula) -> bool {
        let contrary = self.ground.formulas.not(formula);
        !self.may_be(contrary)
    }

    /// Returns the formula that some rule of the effect fires.
    fn some_rule(&mut self, effect: RuleEffect) -> Formula {
        let all: Vec<Formula> =
            self.rules.iter().filter(|(rule, _)| rule.effect == effect).map(|(_, fires)| *fires).collect();
        self.ground.formulas.any(all)
    }

    /// Returns the effect, and the formula that a request is allowed.
    fn effect(&mut self) -> (Effect, Formula) {
        let denies = self.some_rule(RuleEffect::Deny);
        let allows = self.some_rule(RuleEffect::Allow);
        let no_deny = self.ground.formulas.not(denies);
        let allowed = self.ground.formulas.all([allows, no_deny]);
        let effect = match (self.can_be_allowed(no_deny), self.can_be_denied(denies, allowed)) {
            (Possibility::No, _) => Effect::Deny,
            (_, Possibility::No) => Effect::Allow,
            (Possibility::Yes, Possibility::Yes) => Effect::Indeterminate,
            _ => {
                self.approximate = true;
                Effect::Indeterminate
            }
        };
        (effect, allowed)
    }

    fn decide(&mut self) -> Decision {
        let (effect, allowed) = self.effect();
        let mut decision = Decision::new(effect);
        match effect {
            Effect::Allow => self.add_reasons(RuleEffect::Allow, &mut decision),
            Effect::Deny => self.add_reasons(RuleEffect::Deny, &mut decision),
            Effect::Indeterminate => {
                decision.undecided = self.undecided();
                decision.missing = self.missing(allowed);
            }
        }
        decision
    }

    /// Searches for a completion that is allowed. It tries rule by rule, since each rule narrows the search.
    fn can_be_allowed(&mut self, no_deny: Formula) -> Possibility {
        let fires: Vec<Formula> = self
            .rules
            .iter()
            .filter(|(rule, _)| rule.effect == RuleEffect::Allow)
            .map(|(_, fires)| *fires)
            .collect();
        let mut found = Possibility::No;
        for fires in fires {
            let lets_through = self.ground.formulas.all([fires, no_deny]);
            found = found.max(self.is_possible(lets_through));
            if found == Possibility::Yes {
                break;
            }
        }
        found
    }

    /// Searches for a completion that is denied, by a rule or by default.
    fn can_be_denied(&mut self, denies: Formula, allowed: Formula) -> Possibility {
        // The denials alone first: their formula is smaller than that of all rules.
        match self.is_possible(denies) {
            Possibility::Yes => Possibility::Yes,
            found => {
                let denied = self.ground.formulas.not(allowed);
                found.max(self.is_possible(denied))
            }
        }
    }

    /// Adds the determining rules to the decision, with their cited clauses, legal bases and obligations.
    fn add_reasons(&mut self, effect: RuleEffect, decision: &mut Decision) {
        let of_effect: Vec<(&'a Rule, Formula)> =
            self.rules.iter().filter(|(rule, _)| rule.effect == effect).copied().collect();
        let firing: Vec<(&'a Rule, Formula)> =
            of_effect.into_iter().filter(|(_, fires)| self.may_be(*fires)).collect();
        let all: Vec<&Rule> = firing.iter().map(|(rule, _)| *rule).collect();
        let certain: Vec<&Rule> =
            firing.iter().filter(|(_, fires)| self.must_be(*fires)).map(|(rule, _)| *rule).collect();
        let (all, certain) = (reasons(&all), reasons(&certain));
        let rest = |all: &BTreeSet<Arc<str>>, certain: &BTreeSet<Arc<str>>| {
            all.difference(certain).cloned().collect::<Vec<_>>()
        };
        decision.uncertain = Uncertain {
            rules: rest(&all.rules, &certain.rules),
            cites: rest(&all.cites, &certain.cites),
            basis: rest(&all.basis, &certain.basis),
        };
        decision.rules = all.rules.into_iter().collect();
        decision.cites = all.cites.into_iter().collect();
        decision.basis = all.basis.into_iter().collect();
        decision.obligations = self.obligations(&firing);
    }

    /// Collects the obligations of some rules.
    fn dues(&mut self, firing: &[(&'a Rule, Formula)]) -> BTreeMap<ObligationKey, Due> {
        let mut all: BTreeMap<ObligationKey, Due> = BTreeMap::new();
        for (rule, fires) in firing {
            for obligation in &rule.obligations {
                let when = self.ground.formula(&self.truths, obligation.when);
                let when = self.ground.formulas.all([*fires, when]);
                let key = (obligation.name.clone(), obligation.within.is_none(), obligation.within);
                let due = all.entry(key).or_default();
                due.when.push(when);
                if let Some(text) = &obligation.text {
                    due.texts.entry(text.clone()).or_default().push(when);
                }
            }
        }
        all
    }

    fn obligations_depend_on(&mut self) -> BTreeSet<Arc<str>> {
        let mut out = BTreeSet::new();
        for due in self.dues(&self.rules.clone()).into_values() {
            let when = self.ground.formulas.any(due.when);
            out.extend(self.missing(when));
            // A decision shows the first text that is due. So an attribute matters if it changes whether one of the
            // first `n` texts is due, for some `n`.
            let mut so_far = FALSE;
            for when in due.texts.into_values() {
                so_far = self.ground.formulas.any(when.into_iter().chain([so_far]));
                out.extend(self.missing(so_far));
            }
        }
        out
    }

    fn obligations(&mut self, firing: &[(&'a Rule, Formula)]) -> Vec<DueObligation> {
        let mut out = Vec::new();
        for ((name, _, within), due) in self.dues(firing) {
            let when = self.ground.formulas.any(due.when);
            if !self.may_be(when) {
                continue;
            }
            let certain = self.must_be(when);
            let mut may_be_told = |when: Vec<Formula>| {
                let when = self.ground.formulas.any(when);
                self.may_be(when)
            };
            let told = due.texts.into_iter().find_map(|(text, when)| may_be_told(when).then_some(text));
            let within_seconds = within.map(|micros| micros / 1_000_000);
            out.push(DueObligation { name, within_seconds, text: told, certain });
        }
        out
    }

    /// Returns the rules that fire in some completions but not in all.
    fn undecided(&mut self) -> Vec<Arc<str>> {
        let mut out = BTreeSet::new();
        for (rule, fires) in self.rules.clone() {
            if self.may_be(fires) && !self.must_be(fires) {
                out.insert(rule.name.clone());
            }
        }
        out.into_iter().collect()
    }

    /// Returns the attributes that the effect depends on: two completions differ only there, and one is allowed and the
    /// other denied.
    fn missing(&mut self, allowed: Formula) -> Vec<Arc<str>> {
        let attributes = if allowed == BEYOND {
            self.ground.open_attributes_of_all()
        } else {
            self.ground.attributes_of(allowed)
        };
        let mut out = BTreeSet::new();
        for attribute in attributes {
            let matters = match self.ground.depends_on(allowed, attribute) {
                Ok(false) => Possibility::No,
                Ok(true) if !self.ground.is_relaxed(allowed) => Possibility::Yes,
                Ok(true) | Err(Exhausted) => Possibility::Perhaps,
            };
            self.approximate |= matters == Possibility::Perhaps;
            if matters != Possibility::No {
                out.insert(Arc::from(self.ground.model.attribute_name(attribute)));
            }
        }
        out.into_iter().collect()
    }
}
