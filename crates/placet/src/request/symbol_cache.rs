//! What texts of the program meant before, found by where they stand.

use std::ptr;

/// How many variants are remembered.
const SLOTS: usize = 512;
/// How many of one context, before they take the places of the next one's.
const SLOTS_OF_ONE: usize = 16;

/// What names of variants meant, each in some context: they come again with every request, from the same place in memory.
///
/// A static text never changes, so one that begins at the same address and is as long is the same text. Where two want
/// the same slot, the later one stays.
#[derive(Debug, Clone)]
pub(crate) struct SymbolCache<T> {
    slots: Vec<Option<Slot<T>>>,
}

/// The variant of an enum, by its name and its number.
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
    /// What the variant meant in this context, if that is remembered. Cost: about a nanosecond.
    #[inline]
    pub(crate) fn get(&self, variant: Variant, context: usize) -> Option<T> {
        let slot = self.slots.get(slot_of(variant, context))?.as_ref()?;
        (ptr::eq(slot.name, variant.name) && slot.context == context).then_some(slot.meaning)
    }

    /// Remembers what the variant means in this context. It allocates the first time.
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
    fn a_name_is_itself_only_where_it_stands_and_in_its_context() {
        const NAME: &str = "granted in writing";
        let mut recall = SymbolCache::default();
        let whole = Variant { name: NAME, number: 0 };
        let part = Variant { name: &NAME[..7], ..whole };
        assert_eq!(recall.get(whole, 0), None);
        recall.put(whole, 0, 7);
        assert_eq!(recall.get(whole, 0), Some(7));
        // Another context, another slot or the same one; another name from the same place.
        for context in [1, 32, 64] {
            assert_eq!(recall.get(whole, context), None);
        }
        assert_eq!(recall.get(part, 0), None);
        recall.put(part, 0, 8);
        assert_eq!((recall.get(part, 0), recall.get(whole, 0)), (Some(8), None));
    }
}
