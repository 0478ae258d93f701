//! The builder of an engine, and the checks that its resolvers fit together.

use crate::cache::ShardedCache;
use crate::counters::Counters;
use crate::engine::{Engine, Inner};
use crate::key_names::KeyNames;
use crate::key_type::KeyType;
use crate::loaded_policy::LoadedPolicy;
#[cfg(feature = "log")]
use crate::log::DecisionLog;
use crate::resolver::Resolver;
use arc_swap::ArcSwap;
use placet::{Depth, Policy};
use placet_core::did_you_mean;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The default cache capacity, in keys: 65,536.
const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);
/// The default number of cache shards: 16.
const DEFAULT_SHARDS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

/// An error in the resolvers or the keys of an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two resolvers have the same name.
    #[error("two resolvers are named `{0}`")]
    SameName(Arc<str>),
    /// Two resolvers serve the same attribute, so it would be undefined which of them counts.
    #[error("`{attribute}` is served by `{first}` and by `{second}`")]
    SameAttribute {
        /// The attribute that both serve.
        attribute: Arc<str>,
        /// The first resolver that serves it.
        first: Arc<str>,
        /// The second resolver that serves it.
        second: Arc<str>,
    },
    /// A resolver serves no attribute.
    #[error("the resolver `{0}` serves no attribute")]
    ServesNothing(Arc<str>),
    /// A resolver serves the key that it needs for its own call.
    #[error("the resolver `{resolver}` is keyed by `{key}`, which it serves itself")]
    KeyedByItself {
        /// The resolver.
        resolver: Arc<str>,
        /// The key.
        key: Arc<str>,
    },
    /// A resolver is keyed by a name without a type: the name is neither an attribute of the policy nor a declared key.
    #[error(
        "the resolver `{resolver}` is keyed by `{key}`, which is no attribute of the policy and not declared as a key{}",
        did_you_mean(suggestion.as_deref())
    )]
    UnknownKey {
        /// The resolver.
        resolver: Arc<str>,
        /// The unknown name.
        key: Arc<str>,
        /// The most similar name among the declared keys and the attributes.
        suggestion: Option<Arc<str>>,
    },
    /// A key is declared, but no resolver is keyed by it.
    #[error("no resolver is keyed by `{key}`, which is declared as a key{}", did_you_mean(suggestion.as_deref()))]
    UnusedKey {
        /// The key.
        key: Arc<str>,
        /// The most similar name that a resolver is keyed by.
        suggestion: Option<Arc<str>>,
    },
    /// A key has two types: two declarations differ, or a declaration differs from the policy's attribute of that name.
    #[error("the key `{key}` is {first}, but declared as {second}")]
    KeyTypes {
        /// The key.
        key: Arc<str>,
        /// The type given by the policy or by an earlier declaration.
        first: KeyType,
        /// The type given by this declaration.
        second: KeyType,
    },
}

/// A builder of an [`Engine`].
///
/// ```
/// use placet::Policy;
/// use placet_engine::{BuildError, Engine, Facts, KeyType, Resolver};
///
/// let policy = Policy::from_text("policy p  request { consent: bool }  rule r { allow when consent }")?;
/// let consent = Resolver::blocking("consent", |_| Ok(Facts::new().with("consent", true)));
/// let consent = consent.attributes(["consent"]).keyed_by(["subject.id"]);
/// let builder = Engine::builder(policy).resolver(consent);
/// assert!(builder.key("subject.id", KeyType::Text).build().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Builder {
    policy: Policy,
    resolvers: Vec<Resolver>,
    keys: Vec<(Arc<str>, KeyType)>,
    capacity: NonZeroUsize,
    shards: NonZeroUsize,
    #[cfg(feature = "log")]
    log: Option<DecisionLog>,
    depth: Depth,
}

impl Builder {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            resolvers: Vec::new(),
            keys: Vec::new(),
            capacity: DEFAULT_CAPACITY,
            shards: DEFAULT_SHARDS,
            #[cfg(feature = "log")]
            log: None,
            depth: Depth::Effect,
        }
    }

    /// Adds a resolver. The resolver may serve attributes that the policy doesn't have, because a later version of the
    /// policy may have them. [`Engine::unknown`] lists them.
    #[must_use]
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.resolvers.push(resolver);
        self
    }

    /// Declares a key that callers give beside their requests ([`Query::key`](crate::Query::key)), and its type.
    /// Resolvers may be keyed by declared keys and by attributes of the policy. Attributes need no declaration.
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::{Engine, KeyType};
    ///
    /// let policy = Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?;
    /// let error = Engine::builder(policy).key("subject.id", KeyType::Text).build().map(drop);
    /// let error = error.err().ok_or("no resolver uses the key")?;
    /// assert_eq!(error.to_string(), "no resolver is keyed by `subject.id`, which is declared as a key");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn key(mut self, name: impl Into<Arc<str>>, ty: KeyType) -> Self {
        self.keys.push((name.into(), ty));
        self
    }

    /// Sets the approximate cache capacity, in keys (default 65,536). The cache evicts the least recently used key. A
    /// key that was used survives at least until half as many other keys were used.
    ///
    /// All resolvers with the same key names share one entry for each key, so the facts about one person count once.
    ///
    /// ```
    /// use placet::Policy;
    /// use placet_engine::Engine;
    /// use std::num::NonZeroUsize;
    ///
    /// let policy = Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?;
    /// let keys = NonZeroUsize::new(1_000).ok_or("zero")?;
    /// let engine = Engine::builder(policy).capacity(keys).build()?;
    /// assert_eq!(engine.cached(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn capacity(mut self, keys: NonZeroUsize) -> Self {
        self.capacity = keys;
        self
    }

    /// Sets the number of cache shards (default 16). Threads wait for each other only within one shard.
    /// [`Engine::invalidate`] visits every shard, so more shards make it slower.
    #[must_use]
    pub fn shards(mut self, shards: NonZeroUsize) -> Self {
        self.shards = shards;
        self
    }

    /// Records every answer in a decision log, and every request that turns out to be erroneous when it is decided.
    #[cfg(feature = "log")]
    #[must_use]
    pub fn log(mut self, log: DecisionLog) -> Self {
        self.log = Some(log);
        self
    }

    /// Sets how much must be settled before a decision is done. It applies to queries that don't set their own depth
    /// ([`Query::with_depth`](crate::Query::with_depth)). The default, [`Depth::Effect`], fetches the least. With
    /// [`Depth::Reasons`], the engine fetches facts until every determining rule and every obligation is certain, as
    /// far as the resolvers can tell.
    #[must_use]
    pub fn depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// Builds the engine.
    ///
    /// # Errors
    /// If the resolvers or the keys don't fit together: see [`BuildError`].
    pub fn build(self) -> Result<Engine, BuildError> {
        // Quadratic: an engine has few resolvers and is built once.
        for (index, resolver) in self.resolvers.iter().enumerate() {
            if resolver.attributes.is_empty() {
                return Err(BuildError::ServesNothing(resolver.name.clone()));
            }
            if let Some(key) = resolver.keys.iter().find(|key| resolver.attributes.contains(key)) {
                return Err(BuildError::KeyedByItself { resolver: resolver.name.clone(), key: key.clone() });
            }
            for other in self.resolvers.iter().take(index) {
                if other.name == resolver.name {
                    return Err(BuildError::SameName(resolver.name.clone()));
                }
                if let Some(attribute) =
                    other.attributes.iter().find(|name| resolver.attributes.contains(name))
                {
                    return Err(BuildError::SameAttribute {
                        attribute: attribute.clone(),
                        first: other.name.clone(),
                        second: resolver.name.clone(),
                    });
                }
            }
        }
        let keys = KeyNames::new(&self.policy, &self.keys, &self.resolvers)?;
        Ok(self.assemble(keys))
    }

    /// Builds the engine without checks. The resolvers must fit together and match `keys`.
    pub(crate) fn assemble(self, keys: KeyNames) -> Engine {
        // The policies of this engine share these key names: `is_for` recognizes its queries by them.
        let keys = Arc::new(keys);
        Engine::from_inner(Inner {
            current: ArcSwap::from_pointee(LoadedPolicy::serving(self.policy, &self.resolvers, keys.clone())),
            keys,
            counters: self.resolvers.iter().map(|_| Counters::new()).collect(),
            named: self.resolvers.iter().map(Resolver::named).collect(),
            #[cfg(feature = "log")]
            log: self.log,
            depth: self.depth,
            cache: Arc::new(ShardedCache::new(self.capacity, self.resolvers.len(), self.shards)),
            resolvers: self.resolvers.into(),
        })
    }
}
