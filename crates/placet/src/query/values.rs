//! Descriptions of sets of values, as data and in words.

use super::axis::{Axis, Classes};
use crate::explain::range_in_words;
use placet_core::Pattern;
use placet_model::BitSet;
use placet_model::input::Fact;
use placet_model::types::{Attribute, Members, Type, Universe};
use placet_model::value::{Member, Value, pattern_literal};
use placet_model::words::{names, nodes};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// The number of names that words list; the rest are counted.
const MAX_NAMES: usize = 12;

/// A set of values of one attribute: those that one of its parts describes. Displays in words.
///
/// ```
/// use placet::Policy;
///
/// let policy = Policy::from_text("
///     policy shop
///     request { age: int 0..150 }
///     rule teens { allow when age in 13..17 }
/// ")?;
/// let regions = policy.query(&policy.request(), ["age"])?.regions;
/// let words: Vec<String> = regions.iter().map(|region| region.values["age"].to_string()).collect();
/// assert_eq!(words, ["at most 12 or at least 18", "13 to 17"]);
/// assert_eq!(serde_json::to_string(&regions[1].values["age"])?, r#"{"ranges":[[13,17]]}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Values {
    /// These values; a node of a taxonomy stands for all leaves below it, null for `none`.
    #[serde(rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Fact>,
    /// Every value but these; empty if the part describes nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<Fact>,
    /// Ranges of ordered values, in ascending order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<ValueRange>,
    /// Texts by the patterns that they match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<TextCondition>,
    /// Sets by their members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<SetCondition>,
    #[serde(skip)]
    words: Vec<String>,
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(" or "))
    }
}

/// A range of values, both ends included. In JSON an array of two; null is an end of a domain that isn't an `int`'s.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ValueRange {
    /// The first value; `None` if every smaller value is in the range.
    pub first: Option<Fact>,
    /// The last value; `None` if every greater value is in the range.
    pub last: Option<Fact>,
}

impl Serialize for ValueRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.first, &self.last).serialize(serializer)
    }
}

/// Texts that match some patterns and not others, and that no condition names.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TextCondition {
    /// Patterns that the text matches: `*` stands for any characters, `\*` for a star and `\\` for a backslash.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub like: Vec<String>,
    /// Patterns that the text doesn't match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_like: Vec<String>,
    /// Texts that it isn't.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<Arc<str>>,
    #[serde(skip)]
    words: String,
}

impl TextCondition {
    pub(super) fn new(matches: &[bool], patterns: &[Pattern], named: impl Iterator<Item = Arc<str>>) -> Self {
        let of = |wanted: bool| {
            let all = patterns.iter().zip(matches).filter(move |(_, matches)| **matches == wanted);
            all.map(|(pattern, _)| pattern)
        };
        let written = |pattern: &Pattern| {
            let pieces = pattern.pieces().iter().map(|piece| piece.replace('\\', "\\\\").replace('*', "\\*"));
            pieces.collect::<Vec<String>>().join("*")
        };
        let join = |wanted: bool, by: &str| of(wanted).map(pattern_literal).collect::<Vec<_>>().join(by);
        let words = match (join(true, " and "), join(false, " or ")) {
            (like, _) if like.is_empty() => "another text".to_owned(),
            (like, unlike) if unlike.is_empty() => format!("another text like {like}"),
            (like, unlike) => format!("another text like {like} but not like {unlike}"),
        };
        Self {
            like: of(true).map(written).collect(),
            not_like: of(false).map(written).collect(),
            not_in: named.collect(),
            words,
        }
    }
}

/// Sets that have members of each of some groups, and none of others.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SetCondition {
    /// The set has a member of each of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<Values>,
    /// The set has no member of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none: Option<Values>,
}

/// Members of which a set may have any instead of any other.
pub(super) struct MemberGroup {
    pub(super) sample: Member,
    /// The members that conditions name.
    pub(super) members: Vec<Member>,
    /// The description of members that no condition names.
    pub(super) others: Option<TextCondition>,
}

/// Describes the values of some classes.
pub(super) fn describe(axis: &Axis<'_>, classes: &BitSet) -> Values {
    let mut out = match &axis.classes {
        Classes::One(_) => Values::default(),
        Classes::Symbols(blocks) => {
            let chosen = classes.iter().filter_map(|class| blocks.get(class as usize));
            let bound = axis.attribute.kind.symbols().unwrap_or_default();
            let all = chosen.fold(BitSet::empty(bound), |all, block| all.union(block));
            symbols(&axis.attribute.kind, &all)
        }
        Classes::Ordered(starts) => ranges(&axis.attribute.kind, starts, classes),
        Classes::Texts { named, others, patterns } => {
            let chosen = |index: usize| u32::try_from(index).is_ok_and(|class| classes.contains(class));
            let (inside, outside): (Vec<_>, Vec<_>) = (0..).zip(named).partition(|(index, _)| chosen(*index));
            let texts = |of: Vec<(usize, &Arc<str>)>| {
                of.into_iter().map(|(_, text)| text.clone()).collect::<Vec<_>>()
            };
            let (inside, outside) = (texts(inside), texts(outside));
            match others.as_slice() {
                [_] if patterns.is_empty() && chosen(named.len()) => all_but(&outside),
                others => {
                    let mut out = texts_in(&inside);
                    for (_, other) in others.iter().enumerate().filter(|(at, _)| chosen(named.len() + at)) {
                        let condition = TextCondition::new(&other.matches, patterns, named.iter().cloned());
                        out.words.push(condition.words.clone());
                        out.texts.push(condition);
                    }
                    out
                }
            }
        }
        Classes::Sets { groups, masks, .. } => sets(&axis.attribute.kind, groups, masks, classes),
    };
    match axis.none() {
        Some(none) if classes.contains(none) => {
            out.one_of.insert(0, Fact::Null);
            out.words.insert(0, "none".to_owned());
        }
        // Every value but `none`.
        Some(none) if classes.len() == none => {
            return Values {
                not_in: vec![Fact::Null],
                words: vec!["any value but none".to_owned()],
                ..Values::default()
            };
        }
        _ => {}
    }
    out
}

/// Describes the values of an attribute that another type of the same kind doesn't have; `None` if it has all of them.
/// `has_none` is true if `none` is one of the values to describe.
pub(super) fn outside(attribute: &Attribute, of: &Type, has_none: bool) -> Option<Values> {
    let missing = |own: &Universe, of: &Universe| {
        let is_missing = |symbol: &u32| of.find(own.name(*symbol)).is_none_or(|(_, is_inner)| is_inner);
        BitSet::from_iter(own.len(), (0..own.len()).filter(is_missing))
    };
    let mut out = match (&attribute.kind, of) {
        (Type::Symbol(own), Type::Symbol(of)) => {
            let missing = missing(own, of);
            if missing.is_empty() { Values::default() } else { symbols(&attribute.kind, &missing) }
        }
        (Type::Set { of: own, may_be_empty }, Type::Set { of, may_be_empty: may_all_be_empty }) => {
            let mut out = Values::default();
            if let (Members::Symbols(own), Members::Symbols(of)) = (own, of) {
                let missing = missing(own, of);
                if !missing.is_empty() {
                    let members = of_universe(own, &missing);
                    out.words.push(contains(&members));
                    out.sets.push(SetCondition { any: vec![members], none: None });
                }
            }
            if *may_be_empty && !may_all_be_empty {
                let every = match own {
                    Members::Symbols(own) => of_universe(own, &BitSet::full(own.len())),
                    Members::Texts => Values { texts: vec![TextCondition::default()], ..Values::default() },
                };
                out.words.push("is empty".to_owned());
                out.sets.push(SetCondition { any: Vec::new(), none: Some(every) });
            }
            out
        }
        (own, of) => match own.ordinals().zip(of.ordinals()) {
            Some(((low, high), (first, last))) => {
                let after = last.checked_add(1).filter(|after| *after <= high);
                let starts: Vec<i64> = BTreeSet::from([low, first]).into_iter().chain(after).collect();
                let outside = starts.iter().zip(0..).filter(|(start, _)| !(first..=last).contains(*start));
                let outside = outside.map(|(_, class)| class);
                ranges(own, &starts, &BitSet::from_iter(starts.len() as u32, outside))
            }
            None => Values::default(),
        },
    };
    if has_none {
        out.one_of.insert(0, Fact::Null);
        out.words.insert(0, "none".to_owned());
    }
    (!out.words.is_empty()).then_some(out)
}

/// Describes symbols, with nodes of a taxonomy in place of all their leaves.
pub(super) fn symbols(ty: &Type, set: &BitSet) -> Values {
    match ty {
        Type::Symbol(universe) => of_universe(universe, set),
        _ => {
            let all: Vec<bool> = set.iter().map(|symbol| symbol == 1).collect();
            Values {
                words: all.iter().map(bool::to_string).collect(),
                one_of: all.into_iter().map(Fact::Bool).collect(),
                ..Values::default()
            }
        }
    }
}

fn of_universe(universe: &Universe, set: &BitSet) -> Values {
    Values {
        one_of: nodes(universe, set).into_iter().map(Fact::from).collect(),
        words: vec![listed(&names(universe, set))],
        ..Values::default()
    }
}

fn texts_in(texts: &[Arc<str>]) -> Values {
    let words: Vec<String> = texts.iter().map(quoted).collect();
    Values {
        words: if words.is_empty() { Vec::new() } else { vec![listed(&words)] },
        one_of: texts.iter().cloned().map(Fact::from).collect(),
        ..Values::default()
    }
}

fn all_but(texts: &[Arc<str>]) -> Values {
    let words: Vec<String> = texts.iter().map(quoted).collect();
    Values {
        words: vec![format!("any text but {}", listed(&words))],
        not_in: texts.iter().cloned().map(Fact::from).collect(),
        ..Values::default()
    }
}

fn quoted(text: &Arc<str>) -> String {
    Value::String(text.clone()).display(&Type::String)
}

fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(MAX_NAMES);
    let shown = names.iter().take(MAX_NAMES).cloned().collect::<Vec<String>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn ranges(ty: &Type, starts: &[i64], classes: &BitSet) -> Values {
    let domain = ty.ordinals().unwrap_or_default();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for class in classes.iter() {
        let Some(start) = starts.get(class as usize) else { continue };
        let end = starts.get(class as usize + 1).map_or(domain.1, |next| next.saturating_sub(1));
        match joined.last_mut() {
            Some((_, last)) if last.saturating_add(1) == *start => *last = end,
            _ => joined.push((*start, end)),
        }
    }
    let is_int = matches!(ty, Type::Int(..));
    let fact = |ordinal: i64| Fact::from_value(ty, &Value::from_ordinal(ty, ordinal)?);
    Values {
        words: joined.iter().map(|(low, high)| range_in_words(ty, domain, *low, *high)).collect(),
        ranges: joined
            .iter()
            .map(|(low, high)| ValueRange {
                first: fact(*low).filter(|_| is_int || *low != domain.0),
                last: fact(*high).filter(|_| is_int || *high != domain.1),
            })
            .collect(),
        ..Values::default()
    }
}

/// Describes the members of some groups.
pub(super) fn members_of<'g>(ty: &Type, groups: impl Iterator<Item = &'g MemberGroup>) -> Values {
    let mut named: Vec<Member> = Vec::new();
    let mut others: Vec<&TextCondition> = Vec::new();
    for group in groups {
        match &group.others {
            None => named.extend(group.members.iter().cloned()),
            Some(condition) => others.push(condition),
        }
    }
    match (others.as_slice(), named.as_slice()) {
        ([only], []) if only.like.is_empty() && only.not_like.is_empty() && !only.not_in.is_empty() => {
            all_but(&only.not_in)
        }
        _ => {
            let mut out = members(ty, &named);
            out.words.extend(others.iter().map(|condition| condition.words.clone()));
            out.texts.extend(others.into_iter().cloned());
            out
        }
    }
}

/// Describes members that conditions name.
fn members(ty: &Type, all: &[Member]) -> Values {
    match ty {
        Type::Set { of: Members::Symbols(universe), .. } => {
            let symbols = all.iter().filter_map(|member| match member {
                Member::Symbol(symbol) => Some(*symbol),
                Member::Text(_) => None,
            });
            of_universe(universe, &BitSet::from_iter(universe.len(), symbols))
        }
        _ => {
            let texts: BTreeSet<Arc<str>> = all
                .iter()
                .filter_map(|member| match member {
                    Member::Text(text) => Some(text.clone()),
                    Member::Symbol(_) => None,
                })
                .collect();
            texts_in(&texts.into_iter().collect::<Vec<_>>())
        }
    }
}

/// A product of conditions on groups: masks of those of which a set has a member, and has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cube {
    has: u32,
    lacks: u32,
}

/// Describes sets by the groups of their members.
fn sets(ty: &Type, groups: &[MemberGroup], masks: &[u32], classes: &BitSet) -> Values {
    let is_listed: Vec<Option<bool>> = {
        let mut out = vec![None; 1_usize << groups.len().min(super::Regions::MAX_MEMBER_CLASSES)];
        for (class, mask) in (0..).zip(masks) {
            if let Some(slot) = out.get_mut(*mask as usize) {
                *slot = Some(classes.contains(class));
            }
        }
        out
    };
    let is_whole = groups.len() <= super::Regions::MAX_MEMBER_CLASSES;
    let every = u32::MAX.checked_shr(u32::BITS.saturating_sub(groups.len() as u32)).unwrap_or_default();
    let cubes = match is_whole {
        true => cubes(&is_listed, groups.len() as u32),
        false => {
            let chosen = classes.iter().filter_map(|class| masks.get(class as usize));
            chosen.map(|mask| Cube { has: *mask, lacks: every & !mask }).collect()
        }
    };
    let mut out = Values::default();
    for cube in cubes {
        let of =
            |mask: u32| (0..).zip(groups).filter(move |(at, _)| mask >> at & 1 == 1).map(|(_, group)| group);
        let any: Vec<Values> = of(cube.has).map(|one| members_of(ty, std::iter::once(one))).collect();
        let none: Option<Values> = (cube.lacks != 0).then(|| members_of(ty, of(cube.lacks)));
        let free = every & !cube.lacks;
        // "Only" is plainer than "none of" where fewer groups are left than excluded.
        let is_only =
            free.count_ones() <= cube.lacks.count_ones() && of(free).all(|group| group.others.is_none());
        let mut words: Vec<String> = any.iter().map(contains).collect();
        match &none {
            Some(_) if free == 0 => words = vec!["is empty".to_owned()],
            Some(_) if is_only => {
                // A set that isn't empty and has only members of one group has one of them.
                if cube.has == free && any.len() == 1 {
                    words.clear();
                }
                words.push(format!("has only {{{}}}", members_of(ty, of(free))));
            }
            Some(none) => words.push(format!("contains none of {{{none}}}")),
            None => {}
        }
        out.words.push(words.join(" and "));
        out.sets.push(SetCondition { any, none });
    }
    out
}

/// Formats the condition that a set has one of some members.
fn contains(members: &Values) -> String {
    match members.one_of.len() {
        1 => format!("contains {members}"),
        _ => format!("contains any of {{{members}}}"),
    }
}

/// Returns disjoint products whose masks are those that are wanted. Masks that stand for nothing may be in a product, too.
fn cubes(wanted: &[Option<bool>], bits: u32) -> Vec<Cube> {
    let Some(bit) = bits.checked_sub(1) else {
        return match wanted.first() {
            Some(Some(true)) => vec![Cube { has: 0, lacks: 0 }],
            _ => Vec::new(),
        };
    };
    let (without, with) = wanted.split_at_checked(wanted.len() / 2).unwrap_or_default();
    let differ = without
        .iter()
        .zip(with)
        .any(|(one, other)| matches!((one, other), (Some(one), Some(other)) if one != other));
    if !differ {
        let both: Vec<Option<bool>> = without.iter().zip(with).map(|(one, other)| one.or(*other)).collect();
        return cubes(&both, bit);
    }
    let without = cubes(without, bit).into_iter().map(|cube| Cube { lacks: cube.lacks | 1 << bit, ..cube });
    let with = cubes(with, bit).into_iter().map(|cube| Cube { has: cube.has | 1 << bit, ..cube });
    without.chain(with).collect()
}
