//! A table for setting numeric attribute values: per attribute its range, and for small ranges the class of each value
//! with its mask.
//!
//! All frames of a program share one table. It is laid out for the hot path: one entry per attribute, side by side.

use crate::classify::Classifier;
use crate::masks::Masks;
use crate::plan::AttributePlan;
use crate::variable::UNKNOWN;
use placet_model::request::ValueError;
use placet_model::types::{AttributeId, Members, Type};

/// The maximum number of values of an attribute whose classes are tabulated. Larger attributes use a search.
const READ_OFF: u64 = 1024;

/// The numeric ranges of a program's attributes and the classes of their values.
///
/// Setting an attribute is the hot path of a decision. For attributes with few values the table holds the class that
/// the [`Classifier`] gives each value, so a bounds check and a load replace its match and its search.
#[derive(Debug, Default)]
pub(super) struct ScalarTable {
    slots: Box<[ScalarEntry]>,
    /// The tabulated values of all attributes, concatenated.
    values: Box<[ScalarClass]>,
}

/// The numeric range of one attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScalarEntry {
    form: Form,
    /// The form again if a value changes one class and nothing else: see [`ScalarTable::direct`].
    direct: Form,
    /// True if [`ScalarTable::values`] holds the classes of its values, starting at `first`.
    is_read_off: bool,
    /// The variable of its classes; [`UNKNOWN`] if there is none.
    pub(super) variable: u32,
    first: u32,
    /// The least number.
    low: i64,
    /// The distance from the least number to the greatest.
    span: u64,
    /// The variable's bit in the first word of the set of variables without a class, or 0 if it has no masks.
    pub(super) bit: u64,
}

/// The class of a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScalarClass {
    pub(super) class: u32,
    /// The mask of the class, if its attribute is direct.
    pub(super) mask: u64,
}

/// The numeric form of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Ordinal,
    Symbol,
    /// The single word of a small set of symbols.
    Word,
    /// Not numeric.
    Other,
}

impl ScalarTable {
    pub(super) fn new<'p>(attributes: impl Iterator<Item = (&'p Type, Option<&'p AttributePlan>)>) -> Self {
        let mut values = Vec::new();
        let slots = attributes.map(|(kind, plan)| ScalarEntry::new(kind, plan, &mut values)).collect();
        Self { slots, values: values.into() }
    }

    /// Adds the masks of the values. An attribute whose masks don't fit is no longer direct.
    pub(super) fn add_masks(&mut self, masks: &Masks) {
        for slot in self.slots.iter_mut().filter(|slot| slot.direct != Form::Other) {
            let first = slot.first as usize;
            let values = self.values.get_mut(first..=first + slot.span as usize).unwrap_or_default();
            match masks.first_word_bit(slot.variable) {
                Some(bit) => slot.bit = bit,
                None => slot.direct = Form::Other,
            }
            for value in values {
                value.mask = masks.first_word(slot.variable, value.class);
            }
        }
    }

    /// Returns the entry of an attribute and the class of a value, if the value changes that class and nothing else.
    /// `None` also if the value doesn't fit.
    #[inline]
    pub(super) fn direct(
        &self,
        id: AttributeId,
        form: Form,
        scalar: i64,
    ) -> Option<(&ScalarEntry, ScalarClass)> {
        let slot = self.slots.get(id.index()).filter(|slot| slot.direct == form)?;
        // One comparison checks both ends: a scalar below `low` wraps around to a distance beyond every possible span.
        let distance = scalar.wrapping_sub(slot.low).cast_unsigned();
        if distance > slot.span {
            return None;
        }
        // INVARIANT: the span of tabulated values is below `READ_OFF`.
        let value = self.values.get(slot.first as usize + distance as usize)?;
        Some((slot, *value))
    }

    /// Returns the slot of an attribute and the distance of `scalar` from its least number; `None` if the attribute has
    /// another form or the scalar is out of range.
    pub(super) fn find(
        &self,
        id: AttributeId,
        form: Form,
        scalar: i64,
    ) -> Result<(&ScalarEntry, u64), ValueError> {
        match self.slots.get(id.index()) {
            Some(slot) if slot.form == form => {
                let distance = scalar.wrapping_sub(slot.low).cast_unsigned();
                if distance <= slot.span { Ok((slot, distance)) } else { Err(ValueError::OutsideDomain) }
            }
            _ => Err(ValueError::WrongType),
        }
    }

    /// Returns the tabulated class of the value at a distance; `None` if the attribute is not tabulated.
    pub(super) fn class(&self, slot: &ScalarEntry, distance: u64) -> Option<u32> {
        // INVARIANT: the distance is at most the span, which is below `READ_OFF`.
        if slot.is_read_off {
            self.values.get(slot.first as usize + distance as usize).map(|value| value.class)
        } else {
            None
        }
    }
}

impl ScalarEntry {
    fn new(kind: &Type, plan: Option<&AttributePlan>, values: &mut Vec<ScalarClass>) -> Self {
        let (form, (low, high)) = form(kind, plan);
        let span = high.wrapping_sub(low).cast_unsigned();
        let first = u32::try_from(values.len()).ok().filter(|_| form != Form::Other && span < READ_OFF);
        if first.is_some() {
            // A value that no condition can reach has no class.
            let class = |scalar| plan.and_then(|plan| class(plan, form, scalar)).unwrap_or(UNKNOWN);
            values.extend((low..=high).map(|scalar| ScalarClass { class: class(scalar), mask: u64::MAX }));
        }
        let variable = match plan.map(|plan| &*plan.variables) {
            Some([variable]) => *variable,
            _ => UNKNOWN,
        };
        let is_alone = plan
            .is_some_and(|plan| plan.missing.is_none() && plan.none.is_none() && plan.relations.is_empty());
        let direct = if first.is_some() && is_alone && variable != UNKNOWN { form } else { Form::Other };
        Self {
            form,
            direct,
            is_read_off: first.is_some(),
            variable,
            first: first.unwrap_or(0),
            low,
            span,
            bit: 0,
        }
    }
}

/// Returns the numeric form of a type, and its least and greatest number.
fn form(kind: &Type, plan: Option<&AttributePlan>) -> (Form, (i64, i64)) {
    let form = match kind {
        Type::Bool => Some((Form::Symbol, (0, 1))),
        Type::Symbol(universe) => Some((Form::Symbol, (0, i64::from(universe.len()) - 1))),
        Type::Set { of: Members::Symbols(universe), may_be_empty } => {
            let is_one = plan.is_some_and(|plan| {
                matches!(plan.classifier, Classifier::Set { classes: Some(_), .. } | Classifier::Nothing)
            });
            let words = 1_i64.checked_shl(universe.len()).filter(|words| words.cast_unsigned() <= READ_OFF);
            words.filter(|_| is_one).map(|words| (Form::Word, (i64::from(!may_be_empty), words - 1)))
        }
        kind => kind.ordinals().map(|range| (Form::Ordinal, range)),
    };
    form.filter(|(_, (low, high))| low <= high).unwrap_or((Form::Other, (0, 0)))
}

/// Returns the class of an ordinal, a symbol, or a set of one word.
fn class(plan: &AttributePlan, form: Form, scalar: i64) -> Option<u32> {
    match (form, plan.classifier.groups()) {
        (Form::Word, Some(groups)) => {
            // One word is enough: there are at most as many groups as symbols.
            let mut mask = [0];
            groups.mark_symbols(&[scalar.cast_unsigned()], &mut mask);
            plan.classifier.set(0, &mask)
        }
        _ => plan.classifier.scalar(scalar),
    }
}
