//! The classes of an attribute's values that either of two policies tells apart.
//!
//! Each policy has its own classes, in numbers of its own. Here they are divided further, until no class of one policy
//! holds values from two classes of the other. Only values that both policies have are in a class: names by what they are
//! called, a node of a taxonomy by the leaves below it that both have, ordered values where the ranges overlap.

use super::axis::{self, Axis, Classes, SetTest, SetTests, Sets};
use super::values;
use super::{LeftOut, QueryError};
use placet_core::Pattern;
use placet_model::condition::{Atom, Collection};
use placet_model::request::{Assignment, Known, Request};
use placet_model::solver::classes_of;
use placet_model::types::{Attribute, Enum, Members, Node, Taxonomy, Type, Universe};
use placet_model::value::Value;
use placet_model::{BitSet, Model};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Divides the values that two policies have in common into classes that neither tells apart. The new policy's attribute
/// names them. Also returns the values that only one policy has.
///
/// # Errors
/// If the policies have no value in common, or too many patterns of texts to list their combinations.
pub(super) fn common<'m>(
    before: &Axis<'m>,
    after: &Axis<'m>,
    model: &'m Model,
    sets: Sets,
) -> Result<(Axis<'m>, Option<LeftOut>), QueryError> {
    let (old, new) = (&*before.attribute, &*after.attribute);
    let name = || new.name.clone();
    let kind = common_type(&old.kind, &new.kind).ok_or_else(|| QueryError::NothingInCommon {
        attribute: name(),
        before: old.declared_type().to_string(),
        after: new.declared_type().to_string(),
    })?;
    let many = || QueryError::ManyPatterns { attribute: name() };
    let (classes, is_whole) = match (&before.classes, &after.classes) {
        (Classes::One(_), Classes::One(_)) => (Classes::One(sets.plain_value(&kind)), true),
        (one, other) => match &kind {
            Type::Bool | Type::Symbol(_) => {
                let numbers = [numbers(&kind, &old.kind), numbers(&kind, &new.kind)];
                (Classes::Symbols(blocks([one, other], &numbers)), true)
            }
            Type::String => {
                let samples = Samples { model, axis: after };
                (texts([one, other], &samples).ok_or_else(many)?, true)
            }
            Type::Set { of, may_be_empty } => {
                let numbers = [numbers(&kind, &old.kind), numbers(&kind, &new.kind)];
                let tests = set_tests([one, other], &numbers);
                let (named, patterns) = axis::texts_of(&tests.tests);
                let samples = match of {
                    Members::Symbols(_) => Vec::new(),
                    Members::Texts => {
                        Samples { model, axis: after }.of_sets(named, patterns).ok_or_else(many)?
                    }
                };
                let members = samples.iter().flat_map(Value::members);
                let groups = axis::groups(of, &tests, members).ok_or_else(many)?;
                let (masks, is_whole) = sets.masks(groups.len(), *may_be_empty);
                (Classes::Sets { groups, masks, tests }, is_whole)
            }
            ordered => {
                let (low, high) = ordered.ordinals().unwrap_or_default();
                let starts = [one, other].into_iter().flat_map(|classes| match classes {
                    Classes::Ordered(starts) => starts.as_slice(),
                    _ => &[],
                });
                let starts: BTreeSet<i64> =
                    starts.copied().filter(|start| (low..=high).contains(start)).chain([low]).collect();
                (Classes::Ordered(starts.into_iter().collect()), true)
            }
        },
    };
    let has_none = before.has_none && after.has_none;
    let only = |own: &Axis<'_>| values::outside(&own.attribute, &kind, own.has_none && !has_none);
    let left_out = LeftOut { attribute: name(), before: only(before), after: only(after) };
    let left_out = (left_out.before.is_some() || left_out.after.is_some()).then_some(left_out);
    let attribute = Cow::Owned(Attribute { kind, ..new.clone() });
    Ok((Axis { id: after.id, attribute, classes, has_none, is_whole }, left_out))
}

/// Converts a value of one type to the numbers of another that has it, too. `None` if the other type has no such name.
pub(super) fn converted(value: &Value, from: &Type, to: &Type) -> Option<Value> {
    Some(match (value, universe(from).zip(universe(to))) {
        (Value::Symbol(symbol), Some((from, to))) => Value::Symbol(number(to, from.name(*symbol))?),
        (Value::Symbols(set), Some((from, to))) => {
            let members = set.iter().map(|symbol| number(to, from.name(symbol)));
            Value::Symbols(BitSet::from_iter(to.len(), members.collect::<Option<Vec<u32>>>()?))
        }
        (value, _) => value.clone(),
    })
}

/// Returns the names of a type's values.
fn universe(kind: &Type) -> Option<&Universe> {
    match kind {
        Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => Some(universe),
        _ => None,
    }
}

/// Returns the number of a name of an enum, or of a leaf.
fn number(universe: &Universe, name: &str) -> Option<u32> {
    let (symbols, is_inner) = universe.find(name)?;
    symbols.iter().next().filter(|_| !is_inner)
}

/// Returns the type with the values that two types have in common; `None` if there are none.
fn common_type(before: &Type, after: &Type) -> Option<Type> {
    Some(match (before, after) {
        (Type::Int(a, b), Type::Int(c, d)) => {
            let (low, high) = (*a.max(c), *b.min(d));
            (low <= high).then_some(Type::Int(low, high))?
        }
        (Type::Number(a, b), Type::Number(c, d)) => {
            let (low, high) = (a.max(*c), b.min(*d));
            (low <= high).then_some(Type::Number(low, high))?
        }
        (Type::Symbol(one), Type::Symbol(other)) => Type::Symbol(common_names(one, other)?),
        (Type::Set { of: one, may_be_empty: first }, Type::Set { of: other, may_be_empty: second }) => {
            let of = match (one, other) {
                (Members::Symbols(one), Members::Symbols(other)) => {
                    Members::Symbols(common_names(one, other)?)
                }
                (Members::Texts, Members::Texts) => Members::Texts,
                _ => return None,
            };
            Type::Set { of, may_be_empty: *first && *second }
        }
        (one, other) if one == other => other.clone(),
        _ => return None,
    })
}

/// Returns the names of the new policy that the old one has, too. Nodes of a taxonomy keep the leaves that both have.
fn common_names(before: &Universe, after: &Universe) -> Option<Universe> {
    let known: HashSet<&str> = (0..before.len()).map(|symbol| before.name(symbol)).collect();
    let both = |names: &[Arc<str>]| -> Vec<Arc<str>> {
        names.iter().filter(|name| known.contains(&***name)).cloned().collect()
    };
    let out = match after {
        Universe::Enum(names) => {
            Universe::Enum(Arc::new(Enum { declared: both(&names.declared), sorted: both(&names.sorted) }))
        }
        Universe::Taxonomy(tree) => {
            // The number of common leaves before each leaf.
            let mut ranks: Vec<u32> = vec![0];
            let mut rank = 0;
            for leaf in &tree.leaves {
                rank += u32::from(known.contains(&**leaf));
                ranks.push(rank);
            }
            let rank = |leaf: u32| ranks.get(leaf as usize).copied().unwrap_or_default();
            let nodes = tree.nodes.iter().filter_map(|(name, node)| {
                let node = Node { first: rank(node.first), end: rank(node.end), ..*node };
                (node.first < node.end).then(|| (name.clone(), node))
            });
            let (name, leaves) = (tree.name.clone(), both(&tree.leaves));
            Universe::Taxonomy(Arc::new(Taxonomy { name, nodes: nodes.collect(), leaves }))
        }
    };
    (!out.is_empty()).then_some(out)
}

/// Returns the number in `own` of each symbol of `kind`.
fn numbers(kind: &Type, own: &Type) -> Vec<Option<u32>> {
    match (universe(kind), universe(own)) {
        (Some(names), Some(own)) => (0..names.len()).map(|symbol| number(own, names.name(symbol))).collect(),
        _ => (0..kind.symbols().unwrap_or_default()).map(Some).collect(),
    }
}

/// Divides symbols by their blocks in both policies.
fn blocks(classes: [&Classes; 2], numbers: &[Vec<Option<u32>>; 2]) -> Vec<BitSet> {
    let [of_old, of_new] = numbers;
    let count = u32::try_from(of_new.len()).unwrap_or(u32::MAX);
    let block = |classes: &Classes, number: Option<u32>| match classes {
        Classes::Symbols(blocks) => {
            blocks.iter().position(|block| number.is_some_and(|one| block.contains(one)))
        }
        _ => None,
    };
    let [old, new] = classes;
    let mut keys: BTreeMap<[Option<usize>; 2], BitSet> = BTreeMap::new();
    for (symbol, (one, other)) in (0..).zip(of_old.iter().zip(of_new)) {
        let key = [block(old, *one), block(new, *other)];
        keys.entry(key).or_insert_with(|| BitSet::empty(count)).insert(symbol);
    }
    let mut out: Vec<BitSet> = keys.into_values().collect();
    out.sort_by_key(|block| block.iter().next());
    out
}

/// Joins the tests of members, in the numbers of the common names.
fn set_tests(classes: [&Classes; 2], numbers: &[Vec<Option<u32>>; 2]) -> SetTests {
    let mut out = SetTests::default();
    for (classes, numbers) in classes.into_iter().zip(numbers) {
        let Classes::Sets { tests, .. } = classes else { continue };
        out.is_single |= tests.is_single;
        let bound = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        for test in &tests.tests {
            let of = match &test.of {
                Collection::Symbols(own) => {
                    let is_in = |number: &Option<u32>| number.is_some_and(|number| own.contains(number));
                    let all = (0..).zip(numbers).filter(|(_, number)| is_in(number));
                    Collection::Symbols(BitSet::from_iter(bound, all.map(|(symbol, _)| symbol)))
                }
                texts => texts.clone(),
            };
            let test = SetTest { of, is_whole: test.is_whole };
            if !out.tests.contains(&test) {
                out.tests.push(test);
            }
        }
    }
    out
}

/// Joins classes of texts. `None` if there are too many combinations of patterns.
fn texts(classes: [&Classes; 2], samples: &Samples<'_, '_>) -> Option<Classes> {
    let (mut all, mut patterns): (BTreeSet<Arc<str>>, Vec<Pattern>) = (BTreeSet::new(), Vec::new());
    for classes in classes {
        let Classes::Texts { named, patterns: own, .. } = classes else { continue };
        all.extend(named.iter().cloned());
        for pattern in own {
            if !patterns.contains(pattern) {
                patterns.push(pattern.clone());
            }
        }
    }
    let samples = samples.of_texts(&all, &patterns)?;
    Some(axis::texts(all, patterns, samples.iter()))
}

/// A search for texts that match each possible combination of patterns.
struct Samples<'a, 'm> {
    model: &'m Model,
    axis: &'a Axis<'m>,
}

impl Samples<'_, '_> {
    fn of_texts(&self, named: &BTreeSet<Arc<str>>, patterns: &[Pattern]) -> Option<Vec<Value>> {
        let id = self.axis.id;
        let like = patterns.iter().map(|pattern| Atom::TextLike(id, pattern.clone()));
        self.find(like.chain([Atom::TextIn(id, named.clone())]).collect())
    }

    fn of_sets(&self, named: BTreeSet<Arc<str>>, patterns: Vec<Pattern>) -> Option<Vec<Value>> {
        let id = self.axis.id;
        let like = patterns.into_iter().map(|pattern| Atom::AnyIn(id, Collection::Like(pattern)));
        self.find(like.chain([Atom::AnyIn(id, Collection::Texts(named))]).collect())
    }

    /// Returns a value of each class that these comparisons of the attribute tell apart.
    fn find(&self, atoms: Vec<Atom>) -> Option<Vec<Value>> {
        let id = self.axis.id;
        let mut facts = Assignment::of_partial(self.model, &Request::new());
        facts.set_declared(self.model, id, Known::Pending);
        let atoms: Vec<&Atom> = atoms.iter().collect();
        let found = classes_of(self.model, &facts, &[id], &atoms).remove(&id)?;
        (!found.is_coarse).then(|| found.values.into_iter().map(|(value, _)| value).collect())
    }
}
