//! The engine: a policy that can be swapped, with resolvers, a cache and a log around it.
//!
//! Begin here. A decision goes through these files: `query.rs` (the input), `resolution.rs` (picks the next resolver),
//! `fetch.rs` (calls it), `cache.rs`, and `answer.rs` (the output).

use crate::answer::{Answer, FailureReason};
use crate::builder::Builder;
use crate::counters::{Counters, ResolverCounts};
use crate::fetch::{self, Cache};
use crate::key::Key;
use crate::key_error::{KeyError, SwapError};
use crate::key_names::KeyNames;
use crate::loaded_policy::LoadedPolicy;
#[cfg(feature = "log")]
use crate::log::DecisionLog;
use crate::origins::Named;
use crate::query::Query;
use crate::resolution::{Next, Resolution};
use crate::resolver::Resolver;
use arc_swap::ArcSwap;
use placet::{Depth, Fact, Policy, RequestError};
use std::pin::Pin;
use std::sync::Arc;

/// A policy in a service, with the resolvers that fetch what requests leave out. Cheap to clone, shared between
/// threads.
///
/// ```
/// use placet::Policy;
/// use placet_engine::{Engine, Facts, Key, KeyType, Resolver};
/// use std::time::Duration;
///
/// let policy = Policy::from_text("
///     policy shop
///     request { purpose: { deliver, marketing }  consent: { granted, refused } }
///     rule delivery { allow when purpose is deliver }
///     rule marketing { allow when purpose is marketing and consent is granted }
/// ")?;
/// let consent = Resolver::blocking("consent", |key: &Key| {
///     let state = if key.text("subject.id")? == "anna" { "granted" } else { "refused" };
///     Ok(Facts::new().with("consent", state))
/// });
/// let engine = Engine::builder(policy)
///     .key("subject.id", KeyType::Text)
///     .resolver(consent.attributes(["consent"]).keyed_by(["subject.id"]).time_to_live(Duration::from_secs(60)))
///     .build()?;
///
/// let mut query = engine.query();
/// query.key("subject.id", "anna")?.set("purpose", "marketing")?;
/// let answer = engine.decide(query)?;
/// assert!(answer.is_allowed());
/// assert!(answer.origins.iter().all(|origin| origin.resolver == "consent"));
///
/// // This decision doesn't depend on consent, so no resolver is called.
/// let mut query = engine.query();
/// query.key("subject.id", "bert")?.set("purpose", "deliver")?;
/// assert!(engine.decide(query)?.origins.is_empty());
///
/// // Anna withdraws her consent: once this returns, no new decision uses the cached one.
/// engine.invalidate("subject.id", "anna")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) current: ArcSwap<LoadedPolicy>,
    pub(crate) resolvers: Box<[Resolver]>,
    pub(crate) keys: Arc<KeyNames>,
    /// The names of each resolver, shared with all answers.
    pub(crate) named: Arc<[Named]>,
    pub(crate) counters: Box<[Counters]>,
    pub(crate) cache: Arc<Cache>,
    #[cfg(feature = "log")]
    pub(crate) log: Option<DecisionLog>,
    /// The depth of queries that set none.
    pub(crate) depth: Depth,
}

impl Inner {
    pub(crate) fn resolver(&self, index: usize) -> Option<&Resolver> {
        self.resolvers.get(index)
    }

    pub(crate) fn counters_of(&self, index: usize) -> &Counters {
        static NONE: Counters = Counters::new();
        // INVARIANT: each resolver has counters.
        self.counters.get(index).unwrap_or(&NONE)
    }

    /// Returns the attributes that resolvers serve and the policy doesn't have, as pairs (resolver, attribute).
    fn unknown(&self, policy: &Policy) -> Vec<(Arc<str>, Arc<str>)> {
        let served = served(&self.resolvers).filter(|(_, name)| policy.attribute_declaration(name).is_none());
        served.map(|(resolver, name)| (resolver.name.clone(), name.clone())).collect()
    }
}

/// Returns the attributes that resolvers serve, as pairs (resolver, attribute).
pub(crate) fn served(resolvers: &[Resolver]) -> impl Iterator<Item = (&Resolver, &Arc<str>)> {
    resolvers.iter().flat_map(|resolver| resolver.attributes.iter().map(move |name| (resolver, name)))
}

/// A swap: the replaced policy and the new one.
#[derive(Debug, Clone)]
pub struct Swap {
    /// The replaced policy. It is dropped when its last decision ends.
    pub old: Arc<LoadedPolicy>,
    /// The new policy.
    pub new: Arc<LoadedPolicy>,
    /// The attributes that resolvers serve and the new policy doesn't have, as pairs (resolver, attribute). They are
    /// never fetched.
    pub unknown: Vec<(Arc<str>, Arc<str>)>,
}

/// The result of a decision that must not wait.
///
/// ```
/// use placet::Policy;
/// use placet_engine::{Engine, Facts, Readiness, Resolver};
///
/// let policy = Policy::from_text("policy p  request { consent: bool }  rule r { allow when consent }")?;
/// let consent = Resolver::blocking("consent", |_| Ok(Facts::new().with("consent", true)));
/// let engine = Engine::builder(policy).resolver(consent.attributes(["consent"])).build()?;
/// let Readiness::Waiting(query) = engine.decide_now(engine.query())? else {
///     return Err("consent has to be fetched".into());
/// };
/// assert!(engine.decide(query)?.is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once, and a box costs more than a move")]
pub enum Readiness {
    /// The answer: the request and the cached facts are enough.
    Ready(Answer),
    /// A resolver has to be called. The query is returned unchanged.
    Waiting(Query),
}

/// A decision that has begun.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once, and a box costs more than a move")]
enum Begun<'e> {
    Done(Answer),
    /// Resolvers have to be called.
    Running(Pin<Box<dyn Future<Output = Result<Answer, RequestError>> + Send + 'e>>),
}

impl Engine {
    /// Creates an engine without resolvers.
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::Engine;
    ///
    /// let engine = Engine::new(Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?);
    /// let mut query = engine.query();
    /// query.set("x", true)?;
    /// assert!(engine.decide(query)?.is_allowed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(policy: Policy) -> Self {
        Self::builder(policy).assemble(KeyNames::default())
    }

    /// Returns a builder of an engine for a policy.
    pub fn builder(policy: Policy) -> Builder {
        Builder::new(policy)
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Returns the current policy.
    pub fn version(&self) -> Arc<LoadedPolicy> {
        self.inner.current.load_full()
    }

    /// Replaces the policy atomically. Queries created before the swap are still decided by the old policy. Queries
    /// created after this returns are decided by the new one. Cached facts stay, and are validated again for the new
    /// policy.
    ///
    /// Cost: hashing the policy. No decision waits.
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::Engine;
    ///
    /// let engine = Engine::new(Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?);
    /// let before = engine.query();
    /// let swap = engine.swap(Policy::from_text("policy q  request { x: bool }  rule r { deny when x }")?)?;
    /// assert_eq!((swap.old.policy().name(), swap.new.policy().name()), ("p", "q"));
    /// assert_eq!(engine.decide(before)?.version.policy().name(), "p");
    /// assert_eq!(engine.version().policy().name(), "q");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a key would change its type, or a resolver would need a key that nothing can give. The old policy stays.
    pub fn swap(&self, policy: Policy) -> Result<Swap, SwapError> {
        self.inner.keys.check(&policy, &self.inner.resolvers)?;
        let unknown = self.inner.unknown(&policy);
        let new = Arc::new(LoadedPolicy::serving(policy, &self.inner.resolvers, self.inner.keys.clone()));
        let old = self.inner.current.swap(new.clone());
        Ok(Swap { old, new, unknown })
    }

    /// Returns the attributes that resolvers serve and the current policy doesn't have, as pairs (resolver, attribute).
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::{Engine, Facts, Resolver};
    ///
    /// let policy = Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?;
    /// let score = Resolver::blocking("scores", |_| Ok(Facts::new().with("score", 7))).attributes(["score"]);
    /// let engine = Engine::builder(policy).resolver(score).build()?;
    /// assert_eq!(engine.unknown(), [("scores".into(), "score".into())]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unknown(&self) -> Vec<(Arc<str>, Arc<str>)> {
        self.inner.unknown(self.version().policy())
    }

    /// Creates an empty query for the current policy.
    pub fn query(&self) -> Query {
        Query::new(self.version(), self.inner.depth)
    }

    /// Decides a query. The thread blocks while resolvers are called.
    ///
    /// If a resolver fails, exceeds its timeout, or returns a value that the policy doesn't accept, its attributes are
    /// unknown, and the answer lists the failure. A failure never turns an answer into an allow.
    ///
    /// Cost: a decision, a cache lookup for each group of resolvers with the same keys, and the fetches.
    ///
    /// # Errors
    /// If a `required` attribute is missing, or the query was created by another engine.
    pub fn decide(&self, query: Query) -> Result<Answer, RequestError> {
        // This doesn't use `begin`, which moves the answer once more and boxes the future. A blocking thread needs
        // neither.
        let mut resolution = Resolution::new(&self.inner, query)?;
        match resolution.next(&self.inner)? {
            Next::Done(decision) => Ok(resolution.answer(&self.inner, decision)),
            Next::Ask(index, key) => futures_lite::future::block_on(self.run(resolution, index, key)),
        }
    }

    /// Decides a query on any executor. Cancel-safe: dropping the future stops further fetches, and decisions that
    /// waited for its fetch retry.
    ///
    /// # Errors
    /// Like [`Engine::decide`].
    pub async fn decide_async(&self, query: Query) -> Result<Answer, RequestError> {
        // `begin` keeps the query and the answer out of this future's state, which makes the future smaller.
        let run = match self.begin(query)? {
            Begun::Done(answer) => return Ok(answer),
            Begun::Running(run) => run,
        };
        run.await
    }

    /// Begins a decision, and finishes it if the cached facts are enough. The remaining work is boxed, because most
    /// decisions don't need it and shouldn't carry its size.
    fn begin(&self, query: Query) -> Result<Begun<'_>, RequestError> {
        let mut resolution = Resolution::new(&self.inner, query)?;
        Ok(match resolution.next(&self.inner)? {
            Next::Done(decision) => Begun::Done(resolution.answer(&self.inner, decision)),
            Next::Ask(index, key) => Begun::Running(Box::pin(self.run(resolution, index, key))),
        })
    }

    /// Decides a query without calling a resolver, or returns the query if a call is needed.
    ///
    /// # Errors
    /// Like [`Engine::decide`].
    pub fn decide_now(&self, query: Query) -> Result<Readiness, RequestError> {
        // A resolution consumes its query, and the caller may need it again.
        let mut resolution = Resolution::new(&self.inner, query.clone())?;
        Ok(match resolution.next(&self.inner)? {
            Next::Done(decision) => Readiness::Ready(resolution.answer(&self.inner, decision)),
            Next::Ask(..) => Readiness::Waiting(query),
        })
    }

    /// Calls one resolver after another until the decision is made. Each result may make the next call unnecessary, so
    /// the calls aren't concurrent.
    async fn run(&self, mut resolution: Resolution, index: usize, key: Key) -> Result<Answer, RequestError> {
        let mut ask = (index, key);
        loop {
            let (index, key) = ask;
            let (found, source) = fetch::ask(&self.inner, resolution.version(), index, &key).await;
            resolution.take(&self.inner, index, found.as_ref().map_err(FailureReason::clone), source);
            match resolution.next(&self.inner)? {
                Next::Done(decision) => return Ok(resolution.answer(&self.inner, decision)),
                Next::Ask(index, key) => ask = (index, key),
            }
        }
    }

    /// Invalidates all facts that were fetched by this value of a key. Once this returns, no decision that begins later
    /// uses a fact whose fetch began before, even if that fetch is still in flight. Decisions that have already begun
    /// may use it.
    ///
    /// To withdraw a consent, a service writes the withdrawal to its store, calls this, and then acknowledges it. It is
    /// no error if nothing is cached for the value. [`Engine::invalidate_comparing`] also returns the
    /// regions whose answer changes.
    ///
    /// Cost: about a hundred nanoseconds, however much is cached.
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::{Engine, Facts, KeyType, Resolver};
    ///
    /// let policy = Policy::from_text("policy p  request { consent: bool }  rule r { allow when consent }")?;
    /// let consent = Resolver::blocking("consent", |_| Ok(Facts::new().with("consent", true)));
    /// let consent = consent.attributes(["consent"]).keyed_by(["subject.id"]);
    /// let engine = Engine::builder(policy).key("subject.id", KeyType::Text).resolver(consent).build()?;
    /// engine.invalidate("subject.id", "anna")?;
    /// assert!(engine.invalidate("subject.name", "anna").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If no resolver is keyed by this name, or the value doesn't have the key's type: nothing is invalidated. Also if
    /// the current policy has an attribute of this name with a domain that excludes the value. In that case the facts
    /// are invalidated nevertheless, because an earlier policy may have fetched facts by the value.
    #[doc(alias = "forget")]
    pub fn invalidate(&self, key: &str, value: impl Into<Fact>) -> Result<(), KeyError> {
        let (keys, value) = (&self.inner.keys, value.into());
        let checked = self.version().key(key, value.clone());
        let (index, value) = match &checked {
            Ok((index, value)) => (Some(*index), Some(value.clone())),
            Err(_) => {
                let index = keys.find(key);
                (index, index.and_then(|index| keys.ty(index)).and_then(|ty| ty.canonical(value).ok()))
            }
        };
        if let (Some(index), Some(value)) = (index, value)
            && let Some(about) = keys.about(index, &value)
        {
            self.inner.cache.invalidate(about);
        }
        checked.map(drop)
    }

    /// Invalidates all facts.
    #[doc(alias = "forget_all")]
    pub fn invalidate_all(&self) {
        self.inner.cache.invalidate_all();
    }

    /// Returns the decision log. The engine records only requests that could be read; record an unreadable one with
    /// [`DecisionLog::record_error`].
    #[cfg(feature = "log")]
    pub fn log(&self) -> Option<&DecisionLog> {
        self.inner.log.as_ref()
    }

    /// Returns the counters of each resolver, in the order in which the resolvers were added.
    pub fn counts(&self) -> Vec<ResolverCounts> {
        let counters = self.inner.resolvers.iter().zip(&self.inner.counters).enumerate();
        counters
            .map(|(index, (resolver, counters))| {
                counters.counts(&resolver.name, self.inner.cache.hits(index))
            })
            .collect()
    }

    /// Returns the number of keys with cached facts.
    pub fn cached(&self) -> usize {
        self.inner.cache.len()
    }
}
