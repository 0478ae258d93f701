//! The cache of operations' results: a direct-mapped table that overwrites colliding entries.
//!
//! A result that was overwritten is computed again, so the table never needs more memory than it may have (Brace,
//! Rudell and Bryant 1990). The slot of an entry depends on its content alone, so step counts are reproducible.

use crate::mix::mix;
use crate::{Exhausted, Key, NodeId};

/// The number of slots at the first result. Small, since most diagrams answer a single question.
const MIN_SLOTS: usize = 1 << 6;

#[derive(Clone, Copy)]
struct Slot {
    key: Key,
    operands: [NodeId; 3],
    result: NodeId,
}

pub(crate) struct Cache {
    /// The slots; their number is 0 or a power of two.
    slots: Vec<Slot>,
    filled: usize,
    max_slots: usize,
    last_key: Key,
}

impl Cache {
    /// Creates a cache of at most the next power of two above `nodes` slots.
    pub(crate) fn new(nodes: usize) -> Cache {
        let max_slots = nodes.clamp(MIN_SLOTS, NodeId::MAX_NODES).next_power_of_two();
        Cache { slots: Vec::new(), filled: 0, max_slots, last_key: Key::LAST_RESERVED }
    }

    pub(crate) fn fresh_key(&mut self) -> Result<Key, Exhausted> {
        self.last_key = self.last_key.next().ok_or(Exhausted::Steps)?;
        Ok(self.last_key)
    }

    pub(crate) fn get<const N: usize>(&self, key: Key, operands: [NodeId; N]) -> Option<NodeId> {
        let operands = pad(operands);
        let slot = self.slots.get(self.index(key, operands))?;
        (slot.key == key && slot.operands == operands).then_some(slot.result)
    }

    pub(crate) fn put<const N: usize>(&mut self, key: Key, operands: [NodeId; N], result: NodeId) {
        // At half full, since a direct-mapped table loses results to collisions long before it is full.
        if self.filled >= self.slots.len().div_ceil(2) && self.slots.len() < self.max_slots {
            self.grow();
        }
        self.store(Slot { key, operands: pad(operands), result });
    }

    fn store(&mut self, entry: Slot) {
        let index = self.index(entry.key, entry.operands);
        if let Some(slot) = self.slots.get_mut(index) {
            self.filled += usize::from(slot.key == Key::NONE);
            *slot = entry;
        }
    }

    fn grow(&mut self) {
        let larger = empty((self.slots.len() * 2).max(MIN_SLOTS));
        let old = std::mem::replace(&mut self.slots, larger);
        self.filled = 0;
        for entry in old.into_iter().filter(|slot| slot.key != Key::NONE) {
            self.store(entry);
        }
    }

    fn index(&self, key: Key, [f, g, h]: [NodeId; 3]) -> usize {
        let hash = mix(mix(0, f.bits(), g.bits()), h.bits(), key.bits());
        hash as usize & self.slots.len().wrapping_sub(1)
    }
}

fn empty(slots: usize) -> Vec<Slot> {
    vec![Slot { key: Key::NONE, operands: [NodeId::FALSE; 3], result: NodeId::FALSE }; slots]
}

fn pad<const N: usize>(operands: [NodeId; N]) -> [NodeId; 3] {
    let mut padded = [NodeId::FALSE; 3];
    for (slot, operand) in padded.iter_mut().zip(operands) {
        *slot = operand;
    }
    padded
}
