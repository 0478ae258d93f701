//! Resolvers: what fetches attributes that a request does not give.

use crate::fact::Facts;
use crate::key::Key;
use crate::key_names::Names;
use crate::origins::Named;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a resolver may take, if nothing else is said.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a resolver found nothing: whatever it says.
pub type ResolverError = Box<dyn std::error::Error + Send + Sync>;

/// What a resolver answers.
pub type Found = Result<Facts, ResolverError>;

/// Facts that are fetched by one question to one store: a group of attributes, by a key.
///
/// ```
/// use placet_engine::{Facts, Key, Resolver};
/// use std::time::Duration;
///
/// let consent = Resolver::blocking("consent", |key: &Key| {
///     // Here a store is asked for `key.text("subject.id")` and `key.text("purpose")`.
///     Ok(Facts::new().with("consent", "granted"))
/// })
/// .attributes(["consent", "consent.given_at"])
/// .keyed_by(["subject.id", "purpose"])
/// .cost(2.0)
/// .timeout(Duration::from_millis(50))
/// .time_to_live(Duration::from_secs(60));
/// ```
#[derive(Clone)]
pub struct Resolver {
    pub(crate) name: Arc<str>,
    pub(crate) attributes: Arc<[Arc<str>]>,
    pub(crate) keys: Names,
    pub(crate) cost: f64,
    pub(crate) timeout: Duration,
    pub(crate) time_to_live: Option<Duration>,
    pub(crate) fetch: Fetch,
}

/// How a resolver fetches.
#[derive(Clone)]
pub(crate) enum Fetch {
    /// By a call that blocks, on a thread of its own.
    Blocking(Arc<Call>),
    /// By a call on the thread that decides.
    InPlace(Arc<Call>),
    /// By a future, which is polled by who waits for it.
    Future(Arc<dyn Fn(Key) -> Fetching + Send + Sync>),
}

/// A fetch as a call.
type Call = dyn Fn(&Key) -> Found + Send + Sync;

/// A fetch as a future.
pub(crate) type Fetching = Pin<Box<dyn Future<Output = Found> + Send>>;

impl Resolver {
    /// A resolver that blocks while it fetches. It runs on a pool of threads, so that it never blocks a decision for
    /// longer than its time-out, nor an executor at all.
    pub fn blocking(
        name: impl Into<Arc<str>>,
        fetch: impl Fn(&Key) -> Found + Send + Sync + 'static,
    ) -> Self {
        Self::new(name.into(), Fetch::Blocking(Arc::new(fetch)))
    }

    /// A resolver that fetches on the thread that decides, as one that asks memory or a file may: what is found in
    /// microseconds is not worth a change of threads, which takes tens of them. Nothing can interrupt it. What comes past
    /// its time-out is late, and counts for nothing, but the decision has waited for it; on an executor, so have others.
    pub fn in_place(
        name: impl Into<Arc<str>>,
        fetch: impl Fn(&Key) -> Found + Send + Sync + 'static,
    ) -> Self {
        Self::new(name.into(), Fetch::InPlace(Arc::new(fetch)))
    }

    /// A resolver that fetches by a future, on whatever executor polls the decision. Past its time-out the future is
    /// dropped.
    pub fn future<F>(name: impl Into<Arc<str>>, fetch: impl Fn(Key) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Found> + Send + 'static,
    {
        Self::new(name.into(), Fetch::Future(Arc::new(move |key| Box::pin(fetch(key)))))
    }

    fn new(name: Arc<str>, fetch: Fetch) -> Self {
        Self {
            name,
            attributes: Arc::default(),
            keys: Arc::default(),
            cost: 1.0,
            timeout: DEFAULT_TIMEOUT,
            time_to_live: None,
            fetch,
        }
    }

    /// Its names.
    pub(crate) fn named(&self) -> Named {
        Named { resolver: self.name.clone(), attributes: self.attributes.clone() }
    }

    /// The attributes that it gives, all by one fetch.
    #[must_use]
    pub fn attributes<N: Into<Arc<str>>>(mut self, attributes: impl IntoIterator<Item = N>) -> Self {
        self.attributes = attributes.into_iter().map(Into::into).collect();
        self
    }

    /// What it is asked by: attributes of the request, or keys that the caller gives beside it, which are declared with
    /// [`Builder::key`](crate::Builder::key). A key that another resolver serves is fetched first.
    #[must_use]
    pub fn keyed_by<N: Into<Arc<str>>>(mut self, keys: impl IntoIterator<Item = N>) -> Self {
        self.keys = keys.into_iter().map(Into::into).collect();
        self
    }

    /// What a fetch costs beside those of other resolvers, in whatever unit; 1 if nothing is said. What is not above 0
    /// counts as nothing.
    #[must_use]
    pub fn cost(mut self, cost: f64) -> Self {
        self.cost = if cost.is_finite() { cost.max(0.0) } else { f64::MAX };
        self
    }

    /// How long it may take; a second if nothing is said. Past it the decision goes on without its attributes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long what it found may be used, from when its fetch began. Nothing is kept if nothing is said.
    #[must_use]
    pub fn time_to_live(mut self, time_to_live: Duration) -> Self {
        self.time_to_live = Some(time_to_live);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("name", &self.name)
            .field("attributes", &self.attributes)
            .field("keys", &self.keys)
            .field("cost", &self.cost)
            .field("timeout", &self.timeout)
            .field("time_to_live", &self.time_to_live)
            .finish_non_exhaustive()
    }
}
