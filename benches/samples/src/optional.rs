//! Optional attributes in a policy that has none: for tests of what evaluates models.

use crate::{Random, with_comparisons};
use placet_model::BitSet;
use placet_model::Model;
use placet_model::condition::{Atom, ConditionId, Conditions};
use placet_model::types::{Attribute, AttributeId, Presence, Type, add_companions};
use placet_model::value::Value;

/// Makes some single-valued attributes optional, each in this many of a hundred cases. Comparisons of them become false
/// on `none`, or sometimes true on it, or `is none` takes their place. A default sometimes becomes `none`.
pub fn with_optional(random: &mut Random, mut model: Model, share: u32) -> Model {
    let is_single = |kind: &Type| !matches!(kind, Type::Set { .. });
    let single = model.declared().filter(|(_, attribute)| is_single(&attribute.kind) && random.chance(share));
    let single: Vec<AttributeId> = single.map(|(id, _)| id).collect();
    add_companions(&mut model.attributes, single);
    for attribute in &mut model.attributes {
        if attribute.is_optional() && attribute.presence != Presence::Required && random.chance(20) {
            attribute.presence = Presence::Default(Value::None);
        }
    }
    guarded(model, |conditions, comparison, is_none| {
        if is_none == conditions.constant(false) {
            return comparison;
        }
        let is_given = conditions.not(is_none);
        let guarded = conditions.all([comparison, is_given]);
        match random.below(6) {
            0 => conditions.any([guarded, is_none]),
            1 => is_none,
            _ => guarded,
        }
    })
}

/// Makes each attribute `x` optional beside which the policy declares `x.none: bool`. A condition that reads `x.none` is
/// then `x is none`; every comparison of `x` is false on `none`.
pub fn optional(mut model: Model) -> Model {
    let name = |attribute: &Attribute| attribute.name.strip_suffix(".none").map(str::to_owned);
    let marks = model.declared().filter_map(|(id, attribute)| Some((id, model.find(&name(attribute)?)?)));
    let marks: Vec<(AttributeId, AttributeId)> = marks.collect();
    add_companions(&mut model.attributes, marks.iter().map(|(_, of)| *of));
    let companion = |mark: &AttributeId| {
        let (_, of) = marks.iter().find(|(own, _)| own == mark)?;
        model.attribute(*of)?.none
    };
    let companions: Vec<Option<AttributeId>> = model.attribute_ids().map(|(id, _)| companion(&id)).collect();
    let model = with_comparisons(model, |conditions, atom| {
        conditions.leaf(match atom {
            Atom::OneOf(id, symbols) => {
                let companion = companions.get(id.index()).copied().flatten();
                Atom::OneOf(companion.unwrap_or(*id), symbols.clone())
            }
            atom => atom.clone(),
        })
    });
    guarded(model, |conditions, comparison, is_none| {
        let is_given = conditions.not(is_none);
        conditions.all([comparison, is_given])
    })
}

/// Rewrites each comparison, given the condition that one of its attributes is `none`.
fn guarded(
    model: Model,
    mut rewrite: impl FnMut(&mut Conditions, ConditionId, ConditionId) -> ConditionId,
) -> Model {
    let companions: Vec<Option<AttributeId>> =
        model.attributes.iter().map(|attribute| attribute.none).collect();
    with_comparisons(model, |conditions, atom| {
        let comparison = conditions.leaf(atom.clone());
        let companions = atom.attributes().into_iter().filter_map(|id| *companions.get(id.index())?);
        let is_none = |companion| Atom::OneOf(companion, BitSet::from_iter(2, [1]));
        let are_none: Vec<ConditionId> =
            companions.map(|companion| conditions.leaf(is_none(companion))).collect();
        let some_none = conditions.any(are_none);
        rewrite(conditions, comparison, some_none)
    })
}
