//! The answer of an engine: a decision, the policy that made it, and the origin of its facts.

use crate::loaded_policy::{LoadedPolicy, Named};
use crate::origins::Origins;
use crate::resolver::ResolverError;
use placet::{Decision, Effect, Request};
use placet_core::excerpt_within;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A decision, with the policy that made it and the origin of each fetched fact.
///
/// ```
/// use placet::{Effect, Policy};
/// use placet_engine::Engine;
///
/// let policy = Policy::from_text("policy door  request { age: int }  rule adults { allow when age >= 18 }")?;
/// let engine = Engine::new(policy);
/// let mut query = engine.query();
/// query.set("age", 20)?;
/// let answer = engine.decide(query)?;
/// assert!(answer.is_allowed());
/// assert_eq!(answer.effect(), Effect::Allow);
/// assert_eq!(answer.version.policy().name(), "door");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In JSON, an answer is its decision with further members: `policy`, the `name`, the `version` if it has one, and the
/// `hash`; `origins`, a list of `attribute`, `resolver` and `source`; `failures`, a list of `resolver`, `why` and the
/// parts of the reason; and `nanoseconds`, the elapsed time. Values of the request are left out, but the `message` of a
/// failure is the store's own text, which may hold some.
///
/// ```
/// use placet::{Effect, Policy};
/// use placet_engine::{Engine, Facts, Resolver};
/// use serde::Deserialize;
///
/// let policy = Policy::from_text("policy door  request { open: bool  age: int }  rule open { allow when open }")?;
/// let open = Resolver::blocking("doors", |_| Ok(Facts::new().with("open", true)));
/// let engine = Engine::builder(policy).resolver(open.attributes(["open"])).build()?;
/// let json = serde_json::to_value(engine.decide(engine.query())?)?;
/// assert_eq!(Effect::deserialize(&json["effect"])?, Effect::Allow);
/// assert_eq!(json["rules"], serde_json::json!(["open"]));
/// assert_eq!(json["policy"]["name"], "door");
/// assert_eq!(json["origins"][0]["source"], "fetched");
/// assert_eq!(json["failures"], serde_json::json!([]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The policy that made the decision.
    pub version: Arc<LoadedPolicy>,
    /// The request, completed with all fetched facts. Explain or log this one, not the request of the caller.
    pub request: Request,
    /// The attributes that resolvers gave, in the order in which they were given.
    pub origins: Origins,
    /// The resolvers that failed. Their attributes are unknown to the decision. If the effect is indeterminate and this
    /// is not empty, a retry may succeed, unless each reason is [`FailureReason::NoKey`](crate::FailureReason::NoKey):
    /// then the request lacks a key.
    pub failures: Vec<Failure>,
    /// The time from the start of the decision to its end, fetches included.
    pub elapsed: Duration,
}

impl Answer {
    /// Returns true if the effect is allow. An indeterminate decision is not allowed.
    pub fn is_allowed(&self) -> bool {
        self.decision.is_allowed()
    }

    /// Returns the effect of the decision.
    pub fn effect(&self) -> Effect {
        self.decision.effect
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            #[serde(flatten)]
            decision: &'a Decision,
            policy: Named<'a>,
            origins: &'a Origins,
            failures: &'a [Failure],
            nanoseconds: u64,
        }
        let fields = Fields {
            decision: &self.decision,
            policy: Named::new(&self.version),
            origins: &self.origins,
            failures: &self.failures,
            nanoseconds: u64::try_from(self.elapsed.as_nanos()).unwrap_or(u64::MAX),
        };
        fields.serialize(serializer)
    }
}

/// The origin of a resolver's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Fetched while the decision was made, by this decision or by another one that needed the same facts.
    Fetched,
    /// Cached before the decision began.
    Cached,
}

/// A resolver that gave no facts, and the reason.
///
/// ```
/// use placet_engine::{Failure, FailureReason};
///
/// let failure = Failure { resolver: "consent".into(), why: FailureReason::Late { after_ms: 50 } };
/// assert_eq!(failure.to_string(), "the resolver `consent` had not answered after 50 ms");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The name of the resolver.
    pub resolver: Arc<str>,
    /// The reason.
    #[serde(flatten)]
    pub why: FailureReason,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the resolver `{}` {}", self.resolver, self.why)
    }
}

/// The reason why a resolver gave no facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureReason {
    /// The resolver returned an error, or panicked.
    Failed {
        /// The error as text, with its sources.
        message: Arc<str>,
        /// The error itself.
        #[serde(skip)]
        error: FailureSource,
    },
    /// The resolver didn't answer within its timeout.
    Late {
        /// The timeout, in milliseconds.
        after_ms: u64,
    },
    /// The resolver returned a value outside an attribute's domain, or an attribute that it doesn't serve.
    Unfit {
        /// The attribute.
        attribute: Arc<str>,
        /// The values that were expected. The rejected value is left out, since it may be personal data.
        expected: Arc<str>,
    },
    /// The request doesn't give this key, or gives a category that stands for several values.
    NoKey {
        /// The name of the key.
        key: Arc<str>,
    },
}

/// The maximum number of characters shown of a resolver's error.
const MAX_FAILURE_CHARS: usize = 200;
/// The error that a resolver returned, shared by the decisions that waited for it.
///
/// Two sources always compare as equal, so that failures compare by their messages.
#[derive(Debug, Clone, Default)]
pub struct FailureSource(Option<Arc<ResolverError>>);

impl FailureSource {
    /// Returns the error, or `None` if the failure was created without one.
    ///
    /// ```
    /// use placet_engine::{FailureSource, ResolverError};
    ///
    /// let error: ResolverError = "the store is down".into();
    /// let source = FailureSource::from(error);
    /// assert_eq!(source.get().map(ToString::to_string).as_deref(), Some("the store is down"));
    /// assert!(FailureSource::default().get().is_none());
    /// ```
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
