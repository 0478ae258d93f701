//! Optional attributes in a policy that has none.

use crate::{Random, with_comparisons};
use placet_model::BitSet;
use placet_model::Model;
use placet_model::condition::{Atom, ConditionId};
use placet_model::types::{Attribute, AttributeId, Presence, Type, add_companions};
use placet_model::value::Value;

/// Makes some single-valued attributes optional, each in this many of a hundred cases. Comparisons of them become false
/// on `none`, or sometimes true on it, or `is none` takes their place. A default sometimes becomes `none`. A policy that
/// has optional attributes stays as it is.
pub fn with_optional(random: &mut Random, mut model: Model, share: u32) -> Model {
    if model.attributes.iter().any(Attribute::is_optional) {
        return model;
    }
    let is_single = |kind: &Type| !matches!(kind, Type::Set { .. });
    let single = model.declared().filter(|(_, attribute)| is_single(&attribute.kind) && random.chance(share));
    let single: Vec<AttributeId> = single.map(|(id, _)| id).collect();
    add_companions(&mut model.attributes, single);
    for attribute in &mut model.attributes {
        if attribute.is_optional() && attribute.presence != Presence::Required && random.chance(20) {
            attribute.presence = Presence::Default(Value::None);
        }
    }
    let companions: Vec<Option<AttributeId>> =
        model.attributes.iter().map(|attribute| attribute.none).collect();
    with_comparisons(model, |conditions, atom| {
        let comparison = conditions.leaf(atom.clone());
        let companions = atom.attributes().into_iter().filter_map(|id| *companions.get(id.index())?);
        let is_none = |companion| Atom::OneOf(companion, BitSet::from_iter(2, [1]));
        let are_none: Vec<ConditionId> =
            companions.map(|companion| conditions.leaf(is_none(companion))).collect();
        if are_none.is_empty() {
            return comparison;
        }
        let some_none = conditions.any(are_none);
        let all_given = conditions.not(some_none);
        let guarded = conditions.all([comparison, all_given]);
        match random.below(6) {
            0 => conditions.any([guarded, some_none]),
            1 => some_none,
            _ => guarded,
        }
    })
}
