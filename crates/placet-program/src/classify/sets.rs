//! Classes of sets.

use serde::{Deserialize, Serialize};

/// An automaton over the groups of a set's members: groups that no condition tells apart are one, and sets that no
/// condition tells apart end in one class.
///
/// It reads which groups a set has, four at a time. Its states are what conditions have seen so far (a member of
/// theirs, one too many), so conditions that imply each other cost nothing, and there are as many classes as the
/// policy can tell sets apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetClasses {
    /// For each four groups the states after each state and each sixteen masks.
    steps: Box<[Box<[[u32; 16]]>]>,
    classes: u32,
}

impl SetClasses {
    /// The automaton of these steps: `steps[k][state][mask]` is the state after the groups `4k..4k+4` of which `mask`
    /// tells which the set has. It begins in state 0; the last states are classes.
    pub fn new(steps: Vec<Vec<[u32; 16]>>, classes: u32) -> Self {
        Self { steps: steps.into_iter().map(Vec::into).collect(), classes }
    }

    /// How many classes there are.
    pub fn classes(&self) -> u32 {
        self.classes
    }

    /// How many words tell of every group that it reads whether a set has it.
    pub fn words(&self) -> usize {
        self.steps.len().div_ceil(16)
    }

    /// The class of a set that has these groups: bit `g % 64` of word `g / 64` for group `g`, in as many words as
    /// [`SetClasses::words`] says.
    pub fn class(&self, groups: &[u64]) -> u32 {
        let mut state = 0_u32;
        for (steps, word) in self.steps.chunks(16).zip(groups) {
            let mut left = *word;
            for step in steps {
                // INVARIANT: `is_valid` holds: states are in range, and a mask of four bits is below 16.
                let row = step.get(state as usize);
                state = row.and_then(|row| row.get((left & 15) as usize)).copied().unwrap_or(0);
                left >>= 4;
            }
        }
        state
    }

    /// Whether it reads this many groups, every state is in range, and no more classes are counted than can be reached.
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
