//! What a frame needs to know of each attribute to take a value that is a number, side by side.

use crate::classify::Classifier;
use crate::plan::AttributePlan;
use crate::variable::UNKNOWN;
use placet_model::request::ValueError;
use placet_model::types::{AttributeId, Members, Type};

/// The most values of an attribute whose classes are read off, one by one; of others they are searched.
const READ_OFF: u64 = 1024;

/// The numbers that stand for the values of a program's attributes; all its frames share them.
///
/// Setting an attribute is the hot path of a decision: of attributes with few values the table has the class that the
/// [`Classifier`] gives each of them, so that a bounds check and a load replace its match and its search.
#[derive(Debug, Default)]
pub(super) struct ScalarTable {
    slots: Box<[ScalarEntry]>,
    /// The classes that are read off.
    classes: Box<[u32]>,
}

/// The numbers that stand for the values of an attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScalarEntry {
    form: Form,
    /// Whether the classes of its values stand in [`ScalarTable::classes`], the first of them at `first`.
    is_read_off: bool,
    /// Whether nothing but the one variable of its classes hangs on it.
    pub(super) is_alone: bool,
    /// That variable; [`UNKNOWN`] where there is none.
    pub(super) variable: u32,
    first: u32,
    /// The first of them.
    low: i64,
    /// How far the last is from it.
    span: u64,
}

/// What stands for a value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Ordinal,
    Symbol,
    /// The one word that tells the members of a small set of symbols.
    Word,
    /// No number.
    Other,
}

impl ScalarTable {
    pub(super) fn new<'p>(attributes: impl Iterator<Item = (&'p Type, Option<&'p AttributePlan>)>) -> Self {
        let mut classes = Vec::new();
        let slots = attributes.map(|(kind, plan)| ScalarEntry::new(kind, plan, &mut classes)).collect();
        Self { slots, classes: classes.into() }
    }

    /// The slot of an attribute whose values have this form, this one among them, and how far it is from the first.
    #[inline]
    pub(super) fn find(
        &self,
        id: AttributeId,
        form: Form,
        scalar: i64,
    ) -> Result<(&ScalarEntry, u64), ValueError> {
        match self.slots.get(id.index()) {
            Some(slot) if slot.form == form => {
                // From below the first it is 2^64 less how far that is above: past the last, which is less than 2^64
                // above any i64.
                let distance = scalar.wrapping_sub(slot.low).cast_unsigned();
                if distance <= slot.span { Ok((slot, distance)) } else { Err(ValueError::OutsideDomain) }
            }
            _ => Err(ValueError::WrongType),
        }
    }

    /// The class of the value at a distance, where it is read off.
    #[inline]
    pub(super) fn class(&self, slot: &ScalarEntry, distance: u64) -> Option<u32> {
        // INVARIANT: the distance is no more than the span, which is below `READ_OFF`.
        if slot.is_read_off {
            self.classes.get(slot.first as usize + distance as usize).copied()
        } else {
            None
        }
    }
}

impl ScalarEntry {
    fn new(kind: &Type, plan: Option<&AttributePlan>, classes: &mut Vec<u32>) -> Self {
        let (form, (low, high)) = form(kind, plan);
        let span = high.wrapping_sub(low).cast_unsigned();
        let first = u32::try_from(classes.len()).ok().filter(|_| form != Form::Other && span < READ_OFF);
        if first.is_some() {
            // A value that is out of reach of the conditions has no class.
            let class = |scalar| plan.and_then(|plan| class(plan, form, scalar)).unwrap_or(UNKNOWN);
            classes.extend((low..=high).map(class));
        }
        let variable = match plan.map(|plan| &*plan.variables) {
            Some([variable]) => *variable,
            _ => UNKNOWN,
        };
        let is_alone = plan.is_some_and(|plan| plan.missing.is_none() && plan.relations.is_empty());
        Self { form, is_read_off: first.is_some(), is_alone, variable, first: first.unwrap_or(0), low, span }
    }
}

/// What stands for the values of a type, the first and the last.
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

/// The class of an ordinal, a symbol, or a set of one word.
fn class(plan: &AttributePlan, form: Form, scalar: i64) -> Option<u32> {
    match (form, plan.classifier.groups()) {
        (Form::Word, Some(groups)) => {
            // There are no more groups than symbols.
            let mut mask = [0];
            groups.mark_symbols(&[scalar.cast_unsigned()], &mut mask);
            plan.classifier.set(0, &mask)
        }
        _ => plan.classifier.scalar(scalar),
    }
}
