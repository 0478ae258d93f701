//! What texts of the program meant before, found by where they stand.

use std::ptr;

/// How many texts are remembered; a power of two.
const SLOTS: usize = 128;

/// What static texts meant, each in some context: the names of an enum's variants come again with every request, from
/// the same place in memory.
///
/// A static text never changes, so one that begins at the same address and is as long is the same text. Texts share the
/// slots; where two want the same, the later one stays.
#[derive(Debug, Clone)]
pub(crate) struct Recall<T> {
    slots: Vec<Option<Slot<T>>>,
}

impl<T> Default for Recall<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

#[derive(Debug, Clone, Copy)]
struct Slot<T> {
    text: &'static str,
    context: u32,
    meaning: T,
}

impl<T: Copy> Recall<T> {
    /// What the text meant in this context, if that is remembered. Cost: about a nanosecond.
    pub(crate) fn get(&self, text: &'static str, context: u32) -> Option<T> {
        let slot = self.slots.get(slot_of(text, context))?.as_ref()?;
        (ptr::eq(slot.text, text) && slot.context == context).then_some(slot.meaning)
    }

    /// Remembers what the text means in this context. It allocates the first time.
    pub(crate) fn put(&mut self, text: &'static str, context: u32, meaning: T) {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, None);
        }
        if let Some(slot) = self.slots.get_mut(slot_of(text, context)) {
            *slot = Some(Slot { text, context, meaning });
        }
    }
}

/// Multiplicative hashing (Knuth, *The Art of Computer Programming*, volume 3, section 6.4).
fn slot_of(text: &str, context: u32) -> usize {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let key = (text.as_ptr().addr() as u64).wrapping_add(u64::from(context) << 48);
    (key.wrapping_mul(GOLDEN) >> (64 - SLOTS.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::Recall;

    #[test]
    fn a_text_is_itself_only_where_it_stands_and_in_its_context() {
        const TEXT: &str = "granted in writing";
        let mut recall = Recall::default();
        assert_eq!(recall.get(TEXT, 0), None);
        recall.put(TEXT, 0, 7);
        assert_eq!(recall.get(TEXT, 0), Some(7));
        assert_eq!(recall.get(TEXT, 1), None);
        assert_eq!(recall.get(&TEXT[..7], 0), None);
        recall.put(&TEXT[..7], 0, 8);
        assert_eq!(recall.get(&TEXT[..7], 0), Some(8));
    }
}
