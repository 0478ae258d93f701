//! Representatives for symbols, texts and sets: elements that no condition tells apart form one unit.

use super::formula::{Formula, Variable};
use super::ground::{Component, Ground, Meaning};
use super::truth::collection;
use super::words::{TextTest, words};
use crate::bits::BitSet;
use crate::condition::{Atom, Collection};
use crate::request::Known;
use crate::types::{AttributeId, Members, Type};
use crate::value::{Member, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The number of symbol tests that cost one unit of room.
const LOOKS: usize = 8;

/// Interchangeable elements.
struct Unit {
    /// One of them.
    sample: Member,
    /// The set of all of them. A set has the whole block or none of it.
    block: Value,
}

/// An atom with the known attributes substituted.
enum Test {
    /// A single value is among these.
    Is(AttributeId, ElementTest),
    /// A set has a member among these.
    AnyIn(AttributeId, Collection),
    /// A set has no other members.
    AllIn(AttributeId, Collection),
    /// A set has all of these.
    HasAll(AttributeId, Collection),
    /// A set is this.
    Exactly(AttributeId, Collection),
    Same(AttributeId, AttributeId),
    MemberOf(AttributeId, AttributeId),
    Meet(AttributeId, AttributeId),
    Subset(AttributeId, AttributeId),
    SameSet(AttributeId, AttributeId),
}

/// A property of elements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum ElementTest {
    Symbols(BitSet),
    Text(TextTest),
}

impl ElementTest {
    fn of(collection: &Collection) -> Self {
        match collection {
            Collection::Symbols(symbols) => ElementTest::Symbols(symbols.clone()),
            Collection::Texts(texts) => ElementTest::Text(TextTest::OneOf(texts.clone())),
            Collection::Like(pattern) => ElementTest::Text(TextTest::Like(pattern.clone())),
        }
    }

    fn holds(&self, element: &Member) -> bool {
        match (self, element) {
            (ElementTest::Symbols(symbols), Member::Symbol(symbol)) => symbols.contains(*symbol),
            (ElementTest::Text(test), Member::Text(text)) => test.holds(text),
            _ => false,
        }
    }
}

/// The variables of an attribute: one for a single value, or one for each unit of a set.
enum Variables {
    /// The variable of a single value, with its possible units.
    Single(Variable, Vec<usize>),
    Set(Vec<Variable>),
}

/// Grounds a component of symbols, texts and sets. `None` if it needs too many representatives.
pub(super) fn ground<'a>(ground: &mut Ground<'a>, component: &Component<'a>) -> Option<()> {
    let tests: Vec<(&'a Atom, Test)> =
        component.atoms.iter().map(|atom| Some((*atom, residual(ground, atom)?))).collect::<Option<_>>()?;
    let units = units(ground, component, &tests)?;
    let mut variables: BTreeMap<AttributeId, Variables> = BTreeMap::new();
    for id in &component.attributes {
        variables.insert(*id, declare(ground, *id, &units)?);
    }
    for (atom, test) in &tests {
        let formula = formula(ground, test, &variables, &units)?;
        ground.set(atom, formula);
    }
    Some(())
}

/// Substitutes the known attributes into an atom.
fn residual(ground: &Ground<'_>, atom: &Atom) -> Option<Test> {
    let known = |id: &AttributeId| ground.facts.value(*id);
    let set = |id: &AttributeId| known(id).and_then(collection);
    Some(match atom {
        Atom::OneOf(id, symbols) => Test::Is(*id, ElementTest::Symbols(symbols.clone())),
        Atom::TextIn(id, texts) => Test::Is(*id, ElementTest::Text(TextTest::OneOf(texts.clone()))),
        Atom::TextLike(id, pattern) => Test::Is(*id, ElementTest::Text(TextTest::Like(pattern.clone()))),
        Atom::Same(a, b) => match (known(a), known(b)) {
            (None, None) => Test::Same(*a, *b),
            (Some(value), _) => Test::Is(*b, ElementTest::of(&singleton(ground, *b, value)?)),
            (None, Some(value)) => Test::Is(*a, ElementTest::of(&singleton(ground, *a, value)?)),
        },
        Atom::AnyIn(id, of) => Test::AnyIn(*id, of.clone()),
        Atom::AllIn(id, of) => Test::AllIn(*id, of.clone()),
        Atom::Exactly(id, of) => Test::Exactly(*id, of.clone()),
        Atom::MemberOf(element, of) => match (known(element), set(of)) {
            (None, None) => Test::MemberOf(*element, *of),
            (Some(value), _) => Test::AnyIn(*of, singleton(ground, *of, value)?),
            (None, Some(members)) => Test::Is(*element, ElementTest::of(&members)),
        },
        Atom::Meet(a, b) => match (set(a), set(b)) {
            (None, None) => Test::Meet(*a, *b),
            (Some(members), _) => Test::AnyIn(*b, members),
            (None, Some(members)) => Test::AnyIn(*a, members),
        },
        Atom::Subset(a, b) => match (set(a), set(b)) {
            (None, None) => Test::Subset(*a, *b),
            (Some(members), _) => Test::HasAll(*b, members),
            (None, Some(members)) => Test::AllIn(*a, members),
        },
        Atom::SameSet(a, b) => match (set(a), set(b)) {
            (None, None) => Test::SameSet(*a, *b),
            (Some(members), _) => Test::Exactly(*b, members),
            (None, Some(members)) => Test::Exactly(*a, members),
        },
        Atom::Missing(_) | Atom::Within(..) => return None,
    })
}

/// Returns the collection of one known value, over the universe of an attribute with the same members.
fn singleton(ground: &Ground<'_>, like: AttributeId, value: &Value) -> Option<Collection> {
    Some(match value {
        Value::String(text) => Collection::Texts(BTreeSet::from([text.clone()])),
        value => Collection::Symbols(BitSet::from_iter(universe(ground, like)?, value.symbol())),
    })
}

/// Returns the number of symbols of an attribute's type; `None` for texts.
fn universe(ground: &Ground<'_>, id: AttributeId) -> Option<u32> {
    match &ground.model.attribute(id)?.kind {
        Type::Set { of: Members::Symbols(universe), .. } => Some(universe.len()),
        kind => kind.symbols(),
    }
}

/// Returns the units of a component.
///
/// Only relations between attributes, and tests for all members of a set, can tell elements of one signature (the
/// truths of all tests) apart. Among k attributes an element has one of 2^k roles (the attributes that it is, or is
/// in). So 2^k units of a signature show every collection of roles. The last unit holds the remaining elements.
fn units(ground: &mut Ground<'_>, component: &Component<'_>, tests: &[(&Atom, Test)]) -> Option<Vec<Unit>> {
    let mut properties: BTreeSet<ElementTest> = BTreeSet::new();
    let mut whole = false;
    for (_, test) in tests {
        match test {
            Test::Is(_, property) => drop(properties.insert(property.clone())),
            Test::AnyIn(_, of) | Test::AllIn(_, of) => drop(properties.insert(ElementTest::of(of))),
            Test::HasAll(_, of) | Test::Exactly(_, of) => {
                whole = true;
                properties.insert(ElementTest::of(of));
                // Equality with a set of texts depends on each of its members.
                if let Collection::Texts(texts) = of {
                    properties.extend(
                        texts
                            .iter()
                            .map(|text| ElementTest::Text(TextTest::OneOf(BTreeSet::from([text.clone()])))),
                    );
                }
            }
            _ => {}
        }
    }
    for id in &component.attributes {
        if let Known::OneOf(leaves) = ground.facts.get(*id) {
            properties.insert(ElementTest::Symbols(leaves.clone()));
        }
    }
    let roles = match component.attributes.len() {
        1 => 1 + usize::from(whole),
        several => 1_usize.checked_shl(u32::try_from(several).ok()?).filter(|roles| *roles <= 64)?,
    };
    let limit = ground.model.limits.representatives;
    let first = *component.attributes.first()?;
    let units = match universe(ground, first) {
        Some(count) => {
            let looks = (count as usize).saturating_mul(1 + properties.len());
            if !ground.formulas.has_room(looks / LOOKS) {
                return None;
            }
            symbol_units(count, &properties, roles, limit)?
        }
        None => {
            let tests: Vec<TextTest> = properties
                .into_iter()
                .filter_map(|property| match property {
                    ElementTest::Text(test) => Some(test),
                    ElementTest::Symbols(_) => None,
                })
                .collect();
            let unit = |text: Arc<str>| Unit {
                block: Value::Texts(BTreeSet::from([text.clone()])),
                sample: Member::Text(text),
            };
            let room = ground.formulas.room();
            let mut left = room.min(limit.saturating_mul(256));
            let most = left;
            let words = words(&tests, roles, limit, &mut left);
            let has_room = ground.formulas.has_room(most - left);
            words.filter(|_| has_room)?.into_iter().map(unit).collect()
        }
    };
    (units.len() <= limit).then_some(units)
}

/// Returns the units of symbols. `None` if there are more than `limit`, or their bit sets would be too large.
fn symbol_units(
    count: u32,
    properties: &BTreeSet<ElementTest>,
    roles: usize,
    limit: usize,
) -> Option<Vec<Unit>> {
    const WORDS_OF_ONE: usize = 1 << 10;
    let mut groups: BTreeMap<Vec<bool>, Vec<u32>> = BTreeMap::new();
    for symbol in 0..count {
        let signature = properties.iter().map(|property| property.holds(&Member::Symbol(symbol))).collect();
        groups.entry(signature).or_default().push(symbol);
    }
    let units: usize = groups.values().map(|group| group.len().min(roles)).sum();
    let words = units.saturating_mul((count as usize).div_ceil(64));
    if units > limit || words > limit.saturating_mul(WORDS_OF_ONE) {
        return None;
    }
    let mut out = Vec::new();
    for group in groups.into_values() {
        let singles = group.len().min(roles).saturating_sub(1);
        let (own, left) = group.split_at_checked(singles).unwrap_or((&group, &[]));
        let blocks = own.iter().map(std::slice::from_ref).chain((!left.is_empty()).then_some(left));
        for block in blocks {
            out.extend(block.first().map(|first| Unit {
                sample: Member::Symbol(*first),
                block: Value::Symbols(BitSet::from_iter(count, block.iter().copied())),
            }));
        }
    }
    // People expect the order of the declaration.
    out.sort_by_key(|unit| match unit.sample {
        Member::Symbol(symbol) => symbol,
        Member::Text(_) => 0,
    });
    Some(out)
}

fn declare(ground: &mut Ground<'_>, id: AttributeId, units: &[Unit]) -> Option<Variables> {
    let kind = &ground.model.attribute(id)?.kind;
    if let Type::Set { may_be_empty, .. } = kind {
        let bits: Vec<Variable> =
            units.iter().map(|unit| ground.variable(2, Meaning::Members(id, unit.block.clone()))).collect();
        if !may_be_empty {
            let parts: Vec<Formula> = bits.iter().map(|bit| ground.formulas.holds(*bit)).collect();
            let some = ground.formulas.any(parts);
            ground.set_not_empty(id, some);
        }
        return Some(Variables::Set(bits));
    }
    let possible: Vec<usize> = (0..units.len())
        .filter(|at| match (ground.facts.get(id), units.get(*at).map(|unit| &unit.sample)) {
            (Known::OneOf(leaves), Some(Member::Symbol(symbol))) => leaves.contains(*symbol),
            _ => true,
        })
        .collect();
    let values = possible
        .iter()
        .filter_map(|at| units.get(*at))
        .map(|unit| {
            let value = |symbol: u32| {
                if *kind == Type::Bool { Value::Bool(symbol == 1) } else { Value::Symbol(symbol) }
            };
            match (&unit.sample, &unit.block) {
                (Member::Symbol(symbol), Value::Symbols(all)) => {
                    let possible = |symbol: &u32| match ground.facts.get(id) {
                        Known::OneOf(leaves) => leaves.contains(*symbol),
                        _ => true,
                    };
                    (value(*symbol), all.iter().filter(possible).map(value).collect())
                }
                (Member::Symbol(symbol), _) => (value(*symbol), vec![value(*symbol)]),
                (Member::Text(text), _) => {
                    let value = Value::String(text.clone());
                    (value.clone(), vec![value])
                }
            }
        })
        .collect();
    let variable = ground.variable(possible.len(), Meaning::Value(id, values));
    Some(Variables::Single(variable, possible))
}

fn formula(
    ground: &mut Ground<'_>,
    test: &Test,
    variables: &BTreeMap<AttributeId, Variables>,
    units: &[Unit],
) -> Option<Formula> {
    if !ground.formulas.has_room(units.len()) {
        return None;
    }
    let single = |id: &AttributeId| match variables.get(id)? {
        Variables::Single(variable, possible) => Some((*variable, possible)),
        Variables::Set(_) => None,
    };
    let bits = |id: &AttributeId| match variables.get(id)? {
        Variables::Set(bits) => Some(bits),
        Variables::Single(..) => None,
    };
    Some(match test {
        Test::Is(id, property) => {
            let (variable, possible) = single(id)?;
            let holds = |class: usize| {
                let unit = possible.get(class).and_then(|at| units.get(*at));
                unit.is_some_and(|unit| property.holds(&unit.sample))
            };
            ground.classes_where(variable, possible.len(), holds)
        }
        Test::AnyIn(id, of) => {
            let property = ElementTest::of(of);
            let parts: Vec<Formula> = units
                .iter()
                .zip(bits(id)?)
                .filter(|(unit, _)| property.holds(&unit.sample))
                .map(|(_, bit)| ground.formulas.holds(*bit))
                .collect();
            ground.formulas.any(parts)
        }
        Test::AllIn(id, of) => none_but(ground, units, bits(id)?, of),
        Test::HasAll(id, of) => all_of(ground, units, bits(id)?, of),
        Test::Exactly(id, of) => {
            let bits = bits(id)?;
            let parts = [none_but(ground, units, bits, of), all_of(ground, units, bits, of)];
            ground.formulas.all(parts)
        }
        Test::Same(a, b) => {
            let ((a, a_units), (b, b_units)) = (single(a)?, single(b)?);
            let mut parts = Vec::new();
            for at in 0..units.len() {
                let left = ground.classes_where(a, a_units.len(), |class| a_units.get(class) == Some(&at));
                let right = ground.classes_where(b, b_units.len(), |class| b_units.get(class) == Some(&at));
                parts.push(ground.formulas.all([left, right]));
            }
            ground.formulas.any(parts)
        }
        Test::MemberOf(element, set) => {
            let (variable, possible) = single(element)?;
            let mut parts = Vec::new();
            for (at, bit) in bits(set)?.iter().enumerate() {
                let left =
                    ground.classes_where(variable, possible.len(), |class| possible.get(class) == Some(&at));
                let right = ground.formulas.holds(*bit);
                parts.push(ground.formulas.all([left, right]));
            }
            ground.formulas.any(parts)
        }
        Test::Meet(a, b) => {
            let parts = pairwise(ground, bits(a)?, bits(b)?, |formulas, a, b| formulas.all([a, b]));
            ground.formulas.any(parts)
        }
        Test::Subset(a, b) => {
            let parts = pairwise(ground, bits(a)?, bits(b)?, |formulas, a, b| {
                let not_a = formulas.not(a);
                formulas.any([not_a, b])
            });
            ground.formulas.all(parts)
        }
        Test::SameSet(a, b) => {
            let parts = pairwise(ground, bits(a)?, bits(b)?, |formulas, a, b| {
                let (not_a, not_b) = (formulas.not(a), formulas.not(b));
                let (forward, backward) = (formulas.any([not_a, b]), formulas.any([not_b, a]));
                formulas.all([forward, backward])
            });
            ground.formulas.all(parts)
        }
    })
}

fn pairwise(
    ground: &mut Ground<'_>,
    a: &[Variable],
    b: &[Variable],
    join: impl Fn(&mut super::formula::Formulas, Formula, Formula) -> Formula,
) -> Vec<Formula> {
    a.iter()
        .zip(b)
        .map(|(a, b)| {
            let (a, b) = (ground.formulas.holds(*a), ground.formulas.holds(*b));
            join(&mut ground.formulas, a, b)
        })
        .collect()
}

/// Returns the formula that the set has no unit outside the collection.
fn none_but(ground: &mut Ground<'_>, units: &[Unit], bits: &[Variable], of: &Collection) -> Formula {
    let property = ElementTest::of(of);
    let mut parts = Vec::new();
    for (unit, bit) in units.iter().zip(bits) {
        if !property.holds(&unit.sample) {
            let has = ground.formulas.holds(*bit);
            parts.push(ground.formulas.not(has));
        }
    }
    ground.formulas.all(parts)
}

/// Returns the formula that the set has every unit of the collection.
fn all_of(ground: &mut Ground<'_>, units: &[Unit], bits: &[Variable], of: &Collection) -> Formula {
    let property = ElementTest::of(of);
    let parts: Vec<Formula> = units
        .iter()
        .zip(bits)
        .filter(|(unit, _)| property.holds(&unit.sample))
        .map(|(_, bit)| ground.formulas.holds(*bit))
        .collect();
    ground.formulas.all(parts)
}
