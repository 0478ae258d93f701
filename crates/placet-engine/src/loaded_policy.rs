//! A policy in an engine, with its hash and its relation to the engine's resolvers and keys.

use crate::key_error::KeyError;
use crate::key_names::KeyNames;
use crate::key_type::Mismatch;
use crate::resolver::Resolver;
use placet::__private::Internals;
#[cfg(feature = "log")]
use placet::__private::RelationNames;
use placet::{Attribute, Fact, Input, Policy, RequestError, Untyped};
use placet_model::request::AttributeInput;
use placet_model::types::AttributeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A policy that an engine decides by, with its hash.
///
/// ```
/// use placet::Policy;
/// use placet_engine::LoadedPolicy;
///
/// let text = "policy door version \"2.1\"  request { x: bool }  rule r { allow when x }";
/// let loaded = LoadedPolicy::new(Policy::from_text(text)?);
/// assert_eq!((loaded.policy().name(), loaded.version()), ("door", Some("2.1")));
/// assert_eq!(loaded.hash().len(), 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LoadedPolicy {
    /// A number that is unique in the process. Comparing numbers is cheaper than comparing hashes.
    number: u64,
    policy: Policy,
    hash: String,
    /// The names of relations between attributes in the decision log.
    #[cfg(feature = "log")]
    relations: RelationNames,
    /// The policy's attributes that each resolver serves, by the resolver's index.
    served: Box<[Box<[Served]>]>,
    keys: Arc<KeyNames>,
    /// The attribute named like each key, by the key's index.
    key_attributes: Box<[Option<AttributeId>]>,
}

/// An attribute of a policy that a resolver serves.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) name: Arc<str>,
    pub(crate) attribute: Attribute<Untyped>,
}

impl LoadedPolicy {
    /// Wraps a policy and computes its hash, once.
    pub fn new(policy: Policy) -> Self {
        Self::serving(policy, &[], Arc::default())
    }

    /// Wraps a policy for an engine with these resolvers and keys.
    pub(crate) fn serving(policy: Policy, resolvers: &[Resolver], keys: Arc<KeyNames>) -> Self {
        let known = |name: &Arc<str>| {
            let attribute = policy.untyped_attribute(name).ok()?;
            Some(Served { name: name.clone(), attribute })
        };
        let served =
            resolvers.iter().map(|resolver| resolver.attributes.iter().filter_map(known).collect()).collect();
        let key_attributes = keys.names().iter().map(|name| policy.model().find(name)).collect();
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            number,
            hash: policy.hash_hex(),
            #[cfg(feature = "log")]
            relations: RelationNames::new(&policy),
            policy,
            served,
            keys,
            key_attributes,
        }
    }

    /// Returns the policy's attributes that resolvers serve.
    pub(crate) fn served(&self) -> impl Iterator<Item = &Served> {
        self.served.iter().flatten()
    }

    /// Returns the policy's attributes that one resolver serves, by the resolver's index.
    pub(crate) fn served_by(&self, index: usize) -> &[Served] {
        self.served.get(index).map_or(&[], |served| served)
    }

    /// Returns true if this policy was loaded for the engine with these key names.
    pub(crate) fn is_for(&self, keys: &Arc<KeyNames>) -> bool {
        Arc::ptr_eq(&self.keys, keys)
    }

    /// Returns the engine's key names.
    pub(crate) fn keys(&self) -> &KeyNames {
        &self.keys
    }

    /// Returns the attribute named like the key at an index, if the policy has one.
    pub(crate) fn key_attribute(&self, index: usize) -> Option<AttributeId> {
        *self.key_attributes.get(index)?
    }

    /// Returns the index of a key and the canonical form of its value.
    ///
    /// # Errors
    /// Like [`Query::key`](crate::Query::key).
    pub(crate) fn key(&self, name: &str, value: Fact) -> Result<(usize, Fact), KeyError> {
        let unknown = || KeyError::Unknown { key: name.into(), suggestion: self.keys.similar(name) };
        let index = self.keys.find(name).ok_or_else(unknown)?;
        let ty = self.keys.ty(index).ok_or_else(unknown)?;
        let refused = |mismatch| match mismatch {
            Mismatch::WrongType(found) => KeyError::WrongType { key: name.into(), expected: ty, found },
            Mismatch::OutsideDomain => {
                KeyError::OutsideDomain { key: name.into(), expected: ty.domain().into() }
            }
        };
        // A key that is also an attribute takes the value that a request would give the attribute, so that both make
        // the same key.
        let value = match self.key_attribute(index) {
            Some(id) => match self.attribute_value(id, name, &value) {
                Ok(value) => value.ok_or_else(|| KeyError::OutsideDomain {
                    key: name.into(),
                    expected: "one value".into(),
                })?,
                Err(error) => {
                    return Err(match ty.canonical(value) {
                        Err(mismatch @ Mismatch::WrongType(_)) => refused(mismatch),
                        _ => KeyError::OutsideDomain { key: name.into(), expected: error.expected.into() },
                    });
                }
            },
            None => value,
        };
        Ok((index, ty.canonical(value).map_err(refused)?))
    }

    /// Returns the value that an attribute has in a request that sets it to `value`, or `None` if the value is a
    /// category that stands for several.
    fn attribute_value(
        &self,
        id: AttributeId,
        name: &str,
        value: &Fact,
    ) -> Result<Option<Fact>, RequestError> {
        let mut request = self.policy.request();
        request.set(name, Input::from(value))?;
        let given = self.policy.frame(&request)?.given(self.policy.program(), id);
        let attribute = self.policy.model().attribute(id);
        Ok(match (given, attribute) {
            (Some(AttributeInput::Value(value)), Some(attribute)) => {
                Fact::from_value(&attribute.kind, &value)
            }
            _ => None,
        })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns the names of relations between attributes in the decision log.
    #[cfg(feature = "log")]
    pub(crate) fn relations(&self) -> &RelationNames {
        &self.relations
    }

    /// Returns the version in the policy's header.
    pub fn version(&self) -> Option<&str> {
        self.policy.version()
    }

    /// Returns the SHA-256 hash of the policy, in hexadecimal (see [`Policy::hash_hex`]).
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// The names of a policy, as answers and the decision log give them.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Named<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    hash: &'a str,
}

impl<'a> Named<'a> {
    pub(crate) fn new(version: &'a LoadedPolicy) -> Self {
        Self { name: version.policy().name(), version: version.version(), hash: version.hash() }
    }
}
