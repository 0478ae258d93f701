//! Classes of set attributes.
//!
//! Members that no condition distinguishes form a group. An automaton reads which groups a set has; its final states
//! are the classes. If it has too many classes, each group becomes a variable of its own. If patterns make too many
//! groups, each test of a member becomes one.

use super::texts::{LARGEST, PatternTest, partition};
use super::{ClassLabels, symbols};
use crate::encoding::Builder;
use placet_model::BitSet;
use placet_model::condition::{Collection, ConditionId};
use placet_model::types::{AttributeId, Members, Type};
use placet_model::value::{Member, Value};
use placet_program::classify::{Classifier, Groups, SetClasses, TextGroup, TextTest};
use placet_program::formula::{Formula, FormulaId};
use placet_program::plan::{MemberTest, SetTest};
use placet_program::{ClassSet, VariableKind};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The maximum number of groups that only patterns tell apart. Beyond it, the tests of members are variables of their
/// own: each pattern can double the groups.
const MAX_PATTERN_GROUPS: usize = 256;
/// The maximum number of classes of a set. Beyond it, its groups are variables of their own.
const MAX_CLASSES: usize = 1_024;
/// The maximum number of automaton states after any step.
const MAX_STATES: usize = 4_096;
/// The number of groups that the automaton reads in one step.
const STEP: usize = 4;

type Test<'m> = (ConditionId, SetTest, &'m Collection);

pub(super) fn build(builder: &mut Builder<'_>, id: AttributeId, kind: &Type, tests: &[Test<'_>]) {
    let Type::Set { of, may_be_empty } = kind else { return };
    let find = || {
        let grouped = group(of, tests)?;
        let automaton = automaton(&grouped, *may_be_empty);
        Some(Arc::new(SetPartition { grouped, automaton }))
    };
    let conditions = tests.iter().map(|(condition, ..)| *condition).collect();
    let Some(found) = builder.partitions.sets.entry(conditions).or_insert_with(find).clone() else {
        return build_apart(builder, id, tests);
    };
    let SetPartition { grouped, automaton } = &*found;
    match automaton {
        Some(found) => {
            let samples = found.samples.iter().map(|groups| grouped.set(of, groups)).collect();
            let variable = builder.variable(
                VariableKind::Value(id),
                found.classes.classes(),
                ClassLabels::Sets(samples),
            );
            for (((condition, ..), set), Wanted { test, groups }) in
                tests.iter().zip(&found.holds).zip(&grouped.wanted)
            {
                let formula = builder.test(variable, set.clone());
                builder.member_test(MemberTest { formula, test: *test, groups: groups.clone() });
                builder.set(*condition, formula);
            }
            let classes = Some(found.classes.clone());
            let classifier = Classifier::Set { groups: grouped.groups.clone(), classes };
            builder.classify(id, classifier, vec![variable]);
        }
        None => {
            let groups = 0..grouped.members.len() as u32;
            let variables: Vec<u32> = groups
                .map(|group| builder.variable(VariableKind::Group(id, group), 2, ClassLabels::Truth))
                .collect();
            for ((condition, ..), wanted) in tests.iter().zip(&grouped.wanted) {
                let formula = of_groups(builder, &variables, wanted);
                builder.set(*condition, formula);
            }
            let classifier = Classifier::Set { groups: grouped.groups.clone(), classes: None };
            builder.classify(id, classifier, variables);
        }
    }
}

/// Builds tests from variables that are true if the set has a text that passes, or fails, a test of single texts.
fn build_apart(builder: &mut Builder<'_>, id: AttributeId, tests: &[Test<'_>]) {
    let mut groups: Vec<TextGroup> = Vec::new();
    let mut variables: Vec<u32> = Vec::new();
    let mut has = |builder: &mut Builder<'_>, test: TextTest, passes: bool| {
        let group = TextGroup { test, passes };
        let index = groups.iter().position(|known| *known == group).unwrap_or(groups.len());
        if index == groups.len() {
            groups.push(group);
            let source = VariableKind::HasMember(id, index as u32);
            variables.push(builder.variable(source, 2, ClassLabels::Truth));
        }
        let variable = variables.get(index).copied().unwrap_or_default();
        builder.test(variable, ClassSet::range(1, 2))
    };
    for (condition, test, collection) in tests {
        let of = match collection {
            Collection::Texts(texts) => TextTest::OneOf(texts.iter().cloned().collect()),
            Collection::Like(pattern) => TextTest::Like(pattern.clone()),
            Collection::Symbols(_) => continue,
        };
        let formula = match test {
            SetTest::Any => has(builder, of, true),
            SetTest::All | SetTest::Exactly => {
                let other = has(builder, of, false);
                let mut parts = vec![builder.formula(Formula::Not(other))];
                if let (SetTest::Exactly, Collection::Texts(texts)) = (test, collection) {
                    let own = |text: &Arc<str>| TextTest::OneOf([text.clone()].into());
                    parts.extend(texts.iter().map(|text| has(builder, own(text), true)));
                }
                builder.formula(Formula::All(parts.into()))
            }
        };
        builder.set(*condition, formula);
    }
    let classifier = Classifier::Set { groups: Groups::Tests(groups.into()), classes: None };
    builder.classify(id, classifier, variables);
}

/// The groups of a set's members and the automaton over them; `None` if it has too many states or classes.
#[derive(Debug)]
pub(crate) struct SetPartition {
    grouped: Grouped,
    automaton: Option<Automaton>,
}

/// A condition on a set, expressed in groups.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Wanted {
    test: SetTest,
    groups: ClassSet,
}

impl Wanted {
    /// Returns true if the presence (`has`) or absence of this group settles the test: *any* then holds, the others
    /// then fail.
    fn is_settled_by(&self, group: u32, has: bool) -> bool {
        let inside = self.groups.contains(group);
        match self.test {
            SetTest::Any => has && inside,
            SetTest::All => has && !inside,
            SetTest::Exactly => has != inside,
        }
    }

    fn holds(&self, settled: bool) -> bool {
        (self.test == SetTest::Any) == settled
    }
}

/// The groups of a set's possible members, which do not overlap.
#[derive(Debug)]
struct Grouped {
    groups: Groups,
    /// One example member of each group.
    members: Vec<Member>,
    /// The tests, in terms of the groups.
    wanted: Vec<Wanted>,
}

impl Grouped {
    /// Creates the groups. `holds` has the groups of the members that each test names.
    fn new(groups: Groups, members: Vec<Member>, tests: &[Test<'_>], holds: Vec<ClassSet>) -> Self {
        let wanted = tests.iter().zip(holds).map(|((_, test, _), groups)| Wanted { test: *test, groups });
        Self { groups, members, wanted: wanted.collect() }
    }

    /// Builds a set with these groups, from their example members.
    fn set(&self, of: &Members, groups: &[u32]) -> Value {
        let members = || groups.iter().filter_map(|group| self.members.get(*group as usize));
        match of {
            Members::Symbols(universe) => {
                let symbols = members().filter_map(|member| match member {
                    Member::Symbol(symbol) => Some(*symbol),
                    Member::Text(_) => None,
                });
                Value::Symbols(BitSet::from_iter(universe.len(), symbols))
            }
            Members::Texts => Value::Texts(
                members()
                    .filter_map(|member| match member {
                        Member::Text(text) => Some(text.clone()),
                        Member::Symbol(_) => None,
                    })
                    .collect(),
            ),
        }
    }
}

/// Groups the members that no test distinguishes. An *exactly* test requires each of its members, so each of these
/// members is a group of its own. `None` if there are too many groups.
fn group(of: &Members, tests: &[Test<'_>]) -> Option<Grouped> {
    match of {
        Members::Symbols(universe) => {
            let count = universe.len();
            let mut sets: Vec<BitSet> = Vec::new();
            for (_, test, collection) in tests {
                let Collection::Symbols(set) = collection else { continue };
                sets.push(set.clone());
                if *test == SetTest::Exactly {
                    sets.extend(set.iter().map(|symbol| BitSet::from_iter(count, [symbol])));
                }
            }
            let group_of = symbols::partition(count, &sets.iter().collect::<Vec<_>>());
            let groups = group_of.iter().max().map_or(0, |last| last + 1);
            let of_symbol = |symbol: u32| group_of.get(symbol as usize).copied();
            let members = (0..groups)
                .filter_map(|group| group_of.iter().position(|of| *of == group))
                .filter_map(|symbol| u32::try_from(symbol).ok().map(Member::Symbol))
                .collect();
            let holds = tests
                .iter()
                .map(|(_, _, collection)| match collection {
                    Collection::Symbols(set) => set.iter().filter_map(of_symbol).collect(),
                    Collection::Texts(_) | Collection::Like(_) => ClassSet::default(),
                })
                .collect();
            Some(Grouped::new(Groups::Symbols(group_of.into()), members, tests, holds))
        }
        Members::Texts => {
            let mut own: Vec<BTreeSet<Arc<str>>> = Vec::new();
            let mut asked: Vec<PatternTest<'_>> = Vec::new();
            for (_, test, collection) in tests {
                match collection {
                    Collection::Texts(texts) => {
                        asked.push(PatternTest::OneOf(texts));
                        if *test == SetTest::Exactly {
                            own.extend(texts.iter().map(|text| BTreeSet::from([text.clone()])));
                        }
                    }
                    Collection::Like(pattern) => asked.push(PatternTest::Like(pattern)),
                    Collection::Symbols(_) => {}
                }
            }
            let has_patterns = asked.iter().any(|test| matches!(test, PatternTest::Like(_)));
            // `own` only splits the groups: its tests come after those of conditions, and the pairs end before them.
            asked.extend(own.iter().map(PatternTest::OneOf));
            // Texts alone have no more groups than there are texts; patterns can have exponentially many.
            let found = partition(&asked, if has_patterns { LARGEST } else { usize::MAX })?;
            let unnamed = found.labels.iter().filter(|texts| texts.mentioned.is_empty()).count();
            if has_patterns && unnamed > MAX_PATTERN_GROUPS {
                return None;
            }
            let members = found.labels.iter().map(|texts| Member::Text(texts.sample.clone())).collect();
            Some(Grouped::new(Groups::Texts(found.classes), members, tests, found.holds))
        }
    }
}

/// The automaton and a description of its classes.
#[derive(Debug)]
struct Automaton {
    classes: SetClasses,
    /// The classes of sets that satisfy each test.
    holds: Vec<ClassSet>,
    /// The groups of a small example set of each class.
    samples: Vec<Vec<u32>>,
}

/// The state after reading some groups: a bit per settled test, and a last bit that is set if the set has a member.
type State = Vec<u64>;

fn automaton(grouped: &Grouped, may_be_empty: bool) -> Option<Automaton> {
    // Deduplicate equal tests: each distinct test costs a bit in every state.
    let mut distinct: HashMap<&Wanted, usize> = HashMap::new();
    let mut asked: Vec<&Wanted> = Vec::new();
    let place: Vec<usize> = grouped
        .wanted
        .iter()
        .map(|wanted| {
            *distinct.entry(wanted).or_insert_with(|| {
                asked.push(wanted);
                asked.len() - 1
            })
        })
        .collect();
    let groups = grouped.members.len();
    // The tests that each group settles by its absence and by its presence. The last bit marks a set with a member.
    let words = (asked.len() + 1).div_ceil(64);
    let mask = |group: usize, has: bool| -> State {
        let mut out = vec![0; words];
        let settled = asked.iter().map(|wanted| wanted.is_settled_by(group as u32, has));
        for (bit, settled) in settled.chain([has]).enumerate() {
            if let Some(word) = out.get_mut(bit / 64) {
                *word |= u64::from(settled) << (bit % 64);
            }
        }
        out
    };
    let masks: Vec<[State; 2]> = (0..groups).map(|group| [mask(group, false), mask(group, true)]).collect();

    let mut states: Vec<(State, Vec<u32>)> = vec![(vec![0; words], Vec::new())];
    let mut steps = Vec::new();
    for (first, chunk) in (0_u32..).step_by(STEP).zip(masks.chunks(STEP)) {
        let mut known: HashMap<State, u32> = HashMap::new();
        let mut next: Vec<(State, Vec<u32>)> = Vec::new();
        let mut rows: Vec<[u32; 16]> = Vec::with_capacity(states.len());
        for (state, sample) in &states {
            // A target for each combination of the groups that one step reads.
            let mut row = [0; 16];
            for (bits, slot) in row.iter_mut().enumerate() {
                let mut reached = state.clone();
                let mut has = sample.clone();
                for (at, masks) in chunk.iter().enumerate() {
                    let there = bits >> at & 1;
                    if there == 1 {
                        has.push(first + at as u32);
                    }
                    let [absent, present] = masks;
                    let mask = if there == 1 { present } else { absent };
                    reached.iter_mut().zip(mask).for_each(|(word, mask)| *word |= mask);
                }
                // States are merged by their bits, and the smaller set remains as the example.
                *slot = match known.get(&reached) {
                    Some(id) => {
                        if let Some((_, sample)) = next.get_mut(*id as usize)
                            && has.len() < sample.len()
                        {
                            *sample = has;
                        }
                        *id
                    }
                    None => {
                        let id = next.len() as u32;
                        known.insert(reached.clone(), id);
                        next.push((reached, has));
                        id
                    }
                };
            }
            rows.push(row);
        }
        if next.len() > MAX_STATES {
            return None;
        }
        steps.push(rows);
        states = next;
    }
    finish(asked, &place, states, steps, may_be_empty)
}

/// Turns the states after the last group into classes. States that differ only in the bit for "has a member" merge. If
/// the empty set is not allowed, its state gets no class of its own.
fn finish(
    asked: Vec<&Wanted>,
    place: &[usize],
    states: Vec<(State, Vec<u32>)>,
    mut steps: Vec<Vec<[u32; 16]>>,
    may_be_empty: bool,
) -> Option<Automaton> {
    let member = asked.len();
    let mut class_of: Vec<u32> = Vec::with_capacity(states.len());
    let mut known: HashMap<State, u32> = HashMap::new();
    let mut classes: Vec<(State, Vec<u32>)> = Vec::new();
    for (mut state, sample) in states {
        let word = state.get_mut(member / 64)?;
        let is_empty = *word >> (member % 64) & 1 == 0;
        *word &= !(1 << (member % 64));
        if is_empty && !may_be_empty {
            // No request has the empty set, so any class will do for it.
            class_of.push(0);
            continue;
        }
        let class = *known.entry(state.clone()).or_insert_with(|| {
            classes.push((state, sample));
            classes.len() as u32 - 1
        });
        class_of.push(class);
    }
    if classes.len() > MAX_CLASSES {
        return None;
    }
    for state in steps.last_mut().into_iter().flatten().flatten() {
        *state = class_of.get(*state as usize).copied()?;
    }
    let settled =
        |state: &State, test: usize| state.get(test / 64).is_some_and(|word| word >> (test % 64) & 1 == 1);
    let of_test: Vec<ClassSet> = asked
        .iter()
        .enumerate()
        .map(|(test, wanted)| {
            let holds = (0..).zip(&classes).filter(|(_, (state, _))| wanted.holds(settled(state, test)));
            holds.map(|(class, _)| class).collect()
        })
        .collect();
    Some(Automaton {
        holds: place.iter().filter_map(|test| of_test.get(*test).cloned()).collect(),
        classes: SetClasses::new(steps, classes.len() as u32),
        samples: classes.into_iter().map(|(_, sample)| sample).collect(),
    })
}

/// Builds a test from one variable per group, whose class 1 means that the set has the group.
fn of_groups(builder: &mut Builder<'_>, variables: &[u32], wanted: &Wanted) -> FormulaId {
    let mut parts = Vec::new();
    for (group, variable) in (0..).zip(variables) {
        for (has, classes) in [(true, ClassSet::range(1, 2)), (false, ClassSet::range(0, 1))] {
            if wanted.is_settled_by(group, has) {
                let settles = builder.test(*variable, classes);
                parts.push(settles);
            }
        }
    }
    let settled = builder.formula(Formula::Any(parts.into()));
    if wanted.holds(true) { settled } else { builder.formula(Formula::Not(settled)) }
}
