//! The answers for all combinations of classes of some attributes.

use super::axis::{Axis, Sets};
use super::boxes::boxes;
use super::common::{common, converted};
use super::decisions::Decisions;
use super::values::Values;
use super::{LeftOut, QueryError, Regions};
use foldhash::{HashMap, HashMapExt};
use placet_model::BitSet;
use placet_model::decision::Decision;
use placet_model::input::Fact;
use placet_model::request::{Assignment, AttributeInput};
use placet_model::types::AttributeId;
use placet_program::{Frame, Program};
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

/// A request to one policy.
#[derive(Clone, Copy)]
pub(super) struct PolicyRequest<'p> {
    pub(super) program: &'p Program,
    pub(super) frame: &'p Frame,
}

/// The decisions on some requests for each combination of classes.
pub(super) struct Grid<'p> {
    pub(super) axes: Vec<Axis<'p>>,
    /// The number of classes on each axis that are decided.
    lengths: Vec<u32>,
    /// For each combination, the index of its decisions. The classes of the last axis vary fastest.
    answers: Vec<u32>,
    /// The different decisions, one for each request.
    decisions: Vec<Vec<Decision>>,
    /// The values that all requests give.
    given: BTreeMap<Arc<str>, Fact>,
}

/// A region of combinations with one key.
pub(super) struct Part<'g> {
    pub(super) values: BTreeMap<Arc<str>, Values>,
    pub(super) classes: u64,
    pub(super) example: BTreeMap<Arc<str>, Fact>,
    /// The different decisions in it.
    pub(super) decisions: Vec<&'g [Decision]>,
}

impl<'p> Grid<'p> {
    /// Decides each request to a policy for every combination of classes of some attributes, as far as the limit allows.
    pub(super) fn new(
        program: &'p Program,
        requests: &[&Frame],
        ids: &[AttributeId],
        sets: Sets,
    ) -> Result<Self, QueryError> {
        let model = program.model();
        let assignments: Vec<Assignment> =
            requests.iter().map(|frame| Assignment::of_partial(model, &frame.request(program))).collect();
        let axes = Axis::list(model, &assignments, ids, sets)?;
        let asked: Vec<PolicyRequest<'_>> =
            requests.iter().map(|frame| PolicyRequest { program, frame }).collect();
        Ok(Self::decided(axes, &asked))
    }

    /// Decides a request to an old policy and one to a new policy for every combination of classes that either policy
    /// tells apart. Also returns the values that only one policy has.
    ///
    /// An attribute of one policy alone has that policy's classes, and the other policy is asked without it.
    pub(super) fn of_both(
        [before, after]: [PolicyRequest<'p>; 2],
        names: &[Arc<str>],
        sets: Sets,
    ) -> Result<(Self, Vec<LeftOut>), QueryError> {
        let list = |asked: PolicyRequest<'p>| {
            let model = asked.program.model();
            let ids: Vec<AttributeId> = names.iter().filter_map(|name| model.find(name)).collect();
            let facts = Assignment::of_partial(model, &asked.frame.request(asked.program));
            let axes = Axis::list(model, &[facts], &ids, sets)?;
            let named = axes.into_iter().map(|axis| (axis.attribute.name.clone(), axis));
            Ok::<_, QueryError>(named.collect::<BTreeMap<Arc<str>, Axis<'p>>>())
        };
        let (mut old, mut new) = (list(before)?, list(after)?);
        let (mut axes, mut left_out) = (Vec::new(), Vec::new());
        for name in names {
            match (old.remove(name), new.remove(name)) {
                (Some(old), Some(new)) => {
                    let (axis, left) = common(&old, &new, after.program.model(), sets)?;
                    axes.push(axis);
                    left_out.extend(left);
                }
                (old, new) => axes.extend(old.or(new)),
            }
        }
        Ok((Self::decided(axes, &[before, after]), left_out))
    }

    fn decided(axes: Vec<Axis<'p>>, asked: &[PolicyRequest<'_>]) -> Self {
        let mut room = Regions::MAX_COMBINATIONS;
        let lengths: Vec<u32> = axes
            .iter()
            .map(|axis| {
                let length = axis.len().min(u32::try_from(room).unwrap_or(u32::MAX)).max(1);
                room /= length as usize;
                length
            })
            .collect();
        let given = given(asked, &axes);
        let mut grid = Self { axes, lengths, answers: Vec::new(), decisions: Vec::new(), given };
        grid.decide(asked);
        grid
    }

    fn decide(&mut self, asked: &[PolicyRequest<'_>]) {
        let inputs: Vec<Vec<Inputs>> = asked
            .iter()
            .map(|asked| {
                let axes = self.axes.iter().zip(&self.lengths);
                axes.map(|(axis, length)| inputs(asked, axis, *length)).collect()
            })
            .collect();
        let mut all: Vec<Decisions<'_>> = asked
            .iter()
            .zip(&inputs)
            .map(|(asked, inputs)| Decisions::new(*asked, inputs.iter().filter_map(|(id, _)| *id)))
            .collect();
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut point: Vec<usize> = vec![0; self.axes.len()];
        let mut numbers: Vec<u32> = Vec::new();
        let mut left = Regions::MAX_STEPS;
        // The axes from this one on changed since the last decision.
        let mut changed = 0;
        loop {
            for (decisions, inputs) in all.iter_mut().zip(&inputs) {
                for ((id, inputs), class) in inputs.iter().zip(&point).skip(changed) {
                    if let Some((id, input)) = id.zip(inputs.get(*class)) {
                        decisions.put(id, input);
                    }
                }
            }
            let mut steps = 0;
            numbers.clear();
            for decisions in &mut all {
                let (number, taken) = decisions.decide();
                numbers.push(number);
                steps += taken;
            }
            let index = match known.get(numbers.as_slice()) {
                Some(index) => *index,
                None => {
                    // INVARIANT: the combinations are bounded by `MAX_COMBINATIONS`.
                    let index = u32::try_from(self.decisions.len()).unwrap_or(u32::MAX);
                    let decisions = all.iter().zip(&numbers);
                    let decisions = decisions.filter_map(|(all, number)| all.get(*number).cloned());
                    self.decisions.push(decisions.collect());
                    known.insert(numbers.clone(), index);
                    index
                }
            };
            self.answers.push(index);
            let next =
                point.iter().zip(&self.lengths).rposition(|(class, length)| class + 1 < *length as usize);
            let (Some(next), Some(rest)) = (next, left.checked_sub(steps)) else { break };
            (changed, left) = (next, rest);
            for (at, class) in point.iter_mut().enumerate().skip(next) {
                *class = if at == next { *class + 1 } else { 0 };
            }
        }
    }

    /// Returns true if every combination of values was decided.
    pub(super) fn is_whole(&self) -> bool {
        let combinations: usize = self.lengths.iter().map(|length| *length as usize).product();
        let is_listed =
            self.axes.iter().zip(&self.lengths).all(|(axis, length)| axis.is_whole && axis.len() == *length);
        is_listed && self.answers.len() == combinations
    }

    /// Returns the decisions of a combination, given by the class on each axis. Empty if it was not decided.
    pub(super) fn at(&self, point: &[u32]) -> &[Decision] {
        let along = || point.iter().zip(&self.lengths);
        if along().any(|(class, length)| class >= length) {
            return &[];
        }
        let index = along().fold(0, |index, (class, length)| index * *length as usize + *class as usize);
        let answer = self.answers.get(index).and_then(|answer| self.decisions.get(*answer as usize));
        answer.map_or(&[], Vec::as_slice)
    }

    /// Returns the numbers of the answers of all decided combinations with a class of one axis, in the order of the
    /// combinations: classes with the same numbers have the same decisions. `None` stands for those that weren't
    /// decided.
    #[cfg(feature = "compile")]
    pub(super) fn answers_of(&self, axis: usize, class: u32) -> impl Iterator<Item = Option<u32>> + '_ {
        let size = |lengths: Option<&[u32]>| -> usize {
            lengths.unwrap_or_default().iter().map(|length| *length as usize).product()
        };
        let (outer, inner) = (size(self.lengths.get(..axis)), size(self.lengths.get(axis + 1..)));
        let begin = move |outer: usize| (outer * self.length(axis) as usize + class as usize) * inner;
        (0..outer)
            .flat_map(move |outer| begin(outer)..begin(outer) + inner)
            .map(|index| self.answers.get(index).copied())
    }

    /// Returns the number of classes of an axis that are decided.
    #[cfg(feature = "compile")]
    pub(super) fn length(&self, axis: usize) -> u32 {
        self.lengths.get(axis).copied().unwrap_or_default()
    }

    /// Returns regions of combinations whose decisions have one key; those without a key are left out.
    pub(super) fn regions<K: Hash + Eq>(&self, key: impl Fn(&[Decision]) -> Option<K>) -> Vec<Part<'_>> {
        let mut keys: HashMap<K, u32> = HashMap::new();
        let colours: Vec<Option<u32>> = self
            .decisions
            .iter()
            .map(|decisions| {
                let next = u32::try_from(keys.len()).unwrap_or(u32::MAX);
                key(decisions).map(|key| *keys.entry(key).or_insert(next))
            })
            .collect();
        let colour = |index: usize| {
            self.answers.get(index).and_then(|answer| colours.get(*answer as usize).copied().flatten())
        };
        let found = boxes(&self.lengths, &colour);
        found.into_iter().map(|(_, product)| self.part(&product)).collect()
    }

    fn part(&self, product: &[BitSet]) -> Part<'_> {
        let mut values = BTreeMap::new();
        let mut example = self.given.clone();
        for (axis, classes) in self.axes.iter().zip(product) {
            let name = axis.attribute.name.clone();
            // Classes beyond the limit are in no part.
            let all = BitSet::from_iter(axis.len(), classes.iter());
            values.extend(axis.values(&all).map(|values| (name.clone(), values)));
            let class = classes.iter().next().unwrap_or_default();
            example
                .extend(Fact::from_value(&axis.attribute.kind, &axis.value(class)).map(|fact| (name, fact)));
        }
        let mut points: Vec<usize> = vec![0];
        for (classes, length) in product.iter().zip(&self.lengths) {
            points = points
                .iter()
                .flat_map(|index| classes.iter().map(move |class| index * *length as usize + class as usize))
                .collect();
        }
        let classes = points.len() as u64;
        let mut answers: Vec<u32> =
            points.iter().filter_map(|index| self.answers.get(*index).copied()).collect();
        answers.sort_unstable();
        answers.dedup();
        let decisions = answers.iter().filter_map(|answer| self.decisions.get(*answer as usize));
        Part { values, classes, example, decisions: decisions.map(Vec::as_slice).collect() }
    }
}

/// The attribute of an axis in one policy, with a value of each class. `None` if the policy doesn't have the attribute.
type Inputs = (Option<AttributeId>, Vec<AttributeInput>);

fn inputs(asked: &PolicyRequest<'_>, axis: &Axis<'_>, length: u32) -> Inputs {
    let model = asked.program.model();
    let Some(id) = model.find(&axis.attribute.name) else { return (None, Vec::new()) };
    let own = model.attribute(id).map_or(&axis.attribute.kind, |attribute| &attribute.kind);
    let values = (0..length).map(|class| {
        let value = axis.value(class);
        // INVARIANT: both policies have the values of common classes.
        AttributeInput::Value(converted(&value, &axis.attribute.kind, own).unwrap_or(value))
    });
    (Some(id), values.collect())
}

/// Returns the values that all requests give, other than those of the query, as in the JSON of a request.
fn given(asked: &[PolicyRequest<'_>], axes: &[Axis<'_>]) -> BTreeMap<Arc<str>, Fact> {
    let is_asked = |name: &Arc<str>| axes.iter().any(|axis| axis.attribute.name == *name);
    let mut all = asked.iter().map(|asked| {
        let others = asked.program.model().declared().filter(|(_, attribute)| !is_asked(&attribute.name));
        let facts = others.filter_map(|(id, attribute)| {
            let fact = match asked.frame.given(asked.program, id)? {
                // The null of an optional attribute would mean `none`.
                AttributeInput::Null => (!attribute.is_optional()).then_some(Fact::Null),
                given => Fact::from_given(&attribute.kind, &given),
            };
            Some((attribute.name.clone(), fact?))
        });
        facts.collect::<BTreeMap<Arc<str>, Fact>>()
    });
    let mut out = all.next().unwrap_or_default();
    for other in all {
        out.retain(|name, fact| other.get(name) == Some(fact));
    }
    out
}
