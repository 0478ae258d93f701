//! Values that are given to many requests, read once.

use crate::request::schema::{Refusal, Schema};
use crate::request::{Input, Request};
use placet_model::request::{ErrorCode, Given, RequestError};
use placet_model::types::AttributeId;
use std::sync::Arc;

/// A value that an attribute of one policy takes, ready to be given to any number of requests: made by
/// [`Policy::prepare`](crate::Policy::prepare), given by [`Request::put_prepared`]. A request of another policy refuses it.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) schema: u64,
    pub(crate) id: AttributeId,
    given: Given,
}

impl Prepared {
    pub(crate) fn new(schema: &Arc<Schema>, name: &str, value: Input<'_>) -> Result<Self, RequestError> {
        let mut request = Request::new(schema.clone());
        request.set(name, value)?;
        let id = request.id(name)?;
        // INVARIANT: it has just been given.
        let given = request.frame.given(&schema.program, id).unwrap_or(Given::Null);
        Ok(Self { schema: schema.id, id, given })
    }
}

impl Request {
    /// Gives a value that was prepared, in place of what was given for its attribute before.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { consent: { granted, refused } }
    ///     rule marketing { allow when consent is granted }
    /// ")?;
    /// let granted = policy.prepare("consent", "granted")?;
    ///
    /// let mut request = policy.request();
    /// assert_eq!(policy.effect(request.put_prepared(&granted)?)?, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of finding its class; no name is looked up, and nothing allocated.
    ///
    /// # Errors
    /// If the value was prepared by another policy; the request is as before.
    pub fn put_prepared(&mut self, value: &Prepared) -> Result<&mut Self, RequestError> {
        if value.schema != self.schema.id {
            return Err(foreign(&self.schema));
        }
        match self.frame.put(&self.schema.program, value.id, &value.given) {
            Ok(()) => Ok(self),
            // INVARIANT: it was given by this policy's rules before.
            Err(misfit) => Err(self.schema.refused(value.id, Refusal::from(misfit), "a prepared value")),
        }
    }
}

#[cold]
pub(crate) fn foreign(schema: &Schema) -> RequestError {
    let name = &schema.program.model().name;
    RequestError {
        code: ErrorCode::UnknownAttribute,
        message: format!("the value was prepared by another policy, not by this `{name}`"),
        attribute: None,
        expected: format!("a value prepared by the policy `{name}`"),
    }
}
