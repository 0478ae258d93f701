//! Checks rules, their exceptions and `where` blocks, and computes the condition under which each rule fires.
//!
//! A rule fires if its guard holds (all `where`s around and in it), its `when` holds, and no exception holds. An
//! exception holds if its `when` holds and none of its own exceptions does. `otherwise deny` becomes a rule of its own,
//! with the same guard and the negated rest.

use super::Checker;
use super::knowledge::Use;
use placet_model::condition::ConditionId;
use placet_model::policy::{Exception, Obligation, Rule};
use placet_syntax::ast::{self, Condition, Deadline, Effect, EffectPart, Item, Literal, Name, Part, Text};
use placet_syntax::{Code, Diagnostic, Span, closest};
use std::collections::HashMap;
use std::sync::Arc;

const BASES: [&str; 6] =
    ["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"];

/// The annotations of a rule, of a table or of a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Annotations {
    pub(super) cites: Vec<Arc<str>>,
    pub(super) because: Option<(Arc<str>, Span)>,
    pub(super) basis: Option<(Arc<str>, Span)>,
    pub(super) obligations: Vec<Obligation>,
}

/// The parts of a rule, or of a table before its rows, by kind.
pub(super) struct RuleParts<'a> {
    pub(super) wheres: Vec<&'a Condition>,
    pub(super) effect: Option<&'a EffectPart>,
    /// The span of `otherwise deny`.
    pub(super) denial: Option<Span>,
    pub(super) own: Annotations,
    /// The annotations after `otherwise deny`.
    pub(super) otherwise: Annotations,
}

/// The `where` blocks around a rule, from the outermost to the innermost.
#[derive(Clone, Default)]
pub(super) struct Surroundings<'a> {
    wheres: Vec<&'a Condition>,
    /// The node of each condition; `None` for an invalid one.
    guards: Vec<Option<ConditionId>>,
}

impl<'a> Checker<'a> {
    pub(super) fn check_rules(&mut self) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut names: HashMap<&'a str, Span> = HashMap::new();
        let mut surroundings = Surroundings::default();
        for file in self.files {
            self.check_items(&file.items, &mut surroundings, &mut names, &mut rules);
        }
        // Counted at the end: a table has as many rules as rows.
        if rules.len() > self.limits.rules {
            let span = rules.get(self.limits.rules).map(|rule| rule.span).unwrap_or_default();
            let limit = self.limits.rules;
            self.fault(Code::TooManyRules, span, format!("the policy has more than {limit} rules"));
        }
        rules
    }

    /// Checks declarations and the blocks among them. Recursion is bounded by the nesting limit.
    fn check_items(
        &mut self,
        items: &'a [Item],
        around: &mut Surroundings<'a>,
        names: &mut HashMap<&'a str, Span>,
        rules: &mut Vec<Rule>,
    ) {
        for item in items {
            if self.is_full() {
                return;
            }
            match item {
                Item::Where(block) => {
                    // Checked once for the block, not for each rule in it, so that its faults are reported once.
                    let guard = self.condition(&block.condition);
                    around.wheres.push(&block.condition);
                    around.guards.push(guard);
                    self.check_items(&block.items, around, names, rules);
                    around.wheres.pop();
                    around.guards.pop();
                }
                Item::Rule(rule) => {
                    self.check_rule_name(&rule.name, names);
                    rules.extend(self.rule(rule, around));
                }
                Item::Table(table) => {
                    self.check_rule_name(&table.name, names);
                    rules.extend(self.table(table, around));
                }
                _ => {}
            }
        }
    }

    fn check_rule_name(&mut self, name: &'a Name, names: &mut HashMap<&'a str, Span>) {
        self.check_snake_case("rule", None, [name]);
        if name.text == "default" {
            let message = "a rule can't be called `default`: `by default` means that no rule decided";
            self.report(Diagnostic::new(Code::ReservedName, name.span, message).help("choose another name"));
        }
        if let Some(first) = names.insert(&name.text, name.span) {
            self.repeated("rule", name, first);
        }
    }

    fn rule(&mut self, tree: &'a ast::Rule, around: &Surroundings<'a>) -> Vec<Rule> {
        let parts = self.sort_parts(&tree.parts);
        let Some(effect) = parts.effect else {
            self.without_effect("rule", &tree.name, tree.span, "add `allow when …` or `deny when …`");
            return Vec::new();
        };
        let (guard, when, exceptions) = self.head(around, &parts, effect);
        let (Some(guard), Some(when), Some(exceptions)) = (guard, when, exceptions) else {
            return Vec::new();
        };
        let documentation = self.documentation(tree.span);
        let own = self.own_condition(when, &exceptions);
        let mut out = vec![Rule {
            name: tree.name.text.as_str().into(),
            effect: effect.effect,
            guard,
            when,
            fires: self.conditions.all([guard, own]),
            exceptions,
            cites: parts.own.cites.clone(),
            because: parts.own.because.map(|(text, _)| text),
            basis: parts.own.basis.map(|(word, _)| word),
            obligations: parts.own.obligations,
            documentation: documentation.clone(),
            location: self.locations.location(tree.span),
            span: tree.span,
        }];
        if let Some(span) = parts.denial
            && effect.effect == Effect::Allow
        {
            let silent = self.conditions.not(own);
            out.push(Rule {
                name: format!("{}/otherwise", tree.name.text).into(),
                effect: Effect::Deny,
                guard,
                when: silent,
                // `silent` negates the exceptions along with `when`.
                exceptions: Vec::new(),
                fires: self.conditions.all([guard, silent]),
                // The denial rests on the same clauses.
                cites: parts.own.cites,
                because: parts.otherwise.because.map(|(text, _)| text),
                // A denial can't have a legal basis.
                basis: None,
                obligations: parts.otherwise.obligations,
                documentation,
                location: self.locations.location(span),
                span,
            });
        }
        out
    }

    /// Reports a rule or a table without an effect, unless the effect may be in text that didn't parse.
    pub(super) fn without_effect(&mut self, what: &str, name: &Name, whole: Span, help: &str) {
        if !self.is_damaged(whole) {
            let message = format!("the {what} `{}` has no effect", name.text);
            self.report(Diagnostic::new(Code::EffectCount, name.span, message).help(help));
        }
    }

    /// Checks the guard, the condition and the exceptions of a rule or a table. Each is `None` if it is invalid; the
    /// others are still checked.
    pub(super) fn head(
        &mut self,
        around: &Surroundings<'a>,
        parts: &RuleParts<'a>,
        effect: &'a EffectPart,
    ) -> (Option<ConditionId>, Option<ConditionId>, Option<Vec<Exception>>) {
        self.check_guard_knowledge(around, parts, effect);
        self.check_effect_knowledge(effect);
        self.check_exception_names(&effect.exceptions);
        self.check_basis(effect.effect, &parts.own);
        let guard = self.guard(around, &parts.wheres);
        let when = match &effect.when {
            Some(condition) => self.condition(condition),
            None => Some(self.truth()),
        };
        (guard, when, self.exceptions(&effect.exceptions))
    }

    /// Returns the condition that `when` holds and no exception does.
    pub(super) fn own_condition(&mut self, when: ConditionId, exceptions: &[Exception]) -> ConditionId {
        Rule::unless(&mut self.conditions, when, exceptions.iter().map(|exception| exception.holds))
    }

    /// Returns the conjunction of all `where`s around and in a rule.
    fn guard(&mut self, around: &Surroundings<'a>, own: &[&'a Condition]) -> Option<ConditionId> {
        let own: Vec<Option<ConditionId>> = own.iter().map(|condition| self.condition(condition)).collect();
        let all: Option<Vec<ConditionId>> = around.guards.iter().copied().chain(own).collect();
        Some(self.conditions.all(all?))
    }

    /// Checks the presence tests in the `where`s, which are part of each rule in them.
    fn check_guard_knowledge(
        &mut self,
        around: &Surroundings<'a>,
        parts: &RuleParts<'a>,
        effect: &'a EffectPart,
    ) {
        for condition in around.wheres.iter().chain(&parts.wheres) {
            let used = Use::Rule(effect.effect, false);
            self.check_knowledge(condition, used, Some((effect.effect_span, "it applies to this rule")));
            // The `where`s guard the denial of `otherwise deny` too, and a deny requires the opposite polarity.
            if let Some(otherwise) = parts.denial {
                let half = Some((otherwise, "it applies to this denial too"));
                self.check_knowledge(condition, Use::Rule(Effect::Deny, false), half);
            }
        }
    }

    fn check_effect_knowledge(&mut self, effect: &'a EffectPart) {
        if let Some(condition) = &effect.when {
            self.check_knowledge(condition, Use::Rule(effect.effect, false), None);
        }
        self.check_exception_knowledge(&effect.exceptions, effect.effect, true);
    }

    /// Checks the presence tests in exceptions. Each level of exceptions flips the polarity.
    fn check_exception_knowledge(&mut self, exceptions: &'a [ast::Exception], effect: Effect, flipped: bool) {
        for exception in exceptions {
            self.check_knowledge(&exception.when, Use::Rule(effect, flipped), None);
            self.check_exception_knowledge(&exception.exceptions, effect, !flipped);
        }
    }

    pub(super) fn exceptions(&mut self, trees: &'a [ast::Exception]) -> Option<Vec<Exception>> {
        let all: Vec<Option<Exception>> = trees
            .iter()
            .map(|tree| {
                let when = self.condition(&tree.when);
                let exceptions = self.exceptions(&tree.exceptions);
                // Both were checked before either can end this, so that both are reported.
                let (when, exceptions) = (when?, exceptions?);
                Some(Exception {
                    name: tree.name.as_ref().map(|name| name.text.as_str().into()),
                    when,
                    holds: self.own_condition(when, &exceptions),
                    exceptions,
                    location: self.locations.location(tree.span),
                    span: tree.span,
                })
            })
            .collect();
        all.into_iter().collect()
    }

    fn check_exception_names(&mut self, trees: &'a [ast::Exception]) {
        let mut first: HashMap<&str, Span> = HashMap::new();
        // In the order of the text, which the stack reverses: the later of two equal names is the fault.
        let mut todo: Vec<&ast::Exception> = trees.iter().rev().collect();
        while let Some(tree) = todo.pop() {
            if let Some(name) = &tree.name {
                self.check_snake_case("exception", None, [name]);
                if let Some(span) = first.insert(&name.text, name.span) {
                    let message = format!("two exceptions are called `{}`", name.text);
                    self.report(
                        Diagnostic::new(Code::RepeatedException, name.span, message)
                            .label(span, "the other one"),
                    );
                }
            }
            todo.extend(tree.exceptions.iter().rev());
        }
    }

    /// Groups parts by kind. Reports repeated and misplaced ones.
    pub(super) fn sort_parts(&mut self, parts: &'a [Part]) -> RuleParts<'a> {
        let mut out = RuleParts {
            wheres: Vec::new(),
            effect: None,
            denial: None,
            own: Annotations::default(),
            otherwise: Annotations::default(),
        };
        for part in parts {
            let after = out.denial.is_some();
            match part {
                Part::Where(condition, _) => out.wheres.push(condition),
                Part::Effect(effect) => {
                    if let Some(first) = out.effect {
                        self.report(
                            Diagnostic::new(
                                Code::EffectCount,
                                effect.effect_span,
                                "a rule can have only one effect",
                            )
                            .because("the second effect")
                            .label(first.effect_span, "the first effect")
                            .help("write a separate rule for each effect"),
                        );
                    } else {
                        out.effect = Some(effect);
                    }
                }
                Part::Otherwise(span) => {
                    if let Some(first) = out.denial {
                        self.repeated_part("otherwise deny", *span, first);
                    }
                    let fault = Diagnostic::new(
                        Code::MisplacedOtherwise,
                        *span,
                        "`otherwise deny` can follow only an allow",
                    );
                    match out.effect {
                        Some(effect) if effect.effect == Effect::Allow => {}
                        Some(effect) => {
                            self.report(fault.label(effect.effect_span, "this rule already denies"));
                        }
                        None => self.report(fault.help("put it after the `allow` that it completes")),
                    }
                    out.denial = Some(*span);
                }
                Part::Cite(text, _) => out.own.cites.push(text.text.as_str().into()),
                Part::Because(text, span) => {
                    let to = if after { &mut out.otherwise } else { &mut out.own };
                    if let Some((_, first)) = to.because.replace((text.text.as_str().into(), *span)) {
                        self.repeated_part("because", *span, first);
                    }
                }
                Part::Basis(word, span) => {
                    let known = self.basis(word);
                    if let Some((_, first)) = known.and_then(|word| out.own.basis.replace((word, *span))) {
                        self.repeated_part("basis", *span, first);
                    }
                }
                Part::Oblige(tree, _) => {
                    let obligation = self.obligation(tree);
                    let to = if after { &mut out.otherwise } else { &mut out.own };
                    to.obligations.extend(obligation);
                }
            }
        }
        out
    }

    pub(super) fn repeated_part(&mut self, what: &str, again: Span, first: Span) {
        self.report(
            Diagnostic::new(Code::RepeatedPart, again, format!("`{what}` appears twice"))
                .because("again here")
                .label(first, "first here"),
        );
    }

    /// Returns the legal basis, or reports an unknown one.
    pub(super) fn basis(&mut self, word: &Name) -> Option<Arc<str>> {
        if BASES.contains(&word.text.as_str()) {
            return Some(word.text.as_str().into());
        }
        self.report(
            Diagnostic::new(Code::MisplacedBasis, word.span, format!("unknown legal basis `{}`", word.text))
                .did_you_mean(closest(&word.text, BASES))
                .note(format!("the legal bases are {}", BASES.join(", "))),
        );
        None
    }

    pub(super) fn check_basis(&mut self, effect: Effect, annotations: &Annotations) {
        if effect == Effect::Deny
            && let Some((_, span)) = &annotations.basis
        {
            self.fault(Code::MisplacedBasis, *span, "a denial can't have a legal basis");
        }
    }

    pub(super) fn obligation(&mut self, tree: &'a ast::Obligation) -> Option<Obligation> {
        self.check_snake_case("obligation", None, [&tree.name]);
        let when = match &tree.when {
            Some(condition) => self.condition(condition)?,
            None => self.truth(),
        };
        let within = match &tree.within {
            Some(deadline) => Some(self.deadline(deadline)?),
            None => None,
        };
        Some(Obligation {
            name: tree.name.text.as_str().into(),
            within,
            when,
            text: tree.text.as_ref().map(|text: &Text| text.text.as_str().into()),
        })
    }

    /// Returns a deadline in microseconds: a duration, or a let that names one.
    fn deadline(&mut self, deadline: &Deadline) -> Option<i64> {
        let (micros, span) = match deadline {
            Deadline::Duration(micros, span) => (*micros, *span),
            Deadline::Name(name) => match self.constants.get(name.text.as_str()) {
                Some(Literal::Duration(micros)) => (*micros, name.span),
                Some(_) => {
                    let message = format!("`{}` isn't a duration", name.text);
                    self.fault(Code::WrongType, name.span, message);
                    return None;
                }
                None => {
                    let durations =
                        self.constants.iter().filter(|(_, value)| matches!(value, Literal::Duration(_)));
                    let mut names: Vec<&str> = durations.map(|(name, _)| *name).collect();
                    names.sort_unstable();
                    let near = closest(&name.text, names).map(str::to_owned);
                    let message = format!("expected a duration, found `{}`", name.text);
                    self.report(
                        Diagnostic::new(Code::UnknownName, name.span, message).did_you_mean(near.as_deref()),
                    );
                    return None;
                }
            },
        };
        if micros < 0 {
            self.fault(Code::OutsideDomain, span, "a deadline can't be negative");
            return None;
        }
        Some(micros)
    }
}
