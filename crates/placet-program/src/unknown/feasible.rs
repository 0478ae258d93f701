//! The classes that an unknown variable can have.
//!
//! Known attributes narrow the relations that they take part in, and an inner node of a taxonomy narrows its attribute
//! to the classes of its leaves. A superset of the possible classes is always sound; [`FeasibleClasses::is_exact`]
//! tells if it is exact.

use crate::class_set::ClassSet;
use crate::frame::Frame;
use crate::program::Program;
use crate::variable::{Variable, VariableKind};
use placet_model::BitSet;
use placet_model::request::AttributeInput;
use placet_model::types::{AttributeId, Members, Type};

/// The classes that an unknown variable can have.
#[derive(Debug)]
pub(crate) struct FeasibleClasses {
    pub(crate) classes: ClassSet,
    /// Each class is the class of some completion, and any two occur in completions that differ in one attribute alone.
    pub(crate) is_exact: bool,
}

impl FeasibleClasses {
    fn exactly(classes: ClassSet) -> Self {
        Self { classes, is_exact: true }
    }

    /// The classes of a condition that relates attributes: false is 0 and true is 1.
    fn truths(may_hold: bool, may_fail: bool) -> Self {
        Self::exactly(ClassSet::range(u32::from(!may_fail), 1 + u32::from(may_hold)))
    }

    fn unknown(variable: &Variable) -> Self {
        Self { classes: ClassSet::full(variable.classes), is_exact: false }
    }
}

/// Returns the classes that the frame leaves possible for a variable.
pub(crate) fn feasible_classes(program: &Program, frame: &Frame, variable: &Variable) -> FeasibleClasses {
    let found = match &variable.source {
        VariableKind::Value(id) => Some(value(program, frame, *id, variable)),
        // A single group says nothing about the others, if there are others. The only group of a set has members unless
        // the set is empty, which may be forbidden.
        VariableKind::Group(id, _) => match program.plan(*id).and_then(|plan| plan.classifier.groups()) {
            Some(groups) if groups.count() > 1 => {
                Some(FeasibleClasses::exactly(ClassSet::full(variable.classes)))
            }
            _ => None,
        },
        VariableKind::Sum(sum) => {
            let (low, high, is_exact) = sum.extent(&|id| bounds(program, frame, id));
            let classes = ClassSet::range(sum.class_of(low), sum.class_of(high).saturating_add(1));
            Some(FeasibleClasses { classes, is_exact })
        }
        VariableKind::Same(a, b) => same(program, frame, *a, *b),
        VariableKind::MemberOf(element, set) => member(program, frame, *element, *set),
        // A pending attribute may stay missing, whatever its value would be.
        VariableKind::Missing(_) => Some(FeasibleClasses::truths(true, true)),
        VariableKind::Test(..)
        | VariableKind::HasMember(..)
        | VariableKind::Meet(..)
        | VariableKind::Subset(..)
        | VariableKind::SameSet(..) => None,
    };
    found.unwrap_or_else(|| FeasibleClasses::unknown(variable))
}

fn value(program: &Program, frame: &Frame, id: AttributeId, variable: &Variable) -> FeasibleClasses {
    let leaves = frame.given(program, id);
    match (leaves, program.plan(id).map(|plan| &plan.classifier)) {
        (Some(AttributeInput::OneOf(leaves)), Some(classifier)) => FeasibleClasses::exactly(
            leaves.iter().filter_map(|leaf| classifier.scalar(leaf.into())).collect(),
        ),
        _ => FeasibleClasses::exactly(ClassSet::full(variable.classes)),
    }
}

/// Returns the first and the last ordinal that an attribute can have.
fn bounds(program: &Program, frame: &Frame, id: AttributeId) -> (i64, i64) {
    if frame.is_known(program, id) {
        let value = frame.scalar(id);
        (value, value)
    } else {
        program.kind(id).and_then(Type::ordinals).unwrap_or_default()
    }
}

/// The symbols that an attribute can have.
enum Symbols {
    All(u32),
    Some(BitSet),
}

impl Symbols {
    fn len(&self) -> u32 {
        match self {
            Symbols::All(count) => *count,
            Symbols::Some(symbols) => symbols.len(),
        }
    }

    /// Returns the number of these symbols that are in a set.
    fn within(&self, set: &BitSet) -> u32 {
        match self {
            Symbols::All(_) => set.len(),
            Symbols::Some(symbols) => symbols.intersection(set).len(),
        }
    }
}

/// Returns the symbols that an attribute can have, or `None` for strings.
fn symbols(program: &Program, frame: &Frame, id: AttributeId) -> Option<Symbols> {
    let count = program.kind(id)?.symbols()?;
    Some(match frame.given(program, id) {
        Some(AttributeInput::OneOf(leaves)) => Symbols::Some(leaves),
        _ if frame.is_known(program, id) => {
            Symbols::Some(BitSet::from_iter(count, u32::try_from(frame.scalar(id)).ok()))
        }
        _ => Symbols::All(count),
    })
}

fn same(program: &Program, frame: &Frame, a: AttributeId, b: AttributeId) -> Option<FeasibleClasses> {
    if matches!(program.kind(a), Some(Type::String)) {
        // At least one side is unknown, and there are infinitely many strings: they can be equal or not.
        return Some(FeasibleClasses::truths(true, true));
    }
    let (one, other) = (symbols(program, frame, a)?, symbols(program, frame, b)?);
    let shared = match &other {
        Symbols::All(_) => one.len(),
        Symbols::Some(symbols) => one.within(symbols),
    };
    Some(FeasibleClasses::truths(shared > 0, one.len() > 1 || other.len() > 1 || shared == 0))
}

fn member(
    program: &Program,
    frame: &Frame,
    element: AttributeId,
    set: AttributeId,
) -> Option<FeasibleClasses> {
    let Some(Type::Set { of, may_be_empty }) = program.kind(set) else { return None };
    let Members::Symbols(universe) = of else {
        // A known set may be empty, so the element can't be a member. An unknown set can always have another member.
        return (!frame.is_known(program, set)).then(|| FeasibleClasses::truths(true, true));
    };
    let elements = symbols(program, frame, element)?;
    match frame.given(program, set) {
        Some(AttributeInput::Value(placet_model::value::Value::Symbols(members))) => {
            let inside = elements.within(&members);
            Some(FeasibleClasses::truths(inside > 0, inside < elements.len()))
        }
        // The set is known by its default, whose members the frame doesn't report as given.
        _ if frame.is_known(program, set) => None,
        // A set that must have a member contains the only symbol of its universe.
        _ => Some(FeasibleClasses::truths(true, *may_be_empty || universe.len() > 1)),
    }
}
