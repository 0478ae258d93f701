//! Errors about keys: an unknown name, a value of another type, a policy that doesn't fit. No error shows a value,
//! since a key may be personal data.

use crate::key_type::KeyType;
use placet_core::did_you_mean;
use std::sync::Arc;

/// The reason why a key was refused.
///
/// ```
/// use placet::Policy;
/// use placet_engine::{Engine, KeyError};
///
/// let engine = Engine::new(Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?);
/// let mut query = engine.query();
/// let error = query.key("subject.id", "anna").map(drop);
/// assert_eq!(error, Err(KeyError::Unknown { key: "subject.id".into(), suggestion: None }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No resolver of the engine is keyed by this name; for [`Key::text`](crate::Key::text), not the resolver itself.
    #[error("no resolver is keyed by `{key}`{}", did_you_mean(suggestion.as_deref()))]
    Unknown {
        /// The name.
        key: Arc<str>,
        /// The most similar name that a resolver is keyed by.
        suggestion: Option<Arc<str>>,
    },
    /// The value doesn't have the key's type.
    #[error("the key `{key}` is {expected}, but the value is {found}")]
    WrongType {
        /// The key.
        key: Arc<str>,
        /// The key's type.
        expected: KeyType,
        /// The value's type.
        found: KeyType,
    },
    /// The policy has an attribute of the key's name, and its domain excludes the value.
    #[error("`{key}` can't have this value; expected {expected}")]
    OutsideDomain {
        /// The key.
        key: Arc<str>,
        /// The values that the attribute can have.
        expected: Arc<str>,
    },
}

impl KeyError {
    /// Returns the name of the key.
    pub fn key(&self) -> &str {
        match self {
            KeyError::Unknown { key, .. }
            | KeyError::WrongType { key, .. }
            | KeyError::OutsideDomain { key, .. } => key,
        }
    }
}

/// The reason why a policy can't be swapped in. The current policy stays.
///
/// ```
/// use placet::Policy;
/// use placet_engine::{Engine, Facts, KeyType, Resolver, SwapError};
///
/// let policy = Policy::from_text("policy p  request { x: bool }  rule r { allow when x }")?;
/// let x = Resolver::blocking("x", |_| Ok(Facts::new().with("x", true))).attributes(["x"]).keyed_by(["id"]);
/// let engine = Engine::builder(policy).key("id", KeyType::Text).resolver(x).build()?;
/// let other = Policy::from_text("policy p  request { x: bool  id: int }  rule r { allow when x }")?;
/// assert!(matches!(engine.swap(other), Err(SwapError::KeyType { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SwapError {
    /// The policy has an attribute of a key's name, but of another type.
    #[error("the key `{key}` is {engine} to the engine, but {policy} to the policy")]
    KeyType {
        /// The key.
        key: Arc<str>,
        /// The type in the engine.
        engine: KeyType,
        /// The type in the policy.
        policy: KeyType,
    },
    /// A resolver that serves the policy is keyed by an attribute that the policy doesn't have, so it could never be
    /// called.
    #[error(
        "the resolver `{resolver}` is keyed by `{key}`, which is no attribute of the policy{}",
        did_you_mean(suggestion.as_deref())
    )]
    UnknownKey {
        /// The resolver.
        resolver: Arc<str>,
        /// The key.
        key: Arc<str>,
        /// The most similar name of an attribute.
        suggestion: Option<Arc<str>>,
    },
}
