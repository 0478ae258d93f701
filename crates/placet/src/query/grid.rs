//! The answers for all combinations of classes of some attributes.

use super::axis::{Axis, Sets};
use super::boxes::boxes;
use super::values::Values;
use super::{QueryError, Regions};
use placet_model::decision::Decision;
use placet_model::input::Fact;
use placet_model::request::{Assignment, AttributeInput};
use placet_model::types::AttributeId;
use placet_program::{Frame, Program};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

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
    /// Decides each request for every combination of classes of some attributes, as far as the limit allows.
    pub(super) fn new(
        program: &'p Program,
        requests: &[&Frame],
        ids: &[AttributeId],
        sets: Sets,
    ) -> Result<Self, QueryError> {
        let model = program.model();
        let mut frames: Vec<Frame> = requests.iter().map(|frame| (*frame).clone()).collect();
        let assignments: Vec<Assignment> =
            frames.iter().map(|frame| Assignment::of_partial(model, &frame.request(program))).collect();
        let axes = Axis::list(model, &assignments, ids, sets)?;
        let given = given(program, requests, ids);
        let mut room = Regions::MAX_COMBINATIONS;
        let lengths: Vec<u32> = axes
            .iter()
            .map(|axis| {
                let length = axis.len().min(u32::try_from(room).unwrap_or(u32::MAX)).max(1);
                room /= length as usize;
                length
            })
            .collect();
        let mut grid = Self { axes, lengths, answers: Vec::new(), decisions: Vec::new(), given };
        grid.decide(program, &mut frames);
        Ok(grid)
    }

    fn decide(&mut self, program: &Program, frames: &mut [Frame]) {
        let inputs: Vec<Vec<AttributeInput>> = self
            .axes
            .iter()
            .zip(&self.lengths)
            .map(|(axis, length)| {
                (0..*length).map(|class| AttributeInput::Value(axis.value(class))).collect()
            })
            .collect();
        let mut known: HashMap<Vec<Decision>, u32> = HashMap::new();
        let mut point: Vec<usize> = vec![0; self.axes.len()];
        let mut left = Regions::MAX_STEPS;
        // The axes from this one on changed since the last decision.
        let mut changed = 0;
        loop {
            for frame in &mut *frames {
                for ((axis, inputs), class) in self.axes.iter().zip(&inputs).zip(&point).skip(changed) {
                    if let Some(input) = inputs.get(*class) {
                        // The values of classes fit their attributes.
                        let _ = frame.put_unchecked(program, axis.id, input);
                    }
                }
            }
            let mut steps = 0;
            let decisions: Vec<Decision> = frames
                .iter()
                .map(|frame| {
                    let (mut decision, taken) = program.decide_partial(frame);
                    steps += taken;
                    // Answers don't tell it, and it isn't always there.
                    decision.undecided = Vec::new();
                    decision
                })
                .collect();
            let index = match known.get(&decisions) {
                Some(index) => *index,
                None => {
                    // INVARIANT: the combinations are bounded by `MAX_COMBINATIONS`.
                    let index = u32::try_from(self.decisions.len()).unwrap_or(u32::MAX);
                    self.decisions.push(decisions.clone());
                    known.insert(decisions, index);
                    index
                }
            };
            self.answers.push(index);
            let next = point.iter().zip(&inputs).rposition(|(class, inputs)| class + 1 < inputs.len());
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
        let found = self.answer(point).and_then(|answer| self.decisions.get(answer as usize));
        found.map_or(&[], Vec::as_slice)
    }

    /// Returns the number of the answer of a combination: combinations with one number have the same decisions. `None` if
    /// it was not decided.
    pub(super) fn answer(&self, point: &[u32]) -> Option<u32> {
        let along = || point.iter().zip(&self.lengths);
        if along().any(|(class, length)| class >= length) {
            return None;
        }
        let index = along().fold(0, |index, (class, length)| index * *length as usize + *class as usize);
        self.answers.get(index).copied()
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

    fn part(&self, product: &[placet_model::BitSet]) -> Part<'_> {
        let mut values = BTreeMap::new();
        let mut example = self.given.clone();
        for (axis, classes) in self.axes.iter().zip(product) {
            let name = axis.attribute.name.clone();
            values.extend(axis.values(classes).map(|values| (name.clone(), values)));
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

/// Returns the values that all requests give, other than those of the query, as in the JSON of a request.
fn given(program: &Program, requests: &[&Frame], ids: &[AttributeId]) -> BTreeMap<Arc<str>, Fact> {
    let mut out = BTreeMap::new();
    for (id, attribute) in program.model().declared().filter(|(id, _)| !ids.contains(id)) {
        let mut all = requests.iter().map(|frame| frame.given(program, id));
        let first = all.next().flatten();
        if all.any(|other| other != first) {
            continue;
        }
        let fact = match first {
            // The null of an optional attribute would mean `none`.
            Some(AttributeInput::Null) => (!attribute.is_optional()).then_some(Fact::Null),
            given => given.and_then(|given| Fact::from_given(&attribute.kind, &given)),
        };
        out.extend(fact.map(|fact| (attribute.name.clone(), fact)));
    }
    out
}
