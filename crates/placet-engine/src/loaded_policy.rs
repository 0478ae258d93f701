//! A policy as an engine uses it: whole, with what tells it from others.

use crate::fact::Fact;
use crate::key_error::KeyError;
use crate::key_names::KeyNames;
use crate::key_type::KeyType;
use crate::resolver::Resolver;
use placet::{Attribute, Input, Policy, RequestError, Untyped};
use placet_model::request::AttributeInput;
use placet_model::types::AttributeId;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A policy that an engine decides by, with its hash.
#[derive(Debug)]
pub struct LoadedPolicy {
    /// No two versions of a process have the same.
    number: u64,
    policy: Policy,
    hash: String,
    /// By resolver, the attributes of the policy that it serves.
    served: Box<[Box<[Served]>]>,
    keys: Arc<KeyNames>,
    /// By the place of a name that resolvers are keyed by, the attribute of this name.
    key_attributes: Box<[Option<AttributeId>]>,
}

/// An attribute of a policy that a resolver serves.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) name: Arc<str>,
    pub(crate) attribute: Attribute<Untyped>,
}

impl LoadedPolicy {
    /// A policy with its hash, which is found here, once.
    pub fn new(policy: Policy) -> Self {
        Self::serving(policy, &[], Arc::default())
    }

    /// The version of an engine with these resolvers.
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
        Self { number, hash: hash_of(&policy), policy, served, keys, key_attributes }
    }

    /// The attributes of the policy that resolvers serve.
    pub(crate) fn served(&self) -> impl Iterator<Item = &Served> {
        self.served.iter().flatten()
    }

    /// Those that a resolver serves, by its place.
    pub(crate) fn served_by(&self, place: usize) -> &[Served] {
        self.served.get(place).map_or(&[], |served| served)
    }

    /// Whether it is a version of the engine whose resolvers are keyed by these names.
    pub(crate) fn is_for(&self, keys: &Arc<KeyNames>) -> bool {
        Arc::ptr_eq(&self.keys, keys)
    }

    /// The names that resolvers are keyed by.
    pub(crate) fn keys(&self) -> &KeyNames {
        &self.keys
    }

    /// The attribute that is named as the key at a place, if the policy has one.
    pub(crate) fn key_attribute(&self, place: usize) -> Option<AttributeId> {
        *self.key_attributes.get(place)?
    }

    /// Returns the index of a key and the one form of its value.
    ///
    /// # Errors
    /// As [`Query::key`](crate::Query::key).
    pub(crate) fn key(&self, name: &str, value: Fact) -> Result<(usize, Fact), KeyError> {
        let unknown = || KeyError::Unknown { key: name.into(), suggestion: self.keys.similar(name) };
        let index = self.keys.find(name).ok_or_else(unknown)?;
        let ty = self.keys.ty(index).ok_or_else(unknown)?;
        let found = KeyType::from_fact(&value);
        // As a request gives it, where the policy has an attribute of this name.
        let value = match self.key_attribute(index) {
            Some(id) => match self.attribute_value(id, name, &value) {
                Ok(value) => value.ok_or_else(|| KeyError::OutsideDomain {
                    key: name.into(),
                    expected: "one value".into(),
                })?,
                Err(_) if ty.canonical(value).is_none() => {
                    return Err(KeyError::WrongType { key: name.into(), expected: ty, found });
                }
                Err(error) => {
                    return Err(KeyError::OutsideDomain {
                        key: name.into(),
                        expected: error.expected.into(),
                    });
                }
            },
            None => value,
        };
        let value = ty.canonical(value);
        Ok((index, value.ok_or_else(|| KeyError::WrongType { key: name.into(), expected: ty, found })?))
    }

    /// Returns the value that an attribute has in a request that gives it this one; `None` if that is one of several.
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

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The version that the policy's header says.
    pub fn version(&self) -> Option<&str> {
        self.policy.version()
    }

    /// SHA-256 of the policy, in hexadecimal (see [`Policy::hash`]).
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// SHA-256 of a policy, in hexadecimal.
pub(crate) fn hash_of(policy: &Policy) -> String {
    let mut hash = String::with_capacity(64);
    for byte in policy.hash() {
        // INVARIANT: a string takes whatever is written.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}
