//! The two readers of typed requests: into masks, and into the frame of an ordinary request.

use crate::request::schema::{PutError, Schema};
use crate::request::writer::RequestWriter;
use crate::typed::{ReadByte, Reader};
use placet_core::quoted;
use placet_model::request::RequestError;
use placet_model::types::{AttributeId, number_ordinal};
use placet_program::value_masks::ValueRequest;
use std::fmt;
use std::ops::Range;

impl<const W: usize, const SECOND: bool> Reader for ValueRequest<'_, W, SECOND> {
    #[inline(always)]
    fn bytes(&mut self, bytes: impl ExactSizeIterator<Item = u8> + Clone, meaning: &impl ReadByte) {
        if !ValueRequest::bytes(self, bytes.clone()) {
            bytes.enumerate().for_each(|(at, byte)| meaning.read_byte(at, byte, self));
        }
    }

    #[inline(always)]
    fn bool(&mut self, value: bool) {
        self.variant(value.into());
    }

    #[inline(always)]
    fn int(&mut self, value: i64) {
        self.scalar(value);
    }

    #[inline(always)]
    fn wide(&mut self, _: u64) {
        self.unfit();
    }

    #[inline(always)]
    fn number(&mut self, value: f64) {
        match value.is_finite() {
            true => self.scalar(number_ordinal(value)),
            false => self.unfit(),
        }
    }

    #[inline(always)]
    fn ordinal(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.scalar(value),
            None => self.unfit(),
        }
    }

    #[inline(always)]
    fn symbol(&mut self, index: usize) {
        self.variant(index);
    }

    #[inline(always)]
    fn bits(&mut self, bits: u64) {
        self.set(bits);
    }

    #[inline(always)]
    fn members(&mut self, indices: impl Iterator<Item = usize> + Clone) {
        // Masks exist only for enums whose sets fit into a word.
        self.bits(indices.fold(0, |bits, index| bits | 1 << (index % 64)));
    }

    #[inline(always)]
    fn text(&mut self, text: &str) {
        ValueRequest::text(self, text);
    }

    #[inline(always)]
    fn texts<'t>(&mut self, _: impl Iterator<Item = &'t str> + Clone) {
        self.unfit();
    }

    #[inline(always)]
    fn missing(&mut self) {
        ValueRequest::missing(self);
    }

    #[inline(always)]
    fn unfit(&mut self) {
        ValueRequest::unfit(self);
    }
}

/// The attribute of a field, and the meaning of its variants.
#[derive(Debug)]
pub(crate) struct BoundField {
    pub(crate) id: AttributeId,
    /// For each variant, the symbols that it stands for.
    pub(crate) variants: Vec<Range<u32>>,
    pub(crate) names: Vec<String>,
}

/// Writes values into the frame of a request. Notes the first error.
pub(crate) struct FrameReader<'r, 'w> {
    writer: &'r mut RequestWriter<'w>,
    fields: std::slice::Iter<'r, BoundField>,
    error: Option<RequestError>,
}

impl<'r, 'w> FrameReader<'r, 'w> {
    /// Starts a request.
    pub(crate) fn new(writer: &'r mut RequestWriter<'w>, fields: &'r [BoundField]) -> Self {
        writer.clear();
        Self { writer, fields: fields.iter(), error: None }
    }

    /// Ends the request.
    ///
    /// # Errors
    /// The first error among the values.
    pub(crate) fn finish(self) -> Result<(), RequestError> {
        self.error.map_or(Ok(()), Err)
    }

    /// Puts the value of the next field.
    fn put(
        &mut self,
        put: impl FnOnce(&mut RequestWriter<'_>, &BoundField) -> Result<(), PutError>,
        shown: impl FnOnce(&BoundField) -> String,
    ) {
        let Some(field) = self.fields.next() else { return };
        if let Err(refusal) = put(self.writer, field)
            && self.error.is_none()
        {
            let schema: &Schema = self.writer.schema;
            self.error = Some(schema.refused(field.id, refusal, &shown(field)));
        }
    }

    /// Puts a value that is shown as it displays.
    fn put_shown(
        &mut self,
        value: impl fmt::Display,
        put: impl FnOnce(&mut RequestWriter<'_>, AttributeId) -> Result<(), PutError>,
    ) {
        self.put(|writer, field| put(writer, field.id), |_| value.to_string());
    }
}

impl Reader for FrameReader<'_, '_> {
    fn bool(&mut self, value: bool) {
        self.put_shown(value, |writer, id| writer.symbol(id, value.into()));
    }

    fn int(&mut self, value: i64) {
        self.put_shown(value, |writer, id| writer.ordinal(id, value));
    }

    fn wide(&mut self, value: u64) {
        self.put_shown(value, |_, _| Err(PutError::OUTSIDE_DOMAIN));
    }

    fn number(&mut self, value: f64) {
        self.put_shown(value, |writer, id| writer.number(id, value));
    }

    fn ordinal(&mut self, value: Option<i64>) {
        let put = |writer: &mut RequestWriter<'_>, field: &BoundField| match value {
            Some(value) => writer.ordinal(field.id, value),
            None => Err(PutError::OUTSIDE_DOMAIN),
        };
        self.put(put, |_| "the value".to_owned());
    }

    fn symbol(&mut self, index: usize) {
        let put = |writer: &mut RequestWriter<'_>, field: &BoundField| {
            let symbols = field.variants.get(index).ok_or(PutError::OUTSIDE_DOMAIN)?;
            writer.symbols(field.id, symbols.clone())
        };
        self.put(put, |field| quoted(field.names.get(index).map_or("", |name| name)));
    }

    fn bits(&mut self, bits: u64) {
        let mut rest = bits;
        self.members(std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                index
            })
        }));
    }

    fn members(&mut self, indices: impl Iterator<Item = usize> + Clone) {
        let put = |writer: &mut RequestWriter<'_>, field: &BoundField| {
            writer.begin_set(field.id)?;
            for index in indices {
                let symbols = field.variants.get(index).ok_or(PutError::OUTSIDE_DOMAIN)?;
                writer.add_members(symbols.clone());
            }
            writer.end_set(field.id)
        };
        // Only the empty set can be refused: the variants were checked when the struct was bound.
        self.put(put, |_| "the empty set".to_owned());
    }

    fn text(&mut self, text: &str) {
        let put = |writer: &mut RequestWriter<'_>, field: &BoundField| writer.string(field.id, text);
        self.put(put, |_| quoted(text));
    }

    fn texts<'t>(&mut self, texts: impl Iterator<Item = &'t str> + Clone) {
        let put = |writer: &mut RequestWriter<'_>, field: &BoundField| writer.strings(field.id, texts);
        self.put(put, |_| "the empty set".to_owned());
    }

    fn missing(&mut self) {
        self.put(|writer, field| writer.null(field.id), |_| "null".to_owned());
    }

    fn unfit(&mut self) {
        self.put(|_, _| Err(PutError::WRONG_TYPE), |_| "the value".to_owned());
    }
}
