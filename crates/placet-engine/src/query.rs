//! Queries: a request to an engine, with keys for its resolvers.

use crate::key::Values;
use crate::key_error::KeyError;
use crate::loaded_policy::LoadedPolicy;
use placet::{Depth, EnvelopeError, Fact, Input, Request, RequestError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A request to an engine, created by [`Engine::query`](crate::Engine::query). It belongs to the policy that was
/// current when it was created, and is decided by that policy even after a swap.
///
/// ```
/// use placet::Policy;
/// use placet_engine::Engine;
///
/// let policy = Policy::from_text("policy door  request { age: int  member: bool }  rule r { allow when member }")?;
/// let engine = Engine::new(policy);
/// let mut query = engine.query();
/// query.fill_from_json(r#"{"age": 30}"#)?.set("member", true)?;
/// assert!(engine.decide(query)?.is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) version: Arc<LoadedPolicy>,
    pub(crate) request: Request,
    pub(crate) keys: Values,
    pub(crate) depth: Depth,
}

impl Query {
    pub(crate) fn new(version: Arc<LoadedPolicy>, depth: Depth) -> Self {
        let request = version.policy().request();
        Self { version, request, keys: Values::default(), depth }
    }

    /// Returns the policy that will decide.
    pub fn version(&self) -> &Arc<LoadedPolicy> {
        &self.version
    }

    /// Returns the request, to fill it by any of its methods.
    pub fn request(&mut self) -> &mut Request {
        &mut self.request
    }

    /// Sets an attribute (see [`Request::set`]). Resolvers aren't called for attributes that the request gives.
    ///
    /// # Errors
    /// Like [`Request::set`].
    pub fn set<'v>(&mut self, name: &str, value: impl Into<Input<'v>>) -> Result<&mut Self, RequestError> {
        self.request.set(name, value)?;
        Ok(self)
    }

    /// Replaces all attributes with those of a JSON object (see [`Request::fill_from_json`]). For the body of a message,
    /// which may not be UTF-8, use [`Query::request`] and [`Request::fill_from_json_bytes`].
    ///
    /// # Errors
    /// Like [`Request::fill_from_json`].
    pub fn fill_from_json(&mut self, text: &str) -> Result<&mut Self, RequestError> {
        self.request.fill_from_json(text)?;
        Ok(self)
    }

    /// Replaces all attributes with those of one member of a larger JSON object, and returns the other members (see
    /// [`Request::fill_from_json_member`]).
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::Engine;
    /// use std::collections::HashMap;
    ///
    /// let engine = Engine::new(Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?);
    /// let mut query = engine.query();
    /// let body = r#"{"subject": "anna", "request": {"x": true}}"#;
    /// let others: HashMap<String, String> = query.fill_from_json_member(body, "request")?;
    /// assert_eq!(others["subject"], "anna");
    /// assert!(engine.decide(query)?.is_allowed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Request::fill_from_json_member`].
    pub fn fill_from_json_member<'t, T: Deserialize<'t>>(
        &mut self,
        text: &'t str,
        member: &str,
    ) -> Result<T, EnvelopeError> {
        self.request.fill_from_json_member(text, member)
    }

    /// Replaces all attributes with those of a serializable value (see [`Request::fill_from`]).
    ///
    /// # Errors
    /// Like [`Request::fill_from`].
    pub fn fill_from<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<&mut Self, RequestError> {
        self.request.fill_from(value)?;
        Ok(self)
    }

    /// Sets a key for resolvers, such as the identifier of the person whose data is used. A key that the policy declares
    /// as an attribute needs no call: the request gives it. If both give it, resolvers prefer the key, and the attribute
    /// stays as it is.
    ///
    /// # Errors
    /// If no resolver is keyed by this name, the value doesn't have the key's type, or the policy's attribute of this
    /// name can't have the value.
    pub fn key(&mut self, name: &str, value: impl Into<Fact>) -> Result<&mut Self, KeyError> {
        let (index, value) = self.version.key(name, value.into())?;
        self.keys.set(self.version.keys(), index, value);
        Ok(self)
    }

    /// Returns an attribute that the client supplied although a resolver serves it, or although it is given as a key.
    /// Such a client states itself what a store should say about it. A service that doesn't trust its clients refuses
    /// the request.
    ///
    /// Cost: one check for each attribute that resolvers serve.
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::{Engine, Facts, Resolver};
    ///
    /// let policy = Policy::from_text("policy p  request { consent: bool }  rule r { allow when consent }")?;
    /// let consent = Resolver::blocking("consent", |_| Ok(Facts::new().with("consent", false)));
    /// let engine = Engine::builder(policy).resolver(consent.attributes(["consent"])).build()?;
    /// let mut query = engine.query();
    /// assert_eq!(query.client_supplied(), None);
    /// query.set("consent", true)?;
    /// assert_eq!(query.client_supplied(), Some("consent"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn client_supplied(&self) -> Option<&str> {
        let served = self.version.served().find(|served| self.request.gives(served.attribute));
        let names = self.version.keys().names().iter().enumerate();
        let given = names.filter(|(index, _)| self.keys.has(*index)).map(|(_, name)| name);
        let key = || given.map(|name| &**name).find(|name| self.request.gives(*name));
        served.map(|served| &*served.name).or_else(key)
    }

    /// Sets a key, unless the query gives it already, or can't have it.
    pub(crate) fn key_if_none(&mut self, name: &str, value: &Fact) {
        if let Ok((index, value)) = self.version.key(name, value.clone())
            && !self.gives(name)
        {
            self.keys.set(self.version.keys(), index, value);
        }
    }

    /// Returns true if the query gives an attribute or a key of this name.
    pub(crate) fn gives(&self, name: &str) -> bool {
        self.request.gives(name) || self.version.keys().find(name).is_some_and(|index| self.keys.has(index))
    }

    /// Sets how much must be settled before the decision is done. The default is the depth of the engine
    /// ([`Builder::depth`](crate::Builder::depth)).
    pub fn with_depth(&mut self, depth: Depth) -> &mut Self {
        self.depth = depth;
        self
    }
}
