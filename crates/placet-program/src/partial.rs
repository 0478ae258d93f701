//! The effect of a request that is still being chosen.

use crate::frame::Frame;
use crate::program::Program;
use crate::unknown::{self, frontier};
use placet_model::decision::Effect;

/// The steps of an answer that neither the evaluator nor a walk through the diagram finds.
const SEARCH: usize = 100;

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
}
