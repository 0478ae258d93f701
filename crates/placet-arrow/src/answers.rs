//! Decisions with their reasons: one for all rows that the policy can't tell apart.

use foldhash::fast::RandomState;
use placet::{Decision, Effect};
use std::collections::HashMap;
use std::sync::Arc;

/// The number of cached answers; at this number the cache is emptied.
const REMEMBERED: usize = 1 << 15;

/// The decisions of rows, by number.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// For each row, the number of its answer, if reasons are wanted.
    pub(crate) ids: Vec<u32>,
    /// The answers, from number 1 on.
    pub(crate) all: Vec<Arc<Decision>>,
}

impl Answers {
    /// The number of a row without reasons.
    pub(crate) const NONE: u32 = 0;

    fn add(&mut self, decision: &Arc<Decision>) -> u32 {
        self.all.push(decision.clone());
        // INVARIANT: there are at most as many answers as rows, and the rows of an array fit.
        u32::try_from(self.all.len()).unwrap_or(Self::NONE)
    }

    /// Appends the answers of the following rows.
    pub(crate) fn append(&mut self, other: Self) {
        let before = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let moved = |id| if id == Self::NONE { id } else { before.saturating_add(id) };
        self.ids.extend(other.ids.into_iter().map(moved));
        self.all.extend(other.all);
    }
}

/// The answer for rows that the policy can't tell apart.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) effect: Effect,
    decision: Option<Arc<Decision>>,
    /// The number of this answer in the current output.
    id: Option<u32>,
}

impl Known {
    pub(crate) fn effect(effect: Effect) -> Self {
        Self { effect, decision: None, id: None }
    }

    pub(crate) fn decision(decision: Decision) -> Self {
        Self { effect: decision.effect, decision: Some(Arc::new(decision)), id: None }
    }

    pub(crate) fn has_reasons(&self) -> bool {
        self.decision.is_some()
    }

    /// The number of this answer in the current output.
    pub(crate) fn id(&mut self, answers: &mut Answers) -> u32 {
        match (self.id, &self.decision) {
            (Some(id), _) => id,
            (None, Some(decision)) => *self.id.insert(answers.add(decision)),
            (None, None) => Answers::NONE,
        }
    }
}

/// A cache of earlier answers.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    known: HashMap<Box<[u32]>, (u64, Known), RandomState>,
    /// The generation of the current output.
    round: u64,
}

impl Memo {
    /// Starts a new output.
    pub(crate) fn begin(&mut self) {
        self.round += 1;
    }

    pub(crate) fn get(&mut self, key: &[u32]) -> Option<&mut Known> {
        let (round, known) = self.known.get_mut(key)?;
        if *round != self.round {
            *round = self.round;
            known.id = None;
        }
        Some(known)
    }

    pub(crate) fn put(&mut self, key: &[u32], known: Known) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(key.into(), (self.round, known));
    }
}
