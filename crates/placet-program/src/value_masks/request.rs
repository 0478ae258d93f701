//! Requests whose values are given one after the other, in the order of the fields.

use super::{Addends, BYTES, Details, Field, Lookup, MAX_ADDENDS, MAX_ROWS, VARIANTS, ValueMasks, union};
use crate::masks::{FITS, KNOWN, TOLD, intersect, meet};
use crate::program::Determined;
use placet_model::decision::Effect;

impl<const W: usize> ValueMasks<W> {
    /// Starts a request that gives values for the first `count` fields: all, for a decision. One without reasons answers
    /// with the effect only. With `defers`, values whose masks must be searched for are left for a second reading.
    /// `None` if there are fewer fields.
    ///
    /// With a constant count, a compiler drops the checks of whether there is another field.
    #[inline]
    pub fn request(&self, count: usize, has_reasons: bool, defers: bool) -> Option<ValueRequest<'_, W>> {
        let fields = self.fields.get(..count)?;
        let left = if has_reasons { self.start } else { self.start_of_effect };
        let certain = [u64::MAX; W];
        Some(ValueRequest { masks: self, fields, next: 0, defers, deferred: 0, left, certain, addends: None })
    }

    /// Like [`ValueMasks::request`], and notes the ordinals that sums need.
    #[inline]
    pub fn request_with<'m>(
        &'m self,
        count: usize,
        has_reasons: bool,
        defers: bool,
        addends: &'m mut Addends,
    ) -> Option<ValueRequest<'m, W>> {
        Some(ValueRequest { addends: Some(addends), ..self.request(count, has_reasons, defers)? })
    }

    /// Tabulates the masks of the first `count` fields, whose values are bytes, for [`ValueRequest::bytes`]: `give` gives
    /// the value that a byte stands for in the field with this index. Does nothing if a sum reads such a field, or if there
    /// would be too many masks.
    pub fn tabulate(&mut self, count: usize, give: impl Fn(&mut ValueRequest<'_, W>, usize, u8)) {
        let fields = self.fields.get(..count).unwrap_or_default();
        if count > MAX_ROWS / BYTES || fields.iter().any(|field| field.addend < MAX_ADDENDS) {
            return;
        }
        let mask = |at: usize, byte: usize| {
            let all = self.request(self.fields(), true, false)?;
            let mut request = ValueRequest { next: at, left: [u64::MAX; W], ..all };
            give(&mut request, at, u8::try_from(byte).ok()?);
            Some(request.left)
        };
        let of_field = |at| std::array::from_fn(|byte| mask(at, byte).unwrap_or([0; W]));
        self.bytes = (0..fields.len()).map(of_field).collect();
    }
}

/// A request in progress: the cubes that its values leave. The values are given in the order of the fields.
///
/// It takes the values whose masks are read off, and either all others or, in a second reading, those that a first has
/// left. Its methods only read off masks or call functions that don't see it, and are always inlined, so that a compiler
/// keeps it in registers.
#[derive(Debug)]
pub struct ValueRequest<'m, const W: usize, const SECOND: bool = false> {
    masks: &'m ValueMasks<W>,
    fields: &'m [Field<W>],
    /// The index of the next field.
    next: usize,
    /// True if values whose masks must be searched for are left for a second reading.
    defers: bool,
    /// The fields that a first reading has left and the second hasn't found yet: one bit each, by their index modulo 64.
    deferred: u64,
    /// The cubes that are left. Empty, without [`FITS`], if a value doesn't fit its attribute or needs a frame.
    left: [u64; W],
    /// The cubes that no missing value of a field can exclude.
    certain: [u64; W],
    addends: Option<&'m mut Addends>,
}

impl<'m, const W: usize, const SECOND: bool> ValueRequest<'m, W, SECOND> {
    /// Gives an ordinal.
    ///
    /// Cost: a comparison and a load for attributes of few values, otherwise a search among the cuts.
    #[inline(always)]
    pub fn scalar(&mut self, scalar: i64) {
        let at = self.advance();
        match self.fields.get(at) {
            Some(field) => self.scalar_of(at, field, scalar),
            None => self.strike(None),
        }
    }

    /// Gives the bits of a set of at most 63 variants.
    ///
    /// Cost: a load for every eight variants and one for the mask; sets of variants that the policy tells apart in many ways
    /// are searched for.
    #[inline(always)]
    pub fn set(&mut self, bits: u64) {
        let at = self.advance();
        let Some(field) = self.fields.get(at) else { return self.strike(None) };
        if field.groups.is_empty() {
            return self.scalar_of(at, field, bits.cast_signed());
        }
        let fits = field.span.is_some_and(|span| bits.wrapping_sub(field.low.cast_unsigned()) <= span);
        self.strike(field.combinations.get(usize::from(union(&field.groups, bits))).filter(|_| fits));
    }

    #[inline(always)]
    fn scalar_of(&mut self, at: usize, field: &Field<W>, scalar: i64) {
        let distance = scalar.wrapping_sub(field.low).cast_unsigned();
        match usize::try_from(distance).ok().and_then(|distance| field.rows.get(distance)) {
            Some(mask) => self.strike(Some(mask)),
            // One comparison checks both ends.
            None if field.span.is_some_and(|span| distance <= span) => {
                self.strike(Some(&field.given));
                self.search(at, |details, left| details.scalar(scalar, left));
                self.note(field, Some(scalar));
            }
            None => self.strike(None),
        }
    }

    /// Gives the index of a variant, or 0 or 1 for a `bool`: one of the values of the field.
    #[inline(always)]
    pub fn variant(&mut self, index: usize) {
        let at = self.advance();
        self.strike(self.fields.get(at).and_then(|field| match index < VARIANTS {
            true => field.variants.get(index),
            false => field.rows.get(index),
        }));
    }

    /// Gives the values of the first fields as bytes. Returns false, and gives none, if their masks aren't tabulated.
    ///
    /// Cost: a load for each.
    #[inline(always)]
    pub fn bytes(&mut self, bytes: impl ExactSizeIterator<Item = u8>) -> bool {
        let tables = &self.masks.bytes;
        if tables.len() != bytes.len() || self.next != 0 {
            return false;
        }
        self.next = tables.len();
        if !SECOND {
            for (table, byte) in tables.iter().zip(bytes) {
                self.strike(table.get(usize::from(byte)));
            }
        }
        true
    }

    /// Gives a text. Cost: a hash look-up, and a step for each byte if the policy has patterns.
    #[inline(always)]
    pub fn text(&mut self, text: &str) {
        let at = self.advance();
        match (self.fields.get(at), self.masks.details.get(at)) {
            (Some(field), Some(Details { lookup: Lookup::Text { .. }, .. })) => {
                self.strike(Some(&field.given));
                self.search(at, |details, left| details.text(text, left));
            }
            _ => self.strike(None),
        }
    }

    /// Leaves a value out: it is missing, or `none` if the attribute is optional.
    #[inline(always)]
    pub fn missing(&mut self) {
        let at = self.advance();
        let details = self.masks.details.get(at);
        self.strike(details.and_then(|details| details.missing.as_ref()));
        if let Some(details) = details {
            intersect(&mut self.certain, &details.certain);
        }
        if let Some(field) = self.fields.get(at) {
            self.note(field, details.and_then(|details| details.missing_addend));
        }
    }

    /// Gives a value that the attribute can't have, or that only a frame can judge.
    #[inline(always)]
    pub fn unfit(&mut self) {
        self.advance();
        self.strike(None);
    }

    #[inline(always)]
    fn advance(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    /// Intersects a mask that is read off, which a second reading needn't do again. `None` is for a value that doesn't
    /// fit.
    #[inline(always)]
    fn strike(&mut self, mask: Option<&[u64; W]>) {
        match mask {
            None => self.left = [0; W],
            Some(_) if SECOND => {}
            Some(mask) => intersect(&mut self.left, mask),
        }
    }

    /// Intersects a mask that must be searched for, if it makes a difference and no second reading follows.
    #[inline(always)]
    fn search(&mut self, at: usize, search: impl FnOnce(&Details<W>, [u64; W]) -> Option<[u64; W]>) {
        if SECOND | self.defers {
            self.deferred ^= 1 << (at % 64);
        }
        if !self.defers
            && let Some(details) = self.masks.details.get(at)
            && meet(&self.left, &details.tested)
        {
            self.left = search(details, self.left).unwrap_or([0; W]);
        }
    }

    /// Notes the ordinal of an attribute that a sum reads.
    #[inline(always)]
    fn note(&mut self, field: &Field<W>, value: Option<i64>) {
        if let Some(addends) = &mut self.addends
            && let Some(slot) = addends.get_mut(field.addend)
        {
            *slot = value;
        }
    }

    /// Returns true if a second reading can't change the effect or, with reasons, what determines it.
    #[inline(always)]
    pub fn is_settled(&self, has_reasons: bool) -> bool {
        let Self { masks, left, .. } = self;
        let has_rest = meet(left, &masks.searched) & (has_reasons | meet(left, &masks.allows));
        !self.defers | !has_rest | !self.fits()
    }

    /// Starts the second reading. It decides only if it finds the fields that the first has left.
    #[inline(always)]
    pub fn read_again(self) -> ValueRequest<'m, W, true> {
        let Self { masks, fields, next, deferred, left, certain, addends, .. } = self;
        let left = if next == fields.len() { left } else { [0; W] };
        ValueRequest { masks, fields, next: 0, defers: false, deferred, left, certain, addends }
    }

    /// Returns true if the values so far fit.
    #[inline(always)]
    fn fits(&self) -> bool {
        self.left.last().is_some_and(|word| word & FITS != 0)
    }

    /// Returns the effect, or `None` if a value doesn't fit, or the effect may depend on one that is missing or wasn't
    /// searched for: a frame tells.
    #[inline(always)]
    pub fn effect(self) -> Option<Effect> {
        let masks = self.masks;
        let (left, certain) = self.left(false)?;
        let is_known = left.last().is_some_and(|word| word & KNOWN != 0);
        match is_known | !meet(&left, &masks.allows) {
            true => Some(masks.effect_of(&left)),
            false => masks.certain_effect(left, certain),
        }
    }

    /// Returns the effect with the alternatives of the determining rules, or `None` if a value doesn't fit, is missing, or
    /// wasn't searched for and may matter.
    #[inline(always)]
    pub fn determined(self) -> Option<Determined> {
        let masks = self.masks;
        let (left, _) = self.left(true)?;
        let is_told = left.last().is_some_and(|word| word & TOLD != 0);
        let mut wide = [0; 4];
        wide.iter_mut().zip(left).for_each(|(word, left)| *word = left);
        is_told.then(|| Determined { effect: masks.effect_of(&left), left: wide })
    }

    /// Returns the cubes that are left, and those that no missing value of a field can exclude. `None` if a value doesn't
    /// fit, or one that may matter wasn't searched for.
    #[inline(always)]
    fn left(self, has_reasons: bool) -> Option<([u64; W], [u64; W])> {
        if !self.is_settled(has_reasons) || SECOND && self.deferred != 0 {
            return None;
        }
        let Self { masks, fields, next, mut left, mut certain, addends, .. } = self;
        match addends {
            Some(addends) => {
                for sum in &masks.sums {
                    // A sum that makes no difference any more isn't computed.
                    if meet(&left, &sum.tested) {
                        sum.narrow(addends, &mut left, &mut certain)?;
                    }
                }
            }
            None if masks.sums.is_empty() => {}
            None => return None,
        }
        // A field without a value would leave what it must strike out.
        let is_whole = next == fields.len() && fields.len() == masks.fields.len();
        left.last().is_some_and(|word| is_whole && word & FITS != 0).then_some((left, certain))
    }
}
