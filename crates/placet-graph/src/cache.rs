//! The memo of all operations: a direct-mapped table that may forget.
//!
//! A forgotten result is computed again, so the table never has to hold more than memory allows (Brace, Rudell and
//! Bryant 1990). Where an entry goes depends on its content alone, which keeps step counts reproducible.

use crate::mix::mix;
use crate::{Exhausted, Key, NodeId};

/// Slots when the first result comes: small, since most diagrams of a single question are.
const SMALLEST: usize = 1 << 6;

#[derive(Clone, Copy)]
struct Slot {
    key: Key,
    operands: [NodeId; 3],
    result: NodeId,
}

pub(crate) struct Cache {
    /// A power of two of slots.
    slots: Vec<Slot>,
    filled: usize,
    most: usize,
    last_key: Key,
}

impl Cache {
    /// A memo that grows to no more slots than the next power of two above `nodes`.
    pub(crate) fn new(nodes: usize) -> Cache {
        let most = nodes.clamp(SMALLEST, NodeId::MAX_NODES).next_power_of_two();
        Cache { slots: Vec::new(), filled: 0, most, last_key: Key::LAST_RESERVED }
    }

    pub(crate) fn fresh_key(&mut self) -> Result<Key, Exhausted> {
        self.last_key = self.last_key.next().ok_or(Exhausted::Steps)?;
        Ok(self.last_key)
    }

    pub(crate) fn get<const N: usize>(&self, key: Key, operands: [NodeId; N]) -> Option<NodeId> {
        let operands = pad(operands);
        let slot = self.slots.get(self.place(key, operands))?;
        (slot.key == key && slot.operands == operands).then_some(slot.result)
    }

    pub(crate) fn put<const N: usize>(&mut self, key: Key, operands: [NodeId; N], result: NodeId) {
        if self.filled >= self.slots.len().div_ceil(2) && self.slots.len() < self.most {
            self.grow();
        }
        self.store(Slot { key, operands: pad(operands), result });
    }

    fn store(&mut self, entry: Slot) {
        let place = self.place(entry.key, entry.operands);
        if let Some(slot) = self.slots.get_mut(place) {
            self.filled += usize::from(slot.key == Key::NONE);
            *slot = entry;
        }
    }

    fn grow(&mut self) {
        let larger = empty((self.slots.len() * 2).max(SMALLEST));
        let old = std::mem::replace(&mut self.slots, larger);
        self.filled = 0;
        for entry in old.into_iter().filter(|slot| slot.key != Key::NONE) {
            self.store(entry);
        }
    }

    fn place(&self, key: Key, [f, g, h]: [NodeId; 3]) -> usize {
        let hash = mix(mix(0, f.bits(), g.bits()), h.bits(), key.bits());
        hash as usize & self.slots.len().wrapping_sub(1)
    }
}

fn empty(slots: usize) -> Vec<Slot> {
    vec![Slot { key: Key::NONE, operands: [NodeId::FALSE; 3], result: NodeId::FALSE }; slots]
}

fn pad<const N: usize>(operands: [NodeId; N]) -> [NodeId; 3] {
    let mut padded = [NodeId::FALSE; 3];
    for (place, operand) in padded.iter_mut().zip(operands) {
        *place = operand;
    }
    padded
}
