//! The reference evaluator: decides by the language's definition, over all completions of a request.
//!
//! It is the oracle that every evaluator and the [`solver`](crate::solver) are compared with. It shares with them only
//! values, sets and ranges, the graph of conditions with its simplification, sums, patterns and a binary search, and it is
//! slow and obvious:
//!
//! 1. The known values are put into the conditions.
//! 2. `candidates` lists values of each unknown attribute: one of each class that the remaining comparisons can tell
//!    apart. A completion is a combination of candidates.
//! 3. A condition becomes the set of completions in which it holds.
//! 4. Each field of the decision is read off these sets.

mod candidates;

use crate::bits::BitSet;
use crate::condition::{Atom, Condition, ConditionId, Conditions};
use crate::decision::{Decision, DueObligation, Effect, Uncertain};
use crate::policy::{Model, Obligation, Rule, RuleEffect};
use crate::request::{Assignment, Known};
use crate::types::AttributeId;
use candidates::{Candidate, Comparison, combinations};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The maximum number of completions times conditions; beyond it a request isn't enumerated.
const MAX_TRUTHS: usize = 1 << 21;

/// Decides a request. Returns `None` if it has too many completions, or values that can't be listed.
pub fn decide(model: &Model, facts: &Assignment) -> Option<Decision> {
    Completions::new(model, facts).map(|completions| completions.decision())
}

/// All completions of a request, as far as the policy can tell them apart.
#[derive(Debug)]
pub struct Completions<'m> {
    model: &'m Model,
    /// The number of candidates of each attribute. The index of a completion is a mixed-radix number: one digit per
    /// attribute, the first the least significant, numbers its candidate.
    sizes: Vec<usize>,
    /// The completions in which each condition holds.
    meanings: Vec<BitSet>,
    /// The empty set of completions.
    none: BitSet,
}

impl<'m> Completions<'m> {
    /// Enumerates the completions of a request. Returns `None` if there are too many, or values that can't be listed.
    pub fn new(model: &'m Model, facts: &Assignment) -> Option<Self> {
        let known = model.attribute_ids().map(|(id, _)| facts.value(id).map(Candidate::new));
        let known: Vec<Option<Candidate>> = known.collect();
        let mut conditions = Conditions::default();
        let left = conditions.add_all(&model.conditions, |conditions, atom| {
            let known = |id: AttributeId| known.get(id.index())?.as_ref();
            match (Comparison::new(atom, facts).truth(&known), atom) {
                (Some(truth), _) => conditions.constant(truth),
                (None, Atom::Missing(id)) if *facts.get(*id) != Known::Pending => {
                    conditions.constant(*facts.get(*id) == Known::Missing)
                }
                (None, Atom::Within(sum, ranges)) => {
                    let sum = sum.substituted(&|id| facts.value(id)?.ordinal());
                    conditions.leaf(Atom::Within(sum, ranges.clone()))
                }
                (None, atom) => conditions.leaf(atom.clone()),
            }
        });
        let roots = model.rules.iter().flat_map(Rule::conditions);
        let roots = roots.chain(model.proofs.iter().map(|proof| proof.when));
        let read = conditions.leaves(roots.filter_map(|root| left.get(root.index()).copied()));
        let comparisons = read.map(|atom| Comparison::new(atom, facts));
        let candidates = candidates::candidates(model, facts, known, &comparisons.collect::<Vec<_>>())?;
        let sizes: Vec<usize> = candidates.iter().map(Vec::len).collect();
        let count = sizes.iter().try_fold(1_usize, |count, size| count.checked_mul(*size))?;
        if count == 0 || count > 1 && count.saturating_mul(conditions.nodes().len()) > MAX_TRUTHS {
            return None;
        }
        let completions = combinations(candidates.iter());
        let count = u32::try_from(count).ok()?;
        let none = BitSet::empty(count);
        let mut meanings: Vec<BitSet> = Vec::new();
        for node in conditions.nodes() {
            let part = |id: &ConditionId| meanings.get(id.index());
            meanings.push(match node {
                Condition::Constant(false) => none.clone(),
                Condition::Constant(true) => none.complement(),
                Condition::Not(inner) => part(inner)?.complement(),
                Condition::All(parts) => {
                    parts.iter().filter_map(part).fold(none.complement(), |all, part| all.intersection(part))
                }
                Condition::Any(parts) => {
                    parts.iter().filter_map(part).fold(none.clone(), |all, part| all.union(part))
                }
                Condition::Leaf(atom) => {
                    let comparison = Comparison::new(atom, facts);
                    let truth = |all: &[&Candidate]| comparison.truth(&|id| all.get(id.index()).copied());
                    let holding = (0..).zip(&completions).filter(|(_, all)| truth(all) == Some(true));
                    BitSet::from_iter(count, holding.map(|(index, _)| index))
                }
            });
        }
        let meanings = left.iter().filter_map(|id| meanings.get(id.index()).cloned()).collect();
        Some(Self { model, sizes, meanings, none })
    }

    /// Returns true if a condition holds in every completion.
    pub fn is_certain(&self, condition: ConditionId) -> bool {
        self.meaning(condition).is_full()
    }

    /// Returns the completions in which a condition of the policy holds.
    fn meaning(&self, condition: ConditionId) -> &BitSet {
        // INVARIANT: the policy has the condition.
        self.meanings.get(condition.index()).unwrap_or(&self.none)
    }

    /// Returns the union of the sets.
    fn any<'s>(&self, sets: impl Iterator<Item = &'s BitSet>) -> BitSet {
        sets.fold(self.none.clone(), |all, set| all.union(set))
    }

    /// Returns the decision.
    pub fn decision(&self) -> Decision {
        let fires = |effect| {
            let rules = self.model.rules.iter().filter(move |rule| rule.effect == effect);
            self.any(rules.map(|rule| self.meaning(rule.fires)))
        };
        let allowed = fires(RuleEffect::Allow).intersection(&fires(RuleEffect::Deny).complement());
        let (effect, reported) = match (allowed.is_empty(), allowed.is_full()) {
            (true, _) => (Effect::Deny, Some(RuleEffect::Deny)),
            (_, true) => (Effect::Allow, Some(RuleEffect::Allow)),
            _ => (Effect::Indeterminate, None),
        };
        let mut decision = Decision::new(effect);
        let rules =
            self.model.rules.iter().filter(|rule| reported.is_none_or(|effect| rule.effect == effect));
        let rules: Vec<&Rule> = rules.filter(|rule| !self.meaning(rule.fires).is_empty()).collect();
        let (certain, uncertain): (Vec<&Rule>, Vec<&Rule>) =
            rules.iter().partition(|rule| self.meaning(rule.fires).is_full());
        let names = |rules: &[&Rule]| sorted(rules.iter().map(|rule| &rule.name));
        if effect == Effect::Indeterminate {
            decision.undecided = names(&uncertain);
            decision.missing = self.depends_on(|completion| allowed.contains(completion));
            return decision;
        }
        let cites = |rules: &[&Rule]| sorted(rules.iter().flat_map(|rule| &rule.cites));
        let basis = |rules: &[&Rule]| sorted(rules.iter().filter_map(|rule| rule.basis.as_ref()));
        let rest = |list: fn(&[&Rule]) -> Vec<Arc<str>>| {
            let certain = list(&certain);
            list(&rules).into_iter().filter(|name| !certain.contains(name)).collect()
        };
        decision.uncertain = Uncertain { rules: rest(names), cites: rest(cites), basis: rest(basis) };
        (decision.rules, decision.cites, decision.basis) = (names(&rules), cites(&rules), basis(&rules));
        let key = |one: &Obligation| (one.name.clone(), one.within);
        for alike in self.due(&rules).chunk_by(|(one, _), (other, _)| key(one) == key(other)) {
            let Some((first, _)) = alike.first() else { continue };
            decision.obligations.push(DueObligation {
                name: first.name.clone(),
                within_seconds: first.within.map(|micros| micros / 1_000_000),
                text: first.text.clone(),
                certain: self.any(alike.iter().map(|(_, due)| due)).is_full(),
            });
        }
        decision
    }

    /// Returns the obligations of rules that some completion makes due, each with these completions. They are sorted by
    /// name, then deadline, then text; a missing one comes last.
    fn due<'r>(&self, rules: &[&'r Rule]) -> Vec<(&'r Obligation, BitSet)> {
        let all = rules.iter().flat_map(|rule| rule.obligations.iter().map(move |one| (one, rule)));
        let due = all.map(|(one, rule)| (one, self.meaning(rule.fires).intersection(self.meaning(one.when))));
        let mut out: Vec<(&Obligation, BitSet)> = due.filter(|(_, due)| !due.is_empty()).collect();
        out.sort_by_key(|(one, _)| {
            (&one.name, one.within.is_none(), one.within, one.text.is_none(), &one.text)
        });
        out
    }

    /// Returns the attributes that decide which obligations of these rules, given by index, are due, and with which
    /// texts; in byte order.
    pub fn obligations_depend_on(&self, rules: &[usize]) -> Vec<Arc<str>> {
        let rules: Vec<&Rule> = rules.iter().filter_map(|index| self.model.rules.get(*index)).collect();
        let due = self.due(&rules);
        self.depends_on(|completion| {
            // Of several texts the first is reported: in this order it overwrites the others.
            let due = due.iter().rev().filter(|(_, due)| due.contains(completion));
            due.map(|(one, _)| ((&one.name, one.within), &one.text)).collect::<BTreeMap<_, _>>()
        })
    }

    /// Returns the attributes that decide which of these rules, given by index, fire; in byte order.
    pub fn rules_depend_on(&self, rules: &[usize]) -> Vec<Arc<str>> {
        let rules: Vec<&Rule> = rules.iter().filter_map(|index| self.model.rules.get(*index)).collect();
        let fires = |completion| move |rule: &&Rule| self.meaning(rule.fires).contains(completion);
        self.depends_on(|completion| rules.iter().map(fires(completion)).collect::<Vec<_>>())
    }

    /// Returns the attributes for which a part differs between two completions that differ only there; in byte order.
    fn depends_on<T: PartialEq>(&self, part: impl Fn(u32) -> T) -> Vec<Arc<str>> {
        let parts: Vec<T> = (0..self.none.bound()).map(part).collect();
        let (mut out, mut step) = (BTreeSet::new(), 1);
        for (attribute, size) in self.model.attributes.iter().zip(&self.sizes) {
            // The completion that has the attribute's first candidate instead.
            let first = |index: usize| index - index / step % size * step;
            if parts.iter().enumerate().any(|(index, part)| parts.get(first(index)) != Some(part)) {
                out.insert(&attribute.name);
            }
            step *= size;
        }
        sorted(out.into_iter())
    }
}

/// Returns the names in byte order, each once.
fn sorted<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Vec<Arc<str>> {
    names.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}
