//! Answers about a request that is still being chosen.

use crate::frame::Frame;
use crate::program::Program;
use crate::unknown::{self, frontier, reasons};
use placet_model::decision::{Decision, Effect};

/// The steps of an answer that neither the evaluator nor a walk through the diagram finds.
const SEARCH: usize = 100;
/// The steps of a decision whose reasons diagrams find.
const DIAGRAMS: usize = 10;
/// The steps of a decision that the model's search finds.
const MODEL_SEARCH: usize = 1_000;

impl Program {
    /// Like [`Program::effect`], but a missing `required` attribute is no error: it may have any value of its domain. Also
    /// returns a measure of the work, for callers with a budget: a few steps for a walk through the diagram, a hundred for
    /// more.
    ///
    /// Cost: that of [`Program::effect`].
    pub fn effect_of_partial(&self, frame: &Frame) -> (Effect, usize) {
        if let Some(effect) = self.settled(frame) {
            return (effect, 1);
        }
        match frontier::effect(self, frame) {
            Some(effect) => (effect, 2),
            None => (unknown::effect(self, frame), SEARCH),
        }
    }

    /// Like [`Program::decide`], but a missing `required` attribute is no error: it may have any value of its domain; and
    /// the rules that fire in some completions only ([`Decision::undecided`]) may be left out. Also returns a measure of
    /// the work, like [`Program::effect_of_partial`]: a thousand steps for a search by the model.
    ///
    /// Cost: that of [`Program::decide`].
    pub fn decide_partial(&self, frame: &Frame) -> (Decision, usize) {
        let settled = self.settled(frame);
        match settled.and_then(|effect| reasons::decision(self, frame, effect)) {
            Some(decision) => (decision, 1),
            None => {
                let (decision, is_searched) = unknown::decide_without_undecided(self, frame, settled);
                (decision, if is_searched { MODEL_SEARCH } else { DIAGRAMS })
            }
        }
    }
}
