//! Setters for set attributes.

use super::Frame;
use super::scalar_table::Form;
use crate::plan::AttributePlan;
use crate::program::Program;
use placet_model::request::ValueError;
use placet_model::types::{AttributeId, Members, Type};

impl Frame {
    /// Sets a set of symbols from its bitset: bit `s % 64` of word `s / 64` stands for symbol `s`.
    ///
    /// # Errors
    /// Returns an error if the attribute is not a set of symbols, a symbol is outside its universe, or the set is empty
    /// and may not be. The frame is then unchanged.
    #[inline]
    pub fn put_symbols(
        &mut self,
        program: &Program,
        id: AttributeId,
        words: &[u64],
    ) -> Result<(), ValueError> {
        // The hot path: a set of one word whose class is in the table. Everything else, errors included, takes the
        // long way.
        if let [word] = words
            && self.put_direct(id, Form::Word, word.cast_signed())
            && let Some(buffer) = self.buffer(id)
        {
            buffer.words.clear();
            buffer.words.push(*word);
            return Ok(());
        }
        self.put_set(program, id, words)
    }

    fn put_set(&mut self, program: &Program, id: AttributeId, words: &[u64]) -> Result<(), ValueError> {
        let Some(Type::Set { of: Members::Symbols(universe), may_be_empty }) = program.kind(id) else {
            return Err(ValueError::WrongType);
        };
        if !all_below(words, universe.len()) || (!may_be_empty && words.iter().all(|word| *word == 0)) {
            return Err(ValueError::OutsideDomain);
        }
        let (Some(buffer), Some(plan)) = (self.buffer(id), program.plan(id)) else {
            return Err(ValueError::WrongType);
        };
        buffer.words.clear();
        buffer.words.extend_from_slice(words);
        if let Some(groups) = plan.classifier.groups() {
            self.classify_set(plan, |mask| groups.mark_symbols(words, mask));
        }
        self.known(program, plan, id);
        Ok(())
    }

    /// Sets a set of texts from its members.
    ///
    /// # Errors
    /// Returns an error if the attribute is not a set of texts, or the set is empty and may not be. The frame is then
    /// unchanged.
    pub fn put_texts<'t>(
        &mut self,
        program: &Program,
        id: AttributeId,
        texts: impl Iterator<Item = &'t str> + Clone,
    ) -> Result<(), ValueError> {
        let Some(Type::Set { of: Members::Texts, may_be_empty }) = program.kind(id) else {
            return Err(ValueError::WrongType);
        };
        if !may_be_empty && texts.clone().next().is_none() {
            return Err(ValueError::OutsideDomain);
        }
        let (Some(buffer), Some(plan)) = (self.buffer(id), program.plan(id)) else {
            return Err(ValueError::WrongType);
        };
        buffer.put_texts(texts.clone());
        if let Some(groups) = plan.classifier.groups() {
            self.classify_set(plan, |mask| texts.for_each(|text| groups.mark_text(text, mask)));
        }
        self.known(program, plan, id);
        Ok(())
    }

    /// Sets the classes of a set from the mask of its groups, which `mark` writes.
    fn classify_set(&mut self, plan: &AttributePlan, mark: impl FnOnce(&mut [u64])) {
        const SMALL: usize = 4;
        let words = plan.classifier.mask_words(plan.variables.len());
        let mut small = [0_u64; SMALL];
        // Most masks fit on the stack, which saves clearing a buffer. The large one is taken out and put back, since
        // `set_class` needs the frame.
        let mut large = std::mem::take(&mut self.mask);
        let mask = match small.get_mut(..words) {
            Some(mask) => mask,
            None => {
                large.clear();
                large.resize(words, 0);
                &mut large
            }
        };
        mark(mask);
        for (index, variable) in plan.variables.iter().enumerate() {
            if let Some(class) = plan.classifier.set(index, mask) {
                self.set_class(*variable, class);
            }
        }
        self.mask = large;
    }
}

/// Returns true if every set bit has a number below `bound`.
fn all_below(words: &[u64], bound: u32) -> bool {
    let whole = bound as usize / 64;
    let part = words.get(whole).copied().unwrap_or_default();
    part >> (bound % 64) == 0 && words.iter().skip(whole + 1).all(|word| *word == 0)
}
