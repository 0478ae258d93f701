//! A decision in progress: asked, given what it asks for, and asked again. It fetches nothing itself.

use crate::policy::Policy;
use crate::request::attribute_name::AttributeName;
use crate::request::prepared::PreparedValue;
use crate::request::{Input, Request};
use placet_model::decision::{Decision, Effect};
use placet_model::request::RequestError;
use placet_model::types::{AttributeId, Presence};
pub use placet_program::Depth;
use placet_program::Frame;
use std::sync::Arc;

/// A decision in progress, made by [`Policy::begin`].
///
/// It says which attributes still matter, so that nothing is fetched on which nothing hangs. What it ends with does not
/// hang on the order in which it is given what it asks for: the effect is that of the request that gives everything from
/// the start, and so are, with [`Depth::Obligations`], the obligations, and with [`Depth::Reasons`], the whole decision.
///
/// ```
/// use placet::{Effect, Policy, Step};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { purpose: { deliver, marketing }  subject.age: int 0..150  consent: { granted, refused } }
///     rule delivery { allow when purpose is deliver }
///     rule marketing { allow when purpose is marketing and consent is granted and subject.age >= 18 }
/// ")?;
///
/// let mut request = policy.request();
/// request.set("purpose", "marketing")?;
/// let mut progress = policy.begin(request)?;
/// let decision = loop {
///     match progress.step()? {
///         Step::Decided(decision) => break decision,
///         // Here a service asks its stores.
///         Step::DependsOn(needs) => match &*needs[0].attribute {
///             "consent" => progress.give("consent", "refused")?,
///             "subject.age" => progress.give("subject.age", 30)?,
///             other => progress.mark_unavailable(other)?,
///         },
///     };
/// };
/// assert_eq!(decision.effect, Effect::Deny);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct IncrementalDecision {
    request: Request,
    depth: Depth,
    /// The `required` attributes that can be had. Others that can are not known yet in the request.
    required: Vec<AttributeId>,
}

/// Where a decision in progress stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It is made. Where attributes can't be had on which it hangs, it is indeterminate and names them.
    Decided(Decision),
    /// It hangs on these attributes, in the order of the policy; never none. Each of them matters: two requests that
    /// agree with all that was given and differ there alone are answered differently.
    DependsOn(Vec<Dependency>),
}

/// An attribute on which a decision hangs.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// Its name.
    pub attribute: Arc<str>,
    /// How likely the attribute alone settles the answer, from 0 to 1, if whatever the policy can tell apart were
    /// equally likely: an estimate, to choose what to ask for first. 0 also where it could not be found out, and 1 where
    /// there is no decision without it.
    pub settles: f64,
}

impl Policy {
    /// Begins a decision. Whatever the request leaves out or gives as null can be had; an attribute with a default that
    /// it leaves out has its default (see [`Policy::begin_with`]).
    ///
    /// # Errors
    /// If the request was made for another policy.
    pub fn begin(&self, request: Request) -> Result<IncrementalDecision, RequestError> {
        let mut progress = IncrementalDecision::new(self, request)?;
        for (id, attribute) in self.model().attribute_ids() {
            let has_default = matches!(attribute.presence, Presence::Default(_));
            if !has_default || progress.frame()?.is_null(id) {
                progress.obtain(id)?;
            }
        }
        Ok(progress)
    }

    /// Begins a decision for which these attributes can be had, where the request does not give them, and no others. That
    /// the request leaves one of them out says nothing of it then, whatever its default: nobody has looked yet.
    ///
    /// Cost: a look-up of each name; none for handles.
    ///
    /// # Errors
    /// If the request was made for another policy, or the policy has no such attribute.
    pub fn begin_with<N: AttributeName>(
        &self,
        request: Request,
        attributes: impl IntoIterator<Item = N>,
    ) -> Result<IncrementalDecision, RequestError> {
        let mut progress = IncrementalDecision::new(self, request)?;
        for attribute in attributes {
            let id = progress.request.id(attribute)?;
            progress.obtain(id)?;
        }
        Ok(progress)
    }
}

impl IncrementalDecision {
    fn new(policy: &Policy, request: Request) -> Result<Self, RequestError> {
        policy.frame(&request)?;
        Ok(Self { request, depth: Depth::Effect, required: Vec::new() })
    }

    /// Says that an attribute can be had, if it is not given.
    fn obtain(&mut self, id: AttributeId) -> Result<(), RequestError> {
        let frame = self.frame()?;
        if !frame.is_given(id) || frame.is_null(id) {
            if self.policy().program().required().contains(&id) {
                self.required.push(id);
            } else {
                self.request.put_pending(id);
            }
        }
        Ok(())
    }

    /// Says when the decision is done.
    #[must_use]
    pub fn with_depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// The decision, or what it still hangs on.
    ///
    /// Cost: that of a decision; where it hangs on something, a few microseconds.
    ///
    /// # Errors
    /// If a `required` attribute is missing that can't be had.
    pub fn step(&self) -> Result<Step, RequestError> {
        let needs = self.required()?;
        if !needs.is_empty() {
            return Ok(Step::DependsOn(needs));
        }
        // Where something can be had on which the effect hangs, why it is still open is nothing to anyone.
        let (program, frame) = (self.policy().program(), self.frame()?);
        let decision = program.decide_unless_indeterminate(frame)?;
        let decision = match decision {
            Some(decision) if self.is_enough(&decision) => return Ok(Step::Decided(decision)),
            other => other,
        };
        let needs = self.dependencies()?;
        Ok(match decision {
            _ if !needs.is_empty() => Step::DependsOn(needs),
            Some(decision) => Step::Decided(decision),
            None => Step::Decided(program.decide(frame)?),
        })
    }

    /// Whether nothing that can be had changes a decision, as can be told by a look at it.
    fn is_enough(&self, decision: &Decision) -> bool {
        match self.depth {
            _ if decision.effect == Effect::Indeterminate => false,
            Depth::Effect => true,
            Depth::Obligations => decision.obligations.is_empty(),
            // Without a determining rule there is nothing to oblige to either.
            Depth::Reasons => decision.rules.is_empty(),
        }
    }

    /// The `required` attributes that are missing and can be had: without them there is no decision.
    fn required(&self) -> Result<Vec<Dependency>, RequestError> {
        Ok(self.required.iter().filter_map(|id| self.need(*id, 1.0)).collect())
    }

    /// What can be had on which it hangs.
    fn dependencies(&self) -> Result<Vec<Dependency>, RequestError> {
        // Once nothing can be had any more, what it hangs on is for the decision to say.
        if !self.policy().model().attribute_ids().any(|(id, _)| self.obtains(id)) {
            return Ok(Vec::new());
        }
        let needs = self.policy().program().dependencies(self.frame()?, self.depth)?;
        let can_be_had = needs.into_iter().filter(|need| self.obtains(need.attribute));
        Ok(can_be_had.filter_map(|need| self.need(need.attribute, need.settles)).collect())
    }

    fn need(&self, id: AttributeId, settles: f64) -> Option<Dependency> {
        let attribute = self.policy().model().attribute(id)?;
        Some(Dependency { attribute: attribute.name.clone(), settles })
    }

    fn obtains(&self, id: AttributeId) -> bool {
        self.frame().is_ok_and(|frame| frame.is_pending(id)) || self.required.contains(&id)
    }

    /// Gives an attribute a value, be it asked for or not, in place of what was given before.
    ///
    /// # Errors
    /// As [`Request::set`]; the decision is where it was.
    pub fn give<'v>(&mut self, name: &str, value: impl Into<Input<'v>>) -> Result<&mut Self, RequestError> {
        self.request.set(name, value)?;
        if !self.required.is_empty() {
            let id = self.request.id(name)?;
            self.no_longer_required(id);
        }
        Ok(self)
    }

    /// As [`IncrementalDecision::give`], a value that was prepared (see [`Policy::prepare`]).
    ///
    /// # Errors
    /// As [`Request::put_prepared`]; the decision is where it was.
    pub fn give_prepared(&mut self, value: &PreparedValue) -> Result<&mut Self, RequestError> {
        self.request.put_prepared(value)?;
        self.no_longer_required(value.id);
        Ok(self)
    }

    fn no_longer_required(&mut self, id: AttributeId) {
        self.required.retain(|required| *required != id);
    }

    /// Says that an attribute can't be had: it stays missing, whatever its default, and is not asked for again. One that
    /// was given stays as it is.
    ///
    /// # Errors
    /// If the policy has no such attribute.
    pub fn mark_unavailable(&mut self, attribute: impl AttributeName) -> Result<&mut Self, RequestError> {
        let id = self.request.id(attribute)?;
        if self.frame()?.is_pending(id) {
            self.request.put_withheld(id);
        }
        self.no_longer_required(id);
        Ok(self)
    }

    /// Whether an attribute can still be had: it was neither given nor withheld.
    pub fn is_pending(&self, attribute: impl AttributeName) -> bool {
        self.request.find(attribute).is_some_and(|id| self.obtains(id))
    }

    /// The request with all that was given since. What can still be had is *not known yet* in it: whatever is decided about
    /// it holds also once it is.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// As [`IncrementalDecision::request`], to keep.
    pub fn into_request(self) -> Request {
        self.request
    }

    /// The policy that decides.
    pub fn policy(&self) -> &Policy {
        self.request.policy()
    }

    fn frame(&self) -> Result<&Frame, RequestError> {
        self.policy().frame(&self.request)
    }
}
