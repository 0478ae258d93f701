//! Resolvers: fetch attributes that a request leaves out.

use crate::facts::Facts;
use crate::key::Key;
use crate::key_names::Names;
use crate::origins::Named;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The default timeout of a resolver.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// The error of a resolver, of any type.
pub type ResolverError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a resolver.
pub type Found = Result<Facts, ResolverError>;

/// A group of attributes that one call to one store fetches, by a key.
///
/// ```
/// use placet_engine::{Facts, Key, Resolver};
/// use std::time::Duration;
///
/// let consent = Resolver::blocking("consent", |key: &Key| {
///     // Query a store here with `key.text("subject.id")?` and `key.text("purpose")?`.
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

/// The function that fetches.
#[derive(Clone)]
pub(crate) enum Fetch {
    /// A blocking call, on a thread of a pool.
    Blocking(Arc<Call>),
    /// A call on the thread that decides.
    InPlace(Arc<Call>),
    /// A future, polled by the decision that fetches.
    Future(Arc<dyn Fn(Key) -> Fetching + Send + Sync>),
}

/// A fetch as a call.
type Call = dyn Fn(&Key) -> Found + Send + Sync;

/// A fetch as a future.
pub(crate) type Fetching = Pin<Box<dyn Future<Output = Found> + Send>>;

impl Resolver {
    /// Creates a resolver whose fetch blocks. It runs on a thread pool, so it delays a decision by its timeout at most,
    /// and never blocks an executor.
    ///
    /// ```
    /// use placet_engine::{Facts, Resolver};
    ///
    /// let consent = Resolver::blocking("consent", |key| match key.text("subject.id")? {
    ///     "" => Err("no subject".into()),
    ///     _ => Ok(Facts::new().with("consent", "granted")),
    /// });
    /// assert_eq!(consent.name(), "consent");
    /// ```
    pub fn blocking(
        name: impl Into<Arc<str>>,
        fetch: impl Fn(&Key) -> Found + Send + Sync + 'static,
    ) -> Self {
        Self::new(name.into(), Fetch::Blocking(Arc::new(fetch)))
    }

    /// Creates a resolver that fetches on the thread that decides, for data in memory or in a local file. A fetch of a
    /// few microseconds isn't worth a change of threads, which costs tens of them.
    ///
    /// Nothing can interrupt the call. A result after the timeout counts as late, but the decision has waited for it.
    /// On an executor, other tasks have waited too.
    pub fn in_place(
        name: impl Into<Arc<str>>,
        fetch: impl Fn(&Key) -> Found + Send + Sync + 'static,
    ) -> Self {
        Self::new(name.into(), Fetch::InPlace(Arc::new(fetch)))
    }

    /// Creates a resolver that fetches with a future, on the executor that polls the decision. The future is dropped at
    /// its timeout.
    ///
    /// ```
    /// use placet_engine::{Facts, Key, Resolver};
    ///
    /// let consent = Resolver::future("consent", |key: Key| async move {
    ///     let state = if key.text("subject.id")? == "anna" { "granted" } else { "refused" };
    ///     Ok(Facts::new().with("consent", state))
    /// });
    /// assert_eq!(consent.attributes(["consent"]).keyed_by(["subject.id"]).name(), "consent");
    /// ```
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

    /// Returns its names, for the origins of answers.
    pub(crate) fn named(&self) -> Named {
        Named { resolver: self.name.clone(), attributes: self.attributes.clone() }
    }

    /// Sets the attributes that it serves. One fetch gives all of them.
    #[must_use]
    pub fn attributes<N: Into<Arc<str>>>(mut self, attributes: impl IntoIterator<Item = N>) -> Self {
        self.attributes = attributes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the names of its key: attributes of the request, or keys that callers give beside the request and that are
    /// declared with [`Builder::key`](crate::Builder::key). If another resolver serves a key, the engine fetches that
    /// first.
    #[must_use]
    pub fn keyed_by<N: Into<Arc<str>>>(mut self, keys: impl IntoIterator<Item = N>) -> Self {
        self.keys = keys.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the cost of a fetch relative to other resolvers, in any unit (default 1). Negative costs count as 0, and
    /// infinite or undefined ones as the highest cost.
    #[must_use]
    pub fn cost(mut self, cost: f64) -> Self {
        self.cost = if cost.is_finite() { cost.max(0.0) } else { f64::MAX };
        self
    }

    /// Sets the timeout of a fetch (default 1 second). At the timeout, the decision continues without its attributes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time to live of its facts, counted from the start of their fetch. By default nothing is cached.
    #[must_use]
    pub fn time_to_live(mut self, time_to_live: Duration) -> Self {
        self.time_to_live = Some(time_to_live);
        self
    }

    /// Returns its name.
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
