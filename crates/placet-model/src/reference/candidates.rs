//! Lists candidates of an unknown attribute: one of each class that comparisons can tell apart, directly or through
//! other attributes.

use crate::condition::{Atom, Collection};
use crate::linear::{Linear, Term};
use crate::policy::Model;
use crate::ranges::Ranges;
use crate::request::{Assignment, Known};
use crate::types::{AttributeId, Members, Type};
use crate::value::{Member, Value};
use placet_core::{Pattern, first_where};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The maximum number of parts of sets, of ordinals of an attribute, and of texts to try; beyond it candidates aren't
/// listed.
const MAX_PARTS: usize = 7;
const MAX_CUTS: usize = 128;
const MAX_TEXTS: usize = 1 << 11;
/// The size up to which a domain is listed whole.
const FEW_VALUES: u64 = 8;

/// A value that an attribute can have.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidate {
    /// The ordinal of an ordered value.
    ordinal: i64,
    /// The members of a set; a symbol or a text as the only one.
    members: BTreeSet<Member>,
    /// The request, after defaults, does not give the attribute.
    is_missing: bool,
}

impl Candidate {
    pub(super) fn new(value: &Value) -> Self {
        Self { ordinal: value.ordinal().unwrap_or_default(), members: value.members(), is_missing: false }
    }
}

/// A comparison with the attributes that it depends on.
pub(super) struct Comparison<'m> {
    atom: &'m Atom,
    attributes: Vec<AttributeId>,
    /// The members that it names, or, if it names none, those that the request gives each of its attributes.
    named: Vec<BTreeSet<Member>>,
}

impl<'m> Comparison<'m> {
    pub(super) fn new(atom: &'m Atom, facts: &Assignment) -> Self {
        let attributes = if let Atom::Missing(id) = atom { vec![*id] } else { atom.attributes() };
        let given = |id: &AttributeId| match facts.get(*id) {
            Known::Known(value) => value.members(),
            Known::OneOf(leaves) => leaves.iter().map(Member::Symbol).collect(),
            Known::Missing | Known::Pending => BTreeSet::new(),
        };
        let named = match atom {
            Atom::OneOf(_, symbols) => vec![symbols.iter().map(Member::Symbol).collect()],
            Atom::TextIn(_, texts) => vec![texts.iter().cloned().map(Member::Text).collect()],
            Atom::AnyIn(_, set) | Atom::AllIn(_, set) | Atom::Exactly(_, set) => {
                vec![set.members().unwrap_or_default()]
            }
            _ => attributes.iter().map(given).collect(),
        };
        Self { atom, attributes, named }
    }

    /// Returns the truth for these candidates, or `None` if it reads an attribute without one.
    pub(super) fn truth<'c>(
        &self,
        candidate: &impl Fn(AttributeId) -> Option<&'c Candidate>,
    ) -> Option<bool> {
        let mut chosen = self.attributes.iter().map(|id| candidate(*id));
        if chosen.clone().any(|one| one.is_none()) {
            return None;
        }
        let one = chosen.next()??;
        let other = chosen.next().flatten().map(|other| &other.members).or(self.named.first())?;
        Some(match self.atom {
            Atom::Missing(_) => one.is_missing,
            Atom::Within(sum, ranges) => {
                ranges.contains(sum.value(&|id| candidate(id).map_or(0, |one| one.ordinal)))
            }
            Atom::AnyIn(_, Collection::Like(_)) => one.members.iter().any(|text| self.is_like(text)),
            Atom::TextLike(..) | Atom::AllIn(_, Collection::Like(_)) => {
                one.members.iter().all(|text| self.is_like(text))
            }
            Atom::AnyIn(..) | Atom::Meet(..) => !one.members.is_disjoint(other),
            Atom::Exactly(..) | Atom::Same(..) | Atom::SameSet(..) => one.members == *other,
            Atom::OneOf(..) | Atom::TextIn(..) | Atom::AllIn(..) | Atom::MemberOf(..) | Atom::Subset(..) => {
                one.members.is_subset(other)
            }
        })
    }

    fn reads(&self, group: &BTreeMap<AttributeId, &Type>) -> bool {
        self.attributes.iter().any(|id| group.contains_key(id))
    }

    /// Returns the pattern that it compares a text, or the members of a set, with.
    fn pattern(&self) -> Option<&'m Pattern> {
        match self.atom {
            Atom::TextLike(_, pattern)
            | Atom::AnyIn(_, Collection::Like(pattern))
            | Atom::AllIn(_, Collection::Like(pattern)) => Some(pattern),
            _ => None,
        }
    }

    fn is_like(&self, member: &Member) -> bool {
        matches!((self.pattern(), member), (Some(pattern), Member::Text(text)) if pattern.matches(text))
    }
}

/// Returns all choices of one candidate per attribute. Those of the first attribute vary fastest.
pub(super) fn combinations<'c>(lists: impl Iterator<Item = &'c Vec<Candidate>>) -> Vec<Vec<&'c Candidate>> {
    lists.fold(vec![Vec::new()], |all, list| {
        let with = |one| all.iter().map(move |some: &Vec<&'c Candidate>| [some.as_slice(), &[one]].concat());
        list.iter().flat_map(with).collect()
    })
}

/// Returns the candidates of each attribute: some comparison tells any two of them apart. Returns `None` if they can't
/// be listed.
pub(super) fn candidates(
    model: &Model,
    facts: &Assignment,
    known: Vec<Option<Candidate>>,
    comparisons: &[Comparison<'_>],
) -> Option<Vec<Vec<Candidate>>> {
    let mut out: Vec<Vec<Candidate>> = known.into_iter().map(|known| known.into_iter().collect()).collect();
    let unknown = model.attribute_ids().filter(|(id, _)| facts.value(*id).is_none());
    // Unknown attributes that comparisons relate are listed together.
    let mut groups: Vec<BTreeMap<AttributeId, &Type>> =
        unknown.map(|(id, attribute)| BTreeMap::from([(id, &attribute.kind)])).collect();
    for comparison in comparisons {
        let (read, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| comparison.reads(group));
        groups = rest;
        groups.push(read.into_iter().flatten().collect());
    }
    for group in groups {
        let read = comparisons.iter().filter(|comparison| comparison.reads(&group));
        let read: Vec<&Comparison<'_>> = read.collect();
        let cuts = cuts(&group, &read)?;
        for (id, kind) in &group {
            let with = |ordinal: &i64| Candidate { ordinal: *ordinal, ..Candidate::default() };
            let mut all = match cuts.get(id) {
                Some(cuts) => cuts.iter().map(with).collect(),
                None => sets(facts.get(*id), kind, &group, &read)?,
            };
            if *facts.get(*id) == Known::Pending {
                all.extend(all.clone().into_iter().map(|one| Candidate { is_missing: true, ..one }));
            }
            *out.get_mut(id.index())? = all;
        }
    }
    for id in 0..out.len() {
        let mut distinct: BTreeMap<Vec<Option<bool>>, Candidate> = BTreeMap::new();
        let reads =
            |comparison: &&Comparison<'_>| comparison.attributes.iter().any(|read| read.index() == id);
        for candidate in std::mem::take(out.get_mut(id)?) {
            *out.get_mut(id)? = vec![candidate.clone()];
            let truths = comparisons.iter().filter(reads).flat_map(|comparison| {
                let lists = comparison.attributes.iter().filter_map(|id| out.get(id.index()));
                combinations(lists).into_iter().map(|chosen| {
                    let position = |id| comparison.attributes.iter().position(|read| *read == id);
                    comparison.truth(&|id| chosen.get(position(id)?).copied())
                })
            });
            distinct.entry(truths.collect()).or_insert(candidate);
        }
        *out.get_mut(id)? = distinct.into_values().collect();
    }
    Some(out)
}

/// Returns the candidates of an attribute of symbols, texts or sets of them.
///
/// Comparisons tell classes of members apart. But members of one class can belong to different combinations of the
/// group's sets, or be the values of other attributes. So a class is split into as many parts as there are such cases;
/// the last part has all remaining members.
fn sets(
    known: &Known,
    kind: &Type,
    group: &BTreeMap<AttributeId, &Type>,
    read: &[&Comparison<'_>],
) -> Option<Vec<Candidate>> {
    let sets = group.values().filter(|kind| matches!(kind, Type::Set { .. })).count();
    let many = (1 << sets.min(16)) + (group.len() - sets).saturating_sub(1);
    let all: BTreeSet<Member> = match (known, kind) {
        (Known::OneOf(leaves), _) => leaves.iter().map(Member::Symbol).collect(),
        (_, Type::Bool) => [0, 1].map(Member::Symbol).into(),
        (_, Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. }) => {
            (0..universe.len()).map(Member::Symbol).collect()
        }
        _ => texts(read, many)?,
    };
    let mut classes: BTreeMap<Vec<bool>, Vec<BTreeSet<Member>>> = BTreeMap::new();
    for member in all {
        let names = read.iter().flat_map(|one| one.named.iter().map(|named| named.contains(&member)));
        let is_like = read.iter().map(|one| one.is_like(&member));
        let class = classes.entry(names.chain(is_like).collect()).or_default();
        if class.len() < many {
            class.push(BTreeSet::new());
        }
        class.last_mut()?.insert(member);
    }
    let parts: Vec<BTreeSet<Member>> = classes.into_values().flatten().collect();
    let with = |members| Candidate { members, ..Candidate::default() };
    let Type::Set { may_be_empty, .. } = kind else {
        return Some(parts.into_iter().map(|part| with(part.into_iter().take(1).collect())).collect());
    };
    let unite = |all: Vec<BTreeSet<Member>>, part: &BTreeSet<Member>| {
        all.into_iter().flat_map(|set| [&set | part, set]).collect()
    };
    if parts.len() > MAX_PARTS {
        return None;
    }
    let all = parts.iter().fold(vec![BTreeSet::new()], unite).into_iter();
    Some(all.filter(|set| *may_be_empty || !set.is_empty()).map(with).collect())
}

/// Returns the ordinals at which comparisons change, with the other attribute at one of its own. Lists small domains
/// whole.
///
/// The least ordinals that satisfy some comparisons are the ends of chains of differences, which have at most as many
/// links as there are attributes, two values of one of them counted as two.
fn cuts(
    group: &BTreeMap<AttributeId, &Type>,
    read: &[&Comparison<'_>],
) -> Option<BTreeMap<AttributeId, BTreeSet<i64>>> {
    let domains = group.iter().filter_map(|(id, kind)| Some((*id, kind.ordinals()?)));
    let domains: BTreeMap<AttributeId, (i64, i64)> = domains.collect();
    if domains.values().all(|(low, high)| low.abs_diff(*high) < FEW_VALUES) {
        return Some(domains.into_iter().map(|(id, (low, high))| (id, (low..=high).collect())).collect());
    }
    let sums = read.iter().filter_map(|comparison| match comparison.atom {
        Atom::Within(sum, ranges) => Some((sum, ranges, comparison.attributes.as_slice())),
        _ => None,
    });
    let sums: Vec<(&Linear, &Ranges, &[AttributeId])> = sums.collect();
    // Years are months at some of their cuts, so the unit makes no difference.
    let pair = |sum: &&'_ Linear| match sum.terms() {
        [(Term::Between(_, from, to), _)] => Some((from.clone(), to.clone())),
        _ => None,
    };
    let related = sums.iter().filter(|(.., ids)| ids.len() > 1);
    let pairs: BTreeSet<_> = related.map(|(sum, ..)| pair(sum)).collect();
    // Cuts suffice for sums of one attribute that only rise or only fall, and for differences of two. For years and
    // months between two instants they suffice alone: chains of months have no fixed length.
    let are_chains = sums.iter().all(|(sum, _, ids)| match (sum.terms(), ids) {
        (_, [id]) => sum.direction(*id).is_some(),
        ([(Term::Attribute(_), one), (Term::Attribute(_), other)], _) => *one == -other,
        ([(Term::Between(..), _)], [_, _]) => pairs.len() == 1,
        _ => false,
    });
    let mut cuts: BTreeMap<_, _> =
        domains.iter().map(|(id, (low, _))| (*id, BTreeSet::from([*low]))).collect();
    for _ in 0..=domains.len() {
        let before = cuts.clone();
        for (id, (low, high)) in &domains {
            for (sum, ranges, ids) in sums.iter().filter(|(.., ids)| ids.contains(id)) {
                let other = ids.iter().find(|other| *other != id).and_then(|other| before.get(other));
                for at in other.cloned().unwrap_or([0].into()) {
                    let value = |own: i64| sum.value(&|asked| if asked == *id { own } else { at });
                    let ends = ranges.iter().flat_map(|(first, last)| [first, last.saturating_add(1)]);
                    let change =
                        |end| first_where(*low, *high, |own| (value(own) >= end) != (value(*low) >= end));
                    cuts.get_mut(id)?.extend(ends.filter_map(change));
                }
            }
        }
        if !are_chains || cuts.values().any(|cuts| cuts.len() > MAX_CUTS) {
            return None;
        }
    }
    Some(cuts)
}

/// Lists at least `many` texts for each combination of matching and failing patterns, or all that there are.
///
/// It tries texts over the letters of the patterns and another letter, which also stands for what stars match. Texts
/// that match alike with every rest of a pattern appended continue alike, so only as many of them are tried as may be
/// needed.
fn texts(read: &[&Comparison<'_>], many: usize) -> Option<BTreeSet<Member>> {
    let patterns: BTreeSet<&Pattern> = read.iter().filter_map(|comparison| comparison.pattern()).collect();
    let mut out: BTreeSet<Member> =
        read.iter().flat_map(|comparison| &comparison.named).flatten().cloned().collect();
    let many = many + out.len();
    let pieces = patterns.iter().flat_map(|pattern| pattern.pieces());
    let mut letters: BTreeSet<char> = pieces.flat_map(|piece| piece.chars()).collect();
    let other = ('a'..).find(|letter| !letters.contains(letter))?;
    letters.insert(other);
    let wholes = patterns.iter().map(|pattern| (pattern, pattern.pieces().join(&other.to_string())));
    let wholes: Vec<(&&Pattern, String)> = wholes.collect();
    let mut tried: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    let mut todo = VecDeque::from([String::new()]);
    for _ in 0..MAX_TEXTS {
        let Some(text) = todo.pop_front() else { return Some(out) };
        let goes_on = wholes.iter().flat_map(|(pattern, whole)| {
            let rests = (0..=whole.len()).filter_map(|at| whole.get(at..));
            rests.map(|rest| pattern.matches(&format!("{text}{rest}")))
        });
        let tries = tried.entry(goes_on.collect()).or_default();
        *tries += 1;
        if *tries <= many {
            todo.extend(letters.iter().map(|letter| format!("{text}{letter}")));
            out.insert(Member::Text(text.into()));
        }
    }
    None
}
