//! Values that show every way in which two policies together can tell requests apart.
//!
//! The attributes of both policies fall into groups that no condition relates to each other. For each group the solver
//! lists representatives: some combination of them satisfies each satisfiable combination of the group's comparisons, in
//! both policies. So the classes of one policy are related to those of the other by classifying these values in both.

use super::merge::{Merged, NEW, OLD, universe};
use placet_model::condition::{Atom, Collection};
use placet_model::request::{Assignment, Known};
use placet_model::solver::{AttributeClasses, classes_of};
use placet_model::types::{AttributeId, Members, Type};
use placet_model::value::Value;
use placet_model::{BitSet, Model};
use std::collections::{BTreeMap, BTreeSet};

/// Attributes that conditions of one of two policies relate, directly or through others.
#[derive(Debug, Clone)]
pub struct JointGroup {
    /// The attributes, in the order of the merged vocabulary.
    pub attributes: Vec<JointAttribute>,
    /// True if the combinations of the values show every way in which the policies tell requests apart. Otherwise the
    /// values show nothing.
    pub is_exact: bool,
    /// True if each value stands for an interval of an ordered attribute that also has one answer while the other
    /// attributes of the group are unknown.
    pub is_ordered: bool,
}

/// An attribute of two policies; of one of them if the other has none of its name and type.
#[derive(Debug, Clone)]
pub struct JointAttribute {
    /// The attribute of the old policy.
    pub old: Option<AttributeId>,
    /// The attribute of the new policy.
    pub new: Option<AttributeId>,
    /// The values.
    pub values: Vec<JointValue>,
}

/// A value in the terms of both policies; `None` for a policy that refuses it.
#[derive(Debug, Clone)]
pub struct JointValue {
    /// The value in the old policy.
    pub old: Option<Value>,
    /// The value in the new policy.
    pub new: Option<Value>,
}

/// The maximum number of values of an attribute.
const MAX_VALUES: usize = 1 << 12;

/// Lists the groups of attributes of two policies, with their values.
///
/// Cost: that of merging the policies, and a listing of the classes of all attributes.
pub fn joint(old: &Model, new: &Model) -> Vec<JointGroup> {
    let merged = Merged::new(old, new);
    let model = &merged.model;
    let declared: Vec<AttributeId> = model.declared().map(|(id, _)| id).collect();
    let mut facts = Assignment::unknown(model);
    for id in &declared {
        facts.set_declared(model, *id, Known::Pending);
    }
    let is_on_values = |atom: &&Atom| {
        let is_companion =
            |id: AttributeId| model.attribute(id).is_some_and(|attribute| attribute.companion_of.is_some());
        !matches!(atom, Atom::Missing(_)) && !atom.attributes().into_iter().any(is_companion)
    };
    let atoms: BTreeSet<&Atom> = model.conditions.leaves(merged.roots()).filter(is_on_values).collect();
    let owner = |side: usize, own: &Model| -> BTreeMap<AttributeId, AttributeId> {
        let translation = merged.sides.get(side).map(|side| &side.translation);
        let ids = own.declared().map(|(id, _)| id);
        ids.filter_map(|id| Some((translation?.attribute(id), id))).collect()
    };
    let owners = [(OLD, old, owner(OLD, old)), (NEW, new, owner(NEW, new))];
    let of_new: Vec<Atom> = names_of_new(model, &owner(NEW, new), new);
    let atoms: Vec<&Atom> = atoms.into_iter().chain(&of_new).collect();
    let classes = classes_of(model, &facts, &declared, &atoms);
    let mut seen: BTreeSet<AttributeId> = BTreeSet::new();
    let mut out = Vec::new();
    for id in &declared {
        let related = match classes.get(id) {
            Some(classes) => classes.related.clone(),
            None => BTreeSet::from([*id]),
        };
        if !seen.insert(*id) {
            continue;
        }
        seen.extend(&related);
        let kinds = || related.iter().filter_map(|id| model.attribute(*id)).map(|attribute| &attribute.kind);
        let is_ordered = kinds().all(|kind| kind.ordinals().is_some());
        let mut is_exact = related.iter().all(|id| classes.get(id).is_none_or(|one| !one.is_coarse));
        // Names that only one policy knows may number related symbols differently.
        is_exact &= related.len() == 1 || is_ordered || merged.relates_like_symbols();
        let attributes = related.iter().map(|id| {
            let values = values(model, *id, classes.get(id)).unwrap_or_else(|| {
                is_exact = false;
                Vec::new()
            });
            let of = |index: usize| owners.get(index).and_then(|(.., owner)| owner.get(id)).copied();
            let own = |index: usize, value: &Value| {
                let (side, model, owner) = owners.get(index)?;
                let id = owner.get(id)?;
                let value = merged.sides.get(*side)?.translation.value(model, *id, value)?;
                model.attribute(*id)?.check_value(&value).is_none().then_some(value)
            };
            let values = values.iter().map(|value| JointValue { old: own(OLD, value), new: own(NEW, value) });
            JointAttribute { old: of(OLD), new: of(NEW), values: values.collect() }
        });
        let attributes = attributes.collect();
        out.push(JointGroup { attributes, is_exact, is_ordered });
    }
    out
}

/// Returns comparisons that tell the names of the new policy from those that only the old one has. Both lie outside the
/// common names, so without these comparisons one value could stand for both.
fn names_of_new(model: &Model, owner: &BTreeMap<AttributeId, AttributeId>, new: &Model) -> Vec<Atom> {
    let atoms = model.declared().filter_map(|(id, attribute)| {
        let count = universe(&attribute.kind)?.len();
        // Names that only the old policy has come after those of the new one.
        let of_new = universe(&new.attribute(*owner.get(&id)?)?.kind)?.len();
        let names = (of_new < count).then(|| BitSet::from_iter(count, 0..of_new))?;
        Some(match attribute.kind {
            Type::Set { .. } => Atom::AllIn(id, Collection::Symbols(names)),
            _ => Atom::OneOf(id, names),
        })
    });
    atoms.collect()
}

/// Returns a value of each class of an attribute, and `none` if it is optional; `None` if there are too many.
fn values(model: &Model, id: AttributeId, classes: Option<&AttributeClasses>) -> Option<Vec<Value>> {
    let attribute = model.attribute(id)?;
    let samples: Vec<&Value> =
        classes.into_iter().flat_map(|classes| &classes.values).map(|(value, _)| value).collect();
    let mut out: Vec<Value> = match &attribute.kind {
        _ if samples.is_empty() => vec![attribute.kind.plain_value()],
        // Each sample is the members of one unit: a set has all of them or none.
        Type::Set { of, may_be_empty } => {
            let bits = u32::try_from(samples.len()).ok().filter(|bits| *bits <= MAX_VALUES.ilog2())?;
            let first = u32::from(!may_be_empty);
            let chosen = |mask: u32| (0..).zip(&samples).filter(move |(at, _)| mask >> at & 1 == 1);
            (first..1 << bits).map(|mask| union(of, chosen(mask).map(|(_, members)| *members))).collect()
        }
        _ => samples.into_iter().cloned().collect(),
    };
    if attribute.is_optional() {
        out.push(Value::None);
    }
    (out.len() <= MAX_VALUES).then_some(out)
}

/// Joins sets of members.
fn union<'v>(of: &Members, sets: impl Iterator<Item = &'v Value>) -> Value {
    match of {
        Members::Symbols(universe) => {
            let empty = BitSet::empty(universe.len());
            Value::Symbols(sets.fold(empty, |all, set| match set {
                Value::Symbols(set) => all.union(set),
                _ => all,
            }))
        }
        Members::Texts => {
            let texts = sets.flat_map(|set| match set {
                Value::Texts(texts) => texts.iter().cloned().collect(),
                _ => Vec::new(),
            });
            Value::Texts(texts.collect())
        }
    }
}
