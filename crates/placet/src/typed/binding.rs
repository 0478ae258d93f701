//! A policy that decides requests of fixed fields.

use crate::policy::Policy;
use crate::reasons::Reasons;
use crate::request::Request;
use crate::request::pool::with_buffer;
use crate::request::writer::RequestWriter;
use crate::typed::bind::{Bound, bind};
use crate::typed::reader::{BoundField, FrameReader};
use crate::typed::{BindError, Fields, ReadByte, ReadValues};
use placet_model::decision::{Decision, Effect};
use placet_model::request::RequestError;
use placet_model::types::AttributeId;
use placet_program::Determined;
use placet_program::value_masks::{AnyValueMasks, ValueMasks, ValueRequest, Values};

/// A policy bound to fields, which may be described at run time.
#[doc(hidden)]
#[derive(Debug)]
pub struct Binding {
    policy: Policy,
    fields: Vec<BoundField>,
    /// `None` if every request needs a frame.
    masks: Option<AnyValueMasks>,
}

/// Reads the values into masks. `None` if masks don't answer.
// Always inline, as everything above it: a call costs as much as the decision of a small policy.
#[inline(always)]
fn answer<A: Answer, V: ReadValues>(masks: &AnyValueMasks, values: &V) -> Option<A> {
    match masks {
        AnyValueMasks::One(masks) if !masks.has_sums() => {
            read(masks.request(count::<V, 1>(masks), A::HAS_REASONS, V::DEFERS)?, values)
        }
        _ => wide_answer(masks, values),
    }
}

/// Apart, so that a small policy's decision stays small enough to be inlined.
#[inline(never)]
fn wide_answer<A: Answer, V: ReadValues>(masks: &AnyValueMasks, values: &V) -> Option<A> {
    fn of<A: Answer, V: ReadValues, const W: usize>(masks: &ValueMasks<W>, values: &V) -> Option<A> {
        let addends = &mut masks.addends();
        read(masks.request_with(count::<V, W>(masks), A::HAS_REASONS, V::DEFERS, addends)?, values)
    }
    match masks {
        AnyValueMasks::One(masks) => of(masks, values),
        AnyValueMasks::Two(masks) => of(masks, values),
        AnyValueMasks::Four(masks) => of(masks, values),
    }
}

#[inline]
fn count<V: ReadValues, const W: usize>(masks: &ValueMasks<W>) -> usize {
    V::COUNT.unwrap_or_else(|| masks.fields())
}

// Always inline, as everything that takes a request: then it stays in registers, and the positions of fields are constants.
#[inline(always)]
fn read<A: Answer, V: ReadValues, const W: usize>(mut request: ValueRequest<'_, W>, values: &V) -> Option<A> {
    values.read_values(&mut request);
    if !request.is_settled(A::HAS_REASONS) {
        return read_again(request, values);
    }
    A::of(request)
}

/// Apart, because many requests don't need it.
#[inline(never)]
fn read_again<A: Answer, V: ReadValues, const W: usize>(
    request: ValueRequest<'_, W>,
    values: &V,
) -> Option<A> {
    let mut request = request.read_again();
    values.read_values(&mut request);
    A::of(request)
}

fn tabulate<const W: usize>(masks: &mut ValueMasks<W>, bytes: usize, meaning: &impl ReadByte) {
    masks.tabulate(bytes, |request, at, byte| meaning.read_byte(at, byte, request));
}

/// An answer that masks can give.
trait Answer: Sized {
    const HAS_REASONS: bool;

    fn of<const W: usize, const SECOND: bool>(request: ValueRequest<'_, W, SECOND>) -> Option<Self>;
}

impl Answer for Effect {
    const HAS_REASONS: bool = false;

    #[inline(always)]
    fn of<const W: usize, const SECOND: bool>(request: ValueRequest<'_, W, SECOND>) -> Option<Self> {
        request.effect()
    }
}

impl Answer for Determined {
    const HAS_REASONS: bool = true;

    #[inline(always)]
    fn of<const W: usize, const SECOND: bool>(request: ValueRequest<'_, W, SECOND>) -> Option<Self> {
        request.determined()
    }
}

impl Binding {
    /// Checks that each field fits an attribute, and prepares the masks of its values.
    ///
    /// # Errors
    /// All fields that don't fit, and the required attributes without a field.
    pub fn new(policy: &Policy, fields: &Fields) -> Result<Self, BindError> {
        let Bound { fields, values } = bind(policy, fields)?;
        let values: Option<Vec<(AttributeId, Values)>> =
            values.into_iter().map(|(id, values)| Some((id, values?))).collect();
        let masks = values.and_then(|values| AnyValueMasks::new(policy.program(), &values));
        Ok(Self { policy: policy.clone(), fields, masks })
    }

    /// Like [`Binding::new`], where the values of the first `bytes` fields are given as bytes.
    ///
    /// # Errors
    /// Like [`Binding::new`].
    pub fn with_bytes(
        policy: &Policy,
        fields: &Fields,
        bytes: usize,
        meaning: &impl ReadByte,
    ) -> Result<Self, BindError> {
        let mut binding = Self::new(policy, fields)?;
        match &mut binding.masks {
            Some(AnyValueMasks::One(masks)) => tabulate(masks, bytes, meaning),
            Some(AnyValueMasks::Two(masks)) => tabulate(masks, bytes, meaning),
            Some(AnyValueMasks::Four(masks)) => tabulate(masks, bytes, meaning),
            None => {}
        }
        Ok(binding)
    }

    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    #[inline(always)]
    fn answer<A: Answer>(&self, values: &impl ReadValues) -> Option<A> {
        self.masks.as_ref().and_then(|masks| answer(masks, values))
    }

    /// Returns the effect, if masks tell it. `None` for a value outside its attribute's domain, and if one that is missing
    /// may matter.
    #[inline(always)]
    pub fn effect_by_masks(&self, values: &impl ReadValues) -> Option<Effect> {
        self.answer(values)
    }

    /// Returns the effect, without reasons and without allocating.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline(always)]
    pub fn effect(&self, values: &impl ReadValues) -> Result<Effect, RequestError> {
        match self.effect_by_masks(values) {
            Some(effect) => Ok(effect),
            None => self.effect_of_frame(values),
        }
    }

    /// Returns the effect of a request that masks can't decide.
    #[cold]
    fn effect_of_frame(&self, values: &impl ReadValues) -> Result<Effect, RequestError> {
        self.with_frame(values, |policy, writer| policy.program().effect(writer.frame))
    }

    /// Returns the decision with all reasons.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    pub fn decide(&self, values: &impl ReadValues) -> Result<Decision, RequestError> {
        if let Some(determined) = self.answer(values) {
            return Ok(self.policy.program().decision_of(determined));
        }
        self.with_frame(values, |policy, writer| policy.program().decide(writer.frame))
    }

    /// Like [`Binding::decide`], but names the reasons only when they are asked for.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline]
    pub fn reasons(&self, values: &impl ReadValues) -> Result<Reasons<'_>, RequestError> {
        match self.answer(values) {
            Some(determined) => Ok(Reasons::determined(&self.policy, determined)),
            None => Ok(Reasons::decision(&self.policy, self.decide(values)?)),
        }
    }

    /// Returns an ordinary request with these values.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    pub fn request(&self, values: &impl ReadValues) -> Result<Request, RequestError> {
        self.with_frame(values, |policy, writer| Ok(Request::from_frame(policy.clone(), writer.frame)))
    }

    fn with_frame<U>(
        &self,
        values: &impl ReadValues,
        use_of: impl FnOnce(&Policy, &mut RequestWriter<'_>) -> Result<U, RequestError>,
    ) -> Result<U, RequestError> {
        with_buffer(self.policy.schema(), |writer| {
            let mut reader = FrameReader::new(writer, &self.fields);
            values.read_values(&mut reader);
            reader.finish()?;
            use_of(&self.policy, writer)
        })
    }
}
