//! A policy that decides requests of one Rust type.

use crate::policy::Policy;
use crate::reasons::Reasons;
use crate::request::Request;
use crate::request::pool::with_buffer;
use crate::request::writer::RequestWriter;
use crate::typed::bind::{Bound, bind};
use crate::typed::reader::{BoundField, FrameReader};
use crate::typed::{Attributes, BindError, Fields, Place};
use placet_model::decision::{Decision, Effect};
use placet_model::request::RequestError;
use placet_model::types::AttributeId;
use placet_program::Determined;
use placet_program::value_masks::{ValueMasks, ValueRequest, Values};
use std::marker::PhantomData;
use std::sync::Arc;

/// A policy bound to a struct that derives [`Attributes`]. [`Policy::bind`] returns it.
///
/// It decides from the fields alone: what names and variants mean was looked up when it was bound. A complete request of
/// a policy with masks (`Policy::strategy` tells) costs a few loads and no allocation; any other request costs what
/// [`Policy::decide`] costs after its attributes were put.
///
/// Cheap to clone, and shared between threads.
pub struct BoundPolicy<T> {
    inner: Arc<Inner>,
    // Covariant: bound to a struct of static references, it decides structs of any.
    of: PhantomData<fn() -> T>,
}

#[derive(Debug)]
struct Inner {
    policy: Policy,
    fields: Vec<BoundField>,
    masks: AnyMasks,
}

/// The masks of the fields' values, by their width.
#[derive(Debug)]
enum AnyMasks {
    None,
    One(ValueMasks<1>),
    Two(ValueMasks<2>),
    Four(ValueMasks<4>),
}

impl AnyMasks {
    fn new(policy: &Policy, values: Vec<(AttributeId, Option<Values>)>) -> Self {
        let program = policy.program();
        let values: Option<Vec<(AttributeId, Values)>> =
            values.into_iter().map(|(id, values)| Some((id, values?))).collect();
        let Some(values) = values else { return Self::None };
        let one = || ValueMasks::new(program, &values).map(Self::One);
        let two = || ValueMasks::new(program, &values).map(Self::Two);
        let four = || ValueMasks::new(program, &values).map(Self::Four);
        one().or_else(two).or_else(four).unwrap_or(Self::None)
    }
}

impl AnyMasks {
    /// Reads the values. `None` if masks don't answer.
    #[inline]
    fn answer<A: Answer, T: Attributes>(&self, values: &T) -> Option<A> {
        match self {
            Self::One(masks) if !masks.has_sums() => read(masks.request(T::COUNT), values),
            _ => self.wide_answer(values),
        }
    }

    /// Apart, so that a small policy's decision stays small enough to be inlined.
    #[inline(never)]
    fn wide_answer<A: Answer, T: Attributes>(&self, values: &T) -> Option<A> {
        fn of<A: Answer, T: Attributes, const W: usize>(masks: &ValueMasks<W>, values: &T) -> Option<A> {
            if masks.has_sums() {
                return read(masks.request_with(&mut masks.addends()), values);
            }
            read(masks.request(T::COUNT), values)
        }
        match self {
            Self::None => None,
            Self::One(masks) => of(masks, values),
            Self::Two(masks) => of(masks, values),
            Self::Four(masks) => of(masks, values),
        }
    }
}

#[inline]
fn read<A: Answer, T: Attributes, const W: usize>(mut request: ValueRequest<'_, W>, values: &T) -> Option<A> {
    values.read(&mut request);
    A::of(request)
}

/// What masks are asked for.
trait Answer: Sized {
    fn of<const W: usize>(request: ValueRequest<'_, W>) -> Option<Self>;
}

impl Answer for Effect {
    #[inline]
    fn of<const W: usize>(request: ValueRequest<'_, W>) -> Option<Self> {
        request.effect()
    }
}

impl Answer for Determined {
    #[inline]
    fn of<const W: usize>(request: ValueRequest<'_, W>) -> Option<Self> {
        request.determined()
    }
}

impl<T: Attributes> BoundPolicy<T> {
    pub(crate) fn new(policy: &Policy) -> Result<Self, BindError> {
        let mut fields = Fields::default();
        T::describe(&Place::default(), &mut fields);
        let Bound { fields, values } = bind(policy, &fields)?;
        let masks = AnyMasks::new(policy, values);
        let inner = Arc::new(Inner { policy: policy.clone(), fields, masks });
        Ok(Self { inner, of: PhantomData })
    }

    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// Returns true if the request is allowed. Deny and indeterminate both give `false`.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline]
    pub fn is_allowed(&self, values: &T) -> Result<bool, RequestError> {
        self.effect(values).map(|effect| effect == Effect::Allow)
    }

    /// Returns the effect, without reasons and without allocating.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline]
    pub fn effect(&self, values: &T) -> Result<Effect, RequestError> {
        match self.inner.masks.answer(values) {
            Some(effect) => Ok(effect),
            None => self.effect_of_frame(values),
        }
    }

    /// Returns the effect of a request that masks can't decide.
    #[cold]
    fn effect_of_frame(&self, values: &T) -> Result<Effect, RequestError> {
        self.with_frame(values, |policy, writer| policy.program().effect(writer.frame))
    }

    /// Returns the decision with all reasons.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    pub fn decide(&self, values: &T) -> Result<Decision, RequestError> {
        if let Some(determined) = self.inner.masks.answer(values) {
            return Ok(self.inner.policy.program().decision_of(determined));
        }
        self.with_frame(values, |policy, writer| policy.program().decide(writer.frame))
    }

    /// Like [`BoundPolicy::decide`], but names the reasons only when they are asked for.
    ///
    /// Cost: that of [`BoundPolicy::effect`] where [`Policy::reasons`] costs as much as [`Policy::effect`].
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline]
    pub fn reasons(&self, values: &T) -> Result<Reasons<'_>, RequestError> {
        let policy = &self.inner.policy;
        match self.inner.masks.answer(values) {
            Some(determined) => Ok(Reasons::determined(policy, determined)),
            None => Ok(Reasons::decision(policy, self.decide(values)?)),
        }
    }

    /// Returns an ordinary request with these values, for [`Policy::explain`] and other questions.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    pub fn request(&self, values: &T) -> Result<Request, RequestError> {
        self.with_frame(values, |policy, writer| Ok(Request::from_frame(policy.clone(), writer.frame)))
    }

    fn with_frame<U>(
        &self,
        values: &T,
        use_of: impl FnOnce(&Policy, &mut RequestWriter<'_>) -> Result<U, RequestError>,
    ) -> Result<U, RequestError> {
        let Inner { policy, fields, .. } = &*self.inner;
        with_buffer(policy.schema(), |writer| {
            let mut reader = FrameReader::new(writer, fields);
            values.read(&mut reader);
            reader.finish()?;
            use_of(policy, writer)
        })
    }
}

impl<T> Clone for BoundPolicy<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), of: PhantomData }
    }
}

impl<T> std::fmt::Debug for BoundPolicy<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundPolicy").field("policy", &self.inner.policy.name()).finish_non_exhaustive()
    }
}
