//! What decides the rows of a batch, block by block.

use crate::answers::{Answers, Known, Memo};
use crate::block::{ROWS, Room};
use crate::error::{ColumnError, ValueError};
use crate::options::{OnError, Reasons};
use crate::relations::{self, Relation};
use crate::source::Source;
use placet::{Effect, Policy};
use placet_model::types::{Type, Universe};
use placet_program::OPEN;
use placet_program::columns::{Blocks, Classes, End};
use std::ops::Range;

/// The code of a row's effect in the column of effects; a row without a decision has none. Memory of zeros is no allow.
pub(crate) fn code(effect: Effect) -> i8 {
    match effect {
        Effect::Indeterminate => 0,
        Effect::Allow => 1,
        Effect::Deny => 2,
    }
}

/// The code of a row that is an erroneous request.
pub(crate) const ERRONEOUS: i8 = -1;

/// The effects in the order of their codes.
pub(crate) const EFFECTS: [Effect; 3] = [Effect::Indeterminate, Effect::Allow, Effect::Deny];

/// How many faults are kept of those that are counted.
const SHOWN_FAULTS: usize = 8;

/// What is asked about a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'b> {
    pub(crate) policy: &'b Policy,
    /// The variables that differ from row to row.
    pub(crate) varying: &'b [u32],
    pub(crate) relations: &'b [Relation],
    pub(crate) sources: &'b [Source<'b>],
    pub(crate) reasons: Reasons,
    pub(crate) on_error: OnError,
    /// Where the batch begins in its stream.
    pub(crate) first_row: u64,
}

/// What a thread needs to decide rows; kept from one batch to the next.
#[derive(Debug)]
pub(crate) struct Worker {
    room: Room,
    blocks: Blocks,
    ends: Vec<End>,
    memo: Memo,
    key: Vec<u32>,
}

/// What came of rows.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) answers: Answers,
    /// How many rows are erroneous requests.
    pub(crate) errors: u64,
    /// The first of their faults.
    pub(crate) faults: Vec<ValueError>,
}

impl Part {
    /// Adds what came of the rows that follow.
    pub(crate) fn append(&mut self, other: Self) {
        self.answers.append(other.answers);
        self.errors += other.errors;
        let room = SHOWN_FAULTS.saturating_sub(self.faults.len());
        self.faults.extend(other.faults.into_iter().take(room));
    }
}

impl Worker {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, blocks: Blocks::default(), ends: Vec::new(), memo: Memo::default(), key: Vec::new() }
    }

    /// Decides rows, and writes the codes of their effects.
    pub(crate) fn decide(
        &mut self,
        question: &Question<'_>,
        rows: Range<usize>,
        effects: &mut [i8],
    ) -> Result<Part, ColumnError> {
        let mut part = Part::default();
        self.memo.begin();
        for (effects, first) in effects.chunks_mut(ROWS).zip(rows.step_by(ROWS)) {
            self.block(question, first, effects, &mut part)?;
        }
        Ok(part)
    }

    fn block(
        &mut self,
        question: &Question<'_>,
        first: usize,
        effects: &mut [i8],
        part: &mut Part,
    ) -> Result<(), ColumnError> {
        let (program, rows) = (question.policy.program(), first..first + effects.len());
        self.room.bad.clear();
        self.room.bad.resize(rows.len(), false);
        for source in question.sources {
            source.classify(program, rows.clone(), &mut self.room);
        }
        relations::classify(question.relations, question.sources, rows.clone(), &mut self.room);
        let variables: Vec<Classes<'_>> = self.room.classes.iter().map(|buffer| buffer.classes()).collect();
        self.ends.clear();
        self.ends.resize(rows.len(), End::Undecided);
        self.blocks.decide(program, rows.len(), &variables, &mut self.ends);
        let wants_ids = question.reasons.any();
        // Without a branch, too: it is seldom that one is bad.
        let is_bad = self.room.bad.iter().fold(false, |any, bad| any | *bad);
        let are_settled = !is_bad && settle(&self.ends, effects);
        if are_settled && !question.reasons.of_decided() {
            if wants_ids {
                part.answers.ids.resize(part.answers.ids.len() + rows.len(), Answers::NONE);
            }
            return Ok(());
        }
        let may_be_nodes = question.sources.iter().any(has_nodes);
        for (at, (effect, row)) in effects.iter_mut().zip(rows).enumerate() {
            let is_bad = self.room.bad.get(at).copied().unwrap_or(true);
            let end = self.ends.get(at).copied().unwrap_or(End::Undecided).effect();
            let settled = match end {
                _ if is_bad => None,
                Some(Effect::Indeterminate) => end.filter(|_| !may_be_nodes && !question.reasons.any()),
                Some(_) => end.filter(|_| !question.reasons.of_decided()),
                None => None,
            };
            let id = match settled {
                Some(settled) => {
                    *effect = code(settled);
                    Answers::NONE
                }
                None => match self.row(question, at, row, is_bad, part)? {
                    Ok((decided, id)) => {
                        *effect = code(decided);
                        id
                    }
                    Err(fault) => {
                        if question.on_error == OnError::Fail {
                            return Err(fault.into());
                        }
                        part.errors += 1;
                        if part.faults.len() < SHOWN_FAULTS {
                            part.faults.push(fault);
                        }
                        *effect = ERRONEOUS;
                        Answers::NONE
                    }
                },
            };
            if wants_ids {
                part.answers.ids.push(id);
            }
        }
        Ok(())
    }

    /// Decides a row by itself, or as one before that the policy can't tell from it: its effect and the number of its
    /// answer, or its fault.
    fn row(
        &mut self,
        question: &Question<'_>,
        at: usize,
        row: usize,
        is_bad: bool,
        part: &mut Part,
    ) -> Result<Result<(Effect, u32), ValueError>, ColumnError> {
        let has_key = !is_bad && self.read_key(question, at, row);
        if has_key
            && let Some(known) = self.memo.get(&self.key)
            && (known.has_reasons() || !question.reasons.any())
        {
            return Ok(Ok((known.effect, known.id(&mut part.answers))));
        }
        for source in question.sources {
            if let Err(code) = source.put(&mut self.room.request, &mut self.room.scratch, row) {
                return Ok(Err(source.fault(code, row, question.first_row)));
            }
        }
        let mut known = match question.reasons.any() {
            true => Known::decision(question.policy.decide(&self.room.request)?),
            false => Known::effect(question.policy.effect(&self.room.request)?),
        };
        let (effect, id) = (known.effect, known.id(&mut part.answers));
        if has_key {
            self.memo.put(&self.key, known);
        }
        Ok(Ok((effect, id)))
    }

    /// Reads all that the policy can tell of a row; false where that is more than classes and inner nodes.
    fn read_key(&mut self, question: &Question<'_>, at: usize, row: usize) -> bool {
        self.key.clear();
        let class = |variable: &u32| {
            self.room.classes.get(*variable as usize).map_or(OPEN, |buffer| buffer.class(at))
        };
        if question.relations.iter().any(|relation| class(&relation.variable) == OPEN) {
            return false;
        }
        self.key.extend(question.varying.iter().map(class));
        for source in question.sources {
            if has_nodes(source) && source.column.variables.iter().any(|variable| class(variable) == OPEN) {
                let leaves = source.leaves(row).unwrap_or(OPEN..OPEN);
                self.key.extend([leaves.start, leaves.end]);
            }
        }
        true
    }
}

/// Writes the codes of ends, as far as these are denials and allows; whether all of them are.
///
/// Without a branch, so that many rows are settled at once: most blocks have no others.
fn settle(ends: &[End], effects: &mut [i8]) -> bool {
    let mut is_open = false;
    for (effect, end) in effects.iter_mut().zip(ends) {
        *effect = match end {
            End::Deny => code(Effect::Deny),
            End::Allow => code(Effect::Allow),
            End::Indeterminate | End::Undecided => code(Effect::Indeterminate),
        };
        is_open |= matches!(end, End::Indeterminate | End::Undecided);
    }
    !is_open
}

/// Whether a column may give inner nodes.
fn has_nodes(source: &Source<'_>) -> bool {
    matches!(source.column.kind, Type::Symbol(Universe::Taxonomy(_)))
}
