//! Lists values of an unknown attribute: one of each class that the policy can tell apart, also by way of others.

use super::{Member, members, named, total};
use crate::BitSet;
use crate::condition::Atom;
use crate::linear::Term;
use crate::policy::Model;
use crate::request::{Assignment, Known};
use crate::types::{AttributeId, Members, Type};
use crate::value::Value;
use placet_core::Pattern;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Ordinals of one attribute, and sets of one or texts to try, beyond which they are not listed.
const MAX_CUTS: usize = 1 << 8;
const MAX_VALUES: usize = 1 << 12;
/// Values of ordered attributes that are listed whole: where there may be another way, and where there is none.
const FEW_VALUES: [i128; 2] = [8, 512];

/// Unknown attributes that comparisons relate to each other, and these comparisons.
struct Group<'a> {
    model: &'a Model,
    facts: &'a Assignment,
    ids: BTreeSet<AttributeId>,
    /// Each with the attributes of the group that it speaks of.
    atoms: Vec<(&'a Atom, BTreeSet<AttributeId>)>,
}

/// The ordinals of each attribute at which comparisons change.
type Cuts = BTreeMap<AttributeId, BTreeSet<i64>>;

/// Returns a value of each class of an unknown attribute; `None` where they can't be listed.
pub(super) fn values(
    model: &Model,
    facts: &Assignment,
    atoms: &[&Atom],
    id: AttributeId,
) -> Option<Vec<Value>> {
    let unknown = |atom: &Atom| -> BTreeSet<AttributeId> {
        atom.attributes().into_iter().filter(|id| facts.value(*id).is_none()).collect()
    };
    let all = atoms.iter().map(|atom| (*atom, unknown(atom)));
    let mut group = Group { model, facts, ids: BTreeSet::from([id]), atoms: Vec::new() };
    let mut before = 0;
    while before < group.ids.len() {
        before = group.ids.len();
        group.atoms = all.clone().filter(|(_, ids)| !ids.is_disjoint(&group.ids)).collect();
        group.ids.extend(group.atoms.iter().flat_map(|(_, ids)| ids));
    }
    let kind = &model.attribute(id)?.kind;
    let mut values = match kind.ordinals() {
        Some(_) => group.ordinals(id)?.into_iter().filter_map(|at| Value::from_ordinal(kind, at)).collect(),
        None => group.symbols_and_texts(id, kind)?,
    };
    if group.atoms.is_empty() {
        values.truncate(1);
    }
    Some(values)
}

impl Group<'_> {
    /// Returns values of an attribute of symbols, texts or sets of them: all combinations of parts of the members that
    /// neither names nor patterns tell apart.
    fn symbols_and_texts(&self, id: AttributeId, kind: &Type) -> Option<Vec<Value>> {
        let known = self.atoms.iter().flat_map(|(atom, _)| atom.attributes());
        let known = known.filter_map(|id| self.facts.value(id).map(members));
        let leaves = |id: &AttributeId| match self.facts.get(*id) {
            Known::OneOf(leaves) => Some(members(&Value::Symbols(leaves.clone()))),
            _ => None,
        };
        let mut names: Vec<BTreeSet<Member>> = self.atoms.iter().map(|(atom, _)| named(atom)).collect();
        names.extend(known.chain(self.ids.iter().filter_map(leaves)));
        let patterns = self.atoms.iter().filter_map(|(atom, _)| match atom {
            Atom::TextLike(_, pattern) => Some(pattern),
            _ => None,
        });
        let patterns: Vec<&Pattern> = patterns.collect();
        // Each member of a class may be in another combination of sets, two values of one of them counted as two, or be
        // the value of another attribute.
        let kinds =
            self.ids.iter().filter_map(|id| self.model.attribute(*id).map(|attribute| &attribute.kind));
        let sets = kinds.filter(|kind| matches!(kind, Type::Set { .. })).count();
        let asks_for_all = |atom: &Atom| matches!(atom, Atom::Exactly(..)) || atom.attributes().len() > 1;
        let parts = match self.ids.len() {
            1 => 1 + usize::from(self.atoms.iter().any(|(atom, _)| asks_for_all(atom))),
            all => (2 << sets.min(16)) + all - sets,
        };
        let all: BTreeSet<Member> = match kind {
            Type::Bool => [0, 1].map(Member::Symbol).into(),
            Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => {
                (0..universe.len()).map(Member::Symbol).collect()
            }
            _ => {
                let named: BTreeSet<Member> = names.iter().flatten().cloned().collect();
                texts(&patterns, &named, parts)?.into_iter().chain(named).collect()
            }
        };
        let mut classes: BTreeMap<Vec<bool>, Vec<Vec<Member>>> = BTreeMap::new();
        for member in all {
            let is_like = |pattern: &&Pattern| matches!(&member, Member::Text(text) if pattern.matches(text));
            let class = names.iter().map(|set| set.contains(&member)).chain(patterns.iter().map(is_like));
            let class = classes.entry(class.collect()).or_default();
            // The last part stands for all members that are left.
            if class.len() < parts {
                class.push(Vec::new());
            }
            class.last_mut()?.push(member);
        }
        let parts: Vec<Vec<Member>> = classes.into_values().flatten().collect();
        let Type::Set { may_be_empty, .. } = kind else {
            let firsts = parts.iter().filter_map(|part| part.first());
            let possible = firsts.filter(|first| leaves(&id).is_none_or(|leaves| leaves.contains(first)));
            return Some(possible.map(|first| value(kind, &[first])).collect());
        };
        let subset = |mask: usize| {
            let chosen = parts.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
            value(kind, &chosen.flat_map(|(_, part)| part).collect::<Vec<_>>())
        };
        let count =
            1_usize.checked_shl(u32::try_from(parts.len()).ok()?).filter(|count| *count <= MAX_VALUES)?;
        Some((usize::from(!may_be_empty)..count).map(subset).collect())
    }

    /// Returns ordinals of an ordered attribute: all, or those at which comparisons change.
    fn ordinals(&self, id: AttributeId) -> Option<BTreeSet<i64>> {
        let domain = |id: &AttributeId| Some((*id, self.model.attribute(*id)?.kind.ordinals()?));
        let domains: BTreeMap<AttributeId, (i64, i64)> =
            self.ids.iter().map(domain).collect::<Option<_>>()?;
        let most = domains.values().map(|(low, high)| i128::from(*high) - i128::from(*low) + 1).max()?;
        let (low, high) = *domains.get(&id)?;
        let cuts = if most > FEW_VALUES[0] && self.are_chains() { self.cuts(&domains) } else { None };
        match cuts {
            Some(mut cuts) => cuts.remove(&id),
            None => (most <= FEW_VALUES[1]).then(|| (low..=high).collect()),
        }
    }

    /// Returns true if cuts tell everything: of every sum of one unknown attribute that only rises or only falls, and of
    /// differences of two; of years alone, since chains of years have no fixed length.
    fn are_chains(&self) -> bool {
        let sums = self.atoms.iter().filter_map(|(atom, ids)| match atom {
            Atom::Within(sum, _) => Some((sum, ids)),
            _ => None,
        });
        let pairs = sums.clone().filter(|(_, ids)| ids.len() > 1);
        let are_alike =
            pairs.clone().all(|(sum, _)| pairs.clone().all(|(other, _)| sum.terms() == other.terms()));
        sums.clone().all(|(sum, ids)| {
            let is_unknown = |term: &Term| match term {
                Term::Attribute(id) => ids.contains(id),
                Term::Years(..) => true,
            };
            let unknown: Vec<_> = sum.terms().iter().filter(|(term, _)| is_unknown(term)).collect();
            match unknown.as_slice() {
                _ if ids.len() < 2 => ids.iter().all(|id| sum.direction(*id).is_some()),
                [(Term::Years(..), _)] => ids.len() == 2 && self.ids.len() == 2 && are_alike,
                [(Term::Attribute(_), one), (Term::Attribute(_), other)] => *one == -other,
                _ => false,
            }
        })
    }

    /// Returns the ordinals at which comparisons change, the other attribute being at one of its own.
    ///
    /// The least ordinals that satisfy some comparisons are the ends of chains of differences, which have at most as many
    /// links as there are attributes, two values of one of them counted as two.
    fn cuts(&self, domains: &BTreeMap<AttributeId, (i64, i64)>) -> Option<Cuts> {
        let mut cuts: Cuts = domains.iter().map(|(id, (low, _))| (*id, BTreeSet::from([*low]))).collect();
        for _ in 0..=domains.len() {
            let before = cuts.clone();
            for (atom, ids) in &self.atoms {
                for id in ids {
                    let others = ids.iter().find(|other| *other != id).unwrap_or(id);
                    for other in before.get(others)? {
                        let ordinal = |asked| {
                            if asked == *others { Some(*other) } else { self.facts.value(asked)?.ordinal() }
                        };
                        cuts.get_mut(id)?.extend(changes(atom, *domains.get(id)?, &|asked, at| {
                            if asked == *id { Some(at) } else { ordinal(asked) }
                        }));
                    }
                }
            }
            if cuts.values().any(|cuts| cuts.len() > MAX_CUTS) {
                return None;
            }
            if cuts == before {
                break;
            }
        }
        Some(cuts)
    }
}

/// Returns the set of these members, or the value that is the only one.
fn value(kind: &Type, members: &[&Member]) -> Value {
    let (mut symbols, mut texts) = (Vec::new(), Vec::new());
    for member in members {
        match member {
            Member::Symbol(symbol) => symbols.push(*symbol),
            Member::Text(text) => texts.push(text.clone()),
        }
    }
    match (kind, symbols.first(), texts.first()) {
        (Type::Set { of: Members::Symbols(all), .. }, ..) => {
            Value::Symbols(BitSet::from_iter(all.len(), symbols))
        }
        (Type::Bool, Some(symbol), _) => Value::Bool(*symbol == 1),
        (Type::Symbol(_), Some(symbol), _) => Value::Symbol(*symbol),
        (Type::String, _, Some(text)) => Value::String(text.clone()),
        _ => Value::Texts(texts.into_iter().collect()),
    }
}

/// Returns the ordinals at which a sum that only rises, or only falls, enters or leaves its ranges, found by halves.
fn changes(
    atom: &Atom,
    (low, high): (i64, i64),
    ordinal: &dyn Fn(AttributeId, i64) -> Option<i64>,
) -> Vec<i64> {
    let Atom::Within(sum, ranges) = atom else { return Vec::new() };
    let ends = ranges.iter().flat_map(|(first, last)| [first, last.saturating_add(1)]);
    ends.filter_map(|end| {
        let is_beyond = |at: i64| total(sum, &|id| ordinal(id, at)) >= end;
        let (mut before, mut after) = (low, high);
        while before.abs_diff(after) > 1 {
            let middle = before.midpoint(after);
            *if is_beyond(middle) == is_beyond(low) { &mut before } else { &mut after } = middle;
        }
        (is_beyond(high) != is_beyond(low)).then_some(after)
    })
    .collect()
}

/// Returns so many texts of each combination of patterns that texts match and don't match, or all; none of the named.
///
/// It tries texts over the letters of the patterns and another one, which also stands for what stars match. Texts that match
/// alike whatever rest of a pattern follows them go on alike: of these as many are tried as may be wanted.
fn texts(patterns: &[&Pattern], named: &BTreeSet<Member>, count: usize) -> Option<Vec<Member>> {
    let pieces = patterns.iter().flat_map(|pattern| pattern.pieces());
    let mut letters: BTreeSet<char> = pieces.flat_map(|piece| piece.chars()).collect();
    let other = ('a'..).find(|letter| !letters.contains(letter))?;
    letters.insert(other);
    let wholes: Vec<String> =
        patterns.iter().map(|pattern| pattern.pieces().join(&other.to_string())).collect();
    let mut tried: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    let mut found: BTreeMap<Vec<bool>, BTreeSet<Member>> = BTreeMap::new();
    let mut todo = VecDeque::from([String::new()]);
    while let Some(text) = todo.pop_front() {
        let rests = |whole: &String| {
            (0..=whole.len()).filter_map(|at| whole.get(at..).map(str::to_owned)).collect::<Vec<_>>()
        };
        let goes_on = patterns.iter().zip(&wholes).flat_map(|(pattern, whole)| {
            rests(whole).into_iter().map(|rest| pattern.matches(&format!("{text}{rest}")))
        });
        let tries = tried.entry(goes_on.collect()).or_default();
        *tries += 1;
        if *tries <= count + named.len() {
            let class =
                found.entry(patterns.iter().map(|pattern| pattern.matches(&text)).collect()).or_default();
            let member = Member::Text(text.as_str().into());
            if class.len() < count && !named.contains(&member) {
                class.insert(member);
            }
            todo.extend(letters.iter().map(|letter| format!("{text}{letter}")));
        }
        if todo.len() > MAX_VALUES {
            return None;
        }
    }
    Some(found.into_values().flatten().collect())
}
