//! Incremental decisions: each step returns the decision, or the attributes that it depends on. No I/O.

use crate::policy::Policy;
use crate::request::Request;
use crate::request::attribute_name::AttributeName;
use crate::request::prepared::PreparedValue;
use placet_model::decision::{Decision, Effect};
use placet_model::input::Input;
use placet_model::request::RequestError;
use placet_model::types::{AttributeId, Presence};
pub use placet_program::Depth;
use placet_program::Frame;
use std::sync::Arc;

/// An incremental decision, created by [`Policy::begin`].
///
/// Each step names the attributes that the decision still depends on, so the caller fetches no others. The order of the
/// answers doesn't matter: the effect equals that of a request which gives everything from the start. With
/// [`Depth::Obligations`] the obligations are equal too, and with [`Depth::Reasons`] the whole decision.
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
    /// The pending `required` attributes. The request marks other pending attributes itself.
    required: Vec<AttributeId>,
}

/// The state of an incremental decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The decision. If it depends on attributes that are unavailable, it is indeterminate and names them.
    Decided(Decision),
    /// The attributes that the decision depends on, in the order of the policy; at least one. Each of them matters: some
    /// two requests that agree with the known attributes and differ in this one alone have different decisions.
    DependsOn(Vec<Dependency>),
}

/// An attribute that a decision depends on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dependency {
    /// The name.
    pub attribute: Arc<str>,
    /// The estimated probability, from 0 to 1, that this attribute alone settles the decision, if all classes of its
    /// values were equally likely. Helps to choose the first fetch. 0 if the estimate failed, 1 for a `required`
    /// attribute.
    pub settles: f64,
}

impl Policy {
    /// Begins a decision. Attributes that the request leaves out or gives as null are pending. An attribute with a
    /// default has its default (see [`Policy::begin_with`]), and an optional one given as null is `none`.
    ///
    /// # Errors
    /// If the request was made for another policy.
    pub fn begin(&self, request: Request) -> Result<IncrementalDecision, RequestError> {
        let mut progress = IncrementalDecision::new(self, request)?;
        for (id, attribute) in self.model().declared() {
            let has_default = matches!(attribute.presence, Presence::Default(_));
            if !has_default || progress.frame()?.is_null(id) {
                progress.obtain(id)?;
            }
        }
        Ok(progress)
    }

    /// Begins a decision with these attributes pending, unless the request gives them, and no others. A pending attribute
    /// is unknown, even if it has a default.
    ///
    /// Cost: one look-up for each name, none for handles.
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

    /// Marks an attribute as pending, unless it is given.
    fn obtain(&mut self, id: AttributeId) -> Result<(), RequestError> {
        let frame = self.frame()?;
        if !frame.is_given(id) || frame.is_null(id) {
            // A request can't mark a required attribute as pending, so it is tracked here.
            if self.policy().program().required().contains(&id) {
                self.required.push(id);
            } else {
                self.request.put_pending(id);
            }
        }
        Ok(())
    }

    /// Sets the parts of the decision that must be settled.
    #[must_use]
    pub fn with_depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// Returns the decision, or the attributes that it still depends on.
    ///
    /// Cost: that of a decision, and a few microseconds to find the attributes.
    ///
    /// # Errors
    /// If a `required` attribute is missing and not pending.
    pub fn step(&self) -> Result<Step, RequestError> {
        let needs = self.required()?;
        if !needs.is_empty() {
            return Ok(Step::DependsOn(needs));
        }
        // If another step follows, the reasons of an indeterminate decision aren't needed, and they are the costliest
        // part.
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

    /// Returns true if the decision itself shows that no pending attribute can change it.
    fn is_enough(&self, decision: &Decision) -> bool {
        match self.depth {
            _ if decision.effect == Effect::Indeterminate => false,
            Depth::Effect => true,
            Depth::Obligations => decision.obligations.is_empty(),
            // Without a determining rule there are no obligations.
            _ => decision.rules.is_empty(),
        }
    }

    /// Returns the pending `required` attributes: without them there is no decision.
    fn required(&self) -> Result<Vec<Dependency>, RequestError> {
        Ok(self.required.iter().filter_map(|id| self.need(*id, 1.0)).collect())
    }

    /// Returns the pending attributes that the decision depends on.
    fn dependencies(&self) -> Result<Vec<Dependency>, RequestError> {
        // Without pending attributes the decision itself names the missing ones.
        if !self.policy().model().declared().any(|(id, _)| self.obtains(id)) {
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

    /// Sets an attribute, whether or not a step named it. Replaces an earlier value.
    ///
    /// # Errors
    /// Those of [`Request::set`]; the state is unchanged.
    pub fn give<'v>(&mut self, name: &str, value: impl Into<Input<'v>>) -> Result<&mut Self, RequestError> {
        self.request.set(name, value)?;
        if !self.required.is_empty() {
            let id = self.request.id(name)?;
            self.no_longer_required(id);
        }
        Ok(self)
    }

    /// Like [`IncrementalDecision::give`], with a prepared value (see [`Policy::prepare`]).
    ///
    /// # Errors
    /// Those of [`Request::put_prepared`]; the state is unchanged.
    pub fn give_prepared(&mut self, value: &PreparedValue) -> Result<&mut Self, RequestError> {
        self.request.put_prepared(value)?;
        self.no_longer_required(value.id);
        Ok(self)
    }

    fn no_longer_required(&mut self, id: AttributeId) {
        self.required.retain(|required| *required != id);
    }

    /// Marks an attribute as unavailable: it stays missing, even if it has a default, and no step names it again. A given
    /// attribute keeps its value.
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

    /// Returns true if an attribute is pending: neither given nor marked as unavailable.
    pub fn is_pending(&self, attribute: impl AttributeName) -> bool {
        self.request.find(attribute).is_some_and(|id| self.obtains(id))
    }

    /// Returns the request with all values so far. Pending attributes are *not known yet* in it: a decision about it still
    /// holds once they are known.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Like [`IncrementalDecision::request`], by value.
    pub fn into_request(self) -> Request {
        self.request
    }

    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        self.request.policy()
    }

    fn frame(&self) -> Result<&Frame, RequestError> {
        self.policy().frame(&self.request)
    }
}
