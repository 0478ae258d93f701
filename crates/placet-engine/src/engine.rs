//! The engine: a policy that can be swapped, and what surrounds it.

use crate::answer::{Answer, FailureReason};
use crate::builder::Builder;
use crate::counters::{Counters, ResolverCounts};
use crate::fact::Fact;
use crate::fetch::{self, Cache};
use crate::key::Key;
use crate::key_error::{KeyError, SwapError};
use crate::key_names::KeyNames;
use crate::loaded_policy::LoadedPolicy;
use crate::log::DecisionLog;
use crate::origins::Named;
use crate::query::Query;
use crate::resolution::{Next, Resolution};
use crate::resolver::Resolver;
use arc_swap::ArcSwap;
use placet::{Depth, Policy, RequestError};
use std::pin::Pin;
use std::sync::Arc;

/// A policy in a service, with what fetches the facts that requests leave out: cheap to clone, shared between threads.
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
///     let state = if key.text("subject.id") == "anna" { "granted" } else { "refused" };
///     Ok(Facts::new().with("consent", state))
/// });
/// let engine = Engine::builder(policy)
///     .key("subject.id", KeyType::Text)
///     .resolver(consent.attributes(["consent"]).keyed_by(["subject.id"]).time_to_live(Duration::from_secs(60)))
///     .build()?;
///
/// let mut question = engine.question();
/// question.key("subject.id", "anna")?.set("purpose", "marketing")?;
/// let answer = engine.decide(question)?;
/// assert!(answer.is_allowed());
/// assert!(answer.origins.iter().all(|origin| origin.resolver == "consent"));
///
/// // Nothing hangs on consent here, so nobody is asked.
/// let mut question = engine.question();
/// question.key("subject.id", "bert")?.set("purpose", "deliver")?;
/// assert!(engine.decide(question)?.origins.is_empty());
///
/// // Consent is withdrawn: once this returns, nothing is decided by what was known before.
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
    /// The names of each resolver.
    pub(crate) named: Arc<[Named]>,
    pub(crate) counters: Box<[Counters]>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) log: Option<DecisionLog>,
    /// The depth of questions that set none.
    pub(crate) depth: Depth,
}

impl Inner {
    pub(crate) fn resolver(&self, place: usize) -> Option<&Resolver> {
        self.resolvers.get(place)
    }

    pub(crate) fn counters_of(&self, place: usize) -> &Counters {
        static NOBODY: Counters = Counters::new();
        // INVARIANT: counters for each resolver.
        self.counters.get(place).unwrap_or(&NOBODY)
    }

    /// The attributes that resolvers serve and a policy does not know, each with its resolver.
    fn unknown(&self, policy: &Policy) -> Vec<(Arc<str>, Arc<str>)> {
        let served = served(&self.resolvers).filter(|(_, name)| policy.model().find(name).is_none());
        served.map(|(resolver, name)| (resolver.name.clone(), name.clone())).collect()
    }
}

/// The attributes that resolvers serve, each with its resolver.
pub(crate) fn served(resolvers: &[Resolver]) -> impl Iterator<Item = (&Resolver, &Arc<str>)> {
    resolvers.iter().flat_map(|resolver| resolver.attributes.iter().map(move |name| (resolver, name)))
}

/// A policy in the place of another.
#[derive(Debug, Clone)]
pub struct Swap {
    /// The policy so far. It is dropped when its last decision ends.
    pub old: Arc<LoadedPolicy>,
    /// The policy from now on.
    pub new: Arc<LoadedPolicy>,
    /// The attributes that resolvers serve and the new policy does not know, each after its resolver. Nobody is asked for
    /// them.
    pub unknown: Vec<(Arc<str>, Arc<str>)>,
}

/// What an engine says without waiting for anything.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once, and a box costs more than a move")]
pub enum Readiness {
    /// The answer: what is kept is enough.
    Ready(Answer),
    /// A resolver has to be asked. The question is as it was.
    Waiting(Query),
}

/// A decision that was begun.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once, and a box costs more than a move")]
enum Begun<'e> {
    Done(Answer),
    /// Resolvers have to be asked.
    Running(Pin<Box<dyn Future<Output = Result<Answer, RequestError>> + Send + 'e>>),
}

impl Engine {
    /// An engine that decides by a policy, without resolvers.
    pub fn new(policy: Policy) -> Self {
        Self::builder(policy).assemble(KeyNames::default())
    }

    /// Builds an engine that decides by a policy.
    pub fn builder(policy: Policy) -> Builder {
        Builder::new(policy)
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// The policy that decides now.
    pub fn version(&self) -> Arc<LoadedPolicy> {
        self.inner.current.load_full()
    }

    /// Puts a policy in the place of the one so far, whole: questions that were begun end by the policy that they began
    /// with, and those that are begun once this returns are decided by the new one. What resolvers fetched is kept: it is
    /// checked anew.
    ///
    /// Cost: that of the policy's hash; no decision waits.
    ///
    /// # Errors
    /// If a key would get another type, or a resolver a key that nothing can give. The policy so far stays.
    pub fn swap(&self, policy: Policy) -> Result<Swap, SwapError> {
        self.inner.keys.check(&policy, &self.inner.resolvers)?;
        let unknown = self.inner.unknown(&policy);
        let new = Arc::new(LoadedPolicy::serving(policy, &self.inner.resolvers, self.inner.keys.clone()));
        let old = self.inner.current.swap(new.clone());
        Ok(Swap { old, new, unknown })
    }

    /// The attributes that resolvers serve and the policy does not know, each after its resolver.
    pub fn unknown(&self) -> Vec<(Arc<str>, Arc<str>)> {
        self.inner.unknown(self.version().policy())
    }

    /// A question to the policy that decides now.
    pub fn question(&self) -> Query {
        Query::new(self.version(), self.inner.depth)
    }

    /// Decides a question. The thread waits while resolvers are asked.
    ///
    /// Where a resolver fails, is late, or gives what the policy does not take, its attributes are missing, and the answer
    /// says why: it is exact about what is not known, and never an allow by a failure.
    ///
    /// Cost: a decision; for each resolver a look into the cache; and what is fetched.
    ///
    /// # Errors
    /// If a `required` attribute is missing, or the question was made by another engine.
    pub fn decide(&self, question: Query) -> Result<Answer, RequestError> {
        // Not by `begin`, which moves the answer once more and boxes the rest: a thread that waits needs neither.
        let mut course = Resolution::new(&self.inner, question)?;
        match course.next(&self.inner)? {
            Next::Done(decision) => Ok(course.answer(&self.inner, decision)),
            Next::Ask(place, key) => futures_lite::future::block_on(self.run(course, place, key)),
        }
    }

    /// Decides a question, on any executor. Dropped, it asks no further; those who wait for what it fetched fetch it
    /// themselves.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub async fn decide_async(&self, question: Query) -> Result<Answer, RequestError> {
        // What is not held over the wait is no part of the future.
        let run = match self.begin(question)? {
            Begun::Done(answer) => return Ok(answer),
            Begun::Running(run) => run,
        };
        run.await
    }

    /// Decides a question if what is kept is enough. Apart from the future, and with what is left to do in a box, so that
    /// it carries nothing along that few need.
    fn begin(&self, question: Query) -> Result<Begun<'_>, RequestError> {
        let mut course = Resolution::new(&self.inner, question)?;
        Ok(match course.next(&self.inner)? {
            Next::Done(decision) => Begun::Done(course.answer(&self.inner, decision)),
            Next::Ask(place, key) => Begun::Running(Box::pin(self.run(course, place, key))),
        })
    }

    /// Decides a question if that needs no fetch.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn decide_now(&self, question: Query) -> Result<Readiness, RequestError> {
        let mut course = Resolution::new(&self.inner, question.clone())?;
        Ok(match course.next(&self.inner)? {
            Next::Done(decision) => Readiness::Ready(course.answer(&self.inner, decision)),
            Next::Ask(..) => Readiness::Waiting(question),
        })
    }

    /// Asks one resolver after the other, until the decision is made.
    async fn run(&self, mut course: Resolution, place: usize, key: Key) -> Result<Answer, RequestError> {
        let mut ask = (place, key);
        loop {
            let (place, key) = ask;
            let (found, source) = fetch::ask(&self.inner, course.version(), place, &key).await;
            course.take(&self.inner, place, found.as_ref().map_err(FailureReason::clone), source);
            match course.next(&self.inner)? {
                Next::Done(decision) => return Ok(course.answer(&self.inner, decision)),
                Next::Ask(place, key) => ask = (place, key),
            }
        }
    }

    /// Invalidates all facts that were fetched by this value of a key: once this returns, no decision that begins later
    /// uses a fact whose fetch began before, also where that fetch is still on its way. Decisions that have begun may.
    ///
    /// A service that takes back a consent writes it to its store, calls this, and then acknowledges it. That nothing is
    /// cached by the value is no error.
    ///
    /// Cost: about a hundred nanoseconds, however much is cached.
    ///
    /// # Errors
    /// If no resolver is keyed by this name, or the value is not of the key's type: nothing is invalidated. Or if the
    /// attribute of this name in the policy that decides now can't have the value: facts that an earlier policy had fetched
    /// by it are invalidated none the less.
    #[doc(alias = "forget")]
    pub fn invalidate(&self, key: &str, value: impl Into<Fact>) -> Result<(), KeyError> {
        let (keys, value) = (&self.inner.keys, value.into());
        let checked = self.version().key(key, value.clone());
        let (index, value) = match &checked {
            Ok((index, value)) => (Some(*index), Some(value.clone())),
            Err(_) => {
                let index = keys.find(key);
                (index, index.and_then(|index| keys.ty(index)).and_then(|ty| ty.canonical(value)))
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

    /// Where answers are recorded. A request whose text could not be read never gets here: whoever reads it records it.
    pub fn log(&self) -> Option<&DecisionLog> {
        self.inner.log.as_ref()
    }

    /// What was counted of each resolver.
    pub fn counts(&self) -> Vec<ResolverCounts> {
        let counters = self.inner.resolvers.iter().zip(&self.inner.counters).enumerate();
        counters
            .map(|(place, (resolver, counters))| {
                counters.counts(&resolver.name, self.inner.cache.hits(place))
            })
            .collect()
    }

    /// Of how many keys the cache holds facts.
    pub fn cached(&self) -> usize {
        self.inner.cache.len()
    }
}
