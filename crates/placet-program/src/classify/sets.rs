//! Classes of sets: an automaton over the groups of a set's members.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An automaton over the groups of a set's members. Members that no condition distinguishes share a group, and sets
/// that no condition distinguishes end in the same class.
///
/// The automaton reads which groups a set has, four at a time. A state records the progress of the conditions (one of
/// their members seen, or one too many), so conditions that imply each other add no states, and the classes are exactly
/// the sets that the policy can distinguish. Clones share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetClasses {
    /// Per four groups: the next state by state and by mask of these groups.
    steps: Arc<[Box<[[u32; 16]]>]>,
    classes: u32,
}

impl SetClasses {
    /// Creates an automaton. `steps[k][state][mask]` is the state after the groups `4k..4k+4`, where `mask` has the
    /// bits of the groups that the set has. State 0 is the initial state; the states after the last step are classes.
    pub fn new(steps: Vec<Vec<[u32; 16]>>, classes: u32) -> Self {
        Self { steps: steps.into_iter().map(Vec::into).collect(), classes }
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> u32 {
        self.classes
    }

    /// Returns the number of words in a mask of all groups that the automaton reads.
    pub fn words(&self) -> usize {
        self.steps.len().div_ceil(16)
    }

    /// Returns the class of a set with these groups: bit `g % 64` of word `g / 64` stands for group `g`. The mask must
    /// have [`SetClasses::words`] words.
    pub fn class(&self, groups: &[u64]) -> u32 {
        let mut state = 0_u32;
        for (steps, word) in self.steps.chunks(16).zip(groups) {
            let mut left = *word;
            for step in steps {
                // INVARIANT: `is_valid` holds, so states are in range; a mask of four bits is below 16.
                let row = step.get(state as usize);
                state = row.and_then(|row| row.get((left & 15) as usize)).copied().unwrap_or(0);
                left >>= 4;
            }
        }
        state
    }

    /// Returns true if the automaton reads this many groups, every state is in range, and it declares no more classes
    /// than it can reach.
    pub fn is_valid(&self, groups: u32) -> bool {
        let sizes = self.steps.iter().skip(1).map(|step| step.len()).chain([self.classes as usize]);
        let first = self.steps.first().is_none_or(|step| !step.is_empty());
        let reached = self.steps.last().map_or(1, |step| step.len().saturating_mul(16));
        self.classes > 0
            && first
            && self.classes as usize <= reached
            && self.steps.len() == (groups as usize).div_ceil(4)
            && self
                .steps
                .iter()
                .zip(sizes)
                .all(|(step, size)| step.iter().flatten().all(|state| (*state as usize) < size))
    }
}
