//! A policy that decides requests of one Rust type.

use crate::policy::Policy;
use crate::reasons::Reasons;
use crate::request::Request;
use crate::typed::{Attributes, BindError, Binding, Fields, Place};
use placet_model::decision::{Decision, Effect};
use placet_model::request::RequestError;
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
    binding: Arc<Binding>,
    // Covariant: bound to a struct of static references, it decides structs of any.
    of: PhantomData<fn() -> T>,
}

impl<T: Attributes> BoundPolicy<T> {
    pub(crate) fn new(policy: &Policy) -> Result<Self, BindError> {
        let mut fields = Fields::default();
        T::describe(&Place::default(), &mut fields);
        Ok(Self { binding: Arc::new(Binding::new(policy, &fields)?), of: PhantomData })
    }

    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        self.binding.policy()
    }

    /// Returns true if the request is allowed. Deny and indeterminate both give `false`.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline(always)]
    pub fn is_allowed(&self, values: &T) -> Result<bool, RequestError> {
        self.effect(values).map(|effect| effect == Effect::Allow)
    }

    /// Returns the effect, without reasons and without allocating.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline(always)]
    pub fn effect(&self, values: &T) -> Result<Effect, RequestError> {
        self.binding.effect(values)
    }

    /// Returns the decision with all reasons.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    pub fn decide(&self, values: &T) -> Result<Decision, RequestError> {
        self.binding.decide(values)
    }

    /// Like [`BoundPolicy::decide`], but names the reasons only when they are asked for.
    ///
    /// Cost: that of [`BoundPolicy::effect`] where [`Policy::reasons`] costs as much as [`Policy::effect`].
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    #[inline]
    pub fn reasons(&self, values: &T) -> Result<Reasons<'_>, RequestError> {
        self.binding.reasons(values)
    }

    /// Returns an ordinary request with these values, for [`Policy::explain`] and other questions.
    ///
    /// # Errors
    /// If a value is outside its attribute's domain.
    pub fn request(&self, values: &T) -> Result<Request, RequestError> {
        self.binding.request(values)
    }
}

impl<T> Clone for BoundPolicy<T> {
    fn clone(&self) -> Self {
        Self { binding: self.binding.clone(), of: PhantomData }
    }
}

impl<T> std::fmt::Debug for BoundPolicy<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundPolicy").field("policy", &self.binding.policy().name()).finish_non_exhaustive()
    }
}
