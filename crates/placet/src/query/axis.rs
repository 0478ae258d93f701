//! The classes of one attribute's values: values in one class have the same answer, all else as given.

use super::values::{self, MemberGroup, TextCondition, Values};
use super::{QueryError, Regions};
use crate::explain::unnamed_text;
use placet_core::Pattern;
use placet_model::condition::{Atom, Collection};
use placet_model::request::{Assignment, Known};
use placet_model::solver::{AttributeClasses, classes_of, open_atoms};
use placet_model::types::{Attribute, AttributeId, Members, Type};
use placet_model::value::{Member, Value};
use placet_model::{BitSet, Model};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The size of a domain up to which its values are listed one by one, where conditions relate attributes of the query.
const MAX_SINGLE: u32 = 256;

/// The sets that an attribute of sets stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sets {
    /// All sets.
    All,
    /// Sets of one member.
    OfOne,
}

impl Sets {
    /// Returns a value of a type on whose values nothing depends.
    pub(super) fn plain_value(self, kind: &Type) -> Value {
        match kind {
            Type::Set { of: Members::Symbols(universe), .. } if self == Sets::OfOne => {
                Value::Symbols(BitSet::from_iter(universe.len(), [0]))
            }
            kind => kind.plain_value(),
        }
    }

    /// Returns the masks of all sets of this many groups, and true; of too many groups, only of the sets of one group and
    /// of all, and false.
    pub(super) fn masks(self, groups: usize, may_be_empty: bool) -> (Vec<u32>, bool) {
        let of_one = || (0..groups).map(|at| 1 << at);
        let empty = may_be_empty.then_some(0);
        match self {
            Sets::OfOne => (of_one().collect(), true),
            Sets::All if groups <= Regions::MAX_MEMBER_CLASSES => {
                (empty.into_iter().chain(1..1 << groups).collect(), true)
            }
            Sets::All => {
                let all = (1_u32 << groups) - 1;
                (empty.into_iter().chain(of_one()).chain([all]).collect(), false)
            }
        }
    }
}

/// The classes of an attribute's values.
pub(super) struct Axis<'m> {
    pub(super) id: AttributeId,
    /// The attribute; of two policies, with the values that both have.
    pub(super) attribute: Cow<'m, Attribute>,
    pub(super) classes: Classes,
    /// True if `none` is a class, behind all others.
    pub(super) has_none: bool,
    /// True if every value is in a class.
    pub(super) is_whole: bool,
}

/// Classes by the kind of type.
pub(super) enum Classes {
    /// No condition depends on the attribute.
    One(Value),
    /// Symbols: the classes divide them.
    Symbols(Vec<BitSet>),
    /// Ordered values: the first ordinal of each class.
    Ordered(Vec<i64>),
    /// Each text that conditions name, then classes of the others.
    Texts { named: Vec<Arc<str>>, others: Vec<OtherTexts>, patterns: Vec<Pattern> },
    /// Sets by the groups of members that they have: a mask of groups for each class.
    Sets { groups: Vec<MemberGroup>, masks: Vec<u32>, tests: SetTests },
}

/// The tests that divide the members of sets into groups.
#[derive(Debug, Clone, Default)]
pub(super) struct SetTests {
    /// The members that conditions name. A test of the whole set asks for each of them, not for any.
    pub(super) tests: Vec<SetTest>,
    /// True if each member is a group of its own.
    pub(super) is_single: bool,
}

/// Members that a condition names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SetTest {
    pub(super) of: Collection,
    pub(super) is_whole: bool,
}

impl SetTest {
    fn holds(&self, member: &Member) -> bool {
        match (&self.of, member) {
            (Collection::Symbols(set), Member::Symbol(symbol)) => set.contains(*symbol),
            (Collection::Texts(texts), Member::Text(text)) => texts.contains(text),
            (Collection::Like(pattern), Member::Text(text)) => pattern.matches(text),
            _ => false,
        }
    }
}

/// Texts that no condition names, and that match the same patterns.
pub(super) struct OtherTexts {
    pub(super) sample: Arc<str>,
    /// For each pattern, true if it matches.
    pub(super) matches: Vec<bool>,
}

impl<'m> Axis<'m> {
    /// Lists the classes of attributes, so that requests with values of the same classes have the same answers under each
    /// of some assignments.
    ///
    /// # Errors
    /// Returns an error if conditions relate the attributes in a way that classes of single attributes can't express.
    pub(super) fn list(
        model: &'m Model,
        assignments: &[Assignment],
        ids: &[AttributeId],
        sets: Sets,
    ) -> Result<Vec<Self>, QueryError> {
        let mut unknown: Vec<Assignment> = assignments.to_vec();
        for facts in &mut unknown {
            for id in ids {
                // Pending, not missing: each of its classes is a value, so no `is missing` holds.
                facts.set_declared(model, *id, Known::Pending);
            }
        }
        let roots = || model.rules.iter().flat_map(|rule| rule.conditions());
        let atoms: BTreeSet<&Atom> = unknown
            .iter()
            .flat_map(|facts| open_atoms(model, facts, roots().collect::<Vec<_>>().into_iter()))
            .collect();
        let atoms: Vec<&Atom> = atoms.into_iter().collect();
        let of_each: Vec<BTreeMap<AttributeId, AttributeClasses>> =
            unknown.iter().map(|facts| classes_of(model, facts, ids, &atoms)).collect();
        let listing = Listing { model, atoms, facts: &unknown, ids, sets };
        let axes = ids.iter().map(|id| {
            let classes: Vec<&AttributeClasses> = of_each.iter().filter_map(|all| all.get(id)).collect();
            listing.axis(*id, &classes)
        });
        axes.collect()
    }

    /// Returns the number of classes.
    pub(super) fn len(&self) -> u32 {
        let count = match &self.classes {
            Classes::One(_) => 1,
            Classes::Symbols(blocks) => blocks.len(),
            Classes::Ordered(starts) => starts.len(),
            Classes::Texts { named, others, .. } => named.len() + others.len(),
            Classes::Sets { masks, .. } => masks.len(),
        };
        u32::try_from(count).unwrap_or(u32::MAX).saturating_add(self.has_none.into())
    }

    /// Returns the number of the class of `none`, if it is a class.
    pub(super) fn none(&self) -> Option<u32> {
        self.has_none.then(|| self.len().saturating_sub(1))
    }

    /// Returns a value of a class.
    pub(super) fn value(&self, class: u32) -> Value {
        let index = class as usize;
        let found = match &self.classes {
            _ if self.none() == Some(class) => Some(Value::None),
            Classes::One(value) => Some(value.clone()),
            Classes::Symbols(blocks) => {
                let symbol = blocks.get(index).and_then(|block| block.iter().next());
                symbol.map(|symbol| match &self.attribute.kind {
                    Type::Bool => Value::Bool(symbol == 1),
                    _ => Value::Symbol(symbol),
                })
            }
            Classes::Ordered(starts) => {
                starts.get(index).and_then(|start| Value::from_ordinal(&self.attribute.kind, *start))
            }
            Classes::Texts { named, others, .. } => {
                let other = || index.checked_sub(named.len()).and_then(|index| others.get(index));
                named.get(index).or_else(|| other().map(|other| &other.sample)).cloned().map(Value::String)
            }
            Classes::Sets { groups, masks, .. } => masks.get(index).map(|mask| self.set(groups, *mask)),
        };
        // INVARIANT: every class has a value of the type.
        found.unwrap_or(Value::None)
    }

    fn set(&self, groups: &[MemberGroup], mask: u32) -> Value {
        let members = (0..).zip(groups).filter(|(at, _)| mask >> at & 1 == 1).map(|(_, group)| &group.sample);
        match &self.attribute.kind {
            Type::Set { of: Members::Symbols(universe), .. } => {
                let symbols = members.filter_map(|member| match member {
                    Member::Symbol(symbol) => Some(*symbol),
                    Member::Text(_) => None,
                });
                Value::Symbols(BitSet::from_iter(universe.len(), symbols))
            }
            _ => Value::Texts(
                members
                    .filter_map(|member| match member {
                        Member::Text(text) => Some(text.clone()),
                        Member::Symbol(_) => None,
                    })
                    .collect(),
            ),
        }
    }

    /// Describes the values of some classes; `None` for any value.
    pub(super) fn values(&self, classes: &BitSet) -> Option<Values> {
        (!(classes.is_full() && self.is_whole)).then(|| values::describe(self, classes))
    }
}

/// The comparisons that classes are listed for.
struct Listing<'a, 'm> {
    model: &'m Model,
    /// The comparisons that no assignment settles.
    atoms: Vec<&'m Atom>,
    facts: &'a [Assignment],
    /// The attributes of the query.
    ids: &'a [AttributeId],
    sets: Sets,
}

impl<'m> Listing<'_, 'm> {
    fn axis(&self, id: AttributeId, classes: &[&AttributeClasses]) -> Result<Axis<'m>, QueryError> {
        // INVARIANT: the ids are those of attributes of the model.
        let Some(attribute) = self.model.attribute(id) else {
            return Err(QueryError::NotGiven { attribute: "".into() });
        };
        let axis = |classes, is_whole| Axis {
            id,
            attribute: Cow::Borrowed(attribute),
            classes,
            has_none: attribute.is_optional() && !matches!(self.sets, Sets::OfOne),
            is_whole,
        };
        if classes.is_empty() {
            return Ok(axis(Classes::One(self.sets.plain_value(&attribute.kind)), true));
        }
        let related: BTreeSet<AttributeId> =
            classes.iter().flat_map(|classes| classes.related.iter().copied()).collect();
        let queried: Vec<AttributeId> = self.ids.iter().copied().filter(|id| related.contains(id)).collect();
        let is_coarse = classes.iter().any(|classes| classes.is_coarse);
        let entangled = || {
            let attribute = attribute.name.clone();
            match self.names(related.iter().filter(|other| **other != id).copied()) {
                unknown if unknown.is_empty() => QueryError::TooManyValues { attribute },
                unknown => QueryError::Entangled { attribute, unknown },
            }
        };
        // Values of attributes of the query that conditions relate are listed one by one.
        let is_single = queried.len() > 1;
        let error = || {
            if is_single {
                QueryError::Related { attributes: self.names(queried.iter().copied()) }
            } else {
                entangled()
            }
        };
        match &attribute.kind {
            Type::Bool | Type::Symbol(_) => {
                let count = attribute.kind.symbols().unwrap_or_default();
                if (is_single || is_coarse) && count > MAX_SINGLE {
                    return Err(error());
                }
                let is_single = is_single || is_coarse;
                Ok(axis(Classes::Symbols(symbols(count, classes, is_single)), true))
            }
            Type::String if is_single || is_coarse => Err(error()),
            Type::String => Ok(axis(self.texts(&related, classes), true)),
            Type::Set { of, may_be_empty } => {
                // Which of its members a set has in common with an unknown one can depend on each of them.
                let tests = SetTests { tests: self.set_tests(id, of), is_single: related.len() > 1 };
                let samples = classes.iter().flat_map(|classes| &classes.values);
                let samples = samples.flat_map(|(value, _)| value.members());
                let groups = groups(of, &tests, samples).ok_or_else(error)?;
                let (masks, is_whole) = self.sets.masks(groups.len(), *may_be_empty);
                Ok(axis(Classes::Sets { groups, masks, tests }, is_whole))
            }
            ordered => {
                let (low, high) = ordered.ordinals().unwrap_or_default();
                let starts: BTreeSet<i64> = if is_single || is_coarse {
                    if high.abs_diff(low) >= MAX_SINGLE.into() {
                        return Err(error());
                    }
                    (low..=high).collect()
                } else {
                    let starts = classes.iter().flat_map(|classes| &classes.values);
                    starts.filter_map(|(value, _)| value.ordinal()).chain([low]).collect()
                };
                Ok(axis(Classes::Ordered(starts.into_iter().collect()), true))
            }
        }
    }

    fn names(&self, ids: impl Iterator<Item = AttributeId>) -> Vec<Arc<str>> {
        let names: BTreeSet<Arc<str>> =
            ids.map(|id| self.model.attribute_name(self.model.declared_id(id)).into()).collect();
        names.into_iter().collect()
    }

    /// Returns the comparisons on some attributes.
    fn atoms_on<'s>(&'s self, ids: &'s BTreeSet<AttributeId>) -> impl Iterator<Item = &'m Atom> + 's {
        self.atoms.iter().copied().filter(|atom| atom.attributes().iter().any(|id| ids.contains(id)))
    }

    /// Returns the known values of the attributes in a comparison, under each assignment.
    fn known<'s>(&'s self, atom: &'s Atom) -> impl Iterator<Item = &'s Value> + 's {
        let ids = atom.attributes();
        self.facts.iter().flat_map(move |facts| ids.clone().into_iter().filter_map(|id| facts.value(id)))
    }

    fn texts(&self, related: &BTreeSet<AttributeId>, classes: &[&AttributeClasses]) -> Classes {
        let (mut named, mut patterns) = (BTreeSet::new(), Vec::new());
        for atom in self.atoms_on(related) {
            match atom {
                Atom::TextIn(_, texts)
                | Atom::AnyIn(_, Collection::Texts(texts))
                | Atom::AllIn(_, Collection::Texts(texts))
                | Atom::Exactly(_, Collection::Texts(texts)) => named.extend(texts.iter().cloned()),
                Atom::TextLike(_, pattern)
                | Atom::AnyIn(_, Collection::Like(pattern))
                | Atom::AllIn(_, Collection::Like(pattern)) => {
                    if !patterns.contains(pattern) {
                        patterns.push(pattern.clone());
                    }
                }
                other => {
                    for member in self.known(other).flat_map(Value::members) {
                        if let Member::Text(text) = member {
                            named.insert(text);
                        }
                    }
                }
            }
        }
        let samples = classes.iter().flat_map(|classes| &classes.values).map(|(value, _)| value);
        texts(named, patterns, samples)
    }

    /// Returns the members that conditions on a set name.
    fn set_tests(&self, id: AttributeId, of: &Members) -> Vec<SetTest> {
        let mut tests: Vec<SetTest> = Vec::new();
        for atom in self.atoms_on(&BTreeSet::from([id])) {
            let is_whole = match atom {
                Atom::AnyIn(_, of) | Atom::AllIn(_, of) => {
                    tests.push(SetTest { of: of.clone(), is_whole: false });
                    continue;
                }
                Atom::Exactly(_, of) => {
                    tests.push(SetTest { of: of.clone(), is_whole: true });
                    continue;
                }
                Atom::SameSet(..) => true,
                Atom::Subset(_, all) => *all == id,
                _ => false,
            };
            for value in self.known(atom) {
                tests.extend(collection(value, of).map(|of| SetTest { of, is_whole }));
            }
        }
        tests
    }
}

/// Returns the classes of texts: each named one, and of the others those that the same patterns match.
pub(super) fn texts<'v>(
    named: BTreeSet<Arc<str>>,
    patterns: Vec<Pattern>,
    samples: impl Iterator<Item = &'v Value>,
) -> Classes {
    let mut others: Vec<OtherTexts> = Vec::new();
    for value in samples {
        let Value::String(sample) = value else { continue };
        let Some(sample) = unnamed_text(sample.clone(), &named, &patterns) else { continue };
        let matches: Vec<bool> = patterns.iter().map(|pattern| pattern.matches(&sample)).collect();
        if !others.iter().any(|other| other.matches == matches) {
            others.push(OtherTexts { sample, matches });
        }
    }
    Classes::Texts { named: named.into_iter().collect(), others, patterns }
}

/// Returns groups of members: of all members of one group, a set may have any instead of any other. `None` if there are
/// too many.
pub(super) fn groups(
    of: &Members,
    tests: &SetTests,
    samples: impl Iterator<Item = Member>,
) -> Option<Vec<MemberGroup>> {
    let SetTests { tests, is_single } = tests;
    let (named, patterns) = texts_of(tests);
    let members: Vec<Member> = match of {
        Members::Symbols(universe) => (0..universe.len()).map(Member::Symbol).collect(),
        Members::Texts if *is_single => return None,
        Members::Texts => {
            let others = samples.filter_map(|member| match member {
                Member::Text(text) => unnamed_text(text, &named, &patterns).map(Member::Text),
                Member::Symbol(_) => None,
            });
            named.iter().cloned().map(Member::Text).chain(others).collect()
        }
    };
    let mut groups: Vec<(Vec<bool>, Option<Member>, MemberGroup)> = Vec::new();
    for member in members {
        let signature: Vec<bool> = tests.iter().map(|test| test.holds(&member)).collect();
        // A test of the whole set asks for each of these members.
        let is_own = *is_single || tests.iter().any(|test| test.is_whole && test.holds(&member));
        let own = is_own.then(|| member.clone());
        match groups.iter_mut().find(|(known, other, _)| *known == signature && *other == own) {
            Some((_, _, group)) => group.members.push(member),
            None => {
                let others = match &member {
                    Member::Text(text) if !named.contains(text) => {
                        let matches: Vec<bool> = patterns.iter().map(|one| one.matches(text)).collect();
                        Some(TextCondition::new(&matches, &patterns, named.iter().cloned()))
                    }
                    _ => None,
                };
                let group = MemberGroup { sample: member.clone(), members: vec![member], others };
                groups.push((signature, own, group));
            }
        }
    }
    let is_small = groups.len() < u32::BITS as usize;
    is_small.then(|| groups.into_iter().map(|(.., group)| group).collect())
}

/// Returns the texts and the patterns in tests.
pub(super) fn texts_of(tests: &[SetTest]) -> (BTreeSet<Arc<str>>, Vec<Pattern>) {
    let (mut named, mut patterns) = (BTreeSet::new(), Vec::new());
    for test in tests {
        match &test.of {
            Collection::Texts(texts) => named.extend(texts.iter().cloned()),
            Collection::Like(pattern) if !patterns.contains(pattern) => patterns.push(pattern.clone()),
            _ => {}
        }
    }
    (named, patterns)
}

/// Returns the members of a known value, as members of a set.
fn collection(value: &Value, of: &Members) -> Option<Collection> {
    Some(match (value, of) {
        (Value::String(text), _) => Collection::Texts(BTreeSet::from([text.clone()])),
        (Value::Texts(texts), _) => Collection::Texts(texts.clone()),
        (Value::Symbols(set), _) => Collection::Symbols(set.clone()),
        (value, Members::Symbols(universe)) => {
            Collection::Symbols(BitSet::from_iter(universe.len(), value.symbol()))
        }
        _ => return None,
    })
}

/// Divides symbols into the classes of each listing.
fn symbols(count: u32, classes: &[&AttributeClasses], is_single: bool) -> Vec<BitSet> {
    let mut keys: BTreeMap<Vec<usize>, BitSet> = BTreeMap::new();
    for symbol in 0..count {
        let mut key: Vec<usize> = classes
            .iter()
            .map(|classes| {
                let has =
                    |(_, all): &(Value, Vec<Value>)| all.iter().any(|value| value.symbol() == Some(symbol));
                classes.values.iter().position(has).unwrap_or(usize::MAX)
            })
            .collect();
        if is_single {
            key.push(symbol as usize);
        }
        keys.entry(key).or_insert_with(|| BitSet::empty(count)).insert(symbol);
    }
    let mut out: Vec<BitSet> = keys.into_values().collect();
    out.sort_by_key(|block| block.iter().next());
    out
}
