//! The engine: a policy that can be swapped, and what surrounds it.

use crate::answer::Answer;
use crate::version::Version;
use arc_swap::ArcSwap;
use placet::{Policy, Request, RequestError};
use std::sync::Arc;
use std::time::Instant;

/// A policy in a service: cheap to clone, shared between threads.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    current: ArcSwap<Version>,
}

/// A policy in the place of another.
#[derive(Debug, Clone)]
pub struct Swap {
    /// The policy so far. It is dropped when its last decision ends.
    pub old: Arc<Version>,
    /// The policy from now on.
    pub new: Arc<Version>,
    /// The attributes that resolvers serve and the new policy does not know, each with its resolver.
    pub unknown: Vec<(Arc<str>, Arc<str>)>,
}

impl Engine {
    /// An engine that decides by a policy.
    pub fn new(policy: Policy) -> Self {
        Self { inner: Arc::new(Inner { current: ArcSwap::from_pointee(Version::new(policy)) }) }
    }

    /// The policy that decides now.
    pub fn version(&self) -> Arc<Version> {
        self.inner.current.load_full()
    }

    /// Puts a policy in the place of the one so far, whole: decisions that have begun end by the policy that they began
    /// with, and those that begin once this returns are made by the new one.
    ///
    /// Cost: that of the policy's hash; no decision waits.
    pub fn swap(&self, policy: Policy) -> Swap {
        let new = Arc::new(Version::new(policy));
        let old = self.inner.current.swap(new.clone());
        Swap { old, new, unknown: Vec::new() }
    }

    /// Decides a request of the current policy.
    ///
    /// # Errors
    /// If a `required` attribute is missing, or the request was made for another policy.
    pub fn decide(&self, request: &Request) -> Result<Answer, RequestError> {
        let begun = Instant::now();
        let version = self.version();
        let decision = version.policy().decide(request)?;
        Ok(Answer { decision, version, origins: Vec::new(), failures: Vec::new(), elapsed: begun.elapsed() })
    }
}
