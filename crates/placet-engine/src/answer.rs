//! What an engine answers: a decision, by which policy it was made, and from what.

use crate::loaded_policy::LoadedPolicy;
use crate::origins::Origins;
use crate::resolver::ResolverError;
use placet::{Decision, Effect, Request};
use placet_core::excerpt_within;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A decision, with the policy that made it and where its facts came from.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The policy that made it, whole.
    pub version: Arc<LoadedPolicy>,
    /// What it was made of: the request with all that resolvers put in, to be explained or logged.
    pub request: Request,
    /// The attributes that were put in by resolvers, in the order in which they were.
    pub origins: Origins,
    /// The resolvers that were asked in vain: their attributes are missing.
    pub failures: Vec<Failure>,
    /// How long it took, with all that was fetched.
    pub elapsed: Duration,
}

impl Answer {
    /// Whether the request may go through: only where the effect is allow.
    pub fn is_allowed(&self) -> bool {
        self.decision.is_allowed()
    }

    /// Allow, deny or indeterminate.
    pub fn effect(&self) -> Effect {
        self.decision.effect
    }
}

/// Where a resolver's facts came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Fetched while the decision was made, for it or for another that asked for the same.
    Fetched,
    /// Kept from before the decision.
    Cached,
}

/// A resolver that gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The resolver.
    pub resolver: Arc<str>,
    /// Why.
    #[serde(flatten)]
    pub why: FailureReason,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the resolver `{}` {}", self.resolver, self.why)
    }
}

/// Why a resolver gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureReason {
    /// It failed, with these words.
    Failed {
        /// What it said.
        message: Arc<str>,
        /// The error itself.
        #[serde(skip)]
        error: FailureSource,
    },
    /// It had not answered after so many milliseconds.
    Late {
        /// Its time-out.
        after_ms: u64,
    },
    /// It gave what the policy's attribute does not take, or an attribute that it does not serve.
    Unfit {
        /// The attribute.
        attribute: Arc<str>,
        /// What was wrong, without the value.
        expected: Arc<str>,
    },
    /// The request does not say this key, or says only *one of several*.
    NoKey {
        /// The key.
        key: Arc<str>,
    },
}

/// Characters of what a resolver says of its failure.
const MAX_FAILURE_CHARS: usize = 200;
/// The error that a resolver returned, shared by the decisions that waited for it.
///
/// It is no part of what failures are compared by: their messages are.
#[derive(Debug, Clone, Default)]
pub struct FailureSource(Option<Arc<ResolverError>>);

impl FailureSource {
    /// Returns the error; `None` for a failure that was made without one.
    pub fn get(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.as_deref().map(|error| &**error)
    }
}

impl From<ResolverError> for FailureSource {
    fn from(error: ResolverError) -> Self {
        Self(Some(Arc::new(error)))
    }
}

impl PartialEq for FailureSource {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for FailureSource {}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureReason::Failed { message, .. } => {
                write!(f, "failed: {}", excerpt_within(MAX_FAILURE_CHARS, message))
            }
            FailureReason::Late { after_ms } => write!(f, "had not answered after {after_ms} ms"),
            FailureReason::Unfit { attribute, expected } => {
                write!(f, "gave what `{attribute}` does not take; expected {expected}")
            }
            FailureReason::NoKey { key } => write!(f, "could not be asked without `{key}`"),
        }
    }
}
