//! Classes of attributes' values, derived from the comparisons on them; one submodule for each theory.

mod ordered;
mod relations;
mod sets;
mod strings;
mod symbols;
mod texts;

use crate::encoding::Builder;
use placet_model::condition::{Atom, Collection, ConditionId};
use placet_model::linear::{Linear, Term};
use placet_model::types::{Attribute, AttributeId};
use placet_model::value::Value;
use placet_model::{BitSet, Model, Ranges};
use placet_program::plan::SetTest;
use placet_program::{ClassSet, VariableKind};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use sets::SetPartition;
use texts::PatternTest;
pub(crate) use texts::TextPartition;

/// The values of each class of a variable.
#[derive(Debug, Clone)]
pub enum ClassLabels {
    /// Intervals of ordinals, inclusive at both ends.
    Intervals(Vec<(i64, i64)>),
    /// Symbols of a `bool`, an enum or a taxonomy.
    Symbols(Vec<Vec<u32>>),
    /// Texts.
    Texts(Arc<[Texts]>),
    /// Sets; each class has one small example.
    Sets(Vec<Value>),
    /// A truth value: class 0 is false, class 1 is true.
    Truth,
    /// Intervals of a sum's value, inclusive at both ends.
    Sums(Vec<(i128, i128)>),
}

/// The texts of one class.
#[derive(Debug, Clone)]
pub struct Texts {
    /// An example.
    pub sample: Arc<str>,
    /// The mentioned texts of the class.
    pub mentioned: Vec<Arc<str>>,
    /// True if the class also has texts that the policy doesn't mention.
    pub is_open: bool,
}

/// The comparisons of a policy, grouped by the attributes that they test.
#[derive(Default)]
pub(crate) struct Atoms<'m> {
    missing: BTreeMap<AttributeId, Vec<ConditionId>>,
    ordered: BTreeMap<AttributeId, Vec<(ConditionId, Ranges)>>,
    symbols: BTreeMap<AttributeId, Vec<(ConditionId, &'m BitSet)>>,
    texts: BTreeMap<AttributeId, Vec<(ConditionId, PatternTest<'m>)>>,
    sets: BTreeMap<AttributeId, Vec<(ConditionId, SetTest, &'m Collection)>>,
    sums: BTreeMap<Linear, Vec<(ConditionId, Ranges)>>,
    relations: BTreeMap<VariableKind, Vec<ConditionId>>,
}

impl<'m> Atoms<'m> {
    pub(crate) fn collect(model: &'m Model, conditions: &[ConditionId]) -> Self {
        let mut out = Self::default();
        for id in conditions {
            if let Some(atom) = model.conditions.get(*id).as_leaf() {
                out.add(model, *id, atom);
            }
        }
        out
    }

    fn add(&mut self, model: &Model, id: ConditionId, atom: &'m Atom) {
        let mut relate = |source| self.relations.entry(source).or_default().push(id);
        match atom {
            Atom::Missing(a) => self.missing.entry(*a).or_default().push(id),
            // A sum that is monotonic in its only attribute just cuts that attribute's domain: it needs no variable.
            Atom::Within(sum, ranges) => match ordered::alone(model, sum, ranges) {
                Some((a, own)) => self.ordered.entry(a).or_default().push((id, own)),
                None => {
                    let (shape, ranges) = shape(sum, ranges);
                    self.sums.entry(shape).or_default().push((id, ranges));
                }
            },
            Atom::OneOf(a, symbols) => self.symbols.entry(*a).or_default().push((id, symbols)),
            Atom::TextIn(a, texts) => self.texts.entry(*a).or_default().push((id, PatternTest::OneOf(texts))),
            Atom::TextLike(a, pattern) => {
                self.texts.entry(*a).or_default().push((id, PatternTest::Like(pattern)))
            }
            Atom::AnyIn(a, of) => self.sets.entry(*a).or_default().push((id, SetTest::Any, of)),
            Atom::AllIn(a, of) => self.sets.entry(*a).or_default().push((id, SetTest::All, of)),
            Atom::Exactly(a, of) => self.sets.entry(*a).or_default().push((id, SetTest::Exactly, of)),
            // Symmetric relations are sorted, so that both forms share a variable.
            Atom::Same(a, b) => relate(VariableKind::Same(*a.min(b), *a.max(b))),
            Atom::MemberOf(a, b) => relate(VariableKind::MemberOf(*a, *b)),
            Atom::Meet(a, b) => relate(VariableKind::Meet(*a.min(b), *a.max(b))),
            Atom::Subset(a, b) => relate(VariableKind::Subset(*a, *b)),
            Atom::SameSet(a, b) => relate(VariableKind::SameSet(*a.min(b), *a.max(b))),
        }
    }
}

/// Normalizes a sum: drops its constant, makes its first term positive and adjusts the ranges. So `x - y < 5` and `y -
/// x > 7` share one variable.
fn shape(sum: &Linear, ranges: &Ranges) -> (Linear, Ranges) {
    let bare = sum.clone().plus(Linear::constant(sum.added()), -1);
    let moved = ranges.shifted(sum.added().saturating_neg());
    match bare.terms().first() {
        Some((_, factor)) if *factor < 0 => (bare.times(-1), moved.divided(-1)),
        _ => (bare, moved),
    }
}

/// Creates variables for the comparisons, attribute by attribute. A relation follows the last of its attributes.
pub(crate) fn build<'m>(model: &'m Model, mut atoms: Atoms<'_>, builder: &mut Builder<'_>) {
    let mut related: BTreeMap<AttributeId, Vec<Relation>> = BTreeMap::new();
    for (source, ids) in std::mem::take(&mut atoms.relations) {
        if let Some(last) = source.attributes().into_iter().max() {
            related.entry(last).or_default().push(Relation::Truth(source, ids));
        }
    }
    for (shape, tests) in std::mem::take(&mut atoms.sums) {
        match shape.attributes().into_iter().max() {
            Some(last) => related.entry(last).or_default().push(Relation::Sum(shape, tests)),
            // A sum of constants has a known value, so its comparisons are constants, too.
            None => tests.iter().for_each(|(id, ranges)| {
                let holds = ranges.contains(0);
                let formula = builder.formula(placet_program::formula::Formula::Constant(holds));
                builder.set(*id, formula);
            }),
        }
    }
    // Attribute by attribute: variables are numbered in declaration order, which is also the order "as given" that
    // diagrams try. A companion follows its attribute, since every condition on one reads both.
    let with_companion = |(id, attribute): (AttributeId, &'m Attribute)| {
        let companion = attribute.none.and_then(|none| Some((none, model.attribute(none)?)));
        [Some((id, attribute)), companion]
    };
    for (id, attribute) in model.declared().flat_map(with_companion).flatten() {
        if let Some(tests) = atoms.ordered.remove(&id) {
            ordered::build(builder, id, &attribute.kind, &tests);
        }
        if let Some(tests) = atoms.symbols.remove(&id) {
            symbols::build(builder, id, &attribute.kind, &tests);
        }
        if let Some(tests) = atoms.texts.remove(&id) {
            strings::build(builder, id, &tests);
        }
        if let Some(tests) = atoms.sets.remove(&id) {
            sets::build(builder, id, &attribute.kind, &tests);
        }
        if let Some(conditions) = atoms.missing.remove(&id) {
            let variable = builder.variable(VariableKind::Missing(id), 2, ClassLabels::Truth);
            let is_missing = builder.test(variable, ClassSet::range(1, 2));
            conditions.into_iter().for_each(|condition| builder.set(condition, is_missing));
        }
        for relation in related.remove(&id).unwrap_or_default() {
            relations::build(builder, model, relation);
        }
    }
}

/// Comparisons on several attributes.
pub(crate) enum Relation {
    /// Comparisons of one sum with ranges.
    Sum(Linear, Vec<(ConditionId, Ranges)>),
    /// Comparisons that are true or false as a whole.
    Truth(VariableKind, Vec<ConditionId>),
}

/// Returns the only attribute of a sum; `None` if it has several or none.
fn only_attribute(sum: &Linear) -> Option<AttributeId> {
    let mut all = sum.attributes();
    all.dedup();
    match *all {
        [one] => Some(one),
        _ => None,
    }
}

/// Returns the factor of the only attribute of a sum, beside its constant.
fn only_factor(sum: &Linear) -> Option<i128> {
    match sum.terms() {
        [(Term::Attribute(_), factor)] => Some(*factor),
        _ => None,
    }
}
