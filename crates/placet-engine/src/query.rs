//! What an engine is asked: a request, and by which keys its resolvers may look further.

use crate::fact::Fact;
use crate::key::Values;
use crate::key_error::KeyError;
use crate::loaded_policy::LoadedPolicy;
use placet::{Depth, EnvelopeError, Input, Request, RequestError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A request to an engine, made by [`Engine::query`](crate::Engine::question). It belongs to the policy that decided
/// when it was made, and is decided by it, whatever has been swapped in since.
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

    /// The policy that will decide.
    pub fn version(&self) -> &Arc<LoadedPolicy> {
        &self.version
    }

    /// What is asked, to be filled by any of its ways.
    pub fn request(&mut self) -> &mut Request {
        &mut self.request
    }

    /// Gives an attribute a value (see [`Request::set`]). No resolver is asked for what is given.
    ///
    /// # Errors
    /// As [`Request::set`].
    pub fn set<'v>(&mut self, name: &str, value: impl Into<Input<'v>>) -> Result<&mut Self, RequestError> {
        self.request.set(name, value)?;
        Ok(self)
    }

    /// Forgets what was given, and gives what a JSON object says (see [`Request::fill_from_json`]).
    ///
    /// # Errors
    /// As [`Request::fill_from_json`].
    pub fn fill_from_json(&mut self, text: &str) -> Result<&mut Self, RequestError> {
        self.request.fill_from_json(text)?;
        Ok(self)
    }

    /// Forgets what was given, and gives what a member of a larger JSON object says; what the others say is returned (see
    /// [`Request::fill_from_json_member`]).
    ///
    /// # Errors
    /// As [`Request::fill_from_json_member`].
    pub fn fill_from_json_member<'t, T: Deserialize<'t>>(
        &mut self,
        text: &'t str,
        member: &str,
    ) -> Result<T, EnvelopeError> {
        self.request.fill_from_json_member(text, member)
    }

    /// Forgets what was given, and gives what a value says of itself (see [`Request::fill_from`]).
    ///
    /// # Errors
    /// As [`Request::fill_from`].
    pub fn fill_from<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<&mut Self, RequestError> {
        self.request.fill_from(value)?;
        Ok(self)
    }

    /// Sets a key by which resolvers fetch, such as whose data it is. Where the policy has an attribute of this name, the
    /// key outweighs it for resolvers, and doesn't set it.
    ///
    /// # Errors
    /// If no resolver is keyed by this name, or the value is not of the key's type, or the policy's attribute of this name
    /// can't have it.
    pub fn key(&mut self, name: &str, value: impl Into<Fact>) -> Result<&mut Self, KeyError> {
        let (index, value) = self.version.key(name, value.into())?;
        self.keys.set(self.version.keys(), index, value);
        Ok(self)
    }

    /// The name of an attribute that the request gives although a resolver serves it, or that is given as a key: who asks
    /// says himself what a store should say of him. A service that does not trust who asks refuses such a request.
    ///
    /// Cost: a look at each attribute that resolvers serve.
    pub fn client_supplied(&self) -> Option<&str> {
        let served = self.version.served().find(|served| self.request.gives(served.attribute));
        let names = self.version.keys().names().iter().enumerate();
        let given = names.filter(|(place, _)| self.keys.has(*place)).map(|(_, name)| name);
        let key = || given.map(|name| &**name).find(|name| self.request.gives(*name));
        served.map(|served| &*served.name).or_else(key)
    }

    /// Sets what has to be settled before the decision is done. If nothing is set, that is what the engine was built with
    /// ([`Builder::depth`](crate::Builder::depth)).
    pub fn with_depth(&mut self, depth: Depth) -> &mut Self {
        self.depth = depth;
        self
    }
}
