//! Building an engine.

use crate::cache::ShardedCache;
use crate::counters::Counters;
use crate::engine::{Engine, Inner};
use crate::key_names::KeyNames;
use crate::key_type::KeyType;
use crate::loaded_policy::LoadedPolicy;
use crate::log::DecisionLog;
use crate::resolver::Resolver;
use arc_swap::ArcSwap;
use placet::{Depth, Policy};
use placet_core::did_you_mean;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Of how many keys facts are kept, if nothing else is said.
const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);
/// In how many parts the cache is, if nothing else is said.
const DEFAULT_SHARDS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

/// A fault of the resolvers or the keys of an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two have one name.
    #[error("two resolvers are named `{0}`")]
    SameName(Arc<str>),
    /// Two serve one attribute: it could not be said which one counts.
    #[error("`{attribute}` is served by `{first}` and by `{second}`")]
    SameAttribute {
        /// The attribute.
        attribute: Arc<str>,
        /// A resolver that serves it.
        first: Arc<str>,
        /// Another that serves it.
        second: Arc<str>,
    },
    /// One serves nothing.
    #[error("the resolver `{0}` serves no attribute")]
    ServesNothing(Arc<str>),
    /// One needs what it serves to be asked.
    #[error("the resolver `{resolver}` is keyed by `{key}`, which it serves itself")]
    KeyedByItself {
        /// The resolver.
        resolver: Arc<str>,
        /// The key.
        key: Arc<str>,
    },
    /// One is keyed by a name that has no type: it is no attribute of the policy, and not declared.
    #[error(
        "the resolver `{resolver}` is keyed by `{key}`, which is no attribute of the policy and not declared as a key{}",
        did_you_mean(suggestion.as_deref())
    )]
    UnknownKey {
        /// The resolver.
        resolver: Arc<str>,
        /// The name.
        key: Arc<str>,
        /// The most similar name of a declared key or an attribute.
        suggestion: Option<Arc<str>>,
    },
    /// No resolver is keyed by a declared key.
    #[error("no resolver is keyed by `{key}`, which is declared as a key{}", did_you_mean(suggestion.as_deref()))]
    UnusedKey {
        /// The key.
        key: Arc<str>,
        /// The most similar name that a resolver is keyed by.
        suggestion: Option<Arc<str>>,
    },
    /// A key has two types: it is declared twice, or the policy's attribute of this name is of another type.
    #[error("the key `{key}` is {first}, but declared as {second}")]
    KeyTypes {
        /// The key.
        key: Arc<str>,
        /// The type that it has by the policy, or by an earlier declaration.
        first: KeyType,
        /// The declared type.
        second: KeyType,
    },
}

/// Builds an [`Engine`].
#[derive(Debug)]
pub struct Builder {
    policy: Policy,
    resolvers: Vec<Resolver>,
    keys: Vec<(Arc<str>, KeyType)>,
    capacity: NonZeroUsize,
    parts: NonZeroUsize,
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
            parts: DEFAULT_SHARDS,
            log: None,
            depth: Depth::Effect,
        }
    }

    /// Adds a resolver. It may serve attributes that the policy does not know, as another version of it may: see
    /// [`Engine::unknown`].
    #[must_use]
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.resolvers.push(resolver);
        self
    }

    /// Declares a key that callers give beside requests ([`Query::key`](crate::Query::key)), and its type. Resolvers
    /// may be keyed by it, and by the attributes of the policy, which need no declaration; nothing else can give a key.
    #[must_use]
    pub fn key(mut self, name: impl Into<Arc<str>>, ty: KeyType) -> Self {
        self.keys.push((name.into(), ty));
        self
    }

    /// Of how many keys facts are kept, about: those that were not used for long go first, and one that was used stays at
    /// least until half as many others were. What all resolvers say that are keyed by the same counts once, as that of one
    /// person. 65,536 if nothing is said.
    #[must_use]
    pub fn capacity(mut self, keys: NonZeroUsize) -> Self {
        self.capacity = keys;
        self
    }

    /// In how many parts the cache is: threads wait for each other only within one, and forgetting goes through all.
    /// 16 if nothing is said.
    #[must_use]
    pub fn shards(mut self, parts: NonZeroUsize) -> Self {
        self.parts = parts;
        self
    }

    /// Records each answer, and each request that turned out to be erroneous when it was decided.
    #[must_use]
    pub fn log(mut self, log: DecisionLog) -> Self {
        self.log = Some(log);
        self
    }

    /// Sets what has to be settled before a decision is done, for questions that don't say it ([`Query::to`]). The
    /// default is [`Depth::Effect`], which fetches least. With [`Depth::Reasons`] facts are fetched until every determining
    /// rule and every obligation is certain, as far as resolvers can tell.
    ///
    /// [`Query::to`]: crate::Query::with_depth
    #[must_use]
    pub fn depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// Builds the engine.
    ///
    /// # Errors
    /// What is wrong with the resolvers or the keys.
    pub fn build(self) -> Result<Engine, BuildError> {
        for (place, resolver) in self.resolvers.iter().enumerate() {
            if resolver.attributes.is_empty() {
                return Err(BuildError::ServesNothing(resolver.name.clone()));
            }
            if let Some(key) = resolver.keys.iter().find(|key| resolver.attributes.contains(key)) {
                return Err(BuildError::KeyedByItself { resolver: resolver.name.clone(), key: key.clone() });
            }
            for other in self.resolvers.iter().take(place) {
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

    /// The engine of resolvers that are known to fit together, and the names that they are keyed by.
    pub(crate) fn assemble(self, keys: KeyNames) -> Engine {
        let keys = Arc::new(keys);
        Engine::from_inner(Inner {
            current: ArcSwap::from_pointee(LoadedPolicy::serving(self.policy, &self.resolvers, keys.clone())),
            keys,
            counters: self.resolvers.iter().map(|_| Counters::new()).collect(),
            named: self.resolvers.iter().map(Resolver::named).collect(),
            log: self.log,
            depth: self.depth,
            cache: Arc::new(ShardedCache::new(self.capacity, self.resolvers.len(), self.parts)),
            resolvers: self.resolvers.into(),
        })
    }
}
