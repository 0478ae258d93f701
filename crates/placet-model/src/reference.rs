//! The reference evaluator: decides by the language's definition, over all completions of a request, one by one.
//!
//! It is the oracle that every evaluator and the [`solver`](crate::solver) are compared with. It shares with them only
//! values, the structure of conditions, the calendar and patterns, and it is slow and obvious: `representatives` lists
//! for each unknown attribute a value of each class that the policy can tell apart, [`Completions`] evaluates every
//! condition for every combination of these, and each field of the decision is counted off them.

mod representatives;

use crate::condition::{Atom, Collection, Condition, ConditionId};
use crate::decision::{Decision, DueObligation, Effect, Uncertain};
use crate::linear::{Linear, Term};
use crate::policy::{Model, Rule, RuleEffect};
use crate::request::{Assignment, Known};
use crate::types::AttributeId;
use crate::value::Value;
use placet_core::calendar::years_between;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The completions, each counted as often as there are conditions, beyond which a request is not enumerated.
const MAX_TRUTHS: usize = 1 << 20;

/// Decides a request; `None` where it has too many completions, or values that can't be listed.
pub fn decide(model: &Model, facts: &Assignment) -> Option<Decision> {
    Completions::new(model, facts).map(|completions| completions.decision())
}

/// All completions of a request, as far as the policy can tell them apart.
#[derive(Debug)]
pub struct Completions<'m> {
    model: &'m Model,
    /// The candidates of each attribute: one for a known attribute.
    candidates: Vec<Vec<Candidate>>,
    /// The candidates of a completion are the digits of its index. For each attribute: by how much one step changes it.
    steps: Vec<usize>,
    count: usize,
    /// For each condition its truth in each completion.
    truths: Vec<Vec<bool>>,
}

/// One of the values that an attribute can have.
#[derive(Debug, Clone)]
struct Candidate {
    value: Value,
    /// The members of a set; the value itself of a symbol or a text.
    members: BTreeSet<Member>,
    /// The request, after defaults, does not give the attribute.
    is_missing: bool,
}

/// A symbol or a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Symbol(u32),
    Text(Arc<str>),
}

/// The obligations that are due, with their texts: by name, then deadline, none last.
type Due = BTreeMap<(Arc<str>, bool, Option<i64>), Option<Arc<str>>>;

impl<'m> Completions<'m> {
    /// Enumerates the completions of a request; `None` where there are too many, or values that can't be listed.
    pub fn new(model: &'m Model, facts: &Assignment) -> Option<Self> {
        let atoms = atoms(model);
        let mut out = Self { model, candidates: Vec::new(), steps: Vec::new(), count: 1, truths: Vec::new() };
        for (id, _) in model.attribute_ids() {
            let (values, is_missing) = match facts.get(id) {
                Known::Known(value) => (vec![value.clone()], vec![false]),
                unknown => {
                    // Of a pending attribute it is not known whether it will be missing.
                    let both = *unknown == Known::Pending && atoms.contains(&&Atom::Missing(id));
                    let is_missing = if both { vec![false, true] } else { vec![*unknown == Known::Missing] };
                    (representatives::values(model, facts, &atoms, id)?, is_missing)
                }
            };
            let candidates = is_missing.iter().flat_map(|is_missing| {
                let with = |value: &Value| (value.clone(), members(value));
                let all = values.iter().map(with).collect::<Vec<_>>().into_iter();
                all.map(|(value, members)| Candidate { value, members, is_missing: *is_missing })
            });
            out.candidates.push(candidates.collect());
            out.steps.push(out.count);
            out.count = out.count.checked_mul(values.len() * is_missing.len())?;
        }
        let nodes = model.conditions.nodes();
        if out.count == 0 || out.count > 1 && out.count.checked_mul(nodes.len())? > MAX_TRUTHS {
            return None;
        }
        for node in nodes {
            let (attributes, named) = match node {
                Condition::Leaf(atom) => (atom.attributes(), named(atom)),
                _ => (Vec::new(), BTreeSet::new()),
            };
            let is_true = |completion| out.is_true(node, &attributes, &named, completion) == Some(true);
            let truths = (0..out.count).map(is_true).collect();
            out.truths.push(truths);
        }
        Some(out)
    }

    fn candidate(&self, id: AttributeId, completion: usize) -> Option<&Candidate> {
        let all = self.candidates.get(id.index())?;
        all.get(completion / self.steps.get(id.index())? % all.len())
    }

    /// Returns the truth of a condition, whose parts stand before it, with the attributes and members that it names; `None`
    /// for one of another policy.
    fn is_true(
        &self,
        node: &Condition,
        attributes: &[AttributeId],
        named: &BTreeSet<Member>,
        completion: usize,
    ) -> Option<bool> {
        let holds = |part: &ConditionId| self.holds(*part, completion);
        let atom = match node {
            Condition::Constant(value) => return Some(*value),
            Condition::Not(inner) => return Some(!holds(inner)),
            Condition::All(parts) => return Some(parts.iter().all(holds)),
            Condition::Any(parts) => return Some(parts.iter().any(holds)),
            Condition::Leaf(atom) => atom,
        };
        let candidate = |id: &AttributeId| self.candidate(*id, completion);
        let one = attributes.first().and_then(candidate);
        let other = attributes.get(1).and_then(candidate).map_or(named, |candidate| &candidate.members);
        Some(match atom {
            Atom::Missing(id) => candidate(id)?.is_missing,
            Atom::Within(sum, ranges) => {
                let total = total(sum, &|id| candidate(&id)?.value.ordinal());
                ranges.iter().any(|(low, high)| (low..=high).contains(&total))
            }
            Atom::TextLike(_, pattern) => matches!(&one?.value, Value::String(text) if pattern.matches(text)),
            Atom::AnyIn(..) | Atom::Meet(..) => !one?.members.is_disjoint(other),
            Atom::Exactly(..) | Atom::Same(..) | Atom::SameSet(..) => one?.members == *other,
            Atom::OneOf(..) | Atom::TextIn(..) | Atom::AllIn(..) | Atom::MemberOf(..) | Atom::Subset(..) => {
                one?.members.is_subset(other)
            }
        })
    }

    /// Returns the number of completions.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns true if a condition holds in a completion, given by index.
    pub fn holds(&self, condition: ConditionId, completion: usize) -> bool {
        self.truths.get(condition.index()).and_then(|truths| truths.get(completion)) == Some(&true)
    }

    /// Returns the rules that fire in a completion, whatever their effect.
    pub fn firing(&self, completion: usize) -> Vec<&'m Rule> {
        self.model.rules.iter().filter(|rule| self.holds(rule.fires, completion)).collect()
    }

    fn is_allowed(&self, completion: usize) -> bool {
        let fires = |effect| {
            let mut rules = self.model.rules.iter().filter(|rule| rule.effect == effect);
            rules.any(|rule| self.holds(rule.fires, completion))
        };
        fires(RuleEffect::Allow) && !fires(RuleEffect::Deny)
    }

    /// Returns the decision.
    pub fn decision(&self) -> Decision {
        let allowed = (0..self.count).filter(|completion| self.is_allowed(*completion)).count();
        let effect = match allowed {
            0 => Effect::Deny,
            all if all == self.count => Effect::Allow,
            _ => Effect::Indeterminate,
        };
        let mut decision = Decision::new(effect);
        let some = |rule: &Rule| (0..self.count).any(|completion| self.holds(rule.fires, completion));
        let all = |rule: &Rule| (0..self.count).all(|completion| self.holds(rule.fires, completion));
        if effect == Effect::Indeterminate {
            let undecided = self.model.rules.iter().filter(|rule| some(rule) && !all(rule));
            decision.undecided = sorted(undecided.map(|rule| &rule.name));
            decision.missing = self.depends_on(|completion| self.is_allowed(completion));
            return decision;
        }
        let wanted = if effect == Effect::Allow { RuleEffect::Allow } else { RuleEffect::Deny };
        let rules = self.model.rules.iter().filter(|rule| rule.effect == wanted && some(rule));
        let (rules, certain): (Vec<&Rule>, Vec<&Rule>) =
            (rules.clone().collect(), rules.filter(|rule| all(rule)).collect());
        let names = |rules: &[&Rule]| sorted(rules.iter().map(|rule| &rule.name));
        let cites = |rules: &[&Rule]| sorted(rules.iter().flat_map(|rule| &rule.cites));
        let basis = |rules: &[&Rule]| sorted(rules.iter().filter_map(|rule| rule.basis.as_ref()));
        let rest = |list: fn(&[&Rule]) -> Vec<Arc<str>>| {
            let certain = list(&certain);
            list(&rules).into_iter().filter(|name| !certain.contains(name)).collect()
        };
        decision.uncertain = Uncertain { rules: rest(names), cites: rest(cites), basis: rest(basis) };
        (decision.rules, decision.cites, decision.basis) = (names(&rules), cites(&rules), basis(&rules));
        let (mut first, mut counts) = (Due::new(), BTreeMap::new());
        for (key, text) in (0..self.count).flat_map(|completion| self.due(completion, &rules)) {
            *counts.entry(key.clone()).or_insert(0) += 1;
            keep_first(first.entry(key).or_default(), text);
        }
        for (key, text) in first {
            let certain = counts.get(&key) == Some(&self.count);
            let within_seconds = key.2.map(|micros| micros / 1_000_000);
            decision.obligations.push(DueObligation { name: key.0, within_seconds, text, certain });
        }
        decision
    }

    /// Returns the obligations of the rules that are due in a completion.
    fn due(&self, completion: usize, rules: &[&Rule]) -> Due {
        let mut out = Due::new();
        for rule in rules.iter().filter(|rule| self.holds(rule.fires, completion)) {
            for due in rule.obligations.iter().filter(|due| self.holds(due.when, completion)) {
                let text = out.entry((due.name.clone(), due.within.is_none(), due.within)).or_default();
                keep_first(text, due.text.clone());
            }
        }
        out
    }

    /// Returns the attributes that decide which obligations of these rules, given by index, are due, and with which
    /// texts; in byte order.
    pub fn obligations_depend_on(&self, rules: &[usize]) -> Vec<Arc<str>> {
        let rules: Vec<&Rule> = rules.iter().filter_map(|index| self.model.rules.get(*index)).collect();
        self.depends_on(|completion| self.due(completion, &rules))
    }

    /// Returns the attributes that decide which of these rules, given by index, fire; in byte order.
    pub fn rules_depend_on(&self, rules: &[usize]) -> Vec<Arc<str>> {
        let rules: Vec<&Rule> = rules.iter().filter_map(|index| self.model.rules.get(*index)).collect();
        let fires = |completion| move |rule: &&Rule| self.holds(rule.fires, completion);
        self.depends_on(|completion| rules.iter().map(fires(completion)).collect::<Vec<_>>())
    }

    /// Returns the attributes for which two completions that differ there alone differ in this part; in byte order.
    fn depends_on<T: PartialEq>(&self, part: impl Fn(usize) -> T) -> Vec<Arc<str>> {
        let parts: Vec<T> = (0..self.count).map(part).collect();
        let mut out = BTreeSet::new();
        for ((attribute, all), step) in self.model.attributes.iter().zip(&self.candidates).zip(&self.steps) {
            // The completion that has the attribute's first candidate instead.
            let first = |completion: usize| completion - completion / step % all.len() * step;
            if parts.iter().enumerate().any(|(index, part)| parts.get(first(index)) != Some(part)) {
                out.insert(&attribute.name);
            }
        }
        sorted(out.into_iter())
    }
}

/// Returns the names in byte order, each once.
fn sorted<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Vec<Arc<str>> {
    names.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Keeps of two texts the first in byte order: it is told.
fn keep_first(text: &mut Option<Arc<str>>, other: Option<Arc<str>>) {
    *text = text.take().into_iter().chain(other).min();
}

/// Returns the comparisons that rules and obligations are made of.
fn atoms(model: &Model) -> Vec<&Atom> {
    let obligations = model.rules.iter().flat_map(|rule| &rule.obligations);
    let mut todo: Vec<ConditionId> = obligations.map(|obligation| obligation.when).collect();
    todo.extend(model.rules.iter().map(|rule| rule.fires));
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    while let Some(id) = todo.pop() {
        match model.conditions.get(id) {
            _ if !seen.insert(id) => {}
            Condition::Constant(_) => {}
            Condition::Leaf(atom) => out.push(atom),
            Condition::Not(inner) => todo.push(*inner),
            Condition::All(parts) | Condition::Any(parts) => todo.extend(parts),
        }
    }
    out
}

/// Returns a sum, `ordinal` giving the ordinal of each attribute.
fn total(sum: &Linear, ordinal: &dyn Fn(AttributeId) -> Option<i64>) -> i128 {
    sum.terms().iter().fold(sum.added(), |so_far, (term, factor)| {
        let value = match term {
            Term::Attribute(id) => i128::from(ordinal(*id).unwrap_or_default()),
            Term::Years(from, to) => years_between(total(from, ordinal), total(to, ordinal)),
        };
        so_far.saturating_add(value.saturating_mul(*factor))
    })
}

/// Returns the members that a comparison names.
fn named(atom: &Atom) -> BTreeSet<Member> {
    match atom {
        Atom::OneOf(_, symbols) => symbols.iter().map(Member::Symbol).collect(),
        Atom::TextIn(_, texts) => texts.iter().cloned().map(Member::Text).collect(),
        Atom::AnyIn(_, set) | Atom::AllIn(_, set) | Atom::Exactly(_, set) => match set {
            Collection::Symbols(symbols) => symbols.iter().map(Member::Symbol).collect(),
            Collection::Texts(texts) => texts.iter().cloned().map(Member::Text).collect(),
        },
        _ => BTreeSet::new(),
    }
}

/// Returns the members of a set, or a symbol or text as the only one.
fn members(value: &Value) -> BTreeSet<Member> {
    match value {
        Value::String(text) => BTreeSet::from([Member::Text(text.clone())]),
        Value::Symbols(symbols) => symbols.iter().map(Member::Symbol).collect(),
        Value::Texts(texts) => texts.iter().cloned().map(Member::Text).collect(),
        other => other.symbol().into_iter().map(Member::Symbol).collect(),
    }
}
