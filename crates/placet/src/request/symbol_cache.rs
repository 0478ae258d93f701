//! A cache of symbol look-ups, keyed by string address.
//!
//! A program serialises the same enum variants with every request, and their names are static strings at fixed
//! addresses. Comparing an address is cheaper than hashing a name. The cache is direct-mapped and never grows.

use std::ptr;

/// The number of cached look-ups.
const SLOTS: usize = 512;
/// The distance between the slots of two contexts. An enum with more variants shares slots with the next context.
const SLOTS_OF_ONE: usize = 16;

/// A cache from the names of variants, each in a context, to values.
///
/// A static string never changes, so equal address and length mean equal text. If two names share a slot, the later one
/// replaces the earlier.
#[derive(Debug, Clone)]
pub(crate) struct SymbolCache<T> {
    slots: Vec<Option<Slot<T>>>,
}

/// A variant of a Rust enum: its name and number. The number selects the slot, the name's address identifies it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) number: u32,
}

impl<T> Default for SymbolCache<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

#[derive(Debug, Clone, Copy)]
struct Slot<T> {
    name: &'static str,
    context: usize,
    meaning: T,
}

impl<T: Copy> SymbolCache<T> {
    /// Returns the cached value of a variant in a context. Cost: about a nanosecond.
    #[inline]
    pub(crate) fn get(&self, variant: Variant, context: usize) -> Option<T> {
        let slot = self.slots.get(slot_of(variant, context))?.as_ref()?;
        (ptr::eq(slot.name, variant.name) && slot.context == context).then_some(slot.meaning)
    }

    /// Caches the value of a variant in a context. The first call allocates.
    pub(crate) fn put(&mut self, variant: Variant, context: usize, meaning: T) {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, None);
        }
        if let Some(slot) = self.slots.get_mut(slot_of(variant, context)) {
            *slot = Some(Slot { name: variant.name, context, meaning });
        }
    }
}

fn slot_of(variant: Variant, context: usize) -> usize {
    context.wrapping_mul(SLOTS_OF_ONE).wrapping_add(variant.number as usize) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::{SymbolCache, Variant};

    #[test]
    fn get_compares_the_address_the_length_and_the_context() {
        const NAME: &str = "granted in writing";
        let mut recall = SymbolCache::default();
        let whole = Variant { name: NAME, number: 0 };
        let part = Variant { name: &NAME[..7], ..whole };
        assert_eq!(recall.get(whole, 0), None);
        recall.put(whole, 0, 7);
        assert_eq!(recall.get(whole, 0), Some(7));
        // Context 1 has another slot; 32 and 64 share the slot. `part` begins at the same address with another length.
        for context in [1, 32, 64] {
            assert_eq!(recall.get(whole, context), None);
        }
        assert_eq!(recall.get(part, 0), None);
        recall.put(part, 0, 8);
        assert_eq!((recall.get(part, 0), recall.get(whole, 0)), (Some(8), None));
    }
}
