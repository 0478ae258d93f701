//! Decides the rows of a batch, block by block.

use crate::answers::{Answers, Known, Memo};
use crate::block::{BlockScratch, Buffer, ROWS};
use crate::column::Scratch;
use crate::column_reader::{ColumnReader, Layout};
use crate::decisions::Tally;
use crate::error::{ColumnError, ValueError};
use crate::options::{OnError, Reasons};
use crate::relations::{self, Relation};
use crate::shared_answers::SharedAnswers;
use placet::__private::Internals;
use placet::{Effect, Policy, Request};
use placet_model::types::{Type, Universe};
use placet_program::UNKNOWN;
use placet_program::columns::{BatchEvaluator, Classes, Counts, DecisionKeys, Results, RowOutcome};
use std::ops::Range;

/// The number of rows whose shared answers are looked for at once, before those that share none are decided.
const SHARING: usize = 128;

/// The parameters of one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchTask<'b> {
    pub(crate) policy: &'b Policy,
    /// The variables that vary from row to row.
    pub(crate) varying: &'b [u32],
    pub(crate) relations: &'b [Relation],
    pub(crate) readers: &'b [ColumnReader<'b>],
    pub(crate) reasons: Reasons,
    /// The keys of complete rows, if rows share their reasons by them.
    pub(crate) decision_keys: Option<&'b DecisionKeys>,
    pub(crate) on_error: OnError,
    /// The index of the first row in the stream.
    pub(crate) first_row: u64,
}

/// The buffers of a thread, reused from batch to batch.
#[derive(Debug)]
pub(crate) struct Worker {
    scratch: BlockScratch,
    evaluator: BatchEvaluator,
    memo: Memo,
    shared: SharedAnswers,
    key: Vec<u32>,
    /// The numbers of the answers of a block's rows.
    ids: Vec<u32>,
    /// The outcomes of a block that isn't settled, where only the allowed rows are wanted.
    outcomes: Vec<RowOutcome>,
}

/// The outcome of a range of rows.
#[derive(Debug, Default)]
pub(crate) struct BatchOutcome {
    pub(crate) answers: Answers,
    /// The tally, without rules yet.
    pub(crate) tally: Tally,
}

impl BatchOutcome {
    /// Appends the outcome of the following rows.
    pub(crate) fn append(&mut self, other: Self) {
        self.answers.append(other.answers);
        self.tally.add(&other.tally);
    }
}

impl Worker {
    pub(crate) fn new(scratch: BlockScratch) -> Self {
        Self {
            scratch,
            evaluator: BatchEvaluator::default(),
            memo: Memo::default(),
            shared: SharedAnswers::default(),
            key: Vec::new(),
            ids: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Decides rows and writes their results; an erroneous request is undecided.
    pub(crate) fn decide(
        &mut self,
        task: &BatchTask<'_>,
        rows: Range<usize>,
        mut results: Results<'_>,
    ) -> Result<BatchOutcome, ColumnError> {
        let mut batch_outcome = BatchOutcome::default();
        self.memo.begin();
        self.shared.begin();
        for first in rows.clone().step_by(ROWS) {
            let (own, rest) = results.split_at(ROWS);
            results = rest;
            let rows = first..rows.end.min(first + ROWS);
            let counts = self.block(task, rows, own, &mut batch_outcome)?;
            batch_outcome.tally.add(&Tally::new(&counts));
        }
        Ok(batch_outcome)
    }

    fn block(
        &mut self,
        task: &BatchTask<'_>,
        rows: Range<usize>,
        mut results: Results<'_>,
        batch_outcome: &mut BatchOutcome,
    ) -> Result<Counts, ColumnError> {
        let program = task.policy.program();
        self.scratch.bad.clear();
        self.scratch.bad.resize(rows.len(), false);
        self.scratch.keys.resize_with(task.readers.len(), Vec::new);
        for (at, reader) in task.readers.iter().enumerate() {
            reader.classify(program, at, rows.clone(), &mut self.scratch);
        }
        // Columns before relations: sums read the ordinals that `classify` leaves in the scratch.
        relations::classify(task.relations, task.readers, rows.clone(), &mut self.scratch);
        let BlockScratch { request, row_scratch, classes, bad, keys, .. } = &mut self.scratch;
        // Only when all buffers are written can they be borrowed; `lend` then replaces the entries of columns read by
        // key.
        let mut variables: Vec<Classes<'_>> = classes.iter().map(Buffer::classes).collect();
        for (reader, made) in task.readers.iter().zip(keys.iter()) {
            reader.lend(rows.clone(), made, &mut variables);
        }
        let counts = self.evaluator.decide(program, rows.len(), &variables, results.by_ref());
        // After deciding, because `mark_unfit` asks the evaluator which columns had a class in every row and need no
        // check.
        for (reader, made) in task.readers.iter().zip(keys.iter()) {
            reader.mark_unfit(&self.evaluator, rows.clone(), made, bad);
        }
        let (wants_ids, may_be_nodes) = (task.reasons.any(), task.readers.iter().any(has_nodes));
        // Erroneous rows are rare, so the common case has no branch.
        let any_bad = bad.iter().fold(false, |any, bad| any | *bad);
        let are_settled = !any_bad
            && counts.of(RowOutcome::Undecided) == 0
            && (counts.of(RowOutcome::Indeterminate) == 0 || !may_be_nodes && !wants_ids);
        if are_settled && !task.reasons.of_decided() {
            if wants_ids {
                batch_outcome.answers.ids.resize(batch_outcome.answers.ids.len() + rows.len(), Answers::NONE);
            }
            return Ok(counts);
        }
        self.shared.read(task.decision_keys, &variables, bad);
        let outcomes = match &mut results {
            Results::Outcomes(outcomes) => &mut **outcomes,
            Results::Allowed(_) => {
                self.outcomes.clear();
                self.outcomes.resize(rows.len(), RowOutcome::Undecided);
                let outcomes = Results::Outcomes(&mut self.outcomes);
                self.evaluator.decide(program, rows.len(), &variables, outcomes);
                self.outcomes.as_mut_slice()
            }
        };
        let mut fallback = RowFallback {
            task,
            variables,
            request,
            scratch: row_scratch,
            memo: &mut self.memo,
            key: &mut self.key,
        };
        self.ids.resize(rows.len(), Answers::NONE);
        let mut any_decided = false;
        let chunks = outcomes.chunks_mut(SHARING).zip(self.ids.chunks_mut(SHARING));
        for (first, (outcomes, ids)) in (0..).step_by(SHARING).zip(chunks) {
            if self.shared.find(first, ids) {
                continue;
            }
            for (at, (outcome, id)) in (first..).zip(outcomes.iter_mut().zip(ids)) {
                if *id != Answers::NONE {
                    continue;
                }
                if let Some(shared) = self.shared.id(at) {
                    *id = shared;
                    continue;
                }
                let is_bad = bad.get(at).copied().unwrap_or(true);
                let is_settled = !is_bad
                    && match outcome {
                        RowOutcome::Allow | RowOutcome::Deny => !task.reasons.of_decided(),
                        RowOutcome::Indeterminate => !may_be_nodes && !task.reasons.any(),
                        RowOutcome::Undecided => false,
                    };
                if is_settled {
                    continue;
                }
                any_decided = true;
                *outcome = match fallback.decide(at, rows.start + at, is_bad, &mut batch_outcome.answers)? {
                    Ok((effect, answer)) => {
                        *id = answer;
                        self.shared.put(at, answer);
                        Some(effect).into()
                    }
                    Err(fault) => {
                        if task.on_error == OnError::Fail {
                            return Err(fault.into());
                        }
                        if batch_outcome.tally.faults.len() < Tally::MAX_FAULTS {
                            batch_outcome.tally.faults.push(fault);
                        }
                        RowOutcome::Undecided
                    }
                };
            }
        }
        if wants_ids {
            batch_outcome.answers.ids.extend_from_slice(&self.ids);
        }
        // Most blocks with reasons have none but shared answers, so the evaluator's counts stand.
        let counts = if any_decided { outcomes.iter().copied().collect() } else { counts };
        if let Results::Allowed(_) = results {
            for (row, outcome) in self.outcomes.iter().enumerate() {
                results.set(row, *outcome);
            }
        }
        Ok(counts)
    }
}

/// Decides single rows of a block.
struct RowFallback<'a, 'b> {
    task: &'a BatchTask<'b>,
    /// The classes of the block.
    variables: Vec<Classes<'a>>,
    request: &'a mut Request,
    scratch: &'a mut Scratch,
    memo: &'a mut Memo,
    key: &'a mut Vec<u32>,
}

impl RowFallback<'_, '_> {
    /// Decides a row by itself, or reuses the answer of an earlier row with the same classes. Returns its effect and the
    /// number of its answer, or its error.
    fn decide(
        &mut self,
        at: usize,
        row: usize,
        is_bad: bool,
        answers: &mut Answers,
    ) -> Result<Result<(Effect, u32), ValueError>, ColumnError> {
        let BatchTask { policy, readers, reasons, first_row, .. } = *self.task;
        let has_key = !is_bad && self.read_key(at, row);
        if has_key
            && let Some(known) = self.memo.get(self.key)
            && (known.has_reasons() || !reasons.any())
        {
            return Ok(Ok((known.effect, known.id(answers))));
        }
        for reader in readers {
            if let Err(code) = reader.put(self.request, self.scratch, row) {
                return Ok(Err(reader.fault(code, row, first_row)));
            }
        }
        let mut known = match reasons.any() {
            true => Known::decision(policy.decide(self.request)?),
            false => Known::effect(policy.effect(self.request)?),
        };
        let (effect, id) = (known.effect, known.id(answers));
        if has_key {
            self.memo.put(self.key, known);
        }
        Ok(Ok((effect, id)))
    }

    /// Reads the key of a row: its classes and inner nodes. Returns false if they don't determine the decision.
    fn read_key(&mut self, at: usize, row: usize) -> bool {
        let BatchTask { varying, relations, readers, .. } = *self.task;
        self.key.clear();
        let class = |variable: &u32| {
            self.variables.get(*variable as usize).and_then(|classes| classes.get(at)).unwrap_or(UNKNOWN)
        };
        // The values behind the classes can narrow an unknown relation, so such rows can't share an answer by class.
        if relations.iter().any(|relation| class(&relation.variable) == UNKNOWN) {
            return false;
        }
        self.key.extend(varying.iter().map(class));
        // Different inner nodes leave the same variable unknown but allow different leaves, so the key needs them too.
        for reader in readers {
            if has_nodes(reader) && reader.column.variables.iter().any(|variable| class(variable) == UNKNOWN)
            {
                // Read cell by cell, a node has no number to look up its leaves by.
                if matches!(reader.layout, Layout::Cells) {
                    return false;
                }
                let leaves = reader.leaves(row).unwrap_or(UNKNOWN..UNKNOWN);
                self.key.extend([leaves.start, leaves.end]);
            }
        }
        true
    }
}

/// Returns true if a column may give inner nodes.
fn has_nodes(reader: &ColumnReader<'_>) -> bool {
    matches!(reader.column.kind, Type::Symbol(Universe::Taxonomy(_)))
}
