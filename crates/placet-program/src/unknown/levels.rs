//! The levels of diagrams, and what they stand for.
//!
//! An unknown variable is a level. In [`Encoding::Members`], a set with many classes is one level per group of its
//! members instead. Groups that no condition relates are independent, so a diagram over groups is no larger than its
//! conditions, while the set itself can have exponentially many classes.
//!
//! Levels stand in the order in which conditions first test them, depth first. The levels of one part of a condition
//! are then neighbours, and the sizes of parts without a common variable add up instead of multiplying (Malik, Wang,
//! Brayton and Sangiovanni-Vincentelli, *Logic verification using binary decision diagrams*, ICCAD 1988). The evaluator
//! then reorders them to bring rules with a shared rare level together.

use super::feasible::{FeasibleClasses, feasible_classes};
use crate::class_set::ClassSet;
use crate::classify::Groups;
use crate::formula::FormulaId;
use crate::frame::Frame;
use crate::plan::{MemberTest, SetTest};
use crate::program::Program;
use crate::variable::{UNKNOWN, Variable, VariableKind};
use foldhash::{HashMap, HashMapExt};
use placet_model::types::{AttributeId, Type};

/// The maximum number of classes of a set that stays one level.
const FEW_CLASSES: u32 = 16;

/// The order of the levels, and what they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// One level per unknown variable of the compiled diagram, in its order. There are no candidates, so only the effect
    /// and the attributes that it depends on may be asked.
    Diagram,
    /// The same, and then one per other unknown variable that a condition tests.
    Compiled,
    /// Levels in the order of the conditions; a set of many classes is one level per group of its members.
    Members,
}

/// A level of the diagrams.
#[derive(Debug)]
pub(super) struct Level<'p> {
    pub(super) variable: &'p Variable,
    /// The group that this level stands for, if its variable is a set that was split.
    pub(super) group: Option<u32>,
    /// The classes that the variable can have, if not simply all. The classes of the level are their ranks, so that a
    /// level has no class that can't occur.
    pub(super) possible: Option<FeasibleClasses>,
}

/// The relation of a level to the other levels of its attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The level covers everything that conditions ask of its attributes, or relates attributes.
    Whole,
    /// 1 if a set has a member of a group.
    Member(AttributeId),
    /// 1 if a string passes the test with this index.
    Test(AttributeId, u32),
    /// 1 if an attribute stays missing, which says nothing of its value.
    Missing,
}

impl Level<'_> {
    pub(super) fn part(&self) -> Part {
        match (&self.variable.source, self.group) {
            (VariableKind::Value(id), Some(_)) | (VariableKind::Group(id, _), _) => Part::Member(*id),
            (VariableKind::Test(id, test), _) => Part::Test(*id, *test),
            (VariableKind::Missing(_), _) => Part::Missing,
            _ => Part::Whole,
        }
    }

    /// Returns true if each class of the level is the class of some completion, whatever the classes of other
    /// attributes are.
    pub(super) fn is_exact(&self) -> bool {
        self.possible.as_ref().is_none_or(|possible| possible.is_exact)
    }

    pub(super) fn arity(&self) -> u32 {
        match self.group {
            Some(_) => 2,
            None => self.possible.as_ref().map_or(self.variable.classes, |possible| possible.classes.len()),
        }
    }
}

/// The levels of one request.
#[derive(Debug)]
pub(super) struct Levels<'p> {
    /// The class of each variable. Variables that can have only one class are filled in.
    pub(super) classes: Vec<u32>,
    pub(super) all: Vec<Level<'p>>,
    encoding: Encoding,
    /// The level of each variable; [`UNKNOWN`] for variables without one.
    of_variable: Vec<u32>,
    /// The level of each (variable, group) of the variables that were split.
    of_group: HashMap<(u32, u32), u32>,
    narrowed: HashMap<u32, FeasibleClasses>,
}

impl<'p> Levels<'p> {
    /// Fills in the variables that can have only one class. There are no levels yet.
    pub(super) fn new(program: &'p Program, frame: &Frame, encoding: Encoding) -> Self {
        let mut classes = frame.classes().to_vec();
        let mut narrowed = HashMap::new();
        for ((number, class), variable) in (0..).zip(&mut classes).zip(program.variables()) {
            // These can have all of their classes, so none has to be looked for.
            let is_all = matches!(variable.source, VariableKind::Value(_) | VariableKind::Missing(_))
                && !frame.has_leaves(variable);
            if *class != UNKNOWN || is_all {
                continue;
            }
            let possible = feasible_classes(program, frame, variable);
            match possible.classes.ranges() {
                // A variable with one possible class is as good as known: it gets no level, and its tests become
                // constants.
                &[(only, end)] if end == only + 1 => *class = only,
                _ => drop(narrowed.insert(number, possible)),
            }
        }
        let of_variable = vec![UNKNOWN; classes.len()];
        Self { classes, all: Vec::new(), encoding, of_variable, of_group: HashMap::new(), narrowed }
    }

    /// Adds the levels of a test, unless they exist.
    pub(super) fn add(&mut self, program: &'p Program, id: FormulaId, variable: u32) {
        let Some(about) = program.variables().get(variable as usize) else { return };
        match self.members(program, about, id) {
            Some(test) => {
                for group in test.groups_of_levels(group_count(program, about)) {
                    let next = level(self.all.len());
                    if *self.of_group.entry((variable, group)).or_insert(next) == next {
                        self.all.push(Level { variable: about, group: Some(group), possible: None });
                    }
                }
            }
            None => self.add_variable(about, variable),
        }
    }

    /// Adds the level of a variable, unless it exists.
    pub(super) fn add_variable(&mut self, about: &'p Variable, variable: u32) {
        if let Some(slot) = self.of_variable.get_mut(variable as usize)
            && *slot == UNKNOWN
        {
            *slot = level(self.all.len());
            let possible = self.narrowed.remove(&variable);
            self.all.push(Level { variable: about, group: None, possible });
        }
    }

    /// Returns what a test asks of the groups of a set's members, if the set is split.
    pub(super) fn members(
        &self,
        program: &'p Program,
        about: &Variable,
        id: FormulaId,
    ) -> Option<&'p MemberTest> {
        let is_split = self.encoding == Encoding::Members
            && matches!(about.source, VariableKind::Value(_))
            && about.classes > FEW_CLASSES;
        if is_split { program.member_test(id) } else { None }
    }

    /// Reorders the levels: `order` names each of them once.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        let mut new_of_old = vec![UNKNOWN; self.all.len()];
        for (new, old) in (0..).zip(order) {
            if let Some(slot) = new_of_old.get_mut(*old as usize) {
                *slot = new;
            }
        }
        let moved = |level: u32| new_of_old.get(level as usize).copied().unwrap_or(UNKNOWN);
        self.of_variable.iter_mut().for_each(|level| *level = moved(*level));
        self.of_group.values_mut().for_each(|level| *level = moved(*level));
        let mut numbered: Vec<(u32, Level<'p>)> =
            (0..).zip(std::mem::take(&mut self.all)).map(|(old, level)| (moved(old), level)).collect();
        numbered.sort_by_key(|(new, _)| *new);
        self.all = numbered.into_iter().map(|(_, level)| level).collect();
    }

    /// Returns the levels of a test.
    pub(super) fn levels_of(&self, program: &'p Program, id: FormulaId, variable: u32) -> Vec<u32> {
        let Some(about) = program.variables().get(variable as usize) else { return Vec::new() };
        match self.members(program, about, id) {
            Some(test) => {
                let groups = test.groups_of_levels(group_count(program, about)).into_iter();
                groups.filter_map(|group| self.level_of_group(variable, group)).collect()
            }
            None => self.level(variable).into_iter().collect(),
        }
    }

    pub(super) fn level(&self, variable: u32) -> Option<u32> {
        self.of_variable.get(variable as usize).copied().filter(|level| *level != UNKNOWN)
    }

    pub(super) fn level_of_group(&self, variable: u32, group: u32) -> Option<u32> {
        self.of_group.get(&(variable, group)).copied()
    }

    pub(super) fn get(&self, level: u32) -> Option<&Level<'p>> {
        self.all.get(level as usize)
    }
}

impl MemberTest {
    /// Returns the groups that the test reads: for *any* the groups that it names, for *all* the others, for *exactly*
    /// all groups.
    pub(super) fn groups_of_levels(&self, count: u32) -> Vec<u32> {
        match self.test {
            SetTest::Any => self.groups.iter().collect(),
            SetTest::All => self.groups.complement(count).iter().collect(),
            SetTest::Exactly => (0..count).collect(),
        }
    }
}

fn level(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(UNKNOWN)
}

/// Returns the number of groups of the set of a variable.
pub(super) fn group_count(program: &Program, about: &Variable) -> u32 {
    match about.source {
        VariableKind::Value(id) | VariableKind::Group(id, _) => groups(program, id),
        _ => 0,
    }
}

/// Returns the number of groups of a set's members.
pub(super) fn groups(program: &Program, id: AttributeId) -> u32 {
    program.plan(id).and_then(|plan| plan.classifier.groups()).map_or(0, Groups::count)
}

/// Returns true if a set may be empty.
pub(super) fn may_be_empty(program: &Program, id: AttributeId) -> bool {
    matches!(program.kind(id), Some(Type::Set { may_be_empty: true, .. }))
}

/// Returns the ranks, among the possible classes, of the classes in a set.
pub(super) fn ranks(possible: &ClassSet, set: &ClassSet) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::new();
    let mut before = 0;
    for (first, end) in possible.ranges() {
        let here = ClassSet::range(*first, *end);
        out.extend(
            here.intersection(set).ranges().iter().map(|(a, b)| (before + a - first, before + b - first)),
        );
        before += end - first;
    }
    out
}

/// Returns the number of possible classes below a class.
pub(super) fn rank(possible: &ClassSet, class: u32) -> u32 {
    possible.ranges().iter().map(|(first, end)| class.clamp(*first, *end) - first).sum()
}
