//! Sets, described by the conditions that they satisfy.
//!
//! Members that no condition tells apart form one block, and sets of blocks represent all sets. Each combination of truths
//! of the conditions is decided once. A search then finds the shortest conjunctions of conditions whose combinations all
//! have one effect.

use super::{Outcomes, Probe, names, one_of};
use placet_core::Pattern;
use placet_model::BitSet;
use placet_model::condition::{Atom, Collection};
use placet_model::decision::Effect;
use placet_model::types::{AttributeId, Members, Type};
use placet_model::value::{Member, Value, pattern_literal};
use std::collections::{BTreeMap, BTreeSet};

/// The number of blocks up to which all their sets are tried.
const MAX_BLOCKS: usize = 10;
/// The number of conditions that are combined.
const MAX_TESTS: usize = 12;
/// The conditions in one line.
const MAX_CONJUNCTS: usize = 3;
/// The members of a set that conditions compare as a whole.
const MAX_WHOLE: usize = 6;

/// A condition of a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    /// The set has one of these members.
    Any(BTreeSet<Member>),
    /// The set has no other members.
    All(BTreeSet<Member>),
    /// The set has a text that matches this pattern.
    AnyLike(Pattern),
    /// All texts of the set match this pattern.
    AllLike(Pattern),
    /// The set has all of these members.
    Each(BTreeSet<Member>),
    /// The set has exactly these members.
    Exactly(BTreeSet<Member>),
}

/// The sets with the same truths of all tests.
struct Class {
    sample: BTreeSet<Member>,
    truths: Vec<bool>,
    effect: Effect,
}

/// Returns the lines, or `None` if there are too many combinations.
pub(super) fn outcomes(probe: &mut Probe<'_>) -> Option<Outcomes> {
    let Type::Set { of, may_be_empty } = probe.kind else { return None };
    let tests = tests(probe)?;
    if tests.len() > MAX_TESTS {
        return None;
    }
    let blocks = blocks(probe, of, &tests);
    if blocks.len() > MAX_BLOCKS {
        return None;
    }
    let mut classes: BTreeMap<Vec<bool>, (BTreeSet<Member>, Effect)> = BTreeMap::new();
    // Mask 0 is the empty set.
    for mask in u32::from(!may_be_empty)..1 << blocks.len() {
        let chosen = blocks.iter().enumerate().filter(|(index, _)| mask >> index & 1 == 1);
        let sample: BTreeSet<Member> = chosen.map(|(_, member)| member.clone()).collect();
        let truths: Vec<bool> = tests.iter().map(|test| test.holds(&sample)).collect();
        // Conditions see nothing of a set but these truths, so one set of each combination is decided.
        if let std::collections::btree_map::Entry::Vacant(entry) = classes.entry(truths) {
            let effect = probe.effect(&value(of, &sample))?;
            entry.insert((sample, effect));
        }
    }
    let classes: Vec<Class> =
        classes.into_iter().map(|(truths, (sample, effect))| Class { sample, truths, effect }).collect();
    Some(lines(of, probe.kind, &tests, &classes))
}

/// Returns the conditions on the attribute, with known attributes substituted.
fn tests(probe: &Probe<'_>) -> Option<Vec<Test>> {
    let mut out = BTreeSet::new();
    for atom in probe.atoms() {
        let known = |id: &AttributeId| probe.facts.value(*id).map(Value::members);
        out.insert(match atom {
            Atom::AnyIn(_, Collection::Like(pattern)) => Test::AnyLike(pattern.clone()),
            Atom::AllIn(_, Collection::Like(pattern)) => Test::AllLike(pattern.clone()),
            Atom::AnyIn(_, of) => Test::Any(of.members()?),
            Atom::AllIn(_, of) => Test::All(of.members()?),
            Atom::Exactly(_, of) => Test::Exactly(of.members()?),
            Atom::MemberOf(one, _) => Test::Any(known(one)?),
            Atom::Meet(a, b) => Test::Any(known(a).or_else(|| known(b))?),
            Atom::SameSet(a, b) => Test::Exactly(known(a).or_else(|| known(b))?),
            Atom::Subset(a, b) if *a == probe.id => Test::All(known(b)?),
            Atom::Subset(a, _) => Test::Each(known(a)?),
            _ => return None,
        });
    }
    // Members of such a test are blocks of their own, and each block doubles the number of sets.
    let whole = |test: &Test| match test {
        Test::Each(of) | Test::Exactly(of) => of.len() <= MAX_WHOLE,
        Test::Any(_) | Test::All(_) | Test::AnyLike(_) | Test::AllLike(_) => true,
    };
    out.iter().all(whole).then(|| out.into_iter().collect())
}

/// Returns one member of each block. Members that a condition asks for as a whole are blocks of their own.
fn blocks(probe: &Probe<'_>, of: &Members, tests: &[Test]) -> Vec<Member> {
    let all: Vec<Member> = match of {
        Members::Symbols(universe) => (0..universe.len()).map(Member::Symbol).collect(),
        Members::Texts => {
            let named = tests.iter().filter_map(Test::named).flatten().cloned();
            // Representatives also stand for the texts that no condition names.
            named.chain(probe.representatives().iter().flat_map(Value::members)).collect()
        }
    };
    let mut out: BTreeMap<(Vec<bool>, Option<Member>), Member> = BTreeMap::new();
    for member in all {
        let signature = tests.iter().map(|test| test.contains(&member)).collect();
        let is_own = tests
            .iter()
            .any(|test| matches!(test, Test::Each(_) | Test::Exactly(_)) && test.contains(&member));
        out.entry((signature, is_own.then(|| member.clone()))).or_insert(member);
    }
    let mut out: Vec<Member> = out.into_values().collect();
    out.sort();
    out
}

fn value(of: &Members, members: &BTreeSet<Member>) -> Value {
    match of {
        Members::Symbols(universe) => {
            let symbols = members.iter().filter_map(|member| match member {
                Member::Symbol(symbol) => Some(*symbol),
                Member::Text(_) => None,
            });
            Value::Symbols(BitSet::from_iter(universe.len(), symbols))
        }
        Members::Texts => {
            let texts = members.iter().filter_map(|member| match member {
                Member::Text(text) => Some(text.clone()),
                Member::Symbol(_) => None,
            });
            Value::Texts(texts.collect())
        }
    }
}

impl Test {
    /// Returns the members that the test names; `None` for a pattern.
    fn named(&self) -> Option<&BTreeSet<Member>> {
        match self {
            Test::Any(of) | Test::All(of) | Test::Each(of) | Test::Exactly(of) => Some(of),
            Test::AnyLike(_) | Test::AllLike(_) => None,
        }
    }

    /// Returns true if the test names a member, or its pattern matches it.
    fn contains(&self, member: &Member) -> bool {
        match (self, member) {
            (Test::AnyLike(pattern) | Test::AllLike(pattern), Member::Text(text)) => pattern.matches(text),
            _ => self.named().is_some_and(|named| named.contains(member)),
        }
    }

    fn holds(&self, set: &BTreeSet<Member>) -> bool {
        match self {
            Test::Any(_) | Test::AnyLike(_) => set.iter().any(|member| self.contains(member)),
            Test::All(_) | Test::AllLike(_) => set.iter().all(|member| self.contains(member)),
            Test::Each(of) => set.is_superset(of),
            Test::Exactly(of) => set == of,
        }
    }

    /// Formats the condition or its negation.
    fn shown(&self, kind: &Members, holds: bool) -> String {
        let quoted = |member: &Member| match member {
            Member::Text(text) => Value::String(text.clone()).display(&Type::String),
            Member::Symbol(_) => String::new(),
        };
        let names = match (kind, self.named()) {
            (Members::Symbols(universe), Some(named)) => match value(kind, named) {
                Value::Symbols(set) => names(universe, &set),
                _ => Vec::new(),
            },
            (_, named) => named.into_iter().flatten().map(quoted).collect(),
        };
        let set = format!("{{{}}}", one_of(&names, "members"));
        match (self, names.as_slice(), holds) {
            (Test::Any(of), [only], true) if of.len() == 1 => format!("contains {only}"),
            (Test::Any(of), [only], false) if of.len() == 1 => format!("doesn't contain {only}"),
            (Test::Any(_), _, true) => format!("contains any of {set}"),
            (Test::Any(_), _, false) => format!("contains none of {set}"),
            (Test::All(_), _, true) => format!("lies in {set}"),
            (Test::All(_), _, false) => format!("doesn't lie in {set}"),
            (Test::AnyLike(pattern), _, true) => format!("contains a text like {}", pattern_literal(pattern)),
            (Test::AnyLike(pattern), _, false) => {
                format!("contains no text like {}", pattern_literal(pattern))
            }
            (Test::AllLike(pattern), _, true) => format!("has only texts like {}", pattern_literal(pattern)),
            (Test::AllLike(pattern), _, false) => format!("has a text not like {}", pattern_literal(pattern)),
            (Test::Each(_), _, true) => format!("contains all of {set}"),
            (Test::Each(_), _, false) => format!("doesn't contain all of {set}"),
            (Test::Exactly(_), _, true) => format!("is {set}"),
            (Test::Exactly(_), _, false) => format!("is not {set}"),
        }
    }
}

/// Returns the shortest conjunctions that determine the effect, until they cover each class; the rest are single sets.
fn lines(of: &Members, kind: &Type, tests: &[Test], classes: &[Class]) -> Outcomes {
    let mut listed = vec![false; classes.len()];
    let mut out = Outcomes::new();
    // Shortest first; length 0 is the empty conjunction, "is any set".
    for length in 0..=MAX_CONJUNCTS.min(tests.len()) {
        for conjunction in conjunctions(tests.len(), length) {
            let holds = |class: &Class| {
                conjunction.iter().all(|(index, wanted)| class.truths.get(*index) == Some(wanted))
            };
            let inside: Vec<usize> =
                classes.iter().enumerate().filter(|(_, class)| holds(class)).map(|(at, _)| at).collect();
            let mut effects = inside.iter().filter_map(|at| classes.get(*at)).map(|class| class.effect);
            let Some(effect) = effects.next() else { continue };
            let is_new = inside.iter().any(|at| listed.get(*at) == Some(&false));
            if !is_new || effects.any(|other| other != effect) {
                continue;
            }
            for at in inside {
                if let Some(listed) = listed.get_mut(at) {
                    *listed = true;
                }
            }
            let parts: Vec<String> = conjunction
                .iter()
                .filter_map(|(index, wanted)| Some(tests.get(*index)?.shown(of, *wanted)))
                .collect();
            let words = if parts.is_empty() { "is any set".to_owned() } else { parts.join(" and ") };
            out.push((words, effect));
        }
    }
    for (class, _) in classes.iter().zip(&listed).filter(|(_, listed)| !**listed) {
        out.push((format!("is {}", value(of, &class.sample).display(kind)), class.effect));
    }
    // Lines of one effect stand together, because readers compare effects.
    let order: Vec<Effect> = out.iter().map(|(_, effect)| *effect).collect();
    out.sort_by_key(|(_, effect)| order.iter().position(|first| first == effect));
    out
}

/// Returns all conjunctions of this many tests, each plain or negated.
fn conjunctions(tests: usize, length: usize) -> Vec<Vec<(usize, bool)>> {
    let mut out: Vec<Vec<(usize, bool)>> = vec![Vec::new()];
    for _ in 0..length {
        out = out
            .into_iter()
            .flat_map(|begun| {
                // In ascending order, so that each combination comes once.
                let next = begun.last().map_or(0, |(last, _)| last + 1);
                (next..tests).flat_map(move |index| {
                    let begun = begun.clone();
                    [true, false].map(move |wanted| {
                        let mut longer = begun.clone();
                        longer.push((index, wanted));
                        longer
                    })
                })
            })
            .collect();
    }
    out
}
