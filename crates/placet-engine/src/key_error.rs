//! Errors about keys: an unknown name, a value of another type, a policy that doesn't fit. None of them shows a value.

use crate::key_type::KeyType;
use placet_core::did_you_mean;
use std::sync::Arc;

/// Why a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No resolver of the engine is keyed by this name.
    #[error("no resolver is keyed by `{key}`{}", did_you_mean(suggestion.as_deref()))]
    Unknown {
        /// The name.
        key: Arc<str>,
        /// The most similar name that a resolver is keyed by.
        suggestion: Option<Arc<str>>,
    },
    /// The value is of another type than the key.
    #[error("the key `{key}` is {expected}, but the value is {found}")]
    WrongType {
        /// The key.
        key: Arc<str>,
        /// The key's type.
        expected: KeyType,
        /// The value's type.
        found: KeyType,
    },
    /// The policy has an attribute of the key's name, which can't have the value.
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

/// Why a policy can't take the place of the one that decides, which stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SwapError {
    /// The policy has an attribute of a key's name, of another type.
    #[error("the key `{key}` is {engine} to the engine, but {policy} to the policy")]
    KeyType {
        /// The key.
        key: Arc<str>,
        /// Its type in the engine.
        engine: KeyType,
        /// Its type in the policy.
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
