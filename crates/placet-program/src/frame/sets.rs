//! Sets in a request.

use super::scalar_table::{Form, ScalarEntry};
use super::{Frame, State};
use crate::classify::Classifier;
use crate::plan::AttributePlan;
use crate::program::Program;
use placet_model::request::ValueError;
use placet_model::types::{AttributeId, Members, Type};

impl Frame {
    /// Gives the members of a set of symbols: bit `s % 64` of word `s / 64` for symbol `s`.
    ///
    /// # Errors
    /// If the attribute is no such set, a symbol is none of its universe, or the set is empty and must not be; the
    /// frame is as before.
    #[inline]
    pub fn put_symbols(
        &mut self,
        program: &Program,
        id: AttributeId,
        words: &[u64],
    ) -> Result<(), ValueError> {
        if let [word] = words
            && let Ok((slot, distance)) = self.slots.find(id, Form::Word, word.cast_signed())
            && let Some(class) = self.slots.class(slot, distance)
            && let ScalarEntry { variable, is_alone, .. } = *slot
            && let Some(buffer) = self.buffer(id)
        {
            buffer.words.clear();
            buffer.words.push(*word);
            self.set_class(variable, class);
            self.set_state(id, State::Known);
            if !is_alone {
                self.tell_others(program, id);
            }
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
        if let Classifier::Set { groups, .. } = &plan.classifier {
            self.classify_set(plan, |mask| groups.mark_symbols(words, mask));
        }
        self.known(program, plan, id);
        Ok(())
    }

    /// Gives the members of a set of texts.
    ///
    /// # Errors
    /// If the attribute is no such set, or the set is empty and must not be; the frame is as before.
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
        if let Classifier::Set { groups, .. } = &plan.classifier {
            self.classify_set(plan, |mask| texts.for_each(|text| groups.mark_text(text, mask)));
        }
        self.known(program, plan, id);
        Ok(())
    }

    /// Sets the classes of a set, of whose groups a mask is made by `mark`.
    fn classify_set(&mut self, plan: &AttributePlan, mark: impl FnOnce(&mut [u64])) {
        const SMALL: usize = 4;
        let Classifier::Set { classes, .. } = &plan.classifier else { return };
        let words = classes.as_ref().map_or(plan.variables.len().div_ceil(64), |classes| classes.words());
        let mut small = [0_u64; SMALL];
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
        match (classes, &*plan.variables) {
            (Some(classes), [variable]) => self.set_class(*variable, classes.class(mask)),
            (_, variables) => {
                for (group, variable) in variables.iter().enumerate() {
                    let has = mask.get(group / 64).is_some_and(|word| word >> (group % 64) & 1 == 1);
                    self.set_class(*variable, u32::from(has));
                }
            }
        }
        self.mask = large;
    }
}

/// Whether all numbers whose bits are set are below a bound.
fn all_below(words: &[u64], bound: u32) -> bool {
    let whole = bound as usize / 64;
    let part = words.get(whole).copied().unwrap_or_default();
    part >> (bound % 64) == 0 && words.iter().skip(whole + 1).all(|word| *word == 0)
}
